/** `egress watch` with a clock of the test: when it looks, what it prints, and how it ends. */
import { describe, expect, test } from 'vitest';
import { lookOnce, type WatchedFlow, watchFlows } from '../../src/commands/watch-flows.ts';
import type { ClusterQuestion } from '../../src/work/ports.ts';
import { type FlowIs, watchedClusters } from '../fakes/watch.ts';

const START_MS = Date.parse('2026-11-21T11:00:00Z');
const EVERY_MS = 300_000;

const flowsOf = (count: number): readonly WatchedFlow[] =>
  Array.from({ length: count }, (_, index) => ({
    label: `pay/web -> h${index}`,
    question: { cluster: 'prod', namespace: 'pay', pod: 'web', host: `h${index}`, probe: true },
  }));

/** Time moves to the next moment that somebody waits for, as soon as nothing else is to be done. */
function bench(
  flow: (nowMs: number) => FlowIs,
  endMs: number,
  takesMs: (question: ClusterQuestion) => number = () => 0,
) {
  let nowMs = START_MS;
  const stop = new AbortController();
  const waiting: { readonly atMs: number; readonly run: () => void }[] = [];
  const looks: { readonly host: string; readonly atMs: number; readonly from: string }[] = [];
  let atWork = 0;
  let mostAtWork = 0;
  const wait = (milliseconds: number): Promise<void> =>
    new Promise(resolve => waiting.push({ atMs: nowMs + milliseconds, run: resolve }));
  const { clusters } = watchedClusters(
    () => flow(nowMs),
    async question => {
      looks.push({ host: question.host, atMs: nowMs - START_MS, from: question.look?.vantages.join() ?? '' });
      atWork += 1;
      mostAtWork = Math.max(mostAtWork, atWork);
      if (takesMs(question) > 0) await wait(takesMs(question));
      atWork -= 1;
    },
  );
  const printed: string[] = [];
  const ports = { clusters, now: () => nowMs, wait, print: (line: string) => void printed.push(line) };
  const run = async (watching: Promise<unknown>): Promise<void> => {
    let hasEnded = false;
    const ended = watching.finally(() => {
      hasEnded = true;
    });
    ended.catch(() => undefined);
    while (!hasEnded) {
      for (let turn = 0; turn < 20; turn += 1) await new Promise(resolve => setImmediate(resolve));
      const next = waiting.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      waiting.splice(waiting.indexOf(next), 1);
      nowMs = Math.max(nowMs, next.atMs);
      if (nowMs - START_MS >= endMs) stop.abort();
      next.run();
    }
    await ended;
  };
  return { ports, stop, printed, looks, run, mostAtWork: () => mostAtWork };
}

describe('what is printed', () => {
  test('the first look, and then only what changed', async () => {
    const flow = (nowMs: number): FlowIs => {
      const minute = (nowMs - START_MS) / 60_000;
      return minute >= 20 && minute < 40 ? 'denied' : 'good';
    };
    const { ports, stop, printed, run } = bench(flow, 7_200_000);
    await run(watchFlows(flowsOf(1), EVERY_MS, ports, stop.signal));
    expect(printed.map(line => line.slice(11, 90))).toEqual([
      '11:00:00Z ✓ pay/web -> h0: reachable',
      expect.stringMatching(/^11:20:00Z ✗ pay\/web -> h0: denied-by-policy: NetworkPolicy default\//),
      '11:41:00Z ✓ pay/web -> h0: reachable',
    ]);
  });

  test('one bad look that names nobody is said to be one, and looked at again after a minute', async () => {
    const flow = (nowMs: number): FlowIs => (nowMs - START_MS === 300_000 ? 'dropped' : 'good');
    const { ports, stop, printed, looks, run } = bench(flow, 900_000);
    await run(watchFlows(flowsOf(1), EVERY_MS, ports, stop.signal));
    expect(printed.slice(1)).toEqual([
      '2026-11-21T11:05:00Z ✗ pay/web -> h0: dropped-unexplained: the packets are dropped (seen once; looks again soon)',
      '2026-11-21T11:06:00Z ✓ pay/web -> h0: reachable',
    ]);
    expect(looks.map(({ atMs, from }) => [atMs / 60_000, from])).toEqual([
      [0, 'pod'],
      [5, 'pod'],
      // What is bad is looked at from everywhere before it is told.
      [5, 'pod,control,node'],
      [6, 'pod'],
      [11, 'pod'],
    ]);
  });

  test('what cannot be asked, at once, and again when it stays so', async () => {
    const { ports, stop, printed, run } = bench(() => 'blind', 1_800_000);
    await run(watchFlows(flowsOf(1), EVERY_MS, ports, stop.signal));
    expect(printed.map(line => line.slice(11, 20))).toEqual(['11:00:00Z', '11:10:00Z']);
    expect(printed[0]).toContain('? pay/web -> h0: not known: There is no pod web. It is gone.');
  });

  test('a label is one line of visible text', async () => {
    const { ports, run, printed } = bench(() => 'good', 0);
    const [flow] = flowsOf(1) as [WatchedFlow];
    await run(lookOnce([{ ...flow, label: 'a\u001b[2Jb\nc' }], ports));
    expect(printed).toEqual(['2026-11-21T11:00:00Z ✓ a\ufffd[2Jb c: reachable']);
  });
});

describe('when it looks', () => {
  test('a hundred flows do not begin at once, and at most four are looked at at the same time', async () => {
    const { ports, stop, looks, run, mostAtWork } = bench(
      () => 'good',
      EVERY_MS,
      () => 10_000,
    );
    await run(watchFlows(flowsOf(100), EVERY_MS, ports, stop.signal));
    expect(new Set(looks.map(({ host }) => host)).size).toBe(100);
    expect(looks.filter(({ atMs }) => atMs === 0).length).toBe(1);
    expect(mostAtWork()).toBe(4);
  });

  test('three flows are looked at within seconds', async () => {
    const { ports, stop, looks, run } = bench(() => 'good', EVERY_MS - 1);
    await run(watchFlows(flowsOf(3), EVERY_MS, ports, stop.signal));
    expect(looks.map(({ atMs }) => atMs)).toEqual([0, 2000, 4000]);
  });

  test('a look that takes longer than the interval is never overtaken, and none is caught up on', async () => {
    const { ports, stop, looks, run, mostAtWork } = bench(
      () => 'good',
      3_600_000,
      () => 700_000,
    );
    await run(watchFlows(flowsOf(1), EVERY_MS, ports, stop.signal));
    expect(mostAtWork()).toBe(1);
    expect(looks.map(({ atMs }) => atMs / 60_000)).toEqual([0, 15, 30, 45]);
  });

  test('it leaves nothing in the spec of a pod', async () => {
    const { ports, run } = bench(() => 'denied', 0);
    const { clusters, asked } = watchedClusters(() => 'denied');
    await run(lookOnce(flowsOf(1), { ...ports, clusters }));
    expect(asked.map(({ look }) => look?.podMethods)).toEqual([
      ['exec', 'twin-pod'],
      ['exec', 'twin-pod'],
    ]);
  });
});

describe('how it ends', () => {
  test('when it is stopped: with the looks under way, and no other is begun', async () => {
    const { ports, stop, looks, run } = bench(
      () => 'good',
      3000,
      () => 10_000,
    );
    await run(watchFlows(flowsOf(100), EVERY_MS, ports, stop.signal));
    expect(looks.map(({ atMs }) => atMs)).toEqual([0, 2000]);
  });

  test('with a fault of ours: it is no look that saw nothing', async () => {
    const { ports, stop, run } = bench(() => 'good', 3000);
    const clusters = { diagnose: () => Promise.reject(new TypeError('x is not a function')) };
    // The others end, too: a process with one broken part does not go on as if nothing were.
    await expect(run(watchFlows(flowsOf(3), EVERY_MS, { ...ports, clusters }, stop.signal))).rejects.toThrow(TypeError);
  });

  test.each([
    ['all get through', ['good', 'good'], 0],
    ['one is denied', ['good', 'denied'], 1],
    ['one is denied and one cannot be asked', ['blind', 'denied'], 1],
    ['one cannot be asked', ['good', 'blind'], 2],
  ] as const)('once, %s: its exit code', async (_, states, code) => {
    const { ports } = bench(() => 'good', 0);
    let host = '';
    const { clusters } = watchedClusters(
      () => states[host === 'h0' ? 0 : 1],
      async question => {
        host = question.host;
      },
    );
    expect(await lookOnce(flowsOf(2), { ...ports, clusters })).toBe(code);
  });
});
