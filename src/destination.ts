/**
 * The destination as a user typed it -> Destination. Nothing is resolved here. What is unclear is refused with the two
 * ways to write it: a guess at a port or an address would be an answer to another question.
 */
import { type DestinationText, type Scheme, takeApart, usage } from './destination-text.ts';
import type { Fault } from './faults.ts';
import { readHostname, shown } from './hostname.ts';
import type { Destination, DestinationHost } from './model.ts';
import { readAddress } from './policy/address.ts';
import { refusalOf } from './refuse.ts';

/** A destination, or why the text is none. `refused` covers both text that cannot be read and hosts that are never probed. */
export type DestinationReading =
  | { readonly kind: 'destination'; readonly destination: Destination }
  | { readonly kind: 'refused'; readonly fault: Fault };

const USUAL_PORT = { https: 443, http: 80, tcp: null, udp: null } as const satisfies Record<Scheme, number | null>;

/** Names that only ever stand for an instance's metadata service. Their addresses are refused as well, wherever they come from. */
const METADATA_NAMES: ReadonlySet<string> = new Set([
  'metadata.google.internal',
  'metadata.goog',
  'instance-data.ec2.internal',
  'instance-data',
]);

/**
 * Reads `api.stripe.com`, `host:port`, `https://host/path`, `http://…`, `tcp://host:port`, `udp://host:port`; the host is
 * a name (IDN too), a Service name, an IPv4 address, or an IPv6 address in brackets (or bare, where its end cannot be
 * taken for a port). 443 where neither scheme nor port says otherwise. `refuseRanges`: CIDR blocks never to be probed.
 * An IPv4-mapped address becomes the IPv4 address that the packets would carry.
 */
export function readDestination(text: string, refuseRanges: readonly string[] = []): DestinationReading {
  const parts = takeApart(text);
  if ('code' in parts) return refused(parts);
  const port = readPort(parts);
  if (typeof port !== 'number') return refused(port);
  const host = readHost(parts.host, refuseRanges);
  if ('code' in host) return refused(host);
  const path = readPath(parts, port);
  if (typeof path !== 'string') return refused(path);
  const protocol = parts.scheme === 'udp' ? 'UDP' : 'TCP';
  return {
    kind: 'destination',
    destination: { text, host, port, protocol, application: applicationOf(parts.scheme, port), path },
  };
}

/** Writes a destination so that reading it gives the same again (`text` apart): host, port, protocol, application and path. */
export function writeDestination({ host, port, protocol, application, path }: Destination): string {
  const name = host.kind === 'name' ? host.name : host.family === 'IPv6' ? `[${host.address}]` : host.address;
  const scheme = protocol === 'UDP' ? 'udp' : application === 'none' ? 'tcp' : application;
  return `${scheme}://${name}:${port}${application === 'none' ? '' : path}`;
}

function readPort({ scheme, port, host }: DestinationText): number | Fault {
  if (port === null || (port === '' && (scheme === 'https' || scheme === 'http'))) {
    const usual = scheme === null ? 443 : USUAL_PORT[scheme];
    const remedy = `Add it, as in \`${scheme}://${host.includes(':') ? '[2001:db8::1]' : 'db.example'}:5432\`.`;
    return usual ?? usage('No port was given.', `${scheme}:// has no usual port.`, remedy);
  }
  const number = /^[1-9]\d{0,4}$/.test(port) ? Number(port) : 0;
  if (number >= 1 && number <= 65535) return number;
  return usage(
    `${shown(port)} is no port.`,
    'A port is a whole number from 1 to 65535, without leading zeros.',
    'Write it behind a colon, as in `api.stripe.com:443`.',
  );
}

function readHost(text: string, refuseRanges: readonly string[]): DestinationHost | Fault {
  const literal = readAddress(text);
  if (literal.kind === 'address') {
    const { text: address, family } = literal.address;
    const why = refusalOf(address, refuseRanges)?.why;
    if (why !== undefined) return never(`${address} is never probed.`, why);
    return { kind: 'address', address, family: family === 6 ? 'IPv6' : 'IPv4' };
  }
  const reading = readHostname(text);
  if (reading.kind === 'faulty') return usage(`${shown(text)} is no host.`, reading.cause, reading.remedy);
  const { name } = reading;
  if (METADATA_NAMES.has(name))
    return never(`${name} is never probed.`, "It stands for the cloud instance's own metadata and credentials.");
  if (/(^|\.)localhost$/.test(name))
    return never(
      `${name} is never probed.`,
      "It is loopback (RFC 6761): a pod's loopback never leaves the pod, so no rule and no network can block it.",
    );
  return { kind: 'name', name };
}

function readPath({ scheme, host, path }: DestinationText, port: number): string | Fault {
  const application = applicationOf(scheme, port);
  if (path === '' || path === '/') return '/';
  if (isAddress(host) && /^\/\d+$/.test(path)) {
    return usage(
      `${shown(host + path)} is a range, not a host.`,
      `A probe goes to one address, and /${path.slice(1)} is the length of a prefix.`,
      `Name one address of it, as in \`${host}\`.`,
    );
  }
  if (application !== 'none') return new URL(`http://host${path}`).href.slice('http://host'.length);
  const cause = `A path is part of an HTTP request, and ${scheme === null ? `port ${port}` : `${scheme}://`} does not say that HTTP is spoken.`;
  return usage(
    `The path ${shown(path)} cannot be asked for.`,
    cause,
    'Put `https://` or `http://` in front, or leave the path out.',
  );
}

/** A scheme says what is spoken; without one, the port does. `tcp://host:443` asks for the connection alone. */
function applicationOf(scheme: Scheme | null, port: number): Destination['application'] {
  if (scheme === 'https' || scheme === 'http') return scheme;
  if (scheme !== null) return 'none';
  return port === 443 ? 'https' : port === 80 ? 'http' : 'none';
}

function isAddress(text: string): boolean {
  return readAddress(text).kind === 'address';
}

function refused(fault: Fault): DestinationReading {
  return { kind: 'refused', fault };
}

function never(what: string, cause: string): Fault {
  return { code: 'refused', what, cause, remedy: 'Ask for a host that the application itself connects to.' };
}
