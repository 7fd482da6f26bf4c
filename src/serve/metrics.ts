/** What the one process counts, for Prometheus. Labels are words of ours and Slack's: never a channel, a user, a pod or a host. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { HandleDelivery } from '../queue/queue.ts';
import type { JobCounts } from '../queue/sqlite-jobs.ts';

/** Counters of the listening half and of the process. */
export type RequestMetrics = {
  /** In the format that Prometheus reads. https://prometheus.io/docs/instrumenting/exposition_formats/ */
  readonly text: () => Promise<string>;
  readonly contentType: string;
  /** A request of Slack's was answered, or not. */
  readonly answered: (kind: string, outcome: 'ok' | 'failed', ms: number) => void;
};

/** Makes them. `counts` is asked at each scrape. */
export function createRequestMetrics(counts: () => JobCounts): RequestMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = new Histogram({
    name: 'egress_slack_request_seconds',
    help: 'Time until a request of Slack was acknowledged; Slack waits for 3 s.',
    labelNames: ['kind', 'outcome'],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 3],
    registers,
  });
  new Gauge({
    name: 'egress_queue_jobs',
    help: 'Jobs in the queue.',
    labelNames: ['state'],
    registers,
    collect() {
      for (const [state, count] of Object.entries(counts())) this.set({ state }, count);
    },
  });
  return {
    text: () => registry.metrics(),
    contentType: registry.contentType,
    answered: (kind, outcome, ms) => requests.observe({ kind, outcome }, ms / 1000),
  };
}

/** Counters of the working half. */
export type JobMetrics = {
  readonly text: () => Promise<string>;
  /** Counts and times each delivery of a job. */
  readonly timed: (handle: HandleDelivery) => HandleDelivery;
};

/** Makes them. */
export function createJobMetrics(): JobMetrics {
  const registry = new Registry();
  const registers = [registry];
  const jobs = new Histogram({
    name: 'egress_job_seconds',
    help: 'Time of one delivery of a job to a worker.',
    labelNames: ['kind', 'outcome'],
    buckets: [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120],
    registers,
  });
  const failures = new Counter({
    name: 'egress_job_last_failures_total',
    help: 'Jobs whose last attempt failed, and which are dead letters now.',
    labelNames: ['kind'],
    registers,
  });
  return {
    text: () => registry.metrics(),
    timed: handle => async delivery => {
      const { kind } = delivery.envelope.job;
      const end = jobs.startTimer({ kind });
      try {
        const handled = await handle(delivery);
        end({ outcome: handled.kind });
        return handled;
      } catch (error) {
        end({ outcome: 'failed' });
        if (delivery.isLast) failures.inc({ kind });
        throw error;
      }
    },
  };
}
