/**
 * Policies of cluster administrators: AdminNetworkPolicy and BaselineAdminNetworkPolicy (v1alpha1), ClusterNetworkPolicy
 * (v1alpha2). https://network-policy-api.sigs.k8s.io/reference/spec/ and the API types' own text. They are walked before
 * (admin) and after (baseline) NetworkPolicy; the first rule that matches acts, and Pass leaves the tier.
 */
import type { Engine, Problem } from '../model.ts';
import { standingOf, whyNamedPortIsOpen, whyPerhapsNotSetUp } from './admin-engine.ts';
import { readAdminPeers } from './admin-peer.ts';
import { readAdminPorts } from './admin-port.ts';
import { readAdminSubject } from './admin-subject.ts';
import { antreaOrder, antreaPlace } from './antrea-place.ts';
import { readMeta } from './meta.ts';
import type { Action, Policy, PolicyRef, Rule, RuleList } from './model.ts';
import { perhaps, withTies } from './perhaps.ts';
import {
  blindSpots,
  type Contribution,
  NOTHING,
  type Place,
  type PlacedPolicy,
  type Reader,
  type ReaderContext,
} from './reader.ts';
import { identityOf, isRecord, type Json, type Notebook, quoted, referenceText, textAt } from './reading.ts';
import { riddleRules } from './riddle.ts';

const GROUP = 'policy.networking.k8s.io';
const KINDS = [
  { group: GROUP, kind: 'AdminNetworkPolicy', versions: ['v1alpha1'] },
  { group: GROUP, kind: 'BaselineAdminNetworkPolicy', versions: ['v1alpha1'] },
  { group: GROUP, kind: 'ClusterNetworkPolicy', versions: ['v1alpha2'] },
] as const;

/** Reads AdminNetworkPolicy, BaselineAdminNetworkPolicy and ClusterNetworkPolicy. */
export const ADMIN_READER: Reader = { owns: KINDS, supports: [], read: readAdminPolicies };

/** Before the NetworkPolicies, or after them. */
export type AdminTier = 'admin' | 'baseline';

/** Names of Calico's own tiers for these kinds: https://docs.tigera.io/calico/latest/reference/resources/tier (v1alpha1: of 3.31) */
const CALICO_TIERS: Readonly<Record<'v1alpha1' | 'v1alpha2', Readonly<Record<AdminTier, string>>>> = {
  v1alpha1: { admin: 'adminnetworkpolicy', baseline: 'baselineadminnetworkpolicy' },
  v1alpha2: { admin: 'kube-admin', baseline: 'kube-baseline' },
};
/**
 * Priorities of Antrea's tiers for these kinds, which share their tables with its own policies: what passes there passes
 * these too (pkg/controller/networkpolicy/adminnetworkpolicy.go, pkg/agent/openflow/network_policy.go).
 */
const ANTREA_TIERS: Readonly<Record<AdminTier, number>> = { admin: 251, baseline: 254 };
const TIER_ORDER: Readonly<Record<AdminTier, number>> = { admin: 1_000, baseline: 10_000_000 };

function readAdminPolicies(context: ReaderContext): Contribution {
  const parts = KINDS.map(({ kind }) => readKind(kind, context));
  const policies = parts.flatMap(part => part.policies);
  return {
    // Calico sorts policies of one order by name; the API leaves it open who comes first.
    policies: context.engine.name === 'calico' ? policies : withTies(policies),
    problems: parts.flatMap(part => part.problems),
    blindSpots: parts.flatMap(part => part.blindSpots),
    notEnforced: parts.flatMap(part => part.notEnforced),
  };
}

function readKind(kind: (typeof KINDS)[number]['kind'], context: ReaderContext): Contribution {
  const { engine, objectsOf } = context;
  const objects = objectsOf(GROUP, kind);
  const standing = standingOf(kind, context);
  if (standing.kind === 'not-enforced')
    return { ...NOTHING, notEnforced: [{ kind: `${kind}.${GROUP}`, why: standing.why }] };
  if (standing.kind === 'not-evaluated') return { ...NOTHING, ...blindSpots(objects, standing.why) };
  const policies: PlacedPolicy[] = [];
  const problems: Problem[] = [];
  for (const object of objects) {
    const { policy, place, order } = readAdminPolicy(object, kind, engine);
    const doubts = [standing.kind === 'open' ? standing.why : null, whyPerhapsNotSetUp(object.spec, engine)].filter(
      why => why !== null,
    );
    policies.push({ place, order, tie: policy.ref.name, policy: doubts.reduce(perhaps, policy) });
    problems.push(...[...policy.problems, ...doubts].map(why => ({ object: referenceText(policy.ref), why })));
  }
  return { ...NOTHING, policies, problems };
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
  const context = { kind, tier, engine, notebook };
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
  const priority = readPriority(spec, kind, notebook);
  const order = engine.name === 'antrea' ? antreaOrder(ANTREA_TIERS[tier], priority) : priority;
  return { policy, place: placeOf(kind, tier, engine), order };
}

function placeOf(kind: string, tier: AdminTier, engine: Engine): Place {
  if (engine.name === 'antrea') return antreaPlace(ANTREA_TIERS[tier]);
  const version = kind === 'ClusterNetworkPolicy' ? 'v1alpha2' : 'v1alpha1';
  const name = engine.name === 'calico' ? CALICO_TIERS[version][tier] : tier;
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

type RuleContext = {
  readonly kind: string;
  readonly tier: AdminTier;
  readonly engine: Engine;
  readonly notebook: Notebook;
};

/** No rules of a direction: the policy leaves it alone. */
function readRules(value: unknown, direction: 'egress' | 'ingress', context: RuleContext): RuleList {
  if (value === undefined || value === null) return 'absent';
  if (!Array.isArray(value)) return [unreadable(0, null, `${direction} is not a list`, context.notebook)];
  if (value.length === 0) return 'absent';
  return value.flatMap((item: unknown, index) => readRule(item, index, direction, context));
}

const ACTIONS: Readonly<Record<string, Action>> = { Allow: 'accept', Accept: 'accept', Deny: 'deny', Pass: 'pass' };

function readRule(
  item: unknown,
  index: number,
  direction: 'egress' | 'ingress',
  context: RuleContext,
): Rule | readonly Rule[] {
  const { kind, tier, engine, notebook } = context;
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
  const peers = readAdminPeers(item[key], `${where}.${key}`, { direction, action, tier, engine, notebook });
  if (peers.kind === 'fail-closed') return failClosed({ index, name, action, why: peers.why }, key);
  const ports = readAdminPorts(kind === 'ClusterNetworkPolicy' ? item.protocols : item.ports, where, kind, notebook);
  const open = ports?.some(port => port.kind === 'named-port') === true ? whyNamedPortIsOpen(kind, engine) : null;
  if (open !== null) {
    notebook.problems.push(`${where}: ${open}`);
    return riddleRules(index, name, `${where}: ${open}`);
  }
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
