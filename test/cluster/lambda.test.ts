import { afterAll, beforeAll, expect, test } from 'vitest';
import { rotateSecret } from '../../src/cloud/rotate.ts';
import { tokenLife } from '../../src/cloud/token-life.ts';
import { chooseCluster } from '../../src/cluster/kubeconfig.ts';
import { mintToken } from '../../src/cluster/tokens.ts';
import { type Deployed, deployBot } from '../aws/deployed.ts';
import { type Moto, startMoto } from '../aws/moto.ts';
import { packOnce } from '../aws/packages.ts';
import { create, dropNamespace, namespace, networkPolicy, pod, waitForPods } from './cluster.ts';
import { installBot } from './install.ts';
import { client } from './probe-cluster.ts';

const NS = 'lambda-question';
const DENY_ALL = { podSelector: {}, policyTypes: ['Egress'] };

let moto: Moto;
let bot: Deployed;
let identity = '';

/** What infra/aws/README.md has somebody put into the secret: a kubeconfig of egress-bot. */
async function kubeconfigOfBot(): Promise<string> {
  const { cluster } = chooseCluster(null, process.env);
  const admin = client();
  const token = await mintToken(admin, 'egress-system', 'egress-bot', 3600).finally(() => admin.close());
  const authority = cluster.caData ?? null;
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'lab',
        cluster: {
          server: cluster.server,
          ...(authority === null ? {} : { 'certificate-authority-data': authority }),
          ...(cluster.caFile === undefined ? {} : { 'certificate-authority': cluster.caFile }),
        },
      },
    ],
    users: [{ name: 'egress-bot', user: { token } }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'egress-bot' } }],
    'current-context': 'lab',
  });
}

beforeAll(async () => {
  await dropNamespace(NS);
  await create(namespace(NS), pod(NS, 'billing'), networkPolicy(NS, 'deny-all-egress', DENY_ALL));
  await installBot(NS);
  identity = await kubeconfigOfBot();
  moto = await startMoto();
  await packOnce();
  bot = await deployBot(moto.url, identity);
  await waitForPods(NS);
}, 1_500_000);

afterAll(async () => {
  await bot.close();
  await moto.close();
  await dropNamespace(NS);
});

const CHANNEL = 'C0INCIDENTS';

const thread = (): string =>
  [...bot.slack.state.messages.values()].map(({ text, blocks }) => `${text} ${JSON.stringify(blocks)}`).join('\n');

test('the packaged functions answer a signed command in its thread, from the cluster, with tokens of the bot alone', {
  timeout: 300_000,
}, async () => {
  const typed = { user: 'U0ADA', channel: CHANNEL, command: '/egress', text: `${NS}/billing api.stripe.com` };
  expect(await bot.slack.command(typed), bot.onCommand.log()).toMatchObject({ kind: 'acked' });
  await bot.account.drain(bot.onJob, () => /"event":"job-ends"/.test(bot.onJob.log()));
  expect(thread(), bot.onJob.log()).toContain(`NetworkPolicy ${NS}/deny-all-egress`);
  const messages = [...bot.slack.state.messages.values()];
  const roots = messages.filter(({ threadTs }) => threadTs === null);
  expect(roots).toHaveLength(1);
  expect(messages.length - roots.length).toBeGreaterThan(2);
  // The picture of the path was drawn with the fonts of the package.
  expect([...bot.slack.state.files.values()].map(({ name }) => name).join(' '), bot.onJob.log()).toMatch(/\.png/);
});

test('the sweep finds the cluster, and leaves a young token as it is', { timeout: 180_000 }, async () => {
  const swept = await bot.onSweep.invoke({});
  expect(swept, bot.onSweep.log()).toMatchObject({ kind: 'returned' });
  expect(bot.onSweep.log()).toMatch(/"event":"chore-done","chore":"orphans"/);
  expect(bot.onSweep.log()).toMatch(/It is renewed after/);
  expect(await bot.account.secret(bot.kubeconfigSecret)).toBe(identity);
});

test("the bot's own token renews itself, and the new one works for the next time", { timeout: 180_000 }, async () => {
  let text = identity;
  const secrets = {
    fetch: async () => text,
    put: async (_name: string, value: string) => {
      text = value;
    },
  };
  const life = tokenLife(identity);
  if (life.kind !== 'token') throw new Error(life.why);
  const renewal = { namespace: 'egress-system', nowMs: life.expiresAtMs - 1, secrets };
  expect(await rotateSecret('s', renewal)).toMatchObject({ kind: 'renewed' });
  const first = text;
  expect(first).not.toBe(identity);
  const next = tokenLife(first);
  if (next.kind !== 'token') throw new Error(next.why);
  expect(await rotateSecret('s', { ...renewal, nowMs: next.expiresAtMs - 1 })).toMatchObject({ kind: 'renewed' });
});
