/** The workspace's memory: whatever was posted, edited, uploaded or opened, and who is told of it. */
import { randomBytes } from 'node:crypto';
import type {
  Change,
  Channel,
  Clock,
  Ephemeral,
  Message,
  OpenView,
  Person,
  SlackBlock,
  SlackFile,
  UserGroup,
} from './model.ts';

/** What a workspace starts with. Ids are as Slack's: T..., A..., U..., B..., C.... */
export type WorkspaceSetup = {
  readonly team: string;
  readonly appId: string;
  readonly bot: { readonly user: string; readonly id: string; readonly name: string };
  readonly channels: readonly Channel[];
  readonly people: readonly Person[];
  readonly groups: readonly UserGroup[];
};

/** The memory, and the few ways to change it. Reading is by the maps; only `workspace.ts` writes them. */
export type Workspace = {
  readonly setup: WorkspaceSetup;
  readonly clock: Clock;
  readonly channels: ReadonlyMap<string, Channel>;
  /** In the order of their ts, which is that of insertion. */
  readonly messages: ReadonlyMap<string, Message>;
  readonly ephemerals: readonly Ephemeral[];
  readonly files: ReadonlyMap<string, SlackFile>;
  /** Open modals of a user, the topmost last. */
  readonly views: ReadonlyMap<string, readonly OpenView[]>;
  readonly homes: ReadonlyMap<string, OpenView>;
  readonly nextTs: () => string;
  readonly nextId: (prefix: string) => string;
  readonly putChannel: (channel: Channel) => void;
  readonly putMessage: (message: Message) => void;
  readonly removeMessage: (message: Message) => void;
  readonly putEphemeral: (ephemeral: Ephemeral) => void;
  readonly removeEphemeral: (ts: string) => void;
  readonly putFile: (file: SlackFile) => void;
  readonly putViews: (user: string, views: readonly OpenView[]) => void;
  readonly putHome: (home: OpenView) => void;
  /** Calls `told` after every change, until the function that it returns is called. */
  readonly onChange: (told: (change: Change) => void) => () => void;
};

/** Messages of one person's eyes that are kept: an unbounded list would grow for as long as a load test runs. */
const EPHEMERALS_KEPT = 1_000;

/** A new workspace. */
export function createWorkspace(setup: WorkspaceSetup, clock: Clock): Workspace {
  const watchers = new Set<(change: Change) => void>();
  const tell: Tell = change => {
    for (const watcher of watchers) watcher(change);
  };
  return {
    setup,
    clock,
    nextTs: timestamps(clock),
    nextId: prefix => `${prefix}${randomBytes(6).toString('hex').toUpperCase()}`,
    ...keepChannels(setup, tell),
    ...keepMessages(tell),
    ...keepEphemerals(tell),
    ...keepFiles(),
    ...keepViews(tell),
    onChange: told => {
      watchers.add(told);
      return () => void watchers.delete(told);
    },
  };
}

type Tell = (change: Change) => void;

function keepChannels(setup: WorkspaceSetup, tell: Tell): Pick<Workspace, 'channels' | 'putChannel'> {
  const channels = new Map(setup.channels.map(channel => [channel.id, channel]));
  return {
    channels,
    putChannel: channel => {
      channels.set(channel.id, channel);
      tell({ kind: 'channel', channel: channel.id });
    },
  };
}

function keepMessages(tell: Tell): Pick<Workspace, 'messages' | 'putMessage' | 'removeMessage'> {
  const messages = new Map<string, Message>();
  return {
    messages,
    putMessage: message => {
      messages.set(message.ts, message);
      tell({ kind: 'message', channel: message.channel, ts: message.ts });
    },
    removeMessage: message => {
      messages.delete(message.ts);
      tell({ kind: 'message-deleted', channel: message.channel, ts: message.ts });
    },
  };
}

function keepEphemerals(tell: Tell): Pick<Workspace, 'ephemerals' | 'putEphemeral' | 'removeEphemeral'> {
  const ephemerals: Ephemeral[] = [];
  const at = (wanted: string): number => ephemerals.findIndex(({ ts }) => ts === wanted);
  return {
    ephemerals,
    putEphemeral: ephemeral => {
      const { ts, channel, user } = ephemeral;
      const known = at(ts);
      if (known >= 0) ephemerals[known] = ephemeral;
      else ephemerals.push(ephemeral);
      if (ephemerals.length > EPHEMERALS_KEPT) ephemerals.shift();
      tell({ kind: 'ephemeral', channel, user, ts });
    },
    removeEphemeral: ts => {
      const known = at(ts);
      const [gone] = known < 0 ? [] : ephemerals.splice(known, 1);
      if (gone !== undefined) tell({ kind: 'ephemeral', channel: gone.channel, user: gone.user, ts });
    },
  };
}

/** Nobody is told of a file: its message is what people see. */
function keepFiles(): Pick<Workspace, 'files' | 'putFile'> {
  const files = new Map<string, SlackFile>();
  return { files, putFile: file => files.set(file.id, file) };
}

function keepViews(tell: Tell): Pick<Workspace, 'views' | 'putViews' | 'homes' | 'putHome'> {
  const views = new Map<string, readonly OpenView[]>();
  const homes = new Map<string, OpenView>();
  return {
    views,
    putViews: (user, open) => {
      views.set(user, open);
      tell({ kind: 'views', user });
    },
    homes,
    putHome: home => {
      homes.set(home.user, home);
      tell({ kind: 'home', user: home.user });
    },
  };
}

/** Messages of a channel (`threadTs` null) or the replies of a thread, oldest first, without the thread's own root. */
export function messagesIn(workspace: Workspace, channel: string, threadTs: string | null): readonly Message[] {
  return [...workspace.messages.values()].filter(
    message => message.channel === channel && message.threadTs === threadTs,
  );
}

/** A message of the bot, not yet kept. */
export function botMessage(
  workspace: Workspace,
  part: {
    readonly channel: string;
    readonly threadTs: string | null;
    readonly text: string;
    readonly blocks: readonly SlackBlock[];
  } & Partial<Pick<Message, 'metadata' | 'files'>>,
): Message {
  const { user } = workspace.setup.bot;
  return { metadata: null, files: [], ...part, user, ts: workspace.nextTs(), editedAtMs: [] };
}

/** Strings `SECONDS.MICROSECONDS`, each greater than the one before, also when the clock stands still. */
function timestamps(clock: Clock): () => string {
  let last = 0;
  return () => {
    last = Math.max(Math.floor(clock.now()) * 1_000, last + 1);
    return `${Math.floor(last / 1_000_000)}.${String(last % 1_000_000).padStart(6, '0')}`;
  };
}
