/** Whether the pod can ask a name: what it saw, what the rules say, and what others got. */
import { describe, expect, test } from 'vitest';
import { comparableLookup, concludeDestinationName } from '../../src/diagnose/conclude-name.ts';
import { type ProxyInUse, proxyName } from '../../src/diagnose/conclude-proxy.ts';
import { concludeVerdict } from '../../src/diagnose/verdict.ts';
import type { Target } from '../../src/model.ts';
import {
  A,
  answers,
  B,
  DENY_ALL,
  dnsSilent,
  dropped,
  facts,
  flow,
  type Given,
  HOST,
  noRecords,
  nxdomain,
  OTHER,
  proxied,
  rules,
  saw,
  servfail,
} from './verdict-builders.ts';

const pod = (outcome: Parameters<typeof saw>[2]) => saw('pod', 'dns', outcome);
const control = (outcome: Parameters<typeof saw>[2]) => saw('control', 'dns', outcome);
const node = (outcome: Parameters<typeof saw>[2]) => saw('node', 'dns', outcome);
const NOBODY = 'nobody else was asked that could be compared';
const DIFFERS = "the control pod on the same node resolves it: the pod's own DNS differs";
const dnsOf = (dns: Partial<Target['dns']>): Partial<Target> => ({
  dns: { policy: 'ClusterFirst', config: null, resolvConf: null, ...dns },
});
const overTcp = (purpose: 'dns' | 'control-dns', decision: 'deny' | 'allow') =>
  flow(purpose, decision, { protocol: 'TCP', port: 53 });
const only = (...purposes: readonly string[]) => rules('allow').filter(({ purpose }) => purposes.includes(purpose));

describe('the name of the destination', () => {
  test.each<readonly [rule: string, given: Given, wanted: object]>([
    ['is none where an address was asked', { hostKind: 'address' }, { kind: 'no-name' }],
    [
      'resolves where the pod got an answer, whatever the rules say',
      { saw: [pod(answers(A))], rules: rules('deny') },
      { kind: 'resolves' },
    ],
    [
      'is denied where silence meets a denial',
      { saw: [pod(dnsSilent)], rules: rules('deny') },
      { kind: 'denied', confidence: 'confirmed' },
    ],
    [
      'is denied also where only TCP was judged',
      { saw: [pod(dnsSilent)], rules: [overTcp('dns', 'deny')] },
      { kind: 'denied' },
    ],
    [
      'is not denied by TCP where UDP passes',
      { saw: [pod(dnsSilent)], rules: [...only('dns').slice(0, 1), overTcp('dns', 'deny')] },
      { kind: 'fails' },
    ],
    [
      'is denied by the rules alone where nothing was asked',
      { rules: rules('deny') },
      { kind: 'denied', confidence: 'predicted' },
    ],
    ['resolves where nothing was asked and the rules allow', { rules: rules('allow') }, { kind: 'resolves' }],
    [
      'resolves where the pod is known to have its addresses',
      { rules: [], host: { kind: 'name', name: HOST, addresses: [A], resolvedBy: 'pod' } },
      { kind: 'resolves' },
    ],
    [
      'resolves where they were given',
      { rules: [], host: { kind: 'name', name: HOST, addresses: [A], resolvedBy: 'given' } },
      { kind: 'resolves' },
    ],
    [
      'is not known where only others have them',
      { rules: [], host: { kind: 'name', name: HOST, addresses: [A], resolvedBy: 'control' } },
      { kind: 'unknown', why: 'the nameservers of the pod are not known' },
    ],
    [
      'is not known where the host is a Service',
      { rules: [], host: { kind: 'service', service: 'a/b', addresses: [] } },
      { kind: 'unknown' },
    ],
    [
      'is not known where the rules are not',
      { rules: rules('unknown') },
      { kind: 'unknown', why: expect.stringContaining('CiliumNetworkPolicy payments/l7 is not evaluated') },
    ],
    [
      'fails where the control pod was told that it has no addresses',
      { saw: [control(noRecords)] },
      { kind: 'fails', confidence: 'predicted', why: 'asked from the control, it exists and has no address records' },
    ],
    [
      'fails where the node was told no',
      { saw: [node(nxdomain)] },
      { kind: 'fails', why: 'asked from the node, it gets NXDOMAIN' },
    ],
    [
      'resolves where one of the others got an answer',
      { saw: [control(answers(A)), node(nxdomain)] },
      { kind: 'resolves' },
    ],
    ['resolves where the others heard nothing', { saw: [control(dnsSilent), node(dnsSilent)] }, { kind: 'resolves' }],
    [
      'an answer that agrees with the rules confirms',
      { saw: [pod(nxdomain)] },
      { kind: 'fails', confidence: 'confirmed', why: NOBODY },
    ],
    [
      'an answer that they deny does not',
      { saw: [pod(nxdomain)], rules: rules('deny') },
      { kind: 'fails', confidence: 'observed' },
    ],
    [
      'silence contradicts an allowed lookup',
      { saw: [pod(dnsSilent)] },
      { kind: 'fails', confidence: 'observed', why: NOBODY },
    ],
    [
      'the control pod hears the same',
      { saw: [pod(servfail), control(nxdomain)] },
      { why: "the control pod's lookup gets NXDOMAIN too" },
    ],
    [
      'the control pod is told of no addresses',
      { saw: [pod(noRecords), control(noRecords)] },
      { why: "the control pod's lookup exists and has no address records too" },
    ],
    [
      'neither pod hears anything',
      { saw: [pod(dnsSilent), control(dnsSilent), node(dnsSilent)] },
      { why: 'the control pod gets no answer either: the DNS that pods of this cluster ask does not answer' },
    ],
    [
      'only the node hears something',
      { saw: [pod(dnsSilent), control(dnsSilent), node(answers(A))] },
      {
        why: "the control pod gets no answer either and the node's own resolver does: the cluster's DNS does not answer",
      },
    ],
    [
      'only the node was asked',
      { saw: [pod(dnsSilent), node(answers(A))] },
      { why: `the node, which asks its own resolver, resolves to ${A}` },
    ],
    ['the node says no, and no control pod was asked', { saw: [pod(dnsSilent), node(nxdomain)] }, { why: NOBODY }],
    [
      'the control pod’s answer counts before the node’s',
      { saw: [pod(dnsSilent), control(nxdomain), node(answers(A))] },
      { why: "the control pod's lookup gets NXDOMAIN too" },
    ],
    [
      'the control pod resolves it: what differs is said, the search path where a no was heard',
      {
        saw: [pod(nxdomain), control(answers(A))],
        target: dnsOf({ resolvConf: { nameservers: ['192.0.2.9'], searches: ['corp.example', 'x'], ndots: 5 } }),
      },
      { why: `${DIFFERS} (dnsPolicy ClusterFirst, nameservers 192.0.2.9, search corp.example x)` },
    ],
    [
      'not the search path where nothing was heard',
      {
        saw: [pod(dnsSilent), control(answers(A))],
        target: dnsOf({ resolvConf: { nameservers: ['192.0.2.9'], searches: ['corp.example'], ndots: 5 } }),
      },
      { why: `${DIFFERS} (dnsPolicy ClusterFirst, nameservers 192.0.2.9)` },
    ],
    [
      'from the pod’s dnsConfig where no resolv.conf was read',
      {
        saw: [pod(nxdomain), control(answers(A))],
        target: dnsOf({ policy: 'None', config: { nameservers: ['192.0.2.7'], searches: [], options: [] } }),
      },
      { why: `${DIFFERS} (dnsPolicy None, nameservers 192.0.2.7)` },
    ],
    [
      'nothing more where neither is known',
      { saw: [pod(nxdomain), control(answers(A))], target: dnsOf({}) },
      { why: `${DIFFERS} (dnsPolicy ClusterFirst)` },
    ],
  ])('%s', (_, given, wanted) => {
    expect(concludeDestinationName(facts(given))).toMatchObject(wanted);
  });
});

describe('a lookup that can be compared', () => {
  const kindOf = (given: Given, vantage: 'control' | 'node' = 'control') =>
    comparableLookup(facts(given), vantage, HOST).kind;
  test.each<readonly [rule: string, given: Given, kind: string]>([
    ['silence of a control pod that may ask', { saw: [control(dnsSilent)] }, 'unanswered'],
    ['not of one that may not', { saw: [control(dnsSilent)], rules: rules({ control: 'deny' }) }, 'not-looked'],
    [
      'not of one of which it is not known',
      { saw: [control(dnsSilent)], rules: rules({ control: 'unknown' }) },
      'not-looked',
    ],
    ['not of one of which nothing was judged', { saw: [control(dnsSilent)], rules: [] }, 'not-looked'],
    [
      'of one of which only TCP was judged',
      { saw: [control(dnsSilent)], rules: [overTcp('control-dns', 'allow')] },
      'unanswered',
    ],
    [
      'UDP counts before TCP',
      { saw: [control(dnsSilent)], rules: [...only('control-dns').slice(0, 1), overTcp('control-dns', 'deny')] },
      'unanswered',
    ],
    [
      'a no of a control pod that may not ask is a no',
      { saw: [control(nxdomain)], rules: rules({ control: 'deny' }) },
      'negative',
    ],
  ])('%s', (_, given, kind) => {
    expect(kindOf(given)).toBe(kind);
  });
  test('silence of the node, which no rule binds', () => {
    expect(kindOf({ saw: [node(dnsSilent)], rules: rules({ control: 'deny' }) }, 'node')).toBe('unanswered');
  });
  test('what is left out says why', () => {
    const lookup = comparableLookup(facts({ saw: [control(dnsSilent)], rules: [] }), 'control', HOST);
    expect(lookup).toEqual({ kind: 'not-looked', why: "the control pod's own lookup is not known to be allowed" });
  });
});

describe('the name of the proxy', () => {
  const proxy = (host: string): ProxyInUse => ({ variable: 'HTTPS_PROXY', host, port: 3128 });
  const known = (resolvedBy: 'pod' | 'control') => ({
    host: { kind: 'name', name: HOST, addresses: [A], resolvedBy } as const,
    rules: [],
  });
  test.each<readonly [rule: string, host: string, given: Given, kind: string]>([
    ['an IPv4 address has none', '203.0.113.90', {}, 'no-name'],
    ['an IPv6 address has none', '2001:db8::90', {}, 'no-name'],
    ['a name that begins with a number is one', '3.proxy.example', {}, 'resolves'],
    ['a name that ends with a number is one', 'proxy.10', {}, 'resolves'],
    ['one that is the host’s own, and the pod has resolved that', 'API.stripe.com', known('pod'), 'resolves'],
    ['one that is the host’s own, and another has resolved that', HOST, known('control'), 'unknown'],
    ['another one, and the pod has resolved the host’s', 'proxy.example', known('pod'), 'unknown'],
    ['one, where the host is an address', 'proxy.example', { hostKind: 'address', rules: [] }, 'unknown'],
    [
      'one that a Service of the cluster has',
      HOST,
      { host: { kind: 'service', service: 'a/b', addresses: [] }, rules: [] },
      'unknown',
    ],
  ])('%s', (_, host, given, kind) => {
    expect(proxyName(facts(given), proxy(host)).kind).toBe(kind);
  });

  const target = {
    proxy: {
      kind: 'set',
      uses: { variable: 'HTTPS_PROXY', host: 'proxy.example', port: 3128, scheme: 'http' },
      variables: {},
      exemptedBy: null,
    },
  } as const;
  const asked = (outcome: Parameters<typeof saw>[2]) => saw('pod', 'dns', outcome, { name: 'proxy.example' });
  const verdict = (given: Given) => concludeVerdict(facts({ target, ...given }));
  const dnsDenied = rules({ dns: 'deny', by: [OTHER] }).filter(({ purpose }) => purpose === 'dns');
  test('the way and the lookup are denied: both policies are the cause', () => {
    const both = { rules: [flow('proxy', 'deny'), ...dnsDenied] };
    expect(verdict(both)).toMatchObject({
      code: 'denied-by-policy',
      confidence: 'predicted',
      cause: { layer: 'dns', policies: [{ policy: DENY_ALL }, { policy: OTHER }] },
    });
    expect(verdict({ ...both, saw: [asked(dnsSilent)] })).toMatchObject({
      code: 'denied-by-policy',
      confidence: 'confirmed',
    });
    expect(verdict({ ...both, saw: [asked(answers(B)), proxied('tcp', dropped)] }).cause.policies).toMatchObject([
      { policy: DENY_ALL },
    ]);
    expect(verdict({ ...both, saw: [proxied('tcp', dropped)] }).cause.policies).toMatchObject([
      { policy: DENY_ALL },
      { policy: OTHER },
    ]);
  });
  test('the way alone is denied', () => {
    expect(verdict({ rules: [flow('proxy', 'deny'), ...only('dns')] })).toMatchObject({
      code: 'denied-by-policy',
      confidence: 'predicted',
      cause: { layer: 'tcp', policies: [{ policy: DENY_ALL }] },
    });
  });
  test('the lookup alone is denied', () => {
    expect(verdict({ rules: [flow('proxy', 'allow'), ...dnsDenied] })).toMatchObject({
      code: 'dns-denied-by-policy',
      confidence: 'predicted',
      cause: { layer: 'dns', policies: [{ policy: OTHER }] },
    });
  });
  test('a resolver that says no speaks of the variable, a silent one of the pod’s DNS', () => {
    const allowed = { rules: [flow('proxy', 'allow'), ...rules('allow')] };
    expect(verdict({ ...allowed, saw: [asked(nxdomain)] }).code).toBe('proxy-misconfigured');
    expect(verdict({ ...allowed, saw: [asked(dnsSilent)] }).code).toBe('name-not-resolved');
  });
  test('what is not known of the way or of the name is said', () => {
    expect(verdict({ rules: [flow('proxy', 'allow')] })).toMatchObject({
      code: 'not-known',
      cause: {
        summary:
          'Whether the pod may reach its proxy proxy.example:3128 (HTTPS_PROXY) is not known: the nameservers of the pod are not known.',
      },
    });
    expect(verdict({ rules: only('dns') }).cause.summary).toContain('is not known: the rules were not judged');
    const half = [flow('proxy', 'deny'), flow('proxy', 'allow', { address: B }), ...only('dns')];
    expect(verdict({ rules: half })).toMatchObject({
      code: 'partly-denied',
      confidence: 'predicted',
      cause: { policies: [{ policy: DENY_ALL }] },
    });
  });
});
