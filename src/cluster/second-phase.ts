/** Decides whose answers the second phase takes its addresses from, and when. Pure: time and lines come in. */
import type { Destination, Vantage } from '../model.ts';
import {
  addressesOfLiteral,
  type ProbeJob,
  type ProxyHost,
  planSecondPhase,
  type SecondPhaseAddresses,
} from '../probe/plan.ts';

/** What a site's lines say of a name so far. `complete`: its lookups have ended, so no more addresses will come. */
export type NameAnswers = { readonly addresses: readonly string[]; readonly complete: boolean };

/** The two names that may have to be resolved. */
export type AskedName = 'destination' | 'proxy';

/** How far one site is. */
export type SiteProgress = {
  readonly vantage: Vantage;
  /** A replica's name: it has a resolver of its own, and never speaks for the pod. */
  readonly sibling: string | null;
  readonly ended: boolean;
  readonly answers: (name: AskedName) => NameAnswers;
};

/** What is asked for, and the proxy on the way. */
export type PhaseQuestion = { readonly destination: Destination; readonly proxy: ProxyHost | null };

/** How long the pod's resolver may be silent before the control pod's answers stand in for it. */
export const SILENCE_MS = 1_000;

/** Whose answers count for all sites, in this order. */
const SOURCES: readonly Vantage[] = ['pod', 'control', 'node'];

/**
 * The addresses to be probed; null: wait. The pod's own count as soon as they are complete. After a second of its
 * silence, or as soon as it turns out to have none, the next source's do. Empty lists: nobody has any.
 */
export function chooseAddresses(
  question: PhaseQuestion,
  sites: readonly SiteProgress[],
  elapsedMs: number,
): SecondPhaseAddresses | null {
  const { destination, proxy } = question;
  const host = destination.host;
  const direct = host.kind === 'address' ? [host.address] : chooseFor('destination', sites, elapsedMs);
  const literal = proxy === null ? [] : addressesOfLiteral(proxy.host);
  const through = proxy === null || literal.length > 0 ? literal : chooseFor('proxy', sites, elapsedMs);
  return direct === null || through === null ? null : { destination: direct, proxy: through };
}

function chooseFor(name: AskedName, sites: readonly SiteProgress[], elapsedMs: number): readonly string[] | null {
  const silent = elapsedMs >= SILENCE_MS;
  const speaking = sites.filter(
    site => site.sibling === null && (name === 'destination' || site.vantage !== 'outside'),
  );
  for (const vantage of SOURCES) {
    const site = speaking.find(each => each.vantage === vantage);
    if (site === undefined) continue;
    const { addresses, complete } = site.answers(name);
    const isComplete = complete || site.ended;
    if (addresses.length > 0 && (isComplete || silent)) return addresses;
    if (!isComplete && !silent) return null;
  }
  const waiting = speaking.some(site => !site.ended && !site.answers(name).complete);
  return waiting ? null : [];
}

/** What one site is to try: `withheld` are those of the jobs that are never sent, and why. */
export type SecondPhase = {
  readonly jobs: readonly ProbeJob[];
  readonly withheld: readonly { readonly job: string; readonly why: string }[];
};

/**
 * The jobs of one site for the addresses chosen. This host (`outside`) does not know the pod's proxy, and falls back to
 * what its own resolver says where the cluster knows no address. `refusal` says why an address must not be probed at a port, or null.
 */
export function secondPhaseOf(
  site: SiteProgress,
  question: PhaseQuestion,
  chosen: SecondPhaseAddresses,
  refusal: (address: string, port: number) => string | null,
): SecondPhase {
  const { destination, proxy } = question;
  const isOutside = site.vantage === 'outside';
  const own = isOutside && chosen.destination.length === 0 ? site.answers('destination').addresses : chosen.destination;
  const jobs = planSecondPhase(
    { destination, proxy: isOutside ? null : proxy },
    { destination: own, proxy: isOutside ? [] : chosen.proxy },
  );
  const withheld = jobs.flatMap(job => {
    const why = refusalOfJob(job, refusal);
    return why === null ? [] : [{ job: job.id, why }];
  });
  return { jobs, withheld };
}

function refusalOfJob(job: ProbeJob, refusal: (address: string, port: number) => string | null): string | null {
  switch (job.kind) {
    case 'dns':
      return null;
    case 'proxy':
      return refusal(job.proxyAddress, job.proxy.port);
    case 'tcp':
    case 'udp':
    case 'http':
    case 'https':
      return refusal(job.address, job.port);
    default:
      return job satisfies never;
  }
}
