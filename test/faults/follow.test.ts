/** A worker that is killed between any two steps while a flow is followed. It needs no cluster, but minutes. */
import { describe, expect, test } from 'vitest';
import { expectSameWhenKilled, FOLLOW_STORIES } from '../fakes/follow-stories.ts';

describe.each(FOLLOW_STORIES)('$name', story => {
  test.each(['before', 'after'] as const)('killed %s each step: the same in the end', async when => {
    expect(await expectSameWhenKilled(story, when, () => true)).toBeGreaterThan(40);
  });
});
