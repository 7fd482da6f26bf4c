/** What a tool's output says about the layers of one connection: the words that the tool readers share. */
import type { CertificateFacts, Outcome, TlsFailure } from '../model.ts';
import type { ConnectContext } from './errno.ts';

/** One layer of one connection. Layers that a reader says nothing of were not reached. */
export type Step = {
  readonly layer: 'tcp' | 'tls' | 'http';
  readonly outcome: Outcome;
  readonly ms: number;
};

/** What a reader has to know of the job beside the output. */
export type ConnectionContext = {
  readonly address: string;
  readonly application: 'https' | 'http' | 'none';
  readonly throughProxy: boolean;
  readonly route: ConnectContext['route'];
  readonly timeoutMs: number;
};

/** A handshake that completed, with no certificate to show. */
export const CONNECTED: Outcome = { kind: 'connected', certificate: null };

/** Order matters: an expired certificate is often also "not verified". OpenSSL's, GnuTLS', mbedTLS', Go's and node's words. */
const TLS_WORDS: readonly (readonly [RegExp, TlsFailure])[] = [
  [/not (yet valid|valid yet|yet activated)|NOT_YET_VALID|not activated/i, 'not-yet-valid'],
  [/expired|CERT_HAS_EXPIRED/i, 'expired'],
  [
    /host ?name mismatch|ip address mismatch|does(n't| not) match|no alternative certificate subject|ALTNAME_INVALID|not match the (host|target)|certificate is not valid for/i,
    'wrong-name',
  ],
  [
    /self.signed|unable to get|unable_to|untrusted|unknown ca|not trusted|known issuer|local issuer|verification failed|verify failed|SELF_SIGNED|issuer.*not found|invalid ca/i,
    'untrusted',
  ],
  // The last is how GnuTLS words it.
  [/reset|error in the pull function/i, 'reset'],
  [
    /SSL_ERROR_SYSCALL|unexpected eof|EOF occurred|\bEOF\b|closed|non-properly terminated|disconnected before/i,
    'closed',
  ],
  [
    /wrong.version.number|alert|handshake|protocol|no shared cipher|packet length|record|unexpected.*packet|http.request/i,
    'protocol',
  ],
];

/** Why a handshake failed, from the tool's message; `other` when its words are not known. */
export function tlsFailureIn(detail: string): TlsFailure {
  return TLS_WORDS.find(([words]) => words.test(detail))?.[1] ?? 'other';
}

/** Makes the outcome of a failed handshake from what the tool said; `detail` is cut to 300 characters. */
export function tlsFailed(detail: string, certificate: CertificateFacts | null = null): Outcome {
  return { kind: 'tls-failed', why: tlsFailureIn(detail), detail: detail.trim().slice(0, 300), certificate };
}

/** A date as OpenSSL prints it ("Jan  1 00:00:00 2020 GMT") in ISO 8601; what cannot be parsed stays as it is. */
export function isoDate(text: string): string {
  const at = Date.parse(text.trim());
  return Number.isNaN(at) ? text.trim() : new Date(at).toISOString();
}

/** The status of an HTTP status line, e.g. 403 of `HTTP/1.1 403 Forbidden`, or null. */
export function statusIn(line: string): number | null {
  const status = /HTTP\/[0-9.]+ ([1-9][0-9]{2})\b/.exec(line)?.[1];
  return status === undefined ? null : Number(status);
}

/** What remains unknown of the layers above, in one sentence for `not-run`. */
export function notRun(why: string): Outcome {
  return { kind: 'not-run', why };
}
