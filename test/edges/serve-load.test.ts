import { expect, test } from 'vitest';
import { runLoad } from '../load/load.ts';

const LOAD = { seconds: 5, perSecond: 4, channels: 10, workers: 16, paceMs: 100, isTimed: false };

/** Verdicts with something to mend: their threads have a fix. */
const MENDED = /^✗ (?:denied-by-policy|dns-denied-by-policy|partly-denied):/;

test('twenty commands in ten channels: each is acknowledged, and each has one thread, complete and in order', async () => {
  const { asked, notAcked, threads, rateLimited, left } = await runLoad(LOAD, 150_000);
  expect({ asked, notAcked, rateLimited, left }).toEqual({ asked: 20, notAcked: 0, rateLimited: 0, left: 0 });
  const perChannel = Map.groupBy(threads, ({ channel }) => channel);
  expect([...perChannel.values()].map(inChannel => inChannel.length)).toEqual(Array(10).fill(2));
  for (const { root, parts } of threads) {
    const fix = MENDED.test(root) ? ['fix'] : [];
    expect({ root, parts }).toEqual({
      root,
      parts: ['picture', 'cause', 'comparison', ...fix, 'by-hand', 'not-looked-at'],
    });
  }
}, 240_000);
