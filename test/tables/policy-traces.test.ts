/** Golden traces: all that is said of the documented examples, not their decisions alone. `npm run record-traces` writes them. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CASE_FILES, goldenOf, tracesOf } from '../cases/traces.ts';

describe('the trace of the documented examples', () => {
  test.each(CASE_FILES)('%s is as recorded', file => {
    expect(tracesOf(file)).toBe(readFileSync(goldenOf(file), 'utf8'));
  });
});
