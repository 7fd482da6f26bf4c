/** What a mesh proxy knows of the cluster's own Services. */
import { isExported, isImported } from './istio-hosts.ts';
import type { Match, PeerTerm } from './model.ts';
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
  if (peer.pod !== null)
    return {
      match: 'unknown',
      why: `whether the mesh lets out a connection to the own address of ${peerText(packet)} is not known`,
    };
  return { match: 'no', why: `${peerText(packet)} is no Service of the cluster` };
}
