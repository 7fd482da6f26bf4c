/** The calls to Slack that we make, as a port: `web-api.ts` makes them for real. */
import type { KnownBlock, View } from '@slack/types';

/** A message as it is sent: `text` is always set (notifications, screen readers), blocks are what people see. */
export type Message = { readonly text: string; readonly blocks: readonly KnownBlock[] };

/** Marks a message of ours, so that a worker that takes over finds what the one before it had posted. */
export type MessageMark = { readonly answerId: string; readonly part: string };

/** A file for a thread. `altText`: for pictures, read to those who cannot see them. */
export type Upload = {
  /** By `markedName` of `file-mark.ts`: a file's message carries no metadata, so its name says whose part it is. */
  readonly filename: string;
  readonly title: string;
  readonly altText: string | null;
  readonly bytes: Uint8Array;
};

/**
 * Slack's answer. `refused` will not change by asking again (not_in_channel, channel_not_found, is_archived, ...); what may
 * change (429 beyond its retries, 5xx, a dropped socket) is a rejection with the fault code `slack-unavailable`.
 */
export type SlackResult<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  | { readonly kind: 'refused'; readonly error: string };

/** Where a message stands: its channel, and its `ts`, which is its name there. */
export type Posted = { readonly channel: string; readonly ts: string };

/** The port. */
export type SlackApi = {
  readonly post: (where: PostPlace, message: Message, mark: MessageMark | null) => Promise<SlackResult<Posted>>;
  readonly update: (where: Posted, message: Message, mark: MessageMark | null) => Promise<SlackResult<null>>;
  readonly ephemeral: (
    where: { readonly channel: string; readonly user: string; readonly threadTs: string | null },
    message: Message,
  ) => Promise<SlackResult<null>>;
  /** By response_url; `inChannel` false: only the asker sees it. */
  readonly respond: (
    responseUrl: string,
    message: Message,
    options: { readonly inChannel: boolean; readonly replaceOriginal: boolean },
  ) => Promise<SlackResult<null>>;
  /**
   * Messages of ours in a channel since `oldestTs` (threadTs null) or in a thread, by their marks: metadata, or the names of
   * their files (`partOfFile`). Needs membership.
   */
  readonly findMarked: (
    where: PostPlace,
    options: { readonly answerId: string; readonly oldestTs: string | null },
  ) => Promise<SlackResult<readonly (Posted & MessageMark)[]>>;
  readonly upload: (where: PostPlace, upload: Upload, comment: string) => Promise<SlackResult<null>>;
  readonly openView: (triggerId: string, view: View) => Promise<SlackResult<null>>;
  readonly publishHome: (user: string, view: View) => Promise<SlackResult<null>>;
  /** User ids of a user group. */
  readonly groupMembers: (group: string) => Promise<SlackResult<readonly string[]>>;
  readonly permalink: (message: Posted) => Promise<SlackResult<string>>;
};

/** Where a message goes: a channel, or a thread in it by the `ts` of its root. */
export type PostPlace = { readonly channel: string; readonly threadTs: string | null };
