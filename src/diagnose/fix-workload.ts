/**
 * By which labels a policy names one workload: those that its next pod will have too, and as few other pods as possible.
 * A new policy isolates every pod that it selects, so a choice that is too wide cuts somebody else off.
 */
import type { KubernetesObject } from '../evidence.ts';
import { isRecord, listAt, memberOf, objectName, textAt, textsAt } from '../policy/reading.ts';

/** A label selector as NetworkPolicy writes it; both parts must hold. */
export type LabelSelector = {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly Readonly<Record<string, unknown>>[];
};

/** `from` is told to the reader: where these labels come from. */
export type SubjectChoice = { readonly selector: LabelSelector; readonly from: string };

/** What tells one pod from others. */
export type PodIdentity = {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
};

/**
 * Labels that a controller gives one pod or one revision; the next pod has others.
 * https://kubernetes.io/docs/reference/labels-annotations-taints/ (pod-template-hash, controller-revision-hash, ...)
 */
const OF_ONE_REVISION: ReadonlySet<string> = new Set([
  'pod-template-hash',
  'pod-template-generation',
  'controller-revision-hash',
  'controller-uid',
  'job-name',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
  'rollouts-pod-template-hash',
]);
const OF_ONE_REVISION_PREFIXES: readonly string[] = ['batch.kubernetes.io/', 'jobset.sigs.k8s.io/'];

/** Labels that stay for one release or are added by a webhook: used only when nothing else tells two workloads apart. */
const OF_ONE_RELEASE: ReadonlySet<string> = new Set([
  'app.kubernetes.io/version',
  'app.kubernetes.io/managed-by',
  'helm.sh/chart',
  'version',
  'chart',
  'heritage',
  'security.istio.io/tlsMode',
  'service.istio.io/canonical-name',
  'service.istio.io/canonical-revision',
]);

/** Labels that the workload's next pod has too: `app` stays, `pod-template-hash` goes. */
export function lastingLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const isLasting = (key: string) =>
    !OF_ONE_REVISION.has(key) &&
    !OF_ONE_REVISION_PREFIXES.some(prefix => key.startsWith(prefix)) &&
    // OpenShift's DeploymentConfig writes its revision into `deployment`; elsewhere people name their workload with it.
    !(key === 'deployment' && Object.hasOwn(labels, 'deploymentconfig'));
  return Object.fromEntries(
    Object.entries(labels)
      .filter(([key]) => isLasting(key))
      .toSorted(byKey),
  );
}

/** As `lastingLabels`, and also without those that change with every release: `app.kubernetes.io/version`, `helm.sh/chart`. */
export function releaseFreeLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(lastingLabels(labels)).filter(([key]) => !OF_ONE_RELEASE.has(key)));
}

/**
 * Lists selectors for the pod's workload, the plainest first, each later one naming fewer pods: its controller's own
 * selector, its labels, all of its labels, and each of these narrowed by the podSelector of a policy in `denies` (whose
 * pods are isolated already, so that nobody new can be). Every choice selects the pod. Empty: it has no label to go by.
 */
export function subjectChoices(
  pod: PodIdentity,
  objects: readonly KubernetesObject[],
  denies: readonly KubernetesObject[],
): readonly SubjectChoice[] {
  const controller = controllerOf(pod, objects);
  const plain: SubjectChoice[] = [];
  const controllerLabels =
    controller === null ? {} : lastingLabels(textsAt(controller, 'spec', 'selector', 'matchLabels'));
  if (controller !== null && Object.entries(controllerLabels).every(([key, value]) => pod.labels[key] === value)) {
    plain.push(choice(controllerLabels, `the selector of ${controller.kind} ${String(controller.metadata.name)}`));
  }
  plain.push(
    choice(releaseFreeLabels(pod.labels), "the workload's labels"),
    choice(lastingLabels(pod.labels), "all of the workload's labels"),
  );
  const named = distinct(plain.filter(each => Object.keys(each.selector.matchLabels).length > 0));
  const narrowed = named.flatMap(each => denies.map(deny => narrowedBy(each, deny)));
  return distinct([...named, ...narrowed]);
}

/** The controller that made the pod, topmost of those that were collected (ReplicaSet, then its Deployment); null: none was. */
function controllerOf(pod: PodIdentity, objects: readonly KubernetesObject[]): KubernetesObject | null {
  const find = (kind: string, name: string) =>
    objects.find(
      each =>
        each.kind === kind &&
        textAt(each, 'metadata', 'namespace') === pod.namespace &&
        textAt(each, 'metadata', 'name') === name,
    ) ?? null;
  let current = find('Pod', pod.name);
  let found: KubernetesObject | null = null;
  // A Pod, its ReplicaSet, its Deployment, and one more that an operator may put above: owners never form a longer chain.
  for (let depth = 0; depth < 4 && current !== null; depth++) {
    const reference = listAt(current, 'metadata', 'ownerReferences').find(
      each => memberOf(each, 'controller') === true,
    );
    current = find(textAt(reference, 'kind') ?? '', textAt(reference, 'name') ?? '');
    if (current !== null && memberOf(current, 'spec', 'selector', 'matchLabels') !== undefined) found = current;
  }
  return found;
}

/** The selector as it stands in a manifest: empty parts are left out, and `{}` selects every pod. */
export function selectorManifest(selector: LabelSelector): Readonly<Record<string, unknown>> {
  return {
    ...(Object.keys(selector.matchLabels).length > 0 && { matchLabels: selector.matchLabels }),
    ...(selector.matchExpressions.length > 0 && { matchExpressions: selector.matchExpressions }),
  };
}

function narrowedBy(plain: SubjectChoice, deny: KubernetesObject): SubjectChoice {
  const labels = { ...plain.selector.matchLabels, ...textsAt(deny, 'spec', 'podSelector', 'matchLabels') };
  return {
    selector: {
      matchLabels: Object.fromEntries(Object.entries(labels).toSorted(byKey)),
      matchExpressions: listAt(deny, 'spec', 'podSelector', 'matchExpressions').filter(isRecord),
    },
    from: `${plain.from} and the podSelector of ${objectName(deny)}`,
  };
}

function choice(matchLabels: Readonly<Record<string, string>>, from: string): SubjectChoice {
  return { selector: { matchLabels, matchExpressions: [] }, from };
}

function distinct(choices: readonly SubjectChoice[]): readonly SubjectChoice[] {
  const seen = new Set<string>();
  return choices.filter(each => {
    const key = JSON.stringify(each.selector);
    return seen.has(key) ? false : seen.add(key);
  });
}

/** Keys of one object are never equal. */
function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}
