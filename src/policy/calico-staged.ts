/**
 * Staged policies: a rehearsal of a change that nothing enforces. Each stands for the policy of its name, which it would
 * replace, or take away with the action Delete. https://docs.tigera.io/calico/latest/reference/resources/stagednetworkpolicy
 */
import { readCalicoPolicy } from './calico-policy.ts';
import type { NetworkSet } from './calico-set.ts';
import type { Tiers } from './calico-tier.ts';
import { turnOf } from './calico-turn.ts';
import { readNetworkPolicies } from './networkpolicy.ts';
import type { ReaderContext, StagedPolicy } from './reader.ts';
import { type Identity, isRecord, type Json, memberOf, referenceKind, referenceText } from './reading.ts';

/** Kinds of staged policies, and the kind that each stands for. */
export const STAGED_KINDS = {
  StagedNetworkPolicy: 'NetworkPolicy',
  StagedGlobalNetworkPolicy: 'GlobalNetworkPolicy',
  StagedKubernetesNetworkPolicy: 'NetworkPolicy',
} as const;

/** Reads one staged policy; none when it changes nothing, or cannot be read: a rehearsal is not worth an unknown answer. */
export function readStaged(
  object: Json,
  identity: Identity,
  sets: readonly NetworkSet[],
  tiers: Tiers['byName'],
  context: ReaderContext,
): readonly StagedPolicy[] {
  const action = memberOf(object, 'spec', 'stagedAction') ?? 'Set';
  if (action !== 'Set' && action !== 'Delete') return [];
  if (identity.kind === 'StagedKubernetesNetworkPolicy') return readKubernetes(object, identity, action, context);
  const kind = identity.kind === 'StagedNetworkPolicy' ? 'NetworkPolicy' : 'GlobalNetworkPolicy';
  const replaces = referenceText({
    kind: referenceKind({ group: identity.group, kind }),
    namespace: identity.namespace,
    name: identity.name ?? '',
  });
  if (action === 'Delete') return [{ replaces, placed: null }];
  const reading = readCalicoPolicy(object, identity, sets, context.engine);
  const tier = reading.kind === 'policy' ? tiers.get(reading.tier) : undefined;
  if (reading.kind !== 'policy' || tier?.kind !== 'place') return [];
  const { name, namespace } = reading.policy.ref;
  const turn = turnOf({ name, namespace, tier: tier.place.tier }, context.engine);
  return [{ replaces, placed: { place: tier.place, order: reading.order, ...turn, policy: reading.policy } }];
}

/** Kubernetes' own policy, under the name of the staged object. */
function readKubernetes(
  object: Json,
  identity: Identity,
  action: 'Set' | 'Delete',
  context: ReaderContext,
): readonly StagedPolicy[] {
  const namespace = identity.namespace ?? 'default';
  const replaces = referenceText({ kind: 'NetworkPolicy', namespace, name: identity.name ?? '' });
  if (action === 'Delete') return [{ replaces, placed: null }];
  const { stagedAction: _, ...spec } = isRecord(object.spec) ? object.spec : {};
  const plain = { ...object, apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', spec };
  const { policies } = readNetworkPolicies({ ...context, objectsOf: () => [plain] });
  return policies.map(placed => ({
    replaces,
    placed: { ...placed, policy: { ...placed.policy, ref: { ...placed.policy.ref, kind: identity.kind } } },
  }));
}

/** Why a staged kind decides nothing. */
export const STAGED_WHY = 'a staged policy is a rehearsal: nothing enforces it';
