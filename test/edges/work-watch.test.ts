/** Watched flows through the worker: one thread per outage, told once, whatever is killed or down in between. */
import { describe, expect, test } from 'vitest';
import type { Settings } from '../../src/settings/settings.ts';
import type { WatchSettings } from '../../src/settings/watch.ts';
import { listAudit } from '../../src/store/audit.ts';
import { withAlways } from '../../src/work/always-attached.ts';
import { lookEnvelope } from '../../src/work/watch-envelopes.ts';
import { DONE, NOTHING_ATTACHED } from '../../src/work/work.ts';
import { inChannelOf, unavailable } from '../fakes/slack-api.ts';
import { type FlowIs, watchedClusters } from '../fakes/watch.ts';
import { SETTINGS, testBench } from '../fakes/work.ts';

const START_MS = Date.parse('2026-11-21T11:00:00Z');
const WATCH: WatchSettings = {
  name: 'web-google',
  cluster: 'prod',
  namespace: 'default',
  pod: 'firewall-restriction-pod',
  host: 'google.com',
  everyMinutes: 5,
  channel: 'C0ALERTS',
};

function watchBench(watch: readonly WatchSettings[] = [WATCH]) {
  let flow: FlowIs = 'good';
  const { clusters, asked } = watchedClusters(() => flow);
  const settings: Settings = { ...SETTINGS, watch };
  const bench = testBench({ clusters, settings });
  Object.assign(bench.work, { attached: withAlways(NOTHING_ATTACHED) });
  let nowMs = START_MS;
  const pass = (minutes: number): void => {
    nowMs += minutes * 60_000;
    bench.pass(minutes * 60_000);
  };
  /** The look of this moment. */
  const look = (about: object = {}) => {
    const { id, job, at } = lookEnvelope(WATCH.name, nowMs);
    return bench.deliver(id, job, { envelope: { id, job, at, group: 'watch' }, ...about });
  };
  /** `minutes` after the one before. */
  const next = async (is: FlowIs, minutes = 5): Promise<void> => {
    pass(minutes);
    flow = is;
    expect(await look()).toEqual(DONE);
  };
  const texts = () => inChannelOf(bench.slack, 'C0ALERTS').map(({ message }) => message.text);
  const audited = () => listAudit(bench.store, { sinceMs: 0, untilMs: nowMs + 3_600_000, user: 'watch', limit: 100 });
  const set = (is: FlowIs): void => {
    flow = is;
  };
  return { ...bench, asked, look, next, pass, set, texts, audited };
}

const ROOT = /denied-by-policy: `NetworkPolicy default\/deny-all-egress` drops/;
const roots = (bench: ReturnType<typeof watchBench>) =>
  bench.slack.messages.filter(({ mark }) => mark?.part === 'root');

describe('a flow that breaks', () => {
  test('and whose policy is named is asked about at once, in one thread however long it lasts', async () => {
    const bench = watchBench();
    await bench.next('good');
    expect(bench.slack.messages).toEqual([]);
    await bench.next('denied');
    for (let count = 0; count < 5; count += 1) await bench.next('denied');
    expect(roots(bench).length).toBe(1);
    expect(roots(bench)[0]?.message.text).toMatch(ROOT);
    expect(bench.texts().filter(text => text.startsWith('Asked by the watch'))).toEqual([
      'Asked by the watch `web-google`, which looks every 5 minutes. Seen broken since 2026-11-21 11:10 UTC. This thread says when it is good again.',
    ]);
  });

  test('without a policy is asked about after the second bad look in a row, which comes after a minute', async () => {
    const bench = watchBench();
    await bench.next('good');
    await bench.next('dropped');
    expect(bench.slack.messages).toEqual([]);
    expect(bench.sent).toEqual([
      {
        id: 'watch:web-google:2026-11-21T11:11:00.000Z',
        job: { kind: 'watch', name: 'web-google' },
        group: 'watch',
        at: '2026-11-21T11:11:00.000Z',
      },
    ]);
    await bench.next('dropped', 1);
    expect(roots(bench).length).toBe(1);
    expect(bench.texts()[0]).toContain('dropped-unexplained');
  });

  test('for one look alone is nobody’s business', async () => {
    const bench = watchBench();
    for (const is of ['good', 'dropped', 'good', 'dropped', 'good'] as const) await bench.next(is);
    expect(bench.slack.messages).toEqual([]);
  });

  test('what is told is what the look saw: nothing is looked at again for the thread', async () => {
    const bench = watchBench();
    await bench.next('denied');
    expect(bench.asked.map(({ look, probe }) => [look?.vantages, look?.podMethods, probe])).toEqual([
      [['pod'], ['exec', 'twin-pod'], true],
      [['pod', 'control', 'node'], ['exec', 'twin-pod'], true],
    ]);
    // While it is broken the pod alone is enough.
    await bench.next('denied');
    expect(bench.asked.length).toBe(3);
  });
});

describe('a flow that is good again', () => {
  test('is told in the same thread after two good looks in a row, and its card says so', async () => {
    const bench = watchBench();
    await bench.next('denied');
    await bench.next('denied', 20);
    await bench.next('good');
    expect(bench.texts().some(text => text.includes('Recovered'))).toBe(false);
    await bench.next('good', 1);
    const [root] = roots(bench);
    const recovered = bench.slack.messages.filter(({ mark }) => mark?.part === 'watch-recovered');
    expect(recovered.map(({ message, threadTs }) => [message.text, threadTs])).toEqual([
      [
        '✓ *Recovered:* the watch `web-google` saw it get through twice in a row, the last time 2026-11-21 11:31 UTC, 26 min after it broke. It goes on looking.',
        root?.ts,
      ],
    ]);
    expect(root?.message.text).toContain('Recovered');
    await bench.next('good');
    expect(bench.texts().filter(text => text.startsWith('✓ *Recovered')).length).toBe(1);
  });

  test('and breaks again is another outage with a thread of its own', async () => {
    const bench = watchBench();
    for (const is of ['denied', 'good', 'good', 'denied', 'good', 'good'] as const) await bench.next(is);
    expect(roots(bench).length).toBe(2);
    expect(bench.slack.messages.filter(({ mark }) => mark?.part === 'watch-recovered').length).toBe(2);
  });
});

test('a watch that sees nothing says so once, and goes on', async () => {
  const bench = watchBench();
  for (let count = 0; count < 6; count += 1) await bench.next('blind');
  expect(bench.texts().length).toBe(1);
  expect(bench.texts()[0]).toMatch(
    /The watch web-google sees nothing: .*\n.*There is no pod web[\s\S]*egress diagnose/,
  );
  await bench.next('denied');
  expect(roots(bench).length).toBe(1);
});

describe('the audit log', () => {
  test('has the question as asked by the watch, and the last look of each hour', async () => {
    const bench = watchBench();
    for (const is of ['good', 'good', 'denied', 'denied'] as const) await bench.next(is, 20);
    expect((await bench.audited()).map(({ at, action, outcome, subject }) => [at, action, outcome, subject])).toEqual([
      [
        '2026-11-21T11:00:00.000Z',
        'watch',
        { kind: 'answered', verdict: 'reachable' },
        expect.stringContaining('default/firewall-restriction-pod google.com (web-google'),
      ],
      ['2026-11-21T12:00:00.000Z', 'watch', { kind: 'answered', verdict: 'denied-by-policy' }, expect.any(String)],
      [
        '2026-11-21T12:00:00.000Z',
        'ask',
        { kind: 'answered', verdict: 'denied-by-policy' },
        'default/firewall-restriction-pod google.com',
      ],
    ]);
  });
});

describe('trouble', () => {
  test('killed at any call to Slack during an outage and its end: each is told once', async () => {
    for (let deadAt = 1; deadAt <= 13; deadAt += 1) {
      const bench = watchBench();
      let calls = 0;
      bench.slack.refuse = () => {
        calls += 1;
        if (calls === deadAt) throw new Error('killed');
        return null;
      };
      for (const is of ['denied', 'denied', 'good', 'good', 'good'] as const) {
        bench.pass(5);
        bench.set(is);
        await bench.look().catch(() => null);
      }
      expect(calls, `killed at call ${deadAt}`).toBeGreaterThanOrEqual(deadAt);
      expect(roots(bench).length, `killed at call ${deadAt}`).toBe(1);
      const parts = bench.slack.messages.flatMap(({ mark }) => mark?.part ?? []);
      expect(parts.filter(part => part === 'watch').length, `killed at call ${deadAt}`).toBe(1);
      expect(parts.filter(part => part === 'watch-recovered').length, `killed at call ${deadAt}`).toBe(1);
    }
  });

  test('Slack is down when it breaks: told when it is back, as it was seen', async () => {
    const bench = watchBench();
    bench.pass(5);
    bench.set('denied');
    bench.slack.refuse = () => {
      throw unavailable();
    };
    expect(await bench.look()).toMatchObject({ kind: 'later' });
    bench.slack.refuse = () => null;
    bench.set('good');
    expect(await bench.look()).toEqual(DONE);
    expect(roots(bench)[0]?.message.text).toMatch(ROOT);
  });

  test('a look that comes while another is at it is left out', async () => {
    const bench = watchBench();
    const gate = Promise.withResolvers<void>();
    const clusters = watchedClusters(
      () => 'good',
      () => gate.promise,
    );
    Object.assign(bench.work.ports, { clusters: clusters.clusters });
    const first = bench.look();
    bench.pass(1);
    expect(await bench.look({ holder: 'worker-2' })).toEqual(DONE);
    gate.resolve();
    await first;
    expect(clusters.asked.length).toBe(1);
    expect(bench.logged).toContainEqual(expect.objectContaining({ event: 'watch-left-out' }));
  });

  test('a job delivered again is one look, and one that waited too long is none', async () => {
    const bench = watchBench();
    bench.set('dropped');
    const job = { kind: 'watch', name: WATCH.name } as const;
    const envelope = { id: 'watch:web-google:x', job, group: 'watch', at: new Date(START_MS).toISOString() };
    await bench.deliver(envelope.id, job, { envelope });
    await bench.store.remove({ partition: `job#${envelope.id}`, sort: 'claim' });
    await bench.deliver(envelope.id, job, { envelope });
    expect(bench.slack.messages).toEqual([]);
    bench.pass(11);
    const late = { ...envelope, id: 'watch:web-google:y' };
    await bench.deliver(late.id, job, { envelope: late });
    expect(bench.asked.length).toBe(2);
  });

  test('a flow that is no longer in the configuration is not looked at; one that was changed begins anew', async () => {
    const bench = watchBench();
    await bench.next('dropped');
    Object.assign(bench.work, { settings: { ...SETTINGS, watch: [{ ...WATCH, host: 'api.stripe.com' }] } });
    await bench.next('dropped');
    // The bad look of before was at another host.
    expect(bench.slack.messages).toEqual([]);
    const { length } = bench.asked;
    Object.assign(bench.work, { settings: SETTINGS });
    await bench.next('dropped');
    expect(bench.asked.length).toBe(length);
  });

  test('a channel that the bot is not in: logged as an error, and audited', async () => {
    const bench = watchBench();
    bench.slack.refuse = method => (method === 'post' ? 'not_in_channel' : null);
    await bench.next('denied');
    expect(bench.logged).toContainEqual(expect.objectContaining({ level: 'error', event: 'watch-not-told' }));
    expect((await bench.audited()).map(({ outcome }) => outcome.kind)).toContain('failed');
  });
});
