/** Reads what the script found in the pod: resolv.conf, hosts, ids, tools. */
import type { PodDns } from '../model.ts';
import type { RouteTables } from './routes.ts';

/** Who the probe ran as; null: not printed. */
export type ProcessIds = { readonly uid: number | null; readonly gid: number | null };

/**
 * The resolv.conf of the pod, or null when it could not be read. Defaults and limits are resolv.conf(5)'s: the last of
 * several `search` lines counts, ndots is 1 when it is not set and at most 15.
 */
export function readResolvConf(text: string | undefined): PodDns['resolvConf'] {
  if (text === undefined || text.trim() === '') return null;
  const lines = text.split('\n').map(line =>
    line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/),
  );
  const of = (keyword: string): readonly (readonly string[])[] =>
    lines.filter(([first]) => first === keyword).map(([, ...rest]) => rest);
  const ndots = of('options')
    .flat()
    .findLast(option => /^ndots:\d+$/.test(option));
  return {
    nameservers: of('nameserver').flatMap(([address]) => (address === undefined ? [] : [address])),
    searches: lines.findLast(([first]) => first === 'search' || first === 'domain')?.slice(1) ?? [],
    ndots: ndots === undefined ? 1 : Math.min(15, Number(ndots.slice(6))),
  };
}

/** Addresses that the pod's /etc/hosts gives a name (hosts(5)); a resolver that reads files first asks no server then. */
export function addressesInHosts(text: string | undefined, name: string): readonly string[] {
  const lines = (text ?? '').split('\n').map(line => line.replace(/#.*$/, '').trim().split(/\s+/));
  const wanted = name.toLowerCase().replace(/\.$/, '');
  const found = lines
    .filter(([, ...names]) => names.some(given => given.toLowerCase() === wanted))
    .map(([address = '']) => address);
  return [...new Set(found)].filter(address => /^[0-9a-fA-F.:]+$/.test(address));
}

/** The tools that were found, each with the version that it printed, e.g. "curl 7.88.1". */
export function readTools(text: string | undefined): readonly string[] {
  return (text ?? '').split('\n').flatMap(line => {
    const [tool = '', ...rest] = line.trim().split(' ');
    if (!/^[a-z0-9]+$/.test(tool)) return [];
    const printed = rest.join(' ');
    const kind = /busybox/i.test(printed)
      ? ' (BusyBox)'
      : /openbsd/i.test(printed)
        ? ' (OpenBSD)'
        : /\bncat\b/i.test(printed)
          ? ' (Ncat)'
          : '';
    const version = /\d+\.\d+[0-9A-Za-z.]*/.exec(printed)?.[0];
    return [`${tool}${version === undefined ? '' : ` ${version}`}${kind}`];
  });
}

/** User and group that the probe ran with (/proc/self/status: real ids). */
export function readIds(text: string | undefined): ProcessIds {
  const id = (name: string): number | null => {
    const value = new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(text ?? '')?.[1];
    return value === undefined ? null : Number(value);
  };
  return { uid: id('Uid'), gid: id('Gid') };
}

/** The routing tables, for `routes.ts`. */
export function readRouteTables(facts: ReadonlyMap<string, string>): RouteTables {
  return { ipv4: facts.get('route4') ?? null, ipv6: facts.get('route6') ?? null };
}
