/**
 * Text of a cluster is hostile: a label or a certificate can hold escape codes, Markdown or `<!channel>`. Each output has
 * one `Escape`, and a whole View goes through it before any template sees it, so no template can forget to escape.
 */

/** A name to be shown as it is: a policy, a host, a field. */
export type Code = { readonly as: 'code'; readonly text: string };

/** Lines to be shown as they are: YAML, a command. */
export type Block = { readonly as: 'block'; readonly language: 'yaml' | 'sh' | 'text'; readonly text: string };

/** How one output makes outside text harmless. Each function returns text that is ready for that output. */
export type Escape = {
  /** Prose: always one line. */
  readonly text: (text: string) => string;
  /** A name: always one line. */
  readonly code: (text: string) => string;
  /** Several lines, with whatever fences the output has. Line breaks are kept. */
  readonly block: (block: Block) => string;
};

/** The same shape with every string, Code and Block turned into a string that is ready for one output. */
export type Escaped<T> = T extends Code | Block
  ? string
  : T extends string
    ? // A closed set of our own words stays one: no output has anything to escape in them.
      T
    : T extends readonly (infer Item)[]
      ? readonly Escaped<Item>[]
      : T extends object
        ? { readonly [Key in keyof T]: Escaped<T[Key]> }
        : T;

/** Marks a name. */
export function code(text: string): Code {
  return { as: 'code', text };
}

/** Marks lines. A final line break is dropped: outputs add their own. */
export function block(language: Block['language'], text: string): Block {
  return { as: 'block', language, text: text.replace(/\n+$/, '') };
}

/** Escapes every string in a value of plain objects and lists. Numbers, booleans and null stay. */
export function escapeAll<T>(value: T, output: Escape): Escaped<T> {
  return escaped(value, output) as Escaped<T>;
}

function escaped(value: unknown, output: Escape): unknown {
  if (typeof value === 'string') return output.text(value);
  if (Array.isArray(value)) return value.map(item => escaped(item, output));
  if (typeof value !== 'object' || value === null) return value;
  if (isCode(value)) return output.code(value.text);
  if (isBlock(value)) return output.block(value);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escaped(item, output)]));
}

function isCode(value: object): value is Code {
  return 'as' in value && value.as === 'code';
}

function isBlock(value: object): value is Block {
  return 'as' in value && value.as === 'block';
}

/**
 * Control characters (escape codes begin with one), characters that turn the writing direction or hide (bidi marks,
 * zero-width, soft hyphen, tags), line and paragraph separators, lone surrogates, private use.
 * https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;

/** Shown where a character was taken out, so that nothing disappears unseen. */
const REPLACEMENT = '\ufffd';

/** One line of visible text: each run of white space is one space, none at the ends; what cannot be seen is U+FFFD. */
export function visibleLine(text: string): string {
  return visible(text.replace(/[\s\v\f]+/g, ' ').trim());
}

function visible(text: string): string {
  return text.replace(INVISIBLE, REPLACEMENT);
}

/** The same for several lines: line breaks stay, tabs become two spaces. */
function visibleLines(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .split('\n')
    .map(line => visible(line.replaceAll('\t', '  ')))
    .join('\n');
}

/** Plain text: nothing but visible characters. */
export const TERMINAL_ESCAPE: Escape = {
  text: visibleLine,
  code: visibleLine,
  block: ({ text }) => visibleLines(text),
};

/**
 * Markdown as GitHub reads it: every character that could open a construct is written as an entity or with a backslash,
 * also bare links and mentions. https://github.github.com/gfm/#backslash-escapes, #autolinks-extension-
 */
export const MARKDOWN_ESCAPE: Escape = {
  text: markdownText,
  code: text => fenced(visibleLine(text)),
  block: ({ language, text }) => {
    const lines = visibleLines(text);
    const fence = '`'.repeat(Math.max(3, longestRun(lines) + 1));
    return `${fence}${language === 'text' ? '' : language}\n${lines}\n${fence}`;
  },
};

/** Breaks a word that a chat or a forge would read as a mention; it looks the same. */
const WORD_JOINER = '\u2060';

function markdownText(text: string): string {
  return visibleLine(text)
    .replace(/[\\`*_{}[\]#|~!$]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/:\/\//g, ':\\/\\/')
    .replace(/(www|mailto|xmpp)([.:])/gi, '$1\\$2')
    .replaceAll('@', `@${WORD_JOINER}`)
    .replace(/^(\s*)([-+=>])/, '$1\\$2')
    .replace(/^(\s*\d+)([.)])(?=\s|$)/, '$1\\$2');
}

/** A code span with a fence that its text cannot close. https://github.github.com/gfm/#code-spans */
function fenced(text: string): string {
  const fence = '`'.repeat(longestRun(text) + 1);
  const pad = text.startsWith('`') || text.endsWith('`') || text.trim() === '' ? ' ' : '';
  return `${fence}${pad}${text}${pad}${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(run => run[0].length));
}

/**
 * Slack's mrkdwn: `& < >` as entities, so that no `<!channel>` or link can be written, and formatting characters and
 * mentions broken by a word joiner. https://docs.slack.dev/messaging/formatting-message-text
 */
export const SLACK_ESCAPE: Escape = {
  text: text => entities(visibleLine(text)).replaceAll('`', "'").replace(/[*~@]/g, `${WORD_JOINER}$&${WORD_JOINER}`),
  code: text => `\`${entities(visibleLine(text)).replaceAll('`', "'")}\``,
  block: ({ text }) => `\`\`\`\n${entities(visibleLines(text)).replaceAll('```', "'''")}\n\`\`\``,
};

function entities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
