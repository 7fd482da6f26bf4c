/** `onSweep`: what nobody asks for and has to be done all the same, on a schedule: orphans removed, tokens renewed, flows watched and followed. */
import type { Context } from 'aws-lambda';
import { cloudEnvironment } from '../cloud/environment.ts';
import { functionLog } from '../cloud/log.ts';
import { putToAws, rotateSecret } from '../cloud/rotate.ts';
import { fetchFromAws } from '../cloud/secrets.ts';
import { sweepOrphans } from '../cluster/sweep.ts';
import type { Config } from '../config.ts';
import { FaultError } from '../faults.ts';
import { sqsQueue } from '../queue/sqs-queue.ts';
import type { ClusterSettings, Settings } from '../settings/settings.ts';
import { openDynamoStore } from '../store/dynamo-store.ts';
import { keepConnections } from '../work/connections.ts';
import { sweepFollows } from '../work/follow-sweep.ts';
import { sendUpcomingLooks } from '../work/watch-upcoming.ts';
import { installation, KUBECONFIG_FILES } from './worker.ts';

const { log, begin } = functionLog();

/** One chore, at one cluster or (null) at none; what it returns is logged. */
type Chore = { readonly name: string; readonly cluster: string | null; readonly run: () => Promise<unknown> };

/**
 * Does every chore, whatever becomes of the others, and throws when one of them failed: that is what the alarm looks at. A sweep
 * that failed is done by the next one.
 */
export async function onSweep(_event: unknown, context: Pick<Context, 'awsRequestId'>): Promise<void> {
  begin(context.awsRequestId);
  const { config, settings } = installation();
  const connections = keepConnections({
    clusters: settings.clusters,
    botNamespace: config.namespace,
    files: KUBECONFIG_FILES,
    now: Date.now,
  });
  const orphans = settings.clusters.map(({ name }): Chore => {
    const run = () =>
      connections.with(name, ({ reader, prober }) =>
        sweepOrphans({ reader, prober, namespaces: [config.namespace] }, Date.now()),
      );
    return { name: 'orphans', cluster: name, run };
  });
  const tokens = settings.clusters.flatMap(cluster => rotationOf(cluster, config));
  const looks = [...watchesOf(settings), FOLLOWED];
  try {
    // Tokens first: a sweep needs one that works.
    const failed = [...(await runAll([...tokens, ...looks])), ...(await runAll(orphans))];
    const count = tokens.length + looks.length + orphans.length;
    if (failed.length > 0) throw new Error(`${failed.length} of ${count} chores failed: ${failed.join(', ')}`);
  } finally {
    await connections.close();
  }
}

function rotationOf({ name, access }: ClusterSettings, { namespace }: Config): readonly Chore[] {
  if (access.kind !== 'secret') return [];
  const secrets = { fetch: fetchFromAws, put: putToAws };
  const run = () => rotateSecret(access.secret, { namespace, nowMs: Date.now(), secrets });
  return [{ name: 'token', cluster: name, run }];
}

/** The looks that are due until the next sweep, as jobs that wait in the queue. */
function watchesOf({ watch }: Settings): readonly Chore[] {
  if (watch === undefined || watch.length === 0) return [];
  const run = () => {
    const { queueUrl } = cloudEnvironment(process.env, ['queueUrl']);
    return sendUpcomingLooks(sqsQueue({ url: queueUrl }), watch, Date.now());
  };
  return [{ name: 'watch', cluster: null, run }];
}

/** Looks at followed flows that got lost are sent again. */
const FOLLOWED: Chore = {
  name: 'follow-ups',
  cluster: null,
  run: () => {
    const { table, queueUrl } = cloudEnvironment(process.env, ['table', 'queueUrl']);
    return sweepFollows(openDynamoStore({ table }, Date.now), sqsQueue({ url: queueUrl }), Date.now());
  },
};

/** The names of those that failed. */
async function runAll(chores: readonly Chore[]): Promise<readonly string[]> {
  const failed = await Promise.all(
    chores.map(async ({ name, cluster, run }) => {
      try {
        log({ event: 'chore-done', chore: name, cluster, result: await run() });
        return [];
      } catch (error) {
        const why = error instanceof FaultError ? error.message : String(error);
        log({ level: 'error', event: 'chore-failed', chore: name, cluster, why });
        return [cluster === null ? name : `${name} of ${cluster}`];
      }
    }),
  );
  return failed.flat();
}
