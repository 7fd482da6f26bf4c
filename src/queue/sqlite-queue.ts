/**
 * The embedded queue of the one process: at least once, fair between groups, with back-off and dead letters, in a file that
 * outlasts a kill. Several processes may send to the file; one works on it.
 */
import { FaultError } from '../faults.ts';
import { backOffMs } from './back-off.ts';
import type { Envelope } from './job.ts';
import type { Delivery, HandleDelivery, Handled, Queue } from './queue.ts';
import { readEnvelope } from './read-job.ts';
import { becomeSoleWorker } from './sole-worker.ts';
import { type DeadLetter, type JobCounts, openSqliteJobs, type SqliteJobs, type TakenJob } from './sqlite-jobs.ts';

/** How the queue behaves. */
export type SqliteQueueOptions = {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** From 0 to 1, for the back-off. */
  readonly random: () => number;
  /** How long a delivery is nobody else's. Longer than any job takes. */
  readonly visibilityMs: number;
  /** After so many failed attempts a job is a dead letter. */
  readonly maxAttempts: number;
};

/** How the workers run. */
export type WorkerOptions = {
  readonly concurrency: number;
  /** Told of each failed attempt, and of messages that are no jobs (`delivery` null). Must not throw. */
  readonly onTrouble: (delivery: Delivery | null, error: unknown) => void;
};

/** Workers at work. */
export type Running = {
  /** Takes no more jobs, and resolves when those at work have ended or `graceMs` are over. */
  readonly stop: (graceMs: number) => Promise<void>;
};

/** The queue with its worker side. */
export type SqliteQueue = Queue & {
  /** Somebody else has sent to the same file: it is looked for jobs now. */
  readonly wake: () => void;
  /** Throws a FaultError when another process works on the file. */
  readonly start: (handle: HandleDelivery, options: WorkerOptions) => Running;
  readonly deadLetters: () => readonly DeadLetter[];
  readonly counts: () => JobCounts;
  readonly close: () => void;
};

/** How often it is looked for jobs that another process has sent. */
const LOOK_EVERY_MS = 1000;

/** Opens the queue in the file `path`, which may be the store's too. Throws a FaultError when the file cannot be opened. */
export function openSqliteQueue(path: string, options: SqliteQueueOptions): SqliteQueue {
  const jobs = openSqliteJobs(path);
  const wakes = new Set<() => void>();
  const wakeAll = (): void => {
    for (const wake of wakes) wake();
  };
  return {
    send: async (envelope, { delaySeconds = 0 } = {}) => {
      jobs.add(envelope, options.now() + delaySeconds * 1000);
      wakeAll();
    },
    wake: wakeAll,
    start: (handle, workerOptions) => {
      const lock = becomeSoleWorker(path);
      // Whoever held leases in this file is dead: its jobs need not wait for them to run out.
      jobs.freeAll(options.now());
      const running = work({ jobs, handle, wakes, ...options, ...workerOptions });
      return {
        stop: async graceMs => {
          const haveAllEnded = await running.stop(graceMs);
          // What was cut off may still be at it, as long as this process lives.
          if (haveAllEnded) lock.release();
        },
      };
    },
    deadLetters: jobs.deadLetters,
    counts: () => jobs.counts(options.now()),
    close: jobs.close,
  };
}

type Work = SqliteQueueOptions &
  WorkerOptions & { readonly jobs: SqliteJobs; readonly handle: HandleDelivery; readonly wakes: Set<() => void> };

type AtWork = { readonly stop: (graceMs: number) => Promise<boolean> };

/** Fills the free places with jobs, now and whenever one may be ready. */
function work(context: Work): AtWork {
  const { jobs, now, concurrency, wakes } = context;
  const atWork = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  const untilNextLook = (): number => {
    if (atWork.size >= concurrency) return LOOK_EVERY_MS;
    return Math.min(LOOK_EVERY_MS, Math.max(0, (jobs.nextReadyAtMs() ?? Number.POSITIVE_INFINITY) - now()));
  };
  const look = (): void => {
    clearTimeout(timer);
    if (isStopped) return;
    let waitMs = LOOK_EVERY_MS;
    try {
      fill(atWork, context, look);
      waitMs = untilNextLook();
    } catch (error) {
      // The file is busy or full: it is tried again, and the process goes on.
      context.onTrouble(null, error);
    }
    timer = setTimeout(look, waitMs);
  };
  /** Not at once: whoever sends has somebody to answer first. */
  const wake = (): void => {
    clearTimeout(timer);
    if (!isStopped) timer = setTimeout(look, 0);
  };

  wakes.add(wake);
  look();
  return {
    stop: graceMs => {
      isStopped = true;
      clearTimeout(timer);
      wakes.delete(wake);
      return endedWithin(graceMs, atWork);
    },
  };
}

/** Takes jobs while there are some and places are free; `onEnd` is called after each. */
function fill(atWork: Set<Promise<void>>, context: Work, onEnd: () => void): void {
  const { jobs, now, visibilityMs, concurrency } = context;
  while (atWork.size < concurrency) {
    const job = jobs.take(now(), now() + visibilityMs);
    if (job === null) return;
    const done: Promise<void> = deliver(job, context).finally(() => {
      atWork.delete(done);
      onEnd();
    });
    atWork.add(done);
  }
}

/** Waits, and reports whether all have ended. */
async function endedWithin(graceMs: number, atWork: ReadonlySet<Promise<void>>): Promise<boolean> {
  const grace = Promise.withResolvers<void>();
  const timer = setTimeout(grace.resolve, graceMs);
  await Promise.race([Promise.all(atWork), grace.promise]);
  clearTimeout(timer);
  return atWork.size === 0;
}

const KILLED = 'Its worker was killed in every attempt.';

/** Delivers one job and writes down what came of it. Never rejects. */
async function deliver(job: TakenJob, context: Work): Promise<void> {
  const { jobs, now, onTrouble } = context;
  try {
    // A worker that was killed in the last attempt told nobody, so there is one more; after that it is the job that kills, and
    // it is only told. If even telling kills, nothing is left to be tried.
    if (job.attempt > context.maxAttempts + 2) {
      jobs.bury(job, KILLED, now());
      return;
    }
    const reading = readEnvelope(job.message);
    if (reading.kind === 'envelope') return await deliverEnvelope(job, reading.envelope, context);
    onTrouble(null, new FaultError(reading.fault));
    jobs.bury(job, reading.fault.cause, now());
  } catch (error) {
    // What came of it could not be written down: it is delivered again when its lease ends.
    onTrouble(null, error);
  }
}

async function deliverEnvelope(job: TakenJob, envelope: Envelope, context: Work): Promise<void> {
  const { jobs, handle, now, onTrouble, maxAttempts } = context;
  const delivery: Delivery = {
    envelope,
    attempt: job.attempt,
    isLast: job.attempt >= maxAttempts,
    visibleAgainAtMs: job.leaseUntilMs,
    holder: `sqlite/${job.seq}`,
    ...(job.attempt > maxAttempts + 1 ? { wasKilled: true as const } : {}),
  };
  const handled = await attempt(handle, delivery);
  if (handled.kind === 'done' && delivery.wasKilled === true) jobs.bury(job, KILLED, now());
  else if (handled.kind === 'done') jobs.remove(job);
  else if (handled.kind === 'later') jobs.giveBack(job, now() + handled.delaySeconds * 1000, false);
  else {
    onTrouble(delivery, handled.error);
    putBack(job, handled.error, context);
  }
}

type Attempt = Handled | { readonly kind: 'failed'; readonly error: unknown };

async function attempt(handle: HandleDelivery, delivery: Delivery): Promise<Attempt> {
  try {
    return await handle(delivery);
  } catch (error) {
    return { kind: 'failed', error };
  }
}

function putBack(job: TakenJob, error: unknown, { jobs, now, random, maxAttempts }: Work): void {
  if (job.attempt >= maxAttempts) jobs.bury(job, error instanceof Error ? error.message : String(error), now());
  else jobs.giveBack(job, now() + backOffMs(job.attempt, random()), true);
}
