/**
 * CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy v2: https://docs.cilium.io/en/stable/security/policy/language/
 * and, for what the pages leave open, https://github.com/cilium/cilium/tree/v1.15.19/pkg/policy/api. They stand in one
 * union with Kubernetes' NetworkPolicy, in which a matching deny rule wins.
 */
import type { Engine, Problem } from '../model.ts';
import { readCidrGroup } from './cilium-cidr.ts';
import type { ReadingContext, Requirement } from './cilium-context.ts';
import { nodePolicies } from './cilium-host.ts';
import { readRequirements, readSpecs } from './cilium-spec.ts';
import {
  blindSpot,
  type Contribution,
  NOTHING,
  networkPolicyPlace,
  type PlacedPolicy,
  type Reader,
  type ReaderContext,
} from './reader.ts';
import { type Notebook, objectName } from './reading.ts';

const KINDS = ['CiliumNetworkPolicy', 'CiliumClusterwideNetworkPolicy'] as const;

/** Reads Cilium's policies and the CIDR groups that they refer to. */
export const CILIUM_READER: Reader = {
  owns: KINDS.map(kind => ({ group: 'cilium.io', kind, versions: ['v2'] })),
  supports: [{ group: 'cilium.io', kind: 'CiliumCIDRGroup', versions: ['v2alpha1', 'v2'] }],
  read: readCiliumPolicies,
};

/** Order within the union plays no part; this one keeps Cilium's kinds before Kubernetes' in a trace. */
const ORDER = 500;

function readCiliumPolicies(context: ReaderContext): Contribution {
  const enforced = enforcement(context.engine);
  const objects = KINDS.flatMap(kind => context.objectsOf('cilium.io', kind));
  if (enforced === 'no') return { ...NOTHING, notEnforced: KINDS.map(kind => notEnforced(kind, context.engine)) };
  if (enforced === 'unknown')
    return { ...NOTHING, blindSpots: objects.map(object => blindSpot(object, notKnown(context.engine))) };
  const problems: Problem[] = [];
  const groups = context.objectsOf('cilium.io', 'CiliumCIDRGroup').map(object => {
    const notebook: Notebook = { problems: [] };
    const group = readCidrGroup(object, notebook);
    problems.push(...notebook.problems.map(why => ({ object: objectName(object), why })));
    return group;
  });
  const first: ReadingContext = { engine: context.engine, groups, requirements: [] };
  const requirements = readAllRequirements(context);
  const place = networkPolicyPlace(context.engine);
  const policies = objects.flatMap((object): readonly PlacedPolicy[] => {
    const read = readSpecs(object, { ...first, requirements });
    problems.push(...read.problems.map(why => ({ object: objectName(object), why })));
    return read.policies.map(policy => ({ place, order: ORDER, tie: objectName(object), policy }));
  });
  return { ...NOTHING, policies: [...policies, ...nodePolicies(context)], problems };
}

/** The toRequires and fromRequires of every policy; they narrow the peers of Kubernetes' NetworkPolicies too. Empty: none. */
export function readAllRequirements(context: ReaderContext): readonly Requirement[] {
  if (enforcement(context.engine) !== 'yes') return [];
  const first: ReadingContext = { engine: context.engine, groups: [], requirements: [] };
  const objects = KINDS.flatMap(kind => context.objectsOf('cilium.io', kind));
  return objects.flatMap(object => readRequirements(object, first));
}

/** Which engines enforce Cilium's own kinds. */
function enforcement({ name }: Engine): 'yes' | 'no' | 'unknown' {
  if (name === 'cilium') return 'yes';
  // GKE's has Cilium inside and serves some of its kinds, by version and setting.
  return name === 'gke-dataplane-v2' || name === 'unknown' ? 'unknown' : 'no';
}

function notEnforced(kind: string, engine: Engine): Contribution['notEnforced'][number] {
  return {
    kind: `${kind}.cilium.io`,
    why: `${engine.name} enforces policies here, and Cilium's kinds are Cilium's alone`,
  };
}

function notKnown({ name }: Engine): string {
  return name === 'unknown'
    ? 'whether Cilium enforces policies in this cluster is not known'
    : `whether ${name} enforces this kind is not known`;
}
