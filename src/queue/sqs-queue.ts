/** The queue of AWS: SQS, standard, with a group for each channel so that a busy one does not hold up the others. */
import { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { FaultError } from '../faults.ts';
import type { Envelope } from './job.ts';
import type { Queue } from './queue.ts';

/** Where the queue is, and the client for it; without one: the process's own credentials, region and endpoint variables. */
export type SqsOptions = { readonly url: string; readonly client?: SQSClient };

/** The most that SQS delays. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const LONGEST_DELAY_SECONDS = 900;

/** What the worker's side does to a message that failed. Never rejects: the message comes back by itself, only later. */
export type RetrySoon = (receiptHandle: string, delaySeconds: number) => Promise<void>;

/** Makes a failed message visible after a delay (seconds), instead of after the whole visibility time-out. */
export function sqsRetry({ url, client = new SQSClient({ maxAttempts: 3 }) }: SqsOptions): RetrySoon {
  return async (receiptHandle, delaySeconds) => {
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl: url,
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: Math.ceil(delaySeconds),
    });
    await client.send(command).catch(() => undefined);
  };
}

/** Makes the port. A message is promised only when SQS has it: every failure is a rejection with a FaultError. */
export function sqsQueue({ url, client: given }: SqsOptions): Queue {
  // Slack waits three seconds for whoever sends; a second try must fit into them.
  const client =
    given ??
    new SQSClient({
      maxAttempts: 3,
      requestHandler: { connectionTimeout: 500, requestTimeout: 1000, throwOnRequestTimeout: true },
    });
  return {
    send: async (envelope, options = {}) => {
      const delaySeconds = Math.min(Math.max(Math.ceil(options.delaySeconds ?? 0), 0), LONGEST_DELAY_SECONDS);
      const command = new SendMessageCommand({
        QueueUrl: url,
        MessageBody: JSON.stringify(envelope),
        MessageGroupId: groupId(envelope),
        ...(delaySeconds === 0 ? {} : { DelaySeconds: delaySeconds }),
      });
      await client.send(command).catch((error: unknown) => {
        throw notSent(error);
      });
    },
  };
}

/** 1 to 128 letters, digits and punctuation. On a standard queue it makes turns fair. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html */
function groupId({ group }: Envelope): string {
  return group.replace(/[^\x21-\x7e]/g, '_').slice(0, 128) || '_';
}

function notSent(error: unknown): FaultError {
  return new FaultError(
    {
      code: 'internal',
      what: 'The question could not be put into the queue.',
      cause: `SQS did not take it (${error instanceof Error ? error.name : 'unknown error'}).`,
      remedy: "Ask again; if it persists, check EGRESS_QUEUE_URL, the function's role and the status of AWS.",
    },
    { cause: error },
  );
}
