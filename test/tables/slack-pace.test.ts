import { setImmediate as settle } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { SlackApi } from '../../src/slack/api.ts';
import { PACE_MS, paced, paceTurns } from '../../src/slack/pace.ts';

/** A timer of the test's own: time goes on only when everybody waits, and then to the next who is due. */
function handTimer() {
  let nowMs = 0;
  const due: { readonly atMs: number; readonly go: () => void }[] = [];
  return {
    now: () => nowMs,
    wait: (milliseconds: number) =>
      new Promise<void>(go => {
        due.push({ atMs: nowMs + milliseconds, go });
        due.sort((a, b) => a.atMs - b.atMs);
      }),
    /** Runs until nobody waits any more. */
    run: async () => {
      for (await settle(); due.length > 0; await settle()) {
        const next = due.shift();
        nowMs = next?.atMs ?? nowMs;
        next?.go();
      }
    },
  };
}

/** Names of the turns in the order in which they began, with their seconds. */
async function turnsOf(asked: readonly string[], tookMs = 0) {
  const timer = handTimer();
  const turns = paceTurns(PACE_MS, timer);
  const began: (readonly [number, string])[] = [];
  const taken = asked.map(name =>
    turns.take(name[0] ?? '', async () => {
      began.push([timer.now(), name]);
      if (tookMs > 0) await timer.wait(tookMs);
    }),
  );
  await timer.run();
  await Promise.all(taken);
  return { began, size: turns.size() };
}

describe('messages of one channel', () => {
  test('go a second apart, in the order in which they were asked for', async () => {
    expect((await turnsOf(['a1', 'a2', 'a3'])).began).toEqual([
      [0, 'a1'],
      [1000, 'a2'],
      [2000, 'a3'],
    ]);
  });

  test('do not wait for another channel', async () => {
    expect((await turnsOf(['a1', 'a2', 'b1', 'b2'])).began).toEqual([
      [0, 'a1'],
      [0, 'b1'],
      [1000, 'a2'],
      [1000, 'b2'],
    ]);
  });

  test('that take longer than a second go one after another, without a further pause', async () => {
    expect((await turnsOf(['a1', 'a2'], 1500)).began).toEqual([
      [0, 'a1'],
      [1500, 'a2'],
    ]);
  });

  test('that fail let the next one go, and the failure is told', async () => {
    const timer = handTimer();
    const turns = paceTurns(PACE_MS, timer);
    const failed = turns.take('a', async () => Promise.reject(new Error('down')));
    const next = turns.take('a', async () => timer.now());
    const both = Promise.allSettled([failed, next]);
    await timer.run();
    expect(await both).toEqual([
      { status: 'rejected', reason: new Error('down') },
      { status: 'fulfilled', value: 1000 },
    ]);
  });

  test('leave nothing behind', async () => {
    const names = Array.from({ length: 500 }, (_, index) => String.fromCodePoint(0x4e00 + index));
    expect((await turnsOf(names)).size).toBe(0);
  });
});

test('messages and files take turns; edits and what one person sees do not', async () => {
  const timer = handTimer();
  const calls: string[] = [];
  const noted = (name: string) => async () => {
    calls.push(`${timer.now() / 1000} ${name}`);
    return { kind: 'ok', value: null } as never;
  };
  const names = [
    'post',
    'update',
    'ephemeral',
    'respond',
    'findMarked',
    'upload',
    'openView',
    'publishHome',
    'groupMembers',
    'permalink',
  ];
  const slack = paced(
    Object.fromEntries(names.map(name => [name, noted(name)])) as unknown as SlackApi,
    paceTurns(PACE_MS, timer),
  );
  const message = { text: 'x', blocks: [] };
  const where = { channel: 'C1', threadTs: null };
  const file = { filename: 'a', title: 'a', altText: null, bytes: new Uint8Array() };
  const all = Promise.all([
    slack.post(where, message, null),
    slack.upload(where, file, ''),
    slack.post(where, message, null),
    slack.update({ channel: 'C1', ts: '1' }, message, null),
    slack.ephemeral({ channel: 'C1', user: 'U', threadTs: null }, message),
  ]);
  await timer.run();
  await all;
  expect(calls.toSorted()).toEqual(['0 ephemeral', '0 post', '0 update', '1 upload', '2 post']);
});
