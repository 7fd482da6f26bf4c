/** Finds the cluster to ask: KUBECONFIG, ~/.kube/config, or the service account of the pod that this runs in. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Cluster, KubeConfig, type User } from '@kubernetes/client-node';
import { FaultError } from '../faults.ts';

/** Where the kubelet mounts a pod's own token. https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/ */
const POD_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** Which context of which files, found but not yet asked anything. */
export type ClusterChoice = {
  readonly kubeConfig: KubeConfig;
  readonly cluster: Cluster;
  readonly user: User;
  /** The context's name, or `in-cluster`. */
  readonly name: string;
  /** Namespace of the context; `default` when it has none. */
  readonly namespace: string;
  readonly inCluster: boolean;
};

/** Reads the kubeconfig (`context` null: the current one). Throws a FaultError that says what to do when there is none. */
export function chooseCluster(context: string | null, environment: NodeJS.ProcessEnv): ClusterChoice {
  const files = kubeConfigFiles(environment);
  if (files.length === 0) return chooseOwnCluster(context, environment);
  const kubeConfig = loadFiles(files);
  // Typed as a string, and undefined where the file has no current-context.
  const name = context ?? (kubeConfig.getCurrentContext() as string | undefined);
  const found = name ? kubeConfig.getContextObject(name) : null;
  if (!name || found === null) throw unknownContext(name ?? null, kubeConfig, files);
  kubeConfig.setCurrentContext(name);
  const cluster = kubeConfig.getCurrentCluster();
  const user = kubeConfig.getCurrentUser();
  if (cluster === null || user === null) {
    throw new FaultError({
      code: 'bad-config',
      what: `Context ${name} is incomplete.`,
      cause: `It names ${cluster === null ? `cluster ${found.cluster}` : `user ${found.user}`}, which ${files.join(', ')} does not have.`,
      remedy: 'Mend the kubeconfig, or name another context with --context.',
    });
  }
  return { kubeConfig, cluster, user, name, namespace: found.namespace ?? 'default', inCluster: false };
}

/** Makes a KubeConfig for the same cluster that authenticates with `token` and nothing else. */
export function withToken(cluster: Cluster, token: string, userName: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(cluster, { name: userName, token });
  return kubeConfig;
}

function kubeConfigFiles(environment: NodeJS.ProcessEnv): readonly string[] {
  const named = (environment.KUBECONFIG ?? '').split(delimiter).filter(file => file !== '');
  if (named.length > 0) {
    const present = named.filter(file => existsSync(file));
    if (present.length > 0) return present;
    throw new FaultError({
      code: 'bad-config',
      what: 'The kubeconfig could not be found.',
      cause: `KUBECONFIG names ${named.join(', ')}, which does not exist.`,
      remedy: 'Set KUBECONFIG to an existing file, or unset it to use ~/.kube/config.',
    });
  }
  const home = join(environment.HOME ?? homedir(), '.kube', 'config');
  return existsSync(home) ? [home] : [];
}

function loadFiles(files: readonly string[]): KubeConfig {
  const merged = new KubeConfig();
  for (const [index, file] of files.entries()) {
    try {
      const one = index === 0 ? merged : new KubeConfig();
      one.loadFromFile(file);
      // As kubectl does: the first file's current context wins.
      if (index > 0) merged.mergeConfig(one, Boolean(merged.getCurrentContext()));
    } catch (error) {
      throw new FaultError(
        {
          code: 'bad-config',
          what: `The kubeconfig ${file} could not be read.`,
          cause: error instanceof Error ? error.message : String(error),
          remedy: '`kubectl config view` shows what kubectl makes of it; mend the file or set KUBECONFIG to another.',
        },
        { cause: error },
      );
    }
  }
  return merged;
}

function chooseOwnCluster(context: string | null, environment: NodeJS.ProcessEnv): ClusterChoice {
  const kubeConfig = new KubeConfig();
  if (context === null && environment.KUBERNETES_SERVICE_HOST && existsSync(POD_TOKEN)) kubeConfig.loadFromCluster();
  const cluster = kubeConfig.getCurrentCluster();
  const user = kubeConfig.getCurrentUser();
  if (cluster === null || user === null) {
    throw new FaultError({
      code: 'bad-config',
      what: 'There is no cluster to ask.',
      cause: 'KUBECONFIG is not set, ~/.kube/config does not exist, and this is no pod with a service account token.',
      remedy: 'Set KUBECONFIG to the kubeconfig of the cluster.',
    });
  }
  const own = kubeConfig.getContextObject(kubeConfig.getCurrentContext());
  return { kubeConfig, cluster, user, name: 'in-cluster', namespace: own?.namespace ?? 'default', inCluster: true };
}

function unknownContext(name: string | null, kubeConfig: KubeConfig, files: readonly string[]): FaultError {
  const names = kubeConfig.getContexts().map(context => context.name);
  return new FaultError({
    code: 'usage',
    what: name ? `There is no context ${name}.` : 'No context is chosen.',
    cause: names.length === 0 ? `${files.join(', ')} has no contexts.` : `${files.join(', ')} has ${names.join(', ')}.`,
    remedy: names.length === 0 ? 'Set KUBECONFIG to another file.' : 'Name one of them with --context.',
  });
}
