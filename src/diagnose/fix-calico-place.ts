/** Where in Calico's order a policy has to stand to be asked before those that deny: the tier, and the order in it. */
import type { KubernetesObject } from '../evidence.ts';
import { readTiers } from '../policy/calico-tier.ts';
import { memberOf, objectName } from '../policy/reading.ts';
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

const POLICY_KINDS: ReadonlySet<string> = new Set(['NetworkPolicy', 'GlobalNetworkPolicy']);

/** null: no policy of Calico's own is among those that deny, or its tier is not known. */
export function placeBefore({ deniedBy, objects }: Pick<Situation, 'deniedBy' | 'objects'>): EarlierPlace | null {
  const placed = objects.flatMap(denierOf);
  const deniers = placed.filter(({ object }) => deniedBy.includes(objectName(object)));
  if (!deniers.some(({ object }) => isCalico(object))) return null;
  const tiers = readTiers(objects.filter(each => each.kind === 'Tier')).byName;
  const ordered = deniers.flatMap(denier => {
    const tier = tiers.get(denier.tier);
    return tier?.kind === 'place' ? [{ ...denier, tierOrder: tier.place.order }] : [];
  });
  const [first] = ordered.toSorted((a, b) => a.tierOrder - b.tierOrder || a.order - b.order);
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
  return object.apiVersion.includes('projectcalico.org/');
}

function denierOf(object: KubernetesObject): readonly Denier[] {
  if (object.kind === 'NetworkPolicy' && object.apiVersion.startsWith('networking.k8s.io/'))
    return [{ object, tier: 'default', order: KUBERNETES_ORDER }];
  if (!POLICY_KINDS.has(object.kind) || !isCalico(object)) return [];
  const order = memberOf(object, 'spec', 'order') ?? Number.POSITIVE_INFINITY;
  const tier = memberOf(object, 'spec', 'tier') ?? 'default';
  return typeof order === 'number' && typeof tier === 'string' ? [{ object, tier: tier || 'default', order }] : [];
}

/** Between the policy that denies and the one before it: nobody else's turn changes. Orders may be fractions. */
function orderBefore(denier: number, inTier: readonly number[]): number {
  const earlier = inTier.filter(order => order < denier && Number.isFinite(order));
  const last = earlier.length === 0 ? null : Math.max(...earlier);
  if (!Number.isFinite(denier)) return last === null ? KUBERNETES_ORDER : last + 1;
  return last === null || last < denier - 1 ? denier - 1 : (last + denier) / 2;
}
