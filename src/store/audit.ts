/** The audit log: who asked or pressed what, when, and what came of it. One entry for each job; its outcome replaces `started`. */
import type { Asker } from '../queue/job.ts';
import type { Store } from './store.ts';

/** What came of it. An entry that stays `started` is of a worker that was killed, or that is still at it. */
export type AuditOutcome =
  | { readonly kind: 'started' }
  | { readonly kind: 'refused'; readonly why: string }
  /** `verdict`: its code. */
  | { readonly kind: 'answered'; readonly verdict: string }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly why: string };

/** One entry. */
export type AuditEntry = {
  /** The job's id: the same job is the same entry, however often it is delivered. */
  readonly id: string;
  /** ISO 8601, when it was asked. */
  readonly at: string;
  readonly who: Asker;
  /** `ask`, or the action of the button. */
  readonly action: string;
  /** What about, in one line, as in `payments/billing-pod api.stripe.com`. */
  readonly subject: string;
  /** null: none was named. */
  readonly cluster: string | null;
  /** Slack's id; null: it came from elsewhere. */
  readonly channel: string | null;
  readonly outcome: AuditOutcome;
};

/** Which entries: from `sinceMs` up to `untilMs` (milliseconds since 1970, both inclusive), of one user or (null) of all. */
export type AuditQuery = {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly user: string | null;
  readonly limit: number;
};

const DAY_MS = 86_400_000;
/** A year, which is what auditors ask for. */
const KEPT_FOR_MS = 366 * DAY_MS;
/** Entries that are read at once. */
const PAGE = 500;

/** Writes the entry, or replaces the one of the same job. */
export async function putAudit(store: Store, entry: AuditEntry): Promise<void> {
  const atMs = Date.parse(entry.at);
  const key = { partition: partitionOf(atMs), sort: `${new Date(atMs).toISOString()}#${entry.id}` };
  await store.put(key, entry, { expected: 'any', expiresAtMs: atMs + KEPT_FOR_MS });
}

/** The newest `limit` entries that match, oldest of them first. */
export async function listAudit(store: Store, query: AuditQuery): Promise<readonly AuditEntry[]> {
  const found: AuditEntry[] = [];
  const first = Math.max(query.sinceMs, query.untilMs - KEPT_FOR_MS);
  for (let dayMs = startOfDay(query.untilMs); dayMs >= startOfDay(first); dayMs -= DAY_MS) {
    for await (const entry of entriesOfDay(store, dayMs, first, query.untilMs)) {
      if (query.user !== null && !isOf(entry, query.user)) continue;
      found.push(entry);
      if (found.length >= query.limit) return found.reverse();
    }
  }
  return found.reverse();
}

/** Newest first. */
async function* entriesOfDay(
  store: Store,
  dayMs: number,
  sinceMs: number,
  untilMs: number,
): AsyncGenerator<AuditEntry, void> {
  const from = new Date(Math.max(dayMs, sinceMs)).toISOString();
  // `~` is behind every id's characters: the last millisecond's entries belong to it.
  let to = `${new Date(Math.min(dayMs + DAY_MS - 1, untilMs)).toISOString()}#~`;
  for (;;) {
    const page = await store.list(partitionOf(dayMs), { from, to, limit: PAGE, order: 'descending' });
    // The bound is inclusive: a page begins with the entry that the one before ended with.
    for (const { key, body } of page) if (key.sort !== to) yield body as AuditEntry;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    to = last.key.sort;
  }
}

function isOf({ who }: AuditEntry, user: string): boolean {
  return who.kind === 'user' ? who.user === user : who.name === user;
}

function partitionOf(atMs: number): string {
  return `audit#${new Date(atMs).toISOString().slice(0, 10)}`;
}

function startOfDay(atMs: number): number {
  return atMs - (atMs % DAY_MS);
}
