/** Calico's tiers: https://docs.tigera.io/calico/latest/reference/resources/tier */
import type { Problem } from '../model.ts';
import type { Place } from './reader.ts';
import { identityOf, type Json, memberOf, objectName, quoted } from './reading.ts';

/** A tier that can be placed, or why it cannot. */
export type Tier =
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'unreadable'; readonly why: string };

/** Tiers by name, and what could not be read in their objects. */
export type Tiers = { readonly byName: ReadonlyMap<string, Tier>; readonly problems: readonly Problem[] };

/**
 * Tiers that exist in every cluster, with a fixed order. Before ClusterNetworkPolicy, those of the administrators'
 * policies had other names and the same places (Calico 3.29 to 3.31).
 */
const BUILT_IN: readonly {
  readonly names: readonly string[];
  readonly order: number;
  readonly endOfTier: Place['endOfTier'];
}[] = [
  { names: ['default'], order: 1_000_000, endOfTier: 'deny' },
  { names: ['kube-admin', 'adminnetworkpolicy'], order: 1_000, endOfTier: 'pass' },
  { names: ['kube-baseline', 'baselineadminnetworkpolicy'], order: 10_000_000, endOfTier: 'pass' },
];

/** Reads the Tier objects, and adds those that always exist. */
export function readTiers(objects: readonly Json[]): Tiers {
  const byName = new Map<string, Tier>();
  const problems: Problem[] = [];
  for (const object of objects) {
    const name = identityOf(object)?.name ?? '';
    const tier = readTier(object, name);
    if (tier.kind === 'unreadable') problems.push({ object: objectName(object), why: tier.why });
    byName.set(name, tier);
  }
  for (const { names, order, endOfTier } of BUILT_IN) {
    for (const name of names) byName.set(name, { kind: 'place', place: placeOf(name, order, endOfTier) });
  }
  return { byName, problems };
}

/** Without an order a tier comes last; without a defaultAction it ends in deny. */
function readTier(object: Json, name: string): Tier {
  const order = memberOf(object, 'spec', 'order') ?? Number.POSITIVE_INFINITY;
  const action = memberOf(object, 'spec', 'defaultAction') ?? 'Deny';
  if (typeof order !== 'number') return { kind: 'unreadable', why: `order is not a number: ${quoted(order)}` };
  if (action !== 'Deny' && action !== 'Pass')
    return { kind: 'unreadable', why: `unknown defaultAction ${quoted(action)}` };
  return { kind: 'place', place: placeOf(name, order, action === 'Deny' ? 'deny' : 'pass') };
}

function placeOf(tier: string, order: number, endOfTier: Place['endOfTier']): Place {
  return { layer: 'network policy', tier, order, combine: 'first-match', endOfTier };
}
