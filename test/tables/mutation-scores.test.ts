/** The recorded share of mutants that the tests notice, of the evaluator and of what concludes; `npm run mutate` records it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Score } from '../mutation/score.ts';

const SUMMARY = join(import.meta.dirname, '../mutation/summary.json');
const scores = Object.entries(JSON.parse(readFileSync(SUMMARY, 'utf8')) as Readonly<Record<string, Score>>);

/** Per cent, of a folder's mutants together. */
function scoreOfFolder(folder: string): number {
  const inside = scores.filter(([file]) => file.startsWith(folder)).map(([, score]) => score);
  const sum = (of: 'tested' | 'survived') => inside.reduce((all, score) => all + score[of], 0);
  return (100 * (sum('tested') - sum('survived'))) / sum('tested');
}

test.each(['src/policy/', 'src/diagnose/'])('of the mutants of %s at least 85 %% are noticed', folder => {
  expect(scoreOfFolder(folder)).toBeGreaterThanOrEqual(85);
});
