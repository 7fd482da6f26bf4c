import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { README, readmeWithAnswer } from './readme.ts';

test('the answer in README is what the demo answers; `npm run record-threads` writes it anew', () => {
  expect(readFileSync(README, 'utf8')).toBe(readmeWithAnswer());
});
