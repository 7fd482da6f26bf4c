/** What Slack sends to the app, by HTTP or by socket, and how long it waits for the acknowledgement. */
import { createHmac } from 'node:crypto';
import type { Clock } from './model.ts';
import type { Sockets } from './sockets.ts';

/** Where the app listens. `optionsUrl`: the Options Load URL; null: the same. */
export type AppAddress =
  | { readonly kind: 'socket' }
  | { readonly kind: 'http'; readonly requestUrl: string; readonly optionsUrl: string | null };

/** One thing to send. `type` is Socket Mode's word for it. */
export type Parcel = {
  readonly type: 'slash_commands' | 'interactive' | 'events_api';
  readonly payload: Readonly<Record<string, unknown>>;
  /** Repetition of an event: counts from 1; null: the first time. */
  readonly retry: { readonly attempt: number; readonly reason: string } | null;
};

/** How a delivery ended. `body`: what the app acknowledged with, parsed when it is JSON; null when empty. */
export type Delivered = Ended & { readonly ms: number };

type Ended =
  | { readonly kind: 'acked'; readonly body: unknown }
  /** `error`: operation_timeout, dispatch_failed (it could not be reached), or http_STATUS. */
  | { readonly kind: 'failed'; readonly error: string; readonly noRetry: boolean };

/** Slack waits this long for an acknowledgement. */
const ACK_MS = 3_000;

/** What a delivery needs. */
export type DeliveryPorts = {
  readonly clock: Clock;
  readonly address: () => AppAddress | null;
  readonly sockets: Sockets;
  readonly signingSecret: string;
};

/** Sends one parcel and waits for its acknowledgement: at most 3 s, then `operation_timeout`. */
export async function deliver(parcel: Parcel, ports: DeliveryPorts): Promise<Delivered> {
  const startedMs = ports.clock.now();
  const abort = new AbortController();
  let cancel: () => void = () => undefined;
  const late = new Promise<Ended>(resolve => {
    cancel = ports.clock.after(ACK_MS, () => resolve(failed('operation_timeout')));
  });
  const answered = transmit(parcel, ports, abort.signal).catch(() => failed('dispatch_failed'));
  const first = await Promise.race([answered, late]);
  cancel();
  abort.abort();
  return { ...first, ms: ports.clock.now() - startedMs };
}

/** Signature of a request (https://docs.slack.dev/authentication/verifying-requests-from-slack). */
export function signatureOf(secret: string, timestampSeconds: number, body: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestampSeconds}:${body}`).digest('hex')}`;
}

/** Headers and body of a parcel as an HTTP request, signed. */
export function httpRequestOf(
  parcel: Parcel,
  secret: string,
  nowMs: number,
): { readonly headers: Readonly<Record<string, string>>; readonly body: string } {
  const body = bodyOf(parcel);
  const timestamp = Math.floor(nowMs / 1_000);
  const isJson = parcel.type === 'events_api';
  return {
    body,
    headers: {
      'content-type': isJson ? 'application/json' : 'application/x-www-form-urlencoded',
      'user-agent': 'Slackbot 1.0 (local)',
      'x-slack-request-timestamp': String(timestamp),
      'x-slack-signature': signatureOf(secret, timestamp, body),
      ...(parcel.retry === null
        ? {}
        : { 'x-slack-retry-num': String(parcel.retry.attempt), 'x-slack-retry-reason': parcel.retry.reason }),
    },
  };
}

function bodyOf({ type, payload }: Parcel): string {
  switch (type) {
    case 'events_api':
      return JSON.stringify(payload);
    case 'interactive':
      return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
    case 'slash_commands':
      return new URLSearchParams(
        Object.entries(payload).map(([name, value]): [string, string] => [name, String(value)]),
      ).toString();
    default:
      return type satisfies never;
  }
}

function failed(error: string, noRetry = false): Ended {
  return { kind: 'failed', error, noRetry };
}

async function transmit(parcel: Parcel, ports: DeliveryPorts, signal: AbortSignal): Promise<Ended> {
  const address = ports.address();
  if (address === null) return failed('dispatch_failed');
  if (address.kind === 'socket') {
    const body = await ports.sockets.send(parcel, signal);
    return body === undefined ? failed('dispatch_failed') : { kind: 'acked', body };
  }
  const isOptions = parcel.payload.type === 'block_suggestion';
  const url = isOptions ? (address.optionsUrl ?? address.requestUrl) : address.requestUrl;
  const { headers, body } = httpRequestOf(parcel, ports.signingSecret, ports.clock.now());
  const response = await fetch(url, { method: 'POST', headers, body, signal });
  const noRetry = response.headers.get('x-slack-no-retry') === '1';
  const text = await response.text();
  if (response.status !== 200) return failed(`http_${response.status}`, noRetry);
  return { kind: 'acked', body: parsed(text) };
}

function parsed(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
