/** The local Slack answers the real client as Slack's documentation says. */
import { ErrorCode, LogLevel, WebAPIPlatformError, WebClient } from '@slack/web-api';
import { afterEach, describe, expect, test } from 'vitest';
import { type LocalSlack, type LocalSlackOptions, startLocalSlack } from '../../src/local-slack/start.ts';
import { handClock } from '../fakes/hand-clock.ts';

const INCIDENTS = 'C0INCIDENTS';
const ADA = 'U0ADA';
const running: LocalSlack[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map(slack => slack.close()));
});

async function start(options: LocalSlackOptions = {}): Promise<{ slack: LocalSlack; client: WebClient }> {
  const slack = await startLocalSlack({ pace: null, ...options });
  running.push(slack);
  return { slack, client: clientOf(slack) };
}

function clientOf(slack: LocalSlack, token = slack.botToken): WebClient {
  const silent = () => undefined;
  const logger = { debug: silent, info: silent, warn: silent, error: silent, setLevel: silent, setName: silent };
  return new WebClient(token, {
    slackApiUrl: slack.url,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: { ...logger, getLevel: () => LogLevel.ERROR },
  });
}

/** Slack's word for why a call is refused, with its details. */
async function refusal(call: Promise<unknown>): Promise<{ error: string; messages: readonly string[] }> {
  const caught = await call.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(caught instanceof WebAPIPlatformError)) throw new Error(`no refusal: ${String(caught)}`);
  return { error: caught.data.error, messages: caught.data.response_metadata?.messages ?? [] };
}

const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } }) as const;

describe('tokens', () => {
  test('the bot token is the bot', async () => {
    const { client } = await start();
    expect(await client.auth.test()).toMatchObject({ ok: true, user_id: 'U0EGRESS', team_id: 'T0LOCAL' });
  });
  test('a token of nobody is invalid_auth, none at all is not_authed', async () => {
    const { slack } = await start();
    expect(await refusal(clientOf(slack, 'xoxb-other').auth.test())).toMatchObject({ error: 'invalid_auth' });
    const answer = await fetch(`${slack.url}auth.test`, { method: 'POST' });
    expect(await answer.json()).toEqual({ ok: false, error: 'not_authed' });
  });
  test('the app token opens connections and nothing else', async () => {
    const { slack } = await start();
    const wrong = { error: 'not_allowed_token_type' };
    expect(await refusal(clientOf(slack, slack.appToken).auth.test())).toMatchObject(wrong);
    expect(await refusal(clientOf(slack).apps.connections.open({}))).toMatchObject(wrong);
  });
});

describe('messages', () => {
  test('JSON and form bodies say the same', async () => {
    const { slack, client } = await start();
    await client.chat.postMessage({ channel: INCIDENTS, text: 'café', blocks: [section('*café*')] });
    const json = { channel: INCIDENTS, text: 'café', blocks: [section('*café*')] };
    await fetch(`${slack.url}chat.postMessage`, {
      method: 'POST',
      headers: { authorization: `Bearer ${slack.botToken}`, 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(json),
    });
    const [first, second] = [...slack.state.messages.values()];
    expect(second).toEqual({ ...first, ts: second?.ts });
    expect(first).toMatchObject({ text: 'café', blocks: [section('*café*')] });
  });
  test('every ts is greater than the one before, also within a millisecond', async () => {
    const { client } = await start({ clock: handClock() });
    const ts: string[] = [];
    for (const text of ['a', 'b', 'c']) ts.push((await client.chat.postMessage({ channel: INCIDENTS, text })).ts ?? '');
    expect(ts).toEqual(['1767225600.000000', '1767225600.000001', '1767225600.000002']);
  });
  test.each([
    ['a channel that is not there', { channel: 'C0NOWHERE', text: 'x' }, 'channel_not_found'],
    ['a channel without the bot', { channel: 'C0RANDOM', text: 'x' }, 'not_in_channel'],
    ['nothing to show', { channel: INCIDENTS, text: '' }, 'no_text'],
    ['a text over 40,000 characters', { channel: INCIDENTS, text: 'x'.repeat(40_001) }, 'msg_too_long'],
    ['a thread that is not there', { channel: INCIDENTS, text: 'x', thread_ts: '1.000000' }, 'cannot_reply_to_message'],
  ])('%s is refused', async (_name, args, error) => {
    const { client } = await start();
    expect(await refusal(client.chat.postMessage(args))).toMatchObject({ error });
  });
  test('blocks beyond a limit are refused, with the place', async () => {
    const { slack, client } = await start();
    const { error, messages } = await refusal(
      client.chat.postMessage({ channel: INCIDENTS, text: 'x', blocks: [section('y'.repeat(3_001))] }),
    );
    expect(error).toBe('invalid_blocks');
    expect(messages.join('\n')).toContain('blocks[0].text');
    expect(slack.state.messages.size).toBe(0);
  });
  test('an edit with text alone drops the blocks and keeps the metadata', async () => {
    const { slack, client } = await start();
    const metadata = { event_type: 'egress_answer', event_payload: { part: 'root' } };
    const { ts = '' } = await client.chat.postMessage({
      channel: INCIDENTS,
      text: 'x',
      blocks: [section('x')],
      metadata,
    });
    await client.chat.update({ channel: INCIDENTS, ts, text: 'y' });
    expect(slack.state.messages.get(ts)).toMatchObject({ text: 'y', blocks: [], metadata });
  });
  test('another one’s message cannot be edited, nor one that is not there', async () => {
    const { slack, client } = await start();
    const { message } = await slack.say({ user: ADA, channel: INCIDENTS, text: 'hello', threadTs: null });
    const update = (ts: string) => refusal(client.chat.update({ channel: INCIDENTS, ts, text: 'x' }));
    expect(await update(message.ts)).toMatchObject({ error: 'cant_update_message' });
    expect(await update('1.000000')).toMatchObject({ error: 'message_not_found' });
  });
  test('an ephemeral message is for one person and cannot be edited', async () => {
    const { slack, client } = await start();
    const { message_ts: ts = '' } = await client.chat.postEphemeral({ channel: INCIDENTS, user: ADA, text: 'psst' });
    expect(slack.state.ephemerals).toMatchObject([{ user: ADA, text: 'psst', from: 'bot' }]);
    expect(await refusal(client.chat.update({ channel: INCIDENTS, ts, text: 'x' }))).toMatchObject({
      error: 'message_not_found',
    });
  });
});

describe('reading', () => {
  test('history is newest first and without replies; a thread is oldest first with its root; metadata on request', async () => {
    const { client } = await start();
    const metadata = { event_type: 'egress_answer', event_payload: { part: 'root' } };
    const { ts = '' } = await client.chat.postMessage({ channel: INCIDENTS, text: 'root', metadata });
    await client.chat.postMessage({ channel: INCIDENTS, text: 'reply', thread_ts: ts });
    await client.chat.postMessage({ channel: INCIDENTS, text: 'later' });
    const texts = (answer: { messages?: { text?: string }[] }) => answer.messages?.map(({ text }) => text);
    const history = await client.conversations.history({ channel: INCIDENTS, include_all_metadata: true });
    expect(texts(history)).toEqual(['later', 'root']);
    expect(history.messages?.[1]).toMatchObject({ metadata, reply_count: 1 });
    const thread = await client.conversations.replies({ channel: INCIDENTS, ts });
    expect(texts(thread)).toEqual(['root', 'reply']);
    expect(thread.messages?.[0]).not.toHaveProperty('metadata');
  });
  test('pages follow one another, and oldest bounds them', async () => {
    const { client } = await start();
    const ts: string[] = [];
    for (const text of ['a', 'b', 'c']) ts.push((await client.chat.postMessage({ channel: INCIDENTS, text })).ts ?? '');
    const seen: (string | undefined)[] = [];
    for await (const page of client.paginate('conversations.history', {
      channel: INCIDENTS,
      limit: 2,
      oldest: ts[0],
    })) {
      seen.push(...((page as { messages?: { text: string }[] }).messages ?? []).map(({ text }) => text));
    }
    expect(seen).toEqual(['c', 'b']);
  });
});

describe('files', () => {
  test('an upload lands in its thread with title and alternative text', async () => {
    const { slack, client } = await start();
    const { ts = '' } = await client.chat.postMessage({ channel: INCIDENTS, text: 'root' });
    const file = Buffer.from([1, 2, 3]);
    const upload = { channel_id: INCIDENTS, thread_ts: ts, file, filename: 'path.png', title: 'The path' };
    await client.filesUploadV2({ ...upload, alt_text: 'where it drops', initial_comment: 'a picture' });
    expect([...slack.state.messages.values()].at(-1)).toMatchObject({
      threadTs: ts,
      text: 'a picture',
      files: [{ name: 'path.png', title: 'The path', altText: 'where it drops', bytes: new Uint8Array(file) }],
    });
  });
  test('a file without its bytes cannot be completed', async () => {
    const { client } = await start();
    const { file_id: id = '' } = await client.files.getUploadURLExternal({ filename: 'a.txt', length: 3 });
    const completed = client.files.completeUploadExternal({ files: [{ id }], channel_id: INCIDENTS });
    expect(await refusal(completed)).toMatchObject({ error: 'file_update_failed' });
  });
  test('bytes of another length than announced are refused', async () => {
    const { client } = await start();
    const { upload_url: url = '' } = await client.files.getUploadURLExternal({ filename: 'a.txt', length: 3 });
    expect((await fetch(url, { method: 'POST', body: 'four' })).status).toBe(400);
    expect((await fetch(url, { method: 'POST', body: 'one' })).status).toBe(200);
  });
});

test('members of a group', async () => {
  const { client } = await start();
  expect(await client.usergroups.users.list({ usergroup: 'S0ONCALL' })).toMatchObject({ users: ['U0BEN'] });
  expect(await refusal(client.usergroups.users.list({ usergroup: 'S0' }))).toMatchObject({ error: 'no_such_subteam' });
});

test('a permalink of a reply names its thread', async () => {
  const { client } = await start({ clock: handClock() });
  const { ts = '' } = await client.chat.postMessage({ channel: INCIDENTS, text: 'root' });
  const { ts: reply = '' } = await client.chat.postMessage({ channel: INCIDENTS, text: 'reply', thread_ts: ts });
  const { permalink } = await client.chat.getPermalink({ channel: INCIDENTS, message_ts: reply });
  expect(permalink).toMatch(/\/archives\/C0INCIDENTS\/p1767225600000001\?thread_ts=1767225600.000000&cid=C0INCIDENTS$/);
});

describe('trouble', () => {
  test('a burst is let through, then a message a second in each channel', async () => {
    const clock = handClock();
    const { slack, client } = await start({ clock, pace: { perSecond: 1, burst: 2 } });
    const post = () =>
      client.chat.postMessage({ channel: INCIDENTS, text: 'x' }).then(
        () => 'posted',
        (error: { retryAfter?: number }) => error.retryAfter,
      );
    expect([await post(), await post(), await post()]).toEqual(['posted', 'posted', 1]);
    slack.invite('C0RANDOM');
    expect((await client.chat.postMessage({ channel: 'C0RANDOM', text: 'x' })).ok).toBe(true);
    clock.move(1_000);
    expect([await post(), await post()]).toEqual(['posted', 1]);
  });
  test('429, 5xx, Slack’s words and lost answers come when they are asked for, and end', async () => {
    const { slack, client } = await start();
    const post = () =>
      client.chat.postMessage({ channel: INCIDENTS, text: 'x' }).then(
        () => 'posted',
        (error: { code?: string }) => error.code,
      );
    slack.faults.add({ method: 'chat.postMessage', times: 1, effect: { kind: 'rate-limited', retryAfterSeconds: 7 } });
    slack.faults.add({ method: '*', times: 1, effect: { kind: 'status', status: 502 } });
    slack.faults.add({ method: 'chat.postMessage', times: 1, effect: { kind: 'error', error: 'fatal_error' } });
    const codes = [await post(), await post(), await post(), await post()];
    const { RateLimitedError, HTTPError, PlatformError } = ErrorCode;
    expect(codes).toEqual([RateLimitedError, HTTPError, PlatformError, 'posted']);
    const before = slack.state.messages.size;
    slack.faults.add({ method: '*', times: 1, effect: { kind: 'drop', when: 'before' } });
    await post();
    expect(slack.state.messages.size).toBe(before);
    slack.faults.add({ method: '*', times: 1, effect: { kind: 'drop', when: 'after' } });
    await post();
    expect(slack.state.messages.size).toBe(before + 1);
  });
  test('while it is down nothing is done', async () => {
    const { slack, client } = await start();
    const up = slack.faults.down();
    await expect(client.chat.postMessage({ channel: INCIDENTS, text: 'x' })).rejects.toThrow();
    up();
    expect((await client.chat.postMessage({ channel: INCIDENTS, text: 'x' })).ok).toBe(true);
    expect(slack.state.messages.size).toBe(1);
  });
});
