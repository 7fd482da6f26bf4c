/** GKE's and EKS' own kinds: what is odd in them, and who enforces them. The plain rules are in test/cases/documented. */
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/model.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { ask, CALICO, CLUSTER, egress, namespace, node, pod, serviceOf, UNKNOWN } from './policy-builders.ts';

const GKE: Engine = { name: 'gke-dataplane-v2', version: null, evidence: 'given' };
const EKS: Engine = { name: 'aws-vpc-cni', version: '1.21.1', evidence: 'given' };
const OUT = { to: 'api.stripe.com', dns: { 'api.stripe.com': ['203.0.113.43'] } };
const AUTO = [
  namespace('pay', { team: 'pay' }),
  node('a', '192.0.2.10', { 'eks.amazonaws.com/compute-type': 'auto' }),
  pod('pay/api', { labels: { app: 'api' } }),
];

function object(apiVersion: string, kind: string, spec: unknown, namespaced = true): object {
  return { apiVersion, kind, metadata: namespaced ? { name: 'x', namespace: 'pay' } : { name: 'x' }, spec };
}

const fqdn = (egressRules: unknown, rest: object = {}) =>
  object('networking.gke.io/v1alpha1', 'FQDNNetworkPolicy', { podSelector: {}, egress: egressRules, ...rest });
const application = (spec: object) =>
  object('networking.k8s.aws/v1alpha1', 'ApplicationNetworkPolicy', { podSelector: {}, ...spec });
const cluster = (spec: object) =>
  object(
    'networking.k8s.aws/v1alpha1',
    'ClusterNetworkPolicy',
    { tier: 'Admin', priority: 5, subject: { namespaces: {} }, ...spec },
    false,
  );
const groups = (spec: unknown) => object('vpcresources.k8s.aws/v1beta1', 'SecurityGroupPolicy', spec);

describe('FQDNNetworkPolicy', () => {
  test.each<readonly [rule: string, egress: unknown, decision: string]>([
    ['a name', [{ matches: [{ name: 'api.stripe.com' }] }], 'allow'],
    ['a pattern of one label', [{ matches: [{ pattern: '*.stripe.com' }] }], 'allow'],
    ['a pattern that has too few labels', [{ matches: [{ pattern: '*.com' }] }], 'deny'],
    ['selecting denies the rest', [{ matches: [{ name: 'a.example.com' }] }], 'deny'],
    ['no rules at all', [], 'deny'],
    ['both name and pattern', [{ matches: [{ name: 'a.b', pattern: '*.b' }] }], 'unknown'],
    ['a match that is none', [{ matches: [7] }], 'unknown'],
    ['the add-on’s fields', [{ to: [{ fqdns: ['api.stripe.com'] }] }], 'unknown'],
    ['egress that is no list', 'all', 'unknown'],
  ])('%s', (_, rules, decision) => {
    expect(ask([...CLUSTER, fqdn(rules)], { ...OUT, engine: GKE }).decision).toBe(decision);
  });

  test('a field that is not known leaves it open', () => {
    expect(ask([...CLUSTER, fqdn([], { newer: 1 })], { ...OUT, engine: GKE }).decision).toBe('unknown');
  });

  test('is enforced by Dataplane V2 alone', () => {
    expect(ask([...CLUSTER, fqdn([])], { ...OUT, engine: CALICO }).decision).toBe('allow');
    expect(ask([...CLUSTER, fqdn([])], { ...OUT, engine: UNKNOWN }).decision).toBe('unknown');
    expect(readRuleBook([fqdn([])], { engine: CALICO }).coverage[0]?.status).toBe('not-enforced');
  });
});

describe('ApplicationNetworkPolicy', () => {
  const to = (peer: unknown) => application({ policyTypes: ['Egress'], egress: [{ to: [peer] }] });
  test.each<readonly [rule: string, policy: object, decision: string]>([
    ['a domain name', to({ domainNames: ['api.stripe.com'] }), 'allow'],
    ['a wildcard', to({ domainNames: ['*.stripe.com'] }), 'allow'],
    ['another domain name', to({ domainNames: ['a.example.com'] }), 'deny'],
    ['an address', to({ ipBlock: { cidr: '203.0.113.0/24' } }), 'allow'],
    ['an empty list of peers is everyone', application({ egress: [{}] }), 'allow'],
    ['no policyTypes and no egress: ingress alone', application({}), 'allow'],
    ['domainNames beside another peer', to({ domainNames: ['a.b'], podSelector: {} }), 'unknown'],
    ['a domain name that is none', to({ domainNames: ['?'] }), 'unknown'],
    ['an unknown field', application({ newer: 1 }), 'unknown'],
    ['an unknown policy type', application({ policyTypes: ['Sideways'] }), 'unknown'],
    ['a rule with an unknown field', application({ policyTypes: ['Egress'], egress: [{ newer: 1 }] }), 'unknown'],
    ['egress that is no list', application({ policyTypes: ['Egress'], egress: 1 }), 'unknown'],
  ])('%s', (_, policy, decision) => {
    expect(ask([...AUTO, policy], { ...OUT, engine: EKS }).decision).toBe(decision);
  });

  test('domain names are sure on nodes of Auto Mode alone, where the plugin need not be seen', () => {
    const policy = to({ domainNames: ['api.stripe.com'] });
    expect(ask([...CLUSTER, policy], { ...OUT, engine: EKS }).decision).toBe('unknown');
    expect(ask([...AUTO, policy], { ...OUT, engine: UNKNOWN }).decision).toBe('allow');
    expect(ask([...CLUSTER, policy], { ...OUT, engine: UNKNOWN }).decision).toBe('unknown');
    expect(ask([...CLUSTER, policy], { ...OUT, engine: CALICO }).decision).toBe('allow');
  });

  test('what either it or a NetworkPolicy allows is allowed', () => {
    const objects = [...AUTO, to({ domainNames: ['api.stripe.com'] }), egress('pay/deny')];
    expect(ask(objects, { ...OUT, engine: EKS }).decision).toBe('allow');
  });
});

describe('ClusterNetworkPolicy of networking.k8s.aws', () => {
  const everywhere = { to: [{ networks: ['0.0.0.0/0'] }] };
  const rules = (...actions: readonly string[]) => ({ egress: actions.map(action => ({ action, ...everywhere })) });
  const second = (spec: object) => {
    const policy = cluster(spec);
    return { ...policy, metadata: { name: 'y' } };
  };
  test.each<readonly [rule: string, objects: readonly object[], decision: string]>([
    ['Deny', [cluster(rules('Deny'))], 'deny'],
    ['Accept beats NetworkPolicy', [cluster(rules('Accept')), egress('pay/deny')], 'allow'],
    ['Allow is the guide’s word for it', [cluster(rules('Allow')), egress('pay/deny')], 'allow'],
    ['Pass goes on to NetworkPolicy', [cluster(rules('Pass')), egress('pay/deny')], 'deny'],
    ['an earlier Deny', [cluster(rules('Deny')), second({ ...rules('Accept'), priority: 9 })], 'deny'],
    ['a later Deny may come first', [cluster(rules('Accept')), second({ ...rules('Deny'), priority: 9 })], 'unknown'],
    [
      'the baseline after NetworkPolicy',
      [cluster({ ...rules('Deny'), tier: 'Baseline' }), egress('pay/a', {})],
      'allow',
    ],
    ['the baseline where there is none', [cluster({ ...rules('Deny'), tier: 'Baseline' })], 'deny'],
    ['an unknown tier', [cluster({ ...rules('Deny'), tier: 'Middle' })], 'unknown'],
    ['no priority', [cluster({ ...rules('Deny'), priority: null })], 'unknown'],
    ['an unknown action', [cluster(rules('Maybe'))], 'unknown'],
    ['an unknown field', [cluster({ egress: [{ action: 'Deny', newer: 1, ...everywhere }] })], 'unknown'],
    ['a peer of a later version', [cluster({ egress: [{ action: 'Deny', to: [{ newer: 1 }] }] })], 'unknown'],
    [
      'a port',
      [
        cluster({
          egress: [{ action: 'Deny', ...everywhere, ports: [{ portNumber: { protocol: 'TCP', port: 80 } }] }],
        }),
      ],
      'allow',
    ],
  ])('%s', (_, objects, decision) => {
    expect(ask([...AUTO, ...objects], { ...OUT, engine: EKS }).decision).toBe(decision);
  });
});

describe('SecurityGroupPolicy', () => {
  const ids = { securityGroups: { groupIds: ['sg-1', 'sg-2'] } };
  test.each<readonly [rule: string, spec: unknown, decision: string]>([
    ['of this pod: the groups decide, and they are not here', { podSelector: {}, ...ids }, 'unknown'],
    ['of other pods', { podSelector: { matchLabels: { app: 'web' } }, ...ids }, 'allow'],
    [
      'of a service account whose labels are not known',
      { serviceAccountSelector: { matchLabels: { a: 'b' } }, ...ids },
      'unknown',
    ],
    ['without a selector', ids, 'unknown'],
    ['without a spec', null, 'unknown'],
  ])('%s', (_, spec, decision) => {
    expect(ask([...CLUSTER, groups(spec)], { ...OUT, engine: EKS }).decision).toBe(decision);
  });

  test('names the groups, and never softens a denial', () => {
    const policy = groups({ podSelector: {}, ...ids });
    expect(ask([...CLUSTER, policy], { ...OUT, engine: EKS }).why).toContain('sg-1, sg-2');
    expect(ask([...CLUSTER, policy, egress('pay/deny')], { ...OUT, engine: EKS }).by).toEqual([
      'NetworkPolicy pay/deny',
    ]);
  });
});

describe('a Service whose port is not its pods’', () => {
  const service = (port: number) => serviceOf('shop/web', '10.96.0.9', port);
  const only = (port: number) => egress('pay/p', { ports: [{ port }] });
  test.each<readonly [rule: string, port: number, policy: readonly object[], engine: Engine, decision: string]>([
    ['and a policy for the pods’ port, with the VPC CNI', 80, [only(8080)], EKS, 'unknown'],
    ['and a policy for the Service’s port, with the VPC CNI', 80, [only(80)], EKS, 'unknown'],
    ['and a policy for neither, with the VPC CNI', 80, [only(443)], EKS, 'deny'],
    ['and a policy without ports, with the VPC CNI', 80, [egress('pay/p', {})], EKS, 'allow'],
    ['and no policy, with the VPC CNI', 80, [], EKS, 'allow'],
    ['but is, with the VPC CNI', 8080, [only(8080)], EKS, 'allow'],
    ['and a policy for the pods’ port, with Calico', 80, [only(8080)], CALICO, 'allow'],
  ])('%s', (_, port, policies, engine, decision) => {
    const answer = ask([...CLUSTER, service(port), ...policies], { to: 'service:shop/web', port, engine });
    expect(answer.decision).toBe(decision);
  });
});
