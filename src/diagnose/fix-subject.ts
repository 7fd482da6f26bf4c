/**
 * Picks the pods that a new policy selects. It must select this workload, no other when that can be had, and never a pod
 * that is not isolated yet: such a pod may reach everything today, and the new policy alone would cut it off.
 */
import type { KubernetesObject } from '../evidence.ts';
import { departs } from '../policy/departures.ts';
import type { ClusterPod, ClusterState, RuleBook } from '../policy/model.ts';
import { podName } from '../policy/packet.ts';
import { listAt, memberOf, referenceText, textAt } from '../policy/reading.ts';
import { matchExpression, readLabelSelector } from '../policy/selector.ts';
import {
  type LabelSelector,
  releaseFreeLabels,
  type SubjectChoice,
  selectorManifest,
  subjectChoices,
} from './fix-workload.ts';
import { isolatingPolicies, type Side } from './flow-judge.ts';

/** The labels by which the fix selects the workload, or why none would do. */
export type Subject =
  /** `others`: pods of other workloads (ns/name) that the labels cannot tell from this one; they are isolated already. */
  | { readonly kind: 'subject'; readonly choice: SubjectChoice; readonly others: readonly string[] }
  | { readonly kind: 'none'; readonly why: string };

/** The pod, the side to be opened, and the cluster in which the labels must be told apart. */
export type SubjectInput = {
  readonly pod: ClusterPod;
  readonly side: Side;
  readonly objects: readonly KubernetesObject[];
  readonly cluster: ClusterState;
  readonly book: RuleBook;
};

/** Picks the plainest selector that is safe, one that names no other workload if there is one; `none` with the reason when no selector is safe. */
export function chooseSubject(input: SubjectInput): Subject {
  const { pod, side, objects, cluster, book } = input;
  const isolating = isolatingPolicies(book, pod, side, cluster).map(policy => referenceText(policy.ref));
  const denies = objects.filter(
    each =>
      isolating.includes(
        `NetworkPolicy ${textAt(each, 'metadata', 'namespace') ?? 'default'}/${textAt(each, 'metadata', 'name')}`,
      ) && each.kind === 'NetworkPolicy',
  );
  const choices = subjectChoices(pod, objects, denies);
  if (choices.length === 0) {
    return {
      kind: 'none',
      why: `pod ${podName(pod)} has no label of its own that lasts, so a policy for it would select every pod of its namespace: give its workload a label first`,
    };
  }
  const safe: { readonly choice: SubjectChoice; readonly others: readonly string[] }[] = [];
  let unsafe = '';
  for (const choice of choices) {
    const selected = selectedPods(choice.selector, pod.namespace, input);
    const free = selected.find(each => isolatingPolicies(book, each, side, cluster).length === 0);
    if (free === undefined)
      safe.push({ choice, others: selected.filter(each => !isSameWorkload(each, pod, objects)).map(podName) });
    else
      unsafe = `any labels that select pod ${podName(pod)} also select ${podName(free)}, which no policy isolates for ${side} today: a new policy would cut it off`;
  }
  const [plainest] = safe;
  const found = safe.find(each => each.others.length === 0) ?? plainest;
  return found === undefined ? { kind: 'none', why: unsafe } : { kind: 'subject', ...found };
}

/** Running pods of the namespace that a policy with this selector acts on: hostNetwork pods only where the engine may. */
function selectedPods(
  selector: LabelSelector,
  namespace: string,
  { cluster, book }: SubjectInput,
): readonly ClusterPod[] {
  const expression = readLabelSelector(selectorManifest(selector), 'podSelector', { problems: [] });
  const sparesHostNetwork = departs(book.engine, 'host-network-pods-are-exempt').answer === 'yes';
  return [...cluster.pods.values()].filter(
    pod =>
      pod.namespace === namespace &&
      !pod.finished &&
      !(pod.hostNetwork && sparesHostNetwork) &&
      matchExpression(expression, pod.labels).match !== 'no',
  );
}

/** Made by one controller; for pods that nothing made, or of which it is not known: the same labels. */
function isSameWorkload(a: ClusterPod, b: ClusterPod, objects: readonly KubernetesObject[]): boolean {
  const [makerOfA, makerOfB] = [makerOf(a, objects), makerOf(b, objects)];
  if (makerOfA !== null || makerOfB !== null) return makerOfA === makerOfB;
  return JSON.stringify(releaseFreeLabels(a.labels)) === JSON.stringify(releaseFreeLabels(b.labels));
}

/** The controller, without what it adds to its own name for every revision: ReplicaSet `web-7d9f` is `web`, as its predecessor was. */
function makerOf(pod: ClusterPod, objects: readonly KubernetesObject[]): string | null {
  const object = objects.find(
    each =>
      each.kind === 'Pod' &&
      textAt(each, 'metadata', 'namespace') === pod.namespace &&
      textAt(each, 'metadata', 'name') === pod.name,
  );
  const reference = listAt(object, 'metadata', 'ownerReferences').find(each => memberOf(each, 'controller') === true);
  const [kind, name] = [textAt(reference, 'kind'), textAt(reference, 'name')];
  if (kind === null || name === null) return null;
  const hash = textAt(pod, 'labels', 'pod-template-hash');
  if (hash !== null && name.endsWith(`-${hash}`)) return `${kind} ${name.slice(0, -hash.length - 1)}`;
  // A CronJob names each Job after the minute it was due.
  return `${kind} ${kind === 'Job' ? name.replace(/-\d{8,}$/, '') : name}`;
}
