/** Diagnosis -> Path: the stops between a pod and a host, and how far each vantage gets. What `svg.ts` draws. */
import type { Diagnosis, VerdictCode } from '../../model.ts';
import { visibleLine } from '../escape.ts';
import { viewOf } from '../view.ts';
import { symbolOf } from '../words.ts';
import { type Lane, laneOf, podLane } from './lanes.ts';

/** A place that a packet passes. `policy`: egress rules of the pod; `far policy`: ingress rules of the far end. */
export type Stop = 'policy' | 'mesh' | 'node' | 'DNS' | 'proxy' | 'network' | 'cloud' | 'far policy' | 'host';

/** The picture's content, in plain visible text. */
export type Path = {
  /** Symbol and verdict code. */
  readonly headline: string;
  readonly from: string;
  readonly to: string;
  /** In the order in which a packet passes them; the last is the host. */
  readonly stops: readonly Stop[];
  /** The pod first, then those that it is compared with. */
  readonly lanes: readonly Lane[];
  /** What stops the packet: a policy (empty when none does), and why or what happens. */
  readonly culprit: string;
  readonly because: string;
};

/** Where the packet of the pod is stopped; null: nowhere, or nobody knows. */
export type Death = { readonly at: Stop; readonly isPartial: boolean };

/** Lays the path of an answer out. */
export function pathOf(diagnosis: Diagnosis): Path {
  const { verdict, target } = diagnosis;
  const death = deathOf(diagnosis);
  const stops = stopsOf(diagnosis);
  const tone = verdict.code === 'reachable' ? 'good' : verdict.code === 'not-known' ? 'unsure' : 'bad';
  const others = (['control', 'node', 'outside'] as const).filter(
    vantage =>
      vantage !== 'outside' || diagnosis.vantages.some(one => one.vantage === 'outside' && one.status === 'probed'),
  );
  return {
    headline: `${symbolOf(tone)} ${verdict.code}`,
    from: visibleLine(`${target.namespace}/${target.pod}`),
    to: visibleLine(viewOf(diagnosis).destination.text),
    stops,
    lanes: [podLane(diagnosis, stops, death), ...others.map(vantage => laneOf(vantage, diagnosis, stops))],
    ...culpritOf(diagnosis),
  };
}

function culpritOf({ verdict }: Diagnosis): Pick<Path, 'culprit' | 'because'> {
  const [first, ...others] = verdict.cause.policies;
  if (first === undefined) return { culprit: '', because: visibleLine(verdict.cause.summary) };
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return { culprit: visibleLine(first.policy) + more, because: visibleLine(first.rule) };
}

/** Policy, node, what comes after it, host: the second to last stop is the one that this verdict is about. */
function stopsOf({ verdict, target, destination }: Diagnosis): readonly Stop[] {
  const first = verdict.code === 'denied-by-mesh' ? 'mesh' : 'policy';
  return [first, 'node', beyondNode(), 'host'];

  function beyondNode(): Stop {
    const byCode = BEYOND_NODE[verdict.code];
    if (byCode !== undefined) return byCode;
    if (verdict.cause.side === 'ingress') return 'far policy';
    return target.proxy.kind === 'set' && target.proxy.uses !== null && destination.host.kind !== 'service'
      ? 'proxy'
      : 'network';
  }
}

const BEYOND_NODE: Readonly<Partial<Record<VerdictCode, Stop>>> = {
  'dns-denied-by-policy': 'DNS',
  'name-not-resolved': 'DNS',
  'denied-by-cloud': 'cloud',
  'proxy-misconfigured': 'proxy',
};

const DEATHS: Readonly<Record<VerdictCode, Stop | null>> = {
  reachable: null,
  'denied-by-policy': 'policy',
  'dns-denied-by-policy': 'policy',
  'partly-denied': 'policy',
  'partly-reachable': 'network',
  'fqdn-not-learned': 'policy',
  'name-not-resolved': 'DNS',
  'no-common-address-family': null,
  'refused-by-host': 'host',
  'blocked-beyond-node': 'network',
  'denied-by-cloud': 'cloud',
  'source-not-allowlisted': 'host',
  'tls-failed': 'host',
  'proxy-misconfigured': 'proxy',
  'denied-by-mesh': 'mesh',
  'dropped-unexplained': null,
  'policy-not-enforced': 'policy',
  'pod-not-running': null,
  'not-known': null,
};

function deathOf(diagnosis: Diagnosis): Death | null {
  const { code, cause } = diagnosis.verdict;
  const named = cause.side === 'ingress' && DEATHS[code] === 'policy' ? 'far policy' : DEATHS[code];
  if (named === null) return null;
  // With a proxy in between there is no stop called network: what is beyond the node is the proxy's business.
  const stops = stopsOf(diagnosis);
  const at = stops.includes(named) ? named : (stops.at(-2) as Stop);
  return { at, isPartial: code.startsWith('partly') || code === 'policy-not-enforced' };
}
