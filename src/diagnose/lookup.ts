/** What one vantage's resolver made of a name: its dns observations -> one `Lookup`. */
import type { Observation, Outcome, Vantage } from '../model.ts';
import { HOSTS_FILE } from '../probe/read.ts';
import type { VerdictFacts } from './facts.ts';

/** What one vantage's lookup of the host's name gave. */
export type Lookup =
  | { readonly kind: 'answered'; readonly addresses: readonly string[] }
  /** The resolver says no: NXDOMAIN, SERVFAIL, REFUSED, ... */
  | { readonly kind: 'negative'; readonly rcode: string }
  /** The name exists and has no address records. */
  | { readonly kind: 'empty' }
  /** No resolver answered: silence, or an error on the way to it. */
  | { readonly kind: 'unanswered'; readonly text: string }
  | { readonly kind: 'not-looked'; readonly why: string };

const BEST_FIRST: readonly Lookup['kind'][] = ['answered', 'empty', 'negative', 'unanswered'];

/**
 * Joins a vantage's lookups of `name` over one transport: an answer with addresses counts first, then what the
 * resolver said, then its silence. `not-looked` when nothing was asked.
 */
export function lookupOver(facts: VerdictFacts, vantage: Vantage, name: string, protocol: 'UDP' | 'TCP'): Lookup {
  const asked = lookupsOf(facts, vantage, name).filter(seen => seen.protocol === protocol);
  return bestOf(asked);
}

/** The same over UDP, which resolvers try first; over TCP only where UDP was not asked. */
export function lookupFrom(facts: VerdictFacts, vantage: Vantage, name: string): Lookup {
  const overUdp = lookupOver(facts, vantage, name, 'UDP');
  return overUdp.kind === 'not-looked' ? bestOf(lookupsOf(facts, vantage, name)) : overUdp;
}

/** The name that the pod must resolve to reach the destination directly; null: it is an address. */
export function lookedUpName(facts: VerdictFacts): string | null {
  const host = facts.question.destination.host;
  return host.kind === 'name' ? host.name : null;
}

/** Reports whether the pod's own /etc/hosts has the name: then no lookup is needed, and none tells anything. */
export function isInHostsFile(facts: VerdictFacts, name: string): boolean {
  return lookupsOf(facts, 'pod', name).some(seen => seen.address === HOSTS_FILE);
}

/** Reports whether two names are the same to a resolver: `API.example.` is `api.example`. */
export function isSameName(a: string, b: string): boolean {
  return canonical(a) === canonical(b);
}

/** One lookup in words, as a clause: "NXDOMAIN", "no answer within 3000 ms". */
export function describeLookup(lookup: Lookup): string {
  switch (lookup.kind) {
    case 'answered':
      return `resolves to ${lookup.addresses.join(', ')}`;
    case 'negative':
      return `gets ${lookup.rcode}`;
    case 'empty':
      return 'exists and has no address records';
    case 'unanswered':
      return lookup.text;
    case 'not-looked':
      return `was not asked: ${lookup.why}`;
    default:
      return lookup satisfies never;
  }
}

function lookupsOf(facts: VerdictFacts, vantage: Vantage, name: string): readonly Observation[] {
  return facts.observations.filter(
    seen =>
      seen.layer === 'dns' &&
      seen.vantage === vantage &&
      seen.sibling === undefined &&
      // A lookup that names no name is the question's own.
      (seen.name === undefined ? name === lookedUpName(facts) : isSameName(seen.name, name)),
  );
}

function bestOf(seen: readonly Observation[]): Lookup {
  const lookups = seen.map(each => lookupByOutcome(each.outcome));
  for (const kind of BEST_FIRST) {
    const found = lookups.find(lookup => lookup.kind === kind);
    if (found !== undefined) return found;
  }
  return lookups[0] ?? { kind: 'not-looked', why: 'no lookup ran' };
}

function lookupByOutcome(outcome: Outcome): Lookup {
  switch (outcome.kind) {
    case 'resolver-answered':
      return answerOf(outcome.rcode, outcome.addresses);
    case 'no-records':
      return { kind: 'empty' };
    case 'resolver-timeout':
    case 'syn-dropped':
    case 'no-answer':
      return { kind: 'unanswered', text: `gets no answer within ${outcome.waitedMs} ms` };
    case 'refused':
      return { kind: 'unanswered', text: 'is refused by the nameserver (no DNS answer)' };
    case 'unreachable':
      return { kind: 'unanswered', text: `meets an ICMP error (${outcome.errno})` };
    case 'no-route':
      return { kind: 'unanswered', text: 'finds no route to the nameserver' };
    case 'local-error':
      return { kind: 'unanswered', text: `fails with ${outcome.errno}` };
    case 'reset':
      return { kind: 'unanswered', text: 'is reset' };
    // A bare connect to port 53 tells nothing of the name, and neither do the two outcomes of other layers.
    case 'connected':
    case 'tls-failed':
    case 'http-status':
      return { kind: 'not-looked', why: 'only a connection was tried' };
    case 'not-run':
      return { kind: 'not-looked', why: outcome.why };
    default:
      return outcome satisfies never;
  }
}

function answerOf(rcode: string, addresses: readonly string[]): Lookup {
  if (addresses.length > 0) return { kind: 'answered', addresses };
  return rcode === 'NOERROR' ? { kind: 'empty' } : { kind: 'negative', rcode };
}

function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
