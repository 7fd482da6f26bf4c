/** The captured cluster of the demo, from its bundles: which pods there are, and which questions were asked of it. Pure. */
import type { Evidence, KubernetesObject } from '../evidence.ts';
import type { Destination, PodRequest } from '../model.ts';

/** A pod of the captured cluster, in the bundle that knows it best: its own where it was asked about. */
export type CapturedPod = {
  readonly namespace: string;
  readonly name: string;
  readonly bundle: Evidence;
  /** null: it was never asked about, so only its object is known. */
  readonly isTarget: boolean;
};

/** Every pod in the namespaces that were asked about, once each, by namespace and name. */
export function capturedPods(bundles: readonly Evidence[]): readonly CapturedPod[] {
  const namespaces = new Set(bundles.map(({ target }) => target.namespace));
  const pods = new Map<string, CapturedPod>();
  for (const bundle of bundles) {
    for (const object of bundle.collected.objects.filter(({ kind }) => kind === 'Pod')) {
      const [namespace, name] = [nameIn(object, 'namespace'), nameIn(object, 'name')];
      const isTarget = bundle.target.namespace === namespace && bundle.target.pod === name;
      const known = pods.get(`${namespace}/${name}`);
      if (namespaces.has(namespace) && (known === undefined || (isTarget && !known.isTarget))) {
        pods.set(`${namespace}/${name}`, { namespace, name, bundle, isTarget });
      }
    }
  }
  return [...pods.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, pod]) => pod);
}

/** Pods that a request means: by name, by the workload that a bundle has recorded, or by equality of labels. */
export function podsMeant(pods: readonly CapturedPod[], { by, namespace }: PodRequest): readonly CapturedPod[] {
  return pods.filter(pod => {
    if (namespace !== null && pod.namespace !== namespace) return false;
    switch (by.kind) {
      case 'pod':
        return pod.name === by.name;
      case 'owner': {
        const { owner } = pod.bundle.target;
        return pod.isTarget && owner?.kind === by.ownerKind && owner.name === by.name;
      }
      case 'selector':
        return hasLabels(objectOf(pod), by.selector);
      default:
        return by satisfies never;
    }
  });
}

/** The bundle in which exactly this was asked of this pod, with probes; null: it was not. */
export function captureOf(bundles: readonly Evidence[], pod: CapturedPod, destination: Destination): Evidence | null {
  const found = bundles.find(
    ({ target, question }) =>
      target.namespace === pod.namespace && target.pod === pod.name && isSameFlow(question.destination, destination),
  );
  return found ?? null;
}

/** The pod's object as it was captured. */
export function objectOf({ namespace, name, bundle }: CapturedPod): KubernetesObject {
  const found = bundle.collected.objects.find(
    object => object.kind === 'Pod' && nameIn(object, 'namespace') === namespace && nameIn(object, 'name') === name,
  );
  if (found === undefined) throw new Error(`no object of ${namespace}/${name}`);
  return found;
}

function isSameFlow(a: Destination, b: Destination): boolean {
  return (
    JSON.stringify(a.host) === JSON.stringify(b.host) &&
    a.port === b.port &&
    a.protocol === b.protocol &&
    a.application === b.application &&
    a.path === b.path
  );
}

/** `app=billing,tier=api` and lone keys; other operators match nothing here. */
function hasLabels(object: KubernetesObject, selector: string): boolean {
  const labels = (object.metadata.labels ?? {}) as Readonly<Record<string, string>>;
  return selector.split(',').every(part => {
    const [key = '', value] = part.trim().split(/={1,2}/);
    return value === undefined ? key in labels : labels[key] === value;
  });
}

function nameIn({ metadata }: KubernetesObject, field: 'name' | 'namespace'): string {
  return String(metadata[field] ?? '');
}
