/**
 * The examples of the engines' own reference pages, rewritten: every file below test/cases/documented, by the code of
 * `egress test`. The page is the file's `source`.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCase } from '../../src/policy/case-file.ts';
import { difference } from '../../src/policy/expectation.ts';
import { answerCase } from '../../src/policy/run-case.ts';

const root = join(import.meta.dirname, '../cases/documented');
const files = globSync('*.yaml', { cwd: root }).sort();

describe('documented examples', () => {
  test.each(files)('%s', file => {
    const reading = readCase(readFileSync(join(root, file), 'utf8'));
    if (reading.kind !== 'case') throw new Error(reading.why);
    const { question, expectations, bad } = reading.case;
    const { answers, problems } = answerCase(question);
    const mistakes = expectations.flatMap((expectation, flow) => {
      const answer = answers[flow];
      if (answer === undefined) return [`flow ${flow} has no answer`];
      const differs = difference(expectation, { ...answer, problems }, bad);
      return differs === null ? [] : [`flow ${flow}: ${differs} (${answer.why})`];
    });
    expect(mistakes).toEqual([]);
    expect(expectations.length).toBeGreaterThan(0);
  });
});
