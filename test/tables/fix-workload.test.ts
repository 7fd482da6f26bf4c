import { describe, expect, it } from 'vitest';
import { lastingLabels, releaseFreeLabels, selectorManifest, subjectChoices } from '../../src/diagnose/fix-workload.ts';
import type { KubernetesObject } from '../../src/evidence.ts';

const owned = (kind: string, name: string) => ({ ownerReferences: [{ kind, name, controller: true }] });
const pod = (labels: Readonly<Record<string, string>>, meta: object = {}): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'payments', name: 'billing-7d9f-x', labels, ...meta },
});
const controller = (
  kind: string,
  name: string,
  matchLabels: Readonly<Record<string, string>>,
  meta: object = {},
): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { namespace: 'payments', name, ...meta },
  spec: { selector: { matchLabels } },
});
const deny = (podSelector: object): KubernetesObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { namespace: 'payments', name: 'deny' },
  spec: { podSelector, policyTypes: ['Egress'] },
});
const choicesOf = (
  labels: Readonly<Record<string, string>>,
  objects: readonly KubernetesObject[],
  denies: readonly KubernetesObject[] = [],
) =>
  subjectChoices({ namespace: 'payments', name: 'billing-7d9f-x', labels }, objects, denies).map(each =>
    selectorManifest(each.selector),
  );

describe('labels that the next pod has too', () => {
  it.each([
    {
      rule: 'the hash of a ReplicaSet goes',
      labels: { app: 'billing', 'pod-template-hash': '7d9f' },
      is: { app: 'billing' },
    },
    {
      rule: 'the revision of a StatefulSet or DaemonSet goes',
      labels: { app: 'db', 'controller-revision-hash': 'db-6c', 'pod-template-generation': '3' },
      is: { app: 'db' },
    },
    {
      rule: 'the number of a StatefulSet pod goes',
      labels: { app: 'db', 'statefulset.kubernetes.io/pod-name': 'db-0', 'apps.kubernetes.io/pod-index': '0' },
      is: { app: 'db' },
    },
    {
      rule: 'the name of one run of a Job goes, old label and new',
      labels: {
        app: 'report',
        'job-name': 'report-1',
        'controller-uid': 'u',
        'batch.kubernetes.io/job-name': 'report-1',
        'batch.kubernetes.io/controller-uid': 'u',
      },
      is: { app: 'report' },
    },
    {
      rule: 'the revision of a DeploymentConfig goes',
      labels: { deployment: 'web-3', deploymentconfig: 'web' },
      is: { deploymentconfig: 'web' },
    },
    {
      rule: 'a label that only sounds like it stays',
      labels: { deployment: 'web', 'my-job-name': 'x' },
      is: { deployment: 'web', 'my-job-name': 'x' },
    },
  ])('$rule', ({ labels, is }) => {
    expect(lastingLabels(labels)).toEqual(is);
  });

  it('a version lasts until the next release only', () => {
    expect(
      releaseFreeLabels({ app: 'billing', 'app.kubernetes.io/version': '1.2', 'helm.sh/chart': 'billing-3' }),
    ).toEqual({ app: 'billing' });
  });
});

describe('choices of a subject', () => {
  it("start with the selector of the Deployment above the pod's ReplicaSet", () => {
    const labels = { app: 'billing', team: 'pay', 'pod-template-hash': '7d9f' };
    const objects = [
      pod(labels, owned('ReplicaSet', 'billing-7d9f')),
      controller(
        'ReplicaSet',
        'billing-7d9f',
        { app: 'billing', 'pod-template-hash': '7d9f' },
        owned('Deployment', 'billing'),
      ),
      controller('Deployment', 'billing', { app: 'billing' }),
    ];
    expect(choicesOf(labels, objects)).toEqual([
      { matchLabels: { app: 'billing' } },
      { matchLabels: { app: 'billing', team: 'pay' } },
    ]);
  });

  it('skip a controller whose selector the pod no longer has (it was relabelled)', () => {
    const objects = [
      pod({ app: 'quarantined' }, owned('Deployment', 'billing')),
      controller('Deployment', 'billing', { app: 'billing' }),
    ];
    expect(choicesOf({ app: 'quarantined' }, objects)).toEqual([{ matchLabels: { app: 'quarantined' } }]);
  });

  it('keep a version that the selector itself names, since it is the workload', () => {
    const labels = { app: 'web', version: 'v1' };
    const objects = [pod(labels, owned('ReplicaSet', 'web-v1')), controller('ReplicaSet', 'web-v1', labels)];
    expect(choicesOf(labels, objects)[0]).toEqual({ matchLabels: labels });
  });

  it('end with those narrowed by the podSelector that denies', () => {
    const denies = [deny({ matchLabels: { locked: 'yes' }, matchExpressions: [{ key: 'tier', operator: 'Exists' }] })];
    expect(choicesOf({ app: 'billing', locked: 'yes', tier: 'a' }, [], denies)).toEqual([
      { matchLabels: { app: 'billing', locked: 'yes', tier: 'a' } },
      {
        matchLabels: { app: 'billing', locked: 'yes', tier: 'a' },
        matchExpressions: [{ key: 'tier', operator: 'Exists' }],
      },
    ]);
  });

  it('are none for a pod without lasting labels: every pod of the namespace would be meant', () => {
    expect(choicesOf({ 'job-name': 'report-1' }, [], [deny({})])).toEqual([]);
  });
});

describe('the controller of a pod', () => {
  const mine = (objects: readonly KubernetesObject[], meta: object = owned('ReplicaSet', 'billing-7d9f')) =>
    subjectChoices(
      { namespace: 'payments', name: 'billing-7d9f-x', labels: { app: 'billing', tier: 'api' } },
      [pod({ app: 'billing', tier: 'api' }, meta), ...objects],
      [],
    )[0];
  const elsewhere = (each: KubernetesObject) => ({ ...each, metadata: { ...each.metadata, namespace: 'shop' } });
  const replicaSet = controller('ReplicaSet', 'billing-7d9f', { app: 'billing' }, owned('Deployment', 'billing'));
  const deployment = controller('Deployment', 'billing', { tier: 'api' });
  it.each([
    {
      rule: 'is the topmost that was read',
      objects: [replicaSet, deployment],
      from: 'the selector of Deployment billing',
      labels: { tier: 'api' },
    },
    {
      rule: 'is not one of the same name in another namespace',
      objects: [elsewhere(deployment), replicaSet],
      from: 'the selector of ReplicaSet billing-7d9f',
      labels: { app: 'billing' },
    },
    {
      rule: 'is the last below one that has no selector',
      objects: [replicaSet, { ...deployment, spec: {} }],
      from: 'the selector of ReplicaSet billing-7d9f',
      labels: { app: 'billing' },
    },
    {
      rule: 'is found also where two own each other',
      objects: [
        replicaSet,
        { ...deployment, metadata: { ...deployment.metadata, ...owned('ReplicaSet', 'billing-7d9f') } },
      ],
      from: 'the selector of Deployment billing',
      labels: { tier: 'api' },
    },
    {
      rule: 'is not used where its selector names other labels than the pod has, be it one of them',
      objects: [controller('ReplicaSet', 'billing-7d9f', { app: 'billing', tier: 'old' })],
      from: "the workload's labels",
      labels: { app: 'billing', tier: 'api' },
    },
    { rule: 'may be unknown', objects: [], from: "the workload's labels", labels: { app: 'billing', tier: 'api' } },
  ])('$rule', ({ objects, from, labels }) => {
    expect(mine(objects)).toEqual({ selector: { matchLabels: labels, matchExpressions: [] }, from });
  });
  it('is the owner that controls, of several', () => {
    const meta = {
      ownerReferences: [
        { kind: 'Deployment', name: 'billing' },
        { kind: 'ReplicaSet', name: 'billing-7d9f', controller: true },
      ],
    };
    expect(mine([replicaSet, { ...deployment, metadata: { ...deployment.metadata } }], meta)?.from).toBe(
      'the selector of Deployment billing',
    );
    expect(mine([replicaSet], meta)?.from).toBe('the selector of ReplicaSet billing-7d9f');
    expect(mine([deployment], meta)?.from).toBe("the workload's labels");
  });
});

describe('a selector as it is written', () => {
  it('has its labels by name, and leaves out what says nothing', () => {
    const labels = { zone: 'a', app: 'billing', tier: 'api' };
    expect(Object.keys(lastingLabels(labels))).toEqual(['app', 'tier', 'zone']);
    expect(selectorManifest({ matchLabels: {}, matchExpressions: [] })).toEqual({});
    const expression = { key: 'canary', operator: 'DoesNotExist' };
    expect(selectorManifest({ matchLabels: {}, matchExpressions: [expression] })).toEqual({
      matchExpressions: [expression],
    });
  });
  it('is narrowed by what the policy that denies selects, and says by which', () => {
    const denies = deny({
      matchLabels: { zone: 'a' },
      matchExpressions: [{ key: 'canary', operator: 'DoesNotExist' }, null, 'x'],
    });
    const [, last] = subjectChoices({ namespace: 'payments', name: 'x', labels: { app: 'billing' } }, [], [denies]);
    expect(last).toEqual({
      selector: {
        matchLabels: { app: 'billing', zone: 'a' },
        matchExpressions: [{ key: 'canary', operator: 'DoesNotExist' }],
      },
      from: "the workload's labels and the podSelector of NetworkPolicy payments/deny",
    });
  });
});
