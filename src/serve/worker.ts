/** The working half of the one process: takes jobs out of the queue and does them, with a store and a Slack of its own. */
import { openSqliteQueue, type SqliteQueue } from '../queue/sqlite-queue.ts';
import type { Templates } from '../render/templates.ts';
import type { Settings } from '../settings/settings.ts';
import type { Log } from '../slack/logger.ts';
import { PACE_MS, paced, paceTurns } from '../slack/pace.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { handleDelivery } from '../work/handle-job.ts';
import type { Clusters } from '../work/ports.ts';
import type { Attached, Work } from '../work/work.ts';
import type { ServeEnvironment } from './environment.ts';
import { knowIdentity } from './identity.ts';
import { createJobMetrics } from './metrics.ts';
import { identityPatience, slackFor, TIMER, workerPatience } from './slack-for.ts';

/** Everything that is decided before it starts. */
export type WorkerParts = {
  readonly environment: ServeEnvironment;
  /** Jobs that are done at the same time. */
  readonly workers: number;
  readonly settings: Settings;
  readonly templates: Templates;
  readonly clusters: Clusters & { readonly close?: () => Promise<void> };
  readonly draw: Work['draw'];
  readonly attached: Attached;
  readonly log: Log;
  /** Milliseconds between two messages in a channel; absent: Slack's own second. */
  readonly paceMs?: number;
};

/** A worker at work, in this thread or another. */
export type RunningWorker = {
  /** A job was sent: it need not wait until the queue is looked at. */
  readonly wake: () => void;
  /** Its counters, as Prometheus reads them. */
  readonly metrics: () => Promise<string>;
  /** Takes no more jobs, lets those at work end for `graceMs`, and closes. What is cut off is delivered again at the next start. */
  readonly stop: (graceMs: number) => Promise<void>;
};

/** Longer than a diagnosis takes with its pods' start-up, a second round, and a channel's turns. */
const VISIBILITY_MS = 600_000;
const MAX_ATTEMPTS = 5;

/**
 * Opens the queue of the one process, for sending or for working. It has a file of its own beside the store's: a worker writes
 * to the store all the time, and whoever has to acknowledge Slack would wait for each of these writes.
 */
export function openQueue(database: string): SqliteQueue {
  const { now } = TIMER;
  return openSqliteQueue(`${database}.queue`, {
    now,
    random: Math.random,
    visibilityMs: VISIBILITY_MS,
    maxAttempts: MAX_ATTEMPTS,
  });
}

/** Starts it. Nothing is asked of Slack before the first job. Throws a FaultError when another process works on the same file. */
export function startWorker(parts: WorkerParts): RunningWorker {
  const { environment, log, clusters, settings, templates, draw, attached } = parts;
  const store = openSqliteStore(environment.database, TIMER.now);
  const queue = openQueue(environment.database);
  const metrics = createJobMetrics();
  const slack = slackFor(environment, log, workerPatience);
  const identity = knowIdentity(slackFor(environment, log, identityPatience), TIMER.now);
  const turns = paceTurns(parts.paceMs ?? PACE_MS, TIMER);
  const work: Work = {
    ports: { slack: paced(slack, turns), store, queue, clusters, log, ...TIMER },
    settings,
    templates,
    draw,
    ownTeam: async () => (await identity.need()).team,
    attached,
  };
  const running = queue.start(metrics.timed(handleDelivery(work)), {
    concurrency: parts.workers,
    onTrouble: (delivery, error) =>
      log({ event: 'delivery-failed', id: delivery?.envelope.id ?? null, why: String(error) }),
  });
  return {
    wake: queue.wake,
    metrics: metrics.text,
    stop: async graceMs => {
      await running.stop(graceMs);
      await clusters.close?.();
      queue.close();
      await store.close();
    },
  };
}
