/** Fixes by Kubernetes NetworkPolicy, the kind that every enforcing cluster has. */
import { podName } from '../policy/packet.ts';
import { textAt } from '../policy/reading.ts';
import {
  type Draft,
  type FixKind,
  type Manifest,
  type Need,
  portText,
  type Situation,
  workloadText,
} from './fix-kind.ts';
import { nameFor } from './fix-name.ts';
import { type Allowance, type AllowedPeer, joinAllowances, networkPolicy } from './fix-networkpolicy.ts';
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
  const { target, objects, cluster } = situation;
  const words = ['allow', target.owner?.name ?? target.pod, 'to', situation.hostText];
  return networkPolicy(
    {
      namespace: target.namespace,
      name: nameFor({ words, onCollision: [String(situation.port.port)] }, policyNames(target.namespace, objects)),
      side: 'egress',
      subject,
      allowances: joinAllowances(allowances),
      description: description(situation),
    },
    cluster,
  );
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
  const manifest = networkPolicy(
    {
      namespace: pod.namespace,
      name: nameFor({ words, onCollision: [String(need.port.port)] }, policyNames(pod.namespace, objects)),
      side: 'ingress',
      subject: subject.choice.selector,
      allowances: [{ peers: [{ kind: 'pods', namespace: target.namespace, selector: source }], ports: [need.port] }],
      description: description(situation),
    },
    cluster,
  );
  return { kind: 'part', part: manifest };
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

function description(situation: Situation): string {
  const by = situation.deniedBy.join(', ');
  return `Proposed by egress: lets ${workloadText(situation.target)} reach ${situation.hostText} on ${portText(situation.port)}, which ${by} denied.`;
}

function policyNames(namespace: string, objects: Situation['objects']): ReadonlySet<string> {
  const inNamespace = objects.filter(
    each => each.kind === 'NetworkPolicy' && (textAt(each, 'metadata', 'namespace') ?? 'default') === namespace,
  );
  return new Set(inNamespace.flatMap(each => textAt(each, 'metadata', 'name') ?? []));
}

function allOf<T>(parts: readonly Part<T>[]): Part<readonly T[]> {
  const failed = parts.find(each => each.kind === 'not-applicable');
  if (failed?.kind === 'not-applicable') return failed;
  return { kind: 'part', part: parts.flatMap(each => (each.kind === 'part' ? [each.part] : [])) };
}
