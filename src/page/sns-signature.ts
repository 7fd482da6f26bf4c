/**
 * Whether a message is Amazon SNS' own, and what may be visited because of it.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 */
import { createVerify, X509Certificate } from 'node:crypto';
import { textAt } from './fields.ts';

/** Gets the text of an https address, without following redirections. Rejects when it cannot. */
export type FetchText = (url: string) => Promise<string>;

/** `unreachable`: the certificate could not be fetched, which may work later. */
export type SnsVerdict =
  | { readonly kind: 'genuine' }
  | { readonly kind: 'forged'; readonly why: string }
  | { readonly kind: 'unreachable'; readonly why: string };

/** SNS of a region, China's included; nothing that only looks so (`sns.eu-west-1.amazonaws.com.evil.example`). */
const SNS_HOST = /^sns\.[a-z]{2}(?:-[a-z]+)+-\d\.amazonaws\.com(?:\.cn)?$/;

const SIGNED_KEYS = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
} as const;

/** The text that SNS signs; null: a message of no type that it signs. */
export function signedText(payload: unknown): string | null {
  const type = textAt(payload, 'Type') ?? '';
  if (!Object.hasOwn(SIGNED_KEYS, type)) return null;
  return SIGNED_KEYS[type as keyof typeof SIGNED_KEYS]
    .flatMap(key => {
      const value = textAt(payload, key, 400_000);
      return value === null ? [] : [`${key}\n${value}\n`];
    })
    .join('');
}

/** Verifies topic, certificate and signature, in this order: nothing is fetched for a topic that is not ours. */
export async function verifySns(
  payload: unknown,
  {
    topics,
    fetchText,
    nowMs,
  }: { readonly topics: readonly string[]; readonly fetchText: FetchText; readonly nowMs: number },
): Promise<SnsVerdict> {
  const text = signedText(payload);
  if (text === null) return { kind: 'forged', why: 'its Type is none of SNS' };
  if (!topics.includes(textAt(payload, 'TopicArn', 400) ?? ''))
    return { kind: 'forged', why: 'its topic is not configured' };
  const url = textAt(payload, 'SigningCertURL', 2000) ?? textAt(payload, 'SigningCertUrl', 2000) ?? '';
  if (!isOfSns(url, '.pem')) return { kind: 'forged', why: 'its certificate is not at an address of SNS' };
  const algorithm = { '1': 'RSA-SHA1', '2': 'RSA-SHA256' }[textAt(payload, 'SignatureVersion') ?? ''];
  if (algorithm === undefined) return { kind: 'forged', why: 'its SignatureVersion is neither 1 nor 2' };
  let pem: string;
  try {
    pem = await fetchText(url);
  } catch (error) {
    return { kind: 'unreachable', why: `the certificate could not be fetched: ${String(error)}` };
  }
  const certificate = certificateOf(pem, nowMs);
  if (certificate === null) return { kind: 'forged', why: 'its certificate is none of SNS, or is not valid now' };
  const isSigned = createVerify(algorithm)
    .update(text, 'utf8')
    .verify(certificate.publicKey, textAt(payload, 'Signature', 4000) ?? '', 'base64');
  return isSigned ? { kind: 'genuine' } : { kind: 'forged', why: 'its signature is wrong' };
}

/** Reports whether visiting the address confirms a subscription of this topic, and does nothing else anywhere else. */
export function isConfirmation(url: string, topic: string): boolean {
  if (!isOfSns(url, '/')) return false;
  const { searchParams } = new URL(url);
  return searchParams.get('Action') === 'ConfirmSubscription' && searchParams.get('TopicArn') === topic;
}

function isOfSns(url: string, pathEnd: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  const isPlain = port === '' && username === '' && password === '';
  return protocol === 'https:' && isPlain && SNS_HOST.test(hostname) && pathname.endsWith(pathEnd);
}

/** Names of SNS' certificates: `CN=sns.amazonaws.com`, of a region, or of China's. */
const SNS_SUBJECT = /(?:^|\n)CN=sns(?:\.[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?(?:\n|$)/;

function certificateOf(pem: string, nowMs: number): X509Certificate | null {
  try {
    const certificate = new X509Certificate(pem);
    const isNow = Date.parse(certificate.validFrom) <= nowMs && nowMs <= Date.parse(certificate.validTo);
    return isNow && SNS_SUBJECT.test(certificate.subject) ? certificate : null;
  } catch {
    return null;
  }
}
