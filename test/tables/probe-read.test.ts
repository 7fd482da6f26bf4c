/** What is read from a transcript beside the tools' own words: cuts, gaps, forgeries, the joining of lookups, the pod's facts. */
import { describe, expect, it } from 'vitest';
import type { ProbeTranscript } from '../../src/evidence.ts';
import type { Observation, Outcome } from '../../src/model.ts';
import { connectOutcome, errnoIn } from '../../src/probe/errno.ts';
import { addressesInHosts, readIds, readResolvConf, readTools } from '../../src/probe/facts.ts';
import { joinLookups } from '../../src/probe/lookups.ts';
import type { ProbeJob } from '../../src/probe/plan.ts';
import { addressesFrom, dnsIsSilent, readTranscript } from '../../src/probe/read.ts';
import { readCurl } from '../../src/probe/read-curl.ts';
import type { Lookup } from '../../src/probe/read-dns.ts';
import { readLines } from '../../src/probe/read-lines.ts';
import { routeTo } from '../../src/probe/routes.ts';
import { tlsFailureIn } from '../../src/probe/steps.ts';
import { inWords } from '../probe/scenarios.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const line = (job: string, tool: string, code: number, ms: number, text: string, run = 1): string =>
  `r ${job} ${run} 0 . ${tool} ${code} ${ms} base64 ${base64(text)}`;

function transcript(lines: readonly string[], ended: string | null = null): ProbeTranscript {
  return { vantage: 'pod', method: 'exec', sibling: null, ranIn: 'p/c', lines, lineTimesMs: [], ended, startupMs: 0 };
}

const HTTPS: ProbeJob = { id: 'a', kind: 'https', address: '203.0.113.43', port: 443, host: 'a.example', path: '/' };
const TCP: ProbeJob = { id: 't', kind: 'tcp', layer: 'cluster', via: 'direct', address: '10.96.0.1', port: 443 };
const DNS: ProbeJob = { id: 'd', kind: 'dns', name: 'a.example', transport: 'UDP', record: 'A' };

function words(lines: readonly string[], jobs: readonly ProbeJob[], ended: string | null = null): readonly string[] {
  return readTranscript(transcript(lines, ended), { jobs, timeoutMs: 3000 }).observations.map(inWords);
}

const START = 'egress-probe 1';

describe('what is missing is never absent', () => {
  it.each<[rule: string, lines: readonly string[], ended: string | null, expected: readonly string[]]>([
    [
      'a process that never started',
      [],
      null,
      [
        'tcp: not-run, the probe did not start',
        'tls: not-run, the probe did not start',
        'http: not-run, the probe did not start',
      ],
    ],
    [
      'a connection to the pod that dropped',
      [START],
      'the websocket closed',
      Array.of('tcp', 'tls', 'http').map(layer => `${layer}: not-run, the probe was cut off: the websocket closed`),
    ],
    [
      'a process that ended without this job',
      [START, 'end'],
      null,
      Array.of('tcp', 'tls', 'http').map(layer => `${layer}: not-run, the probe ended before this result`),
    ],
    [
      'no tool',
      [START, 'n a curl,nc', 'd a'],
      null,
      Array.of('tcp', 'tls', 'http').map(layer => `${layer}: not-run, no tool for it here: looked for curl, nc`),
    ],
    [
      'no time left',
      [START, 'd a'],
      null,
      Array.of('tcp', 'tls', 'http').map(layer => `${layer}: not-run, the time was over before it began`),
    ],
    [
      'a cut between tcp and tls',
      [START, line('a', 'bash', 0, 4, 'egress-connected 4000\n')],
      'the websocket closed',
      [
        'tcp: connected',
        'tls: not-run, the probe ended before this result',
        'http: not-run, the probe ended before this result',
      ],
    ],
    [
      'the last part of a result is missing',
      [START, `r a 1 0 + bash 0 4 base64 ${base64('egress-connected 4000\n')}`],
      'the websocket closed',
      Array.of('tcp', 'tls', 'http').map(layer => `${layer}: not-run, the probe was cut off: the websocket closed`),
    ],
  ])('%s', (_rule, lines, ended, expected) => {
    expect(words(lines, [HTTPS], ended)).toEqual(expected);
  });

  it('a job that may not be sent says why', () => {
    const job: ProbeJob = { ...HTTPS, kind: 'http', host: '$(x)' };
    expect(words([START], [job])[0]).toBe('tcp: not-run, not tried: its host holds characters that no probe sends');
  });

  it('a lookup that never came', () => {
    expect(words([START], [DNS], 'the pod was deleted')).toEqual([
      'dns UDP: not-run, the probe was cut off: the pod was deleted',
    ]);
  });
});

describe('lines', () => {
  it('parts are put together in order', () => {
    const half = base64('egress-connected 4000\n');
    const lines = [`r t 1 0 + bash 0 4 base64 ${half.slice(0, 8)}`, `r t 1 1 . bash 0 4 base64 ${half.slice(8)}`];
    expect(words([START, ...lines], [TCP])).toEqual(['cluster: connected']);
  });

  it.each([
    ['a part twice', ['r t 1 0 . bash 0 4 base64 ', 'r t 1 0 . bash 1 4 base64 '], 1],
    ['a part too early', ['r t 1 1 . bash 0 4 base64 '], 1],
    ['words of no protocol', ['hello', 'r t', 'd', 'x t 1'], 4],
    ['a job with a name that none has', ['d ../../x', 'd $(x)'], 2],
  ])('%s is no result', (_rule, lines, stray) => {
    expect(readLines([START, ...lines]).strayLines).toBe(stray);
  });

  it('a tool that prints lines of the protocol forges nothing', () => {
    const text = 'r t 2 0 . curl 0 1 base64 eA==\nd t\nConnection refused\n';
    expect(words([START, line('t', 'bash', 1, 4, text), 'd t'], [TCP])).toEqual(['cluster: refused']);
  });

  it.each([
    ['base64', 'w6kK', 'é\n'],
    ['hex', 'c3a90a', 'é\n'],
    ['plain', 'a%20b%0A%25', 'a b\n%'],
    ['base64', 'w6k*', 'é'],
    ['base64', '', ''],
  ])('%s %s is %j', (encoding, text, expected) => {
    expect(readLines([`r t 1 0 . nc 0 1 ${encoding} ${text}`]).jobs.get('t')?.runs[0]?.text).toBe(expected);
  });
});

describe('curl', () => {
  const context = {
    address: '203.0.113.43',
    application: 'https',
    throughProxy: false,
    route: 'yes',
    timeoutMs: 3000,
  } as const;
  const W = 'egress-w 000 000 0.000000 0.000000 0.000000 0.021000 0 ';
  it.each<[rule: string, code: number, text: string, expected: Outcome['kind']]>([
    // lib/cf-socket.c since 8.7 names the local end, too.
    [
      '8.x, with its own address in the message',
      7,
      `* connect to 203.0.113.43 port 443 from 10.0.0.5 port 41234 failed: Connection refused\n${W}`,
      'refused',
    ],
    [
      'musl says "Host is unreachable"',
      7,
      `* connect to 203.0.113.43 port 443 failed: Host is unreachable\n${W}`,
      'unreachable',
    ],
    [
      'a policy that answers connect(2) itself',
      7,
      `* Immediate connect fail for 203.0.113.43: Operation not permitted\n${W}`,
      'local-error',
    ],
    ['stopped before it could print its numbers', 124, '*   Trying 203.0.113.43:443...\n', 'syn-dropped'],
    ['an error of its own', 27, 'curl: (27) Out of memory\n', 'not-run'],
  ])('%s', (_rule, code, text, expected) => {
    expect(readCurl({ tool: 'curl', code, ms: 30, text }, context)[0]?.outcome.kind).toBe(expected);
  });

  it('a header cannot forge the numbers', () => {
    const text = `* Connected to a (203.0.113.43) port 443\n< HTTP/1.1 403 Forbidden\n< x: 1\negress-w 403 000 0.001000 0.002000 0.003000 0.003000 0 203.0.113.43\n`;
    const forged = text.replace('< x: 1', '< egress-w 200 000 1 1 1 1 0');
    expect(readCurl({ tool: 'curl', code: 0, ms: 3, text: forged }, context).at(-1)?.outcome).toEqual({
      kind: 'http-status',
      status: 403,
    });
  });

  it('no CA bundle in the container says nothing of the host', () => {
    const text = `* Connected to a (203.0.113.43) port 443\ncurl: (77) error setting certificate file\negress-w 000 000 0.001000 0.000000 0.000000 0.003000 0 203.0.113.43\n`;
    expect(readCurl({ tool: 'curl', code: 77, ms: 3, text }, context)[1]?.outcome.kind).toBe('not-run');
  });
});

describe('errors of connect(2)', () => {
  const at = (errno: string, address: string, route: 'yes' | 'no' | 'not checked'): Outcome =>
    connectOutcome(errno, { address, route, waitedMs: 3000 });
  it.each<[rule: string, outcome: Outcome, expected: Outcome]>([
    [
      'ENETUNREACH with a route is an ICMP answer',
      at('ENETUNREACH', '203.0.113.1', 'yes'),
      { kind: 'unreachable', errno: 'ENETUNREACH', codes: [0, 6, 9, 11] },
    ],
    ['ENETUNREACH without one is the pod itself', at('ENETUNREACH', '203.0.113.1', 'no'), { kind: 'no-route' }],
    [
      'prohibited over IPv6',
      at('EACCES', '2001:db8::1', 'yes'),
      { kind: 'unreachable', errno: 'EACCES', codes: [1, 5, 6] },
    ],
    ['EACCES over IPv4 is local', at('EACCES', '203.0.113.1', 'yes'), { kind: 'local-error', errno: 'EACCES' }],
    ['EPERM', at('EPERM', '203.0.113.1', 'yes'), { kind: 'local-error', errno: 'EPERM' }],
    ['no IPv6 in the pod', at('EADDRNOTAVAIL', '2001:db8::1', 'yes'), { kind: 'no-route' }],
    ['no free port', at('EADDRNOTAVAIL', '203.0.113.1', 'yes'), { kind: 'local-error', errno: 'EADDRNOTAVAIL' }],
    ['no such family', at('EAFNOSUPPORT', '2001:db8::1', 'not checked'), { kind: 'no-route' }],
    ['the kernel gave up', at('ETIMEDOUT', '203.0.113.1', 'yes'), { kind: 'syn-dropped', waitedMs: 3000 }],
  ])('%s', (_rule, outcome, expected) => {
    expect(outcome).toEqual(expected);
  });

  it.each([
    ['nc: x: No route to host', 'EHOSTUNREACH'],
    ['connect:errno=113', 'EHOSTUNREACH'],
    ['Address family not supported by protocol', 'EAFNOSUPPORT'],
    ['nothing of the kind', null],
  ])('%s is %s', (text, errno) => {
    expect(errnoIn(text)).toBe(errno);
  });
});

describe('routes', () => {
  const ipv4 =
    'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t007100CB\t026433C6\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0\n';
  const ipv4Default = `${ipv4}eth0\t00000000\t026433C6\t0003\t0\t0\t0\t00000000\t0\t0\t0\n`;
  const reject = `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} ffffffff 00000001 00000000 00200200       lo\n`;
  it.each([
    ['inside a network', '203.0.113.43', ipv4, 'yes'],
    ['outside every network', '198.51.100.1', ipv4, 'no'],
    ['the default route', '198.51.100.1', ipv4Default, 'yes'],
    ['a reject route is no way', '2001:db8::1', reject, 'no'],
    ['a table that was not read', '203.0.113.43', null, 'not checked'],
    ['an empty table', '2001:db8::1', '', 'not checked'],
    ['no address', 'a.example', ipv4Default, 'not checked'],
  ])('%s', (_rule, address, table, expected) => {
    expect(routeTo(address, { ipv4: table, ipv6: table })).toBe(expected);
  });
});

describe('lookups of A and AAAA', () => {
  const answered = (addresses: readonly string[], rcode = 'NOERROR'): Lookup => ({
    outcome: { kind: 'resolver-answered', rcode, asked: 'a.example', addresses },
    nameserver: '10.96.0.10',
    ms: 3,
  });
  const empty = (family: 'IPv4' | 'IPv6'): Lookup => ({
    outcome: { kind: 'no-records', families: [family] },
    nameserver: null,
    ms: 9,
  });
  const silent: Lookup = { outcome: { kind: 'resolver-timeout', waitedMs: 3000 }, nameserver: null, ms: 3000 };
  it.each<[rule: string, lookups: readonly Lookup[], expected: readonly Lookup[]]>([
    [
      'both have addresses: one answer',
      [answered(['203.0.113.1']), answered(['2001:db8::1'])],
      [answered(['203.0.113.1', '2001:db8::1'])],
    ],
    [
      'one family has none: the other is the answer',
      [empty('IPv4'), answered(['2001:db8::1'])],
      [{ ...answered(['2001:db8::1']), ms: 9 }],
    ],
    [
      'neither has any',
      [empty('IPv4'), empty('IPv6')],
      [{ ...empty('IPv4'), outcome: { kind: 'no-records', families: ['IPv4', 'IPv6'] } }],
    ],
    [
      'the same failure twice is told once',
      [answered([], 'NXDOMAIN'), answered([], 'NXDOMAIN')],
      [answered([], 'NXDOMAIN')],
    ],
    ['silence twice is told once', [silent, silent], [silent]],
    [
      'silence for AAAA alone is told beside the answer',
      [silent, answered(['203.0.113.1'])],
      [answered(['203.0.113.1']), silent],
    ],
    [
      'SERVFAIL for AAAA alone is told beside the answer',
      [answered(['203.0.113.1']), answered([], 'SERVFAIL')],
      [answered(['203.0.113.1']), answered([], 'SERVFAIL')],
    ],
  ])('%s', (_rule, lookups, expected) => {
    expect(joinLookups(lookups)).toEqual(expected);
  });
});

describe('addresses for the second phase', () => {
  const seen = (outcome: Outcome, address = '10.96.0.10'): Observation => ({
    vantage: 'pod',
    layer: 'dns',
    via: 'direct',
    address,
    protocol: 'UDP',
    name: 'a.example',
    outcome,
    ms: 1,
  });
  const answer = (addresses: readonly string[]): Outcome => ({
    kind: 'resolver-answered',
    rcode: 'NOERROR',
    asked: 'a.example',
    addresses,
  });
  const silent: Outcome = { kind: 'resolver-timeout', waitedMs: 3000 };
  it('are all that the resolver gave, once', () => {
    const observations = [seen(answer(['203.0.113.1', '2001:db8::1'])), seen(answer(['203.0.113.1', '203.0.113.2']))];
    expect(addressesFrom(observations, 'a.example')).toEqual(['203.0.113.1', '2001:db8::1', '203.0.113.2']);
    expect(addressesFrom(observations, 'b.example')).toEqual([]);
  });

  it('are those of /etc/hosts alone where it has the name', () => {
    const hosts = `r @hosts 1 0 . - 0 0 base64 ${base64('203.0.113.9 a.example\n')}`;
    const dig =
      ';; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n;a.example.\tIN A\na.example.\t30 IN A 203.0.113.1\n';
    const { observations } = readTranscript(transcript([START, hosts, line('d', 'dig', 0, 3, dig), 'd d']), {
      jobs: [DNS],
      timeoutMs: 3000,
    });
    expect(addressesFrom(observations, 'a.example')).toEqual(['203.0.113.9']);
  });

  it.each<[rule: string, outcomes: readonly Outcome[], expected: boolean]>([
    ['every lookup that ran was met with silence', [silent, { kind: 'not-run', why: 'no tool' }], true],
    ['one transport answered', [silent, answer([])], false],
    ['nothing ran', [{ kind: 'not-run', why: 'no tool' }], false],
    ['nothing was asked', [], false],
  ])('DNS is silent: %s', (_rule, outcomes, expected) => {
    expect(
      dnsIsSilent(
        outcomes.map(outcome => seen(outcome)),
        'a.example',
      ),
    ).toBe(expected);
  });
});

describe('facts of the pod', () => {
  it.each([
    [
      'comments and options',
      '# by kubelet\nnameserver 10.96.0.10\nsearch a.svc b\noptions ndots:5 edns0\n',
      { nameservers: ['10.96.0.10'], searches: ['a.svc', 'b'], ndots: 5 },
    ],
    [
      'the last search line counts',
      'search a\nsearch b\nnameserver ::1\n',
      { nameservers: ['::1'], searches: ['b'], ndots: 1 },
    ],
    ['ndots is 15 at most', 'options ndots:99\n', { nameservers: [], searches: [], ndots: 15 }],
    ['nothing read', '', null],
  ])('resolv.conf: %s', (_rule, text, expected) => {
    expect(readResolvConf(text)).toEqual(expected);
  });

  it('hosts: names are matched whole, in any case', () => {
    const hosts = '127.0.0.1 localhost\n203.0.113.9 A.Example x # a.example.org\n203.0.113.8 aa.example\n';
    expect(addressesInHosts(hosts, 'a.example')).toEqual(['203.0.113.9']);
  });

  it('tools: name, version, and which of the programs of that name it is', () => {
    const text =
      'curl curl 7.88.1 (x86_64-pc-linux-gnu) libcurl/7.88.1\nnc OpenBSD netcat (Debian patchlevel 1.219-1)\nwget BusyBox v1.36.1 (2023)\ngetent \n<b> 1.0\n';
    expect(readTools(text)).toEqual(['curl 7.88.1', 'nc 1.219 (OpenBSD)', 'wget 1.36.1 (BusyBox)', 'getent']);
  });

  it('ids: the real ones', () => {
    expect(readIds('Uid:\t1000\t0\t0\t0\nGid:\t2000\t0\t0\t0\n')).toEqual({ uid: 1000, gid: 2000 });
    expect(readIds(undefined)).toEqual({ uid: null, gid: null });
  });
});

describe('why a handshake failed, in the words of each library', () => {
  it.each([
    ['certificate has expired', 'expired'],
    ['certificate is not yet valid', 'not-yet-valid'],
    ['x509: certificate is not valid for any names', 'wrong-name'],
    ["SSL: no alternative certificate subject name matches target host name 'a'", 'wrong-name'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'wrong-name'],
    ['unable to get local issuer certificate', 'untrusted'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'untrusted'],
    ['Connection reset by peer', 'reset'],
    ['unexpected eof while reading', 'closed'],
    ['tlsv1 alert protocol version', 'protocol'],
    ['something new', 'other'],
  ])('%s: %s', (detail, why) => {
    expect(tlsFailureIn(detail)).toBe(why);
  });
});
