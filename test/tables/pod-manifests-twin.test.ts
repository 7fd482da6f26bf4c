import { describe, expect, it } from 'vitest';
import { rivalOf, type TwinRivals, twinRefusal } from '../../src/cluster/twin.ts';
import type { Target } from '../../src/model.ts';
import { fakeClient, ok, refused } from '../fakes/api-client.ts';
import { targetOf } from '../fakes/target.ts';

const none: TwinRivals = { services: [], budgets: [], autoscalers: [] };
const labels = { app: 'billing', tier: 'api' };
const target: Target = targetOf({ labels, owner: { kind: 'Deployment', name: 'billing' } });

const service = (spec: object, annotations = {}) => ({ metadata: { name: 's', annotations }, spec });
const budget = (selector: unknown) => ({ metadata: { name: 'b' }, spec: { selector } });
const scaler = (kind: string, name: string) => ({ metadata: { name: 'h' }, spec: { scaleTargetRef: { kind, name } } });
const expression = (key: string, operator: string, values?: string[]) =>
  budget({ matchExpressions: [{ key, operator, values }] });

const SERVICE = 'Service s publishes addresses that are not ready, so it would route to the twin';
const BUDGET = 'PodDisruptionBudget b would count the twin';
const SCALER = 'HorizontalPodAutoscaler h would count the twin';
const UNREADY = { 'service.alpha.kubernetes.io/tolerate-unready-endpoints': 'true' };

describe('a twin is refused where something would take it for the real thing', () => {
  const rows: readonly [string, Partial<TwinRivals>, string | null][] = [
    ['nothing there', {}, null],
    [
      'an ordinary Service does not route to a pod that is not ready',
      { services: [service({ selector: labels })] },
      null,
    ],
    [
      'a Service that publishes addresses that are not ready',
      { services: [service({ selector: { app: 'billing' }, publishNotReadyAddresses: true })] },
      SERVICE,
    ],
    ['the same by its old annotation', { services: [service({ selector: { app: 'billing' } }, UNREADY)] }, SERVICE],
    [
      'such a Service of other pods',
      { services: [service({ selector: { app: 'web' }, publishNotReadyAddresses: true })] },
      null,
    ],
    [
      'such a Service that wants one label more',
      { services: [service({ selector: { ...labels, x: 'y' }, publishNotReadyAddresses: true })] },
      null,
    ],
    ['a Service without a selector selects nothing', { services: [service({ publishNotReadyAddresses: true })] }, null],
    ['a budget by labels', { budgets: [budget({ matchLabels: { app: 'billing' } })] }, BUDGET],
    ['a budget of other pods', { budgets: [budget({ matchLabels: { app: 'web' } })] }, null],
    ['a budget with an empty selector selects every pod', { budgets: [budget({})] }, BUDGET],
    ['a budget without a selector selects none', { budgets: [budget(undefined)] }, null],
    ['In', { budgets: [expression('app', 'In', ['web', 'billing'])] }, BUDGET],
    ['In, another value', { budgets: [expression('app', 'In', ['web'])] }, null],
    ['In, the label is absent', { budgets: [expression('zone', 'In', ['a'])] }, null],
    ['NotIn', { budgets: [expression('app', 'NotIn', ['web'])] }, BUDGET],
    ['NotIn, the label is absent', { budgets: [expression('zone', 'NotIn', ['a'])] }, BUDGET],
    ['NotIn, the value is there', { budgets: [expression('app', 'NotIn', ['billing'])] }, null],
    ['Exists', { budgets: [expression('tier', 'Exists')] }, BUDGET],
    ['Exists, absent', { budgets: [expression('zone', 'Exists')] }, null],
    ['DoesNotExist', { budgets: [expression('zone', 'DoesNotExist')] }, BUDGET],
    ['DoesNotExist, present', { budgets: [expression('tier', 'DoesNotExist')] }, null],
    ['an operator that is not known is taken to match', { budgets: [expression('tier', 'Like', ['a'])] }, BUDGET],
    [
      'labels and expressions must both match',
      { budgets: [budget({ matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'Exists' }] })] },
      null,
    ],
    ['an autoscaler of the owner', { autoscalers: [scaler('Deployment', 'billing')] }, SCALER],
    ['an autoscaler of another workload', { autoscalers: [scaler('Deployment', 'web')] }, null],
    [
      'an autoscaler of a workload of the same name and another kind',
      { autoscalers: [scaler('StatefulSet', 'billing')] },
      null,
    ],
  ];
  it.each(rows)('%s', (_rule, part, expected) => {
    expect(rivalOf(target, { ...none, ...part })).toBe(expected);
  });

  it('an owner that is only known as ReplicaSet may be the autoscaled Deployment', () => {
    const byReplicaSet = targetOf({ labels, owner: { kind: 'ReplicaSet', name: 'billing-7c9f' } });
    expect(rivalOf(byReplicaSet, { ...none, autoscalers: [scaler('Deployment', 'billing')] })).toBe(SCALER);
    expect(rivalOf(byReplicaSet, { ...none, autoscalers: [scaler('Deployment', 'bill')] })).toBeNull();
  });

  it('a pod without an owner is scaled by nobody', () => {
    expect(
      rivalOf(targetOf({ labels, owner: null }), { ...none, autoscalers: [scaler('Deployment', 'billing')] }),
    ).toBeNull();
  });
});

describe('what cannot be read cannot be ruled out', () => {
  it('a list that is forbidden refuses the twin and names the rule that is missing', async () => {
    const client = fakeClient(({ path }) => {
      if (path.includes('poddisruptionbudgets')) return refused(403, 'Forbidden', 'no');
      if (path.includes('selfsubjectaccessreviews')) return ok({ status: { allowed: false } });
      return ok({ items: [] });
    });
    expect(await twinRefusal(client, target)).toBe(
      'poddisruptionbudgets of payments cannot be read, and one could count or reach the twin: no permission: needs a Role in payments with apiGroups: ["policy"], resources: ["poddisruptionbudgets"], verbs: ["list"]',
    );
  });

  it('three empty lists allow it', async () => {
    expect(
      await twinRefusal(
        fakeClient(() => ok({ items: [] })),
        target,
      ),
    ).toBeNull();
  });
});
