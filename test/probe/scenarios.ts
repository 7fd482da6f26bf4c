/**
 * Everything that a network or a host can do to a probe, in words: the job that meets it in the recorder's world
 * (`world.ts`, `network.ts`), and what must be read from it, whatever the tool was.
 */
import type { Observation, Outcome } from '../../src/model.ts';
import type { ProbeJob } from '../../src/probe/plan.ts';

export type Scenario = {
  /** The rule in words; the name of the table's row. */
  readonly name: string;
  readonly job: ProbeJob;
  /** The resolver of the pod. */
  readonly nameserver: string;
  /** One line for each observation, as `inWords` writes it. */
  readonly expected: readonly string[];
};

const NET = '203.0.113.';
const RESOLVER = `${NET}53`;

export const TIMEOUT_MS = 3000;

/** An observation without its times and its certificate's dates, e.g. `tls tls-failed expired`. */
export function inWords(observation: Observation): string {
  const through = observation.via === 'proxy' ? ' through the proxy' : '';
  const layer = observation.layer === 'dns' ? `dns ${observation.protocol}` : observation.layer;
  return `${layer}${through}: ${outcomeInWords(observation.outcome)}`;
}

function outcomeInWords(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'unreachable':
      return `unreachable ${outcome.errno} ${outcome.codes.join(',')}`;
    case 'local-error':
      return `local-error ${outcome.errno}`;
    case 'no-answer':
      return `no-answer ${outcome.layer}`;
    case 'resolver-answered':
      return [outcome.rcode, outcome.asked, ...outcome.addresses.toSorted(compareText)].join(' ');
    case 'no-records':
      return `no-records ${outcome.families.join(' ')}`;
    case 'tls-failed':
      return `tls-failed ${outcome.why}`;
    case 'http-status':
      return `status ${outcome.status}`;
    case 'not-run':
      return `not-run, ${outcome.why}`;
    case 'connected':
    case 'refused':
    case 'syn-dropped':
    case 'reset':
    case 'no-route':
    case 'resolver-timeout':
      return outcome.kind;
    default:
      return outcome satisfies never;
  }
}

const BELOW = { tls: 'not-run, tcp did not connect', http: 'not-run, tcp did not connect' };

function scenario(name: string, job: ProbeJob, expected: readonly string[], nameserver = RESOLVER): Scenario {
  return { name, job, nameserver, expected };
}

function lookup(
  name: string,
  host: string,
  query: 'A udp' | 'AAAA udp' | 'A tcp',
  expected: string,
  nameserver = RESOLVER,
): Scenario {
  const [record, transport] = query.split(' ') as ['A' | 'AAAA', 'udp' | 'tcp'];
  const upper = transport === 'udp' ? 'UDP' : 'TCP';
  return scenario(
    name,
    { id: 'job', kind: 'dns', name: host, transport: upper, record },
    [`dns ${upper}: ${expected}`],
    nameserver,
  );
}

function tcp(name: string, address: string, expected: string): Scenario {
  return scenario(name, { id: 'job', kind: 'tcp', layer: 'tcp', via: 'direct', address, port: 443 }, [
    `tcp: ${expected}`,
  ]);
}

function https(name: string, last: number | string, tcpIs: string, tls: string, http: string): Scenario {
  const address = typeof last === 'number' ? NET + last : last;
  const job: ProbeJob = { id: 'job', kind: 'https', address, port: 443, host: 'good.example', path: '/' };
  return scenario(name, job, [`tcp: ${tcpIs}`, `tls: ${tls}`, `http: ${http}`]);
}

function http(name: string, last: number, tcpIs: string, answer: string): Scenario {
  const job: ProbeJob = { id: 'job', kind: 'http', address: NET + last, port: 80, host: 'good.example', path: '/' };
  return scenario(name, job, [`tcp: ${tcpIs}`, `http: ${answer}`]);
}

function proxied(
  name: string,
  host: string,
  application: 'https' | 'http',
  expected: readonly string[],
  last = 90,
): Scenario {
  const proxy = { scheme: 'http', host: 'proxy.example', port: 3128 } as const;
  const job: ProbeJob = {
    id: 'job',
    kind: 'proxy',
    application,
    proxy,
    proxyAddress: NET + last,
    host,
    port: application === 'https' ? 443 : 80,
    path: '/',
  };
  return scenario(name, job, expected);
}

function udp(name: string, last: number, expected: string): Scenario {
  return scenario(name, { id: 'job', kind: 'udp', address: NET + last, port: 7 }, [`tcp: ${expected}`]);
}

const FAILED_TLS = 'not-run, tls did not connect';
const GOOD = 'NOERROR good.example 203.0.113.10 203.0.113.40';

export const LOOKUPS: readonly Scenario[] = [
  lookup('a name with A records over UDP', 'good.example', 'A udp', GOOD),
  lookup('a name with A records over TCP', 'good.example', 'A tcp', GOOD),
  lookup('a name with an AAAA record', 'good.example', 'AAAA udp', 'NOERROR good.example 2001:db8:99::10'),
  lookup('a name that has no AAAA record', 'v4only.example', 'AAAA udp', 'no-records IPv6'),
  lookup('a name that has no A record', 'v6only.example', 'A udp', 'no-records IPv4'),
  lookup('a name found through the search path', 'inside', 'A udp', 'NOERROR inside.pods.test 10.1.2.3'),
  lookup('a name that does not exist', 'nxdomain.example', 'A udp', 'NXDOMAIN nxdomain.example'),
  lookup('a resolver that fails', 'servfail.example', 'A udp', 'SERVFAIL servfail.example'),
  lookup('a resolver that refuses to answer', 'refused.example', 'A udp', 'REFUSED refused.example'),
  lookup('a resolver that is silent over UDP', 'good.example', 'A udp', 'resolver-timeout', `${NET}12`),
  lookup('a resolver whose SYNs are dropped', 'good.example', 'A tcp', 'resolver-timeout', `${NET}54`),
  lookup('a resolver that answers UDP while its TCP is dropped', 'good.example', 'A udp', GOOD, `${NET}54`),
  lookup('a resolver where nothing listens, over UDP', 'good.example', 'A udp', 'refused', `${NET}11`),
  lookup('a resolver where nothing listens, over TCP', 'good.example', 'A tcp', 'refused', `${NET}11`),
  lookup('a lost datagram is no drop', 'good.example', 'A udp', GOOD, `${NET}55`),
];

export const HANDSHAKES: readonly Scenario[] = [
  tcp('a handshake that is answered', `${NET}10`, 'connected'),
  tcp('a handshake over IPv6', '2001:db8:99::10', 'connected'),
  tcp('a RST for a SYN', `${NET}11`, 'refused'),
  tcp('a RST for a SYN over IPv6', '2001:db8:99::11', 'refused'),
  tcp('SYNs that are dropped', `${NET}12`, 'syn-dropped'),
  tcp('ICMP administratively prohibited', `${NET}13`, 'unreachable EHOSTUNREACH 1,10,12,13,14,15'),
  tcp('ICMP host unreachable', `${NET}14`, 'unreachable EHOSTUNREACH 1,10,12,13,14,15'),
  tcp('ICMP network unreachable', `${NET}15`, 'unreachable ENETUNREACH 0,6,9,11'),
  tcp('an IPv4 address that the routing table has no way to', '192.0.2.7', 'no-route'),
  tcp('an IPv6 address that the routing table has no way to', '2001:db8:1::1', 'no-route'),
];

export const HTTPS: readonly Scenario[] = [
  https('an answer over TLS', 10, 'connected', 'connected', 'status 200'),
  https('an answer over TLS and IPv6', '2001:db8:99::10', 'connected', 'connected', 'status 200'),
  https('an answer over TLS with an RSA certificate', 28, 'connected', 'connected', 'status 200'),
  https('a refusal by status', 25, 'connected', 'connected', 'status 403'),
  https('https where a RST answers', 11, 'refused', BELOW.tls, BELOW.http),
  https('https where SYNs are dropped', 12, 'syn-dropped', BELOW.tls, BELOW.http),
  https('https where ICMP answers', 13, 'unreachable EHOSTUNREACH 1,10,12,13,14,15', BELOW.tls, BELOW.http),
  https('a reset in the TLS hello', 16, 'connected', 'tls-failed reset', FAILED_TLS),
  https('silence after the TCP handshake', 17, 'connected', 'no-answer tls', FAILED_TLS),
  https('a close in the TLS hello', 18, 'connected', 'tls-failed closed', FAILED_TLS),
  https('an expired certificate', 19, 'connected', 'tls-failed expired', FAILED_TLS),
  https('a certificate of the future', 20, 'connected', 'tls-failed not-yet-valid', FAILED_TLS),
  https("another host's certificate", 21, 'connected', 'tls-failed wrong-name', FAILED_TLS),
  https('a certificate that nobody signed', 22, 'connected', 'tls-failed untrusted', FAILED_TLS),
  https('plain HTTP where TLS was expected', 23, 'connected', 'tls-failed protocol', FAILED_TLS),
  https('an HTTP answer that does not come in time', 24, 'connected', 'connected', 'no-answer http'),
  https('a close instead of an HTTP answer', 27, 'connected', 'connected', 'no-answer http'),
];

export const HTTP: readonly Scenario[] = [
  http('an answer over plain HTTP', 10, 'connected', 'status 200'),
  http('a refusal by status over plain HTTP', 25, 'connected', 'status 403'),
  http('http where a RST answers', 11, 'refused', BELOW.http),
  http('http where SYNs are dropped', 12, 'syn-dropped', BELOW.http),
  http('http where ICMP answers', 13, 'unreachable EHOSTUNREACH 1,10,12,13,14,15', BELOW.http),
  http('a reset instead of an HTTP answer', 16, 'connected', 'reset'),
  http('silence instead of an HTTP answer', 17, 'connected', 'no-answer http'),
  http('a close instead of a plain HTTP answer', 18, 'connected', 'no-answer http'),
];

export const UDP: readonly Scenario[] = [
  udp('a datagram that is answered', 10, 'connected'),
  udp('ICMP port unreachable for a datagram', 11, 'refused'),
  udp('a datagram that is dropped', 12, 'no-answer tcp'),
];

const VIA = 'through the proxy';

export const PROXY: readonly Scenario[] = [
  proxied('a tunnel through a proxy', 'good.example', 'https', [`tls ${VIA}: connected`, `http ${VIA}: status 200`]),
  proxied('a proxy that forbids the host', 'denied.example', 'https', [
    `tls ${VIA}: not-run, the proxy answered CONNECT with 403`,
    `http ${VIA}: status 403`,
  ]),
  proxied('a proxy that cannot find the host', 'nowhere.example', 'https', [
    `tls ${VIA}: not-run, the proxy answered CONNECT with 502`,
    `http ${VIA}: status 502`,
  ]),
  proxied(
    'a proxy that refuses the connection',
    'good.example',
    'https',
    [`tls ${VIA}: ${BELOW.tls}`, `http ${VIA}: ${BELOW.http}`],
    11,
  ),
  proxied(
    'a proxy whose SYNs are dropped',
    'good.example',
    'https',
    [`tls ${VIA}: ${BELOW.tls}`, `http ${VIA}: ${BELOW.http}`],
    12,
  ),
  proxied('plain HTTP that a proxy forbids', 'denied.example', 'http', [`http ${VIA}: status 403`]),
];

export const SCENARIOS: readonly Scenario[] = [...LOOKUPS, ...HANDSHAKES, ...HTTPS, ...HTTP, ...UDP, ...PROXY];

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
