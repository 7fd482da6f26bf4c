/** Pods by labels: the peer of a rule, and the subject of a policy. */
import { underSetting } from './cilium-identity.ts';
import { ciliumEndLabels, namespaceLabels, podLabels } from './label-view.ts';
import { isApiServer } from './match-entity.ts';
import type { ClusterPod, ClusterState, Expression, Match, NamespaceScope, PeerTerm, Selector } from './model.ts';
import { isOwnNode, type Packet, peerText, podName } from './packet.ts';
import { mapAtoms, matchExpression } from './selector.ts';

type PodsTerm = Extract<PeerTerm, { kind: 'pods' }>;

/**
 * Matches the peer against a pod peer: `pods app=web in namespace pay` matches pod pay/web-1 {app: web}, not shop/web-1
 * and not an address outside. A hostNetwork pod has its node's address, so a node matches through such a pod only where
 * the term says so.
 */
export function matchPods(term: PodsTerm, packet: Packet): Match {
  const { peer, cluster } = packet;
  if (peer.pod !== null) return matchPod(term, peer.pod, cluster);
  if (peer.node !== null && term.hostNetwork !== 'excluded') {
    const match = matchHostPods(term, packet);
    if (match.match !== 'no') return match;
    if (standsForNodes(term, packet))
      return {
        match: 'unknown',
        why: `${NODES_OF_OPENSHIFT} stands for what comes from nodes, and whether ${term.text} covers ${peerText(packet)} is left to the network plugin`,
      };
  }
  if (term.pods.view === 'cilium') return matchReserved(term, packet);
  return { match: 'no', why: `${peerText(packet)} is no pod of ${term.text}` };
}

const NODES_OF_OPENSHIFT = 'openshift-host-network';

/**
 * OVN-Kubernetes counts what comes from nodes as of this namespace, which has no pods
 * (https://docs.okd.io/latest/networking/network_security/network_policy/about-network-policy.html, "hostNetwork namespaces").
 */
function standsForNodes({ hostNetwork, namespaces, pods }: PodsTerm, { side, cluster }: Packet): boolean {
  if (side !== 'ingress' || hostNetwork !== 'unspecified' || !cluster.namespaces.has(NODES_OF_OPENSHIFT)) return false;
  return (
    matchNamespace(namespaces, NODES_OF_OPENSHIFT, cluster).match !== 'no' &&
    matchExpression(pods.expression, {}).match !== 'no'
  );
}

function matchPod(term: PodsTerm, pod: ClusterPod, cluster: ClusterState): Match {
  const namespace = matchNamespace(term.namespaces, pod.namespace, cluster);
  if (namespace.match === 'no')
    return { match: 'no', why: `pod ${podName(pod)} is not among ${term.text}: ${namespace.why}` };
  const labels = matchLabels(term.pods, pod, cluster);
  if (labels.match === 'no')
    return { match: 'no', why: `pod ${podName(pod)} is not among ${term.text}: it ${labels.why}` };
  if (namespace.match === 'unknown') return namespace;
  if (labels.match === 'unknown') return labels;
  return { match: 'yes', why: `pod ${podName(pod)} is among ${term.text}` };
}

function matchHostPods(term: PodsTerm, { peer, cluster }: Packet): Match {
  for (const pod of cluster.pods.values()) {
    if (!pod.hostNetwork || pod.finished || pod.node !== peer.node?.name) continue;
    const { match, why } = matchPod(term, pod, cluster);
    if (match === 'no') continue;
    const what = `hostNetwork pod ${podName(pod)} has the address of node ${peer.node.name}`;
    if (term.hostNetwork === 'included') return { match, why: `${what}: ${why}` };
    return { match: 'unknown', why: `${what}; whether ${term.text} covers it is left to the network plugin` };
  }
  return { match: 'no', why: '' };
}

/** Cilium's selectors are over identities: the world and the nodes have labels too, if few. */
function matchReserved(term: PodsTerm, packet: Packet): Match {
  if (term.namespaces.kind !== 'all') return { match: 'no', why: `${peerText(packet)} is no pod of ${term.text}` };
  const labels = ciliumEndLabels(packet.peer, { ownNode: isOwnNode(packet), apiServer: isApiServer(packet) });
  const match = matchExpression(term.pods.expression, labels);
  return {
    match: match.match,
    why:
      match.match === 'yes'
        ? `${peerText(packet)} matches ${term.text} too: it ${match.why}`
        : `${peerText(packet)} ${match.why}`,
  };
}

/** Matches a pod's labels, as the selector's view shows them. */
export function matchLabels(selector: Selector, pod: ClusterPod, cluster: ClusterState): Match {
  if (selector.view === 'kubernetes') return matchExpression(selector.expression, pod.labels);
  const written =
    selector.view === 'cilium' ? underSetting(selector.expression, cluster.identitySetting) : selector.expression;
  const expression = withoutUnlisted(written, pod, cluster);
  return matchExpression(expression, podLabels(selector.view, pod, cluster));
}

/** What is asked of a namespace or a service account that was not listed cannot be answered; its name is known all the same. */
function withoutUnlisted(expression: Expression, pod: ClusterPod, cluster: ClusterState): Expression {
  const account = `${pod.namespace}/${pod.serviceAccount}`;
  const unlisted = [
    ...(cluster.namespaces.has(pod.namespace) ? [] : NAMESPACE_KEYS),
    ...(cluster.serviceAccounts.has(account) ? [] : ACCOUNT_KEYS),
    ...(cluster.clusterName === undefined && asksForCluster(expression) ? CLUSTER_KEYS : []),
  ];
  if (unlisted.length === 0) return expression;
  return mapAtoms(expression, atom => {
    const { key } = atom;
    const found = unlisted.find(
      each => key.includes(each.mark) && !key.endsWith('metadata.name') && !key.endsWith('projectcalico.org/name'),
    );
    if (found === undefined || Object.hasOwn(pod.labels, key)) return atom;
    const whose = found.of === 'namespace' ? `namespace ${pod.namespace}` : `service account ${account}`;
    const why =
      found.of === 'cluster'
        ? "Cilium's name of the cluster is not known (cluster-name in ConfigMap cilium-config)"
        : `the labels of ${whose} are not known`;
    return { op: 'unreadable', why };
  });
}

/** Marks of the keys that are inherited, in the views of Calico and of Cilium. */
const NAMESPACE_KEYS = [
  { mark: 'pcns.', of: 'namespace' },
  { mark: 'namespace.labels.', of: 'namespace' },
] as const;
const ACCOUNT_KEYS = [{ mark: 'pcsa.', of: 'service account' }] as const;
const CLUSTER_KEY = ':io.cilium.k8s.policy.cluster';
const CLUSTER_KEYS = [{ mark: CLUSTER_KEY, of: 'cluster' }] as const;

const asking = new WeakMap<Expression, boolean>();

/** Hardly any selector asks for it, and each is asked of thousands of pods. */
function asksForCluster(expression: Expression): boolean {
  const known = asking.get(expression);
  if (known !== undefined) return known;
  const asks = keysOf(expression).some(key => key.endsWith(CLUSTER_KEY));
  asking.set(expression, asks);
  return asks;
}

/** Matches a namespace by name or labels. A namespace that was not listed has a known name, and unknown labels. */
export function matchNamespace(scope: NamespaceScope, namespace: string, cluster: ClusterState): Match {
  switch (scope.kind) {
    case 'all':
      return { match: 'yes', why: 'every namespace' };
    case 'none':
      return { match: 'no', why: scope.why };
    case 'named':
      return scope.names.includes(namespace)
        ? { match: 'yes', why: `namespace ${namespace}` }
        : { match: 'no', why: `it is in namespace ${namespace}, not ${scope.names.join(' or ')}` };
    case 'selected': {
      const { view, expression } = scope.selector;
      const labels = namespaceLabels(view, namespace, cluster);
      const match = matchExpression(expression, labels ?? NAME_LABELS[view](namespace));
      const isKnown =
        labels !== null || keysOf(expression).every(key => Object.hasOwn(NAME_LABELS[view](namespace), key));
      if (!isKnown && match.match !== 'unknown')
        return { match: 'unknown', why: `the labels of namespace ${namespace} are not known` };
      return { match: match.match, why: `namespace ${namespace} ${match.why}` };
    }
    default:
      return scope satisfies never;
  }
}

/**
 * Matches pods of the subject's own namespace; with label keys, those of every namespace that has each of them with the
 * subject's value ("Namespaces must have all the label keys").
 */
export function matchSameNamespace(labels: readonly string[] | null, { subject, peer, cluster }: Packet): Match {
  if (peer.pod === null) return { match: 'no', why: 'it is no pod' };
  const [own, other] = [subject.namespace, peer.pod.namespace];
  const text = `namespace ${other}`;
  if (labels === null)
    return other === own
      ? { match: 'yes', why: `${text} is the same` }
      : { match: 'no', why: `${text} is not namespace ${own}` };
  const [ownLabels, otherLabels] = [cluster.namespaces.get(own), cluster.namespaces.get(other)];
  if (ownLabels === undefined || otherLabels === undefined)
    return { match: 'unknown', why: `the labels of namespaces ${own} and ${other} are not both known` };
  const differs = labels.find(key => ownLabels[key] === undefined || ownLabels[key] !== otherLabels[key]);
  if (differs === undefined) return { match: 'yes', why: `${text} has the same ${labels.join(', ')}` };
  return { match: 'no', why: `${text} has not the same ${differs} as ${own}` };
}

/** The labels that every namespace has by its name alone. */
const NAME_LABELS = {
  kubernetes: (name: string): Readonly<Record<string, string>> => ({ 'kubernetes.io/metadata.name': name }),
  calico: (name: string): Readonly<Record<string, string>> => ({
    'projectcalico.org/name': name,
    'kubernetes.io/metadata.name': name,
  }),
  cilium: (name: string): Readonly<Record<string, string>> => ({
    'k8s:io.kubernetes.pod.namespace': name,
    'any:io.kubernetes.pod.namespace': name,
  }),
};

/** Every label key that an expression asks for. */
export function keysOf(expression: Expression): readonly string[] {
  switch (expression.op) {
    case 'true':
    case 'unreadable':
      return [];
    case 'all':
    case 'any':
      return expression.of.flatMap(keysOf);
    case 'not':
      return keysOf(expression.of);
    case 'has':
    case 'in':
    case 'text':
      return [expression.key];
    default:
      return expression satisfies never;
  }
}
