/** One look at a followed flow, from the queue: look, write it down, send the next one, tell. Each step may be the last of its worker. */
import type { Target } from '../page/target.ts';
import type { Handled } from '../queue/queue.ts';
import { USUAL_FOLLOW_UP } from '../settings/follow-up.ts';
import { putAudit } from '../store/audit.ts';
import { renewClaim, takeClaim } from '../store/claims.ts';
import { flowText } from './flow.ts';
import { type FollowTurn, lookOnce } from './follow-look.ts';
import { tellPagers } from './follow-page.ts';
import { changeFollow, type FollowRecord, followOfAnswer, leaveActive, RESOLVED } from './follow-record.ts';
import { sendLook } from './follow-start.ts';
import { afterLook, type Found } from './follow-state.ts';
import { tellThread } from './follow-tell.ts';
import { isSlackDown } from './trouble.ts';
import { DONE, type HandleJob, type JobOf, later, type Work } from './work.ts';

/** Between two tries while Slack is down, and hours after the end of a follow-up after which nobody waits for its words. */
const SLACK_DOWN_SECONDS = 15;
/** Until it is tried again to get the follow-up into the hands, from another job of it. */
const WAIT_SECONDS = 5;
const KEPT_HOURS = 6;

/** Makes what does the looks. A job of a follow-up that has ended, or of a look that is done, tells what is not told yet. */
export function followJob(targets: readonly Target[]): HandleJob<'follow-up'> {
  return async (work, delivery, job) => {
    const { store, now } = work.ports;
    const found = await followOfAnswer(store, job.answerId);
    // Jobs of an earlier follow-up from the same card are not this one's.
    if (found === null || found.settledAt !== null || !delivery.envelope.id.startsWith(`${found.followId}:`))
      return DONE;
    const lease = { holder: delivery.holder, untilMs: delivery.visibleAgainAtMs, nowMs: now() };
    const taking = await takeClaim(store, `following#${flowText(found.flow)}`, lease);
    // A claim of looks has no outcome: it is given up before its lease ends, or runs out.
    if (taking.kind !== 'taken') return later(WAIT_SECONDS);
    try {
      return await takeTurn({ work, delivery, record: found }, job, targets);
    } catch (error) {
      return afterTrouble(work, found, error);
    } finally {
      await renewClaim(store, taking.claim, now()).catch(() => null);
    }
  };
}

async function takeTurn(turn: FollowTurn, job: JobOf<'follow-up'>, targets: readonly Target[]): Promise<Handled> {
  const { work } = turn;
  const record = await lookWhenDue(turn, job);
  if (record === null) return DONE;
  if (record.end === null) await sendLook(work, record);
  const now = { ...turn, record };
  // Slack being down must not keep pagers from being told. One after the other: both write into the thread's record.
  const [thread] = await Promise.allSettled([tellThread(now)]);
  await tellPagers({ ...now, targets });
  if (thread.status === 'rejected') throw thread.reason;
  if (record.end !== null) await settle(work, record);
  return DONE;
}

/** The follow-up after the look, if this job's look is the next one; null: it is another one's by now. */
async function lookWhenDue(turn: FollowTurn, job: JobOf<'follow-up'>): Promise<FollowRecord | null> {
  const { work, record, delivery } = turn;
  const { store, now } = work.ports;
  if (!isDue(record, job, delivery.envelope.id)) return record;
  const found = await lookOnce(turn);
  const settings = work.settings.followUp ?? USUAL_FOLLOW_UP;
  const after = await changeFollow(store, record, one =>
    // Somebody pressed Stop meanwhile, or this look is written down.
    one.end !== null || one.look !== record.look ? null : afterThis(one, record, found, { nowMs: now(), settings }),
  );
  await putAudit(store, {
    id: delivery.envelope.id,
    at: new Date(now()).toISOString(),
    who: record.by,
    action: 'follow-up',
    subject: `${record.flow.namespace}/${record.asked.pod} ${record.asked.host}`,
    cluster: record.flow.cluster,
    channel: record.channel,
    outcome:
      found.kind === 'answer'
        ? { kind: 'answered', verdict: found.diagnosis.verdict.code }
        : { kind: found.kind === 'refused' ? 'refused' : 'failed', why: found.why },
  });
  return after;
}

/** What a tool said while it was looked is for the next look to tell: this one may have seen what was before. */
function afterThis(
  now: FollowRecord,
  { resolvedBy }: FollowRecord,
  found: Found,
  about: Parameters<typeof afterLook>[2],
): FollowRecord {
  return { ...afterLook({ ...now, resolvedBy }, found, about), resolvedBy: now.resolvedBy };
}

/**
 * The look that comes next; or the one for which a tool said that the incident is over, unless the next one decides by itself: a
 * second good look too soon after the first would be no second one.
 */
function isDue({ end, look, resolvedBy, goodInARow }: FollowRecord, job: JobOf<'follow-up'>, id: string): boolean {
  if (end !== null) return false;
  return id.endsWith(RESOLVED) ? resolvedBy !== null && goodInARow === 0 : look === job.look;
}

async function settle({ ports }: Work, record: FollowRecord): Promise<void> {
  const at = new Date(ports.now()).toISOString();
  await leaveActive(ports.store, record.flow);
  await changeFollow(ports.store, record, one => (one.settledAt === null ? { ...one, settledAt: at } : null));
}

function afterTrouble({ ports }: Work, { untilMs }: FollowRecord, error: unknown): Handled {
  if (!isSlackDown(error) || ports.now() > untilMs + KEPT_HOURS * 3_600_000) throw error;
  return later(SLACK_DOWN_SECONDS);
}
