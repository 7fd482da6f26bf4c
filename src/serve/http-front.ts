/**
 * Slack's requests by HTTP. Bolt checks their signatures and sends answers; what it leaves open is closed here: bodies without
 * end, bodies that are no object (it would fail on them outside of any request), requests that come slowly, and the end.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parse } from 'node:querystring';
import { HTTPReceiver } from '@slack/bolt';
import { type Log, slackLogger } from '../slack/logger.ts';
import { PATHS } from '../slack/names.ts';
import { type ListenAddress, listenOn } from './listen.ts';
import type { PageListener } from './page-front.ts';
import { bodyOf, end } from './read-body.ts';

/** The receiver for the app, and its server. */
export type HttpFront = {
  readonly receiver: HTTPReceiver;
  /** Rejects when the address is taken. Resolves with the port. */
  readonly listen: (address: ListenAddress) => Promise<number>;
  /** Takes no more requests, and resolves when those at work are answered or `graceMs` are over. */
  readonly close: (graceMs: number) => Promise<void>;
};

/** Slack's own bodies are far below: a message has 40,000 characters, a view 250 kB. */
const BODY_BYTES = 1_000_000;

/** Slack gives up after 3 s. */
const REQUEST_MS = 5000;

/** Makes it. Answers are held back until a listener is done: one that fails is no acknowledgement, and Slack tries again. */
export function httpFront({
  signingSecret,
  log,
  pages = null,
}: {
  readonly signingSecret: string;
  readonly log: Log;
  /** Answers what comes below /page/; null: nothing does. */
  readonly pages?: PageListener | null;
}): HttpFront {
  const receiver = new HTTPReceiver({
    signingSecret,
    endpoints: [PATHS.events, PATHS.options],
    processBeforeResponse: true,
    logger: slackLogger(log),
  });
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (request, response) => {
    const isPage = pages !== null && (request.url ?? '').startsWith('/page/');
    (isPage ? pages(request, response) : pass(request, response, receiver)).catch((error: unknown) => {
      log({ event: 'request-failed', why: String(error) });
      end(response, 500);
    });
  });
  return {
    receiver,
    listen: address => listenOn(server, address),
    close: async graceMs => {
      const closed = new Promise<void>(resolve => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

async function pass(request: IncomingMessage, response: ServerResponse, receiver: HTTPReceiver): Promise<void> {
  const path = (request.url ?? '').split('?')[0] ?? '';
  const isKnown = path === PATHS.events || path === PATHS.options;
  if (!isKnown || request.method !== 'POST') return end(response, isKnown ? 405 : 404);
  const body = await bodyOf(request, BODY_BYTES);
  if (body === null) return end(response, 413);
  if (!isObject(body.toString('utf8'), request.headers['content-type'] ?? '')) {
    // What is no JSON at all is refused by Bolt, after it looked at the signature.
    return end(response, 400);
  }
  // Bolt takes a body that was read before from here.
  receiver.requestListener(Object.assign(request, { rawBody: body }), response);
}

/** False only for JSON that is a text, a number, a list or null. */
function isObject(body: string, contentType: string): boolean {
  const json = contentType.startsWith('application/x-www-form-urlencoded') ? parse(body).payload : body;
  if (typeof json !== 'string') return true;
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return true;
  }
}
