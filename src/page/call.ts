/** Calls of the targets' APIs: paced, and tried again where that helps, within bounds. */
import PQueue from 'p-queue';
import type { Told } from './target.ts';

/** The world of a caller. `random`: from 0 to 1. */
export type CallPorts = {
  readonly fetch: typeof fetch;
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
  readonly random: () => number;
};

/** One request. */
export type Call = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

const CALL_MS = 10_000;
/** A storm must not become one at the tool: what waits for its turn here cannot time out there. */
const AT_ONCE = 4;
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

/** Makes calls of one API, at most `perMinute` of them in any minute. */
export type Caller = (call: Call) => Promise<Told>;

/**
 * Makes the caller. 429, 5xx and what gets lost on the way are tried again, five times in all, after what Retry-After says or
 * twice as long as before; then it rejects, and the job comes again later. Any other status is a refusal for good.
 */
export function caller(perMinute: number, ports: CallPorts): Caller {
  const turn = turns(perMinute, ports);
  const line = new PQueue({ concurrency: AT_ONCE });
  return async call => {
    let why = '';
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      await turn();
      const answer = await line.add(() => once(call, ports));
      if (answer.kind === 'told') return answer.told;
      why = answer.why;
      if (attempt < ATTEMPTS) await ports.wait(answer.pauseMs ?? pauseMs(attempt, ports.random()));
    }
    throw new Error(`${new URL(call.url).host} did not take it: ${why}`);
  };
}

type Answer =
  | { readonly kind: 'told'; readonly told: Told }
  | { readonly kind: 'again'; readonly why: string; readonly pauseMs: number | null };

async function once({ url, headers, body }: Call, ports: CallPorts): Promise<Answer> {
  let response: Response;
  try {
    const signal = AbortSignal.timeout(CALL_MS);
    // A redirection would carry the keys to somebody else.
    const asked = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body, signal };
    response = await ports.fetch(url, { ...asked, redirect: 'error' });
  } catch (error) {
    return { kind: 'again', why: error instanceof Error ? error.name : String(error), pauseMs: null };
  }
  if (response.ok) {
    await response.body?.cancel();
    return { kind: 'told', told: { kind: 'sent' } };
  }
  const text = (await response.text().catch(() => '')).slice(0, 300);
  const why = `${response.status} ${text}`.trim();
  if (response.status === 429 || response.status >= 500) {
    return { kind: 'again', why, pauseMs: retryAfterMs(response.headers) };
  }
  return { kind: 'told', told: { kind: 'refused', why } };
}

/** Retry-After in seconds, or PagerDuty's ratelimit-reset. null: neither. */
function retryAfterMs(headers: Headers): number | null {
  const seconds = Number(headers.get('retry-after') ?? headers.get('ratelimit-reset') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(LONGEST_PAUSE_MS, seconds * 1000) : null;
}

function pauseMs(attempt: number, random: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + random));
}

const MINUTE_MS = 60_000;

/** Waits until fewer than `perMinute` turns were taken within the last minute. */
function turns(perMinute: number, { now, wait }: Pick<CallPorts, 'now' | 'wait'>): () => Promise<void> {
  const taken: number[] = [];
  return async () => {
    const nowMs = now();
    while ((taken[0] ?? Number.POSITIVE_INFINITY) <= nowMs - MINUTE_MS) taken.shift();
    const before = taken.at(-perMinute);
    const atMs = before === undefined ? nowMs : Math.max(nowMs, before + MINUTE_MS);
    taken.push(atMs);
    if (atMs > nowMs) await wait(atMs - nowMs);
  };
}
