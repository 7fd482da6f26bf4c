import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { expect, test } from 'vitest';
import type { Envelope } from '../../src/queue/job.ts';
import type { Delivery, Handled } from '../../src/queue/queue.ts';
import { handleSqsEvent, readSqsEvent } from '../../src/queue/sqs-event.ts';

const SETTINGS = { maxAttempts: 3, visibilityMs: 240_000, nowMs: 1_000_000 };

const job = (id: string): Envelope => ({
  id,
  job: { kind: 'home', asker: { kind: 'user', team: 'T1', user: 'U1' } },
  group: 'C1',
  at: '2026-11-21T10:00:00.000Z',
});

function record(messageId: string, body: string, receives = 1): SQSRecord {
  return {
    messageId,
    receiptHandle: `receipt-of-${messageId}`,
    body,
    attributes: {
      ApproximateReceiveCount: String(receives),
      SentTimestamp: '0',
      SenderId: 's',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-west-1:1:q',
    awsRegion: 'eu-west-1',
  };
}

const event = (...Records: SQSRecord[]): SQSEvent => ({ Records });

/** Handles the event, and tells everything that was done to the queues. */
async function run(
  given: SQSEvent,
  handle: (delivery: Delivery) => Promise<Handled>,
  deadLettersWork = true,
): Promise<unknown> {
  const done: string[] = [];
  const answer = await handleSqsEvent(given, {
    handle,
    queue: { send: async ({ id }, options) => void done.push(`send ${id} in ${options?.delaySeconds} s`) },
    deadLetters: {
      send: async ({ id }) => {
        if (!deadLettersWork) throw new Error('SQS is down');
        done.push(`bury ${id}`);
      },
    },
    retrySoon: async (receipt, seconds) => void done.push(`${receipt} in ${seconds} s`),
    random: () => 0,
    settings: SETTINGS,
    onTrouble: ({ id }) => done.push(`trouble ${id}`),
  });
  return { failures: answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier), done };
}

test('a message becomes a delivery, whose lease ends before SQS delivers it again', () => {
  const [message] = readSqsEvent(event(record('m1', JSON.stringify(job('j1')), 2)), SETTINGS);
  expect(message).toMatchObject({
    kind: 'delivery',
    delivery: { envelope: job('j1'), attempt: 2, isLast: false, visibleAgainAtMs: 1_235_000 },
  });
});

test.each([
  [1, false],
  [2, false],
  [3, true],
  [4, true],
])('delivery %i of at most three: last is %s', (receives, isLast) => {
  const [message] = readSqsEvent(event(record('m1', JSON.stringify(job('j1')), receives)), SETTINGS);
  expect(message).toMatchObject({ delivery: { attempt: receives, isLast } });
});

test('two deliveries of one message never share their claims', () => {
  const holders = [1, 2].map(n => {
    const [message] = readSqsEvent(event(record('m1', JSON.stringify(job('j1')), n)), SETTINGS);
    return message?.kind === 'delivery' ? message.delivery.holder : null;
  });
  expect(new Set(holders).size).toBe(2);
});

test('of a batch only what failed is kept, and it is tried again soon', async () => {
  const batch = event(record('m1', JSON.stringify(job('good'))), record('m2', JSON.stringify(job('bad')), 2));
  const handle = async ({ envelope }: Delivery): Promise<Handled> => {
    if (envelope.id === 'bad') throw new Error('no');
    return { kind: 'done' };
  };
  expect(await run(batch, handle)).toEqual({ failures: ['m2'], done: ['trouble m2', 'receipt-of-m2 in 4 s'] });
});

test('what is for later is sent anew, and is no failure', async () => {
  const later = async (): Promise<Handled> => ({ kind: 'later', delaySeconds: 30 });
  expect(await run(event(record('m1', JSON.stringify(job('j1')), 3)), later)).toEqual({
    failures: [],
    done: ['send j1 in 30 s'],
  });
});

test('what fails for the last time is a dead letter; when that cannot be sent, SQS keeps it', async () => {
  const fail = (): Promise<Handled> => Promise.reject(new Error('no'));
  const last = event(record('m1', JSON.stringify(job('j1')), 3));
  expect(await run(last, fail)).toEqual({ failures: [], done: ['trouble m1', 'bury j1'] });
  expect(await run(last, fail, false)).toEqual({ failures: ['m1'], done: ['trouble m1'] });
});

test.each([
  [3, false],
  [4, false],
  [5, true],
])('delivery %i of at most three: its workers were all killed: %s', async (receives, wasKilled) => {
  const killed = event(record('m1', JSON.stringify(job('j1')), receives));
  const [message] = readSqsEvent(killed, SETTINGS);
  expect(message?.kind === 'delivery' && message.delivery.wasKilled === true).toBe(wasKilled);
  // Whoever waits was told by then: it is not tried again.
  const done = async (): Promise<Handled> => ({ kind: 'done' });
  expect(await run(killed, done)).toEqual({ failures: [], done: wasKilled ? ['bury j1'] : [] });
});

test.each([
  ['no JSON', 'hello'],
  ['no envelope', '{}'],
  ['a kind of job that is not known', JSON.stringify({ ...job('j'), job: { kind: 'dance' } })],
  ['an id that is empty', JSON.stringify(job(''))],
  ['a time that is none', JSON.stringify({ ...job('j'), at: 'yesterday' })],
])('%s is never handled, and stays with SQS until it is a dead letter', async (_rule, body) => {
  const never = (): Promise<Handled> => Promise.reject(new Error('it was handled'));
  expect(await run(event(record('m1', body)), never)).toEqual({
    failures: ['m1'],
    done: ['trouble m1', 'receipt-of-m1 in 2 s'],
  });
});
