/** Peers by address: ipBlock, nodes, the own node. */
import { coversAddress, readAddress } from './address.ts';
import type { Match, PeerTerm } from './model.ts';
import { isOwnNode, type Packet, peerText } from './packet.ts';
import { matchExpression } from './selector.ts';

type IpBlock = Extract<PeerTerm, { kind: 'ipBlock' }>;

/**
 * Matches the peer's address: 10.0.0.0/8 except 10.1.0.0/16 matches 10.2.0.1, not 10.1.0.1 and not 192.0.2.1. What it
 * says of a pod or a node of this cluster is the term's `overPods` and `overNodes`: the API leaves it to the network
 * plugin (https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors).
 */
export function matchIpBlock(term: IpBlock, packet: Packet): Match {
  const { peer } = packet;
  if (peer.address === null)
    return {
      match: 'unknown',
      why: `${peerText(packet)} has no address yet, so whether ${term.range.text} covers it is open`,
    };
  const plain = covers(term, peer, peer.address);
  const reach = peer.pod !== null ? term.overPods : peer.node !== null ? term.overNodes : 'every-address';
  if (plain.match === 'yes' && reach === 'outside-only') {
    return {
      match: 'no',
      why: `${peerText(packet)} is in ${term.range.text}, but with this engine an ipBlock matches no ${peer.pod !== null ? 'pods' : 'nodes'}`,
    };
  }
  if (plain.match === 'yes' && reach === 'left-to-engine') {
    return {
      match: 'unknown',
      why: `whether ipBlock ${term.range.text} covers ${peerText(packet)} is left to the network plugin`,
    };
  }
  if (plain.match === 'yes' && reach === 'other-nodes' && peer.node?.name === packet.subject.node) {
    return {
      match: 'unknown',
      why: `whether ipBlock ${term.range.text} covers the pod's own node is not documented: Cilium is set to match other nodes by address`,
    };
  }
  return term.overPods === 'left-to-engine' ? beforeTranslation(term, packet, plain) : plain;
}

/** Where the engine is not known, the block may be compared with the Service's address instead of the endpoint's. */
function beforeTranslation(term: IpBlock, { flow, side }: Packet, plain: Match): Match {
  if (flow.service === null || side === 'ingress') return plain;
  const service = readAddress(flow.service.address);
  if (service.kind === 'unreadable') return plain;
  const asked = covers(term, service.address, service.address.text);
  if (asked.match === plain.match) return plain;
  return {
    match: 'unknown',
    why: `whether ipBlock ${term.range.text} is compared with Service ${flow.service.namespace}/${flow.service.name} (${service.address.text}) or with its endpoint is left to the network plugin`,
  };
}

function covers(term: IpBlock, end: { readonly family: 4 | 6; readonly value: bigint }, text: string): Match {
  if (!coversAddress(term.range, end)) return { match: 'no', why: `${text} is not in ${term.range.text}` };
  const exception = term.except.find(range => coversAddress(range, end));
  if (exception !== undefined) return { match: 'no', why: `${text} is inside except ${exception.text}` };
  return { match: 'yes', why: `${text} is in ${term.range.text}` };
}

/** Matches nodes by their labels: {role: edge} matches the address of a node with that label, never a pod. */
export function matchNodes(term: Extract<PeerTerm, { kind: 'nodes' }>, packet: Packet): Match {
  const { node, pod } = packet.peer;
  if (node === null || pod !== null) return { match: 'no', why: `${peerText(packet)} is no node` };
  const match = matchExpression(term.selector.expression, node.labels);
  return { match: match.match, why: `node ${node.name} ${match.why}` };
}

/** Matches the node that the subject runs on, and nothing else. */
export function matchOwnNode(term: Extract<PeerTerm, { kind: 'own-node' }>, packet: Packet): Match {
  if (!isOwnNode(packet)) return { match: 'no', why: `${peerText(packet)} is not the pod's own node` };
  return { match: term.answer, why: term.why };
}
