/** The rules of Antrea's policies: action, peers, ports and protocols. */
import { type GroupContext, peersOf, podsTerm, readSelection } from './antrea-group.ts';
import type { Action, Field, PeerTerm, PortTerm, Rule } from './model.ts';
import { readPorts } from './networkpolicy-port.ts';
import { isRecord, type Json, type Notebook, quoted, textAt } from './reading.ts';
import { riddleRules } from './riddle.ts';
import { readLabelSelector } from './selector.ts';

/** Where a rule stands. */
export type RuleContext = GroupContext & {
  readonly direction: 'egress' | 'ingress';
  /** In the baseline tier there is nothing left to pass to. */
  readonly isBaseline: boolean;
};

const ACTIONS: Readonly<Record<string, Action>> = { Allow: 'accept', Drop: 'deny', Reject: 'deny', Pass: 'pass' };
const KNOWN = [
  'action',
  'ports',
  'protocols',
  'l7Protocols',
  'from',
  'to',
  'toServices',
  'name',
  'enableLogging',
  'logLabel',
  'appliedTo',
];
const NAME_NOTE =
  'fqdn rules hold for the addresses that the pod’s node saw in DNS answers; a connection to an address from elsewhere is not covered';

/** Reads one rule; two where not even its action can be told. */
export function readAntreaRule(item: unknown, index: number, context: RuleContext): readonly Rule[] {
  const { direction, notebook, isBaseline } = context;
  const where = `${direction}[${index}]`;
  const refuse = (why: string, name: string | null = null) => {
    notebook.problems.push(why);
    return riddleRules(index, name, why);
  };
  if (!isRecord(item)) return refuse(`${where} is no object`);
  const name = textAt(item, 'name');
  const odd = Object.keys(item).find(key => !KNOWN.includes(key));
  if (odd !== undefined) return refuse(`${where} has the unknown field "${odd}"`, name);
  const word = typeof item.action === 'string' ? item.action : '';
  const action = Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined;
  if (action === undefined || (action === 'pass' && isBaseline))
    return refuse(`${where}: unknown action ${quoted(item.action)}${isBaseline ? ' in the baseline tier' : ''}`, name);
  const peers = readPeerField(item, where, context);
  const ports = readPortField(item, where, context);
  const fields = [...(peers === null ? [] : [peers]), ...(ports === null ? [] : [ports])];
  const rule: Rule = { index, name, action, fields, notes: notesOf(item, peers) };
  return hasLayer7(item) ? withLayer7(rule) : [rule];
}

function hasLayer7(item: Json): boolean {
  return Array.isArray(item.l7Protocols) && item.l7Protocols.length > 0;
}

/**
 * "The traffic will be allowed if the layer 7 criteria is also matched, otherwise it will be dropped": of TCP the connection
 * is made first; what is not TCP can be neither HTTP nor TLS, and how much of it gets through is not documented
 * (https://github.com/antrea-io/antrea/blob/main/docs/antrea-l7-network-policy.md).
 */
function withLayer7(rule: Rule): readonly Rule[] {
  const why = 'what is not TCP is neither HTTP nor TLS, and how much of it this rule lets through is not documented';
  const open = { kind: 'unreadable' as const, why };
  const field = (...anyOf: readonly PortTerm[]): Field => ({ name: 'l7Protocols', negated: false, anyOf });
  return [
    { ...rule, fields: [...rule.fields, field({ kind: 'protocol', protocol: 'TCP' }, open)] },
    { ...rule, action: 'deny', fields: [...rule.fields, field(open)], notes: [] },
  ];
}

function notesOf(item: Json, peers: Field | null): readonly string[] {
  const byName = peers?.anyOf.some(term => term.kind === 'fqdn') === true;
  return [
    ...(item.action === 'Reject' ? ['it is rejected: the client gets an answer (a reset, or ICMP), not silence'] : []),
    ...(hasLayer7(item) ? ['its layer-7 part (HTTP or TLS) may still refuse what is said on the connection'] : []),
    ...(byName ? [NAME_NOTE] : []),
  ];
}

/** `to` or `from`, or `toServices`; null: everyone. */
function readPeerField(item: Json, where: string, context: RuleContext): Field | null {
  const key = context.direction === 'egress' ? 'to' : 'from';
  const services = item.toServices;
  if (Array.isArray(services) && services.length > 0)
    return {
      name: 'toServices',
      negated: false,
      anyOf: readServices(services, `${where}.toServices`, context.notebook),
    };
  const list = item[key];
  if (list === undefined || list === null) return null;
  if (!Array.isArray(list))
    return { name: key, negated: false, anyOf: [unreadable(`${where}.${key} is not a list`, context.notebook)] };
  if (list.length === 0) return null;
  const anyOf = list.flatMap((each: unknown, index) => readPeer(each, `${where}.${key}[${index}]`, context));
  return { name: key, negated: false, anyOf };
}

function readPeer(item: unknown, where: string, context: RuleContext): readonly PeerTerm[] {
  const { notebook, direction } = context;
  if (!isRecord(item)) return [unreadable(`${where} is no object`, notebook)];
  const { scope, ...peer } = item;
  if (scope !== undefined && scope !== 'Cluster')
    return [unreadable(`${where}: scope ${quoted(scope)} reaches beyond this cluster`, notebook)];
  if (Object.hasOwn(peer, 'fqdn')) return [readName(peer, where, direction, notebook)];
  if (Object.hasOwn(peer, 'namespaces')) return readSameNamespaces(peer, where, context);
  return readSelection(peer, where, context).flatMap(peersOf);
}

/** "Exact FQDNs such as google.com; wildcard expressions such as *wayfair.com": a star stands for any text. */
function readName(peer: Json, where: string, direction: string, notebook: Notebook): PeerTerm {
  const { fqdn } = peer;
  if (direction !== 'egress' || Object.keys(peer).length > 1 || typeof fqdn !== 'string' || !/^[-*.\w]+$/.test(fqdn))
    return unreadable(`${where}: invalid fqdn ${quoted(fqdn)}`, notebook);
  const isPattern = fqdn.includes('*');
  return { kind: 'fqdn', name: isPattern ? null : fqdn, pattern: isPattern ? fqdn : null, dialect: 'antrea' };
}

/** `match: Self`: the subject's own namespace; `sameLabels`: namespaces that have these labels in common with it. */
function readSameNamespaces(peer: Json, where: string, { namespace, notebook }: RuleContext): readonly PeerTerm[] {
  const { namespaces, podSelector, ...others } = peer;
  const match = textAt(namespaces, 'match');
  const labels = isRecord(namespaces) ? namespaces.sameLabels : undefined;
  const isSelf = match?.toLowerCase() === 'self' && labels === undefined;
  const isSame =
    match === null && Array.isArray(labels) && labels.length > 0 && labels.every(each => typeof each === 'string');
  if (namespace !== null || Object.keys(others).length > 0 || (!isSelf && !isSame))
    return [unreadable(`${where}: invalid namespaces ${quoted(namespaces)}`, notebook)];
  const expression = readLabelSelector(podSelector ?? {}, `${where}.podSelector`, notebook);
  const pods = podsTerm({ namespaces: { kind: 'all' }, pods: { view: 'kubernetes', expression } });
  const same: PeerTerm = { kind: 'same-namespace', labels: isSelf ? null : (labels as readonly string[]) };
  return [{ kind: 'all-of', terms: [same, pods], text: 'pods of the same namespace' }];
}

/** Services by name, as they were asked, before translation: "only ClusterIP types Services are supported". */
function readServices(list: readonly unknown[], where: string, notebook: Notebook): readonly PeerTerm[] {
  return list.map((item: unknown, index): PeerTerm => {
    const [namespace, name, scope] = [textAt(item, 'namespace'), textAt(item, 'name'), textAt(item, 'scope')];
    if (namespace === null || name === null || (scope !== null && scope !== 'Cluster'))
      return unreadable(`${where}[${index}]: invalid Service ${quoted(item)}`, notebook);
    return { kind: 'services', services: [{ namespace, name }], selector: null, note: null };
  });
}

/** `ports` and `protocols`: either of them may match; neither: everything. */
function readPortField(item: Json, where: string, { direction, engine, notebook }: RuleContext): Field | null {
  const plain = Array.isArray(item.ports) ? item.ports.filter(port => !hasSourcePort(port)) : item.ports;
  const bySource = Array.isArray(item.ports)
    ? item.ports.filter(hasSourcePort).map(() => unreadable(`${where}.ports: a sourcePort is not evaluated`, notebook))
    : [];
  const ports = readPorts(plain, `${where}.ports`, { direction, engine, notebook }) ?? [];
  const protocols = readProtocols(item.protocols, `${where}.protocols`, notebook);
  const anyOf: readonly PortTerm[] = [...ports, ...bySource, ...protocols];
  return anyOf.length === 0 ? null : { name: 'ports', negated: false, anyOf };
}

function hasSourcePort(port: unknown): boolean {
  return isRecord(port) && (port.sourcePort !== undefined || port.sourceEndPort !== undefined);
}

function readProtocols(value: unknown, where: string, notebook: Notebook): readonly PortTerm[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return [unreadable(`${where} is not a list`, notebook)];
  return value.map((item: unknown, index): PortTerm => {
    if (isRecord(item) && isRecord(item.igmp)) return { kind: 'nothing', why: 'it is for IGMP alone' };
    const icmp = isRecord(item) ? item.icmp : undefined;
    if (!isRecord(icmp)) return unreadable(`${where}[${index}]: unknown protocol ${quoted(item)}`, notebook);
    const { icmpType: type = null, icmpCode: code = null } = icmp;
    if ((type !== null && typeof type !== 'number') || (code !== null && typeof code !== 'number'))
      return unreadable(`${where}[${index}]: invalid icmp ${quoted(icmp)}`, notebook);
    return { kind: 'icmp', family: null, type, code };
  });
}

function unreadable(why: string, notebook: Notebook): { readonly kind: 'unreadable'; readonly why: string } {
  notebook.problems.push(why);
  return { kind: 'unreadable', why };
}
