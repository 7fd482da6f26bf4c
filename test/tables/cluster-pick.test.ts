import { describe, expect, test } from 'vitest';
import { selectorText } from '../../src/cluster/find-owned.ts';
import { nearestNames } from '../../src/cluster/near-names.ts';
import { noSuchPod } from '../../src/cluster/not-found.ts';
import { pickPod, podName, siblingsOf, workloadLabels } from '../../src/cluster/target-pick.ts';

type Kind = 'ready' | 'running' | 'crashing' | 'done';
const pod = (
  name: string,
  kind: Kind,
  labels: object = { app: 'billing' },
  created = '2026-11-21T07:00:00Z',
): Record<string, unknown> => ({
  metadata: { name, namespace: 'payments', labels, creationTimestamp: created },
  spec: { nodeName: `node-of-${name}`, containers: [{ name: 'app' }] },
  status: {
    phase: kind === 'done' ? 'Succeeded' : 'Running',
    conditions: kind === 'ready' ? [{ type: 'Ready', status: 'True' }] : [],
    containerStatuses: [
      { name: 'app', state: kind === 'crashing' ? { waiting: { reason: 'CrashLoopBackOff' } } : { running: {} } },
    ],
  },
});

describe('which pod of several', () => {
  test.each<readonly [string, readonly Record<string, unknown>[], string, string]>([
    ['the only one', [pod('a', 'crashing')], 'a', 'the only pod of Deployment x'],
    [
      'the first by name among equals',
      [pod('b', 'ready'), pod('a', 'ready')],
      'a',
      'one of 2 running pods of Deployment x, the first by name that is ready',
    ],
    [
      'a ready one before one that only runs',
      [pod('a', 'running'), pod('b', 'ready')],
      'b',
      'one of 2 running pods of Deployment x, the first by name that is ready',
    ],
    [
      'a running one before one that crashes',
      [pod('a', 'crashing'), pod('b', 'running')],
      'b',
      'one of 1 running pods of Deployment x (2 in all), the first by name that is running',
    ],
    [
      'the newest where none runs',
      [pod('a', 'done', {}, '2026-11-21T07:00:00Z'), pod('b', 'done', {}, '2026-11-21T08:00:00Z')],
      'b',
      'the newest of 2 pods of Deployment x, none of which runs',
    ],
  ])('%s', (_rule, pods, name, choice) => {
    const picked = pickPod(pods, 'Deployment x');
    expect([picked && podName(picked.pod), picked?.choice]).toEqual([name, choice]);
  });

  test('none of none', () => expect(pickPod([], 'Deployment x')).toBeNull());
});

test('labels that differ between pods of one workload are no labels of the workload', () => {
  const own = {
    'pod-template-hash': '97d949f57',
    'controller-revision-hash': 'x',
    'statefulset.kubernetes.io/pod-name': 'db-0',
    'apps.kubernetes.io/pod-index': '0',
    'batch.kubernetes.io/job-name': 'j',
    'batch.kubernetes.io/controller-uid': 'u',
    'job-name': 'j',
    'controller-uid': 'u',
  };
  expect(workloadLabels({ app: 'db', 'app.kubernetes.io/name': 'db', ...own })).toEqual({
    app: 'db',
    'app.kubernetes.io/name': 'db',
  });
});

describe('pods like this one', () => {
  const me = pod('me', 'ready', { app: 'billing', 'pod-template-hash': '1' });
  test.each<readonly [string, Record<string, unknown>, readonly string[]]>([
    ['the same workload labels', pod('b', 'running', { app: 'billing', 'pod-template-hash': '2' }), ['b']],
    ['itself is none', pod('me', 'ready'), []],
    ['one label more is another workload', pod('b', 'ready', { app: 'billing', canary: 'yes' }), []],
    ['one that does not run', pod('b', 'crashing', { app: 'billing' }), []],
  ])('%s', (_rule, other, expected) => {
    expect(siblingsOf(me, [other]).map(sibling => sibling.pod)).toEqual(expected);
  });

  test('a pod without labels has none', () =>
    expect(siblingsOf(pod('a', 'ready', {}), [pod('b', 'ready', {})])).toEqual([]));
});

test.each<readonly [string, string, readonly string[], readonly string[]]>([
  ['one letter wrong', 'biling-pod', ['billing-pod', 'web'], ['billing-pod']],
  [
    'the beginning of generated names',
    'billing',
    ['billing-97d949f57-cnfgg', 'billings'],
    ['billing-97d949f57-cnfgg', 'billings'],
  ],
  [
    'a typing error in the beginning of a generated name',
    'coredn',
    ['coredns-d6785d46b-99hss', 'web'],
    ['coredns-d6785d46b-99hss'],
  ],
  ['the hash of yesterday', 'coredns-xx', ['coredns-d6785d46b-99hss', 'web'], ['coredns-d6785d46b-99hss']],
  ['nothing near', 'billing', ['frontend', 'cart'], []],
  ['at most three, nearest first', 'pod', ['pox', 'pod-1', 'pad', 'pod1', 'pid'], ['pod-1', 'pad', 'pid']],
])('nearest names: %s', (_rule, asked, names, expected) => {
  expect(nearestNames(asked, names, name => name)).toEqual(expected);
});

test.each<readonly [string, readonly Record<string, unknown>[] | null, string, string]>([
  [
    'elsewhere',
    [{ metadata: { name: 'billing', namespace: 'other' } }],
    'It is in namespace other.',
    'Ask for other/billing.',
  ],
  [
    'a workload of that name',
    [
      {
        metadata: {
          name: 'billing-97d949f57-cnfgg',
          namespace: 'payments',
          ownerReferences: [{ kind: 'ReplicaSet', name: 'billing-97d949f57', controller: true }],
        },
      },
    ],
    'The nearest names are payments/billing-97d949f57-cnfgg.',
    'billing is a workload: ask for deploy/billing, sts/billing or ds/billing.',
  ],
  [
    'a near name here before one as near elsewhere',
    [{ metadata: { name: 'billing2', namespace: 'aaa' } }, { metadata: { name: 'billing1', namespace: 'payments' } }],
    'The nearest names are payments/billing1, aaa/billing2.',
    'Ask for payments/billing1, if that is meant.',
  ],
  ['nothing like it', [], 'No pod of the cluster has a name like it.', '`kubectl get pods -A` lists all.'],
  [
    'pods may not be listed',
    null,
    'Whether it is elsewhere cannot be told: this identity may not list pods of all namespaces.',
    'Name its namespace with -n.',
  ],
])('no such pod: %s', (_rule, everywhere, cause, remedy) => {
  expect(noSuchPod('billing', 'payments', everywhere)).toEqual({
    code: 'not-found',
    what: 'There is no pod billing in namespace payments.',
    cause,
    remedy,
  });
});

test.each<readonly [string, object, string]>([
  ['labels', { matchLabels: { app: 'billing', tier: 'api' } }, 'app=billing,tier=api'],
  [
    'expressions',
    {
      matchExpressions: [
        { key: 'a', operator: 'In', values: ['x', 'y'] },
        { key: 'b', operator: 'NotIn', values: ['z'] },
        { key: 'c', operator: 'Exists' },
        { key: 'd', operator: 'DoesNotExist' },
      ],
    },
    'a in (x,y),b notin (z),c,!d',
  ],
])("a workload's selector as a query: %s", (_rule, selector, expected) => {
  expect(selectorText(selector as Record<string, unknown>)).toBe(expected);
});
