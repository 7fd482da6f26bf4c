/** Amazon SNS as a sender: messages as its documentation shows them, signed with a certificate that a test made. */
import { execFileSync } from 'node:child_process';
import { createSign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signedText } from '../../src/page/sns-signature.ts';
import { payloadOf, TOPIC } from './paging.ts';

/** A key and a certificate in the name of `subject`, as in `/CN=sns.amazonaws.com`. */
export function certificateFor(subject: string): { readonly key: string; readonly pem: string } {
  const folder = mkdtempSync(join(tmpdir(), 'egress-sns-'));
  try {
    const [key, pem] = ['key', 'pem'].map(name => join(folder, name)) as [string, string];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', subject, '-keyout', key, '-out', pem],
      { stdio: 'ignore' },
    );
    return { key: readFileSync(key, 'utf8'), pem: readFileSync(pem, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Where such a message says that its certificate is. */
export const CERT_URL = 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-abc.pem';

export type SnsMessage = Readonly<Record<string, string>>;

/** An alarm of CloudWatch. https://docs.aws.amazon.com/sns/latest/dg/http-notification-json.html */
export const NOTIFICATION: SnsMessage = {
  Type: 'Notification',
  MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
  TopicArn: TOPIC,
  Subject: 'ALARM: "egress"',
  Message: JSON.stringify(payloadOf('cloudwatch-alarm')),
  Timestamp: '2026-11-21T10:58:27.200Z',
  SignatureVersion: '2',
  SigningCertURL: CERT_URL,
  UnsubscribeURL: `https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=${TOPIC}:2bcfbf39`,
};

/** The message with its signature. https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html */
export function signedBySns(message: SnsMessage, key: string): SnsMessage {
  const algorithm = message.SignatureVersion === '1' ? 'RSA-SHA1' : 'RSA-SHA256';
  return {
    ...message,
    Signature: createSign(algorithm)
      .update(signedText(message) ?? '')
      .sign(key, 'base64'),
  };
}
