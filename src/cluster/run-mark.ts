/**
 * The mark that every pod of ours carries: which run made it, who held that run, and until when it may live. It is all
 * that a later run has to tell what a killed one left behind from what a living one still uses.
 */

/** Label: the run's id. On all pods of ours, the twin too; no policy of anybody else's names it. */
export const RUN_LABEL = 'egress.dev/run';
/** Label: the pod's role. */
export const ROLE_LABEL = 'egress.dev/role';
/** Annotation: who made it, see `holder.ts`. */
export const HOLDER_ANNOTATION = 'egress.dev/holder';
/** Annotation: the ISO 8601 time after which nobody needs it. */
export const DEADLINE_ANNOTATION = 'egress.dev/deadline';

/** What a pod of ours is for. */
export type PodRole = 'control' | 'node' | 'twin';

/** What one run writes on its pods. */
export type RunMark = {
  /** Random, lower-case letters and digits; part of every name. */
  readonly id: string;
  readonly holder: string;
  /** ISO 8601. */
  readonly deadline: string;
};

/** The part of a pod that the sweep reads. */
export type MarkedPod = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly phase: string;
  readonly run: string;
  readonly holder: string | null;
  /** Milliseconds since 1970; null: absent or unreadable. */
  readonly deadlineMs: number | null;
};

/** How a holder stands, as far as this process can tell. `elsewhere`: another machine's, so only the deadline counts. */
export type HolderState = 'alive' | 'dead' | 'elsewhere';

/**
 * Says why a pod may be removed, or null when it must stay: it has ended, or its run is known to be dead, or nobody can
 * need it any more. A pod without a readable deadline is never ours to remove while it runs.
 */
export function removalReason(pod: MarkedPod, state: HolderState, nowMs: number): string | null {
  if (state === 'alive') return null;
  if (state === 'dead') return 'the process that made it is gone';
  if (pod.phase === 'Succeeded' || pod.phase === 'Failed') return `it has ended (${pod.phase})`;
  if (pod.deadlineMs !== null && nowMs > pod.deadlineMs) return 'its deadline has passed';
  return null;
}
