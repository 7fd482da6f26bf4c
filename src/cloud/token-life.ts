/** How long the token of a kubeconfig lives, and the same kubeconfig with another token. Pure. */
import { parse, stringify } from 'yaml';
import { asList, asRecord, textOf } from '../cluster/json.ts';

/** `none`: it has no token of its own (a client certificate, an exec plugin), so there is nothing to renew. */
export type TokenLife =
  | { readonly kind: 'token'; readonly issuedAtMs: number; readonly expiresAtMs: number }
  | { readonly kind: 'none'; readonly why: string };

/** Reads the life of the current user's token from its claims `iat` and `exp` (RFC 7519 section 4.1). */
export function tokenLife(kubeconfig: string): TokenLife {
  const token = textOf(asRecord(currentUser(parse(kubeconfig))?.user).token);
  if (token === '') return { kind: 'none', why: 'The kubeconfig has no token.' };
  const claims = claimsOf(token);
  const { iat, exp } = claims;
  if (typeof iat !== 'number' || typeof exp !== 'number') return { kind: 'none', why: 'The token never expires.' };
  return { kind: 'token', issuedAtMs: iat * 1000, expiresAtMs: exp * 1000 };
}

/** The kubeconfig with `token` for its current user, everything else as it was. */
export function withNewToken(kubeconfig: string, token: string): string {
  const whole: unknown = parse(kubeconfig);
  const user = currentUser(whole);
  if (user === null) throw new Error('a kubeconfig without a user');
  user.user = { token };
  return stringify(whole);
}

function currentUser(kubeconfig: unknown): Record<string, unknown> | null {
  const whole = asRecord(kubeconfig);
  const context = namedIn(whole.contexts, textOf(whole['current-context']));
  return namedIn(whole.users, textOf(asRecord(context?.context).user));
}

function namedIn(list: unknown, name: string): Record<string, unknown> | null {
  const found = asList(list).find(each => asRecord(each).name === name);
  return found === undefined ? null : (found as Record<string, unknown>);
}

function claimsOf(token: string): Readonly<Record<string, unknown>> {
  try {
    return asRecord(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()));
  } catch {
    return {};
  }
}
