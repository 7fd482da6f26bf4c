/** A select with type-ahead: the combobox pattern (https://www.w3.org/WAI/ARIA/apg/patterns/combobox/). */
import { h } from './dom.js';
import { listBox } from './list-box.js';

/** Milliseconds without a key before options are asked for. */
const PAUSE_MS = 150;

/** `load(typed)` resolves with options `{text, value}`; `context.fields` gets the chosen one, or null. */
export function comboBox(element, context, load) {
  const id = element.action_id;
  const { fields } = context;
  const initial = element.initial_option;
  if (!fields.has(id)) {
    fields.set(id, initial === undefined ? null : { text: initial.text.text, value: initial.value });
  }
  const list = h('ul', {
    class: 'options',
    role: 'listbox',
    id: `options-${id}`,
    'aria-label': 'Options',
    hidden: true,
  });
  const field = h('input', {
    id: `field-${id}`,
    class: 'text-input select-input',
    type: 'text',
    role: 'combobox',
    autocomplete: 'off',
    spellcheck: 'false',
    placeholder: element.placeholder?.text ?? 'Select an option',
    'aria-expanded': 'false',
    'aria-controls': `options-${id}`,
    'aria-autocomplete': 'list',
    'aria-describedby': context.described,
    'aria-required': context.isRequired ? 'true' : null,
    'aria-invalid': context.hasError ? 'true' : null,
    data: { key: `field/${id}` },
  });
  field.value = fields.get(id)?.text ?? '';
  wire({ field, list, element, context, load, id });
  return h('div', { class: 'combo' }, field, list);
}

function wire({ field, list, element, context, load, id }) {
  const { fields } = context;
  const choose = option => {
    fields.set(id, option);
    field.value = option.text;
    box.hide();
    context.chosen?.(element, context.blockId, option);
  };
  const box = listBox({ field, list, itemClass: 'option', draw: option => option.text, take: choose });
  const ask = asker({ field, box, fields, id, load, least: leastOf(element) });
  let timer;
  field.addEventListener('input', () => {
    fields.set(id, null);
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
  field.addEventListener('click', () => !box.isOpen() && ask());
  field.addEventListener('blur', () => {
    clearTimeout(timer);
    box.hide();
    // What is typed and not chosen is nothing.
    field.value = fields.get(id)?.text ?? '';
  });
  field.addEventListener('keydown', event => onKey(event, { box, ask, choose }));
}

function onKey(event, { box, ask, choose }) {
  const isOpen = box.isOpen();
  if (event.key === 'Escape' && isOpen) {
    // The dialog around it stays open.
    event.preventDefault();
    event.stopPropagation();
    box.hide();
  } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    event.preventDefault();
    if (isOpen) box.move(event.key === 'ArrowDown' ? 1 : -1);
    else void ask();
  } else if (event.key === 'Enter' && isOpen && box.marked() !== null) {
    event.preventDefault();
    choose(box.marked());
  }
}

/** Characters that must be typed before options are asked for. */
function leastOf(element) {
  return element.min_query_length ?? (element.type === 'external_select' ? 3 : 0);
}

/** Asks for what fits and shows it; an answer that was overtaken by another question is dropped. */
function asker({ field, box, fields, id, load, least }) {
  let asked = 0;
  return async () => {
    const typed = field.value === fields.get(id)?.text ? '' : field.value.trim();
    if (typed.length < least && fields.get(id) === null) {
      return box.show([], least === 1 ? 'Type a letter to search' : `Type ${least} letters to search`, -1);
    }
    asked += 1;
    const mine = asked;
    const found = await load(typed);
    if (mine !== asked || document.activeElement !== field) return;
    if (found === null) box.show([], 'The options could not be loaded', -1);
    else box.show(found, found.length === 0 ? 'No results' : null, 0);
  };
}
