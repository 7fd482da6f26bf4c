/**
 * What is wrong with an administrator's policy, told word by word, and what it makes of the answer. Each row is one
 * policy that selects the pod, or may, over a default that allows.
 */
import { describe, expect, test } from 'vitest';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { type Ask, ask, CALICO, CLUSTER, UNKNOWN } from './policy-builders.ts';

const OUT: Ask = { to: '203.0.113.43' };
const ALL = { networks: ['0.0.0.0/0', '::/0'] };

function policy(kind: string, spec: object, name = 'p'): object {
  const version = kind === 'ClusterNetworkPolicy' ? 'v1alpha2' : 'v1alpha1';
  return { apiVersion: `policy.networking.k8s.io/${version}`, kind, metadata: { name }, spec };
}

const SUBJECT = { namespaces: {} };
/** ClusterNetworkPolicy, AdminNetworkPolicy, BaselineAdminNetworkPolicy: each with one egress rule. */
const cnp = (rule: object, more: object = {}) =>
  policy('ClusterNetworkPolicy', { tier: 'Admin', priority: 1, subject: SUBJECT, egress: [rule], ...more });
const anp = (rule: object, more: object = {}) =>
  policy('AdminNetworkPolicy', { priority: 1, subject: SUBJECT, egress: [rule], ...more });
const banp = (rule: object, more: object = {}, name = 'default') =>
  policy('BaselineAdminNetworkPolicy', { subject: SUBJECT, egress: [rule], ...more }, name);
const deny = (to: unknown, more: object = {}) => ({ action: 'Deny', to: [to], ...more });

type Row = readonly [what: string, object: object, problems: readonly string[], decision: string, asked?: Ask];

function check(object: object, problems: readonly string[], decision: string, asked: Ask = OUT): void {
  const objects = [...CLUSTER, object];
  expect(readRuleBook(objects, { engine: UNKNOWN }).problems.map(({ why }) => why)).toEqual(problems);
  expect(ask(objects, asked).decision).toBe(decision);
}

describe('peers', () => {
  const POD: Ask = { to: 'pod:shop/web', port: 8080 };
  const rows: readonly Row[] = [
    ['all of it', cnp(deny(ALL)), [], 'deny'],
    ['no list', cnp({ action: 'Deny', to: ALL }), ['egress[0].to names no peer'], 'unknown'],
    ['an empty list', cnp({ action: 'Deny', to: [] }), ['egress[0].to names no peer'], 'unknown'],
    ['no object', cnp(deny('all')), ['egress[0].to[0] is no object'], 'unknown'],
    ['two fields', cnp(deny({ ...ALL, nodes: {} })), ['egress[0].to[0] has networks and nodes together'], 'unknown'],
    ['a field beside one that is null', cnp(deny({ ...ALL, nodes: null, pods: undefined })), [], 'deny'],
    ['no field', cnp(deny({})), ['egress[0].to[0] has no field that this version knows'], 'deny'],
    [
      'a field of a later version beside a known one',
      cnp(deny({ networks: ['198.51.100.0/24'], weather: 'rain' })),
      ['egress[0].to[0] has the field "weather", which this version does not know'],
      'deny',
    ],
    [
      'the same in an accept rule',
      cnp({ action: 'Accept', to: [{ weather: 'rain' }] }),
      ['egress[0].to[0] has the field "weather", which this version does not know'],
      'allow',
    ],
    ['pods: no object', cnp(deny({ pods: 'all' })), ['egress[0].to[0].pods is no object'], 'unknown', POD],
    ['pods: nothing said means all', cnp(deny({ pods: {} })), [], 'deny', POD],
    [
      'pods by their label alone',
      cnp(deny({ pods: { podSelector: { matchLabels: { app: 'web' } } } })),
      [],
      'deny',
      POD,
    ],
    ['pods of another label', cnp(deny({ pods: { podSelector: { matchLabels: { app: 'db' } } } })), [], 'allow', POD],
    [
      'pods by their namespace alone',
      cnp(deny({ pods: { namespaceSelector: { matchLabels: { team: 'shop' } } } })),
      [],
      'deny',
      POD,
    ],
    [
      'pods of another namespace',
      cnp(deny({ pods: { namespaceSelector: { matchLabels: { team: 'pay' } } } })),
      [],
      'allow',
      POD,
    ],
    ['namespaces', cnp(deny({ namespaces: { matchLabels: { team: 'shop' } } })), [], 'deny', POD],
    ['an address is in no namespace', cnp(deny({ namespaces: {} })), [], 'allow'],
    [
      'networks: no list',
      cnp(deny({ networks: '0.0.0.0/0' })),
      ['egress[0].to[0].networks is no list with items'],
      'unknown',
    ],
    ['networks: empty', cnp(deny({ networks: [] })), ['egress[0].to[0].networks is no list with items'], 'unknown'],
    ['networks: a number', cnp(deny({ networks: [7] })), ['egress[0].to[0].networks[0]: invalid CIDR 7'], 'unknown'],
    [
      'networks: not to be read',
      cnp(deny({ networks: ['203.0.113.0/33'] })),
      ['egress[0].to[0].networks[0]: invalid CIDR "203.0.113.0/33": invalid CIDR "203.0.113.0/33"'],
      'unknown',
    ],
    [
      'networks: host bits',
      cnp(deny({ networks: ['203.0.113.43/24'] })),
      ['egress[0].to[0].networks[0]: host bits set in "203.0.113.43/24": it means 203.0.113.0/24'],
      'deny',
    ],
    ['networks cover pods', cnp(deny({ networks: ['10.244.0.0/16'] })), [], 'deny', POD],
    ['networks cover nodes', cnp(deny({ networks: ['192.0.2.0/24'] })), [], 'deny', { to: '192.0.2.11' }],
    [
      'domainNames: no list',
      cnp({ action: 'Accept', to: [{ domainNames: 'stripe.com' }] }),
      ['egress[0].to[0].domainNames is no list with items'],
      'allow',
    ],
    [
      'domainNames: a number',
      cnp({ action: 'Accept', to: [{ domainNames: [7] }] }),
      ['egress[0].to[0].domainNames[0]: invalid domain name 7'],
      'allow',
    ],
    [
      'domainNames: a star in the middle',
      cnp({ action: 'Accept', to: [{ domainNames: ['api.*.com'] }] }),
      ['egress[0].to[0].domainNames[0]: invalid domain name "api.*.com"'],
      'allow',
    ],
    [
      'domainNames of the baseline tier',
      cnp({ action: 'Accept', to: [{ domainNames: ['stripe.com'] }] }, { tier: 'Baseline' }),
      ['egress[0].to[0].domainNames: domainNames is for accept rules of the admin tier only'],
      'allow',
    ],
    [
      'nodes in ingress are of no version',
      policy('ClusterNetworkPolicy', {
        tier: 'Admin',
        priority: 1,
        subject: SUBJECT,
        ingress: [{ action: 'Deny', from: [{ nodes: {} }] }],
      }),
      ['ingress[0].from[0] has the field "nodes", which this version does not know'],
      'deny',
      POD,
    ],
  ];
  test.each(rows.map(([what, ...given]) => ({ what, given })))('$what', ({ given }) => check(...given));
});

describe('ports of v1alpha2', () => {
  const protocols = (...list: readonly unknown[]) => cnp(deny(ALL, { protocols: list }));
  const at = 'egress[0].protocols[0]';
  const rows: readonly Row[] = [
    ['absent', cnp(deny(ALL, { protocols: null })), [], 'deny'],
    ['empty means all', protocols(), [], 'deny'],
    ['no list', cnp(deny(ALL, { protocols: {} })), ['egress[0].protocols is not a list'], 'unknown'],
    ['no object', protocols('tcp'), [`${at} is no object`], 'unknown'],
    ['nothing', protocols({}), [`${at} names not exactly one protocol`], 'unknown'],
    ['nothing but null', protocols({ tcp: null, udp: undefined }), [`${at} names not exactly one protocol`], 'unknown'],
    ['two', protocols({ tcp: {}, udp: {} }), [`${at} names not exactly one protocol`], 'unknown'],
    ['one and a null', protocols({ tcp: {}, udp: null, sctp: undefined }), [], 'deny'],
    ['an unknown one', protocols({ icmp: {} }), [`${at}: unknown protocol "icmp"`], 'unknown'],
    ['one that is no object', protocols({ tcp: 443 }), [`${at}: unknown protocol "tcp"`], 'unknown'],
    ['all of its ports', protocols({ tcp: { destinationPort: null } }), [], 'deny', { ...OUT, port: 1 }],
    ['of another one', protocols({ udp: {} }), [], 'allow'],
    [
      'a port that is no object',
      protocols({ tcp: { destinationPort: 443 } }),
      [`${at}.tcp.destinationPort is no object`],
      'unknown',
    ],
    ['its port', protocols({ tcp: { destinationPort: { number: 443 } } }), [], 'deny'],
    ['another port', protocols({ tcp: { destinationPort: { number: 444 } } }), [], 'allow'],
    [
      'the first port of a range',
      protocols({ tcp: { destinationPort: { range: { start: 443, end: 450 } } } }),
      [],
      'deny',
    ],
    [
      'the last port of a range',
      protocols({ tcp: { destinationPort: { range: { start: 1, end: 443 } } } }),
      [],
      'deny',
    ],
    ['a range of one', protocols({ tcp: { destinationPort: { range: { start: 443, end: 443 } } } }), [], 'deny'],
    [
      'a reversed range',
      protocols({ tcp: { destinationPort: { range: { start: 450, end: 443 } } } }),
      [`${at}: port range reversed: 450-443`],
      'unknown',
    ],
    [
      'a range without an end',
      protocols({ tcp: { destinationPort: { range: { start: 1 } } } }),
      [`${at}: port out of range: nothing`],
      'unknown',
    ],
    ['port 0', protocols({ tcp: { destinationPort: { number: 0 } } }), [`${at}: port out of range: 0`], 'unknown'],
    [
      'port 65536',
      protocols({ tcp: { destinationPort: { number: 65536 } } }),
      [`${at}: port out of range: 65536`],
      'unknown',
    ],
    ['port 1', protocols({ tcp: { destinationPort: { number: 1 } } }), [], 'deny', { ...OUT, port: 1 }],
    ['port 65535', protocols({ tcp: { destinationPort: { number: 65535 } } }), [], 'deny', { ...OUT, port: 65_535 }],
    [
      'half a port',
      protocols({ tcp: { destinationPort: { number: 1.5 } } }),
      [`${at}: port out of range: 1.5`],
      'unknown',
    ],
    [
      'a port in words',
      protocols({ tcp: { destinationPort: { number: '443' } } }),
      [`${at}: port out of range: "443"`],
      'unknown',
    ],
    [
      'a name on the pod, whatever its protocol',
      protocols({ destinationNamedPort: 'dns' }),
      [],
      'allow',
      { to: 'pod:shop/web', port: 8080 },
    ],
    ['no name', protocols({ destinationNamedPort: '' }), [`${at}: invalid port name ""`], 'unknown'],
    ['a name that is a number', protocols({ destinationNamedPort: 80 }), [`${at}: invalid port name 80`], 'unknown'],
  ];
  test.each(rows.map(([what, ...given]) => ({ what, given })))('$what', ({ given }) => check(...given));
});

describe('ports of v1alpha1', () => {
  const ports = (...list: readonly unknown[]) => anp(deny(ALL, { ports: list }));
  const at = 'egress[0].ports[0]';
  const rows: readonly Row[] = [
    ['no list', anp(deny(ALL, { ports: {} })), ['egress[0].ports is not a list'], 'unknown'],
    ['nothing', ports({}), [`${at} names not exactly one port`], 'unknown'],
    ['two', ports({ portNumber: { port: 443 }, namedPort: 'x' }), [`${at} names not exactly one port`], 'unknown'],
    ['one and a null', ports({ portNumber: { port: 443 }, namedPort: null, portRange: undefined }), [], 'deny'],
    ['an unknown field', ports({ portList: {} }), [`${at}: unknown field "portList"`], 'unknown'],
    ['a field that is no object', ports({ portNumber: 443 }), [`${at}: unknown field "portNumber"`], 'unknown'],
    [
      'an unknown protocol',
      ports({ portNumber: { port: 443, protocol: 'GRE' } }),
      [`${at}: unknown protocol "GRE"`],
      'unknown',
    ],
    ['of another protocol', ports({ portNumber: { port: 443, protocol: 'UDP' } }), [], 'allow'],
    ['its port', ports({ portNumber: { port: 443, protocol: 'TCP' } }), [], 'deny'],
    ['within a range', ports({ portRange: { start: 400, end: 500 } }), [], 'deny'],
    ['beside a range', ports({ portRange: { start: 444, end: 500 } }), [], 'allow'],
    ['a name on the pod', ports({ namedPort: 'http' }), [], 'allow', { to: 'pod:shop/web', port: 8081 }],
  ];
  test.each(rows.map(([what, ...given]) => ({ what, given })))('$what', ({ given }) => check(...given));
  test('a field that its version does not know is dropped by the API server, so the other version’s word for ports narrows nothing', () => {
    check(anp(deny(ALL, { protocols: [{ udp: {} }] })), [], 'deny');
    check(cnp(deny(ALL, { ports: [{ portNumber: { port: 80 } }] })), [], 'deny');
  });
});

describe('rules, tiers and subjects', () => {
  const rows: readonly Row[] = [
    [
      'no spec',
      { ...policy('AdminNetworkPolicy', {}), spec: 7 },
      [
        'no spec: read as an empty one',
        'subject has no field that is known',
        'priority nothing is no whole number: read as the last',
      ],
      'allow',
    ],
    ['rules that are no list', anp({}, { egress: {} }), ['egress is not a list'], 'unknown'],
    ['a rule that is no object', anp({}, { egress: ['Deny'] }), ['egress[0] is no object'], 'unknown'],
    ['no rules', anp({}, { egress: [] }), [], 'allow'],
    [
      'v1alpha2’s word in v1alpha1',
      anp({ action: 'Accept', to: [ALL] }),
      ['egress[0]: unknown action "Accept"'],
      'unknown',
    ],
    [
      'v1alpha1’s word in v1alpha2',
      cnp({ action: 'Allow', to: [ALL] }),
      ['egress[0]: unknown action "Allow"'],
      'unknown',
    ],
    ['no action', cnp({ to: [ALL] }), ['egress[0]: unknown action nothing'], 'unknown'],
    [
      'a baseline that passes',
      banp({ action: 'Pass', to: [ALL] }),
      ['egress[0]: unknown action "Pass": a baseline has nothing to pass to'],
      'unknown',
    ],
    ['a baseline that denies', banp(deny(ALL)), [], 'deny'],
    ['a baseline of another name', banp(deny(ALL), {}, 'mine'), ['only the name default exists'], 'unknown'],
    ['an admin policy may have any name', anp(deny(ALL)), [], 'deny'],
    ['an unknown tier', cnp(deny(ALL), { tier: 'admin' }), ['unknown tier "admin": read as Admin'], 'deny'],
    ['no priority', cnp(deny(ALL), { priority: '1' }), ['priority "1" is no whole number: read as the last'], 'deny'],
    [
      'half a priority',
      cnp(deny(ALL), { priority: 0.5 }),
      ['priority 0.5 is no whole number: read as the last'],
      'deny',
    ],
    ['priority -1', cnp(deny(ALL), { priority: -1 }), ['priority out of range: -1 is not in 0-1000'], 'deny'],
    ['priority 1001', cnp(deny(ALL), { priority: 1001 }), ['priority out of range: 1001 is not in 0-1000'], 'deny'],
    ['priority 0', cnp(deny(ALL), { priority: 0 }), [], 'deny'],
    ['priority 1000', cnp(deny(ALL), { priority: 1000 }), [], 'deny'],
    ['a baseline needs no priority', banp(deny(ALL), { priority: 'x' }), [], 'deny'],
    [
      'pods of namespaces as the first releases had them',
      anp(deny({ pods: { namespaces: { namespaceSelector: { matchLabels: { team: 'pay' } } }, podSelector: {} } })),
      ['egress[0].to[0].pods has the unknown field "namespaces"'],
      'unknown',
      { to: 'pod:shop/web' },
    ],
    [
      'a subject as the first releases had it',
      anp(deny(ALL), { subject: { pods: { namespaces: { matchLabels: { team: 'shop' } }, podSelector: {} } } }),
      ['subject.pods has the unknown field "namespaces"'],
      'unknown',
    ],
    [
      'a subject of two kinds',
      cnp(deny(ALL), { subject: { namespaces: {}, pods: { namespaceSelector: {}, podSelector: {} } } }),
      ['subject has namespaces and pods together'],
      'unknown',
    ],
    ['no subject', cnp(deny(ALL), { subject: null }), ['subject has no field that is known'], 'unknown'],
    [
      'pods of a namespace',
      cnp(deny(ALL), { subject: { pods: { namespaceSelector: { matchLabels: { team: 'pay' } } } } }),
      [],
      'deny',
    ],
    [
      'pods of another',
      cnp(deny(ALL), { subject: { pods: { namespaceSelector: { matchLabels: { team: 'shop' } } } } }),
      [],
      'allow',
    ],
    [
      'pods by label',
      cnp(deny(ALL), { subject: { pods: { podSelector: { matchLabels: { app: 'api' } } } } }),
      [],
      'deny',
    ],
    [
      'pods by another',
      cnp(deny(ALL), { subject: { pods: { podSelector: { matchLabels: { app: 'db' } } } } }),
      [],
      'allow',
    ],
  ];
  test.each(rows.map(([what, ...given]) => ({ what, given })))('$what', ({ given }) => check(...given));

  test('of two policies, the one without a priority comes last', () => {
    const accept = { action: 'Accept', to: [ALL] };
    const named = (name: string, object: object) => ({ ...object, metadata: { name } });
    const objects = [
      ...CLUSTER,
      named('a', cnp(deny(ALL), { priority: null })),
      named('b', cnp(accept, { priority: 999 })),
    ];
    expect(ask(objects, OUT)).toMatchObject({ decision: 'allow', by: ['ClusterNetworkPolicy b'] });
  });
});

test('with Calico the tiers have its names', () => {
  const tiers = (object: object, engine: Ask['engine'] = UNKNOWN) =>
    ask([...CLUSTER, object], { ...OUT, engine }).flows[0]?.trace.map(({ tier }) => tier);
  expect([tiers(cnp(deny(ALL))), tiers(banp(deny(ALL)))]).toEqual([['admin'], ['baseline']]);
  const since332 = { ...CALICO, version: '3.32.0' };
  expect([
    tiers(cnp(deny(ALL)), since332),
    tiers(cnp(deny(ALL), { tier: 'Baseline' }), since332),
    tiers(anp(deny(ALL)), CALICO),
    tiers(banp(deny(ALL)), CALICO),
  ]).toEqual([['kube-admin'], ['kube-baseline'], ['adminnetworkpolicy'], ['baselineadminnetworkpolicy']]);
});

test('what a rule of a later version does is told', () => {
  const told = (action: string) =>
    ask([...CLUSTER, cnp({ action, to: [{ weather: 'rain' }] })], OUT).flows[0]?.trace[0]?.rules[0];
  const why = 'egress[0].to[0] has the field "weather", which this version does not know';
  expect(told('Accept')).toMatchObject({ action: 'accept', match: 'no', why });
  expect(told('Deny')).toMatchObject({ action: 'deny', match: 'yes' });
  expect(told('Pass')).toMatchObject({ action: 'deny', match: 'yes' });
  expect(ask([...CLUSTER, cnp(deny({ weather: 'rain' }))], OUT).why).toContain(
    `${why}: this version fails closed and denies everything`,
  );
});
