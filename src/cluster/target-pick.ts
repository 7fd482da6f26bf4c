/** Chooses one pod among those that a request means, and finds those that are its like. Pure. */
import type { Target } from '../model.ts';
import { asList, asRecord, type JsonRecord, textOf, textsOf } from './json.ts';
import { isReady, podState } from './pod-state.ts';
import { mainContainer } from './sidecars.ts';

/** The pod to look at, and why this one. */
export type Picked = { readonly pod: JsonRecord; readonly choice: string };

/**
 * Labels that differ between pods of one workload, or between its versions. A rule that names them names one pod.
 * https://kubernetes.io/docs/reference/labels-annotations-taints/
 */
const OWN_LABELS = new Set([
  'pod-template-hash',
  'controller-revision-hash',
  'pod-template-generation',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
  'controller-uid',
  'job-name',
  'rollouts-pod-template-hash',
]);

/** The labels that all pods of the workload share. */
export function workloadLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(labels).filter(([key]) => !OWN_LABELS.has(key) && !key.startsWith('batch.kubernetes.io/')),
  );
}

/** Picks a ready pod, else a running one, else the newest; the first by name among equals. null: there are none. */
export function pickPod(pods: readonly JsonRecord[], meant: string): Picked | null {
  const ranked = pods
    .map(pod => ({ pod, rank: rankOf(pod) }))
    .toSorted((a, b) => a.rank - b.rank || compareWithin(a.rank, a.pod, b.pod));
  const [first] = ranked;
  if (first === undefined) return null;
  if (ranked.length === 1) return { pod: first.pod, choice: `the only pod of ${meant}` };
  const running = ranked.filter(one => one.rank <= RUNNING).length;
  const choice =
    first.rank > RUNNING
      ? `the newest of ${ranked.length} pods of ${meant}, none of which runs`
      : `one of ${running} running pods of ${meant}${running === ranked.length ? '' : ` (${ranked.length} in all)`}, the first by name that is ${first.rank === READY ? 'ready' : 'running'}`;
  return { pod: first.pod, choice };
}

const READY = 0;
const RUNNING = 1;
const NOT_RUNNING = 2;

function rankOf(pod: JsonRecord): number {
  if (podState(pod, textOf(mainContainer(pod).name)).kind === 'not-running') return NOT_RUNNING;
  return isReady(asRecord(pod.status)) ? READY : RUNNING;
}

function compareWithin(rank: number, a: JsonRecord, b: JsonRecord): number {
  const created = (pod: JsonRecord): string => textOf(asRecord(pod.metadata).creationTimestamp);
  if (rank === NOT_RUNNING && created(a) !== created(b)) return created(a) > created(b) ? -1 : 1;
  return podName(a) < podName(b) ? -1 : 1;
}

/** Other running pods with exactly the same workload labels; a pod without any has none. */
export function siblingsOf(pod: JsonRecord, others: readonly JsonRecord[]): Target['siblings'] {
  const own = labelKey(pod);
  if (own === '[]') return [];
  return others
    .filter(other => podName(other) !== podName(pod) && labelKey(other) === own && rankOf(other) <= RUNNING)
    .map(other => ({ pod: podName(other), node: textOf(asRecord(other.spec).nodeName) || null }))
    .toSorted((a, b) => (a.pod < b.pod ? -1 : 1));
}

function labelKey(pod: JsonRecord): string {
  return JSON.stringify(Object.entries(workloadLabels(textsOf(asRecord(pod.metadata).labels))).toSorted());
}

/** The controller among an object's owners; null: it has none. */
export function controllerOf(
  object: JsonRecord,
): { readonly kind: string; readonly name: string; readonly uid: string } | null {
  const owner = asRecord(
    asList(asRecord(object.metadata).ownerReferences).find(one => asRecord(one).controller === true),
  );
  return owner.kind === undefined
    ? null
    : { kind: textOf(owner.kind), name: textOf(owner.name), uid: textOf(owner.uid) };
}

/** The object's own name. */
export function podName(pod: JsonRecord): string {
  return textOf(asRecord(pod.metadata).name);
}

/** The object's namespace; '' for a cluster-scoped one. */
export function namespaceOf(object: JsonRecord): string {
  return textOf(asRecord(object.metadata).namespace);
}
