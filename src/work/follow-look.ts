/** One more look at a followed flow: the same question, asked by whoever wanted it followed, as far as they still may. */
import { seeFix } from '../diagnose/fix-seen.ts';
import type { Answer } from '../diagnose/pipeline.ts';
import { FaultError } from '../faults.ts';
import type { PodMethod } from '../model.ts';
import type { Delivery } from '../queue/queue.ts';
import { putResult } from '../store/results.ts';
import { authorize } from './authorize.ts';
import { type StoredAnswer, storedAnswer } from './find-answer.ts';
import { type FollowRecord, lookId, RESOLVED } from './follow-record.ts';
import type { Found } from './follow-state.ts';
import type { ClusterQuestion } from './ports.ts';
import { KEPT_MS } from './records.ts';
import { reviewAsker } from './review-asker.ts';
import { withinLease } from './within-lease.ts';
import type { Work } from './work.ts';

/** A follow-up in a worker's hands. */
export type FollowTurn = { readonly work: Work; readonly delivery: Delivery; readonly record: FollowRecord };

/**
 * Looks, or takes the stored result where a killed worker had looked already. Rejects while Slack is down (it says who is in
 * which group), and for mistakes of our own as long as the job has another attempt.
 */
export async function lookOnce(turn: FollowTurn): Promise<Found> {
  const { work, record } = turn;
  const resultOf = resultIdOf(record);
  const known = (await storedAnswer({ work }, resultOf)) ?? null;
  if (known !== null) return foundOf(turn, known, known.evidence.question.pod.text);
  if (turn.delivery.wasKilled === true) return { kind: 'failed', why: KILLED };
  const asking = await mayAsk(turn);
  if (asking.kind !== 'may') return asking;
  const looking = await lookAt(turn, asking.question);
  if (looking.kind !== 'looked') return looking;
  const { evidence, diagnosis } = looking.answer;
  const result: StoredAnswer = { evidence, diagnosis };
  await putResult(work.ports.store, resultOf, result, work.ports.now() + KEPT_MS);
  return foundOf(turn, result, looking.pod);
}

/** What was seen before a tool said that it is over says nothing of how it is since. */
function resultIdOf(record: FollowRecord): string {
  return `${lookId(record, record.look)}${record.resolvedBy === null ? '' : RESOLVED}`;
}

const KILLED = 'Every worker that began this look was stopped; this says nothing about the network.';
const BROKEN = 'Something in egress itself failed; this says nothing about the network.';

type Asking = { readonly kind: 'may'; readonly question: ClusterQuestion } | Exclude<Found, { kind: 'answer' }>;

async function mayAsk({ work, record }: FollowTurn): Promise<Asking> {
  const { asked, by, channel, first } = record;
  const permission = await authorize(work, { asked, asker: by, place: { channel } });
  if (permission.kind === 'refused') return { kind: 'refused', why: permission.refusal.what };
  const { question } = permission;
  if (permission.kind === 'search') return { kind: 'failed', why: 'Its namespace is not known any more.' };
  if (!question.probe) return { kind: 'refused', why: 'Who followed it may not probe there any more.' };
  try {
    await reviewAsker(work, by, permission.question);
  } catch (error) {
    if (error instanceof FaultError && error.fault.code === 'refused')
      return { kind: 'refused', why: error.fault.what };
    throw error;
  }
  const before = await storedAnswer({ work }, first);
  const { vantages, podMethods } = before?.evidence.question ?? { vantages: [], podMethods: [] };
  const look = { vantages, podMethods: tracelessOf(podMethods) };
  return { kind: 'may', question: vantages.length === 0 ? question : { ...question, look } };
}

/** An ephemeral container stays in the pod's spec for good: one for each look would be a dozen. */
function tracelessOf(methods: readonly PodMethod[]): readonly PodMethod[] {
  const traceless = methods.filter(method => method !== 'ephemeral-container');
  return traceless.length === 0 ? methods : traceless;
}

type Looking =
  | { readonly kind: 'looked'; readonly answer: Answer; readonly pod: string }
  | Exclude<Found, { kind: 'answer' }>;

/** Asks about the pod, and where that is gone or ends, about its workload. */
async function lookAt(turn: FollowTurn, question: ClusterQuestion): Promise<Looking> {
  const { owner } = turn.record;
  const looking = await tryLook(turn, question);
  const isOver =
    looking.kind === 'gone' ||
    (looking.kind === 'looked' && looking.answer.diagnosis.verdict.code === 'pod-not-running');
  if (!isOver || owner === null || question.pod === owner) return looking;
  const other = await tryLook(turn, { ...question, pod: owner });
  return other.kind === 'looked' || looking.kind === 'gone' ? other : looking;
}

async function tryLook({ work, delivery }: FollowTurn, question: ClusterQuestion): Promise<Looking> {
  try {
    const looking = work.ports.clusters.diagnose(question, () => undefined);
    return { kind: 'looked', answer: await withinLease(work, delivery, looking), pod: question.pod };
  } catch (error) {
    const fault = error instanceof FaultError ? error.fault : null;
    if (fault?.code === 'not-found') return { kind: 'gone', why: fault.what };
    if (fault !== null && fault.code !== 'internal') return { kind: 'failed', why: `${fault.what} ${fault.cause}` };
    if (!delivery.isLast) throw error;
    work.ports.log({ event: 'look-failed', id: delivery.envelope.id, why: String(error) });
    return { kind: 'failed', why: BROKEN };
  }
}

async function foundOf(
  { work, record }: FollowTurn,
  { evidence, diagnosis }: StoredAnswer,
  pod: string,
): Promise<Found> {
  const [first, shown] = await Promise.all([
    storedAnswer({ work }, record.first),
    storedAnswer({ work }, record.shown),
  ]);
  const fix = shown?.diagnosis.fix ?? first?.diagnosis.fix ?? null;
  const fixSeen =
    first === null ? null : seeFix(fix, first.evidence, evidence, new Date(work.ports.now()).toISOString());
  return { kind: 'answer', resultOf: resultIdOf(record), diagnosis, fixSeen, pod };
}
