/** `ports` (v1alpha1) and `protocols` (v1alpha2) of the administrators' policies. */
import type { Protocol } from '../model.ts';
import type { PortTerm } from './model.ts';
import { isRecord, type Json, type Notebook, quoted, readProtocol } from './reading.ts';

const HIGHEST_PORT = 65_535;

/** Reads the ports of one rule; null: absent, which means every port of every protocol. */
export function readAdminPorts(
  value: unknown,
  where: string,
  kind: string,
  notebook: Notebook,
): readonly PortTerm[] | null {
  if (value === undefined || value === null) return null;
  const at = `${where}.${kind === 'ClusterNetworkPolicy' ? 'protocols' : 'ports'}`;
  if (!Array.isArray(value)) return [unreadable(`${at} is not a list`, notebook)];
  if (value.length === 0) return null;
  const read = kind === 'ClusterNetworkPolicy' ? readProtocolEntry : readPortEntry;
  return value.map((item: unknown, index) =>
    isRecord(item) ? read(item, `${at}[${index}]`, notebook) : unreadable(`${at}[${index}] is no object`, notebook),
  );
}

/** v1alpha1: one of portNumber, portRange, namedPort. The protocol is TCP where none is named. */
function readPortEntry(item: Json, where: string, notebook: Notebook): PortTerm {
  const [key, ...more] = Object.keys(item).filter(each => item[each] !== undefined && item[each] !== null);
  if (key === undefined || more.length > 0) return unreadable(`${where} names not exactly one port`, notebook);
  const entry = item[key];
  if (key === 'namedPort') return named(entry, where, notebook);
  if (!isRecord(entry) || (key !== 'portNumber' && key !== 'portRange'))
    return unreadable(`${where}: unknown field "${key}"`, notebook);
  const protocol = readProtocol(entry.protocol);
  if (protocol === null) return unreadable(`${where}: unknown protocol ${quoted(entry.protocol)}`, notebook);
  if (key === 'portNumber') return range(protocol, { start: entry.port, end: entry.port }, where, notebook);
  return range(protocol, entry, where, notebook);
}

const PROTOCOL_KEYS: Readonly<Record<string, Protocol>> = { tcp: 'TCP', udp: 'UDP', sctp: 'SCTP' };

/** v1alpha2: one of tcp, udp, sctp, destinationNamedPort. A protocol without destinationPort covers all of its ports. */
function readProtocolEntry(item: Json, where: string, notebook: Notebook): PortTerm {
  const [key, ...more] = Object.keys(item).filter(each => item[each] !== undefined && item[each] !== null);
  if (key === undefined || more.length > 0) return unreadable(`${where} names not exactly one protocol`, notebook);
  if (key === 'destinationNamedPort') return named(item[key], where, notebook);
  const protocol = PROTOCOL_KEYS[key];
  const entry = item[key];
  if (protocol === undefined || !isRecord(entry)) return unreadable(`${where}: unknown protocol "${key}"`, notebook);
  const port = entry.destinationPort;
  if (port === undefined || port === null) return { kind: 'ports', protocol, first: 1, last: HIGHEST_PORT };
  if (!isRecord(port)) return unreadable(`${where}.${key}.destinationPort is no object`, notebook);
  if (isRecord(port.range)) return range(protocol, port.range, where, notebook);
  return range(protocol, { start: port.number, end: port.number }, where, notebook);
}

/** "start must be less than end"; a reversed range matches nothing, whoever takes it. */
function range(protocol: Protocol, ends: Json, where: string, notebook: Notebook): PortTerm {
  const { start, end } = ends;
  if (!isPort(start) || !isPort(end))
    return unreadable(`${where}: port out of range: ${quoted(isPort(start) ? end : start)}`, notebook);
  if (start > end) return unreadable(`${where}: port range reversed: ${start}-${end}`, notebook);
  return { kind: 'ports', protocol, first: start, last: end };
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= HIGHEST_PORT;
}

/** Resolved on the destination pod, whatever its protocol there. */
function named(value: unknown, where: string, notebook: Notebook): PortTerm {
  if (typeof value !== 'string' || value === '')
    return unreadable(`${where}: invalid port name ${quoted(value)}`, notebook);
  return { kind: 'named-port', protocol: 'any', name: value, resolved: 'each-pod' };
}

function unreadable(why: string, notebook: Notebook): PortTerm {
  notebook.problems.push(why);
  return { kind: 'unreadable', why };
}
