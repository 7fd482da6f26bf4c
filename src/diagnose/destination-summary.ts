/** One line for each thing that can be concluded of the destination. */

import type { AddressConclusion } from './conclude-address.ts';
import type { DestinationConclusion } from './conclude-destination.ts';
import type { Expectation } from './expectation.ts';
import type { VerdictFacts } from './facts.ts';
import { describeReach, isFailing } from './reach.ts';
import { denialText, destinationText, listed, podText } from './wording.ts';

/** Says in one line, without a full stop, what broke and where. `culprits` are named where a policy is the cause. */
export function describeDestination(
  facts: VerdictFacts,
  destination: DestinationConclusion,
  culprits: readonly Expectation[],
): string {
  const { code, addresses } = destination;
  const to = destinationText(facts);
  switch (code) {
    case 'reachable':
      return reachableText(facts, destination);
    case 'denied-by-policy':
      return `${denialText(culprits)} ${podText(facts)} the connection to ${to}`;
    case 'partly-denied':
      return `${denialText(culprits)} ${countText(addresses, 'denied-by-policy')} of ${to}`;
    case 'partly-reachable':
      return `${to} answers the pod at some of its addresses and fails at others: ${failures(addresses)}`;
    case 'policy-not-enforced':
      return `${denialText(culprits)} ${to}, and yet the pod connects`;
    case 'no-common-address-family':
      return familyText(facts, addresses);
    case 'refused-by-host':
      return `${to} refuses the connection: ${failures(addresses)}`;
    case 'blocked-beyond-node':
      return `${to} is cut off beyond the node: ${failures(addresses)}`;
    case 'dropped-unexplained':
      return `the pod does not get through to ${to}, and no rule that could be read denies it: ${failures(addresses)}`;
    case 'tls-failed':
      return `TLS with ${to} fails: ${tlsText(addresses)}`;
    case 'not-known':
      return unknownText(facts, addresses);
    default:
      return code satisfies never;
  }
}

function reachableText(facts: VerdictFacts, destination: DestinationConclusion): string {
  const to = destinationText(facts);
  return destination.confidence === 'predicted'
    ? `the rules allow ${podText(facts)} to reach ${to}; no probe of the pod has seen it answer`
    : `${to} answers ${podText(facts)}`;
}

function countText(addresses: readonly AddressConclusion[], code: AddressConclusion['code']): string {
  const denied = addresses.filter(each => each.code === code);
  if (addresses.length === 1 || denied.length === 0) return 'some of the ways to the endpoints';
  const named = denied.flatMap(each => (each.row.address === null ? [] : [each.row.address]));
  return `${denied.length} of ${addresses.length} addresses (${named.join(', ')})`;
}

/** What failed where, the same failure once: "203.0.113.53 from the pod: no answer ...; from the node: ...". */
function failures(addresses: readonly AddressConclusion[]): string {
  const texts = addresses.flatMap(({ row }) => {
    const seen = (['pod', 'control', 'node'] as const).flatMap(vantage =>
      isFailing(row[vantage]) ? [`from the ${vantage}: ${describeReach(row[vantage])}`] : [],
    );
    const at = row.address === null ? '' : `${row.address} `;
    return seen.length === 0 ? [] : [`${at}${seen.join(', ')}`];
  });
  return texts.length === 0 ? 'nothing was seen' : texts.join('; ');
}

function tlsText(addresses: readonly AddressConclusion[]): string {
  const whys = addresses.flatMap(({ row }) => {
    const failed = [row.pod, row.node].find(reach => reach.kind === 'tls-failed');
    return failed?.kind === 'tls-failed'
      ? [failed.detail === '' ? failed.why : `${failed.why} (${failed.detail})`]
      : [];
  });
  return listed([...new Set(whys)]);
}

function familyText(facts: VerdictFacts, addresses: readonly AddressConclusion[]): string {
  const theirs = addresses.flatMap(({ row }) => (row.address === null ? [] : [row.address]));
  const own = facts.target.addresses.length > 0 ? facts.target.addresses.join(', ') : 'none';
  return `${destinationText(facts)} has only addresses that the pod has no route to: ${theirs.join(', ')} (the pod's own: ${own})`;
}

function unknownText(facts: VerdictFacts, addresses: readonly AddressConclusion[]): string {
  const unknowns = [...new Set(addresses.flatMap(({ row }) => row.expected.unknowns))];
  const because = unknowns.length > 0 ? listed(unknowns) : 'the rules could not be judged';
  const seen = addresses.some(({ row }) => isFailing(row.pod))
    ? `the pod fails (${failures(addresses)})`
    : 'nothing was seen from the pod';
  return `whether ${podText(facts)} can reach ${destinationText(facts)} is not known: ${seen}, and what the rules say is not known: ${because}`;
}
