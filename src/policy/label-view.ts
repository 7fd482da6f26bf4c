/**
 * Labels as each engine sees them. Kubernetes selects by an object's own labels; Calico adds labels of its own and
 * copies the namespace's and the service account's; Cilium gives every key a source and labels what is no pod as well.
 */
import { keepsLabel } from './cilium-identity.ts';
import { isIdentityLabel } from './cilium-labels.ts';
import type { ClusterPod, ClusterState, FlowEnd, LabelView } from './model.ts';
import type { Labels } from './selector.ts';

/**
 * The labels of a pod through a view.
 * calico: https://docs.tigera.io/calico/latest/reference/resources/networkpolicy#selectors (`projectcalico.org/*`,
 * `pcns.KEY` of the namespace, `pcsa.KEY` of the service account).
 * cilium: `k8s:KEY`, `any:KEY` and `k8s:io.cilium.k8s.namespace.labels.KEY`
 * (https://docs.cilium.io/en/stable/internals/security-identities/).
 */
export function podLabels(view: LabelView, pod: ClusterPod, cluster: ClusterState): Labels {
  switch (view) {
    case 'kubernetes':
      return pod.labels;
    case 'calico':
      return remember(calicoCache, cluster, pod, calicoPodLabels);
    case 'cilium':
      return remember(ciliumCache, cluster, pod, ciliumPodLabels);
    default:
      return view satisfies never;
  }
}

/** The labels of a namespace through a view; null: the cluster does not list this namespace. */
export function namespaceLabels(view: LabelView, namespace: string, cluster: ClusterState): Labels | null {
  const own = cluster.namespaces.get(namespace);
  if (own === undefined) return null;
  switch (view) {
    case 'kubernetes':
      return own;
    case 'calico':
      return { ...own, 'projectcalico.org/name': namespace };
    case 'cilium':
      return withSource('k8s', {
        ...prefixed('io.cilium.k8s.namespace.labels.', own),
        'io.kubernetes.pod.namespace': namespace,
      });
    default:
      return view satisfies never;
  }
}

/**
 * Cilium's labels of an end that is no pod: `reserved:host` and the like for nodes, `reserved:world` and its ranges outside;
 * `reserved:kube-apiserver` beside them.
 */
export function ciliumEndLabels(end: FlowEnd, is: { readonly ownNode: boolean; readonly apiServer: boolean }): Labels {
  const server: Labels = is.apiServer ? { 'kube-apiserver': '' } : {};
  if (end.node !== null) return withSource('reserved', { [is.ownNode ? 'host' : 'remote-node']: '', ...server });
  return withSource('reserved', { world: '', [end.family === 4 ? 'world-ipv4' : 'world-ipv6']: '', ...server });
}

type Cache = WeakMap<ClusterState, WeakMap<ClusterPod, Labels>>;
const calicoCache: Cache = new WeakMap();
const ciliumCache: Cache = new WeakMap();

/** A pod's view never changes within one cluster state, and 2,000 policies ask for it. */
function remember(
  cache: Cache,
  cluster: ClusterState,
  pod: ClusterPod,
  make: (pod: ClusterPod, cluster: ClusterState) => Labels,
): Labels {
  const ofCluster = cache.get(cluster) ?? new WeakMap<ClusterPod, Labels>();
  cache.set(cluster, ofCluster);
  const labels = ofCluster.get(pod) ?? make(pod, cluster);
  ofCluster.set(pod, labels);
  return labels;
}

function calicoPodLabels(pod: ClusterPod, cluster: ClusterState): Labels {
  // A pod's own label hides one of the same key that it inherits.
  return {
    ...prefixed('pcns.', { ...ofNamespace(pod.namespace, cluster), 'projectcalico.org/name': pod.namespace }),
    ...prefixed('pcsa.', {
      ...cluster.serviceAccounts.get(`${pod.namespace}/${pod.serviceAccount}`),
      'projectcalico.org/name': pod.serviceAccount,
    }),
    ...pod.labels,
    'projectcalico.org/namespace': pod.namespace,
    'projectcalico.org/orchestrator': 'k8s',
    'projectcalico.org/serviceaccount': pod.serviceAccount,
  };
}

function ciliumPodLabels(pod: ClusterPod, cluster: ClusterState): Labels {
  const { identitySetting: setting } = cluster;
  // Those that a setting brings in are seen perhaps, which the selector says (cilium-identity.ts).
  const isSeen = (key: string) => isIdentityLabel(key) || (setting !== undefined && keepsLabel(key, setting) !== false);
  const own = Object.fromEntries(Object.entries(pod.labels).filter(([key]) => isSeen(key)));
  return withSource('k8s', {
    ...own,
    ...prefixed('io.cilium.k8s.namespace.labels.', ofNamespace(pod.namespace, cluster)),
    'io.kubernetes.pod.namespace': pod.namespace,
    'io.cilium.k8s.policy.cluster': cluster.clusterName ?? 'default',
    'io.cilium.k8s.policy.serviceaccount': pod.serviceAccount,
  });
}

/** Of a namespace that was not listed, the label that every namespace has. */
function ofNamespace(namespace: string, cluster: ClusterState): Labels {
  return cluster.namespaces.get(namespace) ?? { 'kubernetes.io/metadata.name': namespace };
}

function prefixed(prefix: string, labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [`${prefix}${key}`, value]));
}

/** Under the source's own name, and under `any`, which is how Cilium's selectors ask when they name no source. */
function withSource(source: string, labels: Labels): Labels {
  return { ...prefixed(`${source}:`, labels), ...prefixed('any:', labels) };
}
