/** One message that is edited as things happen: never two edits at once, never more often than its interval. */
import { expect, test } from 'vitest';
import { keepLive } from '../../src/work/live-message.ts';

/** A clock that moves when told; `edits` has the time of each edit. */
function scene(edit: () => Promise<void> = async () => undefined) {
  let nowMs = 0;
  let waiting: { readonly untilMs: number; readonly go: () => void }[] = [];
  const edits: number[] = [];
  const trouble: unknown[] = [];
  const live = keepLive({
    everyMs: 3000,
    now: () => nowMs,
    wait: milliseconds =>
      new Promise(resolve => {
        waiting.push({ untilMs: nowMs + milliseconds, go: resolve });
      }),
    edit: async () => {
      edits.push(nowMs);
      await edit();
    },
    onTrouble: error => void trouble.push(error),
  });
  const pass = async (milliseconds: number): Promise<void> => {
    nowMs += milliseconds;
    const due = waiting.filter(({ untilMs }) => untilMs <= nowMs);
    waiting = waiting.filter(({ untilMs }) => untilMs > nowMs);
    for (const { go } of due) go();
    await new Promise(resolve => setImmediate(resolve));
  };
  return { live, edits, trouble, pass };
}

test('the first edit is no sooner than the interval after the posting', async () => {
  const { live, edits, pass } = scene();
  live.request();
  await pass(2999);
  expect(edits).toEqual([]);
  await pass(1);
  expect(edits).toEqual([3000]);
});

test('many changes within an interval are one edit', async () => {
  const { live, edits, pass } = scene();
  for (let change = 0; change < 10; change += 1) live.request();
  await pass(3000);
  await pass(3000);
  expect(edits).toEqual([3000]);
});

test('a change after a quiet time is shown at once', async () => {
  const { live, edits, pass } = scene();
  await pass(10_000);
  live.request();
  await pass(0);
  expect(edits).toEqual([10_000]);
});

test('a change during an edit is a later edit, an interval after the end of that one', async () => {
  const slow = Promise.withResolvers<void>();
  const { live, edits, pass } = scene(() => slow.promise);
  live.request();
  await pass(3000);
  live.request();
  await pass(1000);
  slow.resolve();
  await pass(0);
  await pass(2999);
  expect(edits).toEqual([3000]);
  await pass(1);
  expect(edits).toEqual([3000, 7000]);
});

test('after stop there is no edit, also none that was waited for', async () => {
  const { live, edits, pass } = scene();
  live.request();
  await live.stop();
  live.request();
  await pass(10_000);
  expect(edits).toEqual([]);
});

test('stop waits for the edit under way', async () => {
  const slow = Promise.withResolvers<void>();
  const { live, pass } = scene(() => slow.promise);
  live.request();
  await pass(3000);
  let hasStopped = false;
  const stopping = live.stop().then(() => {
    hasStopped = true;
  });
  await pass(0);
  expect(hasStopped).toBe(false);
  slow.resolve();
  await stopping;
});

test('an edit that fails costs itself alone', async () => {
  const { live, edits, trouble, pass } = scene(() => Promise.reject(new Error('down')));
  live.request();
  await pass(3000);
  live.request();
  await pass(3000);
  expect([edits, trouble.length]).toEqual([[3000, 6000], 2]);
});
