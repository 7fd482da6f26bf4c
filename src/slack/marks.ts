/** How a message of ours says which part of which answer it is: in its metadata, or by the name of its file. Pure. */
import type { MessageMark, Posted } from './api.ts';
import { partOfFile } from './file-mark.ts';

/** The metadata of a message of ours, as Slack keeps it: https://docs.slack.dev/messaging/message-metadata */
export type MarkMetadata = {
  readonly event_type: string;
  readonly event_payload: { readonly answer_id: string; readonly part: string };
};

const EVENT_TYPE = 'egress_answer';

/** The metadata that a message is sent with. */
export function metadataOf({ answerId, part }: MessageMark): MarkMetadata {
  return { event_type: EVENT_TYPE, event_payload: { answer_id: answerId, part } };
}

/** The marks of one message as `conversations.history` gives it; none when it is nobody's or another answer's. */
export function marksOf(message: unknown, channel: string, answerId: string): readonly (Posted & MessageMark)[] {
  const { ts, metadata, files } = (message ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof ts !== 'string') return [];
  const parts = [partOfMetadata(metadata, answerId), ...partsOfFiles(files, answerId)];
  return parts.filter(part => part !== null).map(part => ({ channel, ts, answerId, part }));
}

function partOfMetadata(metadata: unknown, answerId: string): string | null {
  const { event_type: type, event_payload: payload } = (metadata ?? {}) as Readonly<Record<string, unknown>>;
  const { answer_id: id, part } = (payload ?? {}) as Readonly<Record<string, unknown>>;
  return type === EVENT_TYPE && id === answerId && typeof part === 'string' ? part : null;
}

function partsOfFiles(files: unknown, answerId: string): readonly (string | null)[] {
  if (!Array.isArray(files)) return [];
  return files.map((file: unknown) => {
    const { name } = (file ?? {}) as Readonly<Record<string, unknown>>;
    return typeof name === 'string' ? partOfFile(name, answerId) : null;
  });
}
