/** Joins the lookups of one name over one transport, A and AAAA, into what an application of the pod would see. */
import type { IpFamily, Outcome } from '../model.ts';
import type { Lookup } from './read-dns.ts';

/**
 * Joins A and AAAA where they agree, and keeps them apart where they do not:
 * - both have addresses: one answer with both, A first;
 * - one has addresses and the other family has no records: the answer with addresses, as most names have one family;
 * - neither has records: `no-records` of both families;
 * - the same failure twice (NXDOMAIN, REFUSED, silence, a RST): that failure once, with the longer time;
 * - anything else: two observations, the one with addresses first.
 */
export function joinLookups(lookups: readonly Lookup[]): readonly Lookup[] {
  const [first, second, ...rest] = lookups;
  if (first === undefined) return [];
  if (second === undefined) return [first];
  const joined = join(first, second);
  return joined === null ? [...inOrder(first, second), ...rest] : joinLookups([joined, ...rest]);
}

function join(a: Lookup, b: Lookup): Lookup | null {
  const outcome = joinOutcomes(a.outcome, b.outcome);
  return outcome === null ? null : { outcome, nameserver: a.nameserver ?? b.nameserver, ms: Math.max(a.ms, b.ms) };
}

function joinOutcomes(a: Outcome, b: Outcome): Outcome | null {
  if (a.kind === 'resolver-answered' && b.kind === 'resolver-answered') {
    if (a.rcode !== b.rcode) return null;
    return { ...(a.addresses.length > 0 ? a : b), addresses: [...new Set([...a.addresses, ...b.addresses])] };
  }
  if (hasAddresses(a) && b.kind === 'no-records') return a;
  if (hasAddresses(b) && a.kind === 'no-records') return b;
  if (a.kind === 'no-records' && b.kind === 'no-records') {
    const families: readonly IpFamily[] = [...new Set([...a.families, ...b.families])];
    return { kind: 'no-records', families };
  }
  if (a.kind === 'resolver-timeout' && b.kind === 'resolver-timeout') return a.waitedMs >= b.waitedMs ? a : b;
  if (a.kind === 'not-run' && b.kind === 'not-run') return a;
  return a.kind === b.kind &&
    (a.kind === 'refused' || a.kind === 'no-route' || a.kind === 'unreachable' || a.kind === 'reset')
    ? a
    : null;
}

function hasAddresses(outcome: Outcome): boolean {
  return outcome.kind === 'resolver-answered' && outcome.addresses.length > 0;
}

function inOrder(a: Lookup, b: Lookup): readonly [Lookup, Lookup] {
  return hasAddresses(b.outcome) ? [b, a] : [a, b];
}
