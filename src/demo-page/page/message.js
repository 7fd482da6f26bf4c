/** One message: avatar, name, time, blocks, files, replies. */
import { blockNodes } from './blocks.js';
import { h, ICONS, icon, timeOf } from './dom.js';
import { mrkdwnNodes } from './text.js';

/**
 * The element of a message. `page`: `state`, `names`, `press(where, element, blockId, button)`, `openThread(ts)`,
 * `shortcut(ts)`. `place`: 'channel' or 'thread'. `follows`: the message before is by the same one, a moment ago.
 */
export function messageNode(message, page, place, follows) {
  const { state } = page;
  const author = authorOf(message, state);
  const isOwn = message.kind === 'ephemeral';
  const time = timeOf(message.ts);
  const head = h(
    'div',
    { class: 'message-head' },
    h('span', { class: 'author' }, author.name),
    author.isApp ? h('span', { class: 'app-badge' }, 'APP') : null,
    h('time', { class: 'time', datetime: new Date(Number(message.ts) * 1000).toISOString() }, time),
  );
  return h(
    'li',
    {
      class: `message${isOwn ? ' ephemeral' : ''}${follows ? ' follows' : ''}`,
      data: { ts: message.ts, author: author.isApp ? 'app' : 'person' },
    },
    h(
      'div',
      { class: 'gutter' },
      follows ? h('span', { class: 'time side', 'aria-hidden': 'true' }, time.replace(/ [AP]M$/, '')) : avatar(author),
    ),
    h(
      'div',
      { class: 'message-body' },
      isOwn ? h('p', { class: 'only-you' }, icon(ICONS.eye, 14), 'Only visible to you') : null,
      follows ? h('span', { class: 'sr-only' }, `${author.name}, ${time}`) : head,
      contentNodes(message, page, place),
      (message.files ?? []).map(fileNode),
      place === 'channel' && !isOwn ? repliesNode(message, page) : null,
    ),
    isOwn ? null : toolsNode(message, page, place),
  );
}

/** Who a message is by. */
export function authorOf(message, state) {
  if (message.from === 'slackbot') return { name: 'Slackbot', isApp: false, colour: 'slackbot' };
  if (message.kind === 'ephemeral' || message.user === state.bot.user)
    return { name: state.bot.name, isApp: true, colour: 'app' };
  const name = state.people.get(message.user) ?? message.user;
  return {
    name,
    isApp: false,
    colour: `person-${[...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 4}`,
  };
}

/** The square beside a message. */
function avatar({ name, isApp, colour }) {
  if (isApp) return h('img', { class: 'avatar', src: '/icon.svg', alt: '', width: 36, height: 36 });
  return h('span', { class: `avatar letter ${colour}`, 'aria-hidden': 'true' }, name.slice(0, 1).toUpperCase());
}

function contentNodes(message, page, place) {
  const edited = message.edited && message.blocks.length === 0 ? h('span', { class: 'edited' }, ' (edited)') : null;
  if (message.blocks.length === 0) return [h('div', { class: 'text' }, mrkdwnNodes(message.text, page.names)), edited];
  const where = { kind: 'message', ts: message.ts };
  return blockNodes(message.blocks, {
    names: page.names,
    level: place === 'thread' ? 3 : 2,
    surface: `${place}/${message.ts}`,
    fields: new Map(),
    suggest: async () => null,
    press: (element, blockId, button) => page.press(where, element, blockId, button),
  });
}

function fileNode(file) {
  const title = h('div', { class: 'file-title' }, file.title);
  if (file.kind === 'image') {
    const image = h('img', { src: file.url, alt: file.altText ?? file.title });
    const link = h('a', { href: file.url, target: '_blank', rel: 'noopener', class: 'picture-link' }, image);
    return h('figure', { class: 'file picture' }, h('figcaption', { class: 'file-title' }, file.title), link);
  }
  return h(
    'div',
    { class: 'file snippet' },
    h(
      'div',
      { class: 'snippet-head' },
      icon(ICONS.file, 18),
      title,
      h('span', { class: 'file-size' }, sizeText(file.size)),
    ),
    h('pre', { class: 'snippet-text' }, file.preview),
    h('a', { href: file.url, download: file.name, class: 'snippet-link' }, `Download ${file.name}`),
  );
}

function sizeText(bytes) {
  return bytes < 1000 ? `${bytes} bytes` : `${Math.round(bytes / 1000)} kB`;
}

function repliesNode(message, { state, openThread }) {
  const replies = [...state.messages.values()].filter(({ threadTs }) => threadTs === message.ts);
  const last = replies.at(-1);
  if (last === undefined) return null;
  const faces = [...new Map(replies.map(reply => [reply.user, authorOf(reply, state)])).values()].slice(0, 4);
  return h(
    'button',
    {
      type: 'button',
      class: 'replies',
      data: { key: `replies/${message.ts}` },
      on: { click: () => openThread(message.ts) },
    },
    h('span', { class: 'faces' }, faces.map(avatar)),
    h('span', { class: 'reply-count' }, `${replies.length} ${replies.length === 1 ? 'reply' : 'replies'}`),
    h('span', { class: 'last-reply' }, `Last reply at ${timeOf(last.ts)}`),
  );
}

function toolsNode(message, { openThread, shortcut }, place) {
  const tool = (name, label, run) =>
    h(
      'button',
      {
        type: 'button',
        class: 'tool',
        'aria-label': label,
        title: label,
        data: { key: `${name}/${place}/${message.ts}` },
        on: { click: run },
      },
      icon(name === 'reply' ? ICONS.reply : ICONS.bolt, 18),
    );
  return h(
    'div',
    { class: 'tools' },
    place === 'channel' ? tool('reply', 'Reply in thread', () => openThread(message.ts)) : null,
    tool('shortcut', 'Check egress (message shortcut)', () => shortcut(message.ts)),
  );
}
