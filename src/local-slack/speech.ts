/** What people say and open: messages, mentions, slash commands, message shortcuts, App Home. */

import { type Content, messageJson, readContent } from './chat.ts';
import type { Delivered } from './delivery.ts';
import { deliverEvent } from './events.ts';
import type { Message } from './model.ts';
import { channelPayload, commandPayload, eventPayload, interaction } from './payloads.ts';
import type { PersonPorts } from './person.ts';
import { show } from './response-url.ts';
import type { ResponsePlace } from './tickets.ts';

/** A slash command as it is typed: `/egress` and the rest. Slack offers none in threads. */
export type CommandTyped = {
  readonly user: string;
  readonly channel: string;
  readonly command: string;
  readonly text: string;
};

/** Sends a slash command; what the app acknowledges with is shown, and so is that it did not. */
export async function sendCommand(typed: CommandTyped, ports: PersonPorts): Promise<Delivered> {
  const { workspace, tickets } = ports.world;
  const place: ResponsePlace = { channel: typed.channel, user: typed.user, threadTs: null, original: null };
  const payload = commandPayload(workspace, {
    ...typed,
    person: ports.person(typed.user),
    triggerId: tickets.trigger(typed.user),
    responseUrl: tickets.responseUrl(place),
  });
  const delivered = await ports.send({ type: 'slash_commands', payload, retry: null });
  if (delivered.kind === 'failed') {
    slackbotSays(place, `${typed.command} failed with the error "${delivered.error}"`, ports);
    return delivered;
  }
  const answer = answerOf(delivered.body);
  if (answer === null) return delivered;
  if (answer.content.kind === 'refused') slackbotSays(place, `${typed.command} failed: ${answer.content.error}`, ports);
  else show(place, answer.content, answer.isPublic, workspace);
  return delivered;
}

/** Posts a message of a person, and tells the app when it is mentioned where it is a member. */
export async function say(
  said: { readonly user: string; readonly channel: string; readonly text: string; readonly threadTs: string | null },
  ports: PersonPorts,
): Promise<{ readonly message: Message; readonly delivered: Delivered | null }> {
  const { workspace } = ports.world;
  const { bot } = workspace.setup;
  const rest = { blocks: [], metadata: null, files: [], editedAtMs: [] };
  const message: Message = { ...said, ...rest, ts: workspace.nextTs() };
  workspace.putMessage(message);
  if (!said.text.includes(`<@${bot.user}>`)) return { message, delivered: null };
  if (!workspace.channels.get(said.channel)?.botIsMember) {
    const place = { ...said, original: null };
    slackbotSays(
      place,
      `You mentioned @${bot.name}, but it is not in this channel. /invite @${bot.name} adds it.`,
      ports,
    );
    return { message, delivered: null };
  }
  const event = {
    ...messageJson(message, workspace, false),
    type: 'app_mention',
    channel: said.channel,
    event_ts: message.ts,
  };
  return { message, delivered: await sendEvent(event, ports) };
}

/** Uses a shortcut of the app on a message. */
export function useShortcut(
  used: { readonly user: string; readonly ts: string; readonly callbackId: string },
  ports: PersonPorts,
): Promise<Delivered> {
  const { workspace, tickets } = ports.world;
  const message = workspace.messages.get(used.ts);
  if (message === undefined) throw new Error(`no message ${used.ts}`);
  const { channel, threadTs } = message;
  const payload = {
    ...interaction(workspace, 'message_action', ports.person(used.user), tickets.trigger(used.user)),
    callback_id: used.callbackId,
    response_url: tickets.responseUrl({ channel, user: used.user, threadTs, original: null }),
    action_ts: workspace.nextTs(),
    message_ts: message.ts,
    channel: channelPayload(workspace, channel),
    message: messageJson(message, workspace, true),
  };
  return ports.send({ type: 'interactive', payload, retry: null });
}

/** Opens the app's Home. */
export function openAppHome(user: string, ports: PersonPorts): Promise<Delivered> {
  const ts = ports.world.workspace.nextTs();
  const event = { type: 'app_home_opened', user, channel: `D${user}`, tab: 'home', event_ts: ts };
  return sendEvent(event, ports);
}

function sendEvent(event: Readonly<Record<string, unknown>>, ports: PersonPorts): Promise<Delivered> {
  const { workspace } = ports.world;
  const { clock } = workspace;
  return deliverEvent(eventPayload(workspace, workspace.nextId('Ev'), event), {
    clock,
    send: ports.send,
    onRepeated: ports.onRepeated,
  });
}

function slackbotSays(
  place: Omit<ResponsePlace, 'original'>,
  text: string,
  { world: { workspace } }: PersonPorts,
): void {
  const { channel, user, threadTs } = place;
  workspace.putEphemeral({ channel, user, threadTs, ts: workspace.nextTs(), from: 'slackbot', text, blocks: [] });
}

/** What an acknowledgement shows; null: nothing. Plain text is for the person alone. */
function answerOf(
  body: unknown,
): { readonly content: Content | { kind: 'refused'; error: string }; readonly isPublic: boolean } | null {
  if (body === null || body === undefined || body === '') return null;
  const args = (typeof body === 'object' ? body : { text: String(body) }) as Readonly<Record<string, unknown>>;
  if (args.text === undefined && args.blocks === undefined) return null;
  return { content: readContent(args), isPublic: args.response_type === 'in_channel' };
}
