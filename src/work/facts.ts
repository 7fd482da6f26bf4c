/**
 * What happened around an answer, written down when it happens, for the report afterwards: who pressed what, which alerts asked,
 * who was told. What the answer itself says is in its record and its result.
 */
import { createHash } from 'node:crypto';
import type { Incident } from '../page/alert.ts';
import type { Action, Asker } from '../queue/job.ts';
import type { Store, Stored } from '../store/store.ts';
import { type AnswerRecord, keptUntilMs } from './records.ts';

/** One fact. `at`: ISO 8601. All texts are hostile until escaped. */
export type AnswerFact = { readonly at: string } & (
  | {
      readonly kind: 'alert';
      readonly incident: Incident;
      readonly title: string;
      /** As the source wrote it; null: it did not say. */
      readonly startedAt: string | null;
    }
  /** A pager's incident was told; `why` of a refusal. */
  | {
      readonly kind: 'note';
      readonly target: string;
      readonly incident: string;
      readonly about: string;
      readonly outcome: 'sent' | 'refused';
      readonly why: string | null;
    }
  | { readonly kind: 'press'; readonly by: Asker; readonly action: Action }
  /** The tool says that its alert is over. */
  | { readonly kind: 'resolved'; readonly source: string; readonly incident: string }
  | { readonly kind: 'watch-recovered'; readonly name: string; readonly since: string }
);

/** Writes a fact of an answer; the same fact is there once, however often it is written. `id`: what makes it the same. */
export async function addFact(store: Store, answerId: string, id: string, fact: AnswerFact): Promise<void> {
  const key = { partition: `answer#${answerId}`, sort: `fact#${digest(`${fact.kind} ${id}`)}` };
  await store.put(key, fact, { expected: 'any', expiresAtMs: keptUntilMs(fact.at) });
}

/** More are of a storm, and alike. */
const MOST_FACTS = 2000;

/** The facts of an answer, oldest first; 2,000 at most. */
export async function factsOf(store: Store, answerId: string): Promise<readonly AnswerFact[]> {
  const bounds = { from: 'fact#', to: 'fact#~', limit: MOST_FACTS, order: 'ascending' } as const;
  const found = await store.list(`answer#${answerId}`, bounds);
  return found.map(({ body }) => body as AnswerFact).toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** An answer among those of its thread. */
type Placed = { readonly answerId: string; readonly channel: string };

/** Lets an answer be found by its thread. One that came through a response_url is in none. */
export async function placeInThread(store: Store, { answerId, at, place, root }: AnswerRecord): Promise<void> {
  const threadTs = place.threadTs ?? root?.ts ?? null;
  if (threadTs === null) return;
  const body: Placed = { answerId, channel: place.channel };
  const key = { partition: `thread#${threadTs}`, sort: `${at}#${answerId}` };
  await store.put(key, body, { expected: 'any', expiresAtMs: keptUntilMs(at) });
}

/** The answers of a thread, oldest first; `channel` null: of any. */
export async function answersOfThread(
  store: Store,
  { channel, threadTs }: { readonly channel: string | null; readonly threadTs: string },
): Promise<readonly string[]> {
  const found = await store.list(`thread#${threadTs}`, { limit: 200, order: 'ascending' });
  const placed = found.map(({ body }) => body as Placed);
  return placed.filter(one => channel === null || one.channel === channel).map(({ answerId }) => answerId);
}

/** An incident that got an answer, by whichever of its names. */
export type NamedIncident = {
  readonly source: string;
  readonly key: string;
  readonly title: string;
  readonly answerId: string;
  readonly at: string;
};

/** Lets an answer be found by the incident's id, its name in its tool, and its address; and writes the alert down. */
export async function addAlert(
  store: Store,
  answerId: string,
  alert: Extract<AnswerFact, { kind: 'alert' }>,
): Promise<void> {
  const { incident, title, at } = alert;
  await addFact(store, answerId, incident.id, alert);
  const named: NamedIncident = { source: incident.source, key: incident.key, title, answerId, at };
  const options = { expected: 'any', expiresAtMs: keptUntilMs(at) } as const;
  const names = new Set([incident.id, incident.key, incident.url].filter(name => name !== null));
  for (const name of names) await store.put({ ...namedKey(name), sort: `${at}#${answerId}` }, named, options);
  await store.put({ partition: recentPartition(at), sort: `${at}#${digest(incident.id)}` }, named, options);
}

/** The answers that an incident of this name got, oldest first; none: no such incident is known, or no more. */
export async function answersNamed(store: Store, name: string): Promise<readonly NamedIncident[]> {
  const found = await store.list(namedKey(name).partition, { limit: 100, order: 'ascending' });
  return found.map(({ body }) => body as NamedIncident);
}

const DAY_MS = 86_400_000;

/** The newest incidents that got an answer, newest first, of today and yesterday (UTC). */
export async function recentIncidents(store: Store, nowMs: number, limit: number): Promise<readonly NamedIncident[]> {
  const days = await Promise.all(
    [nowMs, nowMs - DAY_MS].map(dayMs =>
      store.list(recentPartition(new Date(dayMs).toISOString()), { limit, order: 'descending' }),
    ),
  );
  return days
    .flat()
    .slice(0, limit)
    .map(({ body }: Stored) => body as NamedIncident);
}

function namedKey(name: string): { readonly partition: string } {
  return { partition: `incident-named#${digest(name.trim())}` };
}

function recentPartition(at: string): string {
  return `incidents#${at.slice(0, 10)}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
