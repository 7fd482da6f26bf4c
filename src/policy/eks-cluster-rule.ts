/** The rules of networking.k8s.aws ClusterNetworkPolicy, which are those of the administrators' policies upstream. */
import { readAdminPeers } from './admin-peer.ts';
import { readAdminPorts } from './admin-port.ts';
import type { Action, PeerTerm, Rule, RuleList } from './model.ts';
import { isRecord, type Notebook, quoted, textAt } from './reading.ts';
import { riddleRules } from './riddle.ts';

/** Told where a domain name cannot be enforced for certain. */
export const AUTO_MODE_ONLY =
  'domain names are enforced on nodes of EKS Auto Mode alone, and not every node here is known to be one';

type Context = { readonly tier: 'admin' | 'baseline'; readonly auto: boolean; readonly notebook: Notebook };

const ACTIONS: Readonly<Record<string, Action>> = { Allow: 'accept', Accept: 'accept', Deny: 'deny', Pass: 'pass' };
const KNOWN = ['name', 'action', 'to', 'from', 'ports', 'protocols'];

/** Reads one direction's rules; absent or empty: the policy says nothing of it. */
export function readClusterRules(value: unknown, direction: 'egress' | 'ingress', context: Context): RuleList {
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return 'absent';
  if (Array.isArray(value)) return value.flatMap((item: unknown, index) => readRule(item, index, direction, context));
  return refuse(0, null, `${direction} is not a list`, context);
}

function readRule(item: unknown, index: number, direction: 'egress' | 'ingress', context: Context): readonly Rule[] {
  const { tier, notebook, auto } = context;
  const where = `${direction}[${index}]`;
  if (!isRecord(item)) return refuse(index, null, `${where} is no object`, context);
  const name = textAt(item, 'name');
  const odd = Object.keys(item).find(key => !KNOWN.includes(key));
  if (odd !== undefined) return refuse(index, name, `${where} has the unknown field "${odd}"`, context);
  const word = typeof item.action === 'string' ? item.action : '';
  const action = Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined;
  if (action === undefined) return refuse(index, name, `${where}: unknown action ${quoted(item.action)}`, context);
  const key = direction === 'egress' ? 'to' : 'from';
  const peers = readAdminPeers(item[key], `${where}.${key}`, { direction, action, tier, notebook });
  if (peers.kind === 'fail-closed') return riddleRules(index, name, peers.why);
  const kind = item.protocols === undefined ? 'AdminNetworkPolicy' : 'ClusterNetworkPolicy';
  const ports = readAdminPorts(item.protocols ?? item.ports, where, kind, notebook);
  const fields = [
    { name: key, negated: false, anyOf: peers.terms.map(term => namedFor(term, auto)) },
    ...(ports === null ? [] : [{ name: 'ports', negated: false, anyOf: ports }]),
  ];
  return [{ index, name, action, fields, notes: [] }];
}

function namedFor(term: PeerTerm, auto: boolean): PeerTerm {
  if (term.kind !== 'fqdn') return term;
  return auto ? { ...term, dialect: 'eks' } : { kind: 'unreadable', why: AUTO_MODE_ONLY };
}

function refuse(index: number, name: string | null, why: string, { notebook }: Context): readonly Rule[] {
  notebook.problems.push(why);
  return riddleRules(index, name, why);
}
