/** A twin carries the target's labels, and yet nothing in the cluster takes it for the target. */
import { AppsV1Api, DiscoveryV1Api } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SiteStart, startInPod } from '../../src/cluster/probe-sites.ts';
import { core, create, dropNamespace, kubeConfig, namespace, pod, remove, waitForPods } from './cluster.ts';
import { eventually, podsOfOurs, readTarget, testNamespace, withSetup } from './probe-cluster.ts';

const NS = testNamespace('twin');
const apps = kubeConfig.makeApiClient(AppsV1Api);
const discovery = kubeConfig.makeApiClient(DiscoveryV1Api);
const labels = { app: 'shop', tier: 'api' };

const template = {
  metadata: { labels },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'app', image: 'busybox:1.36', command: ['sleep', '3600'] }],
  },
};
const workload = (kind: string, spec: object) => ({
  apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1',
  kind,
  metadata: { namespace: NS, name: kind.toLowerCase() },
  spec,
});
const service = (name: string, spec: object) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: NS, name },
  spec: { selector: labels, ports: [{ port: 80 }], ...spec },
});

async function podOf(owner: string): Promise<string> {
  const { items } = await core.listNamespacedPod({ namespace: NS });
  const name = items.find(item => item.metadata?.ownerReferences?.some(each => each.name === owner))?.metadata?.name;
  if (name === undefined) throw new Error(`${owner} has no pod`);
  return name;
}

/** Names of the pods that slices of a Service list, by readiness. */
async function endpoints(name: string): Promise<{ ready: string[]; notReady: string[] }> {
  const { items } = await discovery.listNamespacedEndpointSlice({
    namespace: NS,
    labelSelector: `kubernetes.io/service-name=${name}`,
  });
  const all = items.flatMap(slice => slice.endpoints ?? []);
  const names = (ready: boolean) =>
    all.filter(each => (each.conditions?.ready ?? true) === ready).map(each => each.targetRef?.name ?? '');
  return { ready: names(true), notReady: names(false) };
}

beforeAll(async () => {
  await create(
    namespace(NS),
    workload('ReplicaSet', { replicas: 2, selector: { matchLabels: labels }, template }),
    workload('StatefulSet', { replicas: 1, serviceName: 'x', selector: { matchLabels: labels }, template }),
    workload('DaemonSet', { selector: { matchLabels: labels }, template }),
    service('plain', {}),
    service('headless', { clusterIP: 'None' }),
  );
  await eventually(async () => (await core.listNamespacedPod({ namespace: NS })).items.length === 4);
  await waitForPods(NS);
});

afterAll(() => dropNamespace(NS));

describe('a twin of a pod whose ReplicaSet, StatefulSet and DaemonSet all select its labels', () => {
  it.each(['replicaset', 'statefulset', 'daemonset'])(
    'beside a pod of the %s: lives, is adopted by none, is routed to by none',
    async owner => {
      const target = await readTarget(NS, await podOf(owner));
      await withSetup(NS, async setup => {
        const start: SiteStart = await startInPod(setup, target, ['twin-pod'], null);
        expect(start).toMatchObject({ kind: 'ready', method: 'twin-pod', vantage: 'pod' });
        const name = (await podsOfOurs(setup.run.id))[0]?.split('/')[1] ?? '';
        // Controllers and slices have seen it once the slices list it as not ready.
        expect(await eventually(async () => (await endpoints('headless')).notReady.includes(name))).toBe(true);
        // An adoption or a deletion of a surplus replica would have come by then.
        await new Promise(resolve => setTimeout(resolve, 1_500));
        const twin = await core.readNamespacedPod({ namespace: NS, name });
        expect(twin.metadata?.deletionTimestamp).toBeUndefined();
        expect(twin.metadata?.ownerReferences?.map(({ kind, name: of }) => `${kind} ${of}`)).toEqual([
          `Pod ${target.pod}`,
        ]);
        expect(twin.metadata?.labels).toMatchObject(target.labels);
        expect(twin.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('False');
        for (const each of ['plain', 'headless']) expect((await endpoints(each)).ready).not.toContain(name);
        expect((await apps.readNamespacedReplicaSet({ namespace: NS, name: 'replicaset' })).status?.replicas).toBe(2);
        expect((await apps.readNamespacedStatefulSet({ namespace: NS, name: 'statefulset' })).status?.replicas).toBe(1);
        expect(
          (await apps.readNamespacedDaemonSet({ namespace: NS, name: 'daemonset' })).status?.currentNumberScheduled,
        ).toBe(1);
        expect((await core.listNamespacedPod({ namespace: NS })).items).toHaveLength(5);
      });
      expect(await eventually(async () => (await core.listNamespacedPod({ namespace: NS })).items.length === 4)).toBe(
        true,
      );
    },
  );

  it('goes with its target: the garbage collector removes it', async () => {
    await create(pod(NS, 'lone', { labels: { app: 'lone' } }));
    await waitForPods(NS);
    const target = await readTarget(NS, 'lone');
    await withSetup(NS, async setup => {
      await startInPod(setup, target, ['twin-pod'], null);
      expect(await podsOfOurs(setup.run.id)).toHaveLength(1);
      await remove(pod(NS, 'lone'));
      expect(await eventually(async () => (await podsOfOurs(setup.run.id)).length === 0)).toBe(true);
    });
  });
});

describe('no twin is made', () => {
  const cases: readonly (readonly [string, object, string])[] = [
    [
      'where a Service publishes addresses that are not ready',
      service('early', { publishNotReadyAddresses: true }),
      'Service early publishes addresses that are not ready, so it would route to the twin',
    ],
    [
      'where a PodDisruptionBudget would count it',
      {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { namespace: NS, name: 'budget' },
        spec: { minAvailable: 1, selector: { matchLabels: labels } },
      },
      'PodDisruptionBudget budget would count the twin',
    ],
    [
      'where a HorizontalPodAutoscaler would count it',
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { namespace: NS, name: 'scaler' },
        spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'replicaset' }, maxReplicas: 2 },
      },
      'HorizontalPodAutoscaler scaler would count the twin',
    ],
  ];
  it.each(cases)('%s', async (_rule, rival, why) => {
    const target = await readTarget(NS, await podOf('replicaset'), {
      owner: { kind: 'ReplicaSet', name: 'replicaset' },
    });
    await create(rival);
    try {
      await withSetup(NS, async setup => {
        const start = await startInPod(setup, target, ['twin-pod'], null);
        expect(start).toEqual({ kind: 'not-run', vantage: 'pod', sibling: null, why: `twin-pod: ${why}` });
        expect(await podsOfOurs(setup.run.id)).toEqual([]);
      });
    } finally {
      await remove(rival);
    }
  });
});
