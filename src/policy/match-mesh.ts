/** What a mesh proxy knows of the cluster's own Services. */
import { canonicalName } from './cluster-state.ts';
import { isExported, isImported } from './istio-hosts.ts';
import type { ClusterService, Match, PeerTerm } from './model.ts';
import { type Packet, peerText } from './packet.ts';

/**
 * Matches a Service that was asked by its name or address and that the proxy imports: `service:shop/web` matches when its
 * Sidecar imports `shop/*` and the Service is exported to the proxy's namespace. A pod's own address is known to the proxy by way of headless Services only, which depends on
 * more than is read here: `unknown`.
 */
export function matchMeshServices(term: Extract<PeerTerm, { kind: 'mesh-services' }>, packet: Packet): Match {
  const { flow, peer, cluster } = packet;
  if (flow.service !== null) {
    const { namespace, name } = flow.service;
    const host = `${name}.${namespace}.svc.cluster.local`;
    const exportTo = cluster.services.get(`${namespace}/${name}`)?.exportTo ?? term.exportTo;
    if (!isExported(exportTo, namespace, term.namespace))
      return { match: 'no', why: `Service ${namespace}/${name} is exported to ${exportTo.join(', ')} alone` };
    const imported = isImported(term.hosts, { host, declaredIn: namespace, own: term.namespace });
    return { match: imported.match, why: `Service ${namespace}/${name}: ${imported.why}` };
  }
  const alias = [...cluster.services.values()].find(service => standsFor(service, packet));
  if (alias !== undefined)
    return {
      match: 'unknown',
      why: `whether the mesh takes ${peerText(packet)} for ExternalName Service ${alias.namespace}/${alias.name} is not known`,
    };
  if (peer.pod !== null)
    return {
      match: 'unknown',
      why: `whether the mesh lets out a connection to the own address of ${peerText(packet)} is not known`,
    };
  return { match: 'no', why: `${peerText(packet)} is no Service of the cluster` };
}

/** Whether an ExternalName Service names the peer, on its port. Whoever asks the Service connects to that name's addresses. */
function standsFor({ externalName, ports }: ClusterService, { flow, peer }: Packet): boolean {
  if (externalName === null || !peer.names.includes(canonicalName(externalName))) return false;
  return ports.some(each => each.port === flow.port);
}
