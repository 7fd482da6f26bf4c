/** Answers by response_url: also where the bot is no member (https://docs.slack.dev/interactivity/handling-user-interaction). */
import type { Arguments } from './body.ts';
import type { World } from './call.ts';
import { type Content, readContent } from './chat.ts';
import { ephemeralAt, type ResponsePlace } from './tickets.ts';
import { botMessage, type Workspace } from './workspace.ts';

type HttpAnswer = {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
};

/** One use of a response_url: a new message, or the message whose button was pressed replaced or deleted. */
export function respond(id: string, args: Arguments, { workspace, tickets }: World): HttpAnswer {
  const use = tickets.useResponseUrl(id);
  if (use.kind === 'refused') return answer(404, use.error);
  if (args.delete_original === true) return removeOriginal(use.value, workspace);
  const content = readContent(args);
  if (content.kind === 'refused') {
    const { error, messages } = content;
    return { status: 400, json: { ok: false, error, response_metadata: { messages } }, headers: {} };
  }
  // A press replaces its message unless told otherwise; a slash command has none to replace.
  if (args.replace_original === true && use.value.original !== null) return replace(use.value, content, workspace);
  const isPublic = args.response_type === 'in_channel';
  const threadTs = typeof args.thread_ts === 'string' ? args.thread_ts : use.value.threadTs;
  show({ ...use.value, threadTs }, content, isPublic, workspace);
  return answer(200, null);
}

/** Shows what an app answers to a command or a press: to everybody in the channel, or to the person alone. */
export function show(place: ResponsePlace, content: Content, isPublic: boolean, workspace: Workspace): void {
  const { text } = content;
  const blocks = content.blocks ?? [];
  const { channel, threadTs } = place;
  if (isPublic) workspace.putMessage(botMessage(workspace, { channel, threadTs, text, blocks }));
  else workspace.putEphemeral({ ...ephemeralAt(place, workspace.nextTs()), from: 'bot', text, blocks });
}

function replace(place: ResponsePlace, content: Content, workspace: Workspace): HttpAnswer {
  const { original } = place;
  const { text } = content;
  const blocks = content.blocks ?? [];
  if (original?.kind === 'ephemeral') {
    workspace.putEphemeral({ ...ephemeralAt(place, original.ts), from: 'bot', text, blocks });
    return answer(200, null);
  }
  const before = workspace.messages.get(original?.ts ?? '');
  if (before === undefined) return answer(404, 'message_not_found');
  workspace.putMessage({ ...before, text, blocks, editedAtMs: [...before.editedAtMs, workspace.clock.now()] });
  return answer(200, null);
}

function removeOriginal({ original }: ResponsePlace, workspace: Workspace): HttpAnswer {
  const before = workspace.messages.get(original?.ts ?? '');
  if (original?.kind === 'ephemeral') workspace.removeEphemeral(original.ts);
  else if (before !== undefined) workspace.removeMessage(before);
  else return answer(404, 'message_not_found');
  return answer(200, null);
}

function answer(status: number, error: string | null): HttpAnswer {
  return { status, json: error === null ? { ok: true } : { ok: false, error }, headers: {} };
}
