/** The card of an answer: its verdict with the buttons that are still of use, drawn again as they are used up. */
import type { Diagnosis } from '../model.ts';
import type { Asker } from '../queue/job.ts';
import { type Card, renderAnswer } from '../render/slack/answer.ts';
import { buttonsFor } from './card-buttons.ts';
import { storedAnswer } from './find-answer.ts';
import { type FollowRecord, followOfAnswer } from './follow-record.ts';
import { followCard } from './follow-words.ts';
import { type AnswerRecord, readSettled } from './records.ts';
import type { Work } from './work.ts';

/** What surrounds the verdict now. After a new look the card is history, and only its evidence is still of use. */
export async function cardOf(work: Work, record: AnswerRecord, diagnosis: Diagnosis): Promise<Card> {
  const { store } = work.ports;
  const { answerId, asker } = record;
  const [look, evidence, follow] = await Promise.all([
    readSettled(store, answerId, 'look'),
    readSettled(store, answerId, 'evidence'),
    followOf(work, record),
  ]);
  const isFollowed = follow !== null && follow.end === null;
  const buttons = buttonsFor(diagnosis, work.attached, { isFollowed }).filter(button =>
    button === 'evidence' ? evidence === null : look === null || button === 'stop',
  );
  const followed = follow === null ? null : followCard(follow);
  const checked =
    look === null
      ? record.note
      : `Checked again by ${mentionOfUser(look.user) ?? 'somebody'}: the newest card has the answer.`;
  const lines = [followed?.note ?? null, checked].filter(line => line !== null);
  const note = lines.length === 0 ? null : lines.join('\n');
  return { answerId, buttons, headline: followed?.headline ?? null, note, askedBy: mentionOf(asker) };
}

/** The result that the card shows: its answer's, or that of a later look of its follow-up. */
export async function shownResultOf(work: Work, record: AnswerRecord): Promise<string> {
  return (await followOf(work, record))?.shown ?? record.resultOf ?? record.answerId;
}

/** The follow-up whose card it is; null: none, though the flow may be followed from another card. */
async function followOf({ ports, attached }: Work, { answerId }: AnswerRecord): Promise<FollowRecord | null> {
  if (attached.presses.follow === undefined) return null;
  const follow = await followOfAnswer(ports.store, answerId);
  return follow?.answerId === answerId ? follow : null;
}

/** Draws the card again. Where Slack refuses, the used button stays, and its next press is told that it is out of date. */
export async function redrawCard(work: Work, record: AnswerRecord, responseUrl: string | null): Promise<void> {
  const { slack, log } = work.ports;
  const stored = await storedAnswer({ work }, await shownResultOf(work, record));
  if (stored === null) return;
  const { root } = renderAnswer(stored.diagnosis, work.templates, await cardOf(work, record, stored.diagnosis));
  const drawn =
    record.way === 'channel' && record.root !== null
      ? await slack.update(record.root, root, { answerId: record.answerId, part: 'root' })
      : responseUrl === null
        ? null
        : await slack.respond(responseUrl, root, { inChannel: true, replaceOriginal: true });
  if (drawn?.kind !== 'ok')
    log({ event: 'card-not-redrawn', answerId: record.answerId, error: drawn?.error ?? 'no way' });
}

/** Mentions who asked; null: nobody did, or the id is none of Slack's. */
function mentionOf(asker: Asker): string | null {
  return asker.kind === 'user' ? mentionOfUser(asker.user) : null;
}

function mentionOfUser(user: string): string | null {
  return /^[UW][A-Z0-9]{2,}$/.test(user) ? `<@${user}>` : null;
}
