/** Where in Calico's order a policy has to stand to be asked before those that deny: the tier, and the order in it. */
import type { KubernetesObject } from '../evidence.ts';
import { readTiers } from '../policy/calico-tier.ts';
import { identityOf, memberOf, objectName } from '../policy/reading.ts';
import type { Situation } from './fix-kind.ts';

/** The place of a policy that comes just before the ones that deny. */
export type EarlierPlace = {
  readonly tier: string;
  readonly order: number;
  /** `GlobalNetworkPolicy fence (order 10)`: the earliest of those that deny there. */
  readonly before: string;
  /** Whether the denying policy was read as it is stored: the cluster then serves no API that checks policies. */
  readonly isStored: boolean;
};

type Denier = { readonly object: KubernetesObject; readonly tier: string; readonly order: number };

/** Order of Kubernetes' own policies in the tier default. https://docs.tigera.io/calico/latest/reference/resources/tier */
const KUBERNETES_ORDER = 1000;

/** null: no policy of Calico's own is among those that deny, or its tier is not known. */
export function placeBefore({ deniedBy, objects }: Pick<Situation, 'deniedBy' | 'objects'>): EarlierPlace | null {
  const placed = objects.flatMap(denierOf);
  const deniers = placed.filter(({ object }) => deniedBy.includes(objectName(object)));
  if (!deniers.some(({ object }) => isCalico(object))) return null;
  const tiers = readTiers(objects.filter(each => each.kind === 'Tier')).byName;
  const orderOf = (name: string) => {
    const tier = tiers.get(name);
    return tier?.kind === 'place' ? tier.place.order : null;
  };
  const first = deniers
    .filter(({ tier }) => orderOf(tier) !== null)
    .toSorted((a, b) => (orderOf(a.tier) ?? 0) - (orderOf(b.tier) ?? 0) || a.order - b.order)[0];
  if (first === undefined) return null;
  const inTier = placed.filter(({ tier }) => tier === first.tier).map(({ order }) => order);
  return {
    tier: first.tier,
    order: orderBefore(first.order, inTier),
    before: `${objectName(first.object)} (${Number.isFinite(first.order) ? `order ${first.order}` : 'no order, so last'})`,
    isStored: deniers.some(({ object }) => String(object.apiVersion).startsWith('crd.')),
  };
}

function isCalico(object: KubernetesObject): boolean {
  return identityOf(object)?.group.endsWith('projectcalico.org') ?? false;
}

function denierOf(object: KubernetesObject): readonly Denier[] {
  const identity = identityOf(object);
  if (identity?.group === 'networking.k8s.io' && identity.kind === 'NetworkPolicy')
    return [{ object, tier: 'default', order: KUBERNETES_ORDER }];
  const isPolicy = identity?.kind === 'NetworkPolicy' || identity?.kind === 'GlobalNetworkPolicy';
  if (!isPolicy || !isCalico(object)) return [];
  const order = memberOf(object, 'spec', 'order') ?? Number.POSITIVE_INFINITY;
  const tier = memberOf(object, 'spec', 'tier') ?? 'default';
  return typeof order === 'number' && typeof tier === 'string'
    ? [{ object, tier: tier === '' ? 'default' : tier, order }]
    : [];
}

/** Between the policy that denies and the one before it: nobody else's turn changes. Orders may be fractions. */
function orderBefore(denier: number, inTier: readonly number[]): number {
  const earlier = inTier.filter(order => order < denier && Number.isFinite(order));
  const last = earlier.length === 0 ? null : Math.max(...earlier);
  if (!Number.isFinite(denier)) return last === null ? KUBERNETES_ORDER : last + 1;
  return last === null || last < denier - 1 ? denier - 1 : (last + denier) / 2;
}
