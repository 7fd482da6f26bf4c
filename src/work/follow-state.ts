/** One look after the other -> what a follow-up then is: whether it ends, what is told, when it looks next. Pure. */
import type { FixSeen } from '../diagnose/fix-seen.ts';
import type { Diagnosis } from '../model.ts';
import type { FollowUpSettings } from '../settings/follow-up.ts';
import type { FollowCause, FollowEnd, FollowLook, FollowRecord } from './follow-record.ts';

/** What a look came to. */
export type Found =
  | {
      readonly kind: 'answer';
      readonly resultOf: string;
      readonly diagnosis: Pick<Diagnosis, 'verdict'>;
      readonly fixSeen: FixSeen | null;
      /** The pod or workload that was asked about, which later looks ask about, too. */
      readonly pod: string;
    }
  /** There is no answer, and the next look may have one. */
  | { readonly kind: 'failed'; readonly why: string }
  /** The pod and its workload are gone. */
  | { readonly kind: 'gone'; readonly why: string }
  /** Whoever wanted it may not ask this any more. */
  | { readonly kind: 'refused'; readonly why: string };

/** Good looks in a row that make a recovery: one may be luck, or a policy that is not enforced yet. */
const GOOD_LOOKS = 2;
/** A limit that is so near is not waited for. */
const NEAR_MS = 15_000;
const MINUTE_MS = 60_000;
/** Looks that are kept; beyond, the oldest but the first go. */
const MOST_LOOKS = 300;

/** The cause of an answer, as far as a change of it is worth a word. */
export function causeOf({ verdict }: Pick<Diagnosis, 'verdict'>): FollowCause {
  const policies = verdict.cause.policies.map(({ policy }) => policy);
  return { verdict: verdict.code, policies: policies.toSorted((a, b) => (a < b ? -1 : 1)) };
}

/** When the first look is due. */
export function firstLookAt(startedMs: number, { minutes }: FollowUpSettings): string {
  return isoOf(startedMs + waitMs(minutes, 0));
}

/** The follow-up after its next look. One that has ended stays as it is. */
export function afterLook(
  record: FollowRecord,
  found: Found,
  { nowMs, settings }: { readonly nowMs: number; readonly settings: FollowUpSettings },
): FollowRecord {
  if (record.end !== null) return record;
  const at = isoOf(nowMs);
  const look = lookOf(record, found, at);
  const isChange = found.kind === 'answer' && look.result === 'blocked' && look.changed !== null;
  const next: FollowRecord = {
    ...record,
    looks: kept([...record.looks, look]),
    goodInARow: look.result === 'good' ? record.goodInARow + 1 : 0,
    ...(found.kind === 'answer' && { asked: { ...record.asked, pod: found.pod } }),
    fixSeen: record.fixSeen ?? (found.kind === 'answer' ? found.fixSeen : null),
    ...(isChange && { shown: found.resultOf, cause: causeOf(found.diagnosis) }),
  };
  const end = endOf(next, found, { look, nowMs, at });
  if (end === null) return { ...next, ...nextLook(next, nowMs, settings) };
  const shown = end.kind === 'recovered' && look.resultOf !== null ? look.resultOf : next.shown;
  return { ...next, end, shown, nextAt: null };
}

function lookOf(record: FollowRecord, found: Found, at: string): FollowLook {
  const about = { look: record.look, at };
  if (found.kind !== 'answer') {
    return { ...about, result: 'unknown', resultOf: null, verdict: null, policies: [], changed: found.why };
  }
  const { resultOf, diagnosis } = found;
  const { verdict, policies } = causeOf(diagnosis);
  const answer = { ...about, resultOf, verdict, policies };
  const unsure = unsureWhy(diagnosis);
  if (unsure !== null) return { ...answer, result: 'unknown', changed: unsure };
  if (verdict === 'reachable') return { ...answer, result: 'good', changed: null };
  return { ...answer, result: 'blocked', changed: changeOf(record.cause, { verdict, policies }) };
}

/** Rules alone recover nothing: what was only predicted to get through did not. */
function unsureWhy({ verdict }: Pick<Diagnosis, 'verdict'>): string | null {
  if (verdict.code === 'not-known') return `Nothing could be concluded. ${verdict.cause.summary}`;
  if (verdict.code !== 'reachable' || verdict.confidence !== 'predicted') return null;
  return 'The rules let it through, but no probe could be run to see it.';
}

function changeOf(was: FollowCause, is: FollowCause): string | null {
  const gone = was.policies.filter(policy => !is.policies.includes(policy));
  const come = is.policies.filter(policy => !was.policies.includes(policy));
  const parts = [
    was.verdict === is.verdict ? null : `it was ${was.verdict}, now it is ${is.verdict}`,
    gone.length === 0 ? null : `no longer decides: ${gone.join(', ')}`,
    come.length === 0 ? null : `now decides: ${come.join(', ')}`,
  ].filter(part => part !== null);
  return parts.length === 0 ? null : parts.join('; ');
}

function endOf(
  { goodInARow, resolvedBy, untilMs }: FollowRecord,
  found: Found,
  { look, nowMs, at }: { readonly look: FollowLook; readonly nowMs: number; readonly at: string },
): FollowEnd | null {
  if (found.kind === 'gone') return { kind: 'pod-gone', at, by: null, why: found.why };
  if (found.kind === 'refused') return { kind: 'stopped', at, by: null, why: found.why };
  if (goodInARow >= GOOD_LOOKS) return { kind: 'recovered', at, by: resolvedBy, why: null };
  // The second look decides, whatever the limit says.
  if (look.result === 'good') return null;
  const why = look.result === 'unknown' ? look.changed : null;
  if (resolvedBy !== null) return { kind: 'resolved-elsewhere', at, by: resolvedBy, why };
  return nowMs >= untilMs - NEAR_MS ? { kind: 'ran-out', at, by: null, why } : null;
}

/** After a good look the next one comes soon; otherwise the intervals grow, and the last look is at the limit. */
function nextLook(
  { look, turns, goodInARow, untilMs }: FollowRecord,
  nowMs: number,
  { minutes }: FollowUpSettings,
): Pick<FollowRecord, 'look' | 'turns' | 'nextAt'> {
  if (goodInARow > 0)
    return { look: look + 1, turns, nextAt: isoOf(nowMs + Math.min(...minutes.map(one => one * MINUTE_MS))) };
  const dueMs = nowMs + waitMs(minutes, turns);
  return { look: look + 1, turns: turns + 1, nextAt: isoOf(Math.min(dueMs, untilMs)) };
}

function waitMs(minutes: readonly number[], turn: number): number {
  return (minutes[turn] ?? minutes.at(-1) ?? 0) * MINUTE_MS;
}

function kept(looks: readonly FollowLook[]): readonly FollowLook[] {
  return looks.length <= MOST_LOOKS ? looks : [...looks.slice(0, 1), ...looks.slice(1 - MOST_LOOKS)];
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
