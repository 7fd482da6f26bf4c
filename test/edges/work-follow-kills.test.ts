/** A worker that is killed while a flow is followed, at steps of each kind; test/faults tries every one. */
import { describe, expect, test } from 'vitest';
import { expectSameWhenKilled, FOLLOW_STORIES, played } from '../fakes/follow-stories.ts';

describe.each(FOLLOW_STORIES)('$name', story => {
  test('undisturbed', async () => {
    const { end, bench } = await played(story, null);
    expect(end).toMatchObject({ isSettled: true, active: [], left: 0 });
    expect({ ...end, texts: bench.slack.messages.slice(-3).map(({ message }) => message.text) }).toMatchSnapshot();
  });

  test('killed after steps that others see, and after some that are written down: the same in the end', async () => {
    const count = await expectSameWhenKilled(
      story,
      'after',
      (call, index) => !call.startsWith('store.') || index % 12 === 0,
    );
    expect(count).toBeGreaterThan(10);
  });
});
