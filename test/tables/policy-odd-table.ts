/** Tables of policies that are not as they should be: what is said of each fault, word by word, and what becomes of the flow. */
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/model.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import type { Ask } from './policy-builders.ts';

export type OddRow = readonly [
  what: string,
  objects: readonly object[],
  problems: readonly string[],
  decision: string,
  ask?: Ask,
];

/** What a row is tried in: all objects, the engine that reads them, and what it decides. */
export type Tried = { readonly all: readonly object[]; readonly engine: Engine; readonly decision: string };

export function oddTable(
  title: string,
  rows: readonly OddRow[],
  tryRow: (objects: readonly object[], asked: Ask | undefined) => Tried,
): void {
  describe(title, () => {
    for (const [what, objects, problems, decision, asked] of rows)
      test(what, () => {
        const tried = tryRow(objects, asked);
        expect(readRuleBook(tried.all, { engine: tried.engine }).problems.map(({ why }) => why)).toEqual(problems);
        expect(tried.decision).toBe(decision);
      });
  });
}
