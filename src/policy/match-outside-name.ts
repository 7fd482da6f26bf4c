/**
 * Domain names in the rules of OpenShift, GKE, EKS, Antrea and Istio. The first four look the names up themselves or listen
 * to the pods' lookups, and then filter by address: an address of which no name is known may or may not be one of them.
 * Istio reads the name out of each connection, which may be any.
 */
import type { ClusterState, Match, PeerTerm } from './model.ts';
import { type Packet, peerText } from './packet.ts';

type Fqdn = Extract<PeerTerm, { kind: 'fqdn' }>;

/** Dialects whose names are matched here. */
const DIALECTS: ReadonlySet<Fqdn['dialect']> = new Set(['openshift', 'gke', 'eks', 'antrea', 'istio']);

/** Whether a name rule is of one of the dialects that `matchOutsideName` knows. */
export function isOutsideName(term: Fqdn): boolean {
  return DIALECTS.has(term.dialect);
}

/**
 * Matches a peer by the names that the source knows it by: `www.example.com` matches the addresses of that name. An
 * address without a known name matches a name whose addresses are known, or it is `unknown`. Whether a name stands for a
 * pod's address depends on the engine: `unknown` for all of them but GKE, whose names never mean pods
 * (https://cloud.google.com/kubernetes-engine/docs/how-to/fqdn-network-policies#requirements-and-limitations), and Antrea,
 * which takes what DNS answers, as for "headless" Services (docs/antrea-network-policy.md#fqdn-based-filtering).
 */
export function matchOutsideName(term: Fqdn, packet: Packet): Match {
  const { peer, cluster } = packet;
  const wanted = canonical(term.name ?? term.pattern ?? '');
  if (peer.pod !== null && term.dialect === 'gke')
    return { match: 'no', why: `${peerText(packet)} is a pod, which GKE selects by no name` };
  if (term.dialect === 'istio' && packet.flow.service !== null)
    return { match: 'no', why: `a Service was asked, not ${wanted}` };
  const found = peer.names.map(name => ({ name, fits: fits(wanted, name, term.dialect) }));
  const certain = found.find(each => each.fits === 'yes');
  if (certain !== undefined && peer.pod !== null && term.dialect !== 'antrea')
    return {
      match: 'unknown',
      why: `whether ${wanted} stands for the address of ${peerText(packet)} is left to the engine`,
    };
  if (certain !== undefined) {
    const through = certain.name === wanted ? '' : `, which ${wanted} matches`;
    return { match: 'yes', why: `${peerText(packet)} is ${certain.name}${through}` };
  }
  const open = found.find(each => each.fits === 'unknown');
  if (open !== undefined)
    return { match: 'unknown', why: `whether ${wanted} stands for ${open.name} too is not documented` };
  if (peer.names.length > 0 || peer.pod !== null || (term.dialect !== 'istio' && isResolved(wanted, cluster))) {
    const known = peer.names.length === 0 ? 'is no address of it' : `is known as ${peer.names.join(', ')}`;
    return { match: 'no', why: `${peerText(packet)} ${known}, not ${wanted}` };
  }
  return { match: 'unknown', why: `whether ${peerText(packet)} is an address of ${wanted} is not known` };
}

/** Whether the addresses of a name are known, so that an address can be told not to be one of them. */
function isResolved(wanted: string, cluster: ClusterState): boolean {
  return !wanted.includes('*') && (cluster.dns.get(wanted)?.length ?? 0) > 0;
}

/**
 * Whether a rule's name or pattern stands for a name. antrea, istio: `*` stands for any text, dots too. gke: for one label;
 * openshift too ("the '*' will match only one label", API text of DNSNameResolver). eks: `*.example.com` stands for one label;
 * for more of them it is not documented.
 */
function fits(wanted: string, name: string, dialect: Fqdn['dialect']): Match['match'] {
  if (!wanted.includes('*')) return wanted === name ? 'yes' : 'no';
  if (dialect === 'antrea' || dialect === 'istio') return coversText(wanted, name) ? 'yes' : 'no';
  const [first = '', ...rest] = wanted.split('.');
  const suffix = rest.join('.');
  if (suffix.includes('*')) return 'unknown';
  const labels = name.split('.');
  const more = labels.length - 1 - rest.length;
  if (more < 0 || labels.slice(more + 1).join('.') !== suffix) return 'no';
  if (more > 0) return dialect === 'eks' ? 'unknown' : 'no';
  return coversText(first, labels[0] ?? '') ? 'yes' : 'no';
}

/** Stars stand for any text. Part by part from the left: no pattern can make this slow. */
function coversText(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const [head = ''] = parts;
  const tail = parts.at(-1) ?? '';
  if (!text.startsWith(head) || !text.endsWith(tail) || text.length < head.length + tail.length) return false;
  let at = head.length;
  for (const part of parts.slice(1, -1)) {
    const next = text.indexOf(part, at);
    if (next < 0) return false;
    at = next + part.length;
  }
  return at <= text.length - tail.length;
}

function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
