/**
 * The text of one IP address, read strictly: what a person wrote is one address or it is none. No octal, hexadecimal
 * or shortened IPv4 (`010.0.0.1`, `0x7f.1`, `127.1`: RFC 6943 section 3.1.1 has why these are dangerous), no zone.
 */
import type { IpFamily } from './model.ts';

/** One address as a number. IPv4 and IPv6 are never compared with one another. */
export type Address = {
  readonly family: IpFamily;
  readonly value: bigint;
  /** Canonical: dotted decimal, or RFC 5952 (lower case, longest run of zeros shortened). */
  readonly text: string;
};

/** An address block; `first` and `last` are both inside. */
export type AddressBlock = {
  readonly family: IpFamily;
  readonly first: bigint;
  readonly last: bigint;
  readonly text: string;
};

const OCTET = /^(0|[1-9]\d{0,2})$/;

/**
 * Reads one IPv4 or IPv6 address without brackets; null: it is none. `::ffff:192.0.2.1` stays IPv6: see `unmapped`.
 * Reads: `192.0.2.1`, `2001:DB8::1`. Does not: `192.0.2.01`, `192.0.2`, `fe80::1%eth0`, `[::1]`.
 */
export function readAddress(text: string): Address | null {
  return text.includes(':') ? readIPv6(text) : readIPv4(text);
}

/** Reads a CIDR block such as `10.0.0.0/8`, or a lone address as a block of one. null: unreadable, or bits are set behind the prefix. */
export function readAddressBlock(text: string): AddressBlock | null {
  const [addressText = '', prefixText, ...more] = text.split('/');
  const address = readAddress(addressText);
  const bits = address?.family === 'IPv4' ? 32 : 128;
  if (address === null || more.length > 0 || (prefixText !== undefined && !OCTET.test(prefixText))) return null;
  const prefix = Number(prefixText ?? bits);
  if (prefix > bits) return null;
  const size = 1n << BigInt(bits - prefix);
  if (address.value % size !== 0n) return null;
  return { family: address.family, first: address.value, last: address.value + size - 1n, text };
}

/** Reports whether the address is inside the block: 10.255.0.1 is inside 10.0.0.0/8; ::ffff:10.0.0.1 is not (other family). */
export function isInside(address: Address, block: AddressBlock): boolean {
  return address.family === block.family && address.value >= block.first && address.value <= block.last;
}

/** Writes an IPv4 number (0 to 2^32 - 1) as an address. */
export function ipv4Of(value: bigint): Address {
  const text = [24n, 16n, 8n, 0n].map(shift => String((value >> shift) & 255n)).join('.');
  return { family: 'IPv4', value, text };
}

/** Turns an IPv4-mapped address (`::ffff:0:0/96`, RFC 4291 section 2.5.5.2) into the IPv4 address that the packets carry. */
export function unmapped(address: Address): Address {
  return address.family === 'IPv6' && address.value >> 32n === 0xffffn ? ipv4Of(address.value & 0xffffffffn) : address;
}

function readIPv4(text: string): Address | null {
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every(octet => OCTET.test(octet) && Number(octet) < 256)) return null;
  return ipv4Of(octets.reduce((value, octet) => value * 256n + BigInt(octet), 0n));
}

/** WHATWG's parser knows the grammar and the canonical form; its one liberty, odd IPv4 tails, is not one: it is strict there. */
function readIPv6(text: string): Address | null {
  if (!/^[0-9a-fA-F:.]+$/.test(text) || !URL.canParse(`http://[${text}]`)) return null;
  const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const first = head.split(':').filter(Boolean);
  const last = tail?.split(':').filter(Boolean) ?? [];
  const groups = [...first, ...Array<string>(8 - first.length - last.length).fill('0'), ...last];
  const value = groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
  return { family: 'IPv6', value, text: canonical };
}
