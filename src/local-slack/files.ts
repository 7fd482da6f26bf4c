/** Uploads in three steps (https://docs.slack.dev/messaging/working-with-files): announce, send the bytes, complete. */
import { type Method, numberOf, ok, refused, textOf } from './call.ts';
import { channelFor, problemOfThread } from './chat.ts';
import type { SlackFile } from './model.ts';
import { botMessage } from './workspace.ts';

/** Announces a file; its URL takes the bytes. `length` is in bytes and must be what then arrives. */
export const getUploadUrl: Method = (args, { workspace, tickets, origin }) => {
  const name = textOf(args, 'filename');
  const length = numberOf(args, 'length');
  if (name === null || length === null || length <= 0) {
    return refused('invalid_arguments', ['[ERROR] filename and length (in bytes, above 0) are required']);
  }
  const id = workspace.nextId('F');
  // The files methods spell it both ways: `alt_txt` in the documentation, `alt_text` in the clients.
  tickets.announce({ id, name, length, altText: textOf(args, 'alt_txt') ?? textOf(args, 'alt_text') });
  return ok({ upload_url: `${origin}/upload/${id}`, file_id: id });
};

/** Completes files that were sent, and shares them in a channel or thread when one is named. */
export const completeUpload: Method = (args, { workspace, tickets }) => {
  const files = readFiles(args.files);
  if (files === null) return refused('invalid_arguments', ['[ERROR] files must be a list of {id, title}']);
  const done: SlackFile[] = [];
  for (const { id, title } of files) {
    const announced = tickets.announced(id);
    if (announced === null) return refused('file_not_found');
    if (announced.bytes === null) return refused('file_update_failed');
    const { name, altText, bytes } = announced;
    done.push({ id, name, title: title ?? name, altText, bytes });
  }
  const share = args.channel_id === undefined ? null : channelFor(args, workspace, 'member', 'channel_id');
  if (share !== null && 'kind' in share) return share;
  const threadTs = textOf(args, 'thread_ts');
  const wrongThread = share === null ? null : problemOfThread(workspace, share.id, threadTs);
  if (wrongThread !== null) return wrongThread;
  for (const file of done) {
    workspace.putFile(file);
    tickets.complete(file.id);
  }
  if (share !== null) {
    const text = textOf(args, 'initial_comment') ?? '';
    workspace.putMessage(botMessage(workspace, { channel: share.id, threadTs, text, blocks: [], files: done }));
  }
  return ok({ files: done.map(({ id, title }) => ({ id, title })) });
};

function readFiles(files: unknown): readonly { readonly id: string; readonly title: string | null }[] | null {
  if (!Array.isArray(files) || files.length === 0) return null;
  const read = files.map((file: unknown) => {
    const { id, title } = (file ?? {}) as { id?: unknown; title?: unknown };
    return typeof id === 'string' ? { id, title: typeof title === 'string' ? title : null } : null;
  });
  return read.every(file => file !== null) ? read : null;
}
