/** Two who ask the same within a minute share one look at the cluster: who looks, and who waits for it. */
import { createHash } from 'node:crypto';
import type { Store, Stored } from '../store/store.ts';
import type { ClusterQuestion } from './ports.ts';

/** How old a look may be to answer somebody else's question, in milliseconds from its beginning. */
const SHARED_FOR_MS = 60_000;
/** Longer than any look takes, so that those who wait for it find it. */
const KEPT_FOR_MS = 900_000;

type Look = {
  readonly answerId: string;
  readonly startedAtMs: number;
  /** The looking worker's lease: afterwards it is taken for dead. */
  readonly untilMs: number;
  readonly isDone: boolean;
};

/** Who looks. `mine`: you do. `wait`: the answer `answerId` is being made. `done`: its result is stored. */
export type Sharing = { readonly kind: 'mine' } | { readonly kind: 'wait' | 'done'; readonly answerId: string };

/** One who wants to know: `untilMs` is the lease of its worker. */
export type Sharer = { readonly answerId: string; readonly nowMs: number; readonly untilMs: number };

/** Joins the look that is under way or done, or begins one. A look whose worker's lease has run out is begun anew. */
export async function joinLook(store: Store, question: ClusterQuestion, sharer: Sharer): Promise<Sharing> {
  const { answerId, nowMs, untilMs } = sharer;
  const key = lookKey(question);
  const stored = (await store.get(key)) as Stored<Look> | null;
  const look = stored?.body ?? null;
  if (look !== null && look.answerId !== answerId && isFresh(look, nowMs)) {
    return { kind: look.isDone ? 'done' : 'wait', answerId: look.answerId };
  }
  const begun: Look = { answerId, startedAtMs: nowMs, untilMs, isDone: false };
  const expected = stored === null ? 'absent' : { version: stored.version };
  const written = await store.put(key, begun, { expected, expiresAtMs: nowMs + KEPT_FOR_MS });
  // Somebody was quicker by a moment; whose it is says the next try.
  return written.kind === 'stored' ? { kind: 'mine' } : joinLook(store, question, sharer);
}

function isFresh(look: Look, nowMs: number): boolean {
  return look.isDone ? nowMs - look.startedAtMs < SHARED_FOR_MS : look.untilMs > nowMs;
}

/** Tells those who wait that the result is stored; `failed`: that there is none, so that each looks for himself. */
export async function endLook(
  store: Store,
  question: ClusterQuestion,
  { answerId, nowMs, end }: { readonly answerId: string; readonly nowMs: number; readonly end: 'stored' | 'failed' },
): Promise<void> {
  const key = lookKey(question);
  const stored = (await store.get(key)) as Stored<Look> | null;
  if (stored === null || stored.body.answerId !== answerId) return;
  if (end === 'failed') return store.remove(key);
  const done: Look = { ...stored.body, isDone: true };
  await store.put(key, done, { expected: { version: stored.version }, expiresAtMs: nowMs + KEPT_FOR_MS });
}

function lookKey({ cluster, namespace, pod, host, probe }: ClusterQuestion): { partition: string; sort: string } {
  const digest = createHash('sha256')
    .update(JSON.stringify([cluster, namespace, pod, host, probe]))
    .digest('hex');
  return { partition: `share#${digest}`, sort: 'look' };
}
