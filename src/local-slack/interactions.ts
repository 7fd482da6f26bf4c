/** What people press, choose and submit. */
import type { Delivered } from './delivery.ts';
import { blocksOf, type Choice, type Entered, optionJson, stateOf } from './entered.ts';
import type { OpenView, SlackBlock } from './model.ts';
import { findElement, interaction, type Surface, surfacePayload } from './payloads.ts';
import type { PersonPorts } from './person.ts';
import type { ResponsePlace } from './tickets.ts';
import { pushedView, readView, replacedView, viewJson } from './views.ts';

/** Where something is pressed: a message (also one that only this person sees) by its ts, a view by its id. */
export type Where = { readonly kind: 'message'; readonly ts: string } | { readonly kind: 'view'; readonly id: string };

/** A press of a button or a choice in a select. `value`: tells buttons with one action_id apart. */
export type Press = {
  readonly user: string;
  readonly where: Where;
  readonly actionId: string;
  readonly value?: string;
  readonly chosen?: Choice;
  /** What is entered in the view meanwhile. */
  readonly entered?: Entered;
};

/** A delivery, or that there is no such thing to press (any more). */
export type Pressed = Delivered | { readonly kind: 'absent'; readonly what: string };

/** Presses an element and tells the app. */
export async function press(pressed: Press, ports: PersonPorts): Promise<Pressed> {
  const { workspace, tickets } = ports.world;
  const surface = surfaceOf(pressed.where, ports);
  if (surface === null) return { kind: 'absent', what: 'the message or view' };
  const found = findElement(blocksOn(surface), pressed.actionId, pressed.value ?? null);
  if (found === null) return { kind: 'absent', what: `the element ${pressed.actionId}` };
  const { element, blockId } = found;
  const { type, text, value, style } = element;
  const place = placeOf(surface, pressed.user);
  const action = {
    type,
    action_id: pressed.actionId,
    block_id: blockId,
    ...(text === undefined ? {} : { text }),
    ...(value === undefined ? {} : { value }),
    ...(style === undefined ? {} : { style }),
    ...(pressed.chosen === undefined ? {} : { selected_option: optionJson(pressed.chosen) }),
    action_ts: workspace.nextTs(),
  };
  const payload = {
    ...interaction(workspace, 'block_actions', ports.person(pressed.user), tickets.trigger(pressed.user)),
    ...surfacePayload(workspace, surface, enteredOn(surface, pressed.entered)),
    ...(place === null ? {} : { response_url: tickets.responseUrl(place) }),
    actions: [action],
  };
  return ports.send({ type: 'interactive', payload, retry: null });
}

/** Types into a select whose options the app gives. Slack takes 100 at most, and shows none when there are more. */
export async function suggest(
  typed: { readonly user: string; readonly where: Where; readonly actionId: string; readonly text: string },
  ports: PersonPorts,
): Promise<{ readonly kind: 'options'; readonly options: readonly Choice[] } | Exclude<Pressed, { kind: 'acked' }>> {
  const { workspace } = ports.world;
  const surface = surfaceOf(typed.where, ports);
  const found = surface === null ? null : findElement(blocksOn(surface), typed.actionId, null);
  if (surface === null || found === null) return { kind: 'absent', what: `the element ${typed.actionId}` };
  const payload = {
    ...interaction(workspace, 'block_suggestion', ports.person(typed.user), null),
    // What is entered elsewhere in the view is not in this payload (https://github.com/slackapi/bolt-js/issues/1146).
    ...surfacePayload(workspace, surface, {}),
    action_id: typed.actionId,
    block_id: found.blockId,
    value: typed.text,
  };
  const delivered = await ports.send({ type: 'interactive', payload, retry: null });
  if (delivered.kind === 'failed') return delivered;
  const options = optionsIn(delivered.body);
  if (options === null) return { kind: 'failed', error: 'invalid_options', noRetry: true, ms: delivered.ms };
  return { kind: 'options', options };
}

/** How a submission ended. `incomplete`: Slack did not send it, because these inputs are empty. */
export type Submitted =
  | Delivered
  | { readonly kind: 'incomplete'; readonly labels: readonly string[] }
  | { readonly kind: 'absent'; readonly what: string };

/** Submits the topmost modal of somebody, and does what the app answers: errors, update, push, clear, or close. */
export async function submitView(user: string, entered: Entered, ports: PersonPorts): Promise<Submitted> {
  const { workspace, tickets } = ports.world;
  const open = workspace.views.get(user)?.at(-1);
  if (open === undefined) return { kind: 'absent', what: 'an open view' };
  const { values, missing } = stateOf(open.view, entered);
  if (missing.length > 0) return { kind: 'incomplete', labels: missing };
  const payload = {
    ...interaction(workspace, 'view_submission', ports.person(user), tickets.trigger(user)),
    view: viewJson(open, workspace, values),
    response_urls: [],
  };
  const delivered = await ports.send({ type: 'interactive', payload, retry: null });
  if (delivered.kind === 'acked') settle(open, delivered.body, ports);
  return delivered;
}

/** Closes the topmost modal; the app is told when the view wants that. */
export async function closeView(user: string, ports: PersonPorts): Promise<Delivered | null> {
  const { workspace } = ports.world;
  const stack = workspace.views.get(user) ?? [];
  const open = stack.at(-1);
  if (open === undefined) return null;
  workspace.putViews(user, stack.slice(0, -1));
  if (open.view.notify_on_close !== true) return null;
  const payload = {
    ...interaction(workspace, 'view_closed', ports.person(user), null),
    view: viewJson(open, workspace),
    is_cleared: false,
  };
  return ports.send({ type: 'interactive', payload, retry: null });
}

function settle(open: OpenView, body: unknown, { world: { workspace } }: PersonPorts): void {
  const stack = workspace.views.get(open.user) ?? [];
  const answer = (typeof body === 'object' && body !== null ? body : {}) as Readonly<Record<string, unknown>>;
  if (answer.response_action === 'push') {
    const pushed = readView(answer, 'modal');
    if (!('kind' in pushed)) pushedView(workspace, open.user, pushed.view);
    return;
  }
  workspace.putViews(open.user, stackAfter(stack, open, answer, workspace));
}

function stackAfter(
  stack: readonly OpenView[],
  open: OpenView,
  answer: Readonly<Record<string, unknown>>,
  workspace: PersonPorts['world']['workspace'],
): readonly OpenView[] {
  const replaced = (after: OpenView) => stack.map(one => (one.id === open.id ? after : one));
  switch (answer.response_action) {
    case 'errors':
      return replaced({ ...open, errors: answer.errors as OpenView['errors'] });
    case 'clear':
      return [];
    case 'update': {
      const read = readView(answer, 'modal');
      // Slack shows that something went wrong, and leaves the modal as it is.
      if ('kind' in read) return replaced({ ...open, errors: { '': read.messages.join('; ') } });
      return replaced(replacedView(workspace, open, read.view));
    }
    default:
      return stack.filter(one => one.id !== open.id);
  }
}

function surfaceOf(where: Where, { world: { workspace } }: PersonPorts): Surface | null {
  if (where.kind === 'view') {
    const views = [...workspace.views.values()].flat();
    const open = [...views, ...workspace.homes.values()].find(one => one.id === where.id);
    return open === undefined ? null : { kind: 'view', open };
  }
  const message = workspace.messages.get(where.ts);
  if (message !== undefined) return { kind: 'message', message };
  const ephemeral = workspace.ephemerals.find(({ ts }) => ts === where.ts);
  return ephemeral === undefined ? null : { kind: 'ephemeral', ephemeral };
}

function blocksOn(surface: Surface): readonly SlackBlock[] {
  if (surface.kind === 'message') return surface.message.blocks;
  return surface.kind === 'ephemeral'
    ? surface.ephemeral.blocks
    : (blocksOf(surface.open.view) as readonly SlackBlock[]);
}

function enteredOn(surface: Surface, entered: Entered | undefined): Readonly<Record<string, unknown>> {
  return surface.kind === 'view' ? stateOf(surface.open.view, entered ?? {}).values : {};
}

/** Where an answer by response_url goes; views have none. */
function placeOf(surface: Surface, user: string): ResponsePlace | null {
  switch (surface.kind) {
    case 'message': {
      const { channel, threadTs, ts } = surface.message;
      return { channel, user, threadTs, original: { kind: 'message', ts } };
    }
    case 'ephemeral': {
      const { channel, threadTs, ts } = surface.ephemeral;
      return { channel, user, threadTs, original: { kind: 'ephemeral', ts } };
    }
    case 'view':
      return null;
    default:
      return surface satisfies never;
  }
}

const OPTIONS_LIMIT = 100;

function optionsIn(body: unknown): readonly Choice[] | null {
  const { options, option_groups: groups } = (body ?? {}) as { options?: unknown; option_groups?: unknown };
  const listed = Array.isArray(groups)
    ? groups.flatMap((group: { options?: unknown }) => group.options ?? [])
    : options;
  if (!Array.isArray(listed) || listed.length > OPTIONS_LIMIT) return null;
  return listed.map((option: { text?: { text?: unknown }; value?: unknown }) => ({
    text: String(option.text?.text ?? ''),
    value: String(option.value ?? ''),
  }));
}
