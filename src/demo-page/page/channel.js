/** The middle of the page: a channel with its messages, or the app's Home. */
import { blockNodes } from './blocks.js';
import { composer } from './composer.js';
import { h, ICONS, icon, replaceChildren } from './dom.js';
import { messageList } from './message-list.js';
import { messagesIn } from './state.js';

/** A channel in `main`. `show()` brings it up to date; `forget()` draws everything anew, when names changed. */
export function channelView(page, main, channel) {
  const { state } = page;
  const { list, show, forget } = messageList(page, 'channel', `Messages in ${channel.name}`);
  const input = composer({
    id: 'channel-input',
    label: `Message to ${channel.name}`,
    placeholder: `Message #${channel.name}`,
    send: text => page.sendTo(channel.id, null, text),
    suggestions: text => storyOffers(state.stories, text),
  });
  const intro = h('div', { class: 'intro' });
  main.replaceChildren(
    h(
      'header',
      { class: 'channel-head' },
      h('h1', { id: 'channel-title' }, h('span', { class: 'hash', 'aria-hidden': 'true' }, '#'), channel.name),
      h('p', { class: 'topic' }, channel.topic),
    ),
    h('div', { class: 'scroller', tabindex: '-1' }, h('div', { class: 'push' }), intro, list),
    input.form,
  );
  drawIntro(intro, state, channel, input.fill);
  return { show: () => show(messagesIn(state, channel.id, null)), forget };
}

function drawIntro(intro, state, channel, fill) {
  const now = state.channels.find(({ id }) => id === channel.id) ?? channel;
  replaceChildren(
    intro,
    h('p', { class: 'intro-title', role: 'heading', 'aria-level': 2 }, `This is #${now.name}`),
    h(
      'p',
      {},
      now.botIsMember
        ? `Ask why a pod cannot reach a host. ${state.stories.length === 0 ? 'Type your question' : 'Pick a question, or type your own'} after `
        : 'egress is no member here: its answers to a slash command come all the same, and /invite @egress adds it. Try ',
      h('code', { class: 'code' }, '/egress'),
      '.',
    ),
    state.stories.length === 0
      ? null
      : h(
          'ul',
          { class: 'stories', 'aria-label': 'Questions that were captured' },
          state.stories.map(story =>
            h(
              'li',
              {},
              h(
                'button',
                { type: 'button', class: 'story', on: { click: () => fill(story.command) } },
                h('code', {}, story.command),
                h('span', {}, story.note),
              ),
            ),
          ),
        ),
  );
}

function storyOffers(stories, text) {
  const words = text.toLowerCase().split(/\s+/).slice(1);
  return stories
    .filter(({ command }) => words.every(word => command.toLowerCase().includes(word)))
    .map(({ command, note }) => ({ text: command, note }));
}

/** The app's Home in `main`. */
export function homeView(page, main) {
  const body = h('div', { class: 'scroller home' });
  main.replaceChildren(
    h(
      'header',
      { class: 'channel-head' },
      h(
        'h1',
        { id: 'channel-title' },
        h('img', { src: '/icon.svg', alt: '', width: 22, height: 22, class: 'title-icon' }),
        page.state.bot.name,
      ),
      h('p', { class: 'topic' }, 'Home'),
    ),
    body,
  );
  const show = () => {
    const { home } = page.state;
    if (home === null) return replaceChildren(body, h('p', { class: 'waiting' }, 'Opening…'));
    const where = { kind: 'view', id: home.id };
    replaceChildren(
      body,
      h(
        'div',
        { class: 'home-blocks' },
        blockNodes(home.view.blocks, {
          names: page.names,
          level: 2,
          surface: home.id,
          fields: new Map(),
          suggest: async () => null,
          press: (element, blockId, button) => page.press(where, element, blockId, button),
        }),
      ),
    );
  };
  return { show, forget: () => undefined };
}

/** The thread in `aside`. */
export function threadView(page, aside, root) {
  const { list, show, forget } = messageList(page, 'thread', 'Messages of the thread');
  const channel = page.state.channels.find(({ id }) => id === root.channel);
  const input = composer({
    id: 'thread-input',
    label: 'Reply in the thread',
    placeholder: 'Reply…',
    send: text => page.sendTo(root.channel, root.ts, text),
    suggestions: null,
  });
  aside.replaceChildren(
    h(
      'header',
      { class: 'channel-head thread-head' },
      h('h2', { id: 'thread-title' }, 'Thread'),
      h('p', { class: 'topic' }, `# ${channel?.name ?? ''}`),
      h(
        'button',
        { type: 'button', class: 'icon-button', 'aria-label': 'Close the thread', on: { click: page.closeThread } },
        icon(ICONS.close),
      ),
    ),
    h('div', { class: 'scroller', tabindex: '-1' }, list),
    input.form,
  );
  return { show: () => show(messagesIn(page.state, root.channel, root.ts)), forget };
}
