/** Text objects and rich text as elements. */
import { h } from './dom.js';
import { parseMrkdwn } from './mrkdwn.js';

/** A plain_text or mrkdwn object as nodes. `names`: user and channel ids -> names. */
export function textNodes(object, names) {
  if (object?.type === 'mrkdwn') return mrkdwnNodes(object.text, names);
  return String(object?.text ?? '')
    .split('\n')
    .flatMap((line, index) => (index === 0 ? [line] : [h('br'), line]));
}

/** mrkdwn as nodes: lines become divs, so that an empty line keeps its height. */
export function mrkdwnNodes(text, names) {
  return parseMrkdwn(text).map(block => {
    if (block.kind === 'pre') return h('pre', { class: 'pre' }, block.text);
    if (block.kind === 'quote') {
      return h(
        'blockquote',
        { class: 'quote' },
        block.lines.map(line => h('div', {}, inlineNodes(line, names))),
      );
    }
    return h('div', { class: block.inline.length === 0 ? 'line empty' : 'line' }, inlineNodes(block.inline, names));
  });
}

const TAGS = { bold: 'strong', italic: 'em', strike: 's' };

function inlineNodes(nodes, names) {
  return nodes.map(node => {
    switch (node.kind) {
      case 'text':
        return node.text;
      case 'code':
        return h('code', { class: 'code' }, node.text);
      case 'link':
        return link(node.url, node.text);
      case 'user':
        return mention(`@${names.users.get(node.id) ?? node.id}`);
      case 'channel':
        return mention(`#${names.channels.get(node.id) ?? node.id}`);
      case 'broadcast':
        return mention(node.text);
      default:
        return h(TAGS[node.kind], {}, inlineNodes(node.children, names));
    }
  });
}

function mention(text) {
  return h('span', { class: 'mention' }, text);
}

function link(url, text) {
  return h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, text);
}

/** A rich_text block. */
export function richText(block, names) {
  return h(
    'div',
    { class: 'rich' },
    (block.elements ?? []).map(element => richPart(element, names)),
  );
}

function richPart(element, names) {
  const inside = () => (element.elements ?? []).map(one => richInline(one, names));
  switch (element.type) {
    case 'rich_text_section':
      return h('div', { class: 'line' }, inside());
    case 'rich_text_preformatted':
      return h('pre', { class: 'pre' }, inside());
    case 'rich_text_quote':
      return h('blockquote', { class: 'quote' }, inside());
    case 'rich_text_list':
      return h(
        element.style === 'ordered' ? 'ol' : 'ul',
        { class: `list indent-${element.indent ?? 0}` },
        (element.elements ?? []).map(item =>
          h(
            'li',
            {},
            (item.elements ?? []).map(one => richInline(one, names)),
          ),
        ),
      );
    default:
      return unknown(element, 'part of rich text');
  }
}

function richInline(element, names) {
  switch (element.type) {
    case 'text':
      return styled(lines(element.text), element.style);
    case 'link':
      return styled([link(element.url, element.text ?? element.url)], element.style);
    case 'user':
      return mention(`@${names.users.get(element.user_id) ?? element.user_id}`);
    case 'channel':
      return mention(`#${names.channels.get(element.channel_id) ?? element.channel_id}`);
    case 'broadcast':
      return mention(`@${element.range}`);
    case 'emoji':
      return element.unicode
        ? String.fromCodePoint(...element.unicode.split('-').map(hex => Number.parseInt(hex, 16)))
        : `:${element.name}:`;
    default:
      return unknown(element, 'element of rich text');
  }
}

function lines(text) {
  return String(text ?? '');
}

const STYLES = [
  ['code', 'code'],
  ['bold', 'strong'],
  ['italic', 'em'],
  ['strike', 's'],
];

function styled(nodes, style) {
  return STYLES.filter(([name]) => style?.[name]).reduce(
    (inner, [name, tag]) => [h(tag, name === 'code' ? { class: 'code' } : {}, inner)],
    nodes,
  );
}

/** Something of Slack's that this page has no way to show: shown as such, never swallowed. */
export function unknown(thing, what) {
  return h(
    'details',
    { class: 'unknown', data: { unknown: thing?.type ?? '?' } },
    h('summary', {}, `This page cannot show this ${what}: ${thing?.type ?? 'without a type'}`),
    h('pre', { class: 'pre' }, JSON.stringify(thing, null, 2)),
  );
}
