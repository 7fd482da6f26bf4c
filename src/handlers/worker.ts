/** What the functions that ask clusters share: settings, store, clusters, Slack. */
import { setTimeout as wait } from 'node:timers/promises';
import { writeEksKubeconfig } from '../cloud/eks-cluster.ts';
import { cloudEnvironment } from '../cloud/environment.ts';
import { writeKubeconfig } from '../cloud/kubeconfig-secret.ts';
import { fetchFromAws, keepSecrets } from '../cloud/secrets.ts';
import { identityOf, slackPorts } from '../cloud/slack-ports.ts';
import { readSlackSecret, type SlackSecret } from '../cloud/slack-secret.ts';
import { type Config, readConfig } from '../config.ts';
import { FaultError, joined } from '../faults.ts';
import { sqsQueue } from '../queue/sqs-queue.ts';
import { loadSettings } from '../settings/load-settings.ts';
import type { Settings } from '../settings/settings.ts';
import type { Log } from '../slack/logger.ts';
import { SLACK_URL } from '../slack/web-api.ts';
import { openDynamoStore } from '../store/dynamo-store.ts';
import type { KubeconfigFiles } from '../work/connections.ts';
import { type LiveClusters, liveClusters } from '../work/live-clusters.ts';
import type { WorkPorts } from '../work/ports.ts';

/** How long a worker asks Slack again; after that the job comes back later. */
const SLACK_PATIENCE_MS = 20_000;

/** Where Slack is. */
export const apiUrl = process.env.SLACK_API_URL || SLACK_URL;
const fetchSlackSecret = keepSecrets(fetchFromAws, Date.now);
/** Whose token it is. */
export const slackIdentity = identityOf(apiUrl);

/** The configuration, read with the first event: a fault of it is an answer and not a crash at the start. */
export function installation(): { readonly config: Config; readonly settings: Settings } {
  const config = readConfig(process.env);
  const settings = loadSettings(process.env.EGRESS_CONFIG);
  const faults = [
    ...(config.kind === 'faults' ? config.faults : []),
    ...(settings.kind === 'faults' ? settings.faults : []),
  ];
  if (config.kind === 'faults' || settings.kind === 'faults') throw new FaultError(joined(faults));
  return { config: config.config, settings: settings.settings };
}

/** Where a cluster's kubeconfig comes from in AWS: its secret, or EKS itself. */
export const KUBECONFIG_FILES: KubeconfigFiles = {
  secret: name => writeKubeconfig(name),
  eks: (clusterName, region) => writeEksKubeconfig(clusterName, region, process.env),
};

/** The clusters of the settings; connections are kept from one event to the next. */
export function cloudClusters({ config, settings }: ReturnType<typeof installation>, log: Log): LiveClusters {
  return liveClusters({
    clusters: settings.clusters,
    botNamespace: config.namespace,
    files: KUBECONFIG_FILES,
    now: Date.now,
    probeImage: config.probeImage,
    timeoutMs: config.timeoutMs,
    refuseRanges: config.refuseRanges,
    // What a VPC's own routes reach says nothing about a laptop's view.
    outside: !process.env.EGRESS_IN_VPC,
    log,
  });
}

/** The secret with Slack's tokens, as it is now. */
export function slackTokens(): Promise<SlackSecret> {
  const { slackSecret } = cloudEnvironment(process.env, ['slackSecret']);
  return readSlackSecret(slackSecret, fetchSlackSecret);
}

/** The world of a worker, and the workspace of the bot. */
export type CloudPorts = { readonly ports: WorkPorts; readonly ownTeam: () => Promise<string> };

/** Makes it for one token of Slack's. */
export function cloudPorts(botToken: string, clusters: LiveClusters, log: Log): CloudPorts {
  const { table, queueUrl } = cloudEnvironment(process.env, ['table', 'queueUrl']);
  const ports: WorkPorts = {
    slack: slackPorts({ botToken, apiUrl, log, patienceMs: SLACK_PATIENCE_MS }),
    store: openDynamoStore({ table }, Date.now),
    queue: sqsQueue({ url: queueUrl }),
    clusters,
    now: Date.now,
    wait: milliseconds => wait(milliseconds),
    log,
  };
  return { ports, ownTeam: async () => (await slackIdentity(botToken))?.team ?? '' };
}
