/** Whether a rule by name would let the pod through, had its engine learned the address: Cilium's toFQDNs. */
import type { FlowPrediction, Observation } from '../model.ts';
import { predictFlows } from '../policy/evaluate.ts';
import { learnedNames } from '../policy/learned-names.ts';
import type { ClusterState, RuleBook } from '../policy/model.ts';
import type { UnlearnedName } from './facts.ts';
import type { PurposedRequest } from './flows.ts';

type Rules = { readonly book: RuleBook; readonly cluster: ClusterState };

/** What the probes saw, and whether a sidecar of the pod accepts connections for the host. */
export type Seen = { readonly observations: readonly Observation[]; readonly hasSidecar: boolean };

/** The flows of a question as the rules judge them, and the rule by name that lacks its lookup; null: none does. */
export type JudgedFlows = { readonly flows: readonly FlowPrediction[]; readonly unlearned: UnlearnedName | null };

/**
 * Judges the flows. What other lookups taught the node's Cilium before is known to nobody, so a name counts as learned
 * where the pod's own lookup teaches it, or where its connection to an address of the name came about: that shows it.
 */
export function judgeByName(requests: readonly PurposedRequest[], seen: Seen, rules: Rules): JudgedFlows {
  const { book, cluster } = rules;
  const flows = requests.flatMap(({ purpose, request }) => predictFlows(book, cluster, request, purpose));
  const unlearned = findUnlearned(requests, flows, rules);
  if (unlearned === null || !cameAbout(unlearned.name, seen, cluster)) return { flows, unlearned };
  const assumption = `Cilium has learned ${unlearned.name} from an earlier lookup on the node, as the connection of the pod shows`;
  const shown = requests.flatMap(({ purpose, request }) =>
    isOfConnection(purpose)
      ? predictFlows(book, cluster, request, purpose, 'all-learned').map(flow => ({
          ...flow,
          assumptions: [...flow.assumptions, assumption],
        }))
      : predictFlows(book, cluster, request, purpose),
  );
  return { flows: shown, unlearned: null };
}

function isOfConnection(purpose: PurposedRequest['purpose']): boolean {
  return purpose === 'destination' || purpose === 'proxy';
}

/** Whether a packet of the pod to an address of the name was answered, be it by a reset. With a sidecar only TLS tells. */
function cameAbout(name: string, { observations, hasSidecar }: Seen, cluster: ClusterState): boolean {
  const addresses = cluster.dns.get(name) ?? [];
  return observations.some(
    ({ vantage, layer, address, outcome, sibling }) =>
      vantage === 'pod' &&
      sibling === undefined &&
      address !== undefined &&
      addresses.includes(address) &&
      ((layer === 'tls' && outcome.kind === 'connected') ||
        (layer === 'tcp' && !hasSidecar && (outcome.kind === 'connected' || outcome.kind === 'refused'))),
  );
}

/**
 * Judges the flows to the destination (or the pod's proxy) that are not allowed once more as if every name had been
 * learned. null: none of them would then be allowed, or no address of them has a name.
 */
function findUnlearned(
  requests: readonly PurposedRequest[],
  flows: readonly FlowPrediction[],
  { book, cluster }: Rules,
): UnlearnedName | null {
  for (const { purpose, request } of requests) {
    const pod = cluster.pods.get(request.from);
    if (pod === undefined || !isOfConnection(purpose)) continue;
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
