/** Joins what the readers give into one rule book, and keeps the ledger of what was not read. */

import type { ApiListing } from '../evidence.ts';
import type { CoverageEntry, Engine, Problem } from '../model.ts';
import { ADMIN_READER } from './admin.ts';
import { judgeKind, type KindJudgement, kindKey, namespacesTouched } from './kinds.ts';
import type { BlindSpot, Layer, RuleBook } from './model.ts';
import { NETWORK_POLICY_READER } from './networkpolicy.ts';
import type { Contribution, LayerName, OwnedKind, PlacedPolicy, Reader, ReaderContext } from './reader.ts';
import { type Identity, identityOf, isRecord, type Json, objectName } from './reading.ts';

/** Every reader there is. A new rule kind is one line here. */
const READERS: readonly Reader[] = [ADMIN_READER, NETWORK_POLICY_READER];

const LAYER_ORDER: readonly LayerName[] = ['network policy', 'egress firewall', 'mesh', 'cloud'];

/** One object with its identity. */
type Item = { readonly object: Json; readonly identity: Identity };

/** How one object is to be taken. */
type Sorted =
  | { readonly kind: 'read'; readonly owned: 'owns' | 'supports' }
  | { readonly kind: 'unsupported'; readonly effect: BlindSpot['effect']; readonly why: string }
  | { readonly kind: 'nameless' }
  | Exclude<KindJudgement, { kind: 'could-decide' }>;

/**
 * Reads every policy object into one rule book. `apis` are the policy APIs that discovery found and what listing them
 * gave: a list that was refused is a blind spot. Objects that are no policies are passed over; policies that cannot be
 * evaluated are named in `coverage`, `problems` and `blindSpots`, and weaken the decisions that they could change.
 */
export function readRuleBook(
  objects: readonly unknown[],
  options: { readonly engine: Engine; readonly apis?: readonly ApiListing[] },
): RuleBook {
  const { items, problems } = readItems(objects);
  const sorted = items.map(item => ({ ...item, sorted: sort(item) }));
  const byKind = Map.groupBy(
    sorted.filter(({ sorted: { kind } }) => kind === 'read' || kind === 'other' || kind === 'never-decides'),
    ({ identity }) => kindKey(identity),
  );
  const context: ReaderContext = {
    engine: options.engine,
    objectsOf: (group, kind) => byKind.get(kindKey({ group, kind }))?.map(({ object }) => object) ?? [],
  };
  const contributions =
    options.engine.name === 'none'
      ? []
      : READERS.filter(reader => hasObjects(reader, context)).map(reader => reader.read(context));
  const unread = sorted.flatMap(item => unreadOf(item));
  const listings = listingBlindSpots(options.apis ?? []);
  return {
    engine: options.engine,
    layers: joinPolicies(contributions.flatMap(each => each.policies)),
    coverage: coverageOf(sorted, contributions, options),
    problems: [
      ...problems,
      ...contributions.flatMap(each => each.problems),
      ...unread.map(({ object, why }) => ({ object, why })),
    ],
    blindSpots: [
      ...contributions.flatMap(each => each.blindSpots),
      ...unread.flatMap(({ spot }) => (spot === null ? [] : [spot])),
      ...listings,
    ],
  };
}

function readItems(objects: readonly unknown[]): {
  readonly items: readonly Item[];
  readonly problems: readonly Problem[];
} {
  const items: Item[] = [];
  const problems: Problem[] = [];
  objects.forEach((object, index) => {
    const identity = identityOf(object);
    if (identity !== null && isRecord(object)) items.push({ object, identity });
    else problems.push({ object: objectName(object, index + 1), why: 'not an object with a kind' });
  });
  return { items, problems };
}

function sort({ identity }: Item): Sorted {
  const found = ownerOf(identity);
  if (found !== null) {
    if (!found.owned.versions.includes(identity.version)) {
      if (found.role === 'supports')
        return { kind: 'unsupported', effect: 'may-decide', why: versionText(identity, found.owned) };
      const judged = judgeKind(identity);
      return {
        kind: 'unsupported',
        effect: judged.kind === 'could-decide' ? judged.effect : 'may-decide',
        why: versionText(identity, found.owned),
      };
    }
    return identity.name === null ? { kind: 'nameless' } : { kind: 'read', owned: found.role };
  }
  const judged = judgeKind(identity);
  if (judged.kind !== 'could-decide') return judged;
  return { kind: 'unsupported', effect: judged.effect, why: `policy kind not evaluated: ${kindKey(identity)}` };
}

function versionText(identity: Identity, owned: OwnedKind): string {
  return `unknown apiVersion ${identity.group}/${identity.version} (evaluated: ${owned.versions.join(', ')})`;
}

function ownerOf(identity: Identity): { readonly owned: OwnedKind; readonly role: 'owns' | 'supports' } | null {
  const isIt = (owned: OwnedKind) => owned.group === identity.group && owned.kind === identity.kind;
  for (const reader of READERS) {
    const owned = reader.owns.find(isIt);
    if (owned !== undefined) return { owned, role: 'owns' };
    const supported = reader.supports.find(isIt);
    if (supported !== undefined) return { owned: supported, role: 'supports' };
  }
  return null;
}

function hasObjects(reader: Reader, context: ReaderContext): boolean {
  return reader.owns.some(({ group, kind }) => context.objectsOf(group, kind).length > 0);
}

type Unread = Problem & { readonly spot: BlindSpot | null };

function unreadOf({ object, identity, sorted }: Item & { readonly sorted: Sorted }): readonly Unread[] {
  const name = objectName(object);
  // The API server refuses it, so it is in no cluster and touches no pod; but somebody wrote it.
  if (sorted.kind === 'nameless')
    return [{ object: name, why: 'no metadata.name: the API server refuses such an object', spot: null }];
  if (sorted.kind !== 'unsupported') return [];
  const { why, effect } = sorted;
  return [{ object: name, why, spot: { object: name, why, effect, namespaces: namespacesTouched(identity) } }];
}

function listingBlindSpots(apis: readonly ApiListing[]): readonly BlindSpot[] {
  return apis.flatMap(api => {
    if (api.result.kind === 'listed') return [];
    const judged = judgeKind(api);
    const owned = ownerOf({ ...api, namespace: null, name: null });
    if (judged.kind !== 'could-decide' && owned?.role !== 'owns') return [];
    const why =
      api.result.kind === 'forbidden'
        ? `may not be listed (${api.result.remedy})`
        : `could not be listed: ${api.result.why}`;
    const effect = judged.kind === 'could-decide' ? judged.effect : 'may-decide';
    return [{ object: kindKey(api), why, effect, namespaces: 'all' as const }];
  });
}

function joinPolicies(placed: readonly PlacedPolicy[]): readonly Layer[] {
  const byLayer = Map.groupBy(placed, ({ place }) => place.layer);
  return LAYER_ORDER.flatMap(name => {
    const inLayer = byLayer.get(name);
    if (inLayer === undefined) return [];
    const tiers = [...Map.groupBy(inLayer, ({ place }) => place.tier).values()].toSorted((a, b) =>
      compareTiers(a[0], b[0]),
    );
    return [{ name, tiers: tiers.flatMap(joinTier) }];
  });
}

function joinTier(placed: readonly PlacedPolicy[]): Layer['tiers'] {
  const [first] = placed;
  if (first === undefined) return [];
  const { tier: name, combine, endOfTier } = first.place;
  const policies = placed
    .toSorted((a, b) => a.order - b.order || compareText(a.tie, b.tie))
    .map(({ policy }) => policy);
  return [{ name, combine, endOfTier, policies }];
}

function compareTiers(a: PlacedPolicy | undefined, b: PlacedPolicy | undefined): number {
  return (a?.place.order ?? 0) - (b?.place.order ?? 0) || compareText(a?.place.tier ?? '', b?.place.tier ?? '');
}

/** By code unit, as API servers and plugins sort: the reader's locale plays no part. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function coverageOf(
  sorted: readonly (Item & { readonly sorted: Sorted })[],
  contributions: readonly Contribution[],
  options: { readonly engine: Engine; readonly apis?: readonly ApiListing[] },
): readonly CoverageEntry[] {
  const notEnforced = new Map(
    contributions.flatMap(each => each.notEnforced.map(({ kind, why }) => [kind, why] as const)),
  );
  const found = Map.groupBy(
    sorted.filter(item => item.sorted.kind !== 'other'),
    ({ identity }) => kindKey(identity),
  );
  const entries = new Map(
    [...found].map(([kind, items]) => [kind, entryOf(kind, items, notEnforced, options.engine)] as const),
  );
  for (const api of options.apis ?? []) {
    const kind = kindKey(api);
    const entry = entryOfListing(api);
    if (entry !== null && (api.result.kind !== 'listed' || !entries.has(kind))) entries.set(kind, entry);
  }
  return [...entries.values()].toSorted((a, b) => compareText(a.kind, b.kind));
}

function entryOf(
  kind: string,
  items: readonly { readonly sorted: Sorted }[],
  notEnforced: ReadonlyMap<string, string>,
  engine: Engine,
): CoverageEntry {
  const objects = items.length;
  const unsupported = items.map(({ sorted }) => sorted).find(each => each.kind === 'unsupported');
  if (unsupported !== undefined) return { kind, status: 'unsupported', objects, why: unsupported.why };
  const [first] = items;
  if (first?.sorted.kind === 'never-decides') return { kind, status: 'never-decides', objects, why: first.sorted.why };
  if (first?.sorted.kind === 'not-enforced') return { kind, status: 'not-enforced', objects, why: first.sorted.why };
  if (engine.name === 'none')
    return { kind, status: 'not-enforced', objects, why: 'nothing in this cluster enforces policies' };
  const why = notEnforced.get(kind);
  return why === undefined ? { kind, status: 'evaluated', objects } : { kind, status: 'not-enforced', objects, why };
}

function entryOfListing(api: ApiListing): CoverageEntry | null {
  const kind = kindKey(api);
  const judged = judgeKind(api);
  if (api.result.kind === 'forbidden') return { kind, status: 'forbidden', objects: null, why: api.result.remedy };
  if (api.result.kind === 'failed')
    return { kind, status: 'unsupported', objects: null, why: `could not be listed: ${api.result.why}` };
  if (api.result.objects === 0) return { kind, status: 'absent', objects: 0 };
  if (judged.kind === 'never-decides')
    return { kind, status: 'never-decides', objects: api.result.objects, why: judged.why };
  if (judged.kind === 'not-enforced')
    return { kind, status: 'not-enforced', objects: api.result.objects, why: judged.why };
  return null;
}
