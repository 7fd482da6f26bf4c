/**
 * A PagerDuty of one test, on the loopback: notes of incidents, Events v2, changes; as strict as its documentation about sizes,
 * headers and rates. Webhooks are signed as it signs them. https://github.com/PagerDuty/developer-docs
 */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PageSource } from '../../src/settings/paging.ts';

export type Received = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
};

export type FakePagerDuty = {
  readonly url: string;
  /** What was accepted, in order. */
  readonly notes: { readonly incident: string; readonly content: string }[];
  readonly events: Received[];
  readonly changes: Received[];
  /** Everything that was asked, with what came of it. */
  readonly answers: { readonly path: string; readonly status: number }[];
  /** Statuses that the next requests get instead of an answer. */
  readonly failures: number[];
  readonly close: () => Promise<void>;
};

type Options = { readonly token: string; readonly routingKey: string; readonly eventsPerMinute?: number };

export async function startPagerDuty(options: Options): Promise<FakePagerDuty> {
  const state: Omit<FakePagerDuty, 'url' | 'close'> = { notes: [], events: [], changes: [], answers: [], failures: [] };
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', chunk => {
      text += String(chunk);
    });
    request.on('end', () => {
      const path = (request.url ?? '').split('?')[0] ?? '';
      const status = state.failures.shift() ?? statusOf({ path, headers: request.headers, text }, state, options);
      state.answers.push({ path, status });
      response.writeHead(status, {
        'content-type': 'application/json',
        ...(status === 429 ? { 'retry-after': '7' } : {}),
      });
      response.end(JSON.stringify({ status: status < 300 ? 'success' : 'error' }));
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    ...state,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise(resolve => server.close(() => resolve()));
    },
  };
}

type Raw = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly text: string };

function statusOf({ path, headers, text }: Raw, state: Omit<FakePagerDuty, 'url' | 'close'>, options: Options): number {
  const body = JSON.parse(text) as Record<string, unknown>;
  const incident = /^\/incidents\/([^/]+)\/notes$/.exec(path)?.[1];
  if (incident !== undefined) {
    if (headers.authorization !== `Token token=${options.token}`) return 401;
    const content = (body.note as { content?: unknown } | undefined)?.content;
    const isWhole = /^\S+@\S+$/.test(headers.from ?? '') && typeof content === 'string' && content !== '';
    if (!isWhole || headers['content-type'] !== 'application/json') return 400;
    state.notes.push({ incident: decodeURIComponent(incident), content: content as string });
    return 201;
  }
  if (path !== '/v2/enqueue' && path !== '/v2/change/enqueue') return 404;
  const kept = path === '/v2/enqueue' ? state.events : state.changes;
  if (kept.length >= (options.eventsPerMinute ?? 120)) return 429;
  if (body.routing_key !== options.routingKey || text.length > 512_000 || !isEvent(path, body)) return 400;
  kept.push({ path, headers, body });
  return 202;
}

function isEvent(path: string, body: Record<string, unknown>): boolean {
  const payload = (body.payload ?? {}) as Record<string, unknown>;
  const isText = (value: unknown, most: number) => typeof value === 'string' && value !== '' && value.length <= most;
  if (path === '/v2/change/enqueue') return isText(payload.summary, 1024);
  if (!isText(body.dedup_key, 255)) return false;
  if (body.event_action === 'acknowledge' || body.event_action === 'resolve') return true;
  const severities = ['critical', 'error', 'warning', 'info'];
  return (
    body.event_action === 'trigger' &&
    isText(payload.summary, 1024) &&
    isText(payload.source, 255) &&
    severities.includes(String(payload.severity)) &&
    (payload.custom_details === undefined || typeof payload.custom_details === 'object')
  );
}

/** What a source posts: its body, and the headers by which it is known. */
export function webhookOf(
  source: Exclude<PageSource, 'sns'>,
  payload: unknown,
  secrets: readonly string[],
  id = 'w-1',
) {
  const body = JSON.stringify(payload);
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (source === 'pagerduty') {
    headers['x-pagerduty-signature'] = secrets
      .map(secret => `v1=${createHmac('sha256', secret).update(body).digest('hex')}`)
      .join(',');
    headers['x-webhook-id'] = id;
  } else {
    const [secret = ''] = secrets;
    headers.authorization =
      source === 'alertmanager' ? `Bearer ${secret}` : `Basic ${Buffer.from(`egress:${secret}`).toString('base64')}`;
  }
  return { body, headers };
}
