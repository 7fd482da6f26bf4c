/** The probes' raw lines of a bundle, read: what each vantage saw, and how it was looked from. */
import type { Evidence, ProbeTranscript } from '../evidence.ts';
import type { Observation, PodDns, Vantage, VantageReport } from '../model.ts';
import { readTranscript } from '../probe/read.ts';

/** The transcripts of an evidence, read. */
export type ReadEvidence = {
  readonly observations: readonly Observation[];
  readonly vantages: readonly VantageReport[];
  /** The target pod's own; null: not read. */
  readonly resolvConf: PodDns['resolvConf'];
};

/** Reads every transcript. A vantage that was asked for and has none is in `vantages` with its reason. */
export function readObserved(evidence: Evidence): ReadEvidence {
  const { timeoutMs } = evidence.question;
  const read = evidence.transcripts.map(transcript => ({
    transcript,
    ...readTranscript(transcript, { jobs: transcript.jobs ?? [], timeoutMs }),
  }));
  const own = read.find(each => each.transcript.vantage === 'pod' && each.transcript.sibling === null);
  return {
    observations: read.flatMap(each => each.observations),
    vantages: [
      ...read.filter(each => each.transcript.sibling === null).map(each => probed(each.transcript, each.tools)),
      ...evidence.notRun.map(({ vantage, why }) => notRun(vantage, why)),
    ],
    resolvConf: own?.resolvConf ?? evidence.target.dns.resolvConf,
  };
}

function probed(transcript: ProbeTranscript, tools: readonly string[]): VantageReport {
  const { vantage, method, ranIn, startupMs, refused } = transcript;
  const before = (refused ?? []).map(each => `${each.method} was refused: ${each.why}`).join('; ');
  return { vantage, status: 'probed', method, ranIn, why: before, startupMs, tools };
}

function notRun(vantage: Vantage, why: string): VantageReport {
  return { vantage, status: 'not-run', method: null, ranIn: null, why, startupMs: 0, tools: [] };
}
