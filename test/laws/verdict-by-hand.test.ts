import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandsByHand } from '../../src/diagnose/by-hand.ts';
import { commandLine, quoteWord } from '../../src/diagnose/shell-quote.ts';
import { facts, flow } from '../tables/verdict-builders.ts';

/** Text that a shell would act on, if any of it were left bare. */
const hostile = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.string({ unit: fc.constantFrom(...`'"\`$();&|<>*?[]{}~#!\\ =-a\n\t`), maxLength: 20 }),
  fc.constantFrom('$(touch x)', '`id`', "'; id; '", '-rf', '=ls', '~', '*', '', '!!', 'a\u202eb'),
);

/** What a real shell makes of a line: its words. */
function wordsOf(line: string): readonly string[] {
  const result = spawnSync('sh', ['-c', `for word in ${line}; do printf '%s\\0' "$word"; done`], { encoding: 'utf8' });
  expect(result.stderr).toBe('');
  return result.stdout.split('\0').slice(0, -1);
}

test('a shell gives back exactly the words that were quoted', () => {
  fc.assert(
    fc.property(fc.array(hostile, { minLength: 1, maxLength: 20 }), words => {
      const quotable = words.filter(word => quoteWord(word) !== null);
      const line = commandLine(quotable);
      expect(line).not.toBeNull();
      expect(wordsOf(line ?? '')).toEqual(quotable);
    }),
    { numRuns: 150 },
  );
});

test('a word with control or invisible characters is never quoted', () => {
  for (const word of ['a\nb', '\u001b[2J', 'a\u0000', '\u202eevil', '\u200b', '\u2028', '\ud800'])
    expect(quoteWord(word)).toBeNull();
});

test('hostile names stay single words of commands that begin with kubectl', () => {
  fc.assert(
    fc.property(fc.record({ pod: hostile, namespace: hostile, node: hostile, policy: hostile }), names => {
      const { pod, namespace, node, policy } = names;
      const given = facts({
        target: { pod, namespace, node },
        rules: [flow('destination', 'deny', { by: [`NetworkPolicy ${namespace}/${policy}`] })],
      });
      for (const { command, what } of commandsByHand(given)) {
        expect(`${command}${what}`).not.toMatch(/\p{Cc}/u);
        expect(wordsOf(command)[0]).toBe('kubectl');
        const options = wordsOf(command)
          .slice(1)
          .filter(word => word.startsWith('-'));
        // No name ever begins a word, so none can be an option.
        for (const option of options)
          expect(option).toMatch(
            /^(--(context|namespace|show-labels|output|image|container)(=|$)|--$|-it$|-[sSkowWT]|--(globoff|noproxy|max-time|proxy)$)/,
          );
      }
    }),
    { numRuns: 30 },
  );
});
