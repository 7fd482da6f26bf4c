/** networking.k8s.aws ApplicationNetworkPolicy: NetworkPolicy, and `domainNames` among the peers of egress rules. */
import type { Engine } from '../model.ts';
import { departs } from './departures.ts';
import { AUTO_MODE_ONLY } from './eks-cluster-rule.ts';
import { readMeta } from './meta.ts';
import type { PeerTerm, Policy, Rule, RuleList } from './model.ts';
import { readPeers } from './networkpolicy-peer.ts';
import { readPorts } from './networkpolicy-port.ts';
import { isRecord, type Json, type Notebook, namespacedRef, quoted } from './reading.ts';
import { readLabelSelector } from './selector.ts';

type Context = {
  readonly namespace: string;
  readonly engine: Engine;
  readonly auto: boolean;
  readonly notebook: Notebook;
};

const KNOWN = ['podSelector', 'policyTypes', 'ingress', 'egress'];

/** Reads one object. Selecting isolates, as with NetworkPolicy, in the directions that policyTypes lists. */
export function readApplicationPolicy(object: Json, engine: Engine, auto: boolean): Policy {
  const notebook: Notebook = { problems: [] };
  const ref = namespacedRef('ApplicationNetworkPolicy', object);
  const spec = isRecord(object.spec) ? object.spec : {};
  const context = { namespace: ref.namespace, engine, auto, notebook };
  const types = readTypes(spec, notebook);
  const rules = (direction: 'egress' | 'ingress') =>
    types[direction] ? readRules(spec[direction], direction, context) : 'absent';
  const selected = readLabelSelector(spec.podSelector ?? {}, 'podSelector', notebook);
  const riddle = types.riddle;
  return {
    ref,
    subject: {
      namespaces: { kind: 'named', names: [ref.namespace] },
      pods: {
        view: 'kubernetes',
        expression: riddle === null ? selected : { op: 'all', of: [selected, { op: 'unreadable', why: riddle }] },
      },
      serviceAccounts: null,
      hostNetwork:
        departs(engine, 'host-network-pods-are-exempt').answer === 'yes' ? 'does-not-apply' : 'left-to-engine',
    },
    isolates: { egress: types.egress, ingress: types.ingress },
    egress: rules('egress'),
    ingress: rules('ingress'),
    problems: notebook.problems,
    meta: readMeta(object),
  };
}

type Types = { readonly egress: boolean; readonly ingress: boolean; readonly riddle: string | null };

/** Absent: Ingress always, Egress if there is an egress rule, as upstream. */
function readTypes(spec: Json, notebook: Notebook): Types {
  const { policyTypes: types, egress } = spec;
  const odd = Object.keys(spec).find(key => !KNOWN.includes(key));
  const isList = Array.isArray(types) && types.every(each => each === 'Ingress' || each === 'Egress');
  const riddle =
    odd !== undefined
      ? `the field "${odd}" is not known`
      : types === undefined || types === null || isList
        ? null
        : `policyTypes ${quoted(types)} are not known`;
  if (riddle !== null) {
    notebook.problems.push(riddle);
    return { egress: true, ingress: true, riddle };
  }
  if (Array.isArray(types) && types.length > 0)
    return { egress: types.includes('Egress'), ingress: types.includes('Ingress'), riddle };
  return { ingress: true, egress: Array.isArray(egress) && egress.length > 0, riddle };
}

function readRules(value: unknown, direction: 'egress' | 'ingress', context: Context): RuleList {
  if (value === undefined || value === null) return [...implied(0)];
  if (!Array.isArray(value)) return [open(0, `${direction} is not a list`, context)];
  return [...value.map((item: unknown, index) => readRule(item, index, direction, context)), ...implied(value.length)];
}

/** What the API leaves to the plugin stays with it: ICMP. */
function implied(index: number): readonly Rule[] {
  const why = 'ICMP beside an ApplicationNetworkPolicy is left to the network plugin';
  const anyOf = [{ kind: 'left-to-engine' as const, protocol: 'ICMP' as const, first: 0, last: 0, why }];
  const fields = [{ name: 'ports', negated: false, anyOf }];
  return [{ index, name: 'implied', action: 'accept', fields, notes: [], implied: true }];
}

function readRule(item: unknown, index: number, direction: 'egress' | 'ingress', context: Context): Rule {
  const key = direction === 'egress' ? 'to' : 'from';
  const where = `${direction}[${index}]`;
  if (!isRecord(item)) return open(index, `${where} is no object`, context);
  const odd = Object.keys(item).find(each => each !== key && each !== 'ports');
  if (odd !== undefined) return open(index, `${where} has the unknown field "${odd}"`, context);
  const list = item[key] ?? [];
  if (!Array.isArray(list)) return open(index, `${where}.${key} is not a list`, context);
  const peers = list.flatMap((peer: unknown, at) => readPeer(peer, `${where}.${key}[${at}]`, direction, context));
  const ports = readPorts(item.ports, `${where}.ports`, { ...context, direction });
  const fields = [
    ...(list.length === 0 ? [] : [{ name: key, negated: false, anyOf: peers }]),
    ...(ports === null ? [] : [{ name: 'ports', negated: false, anyOf: ports }]),
  ];
  const notes = peers.some(peer => peer.kind === 'fqdn') ? [NAME_NOTE] : [];
  return { index, name: null, action: 'accept', fields, notes };
}

const NAME_NOTE = 'domainNames hold for addresses that the cluster’s own DNS gave to the pod';

function readPeer(peer: unknown, where: string, direction: string, context: Context): readonly PeerTerm[] {
  if (!isRecord(peer) || !Object.hasOwn(peer, 'domainNames')) return readPeers([peer], where, context) ?? [];
  const { domainNames, ...others } = peer;
  const names = Array.isArray(domainNames) ? domainNames : [];
  if (direction !== 'egress' || Object.keys(others).length > 0 || names.length === 0)
    return [unreadable(`${where}: invalid domainNames ${quoted(domainNames)}`, context)];
  if (!context.auto) return [unreadable(AUTO_MODE_ONLY, context)];
  return names.map((name: unknown): PeerTerm => {
    if (typeof name !== 'string' || !/^(\*\.)?([-\w]+\.)+[-\w]+\.?$/.test(name))
      return unreadable(`${where}: invalid domain name ${quoted(name)}`, context);
    const isPattern = name.startsWith('*.');
    return { kind: 'fqdn', name: isPattern ? null : name, pattern: isPattern ? name : null, dialect: 'eks' };
  });
}

function open(index: number, why: string, context: Context): Rule {
  const fields = [{ name: 'rule', negated: false, anyOf: [unreadable(why, context)] }];
  return { index, name: null, action: 'accept', fields, notes: [] };
}

function unreadable(why: string, { notebook }: Context): { readonly kind: 'unreadable'; readonly why: string } {
  notebook.problems.push(why);
  return { kind: 'unreadable', why };
}
