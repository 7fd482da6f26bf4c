/**
 * What is wrong in Istio's objects, told word by word, and what it makes of the answer; the annotations that lead past a
 * proxy; and which Sidecar's settings a pod inherits.
 */
import { describe, expect, test } from 'vitest';
import { readClusterState } from '../../src/policy/cluster-state.ts';
import { proxyKey } from '../../src/policy/istio-proxy.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { type Ask, ask, CLUSTER, serviceOf, UNKNOWN } from './policy-builders.ts';

const OUT: Ask = {
  from: 'pay/mesh',
  to: 'api.stripe.com',
  dns: { 'api.stripe.com': ['203.0.113.43'] },
  engine: UNKNOWN,
};

function meshPod(annotations: object = {}, containers: readonly string[] = ['main', 'istio-proxy']): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'mesh', namespace: 'pay', labels: { app: 'mesh' }, annotations },
    spec: { containers: containers.map(name => ({ name })) },
    status: { phase: 'Running', podIP: '10.244.0.9', podIPs: [{ ip: '10.244.0.9' }] },
  };
}

function map(data: unknown, name = 'istio'): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'istio-system' }, data };
}

const REGISTRY_ONLY = { outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } };
const ALLOW_ANY = { outboundTrafficPolicy: { mode: 'ALLOW_ANY' } };
const ONLY = map({ mesh: 'outboundTrafficPolicy: {mode: REGISTRY_ONLY}' });
const ANY = map({ mesh: 'accessLogFile: /dev/stdout' });
const NONE = map({ mesh: 'outboundTrafficPolicy: {}' });

function istio(kind: string, path: string, spec: unknown): object {
  const [namespace, name] = path.split('/');
  return { apiVersion: 'networking.istio.io/v1', kind, metadata: { name, namespace }, spec };
}
const sidecar = (spec: unknown, path = 'pay/default') => istio('Sidecar', path, spec);
const PORT = { number: 443, name: 'tls', protocol: 'TLS' };
const entry = (spec: object) =>
  istio('ServiceEntry', 'pay/stripe', { hosts: ['api.stripe.com'], ports: [PORT], resolution: 'DNS', ...spec });

type Row = readonly [what: string, objects: readonly object[], problems: readonly string[], decision: string];

function table(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    test.each<Row>(rows)('%s', (_, objects, problems, decision) => {
      const all = [...CLUSTER, meshPod(), ...objects];
      expect(readRuleBook(all, { engine: UNKNOWN }).problems.map(({ object, why }) => `${object}: ${why}`)).toEqual(
        problems,
      );
      expect(ask(all, OUT).decision).toBe(decision);
    });
  });
}

const badEntry = (what: string, spec: unknown, ...problems: readonly string[]): Row => [
  what,
  [ONLY, typeof spec === 'object' && spec !== null ? entry(spec) : istio('ServiceEntry', 'pay/stripe', spec)],
  problems.map(problem => `ServiceEntry pay/stripe: ${problem}`),
  'unknown',
];

table('a ServiceEntry', [
  badEntry('without a spec', null, 'no spec', 'it names no hosts'),
  badEntry('with a field that is not known', { newer: 1 }, 'the field "newer" is not known'),
  badEntry('without hosts', { hosts: [] }, 'it names no hosts'),
  badEntry('whose hosts are no list', { hosts: 'api.stripe.com' }, 'hosts is no list of texts', 'it names no hosts'),
  badEntry(
    'one of whose hosts is no text',
    { hosts: ['api.stripe.com', 7] },
    'hosts is no list of texts',
    'it names no hosts',
  ),
  badEntry('with a resolution that is not known', { resolution: 'MAGIC' }, 'unknown resolution "MAGIC"'),
  badEntry('with a resolution that is no text', { resolution: ['DNS'] }, 'unknown resolution ["DNS"]'),
  badEntry('whose ports are no list', { ports: PORT }, 'ports is not a list'),
  badEntry('one of whose ports is none', { ports: [PORT, 443] }, 'ports[1]: unknown port 443'),
  badEntry(
    'one of whose ports has no number',
    { ports: [{ ...PORT, number: '443' }] },
    'ports[0]: unknown port {"number":"443","name":"tls","protocol":"TLS"}',
  ),
  badEntry('exported to what is no list', { exportTo: '*' }, 'exportTo is no list of texts'),
  badEntry('one of whose addresses is none', { addresses: ['203.0.113.43', 'x'] }, 'addresses: invalid CIDR "x"'),
  ['with fields that are null has none of them', [ONLY, entry({ addresses: null, exportTo: null })], [], 'allow'],
  ['whose ports are null opens nothing', [ONLY, entry({ ports: null })], [], 'deny'],
  ['of an address of the other family', [ONLY, entry({ addresses: ['2001:db8::1'] })], [], 'deny'],
]);

/** What is told of the connection that an entry lets out. */
function told(spec: object): string {
  const { decision, flows } = ask([...CLUSTER, meshPod(), ONLY, entry(spec)], OUT);
  expect(decision).toBe('allow');
  return flows
    .flatMap(({ assumptions }) => assumptions)
    .filter(text => /proxy goes|opens port/.test(text))
    .join('\n');
}
const of = (protocol: string, more: object = {}) => ({ ports: [{ ...PORT, protocol }], ...more });

test.each<readonly [what: string, spec: object, told: string]>([
  ['TLS', of('TLS'), 'the proxy goes by the server name (SNI), which has to be one of api.stripe.com'],
  ['HTTPS', of('HTTPS'), 'the proxy goes by the server name (SNI), which has to be one of api.stripe.com'],
  ['HTTP', of('HTTP'), 'the proxy goes by the Host header, which has to be one of api.stripe.com'],
  [
    'HTTP, whatever the address',
    of('HTTP', { addresses: ['198.51.100.7'] }),
    'the proxy goes by the Host header, which has to be one of api.stripe.com',
  ],
  ['TLS to one address', of('TLS', { addresses: ['203.0.113.43'] }), ''],
  ['no protocol', of('', { resolution: 'NONE' }), ''],
  ['TCP without addresses', of('TCP', { resolution: 'NONE' }), 'the entry opens port 443 to every address'],
  ['TCP with addresses', of('TCP', { resolution: 'NONE', addresses: ['203.0.113.43'] }), ''],
  ['TCP with addresses and a resolution', of('TCP', { addresses: ['203.0.113.43'] }), ''],
])('what is told of an entry of %s', (_, spec, text) => {
  expect(told(spec)).toBe(text);
});

test('TLS goes by the address too, HTTPS as well', () => {
  const decisions = ['TLS', 'HTTPS'].map(
    protocol => ask([...CLUSTER, meshPod(), ONLY, entry(of(protocol, { addresses: ['198.51.100.7'] }))], OUT).decision,
  );
  expect(decisions).toEqual(['deny', 'deny']);
});

const badSidecar = (what: string, spec: object, problem: string): Row => [
  what,
  [ANY, sidecar({ ...REGISTRY_ONLY, ...spec }), ...('egress' in spec ? [entry({})] : [])],
  [`Sidecar pay/default: ${problem}`],
  'unknown',
];
const SELECTS = { workloadSelector: { labels: { app: 'mesh' } } };

table('a Sidecar', [
  badSidecar('with a field that is not known', { newer: 1 }, 'the field "newer" is not known'),
  badSidecar(
    'with labels that are no map',
    { workloadSelector: { labels: ['app'] } },
    'workloadSelector.labels ["app"] is no map of texts',
  ),
  badSidecar(
    'one of whose labels is no text',
    { workloadSelector: { labels: { app: 'mesh', x: 7 } } },
    'workloadSelector.labels {"app":"mesh","x":7} is no map of texts',
  ),
  badSidecar('whose egress is no list', { egress: {} }, 'egress is not a list'),
  badSidecar('whose hosts are no list', { egress: [{ hosts: 'pay/*' }] }, 'egress[0].hosts is not a list'),
  badSidecar(
    'with a host without a namespace',
    { egress: [{ hosts: ['api.stripe.com'] }] },
    'egress[0]: "api.stripe.com" is not NAMESPACE/HOST',
  ),
  badSidecar(
    'with a host with an empty namespace',
    { egress: [{ hosts: ['/api.stripe.com'] }] },
    'egress[0]: "/api.stripe.com" is not NAMESPACE/HOST',
  ),
  badSidecar('with a host that is no text', { egress: [{ hosts: [7] }] }, 'egress[0]: 7 is not NAMESPACE/HOST'),
  badSidecar(
    'with a mode that is not known',
    { outboundTrafficPolicy: { mode: 'SOME' } },
    'Sidecar pay/default: outboundTrafficPolicy {"mode":"SOME"} has no mode that is known',
  ),
  [
    'with an empty selector is its namespace’s',
    [ANY, sidecar({ ...REGISTRY_ONLY, workloadSelector: { labels: {} } })],
    [],
    'deny',
  ],
  [
    'with a selector that is null is its namespace’s',
    [ANY, sidecar({ ...REGISTRY_ONLY, workloadSelector: null })],
    [],
    'deny',
  ],
  [
    'with a selector without labels is its namespace’s',
    [ANY, sidecar({ ...REGISTRY_ONLY, workloadSelector: {} })],
    [],
    'deny',
  ],
  [
    'with settings that are null inherits',
    [ONLY, sidecar({ outboundTrafficPolicy: null, egress: null, ingress: [] })],
    [],
    'deny',
  ],
  ['without a spec inherits', [ONLY, sidecar(null)], [], 'deny'],
  [
    'with the usual way of capture',
    [ANY, sidecar({ ...REGISTRY_ONLY, egress: [{ hosts: ['pay/*'], captureMode: 'DEFAULT' }] }), entry({})],
    [],
    'allow',
  ],
  [
    'with another way of capture',
    [ANY, sidecar({ ...REGISTRY_ONLY, egress: [{ hosts: ['pay/*'], captureMode: 'NONE' }] }), entry({})],
    [],
    'unknown',
  ],
  [
    'with another way of capture beside a plain one',
    [
      ANY,
      sidecar({ ...REGISTRY_ONLY, egress: [{ hosts: ['pay/*'], bind: '127.0.0.1' }, { hosts: ['./*'] }] }),
      entry({}),
    ],
    [],
    'allow',
  ],
  [
    'with a host of the same ending alone',
    [ANY, sidecar({ ...REGISTRY_ONLY, egress: [{ hosts: ['./*.api.stripe.com'] }] }), entry({})],
    [],
    'deny',
  ],
]);

table('what a Sidecar without a mode inherits', [
  ['the mesh’s', [ONLY, sidecar(SELECTS, 'pay/mine')], [], 'deny'],
  ['the mesh’s, where the default agrees', [ONLY, sidecar(SELECTS, 'pay/mine'), sidecar(REGISTRY_ONLY)], [], 'deny'],
  [
    'nothing certain where the default differs',
    [ANY, sidecar(SELECTS, 'pay/mine'), sidecar(REGISTRY_ONLY)],
    [],
    'unknown',
  ],
  [
    'nothing certain where the root namespace’s differs',
    [ANY, sidecar(SELECTS, 'pay/mine'), sidecar(REGISTRY_ONLY, 'istio-system/default')],
    [],
    'unknown',
  ],
  [
    'nothing of a Sidecar for other pods',
    [ONLY, sidecar(SELECTS, 'pay/mine'), sidecar({ ...ALLOW_ANY, workloadSelector: { labels: { app: 'web' } } })],
    [],
    'deny',
  ],
  [
    'nothing of another namespace’s',
    [ONLY, sidecar(SELECTS, 'pay/mine'), sidecar(ALLOW_ANY, 'shop/default')],
    [],
    'deny',
  ],
  [
    'nothing certain where one of them is not known',
    [NONE, sidecar(SELECTS, 'pay/mine')],
    ['ConfigMap istio-system/istio: ConfigMap istio-system/istio: outboundTrafficPolicy {} has no mode that is known'],
    'unknown',
  ],
]);

table('the settings of the mesh', [
  [
    'that are no YAML',
    [map({ mesh: '{' })],
    [expect.stringContaining('ConfigMap istio-system/istio: data.mesh of ConfigMap istio-system/istio is no YAML: ')],
    'unknown',
  ],
  ['that are null', [map({ mesh: 'outboundTrafficPolicy: null' })], [], 'allow'],
  ['that are empty', [map({ mesh: '' })], [], 'allow'],
  ['that are a text', [map({ mesh: 'text' })], [], 'allow'],
  [
    'in a map of another name',
    [map({ mesh: 'outboundTrafficPolicy: {mode: REGISTRY_ONLY}' }, 'my-istio'), ANY],
    [],
    'allow',
  ],
  [
    'in a map of a name that only begins so',
    [map({ mesh: 'outboundTrafficPolicy: {mode: REGISTRY_ONLY}' }, 'istiod'), ANY],
    [],
    'allow',
  ],
  ['in a map without them', [map({ values: 'x' }, 'istio-sidecar-injector'), ANY], [], 'allow'],
  [
    'in a namespace of its own for the root',
    [map({ mesh: 'rootNamespace: roots' }), sidecar(REGISTRY_ONLY, 'roots/default')],
    [],
    'deny',
  ],
  [
    'whose export is no text',
    [map({ mesh: 'outboundTrafficPolicy: {mode: REGISTRY_ONLY}\ndefaultServiceExportTo: [7]' }), entry({})],
    [],
    'allow',
  ],
]);

const AMBIENT = { 'ambient.istio.io/redirection': 'enabled' };

test.each<readonly [what: string, objects: readonly object[], decision: string]>([
  ['keeps to no rule where the mesh lets everything out', [ANY], 'allow'],
  ['may keep to the mesh’s rule', [ONLY], 'unknown'],
  ['is not known where the mesh’s rule is not', [NONE], 'unknown'],
  ['keeps to no Sidecar', [ANY, sidecar(REGISTRY_ONLY)], 'allow'],
])('a pod of the ambient mode %s', (_, objects, decision) => {
  expect(ask([...CLUSTER, meshPod(AMBIENT, ['main']), ...objects], OUT).decision).toBe(decision);
});

test('a gateway, whose only container is the proxy, keeps to nothing', () => {
  expect(ask([...CLUSTER, meshPod({}, ['istio-proxy']), ONLY], OUT).decision).toBe('allow');
});

const PREFIX = 'traffic.sidecar.istio.io/';
const annotated = (annotations: Readonly<Record<string, string>>) =>
  meshPod(Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`${PREFIX}${key}`, value])));
const FAR = serviceOf('shop/far', '10.96.0.99', 80);
/** The proxy knows no Service of another namespace: what comes out goes past it. */
const BLIND = sidecar({ ...REGISTRY_ONLY, egress: [{ hosts: ['./*'] }] });
const SERVICE: Ask = { from: 'pay/mesh', to: 'service:shop/far', port: 80, engine: UNKNOWN };

describe('connections past the proxy', () => {
  const rows: readonly (readonly [string, Readonly<Record<string, string>>, string, Ask?])[] = [
    ['every port', { excludeOutboundPorts: '*' }, 'allow'],
    ['no port', { excludeOutboundPorts: '' }, 'deny'],
    ['every range', { excludeOutboundIPRanges: '*' }, 'allow'],
    ['no range', { excludeOutboundIPRanges: ' , ' }, 'deny'],
    ['ranges with spaces', { excludeOutboundIPRanges: '10.0.0.0/8 , 203.0.113.0/24 ' }, 'allow'],
    ['a range beside one that cannot be read', { excludeOutboundIPRanges: '203.0.113.0/24,ten' }, 'unknown'],
    ['every included range, with spaces', { includeOutboundIPRanges: ' * ' }, 'deny'],
    ['every included range beside another', { includeOutboundIPRanges: '10.0.0.0/8,*' }, 'deny'],
    ['included ranges that cannot be read', { includeOutboundIPRanges: 'ten' }, 'unknown'],
    [
      'not among the included ranges, but of an included port',
      { includeOutboundIPRanges: '10.0.0.0/8', includeOutboundPorts: '443' },
      'deny',
    ],
    ['neither', { includeOutboundIPRanges: '10.0.0.0/8', includeOutboundPorts: '80' }, 'allow'],
    ['an included port alone takes nothing out', { includeOutboundPorts: '80' }, 'deny'],
    ['a Service by its own address', { excludeOutboundIPRanges: '10.96.0.0/16' }, 'allow', SERVICE],
    ['a Service by its own address alone', { excludeOutboundIPRanges: '10.96.0.99/32' }, 'allow', SERVICE],
    ['not a Service by the address of its pods', { excludeOutboundIPRanges: '10.244.0.0/16' }, 'deny', SERVICE],
    ['a Service by its own port', { excludeOutboundPorts: '80' }, 'allow', SERVICE],
    ['not a Service by the port of its pods', { excludeOutboundPorts: '8080' }, 'deny', SERVICE],
    ['UDP', {}, 'allow', { ...OUT, protocol: 'UDP' }],
  ];
  for (const [what, annotations, decision, asked = OUT] of rows)
    test(what, () => {
      expect(ask([...CLUSTER, FAR, annotated(annotations), ONLY, BLIND], asked).decision).toBe(decision);
    });
});

test('two pods are one to the mesh when their settings are, in whatever order, and other annotations do not count', () => {
  const key = (annotations: Readonly<Record<string, string>>, containers?: readonly string[]) => {
    const found = readClusterState([meshPod(annotations, containers)], {}).cluster.pods.get('pay/mesh');
    return found === undefined ? '' : proxyKey(found);
  };
  const [a, b] = [{ [`${PREFIX}excludeOutboundPorts`]: '80' }, { [`${PREFIX}includeOutboundPorts`]: '443' }];
  expect(key({ ...b, ...a, note: 'x' })).toBe(key({ ...a, ...b }));
  expect(new Set([key({}), key(a), key(b), key({}, ['main']), key({}, ['istio-proxy'])]).size).toBe(4);
});
