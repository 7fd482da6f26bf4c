/**
 * Text of a cluster is hostile: whatever stands in any text field of an answer, every output keeps the structure that it
 * has with harmless text. Structure is judged by parsing (Markdown) or by what the reader's program acts upon.
 */
import fc from 'fast-check';
import { marked } from 'marked';
import { describe, expect, it } from 'vitest';
import { loadTemplates } from '../../src/commands/templates.ts';
import type { Diagnosis } from '../../src/model.ts';
import { renderMarkdown } from '../../src/render/markdown.ts';
import { renderTerminal } from '../../src/render/terminal.ts';
import { renderThread } from '../../src/render/thread.ts';
import { hostile, inlineKinds, outline, withText } from '../fakes/hostile.ts';
import { loadStory, STORY_NAMES } from '../threads/stories.ts';

const templates = loadTemplates();
const stories = await Promise.all(STORY_NAMES.map(async name => (await loadStory(name)).diagnosis));

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
