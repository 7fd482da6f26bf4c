/** The other end of a Cilium rule: https://docs.cilium.io/en/stable/security/policy/language/#layer-3-examples */
import { readCidrSet, readCidrs } from './cilium-cidr.ts';
import type { Requirement, RuleContext } from './cilium-context.ts';
import { readDnsName } from './cilium-name.ts';
import { peerSelectorText, readCiliumSelector, scopePeer } from './cilium-selector.ts';
import { readServices } from './cilium-service.ts';
import { ciliumHas } from './cilium-versions.ts';
import type { ConfiguredEngine } from './departures.ts';
import { keysOf } from './match-pods.ts';
import type { Expression, Field, PeerTerm } from './model.ts';
import { isRecord, type Json, quoted } from './reading.ts';
import { readLabelSelector } from './selector.ts';

type PeerReader = (list: readonly unknown[], where: string, context: RuleContext) => readonly PeerTerm[];

/** The members of a rule that name peers, by the end of their name: `toCIDR` and `fromCIDR` are read alike. */
const MEMBERS: Readonly<Record<string, PeerReader>> = {
  Endpoints: readEndpoints,
  CIDR: readCidrs,
  CIDRSet: readCidrSet,
  Entities: readEntities,
  Services: readServices,
  FQDNs: readNames,
  Nodes: readNodes,
  Groups: readGroups,
};

/** Members that a rule of one direction and action may have. */
const ALLOWED: Readonly<Record<'egress' | 'ingress', Readonly<Record<'accept' | 'deny', readonly string[]>>>> = {
  egress: {
    accept: ['Endpoints', 'CIDR', 'CIDRSet', 'Entities', 'Services', 'FQDNs', 'Nodes', 'Groups'],
    deny: ['Endpoints', 'CIDR', 'CIDRSet', 'Entities', 'Services', 'Nodes', 'Groups'],
  },
  ingress: {
    accept: ['Endpoints', 'CIDR', 'CIDRSet', 'Entities', 'Nodes', 'Groups'],
    deny: ['Endpoints', 'CIDR', 'CIDRSet', 'Entities', 'Nodes', 'Groups'],
  },
};

/** The API's word of a member: `toCIDR`, `fromEntities`. */
export function memberNames({ direction, action }: Pick<RuleContext, 'direction' | 'action'>): readonly string[] {
  return ALLOWED[direction][action].map(member => `${prefixOf(direction)}${member}`);
}

/** `to` or `from`. */
export function prefixOf(direction: 'egress' | 'ingress'): 'to' | 'from' {
  return direction === 'egress' ? 'to' : 'from';
}

/** The field of a rule's peers; null: the rule names none. */
export function readPeerField(rule: Json, where: string, context: RuleContext): Field | null {
  const withoutServices =
    context.action === 'deny' && ciliumHas(context.engine, 'services-of-deny-rules-are-absent') === 'yes';
  const present = memberNames(context).filter(
    name => rule[name] !== undefined && rule[name] !== null && !(withoutServices && name === 'toServices'),
  );
  const lists = present.filter(name => !isEmptyList(rule[name]));
  if (lists.length > 1) context.refusals.push(`${where} combines ${lists.join(' and ')}`);
  if (lists.includes('toServices') && Array.isArray(rule.toPorts) && rule.toPorts.length > 0)
    context.refusals.push(`${where} combines toServices and toPorts`);
  if (lists.length === 0) return emptyLists(present, where, context);
  const terms = lists.flatMap(name => readMember(rule[name], name, `${where}.${name}`, context));
  // A group without ranges leaves an empty list behind, which Cilium 1.15 reads as if nobody had been named.
  if (terms.length === 0 && ciliumHas(context.engine, 'empty-peer-lists-are-absent') === 'yes') return null;
  return { name: lists.join(' and '), negated: false, anyOf: terms };
}

function emptyLists(present: readonly string[], where: string, context: RuleContext): Field | null {
  const [name] = present;
  if (name === undefined || ciliumHas(context.engine, 'empty-peer-lists-are-absent') === 'yes') return null;
  const why = `whether the empty ${where}.${name} means nobody or everybody is not known for this version`;
  return { name, negated: false, anyOf: [{ kind: 'unreadable', why }] };
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function readMember(value: unknown, name: string, where: string, context: RuleContext): readonly PeerTerm[] {
  if (!Array.isArray(value)) return [unreadable(`${where} is not a list`, context)];
  const reader = MEMBERS[name.slice(prefixOf(context.direction).length)];
  return reader === undefined ? [unreadable(`${where} is not known`, context)] : reader(value, where, context);
}

function readEndpoints(list: readonly unknown[], where: string, context: RuleContext): readonly PeerTerm[] {
  const conditions = requiredOf(context.requirements, context.direction, context.action);
  return list.map((item, index) => {
    const term = readEndpoint(item, `${where}[${index}]`, context);
    if (conditions.length === 0 || term.kind !== 'pods') return term;
    return { kind: 'all-of', terms: [term, ...conditions], text: term.text };
  });
}

/** What a selector of peers must meet as well, whatever policy it stands in: the toRequires or fromRequires of all policies. */
export function requiredOf(
  requirements: readonly Requirement[],
  direction: Requirement['direction'],
  action: Requirement['action'],
): readonly PeerTerm[] {
  return requirements
    .filter(each => each.direction === direction && each.action === action)
    .map(({ namespaces, pods, then, policy }): PeerTerm => {
      return { kind: 'where-subject', namespaces, pods, then, text: `a requirement of ${policy}` };
    });
}

/** One selector of endpoints, in the scope that Cilium gives it. */
export function readEndpoint(item: unknown, where: string, context: RuleContext): PeerTerm {
  const { namespace, forStartingPods, engine, notebook } = context;
  const written = readCiliumSelector(item, where, notebook);
  const expression = scopePeer(written, { namespace, forStartingPods, engine });
  return {
    kind: 'pods',
    namespaces: { kind: 'all' },
    pods: { view: 'cilium', expression },
    hostNetwork: 'excluded',
    text: `${peerSelectorText(expression)}${staysText(written, expression)}`,
  };
}

/** Where this version keeps a selector of namespace labels in the policy's own namespace: nobody would read that from it. */
function staysText(written: Expression, scoped: Expression): string {
  const keys = keysOf(written);
  if (!keys.some(key => key.includes(':io.cilium.k8s.namespace.labels.')) || keysOf(scoped).length === keys.length)
    return '';
  return ' (which this version of Cilium adds to a selector of namespace labels)';
}

/** https://docs.cilium.io/en/stable/security/policy/language/#entities-based */
const ENTITIES: ReadonlySet<string> = new Set([
  'all',
  'world',
  'world-ipv4',
  'world-ipv6',
  'cluster',
  'host',
  'remote-node',
  'kube-apiserver',
  'init',
  'health',
  'unmanaged',
  'ingress',
  'none',
]);

const FAMILIES: ReadonlySet<string> = new Set(['world-ipv4', 'world-ipv6']);

function isBefore116({ engine }: RuleContext): boolean {
  return ciliumHas(engine, 'has-fields-of-1.16') === 'no';
}

function readEntities(list: readonly unknown[], where: string, context: RuleContext): readonly PeerTerm[] {
  return list.map((item, index) =>
    typeof item === 'string' && ENTITIES.has(item) && !(FAMILIES.has(item) && isBefore116(context))
      ? { kind: 'entity', name: item }
      : unreadable(`${where}[${index}]: unknown entity ${quoted(item)}`, context),
  );
}

function readNames(list: readonly unknown[], where: string, context: RuleContext): readonly PeerTerm[] {
  return list.map((item, index): PeerTerm => {
    const place = `${where}[${index}]`;
    const name = readDnsName(item, place, context);
    switch (name.kind) {
      case 'name':
        return { kind: 'fqdn', name: name.name, pattern: null, dialect: 'cilium' };
      case 'pattern':
        return { kind: 'fqdn', name: null, pattern: name.pattern, dialect: 'cilium' };
      case 'empty':
        context.notebook.problems.push(`${place} has neither matchName nor matchPattern`);
        return { kind: 'nobody', why: `${place} names nothing` };
      case 'unreadable':
        return { kind: 'unreadable', why: name.why };
      default:
        return name satisfies never;
    }
  });
}

/** Other nodes by their labels: https://docs.cilium.io/en/stable/security/policy/language/#node-based */
function readNodes(list: readonly unknown[], where: string, context: RuleContext): readonly PeerTerm[] {
  if (isBefore116(context)) return [unreadable(`${where} is unknown to Cilium ${context.engine.version}`, context)];
  const engine: ConfiguredEngine = context.engine;
  const isSet = engine.nodesHaveLabels === true;
  const why = 'whether Cilium gives nodes their labels (enable-node-selector-labels) is not known';
  if (!isSet) context.refusals.push(`${where}: ${why}`);
  return list.map((item, index): PeerTerm => {
    if (!isRecord(item)) return unreadable(`${where}[${index}] is no object`, context);
    const expression = readLabelSelector(item, `${where}[${index}]`, context.notebook);
    return {
      kind: 'all-of',
      terms: [
        { kind: 'nodes', selector: { view: 'kubernetes', expression } },
        { kind: 'entity', name: 'remote-node' },
        // Which of a node's labels its identity has is a setting of its own (node-labels); its default leaves the platform's out.
        ...(isSet && !keysOf(expression).some(key => /(kubernetes|k8s)\.io/.test(key))
          ? []
          : [{ kind: 'unreadable' as const, why }]),
      ],
      text: 'nodes by labels',
    };
  });
}

/** AWS security groups: which addresses they have is known to the operator alone. */
function readGroups(_list: readonly unknown[], where: string, context: RuleContext): readonly PeerTerm[] {
  return [unreadable(`${where}: which addresses the cloud's groups have is not known`, context)];
}

function unreadable(why: string, { notebook }: RuleContext): PeerTerm {
  notebook.problems.push(why);
  return { kind: 'unreadable', why };
}
