/** The rule by which a pod's own node reaches it, whatever policies say. */
import type { Rule } from './model.ts';

/**
 * For engines that never police what a node sends to its own pods (kubelet's probes among it), as Cilium
 * (https://docs.cilium.io/en/stable/security/policy/intro/#policy-rules) and Calico; `index`: its place among the rules.
 */
export function ownNodeRule(index: number): Rule {
  const why = 'the own node always reaches its pods with this engine';
  const fields = [
    { name: 'from', negated: false, anyOf: [{ kind: 'own-node' as const, answer: 'yes' as const, why }] },
  ];
  return { index, name: 'implied', action: 'accept', fields, notes: [], implied: true };
}
