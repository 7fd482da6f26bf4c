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
import { startFollowTimer } from './follow-timer.ts';
import { httpFront } from './http-front.ts';
import { knowIdentity } from './identity.ts';
import { listenOn } from './listen.ts';
import { createRequestMetrics, type RequestMetrics } from './metrics.ts';
import { startOperations } from './operations.ts';
import { type PageListener, type Pages, pageListener, pageServer } from './page-front.ts';
import { identityPatience, listenerPatience, slackFor, TIMER } from './slack-for.ts';
import { socketFront } from './socket-front.ts';
import { startWatchTimer } from './watch-timer.ts';
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
  /** Absent: no pager. */
  readonly pages?: Pages | undefined;
  readonly log: Log;
};

/** The running process. */
export type Serving = {
  /** Ports that are listened on; null: none. */
  readonly port: number | null;
  readonly operationsPort: number | null;
  /** Where pagers are listened to beside a socket. */
  readonly pagesPort: number | null;
  readonly queue: Pick<SqliteQueue, 'counts' | 'deadLetters'>;
  /** Takes nothing more, lets jobs end for `graceMs`, and closes. */
  readonly stop: (graceMs: number) => Promise<void>;
};

/** Starts. Rejects with a FaultError where a token is refused, a file cannot be opened or an address is taken; nothing is left open then. */
export async function serve(parts: ServeParts): Promise<Serving> {
  const closers: ((graceMs: number) => Promise<void> | void)[] = [];
  const close = async (graceMs: number): Promise<void> => {
    for (const one of closers.toReversed()) await one(graceMs);
  };
  try {
    const serving = await startAll(parts, one => void closers.push(one));
    return { ...serving, stop: close };
  } catch (error) {
    await close(0);
    throw error;
  }
}

/** Told what has to be closed, in the order in which it was opened: it is closed in the opposite one. */
type Opened = (close: (graceMs: number) => Promise<void> | void) => void;

async function startAll(parts: ServeParts, opened: Opened): Promise<Omit<Serving, 'stop'>> {
  const { environment, settings, log, clusters } = parts;
  const state: State = { isReady: false, worker: null };
  const store = openSqliteStore(environment.database, TIMER.now);
  opened(store.close);
  const queue = openQueue(environment.database);
  opened(queue.close);
  const metrics = createRequestMetrics(queue.counts);
  const operations = await operationsOf(parts, metrics, state);
  opened(() => operations?.close());
  const identity = knowIdentity(slackFor(environment, log, identityPatience), TIMER.now);
  await identity.check(log);
  opened(() => clusters.close?.());
  const jobs = waking(queue, state);
  const waiting = () => queue.counts().waiting;
  const pages = parts.pages === undefined ? null : pageListener(parts.pages, jobs, { waiting, log });
  const front = frontOf(parts, pages);
  const { botToken, apiUrl } = environment;
  const { receiver } = front;
  const app = createApp({ receiver, botToken, apiUrl, identity: identity.known, teams: settings.teams, log });
  timeRequests(app, metrics);
  const slack = slackFor(environment, log, listenerPatience);
  registerListeners(app, { queue: jobs, slack, now: TIMER.now, log });
  const ports = { slack, store, clusters, log, now: TIMER.now };
  const ownTeam = async () => (await identity.need()).team;
  registerOptions(app, { suggest: suggester({ settings, ports, ownTeam }), log });
  const worker = await parts.startWorker();
  state.worker = worker;
  opened(worker.stop);
  const port = await front.open();
  opened(front.close);
  const pagesPort = pages === null ? null : await openPages(parts, pages, opened);
  opened(watchFlows(settings, jobs, log));
  opened(startFollowTimer({ store, queue: jobs, now: TIMER.now, every, log }));
  state.isReady = true;
  opened(() => {
    state.isReady = false;
    log({ event: 'stopping', ...queue.counts() });
  });
  log({ event: 'ready', mode: parts.mode.kind, port, operations: operations?.port ?? null });
  return { port, operationsPort: operations?.port ?? null, pagesPort, queue };
}

/** The port of the pagers' own server; null: they come where Slack's requests come. */
async function openPages({ pages, log }: ServeParts, listener: PageListener, opened: Opened): Promise<number | null> {
  if (pages === undefined || pages.address === null) return null;
  const server = pageServer(listener, log);
  const port = await listenOn(server, pages.address);
  opened(() => {
    const closed = new Promise<void>(resolve => server.close(() => resolve()));
    server.closeAllConnections();
    return closed;
  });
  return port;
}

/** Calls again and again; returns what ends it. */
function every(milliseconds: number, run: () => void): () => void {
  const timer = setInterval(run, milliseconds);
  return () => clearInterval(timer);
}

/** Returns what ends it. */
function watchFlows({ watch = [] }: Settings, queue: Queue, log: Log): () => void {
  if (watch.length === 0) return () => undefined;
  return startWatchTimer({ watch, queue, now: TIMER.now, every, log });
}

/** What changes while it runs. */
type State = { isReady: boolean; worker: RunningWorker | null };

/** A queue whose worker is told of each job. */
function waking(queue: Queue, state: Readonly<State>): Queue {
  return {
    send: async (envelope, options) => {
      await queue.send(envelope, options);
      state.worker?.wake();
    },
  };
}

async function operationsOf({ operations }: ServeParts, metrics: RequestMetrics, state: Readonly<State>) {
  if (operations === null) return null;
  const text = async (): Promise<string> => `${await metrics.text()}\n${(await state.worker?.metrics()) ?? ''}`;
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
function frontOf({ mode, environment, log }: ServeParts, pages: PageListener | null) {
  if (mode.kind === 'http') {
    const front = httpFront({ signingSecret: environment.secret, log, pages });
    const { receiver, listen, close } = front;
    return { receiver, open: () => listen(mode.address), close: () => close(LAST_ANSWERS_MS) };
  }
  const { receiver, open, close } = socketFront({ appToken: environment.secret, apiUrl: environment.apiUrl, log });
  return { receiver, close, open: () => open().then(() => null) };
}
