/** All addresses together: the conclusions of each -> one code for the destination. */
import type { Confidence } from '../model.ts';
import { type AddressRow, compareAddresses } from './comparison.ts';
import { type AddressCode, type AddressConclusion, concludeAddress } from './conclude-address.ts';
import type { VerdictFacts } from './facts.ts';
import { familiesOf } from './flows.ts';
import { isFailing } from './reach.ts';

/** Verdict codes that all addresses of a host together can have. */
export type DestinationCode = AddressCode | 'partly-reachable';

/** What is concluded of all addresses together. */
export type DestinationConclusion = {
  readonly code: DestinationCode;
  readonly confidence: Confidence | null;
  /** The addresses that the code was decided by; addresses of a family that the pod lacks are left out where others are. */
  readonly addresses: readonly AddressConclusion[];
};

/** Where several things are wrong and none of them is a rule: the nearest to the pod first. */
const NEAREST_FIRST: readonly DestinationCode[] = [
  'policy-not-enforced',
  'dropped-unexplained',
  'blocked-beyond-node',
  'refused-by-host',
  'tls-failed',
  'no-common-address-family',
];

/** Concludes the direct way to the destination from all of its addresses. */
export function concludeDestination(facts: VerdictFacts): DestinationConclusion {
  const all = compareAddresses(facts).map(row => ({ ...concludeAddress(row), ...familyConclusion(facts, row) }));
  // A dual-stack name is no trouble to a single-stack pod: the other family's addresses are not tried by an application.
  const usable = all.filter(each => each.code !== 'no-common-address-family');
  const addresses = usable.length > 0 ? usable : all;
  const code = joinCodes(addresses);
  return { code, confidence: code === 'not-known' ? null : joinConfidence(decisive(code, addresses)), addresses };
}

/** Overrides the conclusion for an address of a family that the pod has no address of. */
function familyConclusion(
  facts: VerdictFacts,
  row: AddressRow,
): { readonly code: AddressCode; readonly confidence: Confidence } | undefined {
  const families = familiesOf(facts.target);
  if (row.address === null || families.size === 0 || row.pod.kind === 'connected') return undefined;
  const family = row.address.includes(':') ? 'IPv6' : 'IPv4';
  if (families.has(family)) return undefined;
  return { code: 'no-common-address-family', confidence: isFailing(row.pod) ? 'confirmed' : 'predicted' };
}

function joinCodes(addresses: readonly AddressConclusion[]): DestinationCode {
  const codes = new Set(addresses.map(each => each.code));
  const [only] = codes;
  if (codes.size === 1 && only !== undefined) return only;
  if (codes.has('denied-by-policy') || codes.has('partly-denied')) return 'partly-denied';
  const rest = [...codes].filter(code => code !== 'reachable' && code !== 'policy-not-enforced');
  if (rest.length === 0) return 'policy-not-enforced';
  if (rest.every(code => code === 'not-known')) return joinWithUnknown(addresses);
  const works = codes.has('reachable') || codes.has('policy-not-enforced');
  if (works && !isUnexplainedAtTheRules(addresses)) return 'partly-reachable';
  return NEAREST_FIRST.find(code => codes.has(code as AddressCode)) ?? 'not-known';
}

/** Some addresses are fine and of the others nothing is known: fine only where fine was seen. */
function joinWithUnknown(addresses: readonly AddressConclusion[]): DestinationCode {
  const isSeen = addresses.some(each => each.row.pod.kind === 'connected');
  if (!isSeen) return 'not-known';
  return addresses.some(each => isFailing(each.row.pod))
    ? 'partly-reachable'
    : joinCodes(addresses.filter(each => each.code !== 'not-known'));
}

/** The failing addresses are lost before the node and their rules are unknown: that is not "beyond the node". */
function isUnexplainedAtTheRules(addresses: readonly AddressConclusion[]): boolean {
  const failing = addresses.filter(each => isFailing(each.row.pod));
  return (
    failing.length > 0 &&
    failing.every(each => each.code === 'dropped-unexplained' && each.row.expected.decision !== 'allow')
  );
}

/** The addresses whose confidence counts for a joint code: those that have it, or all where it speaks of all. */
function decisive(code: DestinationCode, addresses: readonly AddressConclusion[]): readonly AddressConclusion[] {
  const same = addresses.filter(each => each.code === code);
  return same.length > 0 ? same : addresses;
}

function joinConfidence(addresses: readonly AddressConclusion[]): Confidence {
  const known = new Set(addresses.map(each => each.confidence));
  if (known.has('observed')) return 'observed';
  return known.has('confirmed') ? 'confirmed' : 'predicted';
}
