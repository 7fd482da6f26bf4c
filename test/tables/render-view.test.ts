/** From the answer to what is shown of it: names of both ends, the engine, who looked and from where. */
import { describe, expect, it } from 'vitest';
import type { Diagnosis, VantageReport } from '../../src/model.ts';
import { viewOf } from '../../src/render/view.ts';
import { concluded, diagnosisOf, looked, podOf, traced } from '../threads/story.ts';

const ENDS = { namespace: 'a', pod: 'b', app: 'b', host: 'c.example', port: 443, addresses: [] };
const view = (changes: Parameters<typeof diagnosisOf>[1] = {}) => viewOf(diagnosisOf(ENDS, changes));
const to = (host: Diagnosis['destination']['host'], protocol: 'TCP' | 'UDP' = 'TCP') =>
  view({ destination: { text: 'x', port: 53, protocol, host } }).destination.text;

describe('the destination', () => {
  it.each([
    ['a name', { kind: 'name', name: 'c.example', addresses: [], resolvedBy: 'none' }, 'c.example:53'],
    ['a Service', { kind: 'service', service: 'shop/orders', addresses: ['10.96.0.9'] }, 'shop/orders:53'],
    ['an IPv4 address', { kind: 'address', address: '192.0.2.1' }, '192.0.2.1:53'],
    ['an IPv6 address, in brackets', { kind: 'address', address: '2001:db8::1' }, '[2001:db8::1]:53'],
  ] as const)('%s', (_, host, text) => expect(to(host)).toBe(text));

  it('UDP is said, because TCP is what everybody assumes', () => {
    expect(to({ kind: 'address', address: '192.0.2.1' }, 'UDP')).toBe('192.0.2.1:53/UDP');
  });
});

describe('the pod', () => {
  it('a running pod needs no words', () => expect(view().podState).toBeNull());

  it.each([
    ['Pending', '', 'Pending.'],
    ['CrashLoopBackOff', 'back-off 5m0s', 'CrashLoopBackOff: back-off 5m0s.'],
  ])('a pod that does not run says why: %s %s', (reason, message, text) => {
    const target = { ...podOf('a', 'b', 'b'), state: { kind: 'not-running' as const, reason, message } };
    expect(view({ target }).podState).toBe(text);
  });

  it('a pod that was never scheduled is on no node', () => {
    expect(view({ target: { ...podOf('a', 'b', 'b'), node: null } }).node).toBeNull();
  });

  it('the proxy that it uses is named by host and port', () => {
    const uses = { variable: 'HTTPS_PROXY', host: 'proxy.example', port: 3128, scheme: 'http' as const };
    const proxy = { kind: 'set' as const, uses, variables: {}, exemptedBy: null };
    expect(view({ target: { ...podOf('a', 'b', 'b'), proxy } }).proxy?.text).toBe('proxy.example:3128');
    expect(view({ target: { ...podOf('a', 'b', 'b'), proxy: { ...proxy, uses: null } } }).proxy).toBeNull();
  });
});

describe('where it was looked from', () => {
  const [pod] = looked('b');
  const how = (part: Partial<VantageReport>) =>
    view({ vantages: pod === undefined ? [] : [{ ...pod, ...part }] }).lookedFrom[0]?.how;

  it.each([
    ['an ephemeral container', {}, 'b/egress-probe-7k2pd (ephemeral container), ran after 910 ms'],
    [
      'a twin says that it is a stand-in',
      { method: 'twin-pod' },
      "b/egress-probe-7k2pd (a twin with the pod's labels and service account), ran after 910 ms",
    ],
    [
      'exec says whose tools',
      { method: 'exec', startupMs: 0 },
      "b/egress-probe-7k2pd (exec with the container's own tools)",
    ],
    [
      'a remark is kept',
      { why: 'ended early' },
      'b/egress-probe-7k2pd (ephemeral container), ran after 910 ms; ended early',
    ],
    ['from outside, no pod ran it', { method: null, ranIn: null, startupMs: 0 }, 'this machine'],
    ['not run says why', { status: 'not-run', why: 'not permitted' }, 'not probed: not permitted'],
  ] as const)('%s', (_, part, text) => expect(how(part)).toBe(text));
});

describe('the engine', () => {
  const engine = (name: Diagnosis['engine']['name'], version: string | null, coverage: Diagnosis['coverage'] = []) =>
    view({ engine: { name, version, evidence: 'a test' }, coverage }).engine;

  it.each([
    ['known', 'cilium', '1.15.19', 'engine cilium 1.15.19; no rule kind evaluated'],
    ['of unknown version', 'calico', null, 'engine calico version not known; no rule kind evaluated'],
    ['unknown', 'unknown', null, 'engine not known; no rule kind evaluated'],
  ] as const)('%s', (_, name, version, text) => expect(engine(name, version)).toBe(text));

  it('what was evaluated is told with its objects', () => {
    const coverage = [
      { kind: 'NetworkPolicy.networking.k8s.io', status: 'evaluated' as const, objects: 3 },
      { kind: 'Other.example', status: 'absent' as const, objects: 0 },
    ];
    expect(engine('cilium', '1.15.19', coverage)).toBe('engine cilium 1.15.19; evaluated: NetworkPolicy (3)');
  });
});

describe('the trace', () => {
  const policies = [
    {
      policy: 'NetworkPolicy a/p',
      rule: 'has no egress rules',
      cuts: { dns: null, inCluster: null, internet: null },
      selectsPods: 1,
      createdAt: null,
      changedAt: null,
      managedBy: [],
    },
  ];
  const verdict = concluded('denied-by-policy', 'confirmed', { summary: 'x', policies });
  const predicted = (...trace: Diagnosis['prediction']['trace']) =>
    view({ verdict, prediction: { decision: 'deny', by: [], why: 'y', trace, flows: [] } }).trace;

  it('is left out where it only repeats the cause', () =>
    expect(predicted(traced('NetworkPolicy a/p', {}))).toEqual([]));

  it('is told where another policy takes part, rules nested under their policy', () => {
    const rules = [
      {
        index: 0,
        name: null,
        action: 'accept' as const,
        match: 'no' as const,
        why: 'ports do not match',
        fieldsMatched: 1,
      },
    ];
    const lines = predicted(traced('NetworkPolicy a/p', {}), traced('NetworkPolicy a/q', { decides: false, rules }));
    expect(lines.map(line => line.isRule)).toEqual([false, false, true]);
  });

  it('never has more than 15 lines', () => {
    const many = Array.from({ length: 40 }, (_, index) => traced(`NetworkPolicy a/${index}`, {}));
    expect(predicted(...many)).toHaveLength(15);
  });
});

describe('what else is cut', () => {
  const verdict = concluded('denied-by-policy', 'confirmed', { summary: 'x', scope: 'external only' });
  const api = (outcome: Diagnosis['observations'][number]['outcome']): Diagnosis['observations'] => [
    { vantage: 'pod', layer: 'cluster', via: 'direct', protocol: 'TCP', outcome, ms: 1 },
  ];

  it.each([
    ['the API server answered', api({ kind: 'connected', certificate: null }), 'is open.'],
    ['the API server did not', api({ kind: 'syn-dropped', waitedMs: 3000 }), 'and with it the way to the API server'],
    ['nobody looked, and no rule cuts it', api({ kind: 'not-run', why: 'x' }), 'is open.'],
  ])('only what is outside, as far as it is true: %s', (_rule, observations, text) => {
    expect(view({ verdict, observations }).scope).toContain(text);
  });
});
