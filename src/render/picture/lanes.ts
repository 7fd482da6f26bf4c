/** How far one vantage gets on the path, from what its probes saw; the pod's own death is what was concluded. */
import type { Diagnosis, Observation, Vantage } from '../../model.ts';
import { outcomeWords } from '../words.ts';
import type { Death, Stop } from './path.ts';

/**
 * One line of the picture. `from`: the stop at which it starts, null: before the first. `ends`: where and how it ends;
 * `partly`: something is wrong at that stop, and something gets through nevertheless.
 */
export type Lane = {
  readonly name: string;
  readonly from: Stop | null;
  readonly ends:
    | { readonly kind: 'through' }
    | { readonly kind: 'dies'; readonly at: Stop }
    | { readonly kind: 'partly'; readonly at: Stop }
    | { readonly kind: 'at-start' }
    | { readonly kind: 'unknown' }
    | { readonly kind: 'not-looked' };
  /** Two or three words: what was seen. */
  readonly words: string;
};

const NAMES: Readonly<Record<Vantage, string>> = { pod: 'pod', control: 'control', node: 'node', outside: 'outside' };

/** The pod's line: it ends where the verdict says. */
export function podLane(diagnosis: Diagnosis, stops: readonly Stop[], death: Death | null): Lane {
  const lane = laneOf('pod', diagnosis, stops);
  const { code, confidence } = diagnosis.verdict;
  if (code === 'pod-not-running') return { ...lane, ends: { kind: 'at-start' }, words: 'does not run' };
  if (code === 'no-common-address-family') return { ...lane, ends: { kind: 'at-start' }, words: 'no common IP family' };
  if (code === 'not-known') return { ...lane, ends: { kind: 'unknown' }, words: 'not known' };
  const seen = lane.ends.kind === 'not-looked' ? (confidence ?? 'not known') : lane.words;
  if (death !== null) {
    const words =
      code === 'source-not-allowlisted' ? 'not on its list' : death.isPartial ? partialWords(diagnosis) : seen;
    return { ...lane, ends: { kind: death.isPartial ? 'partly' : 'dies', at: death.at }, words };
  }
  return { ...lane, ends: code === 'reachable' ? { kind: 'through' } : { kind: 'unknown' }, words: seen };
}

function partialWords({ verdict, observations }: Diagnosis): string {
  if (verdict.code === 'policy-not-enforced') return 'not enforced';
  const tried = observations.filter(
    seen =>
      seen.vantage === 'pod' && seen.layer === 'tcp' && seen.sibling === undefined && seen.outcome.kind !== 'not-run',
  );
  const good = tried.filter(isGood).length;
  return tried.length === 0 ? 'some addresses' : reachesWords(good, tried.length);
}

function reachesWords(good: number, tried: number): string {
  return `reaches ${good} of ${tried}`;
}

/** The line of one vantage as its probes saw it. */
export function laneOf(vantage: Vantage, diagnosis: Diagnosis, stops: readonly Stop[]): Lane {
  const from = vantage === 'node' && stops.includes('node') ? ('node' as const) : null;
  const lane = { name: NAMES[vantage], from };
  const own = observedBy(vantage, diagnosis, stops);
  const last = furthestOf(own, stops);
  if (last === null) return { ...lane, ends: { kind: 'not-looked' }, words: 'not looked' };
  const { words } = outcomeWords(last.outcome);
  if (isGood(last)) return { ...lane, ends: { kind: last.layer === 'dns' ? 'unknown' : 'through' }, words };
  const tried = own.filter(seen => seen.layer === 'tcp');
  const good = tried.filter(isGood).length;
  const at = stopOf(last, vantage, diagnosis, stops);
  if (good > 0 && last.layer === 'tcp')
    return { ...lane, ends: { kind: 'partly', at: at ?? 'host' }, words: reachesWords(good, tried.length) };
  return { ...lane, ends: at === null ? { kind: 'at-start' } : { kind: 'dies', at }, words };
}

/** What a vantage saw itself; of the two ways of a pod with a proxy, the one through the proxy. */
function observedBy(vantage: Vantage, { observations }: Diagnosis, stops: readonly Stop[]): readonly Observation[] {
  const own = observations.filter(
    seen => seen.vantage === vantage && seen.sibling === undefined && seen.outcome.kind !== 'not-run',
  );
  const throughProxy = stops.includes('proxy') && own.some(seen => seen.via === 'proxy');
  return throughProxy ? own.filter(seen => seen.via === 'proxy') : own;
}

/**
 * The observation that says most: a connection's failure, else its last layer, else the lookup. Where the path has DNS as a
 * stop, a lookup that got nothing comes first: connections were then tried with the control pod's addresses.
 */
function furthestOf(own: readonly Observation[], stops: readonly Stop[]): Observation | null {
  const lookups = own.filter(seen => seen.layer === 'dns');
  const answered = lookups.find(isGood);
  if (stops.includes('DNS') && lookups[0] !== undefined && answered === undefined) return lookups[0];
  const connection = own.filter(seen => seen.layer === 'tcp' || seen.layer === 'tls' || seen.layer === 'http');
  return connection.find(seen => !isGood(seen)) ?? connection.at(-1) ?? answered ?? lookups[0] ?? null;
}

function isGood(seen: Observation): boolean {
  return outcomeWords(seen.outcome).tone === 'good';
}

/** Where a failure happens, as far as one vantage alone can tell; null: before anything left it. */
function stopOf(seen: Observation, vantage: Vantage, diagnosis: Diagnosis, stops: readonly Stop[]): Stop | null {
  if (seen.outcome.kind === 'no-route' || seen.outcome.kind === 'local-error') return null;
  const beforeHost = stops.at(-2) as Stop;
  if (seen.layer === 'dns') return stops.includes('DNS') ? 'DNS' : beforeHost;
  if (seen.via === 'proxy' && stops.includes('proxy')) return 'proxy';
  if (seen.layer !== 'tcp' || ['refused', 'reset'].includes(seen.outcome.kind)) return 'host';
  const isDenied = (purpose: string) =>
    diagnosis.prediction.flows.some(flow => flow.purpose === purpose && flow.decision === 'deny');
  const first = stops[0] as Stop;
  if (vantage === 'control' && isDenied('control-destination')) return first;
  return beforeHost;
}
