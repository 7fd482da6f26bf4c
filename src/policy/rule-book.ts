/** Joins what the readers give into one rule book, and keeps the ledger of what was not read. */

import type { ApiListing } from '../evidence.ts';
import type { Engine, Problem } from '../model.ts';
import { ADMIN_READER } from './admin.ts';
import { ANTREA_READER } from './antrea.ts';
import { CALICO_READER } from './calico.ts';
import { CILIUM_READER } from './cilium.ts';
import { type Batch, compareText, coverageOf, type Item, type Sorted } from './coverage.ts';
import { EKS_READER } from './eks.ts';
import { SECURITY_GROUP_READER } from './eks-groups.ts';
import { ENGINE_MODE_READER, readIdle } from './engine-mode.ts';
import { configured } from './engine-settings.ts';
import { GKE_READER } from './gke.ts';
import { ISTIO_READER } from './istio.ts';
import { meshRoots } from './istio-config.ts';
import { deniesNothing, destinationTouched, judgeKind, kindKey, namespacesTouched, sideTouched } from './kinds.ts';
import type { BlindSpot, Layer, RuleBook } from './model.ts';
import { NETWORK_POLICY_READER } from './networkpolicy.ts';
import { OPENSHIFT_READER } from './openshift.ts';
import {
  type Contribution,
  type LayerName,
  NOTHING,
  type OwnedKind,
  type PlacedPolicy,
  type Reader,
  type ReaderContext,
  type StagedPolicy,
} from './reader.ts';
import { type Identity, identityOf, isRecord, objectName, referenceText } from './reading.ts';

/** Every reader there is. A new rule kind is one line here. */
const READERS: readonly Reader[] = [
  ANTREA_READER,
  ADMIN_READER,
  CALICO_READER,
  CILIUM_READER,
  NETWORK_POLICY_READER,
  OPENSHIFT_READER,
  EKS_READER,
  GKE_READER,
  ISTIO_READER,
  SECURITY_GROUP_READER,
  ENGINE_MODE_READER,
];

/** What proxies and the cloud enforce does not hang on a network plugin. */
const BESIDE_PLUGINS: ReadonlySet<Reader> = new Set([ISTIO_READER, SECURITY_GROUP_READER]);

function isOff(reader: Reader, { engine }: ReaderContext): boolean {
  return engine.name === 'none' && !BESIDE_PLUGINS.has(reader);
}

function notEnforced({ owns, supports }: Reader): Contribution {
  const why = 'nothing in this cluster enforces policies';
  return { ...NOTHING, notEnforced: [...owns, ...supports].map(owned => ({ kind: kindKey(owned), why })) };
}

const LAYER_ORDER: readonly LayerName[] = ['network policy', 'host', 'egress firewall', 'mesh', 'cloud'];

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
  const batches = sortItems(items);
  const readable = batches.filter(
    ({ sorted: { kind } }) => kind === 'read' || kind === 'other' || kind === 'never-decides',
  );
  const byKind = Map.groupBy(readable, batch => batch.kind);
  const context: ReaderContext = {
    engine: configured(
      options.engine,
      items.map(({ object }) => object),
    ),
    objectsOf: (group, kind) =>
      (byKind.get(kindKey({ group, kind })) ?? []).flatMap(batch => batch.items.map(({ object }) => object)),
    whyUnlisted: (group, kind) => {
      const api = options.apis?.find(each => each.group === group && each.kind === kind);
      return api === undefined ? null : unlistedText(api);
    },
  };
  const contributions = READERS.filter(
    reader => hasObjects(reader, context) || reader.also?.(context) === true || isOff(reader, context),
  ).map(reader => (isOff(reader, context) ? notEnforced(reader) : (readIdle(reader, context) ?? reader.read(context))));
  const roots = meshRoots(context);
  const unread = batches.flatMap(batch => unreadOf(batch, roots));
  const listings = listingBlindSpots(options.apis ?? []);
  const policies = contributions.flatMap(each => each.policies);
  const staged = contributions.flatMap(each => each.staged ?? []);
  return {
    engine: options.engine,
    layers: joinPolicies(policies),
    ...(staged.length === 0 ? {} : { rehearsal: joinPolicies(rehearsed(policies, staged)) }),
    coverage: coverageOf(batches, contributions, options),
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

/** Thousands of objects are of a dozen kinds: each kind is judged once. */
function sortItems(items: readonly Item[]): readonly Batch[] {
  const groups = Map.groupBy(
    items,
    ({ identity }) => `${kindKey(identity)} ${identity.version} ${identity.name === null}`,
  );
  return [...groups.values()].flatMap(group => {
    const [first] = group;
    return first === undefined ? [] : [{ kind: kindKey(first.identity), items: group, sorted: sort(first) }];
  });
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

function unreadOf({ items, sorted }: Batch, roots: ReadonlySet<string>): readonly Unread[] {
  // The API server refuses it, so it is in no cluster and touches no pod; but somebody wrote it.
  if (sorted.kind === 'nameless') {
    return items.map(({ object }) => ({
      object: objectName(object),
      why: 'no metadata.name: the API server refuses such an object',
      spot: null,
    }));
  }
  if (sorted.kind !== 'unsupported') return [];
  const { why, effect } = sorted;
  const deciding = items.filter(({ object, identity }) => !deniesNothing(identity, object));
  return deciding.map(({ object, identity }) => {
    const name = objectName(object);
    const side = sideTouched(identity, object);
    const towards = destinationTouched(identity, object);
    const namespaces = namespacesTouched(identity, roots);
    const spot = { object: name, why, effect, namespaces, ...(side && { side }), ...(towards && { towards }) };
    return { object: name, why, spot };
  });
}

function listingBlindSpots(apis: readonly ApiListing[]): readonly BlindSpot[] {
  return apis.flatMap(api => {
    const why = unlistedText(api);
    if (why === null) return [];
    const judged = judgeKind(api);
    const owned = ownerOf({ ...api, namespace: null, name: null });
    if (judged.kind !== 'could-decide' && owned?.role !== 'owns') return [];
    const effect = judged.kind === 'could-decide' ? judged.effect : 'may-decide';
    const side = sideTouched(api, null);
    return [{ object: kindKey(api), why, effect, namespaces: 'all' as const, ...(side && { side }) }];
  });
}

function unlistedText({ result }: ApiListing): string | null {
  switch (result.kind) {
    case 'listed':
      return null;
    case 'forbidden':
      return `may not be listed (${result.remedy})`;
    case 'failed':
      return `could not be listed: ${result.why}`;
    default:
      return result satisfies never;
  }
}

/** Every staged policy in its place, and what it replaces left out. */
function rehearsed(policies: readonly PlacedPolicy[], staged: readonly StagedPolicy[]): readonly PlacedPolicy[] {
  const replaced = new Set(staged.map(each => each.replaces));
  const kept = policies.filter(({ policy }) => !replaced.has(referenceText(policy.ref)));
  return [...kept, ...staged.flatMap(({ placed }) => placed ?? [])];
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
  const policies = placed.toSorted((a, b) => a.order - b.order || compareText(a.tie, b.tie));
  const sizes = Map.groupBy(placed, ({ order }) => order);
  return [
    {
      name,
      combine,
      endOfTier,
      policies: policies.map(each => (sizes.get(each.order)?.length === 1 ? each.policy : withTurn(each))),
    },
  ];
}

function withTurn({ policy, order, tie, otherTies }: PlacedPolicy): PlacedPolicy['policy'] {
  return otherTies === undefined ? policy : { ...policy, turn: { order, ties: [tie, ...otherTies] } };
}

function compareTiers(a: PlacedPolicy | undefined, b: PlacedPolicy | undefined): number {
  return (a?.place.order ?? 0) - (b?.place.order ?? 0) || compareText(a?.place.tier ?? '', b?.place.tier ?? '');
}
