/**
 * What a watched flow is, from one look to the next. Pure. A look that names the policy breaks the flow at once; any other bad
 * one has to be seen twice in a row, and so has the way back: one lost packet is no outage, and one that came through no recovery.
 * A look that saw nothing (the pod is gone, the cluster does not answer) says nothing of the flow; three of them in a row are told.
 */
import type { Diagnosis } from '../model.ts';

/** What one look says of the flow. */
export type WatchLook =
  | { readonly kind: 'good' }
  /** `namesPolicy`: what the probes saw, and whose rule it is, are both known. */
  | { readonly kind: 'bad'; readonly verdict: string; readonly namesPolicy: boolean }
  | { readonly kind: 'unknown'; readonly why: string };

/** The flow. Times are ISO 8601. */
export type WatchPhase =
  | { readonly kind: 'new' }
  | { readonly kind: 'good'; readonly since: string }
  /** One bad look. */
  | { readonly kind: 'doubtful'; readonly since: string; readonly verdict: string }
  /** `goodLooks`: in a row. */
  | { readonly kind: 'outage'; readonly since: string; readonly verdict: string; readonly goodLooks: number };

/** The flow, and how many looks in a row saw nothing. */
export type Watched = { readonly phase: WatchPhase; readonly unknownLooks: number };

/** What somebody has to be told. `blind`: the looks see nothing. */
export type WatchEvent = 'none' | 'outage' | 'recovered' | 'blind';

/** Before the first look. */
export const NEVER_LOOKED: Watched = { phase: { kind: 'new' }, unknownLooks: 0 };

const GOOD_LOOKS_FOR_RECOVERY = 2;
const UNKNOWN_LOOKS_FOR_BLIND = 3;

/** The flow after a look. `at`: ISO 8601, of the look. */
export function nextWatched(
  { phase, unknownLooks }: Watched,
  look: WatchLook,
  at: string,
): { readonly watched: Watched; readonly event: WatchEvent } {
  switch (look.kind) {
    case 'good':
      return { ...afterGood(phase, at) };
    case 'bad':
      return afterBad(phase, look, at);
    case 'unknown': {
      const event = unknownLooks + 1 === UNKNOWN_LOOKS_FOR_BLIND ? 'blind' : 'none';
      return { watched: { phase, unknownLooks: unknownLooks + 1 }, event };
    }
    default:
      return look satisfies never;
  }
}

type Next = ReturnType<typeof nextWatched>;

function afterGood(phase: WatchPhase, at: string): Next {
  const good = { phase: { kind: 'good', since: phase.kind === 'good' ? phase.since : at }, unknownLooks: 0 } as const;
  if (phase.kind !== 'outage') return { watched: good, event: 'none' };
  const goodLooks = phase.goodLooks + 1;
  if (goodLooks >= GOOD_LOOKS_FOR_RECOVERY) return { watched: good, event: 'recovered' };
  return { watched: { phase: { ...phase, goodLooks }, unknownLooks: 0 }, event: 'none' };
}

function afterBad(phase: WatchPhase, { verdict, namesPolicy }: Extract<WatchLook, { kind: 'bad' }>, at: string): Next {
  if (phase.kind === 'outage') {
    return { watched: { phase: { ...phase, verdict, goodLooks: 0 }, unknownLooks: 0 }, event: 'none' };
  }
  const since = phase.kind === 'doubtful' ? phase.since : at;
  if (namesPolicy || phase.kind === 'doubtful') {
    return { watched: { phase: { kind: 'outage', since, verdict, goodLooks: 0 }, unknownLooks: 0 }, event: 'outage' };
  }
  return { watched: { phase: { kind: 'doubtful', since, verdict }, unknownLooks: 0 }, event: 'none' };
}

/** Reports whether the next look should come soon: one more of the same settles it. */
export function wantsLookSoon({ phase, unknownLooks }: Watched): boolean {
  if (unknownLooks > 0) return false;
  return phase.kind === 'doubtful' || (phase.kind === 'outage' && phase.goodLooks > 0);
}

/**
 * What a diagnosis says of its flow. What is only predicted was not looked at, so it says nothing good, and nothing bad at once; a
 * pod that does not run has no flow to look at.
 */
export function lookOf({ verdict, vantages }: Pick<Diagnosis, 'verdict' | 'vantages'>): WatchLook {
  const { code, confidence, cause } = verdict;
  const isSeen = confidence === 'confirmed' || confidence === 'observed';
  if (code === 'not-known' || code === 'pod-not-running') return { kind: 'unknown', why: cause.summary };
  if (code === 'reachable' || code === 'policy-not-enforced') {
    const why = vantages.find(({ vantage }) => vantage === 'pod')?.why ?? '';
    return isSeen
      ? { kind: 'good' }
      : { kind: 'unknown', why: `nothing was seen from the pod: ${why || 'not looked'}` };
  }
  return { kind: 'bad', verdict: code, namesPolicy: isSeen && cause.policies.length > 0 };
}
