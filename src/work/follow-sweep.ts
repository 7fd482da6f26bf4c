/** Looks that got lost: a queue that was emptied, a job that became a dead letter. */
import type { Queue } from '../queue/queue.ts';
import type { Store } from '../store/store.ts';
import { activeFollows, type FollowRecord, leaveActive, lookId, readFollow } from './follow-record.ts';

/** A queue may be late by this much; what was only late is delivered twice and done once. */
const OVERDUE_MS = 120_000;
/** Flows that are followed at the same time; what is beyond is swept when others have ended. */
const MOST_FLOWS = 1000;

/** What a sweep did. */
export type FollowsSwept = { readonly followed: number; readonly sentAgain: readonly string[] };

/** Sends the looks again whose time has passed, each with its own id, so that one that still comes is the same job. */
export async function sweepFollows(store: Store, queue: Queue, nowMs: number): Promise<FollowsSwept> {
  const flows = await activeFollows(store, MOST_FLOWS);
  const sentAgain: string[] = [];
  for (const flow of flows) {
    const record = await readFollow(store, flow);
    // One without a record is about to begin.
    if (record === null) continue;
    if (record.settledAt !== null) await leaveActive(store, flow);
    else if (nowMs - dueMs(record) > OVERDUE_MS) sentAgain.push(await sendAgain(queue, record, nowMs));
  }
  return { followed: flows.length, sentAgain };
}

/** When its next job was to be done: a look, or the telling of its end. */
function dueMs({ nextAt, end, startedAt }: FollowRecord): number {
  return Date.parse(nextAt ?? end?.at ?? startedAt);
}

async function sendAgain(queue: Queue, record: FollowRecord, nowMs: number): Promise<string> {
  const { answerId, look, channel } = record;
  const id = lookId(record, look);
  await queue.send({
    id,
    job: { kind: 'follow-up', answerId, look },
    group: channel,
    at: new Date(nowMs).toISOString(),
  });
  return id;
}
