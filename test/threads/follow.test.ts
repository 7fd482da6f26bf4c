/** Whole follow-ups in a local Slack and a local PagerDuty; goldens as people read them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FOLLOW_UPS, FOLLOWS, tellFollowUp } from './follow.ts';

test.each(FOLLOW_UPS)('the follow-up $name is the golden, byte for byte', async story => {
  expect(await tellFollowUp(story)).toBe(readFileSync(join(FOLLOWS, `${story.name}.txt`), 'utf8'));
});

test('there is a golden for each, and none that nobody tells', () => {
  expect(new Set(readdirSync(FOLLOWS))).toEqual(new Set(FOLLOW_UPS.map(({ name }) => `${name}.txt`)));
});
