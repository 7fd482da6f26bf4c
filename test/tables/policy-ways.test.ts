/** Where a packet goes: names, Services, pods and addresses, one way for each; and the source as its other end sees it. */
import { describe, expect, test } from 'vitest';
import { readClusterState } from '../../src/policy/cluster-state.ts';
import { isPortNumber, readDestination } from '../../src/policy/flow-text.ts';
import type { FlowRequest } from '../../src/policy/model.ts';
import { sourceEnd, translate } from '../../src/policy/translate.ts';
import { CLUSTER, pod } from './policy-builders.ts';

function service(path: string, spec: object): object {
  const [namespace, name] = path.split('/');
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec };
}
function slice(path: string, addresses: readonly string[], ports: readonly object[]): object {
  const [namespace, name] = path.split('/');
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-1`, namespace, labels: { 'kubernetes.io/service-name': name } },
    endpoints: addresses.map(address => ({ addresses: [address] })),
    ports,
  };
}
const OBJECTS = [
  ...CLUSTER,
  pod('pay/onhost', { hostNetwork: true, ips: ['192.0.2.10', '192.0.2.110'], node: 'a' }),
  pod('pay/hidden', { hostNetwork: true, ip: null }),
  pod('pay/new', { ip: null }),
  pod('pay/done', { ip: '10.244.0.8', phase: 'Succeeded' }),
  pod('pay/six', { ip: 'fd00::6' }),
  service('shop/web', {
    clusterIP: '10.96.0.7',
    ports: [
      { name: 'http', port: 80, targetPort: 8080 },
      { name: 'http', port: 80, targetPort: 8053, protocol: 'UDP' },
      { name: 'admin', port: 81, targetPort: 9090 },
    ],
  }),
  slice(
    'shop/web',
    ['10.244.1.1', 'fd00::1:1'],
    [
      { name: 'http', port: 8080 },
      { name: 'admin', port: 9090 },
      { name: 'http', port: 8053, protocol: 'UDP' },
    ],
  ),
  service('pay/self', { clusterIP: '10.96.0.8', ports: [{ port: 80 }] }),
  slice('pay/self', ['10.244.0.1'], [{ name: '', port: 80 }]),
  service('pay/web', { clusterIP: '10.96.0.9', ports: [{ port: 80 }] }),
];
const DNS = { 'api.stripe.com': ['203.0.113.43', '2001:db8::43'], 'void.example.com': [] };

type Asked = Partial<Omit<FlowRequest, 'to' | 'scope' | 'query' | 'icmpType'>>;

function ways(to: string, { from = 'pay/api', port = 80, protocol = 'TCP' }: Asked = {}): readonly string[] {
  const { cluster } = readClusterState(OBJECTS, DNS);
  const source = cluster.pods.get(from);
  if (source === undefined) throw new Error(`${from} is not there`);
  const request: FlowRequest = {
    from,
    to: readDestination(to),
    port,
    protocol,
    icmpType: null,
    query: null,
    scope: 'both',
  };
  return translate(request, source, cluster).map(way =>
    way.kind === 'flow' ? `${way.to} ${way.flow.port}/${protocol}` : `${way.kind}: ${way.why}`,
  );
}

describe('where a packet goes', () => {
  const NO_PORT = (port: string) =>
    `unknown: Service shop/web has no port ${port}, so where the packet goes is not known`;
  test.each<readonly [what: string, to: string, asked: Asked, ways: readonly string[]]>([
    ['an address', '203.0.113.43', {}, ['203.0.113.43 80/TCP']],
    ['an address in brackets', '[2001:db8::43]', {}, ['2001:db8::43 80/TCP']],
    ['a name of two addresses goes two ways', 'api.stripe.com', {}, ['203.0.113.43 80/TCP', '2001:db8::43 80/TCP']],
    ['a name without an address', 'void.example.com', {}, ['void.example.com 80/TCP']],
    ['a name that nobody resolved', 'other.example.com', {}, ['other.example.com 80/TCP']],
    ['a Service', 'service:shop/web', {}, ['pod:shop/web 8080/TCP']],
    ['another of its ports', 'service:shop/web', { port: 81 }, ['pod:shop/web 9090/TCP']],
    ['the same port of another protocol', 'service:shop/web', { protocol: 'UDP' }, ['pod:shop/web 8053/UDP']],
    [
      'a port of it that is of another protocol alone',
      'service:shop/web',
      { port: 81, protocol: 'UDP' },
      [NO_PORT('81/UDP')],
    ],
    ['a port that it does not have', 'service:shop/web', { port: 8080 }, [NO_PORT('8080/TCP')]],
    ['a Service that is not there', 'service:shop/gone', {}, ['unknown: Service shop/gone is not known']],
    ['a Service by its name', 'web.shop', {}, ['pod:shop/web 8080/TCP']],
    ['the same with svc', 'web.shop.svc', {}, ['pod:shop/web 8080/TCP']],
    ['the whole name', 'web.shop.svc.cluster.local', {}, ['pod:shop/web 8080/TCP']],
    ['a name of another domain is no Service', 'web.shop.svc.example.com', {}, ['web.shop.svc.example.com 80/TCP']],
    ['nor is one without svc', 'web.shop.pod.cluster.local', {}, ['web.shop.pod.cluster.local 80/TCP']],
    ['nor is one of another third word', 'web.shop.com', {}, ['web.shop.com 80/TCP']],
    [
      'a Service without endpoints',
      'web',
      {},
      ['unknown: Service pay/web has no ready endpoint, so there is nowhere to send the packet'],
    ],
    ['a pod', 'pod:pay/db', {}, ['pod:pay/db 80/TCP']],
    ['a pod without an address yet', 'pod:pay/new', {}, ['pod:pay/new 80/TCP']],
    ['a pod that is not there', 'pod:pay/gone', {}, ['unknown: pod pay/gone is not known']],
    [
      'a pod that has ended',
      'pod:pay/done',
      {},
      ["unknown: pod pay/done has ended, and its address may be another's by now"],
    ],
    [
      'a pod of its node’s network without an address',
      'pod:pay/hidden',
      {},
      ['unknown: the address of hostNetwork pod pay/hidden is not known'],
    ],
    ['loopback', '127.0.0.1', {}, ['inside: loopback never leaves the pod']],
    ['loopback of IPv6', '[::1]', {}, ['inside: loopback never leaves the pod']],
    ['itself', 'pod:pay/api', {}, ['inside: traffic of a pod to its own address never leaves the pod']],
    ['its own address', '10.244.0.1', {}, ['inside: traffic of a pod to its own address never leaves the pod']],
    ['its other address', '[fd00::1]', {}, ['inside: traffic of a pod to its own address never leaves the pod']],
    [
      'itself without an address',
      'pod:pay/new',
      { from: 'pay/new' },
      ['inside: traffic of a pod to its own address never leaves the pod'],
    ],
    ['itself through a Service', 'service:pay/self', {}, ['pod:pay/api 80/TCP']],
    [
      'the own node of a pod of its network',
      '192.0.2.10',
      { from: 'pay/onhost' },
      ["inside: traffic of a hostNetwork pod to its own node's address never leaves the node"],
    ],
    ['another pod from there', 'pod:pay/db', { from: 'pay/onhost' }, ['pod:pay/db 80/TCP']],
    ['the own node of any other pod', '192.0.2.10', {}, ['192.0.2.10 80/TCP']],
    [
      'a ping to a Service is not translated',
      'service:shop/web',
      { port: null, protocol: 'ICMP' },
      ['10.96.0.7 null/ICMP'],
    ],
  ])('%s', (_, to, asked, found) => {
    expect(ways(to, asked)).toEqual(found);
  });

  test('an address that is none', () => {
    const { cluster } = readClusterState(OBJECTS, {});
    const source = cluster.pods.get('pay/api');
    if (source === undefined) throw new Error('pay/api is not there');
    const request: FlowRequest = {
      from: 'pay/api',
      to: { kind: 'address', address: '10.0.0.256' },
      port: 80,
      protocol: 'TCP',
      icmpType: null,
      query: null,
      scope: 'both',
    };
    expect(translate(request, source, cluster)).toEqual([
      { kind: 'unknown', to: '10.0.0.256', address: null, why: expect.stringContaining('10.0.0.256') },
    ]);
  });
});

describe('the source as its other end sees it', () => {
  test.each<readonly [string, string, string, readonly [string | null, number, string | null, string | null]]>([
    ['its address of the same family', 'pay/api', '10.244.1.1', ['10.244.0.1', 4, 'api', null]],
    ['the other of the other', 'pay/api', '[fd00::1:1]', ['fd00::1', 6, 'api', null]],
    ['any where it has none of that family', 'pay/six', '10.244.1.1', ['fd00::6', 6, 'six', null]],
    ['none where it has none', 'pay/new', '10.244.1.1', [null, 4, 'new', null]],
    ['the family that is asked where it has none', 'pay/new', '[fd00::1:1]', [null, 6, 'new', null]],
    ['the node of a pod of its network', 'pay/onhost', '10.244.1.1', ['192.0.2.10', 4, null, 'a']],
  ])('%s', (_, from, to, seen) => {
    const { cluster } = readClusterState(OBJECTS, {});
    const source = cluster.pods.get(from);
    if (source === undefined) throw new Error(`${from} is not there`);
    const request: FlowRequest = {
      from,
      to: readDestination(to),
      port: 80,
      protocol: 'TCP',
      icmpType: null,
      query: null,
      scope: 'both',
    };
    const [way] = translate(request, source, cluster);
    if (way?.kind !== 'flow') throw new Error(`${to} leaves no pod`);
    const end = sourceEnd(way.flow, cluster);
    expect([end.address, end.family, end.pod?.name ?? null, end.node?.name ?? null]).toEqual(seen);
    expect(end.names).toEqual([]);
    expect(end.value === 0n).toBe(seen[0] === null);
  });
});

test.each([
  ['a port', 1, true],
  ['the last port', 65_535, true],
  ['no port', 0, false],
  ['above the last', 65_536, false],
  ['a port between two', 80.5, false],
  ['a text', '80', false],
])('%s is a port number: %s', (_, value, answer) => {
  expect(isPortNumber(value)).toBe(answer);
});

test.each([
  ['[203.0.113.43]', { kind: 'address', address: '203.0.113.43' }],
  ['x[203.0.113.43]', { kind: 'name', name: 'x[203.0.113.43]' }],
  ['[203.0.113.43]x', { kind: 'name', name: '[203.0.113.43]x' }],
])('brackets are for addresses alone: %s', (text, to) => {
  expect(readDestination(text)).toEqual(to);
});
