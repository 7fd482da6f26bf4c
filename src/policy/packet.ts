/** What one side of a flow shows to the rules: the pod that is judged, and the other end. */
import type { ClusterPod, ClusterState, Flow, FlowEnd, Match } from './model.ts';

/** A flow as one side's policies see it. */
export type Packet = {
  readonly side: 'egress' | 'ingress';
  /** The pod whose policies are walked: the source on egress, the destination on ingress. */
  readonly subject: ClusterPod;
  /** The other end, which the rules call `to` or `from`. */
  readonly peer: FlowEnd;
  readonly flow: Flow;
  readonly cluster: ClusterState;
  /**
   * Whether the engine has learned the subject's addresses of a name, where it learns them from lookups (Cilium). Absent:
   * every name counts as learned.
   */
  readonly learned?: (name: string) => Match;
};

/** The peer in a sentence: `pod pay/api (10.244.0.7)`, `node a (192.0.2.10)`, `203.0.113.43`. */
export function peerText({ peer }: Packet): string {
  if (peer.pod !== null) return `pod ${podName(peer.pod)}${peer.address === null ? '' : ` (${peer.address})`}`;
  if (peer.node !== null) return `node ${peer.node.name} (${peer.address})`;
  return peer.address ?? `${peer.names[0] ?? 'a destination'} (no address known)`;
}

/** Whether it is not known where the packet goes: a name that nobody could resolve. */
export function isNowhere(end: FlowEnd): boolean {
  return end.address === null && end.pod === null;
}

/** `ns/name`. */
export function podName(pod: ClusterPod): string {
  return `${pod.namespace}/${pod.name}`;
}

/** Whether the peer is the node that the subject runs on. */
export function isOwnNode({ peer, subject }: Packet): boolean {
  return peer.node !== null && peer.pod === null && peer.node.name === subject.node;
}
