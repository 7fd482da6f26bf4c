/** Two who ask the same within a minute: one look at the cluster, an answer for each. */
import { expect, test } from 'vitest';
import { askedIn, BUNDLES, bundleClusters } from '../fakes/bundle-clusters.ts';
import { inChannelOf } from '../fakes/slack-api.ts';
import { askJobOf, type TestBench, testBench } from '../fakes/work.ts';

const [first] = BUNDLES;
if (first === undefined) throw new Error('no bundles');
const ASKED = askedIn(first);

/** Looks are counted; each waits for `opened` when there is one. */
function counting(opened: Promise<void> = Promise.resolve()) {
  const looks: string[] = [];
  const clusters = bundleClusters(async (step, { pod }) => {
    if (step !== 'target') return;
    looks.push(pod);
    await opened;
  });
  return { looks, clusters };
}

const rootTexts = (bench: TestBench) =>
  inChannelOf(bench.slack, 'C0ALERTS')
    .filter(one => one.mark?.part === 'root')
    .map(one => one.message.text);

test('within the minute the second one gets the first one’s look, says so, and has a whole thread of his own', async () => {
  const { looks, clusters } = counting();
  const bench = testBench({ clusters });
  await bench.deliver('cmd:1', askJobOf(ASKED));
  bench.pass(59_000);
  await bench.deliver('cmd:2', askJobOf(ASKED));
  expect(looks.length).toBe(1);
  expect(rootTexts(bench)[1]).toMatch(
    /Somebody asked the same.*denied-by-policy|denied-by-policy.*Somebody asked the same/s,
  );
  expect(bench.slack.messages.length).toBe(14);
});

test('after the minute it is looked again', async () => {
  const { looks, clusters } = counting();
  const bench = testBench({ clusters });
  await bench.deliver('cmd:1', askJobOf(ASKED));
  bench.pass(60_000);
  await bench.deliver('cmd:2', askJobOf(ASKED));
  expect(looks.length).toBe(2);
});

test('while the first one is still looking, the second one comes again a moment later', async () => {
  const opened = Promise.withResolvers<void>();
  const { looks, clusters } = counting(opened.promise);
  const bench = testBench({ clusters });
  const one = bench.deliver('cmd:1', askJobOf(ASKED));
  await expect.poll(() => looks.length).toBe(1);
  expect(await bench.deliver('cmd:2', askJobOf(ASKED))).toEqual({ kind: 'later', delaySeconds: 1 });
  opened.resolve();
  await one;
  expect(await bench.deliver('cmd:2', askJobOf(ASKED))).toEqual({ kind: 'done' });
  expect(looks.length).toBe(1);
  expect(rootTexts(bench).every(text => text.includes('denied-by-policy'))).toBe(true);
});

test('when the first one’s worker is dead, the second one looks for himself', async () => {
  const { looks, clusters } = counting(new Promise(() => undefined));
  const bench = testBench({ clusters });
  void bench.deliver('cmd:1', askJobOf(ASKED));
  await expect.poll(() => looks.length).toBe(1);
  bench.pass(120_000);
  const alive = counting();
  Object.assign(bench.work.ports, { clusters: alive.clusters });
  expect(await bench.deliver('cmd:2', askJobOf(ASKED))).toEqual({ kind: 'done' });
  expect(alive.looks.length).toBe(1);
});

test('when the first one’s look fails, the second one looks for himself', async () => {
  const clusters = bundleClusters(() => Promise.reject(new Error('broken')));
  const bench = testBench({ clusters });
  await expect(bench.deliver('cmd:1', askJobOf(ASKED))).rejects.toThrow('broken');
  const alive = counting();
  Object.assign(bench.work.ports, { clusters: alive.clusters });
  expect(await bench.deliver('cmd:2', askJobOf(ASKED))).toEqual({ kind: 'done' });
});

test.each([
  ['another pod', { ...ASKED, pod: 'reports', namespace: 'payments', host: 'refused.example' }],
  ['another host', { ...ASKED, host: 'api.stripe.com' }],
])('%s is another question', async (_, other) => {
  const { looks, clusters } = counting();
  const bench = testBench({ clusters });
  await bench.deliver('cmd:1', askJobOf(ASKED));
  await bench.deliver('cmd:2', askJobOf(other)).catch(() => undefined);
  expect(looks.length).toBe(2);
});
