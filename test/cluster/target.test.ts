/** Finding pods in a real cluster, with the bot's own tokens: every way to name one, and every state that one can be in. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Connection, connect } from '../../src/cluster/connect.ts';
import { findTarget, type TargetResult } from '../../src/cluster/target.ts';
import type { Destination, OwnerKind, PodRequest } from '../../src/model.ts';
import { create, dropNamespace, namespace, pod } from './cluster.ts';
import { installBot } from './install.ts';
import { eventually, testNamespace } from './probe-cluster.ts';

const A = testNamespace('target-a');
const B = testNamespace('target-b');
const IMAGE = 'busybox:1.36';
const SECRET = 'hunter2-planted';

let connection: Connection;

const container = (command: readonly string[] = ['sleep', '3600']) => ({ name: 'app', image: IMAGE, command });
const template = (app: string, command?: readonly string[]) => ({
  metadata: { labels: { app } },
  spec: { terminationGracePeriodSeconds: 0, containers: [container(command)] },
});
const workload = (apiVersion: string, kind: string, name: string, spec: object) => ({
  apiVersion,
  kind,
  metadata: { namespace: A, name },
  spec,
});
const job = (app: string) => ({
  template: { ...template(app, ['true']), spec: { ...template(app, ['true']).spec, restartPolicy: 'Never' } },
});
const selected = (app: string, more: object = {}) => ({
  selector: { matchLabels: { app } },
  template: template(app),
  ...more,
});

beforeAll(async () => {
  await Promise.all([dropNamespace(A), dropNamespace(B)]);
  await create(namespace(A), namespace(B, { team: 'pay' }));
  await installBot(A);
  await create(
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: A, name: 'proxy' },
      data: { PROXY_HOST: 'proxy.example', NO_PROXY: '.svc' },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: A, name: 'secret' },
      stringData: { HTTPS_PROXY: `http://${SECRET}:1` },
    },
    workload('apps/v1', 'Deployment', 'deploy', selected('deploy', { replicas: 2 })),
    workload('apps/v1', 'StatefulSet', 'sts', selected('sts', { serviceName: 'sts', replicas: 1 })),
    workload('apps/v1', 'DaemonSet', 'ds', selected('ds')),
    workload('apps/v1', 'ReplicaSet', 'rs', selected('rs', { replicas: 1 })),
    workload('apps/v1', 'Deployment', 'empty', selected('empty', { replicas: 0 })),
    workload('batch/v1', 'Job', 'job', job('job')),
    workload('batch/v1', 'CronJob', 'cron', { schedule: '* * * * *', jobTemplate: { spec: job('cron') } }),
    // Its labels are those of the Deployment, and yet it is not the Deployment's.
    pod(A, 'aaa-stray', { image: IMAGE, labels: { app: 'deploy' } }),
    pod(A, 'proxied', {
      image: IMAGE,
      container: {
        envFrom: [{ configMapRef: { name: 'proxy' } }],
        env: [
          { name: 'PASSWORD', value: SECRET },
          { name: 'HTTPS_PROXY', value: `http://me:${SECRET}@$(PROXY_HOST):3128` },
        ],
      },
    }),
    pod(A, 'secretive', { image: IMAGE, container: { envFrom: [{ secretRef: { name: 'secret' } }] } }),
    pod(A, 'crashing', { image: IMAGE, container: { command: ['sh', '-c', 'exit 3'] } }),
    pod(A, 'nowhere', { image: IMAGE, spec: { nodeSelector: { no: 'such-node' } } }),
    pod(A, 'twice', { image: IMAGE }),
    pod(B, 'twice', { image: IMAGE }),
    pod(B, 'lonely', { image: IMAGE }),
  );
  connection = await connect({ context: null, asBot: true });
  const isReady = async (name: string): Promise<boolean> => {
    const found = await find(byPod(name, name === 'lonely' ? B : A));
    return found.kind === 'found' && found.target.state.kind === 'running' && found.target.state.ready;
  };
  expect(await eventually(async () => (await isReady('proxied')) && (await isReady('lonely')), 60_000)).toBe(true);
});

afterAll(async () => {
  await connection.close();
  await Promise.all([dropNamespace(A), dropNamespace(B)]);
});

const destination: Destination = {
  text: 'api.stripe.com',
  host: { kind: 'name', name: 'api.stripe.com' },
  port: 443,
  protocol: 'TCP',
  application: 'https',
  path: '/',
};
const byPod = (name: string, inNamespace: string | null = null): PodRequest => ({
  text: name,
  namespace: inNamespace,
  by: { kind: 'pod', name },
});
const byOwner = (ownerKind: OwnerKind, name: string, inNamespace: string | null = A): PodRequest => ({
  text: name,
  namespace: inNamespace,
  by: { kind: 'owner', ownerKind, name },
});
const bySelector = (selector: string, inNamespace: string | null = A): PodRequest => ({
  text: selector,
  namespace: inNamespace,
  by: { kind: 'selector', selector },
});

function find(request: PodRequest): Promise<TargetResult> {
  return findTarget(connection, request, destination, 'default');
}

async function found(request: PodRequest): Promise<Extract<TargetResult, { kind: 'found' }>> {
  const result = await find(request);
  if (result.kind === 'found') return result;
  throw new Error(JSON.stringify(result.fault));
}

async function faultOf(request: PodRequest): Promise<string> {
  const result = await find(request);
  return result.kind === 'fault'
    ? `${result.fault.code}: ${result.fault.what} ${result.fault.cause}`
    : `found ${result.target.pod}`;
}

describe('by its workload', () => {
  test.each<readonly [OwnerKind, string, string]>([
    ['Deployment', 'deploy', 'Deployment'],
    ['StatefulSet', 'sts', 'StatefulSet'],
    ['DaemonSet', 'ds', 'DaemonSet'],
    ['ReplicaSet', 'rs', 'ReplicaSet'],
    ['Job', 'job', 'Job'],
  ])('%s', async (kind, name, ownerKind) => {
    for (const inNamespace of [A, null]) {
      await expect
        .poll(async () => (await found(byOwner(kind, name, inNamespace))).target, { timeout: 60_000 })
        .toMatchObject({
          namespace: A,
          owner: { kind: ownerKind, name },
        });
    }
  });

  test('CronJob: the pod of one of its Jobs', { timeout: 120_000 }, async () => {
    await expect
      .poll(async () => (await find(byOwner('CronJob', 'cron'))).kind, { timeout: 90_000, interval: 1_000 })
      .toBe('found');
    expect((await found(byOwner('CronJob', 'cron', null))).target.owner).toEqual({ kind: 'CronJob', name: 'cron' });
  });

  test('never a pod that merely has its labels, though that is a sibling', async () => {
    await expect
      .poll(async () => (await found(byOwner('Deployment', 'deploy'))).choice, { timeout: 60_000 })
      .toContain('2 running pods');
    const { target, choice } = await found(byOwner('Deployment', 'deploy'));
    expect(target.pod).toMatch(/^deploy-/);
    expect(choice).toBe(`one of 2 running pods of Deployment ${A}/deploy, the first by name that is ready`);
    expect(target.siblings.map(sibling => sibling.pod)).toContain('aaa-stray');
    expect(target.siblings).toHaveLength(2);
  });

  test('without pods', async () => {
    expect(await faultOf(byOwner('Deployment', 'empty'))).toBe(
      `not-found: Deployment ${A}/empty has no pods. It is scaled to 0.`,
    );
  });
});

describe('by name and by labels', () => {
  test('the namespace is found out where only one has it', async () => {
    const { target, choice } = await found(byPod('lonely'));
    expect(choice).toBe(`the only pod of this name, found in namespace ${B}`);
    expect(target).toMatchObject({
      namespace: B,
      namespaceLabels: { team: 'pay', 'kubernetes.io/metadata.name': B },
      owner: null,
    });
    expect(target.addresses).toHaveLength(1);
    expect(target.node).not.toBeNull();
  });

  test('several namespaces are listed', async () => {
    expect(await faultOf(byPod('twice'))).toBe(
      `ambiguous: There is more than one pod twice. It is in namespaces ${A}, ${B}.`,
    );
    expect(await faultOf(bySelector('app=twice', null))).toMatch(/^ambiguous: /);
  });

  test('by labels', async () => {
    expect((await found(bySelector('app in (sts, none)'))).target.pod).toBe('sts-0');
    expect((await found(bySelector('app=sts', null))).target.pod).toBe('sts-0');
  });

  test.each<readonly [string, PodRequest, RegExp]>([
    ['a name with a letter wrong', byPod('lonley'), new RegExp(`^not-found: .* The nearest names are ${B}/lonely`)],
    ['the wrong namespace', byPod('lonely', A), new RegExp(`^not-found: .* It is in namespace ${B}`)],
    ['a namespace that is not there', byPod('lonely', `${A}x`), new RegExp(`^not-found: There is no namespace ${A}x`)],
    [
      'a workload with a letter wrong',
      byOwner('Deployment', 'depoy'),
      new RegExp(`^not-found: .* The nearest names are ${A}/deploy`),
    ],
    ['labels that nobody has', bySelector('app=nobody'), /^not-found: No pod in namespace .* has app=nobody/],
    ['no selector', bySelector('app in ('), /^usage: app in \( is not a label selector/],
    ['a name that leaves its place', byPod('../../secrets', A), /^usage: /],
  ])('%s', async (_rule, request, expected) => {
    expect(await faultOf(request)).toMatch(expected);
  });
});

describe('what it is like', () => {
  test('a proxy that is put together from a ConfigMap; its password stays behind', async () => {
    const { target } = await found(byPod('proxied', A));
    expect(target.proxy).toEqual({
      kind: 'set',
      uses: { variable: 'HTTPS_PROXY', host: 'proxy.example', port: 3128, scheme: 'http' },
      variables: { HTTPS_PROXY: 'http://proxy.example:3128', NO_PROXY: '.svc' },
      exemptedBy: null,
    });
    expect(JSON.stringify(target)).not.toContain(SECRET);
  });

  test('a Secret that could set a proxy is not read', async () => {
    const { target } = await found(byPod('secretive', A));
    expect(target.proxy).toMatchObject({ kind: 'unknown', why: expect.stringContaining('Secret secret') });
    expect(
      [...connection.reader.calls, ...connection.prober.calls].filter(call => call.resource === 'secrets'),
    ).toEqual([]);
  });

  test('crash-looping, in the words of kubectl', async () => {
    await expect
      .poll(async () => (await found(byPod('crashing', A))).target.state, { timeout: 60_000 })
      .toMatchObject({
        kind: 'not-running',
        reason: expect.stringMatching(/^(CrashLoopBackOff|Error)$/),
        message: expect.stringContaining('exit code 3'),
      });
  });

  test('on no node', async () => {
    const { target } = await found(byPod('nowhere', A));
    expect(target).toMatchObject({ node: null, addresses: [], state: { kind: 'not-running', reason: 'Pending' } });
  });

  test('completed', async () => {
    await expect
      .poll(async () => (await found(byOwner('Job', 'job'))).target.state, { timeout: 60_000 })
      .toMatchObject({ kind: 'not-running', reason: 'Succeeded' });
  });
});
