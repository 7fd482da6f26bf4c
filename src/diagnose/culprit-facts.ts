/** What is known of one policy besides its decision: how many pods it selects, its age, who changed it. */
import type { Collected } from '../evidence.ts';
import { matchSubject } from '../policy/judge-policy.ts';
import type { ClusterState, Policy, RuleBook } from '../policy/model.ts';
import { referenceText } from '../policy/reading.ts';
import type { CulpritFacts } from './facts.ts';

/** Layers of the rules whose denials have a verdict of their own; all others are policies of the cluster. */
const LAYERS: Readonly<Record<string, CulpritFacts['layer']>> = { mesh: 'mesh', cloud: 'cloud' };

/** Facts of one policy, by `Kind ns/name`; unknown to the rule book: nothing but the layer `policy`. */
export function culpritFacts(name: string, book: RuleBook, cluster: ClusterState, collected: Collected): CulpritFacts {
  const found = findPolicy(name, book);
  if (found === null) return { layer: 'policy', selectsPods: null, createdAt: null, changedAt: null, managedBy: [] };
  const podsUnknown = collected.missing.some(each => each.what === 'pods');
  return {
    layer: LAYERS[found.layer] ?? 'policy',
    selectsPods: podsUnknown ? null : countSelected(found.policy, cluster),
    createdAt: found.policy.meta.createdAt,
    changedAt: found.policy.meta.changedAt,
    managedBy: found.policy.meta.managedBy,
  };
}

function findPolicy(name: string, book: RuleBook): { readonly policy: Policy; readonly layer: string } | null {
  for (const layer of book.layers) {
    for (const tier of layer.tiers) {
      const policy = tier.policies.find(each => referenceText(each.ref) === name);
      if (policy !== undefined) return { policy, layer: layer.name };
    }
  }
  return null;
}

function countSelected(policy: Policy, cluster: ClusterState): number {
  let count = 0;
  for (const pod of cluster.pods.values()) {
    if (!pod.finished && matchSubject(policy.subject, { subject: pod, cluster }).match === 'yes') count++;
  }
  return count;
}
