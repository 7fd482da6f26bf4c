/** Who is told what of a follow-up: its thread and its card, each part once; what pagers are told is in `follow-page.ts`. */
import { policyChanges } from '../diagnose/policy-changes.ts';
import { SLACK_ESCAPE } from '../render/escape.ts';
import { type FollowNews, renderFollowNews } from '../render/slack/follow-reply.ts';
import { timeText } from '../render/words.ts';
import { markedName } from '../slack/file-mark.ts';
import { redrawCard } from './card.ts';
import { storedAnswer } from './find-answer.ts';
import type { FollowTurn } from './follow-look.ts';
import { changeFollow, type FollowLook, type FollowRecord } from './follow-record.ts';
import { followCard } from './follow-words.ts';
import { type AnswerRecord, openAnswer, readAnswer } from './records.ts';
import { openThread } from './thread.ts';

/** Replies about what changed and how it ended, as far as they are not there yet; then the card. Rejects while Slack is down. */
export async function tellThread(turn: FollowTurn): Promise<void> {
  const { work, record } = turn;
  const answer = await readAnswer(work.ports.store, record.answerId);
  // Kept for 30 days, as is the follow-up: somebody has cleared the store.
  if (answer === null) return;
  for (const look of record.looks.filter(isNews)) {
    await replyOnce(turn, answer, `look-${look.look}`, () => changedNews(turn, look));
  }
  // Whoever presses Stop sees it on the card.
  if (record.end !== null && record.end.by?.kind !== 'user') await replyOnce(turn, answer, 'end', () => endNews(turn));
  await redrawCard(work, answer, null);
}

/** Does it once for this follow-up, and writes down that it was done. A kill in between does it again. */
export async function onceFor(turn: FollowTurn, part: string, run: () => Promise<void>): Promise<void> {
  const { work, record } = turn;
  const now = await changeFollow(work.ports.store, record, () => null);
  if (now === null || now.told.includes(part)) return;
  await run();
  await changeFollow(work.ports.store, record, one =>
    one.told.includes(part) ? null : { ...one, told: [...one.told, part] },
  );
}

function isNews({ result, changed }: FollowLook): boolean {
  return result === 'blocked' && changed !== null;
}

/** Parts of several follow-ups of one card are told apart by their beginnings. */
function partOf({ startedAt }: FollowRecord, name: string): string {
  return `follow-${Date.parse(startedAt).toString(36)}-${name}`;
}

/** A reply into the thread of the card. Where Slack refuses it for good, the card alone says it. */
export async function replyOnce(
  turn: FollowTurn,
  answer: AnswerRecord,
  name: string,
  news: () => Promise<FollowNews>,
): Promise<void> {
  const { work, delivery, record } = turn;
  if (answer.root === null) return;
  await onceFor(turn, name, async () => {
    const { message, files } = renderFollowNews(await news());
    const thread = openThread(work.ports, await openAnswer(work.ports.store, answer), () => {
      if (work.ports.now() >= delivery.visibleAgainAtMs)
        throw new Error(`the lease of ${delivery.envelope.id} is over`);
    });
    const part = partOf(record, name);
    const sent = await thread.reply(part, message);
    if (sent.kind === 'refused') work.ports.log({ event: 'follow-not-told', part, error: sent.error });
    for (const file of files) {
      const filePart = `${part}-file`;
      const filename = markedName({ answerId: answer.answerId, part: filePart }, 'diff');
      const title = `${file.filename}: ${file.title}`;
      const bytes = new TextEncoder().encode(file.text);
      const attached = await thread.attach(filePart, { filename, title, altText: null, bytes }, '');
      if (attached.kind === 'refused')
        work.ports.log({ event: 'follow-not-told', part: filePart, error: attached.error });
    }
  });
}

async function changedNews(turn: FollowTurn, look: FollowLook): Promise<FollowNews> {
  const what = SLACK_ESCAPE.text(look.changed ?? '');
  const when = SLACK_ESCAPE.text(timeText(look.at));
  return {
    lines: [
      `! *Changed cause:* ${what}.`,
      `Seen at ${when}; it is still followed, and the card above shows it as it is now.`,
    ],
    changes: await changesSince(turn, look.resultOf),
  };
}

async function endNews(turn: FollowTurn): Promise<FollowNews> {
  const { looks, end } = turn.record;
  const seen = looks.findLast(({ resultOf }) => resultOf !== null) ?? null;
  const symbol = end?.kind === 'recovered' ? '✓' : looks.at(-1)?.result === 'blocked' ? '✗' : '?';
  const lines = `${symbol} ${followCard(turn.record).note}`.split('\n');
  return { lines, changes: await changesSince(turn, seen?.resultOf ?? null) };
}

/** What became of the deciding policies since the first look; null: one of the two is not kept. */
async function changesSince({ work, record }: FollowTurn, resultOf: string | null): Promise<FollowNews['changes']> {
  const before = await storedAnswer({ work }, record.first);
  const after = resultOf === null ? null : await storedAnswer({ work }, resultOf);
  return before === null || after === null ? null : policyChanges(before, after, record.fixSeen?.objects ?? []);
}
