/**
 * Cuts all ports and all addresses into classes that no rule can tell apart: two members of a class are matched by the
 * same terms, so one of them stands for all. Cuts come from the rules themselves, so nothing is sampled or missed.
 */
import type { Protocol } from '../model.ts';
import type { ClusterState, Term } from '../policy/model.ts';
import { cutAtEnds, type Interval } from './address-sets.ts';
import type { PortSpan } from './flow-sets.ts';

const LAST_PORT = 65_535;
/** Echo request of each family: the ICMP type that stands for those that no rule names (`ping`). */
const OTHER_ICMP_TYPES: readonly number[] = [8, 128, 253];

/** A class of ports; `port` and `icmpType` are those of the member that stands for it. */
export type PortClass = { readonly span: PortSpan; readonly port: number | null; readonly icmpType: number | null };

/** Every port of every protocol, cut wherever one of `terms` begins or ends. Port names count with every number they have in the cluster. */
export function portClasses(terms: readonly Term[], cluster: ClusterState): readonly PortClass[] {
  const withPorts = (['TCP', 'UDP', 'SCTP'] as const).flatMap(protocol =>
    spansOf(protocol, startsOf(protocol, terms, cluster)),
  );
  return [...withPorts, ...icmpClasses(terms)];
}

function startsOf(protocol: Protocol, terms: readonly Term[], cluster: ClusterState): readonly number[] {
  const fits = (of: string) => of === 'any' || of === protocol;
  const starts = new Set([1]);
  for (const term of terms) {
    if ((term.kind === 'ports' || term.kind === 'left-to-engine') && fits(term.protocol))
      starts.add(term.first).add(term.last + 1);
    if (term.kind === 'named-port' && fits(term.protocol)) {
      for (const port of numbersOf(term.name, cluster)) starts.add(port).add(port + 1);
    }
    if (term.kind === 'service-backends') {
      for (const port of backendPorts(term, protocol, cluster)) starts.add(port).add(port + 1);
    }
  }
  return [...starts].filter(start => start >= 1 && start <= LAST_PORT).toSorted((a, b) => a - b);
}

/** The ports of a Service's endpoints. */
function backendPorts(
  { namespace, name }: Extract<Term, { kind: 'service-backends' }>,
  protocol: Protocol,
  cluster: ClusterState,
): readonly number[] {
  const endpoints = cluster.services.get(`${namespace}/${name}`)?.endpoints ?? [];
  return endpoints.flatMap(({ ports }) => ports.filter(port => port.protocol === protocol).map(port => port.port));
}

function spansOf(protocol: Protocol, starts: readonly number[]): readonly PortClass[] {
  return starts.map((first, index) => {
    const last = (starts[index + 1] ?? LAST_PORT + 1) - 1;
    return { span: { protocol, first, last, icmpType: null }, port: first, icmpType: null };
  });
}

const numbersByCluster = new WeakMap<ClusterState, ReadonlyMap<string, readonly number[]>>();

/** The numbers that pods of the cluster give to a port name. */
function numbersOf(name: string, cluster: ClusterState): readonly number[] {
  const known = numbersByCluster.get(cluster) ?? portNames(cluster);
  numbersByCluster.set(cluster, known);
  return known.get(name) ?? [];
}

function portNames(cluster: ClusterState): ReadonlyMap<string, readonly number[]> {
  const ports = [...cluster.pods.values()].flatMap(pod => pod.ports);
  const byName = Map.groupBy(ports, port => port.name);
  return new Map([...byName].map(([name, named]) => [name, [...new Set(named.map(each => each.port))]]));
}

/** One class for each type that a rule names, one for all the others; a single class when no rule names any. */
function icmpClasses(terms: readonly Term[]): readonly PortClass[] {
  const named = new Set(terms.flatMap(term => (term.kind === 'icmp' && term.type !== null ? [term.type] : [])));
  const other = OTHER_ICMP_TYPES.find(type => !named.has(type)) ?? OTHER_ICMP_TYPES[0] ?? 0;
  const rest = named.size === 0 ? 'every' : 'others';
  return [
    { span: { protocol: 'ICMP', first: 0, last: 0, icmpType: rest }, port: null, icmpType: other },
    ...[...named].map(type => ({
      span: { protocol: 'ICMP' as const, first: 0, last: 0, icmpType: type },
      port: null,
      icmpType: type,
    })),
  ];
}

/** A class of addresses; `value` stands for it, null when each of its addresses is one of `taken`. */
export type AddressClass = { readonly interval: Interval; readonly value: bigint | null };

/**
 * Every address of the family, cut wherever a block or an exception of `terms` begins or ends. `taken` are addresses that
 * rules may know by more than their number (pods, nodes, names): they never stand for a class and are judged one by one.
 */
export function addressClasses(
  family: 4 | 6,
  terms: readonly Term[],
  taken: ReadonlySet<bigint>,
): readonly AddressClass[] {
  const ranges = terms.flatMap(term => (term.kind === 'ipBlock' ? [term.range, ...term.except] : []));
  return cutAtEnds(family, ranges).map(interval => ({ interval, value: plainAddress(interval, taken) }));
}

function plainAddress(interval: Interval, taken: ReadonlySet<bigint>): bigint | null {
  // At most as many steps as there are taken addresses.
  for (let value = interval.first; value <= interval.last; value++) if (!taken.has(value)) return value;
  return null;
}
