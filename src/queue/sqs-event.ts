/** What SQS hands to a Lambda function: event -> deliveries, and what came of them -> the answer that SQS expects. */
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { type Fault, FaultError } from '../faults.ts';
import { backOffMs } from './back-off.ts';
import type { Delivery, HandleDelivery, Queue } from './queue.ts';
import { readEnvelope } from './read-job.ts';
import type { RetrySoon } from './sqs-queue.ts';

/** One message, read. `fault`: it is no job. `receipt` names this delivery to SQS. */
export type SqsMessage =
  | { readonly kind: 'delivery'; readonly id: string; readonly receipt: string; readonly delivery: Delivery }
  | { readonly kind: 'fault'; readonly id: string; readonly receipt: string; readonly fault: Fault };

/** The queue's own settings, as infra/aws makes it. */
export type SqsSettings = {
  /** Failed attempts until a job is a dead letter: two less than maxReceiveCount, since killed workers told nobody. */
  readonly maxAttempts: number;
  /** How long a message that was delivered is invisible to others. */
  readonly visibilityMs: number;
  /** Milliseconds since 1970 when the function was started: a moment after the messages became invisible. */
  readonly nowMs: number;
};

/** Time between SQS's delivery and our start, so that a lease never outlasts the invisibility. */
const START_MARGIN_MS = 5000;

/** Reads the messages of an event. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export function readSqsEvent(event: SQSEvent, settings: SqsSettings): readonly SqsMessage[] {
  return event.Records.map(record => readRecord(record, settings));
}

function readRecord(record: SQSRecord, { maxAttempts, visibilityMs, nowMs }: SqsSettings): SqsMessage {
  const { messageId: id, receiptHandle: receipt } = record;
  const reading = readEnvelope(record.body);
  if (reading.kind === 'fault') return { ...reading, id, receipt };
  const attempt = Number(record.attributes.ApproximateReceiveCount) || 1;
  const delivery: Delivery = {
    envelope: reading.envelope,
    attempt,
    isLast: attempt >= maxAttempts,
    visibleAgainAtMs: nowMs + visibilityMs - START_MARGIN_MS,
    // SQS may deliver a message to two at once, so an earlier attempt is never known to have ended.
    holder: `${id}/${attempt}/${receipt.slice(-24)}`,
    // A worker that was killed in the last attempt told nobody, so there is one more; after that it is the job that kills.
    ...(attempt > maxAttempts + 1 ? { wasKilled: true as const } : {}),
  };
  return { kind: 'delivery', id, receipt, delivery };
}

/** What handling a batch takes. */
export type SqsHandling = {
  readonly handle: HandleDelivery;
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly retrySoon: RetrySoon;
  /** From 0 to 1, for the back-off. */
  readonly random: () => number;
  readonly settings: SqsSettings;
  /** Told of every message that failed. Must not throw. */
  readonly onTrouble: (message: SqsMessage, error: unknown) => void;
};

/**
 * Handles every message, and names those that failed, so that SQS keeps only them. One that is for later is sent anew with its
 * delay, since a return by failure would count as an attempt; one whose last attempt failed is sent to the dead letters.
 */
export async function handleSqsEvent(event: SQSEvent, handling: SqsHandling): Promise<SQSBatchResponse> {
  const failed = await Promise.all(
    readSqsEvent(event, handling.settings).map(async message => {
      try {
        await handleMessage(message, handling);
        return [];
      } catch (error) {
        handling.onTrouble(message, error);
        return (await isSettled(message, handling)) ? [] : [{ itemIdentifier: message.id }];
      }
    }),
  );
  return { batchItemFailures: failed.flat() };
}

async function handleMessage(message: SqsMessage, { handle, queue, deadLetters }: SqsHandling): Promise<void> {
  // What is no job stays with SQS, as it is: after a few deliveries it is among the dead letters, and an alarm tells of it.
  if (message.kind === 'fault') throw new FaultError(message.fault);
  const handled = await handle(message.delivery);
  if (handled.kind === 'later') {
    await queue.send(message.delivery.envelope, { delaySeconds: Math.max(1, handled.delaySeconds) });
  } else if (message.delivery.wasKilled === true) {
    await deadLetters.send(message.delivery.envelope);
  }
}

/** After a failure: false keeps the message in the queue, where it is soon tried again. */
async function isSettled(message: SqsMessage, { deadLetters, retrySoon, random }: SqsHandling): Promise<boolean> {
  if (message.kind === 'delivery' && message.delivery.isLast) {
    return deadLetters.send(message.delivery.envelope).then(
      () => true,
      () => false,
    );
  }
  const attempt = message.kind === 'delivery' ? message.delivery.attempt : 1;
  await retrySoon(message.receipt, backOffMs(attempt, random()) / 1000);
  return false;
}
