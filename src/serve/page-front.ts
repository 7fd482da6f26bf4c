/** Pagers' requests by HTTP: the body is read within bounds, and `page/http.ts` says what is answered. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { PageSettings } from '../page/alert-jobs.ts';
import type { SecretOf } from '../page/authenticate.ts';
import { answerPage, PAGE_BODY_BYTES } from '../page/http.ts';
import type { FetchText } from '../page/sns-signature.ts';
import type { Queue } from '../queue/queue.ts';
import type { Log } from '../slack/logger.ts';
import type { ListenAddress } from './listen.ts';
import { bodyOf, end } from './read-body.ts';
import { TIMER } from './slack-for.ts';

/** What an installation with a pager has. `address`: of a server of its own; null: they come where Slack's requests come. */
export type Pages = {
  readonly settings: PageSettings;
  readonly secretOf: SecretOf;
  readonly fetchText: FetchText;
  readonly address: ListenAddress | null;
};

/** Answers one request whose path begins with /page/. */
export type PageListener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** More jobs than this would wait for hours: whoever sends is asked to come again. */
const MOST_WAITING = 10_000;
/** Seconds after which a sender may come again. */
const AGAIN_SECONDS = '30';

/** Makes it. */
export function pageListener(
  pages: Pages,
  queue: Queue,
  { waiting, log }: { readonly waiting: () => number; readonly log: Log },
): PageListener {
  const { settings, secretOf, fetchText } = pages;
  const edge = { settings, secretOf, fetchText, queue, isFull: () => waiting() > MOST_WAITING, ...TIMER };
  return async (request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const body = await bodyOf(request, PAGE_BODY_BYTES);
    if (body === null) return end(response, 413);
    const { status, why } = await answerPage(
      { method: request.method ?? '', path, headers: headersOf(request), body },
      edge,
    );
    log({ event: 'page-request', path, status, ...(status < 300 ? { what: why } : { why }) });
    return end(response, status, status === 503 ? { 'retry-after': AGAIN_SECONDS } : {});
  };
}

/** Of a header that comes twice the first counts, but all signatures do. */
function headersOf({ headers }: IncomingMessage): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  );
}

/** Longer than a body of five megabytes takes from far away; PagerDuty itself gives up after 5 s. */
const REQUEST_MS = 10_000;

/** A server for pagers alone, beside a socket to Slack. */
export function pageServer(listener: PageListener, log: Log): Server {
  return createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (request, response) => {
    const isPage = (request.url ?? '').startsWith('/page/');
    (isPage ? listener(request, response) : Promise.resolve(end(response, 404))).catch((error: unknown) => {
      log({ event: 'request-failed', why: String(error) });
      end(response, 500);
    });
  });
}
