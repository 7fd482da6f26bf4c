/** Slack in one process: its requests, the queue, the store and the workers, in the order in which they may start and stop. */
import type { Queue } from '../queue/queue.ts';
import { openSqliteQueue, type SqliteQueue } from '../queue/sqlite-queue.ts';
import type { Templates } from '../render/templates.ts';
import type { Settings } from '../settings/settings.ts';
import { createApp } from '../slack/app.ts';
import { textAt } from '../slack/envelopes.ts';
import { registerListeners } from '../slack/listeners.ts';
import { type Log, slackLogger } from '../slack/logger.ts';
import { registerOptions } from '../slack/options.ts';
import { PACE_MS, paced, paceTurns, type Timer } from '../slack/pace.ts';
import { slackApi } from '../slack/web-api.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { handleDelivery } from '../work/handle-job.ts';
import type { Clusters } from '../work/ports.ts';
import { suggester } from '../work/suggest.ts';
import type { Attached, Work } from '../work/work.ts';
import type { Mode, ServeEnvironment } from './environment.ts';
import { httpFront } from './http-front.ts';
import { knowIdentity } from './identity.ts';
import { createMetrics } from './metrics.ts';
import { startOperations } from './operations.ts';
import { socketFront } from './socket-front.ts';

/** Everything that is decided before it starts. */
export type ServeParts = {
  readonly mode: Mode;
  readonly environment: ServeEnvironment;
  /** Where /healthz, /readyz and /metrics are; null: nowhere. */
  readonly operations: { readonly host: string; readonly port: number } | null;
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

/** The running process. */
export type Serving = {
  /** Ports that are listened on; null: none. */
  readonly port: number | null;
  readonly operationsPort: number | null;
  readonly queue: Pick<SqliteQueue, 'counts' | 'deadLetters'>;
  /** Takes nothing more, lets jobs end for `graceMs`, and closes. What is cut off is delivered again at the next start. */
  readonly stop: (graceMs: number) => Promise<void>;
};

const TIMER: Timer = {
  now: Date.now,
  wait: milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds)),
};

/** Longer than a diagnosis takes with its pods' start-up, a second round, and a channel's turns. */
const VISIBILITY_MS = 600_000;
const MAX_ATTEMPTS = 5;

/** One call of a worker, and how long it goes on asking; a listener has no such time, and asks once. */
const WORKER_CALL_MS = 15_000;
const WORKER_PATIENCE_MS = 60_000;
const LISTENER_CALL_MS = 1800;
/** At the start; a Slack that is down then is no reason not to start. */
const IDENTITY_PATIENCE_MS = 5000;

/** Starts. Rejects with a FaultError where a token is refused, a file cannot be opened or an address is taken. */
export async function serve(parts: ServeParts): Promise<Serving> {
  const { environment, settings, log, clusters } = parts;
  const { now } = TIMER;
  const store = openSqliteStore(environment.database, now);
  const queue = openSqliteQueue(environment.database, {
    now,
    random: Math.random,
    visibilityMs: VISIBILITY_MS,
    maxAttempts: MAX_ATTEMPTS,
  });
  const metrics = createMetrics(queue.counts);
  const state = { isReady: false };
  const operations =
    parts.operations === null
      ? null
      : await startOperations(parts.operations, { metrics, isReady: () => state.isReady });
  const slack = slackFor(environment, log, { timeoutMs: WORKER_CALL_MS, totalMs: WORKER_PATIENCE_MS });
  const patient = slackFor(environment, log, { timeoutMs: LISTENER_CALL_MS, totalMs: IDENTITY_PATIENCE_MS });
  const identity = knowIdentity(patient, now);
  await identity.check(log);
  const work = workOf(parts, {
    store,
    queue,
    slack: paced(slack, paceTurns(parts.paceMs ?? PACE_MS, TIMER)),
    identity,
  });
  const front = frontOf(parts);
  const app = createApp({
    receiver: front.receiver,
    botToken: environment.botToken,
    apiUrl: environment.apiUrl,
    identity: identity.known,
    teams: settings.teams,
    log,
  });
  // Time and outcome of each request, whatever it is.
  app.use(async ({ body, next }) => {
    const startedMs = now();
    const kind = textAt(body, 'event', 'type') ?? textAt(body, 'type') ?? 'command';
    await next().then(
      () => metrics.answered(kind, 'ok', now() - startedMs),
      (error: unknown) => {
        metrics.answered(kind, 'failed', now() - startedMs);
        throw error;
      },
    );
  });
  const quick = slackFor(environment, log, { timeoutMs: LISTENER_CALL_MS, totalMs: 0 });
  registerListeners(app, { queue, slack: quick, now, log });
  registerOptions(app, { suggest: suggester(work), log });
  const running = queue.start(metrics.timed(handleDelivery(work)), {
    concurrency: parts.workers,
    onTrouble: (delivery, error) =>
      log({ event: 'delivery-failed', id: delivery?.envelope.id ?? null, why: String(error) }),
  });
  const port = await front.open();
  state.isReady = true;
  log({ event: 'ready', mode: parts.mode.kind, port, operations: operations?.port ?? null, workers: parts.workers });
  return {
    port,
    operationsPort: operations?.port ?? null,
    queue,
    stop: async graceMs => {
      state.isReady = false;
      log({ event: 'stopping', ...queue.counts() });
      await front.close();
      await running.stop(graceMs);
      await clusters.close?.();
      log({ event: 'stopped', ...queue.counts() });
      queue.close();
      await store.close();
      await operations?.close();
    },
  };
}

function slackFor(
  { botToken, apiUrl }: ServeEnvironment,
  log: Log,
  { timeoutMs, totalMs }: { readonly timeoutMs: number; readonly totalMs: number },
) {
  const patience = { totalMs, ...TIMER };
  return slackApi({ token: botToken, apiUrl, timeoutMs, patience, logger: slackLogger(log) });
}

type Held = {
  readonly store: Store;
  readonly queue: Queue;
  readonly slack: Work['ports']['slack'];
  readonly identity: ReturnType<typeof knowIdentity>;
};

function workOf(parts: ServeParts, { store, queue, slack, identity }: Held): Work {
  const { clusters, settings, templates, draw, attached, log } = parts;
  return {
    ports: { slack, store, queue, clusters, log, ...TIMER },
    settings,
    templates,
    draw,
    ownTeam: async () => (await identity.need()).team,
    attached,
  };
}

/** HTTP or Socket Mode, behind one face. */
function frontOf({ mode, environment, log }: ServeParts) {
  if (mode.kind === 'http') {
    const front = httpFront({ signingSecret: environment.secret, log });
    return { receiver: front.receiver, open: () => front.listen(mode.address), close: () => front.close(3000) };
  }
  const front = socketFront({ appToken: environment.secret, apiUrl: environment.apiUrl, log });
  return {
    receiver: front.receiver,
    open: async (): Promise<null> => {
      await front.open();
      return null;
    },
    close: front.close,
  };
}
