/** The name: predicted x observed lookup -> whether the pod can ask it, and who keeps it from that. */
import type { Confidence, Vantage } from '../model.ts';
import { type Expectation, expectationOf } from './expectation.ts';
import type { VerdictFacts } from './facts.ts';
import { describeLookup, type Lookup, lookedUpName, lookupFrom } from './lookup.ts';
import { denyText } from './wording.ts';

/** What is concluded of the lookup of the host's name. */
export type NameConclusion =
  /** The destination is an address: nothing to ask. */
  | { readonly kind: 'no-name' }
  | { readonly kind: 'resolves'; readonly expected: Expectation }
  /** Its lookup is denied by the rules. */
  | {
      readonly kind: 'denied';
      readonly name: string;
      readonly expected: Expectation;
      readonly confidence: Confidence;
      readonly seen: Lookup;
    }
  /** It does not resolve, and no rule that could be read is why. */
  | {
      readonly kind: 'fails';
      readonly name: string;
      readonly expected: Expectation;
      readonly confidence: Confidence;
      readonly seen: Lookup;
      readonly why: string;
    }
  /** Neither asked nor judged. */
  | { readonly kind: 'unknown'; readonly name: string; readonly expected: Expectation; readonly why: string };

/** Concludes whether the pod can resolve the destination's name. */
export function concludeDestinationName(facts: VerdictFacts): NameConclusion {
  const name = lookedUpName(facts);
  if (name === null) return { kind: 'no-name' };
  const known = facts.host.kind === 'name' && (facts.host.resolvedBy === 'pod' || facts.host.resolvedBy === 'given');
  return concludeName(facts, name, known);
}

/**
 * Concludes whether the pod can resolve `name`.
 * @param isKnownResolved the pod's own resolver, or the caller, gave its addresses by other means than a lookup seen here
 */
export function concludeName(facts: VerdictFacts, name: string, isKnownResolved: boolean): NameConclusion {
  const expected = expectedLookup(facts);
  const seen = lookupFrom(facts, 'pod', name);
  switch (seen.kind) {
    case 'answered':
      return { kind: 'resolves', expected };
    case 'negative':
      return isRefusedByPolicy(seen.rcode, expected)
        ? { kind: 'denied', name, expected, confidence: 'confirmed', seen }
        : failing(facts, name, expected, seen);
    case 'empty':
      return failing(facts, name, expected, seen);
    case 'unanswered':
      return expected.decision === 'deny'
        ? { kind: 'denied', name, expected, confidence: 'confirmed', seen }
        : failing(facts, name, expected, seen);
    case 'not-looked':
      return isKnownResolved ? { kind: 'resolves', expected } : unasked(facts, name, expected, seen);
    default:
      return seen satisfies never;
  }
}

/** What the rules say of the lookup: over UDP, which resolvers try first; of any transport where UDP was not judged. */
export function expectedLookup(facts: VerdictFacts): Expectation {
  const overUdp = expectationOf(facts, 'dns', 'UDP');
  return overUdp.decision === 'not-judged' ? expectationOf(facts, 'dns') : overUdp;
}

/** What the rules say of the control pod's own lookup. */
export function expectedControlLookup(facts: VerdictFacts): Expectation {
  const overUdp = expectationOf(facts, 'control-dns', 'UDP');
  return overUdp.decision === 'not-judged' ? expectationOf(facts, 'control-dns') : overUdp;
}

/** A DNS proxy that enforces rules answers REFUSED to a denied name. https://docs.cilium.io/en/stable/security/dns/ */
function isRefusedByPolicy(rcode: string, expected: Expectation): boolean {
  return rcode === 'REFUSED' && expected.decision === 'deny';
}

function failing(facts: VerdictFacts, name: string, expected: Expectation, seen: Lookup): NameConclusion {
  // An answer agrees with an allowed lookup; silence contradicts it.
  const agrees = expected.decision === 'allow' && seen.kind !== 'unanswered';
  const confidence = agrees ? 'confirmed' : 'observed';
  // Some nameservers denied and some not: it is told, for which of them the resolver asked first is not known.
  const partly = expected.decision === 'mixed' ? `${denyText(expected.deniedBy)} some of its nameservers; ` : '';
  return { kind: 'fails', name, expected, confidence, seen, why: `${partly}${compareLookups(facts, name, seen)}` };
}

/** Nothing was asked from the pod: a denial stands, an allowed lookup fails where others got a no, the rest is unknown. */
function unasked(facts: VerdictFacts, name: string, expected: Expectation, seen: Lookup): NameConclusion {
  if (expected.decision === 'deny') return { kind: 'denied', name, expected, confidence: 'predicted', seen };
  if (expected.decision !== 'allow') {
    const why =
      expected.decision === 'not-judged' ? 'the nameservers of the pod are not known' : expected.unknowns.join('; ');
    return { kind: 'unknown', name, expected, why };
  }
  const others = (['control', 'node'] as const).map(vantage => ({
    vantage,
    lookup: comparableLookup(facts, vantage, name),
  }));
  const refuted = others.find(other => other.lookup.kind === 'negative' || other.lookup.kind === 'empty');
  if (refuted === undefined || others.some(other => other.lookup.kind === 'answered'))
    return { kind: 'resolves', expected };
  const why = `asked from the ${refuted.vantage}, it ${describeLookup(refuted.lookup)}`;
  return { kind: 'fails', name, expected, confidence: 'predicted', seen: refuted.lookup, why };
}

/** A lookup from another vantage that can be compared: a control whose own lookup is not allowed proves nothing by failing. */
export function comparableLookup(facts: VerdictFacts, vantage: Vantage, name: string): Lookup {
  const lookup = lookupFrom(facts, vantage, name);
  if (vantage !== 'control' || lookup.kind !== 'unanswered') return lookup;
  return expectedControlLookup(facts).decision === 'allow'
    ? lookup
    : { kind: 'not-looked', why: "the control pod's own lookup is not known to be allowed" };
}

function compareLookups(facts: VerdictFacts, name: string, seen: Lookup): string {
  const control = comparableLookup(facts, 'control', name);
  const node = comparableLookup(facts, 'node', name);
  if (control.kind === 'answered') return differing(facts, seen);
  if (control.kind === 'unanswered') {
    return node.kind === 'answered'
      ? "the control pod gets no answer either and the node's own resolver does: the cluster's DNS does not answer"
      : 'the control pod gets no answer either: the DNS that pods of this cluster ask does not answer';
  }
  if (control.kind === 'not-looked' && node.kind === 'answered') {
    return `the node, which asks its own resolver, ${describeLookup(node)}`;
  }
  if (control.kind === 'negative' || control.kind === 'empty')
    return `the control pod's lookup ${describeLookup(control)} too`;
  return 'nobody else was asked that could be compared';
}

/** The control pod resolves the name and the pod does not: what differs is the pod's own DNS. */
function differing(facts: VerdictFacts, seen: Lookup): string {
  const { policy, config, resolvConf } = facts.target.dns;
  const { nameservers, searches } = resolvConf ?? config ?? { nameservers: [], searches: [] };
  const asked = nameservers.length > 0 ? `, nameservers ${nameservers.join(', ')}` : '';
  const searched = seen.kind === 'negative' && searches.length > 0 ? `, search ${searches.join(' ')}` : '';
  return `the control pod on the same node resolves it: the pod's own DNS differs (dnsPolicy ${policy}${asked}${searched})`;
}
