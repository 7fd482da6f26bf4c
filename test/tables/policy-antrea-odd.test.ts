/**
 * What is wrong with a policy of Antrea's, told word by word, and what it makes of the answer. Each row is one policy that
 * selects the pod, or may, over a default that allows.
 */
import { expect, test } from 'vitest';
import type { Engine } from '../../src/model.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { type Ask, ask, CLUSTER, egress as networkPolicy, pod, UNKNOWN } from './policy-builders.ts';
import { type OddRow, oddTable } from './policy-odd-table.ts';

const ANTREA: Engine = { name: 'antrea', version: '2.1.0', evidence: 'given' };
const OUT: Ask = { to: 'api.stripe.com', dns: { 'api.stripe.com': ['203.0.113.43'] }, engine: ANTREA };
const WEB: Ask = { to: 'pod:shop/web', port: 8080, engine: ANTREA };
const PING: Ask = { ...OUT, protocol: 'ICMP', icmpType: 8 };

function object(kind: string, name: string, spec: unknown, namespace?: string): object {
  return { apiVersion: 'crd.antrea.io/v1beta1', kind, metadata: { name, ...(namespace && { namespace }) }, spec };
}
const cluster = (spec: object) =>
  object('ClusterNetworkPolicy', 'p', { priority: 5, appliedTo: [{ namespaceSelector: {} }], ...spec });
const own = (spec: object) =>
  object('NetworkPolicy', 'p', { priority: 5, appliedTo: [{ podSelector: {} }], ...spec }, 'pay');
/** A policy of the cluster, and one of the namespace, that drop what this egress rule says. */
const drop = (rule: object) => cluster({ egress: [{ action: 'Drop', ...rule }] });
const ownDrop = (rule: object) => own({ egress: [{ action: 'Drop', ...rule }] });
const allowIngress = (rule: object) => cluster({ ingress: [{ action: 'Drop', ...rule }] });
const group = (name: string, spec: object) => object('ClusterGroup', name, spec);

function table(title: string, rows: readonly OddRow[]): void {
  oddTable(title, rows, (objects, asked = OUT) => {
    const all = [...CLUSTER, ...objects];
    return { all, engine: ANTREA, decision: ask(all, asked).decision };
  });
}

const priority = (value: unknown, decision: string, shown = JSON.stringify(value)): OddRow => [
  `priority ${shown}`,
  [cluster({ egress: [{ action: 'Drop' }], priority: value })],
  decision === 'unknown' ? [`priority ${shown} is not in 1-10000`] : [],
  decision,
];
/** Between a NetworkPolicy that denies and what comes before or after it, to see which tier the policy is in. */
const inTier = (what: string, tier: unknown, objects: readonly object[], decision: string): OddRow => [
  what,
  [cluster({ egress: [{ action: 'Allow' }], tier }), networkPolicy('pay/deny'), ...objects],
  decision === 'unknown' ? [`tier ${JSON.stringify(tier)} is not known`] : [],
  decision,
];
const tier = (spec: unknown) => [object('Tier', 'other', { priority: 1 }), object('Tier', 'mine', spec)];

table('where a policy stands', [
  priority(1, 'deny'),
  priority(10_000, 'deny'),
  priority(0.5, 'unknown'),
  priority(10_001, 'unknown'),
  priority('5', 'unknown'),
  priority(null, 'unknown'),
  inTier('a tier that is null is none', null, [], 'allow'),
  inTier('a tier without a name is none', '', [], 'allow'),
  inTier('a tier that is a number', 7, [], 'unknown'),
  inTier('a tier of the cluster', 'mine', tier({ priority: 20 }), 'allow'),
  inTier('the first tier there can be', 'mine', tier({ priority: 0 }), 'allow'),
  inTier('a tier before the first', 'mine', tier({ priority: -1 }), 'unknown'),
  inTier('a tier at the place of the baseline', 'mine', tier({ priority: 253 }), 'unknown'),
  inTier('a tier whose priority is no number', 'mine', tier({ priority: '20' }), 'unknown'),
  inTier('a tier without a spec', 'mine', tier(null), 'unknown'),
  inTier('a tier that is not there', 'gone', tier({ priority: 20 }), 'unknown'),
  [
    'a policy without a spec',
    [object('ClusterNetworkPolicy', 'p', 'text')],
    ['priority nothing is not in 1-10000'],
    'unknown',
  ],
  [
    'a policy of another namespace that has no place says nothing here',
    [object('NetworkPolicy', 'p', {}, 'shop')],
    ['priority nothing is not in 1-10000'],
    'allow',
  ],
]);

table('rules', [
  ['a rule that is no object', [cluster({ egress: ['all'] })], ['egress[0] is no object'], 'unknown'],
  ['an unknown field', [drop({ newer: 1 })], ['egress[0] has the unknown field "newer"'], 'unknown'],
  [
    'an action that is no text',
    [cluster({ egress: [{ action: ['Drop'] }] })],
    ['egress[0]: unknown action ["Drop"]'],
    'unknown',
  ],
  [
    'Pass in the baseline',
    [cluster({ egress: [{ action: 'Pass' }], tier: 'baseline' })],
    ['egress[0]: unknown action "Pass" in the baseline tier'],
    'unknown',
  ],
  ['no list of rules', [cluster({ egress: { action: 'Drop' } })], ['egress[0] is no object'], 'unknown'],
]);

table('peers', [
  ['no list of peers', [drop({ to: {} })], ['egress[0].to is not a list'], 'unknown'],
  ['a list that is null is none', [drop({ to: null })], [], 'deny'],
  ['a peer that is no object', [drop({ to: ['all'] })], ['egress[0].to[0] is no object'], 'unknown'],
  [
    'a peer of the whole cluster set',
    [drop({ to: [{ podSelector: {}, scope: 'ClusterSet' }] })],
    ['egress[0].to[0]: scope "ClusterSet" reaches beyond this cluster'],
    'unknown',
  ],
  ['a peer of this cluster', [drop({ to: [{ podSelector: {}, scope: 'Cluster' }] })], [], 'deny', WEB],
  ['no Services is no field', [drop({ toServices: [], to: [{ ipBlock: { cidr: '198.51.100.0/24' } }] })], [], 'allow'],
  [
    'a Service without a name',
    [drop({ toServices: [{ namespace: 'shop' }] })],
    ['egress[0].toServices[0]: invalid Service {"namespace":"shop"}'],
    'unknown',
  ],
  [
    'a Service of another cluster',
    [drop({ toServices: [{ name: 'web', namespace: 'shop', scope: 'ClusterSet' }] })],
    ['egress[0].toServices[0]: invalid Service {"name":"web","namespace":"shop","scope":"ClusterSet"}'],
    'unknown',
  ],
  [
    'a Service of this cluster that was not asked',
    [drop({ toServices: [{ name: 'web', namespace: 'shop', scope: 'Cluster' }] })],
    [],
    'allow',
  ],
]);

const name = (fqdn: unknown, decision: string, more: object = {}): OddRow => [
  `fqdn ${JSON.stringify(fqdn)}${Object.keys(more).map(key => ` with ${key}`)}`,
  [drop({ to: [{ fqdn, ...more }] })],
  decision === 'unknown' ? [`egress[0].to[0]: invalid fqdn ${JSON.stringify(fqdn)}`] : [],
  decision,
];

table('names', [
  name('api.stripe.com', 'deny'),
  name('*.stripe.com', 'deny'),
  name('api.stripe.com/v1', 'unknown'),
  name('https://api.stripe.com', 'unknown'),
  name(7, 'unknown'),
  name('api.stripe.com', 'unknown', { podSelector: {} }),
  [
    'a name in an ingress rule',
    [allowIngress({ from: [{ fqdn: 'api.stripe.com' }] })],
    ['ingress[0].from[0]: invalid fqdn "api.stripe.com"'],
    'unknown',
    WEB,
  ],
]);

const same = (namespaces: unknown, decision: string, more: object = {}): OddRow => [
  `namespaces ${JSON.stringify(namespaces)}${Object.keys(more).map(key => ` with ${key}`)}`,
  [drop({ to: [{ namespaces, ...more }] })],
  decision === 'unknown' ? [`egress[0].to[0]: invalid namespaces ${JSON.stringify(namespaces).slice(0, 60)}`] : [],
  decision,
  { ...WEB, to: 'pod:pay/db' },
];

table('pods of the same namespace', [
  same({ match: 'Self' }, 'deny'),
  same({ match: 'self' }, 'deny'),
  same({ match: 'Self' }, 'deny', { podSelector: { matchLabels: { app: 'db' } } }),
  same({ match: 'Self' }, 'allow', { podSelector: { matchLabels: { app: 'web' } } }),
  same({ match: 'Self' }, 'unknown', { ipBlock: { cidr: '10.0.0.0/8' } }),
  same({ match: 'Self', sameLabels: ['team'] }, 'unknown'),
  same({ match: 'Other', sameLabels: ['team'] }, 'unknown'),
  same({ sameLabels: ['team'] }, 'deny'),
  same({ sameLabels: [] }, 'unknown'),
  same({ sameLabels: ['team', 7] }, 'unknown'),
  same({ sameLabels: 'team' }, 'unknown'),
  same('Self', 'unknown'),
  [
    'a policy of one namespace has no use for it',
    [ownDrop({ to: [{ namespaces: { match: 'Self' } }] })],
    ['egress[0].to[0]: invalid namespaces {"match":"Self"}'],
    'unknown',
    { ...WEB, to: 'pod:pay/db' },
  ],
]);

table('ports and protocols', [
  ['no list of ports', [drop({ ports: 443 })], ['egress[0].ports is not a list'], 'unknown'],
  [
    'a source port beside another port',
    [drop({ ports: [{ port: 80 }, { port: 443, sourcePort: 1000 }] })],
    ['egress[0].ports: a sourcePort is not evaluated'],
    'unknown',
  ],
  [
    'the end of a range of source ports',
    [drop({ ports: [{ port: 443, sourceEndPort: 1000 }] })],
    ['egress[0].ports: a sourcePort is not evaluated'],
    'unknown',
  ],
  [
    'a port beside one by its source',
    [drop({ ports: [{ port: 443 }, { port: 80, sourcePort: 1 }] })],
    ['egress[0].ports: a sourcePort is not evaluated'],
    'deny',
  ],
  ['a port that is no object', [drop({ ports: [443] })], ['egress[0].ports[0]: no object'], 'unknown'],
  ['protocols that are null are none', [drop({ protocols: null })], [], 'deny'],
  ['no list of protocols', [drop({ protocols: { icmp: {} } })], ['egress[0].protocols is not a list'], 'unknown'],
  [
    'a protocol that is not known',
    [drop({ protocols: ['icmp'] })],
    ['egress[0].protocols[0]: unknown protocol "icmp"'],
    'unknown',
  ],
  ['ICMP of any type', [drop({ protocols: [{ icmp: {} }] })], [], 'deny', PING],
  ['an echo request', [drop({ protocols: [{ icmp: { icmpType: 8, icmpCode: 0 } }] })], [], 'deny', PING],
  ['another type', [drop({ protocols: [{ icmp: { icmpType: 3 } }] })], [], 'allow', PING],
  ['another code of whatever type', [drop({ protocols: [{ icmp: { icmpCode: 1 } }] })], [], 'allow', PING],
  [
    'a code of a type that has several',
    [drop({ protocols: [{ icmp: { icmpType: 3, icmpCode: 1 } }] })],
    [],
    'unknown',
    { ...PING, icmpType: 3 },
  ],
  ['another code', [drop({ protocols: [{ icmp: { icmpType: 8, icmpCode: 1 } }] })], [], 'allow', PING],
  [
    'a type and a code that are null',
    [drop({ protocols: [{ icmp: { icmpType: null, icmpCode: null } }] })],
    [],
    'deny',
    PING,
  ],
  ['IGMP is no ping', [drop({ protocols: [{ igmp: {} }] })], [], 'allow', PING],
  [
    'a type that is no number',
    [drop({ protocols: [{ icmp: { icmpType: 'echo' } }] })],
    ['egress[0].protocols[0]: invalid icmp {"icmpType":"echo"}'],
    'unknown',
    PING,
  ],
  [
    'a code that is no number',
    [drop({ protocols: [{ icmp: { icmpType: 8, icmpCode: '0' } }] })],
    ['egress[0].protocols[0]: invalid icmp {"icmpType":8,"icmpCode":"0"}'],
    'unknown',
    PING,
  ],
]);

const block = (ipBlock: unknown, decision: string): OddRow => [
  `ipBlock ${JSON.stringify(ipBlock)}`,
  [drop({ to: [{ ipBlock }] })],
  decision === 'unknown' ? [`egress[0].to[0]: invalid ipBlock ${JSON.stringify(ipBlock).slice(0, 60)}`] : [],
  decision,
];

table('addresses', [
  block({ cidr: '203.0.113.0/24' }, 'deny'),
  block({ cidr: '203.0.113.0/24', except: null }, 'deny'),
  block({ cidr: '203.0.113.0/24', except: ['203.0.113.43/32'] }, 'allow'),
  block({ cidr: '203.0.113.0/24', except: ['203.0.113.44/32'] }, 'deny'),
  block({ cidr: '203.0.113.0/24', except: '203.0.113.43/32' }, 'unknown'),
  block({ cidr: '203.0.113.0/24', except: ['x', '203.0.113.43/32'] }, 'unknown'),
  block({ cidr: '203.0.113.0/24', newer: 1 }, 'unknown'),
  block({ cidr: 7 }, 'unknown'),
  block({ cidr: 'x' }, 'unknown'),
  block('203.0.113.0/24', 'unknown'),
  [
    'whether it means a pod of that address is not documented',
    [drop({ to: [{ ipBlock: { cidr: '10.244.0.0/16' } }] })],
    [],
    'unknown',
    WEB,
  ],
]);

table('selectors', [
  ['pods of a policy of one namespace are its own', [ownDrop({ to: [{ podSelector: {} }] })], [], 'allow', WEB],
  ['unless it says where', [ownDrop({ to: [{ podSelector: {}, namespaceSelector: {} }] })], [], 'deny', WEB],
  [
    'a selector that is null is none',
    [ownDrop({ to: [{ podSelector: {}, namespaceSelector: null, externalEntitySelector: null, group: '' }] })],
    [],
    'deny',
    { ...WEB, to: 'pod:pay/db' },
  ],
  [
    'external entities are no pods',
    [drop({ to: [{ externalEntitySelector: {}, namespaceSelector: {} }] })],
    [],
    'allow',
    WEB,
  ],
  [
    'a selector beside something else',
    [drop({ to: [{ podSelector: {}, ipBlock: { cidr: '0.0.0.0/0' } }] })],
    ['egress[0].to[0] has podSelector and ipBlock together'],
    'unknown',
  ],
  ['no selector', [drop({ to: [{}] })], ['egress[0].to[0] selects nothing that is known'], 'unknown'],
  [
    'a selector that is not known',
    [drop({ to: [{ newer: {} }] })],
    ['egress[0].to[0] has the field "newer", which is not evaluated'],
    'unknown',
  ],
  [
    'nodes',
    [drop({ to: [{ nodeSelector: { matchLabels: { role: 'edge' } } }] })],
    [],
    'deny',
    { ...OUT, to: '192.0.2.11' },
  ],
  [
    'other nodes',
    [drop({ to: [{ nodeSelector: { matchLabels: { role: 'edge' } } }] })],
    [],
    'allow',
    { ...OUT, to: '192.0.2.10' },
  ],
  [
    'a service account without a namespace',
    [drop({ to: [{ serviceAccount: { name: 'default' } }] })],
    ['egress[0].to[0].serviceAccount {"name":"default"} has no name or no namespace'],
    'unknown',
    WEB,
  ],
  [
    'a service account without a name',
    [drop({ to: [{ serviceAccount: { namespace: 'shop' } }] })],
    ['egress[0].to[0].serviceAccount {"namespace":"shop"} has no name or no namespace'],
    'unknown',
    WEB,
  ],
  ['a service account', [drop({ to: [{ serviceAccount: { name: 'default', namespace: 'shop' } }] })], [], 'deny', WEB],
  [
    'the service account of that name elsewhere',
    [drop({ to: [{ serviceAccount: { name: 'default', namespace: 'pay' } }] })],
    [],
    'allow',
    WEB,
  ],
]);

const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { clusterIP: '10.96.0.7', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
};
const BY_SERVICE: Ask = { to: 'service:shop/web', port: 80, engine: ANTREA };
const toService = (name: string, namespace: string, more: object = {}) =>
  drop({ toServices: [{ name, namespace }], ...more });

table('Services', [
  ['the Service that was asked', [SERVICE, toService('web', 'shop')], [], 'deny', BY_SERVICE],
  [
    'one of several',
    [
      SERVICE,
      drop({
        toServices: [
          { name: 'x', namespace: 'shop' },
          { name: 'web', namespace: 'shop' },
        ],
      }),
    ],
    [],
    'deny',
    BY_SERVICE,
  ],
  ['one of another name', [SERVICE, toService('db', 'shop')], [], 'allow', BY_SERVICE],
  ['one of another namespace', [SERVICE, toService('web', 'pay')], [], 'allow', BY_SERVICE],
  ['its pod, asked without it', [SERVICE, toService('web', 'shop')], [], 'allow', WEB],
]);

test('what is told of a rule by name beside other peers, and of one with an empty layer-7 part', () => {
  const told = (rule: object) =>
    ask([...CLUSTER, cluster({ egress: [{ action: 'Allow', ...rule }] })], OUT)
      .flows.flatMap(({ assumptions }) => assumptions)
      .join();
  const name_ = { fqdn: 'api.stripe.com' };
  expect(told({ to: [name_, { ipBlock: { cidr: '10.0.0.0/8' } }] })).toContain('DNS answers');
  expect(told({ to: [{ ipBlock: { cidr: '203.0.113.0/24' } }] })).not.toContain('DNS answers');
  expect([told({}), told({ l7Protocols: [] })]).toEqual(['', '']);
});

const SHOP = { namespaceSelector: { matchLabels: { team: 'shop' } } };

table('groups', [
  ['a group', [group('g', SHOP), drop({ to: [{ group: 'g' }] })], [], 'deny', WEB],
  [
    'another group',
    [group('g', SHOP), group('h', { podSelector: { matchLabels: { app: 'db' } } }), drop({ to: [{ group: 'h' }] })],
    [],
    'allow',
    WEB,
  ],
  [
    'a group that is not there',
    [drop({ to: [{ group: 'g' }] })],
    ['egress[0].to[0] names group "g", which is not there'],
    'unknown',
  ],
  [
    'a group that is no name',
    [group('g', SHOP), drop({ to: [{ group: 7 }] })],
    ['egress[0].to[0] names group 7, which is not there'],
    'unknown',
  ],
  [
    'a group without a spec',
    [object('ClusterGroup', 'g', null), drop({ to: [{ group: 'g' }] })],
    ['egress[0].to[0] names group "g", which is not there'],
    'unknown',
  ],
  [
    'an empty group',
    [group('g', {}), drop({ to: [{ group: 'g' }] })],
    ['group g selects nothing that is known'],
    'unknown',
  ],
  [
    'a group of addresses',
    [
      group('g', { ipBlocks: [{ cidr: '198.51.100.0/24' }, { cidr: '203.0.113.0/24' }] }),
      drop({ to: [{ group: 'g' }] }),
    ],
    [],
    'deny',
  ],
  [
    'no list of addresses',
    [group('g', { ipBlocks: { cidr: '203.0.113.0/24' } }), drop({ to: [{ group: 'g' }] })],
    ['group g.ipBlocks is not a list'],
    'unknown',
  ],
  [
    'a group of groups',
    [group('g', { childGroups: ['h'] }), group('h', SHOP), drop({ to: [{ group: 'g' }] })],
    [],
    'deny',
    WEB,
  ],
  [
    'no list of groups',
    [group('g', { childGroups: 'h' }), group('h', SHOP), drop({ to: [{ group: 'g' }] })],
    ['group g.childGroups names group null, which is not there'],
    'unknown',
    WEB,
  ],
  [
    'groups in groups of groups',
    [
      group('g', { childGroups: ['h'] }),
      group('h', { childGroups: ['i'] }),
      group('i', SHOP),
      drop({ to: [{ group: 'g' }] }),
    ],
    ['group "h" is nested too deep'],
    'unknown',
    WEB,
  ],
  [
    'a group that names another',
    [group('g', { group: 'h' }), group('h', SHOP), drop({ to: [{ group: 'g' }] })],
    ['group "g" names a group'],
    'unknown',
    WEB,
  ],
  [
    'a group of the own namespace',
    [object('Group', 'g', { podSelector: { matchLabels: { app: 'db' } } }, 'pay'), ownDrop({ to: [{ group: 'g' }] })],
    [],
    'deny',
    { ...WEB, to: 'pod:pay/db' },
  ],
  [
    'a group of another namespace is none',
    [object('Group', 'g', SHOP, 'shop'), ownDrop({ to: [{ group: 'g' }] })],
    ['egress[0].to[0] names group "g", which is not there'],
    'unknown',
  ],
  [
    'a group of the cluster is none for a policy of one namespace',
    [group('g', SHOP), ownDrop({ to: [{ group: 'g' }] })],
    ['egress[0].to[0] names group "g", which is not there'],
    'unknown',
  ],
]);

const DROP = [{ action: 'Drop' }];
const HOST = pod('pay/onhost', { hostNetwork: true, ip: '192.0.2.10' });
const ruleFor = (appliedTo: unknown) => [{ action: 'Drop', appliedTo }];

table('appliedTo', [
  [
    'by the rule',
    [cluster({ appliedTo: null, egress: ruleFor([{ podSelector: { matchLabels: { app: 'api' } } }]) })],
    [],
    'deny',
  ],
  [
    'by the rule, for other pods',
    [cluster({ appliedTo: null, egress: ruleFor([{ podSelector: { matchLabels: { app: 'db' } } }]) })],
    [],
    'allow',
  ],
  [
    'an empty list leaves it to the rule',
    [cluster({ appliedTo: [], egress: ruleFor([{ podSelector: {} }]) })],
    [],
    'deny',
  ],
  [
    'an empty list of the rule too',
    [cluster({ appliedTo: [], egress: ruleFor([]) })],
    ['appliedTo [] is no list of selectors'],
    'unknown',
  ],
  [
    'by the rule, where something comes in',
    [cluster({ appliedTo: null, ingress: ruleFor([{ podSelector: { matchLabels: { app: 'web' } } }]) })],
    [],
    'deny',
    WEB,
  ],
  [
    'neither says to whom',
    [cluster({ appliedTo: null, egress: DROP })],
    ['appliedTo nothing is no list of selectors'],
    'unknown',
  ],
  [
    'two rules of which neither does',
    [cluster({ appliedTo: null, egress: [...DROP, ...DROP] })],
    ['appliedTo nothing is no list of selectors'],
    'unknown',
  ],
  [
    'in another namespace',
    [object('NetworkPolicy', 'p', { priority: 5, egress: DROP }, 'shop')],
    ['appliedTo nothing is no list of selectors'],
    'allow',
  ],
  ['an ingress rule says nothing of egress', [cluster({ ingress: DROP })], [], 'allow'],
  ['external entities', [cluster({ egress: DROP, appliedTo: [{ externalEntitySelector: {} }] })], [], 'allow'],
  [
    'a Service without a name',
    [cluster({ egress: DROP, appliedTo: [{ service: { namespace: 'pay' } }] })],
    ['appliedTo[0] has the field "service", which is not evaluated'],
    'unknown',
  ],
  [
    'nodes, asked of a pod that uses its node’s network',
    [HOST, cluster({ egress: DROP, appliedTo: [{ nodeSelector: {} }] })],
    [],
    'unknown',
    { ...OUT, from: 'pay/onhost' },
  ],
  [
    'pods, asked of a pod that uses its node’s network',
    [HOST, cluster({ egress: DROP })],
    [],
    'allow',
    { ...OUT, from: 'pay/onhost' },
  ],
]);

test('a policy is told of where no agent of Antrea was seen', () => {
  const objects = [cluster({ egress: DROP }), own({ egress: DROP, priority: 0 })];
  const told = (engine: Engine) =>
    readRuleBook(objects, { engine }).problems.map(({ object: name, why }) => `${name}: ${why.slice(0, 28)}`);
  expect(told({ ...ANTREA, version: null })).toEqual([
    'ClusterNetworkPolicy.crd.antrea.io p: no agent of Antrea was seen,',
    'NetworkPolicy.crd.antrea.io pay/p: no agent of Antrea was seen,',
    'NetworkPolicy.crd.antrea.io pay/p: priority 0 is not in 1-10000',
  ]);
});

test('where it is not known whether Antrea enforces them, each is told', () => {
  const objects = [cluster({ egress: DROP }), own({ egress: DROP })];
  const { problems, blindSpots } = readRuleBook(objects, { engine: UNKNOWN });
  expect(problems.map(each => each.object)).toEqual([
    'ClusterNetworkPolicy.crd.antrea.io p',
    'NetworkPolicy.crd.antrea.io pay/p',
  ]);
  expect(blindSpots.map(spot => [spot.object, spot.namespaces, spot.effect])).toEqual([
    ['ClusterNetworkPolicy.crd.antrea.io p', 'all', 'may-decide'],
    ['NetworkPolicy.crd.antrea.io pay/p', ['pay'], 'may-decide'],
  ]);
});

test('of policies of one priority the trace says that either may come first, and by which priority', () => {
  const of = (name: string, action: string) =>
    object('ClusterNetworkPolicy', name, { priority: 5.4, appliedTo: [{ podSelector: {} }], egress: [{ action }] });
  // Named by neither order: of c, b and a each may come first.
  const { decision, unknowns } =
    ask([...CLUSTER, of('c', 'Drop'), of('a', 'Allow'), of('b', 'Allow')], OUT).flows[0] ?? {};
  expect([decision, ...(unknowns ?? [])].join('\n')).toMatch(
    /^unknown\n.*of the policies of priority 5\.4 in this tier/,
  );
  expect(ask([...CLUSTER, of('c', 'Allow'), of('a', 'Allow'), of('b', 'Allow')], OUT).by).toEqual([
    'ClusterNetworkPolicy.crd.antrea.io a',
  ]);
});
