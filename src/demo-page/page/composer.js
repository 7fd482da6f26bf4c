/** The field that messages and slash commands are typed into. */
import { h, ICONS, icon } from './dom.js';
import { listBox } from './list-box.js';

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
  const take = offer => {
    field.value = offer.text;
    changed();
    field.focus();
  };
  const box = listBox({ field, list: offers, itemClass: 'offer', draw: offerNodes, take });
  const changed = () => {
    button.disabled = field.value.trim() === '';
    field.style.setProperty('height', 'auto');
    field.style.setProperty('height', `${Math.min(field.scrollHeight, HIGHEST)}px`);
    const listed = suggestions === null ? [] : offersFor(field.value, suggestions);
    if (listed.length === 0) box.hide();
    else box.show(listed, null, -1);
  };
  const submit = () => {
    const text = field.value.trim();
    if (text === '') return;
    field.value = '';
    changed();
    send(text);
  };
  field.addEventListener('input', changed);
  field.addEventListener('blur', box.hide);
  field.addEventListener('focus', changed);
  button.addEventListener('click', submit);
  field.addEventListener('keydown', event => onKey(event, { field, box, take, submit }));
}

/** Pixels; a longer message scrolls. */
const HIGHEST = 200;

function offerNodes(offer) {
  return [
    h('span', { class: 'offer-text' }, offer.shown ?? offer.text),
    h('span', { class: 'offer-note' }, offer.note),
  ];
}

function onKey(event, { field, box, take, submit }) {
  const isOpen = box.isOpen();
  const isNew = offer => isOpen && offer !== null && offer.text !== field.value;
  if (isOpen && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
    event.preventDefault();
    box.move(event.key === 'ArrowDown' ? 1 : -1);
  } else if (isOpen && event.key === 'Escape') {
    event.preventDefault();
    box.hide();
  } else if (event.key === 'Tab' && !event.shiftKey && isNew(box.marked() ?? box.first())) {
    event.preventDefault();
    take(box.marked() ?? box.first());
  } else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    if (isNew(box.marked())) take(box.marked());
    else submit();
  }
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
