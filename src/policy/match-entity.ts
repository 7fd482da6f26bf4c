/** Cilium's entities: https://docs.cilium.io/en/stable/security/policy/language/#entities-based */
import type { Match } from './model.ts';
import { isOwnNode, type Packet, peerText } from './packet.ts';

/** Matches an entity by Cilium's name: `world` matches 203.0.113.43, not a pod and not a node. A name that is none is unknown. */
export function matchEntity(name: string, packet: Packet): Match {
  const belongs = entitiesOf(packet);
  if (!NAMES.has(name)) return { match: 'unknown', why: `unknown entity "${name}"` };
  if (belongs.has(name)) return { match: 'yes', why: `${peerText(packet)} belongs to entity ${name}` };
  return { match: 'no', why: `${peerText(packet)} belongs to ${[...belongs].join(', ')}, not to entity ${name}` };
}

const NAMES: ReadonlySet<string> = new Set([
  'all',
  'world',
  'world-ipv4',
  'world-ipv6',
  'cluster',
  'host',
  'remote-node',
  'kube-apiserver',
  'init',
  'health',
  'unmanaged',
  'ingress',
  'none',
]);

function entitiesOf(packet: Packet): ReadonlySet<string> {
  const { peer } = packet;
  const entities = new Set(['all']);
  if (peer.pod !== null) entities.add('cluster');
  else if (peer.node !== null) entities.add('cluster').add(isOwnNode(packet) ? 'host' : 'remote-node');
  else entities.add('world').add(peer.family === 4 ? 'world-ipv4' : 'world-ipv6');
  // Also one that is outside: https://github.com/cilium/cilium/blob/v1.15.19/pkg/policy/api/entity.go (InitEntities)
  if (isApiServer(packet)) entities.add('kube-apiserver').add('cluster');
  return entities;
}

/** Whether the peer has an address of the API server: those are the endpoints of the Service default/kubernetes. */
export function isApiServer({ peer, cluster }: Packet): boolean {
  return (
    cluster.services.get('default/kubernetes')?.endpoints.some(endpoint => endpoint.address === peer.address) ?? false
  );
}
