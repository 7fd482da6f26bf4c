/** Looks that are due -> jobs. The job of one moment is the same whoever makes it, so that it is done once. */
import type { Envelope } from '../queue/job.ts';
import { dueLooks, type Scheduled } from './watch-schedule.ts';

/** The jobs of the looks from `fromMs` (inclusive) to `untilMs` (exclusive), milliseconds since 1970. */
export function watchEnvelopes(flows: readonly Scheduled[], fromMs: number, untilMs: number): readonly Envelope[] {
  return dueLooks(flows, fromMs, untilMs).map(({ name, atMs }) => lookEnvelope(name, atMs));
}

/** The job of one look. Its id is also that of the answer that it may lead to. */
export function lookEnvelope(name: string, atMs: number): Envelope {
  const at = new Date(atMs).toISOString();
  return { id: `watch:${name}:${at}`, job: { kind: 'watch', name }, group: 'watch', at };
}
