/** From what was asked to the packets that leave the pod. */
import { describe, expect, test } from 'vitest';
import { readClusterState } from '../../src/policy/cluster-state.ts';
import { type Ask, ask, CILIUM, CLUSTER, egress, ipBlock, pod } from './policy-builders.ts';

function service(path: string, spec: object): object {
  const [namespace, name] = path.split('/');
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace, labels: { svc: 'x' } }, spec };
}

function slice(
  path: string,
  addresses: readonly (string | { address: string; ready: boolean })[],
  port: number,
  name = '',
): object {
  const [namespace, serviceName] = path.split('/');
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${serviceName}-1`, namespace, labels: { 'kubernetes.io/service-name': serviceName } },
    addressType: 'IPv4',
    endpoints: addresses.map(each =>
      typeof each === 'string'
        ? { addresses: [each] }
        : { addresses: [each.address], conditions: { ready: each.ready } },
    ),
    ports: [{ name, port, protocol: 'TCP' }],
  };
}

const WEB = service('shop/web', {
  clusterIP: '10.96.0.7',
  ports: [{ port: 80, targetPort: 8080 }],
  selector: { app: 'web' },
});
const TO_TARGET = egress('pay/p', { ports: [{ port: 8080 }] });
const TO_PORT = egress('pay/p', { ports: [{ port: 80 }] });

type Flow = readonly [to: string, port: number | null, decision: string];

function flowsOf(objects: readonly object[], question: Ask): readonly Flow[] {
  return ask([...CLUSTER, ...objects], { port: 80, ...question }).flows.map(({ to, port, decision }) => [
    to,
    port,
    decision,
  ]);
}

describe('a Service is judged after translation', () => {
  test.each<[string, readonly object[], Ask, readonly Flow[]]>([
    [
      'the policy sees the endpoint’s port',
      [WEB, slice('shop/web', ['10.244.1.1'], 8080), TO_TARGET],
      { to: 'service:shop/web' },
      [['pod:shop/web', 8080, 'allow']],
    ],
    [
      'the policy does not see the Service’s port',
      [WEB, slice('shop/web', ['10.244.1.1'], 8080), TO_PORT],
      { to: 'service:shop/web' },
      [['pod:shop/web', 8080, 'deny']],
    ],
    [
      'its address is translated as well',
      [WEB, slice('shop/web', ['10.244.1.1'], 8080), TO_TARGET],
      { to: '10.96.0.7' },
      [['pod:shop/web', 8080, 'allow']],
    ],
    [
      'its name too: the short one from another namespace',
      [WEB, slice('shop/web', ['10.244.1.1'], 8080), TO_TARGET],
      { to: 'web.shop' },
      [['pod:shop/web', 8080, 'allow']],
    ],
    [
      'its name too: the whole one',
      [WEB, slice('shop/web', ['10.244.1.1'], 8080), TO_TARGET],
      { to: 'WEB.shop.svc.cluster.local.' },
      [['pod:shop/web', 8080, 'allow']],
    ],
    [
      'the bare name means the own namespace',
      [WEB, slice('shop/web', ['10.244.1.1'], 8080)],
      { to: 'web' },
      [['web', 80, 'unknown']],
    ],
    [
      'one flow for each ready endpoint',
      [
        WEB,
        slice('shop/web', ['10.244.1.1', '203.0.113.9', { address: '203.0.113.10', ready: false }], 8080),
        TO_TARGET,
      ],
      { to: 'service:shop/web' },
      [
        ['pod:shop/web', 8080, 'allow'],
        ['203.0.113.9', 8080, 'allow'],
      ],
    ],
    [
      'without slices, the Endpoints object',
      [
        WEB,
        {
          apiVersion: 'v1',
          kind: 'Endpoints',
          metadata: { name: 'web', namespace: 'shop' },
          subsets: [
            {
              addresses: [{ ip: '203.0.113.9' }],
              notReadyAddresses: [{ ip: '203.0.113.10' }],
              ports: [{ port: 8080 }],
            },
          ],
        },
      ],
      { to: 'service:shop/web' },
      [['203.0.113.9', 8080, 'allow']],
    ],
    ['without either, the pods that it selects', [WEB], { to: 'service:shop/web' }, [['pod:shop/web', 8080, 'allow']]],
    [
      'a named target port of a selected pod',
      [
        service('shop/web', {
          clusterIP: '10.96.0.7',
          ports: [{ port: 80, targetPort: 'http' }],
          selector: { app: 'web' },
        }),
      ],
      { to: 'service:shop/web' },
      [['pod:shop/web', 8080, 'allow']],
    ],
    [
      'no endpoint: there is nowhere to go',
      [WEB, slice('shop/web', [], 8080)],
      { to: 'service:shop/web' },
      [['10.96.0.7', 80, 'unknown']],
    ],
    [
      'a port that the Service does not have',
      [WEB, slice('shop/web', ['10.244.1.1'], 8080)],
      { to: 'service:shop/web', port: 81 },
      [['10.96.0.7', 81, 'unknown']],
    ],
    [
      'headless: the endpoints themselves, on the port that was asked',
      [service('shop/web', { clusterIP: 'None', ports: [{ port: 80 }] }), slice('shop/web', ['203.0.113.9'], 8080)],
      { to: 'service:shop/web' },
      [['203.0.113.9', 80, 'allow']],
    ],
    [
      'headless without endpoints',
      [service('shop/web', { clusterIP: 'None', ports: [{ port: 80 }] })],
      { to: 'service:shop/web' },
      [['service:shop/web', 80, 'unknown']],
    ],
    [
      'ExternalName is the name',
      [service('shop/ext', { type: 'ExternalName', externalName: 'api.stripe.com' })],
      { to: 'service:shop/ext', dns: { 'api.stripe.com': ['203.0.113.43'] } },
      [['203.0.113.43', 80, 'allow']],
    ],
    [
      'ICMP to its address is not translated',
      [WEB, slice('shop/web', ['10.244.1.1'], 8080)],
      { to: '10.96.0.7', protocol: 'ICMP' },
      [['10.96.0.7', null, 'allow']],
    ],
  ])('%s', (_, objects, question, flows) => {
    expect(flowsOf(objects, question)).toEqual(flows);
  });

  test('whether a block is compared before or after translation is left to the plugin', () => {
    const external = [
      WEB,
      slice('shop/web', ['203.0.113.9'], 8080),
      egress('pay/p', { to: [ipBlock('10.96.0.0/16')] }),
    ];
    expect(ask([...CLUSTER, ...external], { to: 'service:shop/web', port: 80 }).why).toContain(
      'is compared with Service shop/web (10.96.0.7) or with its endpoint is left to the network plugin',
    );
    expect(ask([...CLUSTER, ...external], { to: 'service:shop/web', port: 80, engine: CILIUM }).decision).toBe('deny');
  });

  test('a pod that reaches itself through its Service is left to the plugin, unless no policy minds', () => {
    const own = [
      pod('pay/own', { ip: '10.244.0.50', labels: { app: 'own' } }),
      service('pay/own', { clusterIP: '10.96.0.8', ports: [{ port: 80 }] }),
      slice('pay/own', ['10.244.0.50'], 80),
    ];
    const question = { from: 'pay/own', to: 'service:pay/own', port: 80 };
    expect(ask([...CLUSTER, ...own], question).decision).toBe('allow');
    expect(ask([...CLUSTER, ...own, egress('pay/deny')], question).decision).toBe('unknown');
    expect(ask([...CLUSTER, ...own, egress('pay/deny')], { ...question, engine: CILIUM }).decision).toBe('allow');
  });
});

describe('a name is judged by its addresses', () => {
  const dns = { 'API.stripe.com.': ['203.0.113.43', '203.0.113.44', '2001:db8::43'] };
  const half = egress('pay/p', { to: [ipBlock('203.0.113.43/32'), ipBlock('2001:db8::/32')] });
  test('each of them, and a part denied is denied with its count', () => {
    const prediction = ask([...CLUSTER, half], { to: 'api.stripe.com', dns });
    expect(prediction.flows.map(flow => [flow.to, flow.decision])).toEqual([
      ['203.0.113.43', 'allow'],
      ['203.0.113.44', 'deny'],
      ['2001:db8::43', 'allow'],
    ]);
    expect(prediction).toMatchObject({ decision: 'deny', by: ['NetworkPolicy pay/p'] });
    expect(prediction.why).toMatch(/^1 of 3 addresses \(203\.0\.113\.44\): /);
  });
  test.each<[string, readonly object[], string, string]>([
    [
      'rules that let nothing pass need no address',
      [egress('pay/p')],
      'deny',
      'NetworkPolicy pay/p has no egress rules',
    ],
    [
      'a port that no rule opens needs no address',
      [egress('pay/p', { to: [ipBlock('0.0.0.0/0')], ports: [{ port: 80 }] })],
      'deny',
      'NetworkPolicy pay/p rule 1: ports do not match: 443/TCP is not in [80/TCP]',
    ],
    ['a block needs the address', [half], 'unknown', 'no address of gone.example is known'],
    [
      'what lets any address pass is still no allow',
      [],
      'unknown',
      'no address of gone.example is known; the egress rules would let any address pass: no policy exists; the default allows',
    ],
  ])('a name without an address: %s', (_, objects, decision, why) => {
    expect(ask([...CLUSTER, ...objects], { to: 'gone.example' })).toMatchObject({ decision, why });
    expect(ask([...CLUSTER, ...objects], { to: 'gone.example', dns: { 'gone.example': [] } })).toMatchObject({
      decision,
      why,
    });
  });
  test('that the name is not the own node is taken for granted, and said', () => {
    expect(ask([...CLUSTER, egress('pay/p')], { to: 'gone.example' }).flows[0]?.assumptions).toEqual([
      "gone.example is not the pod's own node",
    ]);
  });
});

describe('the cluster is read leniently and said honestly', () => {
  test.each<[string, object, string, string]>([
    ['a podIP that is none', pod('pay/odd', { ip: '<none>' }), 'Pod pay/odd', 'podIP is no address: "<none>"'],
    [
      'a containerPort that is a text',
      pod('pay/odd', { ports: [{ name: 'http', containerPort: '80' }] }),
      'Pod pay/odd',
      'containerPort is not a number: "80"',
    ],
    [
      'a container port of no protocol',
      pod('pay/odd', { ports: [{ name: 'http', containerPort: 80, protocol: 'tcp' }] }),
      'Pod pay/odd',
      'unknown protocol "tcp" of a container port',
    ],
    [
      'a Service port that is a text',
      service('pay/odd', { ports: [{ port: '80' }] }),
      'Service pay/odd',
      'a port cannot be read: {"port":"80"}',
    ],
    [
      'an endpoint that is no address',
      slice('pay/odd', ['nowhere'], 80),
      'EndpointSlice pay/odd-1',
      'an address cannot be read: "nowhere"',
    ],
    [
      'a node address that is none',
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'x' },
        status: { addresses: [{ type: 'InternalIP', address: 'x' }] },
      },
      'Node x',
      'a node address is no address: "x"',
    ],
    [
      'a podCIDR that is none',
      { apiVersion: 'v1', kind: 'Node', metadata: { name: 'x' }, spec: { podCIDR: '10.0.0.0/99' } },
      'Node x',
      'podCIDR: invalid CIDR "10.0.0.0/99"',
    ],
  ])('%s', (_, object, name, why) => {
    const { problems } = readClusterState(
      object === null
        ? []
        : [...CLUSTER, { apiVersion: 'v1', kind: 'Service', metadata: { name: 'odd', namespace: 'pay' } }, object],
      {},
    );
    expect(problems).toContainEqual({ object: name, why });
  });

  test('a DNS answer that is no address', () => {
    expect(readClusterState([], { 'a.example': ['x'] }).problems).toEqual([
      { object: 'Name a.example', why: 'an answer is no address: "x"' },
    ]);
  });

  test('a node is known by its pods where Node objects may not be listed', () => {
    const lonely = {
      ...pod('pay/x', { ip: '10.244.0.9', node: 'z' }),
      status: { podIP: '10.244.0.9', hostIP: '192.0.2.99' },
    };
    expect(readClusterState([lonely], {}).cluster.nodesByAddress.get('192.0.2.99')?.name).toBe('z');
  });
});
