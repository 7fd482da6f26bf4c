/** Inputs of a view: text, checkboxes, selects. What is entered lives in `context.fields`, by action_id. */

import { comboBox } from './combo-box.js';
import { h } from './dom.js';

/** The control of an input element, or null for one that this page cannot show. */
export function fieldOf(element, context) {
  switch (element.type) {
    case 'plain_text_input':
    case 'url_text_input':
    case 'number_input':
      return textField(element, context);
    case 'checkboxes':
      return checkBoxes(element, context);
    case 'external_select':
      return comboBox(element, context, typed => context.suggest(element, typed));
    case 'static_select':
      return comboBox(element, context, async typed => staticOptions(element, typed));
    default:
      return null;
  }
}

/** An option as `{text, value}`. */
function optionOf(option) {
  return { text: option.text.text, value: option.value };
}

function staticOptions(element, typed) {
  const all = (element.options ?? element.option_groups?.flatMap(group => group.options) ?? []).map(optionOf);
  return all.filter(({ text }) => text.toLowerCase().includes(typed.toLowerCase()));
}

function textField(element, { fields, described, isRequired, hasError }) {
  const id = element.action_id;
  if (!fields.has(id)) fields.set(id, element.initial_value ?? '');
  const props = {
    id: `field-${id}`,
    class: 'text-input',
    placeholder: element.placeholder?.text ?? null,
    maxlength: element.max_length ?? null,
    'aria-describedby': described,
    'aria-required': isRequired ? 'true' : null,
    'aria-invalid': hasError ? 'true' : null,
    autocomplete: 'off',
    spellcheck: 'false',
    data: { key: `field/${id}` },
    on: { input: event => fields.set(id, event.currentTarget.value) },
  };
  const field = element.multiline ? h('textarea', { ...props, rows: 4 }) : h('input', { ...props, type: 'text' });
  field.value = fields.get(id);
  return field;
}

function checkBoxes(element, { fields, described }) {
  const id = element.action_id;
  if (!fields.has(id)) fields.set(id, (element.initial_options ?? []).map(optionOf));
  return h(
    'div',
    { class: 'checks', 'aria-describedby': described },
    (element.options ?? []).map(optionOf).map(option => {
      const box = h('input', {
        type: 'checkbox',
        data: { key: `field/${id}/${option.value}` },
        on: {
          change: event => {
            const others = fields.get(id).filter(({ value }) => value !== option.value);
            fields.set(id, event.currentTarget.checked ? [...others, option] : others);
          },
        },
      });
      box.checked = fields.get(id).some(({ value }) => value === option.value);
      return h('label', { class: 'check' }, box, h('span', {}, option.text));
    }),
  );
}
