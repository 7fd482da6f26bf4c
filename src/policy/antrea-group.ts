/**
 * Antrea's selectors of workloads: peers, appliedTo entries, and the groups that both may name
 * (https://github.com/antrea-io/antrea/blob/main/docs/antrea-network-policy.md#clustergroup, pkg/apis/crd/v1beta1/types.go).
 */
import type { Engine } from '../model.ts';
import { readRange } from './address.ts';
import { ipBlockReach } from './departures.ts';
import type { AddressRange, Expression, NamespaceScope, PeerTerm, Selector } from './model.ts';
import { isRecord, type Json, type Notebook, quoted, textAt } from './reading.ts';
import { readLabelSelector, selectorText } from './selector.ts';

/** Pods by namespace and labels. */
export type Workloads = { readonly namespaces: NamespaceScope; readonly pods: Selector };

/** What one selector stands for: pods, addresses or nodes; none of them (external entities), or not known. */
export type Selection =
  | { readonly kind: 'pods'; readonly workloads: Workloads }
  | { readonly kind: 'addresses'; readonly terms: readonly PeerTerm[] }
  | { readonly kind: 'nodes'; readonly selector: Selector }
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'not-known'; readonly why: string };

/** Where a selector stands. `namespace` null: a cluster-scoped policy, whose podSelector means pods of every namespace. */
export type GroupContext = {
  readonly namespace: string | null;
  readonly engine: Engine;
  readonly notebook: Notebook;
  /** The group of this name that the policy may refer to; null: there is none. */
  readonly group: (name: string) => Json | null;
};

const SELECTORS = ['podSelector', 'namespaceSelector', 'externalEntitySelector'];

/**
 * Reads the selector part of a peer, an appliedTo entry or a group: podSelector and namespaceSelector (together: both),
 * nodeSelector, serviceAccount, ipBlock, ipBlocks, group. Several for groups with children.
 */
export function readSelection(item: Json, where: string, context: GroupContext): readonly Selection[] {
  const { notebook } = context;
  const keys = Object.keys(item).filter(key => !isAbsent(item[key]));
  const [first] = keys;
  if (first === undefined) return [notKnown(`${where} selects nothing that is known`, notebook)];
  if (keys.every(key => SELECTORS.includes(key))) return [readLabels(item, where, context)];
  if (keys.length > 1) return [notKnown(`${where} has ${keys.join(' and ')} together`, notebook)];
  switch (first) {
    case 'nodeSelector':
      return [
        { kind: 'nodes', selector: plain(readLabelSelector(item.nodeSelector, `${where}.nodeSelector`, notebook)) },
      ];
    case 'serviceAccount':
      return [readAccount(item.serviceAccount, where, notebook)];
    case 'ipBlock':
      return [{ kind: 'addresses', terms: readBlocks([item.ipBlock], where, context) }];
    case 'ipBlocks':
      return [{ kind: 'addresses', terms: readBlocks(item.ipBlocks, where, context) }];
    case 'group':
      return readGroup(item.group, where, context);
    case 'childGroups': {
      const children = Array.isArray(item.childGroups) ? item.childGroups : [null];
      return children.flatMap((name: unknown) => readGroup(name, `${where}.childGroups`, context));
    }
    default:
      return [notKnown(`${where} has the field "${first}", which is not evaluated`, notebook)];
  }
}

function readLabels(item: Json, where: string, { namespace, notebook }: GroupContext): Selection {
  if (!isAbsent(item.externalEntitySelector)) return { kind: 'none', why: 'external entities are no pods' };
  const read = (key: string): Expression | null =>
    isAbsent(item[key]) ? null : readLabelSelector(item[key], `${where}.${key}`, notebook);
  const namespaces = read('namespaceSelector');
  const scope: NamespaceScope =
    namespaces !== null
      ? namespaces.op === 'true'
        ? { kind: 'all' }
        : { kind: 'selected', selector: plain(namespaces) }
      : namespace === null
        ? { kind: 'all' }
        : { kind: 'named', names: [namespace] };
  return { kind: 'pods', workloads: { namespaces: scope, pods: plain(read('podSelector') ?? { op: 'true' }) } };
}

/** Antrea puts a label of its own on the pods of a service account; this is the label view that has such a one. */
function readAccount(value: unknown, where: string, notebook: Notebook): Selection {
  const [name, namespace] = [textAt(value, 'name'), textAt(value, 'namespace')];
  if (name === null || namespace === null)
    return notKnown(`${where}.serviceAccount ${quoted(value)} has no name or no namespace`, notebook);
  const expression: Expression = { op: 'in', key: 'projectcalico.org/serviceaccount', values: [name] };
  const pods: Selector = { view: 'calico', expression };
  return { kind: 'pods', workloads: { namespaces: { kind: 'named', names: [namespace] }, pods } };
}

function readBlocks(value: unknown, where: string, { engine, notebook }: GroupContext): readonly PeerTerm[] {
  if (!Array.isArray(value)) return [notKnown(`${where}.ipBlocks is not a list`, notebook)].map(unreadable);
  return value.map((item: unknown): PeerTerm => {
    const { cidr, except, ...others } = isRecord(item) ? item : {};
    const [range, excepts] = [readCidr(cidr), readExcept(except)];
    if (range === null || excepts === null || Object.keys(others).length > 0)
      return unreadable(notKnown(`${where}: invalid ipBlock ${quoted(item)}`, notebook));
    const reach = { overPods: ipBlockReach(engine, 'pods'), overNodes: ipBlockReach(engine, 'nodes') };
    return { kind: 'ipBlock', range, except: excepts, ...reach };
  });
}

function readExcept(value: unknown): readonly AddressRange[] | null {
  if (isAbsent(value)) return [];
  if (!Array.isArray(value)) return null;
  const ranges = value.map(readCidr);
  return ranges.every(each => each !== null) ? ranges : null;
}

function readCidr(value: unknown) {
  const reading = typeof value === 'string' ? readRange(value) : null;
  return reading?.kind === 'range' ? reading.range : null;
}

/** "Currently only one level of nesting is supported": a child that has children is as good as none that is known. */
function readGroup(name: unknown, where: string, context: GroupContext): readonly Selection[] {
  const group = typeof name === 'string' ? context.group(name) : null;
  const spec = group !== null && isRecord(group.spec) ? group.spec : null;
  if (spec === null) return [notKnown(`${where} names group ${quoted(name)}, which is not there`, context.notebook)];
  if (Object.hasOwn(spec, 'childGroups') && where.endsWith('.childGroups'))
    return [notKnown(`group ${quoted(name)} is nested too deep`, context.notebook)];
  if (Object.hasOwn(spec, 'group')) return [notKnown(`group ${quoted(name)} names a group`, context.notebook)];
  return readSelection(spec, `group ${String(name)}`, context);
}

/** A selection as peers of a rule. */
export function peersOf(selection: Selection): readonly PeerTerm[] {
  switch (selection.kind) {
    case 'pods':
      return [podsTerm(selection.workloads)];
    case 'addresses':
      return selection.terms;
    case 'nodes':
      return [{ kind: 'nodes', selector: selection.selector }];
    case 'none':
      return [{ kind: 'nobody', why: selection.why }];
    case 'not-known':
      return [unreadable(selection)];
    default:
      return selection satisfies never;
  }
}

/** Pods that use their node's address are no workloads to Antrea. */
export function podsTerm({ namespaces, pods }: Workloads): PeerTerm {
  const podsText = pods.expression.op === 'true' ? 'all pods' : `pods ${selectorText(pods.expression)}`;
  const text =
    namespaces.kind === 'all'
      ? `${podsText} in all namespaces`
      : namespaces.kind === 'named'
        ? `${podsText} in namespace ${namespaces.names.join(', ')}`
        : namespaces.kind === 'none'
          ? `${podsText} in no namespace`
          : `${podsText} in namespaces ${selectorText(namespaces.selector.expression)}`;
  return { kind: 'pods', namespaces, pods, hostNetwork: 'unspecified', text };
}

/** Nobody wrote it, or wrote that there is nothing. */
function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function plain(expression: Expression): Selector {
  return { view: 'kubernetes', expression };
}

function notKnown(why: string, notebook: Notebook): { readonly kind: 'not-known'; readonly why: string } {
  notebook.problems.push(why);
  return { kind: 'not-known', why };
}

function unreadable({ why }: { readonly why: string }): PeerTerm {
  return { kind: 'unreadable', why };
}
