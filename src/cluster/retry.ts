/** Which answers are worth asking again, and after how long. Pure: the client does the waiting. */

/** What the decision needs of one attempt. `retryAfter`: that header as it came. */
export type Attempt = {
  readonly method: string;
  readonly status: number;
  readonly retryAfter: string | null;
  /** 1 for the first attempt. */
  readonly number: number;
};

/** Three tries: a busy API server answers 429 for a second or so; longer, and the answer to the user is what suffers. */
const ATTEMPTS = 3;
/** First wait without a Retry-After; doubles each time. */
const FIRST_WAIT_MS = 100;
/** An API server asks for 1 s; more than this is not waited for. */
const LONGEST_WAIT_MS = 2_000;
const BUSY = new Set([429, 500, 502, 503, 504]);

/**
 * Decides how many milliseconds to wait before asking again; null: take the answer as it is. Reads alone are repeated,
 * and writes only on 429, which the API server answers before it does anything.
 * https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
 */
export function retryWaitMs(attempt: Attempt): number | null {
  if (attempt.number >= ATTEMPTS) return null;
  if (!BUSY.has(attempt.status)) return null;
  if (attempt.method !== 'GET' && attempt.status !== 429) return null;
  const asked = Number(attempt.retryAfter ?? Number.NaN);
  const waitMs = Number.isFinite(asked) && asked >= 0 ? asked * 1_000 : FIRST_WAIT_MS * 2 ** (attempt.number - 1);
  return Math.min(waitMs, LONGEST_WAIT_MS);
}
