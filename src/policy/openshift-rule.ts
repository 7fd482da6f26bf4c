/** The ordered rules of EgressFirewall and EgressNetworkPolicy. */
import { readRange } from './address.ts';
import type { Field, PeerTerm, PortTerm, Rule } from './model.ts';
import type { FirewallKind } from './openshift.ts';
import { isRecord, type Json, listAt, memberOf, type Notebook, quoted, textAt } from './reading.ts';
import { riddleRules } from './riddle.ts';
import { readLabelSelector } from './selector.ts';

/** Told when a name decides: the firewall looks the name up by itself, the pod again. */
const NAME_NOTE =
  'the firewall looks its dnsName up by itself: it holds for the addresses that it got, which may differ from those that the pod got (https://docs.okd.io/latest/networking/network_security/egress_firewall/configuring-egress-firewall-ovn.html)';

/** Reads `spec.egress`; a rule that cannot be read may allow or deny what it may match. */
export function readFirewallRules(value: unknown, kind: FirewallKind, notebook: Notebook): readonly Rule[] {
  if (!Array.isArray(value)) return riddle(0, 'spec.egress is not a list', notebook);
  return value.flatMap((item: unknown, index) => readRule(item, index, kind, notebook));
}

/**
 * Why OVN-Kubernetes may not have set up a firewall at all; null: nothing speaks against it. It leaves out the whole of one of
 * which it cannot read a rule, and reads wildcards only where its DNSNameResolver is on, which is off by default
 * (go-controller/pkg/ovn/egressfirewall.go, addEgressFirewall; pkg/util/egressfirewall.go; "Technology Preview",
 * https://docs.okd.io/latest/networking/network_security/egress_firewall/configuring-egress-firewall-ovn.html).
 */
export function whyNotSetUp(spec: unknown, resolves: boolean): string | null {
  const faults = listAt(spec, 'egress').flatMap((rule, index) => {
    const [cidr, name] = [textAt(rule, 'to', 'cidrSelector') ?? '', textAt(rule, 'to', 'dnsName') ?? ''];
    const selector = readLabelSelector(memberOf(rule, 'to', 'nodeSelector') ?? {}, '', { problems: [] });
    const where = `egress[${index}]`;
    return [
      ...(cidr !== '' && readRange(cidr).kind === 'unreadable' ? [`${where} has no CIDR`] : []),
      ...(selector.op === 'unreadable' ? [`${where} has no label selector`] : []),
      ...(name.startsWith('*.') && !resolves
        ? [`${where} has a wildcard, which is read only where its DNSNameResolver is on`]
        : []),
    ];
  });
  const [first] = faults;
  return first === undefined
    ? null
    : `OVN-Kubernetes sets up none of a firewall's rules when it cannot read one: ${first}`;
}

function readRule(item: unknown, index: number, kind: FirewallKind, notebook: Notebook): readonly Rule[] {
  const where = `egress[${index}]`;
  if (!isRecord(item)) return riddle(index, `${where} is no object`, notebook);
  const odd = Object.keys(item).find(
    key => key !== 'type' && key !== 'to' && !(key === 'ports' && kind === 'EgressFirewall'),
  );
  if (odd !== undefined) return riddle(index, `${where} has the unknown field "${odd}"`, notebook);
  if (item.type !== 'Allow' && item.type !== 'Deny')
    return riddle(index, `${where}: unknown type ${quoted(item.type)}`, notebook);
  const peer = readDestination(item.to, `${where}.to`, kind, notebook);
  const ports = readPorts(item.ports, `${where}.ports`, notebook);
  const fields: readonly Field[] = [
    { name: 'to', negated: false, anyOf: [peer] },
    ...(ports === null ? [] : [{ name: 'ports', negated: false, anyOf: ports }]),
  ];
  const notes = peer.kind === 'fqdn' ? [NAME_NOTE] : [];
  return [{ index, name: null, action: item.type === 'Allow' ? 'accept' : 'deny', fields, notes }];
}

/** Exactly one of cidrSelector, dnsName and (EgressFirewall) nodeSelector. */
function readDestination(value: unknown, where: string, kind: FirewallKind, notebook: Notebook): PeerTerm {
  if (!isRecord(value)) return unreadable(`${where} is no object`, notebook);
  const keys = Object.keys(value).filter(key => value[key] !== undefined && value[key] !== null && value[key] !== '');
  const [key, ...more] = keys;
  if (key === undefined || more.length > 0) return unreadable(`${where} names not exactly one destination`, notebook);
  if (key === 'cidrSelector') return readCidr(value.cidrSelector, `${where}.cidrSelector`, kind, notebook);
  if (key === 'dnsName') return readName(value.dnsName, `${where}.dnsName`, kind, notebook);
  if (key === 'nodeSelector' && kind === 'EgressFirewall') return readNodes(value, where, notebook);
  return unreadable(`${where} has the unknown field "${key}"`, notebook);
}

/**
 * Addresses outside the pod network, nodes included: the ACL of a rule that overlaps with it ends in "and not to the
 * cluster's subnets" (https://github.com/ovn-org/ovn-kubernetes, go-controller/pkg/ovn/egressfirewall.go, generateMatch).
 */
function readCidr(value: unknown, where: string, kind: FirewallKind, notebook: Notebook): PeerTerm {
  const reading = typeof value === 'string' ? readRange(value) : null;
  if (reading === null || reading.kind === 'unreadable')
    return unreadable(`${where}: invalid CIDR ${quoted(value)}`, notebook);
  if (kind === 'EgressNetworkPolicy' && value === '0.0.0.0/32')
    return unreadable(`${where}: OpenShift SDN has read 0.0.0.0/32 as every address`, notebook);
  // OVN refuses to match an address with bits beyond its mask ("Value contains unmasked 1-bits", lib/lex.c).
  if (reading.problem !== null && kind === 'EgressFirewall')
    return unreadable(`${where}: ${reading.problem}, or nothing to OVN`, notebook);
  if (reading.problem !== null) notebook.problems.push(`${where}: ${reading.problem}`);
  return { kind: 'ipBlock', range: reading.range, except: [], overPods: 'outside-only', overNodes: 'every-address' };
}

const DNS_NAME = /^(\*\.)?([A-Za-z0-9_-]+\.)*[A-Za-z0-9_-]+\.?$/;

/** `www.example.com`; with OVN-Kubernetes `*.example.com` as well. */
function readName(value: unknown, where: string, kind: FirewallKind, notebook: Notebook): PeerTerm {
  if (typeof value !== 'string' || !DNS_NAME.test(value))
    return unreadable(`${where}: invalid DNS name ${quoted(value)}`, notebook);
  const isPattern = value.startsWith('*.');
  if (isPattern && kind === 'EgressNetworkPolicy')
    return unreadable(`${where}: EgressNetworkPolicy has no wildcards: ${quoted(value)}`, notebook);
  return { kind: 'fqdn', name: isPattern ? null : value, pattern: isPattern ? value : null, dialect: 'openshift' };
}

function readNodes(value: Json, where: string, notebook: Notebook): PeerTerm {
  const expression = readLabelSelector(value.nodeSelector, `${where}.nodeSelector`, notebook);
  return { kind: 'nodes', selector: { view: 'kubernetes', expression } };
}

/** `[{protocol, port}]`, both required; null: absent or empty, which means everything. */
function readPorts(value: unknown, where: string, notebook: Notebook): readonly PortTerm[] | null {
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value)) return [unreadable(`${where} is not a list`, notebook)];
  if (value.length === 0) return null;
  return value.map((item: unknown, index): PortTerm => {
    const at = `${where}[${index}]`;
    if (!isRecord(item)) return unreadable(`${at} is no object`, notebook);
    const { protocol, port } = item;
    if (protocol !== 'TCP' && protocol !== 'UDP' && protocol !== 'SCTP')
      return unreadable(`${at}: unknown protocol ${quoted(protocol)}`, notebook);
    if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535)
      return unreadable(`${at}: port out of range: ${quoted(port)}`, notebook);
    return { kind: 'ports', protocol, first: port, last: port };
  });
}

function riddle(index: number, why: string, notebook: Notebook): readonly Rule[] {
  notebook.problems.push(why);
  return riddleRules(index, null, why);
}

function unreadable(why: string, notebook: Notebook): { readonly kind: 'unreadable'; readonly why: string } {
  notebook.problems.push(why);
  return { kind: 'unreadable', why };
}
