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
 * learned. null: none of them would then be allowed, or they have no name.
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
      const policy = found === undefined ? null : openedBy(found, supposed);
      const name = nameOf(supposed.address, request, cluster);
      if (policy !== null && name !== null) return { policy, name, why: learnedNames(book, cluster, pod)(name).why };
    }
  }
  return null;
}

/**
 * The policy that would open the flow. Where nobody could resolve the name, what opens it for whatever address it has is as
 * near to allowed as a flow without an address comes. null: none would, or the flow is allowed as it is.
 */
function openedBy(found: FlowPrediction, supposed: FlowPrediction): string | null {
  if (found.decision === 'allow') return null;
  if (supposed.decision === 'allow') return supposed.by[0] ?? null;
  if (supposed.address !== null || found.decision !== 'deny' || supposed.decision !== 'unknown') return null;
  const accepts = ({ trace }: FlowPrediction) =>
    trace.filter(({ effect }) => effect === 'accept').map(({ policy }) => policy);
  const before = new Set(accepts(found));
  return accepts(supposed).find(policy => !before.has(policy)) ?? null;
}

/** The name that was asked; else one that the pod knows the address by. */
function nameOf(address: string | null, { to }: PurposedRequest['request'], cluster: ClusterState): string | null {
  if (address === null) return to.kind === 'name' ? to.name : null;
  for (const [name, addresses] of cluster.dns) if (addresses.includes(address)) return name;
  return null;
}
