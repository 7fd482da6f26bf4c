/** Starts the page and keeps its parts together: what is open, what changed, what is done. */
import { channelView, homeView, threadView } from './channel.js';
import { deedsOf } from './deeds.js';
import { viewDialog } from './dialogs.js';
import { ICONS, icon } from './dom.js';
import { authorOf } from './message.js';
import { drawSidebar } from './sidebar.js';
import { act, createState, follow, namesOf } from './state.js';

const at = id => document.getElementById(id);
const [app, sidebar, main, aside, dialogs, announcer, note, menu] = [
  'app',
  'sidebar',
  'channel',
  'thread',
  'dialogs',
  'announcer',
  'replay-note',
  'open-sidebar',
].map(at);

const state = createState();
let open = null;
let middle = null;
let thread = null;
const unread = new Set();

const page = {
  state,
  get names() {
    return namesOf(state);
  },
  replyCount: ts => [...state.messages.values()].filter(({ threadTs }) => threadTs === ts).length,
  isUnread: channel => unread.has(channel),
  openChannel: id => {
    const channel = state.channels.find(one => one.id === id) ?? state.channels[0];
    open = { kind: 'channel', id: channel.id };
    unread.delete(channel.id);
    middle = channelView(page, main, channel);
    page.closeThread();
    showSidebar(false);
    refresh();
    document.title = `${channel.name} – egress demo`;
    history.replaceState(null, '', `#${channel.name}`);
    scrollToEnd(main);
  },
  openHome: () => {
    open = { kind: 'home' };
    middle = homeView(page, main);
    page.closeThread();
    showSidebar(false);
    refresh();
    document.title = `${state.bot.name} – egress demo`;
    void act({ kind: 'home' });
  },
  openThread: ts => {
    const root = state.messages.get(ts);
    if (root === undefined) return;
    thread = { ts, view: threadView(page, aside, root), opener: document.activeElement?.dataset.key };
    aside.hidden = false;
    app.classList.add('with-thread');
    thread.view.show();
    // A thread is read from its beginning.
    aside.querySelector('.scroller').scrollTop = 0;
    at('thread-input').focus({ preventScroll: true });
    main.querySelector(`[data-ts="${CSS.escape(ts)}"]`)?.scrollIntoView({ block: 'nearest' });
  },
  closeThread: () => {
    if (thread === null) return;
    const { opener } = thread;
    thread = null;
    aside.hidden = true;
    aside.replaceChildren();
    app.classList.remove('with-thread');
    if (opener !== undefined) main.querySelector(`[data-key="${CSS.escape(opener)}"]`)?.focus({ preventScroll: true });
  },
  ...deedsOf({ dialogs, announcer, toEnd: threadTs => scrollToEnd(threadTs === null ? main : aside) }),
};

const modal = viewDialog(page, dialogs);

function refresh() {
  if (open === null) return;
  drawSidebar(sidebar, page, open);
  middle.show();
  thread?.view.show();
  modal.show(state.views);
}

function scrollToEnd(part) {
  const scroller = part.querySelector('.scroller');
  if (scroller !== null && state.messages.size > 0) scroller.scrollTop = scroller.scrollHeight;
}

/** New messages are read out, edits are not: a progress message changes every few seconds. A finished one is. */
function announce({ fresh, change }) {
  const edited = change.messages.filter(message => !fresh.includes(message) && message.edited && !hasPlan(message));
  const said = [...fresh, ...edited]
    .filter(message => message.user !== state.me)
    .map(message => `${authorOf(message, state).name}: ${message.text.slice(0, 200)}`);
  if (said.length > 0) announcer.textContent = said.join('\n');
  for (const { channel } of fresh) if (open?.id !== channel) unread.add(channel);
}

function hasPlan(message) {
  return message.blocks.some(block => block.type === 'plan');
}

function showSidebar(isShown) {
  app.classList.toggle('with-sidebar', isShown);
  menu.setAttribute('aria-expanded', String(isShown));
}

menu.append(icon(ICONS.menu));
menu.addEventListener('click', () => showSidebar(!app.classList.contains('with-sidebar')));
document.addEventListener('keydown', event => {
  if (event.key !== 'Escape' || document.querySelector('dialog[open]') !== null || event.defaultPrevented) return;
  if (app.classList.contains('with-sidebar')) showSidebar(false);
  else page.closeThread();
});

state.listeners.add(event => {
  if (event.kind === 'all') {
    note.textContent = state.live.note;
    const wanted = location.hash.slice(1);
    if (open === null) page.openChannel(state.channels.find(({ name }) => name === wanted)?.id ?? state.channels[0].id);
  }
  if (event.kind === 'change') announce(event);
  refresh();
});
follow(state);
