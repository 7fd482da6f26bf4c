/** Golden diagnoses: from what was captured in a real cluster to everything that is said of it. `npm run record-threads` writes them. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { BUNDLE_FILES, demoAnswerOf, demoGoldenOf } from './demo-answers.ts';

describe('a captured bundle', () => {
  test.each(BUNDLE_FILES)('%s gives the recorded diagnosis', file => {
    expect(demoAnswerOf(file)).toBe(readFileSync(demoGoldenOf(file), 'utf8'));
  });
});
