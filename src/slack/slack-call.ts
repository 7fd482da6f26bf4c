/**
 * One call of Slack, asked again where that is safe: what Slack did not take (429, no connection) always, what it may have
 * taken (5xx, a lost answer) only where doing it twice is the same as doing it once.
 */
import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import { FaultError } from '../faults.ts';
import type { SlackResult } from './api.ts';

/** How long to keep asking. */
export type Patience = {
  /** Milliseconds from the first try after which no other begins. 0: one try. */
  readonly totalMs: number;
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
};

/** What went wrong with one try. `notTaken`: Slack did nothing. `afterMs`: no sooner than that; null: as we like. */
type Trouble =
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'passing'; readonly notTaken: boolean; readonly afterMs: number | null; readonly why: string };

/** Errors of Slack's own that pass. https://docs.slack.dev/reference/methods/chat.postMessage#errors */
const PASSING_ERRORS = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'ratelimited',
  'rate_limited',
]);
/** Of these nothing was done. */
const NOT_TAKEN_ERRORS = new Set(['service_unavailable', 'ratelimited', 'rate_limited']);

/** Codes of a connection that never was. https://nodejs.org/api/errors.html#common-system-errors */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Beside those that are told to wait: half a second, one, two. */
const FIRST_PAUSE_MS = 500;
const MOST_TRIES = 4;

/**
 * Makes the call. `isRepeatable`: doing it twice is the same as doing it once. Rejects with a FaultError
 * (`slack-unavailable`) when Slack could not be asked, or may or may not have done it; its cause says which.
 */
export async function callSlack<Value>(
  { name, isRepeatable }: { readonly name: string; readonly isRepeatable: boolean },
  patience: Patience,
  attempt: () => Promise<Value>,
): Promise<SlackResult<Value>> {
  const endMs = patience.now() + patience.totalMs;
  for (let tries = 1; ; tries += 1) {
    const tried = await once(attempt);
    if (tried.kind !== 'passing') return tried;
    const pauseMs = tried.afterMs ?? FIRST_PAUSE_MS * 2 ** (tries - 1);
    const mayRepeat = tried.notTaken || isRepeatable;
    const isLast = tried.afterMs === null && tries >= MOST_TRIES;
    if (!mayRepeat || isLast || patience.now() + pauseMs > endMs) throw unavailable(name, tried);
    await patience.wait(pauseMs);
  }
}

async function once<Value>(
  attempt: () => Promise<Value>,
): Promise<{ readonly kind: 'ok'; readonly value: Value } | Trouble> {
  try {
    return { kind: 'ok', value: await attempt() };
  } catch (error) {
    return troubleOf(error);
  }
}

function troubleOf(error: unknown): Trouble {
  if (error instanceof WebAPIPlatformError) {
    const { error: code } = error.data;
    if (!PASSING_ERRORS.has(code)) return { kind: 'refused', error: code };
    return { kind: 'passing', notTaken: NOT_TAKEN_ERRORS.has(code), afterMs: null, why: `Slack answered ${code}.` };
  }
  if (error instanceof WebAPIRateLimitedError) {
    const why = `Slack takes no more for ${error.retryAfter} s (429).`;
    return { kind: 'passing', notTaken: true, afterMs: error.retryAfter * 1000, why };
  }
  if (error instanceof WebAPIHTTPError) {
    return { kind: 'passing', notTaken: false, afterMs: null, why: `Slack answered with HTTP ${error.statusCode}.` };
  }
  if (error instanceof WebAPIRequestError) return lostConnection(error.original);
  throw error;
}

/** A request without an answer: refused at the door, or lost on the way. */
function lostConnection(error: Error): Trouble {
  const code = codeOf(error);
  const notTaken = code !== null && NOT_CONNECTED.has(code);
  const why = notTaken
    ? `No connection could be made (${code}).`
    : `The connection gave no answer (${code ?? error.name}).`;
  return { kind: 'passing', notTaken, afterMs: null, why };
}

/** `fetch` puts the system's code into the cause of its error, and several of them into an AggregateError there. */
function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if ('code' in error && typeof error.code === 'string') return error.code;
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  return codeOf(inner);
}

function unavailable(name: string, { notTaken, why }: Extract<Trouble, { kind: 'passing' }>): FaultError {
  const doubt = notTaken ? 'Nothing was done.' : 'It may have been done all the same.';
  return new FaultError({
    code: 'slack-unavailable',
    what: `Slack could not be asked (${name}).`,
    cause: `${why} ${doubt}`,
    remedy: 'It is tried again later; https://slack-status.com shows what Slack knows of it.',
  });
}
