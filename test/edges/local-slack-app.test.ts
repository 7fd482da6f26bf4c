/** The local Slack and a real Bolt app talk to each other, by HTTP and in Socket Mode. */
import { createServer } from 'node:http';
import { App, HTTPReceiver, LogLevel, SocketModeReceiver } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import { afterEach, describe, expect, test } from 'vitest';
import { type Delivered, httpRequestOf, type Parcel } from '../../src/local-slack/delivery.ts';
import { type LocalSlack, type LocalSlackOptions, startLocalSlack } from '../../src/local-slack/start.ts';
import { handClock } from '../fakes/hand-clock.ts';

const INCIDENTS = 'C0INCIDENTS';
const ADA = 'U0ADA';
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

type Setup = (app: App) => void;
type Told = { readonly parcel: Parcel; readonly delivered: Delivered };
type Running = {
  readonly slack: LocalSlack;
  readonly app: App;
  readonly told: readonly Told[];
  readonly requestUrl: string;
};

async function startSlack(options: LocalSlackOptions): Promise<{ slack: LocalSlack; told: Told[] }> {
  const told: Told[] = [];
  const onDelivered = (parcel: Parcel, delivered: Delivered) => void told.push({ parcel, delivered });
  const slack = await startLocalSlack({ pace: null, onDelivered, ...options });
  cleanups.push(slack.close);
  return { slack, told };
}

function appOf(slack: LocalSlack, receiver: HTTPReceiver | SocketModeReceiver, setup: Setup): App {
  const { botToken } = slack;
  const authorize = async () => ({ botToken, botId: 'B0EGRESS', botUserId: 'U0EGRESS' });
  const clientOptions = { slackApiUrl: slack.url, retryConfig: { retries: 0 } };
  const app = new App({
    authorize,
    receiver,
    clientOptions,
    tokenVerificationEnabled: false,
    logLevel: LogLevel.ERROR,
  });
  app.error(async () => undefined);
  setup(app);
  return app;
}

async function overHttp(setup: Setup, options: LocalSlackOptions = {}): Promise<Running> {
  const { slack, told } = await startSlack(options);
  const receiver = new HTTPReceiver({ signingSecret: slack.signingSecret, logLevel: LogLevel.ERROR });
  const app = appOf(slack, receiver, setup);
  const server = await receiver.start({ port: 0, host: '127.0.0.1' } as never);
  cleanups.push(async () => {
    server.closeAllConnections();
    await receiver.stop();
  });
  const { port } = server.address() as { port: number };
  const requestUrl = `http://127.0.0.1:${port}/slack/events`;
  slack.deliverTo({ kind: 'http', requestUrl, optionsUrl: null });
  return { slack, app, told, requestUrl };
}

async function overSocket(setup: Setup): Promise<Running> {
  const { slack, told } = await startSlack({});
  const receiver = new SocketModeReceiver({
    appToken: slack.appToken,
    logLevel: LogLevel.ERROR,
    installerOptions: { clientOptions: { slackApiUrl: slack.url } },
    clientPingTimeout: 50,
  } as never);
  const app = appOf(slack, receiver, setup);
  await receiver.start();
  cleanups.push(() => receiver.stop());
  slack.deliverTo({ kind: 'socket' });
  return { slack, app, told, requestUrl: '' };
}

const modal: ModalView = {
  type: 'modal',
  callback_id: 'ask',
  title: { type: 'plain_text', text: 'Ask' },
  submit: { type: 'plain_text', text: 'Ask' },
  blocks: [
    {
      type: 'input',
      block_id: 'pod',
      label: { type: 'plain_text', text: 'Pod' },
      element: { type: 'external_select', action_id: 'pod', min_query_length: 0 },
    },
    {
      type: 'input',
      block_id: 'host',
      label: { type: 'plain_text', text: 'Host' },
      element: { type: 'plain_text_input', action_id: 'host' },
    },
  ],
};

/** A small app: a command that opens a modal or answers, a button, a mention, a home. */
const smallApp: Setup = app => {
  app.command('/egress', async ({ command, ack, client, respond }) => {
    await ack(command.text === 'help' ? 'usage: POD HOST' : undefined);
    if (command.text === '') await client.views.open({ trigger_id: command.trigger_id, view: modal });
    if (command.text.startsWith('repeat')) for (const text of 'abcdef') await respond({ text }).catch(() => undefined);
  });
  app.options('pod', async ({ options, ack }) => {
    const option = (text: string) => ({ text: { type: 'plain_text' as const, text }, value: text });
    await ack({ options: ['billing-pod', 'reports'].filter(name => name.includes(options.value)).map(option) });
  });
  app.view('ask', async ({ ack, view, client }) => {
    const host = view.state.values.host?.host?.value;
    if (host === 'no host') return ack({ response_action: 'errors', errors: { host: 'This is no host name.' } });
    await ack();
    const pod = view.state.values.pod?.pod?.selected_option?.value;
    await client.chat.postMessage({ channel: INCIDENTS, text: `asked: ${pod} ${host}` });
  });
  app.event('app_mention', async ({ event, client }) => {
    const blocks = [
      {
        type: 'actions' as const,
        elements: [
          {
            type: 'button' as const,
            action_id: 'again',
            text: { type: 'plain_text' as const, text: 'Again' },
            value: '7',
          },
        ],
      },
    ];
    await client.chat.postMessage({
      channel: event.channel,
      thread_ts: event.thread_ts ?? event.ts,
      text: 'here',
      blocks,
    });
  });
  app.action('again', async ({ ack, body, respond }) => {
    await ack();
    const [action] = (body as { actions: { value?: string }[] }).actions;
    await respond({ text: `pressed ${action?.value} by ${body.user.id}`, replace_original: true });
  });
  app.event('app_home_opened', async ({ event, client }) => {
    const blocks = [{ type: 'header' as const, text: { type: 'plain_text' as const, text: 'Home' } }];
    await client.views.publish({ user_id: event.user, view: { type: 'home', blocks } });
  });
  app.shortcut('check', async ({ ack, shortcut, client }) => {
    await ack();
    if (shortcut.type !== 'message_action') return;
    await client.chat.postEphemeral({ channel: INCIDENTS, user: ADA, text: `checking: ${shortcut.message.text}` });
  });
};

/** Waits until something is so; the test's own time limit ends it. */
async function until<Value>(look: () => Value | undefined | false | null): Promise<Value> {
  for (;;) {
    const seen = look();
    if (seen !== undefined && seen !== false && seen !== null) return seen;
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

const ask = (text: string) => ({ user: ADA, channel: INCIDENTS, command: '/egress', text });

describe.each([
  ['by HTTP', overHttp],
  ['in Socket Mode', overSocket],
] as const)('%s', (_name, start) => {
  test('a command is acknowledged, and what it answers is for the person alone', async () => {
    const { slack } = await start(smallApp);
    expect(await slack.command(ask('help'))).toMatchObject({ kind: 'acked' });
    expect(slack.state.ephemerals).toMatchObject([{ user: ADA, from: 'bot', text: 'usage: POD HOST' }]);
  });
  test('a modal opens, suggests, shows errors and is submitted', async () => {
    const { slack } = await start(smallApp);
    await slack.command(ask(''));
    const open = await until(() => slack.state.views.get(ADA)?.at(-1));
    const where = { kind: 'view', id: open.id } as const;
    const suggested = await slack.suggest({ user: ADA, where, actionId: 'pod', text: 'bill' });
    const pod = { text: 'billing-pod', value: 'billing-pod' };
    expect(suggested).toEqual({ kind: 'options', options: [pod] });
    expect(await slack.submitView(ADA, { host: 'x' })).toEqual({ kind: 'incomplete', labels: ['Pod'] });
    await slack.submitView(ADA, { pod, host: 'no host' });
    expect(slack.state.views.get(ADA)?.at(-1)?.errors).toEqual({ host: 'This is no host name.' });
    await slack.submitView(ADA, { pod, host: 'api.stripe.com' });
    expect(slack.state.views.get(ADA)).toEqual([]);
    await until(() =>
      [...slack.state.messages.values()].find(({ text }) => text === 'asked: billing-pod api.stripe.com'),
    );
  });
  test('a mention is answered in its thread, and a press replaces the message', async () => {
    const { slack } = await start(smallApp);
    const { message } = await slack.say({ user: ADA, channel: INCIDENTS, text: '<@U0EGRESS> why', threadTs: null });
    const card = await until(() => [...slack.state.messages.values()].find(({ threadTs }) => threadTs === message.ts));
    await slack.press({ user: 'U0BEN', where: { kind: 'message', ts: card.ts }, actionId: 'again' });
    const replaced = await until(() => {
      const now = slack.state.messages.get(card.ts);
      return now?.text.startsWith('pressed') && now;
    });
    expect(replaced).toMatchObject({ text: 'pressed 7 by U0BEN', blocks: [] });
  });
  test('App Home is published, and a message shortcut carries its message', async () => {
    const { slack } = await start(smallApp);
    await slack.openHome(ADA);
    expect((await until(() => slack.state.homes.get(ADA))).view).toMatchObject({ type: 'home' });
    const { message } = await slack.say({
      user: ADA,
      channel: INCIDENTS,
      text: 'curl: (28) timed out',
      threadTs: null,
    });
    await slack.shortcut({ user: ADA, ts: message.ts, callbackId: 'check' });
    await until(() => slack.state.ephemerals.find(({ text }) => text === 'checking: curl: (28) timed out'));
  });
  test('a response_url is good for five answers', async () => {
    const { slack } = await start(smallApp);
    await slack.command(ask('repeat'));
    await until(() => slack.state.ephemerals.length === 5);
    expect(slack.state.ephemerals.map(({ text }) => text).join('')).toBe('abcde');
  });
});

test('where the bot is no member, a mention is not delivered and Slack says how to invite it', async () => {
  const { slack, told } = await overHttp(smallApp);
  await slack.say({ user: ADA, channel: 'C0RANDOM', text: '<@U0EGRESS> why', threadTs: null });
  expect(told).toEqual([]);
  expect(slack.state.ephemerals).toMatchObject([
    { from: 'slackbot', text: expect.stringContaining('/invite @egress') },
  ]);
});

test('a trigger is good once and for three seconds', async () => {
  const clock = handClock(Date.now());
  const errors: string[] = [];
  const { slack } = await overHttp(
    app =>
      app.command('/egress', async ({ command, ack, client }) => {
        await ack();
        const open = () => client.views.open({ trigger_id: command.trigger_id, view: modal });
        if (command.text === 'late') clock.move(3_001);
        else await open();
        await open().catch((error: { data: { error: string } }) => void errors.push(error.data.error));
      }),
    { clock },
  );
  await slack.command(ask(''));
  await until(() => errors.length === 1);
  await slack.command(ask('late'));
  await until(() => errors.length === 2);
  expect(errors).toEqual(['exchanged_trigger_id', 'expired_trigger_id']);
});

test('who does not acknowledge within three seconds is shown operation_timeout', async () => {
  const clock = handClock(Date.now());
  let asked = false;
  const { slack } = await overHttp(
    app =>
      app.command('/egress', async () => {
        asked = true;
      }),
    { clock },
  );
  const answer = slack.command(ask('slow'));
  await until(() => asked);
  clock.move(2_999);
  expect(slack.state.ephemerals).toEqual([]);
  clock.move(1);
  expect(await answer).toMatchObject({ kind: 'failed', error: 'operation_timeout', ms: 3_000 });
  expect(slack.state.ephemerals).toMatchObject([
    { from: 'slackbot', text: '/egress failed with the error "operation_timeout"' },
  ]);
});

test('an event that fails comes again at once, after a minute and after five, and then no more', async () => {
  const clock = handClock(Date.now());
  const seen: [string | undefined, string | undefined][] = [];
  const { slack, told } = await overHttp(() => undefined, { clock });
  const server = createServer((request, response) => {
    const { 'x-slack-retry-num': attempt, 'x-slack-retry-reason': reason } = request.headers;
    seen.push([attempt as string | undefined, reason as string | undefined]);
    response.writeHead(500).end();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => server.close());
  const { port } = server.address() as { port: number };
  slack.deliverTo({ kind: 'http', requestUrl: `http://127.0.0.1:${port}/`, optionsUrl: null });
  await slack.openHome(ADA);
  for (const [afterMs, count] of [
    [0, 2],
    [60_000, 3],
    [300_000, 4],
  ] as const) {
    clock.move(afterMs);
    await until(() => told.length === count);
  }
  clock.move(3_600_000);
  expect(seen).toEqual([
    [undefined, undefined],
    ['1', 'http_error'],
    ['2', 'http_error'],
    ['3', 'http_error'],
  ]);
  const ids = new Set(told.map(({ parcel }) => parcel.payload.event_id));
  expect(ids.size).toBe(1);
});

test('what it sends is signed: another secret or another body is refused', async () => {
  const { slack, requestUrl } = await overHttp(smallApp);
  const parcel: Parcel = { type: 'slash_commands', payload: { command: '/egress', text: 'help' }, retry: null };
  const { headers, body } = httpRequestOf(parcel, slack.signingSecret, Date.now());
  const wrong = httpRequestOf(parcel, 'another secret', Date.now());
  const statusOf = async (sent: { headers: Readonly<Record<string, string>>; body: string }) =>
    (await fetch(requestUrl, { method: 'POST', ...sent })).status;
  expect(await statusOf({ headers, body })).toBe(200);
  expect(await statusOf({ headers: wrong.headers, body })).toBe(401);
  expect(await statusOf({ headers, body: `${body}x` })).toBe(401);
});

describe('sockets', () => {
  test('a refresh and a lost connection are followed by a new one, and nothing is delivered meanwhile', async () => {
    const { slack } = await overSocket(smallApp);
    expect(slack.sockets.count()).toBe(1);
    slack.sockets.drop();
    await until(() => slack.sockets.count() === 0);
    expect(await slack.command(ask('help'))).toMatchObject({ kind: 'failed', error: 'dispatch_failed' });
    await until(() => slack.sockets.count() === 1);
    slack.sockets.refresh();
    await until(() => slack.sockets.count() === 0);
    await until(() => slack.sockets.count() === 1);
    expect(await slack.command(ask('help'))).toMatchObject({ kind: 'acked' });
  });
});
