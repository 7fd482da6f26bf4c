/**
 * Slack's mrkdwn -> a tree of plain objects, without a DOM (https://docs.slack.dev/messaging/formatting-message-text).
 * Kinds: text, bold, italic, strike, code, link, user, channel, broadcast, break at the level of a line; line, quote, pre
 * at the level of a block.
 */

const ENTITIES = { '&lt;': '<', '&gt;': '>', '&amp;': '&' };

/** The text that escaped text shows. */
export function unescapeText(text) {
  return text.replace(/&(?:lt|gt|amp);/g, entity => ENTITIES[entity]);
}

/** Blocks of a whole text: code fences, quotes, and lines. */
export function parseMrkdwn(text) {
  const blocks = [];
  for (const [index, part] of text.split('```').entries()) {
    // A fence that nobody closes is no fence.
    const isFence = index % 2 === 1;
    if (isFence) blocks.push({ kind: 'pre', text: unescapeText(part.replace(/^\n|\n$/g, '')) });
    else blocks.push(...linesOf(part, index > 0));
  }
  return blocks;
}

function linesOf(text, followsFence) {
  const trimmed = followsFence ? text.replace(/^\n/, '') : text;
  if (trimmed === '') return [];
  const blocks = [];
  for (const line of trimmed.replace(/\n$/, '').split('\n')) {
    const quoted = /^(?:&gt;|>) ?(.*)$/.exec(line);
    const last = blocks.at(-1);
    if (quoted !== null && last?.kind === 'quote') last.lines.push(parseInline(quoted[1]));
    else if (quoted !== null) blocks.push({ kind: 'quote', lines: [parseInline(quoted[1])] });
    else blocks.push({ kind: 'line', inline: parseInline(line) });
  }
  return blocks;
}

const MARKS = { '*': 'bold', _: 'italic', '~': 'strike' };

/** What stands in one line. A mark opens after a non-word character and closes before one, as in Slack. */
export function parseInline(line) {
  const nodes = [];
  let plain = '';
  const flush = () => {
    if (plain !== '') nodes.push({ kind: 'text', text: unescapeText(plain) });
    plain = '';
  };
  let at = 0;
  while (at < line.length) {
    const found = angleAt(line, at) ?? codeAt(line, at) ?? markAt(line, at);
    if (found === null) {
      plain += line[at];
      at += 1;
      continue;
    }
    flush();
    nodes.push(found.node);
    at = found.end;
  }
  flush();
  return nodes;
}

function codeAt(line, at) {
  if (line[at] !== '`') return null;
  const end = line.indexOf('`', at + 1);
  if (end <= at + 1) return null;
  return { node: { kind: 'code', text: unescapeText(line.slice(at + 1, end)) }, end: end + 1 };
}

function markAt(line, at) {
  const kind = MARKS[line[at]];
  if (kind === undefined || /\w/.test(line[at - 1] ?? ' ') || /\s/.test(line[at + 1] ?? ' ')) return null;
  for (let end = line.indexOf(line[at], at + 2); end > 0; end = line.indexOf(line[at], end + 1)) {
    if (/\s/.test(line[end - 1]) || /\w/.test(line[end + 1] ?? ' ')) continue;
    return { node: { kind, children: parseInline(line.slice(at + 1, end)) }, end: end + 1 };
  }
  return null;
}

function angleAt(line, at) {
  if (line[at] !== '<') return null;
  const end = line.indexOf('>', at);
  if (end < 0) return null;
  const [target, label] = line.slice(at + 1, end).split(/\|(.*)/s);
  return { node: angleNode(target, label), end: end + 1 };
}

function angleNode(target, label) {
  if (target.startsWith('@')) return { kind: 'user', id: target.slice(1) };
  if (target.startsWith('#')) return { kind: 'channel', id: target.slice(1) };
  if (target.startsWith('!')) return { kind: 'broadcast', text: label ?? `@${target.slice(1)}` };
  if (/^(?:https?:|mailto:)/.test(target)) {
    return { kind: 'link', url: unescapeText(target), text: unescapeText(label ?? target) };
  }
  return { kind: 'text', text: unescapeText(`<${target}>`) };
}
