/** Gets the diagnosis that a question wants: the stored one, that of somebody who asks the same, or a new look. */

import type { Evidence } from '../evidence.ts';
import { FaultError } from '../faults.ts';
import type { Diagnosis } from '../model.ts';
import { getResult, putResult } from '../store/results.ts';
import type { ClusterQuestion } from './ports.ts';
import type { Progress } from './progress.ts';
import { keptUntilMs } from './records.ts';
import { endLook, joinLook } from './share.ts';
import { isFinal } from './trouble.ts';
import type { Turn } from './turn.ts';
import { withinLease } from './within-lease.ts';

/** What is stored of a look. */
export type StoredAnswer = { readonly evidence: Evidence; readonly diagnosis: Diagnosis };
/** The answer, and whether it was looked for by this question itself; or somebody else is still looking. */
export type Found = ({ readonly kind: 'answer' } & StoredAnswer) | { readonly kind: 'wait' };

/** Reads what was stored for an answer; null: nothing, or no more. */
export async function storedAnswer(turn: Pick<Turn, 'work'>, answerId: string): Promise<StoredAnswer | null> {
  return (await getResult(turn.work.ports.store, answerId)) as StoredAnswer | null;
}

/** Finds it and stores it. Progress is stopped before this returns or rejects. */
export async function findAnswer(turn: Turn, question: ClusterQuestion, progress: Progress): Promise<Found> {
  const { work, book, delivery } = turn;
  const { resultOf, answerId, before } = book.record();
  const stored = await storedAnswer(turn, resultOf ?? answerId);
  if (stored !== null) {
    await progress.stop();
    if (resultOf === null) await book.save({ resultOf: answerId });
    return { kind: 'answer', ...stored };
  }
  // Who presses a button wants a new look, whatever others know.
  if (before !== null) return lookAnew(turn, question, progress);
  const sharer = { answerId, nowMs: work.ports.now(), untilMs: delivery.visibleAgainAtMs };
  const sharing = await joinLook(work.ports.store, question, sharer);
  if (sharing.kind === 'mine') return lookAnew(turn, question, progress);
  await progress.stop();
  if (sharing.kind === 'wait') return { kind: 'wait' };
  const shared = await storedAnswer(turn, sharing.answerId);
  if (shared === null) return lookAnew(turn, question, progress);
  await book.save({ resultOf: sharing.answerId });
  return { kind: 'answer', ...shared };
}

async function lookAnew(turn: Turn, question: ClusterQuestion, progress: Progress): Promise<Found> {
  const { work, book } = turn;
  const { store, clusters } = work.ports;
  const { answerId, at } = book.record();
  const end = (how: 'stored' | 'failed') => endLook(store, question, { answerId, nowMs: work.ports.now(), end: how });
  try {
    const answer = await withinLease(work, turn.delivery, clusters.diagnose(question, progress.onStep));
    await progress.stop();
    const { evidence, diagnosis } = answer;
    await putResult(store, answerId, { evidence, diagnosis } satisfies StoredAnswer, keptUntilMs(at));
    await book.save({ resultOf: answerId });
    await end('stored');
    return { kind: 'answer', evidence, diagnosis };
  } catch (error) {
    await progress.stop();
    await end('failed');
    const willTryAgain = !turn.delivery.isLast && !(error instanceof FaultError && isFinal(error.fault));
    if (willTryAgain) await progress.showFailure();
    throw error;
  }
}
