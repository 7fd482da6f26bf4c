/**
 * Which addresses are inside the cluster, and the `except` list that keeps them shut when a fix opens "everything outside".
 * `except` only takes away: a list that is wider than the cluster opens less, never more.
 */
import type { KubernetesObject } from '../evidence.ts';
import { isCiliumConfig } from '../policy/cilium-config.ts';
import type { ClusterState } from '../policy/model.ts';
import { memberOf } from '../policy/reading.ts';
import {
  type AddressSet,
  cidrsOf,
  compareIntervals,
  covers,
  enclosingBlock,
  type Interval,
  intervalOf,
  overlaps,
  subtract,
  unite,
} from './address-sets.ts';

/** The addresses that belong to the cluster itself, or why they are not known. */
export type ClusterRanges =
  /** `from` names the sources that gave any, e.g. `ServiceCIDR`, `node podCIDRs`. */
  | { readonly kind: 'known'; readonly ranges: AddressSet; readonly from: readonly string[] }
  | { readonly kind: 'unknown'; readonly why: string };

/** Addresses that no public host has: RFC 1918, 6598, 3927, 1122, 4193, 4291. Cloud metadata and credentials are among them. */
const NOT_PUBLIC: AddressSet = unite(
  [
    '10.0.0.0/8',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '100.64.0.0/10',
    '169.254.0.0/16',
    '127.0.0.0/8',
    'fc00::/7',
    'fe80::/10',
    '::1/128',
  ].map(known),
);
/** What `except` lists of them: loopback never leaves the pod, so naming it would only be noise. */
const SHUT: AddressSet = subtract(NOT_PUBLIC, unite(['127.0.0.0/8', '::1/128'].map(known)));

/** More entries than this and nobody reads the list: neighbouring blocks are widened into one. */
const LONGEST_EXCEPT = 24;

/** Reports whether the public internet can route the address: 203.0.113.43 and 2001:db8::1 yes, 10.0.0.1 and fd00::1 no. null: no address. */
export function isPublicAddress(address: string): boolean | null {
  const interval = intervalOf(address);
  return interval === null ? null : !covers(NOT_PUBLIC, interval);
}

/**
 * Gathers what the cluster says of its own addresses: ServiceCIDR objects, podCIDRs of nodes, pools of Cilium and Calico,
 * and every address that a pod, node or Service has. `unknown` without a single node: then the list cannot be trusted.
 */
export function clusterRanges(objects: readonly KubernetesObject[], cluster: ClusterState): ClusterRanges {
  if (cluster.nodes.size === 0)
    return { kind: 'unknown', why: 'no node could be read, so the ranges of the cluster are not known' };
  const sources: readonly { readonly name: string; readonly texts: readonly string[] }[] = [
    {
      name: 'ServiceCIDR',
      texts: objects.filter(each => each.kind === 'ServiceCIDR').flatMap(each => textsAt(each, 'spec', 'cidrs')),
    },
    {
      name: 'node podCIDRs',
      texts: objects
        .filter(each => each.kind === 'Node')
        .flatMap(each => [...textsAt(each, 'spec', 'podCIDRs'), ...textsAt(each, 'spec', 'podCIDR')]),
    },
    { name: 'CNI pools', texts: objects.flatMap(poolTexts) },
    { name: 'node addresses', texts: [...cluster.nodes.values()].flatMap(node => node.addresses) },
    {
      name: 'pod addresses',
      texts: [...cluster.pods.values()].filter(pod => !pod.finished).flatMap(pod => pod.addresses),
    },
    { name: 'Service addresses', texts: [...cluster.services.values()].flatMap(service => service.clusterAddresses) },
  ];
  const read = sources.map(source => ({
    name: source.name,
    ranges: source.texts.flatMap(text => intervalOf(text) ?? []),
  }));
  return {
    kind: 'known',
    ranges: unite(read.flatMap(source => source.ranges)),
    from: read.filter(source => source.ranges.length > 0).map(source => source.name),
  };
}

/**
 * The `except` list of "every address of this family but those inside": the cluster's ranges and whatever is not public.
 * Neighbours are widened until the list is short, but never over an address of `keep` (the host's own). null: `keep` is
 * inside the cluster, or the list stays too long to read.
 */
export function exceptFor(family: 4 | 6, inside: AddressSet, keep: readonly Interval[]): readonly string[] | null {
  const shut = unite([...inside, ...SHUT]).filter(each => each.family === family);
  if (shut.some(range => keep.some(address => overlaps(range, address)))) return null;
  const short = widened(shut, keep);
  const cidrs = short.flatMap(cidrsOf);
  return cidrs.length > LONGEST_EXCEPT ? null : cidrs;
}

/** Joins neighbours, closest first, until `LONGEST_EXCEPT` blocks are left or none may be joined any more. */
function widened(set: AddressSet, keep: readonly Interval[]): AddressSet {
  const bits = set[0]?.family === 6 ? 128 : 32;
  let blocks: AddressSet = set;
  for (let hostBits = 1; hostBits <= bits && countBlocks(blocks) > LONGEST_EXCEPT; hostBits++) {
    blocks = joinedWithin(blocks, 1n << BigInt(hostBits), keep);
  }
  return blocks;
}

function joinedWithin(set: AddressSet, size: bigint, keep: readonly Interval[]): AddressSet {
  const joined: Interval[] = [];
  for (const next of set.toSorted(compareIntervals)) {
    const open = joined.at(-1);
    const block = open === undefined ? null : enclosingBlock(open, next);
    if (block !== null && block.last - block.first < size && mayWiden(block, keep)) joined[joined.length - 1] = block;
    else joined.push(next);
  }
  return unite(joined);
}

/** Public space is widened by a /24 (IPv6: /64) at most: behind that are other people's hosts, maybe tomorrow's addresses of this one. */
function mayWiden(block: Interval, keep: readonly Interval[]): boolean {
  if (keep.some(address => overlaps(block, address))) return false;
  return covers(NOT_PUBLIC, block) || block.last - block.first < (block.family === 4 ? 256n : 1n << 64n);
}

function countBlocks(set: AddressSet): number {
  return set.reduce((count, each) => count + cidrsOf(each).length, 0);
}

/** Pools that a CNI gives pod addresses from. Fields by kind: docs.cilium.io (cluster-pool, multi-pool IPAM), docs.tigera.io (IPPool). */
function poolTexts(object: KubernetesObject): readonly string[] {
  switch (object.kind) {
    case 'IPPool':
      return textsAt(object, 'spec', 'cidr');
    case 'CiliumNode':
      return textsAt(object, 'spec', 'ipam', 'podCIDRs');
    case 'CiliumPodIPPool':
      return [...textsAt(object, 'spec', 'ipv4', 'cidrs'), ...textsAt(object, 'spec', 'ipv6', 'cidrs')];
    case 'ConfigMap':
      if (!isCiliumConfig(object)) return [];
      return ['cluster-pool-ipv4-cidr', 'cluster-pool-ipv6-cidr']
        .flatMap(key => textsAt(object, 'data', key))
        .flatMap(text => text.split(/[\s,]+/));
    default:
      return [];
  }
}

/** The string, or the strings of the list, at a path; anything else is nothing. */
function textsAt(object: KubernetesObject, ...path: readonly string[]): readonly string[] {
  const value = memberOf(object, ...path);
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.filter(each => typeof each === 'string');
}

function known(text: string): Interval {
  const interval = intervalOf(text);
  if (interval === null) throw new Error(`a constant of this file is no address block: ${text}`);
  return interval;
}
