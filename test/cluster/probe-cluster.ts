/** What the tests of probing pods share: a client as the program makes it, a run, and a target read from the cluster. */
import { randomBytes } from 'node:crypto';
import { apiPath, PODS } from '../../src/cluster/api-path.ts';
import { type Cleanup, withCleanup } from '../../src/cluster/cleanup.ts';
import { type ApiClient, createApiClient } from '../../src/cluster/client.ts';
import { thisHolder } from '../../src/cluster/holder.ts';
import { DEFAULT_PROBE_IMAGE } from '../../src/cluster/image.ts';
import { asRecord, textOf, textsOf } from '../../src/cluster/json.ts';
import type { SiteSetup } from '../../src/cluster/probe-sites.ts';
import type { Target } from '../../src/model.ts';
import { targetOf } from '../fakes/target.ts';
import { core, kubeConfig } from './cluster.ts';

/** Begins the names of the namespaces that these tests make. */
const PREFIX = process.env.CLUSTER_TEST_PREFIX ?? 'probes';

export function testNamespace(name: string): string {
  return `${PREFIX}-${name}`;
}

export function client(): ApiClient {
  return createApiClient(kubeConfig, 'caller', 10_000);
}

/** A setup for one run; `namespace` is where control and node pods go. */
export function setupOf(
  prober: ApiClient,
  namespace: string,
  cleanup: Cleanup,
  part: Partial<SiteSetup> = {},
): SiteSetup {
  return {
    prober,
    namespace,
    image: DEFAULT_PROBE_IMAGE,
    run: {
      id: randomBytes(4).toString('hex'),
      holder: thisHolder(),
      deadline: new Date(Date.now() + 120_000).toISOString(),
    },
    cleanup,
    startupLimitMs: 30_000,
    lifetimeSeconds: 90,
    ...part,
  };
}

/** Does the work with a setup and cleans up. */
export function withSetup<T>(
  namespace: string,
  work: (setup: SiteSetup) => Promise<T>,
  part: Partial<SiteSetup> = {},
): Promise<T> {
  const prober = client();
  return withCleanup(cleanup => work(setupOf(prober, namespace, cleanup, part))).finally(() => prober.close());
}

/** The target that a pod of the cluster is, as far as entering it needs. */
export async function readTarget(namespace: string, pod: string, part: Partial<Target> = {}): Promise<Target> {
  const prober = client();
  const answer = await prober.send({ method: 'GET', path: apiPath(PODS, { namespace, name: pod }) });
  await prober.close();
  if (answer.kind !== 'ok') throw new Error(`pod ${namespace}/${pod} cannot be read`);
  const { metadata, spec } = asRecord(answer.body);
  return targetOf({
    namespace,
    pod,
    uid: textOf(asRecord(metadata).uid),
    labels: textsOf(asRecord(metadata).labels),
    node: textOf(asRecord(spec).nodeName),
    hostNetwork: asRecord(spec).hostNetwork === true,
    serviceAccount: textOf(asRecord(spec).serviceAccountName),
    ...part,
  });
}

/** Asks again and again until the answer is yes; false when it never was. */
export async function eventually(condition: () => Promise<boolean>, limitMs = 15_000): Promise<boolean> {
  const untilMs = performance.now() + limitMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() > untilMs) return false;
    await new Promise(resolve => setTimeout(resolve, 150));
  }
}

/** Names of the pods of ours in all namespaces, those being deleted included. */
export async function podsOfOurs(run?: string): Promise<readonly string[]> {
  const { items } = await core.listPodForAllNamespaces({
    labelSelector: run === undefined ? 'egress.dev/run' : `egress.dev/run=${run}`,
  });
  return items.map(item => `${item.metadata?.namespace}/${item.metadata?.name}`);
}
