/**
 * The `toPorts` and `icmps` of a Cilium rule.
 * https://docs.cilium.io/en/stable/security/policy/language/#layer-4-examples and #layer-7-examples
 */
import type { Protocol } from '../model.ts';
import type { RuleContext } from './cilium-context.ts';
import { readIcmps } from './cilium-icmp.ts';
import { readLayer7 } from './cilium-layer7.ts';
import { ciliumHas } from './cilium-versions.ts';
import { departs } from './departures.ts';
import type { PortTerm } from './model.ts';
import { isRecord, type Json, quoted } from './reading.ts';

/** One entry of toPorts: where its traffic goes, which DNS names it lets through (empty: every one), what is to be told. */
export type PortRule = {
  readonly ports: readonly PortTerm[];
  readonly dns: readonly PortTerm[];
  readonly notes: readonly string[];
};

const HIGHEST_PORT = 65_535;
/** The agent's own limits. */
const MOST_PORTS = 40;
const KNOWN_KEYS: ReadonlySet<string> = new Set([
  'ports',
  'rules',
  'serverNames',
  'terminatingTLS',
  'originatingTLS',
  'listener',
]);

/**
 * Reads what a rule says of ports; null: nothing, which is every port and protocol. toPorts leaves ICMP out, and an
 * entry without ports opens none.
 */
export function readPortRules(rule: Json, where: string, context: RuleContext): readonly PortRule[] | null {
  const hasPorts = isPresent(rule.toPorts) && !isEmptyList(rule.toPorts);
  const hasIcmps = isPresent(rule.icmps) && !isEmptyList(rule.icmps);
  if (hasPorts && hasIcmps) context.refusals.push(`${where} has icmps together with toPorts`);
  if (!hasPorts && !hasIcmps) return null;
  // Deny rules are not checked, and both of them count.
  const icmps = hasIcmps ? [plain(readIcmps(rule.icmps, `${where}.icmps`, context))] : [];
  return hasPorts ? [...icmps, ...readToPorts(rule.toPorts, `${where}.toPorts`, context)] : icmps;
}

function readToPorts(value: unknown, where: string, context: RuleContext): readonly PortRule[] {
  if (!Array.isArray(value)) return [plain([unreadable(`${where} is not a list`, context)])];
  return value.map((item: unknown, index) => readPortRule(item, `${where}[${index}]`, context));
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function plain(ports: readonly PortTerm[]): PortRule {
  return { ports, dns: [], notes: [] };
}

function readPortRule(item: unknown, where: string, context: RuleContext): PortRule {
  if (!isRecord(item)) return plain([unreadable(`${where} is no object`, context)]);
  const odd = Object.keys(item).find(key => !KNOWN_KEYS.has(key) || (context.action === 'deny' && key !== 'ports'));
  if (odd !== undefined) return plain([unreadable(`${where} has the unknown field "${odd}"`, context)]);
  const list = item.ports ?? [];
  if (!Array.isArray(list)) return plain([unreadable(`${where}.ports is not a list`, context)]);
  if (list.length > MOST_PORTS) context.refusals.push(`${where} has ${list.length} ports (at most ${MOST_PORTS})`);
  const ports: readonly PortTerm[] = list.flatMap((each: unknown, index) =>
    readPort(each, `${where}.ports[${index}]`, context),
  );
  const { dns, notes, unreadable: why } = readLayer7(item, where, context);
  return { ports: why === null ? ports : [{ kind: 'unreadable', why }], dns, notes };
}

function readPort(item: unknown, where: string, context: RuleContext): readonly PortTerm[] {
  if (!isRecord(item)) return [unreadable(`${where} is no object`, context)];
  const odd = Object.keys(item).find(key => key !== 'port' && key !== 'protocol' && key !== 'endPort');
  if (odd !== undefined) return [unreadable(`${where} has the unknown field "${odd}"`, context)];
  const protocol = readCiliumProtocol(item.protocol);
  if (protocol === null) return [unreadable(`${where}: unknown protocol ${quoted(item.protocol)}`, context)];
  const { port } = item;
  if (typeof port !== 'string' || port === '')
    return [unreadable(`${where}: port must be a text: ${quoted(port)}`, context)];
  const endPort = readEndPort(item.endPort, where, context);
  if (typeof endPort === 'object' && endPort !== null) return [endPort];
  if (/[a-z]/i.test(port) && isServiceName(port)) return [namedPort(port.toLowerCase(), protocol, context)];
  if (!/^(0|[1-9]\d{0,4})$/.test(port) || Number(port) > HIGHEST_PORT) return [noPort(port, where, context)];
  return portRange(Number(port), endPort, protocol);
}

/** The agent refuses the policy of an allow rule with such a port; one that begins with 0 it reads as an octal number. */
function noPort(port: string, where: string, context: RuleContext): PortTerm {
  const why = `${where}: port out of range: ${quoted(port)}`;
  if (context.action === 'deny' || /^0[0-7]+$/.test(port)) return unreadable(why, context);
  context.refusals.push(why);
  return { kind: 'unreadable', why };
}

/** TCP, UDP, SCTP, ICMP, ICMPv6 or ANY, which is the default; in any case of letters. null: none of them. */
function readCiliumProtocol(value: unknown): Protocol | 'any' | 'ICMPv6' | null {
  if (value === undefined || value === null || value === '') return 'any';
  switch (typeof value === 'string' ? value.toUpperCase() : null) {
    case 'ANY':
      return 'any';
    case 'TCP':
      return 'TCP';
    case 'UDP':
      return 'UDP';
    case 'SCTP':
      return 'SCTP';
    case 'ICMP':
      return 'ICMP';
    case 'ICMPV6':
      return 'ICMPv6';
    default:
      return null;
  }
}

/** The number, null for none, or a term that says why it cannot be read. */
function readEndPort(value: unknown, where: string, context: RuleContext): number | null | PortTerm {
  if (value === undefined || value === null || value === 0) return null;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > HIGHEST_PORT)
    return unreadable(`${where}: endPort out of range: ${quoted(value)}`, context);
  if (ciliumHas(context.engine, 'has-fields-of-1.16') === 'no')
    return unreadable(`${where}: endPort is unknown to Cilium ${context.engine.version}`, context);
  return value;
}

/** Port 0 is every port; for ICMP the port is the type. */
function portRange(first: number, endPort: number | null, protocol: Protocol | 'any' | 'ICMPv6'): readonly PortTerm[] {
  if (protocol === 'ICMP' || protocol === 'ICMPv6')
    return [{ kind: 'icmp', family: protocol === 'ICMP' ? 4 : 6, type: first === 0 ? null : first, code: null }];
  if (first === 0) return [{ kind: 'ports', protocol, first: 1, last: HIGHEST_PORT }];
  // An end below the beginning is no range: https://docs.cilium.io/en/stable/security/policy/language/#example-port-ranges
  return [{ kind: 'ports', protocol, first, last: endPort === null || endPort < first ? first : endPort }];
}

/** An IANA service name, of at most 15 letters: https://www.rfc-editor.org/rfc/rfc6335#section-5.1 */
function isServiceName(name: string): boolean {
  return name.length <= 15 && /^([a-z0-9]-?)*[a-z](-?[a-z0-9])*$/i.test(name);
}

/** On ingress the name is the subject's own; on egress an engine may resolve it for the whole cluster. */
function namedPort(name: string, protocol: Protocol | 'any' | 'ICMPv6', context: RuleContext): PortTerm {
  if (protocol === 'ICMP' || protocol === 'ICMPv6') return { kind: 'nothing', why: `ICMP has no port named "${name}"` };
  if (context.direction === 'ingress') return { kind: 'named-port', protocol, name, resolved: 'each-pod' };
  const { answer } = departs(context.engine, 'named-port-is-resolved-cluster-wide');
  const resolved = ({ yes: 'cluster-wide', no: 'each-pod', unknown: 'left-to-engine' } as const)[answer];
  return { kind: 'named-port', protocol, name, resolved };
}

function unreadable(why: string, { notebook }: RuleContext): PortTerm {
  notebook.problems.push(why);
  return { kind: 'unreadable', why };
}
