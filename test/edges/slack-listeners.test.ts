import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { Envelope } from '../../src/queue/job.ts';
import { problemsOfMessage } from '../../src/render/slack/limits.ts';
import { askView } from '../../src/render/slack/modal.ts';
import { readCommand } from '../../src/slack/command.ts';
import { faultsMessage, helpMessage, notKeptMessage, unclearMessage } from '../../src/slack/texts.ts';
import { ADA, CHANNEL, type SlackBench, STRANGE_CHANNEL, slackBench } from '../fakes/slack-app.ts';

const benches: SlackBench[] = [];
const BOT = '<@U0EGRESS>';

afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.close();
});

async function bench(options: Parameters<typeof slackBench>[0] = {}): Promise<SlackBench> {
  const made = await slackBench(options);
  benches.push(made);
  return made;
}

const command = ({ slack }: SlackBench, text: string, channel = CHANNEL) =>
  slack.command({ user: ADA, channel, command: '/egress', text });
const mention = ({ slack }: SlackBench, text: string, threadTs: string | null = null) =>
  slack.say({ user: ADA, channel: CHANNEL, text: `${BOT} ${text}`, threadTs });
const whispers = ({ slack }: SlackBench) => slack.state.ephemerals.map(({ user, text }) => `${user}: ${text}`);
const openViews = ({ slack }: SlackBench) => slack.state.views.get(ADA) ?? [];
const asker = { kind: 'user', team: 'T0LOCAL', user: ADA };
const askedOf = (pod: string, host: string) => ({ pod, host, namespace: null, cluster: null, probe: true });
const initial = (view: unknown) =>
  Object.fromEntries(
    (
      view as {
        blocks: { block_id: string; element: { initial_option?: { value: string }; initial_value?: string } }[];
      }
    ).blocks.map(({ block_id, element }) => [block_id, element.initial_option?.value ?? element.initial_value ?? null]),
  );
const POD = { text: 'billing-pod', value: 'billing-pod' };
const broken = async (): Promise<void> => Promise.reject(new Error('the queue is away'));

describe.each(['http', 'socket'] as const)('over %s', over => {
  test('a slash command is kept before it is acknowledged, and the asker is told so', async () => {
    const made = await bench({ over });
    const delivered = await command(made, 'billing-pod api.stripe.com:8443 -n payments');
    expect(delivered).toMatchObject({ kind: 'acked' });
    const [envelope] = made.sent;
    expect(envelope).toMatchObject({
      id: expect.stringMatching(/^cmd:\d+\.\d+\./),
      group: CHANNEL,
      at: '2026-11-21T11:00:00.000Z',
      job: {
        kind: 'ask',
        asked: { ...askedOf('billing-pod', 'api.stripe.com:8443'), namespace: 'payments' },
        asker,
        place: { channel: CHANNEL, threadTs: null, responseUrl: expect.stringContaining('/response/') },
      },
    });
    expect(whispers(made)).toEqual([
      expect.stringMatching(/U0ADA: … Looking why `billing-pod` may not reach `api.stripe.com:8443`/),
    ]);
  });

  test('an event whose job cannot be kept is not acknowledged: Slack sends it again, and it is the same job', async () => {
    const tried: Envelope[] = [];
    let isAway = true;
    const made = await bench({
      over,
      send: async envelope => {
        tried.push(envelope);
        if (isAway) await broken();
      },
      slack: { pace: null },
    });
    const { delivered } = await mention(made, 'can billing-pod reach api.stripe.com');
    // The first delivery failed; the local Slack repeats it at once, as Slack does.
    isAway = false;
    for (let count = 0; count < 100 && tried.length < 2; count += 1) await pause(20);
    expect(delivered?.kind).toBe('failed');
    expect(new Set(tried.map(({ id }) => id)).size).toBe(1);
    expect(tried[0]?.id).toMatch(/^evt:Ev/);
  });

  test.each([
    ['a queue that refuses', broken, /nobody will answer/],
    ['a queue that is silent', () => new Promise<void>(() => undefined), /may have taken the question/],
  ])('%s: the acknowledgement comes in time and says so', async (_name, send, says) => {
    const made = await bench({ over, send });
    expect(await command(made, 'billing-pod api.stripe.com')).toMatchObject({ kind: 'acked' });
    expect(whispers(made)).toEqual([expect.stringMatching(says)]);
  });

  test('a press is one job per press', async () => {
    const made = await bench({ over });
    const ts = made.slack.state.nextTs();
    made.slack.state.putMessage({
      channel: CHANNEL,
      ts,
      threadTs: null,
      user: 'U0EGRESS',
      text: 'denied',
      blocks: [
        {
          type: 'actions',
          elements: [
            { type: 'button', action_id: 'egress.again', value: 'cmd:1', text: { type: 'plain_text', text: 'Again' } },
          ],
        },
      ],
      metadata: null,
      files: [],
      editedAtMs: [],
    });
    const press = () => made.slack.press({ user: ADA, where: { kind: 'message', ts }, actionId: 'egress.again' });
    expect(await press()).toMatchObject({ kind: 'acked' });
    expect(await press()).toMatchObject({ kind: 'acked' });
    expect(made.sent.map(({ job }) => job)).toEqual([
      expect.objectContaining({ kind: 'press', action: 'again', value: 'cmd:1', asker, ts }),
      expect.objectContaining({ kind: 'press', action: 'again' }),
    ]);
    expect(made.sent[0]?.id).toMatch(/^press:[\d.]+:U0ADA:again$/);
    expect(new Set(made.sent.map(({ id }) => id)).size).toBe(2);
  });
});

describe('the slash command', () => {
  test.each([
    ['help', /POD HOST\[:PORT\]/],
    ['b-1 169.254.169.254', /is never probed/],
    ['b-1 x.io --cluter prod', /Did you mean `--cluster`/],
    ['b-1 x..&lt;!channel&gt;', /is no host/],
  ])('%s is answered at once, to the asker alone, and nothing is asked', async (text, says) => {
    const made = await bench();
    await command(made, text);
    expect(made.sent).toEqual([]);
    expect(whispers(made)).toEqual([expect.stringMatching(says)]);
    expect(made.slack.state.messages.size).toBe(0);
    expect(whispers(made).join()).not.toContain('<!');
  });

  test('works where the bot is no member: the answer has a response_url to go to', async () => {
    const made = await bench();
    await command(made, 'billing-pod api.stripe.com', STRANGE_CHANNEL);
    expect(made.sent[0]?.job).toMatchObject({ place: { channel: STRANGE_CHANNEL, responseUrl: expect.any(String) } });
  });

  test('opens the form when something is missing, filled in with what was said', async () => {
    const made = await bench();
    await command(made, 'billing-pod --cluster prod');
    expect(openViews(made).map(({ view }) => initial(view))).toEqual([
      expect.objectContaining({ 'ask-pod': 'billing-pod', 'ask-cluster': 'prod', 'ask-host': null }),
    ]);
    expect(whispers(made)).toEqual([]);
  });

  test('--no-probe outlasts the form: it is ticked there, and the question that is submitted keeps it', async () => {
    const made = await bench();
    await command(made, '--no-probe');
    await made.slack.submitView(ADA, { 'egress.ask.pod': POD, 'egress.ask.host': 'api.stripe.com' });
    await command(made, '');
    await made.slack.submitView(ADA, { 'egress.ask.pod': POD, 'egress.ask.host': 'api.stripe.com' });
    await command(made, '--no-probe');
    await made.slack.submitView(ADA, {
      'egress.ask.pod': POD,
      'egress.ask.host': 'api.stripe.com',
      'egress.ask.probe': [],
    });
    const asked = askedOf('billing-pod', 'api.stripe.com');
    expect(made.sent.map(({ job }) => job)).toEqual([
      expect.objectContaining({ asked: { ...asked, probe: false } }),
      expect.objectContaining({ asked }),
      expect.objectContaining({ asked }),
    ]);
  });

  test('says so when the form cannot be opened', async () => {
    const made = await bench();
    made.slack.faults.add({ method: 'views.open', times: 1, effect: { kind: 'error', error: 'expired_trigger_id' } });
    await command(made, 'billing-pod');
    expect(whispers(made)).toEqual([
      expect.stringMatching(/could not be opened.*\n.*expired_trigger_id.*\n.*\/egress billing-pod/),
    ]);
  });
});

describe('a mention', () => {
  test('in a thread is answered in that thread', async () => {
    const made = await bench();
    const { message } = await made.slack.say({ user: ADA, channel: CHANNEL, text: 'it is down', threadTs: null });
    await mention(made, "why can't billing-pod reach <http://api.stripe.com|api.stripe.com>", message.ts);
    expect(made.sent).toEqual([
      expect.objectContaining({
        id: expect.stringMatching(/^evt:Ev/),
        group: CHANNEL,
        job: {
          kind: 'ask',
          asked: askedOf('billing-pod', 'api.stripe.com'),
          asker,
          place: { channel: CHANNEL, threadTs: message.ts, responseUrl: null },
        },
      }),
    ]);
    expect(whispers(made)).toEqual([]);
  });

  test('that leaves something open asks back, and its button opens the form with what was found, for that thread', async () => {
    const made = await bench();
    const { message } = await made.slack.say({ user: ADA, channel: CHANNEL, text: 'it is down', threadTs: null });
    await mention(made, "why can't billing reach api.stripe.com", message.ts);
    expect(made.sent).toEqual([]);
    const [whisper] = made.slack.state.ephemerals;
    expect(whisper).toMatchObject({
      user: ADA,
      threadTs: message.ts,
      text: expect.stringMatching(/`billing` and host `api.stripe.com`\?/),
    });
    await made.slack.press({ user: ADA, where: { kind: 'message', ts: whisper?.ts ?? '' }, actionId: 'egress.form' });
    const [form] = openViews(made);
    expect(initial(form?.view)).toMatchObject({ 'ask-pod': 'billing', 'ask-host': 'api.stripe.com' });
    expect(JSON.parse(String(form?.view.private_metadata))).toMatchObject({ channel: CHANNEL, threadTs: message.ts });
  });

  test.each([
    ['with what was found', "why can't billing reach api.stripe.com --no-probe"],
    [
      'also when what was found is too long for a button',
      `why can't billing reach https://x.io/${'a'.repeat(2000)} --no-probe`,
    ],
  ])('with --no-probe that asks back keeps it in the form, %s', async (_rule, text) => {
    const made = await bench();
    await mention(made, text);
    const ts = made.slack.state.ephemerals[0]?.ts ?? '';
    await made.slack.press({ user: ADA, where: { kind: 'message', ts }, actionId: 'egress.form' });
    await made.slack.submitView(ADA, { 'egress.ask.pod': POD, 'egress.ask.host': 'x.io' });
    expect(made.sent).toEqual([
      expect.objectContaining({
        job: expect.objectContaining({ asked: { ...askedOf('billing-pod', 'x.io'), probe: false } }),
      }),
    ]);
  });

  test.each([
    ['help', /POD HOST/],
    ['billing-pod api.stripe.com --frobnicate', /is no option/],
  ])('%s is answered to the asker alone', async (text, says) => {
    const made = await bench();
    await mention(made, text);
    expect(whispers(made)).toEqual([expect.stringMatching(says)]);
  });

  test('by a bot is no question', async () => {
    const made = await bench();
    await made.slack
      .say({ user: 'U0EGRESS', channel: CHANNEL, text: `${BOT} a-1 x.io`, threadTs: null })
      .catch(() => null);
    expect(made.sent).toEqual([]);
  });
});

describe('the shortcut', () => {
  const quoting = async (made: SlackBench, text: string) => {
    const { message } = await made.slack.say({ user: 'U0BEN', channel: CHANNEL, text, threadTs: null });
    await made.slack.shortcut({ user: ADA, ts: message.ts, callbackId: 'egress.check' });
    return { message, form: openViews(made)[0] };
  };

  test('opens the form with the pod and the host that the message names, and the answer goes into its thread', async () => {
    const made = await bench();
    const { message, form } = await quoting(
      made,
      'billing-7d9f8b6c5d-x2x4z: getaddrinfo ENOTFOUND <http://api.stripe.com|api.stripe.com>',
    );
    expect(initial(form?.view)).toMatchObject({ 'ask-pod': 'billing-7d9f8b6c5d-x2x4z', 'ask-host': 'api.stripe.com' });
    expect(JSON.parse(String(form?.view.private_metadata))).toMatchObject({ channel: CHANNEL, threadTs: message.ts });
  });

  test('opens an empty form on a message that names nothing', async () => {
    const made = await bench();
    const { form } = await quoting(made, 'anyone here?');
    expect(initial(form?.view)).toMatchObject({ 'ask-pod': null, 'ask-host': null });
  });

  test('tells the person when Slack does not open the form', async () => {
    const made = await bench();
    made.slack.faults.add({ method: 'views.open', times: 1, effect: { kind: 'error', error: 'expired_trigger_id' } });
    await quoting(made, 'x');
    expect(whispers(made)).toEqual([expect.stringMatching(/could not be opened/)]);
  });
});

describe('the form', () => {
  const opened = async (options: Parameters<typeof slackBench>[0] = {}) => {
    const made = await bench(options);
    await command(made, '');
    return made;
  };

  test('asks the question that was filled in, once, and closes', async () => {
    const made = await opened();
    await made.slack.submitView(ADA, {
      'egress.ask.pod': POD,
      'egress.ask.host': '`api.stripe.com`',
      'egress.ask.namespace': { text: 'payments', value: 'payments' },
      'egress.ask.probe': [{ text: 'predict', value: 'no-probe' }],
    });
    expect(made.sent).toEqual([
      expect.objectContaining({
        id: expect.stringMatching(/^view:V\w+:./),
        job: {
          kind: 'ask',
          asked: { pod: 'billing-pod', host: 'api.stripe.com', namespace: 'payments', cluster: null, probe: false },
          asker,
          place: { channel: CHANNEL, threadTs: null, responseUrl: expect.any(String) },
        },
      }),
    ]);
    expect(openViews(made)).toEqual([]);
  });

  test.each([
    ['a host that cannot be', { 'egress.ask.pod': POD, 'egress.ask.host': 'x..io' }, 'ask-host', /is no host/],
    [
      'a host that is never probed',
      { 'egress.ask.pod': POD, 'egress.ask.host': 'localhost' },
      'ask-host',
      /never probed/,
    ],
    [
      'a pod that cannot be',
      { 'egress.ask.pod': { text: 'UP', value: 'UP_' }, 'egress.ask.host': 'x.io' },
      'ask-pod',
      /is no name/,
    ],
  ])('%s is said at its field, and the form stays', async (_name, entered, field, says) => {
    const made = await opened();
    await made.slack.submitView(ADA, entered);
    expect(openViews(made).map(({ errors }) => errors)).toEqual([{ [field]: expect.stringMatching(says) }]);
    expect(made.sent).toEqual([]);
  });

  test('stays, and says so, when the question cannot be kept', async () => {
    const made = await opened({ send: broken });
    await made.slack.submitView(ADA, { 'egress.ask.pod': POD, 'egress.ask.host': 'x.io' });
    expect(openViews(made).map(({ errors }) => errors)).toEqual([
      { 'ask-host': expect.stringMatching(/could not be handed on/) },
    ]);
  });

  test('completes names while somebody types, at most a hundred, and knows for which channel and cluster', async () => {
    const typed: unknown[] = [];
    const suggest = async (what: unknown) => {
      typed.push(what);
      return Array.from({ length: 150 }, (_, index) => `billing-${index}`);
    };
    const made = await bench({ suggest });
    await command(made, 'x.io --cluster prod');
    const where = { kind: 'view', id: openViews(made)[0]?.id ?? '' } as const;
    const answer = await made.slack.suggest({ user: ADA, where, actionId: 'egress.ask.pod', text: 'bill' });
    expect(answer.kind === 'options' && answer.options.length).toBe(100);
    expect(typed).toEqual([{ field: 'pod', text: 'bill', asker, channel: CHANNEL, cluster: 'prod', namespace: null }]);
  });

  test('has no names, and no fault, when the cluster does not answer', async () => {
    const made = await opened({ suggest: async () => Promise.reject(new Error('away')) });
    const where = { kind: 'view', id: openViews(made)[0]?.id ?? '' } as const;
    expect(await made.slack.suggest({ user: ADA, where, actionId: 'egress.ask.pod', text: 'b' })).toEqual({
      kind: 'options',
      options: [],
    });
  });
});

describe('presses', () => {
  test('of what is no button of a card are acknowledged, and nothing is done', async () => {
    const made = await bench();
    await command(made, 'b-1');
    const [view] = openViews(made);
    const pressed = await made.slack.press({
      user: ADA,
      where: { kind: 'view', id: view?.id ?? '' },
      actionId: 'egress.ask.cluster',
      chosen: { text: 'prod', value: 'prod' },
    });
    expect(pressed).toMatchObject({ kind: 'acked' });
    expect(made.sent).toEqual([]);
    expect(made.logged).toContainEqual({ event: 'press-of-nothing', action: 'egress.ask.cluster' });
  });
});

test('App Home is drawn when it is opened', async () => {
  const made = await bench();
  await made.slack.openHome(ADA);
  expect(made.sent).toEqual([expect.objectContaining({ group: `home:${ADA}`, job: { kind: 'home', asker } })]);
});

test('whatever the listeners say keeps to the limits of Slack', () => {
  const long = 'a'.repeat(5000);
  const refused = readCommand(`UP_${long} x..${long} --${long} -n`);
  const messages = [
    helpMessage(),
    notKeptMessage('late'),
    notKeptMessage('failed'),
    unclearMessage({ pod: long, host: `<!channel>${long}`, namespace: long, cluster: long, probe: false }, '1.2'),
    unclearMessage({ pod: null, host: null, namespace: null, cluster: null, probe: true }, null),
    faultsMessage(refused.kind === 'refused' ? refused.faults : []),
  ];
  for (const message of messages) {
    expect(problemsOfMessage(message)).toEqual([]);
    expect(JSON.stringify(message)).not.toContain('<!channel>');
  }
  expect(refused.kind).toBe('refused');
  expect(
    askView({
      place: { channel: CHANNEL, threadTs: null, responseUrl: null },
      cluster: long,
      namespace: long,
      pod: long,
      host: long,
      probe: false,
    }).blocks,
  ).toHaveLength(5);
});
