/** Compares classes of flows before and after a change: which ports of this pair of classes open, and which shut. */
import type { ClusterPod, ClusterState, Flow, FlowEnd } from '../policy/model.ts';
import { sourceEnd } from '../policy/translate.ts';
import { type PortClass, portClasses } from './flow-classes.ts';
import { type Decisions, effectOf, flowOf, joinDecisions, judgeFlow, type SideRules } from './flow-judge.ts';
import type { PortSpan } from './flow-sets.ts';

/** The ports whose decision changed, by direction of the change. */
export type ChangedPorts = { readonly allowed: readonly PortSpan[]; readonly denied: readonly PortSpan[] };

/** No port whose decision differs. */
export const NO_CHANGE: ChangedPorts = { allowed: [], denied: [] };

/** Reports whether two classes changed alike, so that one range may hold both. */
export function isSameChange(a: ChangedPorts, b: ChangedPorts): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** A flow between a pod and something that no policy selects: one side decides. */
export function compareOneSide(rules: SideRules, peer: FlowEnd, cluster: ClusterState): ChangedPorts {
  return changedPorts(portClasses(rules.terms, cluster), ports =>
    judgeFlow(rules, oneSidedFlow(rules, peer, ports), peer, cluster),
  );
}

/** What one side alone makes of flows between two pods. */
export function compareOwnSide(
  rules: SideRules,
  source: ClusterPod,
  destination: FlowEnd,
  cluster: ClusterState,
): ChangedPorts {
  return changedPorts(portClasses(rules.terms, cluster), decideOn(rules, source, destination, cluster));
}

/** A flow between two pods: both sides decide. */
export function compareTwoSides(
  egress: SideRules,
  ingress: SideRules,
  destination: FlowEnd,
  cluster: ClusterState,
): ChangedPorts {
  const onEgress = decideOn(egress, egress.pod, destination, cluster);
  const onIngress = decideOn(ingress, egress.pod, destination, cluster);
  const both = portClasses([...egress.terms, ...ingress.terms], cluster);
  return changedPorts(both, ports => joinDecisions(onEgress(ports), onIngress(ports)));
}

function decideOn(
  rules: SideRules,
  source: ClusterPod,
  destination: FlowEnd,
  cluster: ClusterState,
): (ports: PortClass) => Decisions {
  return ports => {
    const flow = flowOf(source, destination, ports);
    return judgeFlow(rules, flow, rules.side === 'egress' ? destination : sourceEnd(flow, cluster), cluster);
  };
}

function changedPorts(classes: readonly PortClass[], decide: (ports: PortClass) => Decisions): ChangedPorts {
  const allowed: PortSpan[] = [];
  const denied: PortSpan[] = [];
  for (const ports of classes) {
    const effect = effectOf(decide(ports));
    if (effect === 'newly-allowed') allowed.push(ports.span);
    if (effect === 'newly-denied') denied.push(ports.span);
  }
  return { allowed, denied };
}

function oneSidedFlow(rules: SideRules, peer: FlowEnd, ports: PortClass): Flow {
  if (rules.side === 'egress') return flowOf(rules.pod, peer, ports);
  const [address = null] = rules.pod.addresses;
  const destination: FlowEnd = { address, family: peer.family, value: 0n, pod: rules.pod, node: null, names: [] };
  return flowOf(outsider(rules.pod, peer), destination, ports);
}

/** A flow needs a source pod; on ingress the rules look at the peer alone, and this one has nothing that a rule could select. */
function outsider(pod: ClusterPod, peer: FlowEnd): ClusterPod {
  const addresses = peer.address === null ? [] : [peer.address];
  return {
    ...pod,
    namespace: '',
    name: '',
    labels: {},
    serviceAccount: '',
    node: null,
    addresses,
    ports: [],
    annotations: {},
  };
}
