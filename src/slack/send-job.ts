/** From the listeners to the queue, within the time that Slack leaves. */
import type { Envelope } from '../queue/job.ts';
import type { Queue } from '../queue/queue.ts';
import type { SlackApi } from './api.ts';
import { bounded } from './bounded.ts';
import type { Log } from './logger.ts';

/** What the listeners need. */
export type ListenerPorts = {
  readonly queue: Queue;
  readonly slack: Pick<SlackApi, 'openView' | 'ephemeral' | 'respond'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Log;
};

/** How it ended; whoever asked is told. `late`: it may or may not be kept. */
export type Sent = 'kept' | 'late' | 'failed';

/** Of Slack's three seconds; the rest is for the way. */
export const LISTENER_MS = 2000;

/** What is left after that for telling the asker that it did not work. */
export const TELL_MS = 700;

/** Hands a job on. Never rejects. */
export async function sendJob({ queue, log }: ListenerPorts, envelope: Envelope): Promise<Sent> {
  const sent = await bounded(() => queue.send(envelope), LISTENER_MS);
  const { id, job } = envelope;
  if (sent.kind === 'failed') log({ event: 'job-not-kept', id, kind: job.kind, why: String(sent.error) });
  else log({ event: sent.kind === 'ok' ? 'job-kept' : 'job-late', id, kind: job.kind });
  return sent.kind === 'ok' ? 'kept' : sent.kind;
}

/** The moment, as envelopes have it: ISO 8601. */
export function momentOf({ now }: ListenerPorts): string {
  return new Date(now()).toISOString();
}
