/**
 * Reads the transcript of one probe process into observations: one for every layer of every job that was planned, in the
 * order of the plan. What was not reached, not printed or could not be tried is `not-run` with its reason, never absent.
 */
import type { ProbeTranscript } from '../evidence.ts';
import type { Observation, Outcome, PodDns } from '../model.ts';
import { whyNotEncodable } from './encode.ts';
import { addressesInHosts, type ProcessIds, readIds, readResolvConf, readRouteTables, readTools } from './facts.ts';
import { joinLookups } from './lookups.ts';
import type { ProbeJob } from './plan.ts';
import { readSteps } from './read-connection.ts';
import { type Lookup, readLookup } from './read-dns.ts';
import { type JobResult, readLines, type ScriptOutput } from './read-lines.ts';
import { routeTo } from './routes.ts';
import { type ConnectionContext, notRun } from './steps.ts';

/** What was planned, without which the output cannot be read. */
export type ReadContext = {
  /** Everything that was planned for this vantage, both phases. */
  readonly jobs: readonly ProbeJob[];
  readonly timeoutMs: number;
};

/** Everything that one transcript tells. */
export type Reading = {
  readonly observations: readonly Observation[];
  /** The pod's resolv.conf; null: not read. */
  readonly resolvConf: PodDns['resolvConf'];
  /** Tools found, with versions. */
  readonly tools: readonly string[];
  readonly ids: ProcessIds;
};

type Reader = {
  readonly output: ScriptOutput;
  readonly context: ReadContext;
  readonly base: Pick<Observation, 'vantage'> & { readonly sibling?: string };
  readonly missing: string;
  /** By job, why it was never sent. */
  readonly withheld: ReadonlyMap<string, string>;
};

/** Reads one transcript. Pure: the same transcript and plan always give the same observations. */
export function readTranscript(transcript: ProbeTranscript, context: ReadContext): Reading {
  const output = readLines(transcript.lines);
  const reader: Reader = {
    output,
    context,
    base: { vantage: transcript.vantage, ...(transcript.sibling === null ? {} : { sibling: transcript.sibling }) },
    missing: whyMissing(transcript, output),
    withheld: new Map((transcript.withheld ?? []).map(({ job, why }) => [job, why])),
  };
  const { facts } = output;
  return {
    observations: [...hostsFile(reader), ...lookups(reader), ...context.jobs.flatMap(job => connection(reader, job))],
    resolvConf: readResolvConf(facts.get('resolv')),
    tools: readTools(facts.get('tools')),
    ids: readIds(facts.get('status')),
  };
}

/**
 * The addresses that the second phase probes: all A and AAAA of `name` as the pod's resolver gave them, in its order,
 * A first. Where /etc/hosts has the name, its addresses alone: that is what an application of this pod uses.
 */
export function addressesFrom(observations: readonly Observation[], name: string): readonly string[] {
  const answers = observations.filter(({ layer, name: asked }) => layer === 'dns' && asked === name);
  const files = answers.filter(({ address }) => address === HOSTS_FILE);
  const addresses = (files.length > 0 ? files : answers).flatMap(({ outcome }) =>
    outcome.kind === 'resolver-answered' ? outcome.addresses : [],
  );
  return [...new Set(addresses)];
}

/** Reports whether every lookup of `name` that ran was met with silence: then another vantage's addresses stand in. */
export function dnsIsSilent(observations: readonly Observation[], name: string): boolean {
  const ran = observations.filter(
    ({ layer, name: asked, outcome }) => layer === 'dns' && asked === name && outcome.kind !== 'not-run',
  );
  return (
    ran.length > 0 && ran.every(({ outcome }) => outcome.kind === 'resolver-timeout' || outcome.kind === 'syn-dropped')
  );
}

/** Stands in an observation's `address` for the pod's own file of names. */
export const HOSTS_FILE = '/etc/hosts';

function whyMissing(transcript: ProbeTranscript, output: ScriptOutput): string {
  if (transcript.ended !== null) return `the probe was cut off: ${transcript.ended}`;
  return output.protocol === null ? 'the probe did not start' : 'the probe ended before this result';
}

function hostsFile({ output, context, base }: Reader): readonly Observation[] {
  const names = new Set(context.jobs.flatMap(job => (job.kind === 'dns' ? [job.name] : [])));
  return [...names].flatMap((name): readonly Observation[] => {
    const addresses = addressesInHosts(output.facts.get('hosts'), name);
    if (addresses.length === 0) return [];
    const outcome: Outcome = { kind: 'resolver-answered', rcode: 'NOERROR', asked: name, addresses };
    return [{ ...base, layer: 'dns', via: 'direct', address: HOSTS_FILE, protocol: 'UDP', name, outcome, ms: 0 }];
  });
}

function lookups(reader: Reader): readonly Observation[] {
  const jobs = reader.context.jobs.filter(job => job.kind === 'dns');
  const read = jobs.map(job => ({ job, lookup: lookupOf(reader, job) }));
  const keys = [...new Set(jobs.map(job => `${job.name} ${job.transport}`))];
  return keys.flatMap(key => {
    const group = read.filter(({ job }) => `${job.name} ${job.transport}` === key);
    const [first] = group;
    if (first === undefined) return [];
    const { name, transport } = first.job;
    return joinLookups(group.map(({ lookup }) => lookup)).map(
      ({ outcome, nameserver, ms }): Observation => ({
        ...reader.base,
        layer: 'dns',
        via: 'direct',
        ...(nameserver === null ? {} : { address: nameserver }),
        port: 53,
        protocol: transport,
        name,
        outcome,
        ms,
      }),
    );
  });
}

function lookupOf(reader: Reader, job: ProbeJob & { readonly kind: 'dns' }): Lookup {
  const why = whyNothing(reader, job);
  if (why !== null) return { outcome: notRun(why), nameserver: null, ms: 0 };
  return readLookup(reader.output.jobs.get(job.id)?.runs ?? [], { name: job.name, record: job.record });
}

/** Why a job has no result at all, or null when it has one. */
function whyNothing({ output, missing, withheld }: Reader, job: ProbeJob): string | null {
  const forbidden = withheld.get(job.id);
  if (forbidden !== undefined) return `not tried: ${forbidden}`;
  const refused = whyNotEncodable(job);
  if (refused !== null) return `not tried: ${refused}`;
  const result: JobResult | undefined = output.jobs.get(job.id);
  if (result === undefined) return missing;
  if (result.runs.length > 0) return null;
  if (result.lookedFor !== null) return `no tool for it here: looked for ${result.lookedFor.join(', ')}`;
  return result.ended ? 'the time was over before it began' : missing;
}

function connection(reader: Reader, job: ProbeJob): readonly Observation[] {
  if (job.kind === 'dns') return [];
  const address = job.kind === 'proxy' ? job.proxyAddress : job.address;
  const port = job.kind === 'proxy' ? job.proxy.port : job.port;
  const throughProxy = job.kind === 'proxy';
  const context: ConnectionContext = {
    address,
    application:
      job.kind === 'proxy' ? job.application : job.kind === 'https' || job.kind === 'http' ? job.kind : 'none',
    throughProxy,
    route: routeTo(address, readRouteTables(reader.output.facts)),
    timeoutMs: reader.context.timeoutMs,
  };
  const result = reader.output.jobs.get(job.id) ?? { runs: [], lookedFor: null, ended: false };
  const steps = readSteps(job.kind, result, whyNothing(reader, job), context);
  return steps.map(
    ({ layer, outcome, ms }): Observation => ({
      ...reader.base,
      layer: job.kind === 'tcp' ? job.layer : layer,
      via: throughProxy || (job.kind === 'tcp' && job.via === 'proxy') ? 'proxy' : 'direct',
      address,
      port,
      protocol: job.kind === 'udp' ? 'UDP' : 'TCP',
      outcome,
      ms: Math.round(ms * 10) / 10,
    }),
  );
}
