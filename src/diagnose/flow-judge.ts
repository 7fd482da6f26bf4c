/** Judges one class of flows under two books: the rules before a change, and those after it. */
import type { Decision } from '../model.ts';
import { type Address, readAddress } from '../policy/address.ts';
import { judgeTier } from '../policy/judge-policy.ts';
import { learnedNames } from '../policy/learned-names.ts';
import type {
  ClusterNode,
  ClusterPod,
  ClusterState,
  Flow,
  FlowEnd,
  Policy,
  RuleBook,
  Term,
  Tier,
} from '../policy/model.ts';
import type { Packet } from '../policy/packet.ts';
import { judgeSide } from '../policy/side.ts';
import { termsOf } from './fix-terms.ts';
import type { PortClass } from './flow-classes.ts';

/** Which end's rules: the source's egress or the destination's ingress. */
export type Side = 'egress' | 'ingress';

/** The rules that can decide one side of one pod's flows: of 2,000 policies, the handful that selects it. */
export type SideRules = {
  readonly pod: ClusterPod;
  readonly side: Side;
  readonly before: RuleBook;
  readonly after: RuleBook;
  /** Of both books. */
  readonly terms: readonly Term[];
};

/** What the rules say of one flow without and with the fix. */
export type Decisions = { readonly before: Decision; readonly after: Decision };

/** What a change does to a flow; `unknown` lies between deny and allow. */
export type Effect = 'newly-allowed' | 'newly-denied' | 'same';

const RANK: Readonly<Record<Decision, number>> = { deny: 0, unknown: 1, allow: 2 };

/** deny to allow, deny to unknown and unknown to allow are `newly-allowed`: what may be open now counts as open. */
export function effectOf({ before, after }: Decisions): Effect {
  if (RANK[before] === RANK[after]) return 'same';
  return RANK[after] > RANK[before] ? 'newly-allowed' : 'newly-denied';
}

/** Both sides must let a flow pass: the worse answer counts. */
export function joinDecisions(a: Decisions, b: Decisions): Decisions {
  return { before: worse(a.before, b.before), after: worse(a.after, b.after) };
}

/** Cuts both books down to what selects the pod: a policy that does not select a pod never changes its answer. */
export function rulesFor(
  pod: ClusterPod,
  side: Side,
  books: { readonly before: RuleBook; readonly after: RuleBook },
  cluster: ClusterState,
): SideRules {
  const before = narrowed(books.before, pod, side, cluster);
  const after = narrowed(books.after, pod, side, cluster);
  const policies = [before, after].flatMap(book =>
    book.layers.flatMap(layer => layer.tiers.flatMap(tier => tier.policies)),
  );
  return { pod, side, before, after, terms: policies.flatMap(policy => termsOf(policy, side)) };
}

/** Reports whether one of `tiers` may select the pod and says anything of this side. */
export function isTouched(tiers: readonly Tier[], pod: ClusterPod, side: Side, cluster: ClusterState): boolean {
  return tiers.some(tier => selecting(tier, pod, side, cluster).length > 0);
}

/** Judges `flow` on the rules' side; `peer` is the end that is not the rules' pod. */
export function judgeFlow(rules: SideRules, flow: Flow, peer: FlowEnd, cluster: ClusterState): Decisions {
  const packet: Packet = { side: rules.side, subject: rules.pod, peer, flow, cluster };
  const judged = (book: RuleBook) => {
    const learned = peer.names.length === 0 ? {} : { learned: learnedNames(book, cluster, rules.pod) };
    return judgeSide(book, { ...packet, ...learned }).decision;
  };
  return { before: judged(rules.before), after: judged(rules.after) };
}

/** A flow of one class of ports. */
export function flowOf(source: ClusterPod, destination: FlowEnd, ports: PortClass): Flow {
  return {
    source,
    destination,
    port: ports.port,
    protocol: ports.span.protocol,
    icmpType: ports.icmpType,
    query: null,
    service: null,
  };
}

/** An address that no pod and no node has. */
export function plainEnd(family: 4 | 6, value: bigint, text: string, names: readonly string[]): FlowEnd {
  return { address: text, family, value, pod: null, node: null, names };
}

/** A node by one of its addresses. */
export function nodeEnd(node: ClusterNode, address: Address): FlowEnd {
  return { address: address.text, family: address.family, value: address.value, pod: null, node, names: [] };
}

/** A pod by its address of this family; null: it has none. */
export function podEnd(pod: ClusterPod, family: 4 | 6): FlowEnd | null {
  const address = addressesOf(pod).find(each => each.family === family);
  return address === undefined
    ? null
    : { address: address.text, family, value: address.value, pod, node: null, names: [] };
}

const addressesByPod = new WeakMap<ClusterPod, readonly Address[]>();

/** The pod's addresses as numbers: read once, since thousands of flows ask. */
export function addressesOf(pod: ClusterPod): readonly Address[] {
  const known =
    addressesByPod.get(pod) ??
    pod.addresses.map(readAddress).flatMap(each => (each.kind === 'address' ? [each.address] : []));
  addressesByPod.set(pod, known);
  return known;
}

function narrowed(book: RuleBook, pod: ClusterPod, side: Side, cluster: ClusterState): RuleBook {
  const layers = book.layers.map(layer => ({
    ...layer,
    tiers: layer.tiers.map(tier => ({ ...tier, policies: selecting(tier, pod, side, cluster) })),
  }));
  return { ...book, layers };
}

/** The policies that may select the pod and say anything of this side. */
export function policiesFor(book: RuleBook, pod: ClusterPod, side: Side, cluster: ClusterState): readonly Policy[] {
  return book.layers.flatMap(layer => layer.tiers.flatMap(tier => selecting(tier, pod, side, cluster)));
}

/** The network policies that shut whatever nobody allows, by selecting the pod; what another layer shuts they cannot open. */
export function isolatingPolicies(
  book: RuleBook,
  pod: ClusterPod,
  side: Side,
  cluster: ClusterState,
): readonly Policy[] {
  const layers = book.layers.filter(({ name }) => name === 'network policy');
  return policiesFor({ ...book, layers }, pod, side, cluster).filter(policy => policy.isolates[side]);
}

/** The policies of a tier that may select the pod and say anything of this side. The packet is any: selection does not look at it. */
function selecting(tier: Tier, pod: ClusterPod, side: Side, cluster: ClusterState): readonly Policy[] {
  const nowhere = plainEnd(4, 0n, '0.0.0.0', []);
  const flow: Flow = {
    source: pod,
    destination: nowhere,
    port: 1,
    protocol: 'TCP',
    icmpType: null,
    query: null,
    service: null,
  };
  return judgeTier(tier, { side, subject: pod, peer: nowhere, flow, cluster })
    .filter(judged => judged.selects.match !== 'no' && (judged.isolates || judged.policy[side] !== 'absent'))
    .map(judged => judged.policy);
}

function worse(a: Decision, b: Decision): Decision {
  return RANK[a] < RANK[b] ? a : b;
}
