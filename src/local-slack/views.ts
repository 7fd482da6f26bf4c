/** views.*: modals and App Home (https://docs.slack.dev/reference/methods/views.open). */
import { problemsOfView } from '../render/slack/limits.ts';
import type { Arguments } from './body.ts';
import { type Answer, type Method, ok, refused, textOf } from './call.ts';
import type { OpenView } from './model.ts';
import type { Workspace } from './workspace.ts';

/** Modals that may lie on one another. */
const STACK_LIMIT = 3;

/** Opens a modal at whoever made the trigger. */
export const openView: Method = (args, { workspace, tickets }) => {
  const view = readView(args, 'modal');
  if ('kind' in view) return view;
  const trigger = tickets.useTrigger(textOf(args, 'trigger_id') ?? '');
  if (trigger.kind === 'refused') return refused(trigger.error);
  const opened = newView(workspace, trigger.value, view.view);
  workspace.putViews(trigger.value, [opened]);
  return ok({ view: viewJson(opened, workspace) });
};

/** Replaces a modal by id, or by id and hash: then not when somebody else has replaced it meanwhile. */
export const updateView: Method = (args, { workspace }) => {
  const view = readView(args, 'modal');
  if ('kind' in view) return view;
  const id = textOf(args, 'view_id');
  const [user, stack] = [...workspace.views].find(([, open]) => open.some(one => one.id === id)) ?? ['', []];
  const before = stack.find(one => one.id === id);
  if (before === undefined) return refused('not_found');
  const hash = textOf(args, 'hash');
  if (hash !== null && hash !== before.hash) return refused('hash_conflict');
  const after = replacedView(workspace, before, view.view);
  workspace.putViews(
    user,
    stack.map(one => (one === before ? after : one)),
  );
  return ok({ view: viewJson(after, workspace) });
};

/** Sets somebody's App Home. */
export const publishView: Method = (args, { workspace }) => {
  const view = readView(args, 'home');
  if ('kind' in view) return view;
  const user = textOf(args, 'user_id');
  if (user === null || !workspace.setup.people.some(({ id }) => id === user)) return refused('user_not_found');
  const before = workspace.homes.get(user);
  const hash = textOf(args, 'hash');
  if (hash !== null && hash !== before?.hash) return refused('hash_conflict');
  const home = before === undefined ? newView(workspace, user, view.view) : replacedView(workspace, before, view.view);
  workspace.putHome(home);
  return ok({ view: viewJson(home, workspace) });
};

/** A modal on top of those that are open, or null when three are. */
export function pushedView(workspace: Workspace, user: string, view: OpenView['view']): OpenView | null {
  const stack = workspace.views.get(user) ?? [];
  if (stack.length >= STACK_LIMIT) return null;
  const pushed = newView(workspace, user, view);
  workspace.putViews(user, [...stack, pushed]);
  return pushed;
}

/** The same modal with other content: its id stays, its hash does not. */
export function replacedView(workspace: Workspace, before: OpenView, view: OpenView['view']): OpenView {
  return { ...before, hash: newHash(workspace), view, errors: {} };
}

/** A view that an app sent, checked; otherwise the refusal, with each problem. */
export function readView(
  args: Arguments,
  type: 'modal' | 'home',
): { readonly view: OpenView['view'] } | Extract<Answer, { kind: 'refused' }> {
  const { view } = args;
  const wrong = (messages: readonly string[]) => ({ kind: 'refused', error: 'invalid_arguments', messages }) as const;
  if (typeof view !== 'object' || view === null) return wrong(['[ERROR] view must be an object']);
  if ((view as { type?: unknown }).type !== type) return wrong([`[ERROR] view.type must be "${type}"`]);
  const problems = problemsOfView(view);
  if (problems.length > 0) return wrong(problems.map(problem => `[ERROR] ${problem}`));
  return { view: view as OpenView['view'] };
}

/** A view as Slack gives it back, and as it is in payloads. `state`: what was entered, for a submission. */
export function viewJson(
  open: OpenView,
  workspace: Workspace,
  state: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const { setup } = workspace;
  return {
    private_metadata: '',
    callback_id: '',
    ...open.view,
    id: open.id,
    team_id: setup.team,
    app_id: setup.appId,
    bot_id: setup.bot.id,
    hash: open.hash,
    root_view_id: workspace.views.get(open.user)?.[0]?.id ?? open.id,
    previous_view_id: null,
    state: { values: state },
  };
}

function newView(workspace: Workspace, user: string, view: OpenView['view']): OpenView {
  return { id: workspace.nextId('V'), hash: newHash(workspace), user, view, errors: {} };
}

function newHash(workspace: Workspace): string {
  return `${workspace.nextTs()}.${workspace.nextId('').slice(0, 8)}`;
}
