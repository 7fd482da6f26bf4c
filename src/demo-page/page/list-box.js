/** The list at a field from which something is chosen. The field keeps the focus; the list says what is marked. */
import { h, held } from './dom.js';

/**
 * A list in `list` for `field`. `draw(item)` gives an item's children, `take(item)` is called for the one that is pressed.
 * `itemClass`: of each item's element.
 */
export function listBox({ field, list, itemClass, draw, take }) {
  const isCombobox = field.getAttribute('role') === 'combobox';
  let items = [];
  let active = -1;
  const expand = isShown => {
    list.hidden = !isShown;
    if (isCombobox) field.setAttribute('aria-expanded', String(isShown));
  };
  const mark = index => {
    active = index;
    for (const [at, option] of [...list.children].entries())
      option.setAttribute('aria-selected', String(at === active));
    const option = items.length > 0 ? list.children[active] : undefined;
    if (option === undefined) return field.removeAttribute('aria-activedescendant');
    field.setAttribute('aria-activedescendant', option.id);
    option.scrollIntoView({ block: 'nearest' });
  };
  const element = (item, index) => {
    const props = { class: itemClass, role: 'option', id: `${list.id}-${index}`, 'aria-selected': 'false' };
    return h('li', { ...props, on: { pointerdown: held(() => take(item)) } }, draw(item));
  };
  return {
    isOpen: () => !list.hidden,
    marked: () => items[active] ?? null,
    first: () => items[0] ?? null,
    /** Shows items, or what there is to say instead; `at` is marked, -1 for none. */
    show: (shown, message, at) => {
      items = shown;
      const said = message === null ? [] : [h('li', { ...NO_OPTION }, message)];
      list.replaceChildren(...items.map(element), ...said);
      expand(true);
      mark(at);
    },
    hide: () => {
      items = [];
      expand(false);
      mark(-1);
    },
    /** Marks the next (1) or the one before (-1), round and round. */
    move: step => {
      if (items.length === 0) return;
      mark(active < 0 ? (step > 0 ? 0 : items.length - 1) : (active + step + items.length) % items.length);
    },
  };
}

const NO_OPTION = { class: 'no-option', role: 'option', 'aria-disabled': 'true', 'aria-selected': 'false' };
