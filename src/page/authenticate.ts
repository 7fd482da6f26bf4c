/** Whether a webhook comes from whom it says. Every comparison of a secret takes the same time, right or wrong. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { HttpAuth } from '../settings/paging.ts';

/** The value of an environment variable; null: it is not set. */
export type SecretOf = (name: string) => string | null;

/**
 * Reports whether one of PagerDuty's signatures (`v1=HEX`, several with commas between while a secret is changed) is the
 * HMAC-SHA256 of the body as it arrived with one of our secrets.
 * https://github.com/PagerDuty/developer-docs/blob/main/docs/webhooks/04-Signatures.md
 */
export function isSignedByPagerDuty(body: Uint8Array, header: string, secrets: readonly string[]): boolean {
  // More than a few are nobody's rotation, and each takes time.
  const given = header.split(',', 10).map(signature => signature.trim());
  let isSigned = false;
  for (const secret of secrets) {
    const expected = `v1=${createHmac('sha256', secret).update(body).digest('hex')}`;
    for (const signature of given) isSigned = isSame(signature, expected) || isSigned;
  }
  return isSigned;
}

/** Reports whether the Authorization header is what the configuration asks for (RFC 6750, RFC 7617). */
export function isAuthorized(header: string, auth: HttpAuth, secretOf: SecretOf): boolean {
  const expected =
    auth.kind === 'bearer'
      ? auth.tokens.map(secretOf).filter(token => token !== null)
      : auth.passwords.map(secretOf).flatMap(password => (password === null ? [] : [`${auth.user}:${password}`]));
  const [, scheme = '', value = ''] = /^(\w+) +(\S+) *$/.exec(header) ?? [];
  if (scheme.toLowerCase() !== auth.kind) return false;
  const given = auth.kind === 'bearer' ? value : Buffer.from(value, 'base64').toString('utf8');
  let isKnown = false;
  for (const secret of expected) isKnown = isSame(given, secret) || isKnown;
  return isKnown;
}

/** Digests are compared, so that not even the length is told. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** Secrets as a process has them: an empty variable is not set. */
export function secretsOf(env: Readonly<Record<string, string | undefined>>): SecretOf {
  return name => env[name] || null;
}
