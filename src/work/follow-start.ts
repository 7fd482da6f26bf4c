/** The beginning of a follow-up, whoever wants it: a person by a press, or the alert that asked. */
import type { Asker } from '../queue/job.ts';
import { USUAL_FOLLOW_UP } from '../settings/follow-up.ts';
import type { StoredAnswer } from './find-answer.ts';
import { flowOf } from './flow.ts';
import { type Begun, beginFollow, type FollowRecord, followIdOf, lookId } from './follow-record.ts';
import { causeOf, firstLookAt } from './follow-state.ts';
import { type AnswerRecord, pinnedAsked } from './records.ts';
import type { Work } from './work.ts';

/** Who wants which answer's flow followed. */
export type Wish = {
  readonly record: AnswerRecord;
  readonly stored: StoredAnswer;
  readonly by: Asker;
  /** The job that wants it. */
  readonly begunBy: string;
  /** Whether somebody is to be paged when it runs out. */
  readonly pages: boolean;
};

/** Begins it unless the flow is followed, and sends its first look. Done again by the same job, nothing is begun anew. */
export async function startFollow(work: Work, wish: Wish): Promise<Begun> {
  const { store, now } = work.ports;
  const begun = await beginFollow(store, firstRecord(work, wish, now()));
  if (begun.kind === 'begun') await sendLook(work, begun.record);
  return begun;
}

/**
 * Sends the job of the next look, with the id that it has however often it is sent. Nothing when none is due: an end sends none.
 */
export async function sendLook({ ports }: Pick<Work, 'ports'>, record: FollowRecord): Promise<void> {
  const { answerId, look, nextAt, channel } = record;
  if (nextAt === null) return;
  const nowMs = ports.now();
  const delaySeconds = Math.min(900, Math.max(0, Math.ceil((Date.parse(nextAt) - nowMs) / 1000)));
  await ports.queue.send(
    {
      id: lookId(record, look),
      job: { kind: 'follow-up', answerId, look },
      group: channel,
      at: new Date(nowMs).toISOString(),
    },
    { delaySeconds },
  );
}

const HOUR_MS = 3_600_000;

function firstRecord(work: Work, { record, stored, by, begunBy, pages }: Wish, nowMs: number): FollowRecord {
  const { answerId, place, question } = record;
  const settings = work.settings.followUp ?? USUAL_FOLLOW_UP;
  const flow = flowOf(stored.diagnosis, question?.cluster ?? null);
  return {
    flow,
    followId: followIdOf(flow, nowMs),
    answerId,
    alsoFor: [],
    asked: pinnedAsked(record),
    channel: place.channel,
    owner: ownerOf(stored),
    by,
    begunBy,
    startedAt: new Date(nowMs).toISOString(),
    untilMs: nowMs + settings.hours * HOUR_MS,
    pages: pages || settings.page,
    looks: [],
    look: 1,
    nextAt: firstLookAt(nowMs, settings),
    goodInARow: 0,
    turns: 1,
    first: record.resultOf ?? answerId,
    shown: record.resultOf ?? answerId,
    cause: causeOf(stored.diagnosis),
    fixSeen: null,
    resolvedBy: null,
    end: null,
    told: [],
    settledAt: null,
  };
}

/** Kinds that a question can be about. */
const OWNERS: readonly string[] = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob'];

function ownerOf({ diagnosis }: StoredAnswer): string | null {
  const { owner } = diagnosis.target;
  return owner === null || !OWNERS.includes(owner.kind) ? null : `${owner.kind.toLowerCase()}/${owner.name}`;
}
