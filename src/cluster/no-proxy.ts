/** Decides whether NO_PROXY exempts a host, and says so where programs read the same entry in different ways. Pure. */
import { BlockList, isIP } from 'node:net';
import type { Destination } from '../model.ts';

/** Whether a destination bypasses the proxy. */
export type Exemption =
  | { readonly kind: 'exempt'; readonly by: string }
  | { readonly kind: 'not-exempt' }
  /** One program goes straight, another through the proxy. */
  | { readonly kind: 'depends'; readonly by: string; readonly why: string };

/**
 * Matches a NO_PROXY list (commas or spaces between entries) against host and port. `example.com` exempts
 * `api.example.com` and itself, never `notexample.com`; `10.0.0.0/8` exempts the address 10.1.2.3, never a name that
 * resolves to it. The rules that curl and Go share; where they differ the answer is `depends`.
 * https://curl.se/docs/manpage.html#--noproxy and https://pkg.go.dev/golang.org/x/net/http/httpproxy#Config
 */
export function readExemption(list: string, destination: Pick<Destination, 'host' | 'port'>): Exemption {
  const host = destination.host.kind === 'name' ? destination.host.name : destination.host.address;
  const entries = list.split(/[,\s]+/).filter(entry => entry !== '');
  const answers = entries.map(entry => readEntry(entry.toLowerCase(), host, destination.port));
  return (
    answers.find(answer => answer.kind === 'exempt') ??
    answers.find(answer => answer.kind === 'depends') ?? { kind: 'not-exempt' }
  );
}

function readEntry(entry: string, host: string, port: number): Exemption {
  if (entry === '*') return { kind: 'exempt', by: entry };
  if (entry.includes('/')) return coversAddress(entry, host) ? { kind: 'exempt', by: entry } : { kind: 'not-exempt' };
  const { name, port: onlyPort } = splitPort(entry);
  if (onlyPort !== null && onlyPort !== port) return { kind: 'not-exempt' };
  const answer = isIP(host) === 0 ? readDomain(name, host, entry) : sameAddress(name, host, entry);
  if (onlyPort === null || answer.kind !== 'exempt') return answer;
  return { kind: 'depends', by: entry, why: `Go and Python read the port in NO_PROXY's ${entry}, curl does not` };
}

function readDomain(name: string, host: string, entry: string): Exemption {
  const domain = name.replace(/\.$/, '');
  if (domain.startsWith('*.')) {
    if (!host.endsWith(domain.slice(1))) return { kind: 'not-exempt' };
    return { kind: 'depends', by: entry, why: `Go reads NO_PROXY's ${entry} as a pattern, curl does not` };
  }
  if (domain.startsWith('.')) {
    if (host.endsWith(domain)) return { kind: 'exempt', by: entry };
    if (host !== domain.slice(1)) return { kind: 'not-exempt' };
    return { kind: 'depends', by: entry, why: `curl lets NO_PROXY's ${entry} cover ${host} itself, Go does not` };
  }
  return host === domain || host.endsWith(`.${domain}`) ? { kind: 'exempt', by: entry } : { kind: 'not-exempt' };
}

function sameAddress(name: string, host: string, entry: string): Exemption {
  if (isIP(name) !== isIP(host)) return { kind: 'not-exempt' };
  const family = isIP(host) === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addAddress(name, family);
  return list.check(host, family) ? { kind: 'exempt', by: entry } : { kind: 'not-exempt' };
}

/** False for a range that cannot be read, as programs do. */
function coversAddress(cidr: string, host: string): boolean {
  const [network = '', length = ''] = cidr.split('/');
  const version = isIP(network);
  if (
    version === 0 ||
    version !== isIP(host) ||
    !/^\d{1,3}$/.test(length) ||
    Number(length) > (version === 4 ? 32 : 128)
  )
    return false;
  const family = version === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(network, Number(length), family);
  return list.check(host, family);
}

/** `[2001:db8::1]:443`, `[2001:db8::1]`, `2001:db8::1`, `host:443`, `host`. */
function splitPort(entry: string): { readonly name: string; readonly port: number | null } {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(entry);
  if (bracketed) return { name: bracketed[1] ?? '', port: bracketed[2] === undefined ? null : Number(bracketed[2]) };
  const plain = /^([^:]+):(\d+)$/.exec(entry);
  return plain ? { name: plain[1] ?? '', port: Number(plain[2]) } : { name: entry, port: null };
}
