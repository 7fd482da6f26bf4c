import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalSlack, startLocalSlack } from '../../src/local-slack/start.ts';
import { type Account, type Gateway, openAccount, startGateway } from './account.ts';
import { unpack } from './packages.ts';
import { deploy, type LambdaFunction } from './runtime.ts';

/** The bot, deployed: the packaged zips under AWS's runtime, behind a gateway, with AWS's services and a Slack of our own. */
export type Deployed = {
  readonly slack: LocalSlack;
  readonly account: Account;
  readonly gateway: Gateway;
  readonly onCommand: LambdaFunction;
  readonly onOptions: LambdaFunction;
  readonly onJob: LambdaFunction;
  readonly onSweep: LambdaFunction;
  /** Whether bodies come in base64. */
  readonly encoding: { isBase64: boolean };
  /** Name of the secret that holds the kubeconfig. */
  readonly kubeconfigSecret: string;
  readonly close: () => Promise<void>;
};

/** Time-outs of serverless.yml. */
const TIMEOUT_MS = { onCommand: 10_000, onOptions: 10_000, onJob: 180_000, onSweep: 120_000 } as const;
type Name = keyof typeof TIMEOUT_MS;
const FILES: Readonly<Record<Name, string>> = {
  onCommand: 'on-command',
  onOptions: 'on-options',
  onJob: 'on-job',
  onSweep: 'on-sweep',
};

const WATCHED = {
  name: 'checkout-to-stripe',
  cluster: 'main',
  namespace: 'payments',
  pod: 'deploy/checkout',
  host: 'api.stripe.com',
  everyMinutes: 5,
  channel: 'C0INCIDENTS',
};

/** Deploys all functions but `onQuestion`; Ada may ask about everything. */
export async function deployBot(endpoint: string, kubeconfig: string): Promise<Deployed> {
  const folder = mkdtempSync(join(tmpdir(), 'egress-deployed-'));
  const slack = await startLocalSlack({ pace: null });
  const account = await openAccount(endpoint);
  const tokens = JSON.stringify({ botToken: slack.botToken, signingSecret: slack.signingSecret });
  const slackSecret = await account.putSecret('slack', tokens);
  const kubeconfigSecret = await account.putSecret('kubeconfig', kubeconfig);
  const config = join(folder, 'egress.config.yaml');
  const grants = [{ users: ['U0ADA'], clusters: ['*'], namespaces: ['*'], probe: true }];
  const clusters = [{ name: 'main', access: { kind: 'secret', secret: kubeconfigSecret } }];
  writeFileSync(config, JSON.stringify({ clusters, grants, watch: [WATCHED] }));
  const env = {
    ...account.env,
    EGRESS_SLACK_SECRET: slackSecret,
    EGRESS_CONFIG: config,
    EGRESS_IN_VPC: 'yes',
    SLACK_API_URL: slack.url,
    HOME: folder,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const start = async (name: Name): Promise<LambdaFunction> => {
    const handler = `src/handlers/${FILES[name]}.${name}`;
    return deploy({ folder: await unpack(name), handler, env, timeoutMs: TIMEOUT_MS[name] });
  };
  const [onCommand, onOptions, onJob, onSweep] = [
    await start('onCommand'),
    await start('onOptions'),
    await start('onJob'),
    await start('onSweep'),
  ];
  const encoding = { isBase64: false };
  const routes = { '/slack/events': onCommand, '/slack/options': onOptions };
  const gateway = await startGateway(routes, () => encoding.isBase64);
  slack.deliverTo({
    kind: 'http',
    requestUrl: `${gateway.url}/slack/events`,
    optionsUrl: `${gateway.url}/slack/options`,
  });
  return {
    slack,
    account,
    gateway,
    onCommand,
    onOptions,
    onJob,
    onSweep,
    encoding,
    kubeconfigSecret,
    close: async () => {
      await gateway.close();
      await Promise.all([onCommand, onOptions, onJob, onSweep].map(one => one.close()));
      await slack.close();
      account.close();
      rmSync(folder, { recursive: true });
    },
  };
}
