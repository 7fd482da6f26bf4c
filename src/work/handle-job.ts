/** One delivery to one worker: claimed so that nobody else does the same, then done by the kind of its job. */
import type { Fault } from '../faults.ts';
import type { Delivery, HandleDelivery, Handled } from '../queue/queue.ts';
import { type Claim, DONE_FOR_MS, finishClaim, renewClaim, takeClaim } from '../store/claims.ts';
import { askJob, giveUpAsk } from './ask-job.ts';
import { homeJob } from './home-job.ts';
import { giveUpPress, pressJob } from './press-job.ts';
import { DONE, later, type Work } from './work.ts';

/** Makes the function that queues deliver to. A job that is done is never done again, however often it is delivered. */
export function handleDelivery(work: Work): HandleDelivery {
  return async delivery => {
    const { store, now, log } = work.ports;
    const { id, job } = delivery.envelope;
    const nowMs = now();
    const lease = { holder: delivery.holder, untilMs: delivery.visibleAgainAtMs, nowMs };
    const taking = await takeClaim(store, `job#${id}`, lease);
    if (taking.kind === 'done') return DONE;
    if (taking.kind === 'held') return later((taking.untilMs - nowMs) / 1000);
    log({ event: 'job-begins', id, kind: job.kind, attempt: delivery.attempt });
    return underClaim(work, delivery, taking.claim);
  };
}

async function underClaim(work: Work, delivery: Delivery, claim: Claim): Promise<Handled> {
  const { store, now, log } = work.ports;
  const { id, job } = delivery.envelope;
  try {
    const handled = await dispatch(work, delivery);
    // What is not done is given up, so that its next delivery need not wait for the lease.
    if (handled.kind === 'done') await finishClaim(store, claim, { outcome: null, untilMs: now() + DONE_FOR_MS });
    else await renewClaim(store, claim, now());
    log({ event: 'job-ends', id, kind: job.kind, handled: handled.kind });
    return handled;
  } catch (error) {
    log({
      event: 'job-fails',
      id,
      kind: job.kind,
      attempt: delivery.attempt,
      isLast: delivery.isLast,
      why: String(error),
    });
    await renewClaim(store, claim, now()).catch(() => null);
    throw error;
  }
}

function dispatch(work: Work, delivery: Delivery): Promise<Handled> {
  const { job } = delivery.envelope;
  if (delivery.wasKilled === true) return tellKilled(work, delivery);
  switch (job.kind) {
    case 'ask':
      return askJob(work, delivery, job);
    case 'press':
      return pressJob(work, delivery, job);
    case 'home':
      return homeJob(work, delivery, job);
    case 'follow-up':
      return work.attached.followUp?.(work, delivery, job) ?? unattached(job.kind);
    case 'alert':
      return work.attached.alert?.(work, delivery, job) ?? unattached(job.kind);
    case 'watch':
      return work.attached.watch?.(work, delivery, job) ?? unattached(job.kind);
    default:
      return job satisfies never;
  }
}

/** Goes to the dead letters: somebody has sent what this installation has no part for. */
async function unattached(kind: string): Promise<Handled> {
  throw new Error(`nothing is attached that does a job of kind ${kind}`);
}

/** Its thread, or whoever pressed, is told; of other jobs the dead letter tells. */
async function tellKilled(work: Work, delivery: Delivery): Promise<Handled> {
  const { job } = delivery.envelope;
  if (job.kind === 'ask') return giveUpAsk(work, delivery, job, KILLED);
  // A look that kills is one that saw nothing: the next one is sent all the same.
  if (job.kind === 'follow-up') return work.attached.followUp?.(work, delivery, job) ?? DONE;
  return job.kind === 'press' ? giveUpPress(work, delivery, job, KILLED) : DONE;
}

const KILLED: Fault = {
  code: 'internal',
  what: 'There is no answer: every worker that began it was stopped.',
  cause: 'It was killed each time, from outside or for want of memory; this says nothing about the network.',
  remedy: 'Ask again; if it happens again, report it with the reference below.',
};
