/**
 * What is kept of a followed flow, from the press to its end and for the report afterwards. One partition for each flow: its
 * newest follow-up, those that ended before it, and the last page about it. Everything is plain JSON.
 */
import { createHash } from 'node:crypto';
import type { FixSeen } from '../diagnose/fix-seen.ts';
import type { VerdictCode } from '../model.ts';
import type { Asked, Asker } from '../queue/job.ts';
import type { Store, Stored } from '../store/store.ts';
import { type Flow, flowText } from './flow.ts';
import { KEPT_MS } from './records.ts';

/** What one look found. */
export type FollowResult =
  /** The probes got through. */
  | 'good'
  | 'blocked'
  /** Nothing is known: the cluster did not answer, or the probes settled nothing. */
  | 'unknown';

/** One look at a followed flow. */
export type FollowLook = {
  /** Counts from 1. */
  readonly look: number;
  /** ISO 8601, when it had ended. */
  readonly at: string;
  readonly result: FollowResult;
  /** The result under which evidence and diagnosis are stored (`storedAnswer`); null: the look failed. */
  readonly resultOf: string | null;
  /** null: the look failed. */
  readonly verdict: VerdictCode | null;
  /** Policies that decided against the flow, `Kind ns/name`. */
  readonly policies: readonly string[];
  /** Plain words, hostile until escaped: what is other than at the last look that was told, or why it failed; null: nothing. */
  readonly changed: string | null;
};

/** Why a follow-up ended. */
export type FollowEnd = {
  readonly kind: 'recovered' | 'ran-out' | 'stopped' | 'pod-gone' | 'resolved-elsewhere';
  /** ISO 8601. */
  readonly at: string;
  /** Who or what ended it: who pressed Stop, the tool that says that the incident is over; null: nobody did. */
  readonly by: Asker | null;
  /** In plain words, hostile until escaped; null: the kind says it all. */
  readonly why: string | null;
};

/** A cause, as far as a change of it is worth a word. */
export type FollowCause = { readonly verdict: VerdictCode; readonly policies: readonly string[] };

/** One follow-up of a flow. */
export type FollowRecord = {
  readonly flow: Flow;
  /** Names it among those of its flow, and its jobs and messages. */
  readonly followId: string;
  /** The answer whose card is kept up to date. */
  readonly answerId: string;
  /** Other answers about the flow whose incidents wait for its end, too. */
  readonly alsoFor: readonly string[];
  /** What is asked at each look: of the pod, or once that is gone of its workload. */
  readonly asked: Asked;
  readonly channel: string;
  /** The controller to ask about when the pod is gone, as in `deployment/billing`; null: none. */
  readonly owner: string | null;
  readonly by: Asker;
  /** The job that began it: delivered again it goes on, and begins no other. */
  readonly begunBy: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly untilMs: number;
  /** Whether somebody is paged when it runs out. */
  readonly pages: boolean;
  readonly looks: readonly FollowLook[];
  /** The look that comes next, or that was the last. */
  readonly look: number;
  /** ISO 8601, when it is due; null: none is. */
  readonly nextAt: string | null;
  readonly goodInARow: number;
  /** Looks that went by the interval of their turn: which interval is next. */
  readonly turns: number;
  /** The result of the answer that is followed: what later looks are compared with. */
  readonly first: string;
  /** The result that the card shows: the first one, or that of the last look that changed something. */
  readonly shown: string;
  /** The cause as it was told last. */
  readonly cause: FollowCause;
  /** The look that saw the proposed fix in the cluster, and who applied it; null: none did. */
  readonly fixSeen: FixSeen | null;
  /** A tool says that the incident is over: one more look, and then it ends. */
  readonly resolvedBy: Asker | null;
  readonly end: FollowEnd | null;
  /** What was told to the outside because of it, each once. */
  readonly told: readonly string[];
  /** ISO 8601, when everybody had been told of the end; null: not yet. */
  readonly settledAt: string | null;
};

/** The last page about a flow, by a press or by a follow-up that ran out. Times are ISO 8601; null: not yet, as far as we know. */
export type FlowPage = {
  readonly key: string;
  readonly at: string;
  readonly by: Asker;
  readonly acknowledgedAt: string | null;
  readonly resolvedAt: string | null;
};

const ACTIVE = 'follows-active';

/** The newest follow-up of a flow; null: there is none, or no more. */
export async function readFollow(store: Store, flow: Flow): Promise<FollowRecord | null> {
  return (await bodyAt<FollowRecord>(store, currentKey(flow)))?.body ?? null;
}

/** All follow-ups of a flow that are kept, oldest first. */
export async function readFollows(store: Store, flow: Flow): Promise<readonly FollowRecord[]> {
  const { partition } = currentKey(flow);
  const ended = await store.list(partition, { from: 'ended#', to: 'ended#~', limit: 100, order: 'ascending' });
  const current = await readFollow(store, flow);
  // One that is about to be followed by another is in both places for a moment.
  const earlier = ended.map(({ body }) => body as FollowRecord).filter(one => one.followId !== current?.followId);
  return [...earlier, ...(current === null ? [] : [current])];
}

/** The follow-up that an answer belongs to, as its own card's or beside another's; null: none. */
export async function followOfAnswer(store: Store, answerId: string): Promise<FollowRecord | null> {
  const pointer = await bodyAt<Flow>(store, pointerKey(answerId));
  if (pointer === null) return null;
  const follows = await readFollows(store, pointer.body);
  const isOf = ({ answerId: own, alsoFor }: FollowRecord): boolean => own === answerId || alsoFor.includes(answerId);
  return follows.findLast(isOf) ?? null;
}

/** How the beginning of a follow-up ended. `followed`: the flow is followed already, by this one. */
export type Begun =
  | { readonly kind: 'begun'; readonly record: FollowRecord }
  | { readonly kind: 'followed'; readonly record: FollowRecord };

/**
 * Begins a follow-up unless its flow is followed. Begun again by the same job, it is the same one. What is found on the way to a
 * follow-up (by the answer, by a sweep) is written before it, so that no kill leaves one that nobody finds.
 */
export async function beginFollow(store: Store, first: FollowRecord): Promise<Begun> {
  const { flow, answerId } = first;
  const kept = { expected: 'any', expiresAtMs: keptUntil(first) } as const;
  const stored = await bodyAt<FollowRecord>(store, currentKey(flow));
  const known = stored?.body ?? null;
  const listed = () => store.put(activeKey(flow), flow, kept);
  if (known !== null && known.begunBy === first.begunBy) {
    if (known.settledAt === null) await listed();
    return { kind: 'begun', record: known };
  }
  if (known !== null && known.end === null) return { kind: 'followed', record: known };
  if (known !== null) await store.put(endedKey(known), known, kept);
  await store.put(pointerKey(answerId), flow, kept);
  await listed();
  const expected = stored === null ? 'absent' : { version: stored.version };
  const written = await store.put(currentKey(flow), first, { ...kept, expected });
  // Somebody was quicker by a moment: theirs is found at the next try.
  if (written.kind === 'conflict') return beginFollow(store, first);
  // A sweep may have taken the flow off its list, for the follow-up before.
  await listed();
  return { kind: 'begun', record: first };
}

/** Another answer about a followed flow: its incidents are told of the end, too. */
export async function joinFollow(store: Store, { flow, followId }: FollowRecord, answerId: string): Promise<void> {
  const joined = await changeFollow(store, { flow, followId }, record =>
    record.answerId === answerId || record.alsoFor.includes(answerId)
      ? null
      : { ...record, alsoFor: [...record.alsoFor, answerId] },
  );
  if (joined === null) return;
  await store.put(pointerKey(answerId), flow, { expected: 'any', expiresAtMs: keptUntil(joined) });
}

/**
 * Changes a follow-up as it is now, whoever has changed it meanwhile; `change` returns null when there is nothing to change.
 * Returns it as it then is, or null when the flow's newest follow-up is another one by now.
 */
export async function changeFollow(
  store: Store,
  { flow, followId }: Pick<FollowRecord, 'flow' | 'followId'>,
  change: (record: FollowRecord) => FollowRecord | null,
): Promise<FollowRecord | null> {
  for (;;) {
    const stored = await bodyAt<FollowRecord>(store, currentKey(flow));
    if (stored === null || stored.body.followId !== followId) return null;
    const next = change(stored.body);
    if (next === null) return stored.body;
    const options = { expected: { version: stored.version }, expiresAtMs: keptUntil(next) };
    if ((await store.put(currentKey(flow), next, options)).kind === 'stored') return next;
  }
}

/** Flows with a follow-up that has not ended, or whose end is not yet told. A flow may be listed a little longer than that. */
export async function activeFollows(store: Store, limit: number): Promise<readonly Flow[]> {
  const found = await store.list(ACTIVE, { limit, order: 'ascending' });
  return found.map(({ body }) => body as Flow);
}

/** Takes a flow off that list. */
export async function leaveActive(store: Store, flow: Flow): Promise<void> {
  await store.remove(activeKey(flow));
}

/** The last page about a flow; null: none is known. */
export async function readFlowPage(store: Store, flow: Flow): Promise<FlowPage | null> {
  return (await bodyAt<FlowPage>(store, pageKey(flow)))?.body ?? null;
}

/** Writes it down, or what became of it. */
export async function putFlowPage(store: Store, flow: Flow, page: FlowPage): Promise<void> {
  await store.put(pageKey(flow), page, { expected: 'any', expiresAtMs: Date.parse(page.at) + KEPT_MS });
}

/** The id of the job of a look: the same however often it is sent. */
export function lookId({ followId }: Pick<FollowRecord, 'followId'>, look: number): string {
  return `${followId}:${look}`;
}

/** Ends the id of the look for which a tool said that the incident is over. */
export const RESOLVED = ':resolved';

/** The id of a follow-up: short, since it is part of the marks of messages. */
export function followIdOf(flow: Flow, startedMs: number): string {
  return `follow:${digest(flow).slice(0, 16)}:${startedMs.toString(36)}`;
}

function keptUntil({ untilMs }: Pick<FollowRecord, 'untilMs'>): number {
  return untilMs + KEPT_MS;
}

async function bodyAt<Body>(store: Store, key: Key): Promise<Stored<Body> | null> {
  return (await store.get(key)) as Stored<Body> | null;
}

type Key = { readonly partition: string; readonly sort: string };

function currentKey(flow: Flow): Key {
  return { partition: `follow#${digest(flow)}`, sort: 'current' };
}

function endedKey({ flow, startedAt }: FollowRecord): Key {
  return { ...currentKey(flow), sort: `ended#${startedAt}` };
}

function pageKey(flow: Flow): Key {
  return { ...currentKey(flow), sort: 'page' };
}

function activeKey(flow: Flow): Key {
  return { partition: ACTIVE, sort: digest(flow) };
}

function pointerKey(answerId: string): Key {
  return { partition: `answer#${answerId}`, sort: 'follow' };
}

function digest(flow: Flow): string {
  return createHash('sha256').update(flowText(flow)).digest('hex');
}
