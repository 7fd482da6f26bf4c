/** Says which proxy a container's programs would use for a destination. Credentials are dropped on the way. Pure. */
import type { Destination, ProxySettings } from '../model.ts';
import { type ProxyVariables, UNKNOWN_PART } from './container-env.ts';
import { readExemption } from './no-proxy.ts';

type Use = NonNullable<Extract<ProxySettings, { kind: 'set' }>['uses']>;
/** What one variable, in both spellings, says. */
type Choice =
  | { readonly kind: 'none' }
  | { readonly kind: 'one'; readonly variable: string; readonly value: string }
  | { readonly kind: 'unknown'; readonly why: string };

/** Which variables apply, the first that is set first. A bare TCP or UDP destination has none: programs differ too much. */
const VARIABLES = {
  https: ['https_proxy', 'all_proxy'],
  http: ['http_proxy', 'all_proxy'],
  none: [],
} as const satisfies Record<Destination['application'], readonly string[]>;

/**
 * Reads the proxy settings for one destination. `unknown` where a source was not read that may set a proxy, where the
 * two spellings of a variable differ, or where programs read NO_PROXY in different ways.
 */
export function readProxySettings(environment: ProxyVariables, destination: Destination): ProxySettings {
  const set = Object.entries(environment.values).filter(([, value]) => value !== '');
  const variables = Object.fromEntries(
    set.map(([name, value]) => [
      name,
      isExemptionList(name) ? markUnread(value) : markUnread(withoutCredentials(value)),
    ]),
  );
  const [unread] = environment.unread;
  if (unread !== undefined) return { kind: 'unknown', why: unread, variables };
  if (set.length === 0) return { kind: 'none' };
  const choice = chooseVariable(variables, VARIABLES[destination.application]);
  if (choice.kind === 'unknown') return { kind: 'unknown', why: choice.why, variables };
  if (choice.kind === 'none') return { kind: 'set', uses: null, variables, exemptedBy: null };
  const proxy = readProxyUrl(choice.variable, choice.value);
  if (typeof proxy === 'string') return { kind: 'unknown', why: proxy, variables };
  return applyExemptions(proxy, variables, destination);
}

function applyExemptions(
  proxy: Use,
  variables: Readonly<Record<string, string>>,
  destination: Destination,
): ProxySettings {
  const lists = ['no_proxy', 'NO_PROXY'].flatMap(name => (variables[name] === undefined ? [] : [variables[name]]));
  if (lists.some(list => list.includes(UNREAD_MARK))) {
    return { kind: 'unknown', why: 'a part of NO_PROXY comes from something that is not read', variables };
  }
  const answers = lists.map(list => readExemption(list, destination));
  const unclear = answers.find(answer => answer.kind === 'depends');
  if (unclear) return { kind: 'unknown', why: unclear.why, variables };
  const exempting = answers.flatMap(answer => (answer.kind === 'exempt' ? [answer.by] : []));
  if (exempting.length > 0 && exempting.length < answers.length) {
    return { kind: 'unknown', why: 'no_proxy and NO_PROXY differ, and programs read one or the other', variables };
  }
  const by = exempting[0];
  if (by === undefined) return { kind: 'set', uses: proxy, variables, exemptedBy: null };
  return { kind: 'set', uses: null, variables, exemptedBy: `NO_PROXY has ${by}` };
}

function chooseVariable(variables: Readonly<Record<string, string>>, names: readonly string[]): Choice {
  for (const name of names) {
    const spellings = [name, name.toUpperCase()].filter(spelling => variables[spelling] !== undefined);
    const [first, second] = spellings;
    if (first === undefined) continue;
    if (second !== undefined && variables[first] !== variables[second]) {
      return { kind: 'unknown', why: `${first} and ${second} differ, and programs read one or the other` };
    }
    return { kind: 'one', variable: first, value: variables[first] ?? '' };
  }
  return { kind: 'none' };
}

const SCHEMES: Readonly<Record<string, { readonly scheme: Use['scheme']; readonly port: number }>> = {
  'http:': { scheme: 'http', port: 80 },
  'https:': { scheme: 'https', port: 443 },
  'socks5:': { scheme: 'socks5', port: 1080 },
  'socks5h:': { scheme: 'socks5', port: 1080 },
  'socks:': { scheme: 'socks5', port: 1080 },
};

/** A URL takes more than a host can be, e.g. a reference that was never resolved: `$(proxy_host)`. */
const HOST = /^([a-z0-9_]([a-z0-9._-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\])$/;

/** The proxy, or why the value is none. Without a scheme it is HTTP, as programs take it. */
function readProxyUrl(variable: string, value: string): Use | string {
  if (value.includes(UNREAD_MARK)) return `a part of ${variable} comes from something that is not read`;
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (!URL.canParse(text)) return `${variable} is not the address of a proxy`;
  const url = new URL(text);
  const known = SCHEMES[url.protocol];
  if (known === undefined || !HOST.test(url.hostname)) return `${variable} is not the address of a proxy`;
  return {
    variable,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? known.port : Number(url.port),
    scheme: known.scheme,
  };
}

function isExemptionList(name: string): boolean {
  return name.toLowerCase() === 'no_proxy';
}

/** `http://user:secret@proxy:3128` becomes `http://proxy:3128`; up to the last @, since a password may hold one. */
function withoutCredentials(value: string): string {
  return value.replace(/^(\s*[a-z][a-z0-9+.-]*:\/\/)?[\s\S]*@/i, '$1');
}

const UNREAD_MARK = '(not read)';

function markUnread(value: string): string {
  return value.replaceAll(UNKNOWN_PART, UNREAD_MARK);
}
