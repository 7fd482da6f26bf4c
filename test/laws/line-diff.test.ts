/** Laws of the change that a report shows line by line. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { yamlDiff } from '../../src/diagnose/line-diff.ts';

const word = fc.constantFrom('a', 'b', 'c', 'd');
const plain = fc.record({ spec: fc.dictionary(word, fc.array(word, { maxLength: 6 }), { maxKeys: 4 }) });
const either = fc.option(plain);
const marked = (diff: string, marks: RegExp) =>
  diff
    .split('\n')
    .filter(line => marks.test(line))
    .map(line => line.slice(1));
const linesOf = (object: object | null) => (object === null ? [] : stringify(object).trimEnd().split('\n'));

/** Whether the lines stand in the text in this order, whatever stands between. */
function isWithin(lines: readonly string[], text: readonly string[]): boolean {
  let at = 0;
  for (const line of lines) {
    const found = text.indexOf(line, at);
    if (found < 0) return false;
    at = found + 1;
  }
  return true;
}

/** The shortest way from one text to the other, counted otherwise: by what both have in common. */
function commonLines(a: readonly string[], b: readonly string[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const line of a) {
    const next = [0];
    b.forEach((other, index) => {
      next.push(line === other ? (row[index] ?? 0) + 1 : Math.max(row[index + 1] ?? 0, next[index] ?? 0));
    });
    row = next;
  }
  return row.at(-1) ?? 0;
}

describe('a change line by line', () => {
  test('objects that are the same have none', () => {
    fc.assert(fc.property(either, object => yamlDiff(object, object) === ''));
  });

  test('minus lines are of the old object, plus lines of the new one, in their order', () => {
    fc.assert(
      fc.property(either, either, (before, after) => {
        const diff = yamlDiff(before, after);
        expect(isWithin(marked(diff, /^[- ]/), linesOf(before))).toBe(true);
        expect(isWithin(marked(diff, /^[+ ]/), linesOf(after))).toBe(true);
      }),
    );
  });

  test('no line is told that need not be', () => {
    fc.assert(
      fc.property(either, either, (before, after) => {
        const [old, now] = [linesOf(before), linesOf(after)];
        const common = commonLines(old, now);
        const diff = yamlDiff(before, after);
        expect(marked(diff, /^-/)).toHaveLength(old.length - common);
        expect(marked(diff, /^\+/)).toHaveLength(now.length - common);
      }),
    );
  });

  test('what was not there is all plus, what is gone all minus', () => {
    fc.assert(
      fc.property(plain, object => {
        expect(parse(marked(yamlDiff(null, object), /^\+/).join('\n'))).toEqual(object);
        expect(parse(marked(yamlDiff(object, null), /^-/).join('\n'))).toEqual(object);
      }),
    );
  });

  test('three lines around a change stay, and dots stand for those between two changes', () => {
    const list = (...items: readonly string[]) => ({ list: items });
    const before = list('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k');
    const after = list('a', 'X', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'Y');
    expect(yamlDiff(before, after).split('\n')).toEqual([
      ' list:',
      '   - a',
      '-  - b',
      '+  - X',
      '   - c',
      '   - d',
      '   - e',
      '...',
      '   - h',
      '   - i',
      '   - j',
      '-  - k',
      '+  - Y',
    ]);
  });
});
