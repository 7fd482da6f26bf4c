/** Connections to the clusters of the configuration, kept while the ten-minute tokens in them live. */
import { type Connection, connect } from '../cluster/connect.ts';
import { FaultError } from '../faults.ts';
import type { ClusterAccess, ClusterSettings } from '../settings/settings.ts';

/** Writes the kubeconfig of a cluster that is reached through AWS to a file of this process and names it. */
export type KubeconfigFiles = {
  readonly secret: (secret: string) => Promise<string>;
  readonly eks: (clusterName: string, region: string) => Promise<string>;
};

/** Which clusters there are, and how those behind AWS are got at. */
export type ConnectionOptions = {
  readonly clusters: readonly ClusterSettings[];
  /** Namespace of the bot's accounts and pods. */
  readonly botNamespace: string;
  readonly files: KubeconfigFiles;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Default: `cluster/connect.ts`. */
  readonly connect?: typeof connect;
};

/** The connections of one process. */
export type Connections = {
  /**
   * Does the work with a connection to this cluster. Where a kept one turns out to be of no use (its token was revoked, the
   * API server has moved), the work is done once more with a new one.
   */
  readonly with: <Value>(cluster: string, work: (connection: Connection) => Promise<Value>) => Promise<Value>;
  readonly close: () => Promise<void>;
};

/** Tokens live ten minutes; two are left for the question that gets the connection last. */
const KEPT_FOR_MS = 480_000;

type Kept = { readonly connection: Promise<Connection>; readonly untilMs: number; users: number; isOver: boolean };

/** Keeps them. A connection is closed once it is over and nobody uses it. */
export function keepConnections(options: ConnectionOptions): Connections {
  const kept = new Map<string, Kept>();
  const retire = (cluster: string, one: Kept): void => {
    if (kept.get(cluster) === one) kept.delete(cluster);
    one.isOver = true;
    if (one.users === 0) void closeQuietly(one);
  };
  const take = (cluster: string): { readonly one: Kept; readonly isNew: boolean } => {
    const found = kept.get(cluster);
    if (found !== undefined && found.untilMs > options.now()) return { one: found, isNew: false };
    if (found !== undefined) retire(cluster, found);
    const untilMs = options.now() + KEPT_FOR_MS;
    const one: Kept = { connection: connectTo(options, cluster), untilMs, users: 0, isOver: false };
    kept.set(cluster, one);
    return { one, isNew: true };
  };
  const use = async <Value>(cluster: string, work: (connection: Connection) => Promise<Value>): Promise<Value> => {
    const { one, isNew } = take(cluster);
    one.users += 1;
    try {
      const connection = await one.connection.catch((error: unknown) => {
        // Nobody can use it: the next one tries again.
        retire(cluster, one);
        throw error;
      });
      return await work(connection);
    } catch (error) {
      if (isNew || !isOfTheConnection(error)) throw error;
      retire(cluster, one);
      return await use(cluster, work);
    } finally {
      one.users -= 1;
      if (one.isOver && one.users === 0) void closeQuietly(one);
    }
  };
  return {
    with: use,
    close: async () => {
      const all = [...kept.values()];
      kept.clear();
      await Promise.all(all.map(closeQuietly));
    },
  };
}

/** Credentials that are no longer accepted, or an API server that is no longer there. */
function isOfTheConnection(error: unknown): boolean {
  return (
    error instanceof FaultError && (error.fault.code === 'forbidden' || error.fault.code === 'cluster-unreachable')
  );
}

async function closeQuietly({ connection }: Kept): Promise<void> {
  await connection.then(one => one.close()).catch(() => undefined);
}

async function connectTo(options: ConnectionOptions, cluster: string): Promise<Connection> {
  const settings = options.clusters.find(({ name }) => name === cluster);
  if (settings === undefined) {
    throw new FaultError({
      code: 'usage',
      what: `There is no cluster ${cluster}.`,
      cause: `Configured are ${options.clusters.map(({ name }) => name).join(', ')}.`,
      remedy: 'Name one of them with --cluster.',
    });
  }
  const { botNamespace } = options;
  const connection = await (options.connect ?? connect)({
    ...(await credentialsOf(settings.access, options.files)),
    botNamespace,
  });
  // People know it by the name in the configuration, whatever a kubeconfig calls it.
  return { ...connection, clusterName: cluster };
}

type Credentials = Pick<Parameters<typeof connect>[0], 'context' | 'asBot' | 'environment'>;

async function credentialsOf(access: ClusterAccess, files: KubeconfigFiles): Promise<Credentials> {
  const fromFile = (file: string) => ({ context: null, asBot: true, environment: { KUBECONFIG: file } });
  switch (access.kind) {
    case 'kubeconfig':
      return { context: access.context, asBot: access.asBot, environment: process.env };
    case 'in-cluster':
      // Without KUBECONFIG and without a home there is nothing but the pod's own account.
      return { context: null, asBot: true, environment: { ...process.env, KUBECONFIG: '', HOME: '/nonexistent' } };
    case 'secret':
      return fromFile(await files.secret(access.secret));
    case 'eks':
      return fromFile(await files.eks(access.clusterName, access.region));
    default:
      return access satisfies never;
  }
}
