/**
 * Whether one rule matches whatever another one matches. Sound and not complete: `true` is certain, `false` may only mean
 * that it cannot be shown.
 */
import { covers as coversInterval, type Interval, subtract, unite } from '../diagnose/address-sets.ts';
import { matchesPattern } from '../policy/match-name.ts';
import type { ClusterState, Field, PeerTerm, PortTerm, Rule, Term } from '../policy/model.ts';
import { coversScope, implies, plainExpression } from './selector-logic.ts';

/** Reports whether every flow of `inner` is one of `outer`: `443 to anybody` covers `443 to 10.0.0.0/8`, not the other way round. */
export function coversRule(outer: Rule, inner: Rule, cluster: ClusterState): boolean {
  if (![...outer.fields, ...inner.fields].every(isReadable)) return false;
  return outer.fields.every(
    field => isUniversal(field) || inner.fields.some(each => coversField(field, each, cluster)),
  );
}

function isReadable({ anyOf }: Field): boolean {
  return !JSON.stringify(anyOf, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)).includes(
    '"unreadable"',
  );
}

function isUniversal({ negated, anyOf }: Field): boolean {
  return !negated && anyOf.some(term => term.kind === 'everyone' || term.kind === 'everything');
}

/** Whether what the inner field lets through is let through by the outer one. */
function coversField(outer: Field, inner: Field, cluster: ClusterState): boolean {
  if (outer.negated !== inner.negated) return false;
  // Of exclusions, the one that excludes more lets through less.
  const [wide, narrow] = outer.negated ? [inner.anyOf, outer.anyOf] : [outer.anyOf, inner.anyOf];
  return narrow.every(term => coversTerm(wide, term, cluster));
}

function coversTerm(wide: readonly Term[], term: Term, cluster: ClusterState): boolean {
  const text = textOf(term);
  if (wide.some(each => textOf(each) === text)) return true;
  switch (term.kind) {
    case 'ipBlock':
      return coversBlock(wide, term) || wide.some(each => each.kind === 'everyone');
    case 'pods':
      return wide.some(each => each.kind === 'everyone' || (each.kind === 'pods' && coversPods(each, term, cluster)));
    case 'fqdn':
      return wide.some(each => each.kind === 'everyone' || (each.kind === 'fqdn' && coversName(each, term)));
    case 'entity':
      return wide.some(each => each.kind === 'everyone' || (each.kind === 'entity' && each.name === 'all'));
    case 'ports':
      return wide.some(each => each.kind === 'everything') || coversPorts(wide, term);
    case 'named-port':
      return wide.some(each => each.kind === 'everything') || coversPorts(wide, { ...term, first: 1, last: LAST_PORT });
    default:
      return wide.some(each => each.kind === 'everyone' || each.kind === 'everything') && isPlain(term);
  }
}

/** Terms that mean some peers or ports and have no further effect. */
function isPlain({ kind }: Term): boolean {
  return ['nodes', 'own-node', 'services', 'all-of', 'none-of', 'icmp', 'protocol', 'service-backends'].includes(kind);
}

function textOf(term: Term): string {
  return JSON.stringify(term, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
}

type IpBlock = Extract<PeerTerm, { kind: 'ipBlock' }>;

function coversBlock(wide: readonly Term[], term: IpBlock): boolean {
  const alike = wide.filter(
    (each): each is IpBlock =>
      each.kind === 'ipBlock' && each.overPods === term.overPods && each.overNodes === term.overNodes,
  );
  const open = unite(alike.flatMap(addressesOf));
  return addressesOf(term).every(part => coversInterval(open, part));
}

function addressesOf({ range, except }: IpBlock): readonly Interval[] {
  return subtract([range], unite(except));
}

type Pods = Extract<PeerTerm, { kind: 'pods' }>;

function coversPods(wide: Pods, term: Pods, cluster: ClusterState): boolean {
  // The views show different labels, and one of them those of nodes and of the world too.
  if (wide.pods.view !== term.pods.view || wide.hostNetwork !== term.hostNetwork) return false;
  return (
    coversScope(wide.namespaces, term.namespaces, cluster) === 'yes' &&
    implies(plainExpression(term.pods), plainExpression(wide.pods)) === 'yes'
  );
}

type Fqdn = Extract<PeerTerm, { kind: 'fqdn' }>;

function coversName(wide: Fqdn, term: Fqdn): boolean {
  if (wide.dialect !== term.dialect || term.name === null || wide.pattern === null) return false;
  return matchesPattern(wide.pattern, term.name, wide.dialect);
}

const LAST_PORT = 65_535;
type Ports = Pick<Extract<PortTerm, { kind: 'ports' }>, 'protocol' | 'first' | 'last'>;

function coversPorts(wide: readonly Term[], term: Ports): boolean {
  const protocols = term.protocol === 'any' ? (['TCP', 'UDP', 'SCTP'] as const) : [term.protocol];
  return protocols.every(protocol => {
    const spans = wide.flatMap(each => (each.kind === 'ports' && fits(each, protocol) ? [spanOf(each)] : []));
    return spanOf(term).first > spanOf(term).last || coversInterval(unite(spans), spanOf(term));
  });
}

function fits({ protocol }: Ports, wanted: string): boolean {
  return protocol === 'any' || protocol === wanted;
}

/** Ports as a stretch of numbers; the family only keeps them together. */
function spanOf({ first, last }: Ports): Interval {
  return { family: 4, first: BigInt(Math.max(first, 0)), last: BigInt(last) };
}
