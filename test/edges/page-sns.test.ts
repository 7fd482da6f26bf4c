/** SNS: only its own messages, only of our topics, and only its own addresses are ever visited. */
import { describe, expect, test } from 'vitest';
import { secretsOf } from '../../src/page/authenticate.ts';
import { answerPage, type PageEdge } from '../../src/page/http.ts';
import { signedText } from '../../src/page/sns-signature.ts';
import type { Envelope } from '../../src/queue/job.ts';
import { PAGING, TOPIC } from '../fakes/paging.ts';
import { CERT_URL, certificateFor, NOTIFICATION, type SnsMessage, signedBySns } from '../fakes/sns.ts';
import { SETTINGS } from '../fakes/work.ts';

const AMAZON = certificateFor('/CN=sns.amazonaws.com');
const STRANGER = certificateFor('/CN=sns.amazonaws.com.evil.example');
const SUBSCRIBE_URL = `https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=abc`;

const CONFIRMATION: SnsMessage = {
  ...NOTIFICATION,
  Type: 'SubscriptionConfirmation',
  Token: 'abc',
  Message: 'You have chosen to subscribe to the topic.\nTo confirm, visit the SubscribeURL.',
  SubscribeURL: SUBSCRIBE_URL,
};

const signed = (message: SnsMessage, key = AMAZON.key): SnsMessage => signedBySns(message, key);

async function send(message: SnsMessage, pages: Readonly<Record<string, string>> = { [CERT_URL]: AMAZON.pem }) {
  const visited: string[] = [];
  const sent: Envelope[] = [];
  const edge: PageEdge = {
    settings: { ...SETTINGS, paging: PAGING },
    secretOf: secretsOf({}),
    queue: { send: async envelope => void sent.push(envelope) },
    isFull: () => false,
    fetchText: async url => {
      visited.push(url);
      const text = pages[url];
      if (text === undefined) throw new Error('it answered 404');
      return text;
    },
    now: Date.now,
    wait: () => new Promise(() => undefined),
  };
  const request = { method: 'POST', path: '/page/sns', headers: {}, body: Buffer.from(JSON.stringify(message)) };
  return { ...(await answerPage(request, edge)), visited, sent };
}

test('the text that is signed is that of the documentation, in its order', () => {
  expect(
    signedText({
      Type: 'Notification',
      Message: 'm',
      MessageId: 'i',
      Subject: 's',
      Timestamp: 't',
      TopicArn: 'a',
      Other: 'x',
    }),
  ).toBe('Message\nm\nMessageId\ni\nSubject\ns\nTimestamp\nt\nTopicArn\na\nType\nNotification\n');
  expect(
    signedText({ Type: 'Notification', Message: 'm', MessageId: 'i', Timestamp: 't', TopicArn: 'a' }),
  ).not.toContain('Subject');
});

describe('a notification', () => {
  test.each(['1', '2'])('signed with version %s is kept', async SignatureVersion => {
    expect(await send(signed({ ...NOTIFICATION, SignatureVersion }))).toMatchObject({
      status: 202,
      sent: [{ group: 'page:sns' }],
    });
  });

  test.each([
    ['changed after it was signed', { ...signed(NOTIFICATION), Message: '{}' }],
    ['signed by somebody else', signed(NOTIFICATION, STRANGER.key)],
    ['not signed', NOTIFICATION],
    ['of a signature version that is not known', signed({ ...NOTIFICATION, SignatureVersion: '3' })],
  ])('%s: 401', async (_, message) => {
    expect(await send(message)).toMatchObject({ status: 401, sent: [] });
  });

  test('with a certificate of somebody else', async () => {
    expect(await send(signed(NOTIFICATION, STRANGER.key), { [CERT_URL]: STRANGER.pem })).toMatchObject({ status: 401 });
  });

  test.each([
    'http://sns.eu-west-1.amazonaws.com/a.pem',
    'https://sns.eu-west-1.amazonaws.com.evil.example/a.pem',
    'https://evil.example/sns.eu-west-1.amazonaws.com/a.pem',
    'https://sns.eu-west-1.amazonaws.com@evil.example/a.pem',
    'https://sns.eu-west-1.amazonaws.com:8443/a.pem',
    'https://s3.eu-west-1.amazonaws.com/a.pem',
    'https://sns.eu-west-1.amazonaws.com/a.txt',
    'file:///etc/passwd.pem',
    '',
  ])('a certificate at %s is never fetched', async SigningCertURL => {
    expect(await send(signed({ ...NOTIFICATION, SigningCertURL }))).toMatchObject({ status: 401, visited: [] });
  });

  test('of another topic: nothing is fetched for it', async () => {
    expect(await send(signed({ ...NOTIFICATION, TopicArn: `${TOPIC}-other` }))).toMatchObject({
      status: 401,
      visited: [],
    });
  });

  test('whose certificate cannot be fetched now may come again', async () => {
    expect(await send(signed(NOTIFICATION), {})).toMatchObject({ status: 503 });
  });
});

describe('a request to confirm', () => {
  test('is confirmed by visiting the address of SNS', async () => {
    const pages = { [CERT_URL]: AMAZON.pem, [SUBSCRIBE_URL]: '<ConfirmSubscriptionResponse/>' };
    expect(await send(signed(CONFIRMATION), pages)).toMatchObject({
      status: 200,
      visited: [CERT_URL, SUBSCRIBE_URL],
      sent: [],
    });
  });

  test.each([
    'https://evil.example/?Action=ConfirmSubscription',
    `https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&TopicArn=${TOPIC}`,
    'https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:eu-west-1:999999999999:other',
    'http://169.254.169.254/latest/meta-data/',
  ])('never by visiting %s', async SubscribeURL => {
    expect(await send(signed({ ...CONFIRMATION, SubscribeURL }))).toMatchObject({ status: 400, visited: [CERT_URL] });
  });

  test('that is not signed is not confirmed', async () => {
    expect(await send(CONFIRMATION)).toMatchObject({ status: 401, visited: [CERT_URL] });
  });
});
