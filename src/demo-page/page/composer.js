/** The field that messages and slash commands are typed into. */
import { h, held, ICONS, icon } from './dom.js';

/** Commands that Slack offers when a slash is typed. */
const COMMANDS = [
  {
    name: '/egress',
    usage: 'POD HOST[:PORT] [-n NAMESPACE] [--no-probe]',
    what: 'Why can this pod not reach that host?',
  },
  { name: '/invite', usage: '@egress', what: 'Add the app to this channel' },
];

/**
 * A composer. `send(text)` gets what was typed; `suggestions(text)` lists `{text, note}` for what is typed so far, or none;
 * in threads there are no slash commands, so none are offered.
 */
export function composer({ id, label, placeholder, send, suggestions }) {
  const field = h('textarea', {
    id,
    class: 'composer-input',
    rows: 1,
    placeholder,
    'aria-label': label,
    autocomplete: 'off',
    spellcheck: 'false',
    'aria-haspopup': 'listbox',
    'aria-controls': `${id}-offers`,
    'aria-autocomplete': 'list',
    data: { key: id },
  });
  const button = h(
    'button',
    { type: 'button', class: 'send', 'aria-label': 'Send', disabled: true },
    icon(ICONS.send, 18),
  );
  const offers = h('ul', {
    class: 'offers',
    id: `${id}-offers`,
    role: 'listbox',
    'aria-label': 'Suggestions',
    hidden: true,
  });
  const form = h(
    'div',
    { class: 'composer' },
    offers,
    h(
      'div',
      { class: 'composer-box' },
      field,
      h('div', { class: 'composer-bar' }, h('span', { class: 'composer-hint' }, hintOf(suggestions)), button),
    ),
  );
  wire({ field, button, offers, send, suggestions });
  return {
    form,
    fill: text => {
      field.value = text;
      field.dispatchEvent(new Event('input'));
      field.focus();
    },
  };
}

function hintOf(suggestions) {
  return suggestions === null ? 'Mention @egress to ask in this thread' : 'Type / for commands';
}

function wire({ field, button, offers, send, suggestions }) {
  let active = -1;
  let listed = [];
  const hide = () => {
    offers.hidden = true;
    active = -1;
    listed = [];
    field.removeAttribute('aria-activedescendant');
  };
  const mark = index => {
    active = index;
    for (const [at, item] of [...offers.children].entries()) item.setAttribute('aria-selected', String(at === active));
    const item = offers.children[active];
    if (item === undefined) return field.removeAttribute('aria-activedescendant');
    field.setAttribute('aria-activedescendant', item.id);
    item.scrollIntoView({ block: 'nearest' });
  };
  const take = offer => {
    field.value = offer.text;
    changed();
    field.focus();
  };
  const changed = () => {
    const text = field.value;
    button.disabled = text.trim() === '';
    field.style.setProperty('height', 'auto');
    field.style.setProperty('height', `${Math.min(field.scrollHeight, 200)}px`);
    listed = suggestions === null ? [] : offersFor(text, suggestions);
    if (listed.length === 0) return hide();
    offers.replaceChildren(
      ...listed.map((offer, index) =>
        h(
          'li',
          {
            class: 'offer',
            role: 'option',
            id: `${field.id}-offer-${index}`,
            'aria-selected': 'false',
            on: { pointerdown: held(() => take(offer)) },
          },
          h('span', { class: 'offer-text' }, offer.shown ?? offer.text),
          h('span', { class: 'offer-note' }, offer.note),
        ),
      ),
    );
    offers.hidden = false;
    active = -1;
    field.removeAttribute('aria-activedescendant');
  };
  const submit = () => {
    const text = field.value.trim();
    if (text === '') return;
    field.value = '';
    changed();
    hide();
    send(text);
  };
  field.addEventListener('input', changed);
  field.addEventListener('blur', hide);
  field.addEventListener('focus', changed);
  button.addEventListener('click', submit);
  field.addEventListener('keydown', event => {
    const isOpen = !offers.hidden;
    if (isOpen && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      mark(active < 0 && step < 0 ? listed.length - 1 : (active + step + listed.length) % listed.length);
    } else if (isOpen && event.key === 'Escape') {
      hide();
    } else if (isOpen && event.key === 'Tab' && !event.shiftKey && listed[Math.max(active, 0)].text !== field.value) {
      event.preventDefault();
      take(listed[Math.max(active, 0)]);
    } else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      if (isOpen && active >= 0 && listed[active].text !== field.value) take(listed[active]);
      else submit();
    }
  });
}

function offersFor(text, suggestions) {
  if (!text.startsWith('/') || text.includes('\n')) return [];
  const [name] = text.split(' ');
  if (!text.includes(' ')) {
    return COMMANDS.filter(command => command.name.startsWith(name)).map(command => ({
      text: `${command.name} `,
      shown: `${command.name} ${command.usage}`,
      note: command.what,
    }));
  }
  return name === '/egress' ? suggestions(text) : [];
}
