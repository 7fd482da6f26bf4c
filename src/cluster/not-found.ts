/** The faults of a pod that is not where it was looked for: what is there instead, and how to ask for it. Pure. */
import type { Fault } from '../faults.ts';
import type { OwnerKind } from '../model.ts';
import type { JsonRecord } from './json.ts';
import { nearestNames } from './near-names.ts';
import { controllerOf, namespaceOf, podName } from './target-pick.ts';

const SHORT: Readonly<Record<OwnerKind, string>> = {
  Deployment: 'deploy',
  StatefulSet: 'sts',
  DaemonSet: 'ds',
  ReplicaSet: 'rs',
  Job: 'job',
  CronJob: 'cronjob',
};
/** A line of namespaces is cut here: the point is that there are several. */
const MOST_NAMESPACES = 8;

/** No pod of this name in `namespace`; `everywhere`: the metadata of all pods, null when they may not be listed. */
export function noSuchPod(name: string, namespace: string, everywhere: readonly JsonRecord[] | null): Fault {
  const what = `There is no pod ${name} in namespace ${namespace}.`;
  if (everywhere === null) return { code: 'not-found', what, cause: LISTS_REFUSED, remedy: NAME_THE_NAMESPACE };
  const elsewhere = namespacesOf(everywhere.filter(pod => podName(pod) === name));
  if (elsewhere.length > 0)
    return {
      code: 'not-found',
      what,
      cause: `It is in ${listed(elsewhere)}.`,
      remedy: `Ask for ${elsewhere[0]}/${name}.`,
    };
  const workload = everywhere.find(pod => namespaceOf(pod) === namespace && workloadName(pod) === name);
  const near = nearestPods(name, namespace, everywhere);
  const cause =
    near.length === 0 ? 'No pod of the cluster has a name like it.' : `The nearest names are ${near.join(', ')}.`;
  if (workload !== undefined)
    return {
      code: 'not-found',
      what,
      cause,
      remedy: `${name} is a workload: ask for deploy/${name}, sts/${name} or ds/${name}.`,
    };
  const [best] = near;
  return {
    code: 'not-found',
    what,
    cause,
    remedy: best === undefined ? '`kubectl get pods -A` lists all.' : `Ask for ${best}, if that is meant.`,
  };
}

const LISTS_REFUSED = 'Whether it is elsewhere cannot be told: this identity may not list pods of all namespaces.';
const NAME_THE_NAMESPACE = 'Name its namespace with -n.';

/** Those of the namespace first: a name there is more likely meant than one as near elsewhere. */
function nearestPods(name: string, namespace: string, everywhere: readonly JsonRecord[]): readonly string[] {
  const own = nearestNames(
    name,
    everywhere.filter(pod => namespaceOf(pod) === namespace),
    podName,
  );
  const others = nearestNames(
    name,
    everywhere.filter(pod => namespaceOf(pod) !== namespace),
    podName,
  );
  return [...own, ...others].slice(0, 3).map(pod => `${namespaceOf(pod)}/${podName(pod)}`);
}

/** The workload's name within that of its controller: a ReplicaSet's ends with a hash. */
function workloadName(pod: JsonRecord): string | null {
  const controller = controllerOf(pod);
  if (controller === null) return null;
  return controller.kind === 'ReplicaSet' ? controller.name.replace(/-[a-z0-9]+$/, '') : controller.name;
}

/** No workload of this kind and name; `everywhere`: the metadata of all of its kind. */
export function noSuchOwner(
  kind: OwnerKind,
  name: string,
  namespace: string,
  everywhere: readonly JsonRecord[] | null,
): Fault {
  const what = `There is no ${kind} ${name} in namespace ${namespace}.`;
  if (everywhere === null) {
    const cause = `Whether it is elsewhere cannot be told: this identity may not list ${kind}s of all namespaces.`;
    return { code: 'not-found', what, cause, remedy: NAME_THE_NAMESPACE };
  }
  const elsewhere = namespacesOf(everywhere.filter(owner => podName(owner) === name));
  if (elsewhere.length > 0) {
    return {
      code: 'not-found',
      what,
      cause: `It is in ${listed(elsewhere)}.`,
      remedy: `Ask for ${SHORT[kind]}/${name} with -n ${elsewhere[0]}.`,
    };
  }
  const near = nearestNames(name, everywhere, podName).map(owner => `${namespaceOf(owner)}/${podName(owner)}`);
  const cause =
    near.length === 0 ? `No ${kind} of the cluster has a name like it.` : `The nearest names are ${near.join(', ')}.`;
  return { code: 'not-found', what, cause, remedy: `\`kubectl get ${SHORT[kind]} -A\` lists all.` };
}

/** No pod has these labels there; `namespaces`: those that have some, null when that may not be asked. */
export function noSuchSelector(selector: string, namespace: string, namespaces: readonly string[] | null): Fault {
  const what = `No pod in namespace ${namespace} has ${selector}.`;
  if (namespaces === null) return { code: 'not-found', what, cause: LISTS_REFUSED, remedy: NAME_THE_NAMESPACE };
  if (namespaces.length === 0) {
    return {
      code: 'not-found',
      what,
      cause: 'Nor has any other of the cluster.',
      remedy: `\`kubectl get pods -n ${namespace} --show-labels\` shows what they have.`,
    };
  }
  return {
    code: 'not-found',
    what,
    cause: `Pods with it are in ${listed(namespaces.toSorted(inOrder))}.`,
    remedy: 'Name the namespace with -n.',
  };
}

/** The workload is there, and has no pod. */
export function noPodsOf(meant: string, replicas: number | null): Fault {
  return {
    code: 'not-found',
    what: `${meant} has no pods.`,
    cause: replicas === 0 ? 'It is scaled to 0.' : 'None was made yet, or its pods were refused (quota, admission).',
    remedy: replicas === 0 ? 'Scale it up, then ask again.' : `\`kubectl describe\` of it shows why; then ask again.`,
  };
}

/** The same name in several namespaces, none of which was named. */
export function ambiguousPods(meant: string, namespaces: readonly string[], text: string): Fault {
  const sorted = [...new Set(namespaces)].toSorted(inOrder);
  return {
    code: 'ambiguous',
    what: `There is more than one ${meant}.`,
    cause: `It is in ${listed(sorted)}.`,
    remedy: `Say which with -n, e.g. \`${text} -n ${sorted[0] ?? ''}\`.`,
    choices: sorted.map(namespace => ({ namespace, pod: text })),
  };
}

/** The namespace itself is not there. */
export function noSuchNamespace(namespace: string, names: readonly string[]): Fault {
  const near = nearestNames(namespace, names, name => name);
  return {
    code: 'not-found',
    what: `There is no namespace ${namespace}.`,
    cause: near.length === 0 ? 'No namespace has a name like it.' : `The nearest names are ${near.join(', ')}.`,
    remedy: '`kubectl get namespaces` lists all.',
  };
}

/** A name that no object can have is never sent to the API server. */
export function invalidName(name: string): Fault {
  return {
    code: 'usage',
    what: `${JSON.stringify(name)} is not a name that a Kubernetes object can have.`,
    cause: 'Names are lower-case letters, digits, - and ., and begin and end with a letter or digit.',
    remedy: 'Write POD, NAMESPACE/POD, deploy/NAME or a label selector such as app=billing.',
  };
}

function namespacesOf(objects: readonly JsonRecord[]): readonly string[] {
  return [...new Set(objects.map(namespaceOf))].toSorted(inOrder);
}

function listed(namespaces: readonly string[]): string {
  const shown = namespaces.slice(0, MOST_NAMESPACES).join(', ');
  const rest = namespaces.length - MOST_NAMESPACES;
  return `${namespaces.length === 1 ? 'namespace' : 'namespaces'} ${shown}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function inOrder(a: string, b: string): number {
  return a < b ? -1 : 1;
}
