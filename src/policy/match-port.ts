/** Ports and protocols: numbers, ranges, names, ICMP, and the name that a DNS query asks. */
import type { Protocol } from '../model.ts';
import { matchesPattern } from './match-name.ts';
import type { ClusterPod, Flow, Match, PortTerm } from './model.ts';
import { type Packet, podName } from './packet.ts';

/** Matches the flow's protocol and port: 8000-8100/TCP matches 8050/TCP, not 8050/UDP and not ICMP. */
export function matchPort(term: PortTerm, packet: Packet): Match {
  const { flow } = packet;
  switch (term.kind) {
    case 'ports':
      return answer(isInRange(term, flow), term, flow);
    case 'named-port':
      return matchNamedPort(term, packet);
    case 'left-to-engine':
      return isInRange(term, flow) ? { match: 'unknown', why: term.why } : answer(false, term, flow);
    case 'protocol':
      return answer(term.protocol === 'any' || term.protocol === flow.protocol, term, flow);
    case 'icmp':
      return matchIcmp(term, flow);
    case 'dns-query':
      return matchDnsQuery(term, flow);
    case 'everything':
      return { match: 'yes', why: 'every port' };
    case 'nothing':
      return { match: 'no', why: term.why };
    case 'unreadable':
      return { match: 'unknown', why: term.why };
    default:
      return term satisfies never;
  }
}

type Range = { readonly protocol: Protocol | 'any'; readonly first: number; readonly last: number };

function isInRange(term: Range, flow: Flow): boolean {
  if (term.protocol !== 'any' && term.protocol !== flow.protocol) return false;
  // ICMP has no ports: a range of "any" protocol means those that have.
  if (flow.port === null) return term.protocol === 'ICMP';
  return term.first <= flow.port && flow.port <= term.last;
}

function answer(matches: boolean, term: PortTerm, flow: Flow): Match {
  const text = flowPortText(flow);
  return matches
    ? { match: 'yes', why: `${text} is ${portText(term)}` }
    : { match: 'no', why: `${text} is not ${portText(term)}` };
}

type NamedPort = ClusterPod['ports'][number];

/** Where a term's name is found: on the destination pod, and among all pods where those count. */
type FoundPorts = { readonly onPod: readonly NamedPort[]; readonly inCluster: readonly NamedPort[] };

/** Ports of init containers that stay count with some engines (Cilium 1.15 leaves them out), so that both readings are asked. */
function matchNamedPort(term: Extract<PortTerm, { kind: 'named-port' }>, packet: Packet): Match {
  const { flow, cluster } = packet;
  if (term.protocol !== 'any' && term.protocol !== flow.protocol) return answer(false, term, flow);
  const named = (pod: ClusterPod) =>
    pod.ports.filter(port => port.name === term.name && port.protocol === flow.protocol);
  const found: FoundPorts = {
    onPod: flow.destination.pod === null ? [] : named(flow.destination.pod),
    inCluster: term.resolved === 'each-pod' ? [] : [...cluster.pods.values()].filter(hasEndpoint).flatMap(named),
  };
  const all = resolveName(term, packet, found);
  if (![...found.onPod, ...found.inCluster].some(({ sidecar }) => sidecar === true)) return all;
  const plain = ({ sidecar }: NamedPort) => sidecar !== true;
  const withoutSidecars = resolveName(term, packet, {
    onPod: found.onPod.filter(plain),
    inCluster: found.inCluster.filter(plain),
  });
  if (all.match === withoutSidecars.match) return all;
  return {
    match: 'unknown',
    why: `whether port names of init containers that stay count is not known: ${all.why}; without them ${withoutSidecars.why}`,
  };
}

function resolveName(
  term: Extract<PortTerm, { kind: 'named-port' }>,
  packet: Packet,
  { onPod, inCluster }: FoundPorts,
): Match {
  if (term.resolved === 'each-pod') return namedOnPod(term.name, packet, onPod);
  if (term.resolved === 'cluster-wide') return namedInCluster(term.name, packet, inCluster);
  const [own, shared] = [namedOnPod(term.name, packet, onPod), namedInCluster(term.name, packet, inCluster)];
  if (own.match === shared.match) return own;
  return {
    match: 'unknown',
    why: `how this engine resolves port name "${term.name}" is not known: ${own.why}; ${shared.why}`,
  };
}

function namedOnPod(name: string, { flow }: Packet, found: readonly NamedPort[]): Match {
  const pod = flow.destination.pod;
  if (pod === null)
    return {
      match: 'no',
      why: `port name "${name}" is resolved on the destination pod, and ${flow.destination.address} is none`,
    };
  if (found.length === 0)
    return { match: 'no', why: `pod ${podName(pod)} has no ${flow.protocol} port named "${name}"` };
  const numbers = found.map(port => port.port).join(', ');
  const matches = found.some(port => port.port === flow.port);
  return {
    match: matches ? 'yes' : 'no',
    why: `"${name}" of pod ${podName(pod)} is ${numbers}${matches ? '' : `, not ${flow.port}`}`,
  };
}

function namedInCluster(name: string, { flow }: Packet, found: readonly NamedPort[]): Match {
  const numbers = new Set(found.map(({ port }) => port));
  const [number] = numbers;
  if (number === undefined) return { match: 'no', why: `no pod has a ${flow.protocol} port named "${name}"` };
  if (numbers.size > 1) {
    return {
      match: 'no',
      why: `pods of this cluster use port name "${name}" for ${[...numbers].join(' and ')}, and this engine then opens none of them`,
    };
  }
  const matches = number === flow.port;
  return {
    match: matches ? 'yes' : 'no',
    why: `"${name}" is ${number} in this cluster${matches ? '' : `, not ${flow.port}`}`,
  };
}

function hasEndpoint(pod: ClusterPod): boolean {
  return !pod.hostNetwork && !pod.finished;
}

/** Echo requests and replies have code 0: https://www.rfc-editor.org/rfc/rfc792 and rfc4443#section-4. */
const ECHOES: Readonly<Record<4 | 6, readonly number[]>> = { 4: [0, 8], 6: [128, 129] };

/** A message of its type; the code that one will have is known of echoes alone. */
function matchIcmp(term: Extract<PortTerm, { kind: 'icmp' }>, flow: Flow): Match {
  const { family, type, code } = term;
  if (flow.protocol !== 'ICMP' || (family !== null && family !== flow.destination.family))
    return answer(false, term, flow);
  if (type === null && code === null) return answer(true, term, flow);
  if (flow.icmpType === null)
    return { match: 'unknown', why: `${portText(term)} is asked for, and the type is not known` };
  if (type !== null && flow.icmpType !== type) return answer(false, term, flow);
  if (code === null) return answer(true, term, flow);
  if (ECHOES[flow.destination.family].includes(flow.icmpType)) return answer(code === 0, term, flow);
  return { match: 'unknown', why: `code ${code} of ${portText(term)} is asked for, and the code is not known` };
}

function matchDnsQuery(term: Extract<PortTerm, { kind: 'dns-query' }>, flow: Flow): Match {
  const query = flow.query?.toLowerCase().replace(/\.$/, '') ?? null;
  if (query === null) return { match: 'unknown', why: 'the name that is asked is not known' };
  const matches = term.names.includes(query) || term.patterns.some(pattern => matchesPattern(pattern, query, 'cilium'));
  return {
    match: matches ? 'yes' : 'no',
    why: `${query} is ${matches ? '' : 'not '}in [${[...term.names, ...term.patterns].join(', ')}]`,
  };
}

/** A flow's port in a sentence: `443/TCP`, `ICMP type 8`. */
export function flowPortText(flow: Pick<Flow, 'port' | 'protocol' | 'icmpType'>): string {
  if (flow.port !== null) return `${flow.port}/${flow.protocol}`;
  return flow.icmpType === null ? flow.protocol : `${flow.protocol} type ${flow.icmpType}`;
}

/** A term in a list: `80/TCP`, `8000-8100/TCP`, `http/TCP`, `any port/UDP`. */
export function portText(term: PortTerm): string {
  switch (term.kind) {
    case 'ports':
    case 'left-to-engine':
      return `${rangeText(term)}/${term.protocol}`;
    case 'named-port':
      return `${term.name}/${term.protocol}`;
    case 'protocol':
      return term.protocol;
    case 'icmp':
      return `ICMP${term.family === 6 ? 'v6' : ''}${term.type === null ? '' : ` type ${term.type}`}`;
    case 'dns-query':
      return `DNS queries for ${[...term.names, ...term.patterns].join(', ')}`;
    case 'everything':
    case 'nothing':
      return term.kind;
    case 'unreadable':
      return `unreadable (${term.why})`;
    default:
      return term satisfies never;
  }
}

function rangeText({ first, last }: Range): string {
  if (first <= 1 && last >= 65535) return 'any port';
  return first === last ? String(first) : `${first}-${last}`;
}
