/**
 * What Slack sends -> the job that it means. The id comes from what Slack sends too, so that a repetition is the same job.
 * Pure; fields are read as text because a payload is outside text, however it is typed.
 */
import { ACTIONS, type Action, type Asked, type Asker, type Envelope, type Job, type Place } from '../queue/job.ts';

/** A payload, as JSON gives it. */
export type Payload = Readonly<Record<string, unknown>>;

/** The field at a path of keys, or null when it is missing or no text. */
export function textAt(payload: unknown, ...path: readonly string[]): string | null {
  const value = valueAt(payload, path);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The list at a path of keys; empty when it is missing or no list. */
export function listAt(payload: unknown, ...path: readonly string[]): readonly unknown[] {
  const value = valueAt(payload, path);
  return Array.isArray(value) ? value : [];
}

function valueAt(payload: unknown, path: readonly string[]): unknown {
  return path.reduce((from, key) => (isPayload(from) ? from[key] : undefined), payload);
}

function isPayload(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A question of a slash command. */
export function commandEnvelope(command: Payload, asked: Asked, at: string): Envelope {
  const place = placeOfCommand(command);
  const asker: Asker = { kind: 'user', team: textAt(command, 'team_id') ?? '', user: textAt(command, 'user_id') ?? '' };
  return askEnvelope(`cmd:${textAt(command, 'trigger_id') ?? ''}`, { asked, asker, place }, at);
}

/** Where a slash command is answered: Slack offers none in threads. */
export function placeOfCommand(command: Payload): Place {
  return { channel: textAt(command, 'channel_id') ?? '', threadTs: null, responseUrl: textAt(command, 'response_url') };
}

/** A question of a mention. In a thread the answer stays in that thread. */
export function mentionEnvelope(body: Payload, asked: Asked, at: string): Envelope {
  const place = { ...placeOfEvent(body), responseUrl: null };
  return askEnvelope(`evt:${textAt(body, 'event_id') ?? ''}`, { asked, asker: askerOfEvent(body), place }, at);
}

/** The channel of an event, and the thread that it happened in. */
export function placeOfEvent(body: Payload): { readonly channel: string; readonly threadTs: string | null } {
  return { channel: textAt(body, 'event', 'channel') ?? '', threadTs: textAt(body, 'event', 'thread_ts') };
}

/** Who caused an event. In a shared channel that may be somebody of another workspace. */
export function askerOfEvent(body: Payload): Extract<Asker, { kind: 'user' }> {
  const team = textAt(body, 'event', 'user_team') ?? textAt(body, 'event', 'team') ?? textAt(body, 'team_id') ?? '';
  return { kind: 'user', team, user: textAt(body, 'event', 'user') ?? '' };
}

/** A question of the form. */
export function viewEnvelope(body: Payload, asked: Asked, place: Place, at: string): Envelope {
  const id = `view:${textAt(body, 'view', 'id') ?? ''}:${textAt(body, 'view', 'hash') ?? ''}`;
  return askEnvelope(id, { asked, asker: askerOfInteraction(body), place }, at);
}

/** App Home was opened. */
export function homeEnvelope(body: Payload, at: string): Envelope {
  const asker = askerOfEvent(body);
  return { id: `evt:${textAt(body, 'event_id') ?? ''}`, job: { kind: 'home', asker }, group: `home:${asker.user}`, at };
}

/** A press of a card's button, or null when it is no button of a card of ours. */
export function pressEnvelope(body: Payload, pressed: Payload, at: string): Envelope | null {
  const action = actionOf(textAt(pressed, 'action_id'));
  const value = textAt(pressed, 'value') ?? textAt(pressed, 'selected_option', 'value');
  const ts = textAt(body, 'container', 'message_ts') ?? textAt(body, 'message', 'ts');
  const actionTs = textAt(pressed, 'action_ts');
  if (action === null || value === null || ts === null || actionTs === null) return null;
  const asker = askerOfInteraction(body);
  const place = placeOfInteraction(body);
  const job: Job = { kind: 'press', action, value, asker, place, ts, actionTs };
  return { id: `press:${actionTs}:${asker.user}:${action}`, job, group: place.channel, at };
}

/** Which button an action id is of. Ids in one block must differ, so a number may follow: `egress.choose.2`. */
function actionOf(actionId: string | null): Action | null {
  const bare = actionId?.replace(/[.:]\d+$/, '');
  const found = (Object.keys(ACTIONS) as Action[]).find(action => ACTIONS[action] === bare);
  return found ?? null;
}

/** Where an interaction happened: a message in a channel or a thread. */
export function placeOfInteraction(body: Payload): Place {
  return {
    channel: textAt(body, 'channel', 'id') ?? textAt(body, 'container', 'channel_id') ?? '',
    threadTs: textAt(body, 'message', 'thread_ts') ?? textAt(body, 'container', 'thread_ts'),
    responseUrl: textAt(body, 'response_url'),
  };
}

/** Who pressed or submitted. */
export function askerOfInteraction(body: Payload): Extract<Asker, { kind: 'user' }> {
  const team = textAt(body, 'user', 'team_id') ?? textAt(body, 'team', 'id') ?? '';
  return { kind: 'user', team, user: textAt(body, 'user', 'id') ?? '' };
}

function askEnvelope(id: string, ask: Omit<Extract<Job, { kind: 'ask' }>, 'kind'>, at: string): Envelope {
  return { id, job: { kind: 'ask', ...ask }, group: ask.place.channel, at };
}
