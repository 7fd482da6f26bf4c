/** What the errors of connect(2) mean: their names in the words of every C library and runtime, and the outcome of each. */
import type { Outcome } from '../model.ts';

/** glibc's and musl's strerror texts (lower case), bash and every C tool print them; busybox and Alpine have musl's. */
const TEXTS: readonly (readonly [text: string, errno: string])[] = [
  ['connection refused', 'ECONNREFUSED'],
  ['connection reset', 'ECONNRESET'],
  ['broken pipe', 'EPIPE'],
  ['no route to host', 'EHOSTUNREACH'],
  ['host is unreachable', 'EHOSTUNREACH'],
  ['host is down', 'EHOSTDOWN'],
  ['machine is not on the network', 'ENONET'],
  ['network is unreachable', 'ENETUNREACH'],
  ['network unreachable', 'ENETUNREACH'],
  ['protocol not available', 'ENOPROTOOPT'],
  ['message too long', 'EMSGSIZE'],
  ['operation not supported', 'EOPNOTSUPP'],
  ['not supported', 'EOPNOTSUPP'],
  ['permission denied', 'EACCES'],
  ['operation not permitted', 'EPERM'],
  ['cannot assign requested address', 'EADDRNOTAVAIL'],
  ['address not available', 'EADDRNOTAVAIL'],
  ['address family not supported', 'EAFNOSUPPORT'],
  ['invalid argument', 'EINVAL'],
  ['too many open files', 'EMFILE'],
  ['no buffer space', 'ENOBUFS'],
  ['connection timed out', 'ETIMEDOUT'],
  ['operation timed out', 'ETIMEDOUT'],
];

/** Linux's numbers on every architecture that Kubernetes runs on (include/uapi/asm-generic/errno.h). */
const NUMBERS: Readonly<Record<string, string>> = {
  '1': 'EPERM',
  '13': 'EACCES',
  '22': 'EINVAL',
  '32': 'EPIPE',
  '90': 'EMSGSIZE',
  '92': 'ENOPROTOOPT',
  '95': 'EOPNOTSUPP',
  '97': 'EAFNOSUPPORT',
  '99': 'EADDRNOTAVAIL',
  '101': 'ENETUNREACH',
  '104': 'ECONNRESET',
  '110': 'ETIMEDOUT',
  '111': 'ECONNREFUSED',
  '112': 'EHOSTDOWN',
  '113': 'EHOSTUNREACH',
  '64': 'ENONET',
};

/**
 * ICMP codes (of type 3, destination unreachable) that the kernel turns into each error: `icmp_err_convert` in
 * net/ipv4/icmp.c. Administratively prohibited is 13 (also 9 and 10), and shows as EHOSTUNREACH like a missing host does.
 */
const ICMP_CODES: Readonly<Record<string, readonly number[]>> = {
  ENETUNREACH: [0, 6, 9, 11],
  EHOSTUNREACH: [1, 10, 12, 13, 14, 15],
  ENOPROTOOPT: [2],
  EOPNOTSUPP: [5],
  EHOSTDOWN: [7],
  ENONET: [8],
};

/** ICMPv6 codes (of type 1): `tab_unreach` in net/ipv6/icmp.c. Administratively prohibited is 1. */
const ICMP6_CODES: Readonly<Record<string, readonly number[]>> = {
  ENETUNREACH: [0],
  EACCES: [1, 5, 6],
  EHOSTUNREACH: [2, 3],
};

/** What has to be known beside the errno to say what a failed connect means. */
export type ConnectContext = {
  readonly address: string;
  /** Whether the pod's routing table has a way to the address. */
  readonly route: 'yes' | 'no' | 'not checked';
  readonly waitedMs: number;
};

/** The error that a text names, e.g. "nc: connect to ... failed: Connection refused" is ECONNREFUSED; null: none that is known. */
export function errnoIn(text: string): string | null {
  const number = /errno=(\d+)/.exec(text)?.[1];
  if (number !== undefined && NUMBERS[number] !== undefined) return NUMBERS[number];
  const lower = text.toLowerCase();
  const found = TEXTS.map(([words, errno]) => ({ at: lower.indexOf(words), errno })).filter(({ at }) => at >= 0);
  return found.sort((a, b) => a.at - b.at)[0]?.errno ?? null;
}

/**
 * The outcome of a connect that failed with this error. ENETUNREACH is the pod's own routing table when that has no way
 * (or was not read), else an ICMP answer. A port-unreachable ICMP answer cannot be told from a RST: both are `refused`.
 */
export function connectOutcome(errno: string, context: ConnectContext): Outcome {
  const six = context.address.includes(':');
  switch (errno) {
    case 'ECONNREFUSED':
      return { kind: 'refused' };
    case 'ECONNRESET':
    case 'EPIPE':
      return { kind: 'reset' };
    case 'ETIMEDOUT':
      return { kind: 'syn-dropped', waitedMs: context.waitedMs };
    case 'EAFNOSUPPORT':
      return { kind: 'no-route' };
    case 'EADDRNOTAVAIL':
      // An IPv6 address on a pod without any: no source address to send from.
      return six ? { kind: 'no-route' } : { kind: 'local-error', errno };
    case 'ENETUNREACH':
      if (context.route !== 'yes') return { kind: 'no-route' };
  }
  const codes = (six ? ICMP6_CODES : ICMP_CODES)[errno];
  return codes === undefined ? { kind: 'local-error', errno } : { kind: 'unreachable', errno, codes };
}
