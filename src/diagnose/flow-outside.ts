/**
 * What a change does between one class of pods and everything that is no pod: nodes, addresses that a name stands for,
 * and all other addresses as ranges. Where a pod or node inside a range changes otherwise, the range is cut around it.
 */
import { formatAddress, readAddress } from '../policy/address.ts';
import type { ClusterPod, ClusterState } from '../policy/model.ts';
import { podName } from '../policy/packet.ts';
import { type Interval, intervalText, overlaps, subtract, unite } from './address-sets.ts';
import { addressClasses } from './flow-classes.ts';
import { type ChangedPorts, compareOneSide, isSameChange, NO_CHANGE } from './flow-compare.ts';
import { nodeEnd, plainEnd, podEnd, type SideRules } from './flow-judge.ts';
import type { PodClass } from './flow-pods.ts';
import type { FlowFact, PortSpan } from './flow-sets.ts';

/** One address that rules may know by more than its number, and what changes there. */
export type Point = { readonly family: 4 | 6; readonly value: bigint; readonly change: ChangedPorts };

/** What changes between these pods and this range. */
export type OutsideChange = {
  readonly pods: readonly ClusterPod[];
  readonly interval: Interval;
  readonly change: ChangedPorts;
};

/** `podPoints`: the addresses of pods, which have been compared already. */
export function outsideChanges(
  subject: PodClass,
  rules: SideRules,
  podPoints: readonly Point[],
  cluster: ClusterState,
): readonly OutsideChange[] {
  const ownFamilies = ([4, 6] as const).filter(family => podEnd(subject.first, family) !== null);
  const families = ownFamilies.length === 0 ? ([4, 6] as const) : ownFamilies;
  const changes = [
    ...nodeChanges(subject, rules, cluster),
    ...(rules.side === 'egress' ? nameChanges(subject, rules, cluster) : []),
  ].filter(each => families.some(family => family === each.interval.family));
  const points = [
    ...podPoints,
    ...changes.map(each => ({ family: each.interval.family, value: each.interval.first, change: each.change })),
  ];
  return [...changes, ...families.flatMap(family => rangeChanges(family, subject, rules, points, cluster))];
}

function rangeChanges(
  family: 4 | 6,
  subject: PodClass,
  rules: SideRules,
  points: readonly Point[],
  cluster: ClusterState,
): readonly OutsideChange[] {
  const here = points.filter(point => point.family === family);
  const taken = new Set(here.map(point => point.value));
  return addressClasses(family, rules.terms, taken).flatMap(({ interval, value }) => {
    const change =
      value === null
        ? NO_CHANGE
        : compareOneSide(rules, plainEnd(family, value, formatAddress(family, value), []), cluster);
    if (isSameChange(change, NO_CHANGE)) return [];
    const odd = here.filter(point => overlaps(pointInterval(point), interval) && !isSameChange(point.change, change));
    return subtract([interval], unite(odd.map(pointInterval))).map(piece => ({
      pods: subject.pods,
      interval: piece,
      change,
    }));
  });
}

/** A pod's own node may be another matter than the other nodes, so both kinds of pods are asked. */
function nodeChanges(subject: PodClass, rules: SideRules, cluster: ClusterState): readonly OutsideChange[] {
  return [...cluster.nodes.values()].flatMap(node => {
    const groups = [
      subject.pods.filter(pod => pod.node === node.name),
      subject.pods.filter(pod => pod.node !== node.name),
    ];
    return node.addresses.flatMap(text => {
      const reading = readAddress(text);
      if (reading.kind === 'unreadable') return [];
      return groups.flatMap(pods => {
        const [first] = pods;
        if (first === undefined) return [];
        // What a hostNetwork pod sends to its own node never leaves it.
        const isInside = first.addresses.includes(reading.address.text);
        const change = isInside
          ? NO_CHANGE
          : compareOneSide({ ...rules, pod: first }, nodeEnd(node, reading.address), cluster);
        return [{ pods, interval: pointInterval(reading.address), change }];
      });
    });
  });
}

function nameChanges(subject: PodClass, rules: SideRules, cluster: ClusterState): readonly OutsideChange[] {
  const names = new Map<string, string[]>();
  // A rule may know an address outside as an endpoint of a Service, whether or not it has a name.
  for (const { endpoints } of cluster.services.values()) for (const { address } of endpoints) names.set(address, []);
  for (const [name, answers] of cluster.dns)
    for (const answer of answers) names.set(answer, [...(names.get(answer) ?? []), name]);
  return [...names].flatMap(([text, known]) => {
    const reading = readAddress(text);
    const isElse = cluster.podsByAddress.has(text) || cluster.nodesByAddress.has(text);
    if (reading.kind === 'unreadable' || isElse) return [];
    const { family, value } = reading.address;
    return [
      {
        pods: subject.pods,
        interval: pointInterval(reading.address),
        change: compareOneSide(rules, plainEnd(family, value, text, known), cluster),
      },
    ];
  });
}

/** The change as facts: from the pods to the range on egress, from the range to the pods on ingress. */
export function outsideFacts(
  { pods, interval }: OutsideChange,
  side: SideRules['side'],
  ports: readonly PortSpan[],
): readonly FlowFact[] {
  if (ports.length === 0) return [];
  const names = pods.map(podName);
  if (side === 'egress') return [{ pods: names, to: { kind: 'addresses', interval }, ports }];
  return names.map(pod => ({ pods: [intervalText(interval)], to: { kind: 'pod', pod }, ports }));
}

function pointInterval({ family, value }: { readonly family: 4 | 6; readonly value: bigint }): Interval {
  return { family, first: value, last: value };
}
