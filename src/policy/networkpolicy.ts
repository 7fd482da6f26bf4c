/**
 * Kubernetes NetworkPolicy v1: https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/
 * What is malformed becomes `unreadable` where it stands, with a problem; what the API leaves to the network plugin, and
 * where a plugin departs from the text, is asked of `departures.ts`.
 */
import type { Engine, Problem } from '../model.ts';
import { turnOf } from './calico-turn.ts';
import { readAllRequirements } from './cilium.ts';
import type { Requirement } from './cilium-context.ts';
import { asSeenBy } from './cilium-identity.ts';
import { requiredOf } from './cilium-peer.ts';
import { departs, engineText } from './departures.ts';
import { readMeta } from './meta.ts';
import type { Expression, Field, Policy, PolicyRef, Rule, RuleList } from './model.ts';
import { readPeers } from './networkpolicy-peer.ts';
import { readPorts } from './networkpolicy-port.ts';
import { ownNodeRule } from './own-node.ts';
import {
  type Contribution,
  NOTHING,
  networkPolicyPlace,
  type PlacedPolicy,
  type Reader,
  type ReaderContext,
} from './reader.ts';
import { isRecord, type Json, type Notebook, namespacedRef, quoted, referenceText } from './reading.ts';
import { readLabelSelector } from './selector.ts';

/** Reads Kubernetes NetworkPolicy v1. */
export const NETWORK_POLICY_READER: Reader = {
  owns: [{ group: 'networking.k8s.io', kind: 'NetworkPolicy', versions: ['v1'] }],
  supports: [],
  read: readNetworkPolicies,
};

/**
 * In Calico's tier `default`, Kubernetes' policies have this order
 * (https://docs.tigera.io/calico/latest/reference/resources/tier) and, among others of it, a name with this before it.
 */
const ORDER_IN_CALICO = 1000;
const NAME_IN_CALICO = 'knp.default.';

/** Reads every NetworkPolicy of the context into its engine's place. */
export function readNetworkPolicies(context: ReaderContext): Contribution {
  const policies: PlacedPolicy[] = [];
  const problems: Problem[] = [];
  const place = networkPolicyPlace(context.engine);
  const reading = { engine: context.engine, requirements: readAllRequirements(context) };
  for (const object of context.objectsOf('networking.k8s.io', 'NetworkPolicy')) {
    for (const policy of readNetworkPolicy(object, reading)) {
      const { namespace } = policy.ref;
      const turn = turnOf({ name: `${NAME_IN_CALICO}${policy.ref.name}`, namespace, tier: place.tier }, context.engine);
      policies.push({ place, order: ORDER_IN_CALICO, ...turn, policy });
      problems.push(...policy.problems.map(why => ({ object: referenceText(policy.ref), why })));
    }
  }
  return { ...NOTHING, policies, problems };
}

/** What is the same for all objects. `requirements`: what Cilium's toRequires and fromRequires ask of peers. */
type Reading = { readonly engine: Engine; readonly requirements: readonly Requirement[] };

/** What is read of one object before directions are settled. */
type Draft = {
  readonly ref: PolicyRef;
  readonly pods: Expression;
  readonly types: Types;
  readonly egress: RuleList;
  readonly ingress: RuleList;
};

type Types = { readonly egress: boolean; readonly ingress: boolean; readonly unreadable: string | null };

/** One policy; two where it is open whether the engine lets unlisted directions count. */
function readNetworkPolicy(object: Json, reading: Reading): readonly Policy[] {
  const { engine } = reading;
  const notebook: Notebook = { problems: [] };
  const ref = namespacedRef('NetworkPolicy', object);
  const spec = readSpec(object, notebook);
  const written: Expression = Object.hasOwn(spec, 'podSelector')
    ? readLabelSelector(spec.podSelector, 'podSelector', notebook)
    : { op: 'true' };
  const podSelector = asSeenBy(engine, written, 'pods');
  const types = readTypes(spec, notebook);
  const draft: Draft = {
    ref,
    // Where the directions cannot be read, it is open whether the policy says anything to the pod at all.
    pods:
      types.unreadable === null
        ? podSelector
        : { op: 'all', of: [podSelector, { op: 'unreadable', why: types.unreadable }] },
    types,
    egress: readRules(spec, { ...reading, direction: 'egress', ref, notebook }),
    ingress: readRules(spec, { ...reading, direction: 'ingress', ref, notebook }),
  };
  return settle(draft, engine, notebook, object);
}

function readSpec(object: Json, notebook: Notebook): Json {
  const { spec } = object;
  if (isRecord(spec)) return spec;
  notebook.problems.push(
    spec === undefined ? 'no spec: read as an empty one' : `spec is ${quoted(spec)}: read as an empty one`,
  );
  return {};
}

/** policyTypes, or what the API server defaults it to: Ingress always, Egress if there is an egress rule. */
function readTypes(spec: Json, notebook: Notebook): Types {
  const { policyTypes } = spec;
  const hasEgress = Array.isArray(spec.egress) && spec.egress.length > 0;
  if (policyTypes === undefined || policyTypes === null) return { ingress: true, egress: hasEgress, unreadable: null };
  const open = (unreadable: string) => {
    notebook.problems.push(unreadable);
    return { ingress: true, egress: true, unreadable };
  };
  if (!Array.isArray(policyTypes)) return open('policyTypes is not a list');
  if (policyTypes.length === 0) return { ingress: true, egress: hasEgress, unreadable: null };
  const odd = policyTypes.find(type => type !== 'Ingress' && type !== 'Egress');
  if (odd !== undefined) return open(`unknown policy type ${quoted(odd)}`);
  return { ingress: policyTypes.includes('Ingress'), egress: policyTypes.includes('Egress'), unreadable: null };
}

type Direction = 'egress' | 'ingress';

function readRules(spec: Json, context: RuleContext): readonly Rule[] {
  const { direction, notebook } = context;
  const list = spec[direction];
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) return [unreadableRule(0, `${direction} is not a list`, notebook)];
  return list.map((item: unknown, index) => readRule(item, index, context));
}

type RuleContext = Reading & {
  readonly direction: Direction;
  readonly ref: PolicyRef;
  readonly notebook: Notebook;
};

function readRule(item: unknown, index: number, context: RuleContext): Rule {
  const { direction, ref, engine, notebook } = context;
  const peersKey = direction === 'egress' ? 'to' : 'from';
  const where = `${direction}[${index}]`;
  if (!isRecord(item)) return unreadableRule(index, `${where} is no object`, notebook);
  const fields: Field[] = [];
  for (const key of Object.keys(item)) {
    if (key !== peersKey && key !== 'ports')
      return unreadableRule(index, `${where} has the unknown field "${key}"`, notebook);
  }
  const namespace = ref.namespace ?? 'default';
  const required = requiredOf(context.requirements, direction, 'accept');
  const peers = readPeers(item[peersKey], `${where}.${peersKey}`, { namespace, engine, notebook }, required);
  if (peers !== null) fields.push({ name: peersKey, negated: false, anyOf: peers });
  const ports = readPorts(item.ports, `${where}.ports`, { direction, engine, notebook });
  if (ports !== null) fields.push({ name: 'ports', negated: false, anyOf: ports });
  return { index, name: null, action: 'accept', fields, notes: [] };
}

function unreadableRule(index: number, why: string, notebook: Notebook): Rule {
  notebook.problems.push(why);
  return {
    index,
    name: null,
    action: 'accept',
    fields: [{ name: 'rule', negated: false, anyOf: [{ kind: 'unreadable', why }] }],
    notes: [],
  };
}

/** Settles which directions count, with this engine. */
function settle(draft: Draft, engine: Engine, notebook: Notebook, object: Json): readonly Policy[] {
  const unlisted = (['egress', 'ingress'] as const).filter(
    direction => !draft.types[direction] && draft[direction].length > 0,
  );
  const { answer } = departs(engine, 'rules-isolate-whatever-policy-types-say');
  const counting = (direction: Direction) =>
    draft.types[direction] || (answer === 'yes' && unlisted.includes(direction));
  const build = (pods: Expression, counts: (direction: Direction) => boolean): Policy => ({
    ref: draft.ref,
    subject: {
      namespaces: { kind: 'named', names: [draft.ref.namespace ?? 'default'] },
      pods: { view: 'kubernetes', expression: pods },
      serviceAccounts: null,
      hostNetwork:
        departs(engine, 'host-network-pods-are-exempt').answer === 'yes' ? 'does-not-apply' : 'left-to-engine',
      // "Standalone Pods that don't have a metadata.ownerReferences set can't have network policies applied to them"
      // (https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html; aws-network-policy-agent#327).
      ...(engine.name === 'aws-vpc-cni' && { standalone: 'left-to-engine' as const }),
    },
    isolates: { egress: counts('egress'), ingress: counts('ingress') },
    egress: counts('egress') ? withImplied(draft.egress, 'egress', engine) : 'absent',
    ingress: counts('ingress') ? withImplied(draft.ingress, 'ingress', engine) : 'absent',
    problems: notebook.problems,
    meta: readMeta(object),
  });
  const certain = build(draft.pods, counting);
  if (unlisted.length === 0 || answer !== 'unknown') return [certain];
  const why = `whether ${engineText(engine)} lets the ${unlisted.join(' and ')} rules count that policyTypes does not list is not known`;
  const possible = build({ op: 'all', of: [draft.pods, { op: 'unreadable', why }] }, direction =>
    unlisted.includes(direction),
  );
  return [certain, { ...possible, problems: [] }];
}

/**
 * What the API says beside the rules: traffic with the pod's own node, and protocols other than TCP, UDP and SCTP. Both
 * depend on the plugin: https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-resource
 */
function withImplied(rules: RuleList, direction: Direction, engine: Engine): readonly Rule[] {
  const written = rules === 'absent' ? [] : rules;
  return [...written, ...ownNode(written.length, direction, engine), ...otherProtocols(written.length, engine)];
}

function ownNode(index: number, direction: Direction, engine: Engine): readonly Rule[] {
  const noException = direction === 'egress' && departs(engine, 'own-node-is-no-exception').answer === 'yes';
  if (noException) return [];
  if (direction === 'ingress' && departs(engine, 'own-node-is-always-let-in').answer === 'yes')
    return [ownNodeRule(index)];
  const why = 'whether traffic with the own node is always allowed is left to the network plugin';
  return [
    implied(index, {
      name: direction === 'egress' ? 'to' : 'from',
      negated: false,
      anyOf: [{ kind: 'own-node', answer: 'unknown', why }],
    }),
  ];
}

function otherProtocols(index: number, engine: Engine): readonly Rule[] {
  if (departs(engine, 'rules-without-ports-cover-icmp').answer === 'yes') return [];
  const why = 'NetworkPolicy defines TCP, UDP and SCTP only; ICMP is left to the network plugin';
  return [
    implied(index, {
      name: 'ports',
      negated: false,
      anyOf: [{ kind: 'left-to-engine', protocol: 'ICMP', first: 0, last: 0, why }],
    }),
  ];
}

function implied(index: number, field: Field): Rule {
  return { index, name: 'implied', action: 'accept', fields: [field], notes: [], implied: true };
}
