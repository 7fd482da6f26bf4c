/** Matchers on their own, at the edges that whole policies seldom reach: pods on the host's network, ports by name, ICMP codes. */
import { describe, expect, test } from 'vitest';
import type { PeerTerm, PortTerm, Selector } from '../../src/policy/model.ts';
import { namespace, node, pod } from './policy-builders.ts';
import { matchTerm, type PacketOptions, packetTo } from './policy-packets.ts';

const labels = (key: string, ...values: string[]): Selector => ({
  view: 'kubernetes',
  expression: { op: 'in', key, values },
});

describe('pods that use the network of a node', () => {
  const agents = (hostNetwork: 'included' | 'excluded' | 'unspecified'): PeerTerm => ({
    kind: 'pods',
    namespaces: { kind: 'all' },
    pods: labels('app', 'agent'),
    hostNetwork,
    text: 'agents',
  });
  const onHost = (path: string, more: Parameters<typeof pod>[1]) =>
    pod(path, { hostNetwork: true, ip: '192.0.2.11', node: 'b', labels: { app: 'agent' }, ...more });
  test.each<[string, PeerTerm, readonly object[], string, string]>([
    [
      'one that matches',
      agents('unspecified'),
      [onHost('shop/agent', {})],
      'unknown',
      'hostNetwork pod shop/agent has the address of node b; whether agents covers it is left to the network plugin',
    ],
    [
      'where they are left out',
      agents('excluded'),
      [onHost('shop/agent', {})],
      'no',
      'node b (192.0.2.11) is no pod of agents',
    ],
    [
      'on another node',
      agents('unspecified'),
      [onHost('shop/agent', { ip: '192.0.2.10', node: 'a' })],
      'no',
      'node b (192.0.2.11) is no pod of agents',
    ],
    [
      'that has ended',
      agents('unspecified'),
      [onHost('shop/agent', { phase: 'Succeeded' })],
      'no',
      'node b (192.0.2.11) is no pod of agents',
    ],
    [
      'that has other labels',
      agents('unspecified'),
      [onHost('shop/agent', { labels: { app: 'other' } })],
      'no',
      'node b (192.0.2.11) is no pod of agents',
    ],
    [
      'a pod of that node with an address of its own',
      agents('unspecified'),
      [pod('shop/agent', { ip: '10.244.1.7', node: 'b', labels: { app: 'agent' } })],
      'no',
      'node b (192.0.2.11) is no pod of agents',
    ],
    [
      'the second one matches',
      agents('unspecified'),
      [onHost('shop/a', { labels: { app: 'other' } }), onHost('shop/agent', {})],
      'unknown',
      'hostNetwork pod shop/agent has the address of node b; whether agents covers it is left to the network plugin',
    ],
  ])('%s', (_, term, objects, match, why) => {
    expect(matchTerm(term, packetTo('192.0.2.11', { objects }))).toEqual({ match, why });
  });

  test('an address of nobody is no such pod', () => {
    const objects = [onHost('shop/agent', {})];
    expect(matchTerm(agents('included'), packetTo('203.0.113.43', { objects }))).toEqual({
      match: 'no',
      why: '203.0.113.43 is no pod of agents',
    });
  });
});

describe('nodes and pods by label', () => {
  const web = (scope: Extract<PeerTerm, { kind: 'pods' }>['namespaces']): PeerTerm => ({
    kind: 'pods',
    namespaces: scope,
    pods: labels('app', 'web'),
    hostNetwork: 'excluded',
    text: 'those',
  });
  const ghost = [pod('ghost/web', { ip: '10.244.9.9', labels: { app: 'web' } })];
  const selected = (selector: Selector) => ({ kind: 'selected', selector }) as const;
  test.each<[string, PeerTerm, string, readonly object[], string, string]>([
    [
      'labels of a namespace that was not listed',
      web(selected(labels('team', 'shop'))),
      'pod:ghost/web',
      ghost,
      'unknown',
      'the labels of namespace ghost are not known',
    ],
    [
      'its name is known',
      web(selected(labels('kubernetes.io/metadata.name', 'ghost'))),
      'pod:ghost/web',
      ghost,
      'yes',
      'pod ghost/web is among those',
    ],
    [
      'its name is another',
      web(selected(labels('kubernetes.io/metadata.name', 'shop'))),
      'pod:ghost/web',
      ghost,
      'no',
      'pod ghost/web is not among those: namespace ghost has kubernetes.io/metadata.name="ghost", not "shop"',
    ],
    [
      'its name is known, and another label is asked as well',
      web(
        selected({
          view: 'kubernetes',
          expression: {
            op: 'all',
            of: [
              { op: 'in', key: 'kubernetes.io/metadata.name', values: ['ghost'] },
              { op: 'not', of: { op: 'has', key: 'team' } },
            ],
          },
        }),
      ),
      'pod:ghost/web',
      ghost,
      'unknown',
      'the labels of namespace ghost are not known',
    ],
    [
      'its name in the words of Calico',
      web(selected({ view: 'calico', expression: { op: 'in', key: 'projectcalico.org/name', values: ['ghost'] } })),
      'pod:ghost/web',
      ghost,
      'yes',
      'pod ghost/web is among those',
    ],
    [
      'its name in the words of Cilium',
      web(
        selected({
          view: 'cilium',
          expression: { op: 'in', key: 'k8s:io.kubernetes.pod.namespace', values: ['ghost'] },
        }),
      ),
      'pod:ghost/web',
      ghost,
      'yes',
      'pod ghost/web is among those',
    ],
    [
      'no namespace at all',
      web({ kind: 'none', why: 'for hosts only' }),
      'pod:shop/web',
      [],
      'no',
      'pod shop/web is not among those: for hosts only',
    ],
    [
      'of two namespaces by name',
      web({ kind: 'named', names: ['pay', 'ops'] }),
      'pod:shop/web',
      [],
      'no',
      'pod shop/web is not among those: it is in namespace shop, not pay or ops',
    ],
    [
      'by name',
      web({ kind: 'named', names: ['pay', 'shop'] }),
      'pod:shop/web',
      [],
      'yes',
      'pod shop/web is among those',
    ],
  ])('%s', (_, term, to, objects, match, why) => {
    expect(matchTerm(term, packetTo(to, { objects }))).toEqual({ match, why });
  });
});

describe('ports', () => {
  const named = (resolved: 'each-pod' | 'cluster-wide', name = 'http', protocol: 'TCP' | 'any' = 'TCP'): PortTerm => ({
    kind: 'named-port',
    protocol,
    name,
    resolved,
  });
  const icmp = (type: number | null, code: number | null, family: 4 | 6 | null = null): PortTerm => ({
    kind: 'icmp',
    family,
    type,
    code,
  });
  const PING: PacketOptions = { protocol: 'ICMP', port: null, icmpType: 8 };
  const http = (number: number, protocol = 'TCP') => [{ name: 'http', containerPort: number, protocol }];
  const other = (more: Parameters<typeof pod>[1]) => [namespace('x'), node('c', '192.0.2.12'), pod('x/y', more)];
  test.each<[string, PortTerm, string, PacketOptions, string]>([
    ['unreadable', { kind: 'unreadable', why: 'odd' }, '203.0.113.43', {}, 'unknown'],
    ['a name on a pod', named('each-pod'), 'pod:shop/web', { port: 8080 }, 'yes'],
    ['another port of it', named('each-pod'), 'pod:shop/web', { port: 8081 }, 'no'],
    ['another name', named('each-pod', 'metrics'), 'pod:shop/web', { port: 8080 }, 'no'],
    ['another protocol', named('each-pod', 'http', 'any'), 'pod:shop/web', { port: 8080, protocol: 'UDP' }, 'no'],
    ['a name on no pod', named('each-pod'), '203.0.113.43', { port: 8080 }, 'no'],
    [
      'one of two ports of that name',
      named('each-pod'),
      'pod:x/y',
      {
        port: 81,
        objects: other({ ip: '10.244.9.1', ports: [...http(80), ...http(81)] }),
      },
      'yes',
    ],
    ['a name anywhere in the cluster', named('cluster-wide'), '203.0.113.43', { port: 8080 }, 'yes'],
    ['another port than that', named('cluster-wide'), '203.0.113.43', { port: 80 }, 'no'],
    ['a name that nobody has', named('cluster-wide', 'metrics'), '203.0.113.43', { port: 8080 }, 'no'],
    [
      'a name for two ports',
      named('cluster-wide'),
      '203.0.113.43',
      {
        port: 8080,
        objects: other({ ip: '10.244.9.1', ports: http(80) }),
      },
      'no',
    ],
    [
      'the second is of another protocol',
      named('cluster-wide'),
      '203.0.113.43',
      {
        port: 8080,
        objects: other({ ip: '10.244.9.1', ports: http(80, 'UDP') }),
      },
      'yes',
    ],
    [
      'the second has ended',
      named('cluster-wide'),
      '203.0.113.43',
      {
        port: 8080,
        objects: other({ ip: '10.244.9.1', phase: 'Failed', ports: http(80) }),
      },
      'yes',
    ],
    [
      'the second is on the network of its node',
      named('cluster-wide'),
      '203.0.113.43',
      {
        port: 8080,
        objects: other({ ip: '192.0.2.12', node: 'c', hostNetwork: true, ports: http(80) }),
      },
      'yes',
    ],
    ['any ICMP', icmp(null, null), '203.0.113.43', PING, 'yes'],
    ['its type', icmp(8, null), '203.0.113.43', PING, 'yes'],
    ['another type', icmp(0, null), '203.0.113.43', PING, 'no'],
    ['of another type with a code', icmp(0, 3), '203.0.113.43', PING, 'no'],
    ['an echo with its code', icmp(8, 0), '203.0.113.43', PING, 'yes'],
    ['an echo with another code', icmp(8, 1), '203.0.113.43', PING, 'no'],
    ['another type with a code', icmp(3, 1), '203.0.113.43', { ...PING, icmpType: 3 }, 'unknown'],
    ['whatever type with a code', icmp(null, 1), '203.0.113.43', { ...PING, icmpType: 3 }, 'unknown'],
    ['a type, and the packet has none', icmp(8, null), '203.0.113.43', { ...PING, icmpType: null }, 'unknown'],
    ['its family', icmp(8, null, 4), '203.0.113.43', PING, 'yes'],
    ['another family', icmp(8, null, 6), '203.0.113.43', PING, 'no'],
    ['no ICMP', icmp(null, null), '203.0.113.43', {}, 'no'],
    ['a range', { kind: 'ports', protocol: 'TCP', first: 443, last: 444 }, '203.0.113.43', {}, 'yes'],
    ['above a range', { kind: 'ports', protocol: 'any', first: 400, last: 442 }, '203.0.113.43', {}, 'no'],
    ['below a range', { kind: 'ports', protocol: 'any', first: 444, last: 500 }, '203.0.113.43', {}, 'no'],
    ['any protocol is no ICMP', { kind: 'ports', protocol: 'any', first: 1, last: 65_535 }, '203.0.113.43', PING, 'no'],
  ])('%s', (_, term, to, options, match) => {
    expect(matchTerm(term, packetTo(to, options)).match).toBe(match);
  });

  test('why a name is no port', () => {
    const objects = other({ ip: '10.244.9.1', ports: http(80) });
    const packet = packetTo('203.0.113.43', { port: 8080, objects });
    expect(matchTerm(named('cluster-wide'), packet).why).toContain(
      'pods of this cluster use port name "http" for 8080 and 80, and this engine then opens none of them',
    );
    expect(matchTerm(icmp(3, 1), packetTo('203.0.113.43', { ...PING, icmpType: 3 })).why).toMatch(
      /^code 1 of .* and the code is not known$/,
    );
    expect(matchTerm({ kind: 'unreadable', why: 'odd' }, packet).why).toBe('odd');
  });
});

describe('endpoints of Services', () => {
  const service = (name: string, selector: boolean, labelled: object = {}) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop', labels: labelled },
    spec: { clusterIP: '10.96.0.9', ...(selector && { selector: { app: 'web' } }), ports: [{ port: 80 }] },
  });
  const slice = (name: string, ...addresses: readonly string[]) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace: 'shop', labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: addresses.map(address => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ port: 80 }],
  });
  type Wanted = Extract<PeerTerm, { kind: 'service-endpoints' }>['services'][number];
  const term = (wanted: Partial<Wanted>, withSelector: 'nothing' | 'left-to-engine' = 'nothing'): PeerTerm => ({
    kind: 'service-endpoints',
    services: [{ namespace: null, name: null, selector: null, ...wanted }],
    withSelector,
  });
  const far = [service('far', false, { tier: 'x' }), slice('far', '203.0.113.40', '203.0.113.43')];
  test.each<[string, PeerTerm, string, readonly object[], string]>([
    ['by name', term({ name: 'far' }), '203.0.113.43', far, 'yes'],
    ['by name and namespace', term({ name: 'far', namespace: 'shop' }), '203.0.113.43', far, 'yes'],
    ['of another namespace', term({ name: 'far', namespace: 'pay' }), '203.0.113.43', far, 'no'],
    ['by another name', term({ name: 'near' }), '203.0.113.43', far, 'no'],
    ['by label', term({ selector: labels('tier', 'x') }), '203.0.113.43', far, 'yes'],
    ['by another label', term({ selector: labels('tier', 'y') }), '203.0.113.43', far, 'no'],
    ['neither name nor label', term({}), '203.0.113.43', far, 'no'],
    ['no endpoint of it', term({ name: 'far' }), '203.0.113.99', far, 'no'],
    ['a pod is none', term({ name: 'in' }), 'pod:shop/web', [service('in', false), slice('in', '10.244.1.1')], 'no'],
    ['a node is none', term({ name: 'in' }), '192.0.2.11', [service('in', false), slice('in', '192.0.2.11')], 'no'],
    [
      'with a selector',
      term({ name: 'web' }),
      'pod:shop/web',
      [service('web', true), slice('web', '10.244.1.1')],
      'no',
    ],
    [
      'with a selector, which is left to the engine',
      term({ name: 'web' }, 'left-to-engine'),
      'pod:shop/web',
      [service('web', true), slice('web', '10.244.1.1')],
      'unknown',
    ],
  ])('%s', (_, wanted, to, objects, match) => {
    expect(matchTerm(wanted, packetTo(to, { objects })).match).toBe(match);
  });
});
