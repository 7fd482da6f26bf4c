/**
 * Antrea's own policies: NetworkPolicy, ClusterNetworkPolicy, Tier, ClusterGroup, Group of crd.antrea.io
 * (https://github.com/antrea-io/antrea/blob/main/docs/antrea-network-policy.md). Tiers by priority, policies by priority,
 * rules in order; the first match acts. "K8s NetworkPolicies are enforced next, and baseline Tier policies will be enforced
 * last." Pass leaves all of Antrea's tiers but the baseline (see `antrea-place.ts`).
 */
import type { Problem } from '../model.ts';
import { type GroupContext, readSelection, type Selection } from './antrea-group.ts';
import { antreaOrder, antreaPlace, ANTREA_BASELINE as BASELINE } from './antrea-place.ts';
import { readAntreaRule } from './antrea-rule.ts';
import { compareText } from './coverage.ts';
import { readMeta } from './meta.ts';
import type { Policy, PolicyRef, Rule, RuleList, Subject } from './model.ts';
import { asTied, perhaps } from './perhaps.ts';
import {
  blindSpots,
  type Contribution,
  NOTHING,
  type PlacedPolicy,
  type Reader,
  type ReaderContext,
} from './reader.ts';
import {
  identityOf,
  isRecord,
  type Json,
  type Notebook,
  objectName,
  quoted,
  referenceKind,
  referenceText,
  textAt,
} from './reading.ts';

const GROUP = 'crd.antrea.io';
const POLICIES = ['ClusterNetworkPolicy', 'NetworkPolicy'] as const;

/** Reads Antrea's policies with their tiers and groups. */
export const ANTREA_READER: Reader = {
  owns: POLICIES.map(kind => ({ group: GROUP, kind, versions: ['v1beta1', 'v1alpha1'] })),
  supports: [
    { group: GROUP, kind: 'Tier', versions: ['v1beta1', 'v1alpha1'] },
    { group: GROUP, kind: 'ClusterGroup', versions: ['v1beta1', 'v1alpha3'] },
    { group: GROUP, kind: 'Group', versions: ['v1beta1', 'v1alpha3'] },
  ],
  read: readAntrea,
};

/** "On startup, antrea-controller will create 5 Read-Only Tier resources [...] as well as a baseline Tier." */
const STATIC_TIERS: Readonly<Record<string, number>> = {
  emergency: 50,
  securityops: 100,
  networkops: 150,
  platform: 200,
  application: 250,
  baseline: 253,
};
const APPLICATION = 250;

function readAntrea(context: ReaderContext): Contribution {
  const { name } = context.engine;
  const objects = POLICIES.flatMap(kind => context.objectsOf(GROUP, kind));
  if (name === 'unknown')
    return { ...NOTHING, ...blindSpots(objects, 'whether Antrea enforces policies here is not known') };
  if (name !== 'antrea') {
    const why = `only Antrea enforces it, and this cluster runs ${name}`;
    return { ...NOTHING, notEnforced: POLICIES.map(kind => ({ kind: `${kind}.${GROUP}`, why })) };
  }
  const read = objects.map(object => readPolicy(object, context));
  const drafts = read.filter(each => each.kind === 'draft');
  const unplaced = read.flatMap(each => (each.kind === 'unplaced' ? [blindSpots([each.object], each.why)] : []));
  return {
    ...NOTHING,
    policies: drafts.flatMap(draft => place(draft, drafts)),
    problems: [
      ...drafts.flatMap(({ ref, problems }) => problems.map(why => ({ object: referenceText(ref), why }))),
      ...(context.engine.version === null ? objects.map(unseenAgent) : []),
      ...unplaced.flatMap(({ problems }) => problems),
    ],
    blindSpots: unplaced.flatMap(each => each.blindSpots),
  };
}

/** The policies alone told that Antrea is here: evaluated all the same, and said, for nothing may enforce them. */
function unseenAgent(object: Json): Problem {
  const why =
    'no agent of Antrea was seen, so its version is not known: the policy kind is evaluated as the documentation has it, if it is enforced at all';
  return { object: objectName(object), why };
}

/** One object, read, before it is put in its place. */
type Draft = {
  readonly kind: 'draft';
  readonly ref: PolicyRef;
  readonly tier: number;
  readonly priority: number;
  readonly policies: readonly Policy[];
  readonly problems: readonly string[];
};
/** Where it stands is not known. */
type Unplaced = { readonly kind: 'unplaced'; readonly object: Json; readonly why: string };

function readPolicy(object: Json, context: ReaderContext): Draft | Unplaced {
  const spec = isRecord(object.spec) ? object.spec : {};
  const tier = readTier(spec.tier, context);
  if (tier === null) return { kind: 'unplaced', object, why: `tier ${quoted(spec.tier)} is not known` };
  const { priority } = spec;
  if (typeof priority !== 'number' || !(priority >= 1 && priority <= 10_000))
    return { kind: 'unplaced', object, why: `priority ${quoted(priority)} is not in 1-10000` };
  const notebook: Notebook = { problems: [] };
  const ref = refOf(object);
  const { namespace } = ref;
  const reading = { namespace, engine: context.engine, notebook, group: groupsFor(namespace, context) };
  const segments = readSegments(spec, tier === BASELINE, reading);
  const policies = segments.flatMap(segment => policiesOf(segment, object, ref, reading));
  return { kind: 'draft', ref, tier, priority, policies, problems: notebook.problems };
}

function refOf(object: Json): PolicyRef {
  const kind = referenceKind({ group: GROUP, kind: String(object.kind) });
  const namespace = textAt(object, 'metadata', 'namespace');
  return { kind, namespace, name: textAt(object, 'metadata', 'name') ?? '' };
}

/** The tier's priority; null: no such tier was seen. "Any policy without a tier name will be associated with the application tier." */
function readTier(value: unknown, context: ReaderContext): number | null {
  if (value === undefined || value === null || value === '') return APPLICATION;
  if (typeof value !== 'string') return null;
  const known = value.toLowerCase();
  if (Object.hasOwn(STATIC_TIERS, known)) return STATIC_TIERS[known] ?? null;
  const tier = context.objectsOf(GROUP, 'Tier').find(each => identityOf(each)?.name === value);
  const priority = tier !== undefined && isRecord(tier.spec) ? tier.spec.priority : undefined;
  return typeof priority === 'number' && priority >= 0 && priority < BASELINE ? priority : null;
}

/** A ClusterNetworkPolicy names ClusterGroups, a NetworkPolicy the Groups of its namespace. */
function groupsFor(namespace: string | null, context: ReaderContext): GroupContext['group'] {
  const kind = namespace === null ? 'ClusterGroup' : 'Group';
  const groups = new Map(
    context.objectsOf(GROUP, kind).flatMap(object => {
      const identity = identityOf(object);
      return identity?.namespace === namespace ? [[identity.name, object] as const] : [];
    }),
  );
  return name => groups.get(name) ?? null;
}

/** Rules that share their subject: all of a policy, or each one where appliedTo is given by the rule. */
type Segment = { readonly appliedTo: unknown; readonly egress: readonly Rule[]; readonly ingress: readonly Rule[] };

function readSegments(spec: Json, isBaseline: boolean, reading: GroupContext): readonly Segment[] {
  const read = (direction: 'egress' | 'ingress') => {
    const list = spec[direction] ?? [];
    const items: readonly unknown[] = Array.isArray(list) ? list : [null];
    return items.map((item, index) => ({
      appliedTo: isRecord(item) ? item.appliedTo : undefined,
      rules: readAntreaRule(item, index, { ...reading, direction, isBaseline }),
    }));
  };
  const [egress, ingress] = [read('egress'), read('ingress')];
  const own = spec.appliedTo;
  if (!isNothing(own)) {
    const rulesOf = (list: typeof egress) => list.flatMap(({ rules }) => rules);
    return [{ appliedTo: own, egress: rulesOf(egress), ingress: rulesOf(ingress) }];
  }
  return [
    ...egress.map(({ appliedTo, rules }) => ({ appliedTo, egress: rules, ingress: [] })),
    ...ingress.map(({ appliedTo, rules }) => ({ appliedTo, egress: [], ingress: rules })),
  ];
}

/** An empty list is as good as none, for Antrea asks how many entries there are. */
function isNothing(list: unknown): boolean {
  return list === undefined || list === null || (Array.isArray(list) && list.length === 0);
}

function policiesOf(segment: Segment, object: Json, ref: PolicyRef, reading: GroupContext): readonly Policy[] {
  const [egress, ingress] = [ruleList(segment.egress), ruleList(segment.ingress)];
  return subjectsOf(segment.appliedTo, reading).map(subject => ({
    ref,
    subject,
    isolates: { egress: egress !== 'absent', ingress: ingress !== 'absent' },
    egress,
    ingress,
    problems: reading.notebook.problems,
    meta: readMeta(object),
  }));
}

function ruleList(rules: readonly Rule[]): RuleList {
  return rules.length === 0 ? 'absent' : rules;
}

function subjectsOf(value: unknown, reading: GroupContext): readonly Subject[] {
  const list: readonly unknown[] = Array.isArray(value) && value.length > 0 ? value : [null];
  return list.flatMap((item, index) => {
    if (!isRecord(item)) return [openSubject(`appliedTo ${quoted(value)} is no list of selectors`, reading)];
    // A Service stands for its node ports: what comes in there is no traffic between pods.
    if (isRecord(item.service) && textAt(item.service, 'name') !== null) return [];
    return readSelection(item, `appliedTo[${index}]`, reading).flatMap(selection => subjectOf(selection, reading));
  });
}

function subjectOf(selection: Selection, reading: GroupContext): readonly Subject[] {
  switch (selection.kind) {
    case 'pods':
      return [{ ...selection.workloads, serviceAccounts: null, hostNetwork: 'does-not-apply' }];
    case 'nodes':
      return [nodeSubject()];
    // "An IPBlock ClusterGroup referenced in an appliedTo field will be ignored, and the policy will have no effect."
    case 'addresses':
    case 'none':
      return [];
    case 'not-known':
      return [openSubject(selection.why, reading)];
    default:
      return selection satisfies never;
  }
}

function openSubject(why: string, { namespace, notebook }: GroupContext): Subject {
  if (!notebook.problems.includes(why)) notebook.problems.push(why);
  return {
    namespaces: namespace === null ? { kind: 'all' } : { kind: 'named', names: [namespace] },
    pods: { view: 'kubernetes', expression: { op: 'unreadable', why } },
    serviceAccounts: null,
    hostNetwork: 'does-not-apply',
  };
}

/** Nodes' own traffic, and so perhaps that of pods that use their node's network; never of any other. */
function nodeSubject(): Subject {
  const why = 'the policy is for nodes, and whether it takes in pods that use their node’s network is not known';
  return {
    namespaces: { kind: 'all' },
    pods: { view: 'kubernetes', expression: { op: 'unreadable', why } },
    serviceAccounts: null,
    hostNetwork: 'applies',
    onlyHostNetwork: true,
  };
}

/**
 * "Policies with the same priorities will be enforced indeterministically": any of them may come first, so that those that
 * would come later stand before it once more, as a possibility.
 */
function place(draft: Draft, drafts: readonly Draft[]): readonly PlacedPolicy[] {
  const { tier, priority } = draft;
  const same = drafts
    .filter(each => each.tier === tier && each.priority === priority)
    .map(each => referenceText(each.ref))
    .toSorted(compareText);
  const at = same.indexOf(referenceText(draft.ref));
  const put = (policy: Policy, tie: number, index: number): PlacedPolicy => ({
    place: antreaPlace(tier),
    order: antreaOrder(tier, priority),
    tie: [tie, at, index].map(each => String(each).padStart(6, '0')).join(' '),
    policy,
  });
  const order = antreaOrder(tier, priority);
  const certain = draft.policies.map((policy, index) =>
    put(same.length === 1 ? policy : asTied(policy, order, same.length - at), 2, index),
  );
  if (at === 0) return certain;
  const why = `which of the policies of priority ${priority} in this tier comes first is not determined`;
  return [
    ...draft.policies.map((policy, index) => put({ ...perhaps(policy, why), problems: [] }, 1, index)),
    ...certain,
  ];
}
