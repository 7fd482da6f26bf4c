/** Which pods are judged as one, and where outside of pods a policy opens something. */
import { describe, expect, test } from 'vitest';
import { classesFor, podClasses } from '../../src/diagnose/flow-pods.ts';
import type { KubernetesObject } from '../../src/evidence.ts';
import type { Engine } from '../../src/model.ts';
import { readClusterState } from '../../src/policy/cluster-state.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import {
  CALICO,
  CILIUM,
  changeOf,
  ipBlock,
  namespace,
  netpol,
  node,
  object,
  pod,
  tcp,
  UNKNOWN,
} from '../fakes/fix-scenes.ts';

const one = pod('a/one', '10.244.0.1', { app: 'one', tier: 'x' });
const two = pod('a/two', '10.244.0.2', { app: 'two', tier: 'x' });
const TWO = [namespace('a'), namespace('b', { team: 'b' }), node('node-a', '192.0.2.10', '10.244.0.0/24'), one, two];

/** Classes as `one two | web`, in the order in which their first pods were read. */
function classes(objects: readonly KubernetesObject[], engine: Engine = CALICO): string {
  const { cluster } = readClusterState(objects, {});
  const found = podClasses([readRuleBook([], { engine }), readRuleBook(objects, { engine })], cluster);
  expect(found.every(({ first, pods }) => first === pods[0])).toBe(true);
  return found.map(({ pods }) => pods.map(({ name }) => name).join(' ')).join(' | ');
}
const app = (name: string) => ({ matchLabels: { app: name } });
const port = (name: string, containerPort: number) => ({
  containers: [{ name: 'app', ports: [{ name, containerPort }] }],
});
const toPeer = (...to: readonly object[]) => netpol('a/p', {}, { egress: [{ to }] });

describe('pods that no rule tells apart are one class', () => {
  type Row = readonly [rule: string, objects: readonly KubernetesObject[], wanted: string, engine?: Engine];
  const rows: readonly Row[] = [
    ['no rule at all', TWO, 'one two'],
    ['a rule for every pod', [...TWO, netpol('a/p', {}, { egress: [] })], 'one two'],
    ['a policy selects by a label', [...TWO, netpol('a/p', app('one'), { egress: [] })], 'one | two'],
    ['by a label that both have', [...TWO, netpol('a/p', { matchLabels: { tier: 'x' } }, { egress: [] })], 'one two'],
    ['an egress rule names pods by a label', [...TWO, toPeer({ podSelector: app('one') })], 'one | two'],
    [
      'an ingress rule does',
      [...TWO, netpol('a/p', {}, { ingress: [{ from: [{ podSelector: app('one') }] }] })],
      'one | two',
    ],
    ['they are of two namespaces', [...TWO, pod('b/three', '10.244.0.3', { app: 'one' })], 'one two | three'],
    [
      'they have two accounts',
      [...TWO, pod('a/three', '10.244.0.3', {}, { serviceAccountName: 'other' })],
      'one two | three',
    ],
    ['one has ended', [...TWO, { ...pod('a/three', '10.244.0.3', {}), status: { phase: 'Failed' } }], 'one two'],
    ['a block covers one of the addresses', [...TWO, toPeer(ipBlock('10.244.0.2/32'))], 'one | two'],
    ['a block covers both', [...TWO, toPeer(ipBlock('10.244.0.0/16'))], 'one two'],
    ['an exception covers one', [...TWO, toPeer(ipBlock('10.244.0.0/16', '10.244.0.2/32'))], 'one | two'],
    [
      'a block of ingress covers one',
      [...TWO, netpol('a/p', {}, { ingress: [{ from: [ipBlock('10.244.0.2/32')] }] })],
      'one | two',
    ],
    [
      'a block covers one, in an engine whose blocks mean no pods',
      [...TWO, toPeer(ipBlock('10.244.0.2/32'))],
      'one two',
      CILIUM,
    ],
    [
      'a rule names a port that one of them gives a number',
      [
        ...TWO,
        pod('a/three', '10.244.0.3', {}, port('http', 8080)),
        netpol('a/p', {}, { egress: [{ ports: [tcp('http')] }] }),
      ],
      'one two | three',
    ],
    [
      'no rule names a port',
      [
        ...TWO,
        pod('a/three', '10.244.0.3', {}, port('http', 8080)),
        netpol('a/p', {}, { egress: [{ ports: [tcp(80)] }] }),
      ],
      'one two three',
    ],
    [
      'they are of the network of one node',
      [
        ...TWO,
        pod('a/three', '192.0.2.10', {}, { hostNetwork: true }),
        pod('a/four', '192.0.2.10', {}, { hostNetwork: true }),
      ],
      'one two | three four',
    ],
    [
      'they are of the networks of two',
      [
        ...TWO,
        pod('a/three', '192.0.2.10', {}, { hostNetwork: true }),
        pod('a/four', '192.0.2.11', {}, { hostNetwork: true, nodeName: 'node-b' }),
      ],
      'one two | three | four',
    ],
    [
      'a rule of Cilium names a Service, behind which one of them is',
      [
        ...TWO,
        object('v1', 'Service', 'a/web', {
          spec: {
            clusterIP: '10.96.0.9',
            clusterIPs: ['10.96.0.9'],
            selector: { app: 'one' },
            ports: [{ port: 80 }],
          },
        }),
        object('cilium.io/v2', 'CiliumNetworkPolicy', 'a/p', {
          spec: {
            endpointSelector: {},
            egress: [{ toServices: [{ k8sService: { serviceName: 'web', namespace: 'a' } }] }],
          },
        }),
      ],
      'one | two',
      CILIUM,
    ],
    [
      'a mesh has a proxy in one of them',
      [
        ...TWO,
        pod('a/three', '10.244.0.3', {}, { containers: [{ name: 'app' }, { name: 'istio-proxy' }] }),
        object('v1', 'ConfigMap', 'istio-system/istio', {
          data: { mesh: 'outboundTrafficPolicy: {mode: REGISTRY_ONLY}' },
        }),
      ],
      'one two | three',
      UNKNOWN,
    ],
  ];
  const named = rows.map(([rule, objects, wanted, engine = CALICO]) => ({ rule, objects, wanted, engine }));
  test.each(named)('$rule', ({ objects, wanted, engine }) => {
    expect(classes(objects, engine)).toBe(wanted);
  });
  test('as peers of given terms, subjects tell nothing apart', () => {
    const { cluster } = readClusterState(TWO, {});
    expect(classesFor([...cluster.pods.values()], [])).toHaveLength(1);
  });
});

describe('what is opened outside of pods', () => {
  const shut = netpol('a/shut', {}, { egress: [] });
  const nodeB = node('node-b', '192.0.2.11', '10.244.1.0/24');
  const onB = pod('a/three', '10.244.1.3', { app: 'one' }, { nodeName: 'node-b' });
  const opens = (objects: readonly KubernetesObject[], engine: Engine, ...to: readonly object[]) =>
    changeOf(
      [...TWO, ...objects],
      [shut],
      [shut, netpol('a/fix', app('one'), { egress: [{ to, ports: [tcp(443)] }] })],
      engine,
    ).allowed;
  test('a node of a range in Cilium is not: no block means a node', () => {
    expect(opens([nodeB], CILIUM, ipBlock('192.0.2.8/29'))).toEqual(['a/one -> 192.0.2.8/31 192.0.2.12/30 : 443/TCP']);
  });
  test('in Calico it is, from each pod that is on another node', () => {
    expect(opens([nodeB, onB], CALICO, ipBlock('192.0.2.8/29'))).toContain('a/one a/three -> 192.0.2.8/29 : 443/TCP');
  });
  test('a range that is cut around a node from some pods and not from others', () => {
    const policy = object('cilium.io/v2', 'CiliumNetworkPolicy', 'a/fix', {
      spec: { endpointSelector: app('one'), egress: [{ toEntities: ['remote-node'] }] },
    });
    const lines = changeOf([...TWO, nodeB, onB], [shut], [shut, policy], CILIUM).allowed;
    expect(lines.filter(line => line.startsWith('a/one ')).join()).toContain('192.0.2.11/32');
    expect(lines.filter(line => line.startsWith('a/one ')).join()).not.toContain('192.0.2.10');
    expect(lines.filter(line => line.startsWith('a/three ')).join()).toContain('192.0.2.10/32');
  });
  test('IPv6 of nodes only for pods that have it', () => {
    const six = object('v1', 'Node', 'node-c', {
      spec: {},
      status: { addresses: [{ type: 'InternalIP', address: '2001:db8::c' }] },
    });
    expect(opens([six], CALICO, ipBlock('2001:db8::/64'))).toEqual([]);
    const dual = pod('a/dual', '10.244.0.6 fd00::6', { app: 'one' });
    expect(opens([six, dual], CALICO, ipBlock('2001:db8::/64'))).toEqual(['a/dual -> 2001:db8::/64 : 443/TCP']);
  });
  test('a pod that opens for one of its families only is told by that address', () => {
    const dual = pod('a/dual', '10.244.0.6 fd00::6', { app: 'one' });
    const web = pod('b/web', '10.244.0.9 fd00::9', { app: 'web' });
    expect(opens([dual, web], CALICO, ipBlock('fd00::9/128'))).toEqual(['a/dual -> fd00::9/128 : 443/TCP']);
    expect(opens([dual, web], CALICO, ipBlock('fd00::9/128'), ipBlock('10.244.0.9/32'))).toEqual([
      'a/dual a/one -> pod:b/web : 443/TCP',
    ]);
  });
});
