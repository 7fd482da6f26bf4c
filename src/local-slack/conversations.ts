/** conversations.*: what was said, page by page (https://docs.slack.dev/reference/methods/conversations.history). */
import type { Arguments } from './body.ts';
import { type Answer, type Method, numberOf, ok, refused, textOf } from './call.ts';
import { channelFor, messageJson } from './chat.ts';
import type { Message } from './model.ts';
import { messagesIn, type Workspace } from './workspace.ts';

const PAGE = 100;
const PAGE_MOST = 999;

/** A channel as it is. */
export const conversationInfo: Method = (args, { workspace }) => {
  const channel = channelFor(args, workspace, 'member or not');
  if ('kind' in channel) return channel;
  const { id, name, isArchived, botIsMember, topic } = channel;
  return ok({
    channel: {
      id,
      name,
      is_channel: id.startsWith('C'),
      is_im: id.startsWith('D'),
      is_private: false,
      is_archived: isArchived,
      is_member: botIsMember,
      topic: { value: topic },
    },
  });
};

/** Messages of a channel, newest first, without the replies of its threads. */
export const conversationHistory: Method = (args, { workspace }) => {
  const channel = channelFor(args, workspace);
  if ('kind' in channel) return channel;
  return page(messagesIn(workspace, channel.id, null).toReversed(), args, workspace);
};

/** A thread, oldest first; its root comes first, whatever the bounds are. */
export const conversationReplies: Method = (args, { workspace }) => {
  const channel = channelFor(args, workspace);
  if ('kind' in channel) return channel;
  const root = workspace.messages.get(textOf(args, 'ts') ?? '');
  if (root === undefined || root.channel !== channel.id) return refused('thread_not_found');
  return page([root, ...messagesIn(workspace, channel.id, root.ts)], args, workspace, root);
};

function page(all: readonly Message[], args: Arguments, workspace: Workspace, root?: Message): Answer {
  const limit = Math.min(Math.max(numberOf(args, 'limit') ?? PAGE, 1), PAGE_MOST);
  const from = cursorOf(args);
  if (from === null) return refused('invalid_cursor');
  const bounded = all.filter(message => message === root || isWithin(message.ts, args));
  const part = bounded.slice(from, from + limit);
  const hasMore = from + part.length < bounded.length;
  const withMetadata = args.include_all_metadata === true;
  return ok({
    messages: part.map(message => threadFacts(message, messageJson(message, workspace, withMetadata), workspace)),
    has_more: hasMore,
    response_metadata: { next_cursor: hasMore ? Buffer.from(`next:${from + limit}`).toString('base64') : '' },
  });
}

/** Compared as numbers of microseconds: `1.5` and `1.500000` are the same moment. Both bounds are open unless `inclusive`. */
function isWithin(ts: string, args: Arguments): boolean {
  const [at, oldest, latest] = [ts, textOf(args, 'oldest') ?? '0', textOf(args, 'latest')].map(text =>
    text === null ? Number.POSITIVE_INFINITY : Math.round(Number(text) * 1_000_000),
  ) as [number, number, number];
  return args.inclusive === true ? oldest <= at && at <= latest : oldest < at && at < latest;
}

function cursorOf(args: Arguments): number | null {
  const cursor = textOf(args, 'cursor');
  if (cursor === null) return 0;
  const [, start] = /^next:(\d+)$/.exec(Buffer.from(cursor, 'base64').toString('utf8')) ?? [];
  return start === undefined ? null : Number(start);
}

function threadFacts(message: Message, json: Record<string, unknown>, workspace: Workspace): Record<string, unknown> {
  const replies = message.threadTs === null ? messagesIn(workspace, message.channel, message.ts) : [];
  const latest = replies.at(-1);
  return latest === undefined
    ? json
    : { ...json, thread_ts: message.ts, reply_count: replies.length, latest_reply: latest.ts };
}
