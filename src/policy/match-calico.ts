/** Terms that only Calico has: sets of addresses chosen by label, one Service's backends, and the packet's own end. */
import { namespaceLabels } from './label-view.ts';
import { keysOf, matchNamespace } from './match-pods.ts';
import type { ClusterState, FlowEnd, Match, PeerTerm } from './model.ts';
import { type Packet, peerText } from './packet.ts';
import { matchExpression, selectorText } from './selector.ts';
import { sourceEnd } from './translate.ts';

/** The end of the packet that is judged: the source on egress, the destination on ingress. */
export function ownEnd({ side, flow, cluster }: Packet): FlowEnd {
  return side === 'egress' ? sourceEnd(flow, cluster) : flow.destination;
}

type NetworkSetTerm = Extract<PeerTerm, { kind: 'network-set' }>;

/**
 * Whether the selector chooses the set, by its own labels and those of its namespace: `role == 'partner'` chooses the
 * set {role: partner}. A NetworkSet inherits its namespace's labels as `pcns.KEY` (libcalico-go, networksetprocessor.go).
 */
export function matchSetLabels(term: NetworkSetTerm, cluster: ClusterState): Match {
  const { namespace, labels, selector, name } = term;
  const inherited = namespace === null ? null : namespaceLabels('calico', namespace, cluster);
  if (namespace !== null) {
    const scope = matchNamespace(term.namespaces, namespace, cluster);
    if (scope.match !== 'yes') return { match: scope.match, why: `${name}: ${scope.why}` };
    const asksNamespace = keysOf(selector.expression).some(key => key.startsWith('pcns.'));
    if (inherited === null && asksNamespace)
      return { match: 'unknown', why: `the labels of namespace ${namespace} are not known` };
  }
  const match = matchExpression(selector.expression, {
    ...Object.fromEntries(Object.entries(inherited ?? {}).map(([key, value]) => [`pcns.${key}`, value])),
    ...labels,
  });
  return { match: match.match, why: `${name} ${match.why} (selected: ${selectorText(selector.expression)})` };
}

/**
 * Matches the endpoints of one Service, ready or not, each on its own port and protocol: 10.244.0.7:8443 where an
 * EndpointSlice says so, not 10.244.0.7:9090. A Service that was not listed: unknown.
 * https://docs.tigera.io/calico/latest/reference/resources/networkpolicy#servicematch and felix/serviceindex.
 */
export function matchServiceBackends(term: Extract<PeerTerm, { kind: 'service-backends' }>, packet: Packet): Match {
  const { peer, flow, cluster } = packet;
  const text = `Service ${term.namespace}/${term.name}`;
  const service = cluster.services.get(`${term.namespace}/${term.name}`);
  if (service === undefined) return { match: 'unknown', why: `${text} is not known` };
  const here = service.endpoints.filter(endpoint => endpoint.address === peer.address);
  if (here.length === 0) return { match: 'no', why: `${peerText(packet)} is no endpoint of ${text}` };
  const ports = here.flatMap(endpoint => endpoint.ports);
  const serves = ports.some(port => port.port === flow.port && port.protocol === flow.protocol);
  if (serves || !term.withPorts) return { match: 'yes', why: `${peerText(packet)} is an endpoint of ${text}` };
  const numbers = ports.map(port => `${port.port}/${port.protocol}`).join(', ');
  return { match: 'no', why: `${peerText(packet)} is an endpoint of ${text} on ${numbers || 'no port'} only` };
}
