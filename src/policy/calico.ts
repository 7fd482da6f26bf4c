/**
 * Calico's own policies, of projectcalico.org/v3 and of crd.projectcalico.org/v1, where they are stored:
 * https://docs.tigera.io/calico/latest/reference/resources/. Tiers are walked by order, policies in a tier by order and
 * name, rules in the order written. A pod that no policy decides for has its namespace's profile, which allows.
 */
import type { Engine, Problem } from '../model.ts';
import { type CalicoPolicy, readCalicoPolicy } from './calico-policy.ts';
import { readHostEndpoints, readNetworkSets } from './calico-set.ts';
import { readTiers } from './calico-tier.ts';
import { engineText } from './departures.ts';
import type { BlindSpot } from './model.ts';
import { type Contribution, NOTHING, type PlacedPolicy, type Reader, type ReaderContext } from './reader.ts';
import { type Identity, identityOf, type Json, memberOf, objectName } from './reading.ts';

/** The API that people use, and the objects in which it is stored. A cluster may serve both. */
const SERVED = 'projectcalico.org';
const STORED = 'crd.projectcalico.org';

const owned = (kind: string) => [
  { group: SERVED, kind, versions: ['v3'] },
  { group: STORED, kind, versions: ['v1'] },
];

const POLICY_KINDS = ['NetworkPolicy', 'GlobalNetworkPolicy'];

/** Reads Calico's policies with their tiers and sets. */
export const CALICO_READER: Reader = {
  owns: POLICY_KINDS.flatMap(owned),
  supports: ['Tier', 'NetworkSet', 'GlobalNetworkSet'].flatMap(owned),
  read: readCalico,
};

function readCalico(context: ReaderContext): Contribution {
  const { engine } = context;
  if (engine.name !== 'calico' && engine.name !== 'unknown')
    return {
      ...NOTHING,
      notEnforced: POLICY_KINDS.flatMap(owned).map(({ group, kind }) => ({
        kind: `${kind}.${group}`,
        why: notCalico(engine),
      })),
    };
  const items = POLICY_KINDS.flatMap(kind => ownObjects(context, kind));
  if (engine.name === 'unknown')
    return {
      ...NOTHING,
      blindSpots: items.map(item => spotOf(item, `whether Calico enforces it is not known (${engine.evidence})`)),
    };
  const sets = readNetworkSets(
    ['NetworkSet', 'GlobalNetworkSet'].flatMap(kind => ownObjects(context, kind)).map(({ object }) => object),
  );
  const hosts = readHostEndpoints(ownObjects(context, 'HostEndpoint').map(({ object }) => object));
  const tiers = readTiers(ownObjects(context, 'Tier').map(({ object }) => object));
  const policies: PlacedPolicy[] = [];
  const blindSpots: BlindSpot[] = [];
  const problems: Problem[] = [...tiers.problems, ...sets.problems];
  for (const item of items) {
    const reading = readCalicoPolicy(item.object, item.identity, [...sets.sets, ...hosts]);
    const placed = place(reading, item, tiers.byName);
    if (typeof placed === 'string') {
      blindSpots.push(spotOf(item, placed));
      problems.push({ object: objectName(item.object), why: placed });
    } else {
      policies.push(placed);
      problems.push(...placed.policy.problems.map(why => ({ object: objectName(item.object), why })));
    }
  }
  return { ...NOTHING, policies, problems, blindSpots };
}

function notCalico(engine: Engine): string {
  return `policies are enforced by ${engineText(engine)} here, which knows no Calico policies`;
}

/** The policy in its tier, or why it has no place. */
function place(
  reading: CalicoPolicy,
  { identity }: Item,
  tiers: ReturnType<typeof readTiers>['byName'],
): PlacedPolicy | string {
  if (reading.kind === 'unreadable') return reading.why;
  const tier = tiers.get(reading.tier);
  if (tier === undefined) return `tier not found: "${reading.tier}"`;
  if (tier.kind === 'unreadable') return `its tier "${reading.tier}" cannot be read: ${tier.why}`;
  const name = plainName(identity);
  // "Order is equal, use name as tie-break" (felix/calc/policy_sorter.go); the namespace settles equal names.
  const tie = `${name}/${identity.namespace ?? ''}`;
  return { place: tier.place, order: reading.order, tie, policy: reading.policy };
}

/** It could accept or deny, of all pods that it may select. */
function spotOf({ object, identity }: Item, why: string): BlindSpot {
  const namespaces = identity.namespace === null ? ('all' as const) : [identity.namespace];
  return { object: objectName(object), why, namespaces, effect: 'may-decide' };
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
