/** What a local Slack keeps: channels, messages, files and views, as the API's callers and the people in it see them. */

/** One Block Kit block, exactly as it was received. */
export type SlackBlock = Readonly<Record<string, unknown>> & { readonly type: string };

/** A channel. `members`: user ids, without the bot; null: everybody of the workspace. */
export type Channel = {
  readonly id: string;
  readonly name: string;
  readonly topic: string;
  readonly botIsMember: boolean;
  readonly isArchived: boolean;
  readonly members: readonly string[] | null;
};

/** Somebody in the workspace, by a name without the `@`. */
export type Person = { readonly id: string; readonly name: string };

/** A user group (S...) and who is in it. */
export type UserGroup = { readonly id: string; readonly users: readonly string[] };

/** A file that was uploaded and completed. */
export type SlackFile = {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  /** What a screen reader reads instead of a picture; null: none was given. */
  readonly altText: string | null;
  readonly bytes: Uint8Array;
};

/** Metadata of a message (https://docs.slack.dev/messaging/message-metadata). */
export type Metadata = { readonly event_type: string; readonly event_payload: Readonly<Record<string, unknown>> };

/** A message that everybody in the channel sees. */
export type Message = {
  readonly channel: string;
  /** Unique in the workspace and ordered in time; also its address. */
  readonly ts: string;
  /** ts of the message that opens the thread; null: this one is in the channel. */
  readonly threadTs: string | null;
  /** Who wrote it: a user's id, or the bot's. */
  readonly user: string;
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
  readonly metadata: Metadata | null;
  readonly files: readonly SlackFile[];
  /** When it was edited, milliseconds since 1970 each. */
  readonly editedAtMs: readonly number[];
};

/** A message that one person sees. `from` slackbot: Slack itself says that something went wrong. */
export type Ephemeral = {
  readonly channel: string;
  readonly user: string;
  readonly ts: string;
  readonly threadTs: string | null;
  readonly from: 'bot' | 'slackbot';
  readonly text: string;
  readonly blocks: readonly SlackBlock[];
};

/** A modal that is open at somebody's. `errors`: block_id -> message, of the last submission. */
export type OpenView = {
  readonly id: string;
  readonly hash: string;
  readonly user: string;
  readonly view: Readonly<Record<string, unknown>>;
  readonly errors: Readonly<Record<string, string>>;
};

/** What changed, told to whoever watches. */
export type Change =
  | { readonly kind: 'message' | 'message-deleted'; readonly channel: string; readonly ts: string }
  | { readonly kind: 'ephemeral'; readonly channel: string; readonly user: string; readonly ts: string }
  | { readonly kind: 'views' | 'home'; readonly user: string }
  | { readonly kind: 'channel'; readonly channel: string };

/** The time, so that tests can move it. `after` runs once and gives what cancels it. */
export type Clock = {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly after: (milliseconds: number, run: () => void) => () => void;
};

/** The machine's own. Its timers do not keep the process alive. */
export const SYSTEM_CLOCK: Clock = {
  now: Date.now,
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds).unref();
    return () => clearTimeout(timer);
  },
};
