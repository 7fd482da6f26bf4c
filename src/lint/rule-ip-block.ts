/** Ranges that are meant for the internet and open the cluster too: `0.0.0.0/0` without `except`. */
import { stringify } from 'yaml';
import {
  type AddressSet,
  covers,
  type Interval,
  intervalOf,
  intervalText,
  overlaps,
  subtract,
  unite,
} from '../diagnose/address-sets.ts';
import { exceptFor, isPublicAddress } from '../diagnose/fix-ranges.ts';
import { formatAddress } from '../policy/address.ts';
import type { PeerTerm, PolicyRef, Rule } from '../policy/model.ts';
import { type Finding, joinAnswers, NOTHING_FOUND, type RuleAnswer } from './finding.ts';
import { type PolicyEntry, pathOfRule, type World, writtenRules } from './world.ts';

type IpBlock = Extract<PeerTerm, { kind: 'ipBlock' }>;

/** Finds blocks of the internet that also cover the cluster's own ranges, or private ones where those are not known. */
export function findOpenBlocks(world: World): RuleAnswer {
  return joinAnswers(
    world.policies.flatMap(entry =>
      writtenRules(entry.policy, 'egress')
        .filter(rule => rule.action === 'accept')
        .flatMap(rule => blocksOf(rule).map(found => judge(entry, rule, found, world))),
    ),
  );
}

type Found = { readonly block: IpBlock; readonly field: string; readonly index: number };

/** Blocks that stand alone; within a conjunction, other conditions narrow them. */
function blocksOf({ fields }: Rule): readonly Found[] {
  return fields
    .filter(({ negated }) => !negated)
    .flatMap(({ name, anyOf }) =>
      anyOf.flatMap((term, index) => (term.kind === 'ipBlock' ? [{ block: term, field: name, index }] : [])),
    );
}

/** RFC 1918 and 4193, and the link-local range that cloud metadata answers from. */
const PRIVATE = unite(
  ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', 'fc00::/7'].flatMap(
    text => intervalOf(text) ?? [],
  ),
);

function judge(entry: PolicyEntry, rule: Rule, found: Found, world: World): RuleAnswer {
  const { block } = found;
  const open = subtract([bare(block.range)], unite(block.except.map(bare)));
  // A block of private addresses alone is meant for them, and a small one for somebody's own network.
  if (!isWide(block.range) || !open.some(isPublic)) return NOTHING_FOUND;
  const known = clusterSet(world);
  const inside = known === null ? [] : known.filter(range => open.some(each => overlaps(each, range)));
  const matchesInside = block.overPods !== 'outside-only' || block.overNodes !== 'outside-only';
  if (inside.length > 0 && matchesInside) return answer(clusterFinding(entry, rule, found, inside, world));
  const shut = PRIVATE.filter(range => open.some(each => covers([each], range)));
  if (known === null && matchesInside && shut.length > 0)
    return answer(privateFinding(entry, rule, found, shut, world));
  return NOTHING_FOUND;
}

function answer(finding: Finding): RuleAnswer {
  return { findings: [finding], notChecked: [] };
}

/** Whether a stretch of addresses has public ones: its ends, or what lies between private ranges. */
function isPublic(open: Interval): boolean {
  const rest = subtract([open], PRIVATE);
  return rest.some(
    each => isPublicAddress(formatAddress(each.family, each.first)) === true || each.last - each.first >= 1n << 24n,
  );
}

/** As many addresses as 10.0.0.0/8 has; for IPv6, what a registry gives to a provider (/32). */
const WIDE = { 4: 1n << 24n, 6: 1n << 96n } as const;

function isWide({ family, first, last }: Interval): boolean {
  return last - first + 1n >= WIDE[family];
}

/** What is known of the cluster's own ranges, public addresses of nodes left out; null: nothing. */
function clusterSet({ ranges, input, cluster }: World): AddressSet | null {
  const given = input.clusterCidrs.flatMap(text => intervalOf(text) ?? []);
  const found = ranges.kind === 'known' ? ranges.ranges : [];
  const nodes = [...cluster.nodes.values()].flatMap(node => node.addresses).filter(text => isPublicAddress(text));
  const all = unite([...given, ...subtract(found, unite(nodes.flatMap(text => intervalOf(text) ?? [])))]);
  return all.length === 0 ? null : all;
}

function clusterFinding(
  { name, policy }: PolicyEntry,
  rule: Rule,
  { block, field, index }: Found,
  inside: AddressSet,
  world: World,
): Finding {
  const list = inside.slice(0, 3).map(intervalText).join(', ') + (inside.length > 3 ? ' and more' : '');
  const family = block.range.family;
  const except = exceptFor(family, inside, []);
  return {
    rule: 'cluster-not-excepted',
    severity: 'warning',
    object: name,
    place: world.placeOf(name, [...pathOfRule(rule, 'egress'), field, index]),
    what: `Its block ${block.range.text}${exceptText(block)} covers addresses of the cluster itself: ${list}.`,
    why: 'What was meant for the internet also opens pods, Services or nodes of the cluster on these ports, as far as the network plugin takes blocks for them.',
    fix: {
      text: "Except the cluster's ranges and private ones from the block.",
      yaml: except === null ? null : blockYaml(policy.ref, block, except),
    },
  };
}

function privateFinding(
  { name, policy }: PolicyEntry,
  rule: Rule,
  { block, field, index }: Found,
  shut: AddressSet,
  world: World,
): Finding {
  const list = shut.map(intervalText);
  return {
    rule: 'private-not-excepted',
    severity: 'note',
    object: name,
    place: world.placeOf(name, [...pathOfRule(rule, 'egress'), field, index]),
    what: `Its block ${block.range.text}${exceptText(block)} covers private addresses (${list.join(', ')}), and which ranges the cluster has is not known.`,
    why: "Clusters have their pods and Services in private ranges, and the cloud's metadata answers at 169.254.169.254: a block for the internet opens these too.",
    fix: {
      text: 'Except them, or say which ranges the cluster has (--cluster-cidr) to have this checked.',
      yaml: blockYaml(policy.ref, block, [...block.except.map(each => each.text), ...list]),
    },
  };
}

function exceptText({ except }: IpBlock): string {
  if (except.length === 0) return ' without except';
  const shown = except
    .slice(0, 3)
    .map(each => each.text)
    .join(', ');
  return ` (except ${shown}${except.length > 3 ? ' and more' : ''})`;
}

/** The block with its exceptions in the policy's own kind; null: no YAML is known for it. */
function blockYaml({ kind }: PolicyRef, block: IpBlock, except: readonly string[]): string | null {
  const inBlock = except.filter(text => {
    const interval = intervalOf(text);
    return interval !== null && covers([bare(block.range)], interval);
  });
  const list = [...new Set(inBlock)];
  if (kind === 'NetworkPolicy') return yaml([{ ipBlock: { cidr: block.range.text, except: list } }], 'to');
  if (kind.startsWith('Cilium')) return yaml([{ cidr: block.range.text, except: list }], 'toCIDRSet');
  if (/projectcalico|^GlobalNetworkPolicy$/.test(kind))
    return stringify({ destination: { nets: [block.range.text], notNets: list } }, { lineWidth: 0 });
  return null;
}

function yaml(peers: readonly object[], key: string): string {
  return stringify({ [key]: peers }, { lineWidth: 0 });
}

function bare({ family, first, last }: Interval): Interval {
  return { family, first, last };
}
