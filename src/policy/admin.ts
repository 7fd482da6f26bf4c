/**
 * Policies of cluster administrators: AdminNetworkPolicy and BaselineAdminNetworkPolicy (v1alpha1), ClusterNetworkPolicy
 * (v1alpha2). https://network-policy-api.sigs.k8s.io/reference/spec/ and the API types' own text. They are walked before
 * (admin) and after (baseline) NetworkPolicy; the first rule that matches acts, and Pass leaves the tier.
 */
import type { Engine, Problem } from '../model.ts';
import { readAdminPeers } from './admin-peer.ts';
import { readAdminPorts } from './admin-port.ts';
import { readAdminSubject } from './admin-subject.ts';
import { readMeta } from './meta.ts';
import type { Action, Policy, PolicyRef, Rule, RuleList } from './model.ts';
import {
  type Contribution,
  NOTHING,
  type Place,
  type PlacedPolicy,
  type Reader,
  type ReaderContext,
} from './reader.ts';
import { identityOf, isRecord, type Json, type Notebook, quoted, referenceText, textAt } from './reading.ts';

const GROUP = 'policy.networking.k8s.io';
const KINDS = [
  { group: GROUP, kind: 'AdminNetworkPolicy', versions: ['v1alpha1'] },
  { group: GROUP, kind: 'BaselineAdminNetworkPolicy', versions: ['v1alpha1'] },
  { group: GROUP, kind: 'ClusterNetworkPolicy', versions: ['v1alpha2'] },
];

/** Reads AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy. */
export const ADMIN_READER: Reader = { owns: KINDS, supports: [], read: readAdminPolicies };

/** Before the NetworkPolicies, or after them. */
export type AdminTier = 'admin' | 'baseline';

/** Engines that do not implement any of these kinds, with the reason; others are taken to enforce what they serve. */
const WITHOUT: Partial<Record<Engine['name'], string>> = {
  cilium: 'Cilium implements no AdminNetworkPolicy (https://docs.cilium.io/en/stable/network/kubernetes/policy/)',
  'azure-npm': 'Azure NPM implements NetworkPolicy only',
  none: 'no network plugin enforces policies here',
};

/** Names of Calico's own tiers for these kinds: https://docs.tigera.io/calico/latest/reference/resources/tier */
const CALICO_TIERS: Readonly<Record<AdminTier, string>> = { admin: 'kube-admin', baseline: 'kube-baseline' };
const TIER_ORDER: Readonly<Record<AdminTier, number>> = { admin: 1_000, baseline: 10_000_000 };

function readAdminPolicies(context: ReaderContext): Contribution {
  const why = WITHOUT[context.engine.name];
  if (why !== undefined)
    return { ...NOTHING, notEnforced: KINDS.map(({ kind }) => ({ kind: `${kind}.${GROUP}`, why })) };
  const placed: PlacedPolicy[] = [];
  const problems: Problem[] = [];
  for (const { kind } of KINDS) {
    for (const object of context.objectsOf(GROUP, kind)) {
      const { policy, place, order } = readAdminPolicy(object, kind, context.engine);
      placed.push({ place, order, tie: policy.ref.name, policy });
      problems.push(...policy.problems.map(text => ({ object: referenceText(policy.ref), why: text })));
    }
  }
  return { ...NOTHING, policies: placed, problems };
}

type Placed = { readonly policy: Policy; readonly place: Place; readonly order: number };

function readAdminPolicy(object: Json, kind: string, engine: Engine): Placed {
  const notebook: Notebook = { problems: [] };
  const ref: PolicyRef = { kind, namespace: null, name: identityOf(object)?.name ?? '' };
  const spec = isRecord(object.spec) ? object.spec : {};
  if (!isRecord(object.spec)) notebook.problems.push('no spec: read as an empty one');
  const tier = readTier(spec, kind, notebook);
  const known = whyNotItself(kind, ref.name);
  if (known !== null) notebook.problems.push(known);
  const context = { kind, tier, notebook };
  const egress = readRules(spec.egress, 'egress', context);
  const ingress = readRules(spec.ingress, 'ingress', context);
  const policy: Policy = {
    ref,
    subject: readAdminSubject(spec.subject, known, notebook),
    isolates: { egress: egress !== 'absent', ingress: ingress !== 'absent' },
    egress,
    ingress,
    problems: notebook.problems,
    meta: readMeta(object),
  };
  return { policy, place: placeOf(tier, engine), order: readPriority(spec, kind, notebook) };
}

function placeOf(tier: AdminTier, engine: Engine): Place {
  const name = engine.name === 'calico' ? CALICO_TIERS[tier] : tier;
  return { layer: 'network policy', tier: name, order: TIER_ORDER[tier], combine: 'first-match', endOfTier: 'pass' };
}

function readTier(spec: Json, kind: string, notebook: Notebook): AdminTier {
  if (kind === 'AdminNetworkPolicy') return 'admin';
  if (kind === 'BaselineAdminNetworkPolicy') return 'baseline';
  const tier = textAt(spec, 'tier');
  if (tier === 'Baseline') return 'baseline';
  if (tier !== 'Admin') notebook.problems.push(`unknown tier ${quoted(spec.tier)}: read as Admin`);
  return 'admin';
}

/** The one BaselineAdminNetworkPolicy is named `default`; the API server takes no other, so such an object is a riddle. */
function whyNotItself(kind: string, name: string): string | null {
  return kind === 'BaselineAdminNetworkPolicy' && name !== 'default' ? 'only the name default exists' : null;
}

/** Lower is earlier. A priority that is out of range or missing is a problem; it is still sorted by what it says. */
function readPriority(spec: Json, kind: string, notebook: Notebook): number {
  if (kind === 'BaselineAdminNetworkPolicy') return 0;
  const { priority } = spec;
  if (typeof priority !== 'number' || !Number.isInteger(priority)) {
    notebook.problems.push(`priority ${quoted(priority)} is no whole number: read as the last`);
    return 1000;
  }
  if (priority < 0 || priority > 1000) notebook.problems.push(`priority out of range: ${priority} is not in 0-1000`);
  return priority;
}

type RuleContext = { readonly kind: string; readonly tier: AdminTier; readonly notebook: Notebook };

/** No rules of a direction: the policy leaves it alone. */
function readRules(value: unknown, direction: 'egress' | 'ingress', context: RuleContext): RuleList {
  if (value === undefined || value === null) return 'absent';
  if (!Array.isArray(value)) return [unreadable(0, null, `${direction} is not a list`, context.notebook)];
  if (value.length === 0) return 'absent';
  return value.map((item: unknown, index) => readRule(item, index, direction, context));
}

const ACTIONS: Readonly<Record<string, Action>> = { Allow: 'accept', Accept: 'accept', Deny: 'deny', Pass: 'pass' };

function readRule(item: unknown, index: number, direction: 'egress' | 'ingress', context: RuleContext): Rule {
  const { kind, tier, notebook } = context;
  const where = `${direction}[${index}]`;
  if (!isRecord(item)) return unreadable(index, null, `${where} is no object`, notebook);
  const name = textAt(item, 'name');
  const accept = kind === 'ClusterNetworkPolicy' ? 'Accept' : 'Allow';
  const word = item.action;
  const action =
    typeof word === 'string' && (word === accept || word === 'Deny' || word === 'Pass') ? ACTIONS[word] : undefined;
  if (action === undefined) return unreadable(index, name, `${where}: unknown action ${quoted(word)}`, notebook);
  if (action === 'pass' && kind === 'BaselineAdminNetworkPolicy') {
    return unreadable(index, name, `${where}: unknown action "Pass": a baseline has nothing to pass to`, notebook);
  }
  const key = direction === 'egress' ? 'to' : 'from';
  const peers = readAdminPeers(item[key], `${where}.${key}`, { direction, action, tier, notebook });
  if (peers.kind === 'fail-closed') return failClosed({ index, name, action, why: peers.why }, key);
  const ports = readAdminPorts(kind === 'ClusterNetworkPolicy' ? item.protocols : item.ports, where, kind, notebook);
  const fields = [
    { name: key, negated: false, anyOf: peers.terms },
    ...(ports === null ? [] : [{ name: 'ports', negated: false, anyOf: ports }]),
  ];
  return { index, name, action, fields, notes: [] };
}

/**
 * A peer of a later version: "For Accept rules: treat the rule as matching no traffic. For Deny and Pass rules: treat the
 * rule as a Deny all rule." (EgressPeer, API types of v1alpha2; the same text in v1alpha1.)
 */
function failClosed(
  rule: { readonly index: number; readonly name: string | null; readonly action: Action; readonly why: string },
  key: string,
): Rule {
  const { index, name, action, why } = rule;
  if (action === 'accept') {
    return {
      index,
      name,
      action,
      fields: [{ name: key, negated: false, anyOf: [{ kind: 'nobody', why }] }],
      notes: [],
    };
  }
  return {
    index,
    name,
    action: 'deny',
    fields: [],
    notes: [`${why}: this version fails closed and denies everything`],
  };
}

function unreadable(index: number, name: string | null, why: string, notebook: Notebook): Rule {
  notebook.problems.push(why);
  return {
    index,
    name,
    action: 'deny',
    fields: [{ name: 'rule', negated: false, anyOf: [{ kind: 'unreadable', why }] }],
    notes: [],
  };
}
