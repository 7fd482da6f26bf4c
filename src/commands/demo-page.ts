/** The page of `egress demo`: until a signal ends it. */
import { readConfig } from '../config.ts';
import type { DemoCluster } from '../demo-page/demo.ts';
import { startDemo, storiesOf } from '../demo-page/demo.ts';
import { replayClusters } from '../demo-page/replay-clusters.ts';
import { FaultError, joined } from '../faults.ts';
import { shown } from '../hostname.ts';
import { jsonLog } from '../serve/log.ts';
import type { Log } from '../slack/logger.ts';
import { demoBundles } from './demo-bundles.ts';
import { loadTemplates } from './templates.ts';

/** Options of the command line that the page takes. */
export type PageOptions = {
  readonly live?: true;
  readonly port: string;
  readonly namespace?: string;
  readonly context?: string;
};

/** Serves the page, prints its address, and resolves when a signal has ended it. */
export async function openPage(options: PageOptions): Promise<void> {
  const ended = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.resolve());
  const log = quiet(jsonLog());
  const cluster = options.live ? await liveCluster(options, log) : replayedCluster();
  const demo = await startDemo({ cluster, templates: loadTemplates(), port: portOf(options.port), log });
  process.stdout.write(`egress demo: ${demo.url}\n${cluster.note}\nEnd it with Ctrl-C.\n`);
  await ended.promise;
  await demo.close();
  // A connection of a library may be open still.
  process.exit(0);
}

/** Where the captured pods are: what a question without a namespace means. */
const NAMESPACE = 'payments';

function replayedCluster(): DemoCluster {
  const named = demoBundles();
  const bundles = named.map(({ bundle }) => bundle);
  const wait = (milliseconds: number): Promise<void> => new Promise(resolve => setTimeout(resolve, milliseconds));
  return {
    name: bundles[0]?.question.cluster ?? 'captured',
    clusters: replayClusters({ bundles, wait }),
    namespace: NAMESPACE,
    note: 'Captured clusters, replayed with their real timings. What was not probed there is predicted, and says so; a flow that is followed is the same at each look.',
    stories: storiesOf(named, NAMESPACE),
  };
}

async function liveCluster({ namespace, context }: PageOptions, log: Log): Promise<DemoCluster> {
  const reading = readConfig(process.env);
  if (reading.kind === 'faults') throw new FaultError(joined(reading.faults));
  const { probeImage, timeoutMs, refuseRanges, namespace: botNamespace } = reading.config;
  const { chooseCluster } = await import('../cluster/kubeconfig.ts');
  const { liveClusters } = await import('../work/live-clusters.ts');
  // The context's own name: the commands that check an answer by hand have it in them.
  const { name, namespace: usual, inCluster } = chooseCluster(context ?? null, process.env);
  const clusters = liveClusters({
    clusters: [{ name, access: { kind: 'kubeconfig', context: inCluster ? null : name, asBot: false } }],
    botNamespace,
    probeImage,
    timeoutMs,
    refuseRanges,
    outside: true,
    files: { secret: noFile, eks: noFile },
    now: Date.now,
    log,
  });
  const note = 'Answers come from the cluster of KUBECONFIG: pods are probed for real.';
  return { name, clusters, namespace: namespace ?? usual, note, stories: [] };
}

/** The cluster of KUBECONFIG is not reached through AWS. */
function noFile(): Promise<never> {
  return Promise.reject(new Error('the demo writes no kubeconfig'));
}

/** Whoever looks at the page is not told of each job on the terminal; what goes wrong is. */
function quiet(log: Log): Log {
  return event => {
    if ('why' in event || event.level === 'error') log(event);
  };
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new FaultError({
    code: 'usage',
    what: `--port ${shown(text)} is no port.`,
    cause: 'A port is a whole number from 0 to 65535.',
    remedy: 'Leave it out for any free one.',
  });
}
