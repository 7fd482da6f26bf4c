/** Selectors that select nothing: a policy without pods, a peer that nobody is. Asked only where the pods are given. */

import { matchSubject } from '../policy/judge-policy.ts';
import { keysOf, matchNamespace, matchPods } from '../policy/match-pods.ts';
import type { ClusterPod, ClusterState, Expression, FlowEnd, NamespaceScope, PeerTerm, Rule } from '../policy/model.ts';
import type { Packet } from '../policy/packet.ts';
import { selectorText } from '../policy/selector.ts';
import { type Finding, joinAnswers, NOTHING_FOUND, type NotChecked, type RuleAnswer, type RuleId } from './finding.ts';
import { mayHavePods } from './groups.ts';
import { plainExpression } from './selector-logic.ts';
import { type PolicyEntry, pathOfRule, type World, writtenRules } from './world.ts';

const SIDES = ['egress', 'ingress'] as const;

/** Finds policies that select no pod. */
export function findIdlePolicies(world: World): RuleAnswer {
  return joinAnswers(world.policies.filter(isOfPods).map(entry => judgeSubject(entry, world)));
}

function isOfPods(entry: PolicyEntry): boolean {
  return entry.layer === 'network policy' && mayHavePods(entry);
}

function judgeSubject({ name, policy }: PolicyEntry, world: World): RuleAnswer {
  const { cluster } = world;
  const near = podsNear(policy.subject.namespaces, cluster);
  if (near.some(pod => matchSubject(policy.subject, { subject: pod, cluster }).match !== 'no')) return NOTHING_FOUND;
  const unknown = whyPodsAreNotKnown(policy.subject.namespaces, null, world);
  if (unknown !== null) return open('selects-no-pod', name, unknown);
  const text = selectorText(plainExpression(policy.subject.pods));
  return found({
    rule: 'selects-no-pod',
    severity: 'warning',
    object: name,
    place: world.placeOf(name, ['spec']),
    what: `It selects no pod: ${near.length === 0 ? 'there is none where it counts' : `none of ${near.length} where it counts has ${text}`}.`,
    why: 'It protects nothing and allows nothing; often a label was renamed or the policy is in another namespace than its pods.',
    fix: {
      text: `Make the selector (${text}) fit the labels of the pods that are meant, or delete the policy.`,
      yaml: null,
    },
  });
}

const podsByCluster = new WeakMap<ClusterState, ReadonlyMap<string, readonly ClusterPod[]>>();

/** Without those of namespaces that are not named: asking each of thousands of pods takes its time. */
function podsNear(scope: NamespaceScope, cluster: ClusterState): readonly ClusterPod[] {
  if (scope.kind !== 'named') return [...cluster.pods.values()];
  const known = podsByCluster.get(cluster) ?? Map.groupBy(cluster.pods.values(), pod => pod.namespace);
  podsByCluster.set(cluster, known);
  return scope.names.flatMap(name => known.get(name) ?? []);
}

type PodsTerm = Extract<PeerTerm, { kind: 'pods' }>;

/** Finds peers of rules that no pod is: what they should open stays shut. */
export function findIdlePeers(world: World): RuleAnswer {
  return joinAnswers(
    world.policies.flatMap(entry =>
      SIDES.flatMap(side => writtenRules(entry.policy, side).flatMap(rule => peersOf(rule, side, entry, world))),
    ),
  );
}

function peersOf(rule: Rule, side: 'egress' | 'ingress', entry: PolicyEntry, world: World): readonly RuleAnswer[] {
  return rule.fields
    .filter(({ negated }) => !negated)
    .flatMap(field =>
      field.anyOf.flatMap((term, index) => {
        if (term.kind !== 'pods') return [];
        const path = [...pathOfRule(rule, side), field.name, index];
        return [judgePeer(term, { entry, side, path }, world)];
      }),
    );
}

type PeerPlace = {
  readonly entry: PolicyEntry;
  readonly side: 'egress' | 'ingress';
  readonly path: readonly (string | number)[];
};

function judgePeer(term: PodsTerm, { entry, side, path }: PeerPlace, world: World): RuleAnswer {
  const [subject] = world.cluster.pods.values();
  const unknown = whyPodsAreNotKnown(term.namespaces, term.pods.expression, world);
  if (subject === undefined || unknown !== null) return open('peer-selects-no-pod', entry.name, unknown ?? NO_PODS);
  const packetTo = (pod: ClusterPod): Packet => {
    const end: FlowEnd = { address: null, family: 4, value: 0n, pod, node: null, names: [] };
    const flow = {
      source: subject,
      destination: end,
      port: 1,
      protocol: 'TCP' as const,
      icmpType: null,
      query: null,
      service: null,
    };
    return { side, subject, peer: end, flow, cluster: world.cluster };
  };
  const pods = podsNear(term.namespaces, world.cluster);
  if (pods.some(pod => matchPods(term, packetTo(pod)).match !== 'no')) return NOTHING_FOUND;
  if (meansOthersThanPods(term)) return NOTHING_FOUND;
  const verb = side === 'egress' ? 'to' : 'from';
  // Cilium writes the source that it takes a label from before it.
  const text = term.text.replace(/\b(any|k8s):/g, '');
  return found({
    rule: 'peer-selects-no-pod',
    severity: 'warning',
    object: entry.name,
    place: world.placeOf(entry.name, path),
    what: `Its rule ${side}[${path[2]}] speaks of ${text}, and no pod is among them.`,
    why: `Nothing ${verb} these pods matches the rule; a namespace without the label that is asked for, or another app label, is the usual reason.`,
    fix: { text: `Make the selector fit (${text}), label the namespace, or delete the peer.`, yaml: null },
  });
}

/** Cilium's selectors choose the world and nodes by reserved labels, which no pod has. */
function meansOthersThanPods({ pods }: PodsTerm): boolean {
  return pods.view === 'cilium' && keysOf(pods.expression).some(key => key.includes('reserved:'));
}

const NO_PODS = 'no pod and no workload is among the objects';

/** Why the absence of pods says nothing; null: it does. */
function whyPodsAreNotKnown(scope: NamespaceScope, pods: Expression | null, world: World): string | null {
  const { cluster, input } = world;
  if (cluster.pods.size === 0) return NO_PODS;
  if (input.extent === 'whole-cluster') return null;
  const known = new Set([...cluster.pods.values()].map(pod => pod.namespace));
  const asked = pods === null ? [] : namespacesAsked(pods);
  if (asked.length > 0 && !asked.some(name => known.has(name)))
    return `no pod of namespace ${asked.join(' or ')} is among the objects`;
  const isAsked = [...known].some(name => matchNamespace(scope, name, cluster).match === 'yes');
  const where = scope.kind === 'named' ? `namespace ${scope.names.join(' or ')}` : 'the namespaces that are meant';
  return isAsked ? null : `no pod of ${where} is among the objects`;
}

/** Namespaces that a selector names by label, in the words of Cilium and Calico. */
function namespacesAsked(expression: Expression): readonly string[] {
  switch (expression.op) {
    case 'all':
    case 'any':
      return expression.of.flatMap(namespacesAsked);
    case 'in':
      return /(io\.kubernetes\.pod\.namespace|projectcalico\.org\/(namespace|name)|kubernetes\.io\/metadata\.name)$/.test(
        expression.key,
      )
        ? expression.values
        : [];
    case 'not':
    case 'true':
    case 'has':
    case 'text':
    case 'unreadable':
      return [];
    default:
      return expression satisfies never;
  }
}

function found(finding: Finding): RuleAnswer {
  return { findings: [finding], notChecked: [] };
}

function open(rule: RuleId, object: string, why: string): RuleAnswer {
  const entry: NotChecked = { rule, object, why };
  return { findings: [], notChecked: [entry] };
}
