/** Alerts through the worker: one diagnosis and one thread for each cause, an answer in every incident, nothing lost. */
import { afterEach, describe, expect, test } from 'vitest';
import { alertEnvelopes } from '../../src/page/alert-jobs.ts';
import { secretsOf } from '../../src/page/authenticate.ts';
import { openTargets } from '../../src/page/open-targets.ts';
import { READERS } from '../../src/page/sources.ts';
import type { Envelope } from '../../src/queue/job.ts';
import type { PageSource, PagingSettings } from '../../src/settings/paging.ts';
import { listAudit } from '../../src/store/audit.ts';
import { handleDelivery } from '../../src/work/handle-job.ts';
import { pagingAttached } from '../../src/work/paging.ts';
import { askedIn, BUNDLES, bundleClusters } from '../fakes/bundle-clusters.ts';
import { type FakePagerDuty, startPagerDuty } from '../fakes/pagerduty.ts';
import { PAGE_SECRETS, PAGING, payloadOf } from '../fakes/paging.ts';
import { inChannelOf, unavailable } from '../fakes/slack-api.ts';
import { pressJobOf, SETTINGS, testBench } from '../fakes/work.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const START_MS = Date.parse('2026-11-21T11:00:00Z');

async function pageBench(options: { paging?: Partial<PagingSettings>; isSlow?: boolean } = {}) {
  const pagerDuty: FakePagerDuty = await startPagerDuty({ token: 'pagerduty-rest-token', routingKey: 'r'.repeat(32) });
  closers.push(pagerDuty.close);
  const { url } = pagerDuty;
  const notes = { token: 'PD_TOKEN', from: 'egress@example.com' };
  const paging: PagingSettings = {
    ...PAGING,
    targets: [{ kind: 'pagerduty', notes, routingKey: 'PD_ROUTING', apiUrl: url, eventsUrl: url }],
    ...options.paging,
  };
  let diagnoses = 0;
  const clusters = bundleClusters(async step => {
    if (step === 'target') diagnoses += 1;
  });
  const settings = { ...SETTINGS, paging };
  const bench = testBench({ clusters, settings });
  let nowMs = START_MS;
  const ports = {
    fetch,
    random: () => 0.5,
    now: () => nowMs,
    wait: async (ms: number) => {
      nowMs += ms;
    },
  };
  const targets = openTargets(paging, secretsOf(PAGE_SECRETS), ports);
  const work = { ...bench.work, attached: pagingAttached(targets) };
  const handle = handleDelivery(work);
  const deliver = (envelope: Envelope, about: object = {}) =>
    handle({ ...bench.deliveryOf(envelope.id, envelope.job, about), envelope });
  /** Until none is for later any more; whatever is delivered at once is delivered at once. */
  const deliverAll = async (envelopes: readonly Envelope[]): Promise<void> => {
    let left = envelopes;
    for (let round = 0; left.length > 0; round += 1) {
      if (round > 50) throw new Error(`${left.length} are never done`);
      const handled = await Promise.all(left.map(one => deliver(one, { holder: `worker-${one.id}` })));
      left = left.filter((_, index) => handled[index]?.kind === 'later');
      bench.pass(5000);
    }
  };
  const envelopesOf = (source: PageSource, payload: unknown, deliveryId: string | null = null): readonly Envelope[] => {
    const reading = READERS[source](payload);
    if (reading.kind !== 'alerts') throw new Error(JSON.stringify(reading));
    return alertEnvelopes(reading.alerts, settings, { source, deliveryId, at: new Date(START_MS).toISOString() });
  };
  const audited = async () =>
    listAudit(bench.store, { sinceMs: 0, untilMs: START_MS + 86_400_000, user: null, limit: 1000 });
  return { ...bench, work, handle, pagerDuty, deliver, deliverAll, envelopesOf, audited, diagnoses: () => diagnoses };
}

const incident = (id: string, title: string, event_type = 'incident.triggered') => {
  const { event } = payloadOf('pagerduty-triggered') as { event: { data: object } };
  return { event: { ...event, event_type, data: { ...event.data, id, title, conference_bridge: null } } };
};
const FIRST = 'firewall-restriction-pod cannot reach google.com';

describe('an incident of PagerDuty', () => {
  test('is asked about in its channel, and its note says verdict, cause, what to do, and where the thread is', async () => {
    const bench = await pageBench();
    await bench.deliverAll(bench.envelopesOf('pagerduty', payloadOf('pagerduty-triggered')));
    const [root, ...replies] = inChannelOf(bench.slack, 'C0BRIDGE1');
    expect(root?.message.text).toContain('denied-by-policy: `NetworkPolicy default/deny-all-egress` drops');
    expect(replies.at(-1)?.message.text).toBe(
      'Asked by an alert of <https://acme.pagerduty.com/incidents/PGR0VU2|pagerduty>: firewall-restriction-pod cannot reach google.com, p99 over 10 s.',
    );
    const [note] = bench.pagerDuty.notes;
    expect(bench.pagerDuty.notes.map(one => one.incident)).toEqual(['PGR0VU2']);
    const [head, what] = note?.content.split('\n') ?? [];
    expect(head).toMatch(/^✗ denied-by-policy \(\w+\): pod default\/firewall-restriction-pod to google\.com:443$/);
    expect(what).toContain('NetworkPolicy default/deny-all-egress');
    expect(note?.content).toMatch(/\nDo: .+/);
    expect(note?.content).toMatch(/\nThread: https:\/\/example\.slack\.com\/archives\/C0BRIDGE1\/p\d+$/);
    expect(note?.content.length).toBeLessThanOrEqual(2000);
  });

  test('delivered again, and by another webhook: one thread, one note', async () => {
    const bench = await pageBench();
    const payload = payloadOf('pagerduty-triggered');
    await bench.deliverAll(bench.envelopesOf('pagerduty', payload, 'w-1'));
    await bench.deliverAll(bench.envelopesOf('pagerduty', payload, 'w-1'));
    await bench.deliverAll(bench.envelopesOf('pagerduty', payload, 'w-2'));
    expect(bench.pagerDuty.notes.length).toBe(1);
    expect(bench.diagnoses()).toBe(1);
  });

  test('that nobody can map gets the reason, in the incident and in the channel', async () => {
    const bench = await pageBench();
    const envelopes = bench.envelopesOf('pagerduty', incident('PX', 'Everything is slow'));
    await bench.deliverAll(envelopes);
    await bench.deliverAll(envelopes);
    expect(bench.pagerDuty.notes).toEqual([
      {
        incident: 'PX',
        content: expect.stringMatching(
          /^\? egress has no answer: The alert "Everything is slow".*\nWhy: Rule "words" finds no pod/,
        ),
      },
    ]);
    const shown = inChannelOf(bench.slack, 'C0ALERTS');
    expect(shown.map(({ message }) => message.text)).toEqual([expect.stringContaining('finds no pod')]);
    expect(bench.diagnoses()).toBe(0);
  });

  test('whose pod is not there: the note says so, and what to do', async () => {
    const bench = await pageBench();
    await bench.deliverAll(bench.envelopesOf('pagerduty', incident('PY', 'nobody cannot reach google.com')));
    expect(bench.pagerDuty.notes[0]?.content).toMatch(
      /no answer: nobody to google\.com could not be looked at\.\nWhy: There is no pod nobody/,
    );
  });

  test('for which no rule is, is written down, and nobody is told', async () => {
    const bench = await pageBench({ paging: { rules: PAGING.rules.slice(0, 1) } });
    await bench.deliverAll(bench.envelopesOf('pagerduty', payloadOf('pagerduty-triggered')));
    expect(bench.slack.messages).toEqual([]);
    expect(await bench.audited()).toMatchObject([
      { action: 'alert', who: { name: 'pagerduty' }, outcome: { kind: 'refused' } },
    ]);
  });

  test('resolved: its thread is told, once', async () => {
    const bench = await pageBench();
    await bench.deliverAll(bench.envelopesOf('pagerduty', incident('P1', FIRST)));
    const resolved = bench.envelopesOf('pagerduty', incident('P1', FIRST, 'incident.resolved'));
    await bench.deliverAll(resolved);
    await bench.deliverAll(bench.envelopesOf('pagerduty', incident('P1', FIRST, 'incident.resolved'), 'again'));
    const texts = bench.slack.messages.map(({ message }) => message.text).filter(text => text.includes('resolved'));
    expect(texts).toEqual(['pagerduty says that the alert is resolved. "Check again" looks whether the flow is back.']);
  });
});

describe('trouble', () => {
  test('PagerDuty is down, then refuses for a minute: the note arrives once, and the diagnosis is not made again', async () => {
    const bench = await pageBench();
    const [envelope] = bench.envelopesOf('pagerduty', incident('P1', FIRST));
    bench.pagerDuty.failures.push(503, 503, 503, 503, 503);
    await expect(bench.deliver(envelope as Envelope)).rejects.toThrow('503');
    bench.pagerDuty.failures.push(429, 500);
    await bench.deliverAll([envelope as Envelope]);
    expect(bench.pagerDuty.notes.length).toBe(1);
    expect(bench.diagnoses()).toBe(1);
    expect(bench.pagerDuty.answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503, 429, 500, 201]);
  });

  test('a refusal is not tried again: the thread has the answer', async () => {
    const bench = await pageBench();
    bench.pagerDuty.failures.push(400);
    await bench.deliverAll(bench.envelopesOf('pagerduty', incident('P1', FIRST)));
    expect(bench.pagerDuty.answers.map(({ status }) => status)).toEqual([400]);
    expect(bench.logged).toContainEqual(expect.objectContaining({ event: 'note-refused', target: 'pagerduty' }));
  });

  test('Slack is down: answered when it is back', async () => {
    const bench = await pageBench();
    const [envelope] = bench.envelopesOf('pagerduty', incident('P1', FIRST));
    bench.slack.refuse = () => {
      throw unavailable();
    };
    expect(await bench.deliver(envelope as Envelope)).toMatchObject({ kind: 'later' });
    bench.slack.refuse = () => null;
    await bench.deliverAll([envelope as Envelope]);
    expect(bench.pagerDuty.notes.length).toBe(1);
  });

  test('killed at any call to Slack: the next worker goes on; one root, one note', async () => {
    for (let deadAt = 1; deadAt <= 12; deadAt += 1) {
      const bench = await pageBench();
      const [envelope] = bench.envelopesOf('pagerduty', incident('P1', FIRST)) as [Envelope];
      let calls = 0;
      bench.slack.refuse = () => {
        calls += 1;
        if (calls === deadAt) throw new Error('killed');
        return null;
      };
      await bench.deliver(envelope).catch(() => null);
      bench.slack.refuse = () => null;
      bench.pass(130_000);
      await bench.deliverAll([envelope]);
      expect(bench.pagerDuty.notes.length, `killed at call ${deadAt}`).toBe(1);
      expect(bench.slack.messages.filter(({ mark }) => mark?.part === 'root').length, `killed at call ${deadAt}`).toBe(
        1,
      );
    }
  });
});

/** Three pods by their own names. */
const CAUSES = [0, 2, 3].flatMap(index => BUNDLES[index] ?? []).map(askedIn);

describe('a storm', () => {
  test('500 incidents about 3 causes, all at once: 3 diagnoses, 3 threads, 500 notes that name the right one', {
    timeout: 120_000,
  }, async () => {
    const bench = await pageBench({ paging: { rules: [rule()] } });
    const causes = CAUSES.map(({ namespace, pod, host }) => `${namespace} ${pod} cannot reach ${host}`);
    const envelopes = Array.from({ length: 500 }, (_, index) =>
      bench.envelopesOf('pagerduty', incident(`P${index}`, causes[index % 3] ?? ''), `w-${index}`),
    ).flat();
    await bench.deliverAll(envelopes);
    expect(bench.diagnoses()).toBe(3);
    expect(bench.slack.messages.filter(({ mark }) => mark?.part === 'root').length).toBe(3);
    expect(new Set(bench.pagerDuty.notes.map(note => note.incident)).size).toBe(500);
    expect(bench.pagerDuty.notes.length).toBe(500);
    for (const { incident: id, content } of bench.pagerDuty.notes) {
      const { pod, host } = CAUSES[Number(id.slice(1)) % 3] ?? { pod: '', host: '' };
      expect(content.split('\n')[0]).toContain(host);
      expect(content.split('\n')[0]).toContain(pod);
    }
  });

  test('after its window a cause is looked at anew, but alerts that were answered are not', async () => {
    const bench = await pageBench();
    await bench.deliverAll(bench.envelopesOf('pagerduty', incident('P1', FIRST), 'w-1'));
    bench.pass(901_000);
    await bench.deliverAll(bench.envelopesOf('pagerduty', incident('P1', FIRST), 'w-2'));
    expect(bench.diagnoses()).toBe(1);
    await bench.deliverAll(bench.envelopesOf('pagerduty', incident('P2', FIRST), 'w-3'));
    expect(bench.diagnoses()).toBe(2);
    expect(bench.pagerDuty.notes.map(note => note.incident)).toEqual(['P1', 'P2']);
  });

  test('a group of Alertmanager is one answer; what it left out is said', async () => {
    const bench = await pageBench();
    await bench.deliverAll(bench.envelopesOf('alertmanager', payloadOf('alertmanager-group')));
    const texts = inChannelOf(bench.slack, 'C0ALERTS').map(({ message }) => message.text);
    expect(texts.filter(text => text.includes('The message left out 3 alerts of its group.')).length).toBe(1);
    expect(bench.diagnoses()).toBe(1);
    expect(bench.pagerDuty.notes).toEqual([]);
  });
});

function rule(): PagingSettings['rules'][number] {
  return {
    ...(PAGING.rules[1] as PagingSettings['rules'][number]),
    find: ['{namespace} {pod} cannot reach {host}'],
    namespace: ['{text.namespace}'],
  };
}

describe('Page', () => {
  test('pressed twice: one key, the details of the answer, and the thread says who', async () => {
    const bench = await pageBench();
    await bench.deliverAll(bench.envelopesOf('pagerduty', incident('P1', FIRST)));
    const answerId = bench.slack.messages[0]?.mark?.answerId ?? '';
    expect(JSON.stringify(bench.slack.messages[0]?.message.blocks)).toContain('egress.page');
    const press = {
      ...pressJobOf('page', answerId),
      place: { channel: 'C0ALERTS', threadTs: null, responseUrl: null },
    } as Envelope['job'];
    for (const id of ['press:1', 'press:2']) {
      await bench.deliver({ id, job: press, group: 'C0ALERTS', at: new Date(START_MS).toISOString() });
    }
    expect(bench.pagerDuty.events.map(({ body }) => [body.event_action, body.dedup_key])).toEqual([
      ['trigger', 'egress:prod/default/firewall-restriction-pod/https://google.com:443/'],
      ['trigger', 'egress:prod/default/firewall-restriction-pod/https://google.com:443/'],
    ]);
    expect(bench.pagerDuty.events[0]?.body.payload).toMatchObject({
      summary: expect.stringContaining(
        'denied-by-policy: pod default/firewall-restriction-pod cannot reach google.com:443.',
      ),
      custom_details: {
        verdict: 'denied-by-policy',
        policies: 'NetworkPolicy default/deny-all-egress',
        asked_by: 'U0ANNA',
      },
    });
    expect(bench.slack.messages.at(-1)?.message.text).toBe('Paged by <@U0ANNA>: pagerduty.');
  });

  test('that no pager takes is told to whoever pressed', async () => {
    const bench = await pageBench();
    await bench.deliverAll(bench.envelopesOf('pagerduty', incident('P1', FIRST)));
    const answerId = bench.slack.messages[0]?.mark?.answerId ?? '';
    bench.pagerDuty.failures.push(400);
    await bench.deliver({
      id: 'press:1',
      job: pressJobOf('page', answerId),
      group: 'C0ALERTS',
      at: new Date(START_MS).toISOString(),
    });
    expect(bench.slack.told.at(-1)?.message.text).toContain('Nobody was paged.');
  });
});
