/** Antrea's policies: what decides their order, and what stays open. The plain rules are in test/cases/documented. */
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/model.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { ask, CALICO, CLUSTER, egress, UNKNOWN } from './policy-builders.ts';

const ANTREA: Engine = { name: 'antrea', version: '2.1.0', evidence: 'given' };
const OUT = { to: 'api.stripe.com', dns: { 'api.stripe.com': ['203.0.113.43'] }, engine: ANTREA };
const EVERY_POD = [{ namespaceSelector: {} }];

function acnp(name: string, spec: object): object {
  const rest = { priority: 5, appliedTo: EVERY_POD };
  return {
    apiVersion: 'crd.antrea.io/v1beta1',
    kind: 'ClusterNetworkPolicy',
    metadata: { name },
    spec: { ...rest, ...spec },
  };
}

function anp(name: string, spec: object): object {
  const rest = { priority: 5, appliedTo: [{ podSelector: {} }] };
  const metadata = { name, namespace: 'pay' };
  return { apiVersion: 'crd.antrea.io/v1beta1', kind: 'NetworkPolicy', metadata, spec: { ...rest, ...spec } };
}

const ALLOW = { egress: [{ action: 'Allow' }] };
const DROP = { egress: [{ action: 'Drop' }] };
const PASS = { egress: [{ action: 'Pass' }] };
const rule = (fields: object) => ({ egress: [{ action: 'Drop', ...fields }] });
const by = (name: string) => `ClusterNetworkPolicy.crd.antrea.io ${name}`;

type Row = readonly [rule: string, objects: readonly object[], decision: string, by: readonly string[]];

describe('order', () => {
  test.each<Row>([
    [
      'an earlier tier decides',
      [acnp('a', { ...DROP, tier: 'platform' }), acnp('b', { ...ALLOW, tier: 'emergency' })],
      'allow',
      [by('b')],
    ],
    [
      'a lower priority decides',
      [acnp('a', { ...DROP, priority: 5.5 }), acnp('b', { ...ALLOW, priority: 5.4 })],
      'allow',
      [by('b')],
    ],
    [
      'whatever the kind',
      [acnp('a', { ...DROP, priority: 2 }), anp('b', { ...ALLOW, priority: 1 })],
      'allow',
      ['NetworkPolicy.crd.antrea.io pay/b'],
    ],
    [
      'without a tier, application',
      [acnp('a', { ...DROP, priority: 1 }), acnp('b', { ...ALLOW, tier: 'platform', priority: 9 })],
      'allow',
      [by('b')],
    ],
    ['before NetworkPolicy', [acnp('a', ALLOW), egress('pay/deny')], 'allow', [by('a')]],
    [
      'the baseline after NetworkPolicy',
      [acnp('a', { ...ALLOW, tier: 'baseline' }), egress('pay/deny')],
      'deny',
      ['NetworkPolicy pay/deny'],
    ],
    ['the baseline where no NetworkPolicy isolates', [acnp('a', { ...DROP, tier: 'baseline' })], 'deny', [by('a')]],
    ['Pass skips what comes later', [acnp('a', PASS), acnp('b', { ...DROP, priority: 9 })], 'allow', []],
    ['but not NetworkPolicy', [acnp('a', PASS), egress('pay/deny')], 'deny', ['NetworkPolicy pay/deny']],
    ['and not the baseline', [acnp('a', PASS), acnp('b', { ...DROP, tier: 'baseline' })], 'deny', [by('b')]],
    ['the same priority is decided by nobody knows what', [acnp('a', ALLOW), acnp('b', DROP)], 'unknown', [by('b')]],
    ['the same priority and the same action', [acnp('a', DROP), acnp('b', DROP)], 'deny', [by('a')]],
    [
      'the same priority for other pods',
      [acnp('a', ALLOW), acnp('b', { ...DROP, appliedTo: [{ podSelector: { matchLabels: { app: 'web' } } }] })],
      'allow',
      [by('a')],
    ],
    ['a tier that is not there', [acnp('a', { ...DROP, tier: 'mine' })], 'unknown', [by('a')]],
    ['no priority', [acnp('a', { ...DROP, priority: undefined })], 'unknown', [by('a')]],
    ['selecting alone isolates nobody', [acnp('a', { egress: [] })], 'allow', []],
  ])('%s', (_, objects, decision, names) => {
    const answer = ask([...CLUSTER, ...objects], OUT);
    expect([answer.decision, answer.by.toSorted()]).toEqual([decision, names]);
  });
});

describe('a rule of layer 7', () => {
  const HTTP = { l7Protocols: [{ http: { host: '*.bar.com' } }] };
  const only = (fields: object) => acnp('a', { egress: [{ action: 'Allow', ...HTTP, ...fields }, { action: 'Drop' }] });
  const dns = { port: 53, protocol: 'UDP' } as const;
  test.each<readonly [rule: string, objects: readonly object[], asked: object, decision: string]>([
    ['lets a connection be made', [only({})], {}, 'allow'],
    ['of what is not TCP nobody says what it lets through', [only({})], dns, 'unknown'],
    ['nor where nothing else denies it', [acnp('a', { egress: [{ action: 'Allow', ...HTTP }] })], dns, 'unknown'],
    ['ICMP neither', [only({})], { protocol: 'ICMP', icmpType: 8 }, 'unknown'],
    ['beside its ports it says nothing', [only({ ports: [{ port: 80 }] })], dns, 'deny'],
    [
      'what is allowed before it stays so',
      [acnp('z', { ...ALLOW, priority: 1, egress: [{ action: 'Allow', ports: [dns] }] }), only({})],
      dns,
      'allow',
    ],
  ])('%s', (_, objects, asked, decision) => {
    expect(ask([...CLUSTER, ...objects], { ...OUT, ...asked }).decision).toBe(decision);
  });
});

test('a name stands for pods too, as that of a headless Service', () => {
  const named = acnp('a', rule({ to: [{ fqdn: 'web.shop.svc.cluster.local' }] }));
  const asked = { ...OUT, to: 'web.shop.svc.cluster.local', dns: { 'web.shop.svc.cluster.local': ['10.244.1.1'] } };
  expect(ask([...CLUSTER, named], asked).decision).toBe('deny');
});

describe('rules', () => {
  test.each<readonly [rule: string, spec: object, decision: string]>([
    ['Reject denies', { egress: [{ action: 'Reject' }] }, 'deny'],
    ['an unknown action', { egress: [{ action: 'Maybe' }] }, 'unknown'],
    ['Pass in the baseline', { ...PASS, tier: 'baseline' }, 'unknown'],
    ['an unknown field', rule({ newer: 1 }), 'unknown'],
    ['an empty list of peers is everyone', rule({ to: [] }), 'deny'],
    ['an address', rule({ to: [{ ipBlock: { cidr: '203.0.113.0/24' } }] }), 'deny'],
    ['a bad address', rule({ to: [{ ipBlock: { cidr: '203.0.113' } }] }), 'unknown'],
    ['two selectors together', rule({ to: [{ ipBlock: { cidr: '203.0.113.0/24' }, nodeSelector: {} }] }), 'unknown'],
    ['an empty peer', rule({ to: [{}] }), 'unknown'],
    ['external entities are no addresses of a host', rule({ to: [{ externalEntitySelector: {} }] }), 'allow'],
    ['a group that is not there', rule({ to: [{ group: 'gone' }] }), 'unknown'],
    ['a peer of the whole cluster set', rule({ to: [{ podSelector: {}, scope: 'ClusterSet' }] }), 'unknown'],
    ['a name', rule({ to: [{ fqdn: 'api.stripe.com' }] }), 'deny'],
    ['a star stands for dots too', rule({ to: [{ fqdn: '*com' }] }), 'deny'],
    ['another name', rule({ to: [{ fqdn: 'api.example.com' }] }), 'allow'],
    ['a Service that was not asked', rule({ toServices: [{ name: 'web', namespace: 'shop' }] }), 'allow'],
    ['a Service without a namespace', rule({ toServices: [{ name: 'web' }] }), 'unknown'],
    ['a port', rule({ ports: [{ port: 443 }] }), 'deny'],
    ['another port', rule({ ports: [{ port: 80 }] }), 'allow'],
    ['a source port', rule({ ports: [{ port: 443, sourcePort: 1000 }] }), 'unknown'],
    ['ICMP', rule({ protocols: [{ icmp: {} }] }), 'allow'],
    ['IGMP', rule({ protocols: [{ igmp: { igmpType: 17 } }] }), 'allow'],
    ['an unknown protocol', rule({ protocols: [{ esp: {} }] }), 'unknown'],
    ['appliedTo that is not known', { ...DROP, appliedTo: [{ newer: 1 }] }, 'unknown'],
    ['appliedTo addresses has no effect', { ...DROP, appliedTo: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }, 'allow'],
    ['appliedTo nodes says nothing to pods', { ...DROP, appliedTo: [{ nodeSelector: {} }] }, 'allow'],
    [
      'appliedTo a Service says nothing to pods',
      { ...DROP, appliedTo: [{ service: { name: 'x', namespace: 'y' } }] },
      'allow',
    ],
    [
      'appliedTo the pods of a service account',
      { ...DROP, appliedTo: [{ serviceAccount: { name: 'default', namespace: 'pay' } }] },
      'deny',
    ],
    [
      'appliedTo those of another',
      { ...DROP, appliedTo: [{ serviceAccount: { name: 'robot', namespace: 'pay' } }] },
      'allow',
    ],
    ['neither the policy nor the rule says to whom', { egress: [{ action: 'Drop' }], appliedTo: undefined }, 'unknown'],
    ['egress that is no list', { egress: 1 }, 'unknown'],
  ])('%s', (_, spec, decision) => {
    expect(ask([...CLUSTER, acnp('a', spec)], OUT).decision).toBe(decision);
  });

  test.each([
    ['of the same namespace', 'pod:pay/db', { match: 'Self' }, 'deny'],
    ['of another namespace', 'pod:shop/web', { match: 'Self' }, 'allow'],
    ['of a namespace with another label', 'pod:shop/web', { sameLabels: ['team'] }, 'allow'],
    ['of a namespace without the label', 'pod:pay/db', { sameLabels: ['tier'] }, 'allow'],
    ['of a namespace with the same label', 'pod:pay/db', { sameLabels: ['team'] }, 'deny'],
    ['matched in a way that is not known', 'pod:pay/db', { match: 'Other' }, 'unknown'],
  ])('pods %s', (_, to, namespaces, decision) => {
    expect(ask([...CLUSTER, acnp('a', rule({ to: [{ namespaces }] }))], { ...OUT, to }).decision).toBe(decision);
  });
});

test('who enforces them', () => {
  const status = (engine: Engine) => readRuleBook([acnp('a', DROP)], { engine }).coverage.map(entry => entry.status);
  expect([status(ANTREA), status(CALICO)]).toEqual([['evaluated'], ['not-enforced']]);
  expect(ask([...CLUSTER, acnp('a', DROP)], { ...OUT, engine: CALICO }).decision).toBe('allow');
  expect(ask([...CLUSTER, acnp('a', ALLOW), egress('pay/deny')], { ...OUT, engine: UNKNOWN }).decision).toBe('unknown');
});

test('a rejection, a layer-7 rule and a name are told as such', () => {
  const told = (fields: object) =>
    ask([...CLUSTER, acnp('a', { egress: [fields] })], OUT)
      .flows.flatMap(flow => flow.assumptions)
      .join();
  expect(told({ action: 'Reject' })).toContain('answer');
  expect(told({ action: 'Allow', l7Protocols: [{ http: {} }] })).toContain('layer-7');
  expect(told({ action: 'Allow', to: [{ fqdn: 'api.stripe.com' }] })).toContain('DNS answers');
});
