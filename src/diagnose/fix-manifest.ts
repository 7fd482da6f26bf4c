/** What every proposed object says of itself: a name that nothing has yet, who proposed it, and what for. */
import { identityOf } from '../policy/reading.ts';
import { type Manifest, portText, type Situation, workloadText } from './fix-kind.ts';
import { nameFor } from './fix-name.ts';

/** A proposed object before its spec. */
export type Proposed = {
  readonly apiVersion: string;
  readonly kind: string;
  /** undefined: the kind is cluster-scoped. */
  readonly namespace: string | undefined;
  /** Of its name, read as a sentence: `allow`, `billing`, `to`, `api.stripe.com`. */
  readonly words: readonly string[];
  /** What the kind wants before the name: Calico's tier with a dot. */
  readonly prefix?: string;
};

/** A common annotation key: dashboards and `kubectl describe` show it. https://kubernetes.io/docs/reference/labels-annotations-taints/#description */
const DESCRIPTION = 'kubernetes.io/description';

/** Builds the object. Its name is none that an object of its kind has in the namespace: it never replaces one. */
export function proposedObject(situation: Situation, proposed: Proposed, spec: object): Manifest {
  const { apiVersion, kind, namespace, words, prefix = '' } = proposed;
  const taken = situation.objects
    .filter(each => each.kind === kind && each.metadata.namespace === namespace)
    .map(each => String(each.metadata.name))
    .map(name => (name.startsWith(prefix) ? name.slice(prefix.length) : name));
  const name = nameFor({ words, onCollision: [String(situation.port.port)] }, new Set(taken));
  return {
    apiVersion,
    kind,
    metadata: {
      name: `${prefix}${name}`,
      ...(namespace !== undefined && { namespace }),
      labels: { 'app.kubernetes.io/created-by': 'egress' },
      annotations: { [DESCRIPTION]: descriptionOf(situation) },
    },
    spec,
  };
}

/** Where the object comes from, for whoever finds it in a year. */
function descriptionOf({ target, hostText, port, deniedBy }: Situation): string {
  return `Proposed by egress: lets ${workloadText(target)} reach ${hostText} on ${portText(port)}, which ${deniedBy.join(', ')} denied.`;
}

/** `allow`, the workload, `to`, the host: the words of a policy beside the pod. */
export function allowWords({ target, hostText }: Situation): readonly string[] {
  return ['allow', target.owner?.name ?? target.pod, 'to', hostText];
}

/**
 * The version of a kind as the cluster serves it; else as used by an object that was read, also one whose kind only ends
 * so (ClusterNetworkPolicy for NetworkPolicy: a group serves both in one version). null: the cluster does not have the kind.
 */
export function servedVersion(
  { apis, objects }: Pick<Situation, 'apis' | 'objects'>,
  group: string,
  kind: string,
): string | null {
  const served = apis.find(api => api.group === group && api.kind === kind);
  const used = objects.find(each => identityOf(each)?.group === group && each.kind.endsWith(kind));
  return served?.version ?? (used === undefined ? null : String(used.apiVersion).slice(group.length + 1));
}
