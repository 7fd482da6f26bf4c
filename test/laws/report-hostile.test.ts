/** Names of policies, titles of alerts, reasons: whatever text stands in them, a report keeps the structure that it has with harmless text. */
import fc from 'fast-check';
import { marked } from 'marked';
import { describe, expect, test } from 'vitest';
import type { Story } from '../../src/render/timeline/story.ts';
import { hostile, inlineKinds, outline, withText } from '../fakes/hostile.ts';
import { reportOf, STORIES_OF_REPORTS } from '../threads/reports.ts';

/** Words of ours in a fact, and its times. */
const OURS = new Set(['at', 'kind', 'how', 'action', 'result']);

/** The same story with `text` wherever somebody else wrote. */
function withTextOf({ facts }: Story, text: string): Story {
  const dirty = facts.map(fact =>
    Object.fromEntries(
      Object.entries(fact).map(([key, value]) => [
        key,
        OURS.has(key) ? value : key === 'by' ? withWho(value, text) : withText(value, text),
      ]),
    ),
  );
  return { incident: text, facts: dirty as unknown as Story['facts'] };
}

function withWho(value: unknown, text: string): unknown {
  if (typeof value !== 'object' || value === null) return value === null ? null : text;
  const { kind } = value as { readonly kind: string };
  return { kind, team: text, user: text, name: text };
}

const anyName = fc.constantFrom(...Object.keys(STORIES_OF_REPORTS));
const storyNamed = (name: string): Story => STORIES_OF_REPORTS[name] as Story;

function always(law: (dirty: string, clean: string) => void): void {
  fc.assert(
    fc.property(anyName, hostile, (name, text) => {
      law(reportOf(withTextOf(storyNamed(name), text)), reportOf(withTextOf(storyNamed(name), 'x')));
    }),
    // The example is what JavaScript reads as a date.
    { numRuns: 100, examples: [['from-alert-to-recovery', '0(\n# ownedx']] },
  );
}

describe('whatever text stands in an incident', { timeout: 60_000 }, () => {
  test('its report keeps its blocks: no heading, list, table, fence or rule comes or goes', () => {
    always((dirty, clean) => {
      expect(outline(marked.lexer(dirty))).toEqual(outline(marked.lexer(clean)));
    });
  });

  test('its report gets no link, image, HTML or emphasis of its own', () => {
    always((dirty, clean) => {
      expect(inlineKinds(marked.lexer(dirty))).toEqual(inlineKinds(marked.lexer(clean)));
    });
  });

  test('its report mentions nobody, outside of code', () => {
    always(dirty => {
      const words: string[] = [];
      void marked.walkTokens([...marked.lexer(dirty)], token => {
        if (token.type === 'text' && !('tokens' in token && token.tokens)) words.push(String(token.text));
      });
      expect(words.join('\n')).not.toMatch(/@\w/);
    });
  });
});
