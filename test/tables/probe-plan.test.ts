/** What is probed, and the one form in which it reaches a pod. */
import { describe, expect, it } from 'vitest';
import type { Destination } from '../../src/model.ts';
import { encodeJob, encodeJobs, encodePath, whyNotEncodable } from '../../src/probe/encode.ts';
import { addressesOfLiteral, type ProbeJob, planFirstPhase, planSecondPhase } from '../../src/probe/plan.ts';
import { probeCommand, SCRIPT } from '../../src/probe/script.ts';

const stripe: Destination = {
  text: 'api.stripe.com',
  host: { kind: 'name', name: 'api.stripe.com' },
  port: 443,
  protocol: 'TCP',
  application: 'https',
  path: '/v1/charges?limit=1',
};
const CLUSTER = { address: '10.96.0.1', port: 443 };
const PROXY = { scheme: 'http', host: 'proxy.example', port: 3128 } as const;

const lines = (jobs: readonly ProbeJob[]): readonly string[] => jobs.map(encodeJob);

describe('the first phase', () => {
  it('asks for A and AAAA over UDP, for A over TCP, and shakes hands with the API server', () => {
    const jobs = planFirstPhase({ destination: stripe, clusterAddress: CLUSTER, proxy: null });
    expect(lines(jobs)).toEqual([
      'dns-udp-a dns api.stripe.com udp A',
      'dns-udp-aaaa dns api.stripe.com udp AAAA',
      'dns-tcp-a dns api.stripe.com tcp A',
      'cluster tcp 10.96.0.1 443',
    ]);
  });

  it('looks the proxy up as well', () => {
    const jobs = planFirstPhase({ destination: stripe, clusterAddress: CLUSTER, proxy: PROXY });
    expect(lines(jobs).filter(line => line.includes('proxy.example'))).toEqual([
      'dns-proxy-udp-a dns proxy.example udp A',
      'dns-proxy-udp-aaaa dns proxy.example udp AAAA',
      'dns-proxy-tcp-a dns proxy.example tcp A',
    ]);
  });

  it.each([
    ['an IPv4 address is not looked up', { kind: 'address', address: '203.0.113.43', family: 'IPv4' }],
    ['an IPv6 address is not looked up', { kind: 'address', address: '2001:db8::43', family: 'IPv6' }],
  ] as const)('%s', (_rule, host) => {
    const jobs = planFirstPhase({ destination: { ...stripe, host }, clusterAddress: CLUSTER, proxy: null });
    expect(jobs.map(job => job.id)).toEqual(['cluster']);
  });

  it('a proxy that is an address is not looked up', () => {
    const jobs = planFirstPhase({
      destination: stripe,
      clusterAddress: CLUSTER,
      proxy: { ...PROXY, host: '2001:db8::90' },
    });
    expect(jobs.some(job => job.id.startsWith('dns-proxy'))).toBe(false);
  });

  it('without the address of the API server, cluster is not probed', () => {
    const jobs = planFirstPhase({ destination: stripe, clusterAddress: null, proxy: null });
    expect(jobs.some(job => job.id === 'cluster')).toBe(false);
  });
});

describe('the second phase', () => {
  const both = { destination: ['203.0.113.43', '2001:db8::43', '203.0.113.43'], proxy: ['203.0.113.90'] };

  it.each<[rule: string, destination: Partial<Destination>, expected: readonly string[]]>([
    [
      'https: one connection to each address, once',
      {},
      [
        'direct-0 https 203.0.113.43 443 api.stripe.com /v1/charges?limit=1',
        'direct-1 https 2001:db8::43 443 api.stripe.com /v1/charges?limit=1',
      ],
    ],
    [
      'http: without TLS',
      { application: 'http', port: 80, path: '/' },
      ['direct-0 http 203.0.113.43 80 api.stripe.com /', 'direct-1 http 2001:db8::43 80 api.stripe.com /'],
    ],
    [
      'no application: a handshake',
      { application: 'none' },
      ['direct-0 tcp 203.0.113.43 443', 'direct-1 tcp 2001:db8::43 443'],
    ],
    [
      'UDP: a datagram',
      { application: 'none', protocol: 'UDP', port: 53 },
      ['direct-0 udp 203.0.113.43 53', 'direct-1 udp 2001:db8::43 53'],
    ],
  ])('%s', (_rule, change, expected) => {
    expect(
      lines(planSecondPhase({ destination: { ...stripe, ...change }, proxy: null }, { ...both, proxy: [] })),
    ).toEqual(expected);
  });

  it('with a proxy: the direct path, each address of the proxy, and the request through it', () => {
    const jobs = planSecondPhase({ destination: stripe, proxy: PROXY }, { ...both, destination: ['203.0.113.43'] });
    expect(lines(jobs)).toEqual([
      'direct-0 https 203.0.113.43 443 api.stripe.com /v1/charges?limit=1',
      'proxy-tcp-0 tcp 203.0.113.90 3128',
      'proxy-0 proxy https http proxy.example 203.0.113.90 3128 api.stripe.com 443 /v1/charges?limit=1',
    ]);
  });

  it('UDP never goes through an HTTP proxy', () => {
    const udp: Destination = { ...stripe, protocol: 'UDP', application: 'none' };
    const jobs = planSecondPhase({ destination: udp, proxy: PROXY }, both);
    expect(jobs.map(job => job.kind)).not.toContain('proxy');
  });

  it('ids are unique over both phases', () => {
    const input = { destination: stripe, clusterAddress: CLUSTER, proxy: PROXY };
    const ids = [...planFirstPhase(input), ...planSecondPhase(input, both)].map(job => job.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('what may be sent', () => {
  const https = { id: 'x', kind: 'https', address: '203.0.113.43', port: 443, host: 'a.example', path: '/' } as const;
  it.each<[rule: string, job: ProbeJob, why: string | null]>([
    ['a name', https, null],
    ['an underscore in a name', { ...https, host: '_dmarc.a.example' }, null],
    ['an address as host', { ...https, host: '2001:db8::43', address: '2001:db8::43' }, null],
    ['an IPv4-mapped address', { ...https, address: '::ffff:203.0.113.43' }, null],
    ['a path is encoded, whatever it holds', { ...https, path: '/a b\n"é' }, null],
    ['an empty host', { ...https, host: '' }, 'its host holds characters that no probe sends'],
    [
      'a host that reads as an option',
      { ...https, host: '-K/etc/passwd' },
      'its host holds characters that no probe sends',
    ],
    ['a host with a space', { ...https, host: 'a b' }, 'its host holds characters that no probe sends'],
    ['a host with a second line', { ...https, host: 'a\nend' }, 'its host holds characters that no probe sends'],
    [
      'a name where an address belongs',
      { ...https, address: 'a.example' },
      'its address holds characters that no probe sends',
    ],
    [
      'an address with a zone',
      { ...https, address: 'fe80::1%eth0' },
      'its address holds characters that no probe sends',
    ],
    ['port 0', { ...https, port: 0 }, 'its port is not 1 to 65535'],
    ['port 65536', { ...https, port: 65536 }, 'its port is not 1 to 65535'],
  ])('%s', (_rule, job, why) => {
    expect(whyNotEncodable(job)).toBe(why);
  });

  it('lines end with end, and leave out what may not be sent', () => {
    expect(encodeJobs([https, { ...https, id: 'y', host: '$(x)' }])).toBe(
      'x https 203.0.113.43 443 a.example /\nend\n',
    );
    expect(() => encodeJob({ ...https, host: '$(x)' })).toThrow('its host holds characters that no probe sends');
  });

  it.each([
    ['/a b', '/a%20b'],
    ['/é', '/%C3%A9'],
    ['/%41', '/%41'],
    ['?x=1', '/?x=1'],
    ['/\ud800', '/%EF%BF%BD'],
    ['/"`{}|\\^', '/%22%60%7B%7D%7C%5C%5E'],
  ])('the path %j is sent as %s', (path, expected) => {
    expect(encodePath(path)).toBe(expected);
  });
});

describe('the command', () => {
  it('is a constant script with arguments', () => {
    const jobs = planFirstPhase({ destination: stripe, clusterAddress: CLUSTER, proxy: null });
    const command = probeCommand(jobs, { timeoutMs: 3000, deadlineMs: 9500 });
    expect(command.slice(0, 6)).toEqual(['sh', '-c', SCRIPT, 'egress-probe', '3000', '10']);
    expect(command.slice(6)).toEqual(lines(jobs));
  });

  it('holds nothing of a question in its text', () => {
    expect(SCRIPT).not.toMatch(/stripe|203\.0\.113/);
  });

  it('quotes both programs in single quotes, so neither may hold one', () => {
    const programs = [...SCRIPT.matchAll(/^(?:PY|JS)='([^']*)'$/gm)].map(match => match[1] ?? '');
    expect(programs).toHaveLength(2);
    for (const program of programs) expect(program.length).toBeGreaterThan(4000);
  });

  it('stays short enough to travel in a request line', () => {
    expect(encodeURIComponent(SCRIPT).length).toBeLessThan(64 * 1024);
  });
});

it.each([
  ['203.0.113.43', ['203.0.113.43']],
  ['2001:db8::43', ['2001:db8::43']],
  ['a.example', []],
])('the addresses of %s without a resolver', (host, expected) => {
  expect(addressesOfLiteral(host)).toEqual(expected);
});
