/** Text that tries to be more than text, and what a parser of Markdown makes of a document: for laws about escaping. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { marked, type Token } from 'marked';

/** Words of closed sets (verdict codes, layers, ...), which no cluster can fill with text of its own. */
export const CLOSED_WORDS: ReadonlySet<unknown> = new Set(
  closedWords(JSON.parse(readFileSync(join(import.meta.dirname, '../../src/diagnosis.schema.json'), 'utf8'))),
);

function closedWords(schema: unknown): readonly unknown[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { enum: words = [], const: word } = schema as { enum?: unknown[]; const?: unknown };
  return [...words, word, ...Object.values(schema).flatMap(closedWords)];
}

/** The same answer with `text` in every field that is free text. */
export function withText<T>(value: T, text: string): T {
  if (typeof value === 'string') return (CLOSED_WORDS.has(value) ? value : text) as T;
  if (Array.isArray(value)) return value.map(item => withText(item, text)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withText(item, text)])) as T;
}

const PAYLOADS = [
  '\n# owned',
  '\r\n## owned',
  '\n===\n',
  '\n---\n',
  '\n\n- item',
  '1. item',
  '- ---',
  '> quote',
  '    code',
  '  - ',
  '# ',
  '+ ',
  '* * *',
  '```',
  '`',
  '``',
  '~~~',
  '**bold**',
  '_it_',
  '~~gone~~',
  '\\',
  '|',
  ' | a | b',
  '$x$',
  '!',
  '[^1]',
  '[a]: http://evil.example',
  '<!channel>',
  '<!here|here>',
  '@here',
  '@channel',
  '<@U0123>',
  '<#C0123>',
  '<http://evil.example|stripe.com>',
  '*Fix*',
  '<script>alert(1)</script>',
  '<!-- ',
  '&lt;b&gt;',
  '&#35;',
  '![i](http://evil.example/i.png)',
  '[a](javascript:alert)',
  'https://evil.example',
  'http://evil.example',
  'ftp://evil.example',
  'www.evil.example',
  'WWW.evil.example',
  '_www.evil.example',
  'a@evil.example',
  'mailto:a@evil.example',
  '\u001b[31mred',
  '\u001b]8;;http://evil.example\u0007link\u001b]8;;\u0007',
  '\u009b2J',
  '\u0000',
  '\b\b\b',
  '\r',
  '\t',
  '\v',
  '\u202eevil',
  '\u2066',
  '\u200b',
  '\u2028',
  '\u2029',
  '\ud800',
  '\u{e0001}',
  '{{code}}',
  '{{{fix.yaml}}}',
  'FIX',
  'OBSERVED what the probes saw',
  ': ',
  '- a: b',
  '%',
  '"',
  "'",
  '---',
  '...',
];

/** Ends in a letter, so that no field becomes empty: an empty field is left out, which is no matter of escaping. */
export const hostile = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...PAYLOADS) },
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.string({ maxLength: 8 }),
    ),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map(parts => `${parts.join('')}x`);

const BLOCKS = new Set([
  'heading',
  'code',
  'table',
  'list',
  'list_item',
  'blockquote',
  'hr',
  'html',
  'def',
  'paragraph',
]);

/** The block tokens of a document, outer first; those inside a table or a paragraph are inline. */
export function outline(tokens: readonly Token[]): readonly string[] {
  return tokens.flatMap(token => {
    if (!BLOCKS.has(token.type)) return [];
    const inner =
      token.type === 'list' ? (token.items as Token[]) : token.type === 'list_item' ? (token.tokens ?? []) : [];
    const size =
      token.type === 'table' ? `${token.header.length}x${token.rows.length}` : 'depth' in token ? token.depth : '';
    return [`${token.type}${size}`, ...outline(inner)];
  });
}

/** How often each kind of inline token occurs. */
export function inlineKinds(tokens: readonly Token[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  void marked.walkTokens([...tokens], token => {
    if (!BLOCKS.has(token.type) && !['text', 'escape', 'space'].includes(token.type))
      counts[token.type] = (counts[token.type] ?? 0) + 1;
  });
  return counts;
}
