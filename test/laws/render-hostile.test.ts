/**
 * Text of a cluster is hostile: whatever stands in any text field of an answer, every output keeps the structure that it
 * has with harmless text. Structure is judged by parsing (Markdown) or by what the reader's program acts upon.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { marked, type Token } from 'marked';
import { describe, expect, it } from 'vitest';
import { loadTemplates } from '../../src/commands/templates.ts';
import type { Diagnosis } from '../../src/model.ts';
import { renderMarkdown } from '../../src/render/markdown.ts';
import { renderTerminal } from '../../src/render/terminal.ts';
import { renderThread } from '../../src/render/thread.ts';
import { loadStory, STORY_NAMES } from '../threads/stories.ts';

const templates = loadTemplates();
const stories = await Promise.all(STORY_NAMES.map(async name => (await loadStory(name)).diagnosis));

/** Words of closed sets (verdict codes, layers, ...), which no cluster can fill with text of its own. */
const CLOSED: ReadonlySet<unknown> = new Set(
  closedWords(JSON.parse(readFileSync(join(import.meta.dirname, '../../src/diagnosis.schema.json'), 'utf8'))),
);

function closedWords(schema: unknown): readonly unknown[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { enum: words = [], const: word } = schema as { enum?: unknown[]; const?: unknown };
  return [...words, word, ...Object.values(schema).flatMap(closedWords)];
}

/** The same answer with `text` in every field that is free text. */
function withText<T>(value: T, text: string): T {
  if (typeof value === 'string') return (CLOSED.has(value) ? value : text) as T;
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
const hostile = fc
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

const anyStory = fc.constantFrom(...stories);

const RUNS = 100;
/** Milliseconds for one law: seconds when idle, and machines that run the suite are not. */
const PATIENCE_MS = 60_000;

/** Tries one law with hostile text against the same story with the text `x`. */
function always(law: (dirty: Diagnosis, clean: Diagnosis) => void) {
  fc.assert(
    fc.property(anyStory, hostile, (story, text) => law(withText(story, text), withText(story, 'x'))),
    { numRuns: RUNS },
  );
}

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
function outline(tokens: readonly Token[]): readonly string[] {
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
function inlineKinds(tokens: readonly Token[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  void marked.walkTokens([...tokens], token => {
    if (!BLOCKS.has(token.type) && !['text', 'escape', 'space'].includes(token.type))
      counts[token.type] = (counts[token.type] ?? 0) + 1;
  });
  return counts;
}

/** Everything that steers a terminal or hides text, but for the line break. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

const withoutCode = (text: string) => text.replace(/```[\s\S]*?```/g, '');
/** Lines that a chat shows in bold. */
const headings = (text: string) => text.match(/^\*[A-Z].*\*/gm)?.length ?? 0;

describe('whatever text stands in the cluster', { timeout: PATIENCE_MS }, () => {
  it('Markdown keeps its blocks: no heading, list, table, fence or rule comes or goes', () => {
    always((dirty, clean) => {
      const [seen, meant] = [dirty, clean].map(answer => outline(marked.lexer(renderMarkdown(answer, templates))));
      expect(seen).toEqual(meant);
    });
  });

  it('Markdown gets no link, image, HTML or emphasis of its own', () => {
    always((dirty, clean) => {
      const [seen, meant] = [dirty, clean].map(answer => inlineKinds(marked.lexer(renderMarkdown(answer, templates))));
      expect(seen).toEqual(meant);
    });
  });

  it('a terminal gets no control character, and colours are the only escape codes', () => {
    always(dirty => {
      expect(renderTerminal(dirty, templates, { width: 80, colour: false })).not.toMatch(UNSEEN);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are what is taken out here.
      expect(renderTerminal(dirty, templates, { width: 80, colour: true }).replace(/\u001b\[\d+m/g, '')).not.toMatch(
        UNSEEN,
      );
    });
  });

  it('a terminal shows the same sections, none of them forged', () => {
    const sections = (text: string) =>
      text.split('\n').filter(line => /^(PREDICTED|OBSERVED|FIX|CHECK BY HAND|NOT LOOKED AT|[✗✓?] )/.test(line)).length;
    always((dirty, clean) => {
      const [seen, meant] = [dirty, clean].map(answer =>
        sections(renderTerminal(answer, templates, { width: 80, colour: false })),
      );
      expect(seen).toBe(meant);
    });
  });

  it('a chat gets no mention, no link and no broken code block', () => {
    always((dirty, clean) => {
      const seen = renderThread(dirty, templates);
      const meant = renderThread(clean, templates);
      expect(seen.map(message => message.part)).toEqual(meant.map(message => message.part));
      for (const [index, { text }] of seen.entries()) {
        const outside = withoutCode(text);
        expect(text).not.toContain('<');
        expect(outside.replace(/`[^`\n]*`/g, '')).not.toMatch(/@\w/);
        expect(text.match(/^```$/gm)?.length).toBe(meant[index]?.text.match(/^```$/gm)?.length);
        expect(headings(outside)).toBe(headings(withoutCode(meant[index]?.text ?? '')));
        expect(text.replaceAll('\u2060', '')).not.toMatch(UNSEEN);
      }
    });
  });

  it('text that looks like a template is shown as it is', () => {
    const answer = withText(stories[0] as Diagnosis, '{{code}} {{{fix.yaml}}}');
    expect(renderTerminal(answer, templates, { width: 80, colour: false })).toContain('{{code}}');
  });
});
