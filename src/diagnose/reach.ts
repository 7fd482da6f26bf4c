/** How far one vantage got towards one address: its observations of tcp, tls and http -> one `Reach`. */
import type { Layer, Observation, Outcome, TlsFailure, Vantage } from '../model.ts';
import type { VerdictFacts } from './facts.ts';

/** How far one vantage got with one address. */
export type Reach =
  /** The host answered. `after`: what went wrong behind the connection, if anything did. */
  | {
      readonly kind: 'connected';
      readonly layer: Layer;
      /** HTTP status; null: none was read. */
      readonly status: number | null;
      readonly after: 'nothing' | 'silence' | 'reset';
      readonly waitedMs: number;
    }
  | { readonly kind: 'blocked'; readonly how: BlockedHow; readonly text: string }
  | { readonly kind: 'tls-failed'; readonly why: TlsFailure; readonly detail: string }
  /** Something was seen, and it says nothing of the host: UDP silence, or a sidecar that accepts everything. */
  | { readonly kind: 'inconclusive'; readonly why: string; readonly by: 'udp-silence' | 'sidecar' }
  | { readonly kind: 'not-looked'; readonly why: string };

/** How an attempt was stopped before it was a connection. */
export type BlockedHow = 'dropped' | 'refused' | 'unreachable' | 'no-route' | 'local-error';

/** Straight to the host, or through the pod's proxy. */
export type Route = 'direct' | 'proxy';

const LAYERS_OUTERMOST_FIRST = ['http', 'tls', 'tcp'] as const;

/** Statuses that an Envoy sidecar answers by itself when it cannot, or may not, reach the host. */
const SIDECAR_STATUSES: ReadonlySet<number> = new Set([502, 503, 504]);

/** Observations of the destination's layers from one vantage by one route; siblings' are left out. */
export function observationsFrom(facts: VerdictFacts, vantage: Vantage, route: Route): readonly Observation[] {
  return facts.observations.filter(
    seen =>
      seen.vantage === vantage &&
      seen.via === route &&
      seen.sibling === undefined &&
      (seen.layer === 'tcp' || seen.layer === 'tls' || seen.layer === 'http'),
  );
}

/**
 * Joins what was seen of one address into how far it got: the furthest layer that gave an outcome decides. With a
 * sidecar in the way, an accepted connect is the sidecar's own and counts only from TLS on.
 * @param seen observations of one vantage and one address
 */
export function reachOf(seen: readonly Observation[], hasSidecar: boolean): Reach {
  const reach = furthest(seen);
  const isSecured = seen.some(each => each.layer === 'tls' && each.outcome.kind === 'connected');
  // A completed TLS handshake is with the host itself: a sidecar passes TLS through.
  return hasSidecar && !isSecured ? throughSidecar(reach) : reach;
}

/** Reports whether a host, or something on the way, answered with less than a connection: everything but connected, silence of UDP and not looked. */
export function isFailing(reach: Reach): boolean {
  return (
    reach.kind === 'blocked' || reach.kind === 'tls-failed' || (reach.kind === 'inconclusive' && reach.by === 'sidecar')
  );
}

function furthest(seen: readonly Observation[]): Reach {
  let skipped = 'no probe of this address ran';
  const accepted = seen.some(each => each.layer === 'tcp' && each.outcome.kind === 'connected');
  for (const layer of LAYERS_OUTERMOST_FIRST) {
    const reaches = seen.filter(each => each.layer === layer).map(each => reachByOutcome(each, accepted));
    const looked = reaches.filter(reach => reach.kind !== 'not-looked');
    const best = looked.find(reach => reach.kind === 'connected') ?? looked[0];
    if (best !== undefined) return best;
    const notRun = reaches[0];
    if (notRun?.kind === 'not-looked') skipped = notRun.why;
  }
  return { kind: 'not-looked', why: skipped };
}

function reachByOutcome(seen: Observation, accepted: boolean): Reach {
  const { outcome, layer } = seen;
  switch (outcome.kind) {
    case 'connected':
      return connected(layer, null);
    case 'http-status':
      return connected(layer, outcome.status);
    case 'tls-failed':
      return { kind: 'tls-failed', why: outcome.why, detail: outcome.detail };
    case 'reset':
      return resetAt(layer);
    case 'no-answer':
      return silenceOf(seen, outcome, accepted);
    case 'refused':
    case 'unreachable':
    case 'syn-dropped':
    case 'no-route':
    case 'local-error':
      return blocked(outcome, layer, accepted);
    case 'resolver-answered':
    case 'no-records':
    case 'resolver-timeout':
      return { kind: 'not-looked', why: 'the name was not resolved' };
    case 'not-run':
      return { kind: 'not-looked', why: outcome.why };
    default:
      return outcome satisfies never;
  }
}

function connected(layer: Layer, status: number | null): Reach {
  return { kind: 'connected', layer, status, after: 'nothing', waitedMs: 0 };
}

function resetAt(layer: Layer): Reach {
  if (layer === 'tls') return { kind: 'tls-failed', why: 'reset', detail: 'the connection was reset in the TLS hello' };
  return { kind: 'connected', layer: 'tcp', status: null, after: 'reset', waitedMs: 0 };
}

function silenceOf(seen: Observation, outcome: Extract<Outcome, { kind: 'no-answer' }>, accepted: boolean): Reach {
  if (seen.protocol === 'UDP')
    return {
      kind: 'inconclusive',
      why: `no answer over UDP within ${outcome.waitedMs} ms, which says nothing`,
      by: 'udp-silence',
    };
  if (seen.layer === 'tcp' && outcome.layer === 'tcp' && !accepted) {
    return { kind: 'blocked', how: 'dropped', text: `no answer to the SYN within ${outcome.waitedMs} ms` };
  }
  return { kind: 'connected', layer: seen.layer, status: null, after: 'silence', waitedMs: outcome.waitedMs };
}

type Blocking = Extract<Outcome, { kind: 'refused' | 'unreachable' | 'syn-dropped' | 'no-route' | 'local-error' }>;

function blocked(outcome: Blocking, layer: Layer, accepted: boolean): Reach {
  // A second connection that fails after a first one got through says that the way is open, not that it is shut.
  if (layer !== 'tcp' && accepted) {
    return { kind: 'connected', layer: 'tcp', status: null, after: 'silence', waitedMs: waitedOf(outcome) };
  }
  return { kind: 'blocked', how: howOf(outcome), text: describeBlocking(outcome) };
}

function waitedOf(outcome: Blocking): number {
  return outcome.kind === 'syn-dropped' ? outcome.waitedMs : 0;
}

function howOf(outcome: Blocking): BlockedHow {
  return outcome.kind === 'syn-dropped' ? 'dropped' : outcome.kind;
}

function describeBlocking(outcome: Blocking): string {
  switch (outcome.kind) {
    case 'syn-dropped':
      return `no answer to the SYN within ${outcome.waitedMs} ms`;
    case 'refused':
      return 'refused (RST)';
    case 'unreachable':
      return `an ICMP error answered (${outcome.errno}${codesText(outcome.codes)})`;
    case 'no-route':
      return 'no route';
    case 'local-error':
      return `local error ${outcome.errno}`;
    default:
      return outcome satisfies never;
  }
}

function codesText(codes: readonly number[]): string {
  return codes.length === 0 ? '' : `, code ${codes.join(' or ')}`;
}

function throughSidecar(reach: Reach): Reach {
  const sidecar = (why: string): Reach => ({ kind: 'inconclusive', why, by: 'sidecar' });
  if (reach.kind === 'connected') {
    if (reach.status !== null && SIDECAR_STATUSES.has(reach.status)) {
      return sidecar(`status ${reach.status}, which the sidecar gives when it cannot reach the host`);
    }
    return reach.status !== null
      ? reach
      : sidecar('the sidecar accepted the connection, and nothing answered behind it');
  }
  const endedHello = reach.kind === 'tls-failed' && (reach.why === 'reset' || reach.why === 'closed');
  return endedHello ? sidecar(`the sidecar ended the connection in the TLS hello (${reach.why})`) : reach;
}

/** One reach in words, as a clause: "no answer to the SYN within 3000 ms", "answers with status 403". */
export function describeReach(reach: Reach): string {
  switch (reach.kind) {
    case 'connected':
      return describeConnected(reach);
    case 'blocked':
      return reach.text;
    case 'tls-failed':
      return `TLS fails (${reach.why})`;
    case 'inconclusive':
      return reach.why;
    case 'not-looked':
      return `not looked at: ${reach.why}`;
    default:
      return reach satisfies never;
  }
}

function describeConnected(reach: Extract<Reach, { kind: 'connected' }>): string {
  if (reach.after === 'silence') return `accepts, then is silent for ${reach.waitedMs} ms`;
  if (reach.after === 'reset') return 'accepts, then resets';
  return reach.status === null ? 'connects' : `answers with status ${reach.status}`;
}
