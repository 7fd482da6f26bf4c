/** One press of a button: settled once, by somebody who may ask, and answered in the thread of its card. */
import { gzipSync } from 'node:zlib';
import { type Fault, FaultError } from '../faults.ts';
import { type Action, askerName } from '../queue/job.ts';
import type { Delivery, Handled } from '../queue/queue.ts';
import { renderFault, renderRefusal, renderStale } from '../render/slack/notices.ts';
import type { Message } from '../slack/api.ts';
import { markedName } from '../slack/file-mark.ts';
import { putAudit } from '../store/audit.ts';
import { answerQuestion } from './ask-job.ts';
import { auditOf } from './audit-of.ts';
import { authorize } from './authorize.ts';
import { redrawCard, shownResultOf } from './card.ts';
import { addFact } from './facts.ts';
import { failureMessage } from './failure-message.ts';
import { storedAnswer } from './find-answer.ts';
import { type AnswerRecord, openAnswer, pinnedAsked, readAnswer, type SettledAction, settleButton } from './records.ts';
import { reviewAsker } from './review-asker.ts';
import { tellAsker } from './tell.ts';
import { openThread } from './thread.ts';
import { isFinal, isSlackDown } from './trouble.ts';
import { DONE, type HandleJob, type JobOf, later, type Work } from './work.ts';

/** A press of somebody who may, on a card whose answer is kept. */
type Press = {
  readonly work: Work;
  readonly delivery: Delivery;
  readonly job: JobOf<'press'>;
  /** Of the card. */
  readonly record: AnswerRecord;
};

/** Answers one press. */
export const pressJob: HandleJob<'press'> = async (work, delivery, job) => {
  const { store } = work.ports;
  const record = await readAnswer(store, answerIdOf(job));
  if (record === null) return tell(work, job, renderStale());
  const permission = await authorize(work, { asked: pinnedAsked(record), asker: job.asker, place: record.place });
  const entry = { ...auditOf(record, { kind: 'started' }), id: delivery.envelope.id, at: delivery.envelope.at };
  const audited = { ...entry, who: job.asker, action: job.action };
  if (permission.kind === 'refused') {
    await putAudit(store, { ...audited, outcome: { kind: 'refused', why: permission.refusal.what } });
    return tell(work, job, renderRefusal(permission.refusal));
  }
  await putAudit(store, audited);
  const fact = { kind: 'press', at: delivery.envelope.at, by: job.asker, action: job.action } as const;
  await addFact(store, record.answerId, delivery.envelope.id, fact);
  try {
    if (permission.kind === 'may') await reviewAsker(work, job.asker, permission.question);
    const handled = await handlePress({ work, delivery, job, record });
    if (handled.kind === 'done') await putAudit(store, { ...audited, outcome: { kind: 'done' } });
    return handled;
  } catch (error) {
    return afterTrouble({ work, delivery, job, record }, error);
  }
};

/** Between two tries while Slack is down; hours after which nobody waits for a press any more. */
const SLACK_DOWN_SECONDS = 15;
const KEPT_HOURS = 1;

/** Whoever pressed is told what came in between; a job that is tried again tells on its last attempt. */
async function afterTrouble({ work, delivery, job, record }: Press, error: unknown): Promise<Handled> {
  const { id, at } = delivery.envelope;
  if (isSlackDown(error) && work.ports.now() - Date.parse(at) < KEPT_HOURS * 3_600_000) {
    return later(SLACK_DOWN_SECONDS);
  }
  const fault = error instanceof FaultError ? error.fault : null;
  if (fault !== null && isFinal(fault)) return tell(work, job, failureMessage(record, fault, id));
  if (delivery.isLast && !isSlackDown(error)) await tell(work, job, failureMessage(record, fault ?? OUR_OWN, id));
  throw error;
}

const OUR_OWN: Fault = {
  code: 'internal',
  what: 'The button could not be answered.',
  cause: 'Something in egress itself failed.',
  remedy: 'Press it again.',
};

/** Ends a press that is not tried any more: whoever pressed is told why. */
export async function giveUpPress(work: Work, delivery: Delivery, job: JobOf<'press'>, fault: Fault): Promise<Handled> {
  const record = await readAnswer(work.ports.store, answerIdOf(job));
  return tell(work, job, record === null ? renderStale() : failureMessage(record, fault, delivery.envelope.id));
}

/** `choose` has the pod behind the id; ids hold no spaces. */
function answerIdOf({ value }: JobOf<'press'>): string {
  return value.split(' ')[0] ?? '';
}

function handlePress(press: Press): Promise<Handled> {
  const { action } = press.job;
  switch (action) {
    case 'again':
    case 'applied':
      return lookAgain(press);
    case 'choose':
      return choose(press);
    case 'evidence':
      return uploadEvidence(press);
    case 'follow':
    case 'followAndPage':
    case 'stop':
    case 'page':
    case 'report':
      return (
        press.work.attached.presses[action]?.(press.work, press.delivery, press.job) ?? notConfigured(press, action)
      );
    default:
      return action satisfies never;
  }
}

/** One look per card: a second press, of either button, is told that there is a newer card. */
async function lookAgain(press: Press): Promise<Handled> {
  const { work, delivery, job, record } = press;
  if ((await storedAnswer({ work }, record.resultOf ?? record.answerId)) === null)
    return tell(work, job, renderStale());
  if (!(await settle(press, 'look'))) return tell(work, job, renderStale());
  await redrawCard(work, record, job.place.responseUrl);
  return answerQuestion(work, delivery, {
    answerId: delivery.envelope.id,
    asked: pinnedAsked(record),
    asker: job.asker,
    place: { ...record.place, threadTs: threadOf(record), responseUrl: job.place.responseUrl },
    root: null,
    before: record.answerId,
  });
}

/** The card that asked becomes the answer. */
async function choose(press: Press): Promise<Handled> {
  const { work, delivery, job, record } = press;
  const chosen = job.value.slice(job.value.indexOf(' ') + 1);
  const slash = chosen.indexOf('/');
  if (slash < 1) return tell(work, job, renderStale());
  const asked = { ...pinnedAsked(record), namespace: chosen.slice(0, slash), pod: chosen.slice(slash + 1) };
  const permission = await authorize(work, { asked, asker: job.asker, place: record.place });
  if (permission.kind === 'refused') return tell(work, job, renderRefusal(permission.refusal));
  if (!(await settle(press, 'choose'))) return tell(work, job, renderStale());
  return answerQuestion(work, delivery, {
    answerId: delivery.envelope.id,
    asked,
    asker: record.asker,
    place: { ...record.place, responseUrl: job.place.responseUrl },
    root: record.root,
    before: null,
  });
}

/** More than this is compressed: Slack shows no preview of it anyway. */
const PLAIN_BYTES = 1_000_000;

async function uploadEvidence(press: Press): Promise<Handled> {
  const { work, delivery, job, record } = press;
  const stored = await storedAnswer({ work }, await shownResultOf(work, record));
  if (stored === null) return tell(work, job, renderStale());
  if (record.way === 'response-url') return tell(work, job, renderFault(NO_FILES));
  if (!(await settle(press, 'evidence'))) return tell(work, job, renderStale());
  const json = new TextEncoder().encode(`${JSON.stringify(stored.evidence, null, 1)}\n`);
  const isLarge = json.byteLength > PLAIN_BYTES;
  const mark = { answerId: record.answerId, part: 'evidence' };
  const book = await openAnswer(work.ports.store, record);
  const thread = openThread(work.ports, book, () => stillOurs(work, delivery));
  const sent = await thread.attach(
    'evidence',
    {
      filename: markedName(mark, isLarge ? 'json.gz' : 'json'),
      title: `Evidence: everything that was looked at${isLarge ? ' (gzip)' : ''}`,
      altText: null,
      bytes: isLarge ? gzipSync(json) : json,
    },
    'Everything that was looked at. `egress replay FILE` gives the same answer from it, without a cluster.',
  );
  if (sent.kind === 'refused') return tell(work, job, renderFault({ ...NO_FILES, cause: `Slack says ${sent.error}.` }));
  await redrawCard(work, record, job.place.responseUrl);
  return DONE;
}

const NO_FILES = {
  what: 'The evidence could not be uploaded.',
  cause: 'The bot is not in this channel, and files need a member.',
  remedy: 'Invite it with `/invite @egress`, and ask again.',
};

async function notConfigured({ work, job }: Press, action: Action): Promise<Handled> {
  return tell(
    work,
    job,
    renderFault({
      what: `There is nothing that could ${action === 'report' ? 'write a report' : action} here.`,
      cause: 'No pager is configured for this installation.',
      remedy: 'Configure one, or ask again with "Check again".',
    }),
  );
}

/** Settles a button; false: somebody else's press, or an earlier one, has. */
async function settle({ work, delivery, job, record }: Press, action: SettledAction): Promise<boolean> {
  const user = askerName(job.asker);
  const press = { user, at: delivery.envelope.at, by: delivery.envelope.id };
  const settled = await settleButton(work.ports.store, { answerId: record.answerId, action, press });
  return settled.kind === 'mine';
}

function threadOf({ place, root }: AnswerRecord): string | null {
  return place.threadTs ?? root?.ts ?? null;
}

function stillOurs(work: Work, delivery: Delivery): void {
  if (work.ports.now() >= delivery.visibleAgainAtMs) throw new Error(`the lease of ${delivery.envelope.id} is over`);
}

async function tell(work: Work, job: JobOf<'press'>, message: Message): Promise<Handled> {
  await tellAsker(work.ports, { asker: job.asker, place: job.place }, message);
  return DONE;
}
