/** An answer through a response_url, where the bot is no member: no thread, no files, few messages. */
import type { KnownBlock } from '@slack/types';
import type { RenderedAnswer } from '../render/slack/answer.ts';
import { context } from '../render/slack/blocks.ts';
import { problemsOfMessage } from '../render/slack/limits.ts';
import type { Message } from '../slack/api.ts';
import type { Sent } from './thread.ts';
import type { Turn } from './turn.ts';

/** Slack takes five uses in 30 minutes; one is kept for telling that something failed. */
const MESSAGES = 4;
const INVITE = 'I am not in this channel: `/invite @egress`, and answers come with their thread, picture and files.';

/**
 * Sends the verdict and its parts, as few messages as they fit into. A message during which a worker was killed is sent
 * again, and says so: Slack does not tell what came through a response_url.
 */
export async function sendByResponse({ work, book }: Turn, { root, replies }: RenderedAnswer): Promise<Sent> {
  const { responseUrl } = book.record().place;
  if (responseUrl === null) return { kind: 'refused', error: 'not_in_channel' };
  const messages = mergeMessages(
    root,
    replies.map(reply => reply.message),
    MESSAGES,
  );
  for (const [index, message] of messages.entries()) {
    const part = `response-${index + 1}`;
    const { posted } = book.record();
    if (posted.includes(part)) continue;
    const begun = `${part}-begun`;
    const isRepeated = posted.includes(begun);
    if (!isRepeated) await book.save({ posted: [...posted, begun] });
    const sent = await work.ports.slack.respond(
      responseUrl,
      isRepeated ? withLine(message, 'Sent once more: a worker was stopped, and this may have come before.') : message,
      { inChannel: true, replaceOriginal: false },
    );
    if (sent.kind === 'refused') return sent;
    await book.save({ posted: [...book.record().posted, part] });
  }
  return { kind: 'sent' };
}

/** Puts messages together, each within Slack's limits, the first one alone; what no longer fits is counted in the last. */
function mergeMessages(root: Message, replies: readonly Message[], most: number): readonly Message[] {
  const merged: Message[] = [withLine(root, INVITE)];
  let left = 0;
  for (const reply of replies) {
    const last = merged.length > 1 ? merged.at(-1) : undefined;
    const both = last === undefined ? null : joined(last, reply);
    if (both !== null && fits(both)) merged[merged.length - 1] = both;
    else if (merged.length < most) merged.push(reply);
    else left += 1;
  }
  const end = merged.at(-1);
  if (left === 0 || end === undefined) return merged;
  return [...merged.slice(0, -1), withLine(end, `… ${left} more ${left === 1 ? 'part' : 'parts'}. ${INVITE}`)];
}

/** Room for the lines that are added below. */
function fits(message: Message): boolean {
  return message.blocks.length <= 47 && problemsOfMessage(withLine(message, INVITE.repeat(2))).length === 0;
}

function joined(first: Message, second: Message): Message {
  const divider: KnownBlock = { type: 'divider' };
  return { text: `${first.text}\n\n${second.text}`, blocks: [...first.blocks, divider, ...second.blocks] };
}

function withLine(message: Message, line: string): Message {
  return { text: `${message.text}\n${line}`, blocks: [...message.blocks, context(line)] };
}
