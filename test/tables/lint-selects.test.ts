/** `egress lint`: selectors that select nothing, and mistakes that can be seen in a NetworkPolicy as it is written. */
import { describe, expect, test } from 'vitest';
import {
  app,
  CALICO,
  CILIUM,
  cnp,
  deployment,
  egress,
  found,
  gnp,
  lintObjects,
  namespace,
  np,
  open,
  pod,
} from './lint-builders.ts';

const PODS = [
  namespace('pay', { team: 'pay' }),
  namespace('shop', { team: 'shop' }),
  pod('pay/api', { labels: { app: 'api' } }),
  pod('shop/web', { labels: { app: 'web' }, ip: '10.244.0.2' }),
];
const to = (...peers: readonly object[]) => egress('pay/p', { to: peers });

describe('a policy that selects no pod', () => {
  test.each<[string, readonly unknown[], readonly string[]]>([
    ['its label is nobody’s', [...PODS, np('pay/p', app('apy'))], ['selects-no-pod NetworkPolicy pay/p']],
    ['its label is a pod’s', [...PODS, np('pay/p', app('api'))], []],
    [
      'its label is of a pod of another namespace',
      [...PODS, np('pay/p', app('web'))],
      ['selects-no-pod NetworkPolicy pay/p'],
    ],
    [
      'its label is of a Deployment’s pods',
      [...PODS, deployment('pay/job', { app: 'job' }), np('pay/p', app('job'))],
      [],
    ],
    [
      'a policy of Calico for host endpoints is for no pods',
      [...PODS, gnp('p', { selector: "app == 'none'", preDNAT: true, applyOnForward: true })],
      [],
    ],
    [
      'an empty namespace',
      [...PODS, namespace('empty'), np('empty/p', { podSelector: {} })],
      ['selects-no-pod NetworkPolicy empty/p'],
    ],
  ])('%s', (_, objects, expected) => {
    expect(found(lintObjects(objects, { engine: CALICO }), 'selects-no-pod')).toEqual(expected);
  });

  test('a policy of Cilium for nodes is for no pods', () => {
    const object = {
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumClusterwideNetworkPolicy',
      metadata: { name: 'n' },
      spec: { nodeSelector: {}, egress: [{ toEntities: ['all'] }] },
    };
    expect(found(lintObjects([...PODS, object], { engine: CILIUM }), 'selects-no-pod')).toEqual([]);
  });

  test.each<[string, readonly unknown[], string]>([
    [
      'no pod at all is given',
      [np('pay/p', app('api'))],
      'NetworkPolicy pay/p: no pod and no workload is among the objects',
    ],
    [
      'no pod of its namespace is given',
      [...PODS, np('other/p', app('api'))],
      'NetworkPolicy other/p: no pod of namespace other is among the objects',
    ],
  ])('not checked: %s', (_, objects, expected) => {
    const report = lintObjects(objects, { extent: 'some-objects' });
    expect(found(report, 'selects-no-pod')).toEqual([]);
    expect(open(report, 'selects-no-pod')).toEqual([expected]);
  });
});

describe('a peer that selects no pod', () => {
  test.each<[string, readonly unknown[], number]>([
    ['a label that nobody of the namespace has', [...PODS, to(app('db'))], 1],
    ['a label that somebody has', [...PODS, to(app('api'))], 0],
    [
      'a namespace label that no namespace has',
      [...PODS, to({ namespaceSelector: { matchLabels: { name: 'shop' } } })],
      1,
    ],
    [
      'a namespace by the label that every namespace has',
      [...PODS, to({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } })],
      0,
    ],
    [
      'a namespace without such pods',
      [
        ...PODS,
        to({ namespaceSelector: { matchLabels: { team: 'shop' } }, podSelector: { matchLabels: { app: 'api' } } }),
      ],
      1,
    ],
    ['two peers, and one of them is nobody', [...PODS, to(app('api'), app('db'))], 1],
    ['peers of ingress rules too', [...PODS, np('pay/p', { podSelector: {}, ingress: [{ from: [app('db')] }] })], 1],
    ['addresses are no pods', [...PODS, to({ ipBlock: { cidr: '192.0.2.0/24' } })], 0],
  ])('%s', (_, objects, count) => {
    expect(found(lintObjects(objects), 'peer-selects-no-pod')).toHaveLength(count);
  });

  test('selectors of Cilium for the world are for no pods', () => {
    const world = cnp('pay/p', {
      endpointSelector: {},
      egress: [{ toEndpoints: [{ matchLabels: { 'reserved:world': '' } }] }],
    });
    expect(found(lintObjects([...PODS, world], { engine: CILIUM }), 'peer-selects-no-pod')).toEqual([]);
  });

  test('not checked: pods of the namespace that is meant are not given', () => {
    const dns = to({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } });
    const report = lintObjects([...PODS, dns], { extent: 'some-objects' });
    expect(found(report, 'peer-selects-no-pod')).toEqual([]);
    expect(open(report, 'peer-selects-no-pod')).toEqual([
      'NetworkPolicy pay/p: no pod of the namespaces that are meant is among the objects',
    ]);
  });
});

describe('egress rules that do not count', () => {
  test.each<[string, object, number]>([
    [
      'policyTypes has Ingress alone, beside egress rules',
      { podSelector: {}, policyTypes: ['Ingress'], egress: [{}] },
      1,
    ],
    ['an empty egress list without policyTypes', { podSelector: {}, egress: [] }, 1],
    ['an empty egress list, and Egress is listed', { podSelector: {}, policyTypes: ['Egress'], egress: [] }, 0],
    ['egress rules without policyTypes: they count', { podSelector: {}, egress: [{}] }, 0],
    ['no egress list', { podSelector: {}, policyTypes: ['Ingress'] }, 0],
  ])('%s', (_, spec, count) => {
    expect(found(lintObjects([...PODS, np('pay/p', spec)]), 'policy-types')).toHaveLength(count);
  });
});

describe('a namespaceSelector and a podSelector as two peers', () => {
  const ns = { namespaceSelector: { matchLabels: { team: 'shop' } } };
  test.each<[string, readonly object[], number]>([
    ['one after the other', [ns, app('web')], 1],
    ['both in one peer', [{ ...ns, ...app('web') }], 0],
    ['a podSelector of every pod of the namespace is meant as it stands', [ns, { podSelector: {} }], 0],
    ['another peer between them', [ns, { ipBlock: { cidr: '192.0.2.0/24' } }, app('web')], 0],
  ])('%s', (_, peers, count) => {
    expect(found(lintObjects([...PODS, to(...peers)]), 'separate-selectors')).toHaveLength(count);
  });
});
