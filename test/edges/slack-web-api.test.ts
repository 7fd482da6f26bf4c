import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { FaultError } from '../../src/faults.ts';
import { type LocalSlack, startLocalSlack } from '../../src/local-slack/start.ts';
import type { Message } from '../../src/slack/api.ts';
import { markedName } from '../../src/slack/file-mark.ts';
import { slackLogger } from '../../src/slack/logger.ts';
import { isSlackUrl } from '../../src/slack/slack-fetch.ts';
import { slackApi } from '../../src/slack/web-api.ts';

const CHANNEL = 'C0INCIDENTS';
const STRANGE = 'C0RANDOM';
const MESSAGE: Message = {
  text: 'denied',
  blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'denied', verbatim: true } }],
};
const MARK = { answerId: 'cmd:1.2.3', part: 'root' };
const CLOSERS: (() => Promise<unknown> | undefined)[] = [];

afterEach(async () => {
  for (const close of CLOSERS.splice(0)) await close();
});

/** A Slack, a client of it, and the pauses that the client made between its tries. */
async function slackAndClient(totalMs = 60_000) {
  const slack = await startLocalSlack({ pace: null, onCall: ({ method }) => calls.push(method) });
  const calls: string[] = [];
  CLOSERS.push(slack.close);
  const pauses: number[] = [];
  return { slack, calls, pauses, api: clientOf(slack, pauses, totalMs) };
}

function clientOf(slack: Pick<LocalSlack, 'url' | 'botToken'>, pauses: number[], totalMs: number, timeoutMs = 20_000) {
  let nowMs = 0;
  const wait = async (milliseconds: number): Promise<void> => {
    pauses.push(milliseconds);
    nowMs += milliseconds;
  };
  return slackApi({
    token: slack.botToken,
    apiUrl: slack.url,
    timeoutMs,
    patience: { totalMs, now: () => nowMs, wait },
    logger: slackLogger(() => undefined),
  });
}

async function faultOf(promise: Promise<unknown>): Promise<FaultError['fault']> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof FaultError)) throw new Error(`no fault: ${String(error)}`);
  return error.fault;
}

describe('messages', () => {
  test('a message is posted with its mark, edited, and found again by its mark', async () => {
    const { slack, api } = await slackAndClient();
    const root = await api.post({ channel: CHANNEL, threadTs: null }, MESSAGE, MARK);
    if (root.kind !== 'ok') throw new Error(root.error);
    const { ts } = root.value;
    await api.post({ channel: CHANNEL, threadTs: ts }, MESSAGE, { ...MARK, part: 'fix' });
    await api.post({ channel: CHANNEL, threadTs: ts }, MESSAGE, { answerId: 'other', part: 'fix' });
    await api.post({ channel: CHANNEL, threadTs: ts }, MESSAGE, null);
    await api.update(root.value, { ...MESSAGE, text: 'reachable' }, MARK);
    expect(slack.state.messages.get(ts)?.text).toBe('reachable');
    const inChannel = await api.findMarked(
      { channel: CHANNEL, threadTs: null },
      { answerId: MARK.answerId, oldestTs: ts },
    );
    expect(inChannel).toEqual({ kind: 'ok', value: [{ channel: CHANNEL, ts, ...MARK }] });
    const inThread = await api.findMarked(
      { channel: CHANNEL, threadTs: ts },
      { answerId: MARK.answerId, oldestTs: null },
    );
    expect(inThread.kind === 'ok' && inThread.value.map(({ part }) => part)).toEqual(['root', 'fix']);
  });

  test('parts are found on all pages', async () => {
    const { api } = await slackAndClient();
    const root = await api.post({ channel: CHANNEL, threadTs: null }, MESSAGE, MARK);
    if (root.kind !== 'ok') throw new Error(root.error);
    for (let count = 0; count < 230; count += 1) await api.post({ channel: CHANNEL, threadTs: null }, MESSAGE, null);
    const found = await api.findMarked(
      { channel: CHANNEL, threadTs: null },
      { answerId: MARK.answerId, oldestTs: root.value.ts },
    );
    expect(found.kind === 'ok' && found.value.map(({ ts }) => ts)).toEqual([root.value.ts]);
  });

  test('where the bot is no member is told as a refusal, not as trouble', async () => {
    const { api } = await slackAndClient();
    const refused = { kind: 'refused', error: 'not_in_channel' };
    expect(await api.post({ channel: STRANGE, threadTs: null }, MESSAGE, null)).toEqual(refused);
    expect(await api.findMarked({ channel: STRANGE, threadTs: null }, { answerId: 'a', oldestTs: null })).toEqual(
      refused,
    );
  });

  test('a message for one person, a link to a message, the members of a group, and whose token it is', async () => {
    const { slack, api } = await slackAndClient();
    const posted = await api.post({ channel: CHANNEL, threadTs: null }, MESSAGE, null);
    if (posted.kind !== 'ok') throw new Error(posted.error);
    expect(await api.ephemeral({ channel: CHANNEL, user: 'U0ADA', threadTs: null }, MESSAGE)).toEqual({
      kind: 'ok',
      value: null,
    });
    expect([...slack.state.ephemerals.values()].map(({ user, text }) => ({ user, text }))).toEqual([
      { user: 'U0ADA', text: 'denied' },
    ]);
    expect(await api.permalink(posted.value)).toEqual({ kind: 'ok', value: expect.stringContaining(CHANNEL) });
    expect(await api.groupMembers('S0ONCALL')).toEqual({ kind: 'ok', value: ['U0BEN'] });
    expect(await api.groupMembers('S0NONE')).toMatchObject({ kind: 'refused' });
    expect(await api.identity()).toEqual({ kind: 'ok', value: { team: 'T0LOCAL', user: 'U0EGRESS', bot: 'B0EGRESS' } });
  });

  test('a file is uploaded in three steps into the thread, with its text for screen readers, and found by its name', async () => {
    const { slack, api, calls } = await slackAndClient();
    const root = await api.post({ channel: CHANNEL, threadTs: null }, MESSAGE, MARK);
    if (root.kind !== 'ok') throw new Error(root.error);
    const where = { channel: CHANNEL, threadTs: root.value.ts };
    const filename = markedName({ ...MARK, part: 'picture' }, 'png');
    const bytes = new TextEncoder().encode('päckets');
    const file = { filename, title: 'Path', altText: 'The path ends at the policy.', bytes };
    expect(await api.upload(where, file, 'The path')).toEqual({ kind: 'ok', value: null });
    expect(calls.slice(1)).toEqual(['files.getUploadURLExternal', 'upload', 'files.completeUploadExternal']);
    const shared = [...slack.state.messages.values()].find(({ files }) => files.length > 0);
    expect(shared).toMatchObject({ threadTs: root.value.ts, text: 'The path' });
    expect(shared?.files[0]).toMatchObject({ name: filename, title: 'Path', altText: file.altText });
    expect(Buffer.from(shared?.files[0]?.bytes ?? []).toString('utf8')).toBe('päckets');
    const found = await api.findMarked(where, { answerId: MARK.answerId, oldestTs: null });
    expect(found.kind === 'ok' && found.value.map(({ part }) => part)).toEqual(['root', 'picture']);
  });
});

describe('trouble that passes', () => {
  test.each([
    ['too many requests', { kind: 'rate-limited', retryAfterSeconds: 7 }, [7000]],
    ['an error of the moment', { kind: 'error', error: 'service_unavailable' }, [500]],
  ] as const)('%s: the message is posted after the pause, once', async (_name, effect, expected) => {
    const { slack, api, pauses } = await slackAndClient();
    slack.faults.add({ method: 'chat.postMessage', times: 1, effect });
    expect(await api.post({ channel: CHANNEL, threadTs: null }, MESSAGE, null)).toMatchObject({ kind: 'ok' });
    expect(pauses).toEqual(expected);
    expect(slack.state.messages.size).toBe(1);
  });

  test.each([
    ['a lost answer', { kind: 'drop', when: 'after' }],
    ['a bad gateway', { kind: 'status', status: 502 }],
    ['an internal error', { kind: 'error', error: 'internal_error' }],
  ] as const)('%s to a new message is not asked again: it may have been posted', async (_name, effect) => {
    const { slack, api, calls } = await slackAndClient();
    slack.faults.add({ method: 'chat.postMessage', times: 1, effect });
    const fault = await faultOf(api.post({ channel: CHANNEL, threadTs: null }, MESSAGE, null));
    expect(fault).toMatchObject({ code: 'slack-unavailable', cause: expect.stringMatching(/may have been done/) });
    expect(calls).toEqual(['chat.postMessage']);
  });

  test('an edit is asked again after each of these: twice is the same as once', async () => {
    const { slack, api, pauses } = await slackAndClient();
    const posted = await api.post({ channel: CHANNEL, threadTs: null }, MESSAGE, null);
    if (posted.kind !== 'ok') throw new Error(posted.error);
    for (const effect of [
      { kind: 'drop', when: 'after' },
      { kind: 'status', status: 503 },
      { kind: 'drop', when: 'before' },
    ] as const)
      slack.faults.add({ method: 'chat.update', times: 1, effect });
    expect(await api.update(posted.value, MESSAGE, null)).toEqual({ kind: 'ok', value: null });
    expect(pauses).toEqual([500, 1000, 2000]);
  });

  test('a Slack that stays down is given up within the patience, as unavailable', async () => {
    const { slack, api, pauses } = await slackAndClient(20_000);
    const posted = await api.post({ channel: CHANNEL, threadTs: null }, MESSAGE, null);
    if (posted.kind !== 'ok') throw new Error(posted.error);
    slack.faults.down();
    expect(await faultOf(api.update(posted.value, MESSAGE, null))).toMatchObject({ code: 'slack-unavailable' });
    expect(pauses).toEqual([500, 1000, 2000]);
  });

  test('a pause that is longer than the patience is not begun', async () => {
    const { slack, api, pauses } = await slackAndClient(20_000);
    slack.faults.add({ method: '*', times: 'always', effect: { kind: 'rate-limited', retryAfterSeconds: 30 } });
    const fault = await faultOf(api.post({ channel: CHANNEL, threadTs: null }, MESSAGE, null));
    expect(fault).toMatchObject({ code: 'slack-unavailable', cause: expect.stringMatching(/30 s .*Nothing was done/) });
    expect(pauses).toEqual([]);
  });

  test('one channel that has to wait holds up no other call', async () => {
    const slack = await startLocalSlack({ pace: null });
    CLOSERS.push(slack.close);
    const held = Promise.withResolvers<void>();
    const api = slackApi({
      token: slack.botToken,
      apiUrl: slack.url,
      timeoutMs: 20_000,
      patience: { totalMs: 60_000, now: () => 0, wait: () => held.promise },
      logger: slackLogger(() => undefined),
    });
    slack.faults.add({ method: 'chat.postMessage', times: 1, effect: { kind: 'rate-limited', retryAfterSeconds: 30 } });
    const waiting = api.post({ channel: CHANNEL, threadTs: null }, MESSAGE, null);
    expect(await api.groupMembers('S0ONCALL')).toMatchObject({ kind: 'ok' });
    expect(await api.post({ channel: CHANNEL, threadTs: null }, MESSAGE, null)).toMatchObject({ kind: 'ok' });
    held.resolve();
    expect(await waiting).toMatchObject({ kind: 'ok' });
  });

  test('where nobody listens a message is tried again: nothing was taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise(resolve => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise(resolve => server.close(resolve));
    const pauses: number[] = [];
    const api = clientOf({ url: `http://127.0.0.1:${port}/api/`, botToken: 'xoxb-test' }, pauses, 60_000);
    const fault = await faultOf(api.post({ channel: CHANNEL, threadTs: null }, MESSAGE, null));
    expect(fault).toMatchObject({
      code: 'slack-unavailable',
      cause: expect.stringMatching(/ECONNREFUSED.*Nothing was done/),
    });
    expect(pauses).toEqual([500, 1000, 2000]);
  });

  test('a silent Slack is given up after the time-out', async () => {
    const { slack } = await slackAndClient();
    slack.faults.add({ method: '*', times: 'always', effect: { kind: 'wait', milliseconds: 60_000 } });
    const api = clientOf(slack, [], 0, 50);
    expect(await faultOf(api.post({ channel: CHANNEL, threadTs: null }, MESSAGE, null))).toMatchObject({
      code: 'slack-unavailable',
      cause: expect.stringMatching(/gave no answer/),
    });
  });
});

describe('refusals', () => {
  test.each(['invalid_auth', 'missing_scope', 'is_archived', 'msg_blocks_too_long'])(
    '%s will not change by asking again',
    async error => {
      const { slack, api, calls } = await slackAndClient();
      slack.faults.add({ method: 'chat.postMessage', times: 1, effect: { kind: 'error', error } });
      expect(await api.post({ channel: CHANNEL, threadTs: null }, MESSAGE, null)).toEqual({ kind: 'refused', error });
      expect(calls).toEqual(['chat.postMessage']);
    },
  );
});

describe('answers by response_url', () => {
  const pressed = async () => {
    const { slack, ...rest } = await slackAndClient();
    const urls: string[] = [];
    const app = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        urls.push(new URLSearchParams(Buffer.concat(chunks).toString('utf8')).get('response_url') ?? '');
        response.end();
      });
    }).listen(0, '127.0.0.1');
    await new Promise(resolve => app.once('listening', resolve));
    CLOSERS.push(() => new Promise(resolve => app.close(resolve)));
    const requestUrl = `http://127.0.0.1:${(app.address() as AddressInfo).port}/slack/events`;
    slack.deliverTo({ kind: 'http', requestUrl, optionsUrl: null });
    await slack.command({ user: 'U0ADA', channel: STRANGE, command: '/egress', text: 'a-1 x.io' });
    return { slack, ...rest, url: urls[0] ?? '' };
  };

  test('reach a channel where the bot is no member, five times', async () => {
    const { slack, api, url } = await pressed();
    const options = { inChannel: true, replaceOriginal: false };
    for (let use = 0; use < 5; use += 1)
      expect(await api.respond(url, MESSAGE, options)).toEqual({ kind: 'ok', value: null });
    expect(await api.respond(url, MESSAGE, options)).toEqual({ kind: 'refused', error: 'expired_url' });
    expect([...slack.state.messages.values()].map(({ channel }) => channel)).toEqual(Array(5).fill(STRANGE));
  });

  test('are seen by one person only where that is wanted', async () => {
    const { slack, api, url } = await pressed();
    await api.respond(url, MESSAGE, { inChannel: false, replaceOriginal: false });
    expect(slack.state.messages.size).toBe(0);
    expect([...slack.state.ephemerals.values()].map(({ user }) => user)).toEqual(['U0ADA']);
  });

  test('go nowhere but to Slack', async () => {
    const { api } = await slackAndClient();
    const options = { inChannel: true, replaceOriginal: false };
    expect(await api.respond('http://169.254.169.254/latest', MESSAGE, options)).toEqual({
      kind: 'refused',
      error: 'no_slack_url',
    });
  });
});

test.each([
  ['https://hooks.slack.com/commands/T1/2/3', true],
  ['https://files.slack.com/upload/v1/x', true],
  ['https://hooks.slack-gov.com/commands/T1/2/3', true],
  ['http://127.0.0.1:9000/response/x', true],
  ['http://127.0.0.1:9001/response/x', false],
  ['http://hooks.slack.com/commands/T1/2/3', false],
  ['https://hooks.slack.com:8443/commands', false],
  ['https://hooks.slack.com.example/commands', false],
  ['https://notslack.com/commands', false],
  ['https://user@evil.example/?slack.com', false],
  ['file:///etc/passwd', false],
  ['', false],
])('%s is an address of Slack: %s', (url, expected) => {
  expect(isSlackUrl(url, 'http://127.0.0.1:9000/api/')).toBe(expected);
});

describe('the log of the libraries', () => {
  test('holds no token, no signature, no response_url and no body', () => {
    const events: unknown[] = [];
    const logger = slackLogger(event => events.push(event));
    const secrets = [
      `xoxb-1-${'a'.repeat(20)}`,
      `xapp-1-A-${'b'.repeat(20)}`,
      'https://hooks.slack.com/commands/T/1/x',
      `v0=${'c'.repeat(64)}`,
    ];
    logger.debug('body', secrets);
    for (const secret of secrets) logger.error(`it was ${secret}!`, new Error(secret, { cause: secret }));
    expect(events).toHaveLength(secrets.length);
    for (const secret of secrets) expect(JSON.stringify(events)).not.toContain(secret);
  });
});
