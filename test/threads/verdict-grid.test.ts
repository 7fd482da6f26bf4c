/** Golden verdicts of every meeting of what was seen and what the rules say. `npm run record-threads` writes them. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { GRIDS, gridGoldenOf } from './verdict-grid.ts';

describe('every verdict', () => {
  test.each(Object.entries(GRIDS))('by %s is as recorded', (name, text) => {
    expect(text()).toBe(readFileSync(gridGoldenOf(name), 'utf8'));
  });
});
