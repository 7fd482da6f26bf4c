/** The `to` and `from` of a NetworkPolicy rule. */
import type { Engine } from '../model.ts';
import { coversRange, readRange } from './address.ts';
import { asSeenBy } from './cilium-identity.ts';
import { departs, ipBlockReach } from './departures.ts';
import { keysOf } from './match-pods.ts';
import type { AddressRange, Expression, NamespaceScope, PeerTerm } from './model.ts';
import { isRecord, type Json, type Notebook, quoted } from './reading.ts';
import { mapKeys, matchExpression, readLabelSelector, selectorText } from './selector.ts';

type PeerContext = { readonly namespace: string; readonly engine: Engine; readonly notebook: Notebook };

/**
 * Reads a list of peers; null: absent or empty, which means every peer. `required`: what every peer that is chosen by
 * labels must meet as well. To Cilium, who asks for it, everybody is chosen by labels too.
 */
export function readPeers(
  value: unknown,
  where: string,
  context: PeerContext,
  required: readonly PeerTerm[] = [],
): readonly PeerTerm[] | null {
  const every = required.length === 0 ? null : [allOf(required, 'everybody')];
  if (value === undefined || value === null) return every;
  if (!Array.isArray(value)) return [unreadable(`${where} is not a list`, context.notebook)];
  return value.length === 0
    ? every
    : value
        .flatMap((item: unknown, index) => readPeer(item, `${where}[${index}]`, context))
        .map(term => (required.length === 0 || term.kind !== 'pods' ? term : allOf([term, ...required], term.text)));
}

function allOf(terms: readonly PeerTerm[], text: string): PeerTerm {
  return { kind: 'all-of', terms, text };
}

function readPeer(item: unknown, where: string, context: PeerContext): readonly PeerTerm[] {
  const { notebook } = context;
  if (item === null) return [unreadable(`${where} is a null peer`, notebook)];
  if (!isRecord(item)) return [unreadable(`${where} is no object`, notebook)];
  const keys = Object.keys(item).filter(key => item[key] !== undefined && item[key] !== null);
  const odd = keys.find(key => key !== 'ipBlock' && key !== 'podSelector' && key !== 'namespaceSelector');
  if (odd !== undefined) return [unreadable(`${where} has the unknown field "${odd}"`, notebook)];
  if (keys.length === 0) return [unreadable(`${where} names no peer`, notebook)];
  if (!keys.includes('ipBlock')) return readPods(item, where, context);
  if (keys.length > 1) return [unreadable(`${where} has ipBlock together with a selector`, notebook)];
  return [readIpBlock(item.ipBlock, `${where}.ipBlock`, context)];
}

/** Reads `{cidr, except}`: an except outside of its cidr changes nothing, and is a problem. */
function readIpBlock(value: unknown, where: string, { engine, notebook }: PeerContext): PeerTerm {
  if (!isRecord(value)) return unreadable(`${where} is no object`, notebook);
  const odd = Object.keys(value).find(key => key !== 'cidr' && key !== 'except');
  if (odd !== undefined) return unreadable(`${where} has the unknown field "${odd}"`, notebook);
  const range = readCidr(value.cidr, `${where}.cidr`, engine, notebook);
  const list = value.except ?? [];
  if (!Array.isArray(list)) return unreadable(`${where}.except is not a list`, notebook);
  const excepts = list.map((each: unknown, index) => readCidr(each, `${where}.except[${index}]`, engine, notebook));
  const failed = [range, ...excepts].find(each => typeof each === 'string');
  if (typeof failed === 'string') return { kind: 'unreadable', why: failed };
  const [block, ...except] = [range, ...excepts].filter(each => typeof each !== 'string');
  if (block === undefined) return unreadable(`${where} has no cidr`, notebook);
  for (const each of except)
    if (!coversRange(block, each))
      notebook.problems.push(`${where}: except ${each.text} is not inside cidr ${block.text}`);
  return {
    kind: 'ipBlock',
    range: block,
    except,
    overPods: ipBlockReach(engine, 'pods'),
    overNodes: ipBlockReach(engine, 'nodes'),
  };
}

/** The range, or why there is none. */
function readCidr(value: unknown, where: string, engine: Engine, notebook: Notebook): AddressRange | string {
  const reading =
    typeof value === 'string'
      ? readRange(value)
      : ({ kind: 'unreadable', why: `invalid CIDR ${quoted(value)}` } as const);
  if (reading.kind === 'unreadable') {
    const why = `${where}: ${reading.why}`;
    notebook.problems.push(why);
    return why;
  }
  if (reading.problem === null) return reading.range;
  notebook.problems.push(`${where}: ${reading.problem}`);
  // OVN refuses to match an address with bits beyond its mask; only later versions mask it for OVN (gress_policy.go).
  return engine.name === 'ovn-kubernetes' ? `${where}: ${reading.problem}, or nothing to OVN` : reading.range;
}

/** podSelector, namespaceSelector, or both; without a namespaceSelector, the policy's own namespace. */
function readPods(item: Json, where: string, context: PeerContext): readonly PeerTerm[] {
  const { namespace, engine, notebook } = context;
  const read = (key: 'podSelector' | 'namespaceSelector') =>
    isPresent(item[key]) ? readLabelSelector(item[key], `${where}.${key}`, notebook) : null;
  const written = read('podSelector') ?? ({ op: 'true' } as const);
  const pods = asSeenBy(engine, written, 'pods');
  const selected = read('namespaceSelector');
  const namespaces = selected === null ? null : asSeenBy(engine, selected, 'namespaces');
  const scope: NamespaceScope =
    namespaces === null
      ? { kind: 'named', names: [namespace] }
      : namespaces.op === 'true'
        ? { kind: 'all' }
        : { kind: 'selected', selector: { view: 'kubernetes', expression: namespaces } };
  const hostNetwork = departs(engine, 'host-network-pods-are-exempt').answer === 'yes' ? 'excluded' : 'unspecified';
  const text = peerTextOf(pods, namespaces, namespace);
  const term: PeerTerm = {
    kind: 'pods',
    namespaces: scope,
    pods: { view: 'kubernetes', expression: pods },
    hostNetwork,
    text,
  };
  return namespaces === null ? [term] : [term, ...outsideOfNegatives(pods, namespaces, text, engine)];
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function peerTextOf(pods: Expression, namespaces: Expression | null, namespace: string): string {
  const podsText = pods.op === 'true' ? 'all pods' : `pods ${selectorText(pods)}`;
  if (namespaces === null) return `${podsText} in namespace ${namespace}`;
  return namespaces.op === 'true'
    ? `${podsText} in all namespaces`
    : `${podsText} in namespaces ${selectorText(namespaces)}`;
}

/**
 * Cilium selects identities by labels, and the world has no namespace labels: a selector of negatives alone
 * (`NotIn`, `DoesNotExist`) matches it.
 */
function outsideOfNegatives(
  pods: Expression,
  namespaces: Expression,
  text: string,
  engine: Engine,
): readonly PeerTerm[] {
  const { answer } = departs(engine, 'negative-namespace-selector-matches-outside');
  // Only what an end without any labels satisfies can match the world.
  if (answer === 'no' || keysOf(namespaces).length === 0 || matchExpression(namespaces, {}).match === 'no') return [];
  const expression: Expression = {
    op: 'all',
    of: [mapKeys(namespaces, key => `k8s:io.cilium.k8s.namespace.labels.${key}`), mapKeys(pods, key => `k8s:${key}`)],
  };
  const term: PeerTerm = {
    kind: 'pods',
    namespaces: { kind: 'all' },
    pods: { view: 'cilium', expression },
    hostNetwork: 'excluded',
    text,
  };
  if (answer === 'yes') return [term];
  const why = `whether a namespaceSelector of negatives matches what is no pod is not known for this engine`;
  return [{ kind: 'all-of', terms: [term, { kind: 'unreadable', why }], text }];
}

function unreadable(why: string, notebook: Notebook): PeerTerm {
  notebook.problems.push(why);
  return { kind: 'unreadable', why };
}
