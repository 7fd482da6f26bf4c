/** The one process's own timer for watched flows: puts the looks that are due into the queue. */
import type { Queue } from '../queue/queue.ts';
import type { Log } from '../slack/logger.ts';
import { watchEnvelopes } from '../work/watch-envelopes.ts';
import type { Scheduled } from '../work/watch-schedule.ts';

/** What it works with. `every` calls again and again until what it returned is called. */
export type WatchTimerParts = {
  readonly watch: readonly Scheduled[];
  readonly queue: Queue;
  readonly now: () => number;
  readonly every: (milliseconds: number, run: () => void) => () => void;
  readonly log: Log;
};

const TICK_MS = 10_000;
/** What fell due while nothing ran: older looks have newer ones behind them. */
const LOOK_BACK_MS = 60_000;

/** Starts it; returns what stops it. Looks that another start has sent already are the same jobs. */
export function startWatchTimer({ watch, queue, now, every, log }: WatchTimerParts): () => void {
  let sentUntilMs = now() - LOOK_BACK_MS;
  const tick = (): void => {
    // A machine that slept for a night does not look a hundred times in a row.
    const fromMs = Math.max(sentUntilMs, now() - LOOK_BACK_MS);
    sentUntilMs = now() + 1;
    for (const envelope of watchEnvelopes(watch, fromMs, sentUntilMs)) {
      queue.send(envelope).catch((error: unknown) => {
        log({ level: 'error', event: 'watch-not-sent', id: envelope.id, why: String(error) });
      });
    }
  };
  tick();
  return every(TICK_MS, tick);
}
