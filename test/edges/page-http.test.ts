/** Who may send, what is answered, and what is put into the queue: the edge alone. */
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { secretsOf } from '../../src/page/authenticate.ts';
import { answerPage, type PageEdge, type PageRequest } from '../../src/page/http.ts';
import type { Envelope } from '../../src/queue/job.ts';
import { readEnvelope } from '../../src/queue/read-job.ts';
import { pageListener, pageServer } from '../../src/serve/page-front.ts';
import type { PageSource, PagingSettings } from '../../src/settings/paging.ts';
import { webhookOf } from '../fakes/pagerduty.ts';
import { PAGE_SECRETS, PAGING, payloadOf } from '../fakes/paging.ts';
import { SETTINGS } from '../fakes/work.ts';

const NOW_MS = Date.parse('2026-11-21T11:00:00Z');
type HttpSource = Exclude<PageSource, 'sns'>;
const SECRET: Readonly<Record<HttpSource, string>> = {
  pagerduty: 'pagerduty-secret-one',
  alertmanager: 'alertmanager-token',
  grafana: 'grafana-password',
};
const PAYLOAD: Readonly<Record<HttpSource, unknown>> = {
  pagerduty: payloadOf('pagerduty-triggered'),
  alertmanager: payloadOf('alertmanager-group'),
  grafana: payloadOf('grafana-firing'),
};

function edgeOf(changes: Partial<PageEdge> = {}, paging: Partial<PagingSettings> = {}) {
  const sent: Envelope[] = [];
  const edge: PageEdge = {
    settings: { ...SETTINGS, paging: { ...PAGING, ...paging } },
    secretOf: secretsOf(PAGE_SECRETS),
    queue: { send: async envelope => void sent.push(envelope) },
    isFull: () => false,
    fetchText: () => Promise.reject(new Error('nothing is fetched')),
    now: () => NOW_MS,
    wait: () => new Promise(() => undefined),
    ...changes,
  };
  return { edge, sent };
}

function requestOf(
  source: HttpSource,
  changes: { payload?: unknown; secrets?: readonly string[]; id?: string } = {},
): PageRequest {
  const { body, headers } = webhookOf(
    source,
    changes.payload ?? PAYLOAD[source],
    changes.secrets ?? [SECRET[source]],
    changes.id,
  );
  return { method: 'POST', path: `/page/${source}`, headers, body: Buffer.from(body) };
}

const SOURCES = ['pagerduty', 'alertmanager', 'grafana'] as const;

describe.each(SOURCES)('%s', source => {
  test('known: kept, and each job can be read back', async () => {
    const { edge, sent } = edgeOf();
    expect(await answerPage(requestOf(source), edge)).toMatchObject({ status: 202 });
    expect(sent.length).toBeGreaterThan(0);
    for (const envelope of sent) expect(readEnvelope(JSON.stringify(envelope))).toMatchObject({ kind: 'envelope' });
  });

  test('repeated: the same jobs', async () => {
    const { edge, sent } = edgeOf();
    await answerPage(requestOf(source), edge);
    const first = sent.map(({ id }) => id);
    await answerPage(requestOf(source), edge);
    expect(sent.slice(first.length).map(({ id }) => id)).toEqual(first);
  });

  test.each([
    ['a wrong secret', { secrets: ['wrong'] }],
    ['an empty secret', { secrets: [''] }],
    ['none', { secrets: [] }],
  ])('%s: 401, and nothing is kept', async (_, changes) => {
    const { edge, sent } = edgeOf();
    expect(await answerPage(requestOf(source, changes), edge)).toMatchObject({ status: 401 });
    expect(sent).toEqual([]);
  });

  test('a secret whose variable is not set lets nobody in', async () => {
    const { edge } = edgeOf({ secretOf: () => null });
    expect(await answerPage(requestOf(source, { secrets: [''] }), edge)).toMatchObject({ status: 401 });
  });

  test('JSON that is none of its payloads: 400', async () => {
    const { edge } = edgeOf();
    expect(await answerPage(requestOf(source, { payload: [1] }), edge)).toMatchObject({ status: 400 });
  });

  test('a queue that is full, that refuses, or that hangs: 503, never 429', async () => {
    const refusing = { send: () => Promise.reject(new Error('no')) };
    const hanging = { send: () => new Promise<void>(() => undefined) };
    for (const { edge } of [
      edgeOf({ isFull: () => true }),
      edgeOf({ queue: refusing }),
      edgeOf({ queue: hanging, wait: async () => undefined }),
    ]) {
      expect(await answerPage(requestOf(source), edge)).toMatchObject({ status: 503 });
    }
  });
});

describe('PagerDuty', () => {
  test('while its secret is changed: either of ours, among several of theirs', async () => {
    const { edge } = edgeOf();
    for (const secrets of [
      ['other', 'pagerduty-secret-two'],
      ['pagerduty-secret-one', 'other'],
    ]) {
      expect(await answerPage(requestOf('pagerduty', { secrets }), edge)).toMatchObject({ status: 202 });
    }
  });

  test('signed is the body as it came, to the last byte', async () => {
    const { edge } = edgeOf();
    const request = requestOf('pagerduty');
    const body = Buffer.concat([request.body, Buffer.from(' ')]);
    expect(await answerPage({ ...request, body }, edge)).toMatchObject({ status: 401 });
    expect(
      await answerPage(
        requestOf('pagerduty', { payload: { event: { event_type: 'pagey.ping', data: { message: 'café' } } } }),
        edge,
      ),
    ).toMatchObject({ status: 200 });
  });

  test('two webhooks are two jobs, and two deliveries of one are one', async () => {
    const { edge, sent } = edgeOf();
    for (const id of ['w-1', 'w-2', 'w-1']) await answerPage(requestOf('pagerduty', { id }), edge);
    expect(new Set(sent.map(envelope => envelope.id)).size).toBe(2);
  });
});

describe('Alertmanager and Grafana', () => {
  const SECRETS = { OLD: 'the-old-one', NEW: 'the-new-one' };
  const sources: PagingSettings['sources'] = {
    alertmanager: { kind: 'bearer', tokens: ['OLD', 'NEW'] },
    grafana: { kind: 'basic', user: 'egress', passwords: ['OLD', 'NEW'] },
  };
  test.each(['alertmanager', 'grafana'] as const)(
    '%s, while its secret is changed: the old one and the new one',
    async source => {
      const { edge } = edgeOf({ secretOf: secretsOf(SECRETS) }, { sources });
      for (const [secret, status] of [
        ['the-old-one', 202],
        ['the-new-one', 202],
        ['the-next-one', 401],
      ] as const) {
        expect(await answerPage(requestOf(source, { secrets: [secret] }), edge)).toMatchObject({ status });
      }
    },
  );
});

describe('over HTTP', () => {
  async function post(waiting: number) {
    const sent: Envelope[] = [];
    const pages = { settings: { ...SETTINGS, paging: PAGING }, secretOf: secretsOf(PAGE_SECRETS), address: null };
    const listener = pageListener(
      { ...pages, fetchText: () => Promise.reject(new Error('nothing is fetched')) },
      { send: async envelope => void sent.push(envelope) },
      { waiting: () => waiting, log: () => undefined },
    );
    const server = pageServer(listener, () => undefined);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    try {
      const { body, headers } = webhookOf('alertmanager', PAYLOAD.alertmanager, [SECRET.alertmanager]);
      const { port } = server.address() as AddressInfo;
      const answer = await fetch(`http://127.0.0.1:${port}/page/alertmanager`, { method: 'POST', headers, body });
      return { status: answer.status, again: answer.headers.get('retry-after'), sent };
    } finally {
      server.closeAllConnections();
      await new Promise<void>(resolve => server.close(() => resolve()));
    }
  }

  test('more jobs wait than can be done within hours: 503 with when to come again, and nothing is kept', async () => {
    expect(await post(10_001)).toEqual({ status: 503, again: '30', sent: [] });
  });

  test('as many as can be done: taken', async () => {
    const { status, sent } = await post(10_000);
    expect(status).toBe(202);
    expect(sent.length).toBeGreaterThan(0);
  });
});

describe('any request', () => {
  test.each([
    ['another path', { path: '/page/other' }, 404],
    ['no source', { path: '/page/' }, 404],
    ['GET', { method: 'GET' }, 405],
    ['five megabytes and a byte', { body: new Uint8Array(5_000_001) }, 413],
  ])('%s: refused', async (_, changes, status) => {
    const { edge } = edgeOf();
    expect(await answerPage({ ...requestOf('alertmanager'), ...changes }, edge)).toMatchObject({ status });
  });

  test('a source that is not configured is not there', async () => {
    const { edge } = edgeOf({}, { sources: {} });
    expect(await answerPage(requestOf('alertmanager'), edge)).toMatchObject({ status: 404 });
  });

  test('bytes that are no UTF-8 are 400', async () => {
    const { edge } = edgeOf();
    expect(
      await answerPage({ ...requestOf('alertmanager'), body: Buffer.from([0x22, 0xff, 0x22]) }, edge),
    ).toMatchObject({ status: 400 });
  });
});

test('a group of 500 alerts with 3 causes is a job for each cause and each hundred, and none is missing', async () => {
  const { edge, sent } = edgeOf();
  const alerts = Array.from({ length: 500 }, (_, index) => ({
    status: 'firing',
    labels: { alertname: 'EgressDown', namespace: 'default', pod: `web-${index % 5}`, target: `h${index % 3}.example` },
    annotations: { description: 'x'.repeat(5000) },
    startsAt: '2026-11-21T10:58:45.828Z',
    fingerprint: `f${index}`,
  }));
  expect(
    await answerPage(requestOf('alertmanager', { payload: { version: '4', groupKey: 'g', alerts } }), edge),
  ).toMatchObject({ status: 202 });
  expect(sent.length).toBe(6);
  const ids = sent.flatMap(({ job }) => {
    const { alert, alike } = (
      job as unknown as { alert: { alert: { incident: { id: string } }; alike: { id: string }[] } }
    ).alert;
    return [alert.incident.id, ...alike.map(({ id }) => id)];
  });
  expect(new Set(ids).size).toBe(500);
  for (const envelope of sent) expect(JSON.stringify(envelope).length).toBeLessThan(250_000);
});
