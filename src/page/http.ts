/**
 * A pager's request -> the status that it wants to see. Authentication first, then the payload, then the queue: 2xx is said
 * only when every alert is kept safe. Never 429: Alertmanager and SNS would lose the alert.
 */
import type { Queue } from '../queue/queue.ts';
import type { PageSource } from '../settings/paging.ts';
import { alertEnvelopes, type PageSettings } from './alert-jobs.ts';
import { isAuthorized, isSignedByPagerDuty, type SecretOf } from './authenticate.ts';
import { type FetchText, isConfirmation, verifySns } from './sns-signature.ts';
import { READERS } from './sources.ts';

/** One request. Names of headers in lower case. */
export type PageRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
};

/** What is answered. `why` is for our log; the sender sees the status alone. */
export type PageResponse = { readonly status: 200 | 202 | 400 | 401 | 404 | 405 | 413 | 503; readonly why: string };

/** What the edge works with. */
export type PageEdge = {
  readonly settings: PageSettings;
  readonly secretOf: SecretOf;
  readonly queue: Queue;
  /** Whether there are so many jobs that no more should be taken. */
  readonly isFull: () => boolean;
  readonly fetchText: FetchText;
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
};

/** Far above PagerDuty's 256 kB and SNS' 256 kB; a group of two thousand alerts has some 4 MB. */
export const PAGE_BODY_BYTES = 5_000_000;
/** PagerDuty gives up after 5 s. https://github.com/PagerDuty/developer-docs/blob/main/docs/webhooks/02-Behavior.md */
const KEPT_WITHIN_MS = 4000;
/** Requests to the queue at the same time. */
const AT_ONCE = 20;

/** The path of a source: `/page/pagerduty`. */
const PATH = /^\/page\/(pagerduty|alertmanager|grafana|sns)$/;

/** Answers one request. Never rejects for anything that a sender does. */
export async function answerPage(request: PageRequest, edge: PageEdge): Promise<PageResponse> {
  const source = PATH.exec(request.path)?.[1] as PageSource | undefined;
  if (source === undefined || edge.settings.paging.sources[source] === undefined) {
    return { status: 404, why: 'no source that is configured' };
  }
  if (request.method !== 'POST') return { status: 405, why: `the method is ${request.method}` };
  if (request.body.length > PAGE_BODY_BYTES) return { status: 413, why: `the body has ${request.body.length} bytes` };
  // Whoever is not known learns nothing of the payload either; SNS signs its fields, so it has to be read first.
  if (source !== 'sns' && !isKnown(source, request, edge))
    return { status: 401, why: 'it is not signed or not authorized' };
  const payload = parsed(request.body);
  if (payload === undefined) return { status: 400, why: 'the body is not JSON' };
  if (source === 'sns') {
    const refusal = await refusalOfSns(payload, edge);
    if (refusal !== null) return refusal;
  }
  return take(source, payload, { request, edge });
}

function isKnown(
  source: Exclude<PageSource, 'sns'>,
  { headers, body }: PageRequest,
  { settings, secretOf }: PageEdge,
): boolean {
  const { pagerduty, alertmanager, grafana } = settings.paging.sources;
  if (source === 'pagerduty') {
    const secrets = (pagerduty?.secrets ?? []).map(secretOf).filter(secret => secret !== null);
    return isSignedByPagerDuty(body, headers['x-pagerduty-signature'] ?? '', secrets);
  }
  const auth = source === 'alertmanager' ? alertmanager : grafana;
  return auth !== undefined && isAuthorized(headers.authorization ?? '', auth, secretOf);
}

async function refusalOfSns(payload: unknown, { settings, fetchText, now }: PageEdge): Promise<PageResponse | null> {
  const topics = settings.paging.sources.sns?.topics ?? [];
  const verdict = await verifySns(payload, { topics, fetchText, nowMs: now() });
  switch (verdict.kind) {
    case 'genuine':
      return null;
    case 'forged':
      return { status: 401, why: verdict.why };
    case 'unreachable':
      return { status: 503, why: verdict.why };
    default:
      return verdict satisfies never;
  }
}

type Taking = { readonly request: PageRequest; readonly edge: PageEdge };

async function take(source: PageSource, payload: unknown, { request, edge }: Taking): Promise<PageResponse> {
  const reading = READERS[source](payload);
  switch (reading.kind) {
    case 'faulty':
      return { status: 400, why: reading.why };
    case 'confirmation':
      return confirm(reading, edge);
    case 'alerts': {
      if (reading.alerts.length === 0) return { status: 200, why: 'nothing in it is an alert' };
      if (edge.isFull()) return { status: 503, why: 'the queue is full' };
      const deliveryId = source === 'pagerduty' ? (request.headers['x-webhook-id'] ?? null) : null;
      const at = new Date(edge.now()).toISOString();
      return keep(alertEnvelopes(reading.alerts, edge.settings, { source, deliveryId, at }), edge);
    }
    default:
      return reading satisfies never;
  }
}

/** A topic of the configuration only, and only by SNS' own address. */
async function confirm(
  { topic, url }: { readonly topic: string; readonly url: string },
  { fetchText }: PageEdge,
): Promise<PageResponse> {
  if (!isConfirmation(url, topic)) return { status: 400, why: 'its SubscribeURL confirms nothing of this topic' };
  try {
    await fetchText(url);
    return { status: 200, why: `the subscription of ${topic} is confirmed` };
  } catch (error) {
    return { status: 503, why: `the subscription could not be confirmed: ${String(error)}` };
  }
}

/** A repetition after 503 makes the same envelopes, so those that were kept already are not done twice. */
async function keep(envelopes: ReturnType<typeof alertEnvelopes>, { queue, wait }: PageEdge): Promise<PageResponse> {
  const sending = (async (): Promise<PageResponse> => {
    for (let start = 0; start < envelopes.length; start += AT_ONCE) {
      await Promise.all(envelopes.slice(start, start + AT_ONCE).map(envelope => queue.send(envelope)));
    }
    return { status: 202, why: `${envelopes.length} jobs are kept` };
  })().catch((error: unknown): PageResponse => ({ status: 503, why: `the queue did not take it: ${String(error)}` }));
  const late = wait(KEPT_WITHIN_MS).then((): PageResponse => ({ status: 503, why: 'the queue took too long' }));
  return Promise.race([sending, late]);
}

/** undefined: no JSON, or no UTF-8. */
function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}
