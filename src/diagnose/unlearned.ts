/** Whether a rule by name would let the pod through, had its engine learned the address: Cilium's toFQDNs. */
import type { FlowPrediction } from '../model.ts';
import { predictFlows } from '../policy/evaluate.ts';
import { learnedNames } from '../policy/learned-names.ts';
import type { ClusterState, RuleBook } from '../policy/model.ts';
import type { UnlearnedName } from './facts.ts';
import type { PurposedRequest } from './flows.ts';

/**
 * Judges the flows to the destination (or the pod's proxy) that are not allowed once more as if every name had been
 * learned. null: none of them would then be allowed, or no address of them has a name.
 */
export function findUnlearned(
  requests: readonly PurposedRequest[],
  flows: readonly FlowPrediction[],
  { book, cluster }: { readonly book: RuleBook; readonly cluster: ClusterState },
): UnlearnedName | null {
  for (const { purpose, request } of requests) {
    const pod = cluster.pods.get(request.from);
    if (pod === undefined || (purpose !== 'destination' && purpose !== 'proxy')) continue;
    for (const supposed of predictFlows(book, cluster, request, purpose, 'all-learned')) {
      const found = flows.find(
        flow => flow.purpose === purpose && flow.to === supposed.to && flow.port === supposed.port,
      );
      const [policy] = supposed.by;
      if (found === undefined || found.decision === 'allow' || supposed.decision !== 'allow' || policy === undefined)
        continue;
      const name = nameOf(supposed.address, cluster);
      if (name !== null) return { policy, name, why: learnedNames(book, cluster, pod)(name).why };
    }
  }
  return null;
}

/** A name that the pod knows the address by. */
function nameOf(address: string | null, cluster: ClusterState): string | null {
  if (address === null) return null;
  for (const [name, addresses] of cluster.dns) if (addresses.includes(address)) return name;
  return null;
}
