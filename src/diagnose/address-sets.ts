/**
 * Sets of addresses as sorted, disjoint intervals, so that "everything but 10.0.0.0/8" is four numbers and not four
 * thousand million addresses. IPv4 and IPv6 live side by side and never touch.
 */
import { formatAddress, readAddress, readRange } from '../policy/address.ts';

/** Both ends are inside. */
export type Interval = { readonly family: 4 | 6; readonly first: bigint; readonly last: bigint };

/** Sorted by family and first; no two overlap or touch. Made by `unite`. */
export type AddressSet = readonly Interval[];

const BITS = { 4: 32, 6: 128 } as const;

/** Every address of a family. */
export function allAddresses(family: 4 | 6): Interval {
  return { family, first: 0n, last: (1n << BigInt(BITS[family])) - 1n };
}

/** Reads an address or a CIDR block (host bits are masked away); null: unreadable. */
export function intervalOf(text: string): Interval | null {
  if (text.includes('/')) {
    const range = readRange(text);
    return range.kind === 'range' ? bare(range.range) : null;
  }
  const address = readAddress(text);
  return address.kind === 'address'
    ? { family: address.address.family, first: address.address.value, last: address.address.value }
    : null;
}

/** The set of all addresses that are in any of `intervals`. */
export function unite(intervals: readonly Interval[]): AddressSet {
  const united: Interval[] = [];
  for (const next of intervals.filter(each => each.first <= each.last).toSorted(compareIntervals)) {
    const open = united.at(-1);
    if (open !== undefined && open.family === next.family && next.first <= open.last + 1n) {
      if (next.last > open.last) united[united.length - 1] = { ...open, last: next.last };
    } else {
      united.push(bare(next));
    }
  }
  return united;
}

/** The addresses of `from` that are not in `taken`. */
export function subtract(from: AddressSet, taken: AddressSet): AddressSet {
  return from.flatMap(interval => {
    const left: Interval[] = [];
    let next = interval.first;
    for (const hole of taken) {
      if (hole.family !== interval.family || hole.last < next || hole.first > interval.last) continue;
      if (hole.first > next) left.push({ ...interval, first: next, last: hole.first - 1n });
      next = hole.last + 1n;
    }
    if (next <= interval.last) left.push({ ...interval, first: next });
    return left;
  });
}

/** Reports whether every address of `interval` is in `set`. */
export function covers(set: AddressSet, interval: Interval): boolean {
  return set.some(
    each => each.family === interval.family && each.first <= interval.first && each.last >= interval.last,
  );
}

/** Reports whether the two share an address. */
export function overlaps(a: Interval, b: Interval): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

/** An interval as one CIDR when it is one (`10.0.0.0/8`, `203.0.113.43/32`), else `first-last`. */
export function intervalText(interval: Interval): string {
  const [only, ...more] = cidrsOf(interval);
  if (only !== undefined && more.length === 0) return only;
  return `${formatAddress(interval.family, interval.first)}-${formatAddress(interval.family, interval.last)}`;
}

/** The fewest CIDR blocks that hold exactly the addresses of `interval`, in order. */
export function cidrsOf(interval: Interval): readonly string[] {
  const bits = BITS[interval.family];
  const cidrs: string[] = [];
  let next = interval.first;
  while (next <= interval.last) {
    let hostBits = 0;
    while (hostBits < bits && isBlock(next, hostBits + 1) && next + (1n << BigInt(hostBits + 1)) - 1n <= interval.last)
      hostBits++;
    cidrs.push(`${formatAddress(interval.family, next)}/${bits - hostBits}`);
    next += 1n << BigInt(hostBits);
  }
  return cidrs;
}

/** The smallest single CIDR block that holds both intervals; both must be of one family. */
export function enclosingBlock(a: Interval, b: Interval): Interval {
  const [first = a.first] = [a.first, b.first].toSorted(compareNumbers);
  const [last = a.last] = [b.last, a.last].toSorted((one, other) => compareNumbers(other, one));
  let hostBits = 0n;
  while (first >> hostBits !== last >> hostBits) hostBits++;
  const start = (first >> hostBits) << hostBits;
  return { family: a.family, first: start, last: start + (1n << hostBits) - 1n };
}

/** The intervals between neighbouring ends of `ranges`, over the whole family: no end lies inside any of them. */
export function cutAtEnds(family: 4 | 6, ranges: readonly Interval[]): readonly Interval[] {
  const whole = allAddresses(family);
  const starts = new Set([whole.first]);
  for (const range of ranges) {
    if (range.family !== family || range.first > range.last) continue;
    starts.add(range.first);
    if (range.last < whole.last) starts.add(range.last + 1n);
  }
  const sorted = [...starts].toSorted(compareNumbers);
  return sorted.map((first, index) => ({ family, first, last: (sorted[index + 1] ?? whole.last + 1n) - 1n }));
}

/** Order for sorting: IPv4 first, then by first address. */
export function compareIntervals(a: Interval, b: Interval): number {
  return a.family - b.family || compareNumbers(a.first, b.first) || compareNumbers(a.last, b.last);
}

/** Without what a range of a policy carries beside its ends. */
function bare(range: Interval): Interval {
  return { family: range.family, first: range.first, last: range.last };
}

function compareNumbers(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isBlock(first: bigint, hostBits: number): boolean {
  return first % (1n << BigInt(hostBits)) === 0n;
}
