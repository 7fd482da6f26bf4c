/** What the person of the page does, from the browser's JSON to the local Slack. */
import type { Entered } from '../local-slack/entered.ts';
import type { Where } from '../local-slack/interactions.ts';
import type { LocalSlack } from '../local-slack/start.ts';
import { SHORTCUT } from '../slack/names.ts';

type Json = Readonly<Record<string, unknown>>;

/** What came of it, for the page. */
export type Outcome = Json & { readonly kind: string };

/** Whose page it is, and the Slack that it is a page of. */
export type ActPorts = { readonly slack: LocalSlack; readonly user: string };

/** Does one thing. What is no such thing is answered with `unreadable`. */
export async function act(action: Json, { slack, user }: ActPorts): Promise<Outcome> {
  const where = whereOf(action.where);
  const entered = (action.entered ?? {}) as Entered;
  const actionId = String(action.actionId ?? '');
  switch (action.kind) {
    case 'send':
      return send(action, { slack, user });
    case 'home':
      return slack.openHome(user);
    case 'press':
      if (where === null) return UNREADABLE;
      return slack.press({
        user,
        where,
        actionId,
        entered,
        ...(typeof action.value === 'string' ? { value: action.value } : {}),
        ...(isChoice(action.chosen) ? { chosen: action.chosen } : {}),
      });
    case 'suggest':
      return where === null ? UNREADABLE : slack.suggest({ user, where, actionId, text: String(action.text ?? '') });
    case 'submit':
      return slack.submitView(user, entered);
    case 'close':
      return (await slack.closeView(user)) ?? { kind: 'closed' };
    case 'shortcut':
      if (!slack.state.messages.has(String(action.ts))) return UNREADABLE;
      return slack.shortcut({ user, ts: String(action.ts), callbackId: SHORTCUT });
    default:
      return UNREADABLE;
  }
}

const UNREADABLE: Outcome = { kind: 'unreadable' };

/** A line of the composer: a slash command, an invitation, or a message. Slack has no slash commands in threads. */
async function send(action: Json, { slack, user }: ActPorts): Promise<Outcome> {
  const channel = String(action.channel ?? '');
  const text = String(action.text ?? '');
  const threadTs = typeof action.threadTs === 'string' ? action.threadTs : null;
  if (!slack.state.channels.has(channel) || text === '') return UNREADABLE;
  const [word = '', ...rest] = text.split(' ');
  if (!word.startsWith('/')) {
    const { delivered } = await slack.say({ user, channel, threadTs, text: withMentions(text, slack) });
    return delivered ?? { kind: 'said' };
  }
  if (threadTs !== null)
    return tell(`${word} is not supported in threads. Sorry!`, { channel, threadTs }, { slack, user });
  if (word === '/invite') return invite(rest.join(' '), channel, { slack, user });
  if (word === '/egress') return slack.command({ user, channel, command: word, text: rest.join(' ').trim() });
  return tell(`${word} is not a valid command.`, { channel, threadTs }, { slack, user });
}

function invite(whom: string, channel: string, ports: ActPorts): Outcome {
  const { bot } = ports.slack.state.setup;
  if (whom.trim().replace(/^@/, '') !== bot.name) {
    return tell(`Only @${bot.name} can be invited here.`, { channel, threadTs: null }, ports);
  }
  ports.slack.invite(channel);
  return tell(`@${bot.name} is a member of this channel now.`, { channel, threadTs: null }, ports);
}

function tell(
  text: string,
  where: { readonly channel: string; readonly threadTs: string | null },
  { slack: { state }, user }: ActPorts,
): Outcome {
  state.putEphemeral({ ...where, user, ts: state.nextTs(), from: 'slackbot', text, blocks: [] });
  return { kind: 'said' };
}

/** As Slack's clients send text: its three signs escaped, and the names of people and of the bot as ids. */
function withMentions(text: string, { state: { setup } }: LocalSlack): string {
  const ids = new Map(
    [...setup.people, { id: setup.bot.user, name: setup.bot.name }].map(({ id, name }) => [name, id]),
  );
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return escaped.replace(/@([a-z0-9-]+)/g, (whole, name: string) => (ids.has(name) ? `<@${ids.get(name)}>` : whole));
}

function whereOf(value: unknown): Where | null {
  const { kind, ts, id } = (value ?? {}) as Json;
  if (kind === 'message' && typeof ts === 'string') return { kind, ts };
  return kind === 'view' && typeof id === 'string' ? { kind, id } : null;
}

function isChoice(value: unknown): value is { readonly text: string; readonly value: string } {
  const { text, value: chosen } = (value ?? {}) as Json;
  return typeof text === 'string' && typeof chosen === 'string';
}
