/** The payloads of what people do, field by field as Slack documents them (https://docs.slack.dev/reference/interaction-payloads). */
import { messageJson } from './chat.ts';
import type { Ephemeral, Message, OpenView, Person, SlackBlock } from './model.ts';
import { viewJson } from './views.ts';
import type { Workspace } from './workspace.ts';

type Payload = Readonly<Record<string, unknown>>;

/** A slash command, as form fields. */
export function commandPayload(
  workspace: Workspace,
  part: {
    readonly person: Person;
    readonly channel: string;
    readonly command: string;
    readonly text: string;
    readonly triggerId: string;
    readonly responseUrl: string;
  },
): Payload {
  const { setup } = workspace;
  return {
    team_id: setup.team,
    team_domain: 'local',
    channel_id: part.channel,
    channel_name: workspace.channels.get(part.channel)?.name ?? '',
    user_id: part.person.id,
    user_name: part.person.name,
    command: part.command,
    text: part.text,
    api_app_id: setup.appId,
    is_enterprise_install: 'false',
    response_url: part.responseUrl,
    trigger_id: part.triggerId,
  };
}

/** An event of the Events API around what happened. */
export function eventPayload(workspace: Workspace, eventId: string, event: Payload): Payload {
  const { setup, clock } = workspace;
  return {
    type: 'event_callback',
    team_id: setup.team,
    api_app_id: setup.appId,
    event,
    event_id: eventId,
    event_time: Math.floor(clock.now() / 1_000),
    authorizations: [
      { enterprise_id: null, team_id: setup.team, user_id: setup.bot.user, is_bot: true, is_enterprise_install: false },
    ],
    is_ext_shared_channel: false,
  };
}

/** Fields that every interaction has. */
export function interaction(workspace: Workspace, type: string, person: Person, triggerId: string | null): Payload {
  const { setup } = workspace;
  return {
    type,
    user: { id: person.id, username: person.name, name: person.name, team_id: setup.team },
    api_app_id: setup.appId,
    team: { id: setup.team, domain: 'local' },
    enterprise: null,
    is_enterprise_install: false,
    ...(triggerId === null ? {} : { trigger_id: triggerId }),
  };
}

/** Where an element was pressed: a message (everybody's or one person's), a modal, or App Home. */
export type Surface =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'ephemeral'; readonly ephemeral: Ephemeral }
  | { readonly kind: 'view'; readonly open: OpenView };

/** `container`, `channel`, `message` or `view` of an interaction. */
export function surfacePayload(workspace: Workspace, surface: Surface, state: Payload): Payload {
  switch (surface.kind) {
    case 'message': {
      const { channel, ts, threadTs } = surface.message;
      const thread = threadTs === null ? {} : { thread_ts: threadTs };
      return {
        container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: false, ...thread },
        channel: channelPayload(workspace, channel),
        message: messageJson(surface.message, workspace, true),
        state: { values: {} },
      };
    }
    case 'ephemeral': {
      // The message itself is not in the payload: Slack does not keep it.
      const { channel, ts } = surface.ephemeral;
      return {
        container: { type: 'message', message_ts: ts, channel_id: channel, is_ephemeral: true },
        channel: channelPayload(workspace, channel),
        state: { values: {} },
      };
    }
    case 'view':
      return {
        container: { type: 'view', view_id: surface.open.id },
        view: viewJson(surface.open, workspace, state),
      };
    default:
      return surface satisfies never;
  }
}

/** A channel as payloads name it. */
export function channelPayload(workspace: Workspace, id: string): Payload {
  return { id, name: workspace.channels.get(id)?.name ?? 'directmessage' };
}

/** An element of blocks and the block that it is in. */
export type Element = { readonly blockId: string; readonly element: Payload };

/** The element with this action_id, in whatever block it lies, or null. Blocks without an id are known by their place. */
export function findElement(blocks: readonly SlackBlock[], actionId: string, value: string | null): Element | null {
  for (const [index, block] of blocks.entries()) {
    const blockId = typeof block.block_id === 'string' ? block.block_id : `block-${index}`;
    const element = elementsIn(block).find(
      one => one.action_id === actionId && (value === null || one.value === undefined || one.value === value),
    );
    if (element !== undefined) return { blockId, element };
  }
  return null;
}

/** Everything in a block that has an action_id, in order, however deep. */
export function elementsIn(block: unknown): readonly Payload[] {
  if (Array.isArray(block)) return block.flatMap(elementsIn);
  if (typeof block !== 'object' || block === null) return [];
  const inside = Object.values(block).flatMap(elementsIn);
  return typeof (block as Payload).action_id === 'string' ? [block as Payload, ...inside] : inside;
}
