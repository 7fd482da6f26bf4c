/** Istio's outbound rules: which settings count, and what stays open. The plain rules are in test/cases/documented. */
import { describe, expect, test } from 'vitest';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { ask, CLUSTER, egress, UNKNOWN } from './policy-builders.ts';

const DNS = { 'api.stripe.com': ['203.0.113.43'] };
const OUT = { from: 'pay/mesh', to: 'api.stripe.com', dns: DNS, engine: UNKNOWN };

function meshPod(annotations: object = {}, labels: object = { app: 'mesh' }): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'mesh', namespace: 'pay', labels, annotations },
    spec: { containers: [{ name: 'main' }, { name: 'istio-proxy' }] },
    status: { phase: 'Running', podIP: '10.244.0.9', podIPs: [{ ip: '10.244.0.9' }] },
  };
}

function config(mesh: string, name = 'istio'): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'istio-system' }, data: { mesh } };
}

const ONLY = config('outboundTrafficPolicy: {mode: REGISTRY_ONLY}');
const ANY = config('accessLogFile: /dev/stdout');

function sidecar(spec: object, path = 'pay/default'): object {
  const [namespace, name] = path.split('/');
  return { apiVersion: 'networking.istio.io/v1', kind: 'Sidecar', metadata: { name, namespace }, spec };
}

function entry(spec: object): object {
  const metadata = { name: 'stripe', namespace: 'pay' };
  const rest = { hosts: ['api.stripe.com'], ports: [{ number: 443, name: 'tls', protocol: 'TLS' }], resolution: 'DNS' };
  return { apiVersion: 'networking.istio.io/v1', kind: 'ServiceEntry', metadata, spec: { ...rest, ...spec } };
}

const REGISTRY_ONLY = { outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } };
const ALLOW_ANY = { outboundTrafficPolicy: { mode: 'ALLOW_ANY' } };
const BY_MAP = ['ConfigMap istio-system/istio'];

type Row = readonly [rule: string, objects: readonly object[], decision: string, by: readonly string[]];

describe('outboundTrafficPolicy', () => {
  test.each<Row>([
    ['of a mesh whose settings were not read is not known', [], 'unknown', BY_MAP],
    ['of a mesh that says nothing is ALLOW_ANY', [ANY], 'allow', []],
    ['of the mesh', [ONLY], 'deny', BY_MAP],
    ['of settings that are no YAML', [config('{')], 'unknown', BY_MAP],
    ['of settings with a mode that is not known', [config('outboundTrafficPolicy: {mode: SOME}')], 'unknown', BY_MAP],
    ['of settings without a mode', [config('outboundTrafficPolicy: {}')], 'unknown', BY_MAP],
    ['of two revisions that differ', [ONLY, config('', 'istio-canary')], 'unknown', BY_MAP],
    [
      'of two revisions that agree',
      [ONLY, config('outboundTrafficPolicy: {mode: REGISTRY_ONLY}', 'istio-b')],
      'deny',
      BY_MAP,
    ],
    [
      'of a revision whose settings were not read is not known',
      [ANY, meshPod({ 'istio.io/rev': 'canary' })],
      'unknown',
      BY_MAP,
    ],
    ['of the default revision, named', [ANY, meshPod({ 'istio.io/rev': 'default' })], 'allow', []],
    [
      'of a revision of a namespace',
      [ONLY, config('outboundTrafficPolicy: {mode: REGISTRY_ONLY}', 'istio-b'), meshPod({ 'istio.io/rev': 'b' })],
      'deny',
      BY_MAP,
    ],
    ['of the Sidecar beats the mesh', [ONLY, sidecar(ALLOW_ANY)], 'allow', ['Sidecar pay/default']],
    ['of the Sidecar needs no mesh settings', [sidecar(REGISTRY_ONLY)], 'deny', ['Sidecar pay/default']],
    [
      'of a Sidecar without one is the mesh’s',
      [ONLY, sidecar({ egress: [{ hosts: ['./*'] }] })],
      'deny',
      ['Sidecar pay/default'],
    ],
    [
      'of a Sidecar without one, where the default and the mesh differ',
      [ONLY, sidecar(ALLOW_ANY), sidecar({ workloadSelector: { labels: { app: 'mesh' } } }, 'pay/mine')],
      'unknown',
      ['Sidecar pay/mine'],
    ],
    [
      'of the root namespace',
      [ANY, sidecar(REGISTRY_ONLY, 'istio-system/default')],
      'deny',
      ['Sidecar istio-system/default'],
    ],
    ['of another namespace', [ANY, sidecar(REGISTRY_ONLY, 'shop/default')], 'allow', []],
    [
      'of a Sidecar for other pods',
      [ANY, sidecar({ ...REGISTRY_ONLY, workloadSelector: { labels: { app: 'web' } } })],
      'allow',
      [],
    ],
    [
      'of two Sidecars for the same pod is undefined',
      [
        ANY,
        sidecar({ ...REGISTRY_ONLY, workloadSelector: { labels: { app: 'mesh' } } }, 'pay/a'),
        sidecar({ ...ALLOW_ANY, workloadSelector: { labels: { app: 'mesh' } } }, 'pay/b'),
      ],
      'unknown',
      ['Sidecar pay/a', 'Sidecar pay/b'],
    ],
    [
      'of two defaults is undefined',
      [ANY, sidecar(REGISTRY_ONLY, 'pay/a'), sidecar(ALLOW_ANY, 'pay/b')],
      'unknown',
      ['Sidecar pay/a', 'Sidecar pay/b'],
    ],
    [
      'of a Sidecar with a field that is not known',
      [ANY, sidecar({ ...ALLOW_ANY, newer: 1 })],
      'unknown',
      ['Sidecar pay/default'],
    ],
    [
      'of a Sidecar whose selector cannot be read',
      [ANY, sidecar({ ...REGISTRY_ONLY, workloadSelector: { labels: 1 } })],
      'unknown',
      ['Sidecar pay/default'],
    ],
    [
      'what a NetworkPolicy denies the mesh does not allow',
      [ANY, egress('pay/deny')],
      'deny',
      ['NetworkPolicy pay/deny'],
    ],
  ])('%s', (_, objects, decision, by) => {
    const answer = ask([...CLUSTER, meshPod(), ...objects], OUT);
    expect([answer.decision, answer.by.toSorted()]).toEqual([decision, by]);
  });

  test('holds where no network plugin enforces anything', () => {
    const engine = { name: 'none', version: null, evidence: 'given' } as const;
    const objects = [...CLUSTER, meshPod(), ONLY, egress('pay/deny'), entry({ hosts: ['api.example.com'] })];
    expect(ask(objects, { ...OUT, engine })).toMatchObject({ decision: 'deny', by: BY_MAP });
    expect(readRuleBook(objects, { engine }).coverage.map(({ kind, status }) => [kind, status])).toEqual([
      ['NetworkPolicy.networking.k8s.io', 'not-enforced'],
      ['ServiceEntry.networking.istio.io', 'evaluated'],
    ]);
  });

  test('says nothing to a pod without a proxy', () => {
    expect(ask([...CLUSTER, meshPod(), ONLY], { ...OUT, from: 'pay/api' }).decision).toBe('allow');
  });
});

describe('ServiceEntry', () => {
  test.each([
    ['lets its host out', {}, 'allow'],
    ['of another host', { hosts: ['api.example.com'] }, 'deny'],
    ['of another port', { ports: [{ number: 8443, name: 'tls', protocol: 'TLS' }] }, 'deny'],
    ['without ports', { ports: [] }, 'deny'],
    ['with a wildcard', { hosts: ['*.stripe.com'] }, 'allow'],
    ['whose addresses are others', { addresses: ['198.51.100.7'] }, 'deny'],
    ['whose addresses cover it', { addresses: ['203.0.113.0/24'] }, 'allow'],
    [
      'of TLS to a single address, whatever the server name',
      { hosts: ['db.example.com'], addresses: ['203.0.113.43'] },
      'allow',
    ],
    [
      'of TLS to a range of one address, whatever the server name',
      { hosts: ['db.example.com'], addresses: ['203.0.113.43/32'] },
      'allow',
    ],
    ['of TLS to a range goes by the server name', { hosts: ['db.example.com'], addresses: ['203.0.113.0/24'] }, 'deny'],
    [
      'of TLS to a range and an address elsewhere',
      { hosts: ['db.example.com'], addresses: ['203.0.113.0/24', '198.51.100.7'] },
      'deny',
    ],
    ['of TLS to a range beside an address', { addresses: ['203.0.113.0/24', '198.51.100.7'] }, 'allow'],
    [
      'without a protocol: HTTP to other hosts is not let out, everything else is',
      { hosts: ['db.example.com'], ports: [{ number: 443, name: 'x' }], resolution: 'NONE' },
      'unknown',
    ],
    ['without a protocol, of its own host', { ports: [{ number: 443, name: 'x', protocol: '' }] }, 'allow'],
    [
      'without a protocol and of other addresses',
      { ports: [{ number: 443, name: 'x' }], addresses: ['198.51.100.7'] },
      'deny',
    ],
    [
      'of UDP beside TLS: the proxy takes no UDP',
      {
        ports: [
          { number: 443, name: 'tls', protocol: 'TLS' },
          { number: 443, name: 'quic', protocol: 'UDP' },
        ],
      },
      'allow',
    ],
    ['of UDP alone', { ports: [{ number: 443, name: 'quic', protocol: 'UDP' }] }, 'deny'],
    ['exported to this namespace', { exportTo: ['pay'] }, 'allow'],
    ['exported to nobody', { exportTo: ['~'] }, 'deny'],
    ['exported to another namespace', { exportTo: ['shop'] }, 'deny'],
    [
      'of a protocol without names and without addresses, told apart by its port',
      { hosts: ['db.example.com'], ports: [{ number: 443, name: 'x', protocol: 'TCP' }] },
      'unknown',
    ],
    ['with a protocol that is not known', { ports: [{ number: 443, name: 'x', protocol: 'QUIC' }] }, 'unknown'],
    ['with a resolution that is not known', { resolution: 'MAGIC' }, 'unknown'],
    ['with a field that is not known', { hosts: ['api.example.com'], newer: true }, 'unknown'],
    ['with an address that is none', { addresses: ['nowhere'] }, 'unknown'],
    ['with hosts that are no texts', { hosts: [1] }, 'unknown'],
  ])('%s', (_, spec, decision) => {
    expect(ask([...CLUSTER, meshPod(), ONLY, entry(spec)], OUT).decision).toBe(decision);
  });

  test.each([
    ['from a namespace that the Sidecar imports', [{ hosts: ['pay/*'] }], 'allow'],
    ['by its own host', [{ hosts: ['*/api.stripe.com'] }], 'allow'],
    ['by a wildcard', [{ hosts: ['./*.stripe.com'] }], 'allow'],
    ['from a namespace that it does not import', [{ hosts: ['shop/*'] }], 'deny'],
    ['where it imports nothing', [{ hosts: ['~/*'] }], 'deny'],
    ['where its egress is empty', [], 'allow'],
    ['through a listener of its own', [{ hosts: ['pay/*'], port: { number: 443 } }], 'unknown'],
    ['where a host cannot be read', [{ hosts: ['everything'] }], 'unknown'],
  ])('%s', (_, imports, decision) => {
    const objects = [...CLUSTER, meshPod(), entry({}), sidecar({ ...REGISTRY_ONLY, egress: imports })];
    expect(ask(objects, OUT).decision).toBe(decision);
  });

  test('the answer says by what the proxy goes, and what was not evaluated', () => {
    const told = ask([...CLUSTER, meshPod(), ONLY, entry({})], OUT).flows[0]?.assumptions.join('; ');
    expect(told).toContain('server name (SNI)');
    expect(told).toContain('VirtualService');
  });
});

describe('connections past the proxy', () => {
  const annotated = (key: string, value: string) => meshPod({ [`traffic.sidecar.istio.io/${key}`]: value });
  test.each([
    ['excluded ports', 'excludeOutboundPorts', '80, 443', 'allow'],
    ['other excluded ports', 'excludeOutboundPorts', '80', 'deny'],
    ['excluded ranges', 'excludeOutboundIPRanges', '10.0.0.0/8,203.0.113.0/24', 'allow'],
    ['other excluded ranges', 'excludeOutboundIPRanges', '10.0.0.0/8', 'deny'],
    ['ranges that cannot be read', 'excludeOutboundIPRanges', 'ten', 'unknown'],
    ['included ranges', 'includeOutboundIPRanges', '203.0.113.0/24', 'deny'],
    ['not among the included ranges', 'includeOutboundIPRanges', '10.0.0.0/8', 'allow'],
    ['no range is included', 'includeOutboundIPRanges', '', 'allow'],
    ['every range is included', 'includeOutboundIPRanges', '*', 'deny'],
  ])('%s', (_, key, value, decision) => {
    expect(ask([...CLUSTER, annotated(key, value), ONLY], OUT).decision).toBe(decision);
  });
});

test.each([
  ['NONE', 'allow'],
  ['REDIRECT', 'deny'],
  ['TPROXY', 'deny'],
])('interceptionMode %s', (mode, decision) => {
  const pods = [...CLUSTER, meshPod({ 'sidecar.istio.io/interceptionMode': mode })];
  expect(ask([...pods, ONLY], OUT).decision).toBe(decision);
});

test('a Sidecar that lists what comes in leaves other ports open', () => {
  const objects = [...CLUSTER, meshPod(), ANY, sidecar({ ...ALLOW_ANY, ingress: [{ port: { number: 9080 } }] })];
  const to = (port: number) => ask(objects, { from: 'shop/web', to: 'pod:pay/mesh', port }).decision;
  expect([to(9080), to(22)]).toEqual(['allow', 'unknown']);
});

describe('a Service', () => {
  const only = sidecar({ ...REGISTRY_ONLY });
  const service = (exportTo: string | null) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'far',
      namespace: 'shop',
      annotations: exportTo === null ? {} : { 'networking.istio.io/exportTo': exportTo },
    },
    spec: { clusterIP: '10.96.0.99', clusterIPs: ['10.96.0.99'], selector: { app: 'web' }, ports: [{ port: 8080 }] },
  });
  const named = { from: 'pay/mesh', to: 'service:shop/far', port: 8080, engine: UNKNOWN };
  test.each([
    ['is known to every proxy', null, ANY, 'allow'],
    ['is known where it is exported to', '., pay', ANY, 'allow'],
    ['of another namespace alone is not', '.', ANY, 'deny'],
    ['exported to nobody is not', '~', ANY, 'deny'],
    ['follows the mesh’s default where it says nothing', null, config('defaultServiceExportTo: ["."]'), 'deny'],
    ['beats the mesh’s default', '*', config('defaultServiceExportTo: ["."]'), 'allow'],
  ])('%s', (_, exportTo, mesh, decision) => {
    const answer = ask([...CLUSTER, meshPod(), mesh, only, service(exportTo)], named);
    expect(answer.flows.map(flow => flow.decision)).toEqual([decision]);
  });
});

test.each([
  ['whose name it is asked by', 'api.stripe.com', 443, 'unknown'],
  ['on a port that it does not have', 'api.stripe.com', 80, 'deny'],
  ['of another name', 'api.example.com', 443, 'deny'],
])('an ExternalName Service %s', (_, externalName, port, decision) => {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'stripe', namespace: 'pay' },
    spec: { type: 'ExternalName', externalName, ports: [{ port: 443 }] },
  };
  expect(ask([...CLUSTER, meshPod(), ONLY, service], { ...OUT, port }).decision).toBe(decision);
});
