/** What a reader of one family of rule kinds is, and what it gives. See `rule-book.ts` for how readers are joined. */
import type { Engine, Problem } from '../model.ts';
import type { BlindSpot, Policy, Tier } from './model.ts';
import { type Json, objectName, textAt } from './reading.ts';

/** A kind that a reader reads, in these versions. Another version of it is unsupported. */
export type OwnedKind = { readonly group: string; readonly kind: string; readonly versions: readonly string[] };

/** What a reader may look at. */
export type ReaderContext = {
  readonly engine: Engine;
  /** Every object of one kind, in the versions that its reader knows; of a kind without a reader, in any. */
  readonly objectsOf: (group: string, kind: string) => readonly Json[];
  /** Why objects of a kind could not be listed; null: they were, or nobody said. What refers to them is then open. */
  readonly whyUnlisted?: (group: string, kind: string) => string | null;
};

/** Where policies go: layers are a conjunction; within one, tiers are walked by `order`, then by name. */
export type Place = {
  readonly layer: LayerName;
  readonly tier: string;
  readonly order: number;
  readonly combine: Tier['combine'];
  readonly endOfTier: Tier['endOfTier'];
};

/** The rule systems, by the names that traces use. */
export type LayerName = 'network policy' | 'host' | 'egress firewall' | 'mesh' | 'cloud';

/** A policy in its place: sorted by `order`, then by `tie`, within its tier. `otherTies`: where that may be another. */
export type PlacedPolicy = {
  readonly place: Place;
  readonly order: number;
  readonly tie: string;
  readonly otherTies?: readonly string[];
  readonly policy: Policy;
};

/** A change of the rules that is not made yet. */
export type StagedPolicy = {
  /** The enforced policy that it would take the place of, `Kind ns/name`; there may be none of that name. */
  readonly replaces: string;
  /** null: it would only take that one away. */
  readonly placed: PlacedPolicy | null;
};

/** What one reader adds to the rule book. */
export type Contribution = {
  readonly policies: readonly PlacedPolicy[];
  /** Objects that are wrong, whether or not they could still be read. */
  readonly problems: readonly Problem[];
  /** Objects that could decide and are not among `policies`. */
  readonly blindSpots: readonly BlindSpot[];
  /** Policies that are rehearsed: what they would decide is told, and never an effect. */
  readonly staged?: readonly StagedPolicy[];
  /** Kinds of the reader that this engine does not enforce, `Kind.group`, with the reason. */
  readonly notEnforced: readonly { readonly kind: string; readonly why: string }[];
};

/** Reads all objects of some kinds into the model. */
export type Reader = {
  /** Kinds that decide flows. */
  readonly owns: readonly OwnedKind[];
  /** Kinds that others refer to (tiers, sets, groups): read with them, never deciding alone. */
  readonly supports: readonly OwnedKind[];
  /** Also called without such an object where this says so: kinds that are no policies may set a default. */
  readonly also?: (context: ReaderContext) => boolean;
  /** Called once per rule book, if any object of an owned kind exists. Never throws. */
  readonly read: (context: ReaderContext) => Contribution;
};

/** A contribution of nothing, to be spread. */
export const NOTHING: Contribution = { policies: [], problems: [], blindSpots: [], notEnforced: [] };

/** A policy object that is not evaluated: it could accept or deny, of all pods that it may select. */
export function blindSpot(object: Json, why: string): BlindSpot {
  const namespace = textAt(object, 'metadata', 'namespace');
  return {
    object: objectName(object),
    why,
    namespaces: namespace === null ? 'all' : [namespace],
    effect: 'may-decide',
  };
}

/** The same, told as a problem of the object as well. */
export function blindSpots(objects: readonly Json[], why: string): Pick<Contribution, 'blindSpots' | 'problems'> {
  const spots = objects.map(object => blindSpot(object, why));
  return { blindSpots: spots, problems: spots.map(({ object }) => ({ object, why })) };
}

/**
 * Where Kubernetes' own policies go, by engine. Cilium joins them with its own kinds in one union, where a deny rule
 * wins; Calico puts them in the tier `default` with order 1000; elsewhere they are a tier between admin and baseline.
 */
export function networkPolicyPlace(engine: Engine): Place {
  if (engine.name === 'cilium')
    return { layer: 'network policy', tier: 'cilium', order: 500_000, combine: 'union', endOfTier: 'pass' };
  if (engine.name === 'calico')
    return { layer: 'network policy', tier: 'default', order: 1_000_000, combine: 'first-match', endOfTier: 'deny' };
  return { layer: 'network policy', tier: 'network-policy', order: 500_000, combine: 'union', endOfTier: 'pass' };
}
