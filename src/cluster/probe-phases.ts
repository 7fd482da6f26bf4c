/**
 * Runs the two phases at all sites side by side, each over one stream: names and the API server at once; then the
 * addresses, as soon as `second-phase.ts` knows them.
 */
import type { ProbeTranscript } from '../evidence.ts';
import { encodeJobs } from '../probe/encode.ts';
import { type ProbeJob, planFirstPhase, type SecondPhaseAddresses } from '../probe/plan.ts';
import { probeCommand } from '../probe/script.ts';
import { answersFor } from './name-answers.ts';
import type { Site } from './probe-sites.ts';
import type { ProbeStream, StreamEnd } from './probe-stream.ts';
import {
  type AskedName,
  chooseAddresses,
  type NameAnswers,
  type PhaseQuestion,
  SILENCE_MS,
  type SiteProgress,
  secondPhaseOf,
} from './second-phase.ts';

/** What all sites are to try. */
export type ProbeWork = PhaseQuestion & {
  /** Address and port of the kubernetes.default Service; null: not read, not probed. */
  readonly clusterAddress: { readonly address: string; readonly port: number } | null;
  readonly timeoutMs: number;
  /** Says why an address must not be probed at a port, or null. */
  readonly refusal: (address: string, port: number) => string | null;
};

/** What the sites printed. */
export type ProbeRun = {
  readonly transcripts: readonly ProbeTranscript[];
  /** Sites at which the probe never ran. */
  readonly notRun: readonly { readonly site: Site; readonly why: string }[];
  readonly probesMs: number;
};

/** Beyond the two time-outs that two phases take at worst: start of the process and the way of the lines. */
const SLACK_MS = 2_000;

/** One site's side of the work while it goes on. */
type Talk = {
  readonly site: Site;
  readonly stream: ProbeStream;
  readonly lines: string[];
  readonly timesMs: number[];
  readonly jobs: ProbeJob[];
  readonly withheld: { readonly job: string; readonly why: string }[];
  ended: boolean;
};

/** Starts all streams at this moment and resolves when the last has ended. Never rejects. */
export async function runProbes(sites: readonly Site[], work: ProbeWork): Promise<ProbeRun> {
  const startedMs = performance.now();
  const chosen = Promise.withResolvers<SecondPhaseAddresses>();
  const talks: Talk[] = [];
  const decide = (atLeastMs = 0): void => {
    // A line may come before the last stream is open.
    if (talks.length < sites.length) return;
    const addresses = chooseAddresses(
      work,
      talks.map(talk => progressOf(talk, work)),
      Math.max(atLeastMs, performance.now() - startedMs),
    );
    if (addresses !== null) chosen.resolve(addresses);
  };
  for (const site of sites) talks.push(openTalk(site, work, () => decide()));
  const ends = Promise.all(talks.map(talk => endOf(talk, () => decide())));
  // A timer may fire a fraction of a millisecond before the clock says so, and nothing would decide after it.
  const timer = setTimeout(decide, SILENCE_MS, SILENCE_MS);
  decide();
  sendSecondPhase(talks, work, await chosen.promise);
  clearTimeout(timer);
  const ended = await ends;
  return {
    transcripts: ended.flatMap(({ talk, end }) => (end.kind === 'not-started' ? [] : [transcriptOf(talk, end)])),
    notRun: ended.flatMap(({ talk, end }) => (end.kind === 'not-started' ? [{ site: talk.site, why: end.why }] : [])),
    probesMs: Math.round(performance.now() - startedMs),
  };
}

function openTalk(site: Site, work: ProbeWork, onProgress: () => void): Talk {
  const { destination, timeoutMs } = work;
  const isOutside = site.vantage === 'outside';
  // The API server's Service address and the pod's proxy mean nothing on another host.
  const clusterAddress = isOutside ? null : work.clusterAddress;
  const jobs = planFirstPhase({ destination, clusterAddress, proxy: isOutside ? null : work.proxy });
  const limitMs = 2 * timeoutMs + SLACK_MS;
  const lines: string[] = [];
  const timesMs: number[] = [];
  const stream = site.open({
    command: probeCommand(jobs, { timeoutMs, deadlineMs: limitMs }),
    limitMs,
    onLine: ({ text, atMs }) => {
      lines.push(text);
      timesMs.push(atMs);
      onProgress();
    },
  });
  return { site, stream, lines, timesMs, jobs: [...jobs], withheld: [], ended: false };
}

async function endOf(talk: Talk, onProgress: () => void): Promise<{ readonly talk: Talk; readonly end: StreamEnd }> {
  const end = await talk.stream.end;
  talk.ended = true;
  onProgress();
  return { talk, end };
}

/** Every site gets the end of its input, also one without jobs: it would wait for more. */
function sendSecondPhase(talks: readonly Talk[], work: ProbeWork, chosen: SecondPhaseAddresses): void {
  for (const talk of talks) {
    const { jobs, withheld } = secondPhaseOf(progressOf(talk, work), work, chosen, work.refusal);
    const forbidden = new Set(withheld.map(({ job }) => job));
    talk.jobs.push(...jobs);
    talk.withheld.push(...withheld);
    talk.stream.send(encodeJobs(jobs.filter(job => !forbidden.has(job.id))));
    talk.stream.endInput();
  }
}

function progressOf(talk: Talk, work: ProbeWork): SiteProgress {
  const { vantage, sibling } = talk.site;
  const answers = (name: AskedName): NameAnswers =>
    answersFor(nameOf(name, work), transcriptOf(talk, null), work.timeoutMs);
  return { vantage, sibling, ended: talk.ended, answers };
}

function nameOf(name: AskedName, { destination, proxy }: ProbeWork): string {
  if (name === 'proxy') return proxy?.host ?? '';
  return destination.host.kind === 'name' ? destination.host.name : destination.host.address;
}

/** What a site has given so far; `end` null: it goes on. */
function transcriptOf({ site, lines, timesMs, jobs, withheld }: Talk, end: StreamEnd | null): ProbeTranscript {
  const { vantage, method, sibling, ranIn, startupMs, refused } = site;
  const ended = end === null ? null : whyEnded(end);
  return { vantage, method, sibling, ranIn, lines, lineTimesMs: timesMs, ended, startupMs, jobs, withheld, refused };
}

function whyEnded(end: StreamEnd): string | null {
  switch (end.kind) {
    case 'exited':
      return end.exitCode === 0 ? null : `the probe ended with exit code ${end.exitCode}`;
    case 'not-started':
    case 'cut':
      return end.why;
    default:
      return end satisfies never;
  }
}
