import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { beforeAll, describe, expect, test } from 'vitest';
import { FaultError } from '../../src/faults.ts';
import type { Envelope } from '../../src/queue/job.ts';
import { sqsQueue, sqsRetry } from '../../src/queue/sqs-queue.ts';
import { awsOptions } from './clients.ts';

const job: Envelope = {
  id: 'cmd:1.2',
  job: { kind: 'home', asker: { kind: 'user', team: 'T1', user: 'U1' } },
  group: 'C1 ☕',
  at: '2026-11-21T10:00:00.000Z',
};

describe('the queue in SQS', () => {
  let client: SQSClient;
  let url = '';

  beforeAll(async () => {
    client = new SQSClient(awsOptions());
    const { QueueUrl: created } = await client.send(new CreateQueueCommand({ QueueName: 'jobs' }));
    url = created ?? '';
  });

  test('what is sent is received as it was, in the group of its channel', async () => {
    await client.send(new PurgeQueueCommand({ QueueUrl: url }));
    await sqsQueue({ url, client }).send(job);
    const { Messages: messages } = await client.send(
      new ReceiveMessageCommand({ QueueUrl: url, MessageSystemAttributeNames: ['All'], WaitTimeSeconds: 5 }),
    );
    expect(JSON.parse(messages?.[0]?.Body ?? '')).toEqual(job);
    expect(messages?.[0]?.Attributes?.MessageGroupId).toBe('C1__');
  });

  test.each([
    [1, 'delayed'],
    [90_000, 'delayed'],
    [-5, 'ready'],
  ])('a delay of %i s is within what SQS takes: the message is %s', async (delaySeconds, state) => {
    const { QueueUrl: own = '' } = await client.send(new CreateQueueCommand({ QueueName: `delay${delaySeconds}` }));
    await sqsQueue({ url: own, client }).send(job, { delaySeconds });
    const { Attributes: attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: own, AttributeNames: ['All'] }),
    );
    const name = state === 'delayed' ? 'ApproximateNumberOfMessagesDelayed' : 'ApproximateNumberOfMessages';
    expect(attributes?.[name]).toBe('1');
  });

  test('a failed message is visible again after its delay', async () => {
    const { QueueUrl: own = '' } = await client.send(
      new CreateQueueCommand({ QueueName: 'retry', Attributes: { VisibilityTimeout: '3600' } }),
    );
    await sqsQueue({ url: own, client }).send(job);
    const receive = new ReceiveMessageCommand({ QueueUrl: own, WaitTimeSeconds: 5 });
    const first = await client.send(receive);
    await sqsRetry({ url: own, client })(first.Messages?.[0]?.ReceiptHandle ?? '', 0.4);
    const again = await client.send(receive);
    expect(again.Messages?.[0]?.Body).toBe(JSON.stringify(job));
    // One that is gone by then is no trouble.
    await sqsRetry({ url: `${own}-none`, client })('x', 1);
  });

  test('what was not taken is a fault: nothing was promised', async () => {
    await expect(sqsQueue({ url: `${url}-none`, client }).send(job)).rejects.toBeInstanceOf(FaultError);
  });
});
