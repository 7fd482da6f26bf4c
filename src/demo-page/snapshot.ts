/** What the page is told: the local Slack as one person sees it, as plain JSON. */
import type { Ephemeral, Message, OpenView, SlackFile } from '../local-slack/model.ts';
import type { LocalSlack } from '../local-slack/start.ts';

type Json = Readonly<Record<string, unknown>>;

/** Characters of a text file that are shown before it is downloaded. */
const PREVIEW_CHARACTERS = 1_500;

/** The files that are pictures, by the ending of their names. */
const PICTURES: Readonly<Record<string, string>> = { png: 'image/png', jpg: 'image/jpeg', gif: 'image/gif' };

/** A message of everybody's. */
export function messageView({ channel, ts, threadTs, user, text, blocks, files, editedAtMs }: Message): Json {
  return {
    kind: 'message',
    channel,
    ts,
    threadTs,
    user,
    text,
    blocks,
    files: files.map(fileView),
    edited: editedAtMs.length > 0,
  };
}

/** Everything that only this person sees: ephemeral messages, open modals, App Home. */
export function ownViews({ state }: LocalSlack, user: string): Json {
  const home = state.homes.get(user);
  return {
    ephemerals: state.ephemerals.filter(one => one.user === user).map(ephemeralView),
    views: (state.views.get(user) ?? []).map(openView),
    home: home === undefined ? null : openView(home),
  };
}

/** The channels, as the sidebar shows them. */
export function channelViews({ state }: LocalSlack): readonly Json[] {
  return [...state.channels.values()].map(({ id, name, topic, botIsMember }) => ({ id, name, topic, botIsMember }));
}

/** Media type of a file, by its name; text where it is no picture. Never anything that a browser would run. */
export function mediaTypeOf({ name }: Pick<SlackFile, 'name'>): string {
  return PICTURES[name.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'text/plain; charset=utf-8';
}

function fileView(file: SlackFile): Json {
  const isPicture = mediaTypeOf(file).startsWith('image/');
  const { id, name, title, altText, bytes } = file;
  return {
    id,
    name,
    title,
    altText,
    size: bytes.length,
    url: `/files/${id}`,
    kind: isPicture ? 'image' : 'text',
    preview: isPicture ? '' : new TextDecoder().decode(bytes).slice(0, PREVIEW_CHARACTERS),
  };
}

function ephemeralView({ channel, ts, threadTs, from, text, blocks }: Ephemeral): Json {
  return { kind: 'ephemeral', channel, ts, threadTs, from, text, blocks, files: [] };
}

function openView({ id, hash, view, errors }: OpenView): Json {
  return { id, hash, view, errors };
}
