/** Whether a pod's routing table has a way to an address, from the kernel's own listing. */
import { IPv4, IPv6 } from 'ip-num';

const REJECT = 0x200;

/** The pod's own routing tables, by which "no route" is told from an ICMP answer. */
export type RouteTables = {
  /** /proc/net/route as read; null: not read. */
  readonly ipv4: string | null;
  /** /proc/net/ipv6_route as read; null: not read. */
  readonly ipv6: string | null;
};

/**
 * Reports whether a route that is no reject route covers the address; `not checked` when the table was not read or the
 * address is none. Columns: proc(5), and net/ipv6/route.c for the second.
 */
export function routeTo(address: string, tables: RouteTables): 'yes' | 'no' | 'not checked' {
  const table = address.includes(':') ? tables.ipv6 : tables.ipv4;
  if (table === null || table.trim() === '') return 'not checked';
  const covers = address.includes(':') ? coveredBySix(address) : coveredByFour(address);
  if (covers === null) return 'not checked';
  return table.split('\n').some(line => covers(line.trim().split(/\s+/))) ? 'yes' : 'no';
}

type Covers = (columns: readonly string[]) => boolean;

function coveredByFour(address: string): Covers | null {
  const value = numberOf(() => new IPv4(address).getValue());
  if (value === null) return null;
  return ([, destination = '', , flags = '', , , , mask = '']) => {
    if (!/^[0-9A-F]{8}$/i.test(destination) || !/^[0-9A-F]{8}$/i.test(mask)) return false;
    if ((Number.parseInt(flags, 16) & REJECT) !== 0) return false;
    return (value & hostOrder(mask)) === hostOrder(destination);
  };
}

function coveredBySix(address: string): Covers | null {
  const value = numberOf(() => new IPv6(address).getValue());
  if (value === null) return null;
  return ([destination = '', length = '', , , , , , , flags = '']) => {
    if (!/^[0-9a-f]{32}$/i.test(destination) || !/^[0-9a-f]{2}$/i.test(length)) return false;
    if ((Number.parseInt(flags, 16) & REJECT) !== 0) return false;
    const shift = BigInt(128 - Number.parseInt(length, 16));
    return value >> shift === BigInt(`0x${destination}`) >> shift;
  };
}

/** The table's words are in the machine's byte order; every machine that Kubernetes runs on here is little-endian but s390x. */
function hostOrder(word: string): bigint {
  return BigInt(`0x${(word.match(/../g) ?? []).reverse().join('')}`);
}

function numberOf(read: () => bigint): bigint | null {
  try {
    return read();
  } catch {
    return null;
  }
}
