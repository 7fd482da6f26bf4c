/** OpenShift's egress firewalls: what is odd in them, and who enforces them. The plain rules are in test/cases/documented. */
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/model.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { ask, CALICO, CLUSTER, egress, ipBlock, UNKNOWN } from './policy-builders.ts';

const OVN: Engine = { name: 'ovn-kubernetes', version: '1.0.0', evidence: 'given' };
const OUT = { to: '203.0.113.43' };

function firewall(rules: unknown, name = 'default'): object {
  return {
    apiVersion: 'k8s.ovn.org/v1',
    kind: 'EgressFirewall',
    metadata: { name, namespace: 'pay' },
    spec: { egress: rules },
  };
}

function sdn(rules: unknown, namespace = 'pay'): object {
  return {
    apiVersion: 'network.openshift.io/v1',
    kind: 'EgressNetworkPolicy',
    metadata: { name: 'limits', namespace },
    spec: { egress: rules },
  };
}

const DENY_ALL = { type: 'Deny', to: { cidrSelector: '0.0.0.0/0' } };
const BY = 'EgressFirewall pay/default';

type Row = readonly [rule: string, objects: readonly object[], decision: string, by: readonly string[]];

describe('OpenShift egress firewalls', () => {
  test.each<Row>([
    ['what the firewall denies no NetworkPolicy allows', [firewall([DENY_ALL]), egress('pay/a', {})], 'deny', [BY]],
    [
      'what a NetworkPolicy denies the firewall does not allow',
      [firewall([{ type: 'Allow', to: { cidrSelector: '0.0.0.0/0' } }]), egress('pay/a')],
      'deny',
      ['NetworkPolicy pay/a'],
    ],
    [
      'both must allow',
      [
        firewall([{ type: 'Allow', to: { cidrSelector: '203.0.113.0/24' } }, DENY_ALL]),
        egress('pay/a', { to: [ipBlock('203.0.113.0/24')] }),
      ],
      'allow',
      ['NetworkPolicy pay/a', BY],
    ],
    [
      'another name than default is no firewall that is known',
      [firewall([DENY_ALL], 'mine')],
      'unknown',
      ['EgressFirewall pay/mine'],
    ],
    [
      'an unknown type may allow or deny',
      [firewall([{ type: 'Drop', to: { cidrSelector: '0.0.0.0/0' } }])],
      'unknown',
      [BY],
    ],
    [
      'an unknown type before a deny may allow',
      [firewall([{ type: 'Drop', to: { cidrSelector: '0.0.0.0/0' } }, DENY_ALL])],
      'unknown',
      [BY],
    ],
    ['a rule after the one that decides may be unreadable', [firewall([DENY_ALL, { type: 'Drop' }])], 'deny', [BY]],
    [
      'two destinations in one rule',
      [firewall([{ type: 'Deny', to: { cidrSelector: '0.0.0.0/0', dnsName: 'a.b' } }])],
      'unknown',
      [BY],
    ],
    ['no destination', [firewall([{ type: 'Deny', to: {} }])], 'unknown', [BY]],
    ['an unknown field of a destination', [firewall([{ type: 'Deny', to: { asnSelector: 1 } }])], 'unknown', [BY]],
    ['a bad CIDR', [firewall([{ type: 'Deny', to: { cidrSelector: '0.0.0.0' } }])], 'unknown', [BY]],
    ['a bad port', [firewall([{ ...DENY_ALL, ports: [{ protocol: 'TCP', port: 0 }] }])], 'unknown', [BY]],
    ['a port without a protocol', [firewall([{ ...DENY_ALL, ports: [{ port: 443 }] }])], 'unknown', [BY]],
    ['an empty list of ports means every port', [firewall([{ ...DENY_ALL, ports: [] }])], 'deny', [BY]],
    ['no list of rules', [firewall('all')], 'unknown', [BY]],
    [
      'an address that may be one of a denied name',
      [firewall([{ type: 'Deny', to: { dnsName: 'www.unseen.example' } }])],
      'unknown',
      [BY],
    ],
    ['no rule matches', [firewall([{ type: 'Deny', to: { cidrSelector: '198.51.100.0/24' } }])], 'allow', []],
  ])('%s', (_, objects, decision, by) => {
    const answer = ask([...CLUSTER, ...objects], { ...OUT, engine: OVN });
    expect([answer.decision, answer.by]).toEqual([decision, by]);
  });

  /** Made by the plugin where it reads wildcards. */
  const RESOLVER = {
    apiVersion: 'network.openshift.io/v1alpha1',
    kind: 'DNSNameResolver',
    metadata: { name: 'dns-1', namespace: 'openshift-ovn-kubernetes' },
  };
  const named = (pattern: string) => firewall([{ type: 'Deny', to: { dnsName: pattern } }]);
  test.each([
    ['a wildcard stands for one label', '*.stripe.com', 'deny'],
    ['and not for more than one', '*.com', 'allow'],
    ['a name without its dot is the same name', 'api.stripe.com.', 'deny'],
    ['capitals do not count', 'API.Stripe.com', 'deny'],
    ['a longer name is another name', '*.api.stripe.com', 'allow'],
  ])('%s', (_, pattern, decision) => {
    expect(
      ask([...CLUSTER, RESOLVER, named(pattern)], {
        to: 'api.stripe.com',
        dns: { 'api.stripe.com': ['203.0.113.43'] },
        engine: OVN,
      }).decision,
    ).toBe(decision);
  });

  test('who enforces which', () => {
    const status = (object: object, engine: Engine) =>
      readRuleBook([object], { engine }).coverage.map(entry => entry.status);
    expect(status(firewall([DENY_ALL]), OVN)).toEqual(['evaluated']);
    expect(status(firewall([DENY_ALL]), CALICO)).toEqual(['not-enforced']);
    expect(status(sdn([DENY_ALL]), OVN)).toEqual(['not-enforced']);
    expect(ask([...CLUSTER, sdn([DENY_ALL])], { ...OUT, engine: OVN }).decision).toBe('allow');
  });

  test('where the network plugin is not recognised, the answer says what it assumes', () => {
    const answer = ask([...CLUSTER, sdn([DENY_ALL])], { ...OUT, engine: UNKNOWN });
    expect(answer.decision).toBe('deny');
    expect(answer.flows[0]?.assumptions.join()).toContain('assumed: OpenShift SDN enforces EgressNetworkPolicy');
  });

  test.each([
    ['0.0.0.0/32', { cidrSelector: '0.0.0.0/32' }],
    ['a wildcard', { dnsName: '*.example.com' }],
    ['a nodeSelector', { nodeSelector: {} }],
  ])('EgressNetworkPolicy knows no %s', (_, to) => {
    const answer = ask([...CLUSTER, sdn([{ type: 'Deny', to }])], { ...OUT, engine: UNKNOWN });
    expect(answer.decision).toBe('unknown');
  });
});
