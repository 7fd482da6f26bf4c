/**
 * What a change of the rules opens and shuts, exactly: not "of some flows that were tried" but of all pods, addresses
 * and ports, cut into classes that no rule tells apart, one of each class evaluated before and after.
 */
import type { FlowSet } from '../model.ts';
import type { ClusterPod, ClusterState, FlowEnd, Policy, RuleBook, Tier } from '../policy/model.ts';
import { podName } from '../policy/packet.ts';
import type { Interval } from './address-sets.ts';
import { type ChangedPorts, compareOwnSide, compareTwoSides, isSameChange, NO_CHANGE } from './flow-compare.ts';
import { isTouched, podEnd, rulesFor, type Side, type SideRules } from './flow-judge.ts';
import { outsideChanges, outsideFacts } from './flow-outside.ts';
import { classesFor, type PodClass, podClasses } from './flow-pods.ts';
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
    const pairs = pairsOf(source, 'egress', world);
    for (const pair of pairs) addPair(pair, facts);
    addOutside(source, 'egress', pairs, world, facts);
  }
  for (const destination of world.touched.ingress) {
    const pairs = pairsOf(destination, 'ingress', world);
    // A pair that is touched on both sides is told twice, and merged.
    for (const pair of pairs) addPair(pair, facts);
    addOutside(destination, 'ingress', pairs, world, facts);
  }
  return { newlyAllowed: flowSetsOf(facts.allowed), newlyDenied: flowSetsOf(facts.denied) };
}

// ---------------------------------------------------------------- who can be touched

/** Policies that are in one book only, or not the same in both: whom they select is whom the change can touch. */
function changedTiers(before: RuleBook, after: RuleBook): readonly Tier[] {
  const [old, current] = [placedPolicies(before), placedPolicies(after)];
  const isChanged = new Set(
    [...old.keys(), ...current.keys()].filter(key => decisionText(old.get(key)) !== decisionText(current.get(key))),
  );
  return [old, current].flatMap(placed =>
    [...placed].flatMap(([key, group]) =>
      isChanged.has(key) ? group.map(({ tier, policy }) => ({ ...tier, policies: [policy] })) : [],
    ),
  );
}

type Placed = { readonly tier: Tier; readonly policy: Policy };

/** One object may stand for several policies: a mesh's settings for each namespace, a list of specs for each of them. */
function placedPolicies(book: RuleBook): ReadonlyMap<string, readonly Placed[]> {
  const tiers = book.layers.flatMap(layer => layer.tiers.map(tier => ({ layer, tier })));
  const placed = tiers.flatMap(({ layer, tier }) => tier.policies.map(policy => ({ layer, tier, policy })));
  return Map.groupBy(placed, ({ layer, tier, policy }) => JSON.stringify([layer.name, tier.name, policy.ref]));
}

/** What the policies decide, as a text: their meta decides nothing. No policies give the text of none. */
function decisionText(placed: readonly Placed[] = []): string {
  const plain = placed.map(({ policy }) => ({ ...policy, meta: null }));
  return JSON.stringify(plain, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
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

/** From one class to another; `to` stands for the destination, and is another pod than the one that stands for the source. */
type Way = {
  readonly source: PodClass;
  readonly destination: PodClass;
  readonly to: ClusterPod;
  readonly ends: readonly FlowEnd[];
};

type Pair = Way & { readonly changes: readonly { readonly end: FlowEnd; readonly change: ChangedPorts }[] };

/**
 * Compares the class with every class of pods on its other end. The peers are first put into the few classes that this
 * side's own rules see: where those say the same as before, the members need no judging one by one. (What the other
 * side's rules change there is found when that side is walked.)
 */
function pairsOf(subject: PodClass, side: Side, world: World): readonly Pair[] {
  const byFirst = new Map(world.classes.map(each => [each.first, each]));
  return classesFor([...byFirst.keys()], world.rules(subject, side).terms).flatMap(coarse => {
    const ways = coarse.pods
      .flatMap(pod => byFirst.get(pod) ?? [])
      .flatMap(peer => (side === 'egress' ? wayBetween(subject, peer) : wayBetween(peer, subject)));
    const [first] = ways;
    const isQuiet = first === undefined || first.ends.every(end => isQuietOn(side, first, end, world));
    return ways.map(way => ({
      ...way,
      changes: way.ends.map(end => ({ end, change: isQuiet ? NO_CHANGE : changeOn(way, end, world) })),
    }));
  });
}

/** The destination's addresses that the source has the family for. None: a hostNetwork pod is its node on the wire, and a lone pod has nobody else of its class. */
function wayBetween(source: PodClass, destination: PodClass): readonly Way[] {
  const to = source === destination ? destination.pods[1] : destination.first;
  if (to === undefined || to.hostNetwork) return [];
  const isNumbered = source.first.addresses.length > 0;
  const ends = FAMILIES.filter(family => !isNumbered || podEnd(source.first, family) !== null).flatMap(
    family => podEnd(to, family) ?? [],
  );
  return [{ source, destination, to, ends }];
}

function isQuietOn(side: Side, way: Way, end: FlowEnd, world: World): boolean {
  const rules =
    side === 'egress' ? world.rules(way.source, side) : { ...world.rules(way.destination, side), pod: way.to };
  return isSameChange(compareOwnSide(rules, way.source.first, end, world.cluster), NO_CHANGE);
}

function changeOn({ source, destination, to }: Way, end: FlowEnd, world: World): ChangedPorts {
  return compareTwoSides(
    world.rules(source, 'egress'),
    { ...world.rules(destination, 'ingress'), pod: to },
    end,
    world.cluster,
  );
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
    for (const {
      end: { family },
      change,
    } of isAlike ? [first] : changes) {
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
      pair.changes.flatMap(({ end: { family }, change }) => {
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
