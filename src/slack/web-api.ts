/** The calls to Slack, made by Slack's own client. SLACK_API_URL sends all of them elsewhere, uploads and answers included. */
import type { KnownBlock, View } from '@slack/types';
import { type Logger, WebClient } from '@slack/web-api';
import type { Message, MessageMark, Posted, PostPlace, SlackApi, SlackResult, Upload } from './api.ts';
import { marksOf, metadataOf } from './marks.ts';
import { callSlack, type Patience } from './slack-call.ts';
import { isSlackUrl, postToSlack } from './slack-fetch.ts';

/** How Slack is reached. */
export type SlackConnection = {
  readonly token: string;
  /** SLACK_API_URL. */
  readonly apiUrl: string;
  /** Milliseconds that one request may take. */
  readonly timeoutMs: number;
  readonly patience: Patience;
  readonly logger: Logger;
};

/** Whose token it is. */
export type Identity = { readonly team: string; readonly user: string; readonly bot: string };

/** The port, and whose token it is (auth.test). */
export type SlackClient = SlackApi & { readonly identity: () => Promise<SlackResult<Identity>> };

/** Where Slack is unless SLACK_API_URL says otherwise. */
export const SLACK_URL = 'https://slack.com/api/';

/** Pages of 200 messages in which parts of ours are looked for: an answer's thread fits into one. */
const PAGE_MESSAGES = 200;
const MOST_PAGES = 5;

/** https://docs.slack.dev/reference/methods/files.getUploadURLExternal */
const ALT_TEXT_CHARACTERS = 1000;

/** What each call needs: everything that `slackApi` does goes through here. */
type Caller = {
  readonly client: WebClient;
  readonly connection: SlackConnection;
  readonly repeatable: <Value>(name: string, attempt: () => Promise<Value>) => Promise<SlackResult<Value>>;
  readonly once: <Value>(name: string, attempt: () => Promise<Value>) => Promise<SlackResult<Value>>;
};

/** Makes the calls. Nothing is asked of Slack here. */
export function slackApi(connection: SlackConnection): SlackClient {
  const { patience, token, apiUrl, timeoutMs, logger } = connection;
  const client = new WebClient(token, {
    slackApiUrl: apiUrl,
    timeout: timeoutMs,
    logger,
    // Asking again is `callSlack`'s: the client's own would repeat what may have been done, and stop all channels for one.
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
  });
  const caller: Caller = {
    client,
    connection,
    repeatable: (name, attempt) => callSlack({ name, isRepeatable: true }, patience, attempt),
    once: (name, attempt) => callSlack({ name, isRepeatable: false }, patience, attempt),
  };
  return {
    post: (where, message, mark) => post(caller, where, message, mark),
    update: (where, message, mark) => update(caller, where, message, mark),
    ephemeral: (where, message) => ephemeral(caller, where, message),
    respond: (responseUrl, message, options) => respond(caller, responseUrl, message, options),
    findMarked: (where, options) => findMarked(caller, where, options),
    upload: (where, file, comment) => upload(caller, where, file, comment),
    openView: (triggerId, view) =>
      nothing(caller.once('views.open', () => client.views.open({ trigger_id: triggerId, view }))),
    publishHome: (user, view) =>
      nothing(caller.repeatable('views.publish', () => client.views.publish({ user_id: user, view: homeOf(view) }))),
    groupMembers: group => groupMembers(caller, group),
    permalink: message => permalink(caller, message),
    identity: () => identity(caller),
  };
}

function homeOf(view: View): Extract<View, { type: 'home' }> {
  if (view.type !== 'home') throw new Error(`a ${view.type} is no App Home`);
  return view;
}

function contentOf({ text, blocks }: Message): { text: string; blocks: KnownBlock[] } {
  return { text, blocks: [...blocks] };
}

function threadOf(threadTs: string | null): { thread_ts?: string } {
  return threadTs === null ? {} : { thread_ts: threadTs };
}

function markOf(mark: MessageMark | null): { metadata?: ReturnType<typeof metadataOf> } {
  return mark === null ? {} : { metadata: metadataOf(mark) };
}

async function post({ client, once }: Caller, where: PostPlace, message: Message, mark: MessageMark | null) {
  const result = await once('chat.postMessage', () =>
    client.chat.postMessage({
      channel: where.channel,
      ...contentOf(message),
      ...threadOf(where.threadTs),
      ...markOf(mark),
      unfurl_links: false,
      unfurl_media: false,
    }),
  );
  return mapped(result, ({ channel, ts }): Posted => ({ channel: channel ?? where.channel, ts: present(ts, 'ts') }));
}

function update({ client, repeatable }: Caller, where: Posted, message: Message, mark: MessageMark | null) {
  return nothing(
    repeatable('chat.update', () =>
      client.chat.update({ channel: where.channel, ts: where.ts, ...contentOf(message), ...markOf(mark) }),
    ),
  );
}

function ephemeral(
  { client, once }: Caller,
  where: { readonly channel: string; readonly user: string; readonly threadTs: string | null },
  message: Message,
) {
  return nothing(
    once('chat.postEphemeral', () =>
      client.chat.postEphemeral({
        channel: where.channel,
        user: where.user,
        ...contentOf(message),
        ...threadOf(where.threadTs),
      }),
    ),
  );
}

function respond(
  { once, connection }: Caller,
  responseUrl: string,
  message: Message,
  { inChannel, replaceOriginal }: { readonly inChannel: boolean; readonly replaceOriginal: boolean },
): Promise<SlackResult<null>> {
  const { apiUrl, timeoutMs } = connection;
  if (!isSlackUrl(responseUrl, apiUrl)) return Promise.resolve({ kind: 'refused', error: 'no_slack_url' });
  const body = JSON.stringify({
    ...contentOf(message),
    response_type: inChannel ? 'in_channel' : 'ephemeral',
    replace_original: replaceOriginal,
  });
  return nothing(
    once('response_url', () => postToSlack(responseUrl, { contentType: 'application/json', body }, timeoutMs)),
  );
}

async function findMarked(
  { client, repeatable }: Caller,
  { channel, threadTs }: PostPlace,
  { answerId, oldestTs }: { readonly answerId: string; readonly oldestTs: string | null },
): Promise<SlackResult<readonly (Posted & MessageMark)[]>> {
  const found: (Posted & MessageMark)[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const options = {
      channel,
      limit: PAGE_MESSAGES,
      include_all_metadata: true,
      ...(oldestTs === null ? {} : { oldest: oldestTs, inclusive: true }),
      ...(cursor === undefined ? {} : { cursor }),
    };
    const result =
      threadTs === null
        ? await repeatable('conversations.history', () => client.conversations.history(options))
        : await repeatable('conversations.replies', () => client.conversations.replies({ ...options, ts: threadTs }));
    if (result.kind === 'refused') return result;
    const messages: readonly unknown[] = result.value.messages ?? [];
    found.push(...messages.flatMap(message => marksOf(message, channel, answerId)));
    cursor = result.value.response_metadata?.next_cursor;
    if (!cursor) break;
  }
  return { kind: 'ok', value: found };
}

/** Three steps (https://docs.slack.dev/messaging/working-with-files); the file is nowhere to be seen before the last. */
async function upload(caller: Caller, where: PostPlace, file: Upload, comment: string): Promise<SlackResult<null>> {
  const { client, repeatable, once, connection } = caller;
  const { filename, bytes, title, altText } = file;
  const place = await repeatable('files.getUploadURLExternal', () =>
    client.files.getUploadURLExternal({
      filename,
      length: bytes.byteLength,
      // The documentation spells it alt_txt, the client alt_text; Slack passes over the one that it does not know.
      ...(altText === null ? {} : { alt_txt: cut(altText), alt_text: cut(altText) }),
    }),
  );
  if (place.kind === 'refused') return place;
  const url = present(place.value.upload_url, 'upload_url');
  const id = present(place.value.file_id, 'file_id');
  if (!isSlackUrl(url, connection.apiUrl)) return { kind: 'refused', error: 'no_slack_url' };
  const sent = await repeatable('upload', () =>
    postToSlack(url, { contentType: 'application/octet-stream', body: new Uint8Array(bytes) }, connection.timeoutMs),
  );
  if (sent.kind === 'refused') return sent;
  const share = { channel_id: where.channel, ...(comment === '' ? {} : { initial_comment: comment }) };
  return nothing(
    once('files.completeUploadExternal', () =>
      client.files.completeUploadExternal(
        where.threadTs === null
          ? { files: [{ id, title }], ...share }
          : { files: [{ id, title }], ...share, thread_ts: where.threadTs },
      ),
    ),
  );
}

function cut(text: string): string {
  return text.length <= ALT_TEXT_CHARACTERS ? text : `${text.slice(0, ALT_TEXT_CHARACTERS - 1)}…`;
}

async function groupMembers({ client, repeatable }: Caller, group: string) {
  const result = await repeatable('usergroups.users.list', () => client.usergroups.users.list({ usergroup: group }));
  return mapped(result, ({ users }): readonly string[] => users ?? []);
}

async function permalink({ client, repeatable }: Caller, { channel, ts }: Posted) {
  const result = await repeatable('chat.getPermalink', () => client.chat.getPermalink({ channel, message_ts: ts }));
  return mapped(result, value => present(value.permalink, 'permalink'));
}

async function identity({ client, repeatable }: Caller): Promise<SlackResult<Identity>> {
  const result = await repeatable('auth.test', () => client.auth.test());
  return mapped(result, ({ team_id: team, user_id: user, bot_id: bot }) => ({
    team: present(team, 'team_id'),
    user: present(user, 'user_id'),
    bot: bot ?? '',
  }));
}

async function nothing(result: Promise<SlackResult<unknown>>): Promise<SlackResult<null>> {
  return mapped(await result, () => null);
}

function mapped<From, To>(result: SlackResult<From>, to: (value: From) => To): SlackResult<To> {
  return result.kind === 'ok' ? { kind: 'ok', value: to(result.value) } : result;
}

/** A field that Slack's documentation promises. */
function present(value: string | undefined, field: string): string {
  if (value === undefined || value === '') throw new Error(`Slack's answer has no ${field}`);
  return value;
}
