/** How the objects of a cluster are read: pods, nodes, names, Services and who stands behind them; and what cannot be read. */
import { describe, expect, test } from 'vitest';
import { readClusterState } from '../../src/policy/cluster-state.ts';
import { CLUSTER, node, pod } from './policy-builders.ts';

const read = (objects: readonly unknown[], dns: Readonly<Record<string, readonly string[]>> = {}) =>
  readClusterState(objects, dns);
const podOf = (object: unknown) => read([object]).cluster.pods.get('pay/api');
const problemsOf = (objects: readonly unknown[], dns: Readonly<Record<string, readonly string[]>> = {}) =>
  read(objects, dns).problems.map(({ object, why }) => `${object}: ${why}`);

function podWith(spec: object, status: object = {}): object {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'api', namespace: 'pay' }, spec, status };
}
const withPorts = (...ports: readonly unknown[]) => podWith({ containers: [{ name: 'main', ports }] });

describe('pods', () => {
  test('of another API’s kind are none', () => {
    const { cluster } = read([
      { ...pod('pay/api'), apiVersion: 'metrics.k8s.io/v1' },
      { ...pod('pay/db'), metadata: {} },
    ]);
    expect([...cluster.pods]).toEqual([]);
  });
  test('each kind goes where it belongs', () => {
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot', namespace: 'pay' } };
    const { cluster } = read([...CLUSTER, account]);
    expect([...cluster.namespaces.keys()]).toEqual(['pay', 'shop']);
    expect([...cluster.serviceAccounts.keys()]).toEqual(['pay/robot']);
    expect([...cluster.pods.keys()]).toEqual(['pay/api', 'pay/db', 'shop/web']);
    expect([...cluster.nodes.keys()]).toEqual(['a', 'b']);
  });
  test('without a namespace are in default', () => {
    expect([...read([{ ...pod('pay/api'), metadata: { name: 'api' } }]).cluster.pods.keys()]).toEqual(['default/api']);
  });
  test('an init container that stays serves its ports, one that ends does not', () => {
    const containers = [{ name: 'main', ports: [{ name: 'web', containerPort: 80 }] }];
    const initContainers = [
      { name: 'stays', restartPolicy: 'Always', ports: [{ name: 'metrics', containerPort: 90 }] },
      { name: 'ends', ports: [{ name: 'setup', containerPort: 70 }] },
    ];
    const found = podOf(podWith({ containers, initContainers }));
    expect(found?.ports.map(({ name }) => name)).toEqual(['web', 'metrics']);
    expect(found?.containers).toEqual(['main', 'stays']);
  });
  test('have each address once, however often it is written', () => {
    const status = {
      podIP: '10.0.0.1',
      podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }, { ip: 'FD00:0::1' }, { ip: '' }],
    };
    expect(podOf(podWith({}, status))?.addresses).toEqual(['10.0.0.1', 'fd00::1']);
    expect(problemsOf([podWith({}, status)])).toEqual([]);
  });
  test('an address that is none is told', () => {
    expect(problemsOf([podWith({}, { podIP: 'x', podIPs: [{ ip: 7 }] })])).toEqual([
      'Pod pay/api: podIP is no address: "x"',
      'Pod pay/api: podIP is no address: 7',
    ]);
  });
  test.each<readonly [string, unknown, readonly unknown[], readonly string[]]>([
    ['a named port', { name: 'web', containerPort: 80 }, [{ name: 'web', port: 80, protocol: 'TCP' }], []],
    ['a port without a name is of no use', { containerPort: 80 }, [], []],
    ['a port that is a text', { name: 'web', containerPort: '80' }, [], ['containerPort is not a number: "80"']],
    ['a port between two', { name: 'web', containerPort: 80.5 }, [], ['containerPort is not a number: 80.5']],
    [
      'a protocol',
      { name: 'web', containerPort: 80, protocol: 'QUIC' },
      [],
      ['unknown protocol "QUIC" of a container port'],
    ],
  ])('container ports: %s', (_, port, ports, problems) => {
    expect(podOf(withPorts(port))?.ports).toEqual(ports);
    expect(problemsOf([withPorts(port)])).toEqual(problems.map(why => `Pod pay/api: ${why}`));
  });
});

describe('nodes', () => {
  const nodeWith = (status: object, spec: object = {}) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n' },
    spec,
    status,
  });
  const addressesOf = (objects: readonly unknown[]) => read(objects).cluster.nodes.get('n')?.addresses;
  test('have internal and external addresses, each once, and no others', () => {
    const addresses = [
      { type: 'InternalIP', address: '192.0.2.1' },
      { type: 'ExternalIP', address: '198.51.100.1' },
      { type: 'ExternalIP', address: '192.0.2.1' },
      { type: 'Hostname', address: 'n' },
    ];
    expect(addressesOf([nodeWith({ addresses })])).toEqual(['192.0.2.1', '198.51.100.1']);
    expect(problemsOf([nodeWith({ addresses })])).toEqual([]);
  });
  test('tell a pod range that cannot be read', () => {
    const object = nodeWith({}, { podCIDR: '10.0.0.0/16', podCIDRs: ['10.0.0.0/16', 'x', 7] });
    expect(
      read([object])
        .cluster.nodes.get('n')
        ?.podCidrs.map(({ text }) => text),
    ).toEqual(['10.0.0.0/16']);
    expect(problemsOf([object])).toEqual(['Node n: podCIDR: invalid CIDR "x"']);
  });
  const of = (status: object, spec: object = {}) => podWith({ nodeName: 'n', ...spec }, status);
  test.each<readonly [string, readonly object[], readonly string[] | undefined]>([
    [
      'are known by their pods alone',
      [of({ hostIP: '192.0.2.1', hostIPs: [{ ip: '192.0.2.1' }, { ip: 'fd00::9' }] })],
      ['192.0.2.1', 'fd00::9'],
    ],
    ['and by a pod that uses their network', [of({ podIP: '192.0.2.1' }, { hostNetwork: true })], ['192.0.2.1']],
    ['not by another pod’s own address', [of({ podIP: '10.0.0.1' })], undefined],
    [
      'have what a pod adds to what they say',
      [node('n', '192.0.2.1'), of({ hostIP: 'FD00::9' })],
      ['192.0.2.1', 'fd00::9'],
    ],
    ['have nothing twice', [node('n', '192.0.2.1'), of({ hostIP: '192.0.2.1' })], ['192.0.2.1']],
    ['do not have what is no address', [of({ hostIP: 'x', hostIPs: [{ ip: 7 }] })], undefined],
    ['are not known by a pod that is on none', [podWith({}, { hostIP: '192.0.2.1' })], undefined],
    [
      'nor by what is no pod',
      [{ ...of({ hostIP: '192.0.2.1' }), kind: 'PodTemplate' }, null as unknown as object],
      undefined,
    ],
  ])('%s', (_, objects, addresses) => {
    expect(addressesOf(objects)).toEqual(addresses);
  });
  test('keep their labels where a pod adds an address', () => {
    const objects = [node('n', '192.0.2.1', { role: 'edge' }), of({ hostIP: '192.0.2.2' })];
    expect(read(objects).cluster.nodes.get('n')?.labels).toEqual({ role: 'edge' });
  });
});

test('an answer that is no address is told, and names are lower case without their dot', () => {
  const dns = { 'API.Stripe.com.': ['203.0.113.43', 'x'] };
  expect([...read([], dns).cluster.dns]).toEqual([['api.stripe.com', ['203.0.113.43']]]);
  expect(problemsOf([], dns)).toEqual(['Name API.Stripe.com.: an answer is no address: "x"']);
});

const service = (spec: object, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop', ...metadata },
  spec: { clusterIP: '10.96.0.7', ports: [{ port: 80, targetPort: 8080 }], ...spec },
});
const slice = (more: object = {}) => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'web-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.244.1.1'], targetRef: { kind: 'Pod', name: 'web' } }],
  ports: [{ name: '', port: 8080 }],
  ...more,
});
const WEB = pod('shop/web', {
  labels: { app: 'web' },
  ip: '10.244.1.1',
  ports: [
    { name: 'http', containerPort: 8080 },
    { name: 'http', containerPort: 8081, protocol: 'UDP' },
    { name: 'other', containerPort: 9090 },
  ],
});
const webOf = (...objects: readonly unknown[]) => read(objects).cluster.services.get('shop/web');
const endpointsOf = (...objects: readonly unknown[]) =>
  webOf(...objects)?.endpoints.map(({ address, pod: name, ready, ports }) => [
    address,
    name,
    ready,
    ports.map(({ port }) => port),
  ]);

describe('Services', () => {
  test('have each cluster address once', () => {
    expect(webOf(service({ clusterIPs: ['10.96.0.7', '', 'None', 'fd00::7'] }))?.clusterAddresses).toEqual([
      '10.96.0.7',
      'fd00::7',
    ]);
    expect(webOf(service({ clusterIP: 'None', clusterIPs: ['None'] }))?.clusterAddresses).toEqual([]);
  });
  test('tell what cannot be read in them', () => {
    const ports = [{ port: '80' }, { port: 80, protocol: 'QUIC' }, { port: 80, targetPort: {} }, { port: 81 }];
    expect(webOf(service({ ports }))?.ports).toEqual([{ name: '', port: 81, targetPort: 81, protocol: 'TCP' }]);
    expect(problemsOf([service({ clusterIP: 'x', ports })])).toEqual([
      'Service shop/web: an address cannot be read: "x"',
      'Service shop/web: a port cannot be read: {"port":"80"}',
      'Service shop/web: a port cannot be read: {"port":80,"protocol":"QUIC"}',
      'Service shop/web: a port cannot be read: {"port":80,"targetPort":{}}',
    ]);
  });
  test('of another API are none', () => {
    expect(webOf({ ...service({}), apiVersion: 'serving.knative.dev/v1' })).toBeUndefined();
  });
});

describe('who stands behind a Service', () => {
  const subsets = [
    {
      addresses: [{ ip: '10.244.1.9', targetRef: { kind: 'Node', name: 'web' } }],
      notReadyAddresses: [{ ip: '10.244.1.8' }],
      ports: [{ port: 8080 }],
    },
  ];
  const endpoints = { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'web', namespace: 'shop' }, subsets };
  const BY_SELECTOR = service({ selector: { app: 'web' } });
  test.each<readonly [string, readonly unknown[], unknown]>([
    ['its slice', [service({}), slice()], [['10.244.1.1', 'shop/web', true, [8080]]]],
    ['a slice beats Endpoints and selector', [BY_SELECTOR, slice({ endpoints: [] }), endpoints, WEB], []],
    [
      'Endpoints beat the selector',
      [BY_SELECTOR, endpoints, WEB],
      [
        ['10.244.1.9', null, true, [8080]],
        ['10.244.1.8', null, false, [8080]],
      ],
    ],
    ['else the pods that its selector finds', [BY_SELECTOR, WEB], [['10.244.1.1', 'shop/web', true, [8080]]]],
    ['not those that have ended', [BY_SELECTOR, pod('shop/web', { labels: { app: 'web' }, phase: 'Failed' })], []],
    ['not those of another namespace', [BY_SELECTOR, pod('pay/web', { labels: { app: 'web' } })], []],
    ['without a selector nobody', [service({}), WEB], []],
    ['with an empty one nobody', [service({ selector: {} }), WEB], []],
    ['a slice of another API is none', [service({}), slice({ apiVersion: 'example.com/v1' })], []],
    ['a slice of no Service is none', [service({}), slice({ metadata: { name: 'web', namespace: 'shop' } })], []],
    ['another object with the label is none', [service({}), slice({ kind: 'EndpointSliceMirror' })], []],
    [
      'names are no addresses',
      [service({}), slice({ addressType: 'FQDN', endpoints: [{ addresses: ['10.244.1.1'] }] })],
      [],
    ],
    [
      'one that is not ready',
      [service({}), slice({ endpoints: [{ addresses: ['10.244.1.1'], conditions: { ready: false } }] })],
      [['10.244.1.1', null, false, [8080]]],
    ],
    [
      'one that does not say',
      [service({}), slice({ endpoints: [{ addresses: ['10.244.1.1'], conditions: { ready: null } }] })],
      [['10.244.1.1', null, true, [8080]]],
    ],
    [
      'a pod of another namespace',
      [
        service({}),
        slice({ endpoints: [{ addresses: ['10.244.1.1'], targetRef: { kind: 'Pod', name: 'x', namespace: 'pay' } }] }),
      ],
      [['10.244.1.1', 'pay/x', true, [8080]]],
    ],
    [
      'a reference without a name',
      [service({}), slice({ endpoints: [{ addresses: ['10.244.1.1'], targetRef: { kind: 'Pod' } }] })],
      [['10.244.1.1', null, true, [8080]]],
    ],
    [
      'a port that cannot be read is left out',
      [service({}), slice({ ports: [{ port: '80' }, { port: 8080, protocol: 'QUIC' }, { port: 81 }] })],
      [['10.244.1.1', 'shop/web', true, [81]]],
    ],
    [
      'a named target port is the pod’s, by name and protocol',
      [service({ selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] }), WEB],
      [['10.244.1.1', 'shop/web', true, [8080]]],
    ],
    [
      'two slices are one list',
      [service({}), slice(), slice({ endpoints: [{ addresses: ['10.244.1.2'] }] })],
      [
        ['10.244.1.1', 'shop/web', true, [8080]],
        ['10.244.1.2', null, true, [8080]],
      ],
    ],
  ])('%s', (_, objects, found) => {
    expect(endpointsOf(...objects)).toEqual(found);
  });
  test('an address that cannot be read is told', () => {
    expect(problemsOf([service({}), slice({ endpoints: [{ addresses: ['x', 7] }] })])).toEqual([
      'EndpointSlice shop/web-1: an address cannot be read: "x"',
      'EndpointSlice shop/web-1: an address cannot be read: 7',
    ]);
  });
});
