/** Peers by name: domain names and patterns in each engine's dialect, and Services. */
import { isOutsideName, matchOutsideName } from './match-outside-name.ts';
import type { ClusterService, Match, PeerTerm } from './model.ts';
import { type Packet, peerText } from './packet.ts';
import { matchExpression } from './selector.ts';

type Fqdn = Extract<PeerTerm, { kind: 'fqdn' }>;

/**
 * Matches the names under which the source knows the peer's address: `api.stripe.com` matches the addresses that its
 * lookup gave, and nothing else. With Cilium a name stands for addresses outside the cluster alone (pods and nodes have
 * identities of their own), and only for those that it has learned from a lookup.
 */
export function matchFqdn(term: Fqdn, packet: Packet): Match {
  if (isOutsideName(term)) return matchOutsideName(term, packet);
  const { peer } = packet;
  const wanted = term.name ?? term.pattern ?? '';
  const found = peer.names.filter(name =>
    term.name !== null ? name === canonical(term.name) : matchesPattern(wanted, name, term.dialect),
  );
  if (found.length === 0) {
    const known = peer.names.length === 0 ? 'is known by no name' : `is known as ${peer.names.join(', ')}`;
    return { match: 'no', why: `${peerText(packet)} ${known}, not ${wanted}` };
  }
  if (term.dialect === 'cilium' && (peer.pod !== null || peer.node !== null))
    return { match: 'no', why: `${peerText(packet)} is in the cluster, where Cilium takes no names` };
  const { learned: ask } = term.dialect === 'cilium' ? packet : { learned: undefined };
  const learned = found.map(name => ask?.(name) ?? nameKnown(name, wanted, packet));
  return (
    learned.find(match => match.match === 'yes') ??
    learned.find(match => match.match === 'unknown') ??
    learned[0] ?? { match: 'no', why: '' }
  );
}

function nameKnown(name: string, wanted: string, packet: Packet): Match {
  return {
    match: 'yes',
    why: `${peerText(packet)} is ${name}${name === wanted ? '' : `, which ${wanted} matches`}`,
  };
}

function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/**
 * Matches a name pattern. cilium: `*` stands for any number of characters of one label, and alone, without a dot after it,
 * for every name
 * (https://docs.cilium.io/en/stable/security/policy/language/#dns-based). The others: `*.example.com` stands for one or
 * more labels, never for `example.com` itself.
 */
export function matchesPattern(pattern: string, name: string, dialect: Fqdn['dialect']): boolean {
  const wanted = canonical(pattern);
  if (pattern === '*' || (wanted === '*' && dialect !== 'cilium')) return true;
  if (dialect !== 'cilium') return globs(wanted, name, () => true, 1);
  const [labels, own] = [wanted.split('.'), name.split('.')];
  return (
    labels.length === own.length && labels.every((label, index) => globs(label, own[index] ?? '', isNameLetter, 0))
  );
}

function isNameLetter(letter: string): boolean {
  return /[-a-z0-9_]/.test(letter);
}

/**
 * Whether a pattern with stars matches a whole text. Row by row instead of a regular expression: twenty stars in a
 * policy must not cost a minute.
 */
function globs(pattern: string, text: string, inStar: (letter: string) => boolean, atLeast: 0 | 1): boolean {
  // reached[i]: the pattern up to here can end after i letters of the text.
  let reached = Array.from({ length: text.length + 1 }, (_, index) => index === 0);
  for (const part of pattern) {
    const next = reached.map(() => false);
    for (let index = 0; index <= text.length; index += 1) {
      const letter = text[index - 1] ?? '';
      if (part !== '*') next[index] = index > 0 && reached[index - 1] === true && letter === part;
      else {
        const none = atLeast === 0 && reached[index] === true;
        const more = index > 0 && inStar(letter) && (reached[index - 1] === true || next[index - 1] === true);
        next[index] = none || more;
      }
    }
    reached = next;
  }
  return reached.at(-1) === true;
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

/**
 * Matches the endpoints of Services as Cilium's toServices does: for a Service without a selector its endpoints'
 * addresses on every port, for one with a selector what `withSelector` says. Never pods, which are labels to Cilium.
 */
export function matchServiceEndpoints(term: Extract<PeerTerm, { kind: 'service-endpoints' }>, packet: Packet): Match {
  const { peer, cluster } = packet;
  let open: Match | null = null;
  for (const service of cluster.services.values()) {
    const named = term.services.some(each => names(each, service));
    if (!named || !service.endpoints.some(endpoint => endpoint.address === peer.address)) continue;
    const text = `Service ${service.namespace}/${service.name}`;
    const inside = peer.pod !== null || peer.node !== null;
    if (!service.hasSelector && !inside) return { match: 'yes', why: `${peerText(packet)} is an endpoint of ${text}` };
    if (term.withSelector === 'left-to-engine')
      open = { match: 'unknown', why: `whether toServices opens the pods of ${text} is not known for this version` };
  }
  return (
    open ?? {
      match: 'no',
      why: `${peerText(packet)} is no endpoint of a named Service without a selector`,
    }
  );
}

function names(
  wanted: Extract<PeerTerm, { kind: 'service-endpoints' }>['services'][number],
  service: ClusterService,
): boolean {
  if (wanted.namespace !== null && wanted.namespace !== service.namespace) return false;
  if (wanted.name !== null) return wanted.name === service.name;
  return wanted.selector !== null && matchExpression(wanted.selector.expression, service.labels).match === 'yes';
}
