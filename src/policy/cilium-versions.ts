/**
 * What Cilium's versions do differently with their own policies. One table, asked by the readers; where the version is
 * not known, or lies outside what was read or measured, the answer is `unknown` and so are the flows that turn on it.
 */
import type { Engine } from '../model.ts';
import { compareVersions } from './departures.ts';

/** A trait of some versions of Cilium. */
export type CiliumTrait =
  /** A selector without a namespace key means the policy's namespace, also when it asks for a namespace's labels. */
  | 'namespace-labels-stay-in-the-own-namespace'
  /** A cidrGroupRef in an egress rule makes the agent refuse the whole policy. */
  | 'egress-cidr-groups-are-refused'
  /** The agent refuses the combinations and values that `cilium-refusals.ts` lists. */
  | 'combinations-are-refused'
  /** toServices opens the endpoints of Services without a selector, and nothing else. */
  | 'services-with-selector-open-nothing'
  /** A deny rule's toServices is never looked up: it is as if it were absent. */
  | 'services-of-deny-rules-are-absent'
  /** An empty list of peers is read as if it were absent. */
  | 'empty-peer-lists-are-absent'
  /** `**` is `*` twice; later versions let `**.` at the beginning stand for any number of labels. */
  | 'two-stars-stay-within-a-label'
  /** An ICMP type is kept where a port would be, and port 0 is every port: a rule for echo replies is one for all of ICMP. */
  | 'icmp-type-0-is-every-type'
  /** A policy without a rule of either direction is refused, whatever its enableDefaultDeny says. */
  | 'policies-without-rules-are-refused'
  /** Fields and words that came with 1.16: enableDefaultDeny, toNodes, fromNodes, endPort, world-ipv4, world-ipv6. */
  | 'has-fields-of-1.16'
  /** Fields that came with 1.17: cidrGroupSelector. */
  | 'has-fields-of-1.17';

type Span = {
  /** Versions that have the trait for certain: from (inclusive, null: all older) until (exclusive, null: all newer). */
  readonly from: string | null;
  readonly until: string | null;
  /** What is said of older and of newer versions, and where the version is not known. */
  readonly older: 'no' | 'unknown';
  readonly newer: 'no' | 'unknown';
  readonly versionNotKnown: 'yes' | 'no' | 'unknown';
};

const READ_IN_1_15: Span = {
  from: '1.15.0',
  until: '1.16.0',
  older: 'unknown',
  newer: 'unknown',
  versionNotKnown: 'unknown',
};

/** An object of a cluster has a field only where its CRD has it, so an object that has it proves the version. */
const since = (version: string): Span => ({
  from: version,
  until: null,
  older: 'no',
  newer: 'unknown',
  versionNotKnown: 'yes',
});

/**
 * Read in https://github.com/cilium/cilium/tree/v1.15.19/pkg/policy/api and pkg/k8s, most of it measured there as well.
 * Egress groups: https://github.com/cilium/cilium/pull/30624. toNodes: https://github.com/cilium/cilium/pull/26924.
 * Policies without rules: https://github.com/cilium/cilium/issues/35558 (seen in 1.19.4 and 1.20.1 as well).
 * ICMP type 0: https://github.com/cilium/cilium/issues/41304, mended by https://github.com/cilium/cilium/pull/44338.
 */
const SPANS: Readonly<Record<CiliumTrait, Span>> = {
  'namespace-labels-stay-in-the-own-namespace': READ_IN_1_15,
  'egress-cidr-groups-are-refused': {
    from: null,
    until: '1.16.0',
    older: 'unknown',
    newer: 'no',
    versionNotKnown: 'unknown',
  },
  'combinations-are-refused': READ_IN_1_15,
  'services-with-selector-open-nothing': READ_IN_1_15,
  'services-of-deny-rules-are-absent': READ_IN_1_15,
  'empty-peer-lists-are-absent': READ_IN_1_15,
  'two-stars-stay-within-a-label': {
    from: null,
    until: '1.18.0',
    older: 'unknown',
    newer: 'unknown',
    versionNotKnown: 'unknown',
  },
  'icmp-type-0-is-every-type': {
    from: '1.13.0',
    until: '1.19.0',
    older: 'unknown',
    newer: 'unknown',
    versionNotKnown: 'unknown',
  },
  'policies-without-rules-are-refused': {
    from: '1.17.0',
    until: null,
    older: 'unknown',
    newer: 'unknown',
    versionNotKnown: 'unknown',
  },
  'has-fields-of-1.16': since('1.16.0'),
  'has-fields-of-1.17': since('1.17.0'),
};

/** Reports whether this engine's Cilium has the trait: `yes` and `no` only where it is known. */
export function ciliumHas(engine: Engine, trait: CiliumTrait): 'yes' | 'no' | 'unknown' {
  const span = SPANS[trait];
  if (engine.version === null) return span.versionNotKnown;
  if (span.from !== null && compareVersions(engine.version, span.from) < 0) return span.older;
  if (span.until !== null && compareVersions(engine.version, span.until) >= 0) return span.newer;
  return 'yes';
}
