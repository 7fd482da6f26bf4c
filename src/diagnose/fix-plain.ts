/** Fixes by Kubernetes NetworkPolicy, the kind that every enforcing cluster has. */
import { podName } from '../policy/packet.ts';
import type { Draft, FixKind, Manifest, Need, Situation } from './fix-kind.ts';
import { allowWords, proposedObject } from './fix-manifest.ts';
import {
  type Allowance,
  type AllowedPeer,
  joinAllowances,
  type NetworkPolicyDraft,
  networkPolicySpec,
} from './fix-networkpolicy.ts';
import { everythingOutside, exactAddresses, type OutsidePeers } from './fix-outside.ts';
import { peerOfAddress, peerOfPod } from './fix-peers.ts';
import { chooseSubject } from './fix-subject.ts';
import type { LabelSelector, SubjectChoice } from './fix-workload.ts';

/** Everything outside the cluster, for a name whose addresses may change. */
export const NETWORK_POLICY_OUTSIDE: FixKind = {
  name: 'NetworkPolicy for everything outside the cluster',
  draft: (situation, subject) => draftWith(situation, subject, everythingOutside),
};

/** Exactly the addresses that are denied; pods by their labels. */
export const NETWORK_POLICY_EXACT: FixKind = {
  name: 'NetworkPolicy for exact addresses',
  draft: (situation, subject) => draftWith(situation, subject, exactAddresses),
};

type Outside = (situation: Situation, addresses: readonly string[]) => OutsidePeers;
type Part<T> = { readonly kind: 'part'; readonly part: T } | { readonly kind: 'not-applicable'; readonly why: string };

function draftWith(situation: Situation, subject: SubjectChoice, outside: Outside): Draft {
  const isOutside = (need: Need) => need.purpose === 'destination' && need.to.kind === 'address';
  const egress = situation.needs.filter(need => need.side === 'egress');
  const toOutside = egress.filter(isOutside);
  const hosts = outside(situation, [
    ...new Set(toOutside.flatMap(need => (need.to.kind === 'address' ? [need.to.address] : []))),
  ]);
  if (toOutside.length > 0 && hosts.kind === 'not-applicable') return hosts;
  const inside = allOf(egress.filter(need => !isOutside(need)).map(need => allowanceOf(need, situation)));
  if (inside.kind === 'not-applicable') return inside;
  const ingress = allOf(ingressPods(situation).map(need => ingressManifest(need, situation, subject.selector)));
  if (ingress.kind === 'not-applicable') return ingress;
  const allowances: Allowance[] = [...inside.part];
  if (hosts.kind === 'peers' && toOutside.length > 0)
    allowances.unshift({ peers: hosts.peers, ports: toOutside.map(need => need.port) });
  const own = allowances.length === 0 ? [] : [egressManifest(situation, subject.selector, allowances)];
  const how = hosts.kind === 'peers' && toOutside.length > 0 ? hosts.how : 'pods by their labels';
  return { kind: 'draft', manifests: [...own, ...ingress.part], how: `NetworkPolicy with ${how}` };
}

function allowanceOf(need: Need, situation: Situation): Part<Allowance> {
  const allowance = (peer: AllowedPeer): Part<Allowance> => ({
    kind: 'part',
    part: { peers: [peer], ports: [need.port] },
  });
  if (need.to.kind === 'address') return allowance(peerOfAddress(need.to.address));
  const peer = peerOfPod(need.to, situation.objects);
  if (peer !== null) return allowance(peer);
  return {
    kind: 'not-applicable',
    why: `pod ${podName(need.to.pod)} has no label that lasts, so no rule can name it without the rest of its namespace`,
  };
}

function egressManifest(situation: Situation, subject: LabelSelector, allowances: readonly Allowance[]): Manifest {
  const { namespace } = situation.target;
  const draft = { namespace, side: 'egress', subject, allowances: joinAllowances(allowances) } as const;
  return networkPolicy(situation, allowWords(situation), draft);
}

/** The destination's side: one policy for each workload whose ingress rules drop the flow. */
function ingressManifest(need: PodNeed, situation: Situation, source: LabelSelector): Part<Manifest> {
  const { pod } = need.to;
  const { target, objects, cluster } = situation;
  const subject = chooseSubject({ pod, side: 'ingress', objects, cluster, book: situation.book });
  if (subject.kind === 'none') return { kind: 'not-applicable', why: subject.why };
  const workload = target.owner?.name ?? target.pod;
  const destination = need.to.service?.split('/')[1] ?? pod.labels.app ?? pod.name;
  const words = [
    'allow',
    destination,
    'from',
    ...(pod.namespace === target.namespace ? [] : [target.namespace]),
    workload,
  ];
  const draft = {
    namespace: pod.namespace,
    side: 'ingress',
    subject: subject.choice.selector,
    allowances: [{ peers: [{ kind: 'pods', namespace: target.namespace, selector: source }], ports: [need.port] }],
  } as const;
  return { kind: 'part', part: networkPolicy(situation, words, draft) };
}

type PodNeed = Need & { readonly to: Extract<Need['to'], { readonly kind: 'pod' }> };

/** One need for each workload and port behind the destination: ten replicas want one policy. */
function ingressPods(situation: Situation): readonly PodNeed[] {
  const pods = situation.needs.flatMap(need =>
    need.side === 'ingress' && need.to.kind === 'pod' ? [{ ...need, to: need.to }] : [],
  );
  const byWorkload = Map.groupBy(pods, ({ to, port }) =>
    JSON.stringify([peerOfPod(to, situation.objects) ?? podName(to.pod), port]),
  );
  return [...byWorkload.values()].flatMap(([first]) => (first === undefined ? [] : [first]));
}

function networkPolicy(situation: Situation, words: readonly string[], draft: NetworkPolicyDraft): Manifest {
  const { namespace } = draft;
  const proposed = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', namespace, words };
  return proposedObject(situation, proposed, networkPolicySpec(draft));
}

function allOf<T>(parts: readonly Part<T>[]): Part<readonly T[]> {
  const failed = parts.find(each => each.kind === 'not-applicable');
  if (failed?.kind === 'not-applicable') return failed;
  return { kind: 'part', part: parts.flatMap(each => (each.kind === 'part' ? [each.part] : [])) };
}
