/** From the flows to the answer: which of them count, what is not known, and what the DNS proxy and a tier's parts add. */
import { describe, expect, test } from 'vitest';
import type { Decision, Engine, FlowPrediction, FlowPurpose } from '../../src/model.ts';
import { readClusterState } from '../../src/policy/cluster-state.ts';
import { combineFlows, predictFlows } from '../../src/policy/evaluate.ts';
import { readDestination } from '../../src/policy/flow-text.ts';
import { matchSubject } from '../../src/policy/judge-policy.ts';
import type { PeerTerm, Selector, Subject } from '../../src/policy/model.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { ask, CILIUM, CLUSTER, egress, ingress, pod, UNKNOWN } from './policy-builders.ts';
import { ask as askCilium, ccnp, egress as ciliumEgress, cnp, dns } from './policy-cilium-builders.ts';
import { matchTerm, packetTo } from './policy-packets.ts';

/** A flow to an address `to`, decided so by policy `by`. */
function flow(decision: Decision, to: string, purpose: FlowPurpose = 'destination', by = `P ${to}`): FlowPrediction {
  const trace = [
    { policy: by, tier: 't', side: 'egress', selects: 'yes', why: '', effect: 'none', decides: true, rules: [] },
  ] as const;
  return {
    purpose,
    from: 'pay/api',
    to,
    address: to,
    port: 443,
    protocol: 'TCP',
    decision,
    by: [by],
    side: null,
    why: `why ${to}`,
    trace,
    unknowns: [],
    assumptions: [],
  };
}

describe('many flows, one answer', () => {
  test.each<[string, readonly FlowPrediction[], object]>([
    ['none', [], { decision: 'unknown', by: [], why: 'no flow was judged', trace: [] }],
    ['one', [flow('allow', 'a')], { decision: 'allow', by: ['P a'], why: 'why a' }],
    ['all alike', [flow('deny', 'a'), flow('deny', 'b')], { decision: 'deny', by: ['P a', 'P b'], why: 'why a' }],
    [
      'one of them is denied',
      [flow('allow', 'a'), flow('deny', 'b'), flow('unknown', 'c')],
      { decision: 'deny', by: ['P b'], why: '1 of 3 addresses (b): why b' },
    ],
    [
      'one of them is not known',
      [flow('allow', 'a'), flow('unknown', 'b')],
      { decision: 'unknown', by: ['P b'], why: '1 of 2 addresses (b): why b' },
    ],
    [
      'the lookup does not count beside the destination',
      [flow('deny', 'd', 'dns'), flow('allow', 'a')],
      { decision: 'allow', by: ['P a'], why: 'why a' },
    ],
    ['it counts alone', [flow('deny', 'd', 'dns')], { decision: 'deny', by: ['P d'], why: 'why d' }],
    [
      'a policy is named once',
      [flow('deny', 'a', 'destination', 'P x'), flow('deny', 'b', 'destination', 'P x')],
      { decision: 'deny', by: ['P x'] },
    ],
  ])('%s', (_, flows, wanted) => {
    const answer = combineFlows(flows);
    expect(answer).toMatchObject(wanted);
    expect(answer.flows).toBe(flows);
    expect(answer.trace[0]?.policy).toBe(answer.by[0]);
  });
});

describe('a source that is not there', () => {
  test.each([
    ['api.stripe.com', 'api.stripe.com'],
    ['203.0.113.43', '203.0.113.43'],
    ['pod:shop/web', 'pod:shop/web'],
    ['service:shop/web', 'service:shop/web'],
  ])('to %s: not known, and said of which flow', (to, text) => {
    const { cluster } = readClusterState(CLUSTER, {});
    const request = {
      from: 'pay/none',
      to: readDestination(to),
      port: 443,
      protocol: 'TCP',
      icmpType: null,
      query: null,
      scope: 'both',
    } as const;
    expect(predictFlows(readRuleBook(CLUSTER, { engine: UNKNOWN }), cluster, request)).toEqual([
      {
        purpose: 'destination',
        from: 'pay/none',
        to: text,
        address: null,
        port: 443,
        protocol: 'TCP',
        decision: 'unknown',
        by: [],
        side: null,
        why: 'pod pay/none is not known',
        trace: [],
        unknowns: ['pod pay/none is not known'],
        assumptions: [],
      },
    ]);
  });
});

test('a pod that asks itself by its own address passes no policy', () => {
  const { flows } = ask([...CLUSTER, egress('pay/deny')], { to: 'pod:pay/api' });
  expect(flows).toHaveLength(1);
  expect(flows[0]).toMatchObject({ decision: 'allow', by: [], side: null, trace: [], unknowns: [], assumptions: [] });
});

describe('a pod that reaches itself through its Service', () => {
  const service = [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'api', namespace: 'pay' },
      spec: { clusterIP: '10.96.0.8', selector: { app: 'api' }, ports: [{ port: 443 }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'api', namespace: 'pay', labels: { 'kubernetes.io/service-name': 'api' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.244.0.1'], conditions: { ready: true } }],
      ports: [{ port: 443 }],
    },
  ];
  const why = 'whether a pod under policy reaches itself through its Service is left to the network plugin';
  test.each<[string, readonly object[], Engine, object]>([
    ['no policy', [], UNKNOWN, { decision: 'allow', by: [] }],
    [
      'an engine that is not known',
      [egress('pay/deny')],
      UNKNOWN,
      { decision: 'unknown', side: null, why, unknowns: [why] },
    ],
    [
      'an engine that lets it',
      [egress('pay/deny')],
      CILIUM,
      {
        decision: 'allow',
        by: [],
        side: null,
        unknowns: [],
        why: 'a pod reaches itself through its Service with this engine',
      },
    ],
  ])('%s', (_, policies, engine, wanted) => {
    const { flows } = ask([...CLUSTER, ...service, ...policies], { to: 'service:pay/api', engine });
    expect(flows).toHaveLength(1);
    expect(flows[0]).toMatchObject(wanted);
  });
});

test('asked of its own side alone, a flow is judged by that side', () => {
  const objects = [...CLUSTER, ingress('shop/deny')];
  expect(ask(objects, { to: 'pod:shop/web' })).toMatchObject({ decision: 'deny', by: ['NetworkPolicy shop/deny'] });
  expect(ask(objects, { to: 'pod:shop/web', scope: 'egress' })).toMatchObject({ decision: 'allow', by: [] });
});

test('where neither side is known, both reasons are told', () => {
  const odd = { podSelector: { matchExpressions: [{ key: 'a', operator: 'Near' }] } };
  const policy = (namespace: string, direction: 'Egress' | 'Ingress') => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'odd', namespace },
    spec: { ...odd, policyTypes: [direction] },
  });
  const [only] = ask([...CLUSTER, policy('pay', 'Egress'), policy('shop', 'Ingress')], { to: 'pod:shop/web' }).flows;
  expect(only).toMatchObject({ decision: 'unknown', side: null });
  expect(only?.unknowns.map(each => /\w+\/odd/.exec(each)?.[0])).toEqual(['pay/odd', 'shop/odd']);
});

describe('what the DNS proxy adds', () => {
  const QUERY = { to: '10.96.0.10', port: 53, protocol: 'UDP', query: 'api.stripe.com' } as const;
  const other = dns({ matchName: 'google.com' });
  const denyDns = { toPorts: [{ ports: [{ port: '53', protocol: 'UDP' }] }] };
  const NEAR = { key: 'a', operator: 'Near' };
  const ODD_DNS = {
    ...other,
    toEndpoints: [{ matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'kube-system' }, matchExpressions: [NEAR] }],
  };
  const denyWeb = { toPorts: [{ ports: [{ port: '80', protocol: 'TCP' }] }] };
  test.each<[string, readonly object[], object]>([
    ['it refuses a name', [ciliumEgress(other)], { decision: 'deny', by: ['dns-proxy'] }],
    [
      'a deny rule drops the query before',
      [cnp('pay/p', { egress: [other], egressDeny: [denyDns] })],
      { decision: 'deny', by: ['CiliumNetworkPolicy pay/p'] },
    ],
    [
      'a deny rule for something else does not',
      [cnp('pay/p', { egress: [other], egressDeny: [denyWeb] })],
      { decision: 'deny', by: ['dns-proxy'] },
    ],
    [
      'a policy of other pods with a deny rule does not',
      [
        ciliumEgress(other),
        ccnp('others', { endpointSelector: { matchLabels: { app: 'none' } }, egressDeny: [denyDns] }),
      ],
      { decision: 'deny', by: ['dns-proxy'] },
    ],
    [
      'whether it has a say is not known',
      [cnp('pay/p', { egress: [ODD_DNS, { toEntities: ['all'] }] })],
      { decision: 'unknown', by: ['CiliumNetworkPolicy pay/p'], why: expect.stringMatching(/^cannot be told: /) },
    ],
  ])('%s', (_, policies, wanted) => {
    expect(askCilium(policies, QUERY)).toMatchObject(wanted);
  });
});

describe('a subject by its service account', () => {
  const labels = (key: string, ...values: string[]): Selector => ({
    view: 'kubernetes',
    expression: { op: 'in', key, values },
  });
  const subject = (serviceAccounts: Selector | null): Subject => ({
    namespaces: { kind: 'all' },
    pods: { view: 'kubernetes', expression: { op: 'true' } },
    serviceAccounts,
    hostNetwork: 'applies',
  });
  const account = (name: string, trust: string) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name, namespace: 'pay', labels: { trust } },
  });
  test.each<[string, Selector | null, readonly object[], string, string]>([
    ['any', null, [], 'yes', 'an empty selector selects every pod'],
    [
      'one that was not listed',
      labels('trust', 'high'),
      [],
      'unknown',
      'the labels of service account pay/default are not known',
    ],
    [
      'one with the label',
      labels('trust', 'high'),
      [account('default', 'high')],
      'yes',
      'an empty selector selects every pod',
    ],
    [
      'one with another',
      labels('trust', 'high'),
      [account('default', 'low')],
      'no',
      'service account pay/default has trust="low", not "high"',
    ],
  ])('%s', (_, selector, objects, match, why) => {
    const packet = packetTo('203.0.113.43', { objects });
    expect(matchSubject(subject(selector), packet)).toEqual({ match, why });
  });
});

describe('peers that depend on the subject', () => {
  const odd: PeerTerm = { kind: 'unreadable', why: 'odd' };
  const required = (pods: Selector['expression'], then: PeerTerm): PeerTerm => ({
    kind: 'where-subject',
    namespaces: { kind: 'all' },
    pods: { view: 'kubernetes', expression: pods },
    then,
    text: 'toRequires of p',
  });
  const [yes, no] = [{ kind: 'everyone' }, { kind: 'nobody', why: 'not there' }] as const;
  const [concerns, doesNot] = [{ op: 'true' }, { op: 'has', key: 'none' }] as const;
  const perhaps = { op: 'unreadable', why: 'odd selector' } as const;
  test.each<[string, Selector['expression'], PeerTerm, string, string]>([
    ['it does not concern the pod', doesNot, no, 'yes', 'toRequires of p does not concern the pod'],
    ['it holds', concerns, yes, 'yes', 'every peer matches'],
    ['it does not hold', concerns, no, 'no', 'toRequires of p: not there'],
    ['whether it holds is not known', concerns, odd, 'unknown', 'toRequires of p: odd'],
    ['whether it concerns the pod is not known, and it holds', perhaps, yes, 'yes', 'every peer matches'],
    ['whether it concerns the pod is not known', perhaps, no, 'unknown', 'toRequires of p: not there'],
  ])('requirements: %s', (_, pods, then, match, why) => {
    expect(matchTerm(required(pods, then), packetTo('203.0.113.43'))).toEqual({ match, why });
  });

  const same = (labels: readonly string[] | null): PeerTerm => ({ kind: 'same-namespace', labels });
  const tenant = (name: string, labels: object) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels },
  });
  const other = pod('ghost/web', { ip: '10.244.9.9' });
  test.each<[string, PeerTerm, string, readonly object[], string, string]>([
    ['of the same namespace', same(null), 'pod:pay/db', [], 'yes', 'namespace pay is the same'],
    ['of another', same(null), 'pod:shop/web', [], 'no', 'namespace shop is not namespace pay'],
    ['no pod', same(null), '203.0.113.43', [], 'no', 'it is no pod'],
    ['another value', same(['team']), 'pod:shop/web', [], 'no', 'namespace shop has not the same team as pay'],
    ['the same value', same(['team']), 'pod:pay/db', [], 'yes', 'namespace pay has the same team'],
    [
      'a label that neither has',
      same(['tenant']),
      'pod:shop/web',
      [],
      'no',
      'namespace shop has not the same tenant as pay',
    ],
    [
      'one of two labels differs',
      same(['team', 'stage']),
      'pod:blue/web',
      [tenant('blue', { team: 'pay', stage: 'x' }), pod('blue/web', { ip: '10.244.9.8' })],
      'no',
      'namespace blue has not the same stage as pay',
    ],
    [
      'a namespace that was not listed',
      same(['team']),
      'pod:ghost/web',
      [other],
      'unknown',
      'the labels of namespaces pay and ghost are not both known',
    ],
  ])('same namespace: %s', (_, term, to, objects, match, why) => {
    expect(matchTerm(term, packetTo(to, { objects }))).toEqual({ match, why });
  });
});

test('in the cluster, a name opens no address of a pod or a node with Cilium', () => {
  const byName = { toFQDNs: [{ matchPattern: '*' }] };
  for (const [name, address] of [
    ['web.corp.example', '10.244.1.1'],
    ['node.corp.example', '192.0.2.11'],
  ] as const) {
    const names = { [name]: [address] };
    const term = { kind: 'fqdn', name, pattern: null, dialect: 'cilium' } as const;
    const { match, why } = matchTerm(term, packetTo(address, { dns: names }));
    expect([match, why]).toEqual(['no', expect.stringContaining('is in the cluster, where Cilium takes no names')]);
    const objects = [...CLUSTER, cnp('pay/p', { egress: [dns({ matchPattern: '*' }), byName] })];
    expect(ask(objects, { to: name, dns: names, engine: CILIUM }).decision).toBe('deny');
  }
});
