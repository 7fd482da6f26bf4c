/**
 * Which labels of a pod Cilium makes an identity of. Selectors see no others, neither its own policies' nor those of
 * Kubernetes' NetworkPolicy: one that asks for `pod-template-hash` selects nothing.
 * https://docs.cilium.io/en/stable/operations/performance/scalability/identity-relevant-labels/ (its defaults)
 */
import type { Expression } from './model.ts';

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

/** Reports whether Cilium's default settings keep a label: `app` and `app.kubernetes.io/name`, not `pod-template-hash`. */
export function isIdentityLabel(key: string): boolean {
  if (KEPT.some(prefix => key.startsWith(prefix))) return true;
  return !LEFT_OUT.some(prefix => key.startsWith(prefix)) && !key.includes('beta.kubernetes.io');
}

/** An expression over a pod's labels as Cilium sees it: labels that it leaves out are never there. */
export function asIdentityLabels(expression: Expression): Expression {
  switch (expression.op) {
    case 'true':
    case 'unreadable':
      return expression;
    case 'all':
    case 'any':
      return { op: expression.op, of: expression.of.map(asIdentityLabels) };
    case 'not':
      return { op: 'not', of: asIdentityLabels(expression.of) };
    case 'has':
    case 'in':
    case 'text':
      // No label has such a key, and a trace says why.
      return isIdentityLabel(expression.key)
        ? expression
        : { ...expression, key: `${expression.key} (left out by Cilium)` };
    default:
      return expression satisfies never;
  }
}
