/** Slack in one process: the listening half, and the start and the end of both. */
import type { App } from '@slack/bolt';
import type { Queue } from '../queue/queue.ts';
import type { SqliteQueue } from '../queue/sqlite-queue.ts';
import type { Settings } from '../settings/settings.ts';
import { createApp } from '../slack/app.ts';
import { textAt } from '../slack/envelopes.ts';
import { registerListeners } from '../slack/listeners.ts';
import type { Log } from '../slack/logger.ts';
import { registerOptions } from '../slack/options.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Clusters } from '../work/ports.ts';
import { suggester } from '../work/suggest.ts';
import type { Mode, ServeEnvironment } from './environment.ts';
import { httpFront } from './http-front.ts';
import { knowIdentity } from './identity.ts';
import { createRequestMetrics, type RequestMetrics } from './metrics.ts';
import { startOperations } from './operations.ts';
import { identityPatience, listenerPatience, slackFor, TIMER } from './slack-for.ts';
import { socketFront } from './socket-front.ts';
import { openQueue, type RunningWorker } from './worker.ts';

/** Everything that is decided before it starts. */
export type ServeParts = {
  readonly mode: Mode;
  readonly environment: ServeEnvironment;
  /** Where /healthz, /readyz and /metrics are; null: nowhere. */
  readonly operations: { readonly host: string; readonly port: number } | null;
  readonly settings: Settings;
  /** For the type-ahead of the form. */
  readonly clusters: Clusters & { readonly close?: () => Promise<void> };
  /** Starts the working half, on the same database. */
  readonly startWorker: () => Promise<RunningWorker>;
  readonly log: Log;
};

/** The running process. */
export type Serving = {
  /** Ports that are listened on; null: none. */
  readonly port: number | null;
  readonly operationsPort: number | null;
  readonly queue: Pick<SqliteQueue, 'counts' | 'deadLetters'>;
  /** Takes nothing more, lets jobs end for `graceMs`, and closes. */
  readonly stop: (graceMs: number) => Promise<void>;
};

/** Starts. Rejects with a FaultError where a token is refused, a file cannot be opened or an address is taken. */
export async function serve(parts: ServeParts): Promise<Serving> {
  const { environment, settings, log, clusters } = parts;
  const store = openSqliteStore(environment.database, TIMER.now);
  const queue = openQueue(environment.database);
  const metrics = createRequestMetrics(queue.counts);
  let worker: RunningWorker | null = null;
  const state = { isReady: false };
  const operations = await operationsOf(parts, metrics, state, () => worker);
  const slack = slackFor(environment, log, listenerPatience);
  const identity = knowIdentity(slackFor(environment, log, identityPatience), TIMER.now);
  await identity.check(log);
  const front = frontOf(parts);
  const { botToken, apiUrl } = environment;
  const app = createApp({
    receiver: front.receiver,
    botToken,
    apiUrl,
    identity: identity.known,
    teams: settings.teams,
    log,
  });
  timeRequests(app, metrics);
  const sending: Queue = {
    send: async (envelope, options) => {
      await queue.send(envelope, options);
      worker?.wake();
    },
  };
  registerListeners(app, { queue: sending, slack, now: TIMER.now, log });
  const ports = { slack, store, clusters, log, now: TIMER.now };
  const ownTeam = async () => (await identity.need()).team;
  registerOptions(app, { suggest: suggester({ settings, ports, ownTeam }), log });
  const running = await parts.startWorker();
  worker = running;
  const port = await front.open();
  state.isReady = true;
  log({ event: 'ready', mode: parts.mode.kind, port, operations: operations?.port ?? null });
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

async function operationsOf(
  { operations }: ServeParts,
  metrics: RequestMetrics,
  state: { readonly isReady: boolean },
  worker: () => RunningWorker | null,
) {
  if (operations === null) return null;
  const text = async (): Promise<string> => `${await metrics.text()}\n${(await worker()?.metrics()) ?? ''}`;
  return startOperations(operations, {
    metrics: { text, contentType: metrics.contentType },
    isReady: () => state.isReady,
  });
}

/** Time and outcome of each request, whatever it is. */
function timeRequests(app: App, metrics: RequestMetrics): void {
  app.use(async ({ body, next }) => {
    const startedMs = TIMER.now();
    const kind = textAt(body, 'event', 'type') ?? textAt(body, 'type') ?? 'command';
    await next().then(
      () => metrics.answered(kind, 'ok', TIMER.now() - startedMs),
      (error: unknown) => {
        metrics.answered(kind, 'failed', TIMER.now() - startedMs);
        throw error;
      },
    );
  });
}

/** How long an answer to Slack may still take at the end. */
const LAST_ANSWERS_MS = 3000;

/** HTTP or Socket Mode, behind one face. */
function frontOf({ mode, environment, log }: ServeParts) {
  if (mode.kind === 'http') {
    const front = httpFront({ signingSecret: environment.secret, log });
    const { receiver, listen, close } = front;
    return { receiver, open: () => listen(mode.address), close: () => close(LAST_ANSWERS_MS) };
  }
  const { receiver, open, close } = socketFront({ appToken: environment.secret, apiUrl: environment.apiUrl, log });
  return { receiver, close, open: () => open().then(() => null) };
}
