/** Protocols, ports and ICMP of Calico's rules: https://docs.tigera.io/calico/latest/reference/resources/networkpolicy#rule */
import type { Engine, Protocol } from '../model.ts';
import { compareVersions } from './departures.ts';
import type { Field, PortTerm } from './model.ts';
import { isRecord, type Json, type Notebook, quoted } from './reading.ts';

const HIGHEST_PORT = 65_535;

/** Protocols by number (https://www.iana.org/assignments/protocol-numbers); the others are known by their number alone. */
const NUMBERS: Readonly<Record<number, string>> = {
  1: 'ICMP',
  6: 'TCP',
  17: 'UDP',
  58: 'ICMPv6',
  132: 'SCTP',
  136: 'UDPLite',
};
const NAMES = new Set(Object.values(NUMBERS));

/** `TCP`, `47`: a protocol as one word; a text says why it is none. */
type ProtocolReading = { readonly name: string } | string;

/** A number in quotes is a number (libcalico-go's numorstring). */
function readProtocolWord(written: unknown): ProtocolReading {
  const value = typeof written === 'string' && /^\d{1,3}$/.test(written) ? Number(written) : written;
  if (typeof value === 'string') return NAMES.has(value) ? { name: value } : `unknown protocol ${quoted(value)}`;
  if (typeof value !== 'number' || !Number.isInteger(value)) return `unknown protocol ${quoted(value)}`;
  if (value < 1 || value > 255) return `protocol out of range: ${value} is not in 1-255`;
  return { name: NUMBERS[value] ?? String(value) };
}

/**
 * What a rule says of protocols. `ports` is the protocol that its port lists are of: `any` goes with names alone,
 * `unsaid` with nothing; null: none that has ports.
 */
export type ProtocolFields = { readonly fields: readonly Field[]; readonly ports: Protocol | 'any' | 'unsaid' | null };

/** "Relax validators (v3, v1, and model) to allow rules with no protocol and only named ports" (projectcalico/calico, pull request 11916). */
const NAMES_ALONE = '3.32.0';

/** Reads `protocol`, `notProtocol`, `icmp` and `notICMP`. */
export function readProtocols(rule: Json, where: string, engine: Engine, notebook: Notebook): ProtocolFields {
  const word = isPresent(rule.protocol) ? readProtocolWord(rule.protocol) : null;
  const icmp = (['icmp', 'notICMP'] as const).flatMap(key => {
    if (!isPresent(rule[key])) return [];
    const term = readIcmp(rule[key], word, `${where}.${key}`, notebook);
    // Without a type, notICMP excepts nothing (CalculateRuleMatch, felix/rules/policy.go).
    const isEmpty = key === 'notICMP' && term.kind === 'icmp' && term.type === null;
    return isEmpty ? [] : [field(key, key === 'notICMP', term)];
  });
  const fields = [
    ...(word === null ? [] : [field('protocol', false, protocolTerm(word, `${where}.protocol`, notebook))]),
    ...(isPresent(rule.notProtocol)
      ? [field('notProtocol', true, protocolTerm(readProtocolWord(rule.notProtocol), `${where}.notProtocol`, notebook))]
      : []),
    ...icmp,
  ];
  return { fields, ports: portProtocol(word, engine) };
}

function portProtocol(word: ProtocolReading | null, { version }: Engine): ProtocolFields['ports'] {
  if (word === null) return version !== null && compareVersions(version, NAMES_ALONE) < 0 ? 'unsaid' : 'any';
  const name = typeof word === 'string' ? null : word.name;
  return name === 'TCP' || name === 'UDP' || name === 'SCTP' ? name : null;
}

/** ICMP and ICMPv6 are two protocols to Calico, one of each address family. */
function protocolTerm(word: ProtocolReading, where: string, notebook: Notebook): PortTerm {
  if (typeof word === 'string') return unreadable(`${where}: ${word}`, notebook);
  const family = familyOf(word.name);
  return family === null ? { kind: 'protocol', protocol: word.name } : { kind: 'icmp', family, type: null, code: null };
}

function familyOf(protocol: string): 4 | 6 | null {
  return protocol === 'ICMP' ? 4 : protocol === 'ICMPv6' ? 6 : null;
}

/** "This should only be specified if the Protocol field is set to ICMP or ICMPv6." A code needs a type. */
function readIcmp(value: unknown, word: ProtocolReading | null, where: string, notebook: Notebook): PortTerm {
  const family = word === null || typeof word === 'string' ? null : familyOf(word.name);
  if (family === null) return unreadable(`${where} without protocol ICMP or ICMPv6`, notebook);
  if (!isRecord(value)) return unreadable(`${where} is no object`, notebook);
  const [type, code] = [value.type ?? null, value.code ?? null];
  const isFault = (each: unknown, highest: number) =>
    each !== null && (typeof each !== 'number' || !Number.isInteger(each) || each < 0 || each > highest);
  if (isFault(type, 254)) return unreadable(`${where}.type out of range: ${quoted(type)}`, notebook);
  if (isFault(code, 255)) return unreadable(`${where}.code out of range: ${quoted(code)}`, notebook);
  if (type === null && code !== null) return unreadable(`${where} has a code without a type`, notebook);
  return { kind: 'icmp', family, type: type as number | null, code: code as number | null };
}

/** Reads `ports` or `notPorts` of an entity; null: absent or empty. */
export function readPortList(
  value: unknown,
  where: string,
  protocol: ProtocolFields['ports'],
  notebook: Notebook,
): readonly PortTerm[] | null {
  if (!isPresent(value)) return null;
  if (!Array.isArray(value)) return [unreadable(`${where} is not a list`, notebook)];
  return value.length === 0
    ? null
    : value.map((item: unknown, index) => readPort(item, `${where}[${index}]`, protocol, notebook));
}

const NUMERIC = /^(\d{1,5})(?::(\d{1,5}))?$/;
const NAME = /^[a-zA-Z0-9_.-]{1,128}$/;

/** A number, `first:last`, or a name, which is resolved on the pods that the rule's selector chooses. */
function readPort(item: unknown, where: string, protocol: ProtocolFields['ports'], notebook: Notebook): PortTerm {
  if (protocol === null) return unreadable(`${where}: ports with a protocol that has none`, notebook);
  const numbers = NUMERIC.exec(typeof item === 'number' ? String(item) : typeof item === 'string' ? item : '');
  if (numbers === null) {
    if (typeof item !== 'string' || !NAME.test(item))
      return unreadable(`${where}: invalid port ${quoted(item)}`, notebook);
    if (protocol === 'unsaid') return unreadable(`${where}: ports without a protocol`, notebook);
    return { kind: 'named-port', protocol, name: item, resolved: 'each-pod' };
  }
  // "Rules with numeric port or port range must set protocol to TCP or UDP or SCTP."
  if (protocol === 'any' || protocol === 'unsaid') return unreadable(`${where}: ports without a protocol`, notebook);
  const first = Number(numbers[1]);
  const last = Number(numbers[2] ?? numbers[1]);
  if (Math.max(first, last) > HIGHEST_PORT) return unreadable(`${where}: port out of range: ${quoted(item)}`, notebook);
  if (first > last) return unreadable(`${where}: port range reversed: ${quoted(item)}`, notebook);
  return { kind: 'ports', protocol, first, last };
}

function field(name: string, negated: boolean, term: PortTerm): Field {
  return { name, negated, anyOf: [term] };
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function unreadable(why: string, notebook: Notebook): Extract<PortTerm, { kind: 'unreadable' }> {
  notebook.problems.push(why);
  return { kind: 'unreadable', why };
}
