/** The one process's own timer for followed flows: looks whose time has passed are sent again. */
import type { Queue } from '../queue/queue.ts';
import type { Log } from '../slack/logger.ts';
import type { Store } from '../store/store.ts';
import { sweepFollows } from '../work/follow-sweep.ts';

/** What it works with. `every` calls again and again until what it returned is called. */
export type FollowTimerParts = {
  readonly store: Store;
  readonly queue: Queue;
  readonly now: () => number;
  readonly every: (milliseconds: number, run: () => void) => () => void;
  readonly log: Log;
};

const EVERY_MS = 60_000;

/** Sweeps at once, for what was lost while nothing ran, and then every minute. Returns what ends it. */
export function startFollowTimer({ store, queue, now, every, log }: FollowTimerParts): () => void {
  let isStopped = false;
  let isSweeping = false;
  const sweep = async (): Promise<void> => {
    if (isSweeping) return;
    isSweeping = true;
    try {
      const { sentAgain } = await sweepFollows(store, queue, now());
      if (sentAgain.length > 0) log({ event: 'looks-sent-again', ids: sentAgain });
    } catch (error) {
      // The process may be at its end, with its file closed.
      if (!isStopped) log({ level: 'error', event: 'follow-sweep-failed', why: String(error) });
    } finally {
      isSweeping = false;
    }
  };
  void sweep();
  const end = every(EVERY_MS, () => void sweep());
  return () => {
    isStopped = true;
    end();
  };
}
