/** Alerts and follow-ups: an alert may begin one by itself, and when its tool says that it is over, one more look tells. */
import type { Asker } from '../queue/job.ts';
import { redrawCard } from './card.ts';
import { storedAnswer } from './find-answer.ts';
import { flowOf } from './flow.ts';
import { changeFollow, followOfAnswer, joinFollow, lookId, RESOLVED, readFollow } from './follow-record.ts';
import { startFollow } from './follow-start.ts';
import type { AnswerRecord } from './records.ts';
import type { Work } from './work.ts';

/**
 * After an alert was answered: its flow is followed where the configuration wants it, and where it is followed already the
 * alert's incidents hear of the end, too. Only the alert that asked begins one: what somebody has stopped stays so for the others.
 */
export async function followAlert(
  work: Work,
  record: AnswerRecord,
  { by, begunBy, mayBegin }: { readonly by: Asker; readonly begunBy: string; readonly mayBegin: boolean },
): Promise<void> {
  const { store } = work.ports;
  if (work.attached.presses.follow === undefined || record.end?.kind !== 'answered') return;
  if (record.end.verdict === 'reachable' || record.way === 'response-url') return;
  const stored = await storedAnswer({ work }, record.resultOf ?? record.answerId);
  if (stored === null) return;
  const flow = flowOf(stored.diagnosis, record.question?.cluster ?? null);
  const known = await readFollow(store, flow);
  if (known !== null && known.end === null && known.begunBy !== begunBy)
    return joinFollow(store, known, record.answerId);
  if (!mayBegin || work.settings.paging?.follow !== true || record.question?.probe !== true) return;
  const begun = await startFollow(work, { record, stored, by, begunBy, pages: false });
  if (begun.kind === 'followed') await joinFollow(store, begun.record, record.answerId);
  else await redrawCard(work, record, null);
}

/**
 * A tool says that the incident of an answer is over: its follow-up looks now, and then ends. Reports whether there is one.
 * Said again, it looks no second time.
 */
export async function resolveFollow(work: Work, answerId: string, by: Asker): Promise<boolean> {
  const { store, queue, now } = work.ports;
  const follow = await followOfAnswer(store, answerId);
  if (follow === null || follow.end !== null) return false;
  const resolved = await changeFollow(store, follow, one =>
    one.end === null && one.resolvedBy === null ? { ...one, resolvedBy: by } : null,
  );
  if (resolved === null || resolved.end !== null) return false;
  const { look, channel } = resolved;
  await queue.send({
    id: `${lookId(resolved, look)}${RESOLVED}`,
    job: { kind: 'follow-up', answerId: resolved.answerId, look },
    group: channel,
    at: new Date(now()).toISOString(),
  });
  return true;
}
