/**
 * Addresses and ranges: text is read once into BigInt ends, and only those are compared afterwards. Reading is strict
 * (no octal octets, no zone), since a lenient reader would make two different rules out of one text.
 */
import { IPv6 } from 'ip-num';
import type { AddressRange } from './model.ts';

/** An address as a number. `text` is canonical (RFC 5952 for IPv6). */
export type Address = { readonly family: 4 | 6; readonly value: bigint; readonly text: string };

/** An address, or why the text is none. */
export type AddressReading =
  | { readonly kind: 'address'; readonly address: Address }
  | { readonly kind: 'unreadable'; readonly why: string };

/** A range, or why the text is none. */
export type RangeReading =
  /** `problem` is set when the text is odd but its meaning is plain, e.g. host bits that are masked away. */
  | { readonly kind: 'range'; readonly range: AddressRange; readonly problem: string | null }
  | { readonly kind: 'unreadable'; readonly why: string };

const OCTETS = /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/;
const HEXADECATETS = /^[0-9a-fA-F:]+$/;
const EMBEDDED_IPV4 = /^([0-9a-fA-F:]*:)(\d+\.\d+\.\d+\.\d+)$/;
const MAPPED_FIRST = 0xffffn << 32n;
const MAPPED_LAST = MAPPED_FIRST + 0xffffffffn;

/**
 * Reads one address: `10.0.0.1` and `2001:DB8::1` are read, `010.0.0.1`, `10.1` and `fe80::1%eth0` are not.
 * An IPv4-mapped IPv6 address (`::ffff:10.0.0.1`) is the IPv4 address (RFC 4291, 2.5.5.2).
 */
export function readAddress(text: string): AddressReading {
  const whole = readWhole(text);
  if (whole === null) return { kind: 'unreadable', why: `"${shorten(text)}" is no IP address` };
  // Read strictly, IPv4 has one text for each address.
  if (whole.family === 4) return { kind: 'address', address: { ...whole, text } };
  const { family, value } = isMapped(whole) ? { family: 4 as const, value: whole.value - MAPPED_FIRST } : whole;
  return { kind: 'address', address: { family, value, text: formatAddress(family, value) } };
}

/**
 * Reads a range in CIDR notation: `10.0.0.0/8`. Host bits (`10.1.2.3/8`) mean the masked network and are reported as a
 * problem; `10.0.0.0`, `10.0.0.0/33` and `10.0.0.0/08` are unreadable. The family is the one that is written, unless an
 * IPv4-mapped prefix of /96 or longer makes it IPv4.
 */
export function readRange(text: string): RangeReading {
  const unreadable = { kind: 'unreadable', why: `invalid CIDR "${shorten(text)}"` } as const;
  const slash = text.indexOf('/');
  const whole = slash < 0 ? null : readWhole(text.slice(0, slash));
  const lengthText = text.slice(slash + 1);
  if (whole === null || !/^(0|[1-9]\d{0,2})$/.test(lengthText)) return unreadable;
  const length = Number(lengthText);
  if (length > bitsOf(whole.family)) return unreadable;
  if (isMapped(whole) && length >= 96) return maskedRange(4, whole.value - MAPPED_FIRST, length - 96, text);
  return maskedRange(whole.family, whole.value, length, text);
}

/** A range of one address. */
export function rangeOf(address: Address): AddressRange {
  return { family: address.family, first: address.value, last: address.value, text: address.text };
}

/** Reports whether the range covers the address: 10.0.0.0/8 covers 10.1.2.3; it does not cover 11.0.0.0 or ::a01:203. */
export function coversAddress(range: AddressRange, end: { readonly family: 4 | 6; readonly value: bigint }): boolean {
  return range.family === end.family && range.first <= end.value && end.value <= range.last;
}

/** Reports whether all of `inner` lies in `outer`: 10.1.0.0/16 in 10.0.0.0/8; not the other way round. */
export function coversRange(outer: AddressRange, inner: AddressRange): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

/** The canonical text: dotted decimal, or RFC 5952 (lower case, the longest run of two or more zero groups as `::`). */
export function formatAddress(family: 4 | 6, value: bigint): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map(shift => String((value >> shift) & 0xffn)).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(112 - 16 * index)) & 0xffffn));
  const run = longestZeroRun(groups);
  const hex = (part: readonly number[]) => part.map(group => group.toString(16)).join(':');
  if (run.length < 2) return hex(groups);
  return `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.start + run.length))}`;
}

/** Whether the address is the pod's own loopback: 127.0.0.0/8 or ::1. */
export function isLoopback(end: { readonly family: 4 | 6; readonly value: bigint }): boolean {
  return end.family === 4 ? end.value >> 24n === 127n : end.value === 1n;
}

function readWhole(text: string): { readonly family: 4 | 6; readonly value: bigint } | null {
  if (OCTETS.test(text)) return readOctets(text);
  const embedded = EMBEDDED_IPV4.exec(text);
  const hex = embedded === null ? text : withHexTail(embedded[1] ?? '', embedded[2] ?? '');
  if (hex === null || !HEXADECATETS.test(hex) || !hex.includes(':')) return null;
  try {
    return { family: 6, value: new IPv6(hex).value };
  } catch {
    // The library says "no" by throwing; there is nothing else that it could throw for here.
    return null;
  }
}

/** IPv4 by hand: a cluster has tens of thousands of these, and the library takes 20 microseconds for each. */
function readOctets(text: string): { readonly family: 4; readonly value: bigint } | null {
  const octets = text.split('.').map(Number);
  if (octets.some(octet => octet > 255)) return null;
  return { family: 4, value: BigInt(octets.reduce((value, octet) => value * 256 + octet, 0)) };
}

function withHexTail(head: string, dotted: string): string | null {
  const tail = OCTETS.test(dotted) ? readWhole(dotted) : null;
  return tail === null ? null : `${head}${(tail.value >> 16n).toString(16)}:${(tail.value & 0xffffn).toString(16)}`;
}

function isMapped(whole: { readonly family: 4 | 6; readonly value: bigint }): boolean {
  return whole.family === 6 && whole.value >= MAPPED_FIRST && whole.value <= MAPPED_LAST;
}

function maskedRange(family: 4 | 6, value: bigint, length: number, text: string): RangeReading {
  const size = 1n << BigInt(bitsOf(family) - length);
  const first = value - (value % size);
  const problem =
    first === value ? null : `host bits set in "${text}": it means ${formatAddress(family, first)}/${length}`;
  return { kind: 'range', range: { family, first, last: first + size - 1n, text }, problem };
}

function longestZeroRun(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  return best;
}

function bitsOf(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}

/** Text from a cluster can be of any length; 60 characters are enough to find it again. */
function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
