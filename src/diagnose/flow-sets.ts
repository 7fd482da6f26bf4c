/** Many single facts ("this pod, this destination, these ports") written as few sets of flows, and nothing lost or added. */
import type { FlowSet, Protocol } from '../model.ts';
import { compareIntervals, type Interval, intervalText, unite } from './address-sets.ts';

/** Ports of one protocol, both ends inside. ICMP has no ports: 0 to 0 and its type (`others`: those that no rule names). */
export type PortSpan = {
  readonly protocol: Protocol;
  readonly first: number;
  readonly last: number;
  readonly icmpType: number | 'every' | 'others' | null;
};

/** One end of many flows: a range of addresses, or a pod. */
export type FlowEndpoint =
  | { readonly kind: 'addresses'; readonly interval: Interval }
  /** ns/name. */
  | { readonly kind: 'pod'; readonly pod: string };

/** Every pod to the one destination on every port. */
export type FlowFact = {
  readonly pods: readonly string[];
  readonly to: FlowEndpoint;
  readonly ports: readonly PortSpan[];
};

type Grouped = { readonly pods: readonly string[]; readonly to: FlowEndpoint[]; readonly ports: readonly string[] };

/**
 * Groups facts: destinations with the same ports and pods become one set, neighbouring ranges become one range, and pods
 * with the same destinations and ports become one set. Sorted, so that the same facts in any order give the same sets.
 */
export function flowSetsOf(facts: readonly FlowFact[]): readonly FlowSet[] {
  const byPodsAndPorts = new Map<string, Grouped>();
  for (const fact of onePerPodsAndDestination(facts)) {
    const pods = fact.pods.toSorted(compareTexts);
    const ports = portTexts(fact.ports);
    const key = JSON.stringify([pods, ports]);
    const group = byPodsAndPorts.get(key) ?? { pods, to: [], ports };
    byPodsAndPorts.set(key, group);
    group.to.push(fact.to);
  }
  const byDestinations = new Map<string, FlowSet>();
  for (const group of byPodsAndPorts.values()) {
    const destinations = destinationTexts(group.to);
    const key = JSON.stringify([destinations, group.ports]);
    const pods = [...new Set([...(byDestinations.get(key)?.pods ?? []), ...group.pods])].toSorted(compareTexts);
    byDestinations.set(key, { pods, destinations, ports: group.ports });
  }
  return [...byDestinations.values()].toSorted((a, b) => compareTexts(JSON.stringify(a), JSON.stringify(b)));
}

/** A set in a sentence: `payments/billing to 203.0.113.0/24 on 443/TCP`. */
export function flowSetText(set: FlowSet): string {
  return `${set.pods.join(', ')} to ${set.destinations.join(', ')} on ${set.ports.join(', ')}`;
}

/** Port spans as text, neighbours joined: `443/TCP`, `1-65535/UDP`, `ICMP`, `ICMP type 8`. */
function portTexts(spans: readonly PortSpan[]): readonly string[] {
  const joined: PortSpan[] = [];
  for (const next of spans.toSorted(compareSpans)) {
    const open = joined.at(-1);
    if (
      open !== undefined &&
      open.protocol === next.protocol &&
      open.icmpType === next.icmpType &&
      next.first <= open.last + 1
    ) {
      joined[joined.length - 1] = { ...open, last: Math.max(open.last, next.last) };
    } else {
      joined.push(next);
    }
  }
  return joined.map(spanText);
}

function spanText(span: PortSpan): string {
  if (span.protocol === 'ICMP')
    return span.icmpType === 'every'
      ? 'ICMP'
      : `ICMP ${span.icmpType === 'others' ? 'other types' : `type ${span.icmpType}`}`;
  return span.first === span.last ? `${span.first}/${span.protocol}` : `${span.first}-${span.last}/${span.protocol}`;
}

/** The same pods and destination may come in several facts, one a port: they are told once, with all ports. */
function onePerPodsAndDestination(facts: readonly FlowFact[]): readonly FlowFact[] {
  const merged = new Map<string, FlowFact>();
  for (const fact of facts) {
    const key = JSON.stringify([fact.pods.toSorted(compareTexts), destinationKey(fact.to)]);
    merged.set(key, { ...fact, ports: [...(merged.get(key)?.ports ?? []), ...fact.ports] });
  }
  return [...merged.values()];
}

function destinationKey(to: FlowEndpoint): string {
  return to.kind === 'pod' ? `pod:${to.pod}` : `${to.interval.family} ${to.interval.first} ${to.interval.last}`;
}

function destinationTexts(destinations: readonly FlowEndpoint[]): readonly string[] {
  const ranges = unite(destinations.flatMap(each => (each.kind === 'addresses' ? [each.interval] : [])));
  const pods = destinations.flatMap(each => (each.kind === 'pod' ? [`pod:${each.pod}`] : []));
  return [...[...new Set(pods)].toSorted(compareTexts), ...ranges.toSorted(compareIntervals).map(intervalText)];
}

function compareSpans(a: PortSpan, b: PortSpan): number {
  return (
    compareTexts(a.protocol, b.protocol) || compareTexts(String(a.icmpType), String(b.icmpType)) || a.first - b.first
  );
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
