/**
 * Host names as DNS carries them: lower-case ASCII labels of RFC 1123. Names in other scripts become punycode by UTS 46
 * as WHATWG's URL standard profiles it (non-transitional: `faß.de` and `fass.de` are two hosts), which is what curl with
 * libidn2, browsers and Node do.
 */

/** A host name read from text, or what is wrong with it. `cause` and `remedy` are sentences. */
export type HostnameReading =
  | { readonly kind: 'hostname'; readonly name: string }
  | { readonly kind: 'faulty'; readonly cause: string; readonly remedy: string };

/** RFC 1035 section 2.3.4, counted without the final dot. */
const LONGEST_NAME = 253;
const LONGEST_LABEL = 63;
const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
/** What inet_aton and WHATWG take for an IPv4 address: the last label is a number, decimal, octal or hexadecimal. */
const ENDS_IN_NUMBER = /(^|\.)(\d+|0x[0-9a-f]*)$/;

/**
 * Reads one host name, one final dot allowed and dropped. Neither an address nor anything that some parser would take
 * for one is a name: `127.1`, `0x7f.1`, `2130706433` and `shop.123` are faulty, because two programs would disagree on them.
 */
export function readHostname(text: string): HostnameReading {
  const ascii = toAscii(text);
  if (ascii === null) {
    return faulty(
      'It is not valid as an internationalised name (UTS 46).',
      'Check it for invisible or mixed-direction characters.',
    );
  }
  const name = ascii.replace(/\.$/, '');
  if (ENDS_IN_NUMBER.test(name)) return numeric();
  if (name.length > LONGEST_NAME) {
    return faulty(
      `A name has at most ${LONGEST_NAME} characters, and this one has ${name.length}.`,
      'Check what was pasted.',
    );
  }
  const bad = name.split('.').find(label => label.length > LONGEST_LABEL || !LABEL.test(label));
  return bad === undefined ? { kind: 'hostname', name } : badLabel(bad);
}

function badLabel(label: string): HostnameReading {
  if (label === '')
    return faulty(
      'There is nothing between two dots, or before the first.',
      'Write each part of the name once, as in `api.stripe.com`.',
    );
  if (label.length > LONGEST_LABEL) {
    const cause = `A part of a name has at most ${LONGEST_LABEL} characters, and ${shown(label)} has ${label.length}.`;
    return faulty(cause, 'Check what was pasted.');
  }
  const cause = `A part of a host name has letters, digits and inner hyphens only (RFC 1123); ${shown(label)} is not such a part.`;
  return faulty(cause, 'Write the host alone, as in `api.stripe.com`, or an address.');
}

function numeric(): HostnameReading {
  const cause = 'It ends in a number, so some programs take it for an IPv4 address and others for a name.';
  return faulty(
    cause,
    'Write an address as four decimal numbers without leading zeros, as in `192.0.2.1`, or a Service as `web.shop.svc`.',
  );
}

/** Plain ASCII only needs lower case; the URL parser does the rest, once nothing is in it that has a meaning in a URL. */
function toAscii(text: string): string | null {
  if (/^[\x21-\x7e]*$/.test(text)) return text.toLowerCase();
  if (/[\p{Cc}\s/?#@:\\[\]%]/u.test(text) || !URL.canParse(`http://${text}`)) return null;
  return new URL(`http://${text}`).hostname;
}

/**
 * Quotes hostile text for a message: on one line, invisible and direction-changing characters written as escapes, at
 * most 60 characters of it.
 */
export function shown(text: string): string {
  const characters = [...text];
  const cut = characters.length > 60 ? `${characters.slice(0, 59).join('')}…` : text;
  return `"${cut.replace(/["\\]|[\p{C}\p{Z}]/gu, character => (character === ' ' ? ' ' : escaped(character)))}"`;
}

function escaped(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

function faulty(cause: string, remedy: string): HostnameReading {
  return { kind: 'faulty', cause, remedy };
}
