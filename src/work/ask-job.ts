/** One question from claim to last message. Every step is written down, so that whoever comes next goes on from there. */
import { type Fault, FaultError } from '../faults.ts';
import type { Asked, Asker, Place } from '../queue/job.ts';
import type { Delivery, Handled } from '../queue/queue.ts';
import { renderRefusal } from '../render/slack/notices.ts';
import type { Message, Posted } from '../slack/api.ts';
import { putAudit } from '../store/audit.ts';
import { auditOf } from './audit-of.ts';
import { type Authorization, authorize, type SettledQuestion } from './authorize.ts';
import { deliver } from './deliver.ts';
import { placeInThread } from './facts.ts';
import { failureMessage } from './failure-message.ts';
import { type Found, findAnswer } from './find-answer.ts';
import { findElsewhere, nowhereFault } from './find-pod.ts';
import type { ClusterQuestion } from './ports.ts';
import { type Progress, showProgress } from './progress.ts';
import { type AnswerEnd, type AnswerRecord, listForUser, openAnswer } from './records.ts';
import { reviewAsker } from './review-asker.ts';
import { tellAsker } from './tell.ts';
import { openThread } from './thread.ts';
import { isFinal, isSlackDown } from './trouble.ts';
import type { Turn } from './turn.ts';
import { DONE, type HandleJob, type JobOf, later, type Work } from './work.ts';

/** A question to answer: of a command, or of a button of an earlier answer. */
export type Ask = {
  readonly answerId: string;
  readonly asked: Asked;
  readonly asker: Asker;
  readonly place: Place;
  /** A message of ours that becomes the answer's; null: it gets a new one. */
  readonly root: Posted | null;
  /** The answer that this one looks again for; null: none, and it may share a look with others. */
  readonly before: string | null;
};

/** Answers a command, a mention, a shortcut or a modal. */
export const askJob: HandleJob<'ask'> = (work, delivery, { asked, asker, place }) =>
  answerQuestion(work, delivery, { answerId: delivery.envelope.id, asked, asker, place, root: null, before: null });

/** Ends a question that is not tried any more: its thread is told why, unless it has ended already. */
export async function giveUpAsk(
  work: Work,
  delivery: Delivery,
  { asked, asker, place }: JobOf<'ask'>,
  fault: Fault,
): Promise<Handled> {
  const ask = { answerId: delivery.envelope.id, asked, asker, place, root: null, before: null };
  const turn = await beginTurn(work, delivery, ask);
  return turn.book.record().end === null ? fail(turn, fault) : DONE;
}

/** Answers, or goes on with an answer that another worker began. */
export async function answerQuestion(work: Work, delivery: Delivery, ask: Ask): Promise<Handled> {
  const turn = await beginTurn(work, delivery, ask);
  if (turn.book.record().end !== null) return DONE;
  try {
    return await takeTurn(turn);
  } catch (error) {
    return afterTrouble(turn, error);
  }
}

async function beginTurn(work: Work, delivery: Delivery, ask: Ask): Promise<Turn> {
  const { ports } = work;
  const book = await openAnswer(ports.store, firstRecord(ask, delivery.envelope.at));
  const isStillOurs = (): void => {
    if (ports.now() >= delivery.visibleAgainAtMs) throw new Error(`the lease of ${ask.answerId} is over`);
  };
  return { work, delivery, book, thread: openThread(ports, book, isStillOurs) };
}

function firstRecord({ answerId, asked, asker, place, root, before }: Ask, at: string): AnswerRecord {
  const undone = { question: null, way: 'channel', posted: [], resultOf: null, note: null, end: null } as const;
  return { answerId, asked, asker, place, at, root, before, ...undone };
}

async function takeTurn(turn: Turn): Promise<Handled> {
  const { work, book } = turn;
  const { asked, asker, place, answerId, at, posted } = book.record();
  if (posted.includes('failure')) return endTurn(turn, { kind: 'failed', why: 'told before its worker was stopped' });
  const permission = await authorize(work, { asked, asker, place });
  if (permission.kind === 'refused') {
    await tellAsker(work.ports, { asker, place }, renderRefusal(permission.refusal));
    return endTurn(turn, { kind: 'refused', why: permission.refusal.what });
  }
  await putAudit(work.ports.store, auditOf(book.record(), { kind: 'started' }));
  if (asker.kind === 'user') await listForUser(work.ports.store, asker.user, { answerId, at });
  await settleQuestion(turn, permission.question);
  const progress = await showProgress(turn, permission.question);
  if (progress.kind === 'refused') return undeliverable(turn, progress.error);
  const found = await findWherever(turn, permission, progress);
  if (found.kind === 'wait') return later(1);
  const sent = await deliver(turn, found);
  if (sent.kind === 'refused') return undeliverable(turn, sent.error);
  return endTurn(turn, { kind: 'answered', verdict: found.diagnosis.verdict.code });
}

/** Writes down what is asked now, so that also a failure can name it. Once there is an answer, its own question stays. */
async function settleQuestion({ book }: Turn, question: ClusterQuestion): Promise<void> {
  const { resultOf, question: known } = book.record();
  if (resultOf === null && known !== question) await book.save({ question });
}

/** Asks about the default namespace first, and where the pod is not there, about the one where it is. */
async function findWherever(
  turn: Turn,
  permission: Exclude<Authorization, { kind: 'refused' }>,
  progress: Progress,
): Promise<Found> {
  const { clusters } = turn.work.ports;
  const ask = async (question: SettledQuestion): Promise<Found> => {
    await settleQuestion(turn, question);
    await reviewAsker(turn.work, turn.book.record().asker, question);
    return findAnswer(turn, question, progress);
  };
  if (permission.kind === 'search') {
    const { question, others } = permission;
    return ask(await findElsewhere(clusters, question, { others, notFound: nowhereFault(question) }));
  }
  const { question, others } = permission;
  try {
    return await ask(question);
  } catch (error) {
    if (others === null || !(error instanceof FaultError) || error.fault.code !== 'not-found') throw error;
    return ask(await findElsewhere(clusters, question, { others, notFound: error.fault }));
  }
}

/** Hours after which an answer that Slack would not take is given up: nobody waits for it any more. */
const KEPT_HOURS = 6;
/** Between two tries while Slack is down. */
const SLACK_DOWN_SECONDS = 15;

async function afterTrouble(turn: Turn, error: unknown): Promise<Handled> {
  const fault = error instanceof FaultError ? error.fault : null;
  if (isSlackDown(error)) return waitForSlack(turn, error);
  if (fault !== null && isFinal(fault)) return fail(turn, fault);
  if (!turn.delivery.isLast) throw error;
  const told = await fail(turn, fault ?? internalFault());
  // Nobody was told: this attempt is not over.
  if (told.kind === 'later') return told;
  // The dead letters get it too: somebody should look at it.
  throw error;
}

function waitForSlack({ work, book, delivery }: Turn, error: unknown): Handled {
  const { answerId, at } = book.record();
  if (work.ports.now() - Date.parse(at) > KEPT_HOURS * 3_600_000) throw error;
  work.ports.log({ event: 'slack-down', answerId, attempt: delivery.attempt, why: (error as Error).message });
  return later(SLACK_DOWN_SECONDS);
}

async function fail(turn: Turn, fault: Fault): Promise<Handled> {
  try {
    const { book, delivery } = turn;
    const sent = await showEnd(turn, failureMessage(book.record(), fault, delivery.envelope.id));
    if (sent !== null) return await undeliverable(turn, sent);
    return await endTurn(turn, { kind: 'failed', why: fault.what });
  } catch (error) {
    if (isSlackDown(error)) return waitForSlack(turn, error);
    throw error;
  }
}

/** Ends the root message with this; returns Slack's reason where it cannot. */
async function showEnd({ work, book, thread }: Turn, message: Message): Promise<string | null> {
  const { way, asker, place } = book.record();
  if (way === 'channel') {
    const sent = await thread.showRoot(message, 'failure');
    return sent.kind === 'sent' ? null : sent.error;
  }
  await tellAsker(work.ports, { asker, place }, message);
  return null;
}

async function undeliverable(turn: Turn, error: string): Promise<Handled> {
  const { work, book, delivery } = turn;
  const { asker, place } = book.record();
  const fault = {
    what: 'The answer cannot be posted in this channel.',
    cause: `Slack refuses it: ${error}.`,
    remedy: 'Ask in another channel, or have this one opened to the bot (`/invite @egress`).',
  };
  await tellAsker(work.ports, { asker, place }, failureMessage(book.record(), fault, delivery.envelope.id));
  return endTurn(turn, { kind: 'undeliverable', why: error });
}

async function endTurn({ work, book }: Turn, end: AnswerEnd): Promise<Handled> {
  await book.save({ end });
  await placeInThread(work.ports.store, book.record());
  const outcome =
    end.kind === 'answered' ? end : ({ kind: end.kind === 'refused' ? 'refused' : 'failed', why: end.why } as const);
  await putAudit(work.ports.store, auditOf(book.record(), outcome));
  return DONE;
}

function internalFault(): Fault {
  return {
    code: 'internal',
    what: 'Something in egress itself failed.',
    cause: 'It is our fault, and says nothing about the network.',
    remedy: 'Ask again; if it fails again, report it with the reference below.',
  };
}
