/** Watched flows where nothing runs all the time: a schedule puts the looks of the next while into the queue, which delays them. */
import type { Queue } from '../queue/queue.ts';
import { watchEnvelopes } from './watch-envelopes.ts';
import type { Scheduled } from './watch-schedule.ts';

/** The most that a queue delays, and how often the schedule comes (serverless.yml). */
const AHEAD_SECONDS = 900;
/** A schedule that comes late, or once more, leaves no gap: a look that is sent twice is one job. */
const LOOK_BACK_MS = 60_000;
/** Requests at the same time. */
const AT_ONCE = 20;

/** Sends them; returns how many. Rejects when one was not taken: those that were are not lost, and the schedule comes again. */
export async function sendUpcomingLooks(
  queue: Queue,
  flows: readonly Scheduled[],
  nowMs: number,
): Promise<{ readonly looks: number }> {
  const envelopes = watchEnvelopes(flows, nowMs - LOOK_BACK_MS, nowMs + AHEAD_SECONDS * 1000);
  for (let start = 0; start < envelopes.length; start += AT_ONCE) {
    await Promise.all(
      envelopes.slice(start, start + AT_ONCE).map(envelope => {
        const delaySeconds = Math.min(AHEAD_SECONDS, Math.max(0, Math.ceil((Date.parse(envelope.at) - nowMs) / 1000)));
        return queue.send(envelope, { delaySeconds });
      }),
    );
  }
  return { looks: envelopes.length };
}
