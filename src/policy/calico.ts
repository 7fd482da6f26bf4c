/**
 * Calico's own policies, of projectcalico.org/v3 and of crd.projectcalico.org/v1, where they are stored:
 * https://docs.tigera.io/calico/latest/reference/resources/. Tiers are walked by order, policies in a tier by order and
 * name, rules in the order written. A pod that no policy decides for has its namespace's profile, which allows.
 */
import type { Engine } from '../model.ts';
import { hostPolicies } from './calico-host.ts';
import { type CalicoPolicy, readCalicoPolicy } from './calico-policy.ts';
import { type NetworkSet, readHostEndpoints, readNetworkSets, unlistedSets } from './calico-set.ts';
import { readStaged, STAGED_KINDS, STAGED_WHY } from './calico-staged.ts';
import { readTiers, type Tiers } from './calico-tier.ts';
import { turnOf } from './calico-turn.ts';
import { engineText } from './departures.ts';
import { blindSpot, type Contribution, NOTHING, type PlacedPolicy, type Reader, type ReaderContext } from './reader.ts';
import { type Identity, identityOf, type Json, memberOf, objectName } from './reading.ts';

/** The API that people use, and the objects in which it is stored. A cluster may serve both. */
const SERVED = 'projectcalico.org';
const STORED = 'crd.projectcalico.org';

const owned = (kind: string) => [
  { group: SERVED, kind, versions: ['v3'] },
  { group: STORED, kind, versions: ['v1'] },
];

const POLICY_KINDS = ['NetworkPolicy', 'GlobalNetworkPolicy'];
const SET_KINDS = ['NetworkSet', 'GlobalNetworkSet'];
const SUPPORTED_KINDS = ['Tier', ...SET_KINDS, 'HostEndpoint', ...Object.keys(STAGED_KINDS)];

/** Reads Calico's policies with their tiers, sets, host endpoints and rehearsals. */
export const CALICO_READER: Reader = {
  owns: POLICY_KINDS.flatMap(owned),
  supports: SUPPORTED_KINDS.flatMap(owned),
  // What Felix does with traffic to hosts does not wait for a policy.
  also: context =>
    context.engine.name === 'calico' ||
    SUPPORTED_KINDS.flatMap(owned).some(({ group, kind }) => context.objectsOf(group, kind).length > 0),
  read: readCalico,
};

function readCalico(context: ReaderContext): Contribution {
  const { engine } = context;
  const staged = notEnforced(Object.keys(STAGED_KINDS), STAGED_WHY);
  switch (engine.name) {
    case 'calico':
      return { ...readEnforced(context), notEnforced: staged };
    case 'unknown': {
      const why = `whether Calico enforces it is not known (${engine.evidence})`;
      const items = POLICY_KINDS.flatMap(kind => ownObjects(context, kind));
      return { ...NOTHING, notEnforced: staged, blindSpots: items.map(({ object }) => blindSpot(object, why)) };
    }
    default: {
      const why = `policies are enforced by ${engineText(engine)} here, which knows no Calico policies`;
      return { ...NOTHING, notEnforced: [...notEnforced([...POLICY_KINDS, ...SUPPORTED_KINDS], why), ...staged] };
    }
  }
}

function notEnforced(kinds: readonly string[], why: string): Contribution['notEnforced'] {
  return kinds.flatMap(owned).map(({ group, kind }) => ({ kind: `${kind}.${group}`, why }));
}

function readEnforced(context: ReaderContext): Contribution {
  const objectsOf = (...kinds: readonly string[]) =>
    kinds.flatMap(kind => ownObjects(context, kind)).map(({ object }) => object);
  const named = readNetworkSets(objectsOf(...SET_KINDS));
  const hosts = readHostEndpoints(objectsOf('HostEndpoint'));
  const sets = [...named.sets, ...hosts, ...SET_KINDS.flatMap(kind => unlisted(kind, context))];
  const tiers = readTiers(objectsOf('Tier'));
  const items = POLICY_KINDS.flatMap(kind => ownObjects(context, kind));
  const read = items.map(item => readItem(item, sets, tiers, context.engine));
  const staged = Object.keys(STAGED_KINDS)
    .flatMap(kind => ownObjects(context, kind))
    .flatMap(({ object, identity }) => readStaged(object, identity, sets, tiers.byName, context));
  const forwarding = items.filter(({ object }) => countsForForwarding(object)).map(({ object }) => objectName(object));
  return {
    ...NOTHING,
    policies: [...read.flatMap(each => each.policies), ...hostPolicies(hosts, forwarding)],
    problems: [...tiers.problems, ...named.problems, ...read.flatMap(each => each.problems)],
    blindSpots: read.flatMap(each => each.blindSpots),
    staged,
  };
}

/** A list that was refused may hold anything; where the other API listed the kind, nothing is missing. */
function unlisted(kind: string, { whyUnlisted, objectsOf }: ReaderContext): readonly NetworkSet[] {
  const isListed = [SERVED, STORED].some(group => objectsOf(group, kind).length > 0);
  const [why] = [SERVED, STORED].flatMap(group => whyUnlisted?.(group, kind) ?? []);
  return why === undefined || isListed ? [] : [unlistedSets(kind, why)];
}

/** Policies of host endpoints that also see what a host passes on, pods' traffic among it. */
function countsForForwarding(object: Json): boolean {
  return ['applyOnForward', 'preDNAT', 'doNotTrack'].some(key => memberOf(object, 'spec', key) === true);
}

function readItem(item: Item, sets: readonly NetworkSet[], tiers: Tiers, engine: Engine): Contribution {
  const reading = readCalicoPolicy(item.object, item.identity, sets, engine);
  const placed = place(reading, item, tiers.byName, engine);
  const object = objectName(item.object);
  if (typeof placed === 'string')
    return { ...NOTHING, blindSpots: [blindSpot(item.object, placed)], problems: [{ object, why: placed }] };
  return { ...NOTHING, policies: [placed], problems: placed.policy.problems.map(why => ({ object, why })) };
}

/** The policy in its tier, or why it has no place. */
function place(
  reading: CalicoPolicy,
  { identity }: Item,
  tiers: Tiers['byName'],
  engine: Engine,
): PlacedPolicy | string {
  if (reading.kind === 'unreadable') return reading.why;
  const tier = tiers.get(reading.tier);
  if (tier === undefined) return `tier not found: "${reading.tier}"`;
  if (tier.kind === 'unreadable') return `its tier "${reading.tier}" cannot be read: ${tier.why}`;
  const { namespace } = reading.policy.ref;
  const storedName = identity.group === STORED ? { storedName: identity.name ?? '' } : {};
  const turn = turnOf({ name: plainName(identity), namespace, tier: tier.place.tier, ...storedName }, engine);
  return { place: tier.place, order: reading.order, ...turn, policy: reading.policy };
}

type Item = { readonly object: Json; readonly identity: Identity };

/** Objects of a kind, each once: where both APIs serve one, that of the API which people use. */
function ownObjects(context: ReaderContext, kind: string): readonly Item[] {
  const items = [SERVED, STORED].flatMap(group =>
    context.objectsOf(group, kind).flatMap(object => {
      const identity = identityOf(object);
      return identity === null ? [] : [{ object, identity }];
    }),
  );
  const byName = new Map<string, Item>();
  for (const item of items) {
    const key = `${item.identity.namespace ?? ''}/${plainName(item.identity)}`;
    if (!byName.has(key) && !isCopy(item, context)) byName.set(key, item);
  }
  return [...byName.values()];
}

/** In its store, Calico puts the name of the default tier before a policy's own. */
function plainName({ name, group }: Identity): string {
  return group === STORED ? (name ?? '').replace(/^default\./, '') : (name ?? '');
}

/** Calico's API also shows the policies of other APIs, under names of its own; they are evaluated as what they are. */
const COPIES: readonly { readonly prefix: RegExp; readonly group: string; readonly kind: string }[] = [
  { prefix: /^knp\.default\./, group: 'networking.k8s.io', kind: 'NetworkPolicy' },
  { prefix: /^kanp\.adminnetworkpolicy\./, group: 'policy.networking.k8s.io', kind: 'AdminNetworkPolicy' },
  {
    prefix: /^kbanp\.baselineadminnetworkpolicy\./,
    group: 'policy.networking.k8s.io',
    kind: 'BaselineAdminNetworkPolicy',
  },
  { prefix: /^kcnp\.kube-(admin|baseline)\./, group: 'policy.networking.k8s.io', kind: 'ClusterNetworkPolicy' },
];

function isCopy({ identity }: Item, context: ReaderContext): boolean {
  const name = identity.name ?? '';
  const copy = COPIES.find(each => each.prefix.test(name));
  if (copy === undefined) return false;
  const original = name.replace(copy.prefix, '');
  return context
    .objectsOf(copy.group, copy.kind)
    .some(
      object =>
        memberOf(object, 'metadata', 'name') === original &&
        (memberOf(object, 'metadata', 'namespace') ?? null) === identity.namespace,
    );
}
