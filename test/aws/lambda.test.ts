import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parse } from 'yaml';
import { httpRequestOf, type Parcel, signatureOf } from '../../src/local-slack/delivery.ts';
import { type Deployed, deployBot } from './deployed.ts';
import { packOnce } from './packages.ts';

const BOT_TOKEN = 'secret-token-of-the-bot';

let bot: Deployed;
/** Where nobody listens. */
let server = '';

beforeAll(async () => {
  await packOnce();
  server = await deadAddress();
  bot = await deployBot(inject('awsEndpoint'), kubeconfigOf(server));
}, 1_200_000);
afterAll(() => bot.close());

/** A port of this machine that was free a moment ago. */
async function deadAddress(): Promise<string> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  return `127.0.0.1:${port}`;
}

function kubeconfigOf(address: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: `https://${address}` } }],
    users: [{ name: 'u', user: { token: BOT_TOKEN } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'c',
  });
}

const CHANNEL = 'C0INCIDENTS';

const command = (text: string, user = 'U0ADA') =>
  bot.slack.command({ user, channel: CHANNEL, command: '/egress', text });

/** Everything in the channel, as text and blocks. */
const said = (): string =>
  [...bot.slack.state.messages.values()].map(({ text, blocks }) => `${text} ${JSON.stringify(blocks)}`).join('\n');
const ephemerals = (): string => JSON.stringify(bot.slack.state.ephemerals);

/** No token, signature or address to post to is in any log. */
function expectCleanLogs(): void {
  for (const { log } of [bot.onCommand, bot.onOptions, bot.onJob, bot.onSweep]) {
    for (const secret of [bot.slack.botToken, bot.slack.signingSecret, BOT_TOKEN, 'v0=', 'response_url']) {
      expect(log()).not.toContain(secret);
    }
  }
}

describe('the packaged functions under AWS Lambda’s own runtime', () => {
  test('a command is acknowledged, kept, and answered in its thread: here that the cluster cannot be reached', async () => {
    expect(await command('payments/billing-pod api.stripe.com'), bot.onCommand.log()).toMatchObject({ kind: 'acked' });
    await bot.account.drain(bot.onJob, () => said().includes(server));
    expect(said(), bot.onJob.log()).toContain(`The API server https://${server} could not be reached.`);
    expect(said()).not.toContain(BOT_TOKEN);
    // Four attempts, then for good: the thread was told, and an alarm tells the operators.
    expect(await bot.account.deadLetters()).toBe(1);
    expectCleanLogs();
  });

  test('somebody without a grant is refused, with the line that would allow it', async () => {
    await command('payments/billing-pod api.stripe.com', 'U0EVE');
    const line = 'users: [U0EVE], clusters: [main], namespaces: [payments], probe: true';
    await bot.account.drain(bot.onJob, () => (said() + ephemerals()).includes(line));
    expect(said() + ephemerals(), bot.onJob.log()).toContain(line);
  });

  test('a command without a host opens the form, on a cold start too', async () => {
    bot.onCommand.kill();
    expect(await command('billing-pod'), bot.onCommand.log()).toMatchObject({ kind: 'acked' });
    expect(bot.slack.state.views.get('U0ADA')?.at(-1)?.view).toMatchObject({ callback_id: 'egress.ask' });
  });

  test.each([true, false])('"café" is understood (body in base64: %s)', async isBase64 => {
    bot.encoding.isBase64 = isBase64;
    expect(await command('café api.stripe.com'), bot.onCommand.log()).toMatchObject({ kind: 'acked' });
    expect(ephemerals()).toContain('café');
    bot.encoding.isBase64 = false;
  });

  test('the type-ahead answers, though the cluster does not: with what was typed', async () => {
    await command('billing-pod');
    const view = bot.slack.state.views.get('U0ADA')?.at(-1)?.id ?? '';
    const where = { kind: 'view', id: view } as const;
    const type = () => bot.slack.suggest({ user: 'U0ADA', where, actionId: 'egress.ask.pod', text: 'billing' });
    // On a busy machine its first start may outlast Slack's 3 s; each further letter asks again.
    await expect
      .poll(type, { timeout: 60_000, message: bot.onOptions.log() })
      .toMatchObject({ kind: 'options', options: [{ value: 'billing' }] });
  });

  test('the sweep fails, says at what, and removes nothing, while the cluster cannot be reached', async () => {
    const swept = await bot.onSweep.invoke({});
    expect(swept.kind).toBe('failed');
    expect(bot.onSweep.log()).toMatch(/"event":"chore-failed","chore":"orphans","cluster":"main"/);
    // What needs no cluster is done all the same.
    expect(bot.onSweep.log()).toMatch(/"event":"chore-done","chore":"follow-ups","cluster":null/);
    // Three looks of five minutes until the next sweep, and perhaps that of a minute ago.
    expect(bot.onSweep.log()).toMatch(
      /"event":"chore-done","chore":"watch","cluster":null,"result":"\{\\"looks\\":[34]\}"/,
    );
    expectCleanLogs();
  });

  test('what has run so far stays below the memory that it is given', () => {
    const { functions } = parse(readFileSync(SERVERLESS, 'utf8'), { logLevel: 'silent' }) as {
      readonly functions: Readonly<Record<string, { readonly memorySize: number }>>;
    };
    const { onCommand, onOptions, onJob, onSweep } = bot;
    for (const [name, { peakMemory }] of Object.entries({ onCommand, onOptions, onJob, onSweep })) {
      const most = functions[name]?.memorySize ?? 0;
      process.stdout.write(`${name}: at most ${Math.round(peakMemory() ?? 0)} of ${most} MB\n`);
      expect(peakMemory(), name).toBeLessThan(most);
    }
  });
});

const SERVERLESS = new URL('../../serverless.yml', import.meta.url);

const PARCEL: Parcel = {
  type: 'slash_commands',
  payload: {
    command: '/egress',
    text: 'payments/billing-pod api.stripe.com',
    user_id: 'U0ADA',
    team_id: 'T0LOCAL',
    channel_id: CHANNEL,
    trigger_id: '1.2.fixed',
    response_url: 'http://127.0.0.1:1/response_url',
  },
  retry: null,
};

type Sent = { readonly headers: Record<string, string>; readonly body: string | Buffer };

/** A request as Slack sends it, but for what `change` does to it; its status. */
async function send(change: (sent: Sent) => Sent, parcel: Parcel = PARCEL, nowMs = Date.now()): Promise<number> {
  const { headers, body } = httpRequestOf(parcel, bot.slack.signingSecret, nowMs);
  const changed = change({ headers: { ...headers }, body });
  const response = await fetch(`${bot.gateway.url}/slack/events`, {
    method: 'POST',
    headers: changed.headers,
    body: typeof changed.body === 'string' ? changed.body : new Uint8Array(changed.body),
  });
  return response.status;
}

/** The same request with another body, signed as Slack would. */
const withBody =
  (body: string | Buffer, type = 'application/json') =>
  ({ headers }: Sent): Sent => {
    const time = Number(headers['x-slack-request-timestamp']);
    const signature = signatureOf(bot.slack.signingSecret, time, body as string);
    return { headers: { ...headers, 'content-type': type, 'x-slack-signature': signature }, body };
  };

const withHeader =
  (name: string, value: string) =>
  ({ headers, body }: Sent): Sent => ({ headers: { ...headers, [name]: value }, body });

describe('a request that is not as Slack sends it', () => {
  test.each([
    ['with a wrong signature', withHeader('x-slack-signature', `v0=${'0'.repeat(64)}`), 401],
    ['with a signature of another length', withHeader('x-slack-signature', 'v0=00'), 401],
    ['without a signature', withHeader('x-slack-signature', ''), 401],
    ['without a time', withHeader('x-slack-request-timestamp', ''), 401],
    ['whose body was changed', ({ headers, body }: Sent): Sent => ({ headers, body: `${body}x` }), 401],
    ['that is no JSON', withBody('{"type":'), 400],
    ['that is JSON and no object', withBody('7'), 400],
    ['that is empty', withBody('', 'application/x-www-form-urlencoded'), 400],
    ['whose payload is no JSON', withBody('payload=%7B', 'application/x-www-form-urlencoded'), 400],
    ['of another content type', withBody('<xml/>', 'text/xml'), 415],
    ['of more than a megabyte', withBody(`{"a":"${'x'.repeat(1_000_000)}"}`), 413],
  ] satisfies readonly (readonly [string, (sent: Sent) => Sent, number])[])(
    '%s is refused with its status, and logged without its body',
    async (_rule, change, status) => {
      expect(await send(change), bot.onCommand.log()).toBe(status);
      expect(bot.onCommand.log()).toContain(`"event":"request-refused","statusCode":${status}`);
      expectCleanLogs();
    },
  );

  test.each([
    ['of six minutes ago', -360_000],
    ['of six minutes to come', 360_000],
  ])('%s is refused, though it is signed', async (_rule, offsetMs) => {
    expect(await send(sent => sent, PARCEL, Date.now() + offsetMs)).toBe(401);
  });

  test('of a workspace that is not known is refused', async () => {
    const foreign = { ...PARCEL, payload: { ...PARCEL.payload, team_id: 'T0OTHER', trigger_id: '9.9' } };
    const status = await send(sent => sent, foreign);
    expect(status, bot.onCommand.log()).toBe(401);
  });

  test('but was sent twice is acknowledged twice and answered once', async () => {
    const before = bot.slack.state.messages.size;
    expect(await send(sent => sent)).toBe(200);
    expect(await send(sent => sent)).toBe(200);
    const done = (): number => bot.onJob.log().split('"event":"job-ends","id":"cmd:1.2.fixed"').length - 1;
    let invocations = 0;
    await bot.account.drain(bot.onJob, () => {
      invocations += 1;
      return done() >= 1 && invocations > 12;
    });
    const roots = [...bot.slack.state.messages.values()].slice(before).filter(({ threadTs }) => threadTs === null);
    expect(roots, bot.onJob.log()).toHaveLength(1);
  });
});
