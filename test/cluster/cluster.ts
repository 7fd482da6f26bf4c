/** What the cluster tests share: a client for KUBECONFIG's cluster, namespaces of their own, and the real command. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CoreV1Api, KubeConfig, type KubernetesObject, KubernetesObjectApi } from '@kubernetes/client-node';
import type { Diagnosis } from '../../src/model.ts';

const EGRESS = fileURLToPath(new URL('../../src/egress.js', import.meta.url));

/** What enforces policies in the cluster under test, when nothing in the cluster tells the version. */
export const ENGINE = process.env.CLUSTER_ENGINE ?? 'cilium@1.15.19';
/** An image with a shell and tools that the cluster has. */
const TOOLS_IMAGE = 'nicolaka/netshoot:v0.13';

const kubeConfig = new KubeConfig();
kubeConfig.loadFromDefault();
export const core = kubeConfig.makeApiClient(CoreV1Api);
const objects = KubernetesObjectApi.makeApiClient(kubeConfig);

export { kubeConfig };

/** Creates the objects in order. An object that exists already is an error: tests own their namespaces. */
export async function create(...manifests: readonly object[]): Promise<void> {
  for (const manifest of manifests) await objects.create(manifest as KubernetesObject);
}

/** Deletes the objects; those that are gone already do not matter. */
export async function remove(...manifests: readonly object[]): Promise<void> {
  for (const manifest of manifests) {
    await objects.delete(manifest as KubernetesObject, undefined, undefined, 0).catch((error: { code?: number }) => {
      if (error.code !== 404) throw error;
    });
  }
}

export function namespace(name: string, labels: Record<string, string> = {}): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

export type PodOptions = {
  readonly labels?: Record<string, string>;
  readonly image?: string;
  readonly env?: Record<string, string>;
  readonly spec?: Record<string, unknown>;
  readonly container?: Record<string, unknown>;
};

/** A pod that sleeps. */
export function pod(namespaceName: string, name: string, options: PodOptions = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: namespaceName, name, labels: options.labels ?? { app: name } },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'app',
          image: options.image ?? TOOLS_IMAGE,
          command: ['sleep', '3600'],
          env: Object.entries(options.env ?? {}).map(([key, value]) => ({ name: key, value })),
          ...options.container,
        },
      ],
      ...options.spec,
    },
  };
}

export function networkPolicy(namespaceName: string, name: string, spec: object): object {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace: namespaceName, name },
    spec,
  };
}

/** Egress to the cluster's DNS, over the protocols given. */
export function allowDns(...protocols: readonly ('UDP' | 'TCP')[]): object {
  return {
    to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
    ports: protocols.map(protocol => ({ protocol, port: 53 })),
  };
}

export async function waitForPods(namespaceName: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const { items } = await core.listNamespacedPod({ namespace: namespaceName });
    if (items.every(item => item.status?.containerStatuses?.every(status => status.state?.running))) return;
    await new Promise(resolve => setTimeout(resolve, 200));
  }
  throw new Error(`the pods of ${namespaceName} did not start`);
}

/** Deletes a namespace and waits until it is gone. */
export async function dropNamespace(name: string): Promise<void> {
  await core.deleteNamespace({ name, gracePeriodSeconds: 0 }).catch(() => undefined);
  for (let attempt = 0; attempt < 300; attempt++) {
    const gone = await core.readNamespace({ name }).then(
      () => false,
      () => true,
    );
    if (gone) return;
    await new Promise(resolve => setTimeout(resolve, 200));
  }
  throw new Error(`namespace ${name} is still there`);
}

export type Run = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs the real command, as a user would. */
export function egress(...args: readonly string[]): Promise<Run> {
  return egressWith({}, ...args);
}

/** The same, with more in its environment. */
export function egressWith(environment: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Run> {
  return new Promise(resolve => {
    execFile(
      process.execPath,
      [EGRESS, ...args],
      { maxBuffer: 64 << 20, timeout: 110_000, env: { ...process.env, ...environment } },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, stdout, stderr });
      },
    );
  });
}

/**
 * Asks one question with the bot's ten-minute tokens alone (`installBot` first) and reads the answer's JSON; a run that
 * printed none fails with what it did print.
 */
export async function diagnose(...args: readonly string[]): Promise<Diagnosis & { readonly exitCode: number }> {
  const run = await egress('diagnose', ...args, '--as-bot', '--engine', ENGINE, '--output', 'json');
  if (!run.stdout.startsWith('{')) throw new Error(`no answer (exit ${run.code}): ${run.stderr}${run.stdout}`);
  return { ...(JSON.parse(run.stdout) as Diagnosis), exitCode: run.code };
}

/** The outcomes that a vantage saw at a layer, in order. */
export function outcomesOf(diagnosis: Diagnosis, vantage: string, layer: string): readonly string[] {
  return diagnosis.observations
    .filter(observation => observation.vantage === vantage && observation.layer === layer)
    .map(observation => observation.outcome.kind);
}
