/**
 * Slack takes one message a second in a channel (https://docs.slack.dev/apis/web-api/rate-limits). One process that knows all
 * its messages need not find that out: those of a channel go one after another, a second apart; channels do not wait for
 * each other. Whoever asked first gets the next second, so the threads of a channel grow side by side.
 */
import PQueue from 'p-queue';
import type { SlackApi } from './api.ts';

/** Time, as a process has it: milliseconds, and a wait. */
export type Timer = {
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
};

/** How far apart the messages of one channel are. */
export const PACE_MS = 1000;

/** Takes turns: resolves with what `work` gives, after everything that was asked for the same name before. */
export type Turns = {
  readonly take: <Value>(name: string, work: () => Promise<Value>) => Promise<Value>;
  /** Names that somebody waits for or that rest; what memory it takes. */
  readonly size: () => number;
};

/** Turns that begin at least `paceMs` apart. A name that nobody asks for any more is forgotten. */
export function paceTurns(paceMs: number, { now, wait }: Timer): Turns {
  const queues = new Map<string, PQueue>();
  const queueOf = (name: string): PQueue => {
    const known = queues.get(name);
    if (known !== undefined) return known;
    const queue = new PQueue({ concurrency: 1 });
    queues.set(name, queue);
    queue.on('idle', () => queues.delete(name));
    return queue;
  };
  return {
    size: () => queues.size,
    take: <Value>(name: string, work: () => Promise<Value>) => {
      const done = Promise.withResolvers<Value>();
      void queueOf(name).add(async () => {
        const startedMs = now();
        await work().then(done.resolve, done.reject);
        // The rest is the turn's own time: whoever comes next waits, and not the one who is done.
        const restMs = startedMs + paceMs - now();
        if (restMs > 0) await wait(restMs);
      });
      return done.promise;
    },
  };
}

/** The same calls, with the messages that everybody in a channel sees in turns. Edits and answers to one person are not counted by Slack. */
export function paced(slack: SlackApi, turns: Turns): SlackApi {
  return {
    ...slack,
    post: (where, message, mark) => turns.take(where.channel, () => slack.post(where, message, mark)),
    upload: (where, file, comment) => turns.take(where.channel, () => slack.upload(where, file, comment)),
  };
}
