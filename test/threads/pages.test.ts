/** Alerts of each source over HTTP, through queue and worker, to a thread and a note; goldens as people read them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PAGE_STORIES, PAGES, tellPage } from './pages.ts';

test.each(PAGE_STORIES)('an alert of $name is the golden, byte for byte, also when it is sent twice', async story => {
  const { statuses, transcript } = await tellPage(story);
  expect(statuses).toEqual([202, 202]);
  expect(transcript).toBe(readFileSync(join(PAGES, `${story.name}.txt`), 'utf8'));
});

test('there is a golden for each, and none that nobody tells', () => {
  expect(new Set(readdirSync(PAGES))).toEqual(new Set(PAGE_STORIES.map(({ name }) => `${name}.txt`)));
});
