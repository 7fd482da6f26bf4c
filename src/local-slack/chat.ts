/** chat.*: messages posted, edited, shown to one person (https://docs.slack.dev/reference/methods/chat.postMessage). */
import { problemsOfMessage } from '../render/slack/limits.ts';
import type { Arguments } from './body.ts';
import { type Answer, type Method, ok, refused, textOf } from './call.ts';
import type { Channel, Ephemeral, Message, Metadata, SlackBlock } from './model.ts';
import { botMessage, type Workspace } from './workspace.ts';

/** Characters of `text`, beyond which Slack answers msg_too_long. */
const TEXT_LIMIT = 40_000;

/** Posts a message of the bot. The bot must be a member: this app does not ask for chat:write.public. */
export const postMessage: Method = (args, { workspace }) => {
  const channel = channelFor(args, workspace);
  if ('kind' in channel) return channel;
  const content = readContent(args);
  if (content.kind === 'refused') return content;
  const metadata = readMetadata(args);
  if (metadata.kind === 'refused') return metadata;
  const threadTs = textOf(args, 'thread_ts');
  const wrongThread = problemOfThread(workspace, channel.id, threadTs);
  if (wrongThread !== null) return wrongThread;
  const { text, blocks } = content;
  const message = botMessage(workspace, {
    channel: channel.id,
    threadTs,
    text,
    blocks: blocks ?? [],
    metadata: metadata.value,
  });
  workspace.putMessage(message);
  return ok({ channel: channel.id, ts: message.ts, message: messageJson(message, workspace, true) });
};

/** Edits a message of the bot. `text` without `blocks` drops the blocks; without `metadata` the old metadata stays. */
export const updateMessage: Method = (args, { workspace }) => {
  const channel = channelFor(args, workspace, 'member or not');
  if ('kind' in channel) return channel;
  const before = workspace.messages.get(textOf(args, 'ts') ?? '');
  // An ephemeral message is no message of the channel: it cannot be found, so it cannot be edited.
  if (before === undefined || before.channel !== channel.id) return refused('message_not_found');
  if (before.user !== workspace.setup.bot.user) return refused('cant_update_message');
  const content = readContent(args);
  if (content.kind === 'refused') return content;
  const metadata = readMetadata(args);
  if (metadata.kind === 'refused') return metadata;
  const after: Message = {
    ...before,
    text: content.text,
    blocks: content.blocks ?? [],
    metadata: args.metadata === undefined ? before.metadata : metadata.value,
    editedAtMs: [...before.editedAtMs, workspace.clock.now()],
  };
  workspace.putMessage(after);
  return ok({ channel: channel.id, ts: after.ts, text: after.text, message: messageJson(after, workspace, true) });
};

/** Shows a message to one person of a channel. It has a ts, and nothing can be done with it. */
export const postEphemeral: Method = (args, { workspace }) => {
  const channel = channelFor(args, workspace);
  if ('kind' in channel) return channel;
  const user = textOf(args, 'user');
  if (user === null || !workspace.setup.people.some(({ id }) => id === user)) return refused('user_not_found');
  if (channel.members !== null && !channel.members.includes(user)) return refused('user_not_in_channel');
  const content = readContent(args);
  if (content.kind === 'refused') return content;
  const threadTs = textOf(args, 'thread_ts');
  const wrongThread = problemOfThread(workspace, channel.id, threadTs);
  if (wrongThread !== null) return wrongThread;
  const ephemeral: Ephemeral = {
    channel: channel.id,
    user,
    ts: workspace.nextTs(),
    threadTs,
    from: 'bot',
    text: content.text,
    blocks: content.blocks ?? [],
  };
  workspace.putEphemeral(ephemeral);
  return ok({ message_ts: ephemeral.ts });
};

/** The address of a message for people. */
export const getPermalink: Method = (args, { workspace, origin }) => {
  const channel = channelFor(args, workspace, 'member or not');
  if ('kind' in channel) return channel;
  const message = workspace.messages.get(textOf(args, 'message_ts') ?? '');
  if (message === undefined || message.channel !== channel.id) return refused('message_not_found');
  const thread = message.threadTs === null ? '' : `?thread_ts=${message.threadTs}&cid=${channel.id}`;
  const permalink = `${origin}/archives/${channel.id}/p${message.ts.replace('.', '')}${thread}`;
  return ok({ channel: channel.id, permalink });
};

/** The channel that a call names, or why it may not be used. */
export function channelFor(
  args: Arguments,
  workspace: Workspace,
  need: 'member' | 'member or not' = 'member',
  name = 'channel',
): Channel | Answer {
  const channel = workspace.channels.get(textOf(args, name) ?? '');
  if (channel === undefined) return refused('channel_not_found');
  if (need === 'member' && !channel.botIsMember) return refused('not_in_channel');
  return channel.isArchived && need === 'member' ? refused('is_archived') : channel;
}

/** `text` and `blocks` as a message has them. `blocks` null: none were sent, which is not the same as an empty list. */
export type Content = {
  readonly kind: 'content';
  readonly text: string;
  readonly blocks: readonly SlackBlock[] | null;
};

/** Checks what is to be shown as strictly as Slack does, and says each problem. */
export function readContent(args: Arguments): Content | Extract<Answer, { kind: 'refused' }> {
  const refuse = (error: string, messages: readonly string[] = []) => ({ kind: 'refused', error, messages }) as const;
  const { text = '', blocks } = args;
  if (typeof text !== 'string') return refuse('invalid_arguments', ['[ERROR] text must be a string']);
  if (text.length > TEXT_LIMIT) return refuse('msg_too_long');
  if (blocks !== undefined && !isBlocks(blocks)) return refuse('invalid_blocks_format');
  if (text === '' && (blocks === undefined || blocks.length === 0)) return refuse('no_text');
  if (blocks === undefined) return { kind: 'content', text, blocks: null };
  const problems = problemsOfMessage({ text, blocks });
  if (problems.length > 0)
    return refuse(
      'invalid_blocks',
      problems.map(problem => `[ERROR] ${problem}`),
    );
  return { kind: 'content', text, blocks };
}

/** A thread_ts must be that of a message of the channel which is itself in no thread. */
export function problemOfThread(workspace: Workspace, channel: string, threadTs: string | null): Answer | null {
  if (threadTs === null) return null;
  const root = workspace.messages.get(threadTs);
  const isRoot = root !== undefined && root.channel === channel && root.threadTs === null;
  return isRoot ? null : refused('cannot_reply_to_message');
}

/** A message as conversations.history shows it. */
export function messageJson(message: Message, workspace: Workspace, withMetadata: boolean): Record<string, unknown> {
  const { setup } = workspace;
  const isBot = message.user === setup.bot.user;
  return {
    type: 'message',
    user: message.user,
    ...(isBot ? { bot_id: setup.bot.id, app_id: setup.appId } : {}),
    team: setup.team,
    text: message.text,
    ts: message.ts,
    ...(message.threadTs === null ? {} : { thread_ts: message.threadTs, parent_user_id: parentOf(message, workspace) }),
    ...(message.blocks.length > 0 ? { blocks: message.blocks } : {}),
    ...(message.files.length > 0 ? { files: message.files.map(({ id, name, title }) => ({ id, name, title })) } : {}),
    ...(message.editedAtMs.length > 0 ? { edited: { user: message.user, ts: String(message.editedAtMs.at(-1)) } } : {}),
    ...(withMetadata && message.metadata !== null ? { metadata: message.metadata } : {}),
  };
}

function parentOf(message: Message, workspace: Workspace): string | undefined {
  return message.threadTs === null ? undefined : workspace.messages.get(message.threadTs)?.user;
}

function isBlocks(blocks: unknown): blocks is readonly SlackBlock[] {
  const isBlock = (block: unknown) =>
    typeof block === 'object' && block !== null && typeof (block as { type?: unknown }).type === 'string';
  return Array.isArray(blocks) && blocks.every(isBlock);
}

/** Bytes of a message's metadata as JSON (https://docs.slack.dev/messaging/message-metadata). */
const METADATA_LIMIT = 8 * 1_024;

function readMetadata(
  args: Arguments,
): { readonly kind: 'metadata'; readonly value: Metadata | null } | Extract<Answer, { kind: 'refused' }> {
  const { metadata } = args;
  if (metadata === undefined) return { kind: 'metadata', value: null };
  const { event_type: type, event_payload: payload } = (metadata ?? {}) as Partial<Metadata>;
  if (typeof type !== 'string' || typeof payload !== 'object' || payload === null) {
    return { kind: 'refused', error: 'invalid_metadata_format', messages: [] };
  }
  const tooLarge = JSON.stringify(metadata).length > METADATA_LIMIT;
  if (tooLarge) return { kind: 'refused', error: 'metadata_too_large', messages: [] };
  return { kind: 'metadata', value: { event_type: type, event_payload: payload } };
}
