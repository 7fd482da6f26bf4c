/** Whose part a file in a thread is, told by its name: Slack keeps no metadata on the message that shares a file. Pure. */
import type { MessageMark } from './api.ts';

/** Names a file so that a worker that takes over knows it again, e.g. `fix.cmd-12-34.yaml` for the part `fix` and `yaml`. */
export function markedName(mark: MessageMark, extension: string): string {
  return `${mark.part}.${inName(mark.answerId)}.${extension}`;
}

/** The part of `answerId` that a file of this name is, or null when it is none of that answer. */
export function partOfFile(name: string, answerId: string): string | null {
  const at = name.lastIndexOf(`.${inName(answerId)}.`);
  return at > 0 ? name.slice(0, at) : null;
}

/** Ids hold colons, which not every disk takes in a name. */
function inName(answerId: string): string {
  return answerId.replaceAll(/[^A-Za-z0-9]+/g, '-');
}
