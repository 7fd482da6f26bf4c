/** Peers by name: domain names and patterns in each engine's dialect, and Services. */
import type { ClusterService, Match, PeerTerm } from './model.ts';
import { type Packet, peerText } from './packet.ts';
import { matchExpression } from './selector.ts';

type Fqdn = Extract<PeerTerm, { kind: 'fqdn' }>;

/**
 * Matches the names under which the source knows the peer's address: `api.stripe.com` matches the addresses that its
 * lookup gave, and nothing else. Matching says nothing of whether the engine has learnt the address: readers add that.
 */
export function matchFqdn(term: Fqdn, packet: Packet): Match {
  const wanted = term.name ?? term.pattern ?? '';
  const found = packet.peer.names.find(name =>
    term.name !== null ? name === term.name.toLowerCase() : matchesPattern(wanted, name, term.dialect),
  );
  if (found !== undefined)
    return {
      match: 'yes',
      why: `${peerText(packet)} is ${found}${found === wanted ? '' : `, which ${wanted} matches`}`,
    };
  const known = packet.peer.names.length === 0 ? 'is known by no name' : `is known as ${packet.peer.names.join(', ')}`;
  return { match: 'no', why: `${peerText(packet)} ${known}, not ${wanted}` };
}

/**
 * Matches a name pattern. cilium: `*` stands for any number of characters of one label, and alone for every name
 * (https://docs.cilium.io/en/stable/security/policy/language/#dns-based). The others: `*.example.com` stands for one or
 * more labels, never for `example.com` itself.
 */
export function matchesPattern(pattern: string, name: string, dialect: Fqdn['dialect']): boolean {
  const wanted = pattern.toLowerCase().replace(/\.$/, '');
  if (wanted === '*') return true;
  const star = dialect === 'cilium' ? '[-a-z0-9_]*' : '.+';
  const source = wanted
    .split('*')
    .map(part => part.replace(/[.\\+?^${}()|[\]]/g, '\\$&'))
    .join(star);
  return new RegExp(`^${source}$`).test(name);
}

/** Matches the Service whose address was asked: by namespace and name, or by its labels. Never an address that was asked directly. */
export function matchServices(term: Extract<PeerTerm, { kind: 'services' }>, { flow, cluster }: Packet): Match {
  const asked = flow.service;
  if (asked === null) return { match: 'no', why: 'no Service address was asked' };
  const text = `Service ${asked.namespace}/${asked.name}`;
  if (term.services.some(each => each.namespace === asked.namespace && each.name === asked.name))
    return { match: 'yes', why: `${text} is named` };
  const service = cluster.services.get(`${asked.namespace}/${asked.name}`);
  return term.selector === null || service === undefined
    ? { match: 'no', why: `${text} is not named` }
    : byLabels(service, term.selector.expression, text);
}

function byLabels(service: ClusterService, expression: Parameters<typeof matchExpression>[0], text: string): Match {
  const match = matchExpression(expression, service.labels);
  return { match: match.match, why: `${text} ${match.why}` };
}
