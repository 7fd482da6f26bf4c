/** The timer of the one process that sends lost looks again: at its start, every minute, and never after its end. */
import { expect, test } from 'vitest';
import { startFollowTimer } from '../../src/serve/follow-timer.ts';
import { ASKED, followBench } from '../fakes/follow.ts';
import { askJobOf, pressJobOf } from '../fakes/work.ts';

async function timed() {
  const bench = followBench();
  await bench.send('cmd:1', askJobOf(ASKED));
  await bench.send('press:1', pressJobOf('follow', 'cmd:1'));
  const lost = bench.waiting.splice(0).map(({ envelope }) => envelope.id);
  const sent: string[] = [];
  const every: { milliseconds: number; run: () => void }[] = [];
  const logged: object[] = [];
  const start = () =>
    startFollowTimer({
      store: bench.store,
      queue: { send: async ({ id }) => void sent.push(id) },
      now: bench.now,
      every: (milliseconds, run) => {
        const one = { milliseconds, run };
        every.push(one);
        return () => void every.splice(every.indexOf(one), 1);
      },
      log: event => void logged.push(event),
    });
  // Everything that a sweep awaits here is done in a few turns.
  const turns = () => new Promise(resolve => setImmediate(resolve));
  return { bench, lost, sent, every, logged, start, turns };
}

test('what was lost while nothing ran is sent at the start', async () => {
  const { bench, lost, sent, start, turns, logged } = await timed();
  bench.pass(10 * 60_000);
  start();
  await turns();
  expect(sent).toEqual(lost);
  expect(logged).toEqual([{ event: 'looks-sent-again', ids: lost }]);
});

test('every minute it looks again, and its end ends that', async () => {
  const { bench, lost, sent, every, start, turns } = await timed();
  const end = start();
  await turns();
  expect(sent).toEqual([]);
  bench.pass(10 * 60_000);
  expect(every.map(({ milliseconds }) => milliseconds)).toEqual([60_000]);
  every[0]?.run();
  await turns();
  expect(sent).toEqual(lost);
  end();
  expect(every).toEqual([]);
});

test('a store that fails is logged, and the next sweep is made all the same', async () => {
  const { bench, lost, sent, every, start, turns, logged } = await timed();
  const { list } = bench.store;
  Object.assign(bench.store, { list: () => Promise.reject(new Error('disk full')) });
  bench.pass(10 * 60_000);
  start();
  await turns();
  expect(logged).toEqual([expect.objectContaining({ event: 'follow-sweep-failed', why: 'Error: disk full' })]);
  Object.assign(bench.store, { list });
  every[0]?.run();
  await turns();
  expect(sent).toEqual(lost);
});
