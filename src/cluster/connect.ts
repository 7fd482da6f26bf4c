/** Opens the connection to one cluster, as the caller or with the bot's ten-minute tokens. */
import { FaultError } from '../faults.ts';
import { faultOfAnswer } from './api-faults.ts';
import { type ApiClient, createApiClient } from './client.ts';
import { asRecord, textOf } from './json.ts';
import { type ClusterChoice, chooseCluster, withToken } from './kubeconfig.ts';
import { BOT_NAMESPACE, mintToken } from './tokens.ts';

/** Which cluster, and as whom. */
export type ConnectOptions = {
  /** Name of the kubeconfig context; null: the current one. */
  readonly context: string | null;
  /** Reads and probes only with tokens of the bot's accounts. Always so inside a cluster. */
  readonly asBot: boolean;
  /** Namespace of the bot's accounts and pods; default: the one that infra/kubernetes creates. */
  readonly botNamespace?: string;
  /** Milliseconds that one call may take, body included. */
  readonly timeoutMs?: number;
  /** Default: the process's own. */
  readonly environment?: NodeJS.ProcessEnv;
};

/** One cluster and who asks it. As the caller all three clients are the same one. */
export type Connection = {
  readonly reader: ApiClient;
  readonly prober: ApiClient;
  /** Sends server-side dry runs and nothing else: the reader, whose real writes an admission policy refuses. */
  readonly dryRunner: ApiClient;
  readonly clusterName: string;
  readonly serverUrl: string;
  readonly serverVersion: string | null;
  /** Namespace of the kubeconfig's context. */
  readonly defaultNamespace: string;
  /** Namespace of the bot's accounts and pods. */
  readonly botNamespace: string;
  readonly asBot: boolean;
  /** Closes idle connections, so that the process can end at once. */
  readonly close: () => Promise<void>;
};

/** Ten times what a slow API server takes for a page of 500 pods. */
const TIMEOUT_MS = 10_000;

/** Connects, or throws a FaultError with cause and remedy: no cluster, no such context, no answer, no credentials. */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const choice = chooseCluster(options.context, options.environment ?? process.env);
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const botNamespace = options.botNamespace ?? BOT_NAMESPACE;
  const asBot = options.asBot || choice.inCluster;
  const caller = createApiClient(choice.kubeConfig, asBot ? 'bot' : 'caller', timeoutMs);
  const serverVersion = await readVersion(caller, choice.cluster.server);
  const clients = asBot
    ? await mintClients(caller, { choice, botNamespace, timeoutMs })
    : { reader: caller, prober: caller };
  return {
    ...clients,
    dryRunner: clients.reader,
    clusterName: choice.name,
    serverUrl: choice.cluster.server,
    serverVersion,
    defaultNamespace: choice.namespace,
    botNamespace,
    asBot,
    close: async () => {
      await Promise.all([...new Set([caller, clients.reader, clients.prober])].map(client => client.close()));
    },
  };
}

type Minting = { readonly choice: ClusterChoice; readonly botNamespace: string; readonly timeoutMs: number };

async function mintClients(caller: ApiClient, minting: Minting): Promise<{ reader: ApiClient; prober: ApiClient }> {
  const { choice, botNamespace, timeoutMs } = minting;
  const mint = async (
    account: 'egress-reader' | 'egress-prober',
    identity: 'reader' | 'prober',
  ): Promise<ApiClient> => {
    const token = await mintToken(caller, botNamespace, account);
    return createApiClient(withToken(choice.cluster, token, account), identity, timeoutMs);
  };
  const [reader, prober] = await Promise.all([mint('egress-reader', 'reader'), mint('egress-prober', 'prober')]);
  return { reader, prober };
}

/** The first call: whoever may not even ask for the version (403) may still read pods, so only that is let pass. */
async function readVersion(client: ApiClient, server: string): Promise<string | null> {
  const answer = await client.send({ method: 'GET', path: '/version' });
  if (answer.kind === 'ok') return textOf(asRecord(answer.body).gitVersion) || null;
  if (answer.kind === 'refused' && answer.status === 403) return null;
  throw new FaultError(faultOfAnswer(answer, 'read its version', server));
}
