/**
 * The `source` and `destination` of a Calico rule. All that one says must hold:
 * https://docs.tigera.io/calico/latest/reference/resources/networkpolicy#entityrule
 * How selector, namespaceSelector and serviceAccounts become one choice is told by libcalico-go (updateprocessors/rules.go).
 */

import type { Engine } from '../model.ts';
import { type Choice, chooseEndpoints, type SelectorTexts } from './calico-choice.ts';
import { type ProtocolFields, readPortList } from './calico-port.ts';
import { type NetworkSet, readDomains, readNets, unreadable } from './calico-set.ts';
import type { Action, Field, PeerTerm, PortTerm, Term } from './model.ts';
import { isRecord, type Json, type Notebook, quoted } from './reading.ts';

/** What one end of a rule is read with. */
export type EntityContext = {
  readonly direction: 'egress' | 'ingress';
  readonly action: Action;
  /** The policy's namespace; null: a global policy. */
  readonly namespace: string | null;
  readonly sets: readonly NetworkSet[];
  readonly engine: Engine;
  readonly ports: ProtocolFields['ports'];
  readonly notebook: Notebook;
};

type Role = 'source' | 'destination';

/** Fields of an entity. `domains` is of Calico Enterprise and Calico Cloud alone. */
const KNOWN: ReadonlySet<string> = new Set([
  'nets',
  'notNets',
  'selector',
  'notSelector',
  'namespaceSelector',
  'services',
  'ports',
  'notPorts',
  'serviceAccounts',
  'domains',
]);

/** Reads one entity into fields, peers before ports; absent or empty: none, which matches everything. */
export function readEntity(value: unknown, role: Role, where: string, context: EntityContext): readonly Field[] {
  if (value === undefined || value === null) return [];
  if (!isRecord(value)) return [plain(role, unreadable(`${where} is no object`, context.notebook))];
  const odd = Object.keys(value).find(key => !KNOWN.has(key) && value[key] !== null);
  if (odd !== undefined) return [plain(role, unreadable(`${where} has the unknown field "${odd}"`, context.notebook))];
  const isOwn = (role === 'source') === (context.direction === 'egress');
  const peers = [
    ...selectorFields(value, where, role, context),
    ...netFields(value, where, role, context),
    ...domainFields(value, where, role, context),
    ...serviceFields(value, where, role, context),
  ];
  return [...(isOwn ? peers.map(onOwnSide) : peers), ...portFields(value, where, role, context)];
}

function plain(name: string, term: Term): Field {
  return { name, negated: false, anyOf: [term] };
}

function onOwnSide(field: PeerField): Field {
  return { ...field, anyOf: field.anyOf.map(of => ({ kind: 'own-side', of })) };
}

type PeerField = Omit<Field, 'anyOf'> & { readonly anyOf: readonly PeerTerm[] };

function selectorFields(entity: Json, where: string, role: Role, context: EntityContext): readonly PeerField[] {
  const { notebook, namespace, sets } = context;
  const texts = readTexts(entity, where, notebook);
  if (texts === null) return [{ name: `${role}.selector`, negated: false, anyOf: [lastProblem(notebook)] }];
  // Names count in rules that allow egress alone: "Domain names have no effect in ingress rules, or in a rule whose action is not Allow."
  const withDomains = context.direction === 'egress' && context.action === 'accept' && role === 'destination';
  const choice: Choice = { namespace, sets, notebook, where, field: 'selector', withDomains };
  const positive = chooseEndpoints(texts, choice);
  if (positive !== null) return [{ name: `${role}.selector`, negated: false, anyOf: positive }];
  if (texts.notSelector === '') return [];
  // With nothing chosen, every address counts, and notSelector is never narrowed to a namespace.
  const negative = chooseEndpoints(
    { ...NO_TEXTS, selector: texts.notSelector },
    { ...choice, namespace: null, withDomains: false, field: 'notSelector' },
  );
  return [{ name: `${role}.notSelector`, negated: true, anyOf: negative ?? [] }];
}

const NO_TEXTS: SelectorTexts = {
  selector: '',
  notSelector: '',
  namespaceSelector: '',
  accountNames: [],
  accountSelector: '',
};

/** The selectors of an entity; null when one of them is no text, which is noted. */
function readTexts(entity: Json, where: string, notebook: Notebook): SelectorTexts | null {
  const accounts = entity.serviceAccounts ?? {};
  if (!isRecord(accounts)) return refuse(`${where}.serviceAccounts is no object`, notebook);
  const odd = Object.keys(accounts).find(key => key !== 'names' && key !== 'selector');
  if (odd !== undefined) return refuse(`${where}.serviceAccounts has the unknown field "${odd}"`, notebook);
  const names = accounts.names ?? [];
  if (!Array.isArray(names) || names.some(name => typeof name !== 'string'))
    return refuse(`${where}.serviceAccounts.names is no list of names`, notebook);
  const texts = {
    selector: entity.selector ?? '',
    notSelector: entity.notSelector ?? '',
    namespaceSelector: entity.namespaceSelector ?? '',
    accountSelector: accounts.selector ?? '',
  };
  const wrong = Object.entries(texts).find(([, text]) => typeof text !== 'string');
  if (wrong !== undefined) return refuse(`${where}.${wrong[0]} is no text: ${quoted(wrong[1])}`, notebook);
  return { ...(texts as Omit<SelectorTexts, 'accountNames'>), accountNames: names };
}

function refuse(why: string, notebook: Notebook): null {
  notebook.problems.push(why);
  return null;
}

function lastProblem(notebook: Notebook): PeerTerm {
  return { kind: 'unreadable', why: notebook.problems.at(-1) ?? 'it could not be read' };
}

function netFields(entity: Json, where: string, role: Role, { notebook }: EntityContext): readonly PeerField[] {
  const nets = readNets(entity.nets, `${where}.nets`, notebook);
  const notNets = readNets(entity.notNets, `${where}.notNets`, notebook);
  return [
    ...(nets.length === 0 ? [] : [{ name: `${role}.nets`, negated: false, anyOf: nets }]),
    ...(notNets.length === 0 ? [] : [{ name: `${role}.notNets`, negated: true, anyOf: notNets }]),
    ...familyField(notNets, `${role}.notNets`),
  ];
}

const FAMILIES = { 4: '0.0.0.0/0', 6: '::/0' } as const;

/** A rule whose notNets are all of one family is for that family alone (FilterRuleToIPVersion, felix/rules/policy.go). */
function familyField(nets: readonly PeerTerm[], name: string): readonly PeerField[] {
  const families = new Set(nets.flatMap(net => (net.kind === 'ipBlock' ? [net.range.family] : ([4, 6] as const))));
  const [only] = families;
  return families.size !== 1 || only === undefined ? [] : [{ name, negated: false, anyOf: [familyTerm(only)] }];
}

/** Every address of one family. */
export function familyTerm(family: 4 | 6): PeerTerm {
  const [term] = readNets([FAMILIES[family]], 'family', { problems: [] });
  return term ?? { kind: 'nobody', why: 'no such family' };
}

/** `domains`: "limited to only egress allow rules"; anything else has no defined meaning. */
function domainFields(entity: Json, where: string, role: Role, context: EntityContext): readonly PeerField[] {
  const { notebook, direction, action } = context;
  if (entity.domains === undefined || entity.domains === null) return [];
  const name = `${role}.domains`;
  if (role !== 'destination' || direction !== 'egress' || action !== 'accept')
    return [
      { name, negated: false, anyOf: [unreadable(`${where}.domains is for egress rules that allow only`, notebook)] },
    ];
  const anyOf = readDomains(entity.domains, `${where}.domains`, notebook);
  return anyOf.length === 0 ? [] : [{ name, negated: false, anyOf }];
}

/** Fields that may not stand beside `services`. */
const NOT_BESIDE_SERVICES = [
  'selector',
  'notSelector',
  'nets',
  'notNets',
  'namespaceSelector',
  'serviceAccounts',
  'ports',
  'notPorts',
  'domains',
];

function serviceFields(entity: Json, where: string, role: Role, context: EntityContext): readonly PeerField[] {
  if (entity.services === undefined || entity.services === null) return [];
  return [{ name: `${role}.services`, negated: false, anyOf: [readService(entity, where, role, context)] }];
}

/** A Service's endpoints: with their ports as a destination, by address alone as a source. */
function readService(
  entity: Json,
  where: string,
  role: Role,
  { namespace, direction, notebook }: EntityContext,
): PeerTerm {
  const { services } = entity;
  if (!isRecord(services)) return unreadable(`${where}.services is no object`, notebook);
  const beside = NOT_BESIDE_SERVICES.find(
    key => entity[key] !== undefined && entity[key] !== null && entity[key] !== '',
  );
  if (beside !== undefined) return unreadable(`${where} has services together with ${beside}`, notebook);
  if ((role === 'destination') !== (direction === 'egress'))
    return unreadable(`${where}.services is for the other end of the packet only`, notebook);
  const name = services.name;
  const home = services.namespace ?? namespace;
  if (typeof name !== 'string' || name === '') return unreadable(`${where}.services has no name`, notebook);
  if (typeof home !== 'string' || home === '') return unreadable(`${where}.services has no namespace`, notebook);
  return { kind: 'service-backends', namespace: home, name, withPorts: role === 'destination' };
}

function portFields(entity: Json, where: string, role: Role, { ports, notebook }: EntityContext): readonly Field[] {
  return (['ports', 'notPorts'] as const).flatMap(key => {
    const terms = readPortList(entity[key], `${where}.${key}`, ports, notebook);
    if (terms === null) return [];
    const anyOf = role === 'destination' ? terms : terms.map(sourcePort);
    return [{ name: `${role}.${key}`, negated: key === 'notPorts', anyOf }];
  });
}

/** The kernel picks a source port when it connects, so only a range of all of them is certain. */
function sourcePort(term: PortTerm): PortTerm {
  if (term.kind === 'unreadable') return term;
  if (term.kind === 'ports' && term.first <= 1 && term.last >= 65_535)
    return { kind: 'protocol', protocol: term.protocol };
  return { kind: 'unreadable', why: 'the port that the packet comes from is not known' };
}
