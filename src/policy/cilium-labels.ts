/**
 * Which labels of a pod Cilium makes an identity of. Selectors see no others, neither its own policies' nor those of
 * Kubernetes' NetworkPolicy: one that asks for `pod-template-hash` selects nothing.
 * https://docs.cilium.io/en/stable/operations/performance/scalability/identity-relevant-labels/ (its defaults)
 */

/** Kept although a rule below would leave them out. */
const KEPT = ['io.kubernetes.pod.namespace', 'io.cilium.k8s.namespace.labels', 'app.kubernetes.io'];
const LEFT_OUT = [
  'io.kubernetes',
  'kubernetes.io',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
  'batch.kubernetes.io/job-completion-index',
  'batch.kubernetes.io/controller-uid',
  'k8s.io',
  'pod-template-generation',
  'pod-template-hash',
  'controller-revision-hash',
  'controller-uid',
  'annotation',
  'etcd_node',
];
/** Left out wherever it stands. */
const BETA = 'beta.kubernetes.io';

/** How many characters of a key the patterns match that keep it, and those that leave it out; the longer one counts. */
export type Lengths = { readonly kept: readonly number[]; readonly leftOut: readonly number[] };

/** What the patterns that Cilium has by default match of a key. */
export function matchedLengths(key: string): Lengths {
  const beginnings = (prefixes: readonly string[]) =>
    prefixes.filter(prefix => key.startsWith(prefix)).map(prefix => prefix.length);
  const beta = key.lastIndexOf(BETA);
  return { kept: beginnings(KEPT), leftOut: [...beginnings(LEFT_OUT), ...(beta < 0 ? [] : [beta + BETA.length])] };
}

/** Reports whether Cilium's default settings keep a label: `app` and `app.kubernetes.io/name`, not `pod-template-hash`. */
export function isIdentityLabel(key: string): boolean {
  const { kept, leftOut } = matchedLengths(key);
  return leftOut.length === 0 || Math.max(0, ...kept) > Math.min(...leftOut);
}
