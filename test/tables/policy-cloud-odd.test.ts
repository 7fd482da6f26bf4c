/** What is wrong with GKE's and EKS' own kinds, told word by word, and what it makes of the answer. */
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/model.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { type Ask, ask, CALICO, CLUSTER, egress, namespace, node, pod, UNKNOWN } from './policy-builders.ts';

const GKE: Engine = { name: 'gke-dataplane-v2', version: null, evidence: 'given' };
const EKS: Engine = { name: 'aws-vpc-cni', version: '1.21.1', evidence: 'given' };
const OUT: Ask = { to: 'api.stripe.com', dns: { 'api.stripe.com': ['203.0.113.43'] } };
const PING: Ask = { ...OUT, protocol: 'ICMP', icmpType: 8 };
const IN: Ask = { from: 'pay/api', to: 'pod:pay/db', port: 5432 };
const AUTO_LABEL = { 'eks.amazonaws.com/compute-type': 'auto' };
const AUTO = [
  namespace('pay', { team: 'pay' }),
  node('a', '192.0.2.10', AUTO_LABEL),
  pod('pay/api', { labels: { app: 'api' } }),
  pod('pay/db', { labels: { app: 'db' }, ip: '10.244.0.2', ports: [{ name: 'sql', containerPort: 5432 }] }),
  pod('pay/onhost', { labels: { app: 'onhost' }, ip: '192.0.2.10', hostNetwork: true }),
];

function object(apiVersion: string, kind: string, spec: unknown, namespaced = true): object {
  return { apiVersion, kind, metadata: namespaced ? { name: 'x', namespace: 'pay' } : { name: 'x' }, spec };
}

type Row = readonly [what: string, spec: unknown, problems: readonly string[], decision: string, ask?: Ask];

function table(title: string, engine: Engine, of: (spec: unknown) => object, rows: readonly Row[]): void {
  describe(title, () => {
    for (const [what, spec, problems, decision, asked = OUT] of rows)
      test(what, () => {
        const written = of(spec);
        const { kind } = written as { kind: string };
        const shown = { ClusterNetworkPolicy: 'ClusterNetworkPolicy.networking.k8s.aws x' }[kind] ?? `${kind} pay/x`;
        const objects = [...AUTO, written];
        expect(readRuleBook(objects, { engine }).problems).toEqual(problems.map(why => ({ object: shown, why })));
        expect(ask(objects, { ...asked, engine }).decision).toBe(decision);
      });
  });
}

const STRIPE = { name: 'api.stripe.com' };
const fqdn = (spec: unknown) => object('networking.gke.io/v1alpha1', 'FQDNNetworkPolicy', spec);
const matches = (...list: readonly unknown[]) => ({ podSelector: {}, egress: [{ matches: list }] });
const badMatch = (match: unknown): Row => [
  `the match ${JSON.stringify(match)}`,
  matches(match),
  [`egress[0].matches[0]: invalid match ${JSON.stringify(match)}`],
  'unknown',
];

table('FQDNNetworkPolicy', GKE, fqdn, [
  ['a name', matches(STRIPE), [], 'allow'],
  ['a name without a pattern', matches({ name: 'api.stripe.com', pattern: null }), [], 'allow'],
  ['one of several', matches({ name: 'a.b' }, { pattern: '*.stripe.com' }), [], 'allow'],
  badMatch({ name: '*.stripe.com' }),
  ...['api stripe.com', 'https://api.stripe.com', 'api.stripe.com/', ''].map(name => badMatch({ name })),
  badMatch({ name: 7 }),
  badMatch({ name: 'a.b', pattern: '*.b' }),
  badMatch({ name: 'api.stripe.com', newer: 1 }),
  badMatch({}),
  badMatch('api.stripe.com'),
  ['a field that is not known', { ...matches(STRIPE), newer: 1 }, ['the field "newer" is not known'], 'unknown'],
  ['no list of rules', { podSelector: {}, egress: {} }, ['egress is not a list'], 'unknown'],
  ['no rules', { podSelector: {} }, [], 'deny'],
  [
    'a rule that is no object',
    { podSelector: {}, egress: ['all'] },
    ['egress[0] is no list of matches with ports'],
    'unknown',
  ],
  [
    'a rule without matches',
    { podSelector: {}, egress: [{ ports: [] }] },
    ['egress[0] is no list of matches with ports'],
    'unknown',
  ],
  [
    'a rule with another field',
    { podSelector: {}, egress: [{ matches: [{ name: 'a.b' }], to: [] }] },
    ['egress[0] is no list of matches with ports (it has "to")'],
    'unknown',
  ],
  ['a port', { podSelector: {}, egress: [{ matches: [STRIPE], ports: [{ port: 443 }] }] }, [], 'allow'],
  ['another port', { podSelector: {}, egress: [{ matches: [STRIPE], ports: [{ port: 80 }] }] }, [], 'deny'],
  [
    'a port that cannot be read',
    { podSelector: {}, egress: [{ matches: [STRIPE], ports: [443] }] },
    ['egress[0].ports[0]: no object'],
    'unknown',
  ],
  ['no selector is every pod', { egress: [] }, [expect.stringMatching(/^podSelector/)], 'deny'],
  ['no spec is every pod, and no name', null, [expect.stringMatching(/^podSelector/)], 'deny'],
  [
    'lookups are not documented',
    matches(STRIPE),
    [],
    'unknown',
    { ...OUT, to: '203.0.113.9', port: 53, protocol: 'UDP' },
  ],
  ['nor are they by TCP', matches(STRIPE), [], 'unknown', { ...OUT, to: '203.0.113.9', port: 53 }],
  ['nor is a ping', matches(STRIPE), [], 'unknown', { ...PING, to: '203.0.113.9' }],
  [
    'it says nothing of what comes in',
    { ...matches(STRIPE), podSelector: { matchLabels: { app: 'db' } } },
    [],
    'allow',
    IN,
  ],
]);

const application = (spec: unknown) => object('networking.k8s.aws/v1alpha1', 'ApplicationNetworkPolicy', spec);
const to = (...peers: readonly unknown[]) => ({ podSelector: {}, policyTypes: ['Egress'], egress: [{ to: peers }] });
const badName = (domainNames: unknown, problem: string, more: object = {}): Row => [
  `domainNames ${JSON.stringify(domainNames)}${Object.keys(more).map(key => ` with ${key}`)}`,
  to({ domainNames, ...more }),
  [`egress[0].to[0]: ${problem}`],
  'unknown',
];

table('ApplicationNetworkPolicy', EKS, application, [
  ['two names', to({ domainNames: ['a.b', 'api.stripe.com'] }), [], 'allow'],
  ['a name with a dot at its end', to({ domainNames: ['api.stripe.com.'] }), [], 'allow'],
  ['a star is a pattern, not a name', to({ domainNames: ['*.stripe.com'] }), [], 'allow'],
  ...['stripe', 'https://api.stripe.com', 'api.stripe.com/', 'api.*.com', '*'].map(name =>
    badName([name], `invalid domain name ${JSON.stringify(name)}`),
  ),
  badName([7], 'invalid domain name 7'),
  badName([], 'invalid domainNames []'),
  badName('api.stripe.com', 'invalid domainNames "api.stripe.com"'),
  badName(['api.stripe.com'], 'invalid domainNames ["api.stripe.com"]', { podSelector: {} }),
  [
    'names in an ingress rule',
    { podSelector: { matchLabels: { app: 'db' } }, ingress: [{ from: [{ domainNames: ['a.b'] }] }] },
    ['ingress[0].from[0]: invalid domainNames ["a.b"]'],
    'unknown',
    IN,
  ],
  ['a field', { podSelector: {}, newer: 1 }, ['the field "newer" is not known'], 'unknown'],
  [
    'types that are no list',
    { podSelector: {}, policyTypes: 'Egress' },
    ['policyTypes "Egress" are not known'],
    'unknown',
  ],
  [
    'a type beside a known one',
    { podSelector: {}, policyTypes: ['Egress', 'Sideways'] },
    ['policyTypes ["Egress","Sideways"] are not known'],
    'unknown',
  ],
  [
    'types that are null: egress where it has a rule',
    { podSelector: {}, policyTypes: null, egress: [{ to: [] }] },
    [],
    'allow',
  ],
  ['no types: egress where it has a rule', { ...to({ domainNames: ['a.b'] }), policyTypes: undefined }, [], 'deny'],
  ['no types and no egress rule', { podSelector: {}, egress: [] }, [], 'allow'],
  ['no types: ingress always', { podSelector: {} }, [], 'deny', IN],
  ['no types and an egress rule: ingress all the same', { podSelector: {}, egress: [{}] }, [], 'deny', IN],
  ['an empty list of types is none', { podSelector: {}, policyTypes: [] }, [], 'deny', IN],
  ['the type Egress alone', { podSelector: {}, policyTypes: ['Egress'], egress: [{}] }, [], 'allow', IN],
  ['the type Ingress alone', { podSelector: {}, policyTypes: ['Ingress'], egress: [] }, [], 'allow'],
  ['no list of rules', { podSelector: {}, policyTypes: ['Egress'], egress: {} }, ['egress is not a list'], 'unknown'],
  ['rules that are null', { podSelector: {}, policyTypes: ['Egress'], egress: null }, [], 'deny'],
  ['no rules', { podSelector: {}, policyTypes: ['Egress'] }, [], 'deny'],
  [
    'a rule that is no object',
    { podSelector: {}, policyTypes: ['Egress'], egress: ['all'] },
    ['egress[0] is no object'],
    'unknown',
  ],
  [
    'a field of a rule',
    { podSelector: {}, policyTypes: ['Egress'], egress: [{ from: [] }] },
    ['egress[0] has the unknown field "from"'],
    'unknown',
  ],
  [
    'no list of peers',
    { podSelector: {}, policyTypes: ['Egress'], egress: [{ to: {} }] },
    ['egress[0].to is not a list'],
    'unknown',
  ],
  [
    'who comes in',
    {
      podSelector: { matchLabels: { app: 'db' } },
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'api' } } }] }],
    },
    [],
    'allow',
    IN,
  ],
  [
    'who does not',
    {
      podSelector: { matchLabels: { app: 'db' } },
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }] }],
    },
    [],
    'deny',
    IN,
  ],
  [
    'a named port of what comes in',
    { podSelector: { matchLabels: { app: 'db' } }, ingress: [{ ports: [{ port: 'sql' }] }] },
    [],
    'allow',
    IN,
  ],
  ['ICMP is left to the plugin', { podSelector: {}, policyTypes: ['Egress'], egress: [] }, [], 'unknown', PING],
  ['also without rules', { podSelector: {}, policyTypes: ['Egress'] }, [], 'unknown', PING],
  [
    'a pod of its node’s network is left to the plugin',
    { podSelector: {}, policyTypes: ['Egress'] },
    [],
    'unknown',
    { ...OUT, from: 'pay/onhost' },
  ],
]);

test('what is told of a name holds where a name is among the peers', () => {
  const told = (spec: object) =>
    ask([...AUTO, application(spec)], { ...OUT, engine: EKS })
      .flows.flatMap(({ assumptions }) => assumptions)
      .join();
  expect(told(to({ domainNames: ['api.stripe.com'] }, { ipBlock: { cidr: '10.0.0.0/8' } }))).toContain(
    'domainNames hold',
  );
  expect(told(to({ ipBlock: { cidr: '203.0.113.0/24' } }))).not.toContain('domainNames hold');
});

const cluster = (spec: unknown) => object('networking.k8s.aws/v1alpha1', 'ClusterNetworkPolicy', spec, false);
const ADMIN = { tier: 'Admin', priority: 5, subject: { namespaces: {} } };
const rule = (more: object) => ({ ...ADMIN, egress: [{ action: 'Deny', to: [{ networks: ['0.0.0.0/0'] }], ...more }] });

table('ClusterNetworkPolicy', EKS, cluster, [
  ['a rule', rule({}), [], 'deny'],
  ['a tier', { ...rule({}), tier: 'Middle' }, ['unknown tier "Middle": whom it binds is not known'], 'unknown'],
  ['no tier', { ...rule({}), tier: undefined }, ['unknown tier nothing: whom it binds is not known'], 'unknown'],
  ['a priority that is no number', { ...rule({}), priority: '5' }, ['priority "5" is no number'], 'unknown'],
  ['no rules', { ...ADMIN }, [], 'allow'],
  ['rules that are null', { ...ADMIN, egress: null, ingress: [] }, [], 'allow'],
  ['no list of rules', { ...ADMIN, egress: {} }, ['egress is not a list'], 'unknown'],
  ['a rule that is no object', { ...ADMIN, egress: ['all'] }, ['egress[0] is no object'], 'unknown'],
  ['a field of a rule', rule({ newer: 1 }), ['egress[0] has the unknown field "newer"'], 'unknown'],
  ['an action', rule({ action: 'Drop' }), ['egress[0]: unknown action "Drop"'], 'unknown'],
  ['an action that is no text', rule({ action: ['Deny'] }), ['egress[0]: unknown action ["Deny"]'], 'unknown'],
  ['ports in upstream’s newer form', rule({ protocols: [{ tcp: { destinationPort: { number: 80 } } }] }), [], 'allow'],
  ['the same, and this one', rule({ protocols: [{ tcp: { destinationPort: { number: 443 } } }] }), [], 'deny'],
  ['ports in the older form', rule({ ports: [{ portNumber: { protocol: 'TCP', port: 443 } }] }), [], 'deny'],
  [
    'a name',
    {
      ...ADMIN,
      egress: [
        { action: 'Accept', to: [{ domainNames: ['api.stripe.com'] }] },
        { action: 'Deny', to: [{ networks: ['0.0.0.0/0'] }] },
      ],
    },
    [],
    'unknown',
  ],
]);

const second = (spec: object) => ({ ...cluster({ ...ADMIN, ...spec }), metadata: { name: 'y' } });
const EVERY = [{ to: [{ networks: ['0.0.0.0/0'] }] }];

test('a name lets out on nodes of Auto Mode, and nowhere else for certain', () => {
  const accept = cluster({ ...ADMIN, egress: [{ action: 'Accept', to: [{ domainNames: ['api.stripe.com'] }] }] });
  const decide = (objects: readonly object[]) =>
    ask([...objects, accept, egress('pay/deny')], { ...OUT, engine: EKS }).decision;
  expect(decide(AUTO)).toBe('allow');
  expect(decide([...AUTO, node('b', '192.0.2.11')])).toBe('unknown');
  expect(decide(AUTO.filter(each => (each as { kind: string }).kind !== 'Node'))).toBe('unknown');
});

test('policies of one kind do not make another policy’s denial come first', () => {
  const [accept, deny] = ['Accept', 'Deny'].map(action => EVERY.map(to_ => ({ action, ...to_ })));
  const decide = (...objects: readonly object[]) => ask([...AUTO, ...objects], { ...OUT, engine: EKS }).decision;
  expect(decide(cluster({ ...ADMIN, egress: accept }), second({ egress: deny, priority: 9 }))).toBe('unknown');
  expect(decide(cluster({ ...ADMIN, egress: accept }), second({ ingress: deny, priority: 9 }))).toBe('allow');
  expect(
    decide(cluster({ ...ADMIN, egress: accept }), second({ egress: accept, priority: 9 }), egress('pay/deny')),
  ).toBe('allow');
});

describe('who enforces them', () => {
  const objects = [fqdn(matches(STRIPE)), application({ podSelector: {} }), cluster(rule({}))];
  const spots = (engine: Engine, more: readonly object[] = []) =>
    readRuleBook([...objects, ...more], { engine }).blindSpots.map(({ object: name, namespaces, effect }) => [
      name,
      namespaces,
      effect,
    ]);

  test('where that is not known, each of them may decide', () => {
    expect(spots(UNKNOWN)).toEqual([
      ['ApplicationNetworkPolicy pay/x', ['pay'], 'may-decide'],
      ['ClusterNetworkPolicy.networking.k8s.aws x', 'all', 'may-decide'],
      ['FQDNNetworkPolicy pay/x', ['pay'], 'may-decide'],
    ]);
    expect(readRuleBook(objects, { engine: UNKNOWN }).problems).toHaveLength(3);
  });
  test('nodes of Auto Mode are enough for EKS’ own', () => {
    expect(spots(UNKNOWN, AUTO).map(([name]) => name)).toEqual(['FQDNNetworkPolicy pay/x']);
    expect(spots(UNKNOWN, [...AUTO, ...CLUSTER])).toHaveLength(3);
  });
  test('elsewhere none of them is enforced', () => {
    expect(spots(CALICO)).toEqual([]);
    const { coverage } = readRuleBook(objects, { engine: CALICO });
    expect(coverage.map(({ kind, status }) => [kind, status])).toEqual([
      ['ApplicationNetworkPolicy.networking.k8s.aws', 'not-enforced'],
      ['ClusterNetworkPolicy.networking.k8s.aws', 'not-enforced'],
      ['FQDNNetworkPolicy.networking.gke.io', 'not-enforced'],
    ]);
  });
});

const IDS = { securityGroups: { groupIds: ['sg-1', 7, 'sg-2'] } };
const groups = (spec: unknown) => object('vpcresources.k8s.aws/v1beta1', 'SecurityGroupPolicy', spec);

table('SecurityGroupPolicy', EKS, groups, [
  ['by pod', { podSelector: {}, serviceAccountSelector: null, ...IDS }, [], 'unknown'],
  ['without a selector', IDS, ['it has no selector'], 'unknown'],
  [
    'with a selector that cannot be read',
    { podSelector: 'all', ...IDS },
    [expect.stringMatching(/^podSelector/)],
    'unknown',
  ],
  ['where something comes in as well', { podSelector: { matchLabels: { app: 'db' } }, ...IDS }, [], 'unknown', IN],
  [
    'of a pod of its node’s network, which has none',
    { podSelector: {}, ...IDS },
    [],
    'allow',
    { ...OUT, from: 'pay/onhost' },
  ],
]);

test('a SecurityGroupPolicy by service account is for the pods of the accounts that it selects', () => {
  const account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace: 'pay', labels: { a: 'b' } },
  };
  const decide = (labels: object) =>
    ask([...AUTO, account, groups({ serviceAccountSelector: { matchLabels: labels }, ...IDS })], {
      ...OUT,
      engine: EKS,
    }).decision;
  expect([decide({ a: 'b' }), decide({ a: 'c' })]).toEqual(['unknown', 'allow']);
});

test('a SecurityGroupPolicy with both selectors is for pods that both select', () => {
  const account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace: 'pay', labels: { a: 'b' } },
  };
  const decide = (app: string, a: string) =>
    ask(
      [
        ...AUTO,
        account,
        groups({ podSelector: { matchLabels: { app } }, serviceAccountSelector: { matchLabels: { a } }, ...IDS }),
      ],
      { ...OUT, engine: EKS },
    ).decision;
  expect([decide('api', 'b'), decide('api', 'c'), decide('db', 'b')]).toEqual(['unknown', 'allow', 'allow']);
});

test('a SecurityGroupPolicy holds where no network plugin enforces anything', () => {
  const engine: Engine = { name: 'none', version: null, evidence: 'given' };
  expect(ask([...AUTO, groups({ podSelector: {}, ...IDS })], { ...OUT, engine }).decision).toBe('unknown');
});

test('a SecurityGroupPolicy names its groups, or says that it names none', () => {
  const why = (spec: object) => ask([...AUTO, groups({ podSelector: {}, ...spec })], { ...OUT, engine: EKS }).why;
  expect(why(IDS)).toContain('security groups sg-1, sg-2 of AWS decide');
  expect(why({})).toContain('security groups that it does not name of AWS decide');
});
