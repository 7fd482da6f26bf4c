/** What the tests of probing pods share: a client as the program makes it, a run, and a target read from the cluster. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { KubeConfig } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { apiPath, PODS } from '../../src/cluster/api-path.ts';
import type { ApiCall } from '../../src/cluster/call.ts';
import { type Cleanup, withCleanup } from '../../src/cluster/cleanup.ts';
import { type ApiClient, createApiClient } from '../../src/cluster/client.ts';
import { thisHolder } from '../../src/cluster/holder.ts';
import { DEFAULT_PROBE_IMAGE } from '../../src/cluster/image.ts';
import { asRecord, textOf, textsOf } from '../../src/cluster/json.ts';
import type { SiteSetup } from '../../src/cluster/probe-sites.ts';
import type { Target } from '../../src/model.ts';
import { targetOf } from '../fakes/target.ts';
import { core, create, kubeConfig } from './cluster.ts';

/** Begins the names of the namespaces that these tests make. */
const PREFIX = process.env.CLUSTER_TEST_PREFIX ?? 'probes';

export function testNamespace(name: string): string {
  return `${PREFIX}-${name}`;
}

export function client(): ApiClient {
  return createApiClient(kubeConfig, 'caller', 10_000);
}

/** A setup for one run; `namespace` is where control and node pods go. */
function setupOf(prober: ApiClient, namespace: string, cleanup: Cleanup, part: Partial<SiteSetup> = {}): SiteSetup {
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

/** A client that speaks as a service account, by a minted token. */
export async function clientOf(namespace: string, account: string): Promise<ApiClient> {
  const { status } = await core.createNamespacedServiceAccountToken({
    namespace,
    name: account,
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences: [], expirationSeconds: 600 },
    },
  });
  const cluster = kubeConfig.getCurrentCluster();
  if (cluster === null) throw new Error('no cluster');
  const as = new KubeConfig();
  as.loadFromClusterAndUser(cluster, { name: account, token: status?.token ?? '' });
  return createApiClient(as, 'prober', 10_000);
}

type Rule = {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
};
type Role = { readonly kind: string; readonly rules: readonly Rule[] };

const ROLES = new URL('../../infra/kubernetes/base/prober-role.yaml', import.meta.url);

function rulesOf(kind: 'Role' | 'ClusterRole'): readonly Rule[] {
  const roles = parseAllDocuments(readFileSync(ROLES, 'utf8')).map(document => document.toJS() as Role);
  const role = roles.find(each => each.kind === kind);
  if (role === undefined) throw new Error(`prober-role.yaml has no ${kind}`);
  return role.rules;
}

/** Rights that no run of today's test needs: exec by websocket asks for `create` from Kubernetes 1.35 on; the sweep lists. */
const ELSEWHERE = ['create pods/exec', 'list pods'];

/** The rules of the shipped manifest, given to an account of the test in the namespaces of the test. */
export const proberRules = {
  install: async (prober: string, powerless: string, own: string, targets: readonly string[]): Promise<void> => {
    const rbac = 'rbac.authorization.k8s.io';
    const grant = (namespace: string, rules: readonly Rule[]) => [
      { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { namespace, name: prober }, rules },
      {
        apiVersion: `${rbac}/v1`,
        kind: 'RoleBinding',
        metadata: { namespace, name: prober },
        roleRef: { apiGroup: rbac, kind: 'Role', name: prober },
        subjects: [{ kind: 'ServiceAccount', name: prober, namespace: own }],
      },
    ];
    const accounts = [prober, powerless].map(name => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { namespace: own, name },
    }));
    await create(
      ...accounts,
      ...grant(own, rulesOf('Role')),
      ...targets.flatMap(namespace => grant(namespace, rulesOf('ClusterRole'))),
    );
  },
  /** Rights of the manifest that these calls did not need, as `verb resource (where)`. */
  unused: (calls: readonly ApiCall[], own: string, target: string): readonly string[] => {
    const used = new Set(calls.map(call => `${call.verb} ${call.group}/${call.resource} ${call.namespace}`));
    const left = (namespace: string, rules: readonly Rule[]) =>
      rules.flatMap(({ apiGroups, resources, verbs }) =>
        apiGroups.flatMap(group =>
          resources.flatMap(resource =>
            verbs
              .filter(
                verb =>
                  !ELSEWHERE.includes(`${verb} ${resource}`) && !used.has(`${verb} ${group}/${resource} ${namespace}`),
              )
              .map(verb => `${verb} ${resource} (${namespace})`),
          ),
        ),
      );
    return [...left(own, rulesOf('Role')), ...left(target, rulesOf('ClusterRole'))];
  },
};
