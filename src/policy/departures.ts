/**
 * Where a network plugin departs from the text of the NetworkPolicy API. One table: readers ask it, and nothing else
 * knows a version. Where the version is not known, or lies outside what was measured or read in its source, the answer
 * is `unknown` and so are the flows that turn on it.
 */
import type { Engine } from '../model.ts';
import type { IdentitySetting, PeerTerm } from './model.ts';

/** A way in which an engine departs from the text of the API. */
export type Departure =
  | 'end-port-is-ignored'
  | 'rules-isolate-whatever-policy-types-say'
  | 'named-port-is-resolved-cluster-wide'
  | 'negative-namespace-selector-matches-outside'
  | 'ip-block-skips-pods'
  | 'ip-block-skips-nodes'
  | 'ip-block-is-judged-after-service-translation'
  | 'host-network-pods-are-exempt'
  | 'own-node-is-always-let-in'
  | 'own-node-is-no-exception'
  | 'pod-reaches-itself-through-service'
  | 'rules-without-ports-cover-icmp';

type Row = {
  readonly departure: Departure;
  readonly engine: Engine['name'];
  /** First version that departs, x.y.z; null: as far back as anybody asks. */
  readonly from: string | null;
  /** First version that is outside the row; null: none is known. */
  readonly until: string | null;
  /** What is said of versions outside the row. */
  readonly outside: 'no' | 'unknown';
  /** Whether an unknown version of this engine still departs. */
  readonly anyVersion: boolean;
  readonly source: string;
};

const MEASURED_CILIUM = 'measured: Kubernetes 1.34.4, Cilium 1.15.19';
const CILIUM_PARSER = 'https://github.com/cilium/cilium/blob/v1.15.19/pkg/k8s/network_policy.go';
const CALICO_CONVERSION =
  'https://github.com/projectcalico/calico/blob/master/libcalico-go/lib/backend/k8s/conversion/conversion.go';

/** GKE's agent is Cilium's, under versions of its own: what Cilium departs in by version, it may or may not. */
const GKE_IS_CILIUM: readonly Row[] = (
  [
    'end-port-is-ignored',
    'rules-isolate-whatever-policy-types-say',
    'named-port-is-resolved-cluster-wide',
    'negative-namespace-selector-matches-outside',
  ] as const
).map(departure =>
  row(
    departure,
    'gke-dataplane-v2',
    null,
    '0.0.0',
    'unknown',
    false,
    'https://cloud.google.com/kubernetes-engine/docs/concepts/dataplane-v2 (implemented with Cilium)',
  ),
);

const ROWS: readonly Row[] = [
  ...GKE_IS_CILIUM,
  row(
    'end-port-is-ignored',
    'azure-npm',
    null,
    '1.4.0',
    'unknown',
    false,
    'https://github.com/Azure/AKS/issues/2857 (not in production before the second version of NPM)',
  ),
  row('end-port-is-ignored', 'cilium', null, '1.16.0', 'no', false, `${MEASURED_CILIUM}; port ranges came with 1.16`),
  row(
    'rules-isolate-whatever-policy-types-say',
    'cilium',
    '1.15.0',
    '1.16.0',
    'unknown',
    false,
    `${MEASURED_CILIUM}; ${CILIUM_PARSER}`,
  ),
  row('named-port-is-resolved-cluster-wide', 'cilium', '1.15.0', '1.16.0', 'unknown', false, MEASURED_CILIUM),
  row(
    'negative-namespace-selector-matches-outside',
    'cilium',
    '1.15.0',
    '1.16.0',
    'unknown',
    false,
    `${MEASURED_CILIUM}; ${CILIUM_PARSER}`,
  ),
  row(
    'ip-block-skips-pods',
    'cilium',
    null,
    null,
    'unknown',
    true,
    `${MEASURED_CILIUM}; https://docs.cilium.io/en/stable/security/policy/language/#ip-cidr-based`,
  ),
  row(
    'ip-block-skips-nodes',
    'cilium',
    null,
    null,
    'unknown',
    true,
    `${MEASURED_CILIUM}; https://docs.cilium.io/en/stable/security/policy/language/#selecting-nodes-with-cidr-ipblock`,
  ),
  row('ip-block-is-judged-after-service-translation', 'cilium', null, null, 'unknown', true, MEASURED_CILIUM),
  row('host-network-pods-are-exempt', 'cilium', null, null, 'unknown', true, MEASURED_CILIUM),
  row(
    'own-node-is-always-let-in',
    'cilium',
    null,
    null,
    'unknown',
    true,
    'https://docs.cilium.io/en/stable/security/policy/intro/#policy-rules (the local host may always reach its endpoints)',
  ),
  row('own-node-is-no-exception', 'cilium', null, null, 'unknown', true, MEASURED_CILIUM),
  row('pod-reaches-itself-through-service', 'cilium', null, null, 'unknown', true, MEASURED_CILIUM),
  row('rules-without-ports-cover-icmp', 'cilium', null, null, 'unknown', true, CILIUM_PARSER),
  row(
    'ip-block-is-judged-after-service-translation',
    'calico',
    null,
    null,
    'unknown',
    true,
    'https://docs.tigera.io/calico/latest/network-policy/services/services-cluster-ips',
  ),
  row(
    'host-network-pods-are-exempt',
    'calico',
    null,
    null,
    'unknown',
    true,
    'https://docs.tigera.io/calico/latest/network-policy/hosts/protect-hosts (host endpoints only)',
  ),
  row(
    'own-node-is-always-let-in',
    'calico',
    null,
    null,
    'unknown',
    true,
    'https://docs.tigera.io/calico/latest/network-policy/hosts/protect-hosts',
  ),
  row(
    'own-node-is-no-exception',
    'calico',
    null,
    null,
    'unknown',
    true,
    'https://docs.tigera.io/calico/latest/reference/felix/configuration ("after the traffic hits the endpoint egress policy")',
  ),
  row('rules-without-ports-cover-icmp', 'calico', null, null, 'unknown', true, CALICO_CONVERSION),
];

/** Departures from what the API says in plain words: an engine without a row follows the words. The others it leaves open. */
const AGAINST_THE_TEXT: ReadonlySet<Departure> = new Set([
  'end-port-is-ignored',
  'rules-isolate-whatever-policy-types-say',
  'named-port-is-resolved-cluster-wide',
  'negative-namespace-selector-matches-outside',
]);

/** The engines whose ipBlock is known to match pods and nodes by their addresses like any other. */
const MATCHES_EVERY_ADDRESS: ReadonlySet<Engine['name']> = new Set(['calico']);

/**
 * Reports whether the engine departs: `yes` and `no` only where it is known, with the source; else `unknown`.
 * Without a row (also for an engine that is not recognised) the API's plain words hold, and what it leaves open is `unknown`.
 */
export function departs(
  engine: Engine,
  departure: Departure,
): { readonly answer: 'yes' | 'no' | 'unknown'; readonly source: string } {
  const found = ROWS.find(each => each.departure === departure && each.engine === engine.name);
  if (found === undefined) {
    return AGAINST_THE_TEXT.has(departure)
      ? { answer: 'no', source: 'no departure is known' }
      : { answer: 'unknown', source: 'the API leaves it open and no measurement or document is known' };
  }
  if (engine.version === null) return { answer: found.anyVersion ? 'yes' : 'unknown', source: found.source };
  const before = found.from !== null && compareVersions(engine.version, found.from) < 0;
  const after = found.until !== null && compareVersions(engine.version, found.until) >= 0;
  return { answer: before || after ? found.outside : 'yes', source: found.source };
}

/** An engine with the settings of its own that change what rules match. */
export type ConfiguredEngine = Engine & {
  /** `policy-cidr-match-mode: nodes` of Cilium: rules by address match nodes as well. Absent: not set, or not read. */
  readonly cidrsMatchNodes?: true;
  /** `enable-node-selector-labels` of Cilium: rules may name nodes by their labels. Absent: not set, or not read. */
  readonly nodesHaveLabels?: true;
  /** `labels` of Cilium: which labels of pods rules see. Absent: as by default, or not read. */
  readonly identitySetting?: IdentitySetting;
};

/** What an ipBlock says of the address of a pod. */
export function ipBlockReach(engine: Engine, over: 'pods'): 'every-address' | 'outside-only' | 'left-to-engine';
/** What an ipBlock says of the address of a node. */
export function ipBlockReach(
  engine: ConfiguredEngine,
  over: 'nodes',
): 'every-address' | 'outside-only' | 'left-to-engine' | 'other-nodes';
/** What an ipBlock says of the address of a pod or of a node, by the engine and its settings. */
export function ipBlockReach(
  engine: ConfiguredEngine,
  over: 'pods' | 'nodes',
): Extract<PeerTerm, { kind: 'ipBlock' }>['overNodes'] {
  if (over === 'nodes' && engine.cidrsMatchNodes === true) return 'other-nodes';
  if (MATCHES_EVERY_ADDRESS.has(engine.name)) return 'every-address';
  const departure = over === 'pods' ? 'ip-block-skips-pods' : 'ip-block-skips-nodes';
  return departs(engine, departure).answer === 'yes' ? 'outside-only' : 'left-to-engine';
}

/** The engine in a sentence: `Cilium 1.15.19`, `calico (version not known)`, `an unknown network plugin`. */
export function engineText(engine: Engine): string {
  if (engine.name === 'unknown') return 'a network plugin that is not known';
  return `${engine.name} ${engine.version ?? '(version not known)'}`;
}

/** Compares x.y.z by number; what is missing counts as 0. Negative: a is older. */
export function compareVersions(a: string, b: string): number {
  const numbers = (text: string) =>
    text
      .split(/[.+-]/)
      .slice(0, 3)
      .map(part => Number.parseInt(part, 10) || 0);
  const [left, right] = [numbers(a), numbers(b)];
  for (let index = 0; index < 3; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function row(
  departure: Departure,
  engine: Engine['name'],
  from: string | null,
  until: string | null,
  outside: Row['outside'],
  anyVersion: boolean,
  source: string,
): Row {
  return { departure, engine, from, until, outside, anyVersion, source };
}
