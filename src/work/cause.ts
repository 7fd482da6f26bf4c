/** Alerts about one cause: who asks for all of them, and what was told to whom. */
import { createHash } from 'node:crypto';
import type { Store, Stored } from '../store/store.ts';
import { KEPT_MS } from './records.ts';

/** Who asks. `isMine`: this job does. */
export type Cause = { readonly answerId: string; readonly isMine: boolean };

type Body = { readonly answerId: string; readonly jobId: string };

/**
 * Joins the answer that is made for a cause, or begins one. After `windowMs` it begins anew; so it does when whoever began it
 * is gone for good, and those who wait for it take it over.
 */
export async function joinCause(
  store: Store,
  cause: string,
  { jobId, nowMs, windowMs }: { readonly jobId: string; readonly nowMs: number; readonly windowMs: number },
): Promise<Cause> {
  const key = { partition: `cause#${digest(cause)}`, sort: 'answer' };
  const known = (await store.get(key)) as Stored<Body> | null;
  if (known !== null) return { answerId: known.body.answerId, isMine: known.body.jobId === jobId };
  const begun: Body = { answerId: `page:${digest(`${cause} ${nowMs}`)}`, jobId };
  const written = await store.put(key, begun, { expected: 'absent', expiresAtMs: nowMs + windowMs });
  return written.kind === 'stored'
    ? { answerId: begun.answerId, isMine: true }
    : joinCause(store, cause, { jobId, nowMs, windowMs });
}

/** Remembers which answer an incident got, for when it ends. */
export async function rememberAnswer(store: Store, incident: string, answerId: string, nowMs: number): Promise<void> {
  const key = { partition: `incident#${digest(incident)}`, sort: 'answer' };
  await store.put(key, { answerId }, { expected: 'any', expiresAtMs: nowMs + KEPT_MS });
}

/** The answer that an incident got; null: none, or no more. */
export async function rememberedAnswer(store: Store, incident: string): Promise<string | null> {
  const key = { partition: `incident#${digest(incident)}`, sort: 'answer' };
  const stored = (await store.get(key)) as Stored<{ answerId: string }> | null;
  return stored?.body.answerId ?? null;
}

/** Short enough for an id of a button, which holds the answer's. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
