/** A diagnosis into its thread: the verdict, a picture, the parts and their files, in this order. */

import { SLACK_ESCAPE } from '../render/escape.ts';
import { type RenderedAnswer, renderAnswer } from '../render/slack/answer.ts';
import { message, section } from '../render/slack/blocks.ts';
import type { Reply } from '../render/slack/replies.ts';
import { markedName } from '../slack/file-mark.ts';
import { cardOf } from './card.ts';
import { type StoredAnswer, storedAnswer } from './find-answer.ts';
import { sendByResponse } from './responses.ts';
import type { Sent } from './thread.ts';
import type { Turn } from './turn.ts';
import { changeNote, saysTheSame } from './what-changed.ts';

/** Posts everything that is not there yet. `refused`: the channel takes nothing from us (any more). */
export async function deliver(turn: Turn, { evidence, diagnosis }: StoredAnswer): Promise<Sent> {
  const { work, book } = turn;
  const { before } = book.record();
  const earlier = before === null ? null : await storedAnswer(turn, before);
  const note = earlier === null ? await sharedNote(turn) : changeNote(earlier, { evidence, diagnosis });
  if (note !== book.record().note) await book.save({ note });
  const rendered = renderAnswer(diagnosis, work.templates, await cardOf(work, book.record(), diagnosis));
  // What is said above in the thread still holds, word for word.
  const isSame = earlier !== null && saysTheSame(earlier.diagnosis, diagnosis);
  const whole: RenderedAnswer = isSame ? { ...rendered, replies: [] } : rendered;
  if (book.record().way === 'response-url') return sendByResponse(turn, whole);
  const root = await showVerdict(turn, whole);
  if (root.kind === 'refused' && canRespond(turn, root.error)) {
    await book.save({ way: 'response-url' });
    return sendByResponse(turn, whole);
  }
  if (root.kind === 'refused') return root;
  return isSame ? root : sendReplies(turn, whole);
}

async function showVerdict({ book, thread }: Turn, { root }: RenderedAnswer): Promise<Sent> {
  return book.record().posted.includes('verdict') ? { kind: 'sent' } : thread.showRoot(root, 'verdict');
}

function canRespond({ book }: Turn, error: string): boolean {
  const { place } = book.record();
  return place.responseUrl !== null && (error === 'not_in_channel' || error === 'channel_not_found');
}

async function sendReplies(turn: Turn, { picture, replies }: RenderedAnswer): Promise<Sent> {
  await sendPicture(turn, picture);
  for (const reply of replies) {
    const sent = await turn.thread.reply(reply.part, reply.message);
    if (sent.kind === 'refused') return sent;
    for (const file of reply.files) {
      const attached = await sendFile(turn, file);
      if (attached.kind === 'refused') return attached;
    }
  }
  return { kind: 'sent' };
}

const PICTURE = 'picture';

/** Without it the thread still says everything, so a picture that cannot be drawn or uploaded is only logged. */
async function sendPicture({ work, book, thread }: Turn, picture: RenderedAnswer['picture']): Promise<void> {
  const { answerId, posted } = book.record();
  if (posted.includes(PICTURE)) return;
  const drawn = await work.draw(picture.svg).catch((error: unknown) => {
    work.ports.log({ event: 'picture-not-drawn', answerId, why: String(error) });
    return null;
  });
  if (drawn === null) return;
  const filename = markedName({ answerId, part: PICTURE }, 'png');
  const upload = { filename, title: 'The path, and where it breaks', altText: picture.altText, bytes: drawn };
  const sent = await thread.attach(PICTURE, upload, '');
  if (sent.kind === 'refused') work.ports.log({ event: 'picture-refused', answerId, error: sent.error });
}

async function sendFile({ book, thread }: Turn, file: Reply['files'][number]): Promise<Sent> {
  const { answerId } = book.record();
  const part = `file-${file.filename.replaceAll('.', '-')}`;
  const extension = file.filename.split('.').at(-1) ?? 'txt';
  const sent = await thread.attach(
    part,
    {
      filename: markedName({ answerId, part }, extension),
      // The message names the file by this name; the other one is for finding it again.
      title: `${file.filename}: ${file.title}`,
      altText: file.altText,
      bytes: new TextEncoder().encode(file.text),
    },
    '',
  );
  if (sent.kind === 'sent') return sent;
  const text = `The file ${SLACK_ESCAPE.code(file.filename)} could not be uploaded: Slack says ${SLACK_ESCAPE.code(sent.error)}.`;
  return thread.reply(part, message(text, [section(text)]));
}

/** Whose look it was, when two asked the same. */
async function sharedNote({ work, book }: Turn): Promise<string | null> {
  const { resultOf, answerId } = book.record();
  if (resultOf === null || resultOf === answerId) return null;
  work.ports.log({ event: 'look-shared', answerId, resultOf });
  return 'Somebody asked the same less than a minute before: this is one look for both.';
}
