/** A list of messages that is drawn anew only where something changed, and stays at its end when it was there. */
import { h } from './dom.js';
import { messageNode } from './message.js';

/** Messages by one author closer than this are drawn without a second head, in seconds. */
const SAME_HEAD_SECONDS = 300;

/** A list; `show(messages)` brings it up to date. */
export function messageList(page, place, label) {
  const list = h('ol', { class: 'messages', 'aria-label': label });
  const drawn = new Map();
  const show = messages => {
    const scroller = list.closest('.scroller');
    const isAtEnd = scroller === null || scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
    const key = list.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
    const nodes = messages.map((message, index) => nodeFor(message, messages[index - 1], { page, place, drawn }));
    const keep = new Set(messages.map(({ ts }) => ts));
    for (const ts of drawn.keys()) if (!keep.has(ts)) drawn.delete(ts);
    sync(list, nodes);
    if (key !== undefined && !list.contains(document.activeElement)) {
      list.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
    }
    if (isAtEnd && scroller !== null) scroller.scrollTop = scroller.scrollHeight;
  };
  return { list, show, forget: () => drawn.clear() };
}

function nodeFor(message, before, { page, place, drawn }) {
  const follows =
    before !== undefined &&
    before.user === message.user &&
    before.kind === message.kind &&
    message.kind !== 'ephemeral' &&
    (place === 'channel' || before.threadTs !== null) &&
    Number(message.ts) - Number(before.ts) < SAME_HEAD_SECONDS;
  const replies = place === 'channel' ? page.replyCount(message.ts) : 0;
  const known = drawn.get(message.ts);
  if (known !== undefined && known.message === message && known.follows === follows && known.replies === replies)
    return known.node;
  const node = messageNode(message, page, place, follows);
  drawn.set(message.ts, { message, follows, replies, node });
  return node;
}

/** Makes the children those, moving and replacing as few as possible. */
function sync(list, nodes) {
  for (const [index, node] of nodes.entries()) {
    const there = list.children[index];
    if (there === node) continue;
    const isReplaced = there !== undefined && there.dataset.ts === node.dataset.ts;
    if (isReplaced) there.replaceWith(node);
    else list.insertBefore(node, there ?? null);
  }
  while (list.children.length > nodes.length) list.lastChild.remove();
}
