/** A select with type-ahead: the combobox pattern (https://www.w3.org/WAI/ARIA/apg/patterns/combobox/). */
import { h, held } from './dom.js';

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
  let options = [];
  let active = -1;
  let timer;
  let asked = 0;
  const least = element.min_query_length ?? (element.type === 'external_select' ? 3 : 0);
  const close = () => {
    list.hidden = true;
    active = -1;
    field.setAttribute('aria-expanded', 'false');
    field.removeAttribute('aria-activedescendant');
  };
  const choose = option => {
    fields.set(id, option);
    field.value = option.text;
    close();
    context.chosen?.(element, context.blockId, option);
  };
  const mark = index => {
    active = options.length === 0 ? -1 : (index + options.length) % options.length;
    for (const [at, item] of [...list.children].entries()) item.setAttribute('aria-selected', String(at === active));
    const item = list.children[active];
    if (item === undefined || active < 0) return;
    field.setAttribute('aria-activedescendant', item.id);
    item.scrollIntoView({ block: 'nearest' });
  };
  const show = (items, message) => {
    options = items;
    list.replaceChildren(
      ...items.map((option, index) =>
        h(
          'li',
          {
            role: 'option',
            id: `option-${id}-${index}`,
            class: 'option',
            'aria-selected': 'false',
            on: { pointerdown: held(() => choose(option)) },
          },
          option.text,
        ),
      ),
      ...(message === null
        ? []
        : [
            h('li', { class: 'no-option', role: 'option', 'aria-disabled': 'true', 'aria-selected': 'false' }, message),
          ]),
    );
    list.hidden = false;
    field.setAttribute('aria-expanded', 'true');
    if (items.length > 0) mark(0);
  };
  const ask = async () => {
    const typed = field.value === fields.get(id)?.text ? '' : field.value.trim();
    if (typed.length < least && fields.get(id) === null) {
      return show([], least === 1 ? 'Type a letter to search' : `Type ${least} letters to search`);
    }
    asked += 1;
    const mine = asked;
    const found = await load(typed);
    if (mine !== asked || document.activeElement !== field) return;
    if (found === null) show([], 'The options could not be loaded');
    else show(found, found.length === 0 ? 'No results' : null);
  };
  field.addEventListener('input', () => {
    fields.set(id, null);
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  });
  field.addEventListener('click', () => list.hidden && ask());
  field.addEventListener('blur', () => {
    clearTimeout(timer);
    close();
    field.value = fields.get(id)?.text ?? '';
  });
  field.addEventListener('keydown', event => {
    if (event.key === 'Escape' && !list.hidden) {
      // The dialog around it stays open.
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (list.hidden) void ask();
      else mark(active + (event.key === 'ArrowDown' ? 1 : -1));
    } else if (event.key === 'Enter' && !list.hidden && options[active] !== undefined) {
      event.preventDefault();
      choose(options[active]);
    }
  });
}
