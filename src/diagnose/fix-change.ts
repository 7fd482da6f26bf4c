/**
 * What a change of the rules opens and shuts, exactly: not "of some flows that were tried" but of all pods, addresses
 * and ports, cut into classes that no rule tells apart, one of each class evaluated before and after.
 */
import type { FlowSet } from '../model.ts';
import type { ClusterState, Policy, RuleBook, Tier } from '../policy/model.ts';
import { podName } from '../policy/packet.ts';
import type { Interval } from './address-sets.ts';
import { type ChangedPorts, compareTwoSides, isSameChange, NO_CHANGE } from './flow-compare.ts';
import { isTouched, podEnd, rulesFor, type Side, type SideRules } from './flow-judge.ts';
import { outsideChanges, outsideFacts } from './flow-outside.ts';
import { type PodClass, podClasses } from './flow-pods.ts';
import { type FlowEndpoint, type FlowFact, flowSetsOf } from './flow-sets.ts';

/**
 * `unknown` lies between deny and allow: what may be open now is newly allowed, what may be shut now is newly denied.
 * The sources of a set are pods; where an ingress rule shuts or opens something outside, `pods` holds its address range.
 */
export type Change = { readonly newlyAllowed: readonly FlowSet[]; readonly newlyDenied: readonly FlowSet[] };

type Books = { readonly before: RuleBook; readonly after: RuleBook };
type Facts = { readonly allowed: FlowFact[]; readonly denied: FlowFact[] };

type World = {
  readonly cluster: ClusterState;
  readonly classes: readonly PodClass[];
  readonly rules: (pod: PodClass, side: Side) => SideRules;
  readonly touched: Readonly<Record<Side, ReadonlySet<PodClass>>>;
};

/**
 * Computes every flow whose decision differs between two books of rules over the same cluster. Addresses are those that
 * packets carry: a Service counts as the endpoints behind it. A pod's traffic to itself never changes, and its
 * own address is not cut out of a range that it lies in.
 */
export function computeChange(before: RuleBook, after: RuleBook, cluster: ClusterState): Change {
  const tiers = changedTiers(before, after);
  if (tiers.length === 0) return { newlyAllowed: [], newlyDenied: [] };
  const world = worldOf({ before, after }, tiers, cluster);
  const facts: Facts = { allowed: [], denied: [] };
  for (const source of world.touched.egress) {
    const pairs = world.classes.map(destination => pairOf(source, destination, world));
    for (const pair of pairs) addPair(pair, facts);
    addOutside(source, 'egress', pairs, world, facts);
  }
  for (const destination of world.touched.ingress) {
    const pairs = world.classes.map(source => pairOf(source, destination, world));
    // The others have been told from their source's side.
    for (const pair of pairs) if (!world.touched.egress.has(pair.source)) addPair(pair, facts);
    addOutside(destination, 'ingress', pairs, world, facts);
  }
  return { newlyAllowed: flowSetsOf(facts.allowed), newlyDenied: flowSetsOf(facts.denied) };
}

// ---------------------------------------------------------------- who can be touched

/** Policies that are in one book only, or not the same in both: whom they select is whom the change can touch. */
function changedTiers(before: RuleBook, after: RuleBook): readonly Tier[] {
  const [old, current] = [textsByPolicy(before), textsByPolicy(after)];
  return [before, after]
    .flatMap(book =>
      book.layers.flatMap(layer =>
        layer.tiers.map(tier => ({
          ...tier,
          policies: tier.policies.filter(policy => {
            const key = policyKey(layer.name, tier.name, policy);
            return old.get(key) !== current.get(key);
          }),
        })),
      ),
    )
    .filter(tier => tier.policies.length > 0);
}

function textsByPolicy(book: RuleBook): ReadonlyMap<string, string> {
  return new Map(
    book.layers.flatMap(layer =>
      layer.tiers.flatMap(tier =>
        tier.policies.map(policy => [policyKey(layer.name, tier.name, policy), policyText(policy)] as const),
      ),
    ),
  );
}

function policyKey(layer: string, tier: string, policy: Policy): string {
  return JSON.stringify([layer, tier, policy.ref]);
}

/** Without its meta, which decides nothing. Addresses are big numbers, which JSON does not know. */
function policyText({ meta: _, ...rules }: Policy): string {
  return JSON.stringify(rules, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

function worldOf(books: Books, tiers: readonly Tier[], cluster: ClusterState): World {
  const classes = podClasses([books.before, books.after], cluster);
  const cache = { egress: new Map<PodClass, SideRules>(), ingress: new Map<PodClass, SideRules>() };
  const rules = (pod: PodClass, side: Side): SideRules => {
    const known = cache[side].get(pod) ?? rulesFor(pod.first, side, books, cluster);
    cache[side].set(pod, known);
    return known;
  };
  const touchedOn = (side: Side) => new Set(classes.filter(each => isTouched(tiers, each.first, side, cluster)));
  return { cluster, classes, rules, touched: { egress: touchedOn('egress'), ingress: touchedOn('ingress') } };
}

// ---------------------------------------------------------------- pods among themselves

/** What changes between two classes of pods. A family that one of them lacks is left out. */
type Pair = {
  readonly source: PodClass;
  readonly destination: PodClass;
  readonly changes: readonly { readonly family: 4 | 6; readonly change: ChangedPorts }[];
};

function pairOf(source: PodClass, destination: PodClass, world: World): Pair {
  const to = source === destination ? destination.pods[1] : destination.first;
  // A hostNetwork pod is its node on the wire, and a lone pod has nobody else of its class.
  if (to === undefined || to.hostNetwork) return { source, destination, changes: [] };
  const touched = { egress: world.touched.egress.has(source), ingress: world.touched.ingress.has(destination) };
  const egress = world.rules(source, 'egress');
  const ingress = { ...world.rules(destination, 'ingress'), pod: to };
  const changes = FAMILIES.flatMap(family => {
    const end = podEnd(to, family);
    if (end === null || (podEnd(source.first, family) === null && source.first.addresses.length > 0)) return [];
    return [{ family, change: compareTwoSides(egress, ingress, end, touched, world.cluster) }];
  });
  return { source, destination, changes };
}

const FAMILIES = [4, 6] as const;

function addPair({ source, destination, changes }: Pair, facts: Facts): void {
  const [first, ...others] = changes;
  if (first === undefined || changes.every(each => isSameChange(each.change, NO_CHANGE))) return;
  const isAlike = others.every(each => isSameChange(each.change, first.change));
  for (const pod of destination.pods) {
    const pods = source.pods.filter(each => each !== pod).map(podName);
    if (pods.length === 0) continue;
    // A pod that opens for one family only is told by that address.
    for (const { family, change } of isAlike ? [first] : changes) {
      const end = podEnd(pod, family);
      const interval: Interval | null = end === null ? null : { family, first: end.value, last: end.value };
      const to: FlowEndpoint =
        isAlike || interval === null ? { kind: 'pod', pod: podName(pod) } : { kind: 'addresses', interval };
      if (change.allowed.length > 0) facts.allowed.push({ pods, to, ports: change.allowed });
      if (change.denied.length > 0) facts.denied.push({ pods, to, ports: change.denied });
    }
  }
}

// ---------------------------------------------------------------- everything else

function addOutside(subject: PodClass, side: Side, pairs: readonly Pair[], world: World, facts: Facts): void {
  const points = pairs.flatMap(pair =>
    (side === 'egress' ? pair.destination : pair.source).pods.flatMap(pod =>
      pair.changes.flatMap(({ family, change }) => {
        const end = podEnd(pod, family);
        return end === null ? [] : [{ family, value: end.value, change }];
      }),
    ),
  );
  for (const each of outsideChanges(subject, world.rules(subject, side), points, world.cluster)) {
    facts.allowed.push(...outsideFacts(each, side, each.change.allowed));
    facts.denied.push(...outsideFacts(each, side, each.change.denied));
  }
}
