/**
 * Policies of the Amazon VPC CNI beside NetworkPolicy (https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html):
 * ApplicationNetworkPolicy, which is NetworkPolicy with domainNames, and ClusterNetworkPolicy with the tiers Admin and
 * Baseline. Domain names are enforced on the nodes of EKS Auto Mode alone
 * (https://docs.aws.amazon.com/eks/latest/userguide/auto-net-pol.html).
 */
import { readAdminSubject } from './admin-subject.ts';
import { readApplicationPolicy } from './eks-application.ts';
import { readClusterRules } from './eks-cluster-rule.ts';
import { readMeta } from './meta.ts';
import type { Policy, Rule, RuleList } from './model.ts';
import {
  blindSpots,
  type Contribution,
  NOTHING,
  networkPolicyPlace,
  type Place,
  type PlacedPolicy,
  type Reader,
  type ReaderContext,
} from './reader.ts';
import {
  isRecord,
  type Json,
  type Notebook,
  namespacedRef,
  quoted,
  referenceKind,
  referenceText,
  textAt,
} from './reading.ts';

const GROUP = 'networking.k8s.aws';
const KINDS = ['ApplicationNetworkPolicy', 'ClusterNetworkPolicy'] as const;
const CLUSTER_KIND = referenceKind({ group: GROUP, kind: 'ClusterNetworkPolicy' });

/** Reads ApplicationNetworkPolicy and ClusterNetworkPolicy of networking.k8s.aws. */
export const EKS_READER: Reader = {
  owns: KINDS.map(kind => ({ group: GROUP, kind, versions: ['v1alpha1'] })),
  supports: [],
  read: readEks,
};

function readEks(context: ReaderContext): Contribution {
  const objects = KINDS.flatMap(kind => context.objectsOf(GROUP, kind));
  const auto = isAutoMode(context);
  const { name } = context.engine;
  if (name === 'unknown' && !auto)
    return { ...NOTHING, ...blindSpots(objects, 'whether the Amazon VPC CNI enforces policies here is not known') };
  if (name !== 'unknown' && name !== 'aws-vpc-cni') {
    const why = `only the Amazon VPC CNI enforces it, and this cluster runs ${name}`;
    return { ...NOTHING, notEnforced: KINDS.map(kind => ({ kind: `${kind}.${GROUP}`, why })) };
  }
  const placed = [
    ...context.objectsOf(GROUP, 'ApplicationNetworkPolicy').map((object): PlacedPolicy => {
      const policy = readApplicationPolicy(object, context.engine, auto);
      const tie = `${policy.ref.namespace}/${policy.ref.name}`;
      return { place: networkPolicyPlace(context.engine), order: 0, tie, policy };
    }),
    ...context.objectsOf(GROUP, 'ClusterNetworkPolicy').flatMap(object => readClusterPolicy(object, auto)),
  ];
  return {
    ...NOTHING,
    policies: placed,
    problems: placed.flatMap(({ policy }) => policy.problems.map(why => ({ object: referenceText(policy.ref), why }))),
  };
}

/** Every node is of Auto Mode, whose agent is no DaemonSet: https://docs.aws.amazon.com/eks/latest/userguide/associate-workload.html */
function isAutoMode(context: ReaderContext): boolean {
  const nodes = context.objectsOf('', 'Node');
  const isAuto = (node: Json) => textAt(node, 'metadata', 'labels', 'eks.amazonaws.com/compute-type') === 'auto';
  return nodes.length > 0 && nodes.every(isAuto);
}

const TIERS: Readonly<Record<string, { readonly tier: 'admin' | 'baseline'; readonly order: number }>> = {
  Admin: { tier: 'admin', order: 1_000 },
  Baseline: { tier: 'baseline', order: 10_000_000 },
};

/**
 * Admin before NetworkPolicy, Baseline after it, "lowest priority number first". The guide calls Deny the "highest
 * precedence" as well: where a later Deny matches too, which of the two readings holds is open, so that denials stand before
 * all others once more, as a possibility.
 */
function readClusterPolicy(object: Json, auto: boolean): readonly PlacedPolicy[] {
  const notebook: Notebook = { problems: [] };
  const spec = isRecord(object.spec) ? object.spec : {};
  const word = textAt(spec, 'tier') ?? '';
  const known = Object.hasOwn(TIERS, word) ? TIERS[word] : undefined;
  if (known === undefined) notebook.problems.push(`unknown tier ${quoted(spec.tier)}: whom it binds is not known`);
  const { tier, order } = known ?? { tier: 'admin' as const, order: 1_000 };
  const priority = typeof spec.priority === 'number' ? spec.priority : null;
  if (priority === null) notebook.problems.push(`priority ${quoted(spec.priority)} is no number`);
  const riddle = known === undefined || priority === null ? (notebook.problems[0] ?? null) : null;
  const read = (direction: 'egress' | 'ingress') =>
    readClusterRules(spec[direction], direction, { tier, auto, notebook });
  const [egress, ingress] = [read('egress'), read('ingress')];
  const policy: Policy = {
    ref: { ...namespacedRef(CLUSTER_KIND, object), namespace: null },
    subject: readAdminSubject(spec.subject, riddle, notebook),
    isolates: { egress: egress !== 'absent', ingress: ingress !== 'absent' },
    egress,
    ingress,
    problems: notebook.problems,
    meta: readMeta(object),
  };
  const place: Place = { layer: 'network policy', tier, order, combine: 'first-match', endOfTier: 'pass' };
  const base = { place, tie: policy.ref.name };
  return [
    ...perhapsFirst(policy).map(each => ({ ...base, order: -1, policy: each })),
    { ...base, order: priority ?? 0, policy },
  ];
}

function perhapsFirst(policy: Policy): readonly Policy[] {
  const why = 'whether a Deny of a later priority comes before an earlier Accept or Pass is not documented clearly';
  const denials = (list: RuleList): RuleList => {
    const found: readonly Rule[] = list === 'absent' ? [] : list.filter(rule => rule.action === 'deny');
    return found.length === 0 ? 'absent' : found;
  };
  const [egress, ingress] = [denials(policy.egress), denials(policy.ingress)];
  if (egress === 'absent' && ingress === 'absent') return [];
  const { pods } = policy.subject;
  const expression = { op: 'all' as const, of: [pods.expression, { op: 'unreadable' as const, why }] };
  return [{ ...policy, egress, ingress, problems: [], subject: { ...policy.subject, pods: { ...pods, expression } } }];
}
