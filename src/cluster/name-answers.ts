/** What a probe that still runs has learned of a name. Pure. */
import type { ProbeTranscript } from '../evidence.ts';
import { addressesFrom, readTranscript } from '../probe/read.ts';
import { readLines } from '../probe/read-lines.ts';
import type { NameAnswers } from './second-phase.ts';

/**
 * The addresses of `name` so far. They are complete when both record families were answered or given up over UDP, as an
 * application asks; TCP alone may go on, and its answers count as well.
 */
export function answersFor(name: string, transcript: ProbeTranscript, timeoutMs: number): NameAnswers {
  const lookups = (transcript.jobs ?? []).filter(job => job.kind === 'dns' && job.name === name);
  const { jobs } = readLines(transcript.lines);
  const overUdp = lookups.filter(job => job.kind === 'dns' && job.transport === 'UDP');
  const { observations } = readTranscript(transcript, { jobs: lookups, timeoutMs });
  return {
    addresses: addressesFrom(observations, name),
    complete: overUdp.every(job => jobs.get(job.id)?.ended === true),
  };
}
