/**
 * Addresses of a host, written down one by one: the day its owner moves it, the pods are cut off. What a name has today is
 * never guessed: it is given, looked up on request, or the rule says that it did not look.
 */
import { canonicalName } from '../policy/cluster-state.ts';
import { type Finding, joinAnswers, type NotChecked, type RuleAnswer } from './finding.ts';
import { type PinnedAddress, type Pins, pinsOf } from './pinned.ts';
import type { PolicyEntry, World } from './world.ts';

/** Finds pinned addresses that their host no longer has, and addresses of a pinned host that are not among them. */
export function findStaleAddresses(world: World): RuleAnswer {
  return joinAnswers(world.policies.map(entry => judge(entry, pinsOf(entry, world), world)));
}

function judge(entry: PolicyEntry, pins: Pins, world: World): RuleAnswer {
  if (pins.addresses.length === 0) return { findings: [], notChecked: [] };
  const pinned = new Set(pins.addresses.map(({ text }) => text));
  const judged = pins.addresses.map(address => judgeAddress(address, pins, world));
  const stale = judged.flatMap(each => (each.kind === 'stale' ? [each] : []));
  return {
    findings: [
      ...stale.map(({ address, host, answers }) => staleFinding(entry, address, host, answers, world)),
      ...missing(pinned, world).map(({ host, left }) => missingFinding(entry, host, left, world)),
    ],
    notChecked: notChecked(entry, judged, world),
  };
}

type Judged =
  | { readonly kind: 'current' }
  | { readonly kind: 'stale'; readonly address: string; readonly host: string; readonly answers: readonly string[] }
  | { readonly kind: 'not-resolved'; readonly hosts: readonly string[] }
  | { readonly kind: 'not-named'; readonly address: string };

function judgeAddress({ text, hosts }: PinnedAddress, pins: Pins, { cluster: { dns } }: World): Judged {
  if ([...dns.values()].some(answers => answers.includes(text))) return { kind: 'current' };
  // With several hosts in a description, which of them an address belongs to is anybody's guess.
  const named = hosts.length > 0 ? hosts : pins.hosts;
  if (named.length === 0) return { kind: 'not-named', address: text };
  const unresolved = named.filter(host => !dns.has(canonicalName(host)));
  if (unresolved.length > 0) return { kind: 'not-resolved', hosts: unresolved };
  const answers = named.flatMap(host => dns.get(canonicalName(host)) ?? []);
  return { kind: 'stale', address: text, host: named.join(' or '), answers };
}

/** Names of which the policy has some addresses, and not all. */
function missing(
  pinned: ReadonlySet<string>,
  { cluster: { dns } }: World,
): readonly { readonly host: string; readonly left: readonly string[] }[] {
  return [...dns].flatMap(([host, answers]) => {
    const left = answers.filter(answer => !pinned.has(answer));
    return left.length > 0 && left.length < answers.length ? [{ host, left }] : [];
  });
}

function staleFinding(
  { name }: PolicyEntry,
  address: string,
  host: string,
  answers: readonly string[],
  world: World,
): Finding {
  const now = answers.length === 0 ? 'it has none now' : `it has ${answers.join(', ')} now`;
  return {
    rule: 'stale-address',
    severity: 'warning',
    object: name,
    place: world.placeOf(name, ['spec', 'egress']),
    what: `It pins ${address} for ${host}, which no longer has this address (${now}).`,
    why: 'Connections to the new addresses are dropped, and the old one may belong to somebody else by now.',
    fix: {
      text: `Write ${answers.length === 0 ? "the host's addresses of today" : answers.map(blockOf).join(', ')} in its place; a rule by name (Cilium toFQDNs, Calico domains) would follow the host by itself.`,
      yaml: null,
    },
  };
}

function missingFinding({ name }: PolicyEntry, host: string, left: readonly string[], world: World): Finding {
  const part = left.length === 1 ? 'an address' : `${left.length} addresses`;
  return {
    rule: 'missing-address',
    severity: 'warning',
    object: name,
    place: world.placeOf(name, ['spec', 'egress']),
    what: `It pins some addresses of ${host} and not ${left.join(', ')}.`,
    why: `The host has ${part} that these rules leave shut: connections fail now and then, whenever the resolver answers with it first.`,
    fix: { text: `Add ${left.map(blockOf).join(', ')}, or use a rule by name.`, yaml: null },
  };
}

function blockOf(address: string): string {
  return `${address}/${address.includes(':') ? 128 : 32}`;
}

function notChecked({ name }: PolicyEntry, judged: readonly Judged[], world: World): readonly NotChecked[] {
  // Comments never reach a cluster, and of annotations only those that decide something are read from one.
  const isWritten = world.placeOf(name) !== null;
  const tellers = isWritten
    ? 'a comment beside the address, or a description, tells'
    : "in a cluster, only spec.description of Cilium's kinds tells";
  const hosts = [...new Set(judged.flatMap(each => (each.kind === 'not-resolved' ? each.hosts : [])))];
  const addresses = judged.flatMap(each => (each.kind === 'not-named' ? [each.address] : []));
  const shown = addresses.slice(0, 3).join(', ') + (addresses.length > 3 ? ' and more' : '');
  return [
    ...hosts.map(host => ({
      rule: 'stale-address' as const,
      object: name,
      why: `what ${host} resolves to is not known (${whyUnknown(host, world)})`,
    })),
    ...(addresses.length === 0
      ? []
      : [
          {
            rule: 'stale-address' as const,
            object: name,
            why: `which host ${shown} stands for is not said (${tellers})`,
          },
        ]),
  ];
}

function whyUnknown(host: string, { input: { lookedUpInVain = {} } }: World): string {
  const why = Object.hasOwn(lookedUpInVain, host) ? lookedUpInVain[host] : undefined;
  return why === undefined
    ? `--resolve ${host}=ADDRESS or --lookup may tell`
    : `looked up: ${why}; --resolve ${host}=ADDRESS may tell`;
}
