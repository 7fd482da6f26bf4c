/** An alert becomes a question: asked once for its cause, and answered in every incident that asked. */
import { type Alert, type AlertJob, type Incident, readAlertJob } from '../page/alert.ts';
import { type Mapping, mapAlert } from '../page/map-alert.ts';
import { answerText, type NoteEnd, noteWith, reasonText } from '../page/page-text.ts';
import type { Target } from '../page/target.ts';
import type { Delivery, Handled } from '../queue/queue.ts';
import { cutPlain } from '../render/slack/cut.ts';
import { renderFault } from '../render/slack/notices.ts';
import { putAudit } from '../store/audit.ts';
import { finishClaim, takeClaim } from '../store/claims.ts';
import { nameAlert, replyTo } from './alert-thread.ts';
import { answerQuestion } from './ask-job.ts';
import { joinCause, rememberAnswer, rememberedAnswer } from './cause.ts';
import { type AnswerFact, addAlert, addFact } from './facts.ts';
import { storedAnswer } from './find-answer.ts';
import { followAlert, resolveFollow } from './follow-alert.ts';
import { type AnswerRecord, KEPT_MS, keptUntilMs, readAnswer } from './records.ts';
import { tellIncident } from './tell-incident.ts';
import { isSlackDown } from './trouble.ts';
import { DONE, type HandleJob, later, type Work } from './work.ts';

/** One alert job in a worker's hands. */
type Turn = {
  readonly work: Work;
  readonly delivery: Delivery;
  readonly targets: readonly Target[];
  readonly job: AlertJob;
};

/** Seconds after which those who wait for an answer about the same cause look again. */
const WAIT_SECONDS = 5;
const SLACK_DOWN_SECONDS = 15;

/** Makes what does alert jobs. What it cannot map is answered with the reason; only what no rule is for is just written down. */
export function alertJob(targets: readonly Target[]): HandleJob<'alert'> {
  return async (work, delivery, { alert }) => {
    const job = readAlertJob(alert);
    const { paging } = work.settings;
    if (job === null || paging === undefined)
      throw new Error('no alert can be read from the job, or no pager is configured');
    const turn: Turn = { work, delivery, targets, job };
    const mapping = mapAlert(job.alert, paging, work.settings);
    switch (mapping.kind) {
      case 'ask':
        return job.alert.state === 'resolved' ? tellResolved(turn) : answerAlert(turn, mapping);
      case 'unmapped':
        return job.alert.state === 'resolved' ? DONE : tellReason(turn, mapping);
      case 'other':
        await audit(turn, mapping.why);
        return DONE;
      default:
        return mapping satisfies never;
    }
  };
}

function incidentsOf({ alert, alike }: AlertJob): readonly Incident[] {
  return [alert.incident, ...alike];
}

/** Everybody about the cause gets the one answer; who comes while it is made waits for it. */
async function answerAlert(turn: Turn, mapping: Extract<Mapping, { kind: 'ask' }>): Promise<Handled> {
  const { work, delivery, job } = turn;
  const { store, now } = work.ports;
  const unanswered = await withoutAnswer(turn);
  if (unanswered.length === 0) return DONE;
  const windowMs = (work.settings.paging?.windowSeconds ?? 0) * 1000;
  const found = await findForCause(turn, mapping, windowMs);
  if (found.kind === 'later') return found;
  const { record, isMine } = found;
  const by = { kind: 'system', name: job.alert.incident.source } as const;
  await followAlert(work, record, { by, begunBy: delivery.envelope.id, mayBegin: isMine });
  const end: NoteEnd = { link: await linkOf(turn, record), remarks: remarksOf(job.alert, { record, mapping, isMine }) };
  const text = noteWith(await textOf(turn, record), end);
  let isDone = true;
  for (const incident of unanswered) {
    // Before it counts as answered: afterwards nobody comes back to it.
    await addAlert(store, record.answerId, factOf(turn, incident));
    isDone =
      (await tellIncident(
        { ports: work.ports, delivery, targets: turn.targets },
        { incident, text, about: 'answer', answerId: record.answerId },
      )) && isDone;
    if (isDone) await rememberAnswer(store, keyOf(incident), record.answerId, now());
  }
  return isDone ? DONE : later(WAIT_SECONDS);
}

/** Of the alert in full; those alike have no title of their own. */
function factOf({ delivery, job }: Turn, incident: Incident): Extract<AnswerFact, { kind: 'alert' }> {
  const { alert } = job;
  const isIt = incident.id === alert.incident.id;
  const { at } = delivery.envelope;
  return { kind: 'alert', at, incident, title: isIt ? alert.title : '', startedAt: isIt ? alert.startedAt : null };
}

type FoundAnswer =
  | { readonly kind: 'found'; readonly record: AnswerRecord; readonly isMine: boolean }
  | Extract<Handled, { kind: 'later' }>;

/**
 * The answer about the cause. One that came to nothing (its pod is gone, ...) says nothing of another pod of the workload, so
 * that one is asked about by itself.
 */
async function findForCause(
  turn: Turn,
  mapping: Extract<Mapping, { kind: 'ask' }>,
  windowMs: number,
): Promise<FoundAnswer> {
  const { work, delivery } = turn;
  const { store, now } = work.ports;
  const { channel, cause, asked } = mapping;
  for (const name of [`${channel} ${cause}`, `${channel} ${cause} ${asked.pod}`]) {
    const joining = { jobId: delivery.envelope.id, nowMs: now(), windowMs };
    const { answerId, isMine } = await joinCause(store, name, joining);
    const handled = isMine ? await ask(turn, mapping, answerId) : DONE;
    if (handled.kind === 'later') return handled;
    const record = await readAnswer(store, answerId);
    if (record === null || record.end === null) break;
    const isOurs = record.end.kind === 'answered' || record.asked.pod === asked.pod;
    if (isOurs) return { kind: 'found', record, isMine };
  }
  return { kind: 'later', delaySeconds: WAIT_SECONDS };
}

/** Those of the job that nobody has answered: a source repeats its alerts for as long as they fire. */
async function withoutAnswer({ work, job }: Turn): Promise<readonly Incident[]> {
  const all = incidentsOf(job);
  const known = await Promise.all(all.map(incident => rememberedAnswer(work.ports.store, keyOf(incident))));
  return all.filter((_, index) => known[index] === null);
}

/** Of one firing of it, so that the next one is asked about again. */
function keyOf({ id }: Incident): string {
  return id;
}

async function ask(
  turn: Turn,
  { asked, channel }: Extract<Mapping, { kind: 'ask' }>,
  answerId: string,
): Promise<Handled> {
  const { work, delivery, job } = turn;
  const { source } = job.alert.incident;
  try {
    const handled = await answerQuestion(work, delivery, {
      answerId,
      asked,
      asker: { kind: 'system', name: source },
      place: { channel, threadTs: null, responseUrl: null },
      root: null,
      before: null,
    });
    if (handled.kind === 'done') await nameAlert(turn, answerId);
    return handled;
  } catch (error) {
    const record = await readAnswer(work.ports.store, answerId);
    // What ended is told to the pagers, also where it ended badly for good.
    if (record !== null && record.end !== null) return DONE;
    throw error;
  }
}

async function linkOf({ work }: Turn, { root }: AnswerRecord): Promise<string | null> {
  if (root === null) return null;
  const link = await work.ports.slack.permalink(root);
  return link.kind === 'ok' ? link.value : null;
}

function remarksOf(
  alert: Alert,
  about: {
    readonly record: AnswerRecord;
    readonly mapping: Extract<Mapping, { kind: 'ask' }>;
    readonly isMine: boolean;
  },
): readonly string[] {
  const { record, mapping, isMine } = about;
  const isOther = record.asked.pod !== mapping.asked.pod;
  return [
    ...(isMine
      ? []
      : [
          `One answer for several alerts about one cause${isOther ? `; it looked from pod ${record.asked.pod}, of the same workload` : ''}.`,
        ]),
    ...(alert.leftOut > 0 ? [`The message left out ${alert.leftOut} alerts of its group.`] : []),
  ];
}

/** Written once for all who asked: reading and rendering a whole answer takes a while. */
async function textOf({ work }: Turn, record: AnswerRecord): Promise<string> {
  const { store } = work.ports;
  const key = { partition: `answer#${record.answerId}`, sort: 'note' };
  const known = await store.get(key);
  if (known !== null) return String(known.body);
  const stored = await storedAnswer({ work }, record.resultOf ?? record.answerId);
  const why = record.end !== null && 'why' in record.end ? record.end.why : 'Its result is no longer kept.';
  const what = `${record.asked.pod} to ${record.asked.host} could not be looked at.`;
  const text =
    stored === null
      ? reasonText({ what, why, remedy: ASK_BY_HAND }, work.templates)
      : answerText(stored.diagnosis, work.templates);
  await store.put(key, text, { expected: 'any', expiresAtMs: keptUntilMs(record.at) });
  return text;
}

const ASK_BY_HAND = 'Ask in Slack with /egress POD HOST, or look into the thread.';

/** The incident and the channel are told what is missing, once. */
async function tellReason(
  turn: Turn,
  { why, remedy, channel }: Extract<Mapping, { kind: 'unmapped' }>,
): Promise<Handled> {
  const { work, delivery, targets, job } = turn;
  const { title, incident } = job.alert;
  const what = `The alert "${cutPlain(title || incident.key, 200)}" of ${incident.source} could not be asked about.`;
  const text = noteWith(reasonText({ what, why, remedy }, work.templates), { link: null, remarks: [] });
  let isDone = true;
  for (const each of incidentsOf(job)) {
    isDone =
      (await tellIncident({ ports: work.ports, delivery, targets }, { incident: each, text, about: 'reason' })) &&
      isDone;
  }
  const shown = await showOnce(turn, channel, { what, cause: why, remedy });
  await audit(turn, why);
  return isDone && shown ? DONE : later(SLACK_DOWN_SECONDS);
}

/** Reports false while Slack is down, or somebody else is at it. */
async function showOnce(
  turn: Turn,
  channel: string,
  fault: { what: string; cause: string; remedy: string },
): Promise<boolean> {
  const { work, delivery, job } = turn;
  const { store, slack, now, log } = work.ports;
  const lease = { holder: delivery.holder, untilMs: delivery.visibleAgainAtMs, nowMs: now() };
  const taking = await takeClaim(store, `shown#${job.alert.incident.id}`, lease);
  if (taking.kind !== 'taken') return taking.kind === 'done';
  try {
    const posted = await slack.post({ channel, threadTs: null }, renderFault(fault), null);
    if (posted.kind === 'refused') log({ event: 'reason-not-posted', channel, error: posted.error });
    await finishClaim(store, taking.claim, { outcome: null, untilMs: now() + KEPT_MS });
    return true;
  } catch (error) {
    if (isSlackDown(error)) return false;
    throw error;
  }
}

/** The thread is told when the tool says that it is over; what the network does, only a look can say. */
async function tellResolved(turn: Turn): Promise<Handled> {
  const { work, job } = turn;
  const { incident } = job.alert;
  const answers = await Promise.all(incidentsOf(job).map(each => rememberedAnswer(work.ports.store, keyOf(each))));
  for (const answerId of new Set(answers.filter(answer => answer !== null))) {
    const isFollowed = await resolveFollow(work, answerId, { kind: 'system', name: incident.source });
    const then = isFollowed ? 'One more look tells' : '"Check again" looks';
    const text = `${incident.source} says that the alert is resolved. ${then} whether the flow is back.`;
    await replyTo(turn, answerId, { part: 'resolved', text });
    const { at } = turn.delivery.envelope;
    const { source, key, id } = incident;
    await addFact(work.ports.store, answerId, id, { kind: 'resolved', at, source, incident: key });
  }
  return DONE;
}

async function audit({ work, delivery, job }: Turn, why: string): Promise<void> {
  const { incident, title } = job.alert;
  await putAudit(work.ports.store, {
    id: delivery.envelope.id,
    at: delivery.envelope.at,
    who: { kind: 'system', name: incident.source },
    action: 'alert',
    subject: cutPlain(title || incident.key, 200),
    cluster: null,
    channel: null,
    outcome: { kind: 'refused', why },
  });
}
