/** Which labels a fix goes by: none that would cut off a pod that nothing isolates, and if possible nobody else's. */
import { describe, expect, test } from 'vitest';
import { chooseSubject } from '../../src/diagnose/fix-subject.ts';
import type { KubernetesObject } from '../../src/evidence.ts';
import type { Engine } from '../../src/model.ts';
import { CALICO, CILIUM, inputOf, netpol, object, pod, UNKNOWN } from '../fakes/fix-scenes.ts';

const shut = netpol('payments/shut', {}, { egress: [] });
const ownedBy = (kind: string, name: string) => ({ ownerReferences: [{ kind, name, controller: true }] });
const made = (name: string, labels: Readonly<Record<string, string>>, kind: string, maker: string) =>
  pod(`payments/${name}`, '10.244.0.40', labels, {}, ownedBy(kind, maker));

/** Of payments/billing, for egress. */
function subjectOf(objects: readonly KubernetesObject[], engine: Engine = CILIUM) {
  const { cluster, book, objects: all } = inputOf({ objects, engine });
  const billing = cluster.pods.get('payments/billing');
  if (billing === undefined) throw new Error('the scene has no billing');
  return chooseSubject({ pod: billing, side: 'egress', objects: all, cluster, book });
}
const labelsOf = (objects: readonly KubernetesObject[], engine?: Engine) => {
  const subject = subjectOf(objects, engine);
  return subject.kind === 'none' ? subject.why : [subject.choice.selector, subject.others];
};
const by = (matchLabels: object, ...matchExpressions: readonly object[]) => ({ matchLabels, matchExpressions });

const BILLING = { app: 'billing', tier: 'api', 'pod-template-hash': '7d9f' };
const billing = made('billing', BILLING, 'ReplicaSet', 'billing-7d9f');
const replicaSet = object(
  'apps/v1',
  'ReplicaSet',
  'payments/billing-7d9f',
  { spec: { selector: { matchLabels: { app: 'billing', 'pod-template-hash': '7d9f' } } } },
  ownedBy('Deployment', 'billing'),
);
const deployment = object('apps/v1', 'Deployment', 'payments/billing', {
  spec: { selector: { matchLabels: { app: 'billing' } } },
});
const WORKLOAD = [billing, replicaSet, deployment];
const worker = made('worker', { app: 'billing', tier: 'worker' }, 'ReplicaSet', 'worker-1');

describe('the labels of a fix', () => {
  test('are the selector of the controller', () => {
    expect(labelsOf([shut, ...WORKLOAD])).toEqual([by({ app: 'billing' }), []]);
    expect(subjectOf([shut, ...WORKLOAD])).toMatchObject({ choice: { from: 'the selector of Deployment billing' } });
  });
  test('are more of them where the selector names pods of another workload too', () => {
    expect(labelsOf([shut, ...WORKLOAD, worker])).toEqual([by({ app: 'billing', tier: 'api' }), []]);
  });
  test('are the plainest where no choice tells the two apart, and the others are told', () => {
    const twin = made('twin', BILLING, 'ReplicaSet', 'twin-1');
    expect(labelsOf([shut, ...WORKLOAD, twin])).toEqual([by({ app: 'billing' }), ['payments/twin']]);
  });
  test('are those of the policy that denies where only they tell it from a pod that nothing isolates', () => {
    const denies = netpol('payments/api', { matchLabels: { zone: 'a' } }, { egress: [] });
    const zoned = pod('payments/billing', '10.244.0.7', {
      app: 'billing',
      'rollouts-pod-template-hash': '1',
      zone: 'a',
    });
    const free = pod('payments/free', '10.244.0.40', {
      app: 'billing',
      'rollouts-pod-template-hash': '2',
      zone: 'a',
      'job-name': 'x',
    });
    expect(
      labelsOf([
        netpol('payments/one', { matchLabels: { 'rollouts-pod-template-hash': '1' } }, { egress: [] }),
        zoned,
        free,
      ]),
    ).toEqual([by({ app: 'billing', 'rollouts-pod-template-hash': '1', zone: 'a' }), []]);
    expect(labelsOf([denies, zoned, free])).toEqual([by({ app: 'billing', zone: 'a' }), []]);
  });
  test('are none where every choice would cut off a pod that nothing isolates', () => {
    const denies = object('cilium.io/v2', 'CiliumNetworkPolicy', 'payments/one', {
      spec: { endpointSelector: { matchLabels: { 'rollouts-pod-template-hash': '1' } }, egress: [{}] },
    });
    const mine = pod('payments/billing', '10.244.0.7', { app: 'billing', 'rollouts-pod-template-hash': '1' });
    const free = pod('payments/free', '10.244.0.40', { app: 'billing', 'rollouts-pod-template-hash': '2' });
    expect(labelsOf([denies, mine, free])).toBe(
      'any labels that select pod payments/billing also select payments/free, which no policy isolates for egress today: a new policy would cut it off',
    );
  });
  test('are not narrowed by a policy that does not isolate the pod, nor by a namesake of another kind', () => {
    const elsewhere = netpol('payments/other', { matchLabels: { app: 'db' } }, { egress: [] });
    const namesake = object('example.com/v1', 'Thing', 'payments/one', {
      spec: { podSelector: { matchLabels: { x: 'y' } } },
    });
    const mine = pod('payments/billing', '10.244.0.7', { app: 'billing', 'rollouts-pod-template-hash': '1' });
    const free = pod('payments/free', '10.244.0.40', { app: 'billing', 'rollouts-pod-template-hash': '2' });
    const denies = netpol('payments/one', { matchLabels: { 'rollouts-pod-template-hash': '1' } }, { egress: [] });
    expect(labelsOf([namesake, elsewhere, denies, mine, free])).toEqual([
      by({ app: 'billing', 'rollouts-pod-template-hash': '1' }),
      [],
    ]);
  });
});

describe('pods of one workload', () => {
  const job = (name: string, maker: string) => made(name, { app: 'billing' }, 'Job', maker);
  const others = (...objects: readonly KubernetesObject[]) => {
    const subject = subjectOf([shut, ...objects]);
    return subject.kind === 'none' ? subject.why : subject.others;
  };
  test.each<readonly [rule: string, objects: readonly KubernetesObject[], others: readonly string[]]>([
    [
      'of two revisions',
      [
        made('billing', { app: 'billing', 'pod-template-hash': '7d9f' }, 'ReplicaSet', 'billing-7d9f'),
        made('old', { app: 'billing', 'pod-template-hash': '5c5c' }, 'ReplicaSet', 'billing-5c5c'),
      ],
      [],
    ],
    [
      'not of two ReplicaSets',
      [
        made('billing', { app: 'billing', 'pod-template-hash': '7d9f' }, 'ReplicaSet', 'billing-7d9f'),
        made('old', { app: 'billing', 'pod-template-hash': '5c5c' }, 'ReplicaSet', 'bills-5c5c'),
      ],
      ['payments/old'],
    ],
    ['of two Jobs of one CronJob', [job('billing', 'backup-28912345'), job('next', 'backup-28912405')], []],
    ['not of two Jobs', [job('billing', 'backup-1'), job('next', 'backup-2')], ['payments/next']],
    [
      'not of a Job and of one with a longer name',
      [job('billing', 'backup-28912345-x'), job('next', 'backup-28912405-x')],
      ['payments/next'],
    ],
    [
      'not of two StatefulSets that end in digits',
      [
        made('billing', { app: 'billing' }, 'StatefulSet', 'db-28912345'),
        made('next', { app: 'billing' }, 'StatefulSet', 'db-28912405'),
      ],
      ['payments/next'],
    ],
    [
      'not of a controller and of nobody',
      [
        made('billing', { app: 'billing' }, 'ReplicaSet', 'billing'),
        pod('payments/lone', '10.244.0.41', { app: 'billing' }),
      ],
      ['payments/lone'],
    ],
    [
      'not of nobody and of a controller',
      [
        pod('payments/billing', '10.244.0.7', { app: 'billing' }),
        made('next', { app: 'billing' }, 'ReplicaSet', 'billing'),
      ],
      ['payments/next'],
    ],
    [
      'made by nobody, with the same labels but for the release',
      [
        pod('payments/billing', '10.244.0.7', { app: 'billing', version: '1' }),
        pod('payments/next', '10.244.0.41', { app: 'billing', version: '2' }),
      ],
      [],
    ],
  ])('%s', (_, objects, wanted) => {
    expect(others(...objects)).toEqual(wanted);
  });
  test('made by nobody, with other labels, are two', () => {
    const [mine, next] = [{ app: 'billing' }, { app: 'billing', tier: 'worker' }];
    expect(others(pod('payments/billing', '10.244.0.7', mine), pod('payments/next', '10.244.0.41', next))).toEqual([
      'payments/next',
    ]);
  });
});

describe('pods that a new policy would not cut off', () => {
  const denies = netpol('payments/one', { matchLabels: { 'rollouts-pod-template-hash': '1' } }, { egress: [] });
  const mine = pod('payments/billing', '10.244.0.7', { app: 'billing', 'rollouts-pod-template-hash': '1' });
  const beside = (labels: object, more: object, key = 'payments/free') =>
    pod(key, '10.244.0.41', { app: 'billing', ...labels }, more);
  const finished = { ...beside({}, {}), status: { phase: 'Succeeded' } };
  const wide = by({ app: 'billing' });
  const narrow = by({ app: 'billing', 'rollouts-pod-template-hash': '1' });
  test.each<readonly [rule: string, other: KubernetesObject, engine: Engine, selector: unknown]>([
    ['one that runs would be', beside({}, {}), CILIUM, narrow],
    ['one that has ended', finished, CILIUM, wide],
    ['one of another namespace', beside({}, {}, 'shop/free'), CILIUM, wide],
    ['one of the node, where the engine spares those', beside({}, { hostNetwork: true }), CILIUM, wide],
    ['one of the node may be, where that is the engine’s choice', beside({}, { hostNetwork: true }), UNKNOWN, narrow],
    ['one of the node, in Calico', beside({}, { hostNetwork: true }), CALICO, wide],
  ])('%s', (_, other, engine, selector) => {
    const subject = subjectOf([denies, mine, other], engine);
    expect(subject.kind === 'subject' && subject.choice.selector).toEqual(selector);
  });
});
