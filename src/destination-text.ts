/**
 * The text of a destination taken apart: scheme, host, port, path, each still as it was typed. It refuses what cannot be
 * taken apart in one way only; what the parts mean is `destination.ts`.
 */
import type { Fault } from './faults.ts';
import { shown } from './hostname.ts';
import { readAddress } from './policy/address.ts';

/** Schemes that a destination may be written with. */
export type Scheme = 'https' | 'http' | 'tcp' | 'udp';

/** Who is asked, on which port, for what. null: not written. `path` starts with `/` or `?`, or is empty. */
export type DestinationText = {
  readonly scheme: Scheme | null;
  readonly host: string;
  readonly port: string | null;
  readonly path: string;
};

/** Longer than any URL that servers commonly take, and short enough for an argument of a command. */
const LONGEST_TEXT = 2048;

/**
 * Splits `scheme://host:port/path` (all but the host may be missing), or says what is wrong with it. Credentials are refused
 * without being repeated.
 */
export function takeApart(text: string): DestinationText | Fault {
  if (text === '') return noHost('The text is empty.');
  const unfit = unfitText(text);
  if (unfit !== null) return unfit;
  const [, schemeText, authority = '', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):\/\/)?([^/?#]*)(.*)$/isu.exec(text) ?? [];
  if (holdsCredentials(authority, rest)) return credentials();
  const scheme = readScheme(schemeText);
  if (scheme !== null && typeof scheme !== 'string') return scheme;
  const ends = splitPort(authority);
  if ('code' in ends) return ends;
  if (ends.host === '') return noHost(`There is nothing where the host should be in ${shown(text)}.`);
  return { scheme, ...ends, path: rest.replace(/#.*$/s, '') };
}

/** `user:pa/ss@host` too: a port that is no number, and an @ further on, is a password with a slash in it. */
function holdsCredentials(authority: string, rest: string): boolean {
  return authority.includes('@') || (/^[^:]*:[^:]*\D/.test(authority) && rest.includes('@'));
}

function credentials(): Fault {
  const cause = 'There is an @ in it, and what stands before it would be shown to everybody who reads the answer.';
  const remedy = 'Leave that part out; if it was a real password, change it: it has been typed into a chat or a shell.';
  return usage('The host holds a user name or a password.', cause, remedy);
}

function noHost(cause: string): Fault {
  return usage('No host was given.', cause, 'Name one, as in `api.stripe.com` or `db.example:5432`.');
}

function unfitText(text: string): Fault | null {
  if (text.length > LONGEST_TEXT) {
    return usage(
      'The host is too long.',
      `It has ${text.length} characters, and ${LONGEST_TEXT} is the limit.`,
      'Name the host alone, as in `api.stripe.com`.',
    );
  }
  if (/\s/u.test(text)) {
    return usage(
      `${shown(text)} is no host.`,
      'There is a space or a line break in it.',
      'Name one host, without spaces; in a path write %20.',
    );
  }
  if (/[\p{Cc}\p{Cs}\\]/u.test(text)) {
    return usage(
      `${shown(text)} is no host.`,
      'There is a control character or a backslash in it.',
      'Type it anew, as in `api.stripe.com`.',
    );
  }
  return null;
}

function readScheme(text: string | undefined): Scheme | null | Fault {
  const scheme = text?.toLowerCase() ?? null;
  if (scheme === null || scheme === 'https' || scheme === 'http' || scheme === 'tcp' || scheme === 'udp') return scheme;
  return usage(
    `The scheme ${shown(scheme)} is not known.`,
    'Known are https, http, tcp and udp.',
    'Write `tcp://HOST:PORT` to ask for the connection alone.',
  );
}

function splitPort(authority: string): Pick<DestinationText, 'host' | 'port'> | Fault {
  const bracketed = /^\[([^[\]]*)\](?::(.*))?$/s.exec(authority);
  if (bracketed !== null)
    return isIPv6(bracketed[1] ?? '') ? { host: bracketed[1] ?? '', port: bracketed[2] ?? null } : noIPv6(authority);
  const colons = authority.split(':').length - 1;
  if (colons > 1 || /[[\]]/.test(authority)) return isIPv6(authority) ? bareIPv6(authority) : noIPv6(authority);
  const [host = '', port = null] = authority.split(':');
  return { host, port };
}

/** By the colon, since an IPv4-mapped address is read as IPv4. */
function isIPv6(text: string): boolean {
  return text.includes(':') && readAddress(text).kind === 'address';
}

function noIPv6(authority: string): Fault {
  if (authority.includes('%')) {
    const cause = 'It has a zone (the part behind %), which only means something on one machine.';
    return usage(`${shown(authority)} is no host.`, cause, 'Name an address that is routed, without a zone.');
  }
  const cause = 'It has brackets or several colons, and is no IPv6 address.';
  return usage(
    `${shown(authority)} is no host.`,
    cause,
    'Write `host:port`, or an IPv6 address with its port as in `[2001:db8::1]:443`.',
  );
}

/** `2001:db8::1:443` is an address, and is also what people type for port 443 of `2001:db8::1`. */
function bareIPv6(authority: string): Pick<DestinationText, 'host' | 'port'> | Fault {
  const [, head = '', tail = ''] = /^(.*):([1-9]\d*)$/.exec(authority) ?? [];
  if (tail === '' || !isIPv6(head)) return { host: authority, port: null };
  const cause = `It is an IPv6 address, and could also mean port ${tail} of ${head}.`;
  return usage(
    `${shown(authority)} can be read in two ways.`,
    cause,
    `Write \`[${authority}]\` or \`[${head}]:${tail}\`.`,
  );
}

/** A fault of the person who asked: what is wrong with the text, why, and how to write it. */
export function usage(what: string, cause: string, remedy: string): Fault {
  return { code: 'usage', what, cause, remedy };
}
