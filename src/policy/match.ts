/**
 * Does this rule match this packet? Three-valued throughout, and every answer carries its reason. One file per family
 * of terms: `match-pods`, `match-address`, `match-name`, `match-entity`, `match-port`.
 */
import type { RuleTrace } from '../model.ts';
import { goesPastProxy } from './istio-proxy.ts';
import { matchIpBlock, matchNodes, matchOwnNode } from './match-address.ts';
import { matchServiceBackends, matchSetLabels, ownEnd } from './match-calico.ts';
import { matchEntity } from './match-entity.ts';
import { matchMeshServices } from './match-mesh.ts';
import { matchFqdn, matchServiceEndpoints, matchServices } from './match-name.ts';
import { matchLabels, matchNamespace, matchPods, matchSameNamespace } from './match-pods.ts';
import { flowPortText, matchPort, portText } from './match-port.ts';
import type { Field, Match, PeerTerm, PortTerm, Rule, Term } from './model.ts';
import type { Packet } from './packet.ts';
import { isNowhere, peerText } from './packet.ts';

/** Matches one term. `ipBlock 10.0.0.0/8` matches a packet to 10.1.2.3, not one to 192.0.2.1. */
function matchTerm(term: Term, packet: Packet): Match {
  return isPortTerm(term) ? matchPort(term, packet) : matchPeer(term, packet);
}

/**
 * Terms that can be answered without knowing where the packet goes: a name in a rule can still be the name that was asked,
 * and that a host's name is the pod's own node is left out of account (the evaluator says so).
 */
const NEEDS_NO_ADDRESS: ReadonlySet<PeerTerm['kind']> = new Set([
  'everyone',
  'nobody',
  'fqdn',
  'own-node',
  'all-of',
  'none-of',
  'where-subject',
  'past-proxy',
  'mesh-services',
  'own-side',
  'network-set',
  'unreadable',
]);

function matchPeer(term: PeerTerm, packet: Packet): Match {
  if (isNowhere(packet.peer) && !NEEDS_NO_ADDRESS.has(term.kind)) {
    return { match: 'unknown', why: `no address of ${packet.peer.names[0] ?? 'the destination'} is known` };
  }
  switch (term.kind) {
    case 'everyone':
      return { match: 'yes', why: 'every peer matches' };
    case 'nobody':
      return { match: 'no', why: term.why };
    case 'pods':
      return matchPods(term, packet);
    case 'ipBlock':
      return matchIpBlock(term, packet);
    case 'nodes':
      return matchNodes(term, packet);
    case 'own-node':
      return matchOwnNode(term, packet);
    case 'fqdn':
      return matchFqdn(term, packet);
    case 'entity':
      return matchEntity(term.name, packet);
    case 'services':
      return matchServices(term, packet);
    case 'all-of':
      return allOf(term.terms.map(each => matchPeer(each, packet)));
    case 'none-of':
      return negate(anyOf(term.terms.map(each => matchPeer(each, packet))));
    case 'service-endpoints':
      return matchServiceEndpoints(term, packet);
    case 'where-subject':
      return matchWhereSubject(term, packet);
    case 'own-side':
      return matchPeer(term.of, { ...packet, peer: ownEnd(packet) });
    case 'network-set':
      return matchNetworkSet(term, packet);
    case 'service-backends':
      return matchServiceBackends(term, packet);
    case 'same-namespace':
      return matchSameNamespace(term.labels, packet);
    case 'past-proxy':
      return goesPastProxy(packet.subject, packet.flow, packet.peer);
    case 'mesh-services':
      return matchMeshServices(term, packet);
    case 'unreadable':
      return { match: 'unknown', why: term.why };
    default:
      return term satisfies never;
  }
}

function matchWhereSubject(term: Extract<PeerTerm, { kind: 'where-subject' }>, packet: Packet): Match {
  const { subject, cluster } = packet;
  const selects = allOf([
    matchNamespace(term.namespaces, subject.namespace, cluster),
    matchLabels(term.pods, subject, cluster),
  ]);
  if (selects.match === 'no') return { match: 'yes', why: `${term.text} does not concern the pod` };
  const required = matchPeer(term.then, packet);
  if (required.match === 'yes') return required;
  const match = selects.match === 'yes' ? required.match : 'unknown';
  return { match, why: `${term.text}: ${required.why}` };
}

function matchNetworkSet(term: Extract<PeerTerm, { kind: 'network-set' }>, packet: Packet): Match {
  const chosen = matchSetLabels(term, packet.cluster);
  if (chosen.match === 'no') return chosen;
  const member = anyOf(term.members.map(each => matchPeer(each, packet)));
  if (member.match === 'no') return { match: 'no', why: `${peerText(packet)} is not in ${term.name}` };
  const why = `${term.name}: ${member.why}`;
  return chosen.match === 'unknown' ? chosen : { match: member.match, why };
}

const PORT_TERMS: Readonly<Record<Exclude<PortTerm['kind'], 'unreadable'>, true>> = {
  ports: true,
  'named-port': true,
  'left-to-engine': true,
  protocol: true,
  icmp: true,
  'dns-query': true,
  everything: true,
  nothing: true,
};

function isPortTerm(term: Term): term is PortTerm {
  return Object.hasOwn(PORT_TERMS, term.kind);
}

/** Matches one field: one of its terms must match, or none when it is negated. No terms: nothing matches. */
function matchField(field: Field, packet: Packet): Match {
  const matches = field.anyOf.map(term => matchTerm(term, packet));
  const any = anyOf(matches);
  const match = field.negated ? negate(any) : any;
  if (match.match !== 'no') return match;
  return {
    match: 'no',
    why: field.negated ? `${field.name} excludes it: ${any.why}` : failureText(field, matches, packet),
  };
}

function failureText(field: Field, matches: readonly Match[], packet: Packet): string {
  if (field.anyOf.length === 0) return `${field.name} is an empty list, which matches nothing`;
  if (field.anyOf.every(isPortTerm)) {
    const ports: readonly PortTerm[] = field.anyOf;
    const own = matches.length === 1 && ports[0]?.kind !== 'ports' ? `: ${matches[0]?.why}` : '';
    return `${field.name} do not match: ${flowPortText(packet.flow)} is not in [${ports.map(portText).join(', ')}]${own}`;
  }
  // By far the most fields have one term, and this text is made for each pair of pods when many are asked.
  if (matches.length === 1) return matches[0]?.why ?? '';
  const [first, ...others] = [...new Set(matches.map(match => match.why))];
  if (others.length === 0) return first ?? '';
  // Three reasons are enough to see what kind of peer is named; the object has the rest.
  const more = others.length > 2 ? ` and ${others.length - 2} more` : '';
  return `no peer in ${field.name} matches ${peerText(packet)}: ${[first, ...others.slice(0, 2)].join('; ')}${more}`;
}

/** Matches one rule: all its fields must match. `fieldsMatched` counts those before the first that failed. */
export function matchRule(rule: Rule, packet: Packet): RuleTrace {
  const base = { index: rule.index, name: rule.name, action: rule.action };
  const reasons: string[] = [];
  let unknown: string | null = null;
  let fieldsMatched = 0;
  for (const field of rule.fields) {
    const match = matchField(field, packet);
    if (match.match === 'no') return { ...base, match: 'no', why: match.why, fieldsMatched };
    if (match.match === 'unknown') unknown ??= match.why;
    else fieldsMatched += 1;
    reasons.push(match.why);
  }
  if (unknown !== null) return { ...base, match: 'unknown', why: unknown, fieldsMatched };
  const why = [reasons.join(', ') || 'it has no conditions', ...rule.notes].join('; ');
  return { ...base, match: 'yes', why, fieldsMatched };
}

function anyOf(matches: readonly Match[]): Match {
  const found = matches.find(match => match.match === 'yes') ?? matches.find(match => match.match === 'unknown');
  return found ?? { match: 'no', why: matches.map(match => match.why).join('; ') };
}

function allOf(matches: readonly Match[]): Match {
  const failed = matches.find(match => match.match === 'no') ?? matches.find(match => match.match === 'unknown');
  return failed ?? { match: 'yes', why: matches.map(match => match.why).join(' and ') };
}

function negate(match: Match): Match {
  if (match.match === 'unknown') return match;
  return { match: match.match === 'yes' ? 'no' : 'yes', why: match.why };
}
