/**
 * A request as API Gateway hands it over -> one that Bolt may see, or the status that refuses it. Bolt's own receiver parses a
 * body before it looks at its signature, and reads one in base64 as ASCII, so both are done here.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** What of an event is read. */
export type SlackEvent = Pick<APIGatewayProxyEventV2, 'headers' | 'rawPath'> & {
  readonly body?: string | undefined;
  readonly isBase64Encoded: boolean;
};

/** `pass`: signed by Slack, fresh and readable. `why` names no part of the body. */
export type SlackRequest =
  | { readonly kind: 'pass'; readonly event: SlackEvent }
  | { readonly kind: 'refused'; readonly statusCode: 400 | 401 | 413 | 415; readonly why: string };

/** Slack's largest payloads (a message with all its blocks) have some ten kilobytes. */
const LIMIT_BYTES = 1_000_000;
/** https://docs.slack.dev/authentication/verifying-requests-from-slack */
const FRESH_SECONDS = 300;

/** Decides; `nowMs`: milliseconds since 1970. */
export function readSlackRequest(event: SlackEvent, signingSecret: string, nowMs: number): SlackRequest {
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > LIMIT_BYTES) return refused(413, `the body has ${bytes.length} bytes`);
  const headers = lowerCased(event.headers);
  const doubt = doubtOfSignature(headers, bytes, signingSecret, nowMs);
  if (doubt !== null) return refused(401, doubt);
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const body = decoded(bytes);
  if (body === null) return refused(400, 'the body is not UTF-8');
  if (!READABLE.has(type)) return refused(415, 'the content type is not one of Slack');
  if (!isReadable(type, body)) return refused(400, 'the body is not what its content type says');
  return {
    kind: 'pass',
    event: { ...event, headers: { ...headers, 'content-type': type }, body, isBase64Encoded: false },
  };
}

/** null: signed with the secret, and lately. */
function doubtOfSignature(
  headers: Readonly<Record<string, string | undefined>>,
  bytes: Buffer,
  signingSecret: string,
  nowMs: number,
): string | null {
  const { 'x-slack-request-timestamp': timestamp = '', 'x-slack-signature': signature = '' } = headers;
  if (!/^\d{1,12}$/.test(timestamp)) return 'the request has no time';
  const ageSeconds = Math.abs(nowMs / 1000 - Number(timestamp));
  if (ageSeconds > FRESH_SECONDS) return `the request is ${Math.round(ageSeconds)} s from now`;
  const expected = createHmac('sha256', signingSecret).update(`v0:${timestamp}:`).update(bytes).digest('hex');
  const [given, wanted] = [Buffer.from(signature), Buffer.from(`v0=${expected}`)];
  return given.length === wanted.length && timingSafeEqual(given, wanted) ? null : 'the signature is wrong';
}

const READABLE = new Set(['application/json', 'application/x-www-form-urlencoded']);

/** What Bolt parses, it can. */
function isReadable(type: string, body: string): boolean {
  const json = type === 'application/json' ? body : new URLSearchParams(body).get('payload');
  if (json === null) return body !== '';
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}

function decoded(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function lowerCased(headers: SlackEvent['headers']): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function refused(statusCode: 400 | 401 | 413 | 415, why: string): SlackRequest {
  return { kind: 'refused', statusCode, why };
}
