/**
 * What is wrong with a policy of Cilium's, told word by word, and what it makes of the answer. Each row is one policy that
 * selects the pod, or may. What Cilium's own checks refuse is no policy at all: the pod is open.
 */
import { expect, test } from 'vitest';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { CILIUM } from './policy-builders.ts';
import {
  type Ask,
  ask,
  CILIUM_1_17,
  CILIUM_UNKNOWN,
  ccnp,
  cnp,
  egress,
  STRIPE,
  WORLD,
} from './policy-cilium-builders.ts';
import { type OddRow, oddTable } from './policy-odd-table.ts';

const OUT: Ask = { to: STRIPE };
const PING: Ask = { to: STRIPE, protocol: 'ICMP', icmpType: 8 };

function table(title: string, rows: readonly OddRow[]): void {
  oddTable(title, rows, (objects, asked = OUT) => {
    const { engine = CILIUM } = asked;
    return { all: [...WORLD, ...objects], engine, decision: ask(objects, asked).decision };
  });
}

const refused = (why: string) => `Cilium's agent refuses the whole policy: ${why}`;
/** One egress rule that cannot be read beside nothing else: it allows, or does not. */
const odd = (what: string, rule: object, problem: string, asked: Ask = OUT): OddRow => [
  what,
  [egress(rule)],
  [problem],
  'unknown',
  asked,
];
/** One egress rule for which the agent refuses the whole policy. */
const refusedRule = (what: string, rule: object, ...why: readonly string[]): OddRow => [
  what,
  [egress(rule)],
  why.map(refused),
  'allow',
];
const rule = (what: string, written: object, decision: string, asked: Ask = OUT): OddRow => [
  what,
  [egress(written)],
  [],
  decision,
  asked,
];
const ALL = { toEntities: ['all'] };
/** Cilium's ConfigMap, as far as it lets rules name nodes. */
const WITH_NODE_LABELS = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'cilium-config', namespace: 'kube-system' },
  data: { 'enable-node-selector-labels': 'true' },
};
/** A rule that denies, beside one that allows everything. */
const denying = (...rules: readonly unknown[]) => cnp('pay/p', { egress: [ALL], egressDeny: rules });

table('ports', [
  odd('no list of entries', { toPorts: { ports: [] } }, 'egress[0].toPorts is not a list'),
  odd('an entry that is no object', { toPorts: ['443'] }, 'egress[0].toPorts[0] is no object'),
  odd('a field that is not known', { toPorts: [{ newer: 1 }] }, 'egress[0].toPorts[0] has the unknown field "newer"'),
  odd('no list of ports', { toPorts: [{ ports: '443' }] }, 'egress[0].toPorts[0].ports is not a list'),
  odd('a port that is no object', { toPorts: [{ ports: ['443'] }] }, 'egress[0].toPorts[0].ports[0] is no object'),
  rule('entries that are null are none', { ...ALL, toPorts: null }, 'allow'),
  rule('an entry without a list opens no port', { ...ALL, toPorts: [{}] }, 'deny'),
  [
    'a deny rule takes ports alone',
    [denying({ toPorts: [{ ports: [{ port: '443' }], rules: { http: [{}] } }] })],
    ['egressDeny[0].toPorts[0] has the unknown field "rules"'],
    'unknown',
  ],
  ...(
    [
      ['a field of a port', { port: '443', newer: 1 }, ' has the unknown field "newer"'],
      ['a protocol', { port: '443', protocol: 'QUIC' }, ': unknown protocol "QUIC"'],
      ['a protocol that is a number', { port: '443', protocol: 6 }, ': unknown protocol 6'],
      ['a port that is a number', { port: 443 }, ': port must be a text: 443'],
      ['an empty port', { port: '' }, ': port must be a text: ""'],
      ['a port with a zero before it', { port: '0443' }, ': port out of range: "0443"'],
    ] as const
  ).map(([what, port, problem]) =>
    odd(`${what} is not known`, { toPorts: [{ ports: [port] }] }, `egress[0].toPorts[0].ports[0]${problem}`),
  ),
  ...(
    [
      ['a port above the highest', '65536'],
      ['a port far above the highest', '443443'],
      ['a port with a sign', '-443'],
      ['a port with a zero before it that is no octal number', '0899'],
      ['a name that is none', 'web!'],
      ['a name with two dashes', 'my--web'],
      ['a name that begins with a dash', '-web'],
      ['a name that ends with a dash', 'web-'],
      ['a name that is too long', 'a'.repeat(16)],
    ] as const
  ).map(([what, port]) =>
    refusedRule(
      what,
      { ...ALL, toPorts: [{ ports: [{ port }] }] },
      `egress[0].toPorts[0].ports[0]: port out of range: "${port}"`,
    ),
  ),
  [
    'a deny rule with a port above the highest is not checked, and not known',
    [denying({ toPorts: [{ ports: [{ port: '65536' }] }] })],
    ['egressDeny[0].toPorts[0].ports[0]: port out of range: "65536"'],
    'unknown',
  ],
  rule('the highest port', { toPorts: [{ ports: [{ port: '65535' }] }] }, 'allow', { ...OUT, port: 65_535 }),
  rule('a protocol that is null is any', { toPorts: [{ ports: [{ port: '443', protocol: null }] }] }, 'allow'),
  rule('an empty protocol is any', { toPorts: [{ ports: [{ port: '443', protocol: '' }] }] }, 'allow'),
  rule('the longest name', { toPorts: [{ ports: [{ port: 'a'.repeat(15) }] }] }, 'deny'),
  rule('a name with digits and dashes', { toPorts: [{ ports: [{ port: '9-a-8b2' }] }] }, 'deny'),
  rule('a name in capitals', { toPorts: [{ ports: [{ port: 'SQL' }] }] }, 'allow', { to: 'pod:pay/db', port: 5432 }),
  rule('forty ports', { toPorts: [{ ports: Array.from({ length: 40 }, () => ({ port: '80' })) }] }, 'deny'),
  refusedRule(
    'forty-one ports',
    { toPorts: [{ ports: Array.from({ length: 41 }, () => ({ port: '80' })) }] },
    'egress[0].toPorts[0] has 41 ports (at most 40)',
  ),
]);

const NEW: Ask = { ...OUT, engine: CILIUM_1_17 };
const range = (endPort: unknown, port = '400') => ({ toPorts: [{ ports: [{ port, endPort }] }] });
const OUT_OF_RANGE = 'egress[0].toPorts[0].ports[0]: endPort out of range:';

table('ranges of ports', [
  rule('an end', range(443), 'allow', NEW),
  rule('an end before the port', range(442), 'deny', NEW),
  rule('an end that is null is none', range(null), 'deny', NEW),
  rule('0 is no end', range(0, '443'), 'allow', NEW),
  rule('0 is no end for an old version either', range(0, '443'), 'allow'),
  rule('the highest end', range(65_535), 'allow', NEW),
  rule('an end below the beginning is none', range(100, '443'), 'allow', NEW),
  rule('and the range goes no further down', range(100, '443'), 'deny', { ...NEW, port: 200 }),
  rule('without an end it is one port', { toPorts: [{ ports: [{ port: '443' }] }] }, 'deny', { ...NEW, port: 444 }),
  odd('an end above the highest port', range(65_536), `${OUT_OF_RANGE} 65536`, NEW),
  odd('an end below 0', range(-1), `${OUT_OF_RANGE} -1`, NEW),
  odd('an end between two ports', range(443.5), `${OUT_OF_RANGE} 443.5`, NEW),
  odd('an end that is a text', range('443'), `${OUT_OF_RANGE} "443"`, NEW),
  odd('an old version', range(443), 'egress[0].toPorts[0].ports[0]: endPort is unknown to Cilium 1.15.19'),
]);

const icmpPort = (port: string, protocol = 'ICMP') => ({ toPorts: [{ ports: [{ port, protocol }] }] });
const icmps = (...fields: readonly unknown[]) => ({ icmps: [{ fields }] });

table('ICMP', [
  rule('a type as a port', icmpPort('8'), 'allow', PING),
  rule('another type as a port', icmpPort('3'), 'deny', PING),
  rule('port 0 is every type', icmpPort('0'), 'allow', PING),
  rule('a type of the other family as a port', icmpPort('8', 'ICMPv6'), 'deny', PING),
  rule('a port of ICMP is no port of TCP', icmpPort('443'), 'deny'),
  rule('a port of ICMPv6 neither', icmpPort('443', 'ICMPv6'), 'deny'),
  rule('ICMP has no named ports', icmpPort('sql'), 'deny', PING),
  rule('nor has ICMPv6', icmpPort('sql', 'icmpv6'), 'deny', { to: 'pod:pay/db', port: 5432 }),
  odd('no list', { icmps: {} }, 'egress[0].icmps is not a list', PING),
  odd('an entry that is no object', { icmps: ['8'] }, 'egress[0].icmps[0] has no list of fields', PING),
  odd('no list of fields', { icmps: [{ fields: { type: 8 } }] }, 'egress[0].icmps[0] has no list of fields', PING),
  rule('an entry without fields opens nothing', { icmps: [{}] }, 'deny', PING),
  odd('a field that is no object', icmps(8), 'egress[0].icmps[0].fields[0] is no object', PING),
  odd('a family', icmps({ type: 8, family: 'IPX' }), 'egress[0].icmps[0].fields[0]: unknown family "IPX"', PING),
  rule('an empty family is IPv4', icmps({ type: 8, family: '' }), 'allow', PING),
  rule('IPv6 by a name', icmps({ type: 'EchoRequest', family: 'IPv6' }), 'allow', {
    to: '2001:db8::1',
    protocol: 'ICMP',
    icmpType: 128,
    engine: CILIUM_1_17,
  }),
  rule('a type as a text', icmps({ type: '8' }), 'allow', PING),
  rule('the highest type', icmps({ type: 255 }), 'allow', { ...PING, icmpType: 255 }),
  ...[256, -1, 8.5, 'Echoes', '8x', 'x8', '8888', ' 8', null, ['EchoRequest']].map(type =>
    odd(
      `the type ${JSON.stringify(type)}`,
      icmps({ type }),
      `egress[0].icmps[0].fields[0]: unknown ICMP type ${JSON.stringify(type)}`,
      PING,
    ),
  ),
  odd('no type', icmps({}), 'egress[0].icmps[0].fields[0]: unknown ICMP type nothing', PING),
  rule('forty fields', icmps(...Array.from({ length: 40 }, () => ({ type: 8 }))), 'allow', PING),
  refusedRule(
    'forty-one fields',
    icmps(...Array.from({ length: 41 }, () => ({ type: 8 }))),
    'egress[0].icmps[0] has more than 40 fields',
  ),
]);

const RULES = { ports: [{ port: '443', protocol: 'TCP' }] };
const layer7 = (rules: unknown, more: object = {}) => ({ ...ALL, toPorts: [{ ...RULES, rules, ...more }] });

table('rules above the port', [
  odd('no object', layer7('http'), 'egress[0].toPorts[0].rules is no object'),
  odd('a protocol', layer7({ grpc: [] }), 'egress[0].toPorts[0].rules has the unknown field "grpc"'),
  odd('no list of HTTP rules', layer7({ http: {} }), 'egress[0].toPorts[0].rules.http is not a list'),
  odd('no list of names', layer7({ dns: {} }), 'egress[0].toPorts[0].rules.dns is not a list'),
  odd('a name', layer7({ dns: [{ matchName: 7 }] }), 'egress[0].toPorts[0].rules.dns[0]: matchName is no text: 7'),
  rule('null is none', layer7(null), 'allow'),
  rule('a protocol that is null is none', layer7({ http: null, dns: undefined }), 'allow'),
  rule('an empty list of names is none', layer7({ dns: [] }), 'allow'),
  rule('a protocol that Cilium does not know itself', layer7({ l7proto: 'r2d2', l7: [{ cmd: 'READ' }] }), 'allow'),
  refusedRule('two protocols', layer7({ http: [{}], kafka: [{}] }), 'egress[0].toPorts[0].rules has http and kafka'),
  refusedRule(
    'an empty server name',
    layer7(undefined, { serverNames: ['a.b', ''] }),
    'egress[0].toPorts[0] has an empty server name',
  ),
  refusedRule(
    'names without a port',
    { ...ALL, toPorts: [{ ports: [], rules: { dns: [{ matchName: 'a.b' }] } }] },
    'egress[0].toPorts[0] has DNS rules and no port',
  ),
  refusedRule(
    'names without ports',
    { ...ALL, toPorts: [{ rules: { dns: [{ matchName: 'a.b' }] } }] },
    'egress[0].toPorts[0] has DNS rules and no port',
  ),
  [
    'names in an ingress rule',
    [cnp('pay/p', { ingress: [{ toPorts: [{ ports: [{ port: '53' }], rules: { dns: [{ matchName: 'a.b' }] } }] }] })],
    [refused('ingress[0].toPorts[0] has DNS rules on ingress')],
    'allow',
    { from: 'shop/web', to: 'pod:pay/api' },
  ],
]);

/** What is told of the connection that a rule lets through. */
function told(entry: object): string {
  return ask([egress({ ...ALL, toPorts: [{ ...RULES, ...entry }] })], OUT)
    .flows.flatMap(({ assumptions }) => assumptions)
    .filter(text => text.includes('toPorts'))
    .join('\n');
}

test.each<readonly [what: string, entry: object, told: string]>([
  ['plain ports', {}, ''],
  ['no HTTP rule', { rules: { http: [] } }, ''],
  [
    'HTTP rules',
    { rules: { http: [{ path: '/' }] } },
    'the connection passes, and HTTP requests that egress[0].toPorts[0].rules.http does not list are refused',
  ],
  [
    'Kafka rules',
    { rules: { kafka: [{ topic: 'x' }] } },
    'the connection passes, and Kafka requests that egress[0].toPorts[0].rules.kafka does not list are refused',
  ],
  [
    'rules of another protocol, even none',
    { rules: { l7proto: 'r2d2', l7: [] } },
    'the connection passes, and requests that egress[0].toPorts[0].rules.l7proto does not list are refused',
  ],
  ['no server names', { serverNames: [] }, ''],
  ['server names that are null', { serverNames: null }, ''],
  [
    'server names',
    { serverNames: ['a.b', 'c.d'] },
    'egress[0].toPorts[0] lets TLS connections for a.b, c.d through and refuses every other',
  ],
  [
    'a server name that is no list',
    { serverNames: 'a.b' },
    'egress[0].toPorts[0] lets TLS connections for a.b through and refuses every other',
  ],
  [
    'a proxy of its own',
    { listener: { name: 'x' } },
    'the proxy of egress[0].toPorts[0].listener may still refuse its requests',
  ],
])('what is told of a connection by %s', (_, entry, text) => {
  expect(told(entry)).toBe(text);
});

const names = (...list: readonly unknown[]) => ({ toFQDNs: list });
const BY_NAME: Ask = { to: 'api.stripe.com' };

table('names', [
  odd('no object', names('api.stripe.com'), 'egress[0].toFQDNs[0] is no object', BY_NAME),
  odd('a field', names({ name: 'x' }), 'egress[0].toFQDNs[0] has the unknown field "name"', BY_NAME),
  odd(
    'a pattern that is no text',
    names({ matchPattern: 7 }),
    'egress[0].toFQDNs[0]: matchPattern is no text: 7',
    BY_NAME,
  ),
  ...['https://a.b', 'a.b/c', 'a b', '*.a'].map(matchName =>
    odd(
      `the name ${matchName}`,
      names({ matchName }),
      `egress[0].toFQDNs[0]: invalid matchName "${matchName}"`,
      BY_NAME,
    ),
  ),
  ...['*.a/', '/*.a', 'a,*'].map(matchPattern =>
    odd(
      `the pattern ${matchPattern}`,
      names({ matchPattern }),
      `egress[0].toFQDNs[0]: invalid matchPattern "${matchPattern}"`,
      BY_NAME,
    ),
  ),
  ['no name', [egress(names({}))], ['egress[0].toFQDNs[0] has neither matchName nor matchPattern'], 'deny', BY_NAME],
  refusedRule(
    'a name and a pattern together',
    names({ matchName: 'a.b', matchPattern: '*.b' }),
    'egress[0].toFQDNs[0] has matchName together with matchPattern',
  ),
  [
    'two stars before a dot, where the version is not known',
    [egress(names({ matchPattern: '**.stripe.com' }))],
    [],
    'unknown',
    { ...BY_NAME, engine: CILIUM_UNKNOWN },
  ],
  [
    'two stars elsewhere',
    [egress(names({ matchPattern: 'x**.stripe.com' }))],
    [],
    'deny',
    { ...BY_NAME, engine: CILIUM_UNKNOWN },
  ],
]);

const cidr = (what: string, item: unknown, problem: string, asked?: Ask) =>
  odd(what, { toCIDRSet: [item] }, `egress[0].toCIDRSet[0]${problem}`, asked);
const ONE_OF = ' must have one of cidr, cidrGroupRef and cidrGroupSelector';
const GROUP = {
  apiVersion: 'cilium.io/v2alpha1',
  kind: 'CiliumCIDRGroup',
  metadata: { name: 'partners', labels: { kind: 'partner' } },
  spec: { externalCIDRs: ['203.0.113.43/32', 'x', '198.51.100.0/24'] },
};
const BAD_GROUP = 'externalCIDRs[1]: invalid CIDR "x"';

table('addresses', [
  odd('a range', { toCIDR: ['203.0.113.0'] }, 'egress[0].toCIDR[0]: invalid CIDR "203.0.113.0"'),
  odd('a number', { toCIDR: [7] }, 'egress[0].toCIDR[0]: invalid CIDR 7'),
  odd('no list', { toCIDR: '203.0.113.0/24' }, 'egress[0].toCIDR is not a list'),
  rule('a list that is null is none', { toCIDR: null, ...ALL }, 'allow'),
  cidr('no object', '203.0.113.0/24', ' is no object'),
  cidr('a field', { cidr: '203.0.113.0/24', newer: 1 }, ' has the unknown field "newer"'),
  cidr('nothing', {}, ONE_OF),
  cidr('two of three', { cidr: '203.0.113.0/24', cidrGroupRef: 'partners' }, ONE_OF),
  cidr('a bad range', { cidr: 'x' }, ': invalid CIDR "x"'),
  cidr('no list of exceptions', { cidr: '203.0.113.0/24', except: '203.0.113.43/32' }, '.except is not a list'),
  cidr('a bad exception', { cidr: '203.0.113.0/24', except: ['203.0.113.1/32', 'x'] }, '.except[1]: invalid CIDR "x"'),
  cidr(
    'a bad first exception',
    { cidr: '203.0.113.0/24', except: ['x', '203.0.113.1/32'] },
    '.except[0]: invalid CIDR "x"',
  ),
  rule(
    'exceptions that are null are none',
    { toCIDRSet: [{ cidr: '203.0.113.0/24', except: null, cidrGroupRef: null }] },
    'allow',
  ),
  [
    'a group that is no name',
    [egress({ toCIDRSet: [{ cidrGroupRef: 7 }] })],
    ['egress[0].toCIDRSet[0]: cidrGroupRef is no text: 7'],
    'unknown',
    NEW,
  ],
  [
    'a group that is not there',
    [egress({ toCIDRSet: [{ cidrGroupRef: 'gone' }] })],
    ['egress[0].toCIDRSet[0]: CiliumCIDRGroup gone does not exist'],
    'deny',
    NEW,
  ],
  [
    'a group with a bad range has the others',
    [GROUP, egress({ toCIDRSet: [{ cidrGroupRef: 'partners' }] })],
    [BAD_GROUP],
    'allow',
    NEW,
  ],
  [
    'another group',
    [
      GROUP,
      { ...GROUP, metadata: { name: 'mine' }, spec: { externalCIDRs: ['192.0.2.0/24'] } },
      egress({ toCIDRSet: [{ cidrGroupRef: 'mine' }] }),
    ],
    [BAD_GROUP],
    'deny',
    NEW,
  ],
  [
    'groups by other labels',
    [GROUP, egress({ toCIDRSet: [{ cidrGroupSelector: { matchLabels: { kind: 'bank' } } }] })],
    [BAD_GROUP],
    'deny',
    NEW,
  ],
  [
    'groups by labels are unknown to an old version',
    [egress({ toCIDRSet: [{ cidrGroupSelector: {} }] })],
    ['egress[0].toCIDRSet[0]: cidrGroupSelector is unknown to Cilium 1.15.19'],
    'unknown',
  ],
  [
    'a group in an ingress rule of an old version',
    [GROUP, cnp('pay/p', { ingress: [{ fromCIDRSet: [{ cidrGroupRef: 'partners' }] }] })],
    [BAD_GROUP],
    'deny',
    { from: 'shop/web', to: 'pod:pay/api' },
  ],
  [
    'a group in a deny rule of an old version',
    [GROUP, denying({ toCIDRSet: [{ cidrGroupRef: 'partners' }] })],
    [BAD_GROUP, 'egressDeny[0].toCIDRSet[0] refers to a CIDR group, which this version knows in ingress rules only'],
    'unknown',
  ],
  [
    'a group in a rule that denies what comes in, in an old version',
    [
      GROUP,
      cnp('pay/p', {
        ingress: [{ fromEntities: ['all'] }],
        ingressDeny: [{ fromCIDRSet: [{ cidrGroupRef: 'partners' }] }],
      }),
    ],
    [BAD_GROUP, 'ingressDeny[0].fromCIDRSet[0] refers to a CIDR group, which this version knows in ingress rules only'],
    'unknown',
    { from: 'shop/web', to: 'pod:pay/api' },
  ],
  [
    'a group with exceptions',
    [GROUP, cnp('pay/p', { ingress: [{ fromCIDRSet: [{ cidrGroupRef: 'partners', except: ['203.0.113.43/32'] }] }] })],
    [BAD_GROUP, refused('ingress[0].fromCIDRSet[0] has except together with a group')],
    'allow',
    { from: 'shop/web', to: 'pod:pay/api' },
  ],
]);

const SERVICE = 'egress[0].toServices[0]';

table('other peers', [
  odd('an entity', { toEntities: ['moon'] }, 'egress[0].toEntities[0]: unknown entity "moon"'),
  odd('an entity that is no text', { toEntities: [7] }, 'egress[0].toEntities[0]: unknown entity 7'),
  odd(
    'an entity of a family is unknown to 1.15',
    { toEntities: ['world-ipv4'] },
    'egress[0].toEntities[0]: unknown entity "world-ipv4"',
  ),
  odd(
    'a group of the cloud',
    { toGroups: [{}] },
    "egress[0].toGroups: which addresses the cloud's groups have is not known",
  ),
  odd('nodes are unknown to 1.15', { toNodes: [{}] }, 'egress[0].toNodes is unknown to Cilium 1.15.19', {
    to: '192.0.2.11',
  }),
  [
    'nodes by no selector',
    [egress({ toNodes: ['b'] }), WITH_NODE_LABELS],
    ['egress[0].toNodes[0] is no object'],
    'unknown',
    { to: '192.0.2.11', engine: CILIUM_1_17 },
  ],
  [
    'nodes, whose labels Cilium may not have',
    [egress({ toNodes: [{}] })],
    [
      'whether cilium 1.17.4 refuses the whole policy is not known: egress[0].toNodes: whether Cilium gives nodes their labels (enable-node-selector-labels) is not known',
    ],
    'unknown',
    { to: '192.0.2.11', engine: CILIUM_1_17 },
  ],
  ['nodes', [egress({ toNodes: [{}] }), WITH_NODE_LABELS], [], 'allow', { to: '192.0.2.11', engine: CILIUM_1_17 }],
  [
    'nodes by a label of the platform, which Cilium may leave out',
    [
      egress({ toNodes: [{ matchExpressions: [{ key: 'kubernetes.io/os', operator: 'DoesNotExist' }] }] }),
      WITH_NODE_LABELS,
    ],
    [],
    'unknown',
    { to: '192.0.2.11', engine: CILIUM_1_17 },
  ],
  [
    'nodes by labels that they do not have',
    [egress({ toNodes: [{ matchLabels: { x: 'y' } }] }), WITH_NODE_LABELS],
    [],
    'deny',
    { to: '192.0.2.11', engine: CILIUM_1_17 },
  ],
  [
    'nodes are no addresses outside',
    [egress({ toNodes: [{}] }), WITH_NODE_LABELS],
    [],
    'deny',
    { ...OUT, engine: CILIUM_1_17 },
  ],
  [
    'the pod’s own node is no other node',
    [egress({ toNodes: [{}] }), WITH_NODE_LABELS],
    [],
    'deny',
    { to: '192.0.2.10', engine: CILIUM_1_17 },
  ],
  odd('a Service that is no object', { toServices: ['web'] }, `${SERVICE} is no object`),
  odd('a field of a Service', { toServices: [{ service: {} }] }, `${SERVICE} has the unknown field "service"`),
  odd('no Service', { toServices: [{}] }, `${SERVICE} names no Service`),
  odd('a Service by its name alone', { toServices: [{ k8sService: 'web' }] }, `${SERVICE} names no Service`),
  rule(
    'an empty namespace is every one',
    { toServices: [{ k8sService: { serviceName: 'partner', namespace: '' } }] },
    'allow',
    { to: '203.0.113.80' },
  ),
  rule('a selector without labels is every Service', { toServices: [{ k8sServiceSelector: {} }] }, 'allow', {
    to: '203.0.113.80',
  }),
  rule('Services beside no ports', { toServices: [{ k8sService: { serviceName: 'partner' } }], toPorts: [] }, 'allow', {
    to: '203.0.113.80',
  }),
  rule('an empty list of peers is none in 1.15', { toCIDR: [], toPorts: [{ ports: [{ port: '443' }] }] }, 'allow'),
  rule(
    'whether it is in another version is not known',
    { toCIDR: [], toPorts: [{ ports: [{ port: '443' }] }] },
    'unknown',
    NEW,
  ),
]);

const whole = (spec: unknown, more: object = {}) => ({
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumNetworkPolicy',
  metadata: { name: 'p', namespace: 'pay' },
  spec,
  ...more,
});
const IN: Ask = { from: 'shop/web', to: 'pod:pay/api' };
const EVERY = { endpointSelector: {}, egress: [{}] };

table('the policy itself', [
  ['no spec', [whole(undefined)], ['neither spec nor specs: Cilium refuses such a policy'], 'allow'],
  [
    'a spec that is null',
    [whole(null, { specs: null })],
    ['neither spec nor specs: Cilium refuses such a policy'],
    'allow',
  ],
  ['a spec that is no object', [whole('all')], ['spec is "all"'], 'unknown'],
  ['a spec that is no object, where something comes in', [whole('all')], ['spec is "all"'], 'unknown', IN],
  [
    'a spec that is no object, of another namespace',
    [{ ...whole('all'), metadata: { name: 'p', namespace: 'shop' } }],
    ['spec is "all"'],
    'allow',
  ],
  [
    'no list of specs',
    [whole(undefined, { specs: EVERY })],
    ['specs is "{\\"endpointSelector\\":{},\\"egress\\":[{}]}"'],
    'unknown',
  ],
  ['a spec of several that is no object', [whole(undefined, { specs: [EVERY, 7] })], ['specs[1] is 7'], 'unknown'],
  [
    'a field that is not known',
    [cnp('pay/p', { egress: [{}], newer: 1 })],
    ['spec has the unknown field "newer"'],
    'unknown',
  ],
  [
    'the known fields that decide nothing',
    [cnp('pay/p', { egress: [{}], description: 'x', labels: [], log: {} })],
    [],
    'deny',
  ],
  ['no selector', [whole({ egress: [{}] })], ['spec has neither endpointSelector nor nodeSelector'], 'unknown'],
  [
    'a selector that is null',
    [whole({ endpointSelector: null, nodeSelector: null, egress: [{}] })],
    ['spec has neither endpointSelector nor nodeSelector'],
    'unknown',
  ],
  [
    'two selectors',
    [whole({ ...EVERY, nodeSelector: {} })],
    [refused('spec has endpointSelector together with nodeSelector')],
    'allow',
  ],
  [
    'nodes in a policy of one namespace',
    [whole({ nodeSelector: {}, egress: [{}] })],
    [refused('nodeSelector is for cluster-wide policies only')],
    'allow',
  ],
  ['nodes in a policy of the cluster', [ccnp('n', { nodeSelector: {}, egress: [{}] })], [], 'allow'],
  ['rules that are null are none', [cnp('pay/p', { egress: null })], [], 'allow'],
  ['no list of rules', [cnp('pay/p', { egress: { toEntities: ['all'] } })], ['egress is not a list'], 'unknown'],
  [
    'no list of rules that deny',
    [cnp('pay/p', { egress: [ALL], egressDeny: {} })],
    ['egressDeny is not a list'],
    'unknown',
  ],
  ['a rule that is no object', [cnp('pay/p', { egress: ['all'] })], ['egress[0] is no object'], 'unknown'],
  [
    'a rule of several specs that is no object',
    [whole(undefined, { specs: [{ ...EVERY, egress: [7] }] })],
    ['specs[0].egress[0] is no object'],
    'unknown',
  ],
  ['a field of a rule', [egress({ newer: [] })], ['egress[0] has the unknown field "newer"'], 'unknown'],
  [
    'names in a rule that denies',
    [denying({ toFQDNs: [{ matchName: 'x' }] })],
    ['egressDeny[0] has the unknown field "toFQDNs"'],
    'unknown',
  ],
  [
    'authentication in a rule that denies',
    [denying({ toCIDR: ['203.0.113.43/32'], authentication: { mode: 'required' } })],
    ['egressDeny[0] has the unknown field "authentication"'],
    'unknown',
  ],
  [
    'what refuses an allow rule does not refuse one that denies',
    [denying({ toEntities: ['cluster'], toCIDR: ['203.0.113.43/32'] })],
    [],
    'deny',
  ],
  ['a rule that denies and names nobody denies nothing', [denying({})], [], 'allow'],
  ['authentication that always fails', [egress({ ...ALL, authentication: { mode: 'test-always-fail' } })], [], 'deny'],
  ['authentication that is required', [egress({ ...ALL, authentication: { mode: 'required' } })], [], 'allow'],
  ['authentication that is disabled', [egress({ ...ALL, authentication: { mode: 'disabled' } })], [], 'allow'],
]);

test.each([
  ['required', true],
  ['disabled', false],
])('authentication that is %s is told: %s', (mode, isTold) => {
  const { flows } = ask([egress({ ...ALL, authentication: { mode } })], OUT);
  const text = flows.flatMap(({ assumptions }) => assumptions).join('\n');
  expect(text.includes('egress[0].authentication: both ends must prove their identity')).toBe(isTold);
});

const UNKNOWN_REFUSAL = 'whether cilium of an unknown version refuses the whole policy is not known: ';

test('where it is not known whether a policy is refused, each of its rules is open, and why is told', () => {
  const objects = [egress({ toEntities: ['cluster'], toCIDR: ['203.0.113.80/32'] }, { newer: 1 })];
  const { problems } = readRuleBook(objects, { engine: CILIUM_UNKNOWN });
  expect(problems.map(({ why }) => why.replace(/whether .* refuses/, 'whether it refuses'))).toEqual([
    'egress[1] has the unknown field "newer"',
    `${UNKNOWN_REFUSAL.replace(/whether .* refuses/, 'whether it refuses')}egress[0] combines toCIDR and toEntities`,
  ]);
});

const option = (enableDefaultDeny: unknown, more: object = {}) =>
  cnp('pay/p', { egress: [{ toCIDR: ['203.0.113.80/32'] }], enableDefaultDeny, ...more });

table('enableDefaultDeny', [
  ['null is none', [option(null)], [], 'deny', NEW],
  ['of the other direction', [option({ ingress: false })], [], 'deny', NEW],
  ['null in a direction is none', [option({ egress: null })], [], 'deny', NEW],
  ['no object', [option(true)], ['enableDefaultDeny is no object'], 'unknown', NEW],
  ['a text', [option({ egress: 'false' })], ['enableDefaultDeny.egress cannot be read: "false"'], 'unknown', NEW],
  ['another field', [option({ egres: false })], ['enableDefaultDeny.egres cannot be read: false'], 'unknown', NEW],
  ['unknown to 1.15', [option({ egress: false })], ['enableDefaultDeny is unknown to Cilium 1.15.19'], 'unknown'],
  [
    'its rules count all the same',
    [option(true)],
    ['enableDefaultDeny is no object'],
    'allow',
    { ...NEW, to: '203.0.113.80' },
  ],
]);
