/** Everything that the verdict is concluded from: what was asked, what was observed, what the rules predict. */
import type {
  CoverageEntry,
  Engine,
  FlowPrediction,
  Observation,
  Prediction,
  Problem,
  Question,
  ResolvedHost,
  Target,
  VantageReport,
} from '../model.ts';

/** What is known of one policy besides its decision. */
export type CulpritFacts = {
  /** Which layer of the rules it belongs to: this decides between denied-by-policy, denied-by-mesh and denied-by-cloud. */
  readonly layer: 'policy' | 'mesh' | 'cloud';
  /** How many pods of the cluster it selects; null: pods could not be listed. */
  readonly selectsPods: number | null;
  /** ISO 8601; null: not recorded. */
  readonly createdAt: string | null;
  readonly changedAt: string | null;
  readonly managedBy: readonly string[];
};

/** A rule by name (Cilium toFQDNs and the like) that would allow the flow if its engine had seen the name looked up. */
export type UnlearnedName = { readonly policy: string; readonly name: string; readonly why: string };

/** A known list of sources that the destination accepts. `listed`: whether the address it sees this pod as is on it. */
export type Allowlist = {
  /** Where the list is known from. */
  readonly list: string;
  /** The address that the destination sees, after NAT. */
  readonly seenAs: string;
  readonly listed: 'yes' | 'no' | 'unknown';
};

/** Everything that a verdict is concluded from: already read, nothing raw. */
export type VerdictFacts = {
  readonly question: Question;
  readonly target: Target;
  readonly host: ResolvedHost;
  readonly engine: Engine;
  readonly vantages: readonly VantageReport[];
  readonly observations: readonly Observation[];
  readonly prediction: Prediction;
  readonly coverage: readonly CoverageEntry[];
  readonly problems: readonly Problem[];
  /** Policies (`Kind ns/name`) that changed while it was looked. */
  readonly changedMeanwhile: readonly string[];
  /** ISO 8601: what a policy's age is counted to. */
  readonly askedAt: string;
  /** Facts of one policy, by `Kind ns/name`. */
  readonly culprit: (policy: string) => CulpritFacts;
  /**
   * The question's flow judged to an ordinary internet address instead: tells "everything outside" from "this
   * destination only". null: not judged.
   */
  readonly internet: FlowPrediction | null;
  /** null: no rule by name takes part, or all of its names were learned. */
  readonly unlearned: UnlearnedName | null;
  /** null: no list of accepted sources is known. */
  readonly allowlist: Allowlist | null;
};
