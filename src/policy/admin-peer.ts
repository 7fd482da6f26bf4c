/** The `to` and `from` of the administrators' policies. */
import type { Engine } from '../model.ts';
import { readRange } from './address.ts';
import type { AdminTier } from './admin.ts';
import { whyNoPeer } from './admin-engine.ts';
import type { Action, Expression, NamespaceScope, PeerTerm } from './model.ts';
import { isRecord, type Json, type Notebook, quoted } from './reading.ts';
import { readLabelSelector, selectorText } from './selector.ts';

/** The peers of one rule of an admin policy, read. */
export type AdminPeers =
  | { readonly kind: 'read'; readonly terms: readonly PeerTerm[] }
  /** A peer that this version does not know: the whole rule fails closed. */
  | { readonly kind: 'fail-closed'; readonly why: string };

/** Where a peer stands: it decides what a part that is not understood must do. */
export type AdminPeerContext = {
  readonly direction: 'egress' | 'ingress';
  readonly action: Action;
  readonly tier: AdminTier;
  /** Absent: one that knows every peer. */
  readonly engine?: Engine;
  readonly notebook: Notebook;
};

const EGRESS_ONLY = ['nodes', 'networks', 'domainNames'];

/** Reads the peers of one rule; the list must have at least one. */
export function readAdminPeers(value: unknown, where: string, context: AdminPeerContext): AdminPeers {
  if (!Array.isArray(value) || value.length === 0)
    return { kind: 'read', terms: [unreadable(`${where} names no peer`, context.notebook)] };
  const terms: PeerTerm[] = [];
  for (const [index, item] of value.entries()) {
    const peer = readPeer(item, `${where}[${index}]`, context);
    if (typeof peer === 'string') {
      context.notebook.problems.push(peer);
      return { kind: 'fail-closed', why: peer };
    }
    terms.push(...peer);
  }
  return { kind: 'read', terms };
}

/** The terms of one peer, or why this version does not know it. */
function readPeer(item: unknown, where: string, context: AdminPeerContext): readonly PeerTerm[] | string {
  const { direction, engine, notebook } = context;
  if (!isRecord(item)) return [unreadable(`${where} is no object`, notebook)];
  const keys = Object.keys(item).filter(key => item[key] !== undefined && item[key] !== null);
  const known = ['namespaces', 'pods', ...(direction === 'egress' ? EGRESS_ONLY : [])];
  const odd = keys.find(key => !known.includes(key));
  if (odd !== undefined) return `${where} has the field "${odd}", which this version does not know`;
  if (keys.length === 0) return `${where} has no field that this version knows`;
  if (keys.length > 1) return [unreadable(`${where} has ${keys.join(' and ')} together`, notebook)];
  const lacking = engine === undefined ? null : whyNoPeer(keys[0] ?? '', engine);
  if (lacking !== null) return `${where}: ${lacking}`;
  return readKnown(item, keys[0] ?? '', where, context);
}

function readKnown(item: Json, key: string, where: string, context: AdminPeerContext): readonly PeerTerm[] {
  const { notebook } = context;
  switch (key) {
    case 'namespaces':
      return [podsTerm(readLabelSelector(item.namespaces, `${where}.namespaces`, notebook), { op: 'true' })];
    case 'pods': {
      if (!isRecord(item.pods)) return [unreadable(`${where}.pods is no object`, notebook)];
      const { namespaceSelector, podSelector } = item.pods;
      const odd = oddFieldOfPods(item.pods);
      if (odd !== undefined) return [unreadable(`${where}.pods has the unknown field "${odd}"`, notebook)];
      return [
        podsTerm(
          readLabelSelector(namespaceSelector ?? {}, `${where}.pods.namespaceSelector`, notebook),
          readLabelSelector(podSelector ?? {}, `${where}.pods.podSelector`, notebook),
        ),
      ];
    }
    case 'nodes':
      return [
        {
          kind: 'nodes',
          selector: { view: 'kubernetes', expression: readLabelSelector(item.nodes, `${where}.nodes`, notebook) },
        },
      ];
    case 'networks':
      return readList(item.networks, `${where}.networks`, notebook, readNetwork);
    default:
      return readDomainNames(item.domainNames, `${where}.domainNames`, context);
  }
}

/**
 * A field that pods are not selected by (undefined: there is none). The first releases of v1alpha1 had `namespaces` there, in
 * place of `namespaceSelector`: left unread, it would mean the pods of every namespace.
 */
export function oddFieldOfPods(pods: Json): string | undefined {
  return Object.keys(pods).find(key => key !== 'namespaceSelector' && key !== 'podSelector');
}

/** "Note that host-networked pods are not included in this type of peer." */
function podsTerm(namespaces: Expression, pods: Expression): PeerTerm {
  const scope: NamespaceScope =
    namespaces.op === 'true'
      ? { kind: 'all' }
      : { kind: 'selected', selector: { view: 'kubernetes', expression: namespaces } };
  const podsText = pods.op === 'true' ? 'all pods' : `pods ${selectorText(pods)}`;
  const text =
    namespaces.op === 'true'
      ? `${podsText} in all namespaces`
      : `${podsText} in namespaces ${selectorText(namespaces)}`;
  return {
    kind: 'pods',
    namespaces: scope,
    pods: { view: 'kubernetes', expression: pods },
    hostNetwork: 'excluded',
    text,
  };
}

/** Networks match by address alone, addresses of pods and nodes too: "Networks can match pod IPs and node IPs as well". */
function readNetwork(value: unknown, where: string, notebook: Notebook): PeerTerm {
  const reading = typeof value === 'string' ? readRange(value) : null;
  if (reading === null || reading.kind === 'unreadable') {
    return unreadable(`${where}: invalid CIDR ${quoted(value)}${reading === null ? '' : `: ${reading.why}`}`, notebook);
  }
  if (reading.problem !== null) notebook.problems.push(`${where}: ${reading.problem}`);
  return { kind: 'ipBlock', range: reading.range, except: [], overPods: 'every-address', overNodes: 'every-address' };
}

/** A name, or `*.` and a name, by the pattern of the API type. https://network-policy-api.sigs.k8s.io/npeps/npep-133/ */
const DOMAIN_NAME = /^(\*\.)?([a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.)+[a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.?$/;

/** "This field may only be used in Accept rules of the Admin tier": nothing else is defined, so nothing else is guessed. */
function readDomainNames(
  value: unknown,
  where: string,
  { action, tier, notebook }: AdminPeerContext,
): readonly PeerTerm[] {
  if (action !== 'accept' || tier !== 'admin')
    return [unreadable(`${where}: domainNames is for accept rules of the admin tier only`, notebook)];
  return readList(value, where, notebook, (name, at) => {
    if (typeof name !== 'string' || !DOMAIN_NAME.test(name))
      return unreadable(`${at}: invalid domain name ${quoted(name)}`, notebook);
    const plain = name.replace(/\.$/, '');
    const isPattern = plain.startsWith('*.');
    return {
      kind: 'fqdn',
      name: isPattern ? null : plain,
      pattern: isPattern ? plain : null,
      dialect: 'cluster-network-policy',
    };
  });
}

type ReadItem = (value: unknown, where: string, notebook: Notebook) => PeerTerm;

function readList(value: unknown, where: string, notebook: Notebook, read: ReadItem): readonly PeerTerm[] {
  if (!Array.isArray(value) || value.length === 0) return [unreadable(`${where} is no list with items`, notebook)];
  return value.map((item: unknown, index) => read(item, `${where}[${index}]`, notebook));
}

function unreadable(why: string, notebook: Notebook): PeerTerm {
  notebook.problems.push(why);
  return { kind: 'unreadable', why };
}
