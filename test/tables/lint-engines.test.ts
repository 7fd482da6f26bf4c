/** `egress lint`: names that Cilium never learns, policies for another network plugin, objects that cannot be read. */
import { describe, expect, test } from 'vitest';
import {
  agent,
  CALICO,
  CILIUM,
  cnp,
  DNS,
  egress,
  found,
  gnp,
  lintObjects,
  namespace,
  np,
  open,
  pod,
} from './lint-builders.ts';

const PODS = [namespace('pay'), pod('pay/api', { labels: { app: 'api' } })];
const NAME = { toFQDNs: [{ matchName: 'api.stripe.com' }] };
const dns = (...names: readonly object[]) => ({
  toEndpoints: [{ matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'kube-system', 'k8s-app': 'kube-dns' } }],
  toPorts: [{ ports: [{ port: '53', protocol: 'ANY' }], ...(names.length > 0 && { rules: { dns: names } }) }],
});
const policy = (...rules: readonly object[]) => cnp('pay/p', { endpointSelector: {}, egress: rules });
const other = (selected: string, ...rules: readonly object[]) =>
  cnp('pay/other', { endpointSelector: { matchLabels: { app: selected } }, egress: rules });

describe('a rule by name without a DNS rule', () => {
  test.each<[string, readonly object[], number]>([
    ['no DNS rule at all', [policy(NAME)], 1],
    ['DNS is allowed, but not through the proxy', [policy(NAME, dns())], 1],
    ['a DNS rule lists the name', [policy(NAME, dns({ matchName: 'api.stripe.com' }))], 0],
    ['a DNS rule lists every name', [policy(NAME, dns({ matchPattern: '*' }))], 0],
    ['a DNS rule lists another name', [policy(NAME, dns({ matchName: 'google.com' }))], 1],
    [
      'a pattern, and a DNS rule for it',
      [policy({ toFQDNs: [{ matchPattern: '*.stripe.com' }] }, dns({ matchPattern: '*.stripe.com' }))],
      0,
    ],
    [
      'a pattern, and a DNS rule for one name of it',
      [policy({ toFQDNs: [{ matchPattern: '*.stripe.com' }] }, dns({ matchName: 'api.stripe.com' }))],
      0,
    ],
    ['the DNS rule is in another policy of the same pods', [policy(NAME), other('api', dns({ matchPattern: '*' }))], 0],
    ['the DNS rule is in a policy of other pods', [policy(NAME), other('web', dns({ matchPattern: '*' }))], 1],
  ])('%s', (_, policies, count) => {
    for (const rest of [[], DNS])
      expect(
        found(lintObjects([...PODS, ...rest, ...policies], { engine: CILIUM }), 'fqdn-without-dns-rule'),
      ).toHaveLength(count);
  });

  test('without pods, a DNS rule that may be of the same pods leaves it open', () => {
    const report = lintObjects([policy(NAME), other('web', dns({ matchPattern: '*' }))], {
      engine: CILIUM,
      extent: 'some-objects',
    });
    expect(found(report, 'fqdn-without-dns-rule')).toEqual([]);
    expect(open(report, 'fqdn-without-dns-rule')).toEqual([
      'CiliumNetworkPolicy pay/p: whether the DNS rule for api.stripe.com is one of the same pods is not known without the pods',
    ]);
  });
});

describe('policies for a network plugin that is not there', () => {
  const cilium = policy({ toEntities: ['world'] });
  const calico = gnp('g', { types: ['Egress'], egress: [{ action: 'Allow' }] });
  test.each<[string, readonly object[], readonly string[]]>([
    ["Calico's agent and Cilium's policy", [agent('calico'), cilium], ['engine-absent CiliumNetworkPolicy pay/p']],
    ["Cilium's agent and Calico's policy", [agent('cilium'), calico], ['engine-absent GlobalNetworkPolicy g']],
    ['each policy has its agent', [agent('cilium'), cilium], []],
    ['NetworkPolicy is for every plugin', [agent('calico'), egress('pay/p', {})], []],
    [
      'lists that policies refer to are no policies',
      [
        agent('cilium'),
        { apiVersion: 'projectcalico.org/v3', kind: 'GlobalNetworkSet', metadata: { name: 's' }, spec: {} },
      ],
      [],
    ],
    [
      'staged policies are meant to change nothing',
      [
        agent('calico'),
        { apiVersion: 'projectcalico.org/v3', kind: 'StagedGlobalNetworkPolicy', metadata: { name: 's' }, spec: {} },
      ],
      [],
    ],
  ])('%s', (_, objects, expected) => {
    expect(found(lintObjects(objects, { engine: null }), 'engine-absent')).toEqual(expected);
  });

  test('an engine that is given counts, also none', () => {
    expect(found(lintObjects([cilium], { engine: CALICO }), 'engine-absent')).toHaveLength(1);
    const none = { name: 'none', version: null, evidence: 'given' } as const;
    expect(found(lintObjects([egress('pay/p', {})], { engine: none }), 'engine-absent')).toEqual([
      'engine-absent NetworkPolicy pay/p',
    ]);
  });

  test('not checked: policies alone do not tell which plugin is there', () => {
    const report = lintObjects([cilium, calico], { engine: null });
    expect(found(report, 'engine-absent')).toEqual([]);
    expect(open(report, 'engine-absent')).toHaveLength(1);
    expect(open(lintObjects([egress('pay/p', {})], { engine: null }), 'engine-absent')).toEqual([]);
  });
});

describe('objects that cannot be read', () => {
  test.each<[string, unknown, string, string]>([
    ['a port that is none', egress('pay/p', { ports: [{ port: 70_000 }] }), 'unreadable NetworkPolicy pay/p', 'error'],
    [
      'a block that is none',
      egress('pay/p', { to: [{ ipBlock: { cidr: '10.0.0.0/33' } }] }),
      'unreadable NetworkPolicy pay/p',
      'error',
    ],
    ['no object at all', 'text', 'unreadable item 1', 'error'],
    [
      'a policy without a name',
      { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
      'unreadable NetworkPolicy (no name)',
      'error',
    ],
    [
      'host bits in a block',
      egress('pay/p', { to: [{ ipBlock: { cidr: '10.1.2.3/8' } }] }),
      'unreadable NetworkPolicy pay/p',
      'warning',
    ],
    [
      'a version that nobody serves',
      { apiVersion: 'networking.k8s.io/v9', kind: 'NetworkPolicy', metadata: { name: 'p', namespace: 'pay' } },
      'not-evaluated NetworkPolicy pay/p',
      'warning',
    ],
    [
      'a policy kind that nobody here knows',
      { apiVersion: 'example.com/v1', kind: 'EgressPolicy', metadata: { name: 'p', namespace: 'pay' } },
      'not-evaluated EgressPolicy pay/p',
      'note',
    ],
  ])('%s', (_, object, expected, severity) => {
    const report = lintObjects([object]);
    expect(found(report, 'unreadable', 'not-evaluated')).toEqual([expected]);
    expect(report.findings.find(each => expected.startsWith(each.rule))?.severity).toBe(severity);
  });

  test('a sound policy is none of them', () => {
    expect(found(lintObjects([egress('pay/p', {})]), 'unreadable', 'not-evaluated', 'duplicate-object')).toEqual([]);
  });

  test('the same object twice', () => {
    const objects = [
      np('pay/p', { podSelector: {} }),
      np('pay/p', { podSelector: {} }),
      np('pay/q', { podSelector: {} }),
    ];
    expect(found(lintObjects(objects), 'duplicate-object')).toEqual(['duplicate-object NetworkPolicy pay/p']);
  });

  test('a list that may not be read is not checked, with the right that it takes', () => {
    const api = {
      group: 'cilium.io',
      version: 'v2',
      kind: 'CiliumNetworkPolicy',
      plural: 'ciliumnetworkpolicies',
      namespaced: true,
    };
    const report = lintObjects([], { apis: [{ ...api, result: { kind: 'forbidden', remedy: 'the right' } }] });
    expect(open(report, 'unreadable')).toEqual(['null: CiliumNetworkPolicy.cilium.io may not be listed (the right)']);
  });
});
