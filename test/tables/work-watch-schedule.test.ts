/** When watched flows are looked at: spread, the same in every process, each moment once. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Envelope } from '../../src/queue/job.ts';
import { startWatchTimer } from '../../src/serve/watch-timer.ts';
import { dueLooks } from '../../src/work/watch-schedule.ts';
import { sendUpcomingLooks } from '../../src/work/watch-upcoming.ts';

const START_MS = Date.parse('2026-11-21T11:00:00Z');
const MINUTE_MS = 60_000;
const flows = (count: number, everyMinutes: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `flow-${index}`, everyMinutes }));

describe('the moments of a flow', () => {
  test('come every five minutes, and are the same whoever asks', () => {
    const looks = dueLooks(flows(1, 5), START_MS, START_MS + 60 * MINUTE_MS);
    expect(looks.length).toBe(12);
    for (const [index, { atMs }] of looks.entries()) {
      if (index > 0) expect(atMs - (looks[index - 1]?.atMs ?? 0)).toBe(5 * MINUTE_MS);
    }
    expect(dueLooks(flows(1, 5), START_MS + 20 * MINUTE_MS, START_MS + 40 * MINUTE_MS)).toEqual(looks.slice(4, 8));
  });

  test('of a hundred flows are spread over the five minutes', () => {
    const looks = dueLooks(flows(100, 5), START_MS, START_MS + 5 * MINUTE_MS);
    expect(looks.length).toBe(100);
    const perMinute = Map.groupBy(looks, ({ atMs }) => Math.floor((atMs - START_MS) / MINUTE_MS));
    expect(perMinute.size).toBe(5);
    for (const some of perMinute.values()) expect(some.length).toBeLessThan(40);
    expect(Math.max(...[...Map.groupBy(looks, ({ atMs }) => atMs).values()].map(some => some.length))).toBeLessThan(6);
  });

  test('are in exactly one of two spans that touch', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1440 }),
        fc.integer({ min: 0, max: 86_400_000 }),
        fc.array(fc.integer({ min: 0, max: 7_200_000 }), { minLength: 1, maxLength: 4 }),
        (everyMinutes, from, spans) => {
          const name = [{ name: `f${everyMinutes}`, everyMinutes }];
          let atMs = START_MS + from;
          const parts = spans.flatMap(span => {
            const looks = dueLooks(name, atMs, atMs + span);
            atMs += span;
            return looks;
          });
          expect(parts).toEqual(dueLooks(name, START_MS + from, atMs));
        },
      ),
    );
  });
});

describe('the one process', () => {
  function timer(every = flows(3, 1)) {
    let nowMs = START_MS;
    let tick = (): void => undefined;
    let isStopped = false;
    const sent: Envelope[] = [];
    const logged: unknown[] = [];
    const queue = { send: async (envelope: Envelope) => void sent.push(envelope) };
    const stop = startWatchTimer({
      watch: every,
      queue,
      now: () => nowMs,
      every: (_, run) => {
        tick = run;
        return () => {
          isStopped = true;
        };
      },
      log: event => void logged.push(event),
    });
    const pass = (milliseconds: number): void => {
      nowMs += milliseconds;
      tick();
    };
    return { sent, logged, pass, stop, queue, isStopped: () => isStopped };
  }

  test('sends each look once it is due, and never before', () => {
    const { sent, pass } = timer();
    sent.length = 0;
    for (let count = 0; count < 60; count += 1) pass(10_000);
    const expected = dueLooks(flows(3, 1), START_MS + 1, START_MS + 600_001);
    const ids = sent.map(({ id }) => id);
    expect(new Set(ids)).toEqual(
      new Set(expected.map(({ name, atMs }) => `watch:${name}:${new Date(atMs).toISOString()}`)),
    );
    expect(ids.length).toBe(expected.length);
  });

  test('after a night of sleep looks once and not a thousand times', () => {
    const { sent, pass } = timer();
    sent.length = 0;
    pass(8 * 3_600_000);
    expect(sent.length).toBe(3);
  });

  test('started again sends the same jobs for the last minute, which are done once', () => {
    const first = timer().sent.map(({ id }) => id);
    expect(first.length).toBe(3);
    expect(timer().sent.map(({ id }) => id)).toEqual(first);
  });

  test('a queue that takes nothing is logged, and the next look is sent', async () => {
    const { logged, pass, queue, sent } = timer();
    const send = queue.send;
    queue.send = () => Promise.reject(new Error('full'));
    pass(60_000);
    await new Promise(resolve => setImmediate(resolve));
    expect(logged).toMatchObject([{ event: 'watch-not-sent' }, {}, {}]);
    queue.send = send;
    sent.length = 0;
    pass(60_000);
    expect(sent.length).toBe(3);
  });

  test('stops', () => {
    const { stop, isStopped } = timer();
    stop();
    expect(isStopped()).toBe(true);
  });
});

describe('where a schedule comes every 15 minutes', () => {
  test('no look is left out, also when it is a minute late; what is sent twice is the same job', async () => {
    const sent = new Map<string, number>();
    let nowMs = START_MS;
    const queue = {
      send: async ({ id, at }: Envelope, { delaySeconds = 0 } = {}) => {
        expect(delaySeconds).toBeLessThanOrEqual(900);
        const dueMs = nowMs + delaySeconds * 1000;
        expect(dueMs - Math.max(nowMs, Date.parse(at))).toBeLessThanOrEqual(1000);
        expect(dueMs).toBeGreaterThanOrEqual(Date.parse(at));
        sent.set(id, (sent.get(id) ?? 0) + 1);
      },
    };
    for (let count = 0; count < 8; count += 1) {
      await sendUpcomingLooks(queue, flows(20, 3), nowMs);
      nowMs += 900_000 + (count % 2) * 59_000;
    }
    const all = dueLooks(flows(20, 3), START_MS, nowMs - 59_000).map(
      ({ name, atMs }) => `watch:${name}:${new Date(atMs).toISOString()}`,
    );
    expect(all.filter(id => !sent.has(id))).toEqual([]);
  });

  test('a queue that does not take one fails the chore', async () => {
    const queue = { send: () => Promise.reject(new Error('no')) };
    await expect(sendUpcomingLooks(queue, flows(1, 3), START_MS)).rejects.toThrow('no');
  });
});
