/** What one policy says of one packet: whether it selects the pod, and which of its rules match. */
import type { RuleTrace } from '../model.ts';
import { type IstioProxy, proxyOf } from './istio-proxy.ts';
import { matchRule } from './match.ts';
import { matchLabels, matchNamespace } from './match-pods.ts';
import type { ClusterState, Match, Policy, Rule, Subject, Tier } from './model.ts';
import type { Packet } from './packet.ts';
import { referenceText } from './reading.ts';
import { EVERYTHING_WHY, selectorText } from './selector.ts';

/** One policy read against one packet. `selects` is never `no` for the fields below `selects` to count. */
export type Judged = {
  readonly policy: Policy;
  /** `Kind ns/name`. */
  readonly name: string;
  readonly selects: Match;
  /** Whether the policy isolates in this direction. */
  readonly isolates: boolean;
  /** Empty when it says nothing of this direction, or does not select the pod. */
  readonly rules: readonly RuleTrace[];
  /** The rules of which `rules` tells, one by one. */
  readonly written: readonly Rule[];
};

/** Judges the policies of a tier that can touch the packet's subject, in the tier's order. Policies of other namespaces are left out. */
export function judgeTier(tier: Tier, packet: Packet): readonly Judged[] {
  return policiesFor(tier, packet.subject.namespace).flatMap(policy => judgePolicy(policy, packet));
}

function judgePolicy(policy: Policy, packet: Packet): readonly Judged[] {
  const selects = matchSubject(policy.subject, packet);
  const name = referenceText(policy.ref);
  const isolates = policy.isolates[packet.side];
  if (selects.match === 'no') return [{ policy, name, selects, isolates, rules: [], written: [] }];
  const list = policy[packet.side];
  const all = list === 'absent' ? [] : list.map(rule => ({ rule, trace: matchRule(rule, packet) }));
  // A rule that nobody wrote is told only where it counts.
  const told = all.filter(({ rule, trace }) => rule.implied !== true || trace.match !== 'no');
  return [
    { policy, name, selects, isolates, rules: told.map(({ trace }) => trace), written: told.map(({ rule }) => rule) },
  ];
}

/**
 * Whether a policy's subject selects a pod, and why in words that follow "selects the pod:" and "does not select the
 * pod:"; `unknown` names what is not known.
 */
export function matchSubject(subject: Subject, { subject: pod, cluster }: Pick<Packet, 'subject' | 'cluster'>): Match {
  const namespace = matchNamespace(subject.namespaces, pod.namespace, cluster);
  if (namespace.match === 'no') return namespace;
  const labels = matchLabels(subject.pods, pod, cluster);
  if (labels.match === 'no')
    return { match: 'no', why: `it ${labels.why} (selected: ${selectorText(subject.pods.expression)})` };
  const account = matchServiceAccount(subject, pod, cluster);
  if (account.match === 'no') return account;
  if (subject.onlyHostNetwork === true && !pod.hostNetwork)
    return { match: 'no', why: "it does not use its node's network" };
  const proxy = subject.proxy === undefined ? null : matchProxy(subject.proxy, pod);
  if (proxy !== null) return proxy;
  if (pod.hostNetwork && subject.hostNetwork === 'does-not-apply') {
    return { match: 'no', why: "it uses its node's network, to which this engine does not apply policies" };
  }
  const open = [namespace, labels, account].find(match => match.match === 'unknown');
  if (open !== undefined) return open;
  if (pod.hostNetwork && subject.hostNetwork === 'left-to-engine') {
    return {
      match: 'unknown',
      why: "it uses its node's network, and whether policies apply to such pods is left to the network plugin",
    };
  }
  if (pod.standalone === true && subject.standalone === 'left-to-engine') {
    return {
      match: 'unknown',
      why: 'nothing owns it, and this engine is documented not to apply policies to such pods, at least not always',
    };
  }
  return {
    match: 'yes',
    why: labels.why === EVERYTHING_WHY ? 'an empty selector selects every pod' : `it ${labels.why}`,
  };
}

/** null: the pod's connections go through such a proxy. */
function matchProxy(proxy: IstioProxy, pod: Packet['subject']): Match | null {
  const found = proxyOf(pod);
  if (found === proxy) return null;
  return { match: 'no', why: found === null ? 'no mesh proxy takes its connections' : `its mesh proxy is ${found}` };
}

function matchServiceAccount(subject: Subject, pod: Packet['subject'], cluster: ClusterState): Match {
  if (subject.serviceAccounts === null) return { match: 'yes', why: '' };
  const labels = cluster.serviceAccounts.get(`${pod.namespace}/${pod.serviceAccount}`);
  const name = `service account ${pod.namespace}/${pod.serviceAccount}`;
  if (labels === undefined) return { match: 'unknown', why: `the labels of ${name} are not known` };
  const match = matchLabels(subject.serviceAccounts, { ...pod, labels }, cluster);
  return { match: match.match, why: `${name} ${match.why}` };
}

const indexes = new WeakMap<Tier, Map<string, readonly Policy[]>>();

/** With 2,000 policies and thousands of flows, a tier is filtered by namespace once. */
function policiesFor(tier: Tier, namespace: string): readonly Policy[] {
  const index = indexes.get(tier) ?? new Map<string, readonly Policy[]>();
  indexes.set(tier, index);
  const known = index.get(namespace);
  if (known !== undefined) return known;
  const found = tier.policies.filter(
    ({ subject }) => subject.namespaces.kind !== 'named' || subject.namespaces.names.includes(namespace),
  );
  index.set(namespace, found);
  return found;
}
