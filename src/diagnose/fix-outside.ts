/**
 * How a NetworkPolicy names a host outside the cluster. It has no word for a host name, only addresses: exact ones, which
 * stop fitting when the name's addresses change, or everything outside the cluster, which opens more than was asked.
 */
import type { Policy } from '../policy/model.ts';
import { referenceText } from '../policy/reading.ts';
import { type AddressSet, allAddresses, covers, type Interval, intervalOf } from './address-sets.ts';
import type { Situation } from './fix-kind.ts';
import type { AllowedPeer } from './fix-networkpolicy.ts';
import { peerOfAddress } from './fix-peers.ts';
import { clusterRanges, exceptFor, isPublicAddress } from './fix-ranges.ts';
import { termsOf } from './fix-terms.ts';
import { policiesFor } from './flow-judge.ts';

/** The peers that stand for a host outside the cluster, or why there are none. */
export type OutsidePeers =
  | { readonly kind: 'peers'; readonly peers: readonly AllowedPeer[]; readonly how: string }
  | { readonly kind: 'not-applicable'; readonly why: string };

/** Every address outside the cluster: for names, whose addresses may be others tomorrow. */
export function everythingOutside(situation: Situation, addresses: readonly string[]): OutsidePeers {
  if (situation.host.kind !== 'name') return refused('the destination is an address, so exactly this one is opened');
  const name = situation.host.name;
  const local = addresses.find(address => isPublicAddress(address) !== true);
  if (local !== undefined)
    return refused(`${local} is not a public address, so "everything outside" would not reach it`);
  const intervals = addresses.flatMap(address => intervalOf(address) ?? []);
  const speaking = speakingPolicies(situation);
  const [mention] = intervals.flatMap(interval => mentionOf(interval, speaking) ?? []);
  if (mention !== undefined) return refused(mention);
  const ranges = clusterRanges(situation.objects, situation.cluster);
  if (ranges.kind === 'unknown') return refused(`${ranges.why}, and "everything outside" cannot be told from it`);
  const peers = blocksOutside(ranges.ranges, intervals);
  if (peers === null) return refused('the ranges of the cluster cannot be told from the addresses of the host');
  return {
    kind: 'peers',
    peers,
    how:
      `an ipBlock of every address outside the cluster (in-cluster ranges from ${ranges.from.join(', ')}, and private ranges, are in except): ` +
      `NetworkPolicy cannot name a host, and the addresses of ${name} may change; stricter, until they do: ${addresses.map(each => peerCidr(each)).join(', ')}`,
  };
}

/** Exactly these addresses; `how` says why nothing wider. */
export function exactAddresses(situation: Situation, addresses: readonly string[]): OutsidePeers {
  const wider = everythingOutside(situation, addresses);
  const why = wider.kind === 'not-applicable' ? wider.why : 'opening everything outside the cluster does not help';
  const caution =
    situation.host.kind === 'name' ? `; it stops fitting when the addresses of ${situation.host.name} change` : '';
  return {
    kind: 'peers',
    peers: addresses.map(peerOfAddress),
    how: `exact ${addresses.length === 1 ? 'address' : 'addresses'}: ${why}${caution}`,
  };
}

/**
 * Policies whose authors have thought about this very address: an `except` that holds it, or a block of at most 256
 * (IPv6: a /64) that does. Opening everything outside would overrule them. null: none of `policies` has.
 */
function mentionOf(address: Interval, policies: readonly Policy[]): string | null {
  for (const policy of policies) {
    for (const term of termsOf(policy, 'egress')) {
      if (term.kind !== 'ipBlock') continue;
      const name = referenceText(policy.ref);
      const except = term.except.find(each => covers([each], address));
      if (except !== undefined)
        return `${name} shuts ${except.text} on purpose, so no more than these addresses is opened`;
      const isNarrow = term.range.last - term.range.first < (term.range.family === 4 ? 256n : 1n << 64n);
      if (isNarrow && covers([term.range], address))
        return `${name} names ${term.range.text} already, so the same is done here`;
    }
  }
  return null;
}

/** Policies with a say in the target's egress. */
function speakingPolicies({ target, book, cluster }: Situation): readonly Policy[] {
  const pod = cluster.pods.get(`${target.namespace}/${target.pod}`);
  return pod === undefined ? [] : policiesFor(book, pod, 'egress', cluster);
}

function blocksOutside(inside: AddressSet, keep: readonly Interval[]): readonly AllowedPeer[] | null {
  const peers: AllowedPeer[] = [];
  for (const family of new Set(keep.map(each => each.family))) {
    const except = exceptFor(family, inside, keep);
    if (except === null) return null;
    const whole = allAddresses(family);
    peers.push({ kind: 'ipBlock', cidr: whole.family === 4 ? '0.0.0.0/0' : '::/0', except });
  }
  return peers;
}

function peerCidr(address: string): string {
  const peer = peerOfAddress(address);
  return peer.kind === 'ipBlock' ? peer.cidr : address;
}

function refused(why: string): OutsidePeers {
  return { kind: 'not-applicable', why };
}
