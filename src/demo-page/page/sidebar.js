/** The left: workspace, channels, the app. */
import { h, replaceChildren } from './dom.js';

/** Draws it. `open`: `{kind: 'channel', id}` or `{kind: 'home'}`. */
export function drawSidebar(nav, page, open) {
  const { state } = page;
  const entry = (key, isOpen, run, ...inside) =>
    h(
      'li',
      {},
      h(
        'button',
        {
          type: 'button',
          class: `entry${isOpen ? ' open' : ''}`,
          'aria-current': isOpen ? 'page' : null,
          data: { key: `nav/${key}` },
          on: { click: run },
        },
        inside,
      ),
    );
  replaceChildren(
    nav,
    h(
      'div',
      { class: 'workspace' },
      h('span', { class: 'workspace-name' }, 'egress demo'),
      h(
        'span',
        { class: `presence${state.connected ? '' : ' away'}` },
        state.connected ? 'connected' : 'not connected',
      ),
    ),
    h('p', { class: 'nav-title', id: 'nav-channels' }, 'Channels'),
    h(
      'ul',
      { class: 'entries', 'aria-labelledby': 'nav-channels' },
      state.channels.map(channel =>
        entry(
          channel.id,
          open.kind === 'channel' && open.id === channel.id,
          () => page.openChannel(channel.id),
          h('span', { class: 'hash', 'aria-hidden': 'true' }, '#'),
          channel.name,
          page.isUnread(channel.id) ? h('span', { class: 'unread' }, 'new') : null,
        ),
      ),
    ),
    h('p', { class: 'nav-title', id: 'nav-apps' }, 'Apps'),
    h(
      'ul',
      { class: 'entries', 'aria-labelledby': 'nav-apps' },
      entry(
        'home',
        open.kind === 'home',
        page.openHome,
        h('img', { src: '/icon.svg', alt: '', width: 20, height: 20, class: 'nav-icon' }),
        state.bot.name,
      ),
    ),
    h('p', { class: 'you' }, 'You are ', h('strong', {}, state.people.get(state.me) ?? state.me)),
  );
}
