/** `egress serve`: Slack in one process, for a laptop or a Deployment. */
import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { type Fault, FaultError, joined } from '../faults.ts';
import { shown } from '../hostname.ts';
import type { Mode, ServeEnvironment } from '../serve/environment.ts';
import type { ListenAddress } from '../serve/listen.ts';
import type { Pages } from '../serve/page-front.ts';
import type { Settings } from '../settings/settings.ts';
import type { Log } from '../slack/logger.ts';
import type { ServeThreadData } from './serve-thread.ts';

type ServeOptions = {
  readonly socket?: true;
  readonly http?: string;
  readonly operations: string;
  readonly workers: string;
  readonly page?: string;
};

/** How long jobs may go on after a signal; Kubernetes kills after twice that (infra/kubernetes). */
const GRACE_MS = 30_000;
const MOST_WORKERS = 1000;

/** Adds `egress serve --socket | --http ADDRESS`. It runs until a signal ends it. */
export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .summary('answers in Slack, in one process')
    .description(
      'Answers in Slack. Environment: SLACK_BOT_TOKEN, SLACK_APP_TOKEN (--socket) or SLACK_SIGNING_SECRET (--http), EGRESS_CONFIG, KUBECONFIG, EGRESS_DATABASE.',
    )
    .option('--socket', 'open a socket to Slack: nothing has to be reachable from outside')
    .option('--http <address>', "listen for Slack's requests there, as in 0.0.0.0:3000 (/slack/events, /slack/options)")
    .option('--operations <address>', '/healthz, /readyz and /metrics; `none` for none', '127.0.0.1:9464')
    .option('--page <address>', 'listen for pagers there (/page/...); with --http they also come where Slack does')
    .option('--workers <count>', 'questions that are worked on at the same time', '16')
    .action(async (options: ServeOptions) => {
      const { readListenAddress } = await import('../serve/environment.ts');
      const mode = modeOf(options, readListenAddress);
      const operations = options.operations === 'none' ? null : readListenAddress(options.operations);
      const page = options.page === undefined ? null : readListenAddress(options.page);
      const workers = /^[1-9]\d{0,3}$/.test(options.workers) ? Number(options.workers) : 0;
      const faults = [
        ...(operations === null && options.operations !== 'none'
          ? [noAddress('--operations', options.operations)]
          : []),
        ...(page === null && options.page !== undefined ? [noAddress('--page', options.page)] : []),
        ...(workers < 1 || workers > MOST_WORKERS ? [noCount(options.workers)] : []),
      ];
      const installation = await readInstallation(mode.kind, faults);
      await run({ mode, operations, page, workers, ...installation });
    });
}

function modeOf(
  { socket, http }: ServeOptions,
  read: (text: string) => Extract<Mode, { kind: 'http' }>['address'] | null,
): Mode {
  if (socket && http === undefined) return { kind: 'socket' };
  if (socket || http === undefined) {
    throw new FaultError({
      code: 'usage',
      what: 'It is not said how Slack reaches the bot.',
      cause: socket ? 'Both --socket and --http are given.' : 'Neither --socket nor --http is given.',
      remedy: 'Give one of them: --socket needs no address, --http 0.0.0.0:3000 needs one that Slack can reach.',
    });
  }
  const address = read(http);
  if (address === null) throw new FaultError(noAddress('--http', http));
  return { kind: 'http', address };
}

type Installation = { readonly config: Config; readonly environment: ServeEnvironment; readonly settings: Settings };

/** Everything that the environment and the configuration file say; all that is wrong with them is one fault. */
async function readInstallation(mode: Mode['kind'], others: readonly Fault[]): Promise<Installation> {
  const { readConfig } = await import('../config.ts');
  const { readServeEnvironment } = await import('../serve/environment.ts');
  const { loadSettings } = await import('../settings/load-settings.ts');
  const config = readConfig(process.env);
  const environment = readServeEnvironment(process.env, mode);
  const settings = loadSettings(process.env.EGRESS_CONFIG);
  const secrets = settings.kind === 'settings' ? await missingSecrets(settings.settings) : [];
  if (
    config.kind === 'config' &&
    environment.kind === 'environment' &&
    settings.kind === 'settings' &&
    others.length + secrets.length === 0
  ) {
    return { config: config.config, environment: environment.environment, settings: settings.settings };
  }
  const faults = [config, environment, settings].flatMap(reading => (reading.kind === 'faults' ? reading.faults : []));
  throw new FaultError(joined([...others, ...faults, ...secrets]));
}

/** Of the pagers. */
async function missingSecrets({ paging }: Settings): Promise<readonly Fault[]> {
  if (paging === undefined) return [];
  const { secretsOf } = await import('../page/authenticate.ts');
  const { faultsOfSecrets } = await import('../page/open-targets.ts');
  return faultsOfSecrets(paging, secretsOf(process.env));
}

async function pagesOf({ paging, ...settings }: Settings, address: ListenAddress | null): Promise<Pages | undefined> {
  if (paging === undefined) return undefined;
  const { secretsOf } = await import('../page/authenticate.ts');
  const { fetchTexts } = await import('../page/fetch-text.ts');
  return { settings: { ...settings, paging }, secretOf: secretsOf(process.env), fetchText: fetchTexts(), address };
}

type Run = Installation & {
  readonly mode: Mode;
  readonly operations: ListenAddress | null;
  /** Of a server for pagers alone; null: none. */
  readonly page: ListenAddress | null;
  readonly workers: number;
};

/** Serves until a signal, or until something of ours fails where nobody expects it. */
async function run({ workers, page, ...parts }: Run): Promise<void> {
  const { config, environment, settings } = parts;
  const { jsonLog } = await import('../serve/log.ts');
  const { serve } = await import('../serve/serve.ts');
  const { threadWorker } = await import('../serve/thread.ts');
  const { serveClusters } = await import('./serve-clusters.ts');
  const log = jsonLog();
  const { ended, end } = endOfProcess(log);
  const workerData: ServeThreadData = { config, environment, settings, workers };
  const starting = serve({
    ...parts,
    clusters: serveClusters(config, settings, log),
    pages: await pagesOf(settings, page),
    startWorker: () =>
      threadWorker(new URL('./serve-thread.ts', import.meta.url), workerData, why => {
        log({ level: 'error', event: 'worker-ended', why });
        end({ code: 4, why: 'worker-ended' });
      }),
    log,
  });
  // A signal may come while Slack is down and there is no socket yet.
  const early = await Promise.race([starting.then(() => null), ended]);
  if (early !== null) {
    log({ event: 'ending', reason: early.why });
    process.exit(early.code);
  }
  const serving = await starting;
  const { code, why } = await ended;
  log({ event: 'ending', reason: why });
  await serving.stop(GRACE_MS);
  // A connection of a library may be open still: what had to end has ended.
  process.exit(code);
}

type End = { readonly code: number; readonly why: string };

/** The first reason to end. A second signal ends the process at once. */
function endOfProcess(log: Log): { readonly ended: Promise<End>; readonly end: (end: End) => void } {
  const { promise, resolve } = Promise.withResolvers<End>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(130));
      resolve({ code: 0, why: signal });
    });
  }
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log({ level: 'error', event, why: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      resolve({ code: 4, why: event });
    });
  }
  return { ended: promise, end: resolve };
}

function noAddress(option: string, text: string): Fault {
  return {
    code: 'usage',
    what: `${option} ${shown(text)} is no address.`,
    cause: 'An address to listen on is a host and a port.',
    remedy: `Write it as in ${option} 127.0.0.1:3000; 0.0.0.0 stands for all addresses of this machine.`,
  };
}

function noCount(text: string): Fault {
  return {
    code: 'usage',
    what: `--workers ${shown(text)} is not possible.`,
    cause: `It is a whole number from 1 to ${MOST_WORKERS}.`,
    remedy: 'Leave it out for 16.',
  };
}
