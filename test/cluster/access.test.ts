/** What the bot's accounts may do: as installed, as used, and what each missing right does to the answer. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AccessReport, checkAccess, type RightReport } from '../../src/cluster/access.ts';
import { apiPath } from '../../src/cluster/api-path.ts';
import type { ApiCall } from '../../src/cluster/call.ts';
import { withCleanup } from '../../src/cluster/cleanup.ts';
import { createApiClient } from '../../src/cluster/client.ts';
import { collect } from '../../src/cluster/collect.ts';
import { type Connection, connect } from '../../src/cluster/connect.ts';
import { dryRunManifest, manifestExists } from '../../src/cluster/dry-run.ts';
import { DEFAULT_PROBE_IMAGE } from '../../src/cluster/image.ts';
import { asRecord, textOf } from '../../src/cluster/json.ts';
import { withToken } from '../../src/cluster/kubeconfig.ts';
import { observe } from '../../src/cluster/observe.ts';
import { prepare } from '../../src/cluster/prepare.ts';
import { rereadPolicies } from '../../src/cluster/reread.ts';
import { sweepOrphans } from '../../src/cluster/sweep.ts';
import { findTarget } from '../../src/cluster/target.ts';
import type { Destination, OwnerKind, PodMethod, PodRequest, Question } from '../../src/model.ts';
import { fakeClient, refused } from '../fakes/api-client.ts';
import { create, dropNamespace, egress, kubeConfig, namespace, networkPolicy, pod, waitForPods } from './cluster.ts';
import { apply, installBot } from './install.ts';
import { client, eventually, testNamespace } from './probe-cluster.ts';

const IN = testNamespace('access-in');
const OUT = testNamespace('access-out');
const ROLE = testNamespace('access-partial');

const destination: Destination = {
  text: '192.0.2.1:9',
  host: { kind: 'address', address: '192.0.2.1', family: 'IPv4' },
  port: 9,
  protocol: 'TCP',
  application: 'none',
  path: '/',
};
const present = networkPolicy(IN, 'present', { podSelector: { matchLabels: { app: 'none' } } }) as Readonly<
  Record<string, unknown>
>;
/** Fixes come in the engine's own kind too, so its dry runs are used as well. */
const ciliumPolicy = (name: string): Readonly<Record<string, unknown>> => ({
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumNetworkPolicy',
  metadata: { namespace: IN, name },
  spec: { endpointSelector: { matchLabels: { app: 'none' } }, egress: [{ toEntities: ['world'] }] },
});
const presentCilium = ciliumPolicy('present');
const OWNERS: readonly OwnerKind[] = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob'];

let connection: Connection;

beforeAll(async () => {
  await Promise.all([dropNamespace(IN), dropNamespace(OUT)]);
  await create(
    namespace(IN),
    namespace(OUT),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: IN, name: 'proxy' },
      data: { HTTPS_PROXY: 'http://proxy.example:3128' },
    },
    pod(IN, 'shop', { image: 'busybox:1.36', container: { envFrom: [{ configMapRef: { name: 'proxy' } }] } }),
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace: OUT, name: 'partial' } },
    present,
    presentCilium,
  );
  await installBot(IN);
  await waitForPods(IN);
  connection = await connect({ context: null, asBot: true });
});

afterAll(async () => {
  await connection.close();
  await Promise.all([dropNamespace(IN), dropNamespace(OUT)]);
  const admin = client();
  for (const plural of ['clusterrolebindings', 'clusterroles']) {
    await admin.send({
      method: 'DELETE',
      path: apiPath({ group: 'rbac.authorization.k8s.io', version: 'v1', plural }, { name: ROLE }),
    });
  }
  await admin.close();
});

describe('egress access', () => {
  test('with minted tokens, in a namespace that opted in: everything', async () => {
    const run = await egress('access', '-n', IN, '--as-bot', '--output', 'json');
    const report = JSON.parse(run.stdout) as AccessReport;
    expect(report.rights.filter(right => right.allowed !== 'yes')).toEqual([]);
    expect(report.user).toBe('system:serviceaccount:egress-system:egress-reader');
    expect(run.code).toBe(0);
  });

  test('elsewhere: no probing, no dry run, and what that costs', async () => {
    const run = await egress('access', '-n', OUT, '--as-bot');
    expect(run.code).toBe(1);
    expect(run.stdout).toContain(
      `may not patch pods/ephemeralcontainers in ${OUT}\n    without it the pod's own network cannot be entered`,
    );
    expect(run.stdout).toContain(`may not create, patch networkpolicies.networking.k8s.io in ${OUT}`);
    expect(run.stdout).toContain('Reading: ');
    expect(run.stdout).not.toContain('in all namespaces');
  });
});

test('the account that sends dry runs can write nothing', async () => {
  const manifest = networkPolicy(IN, 'never', { podSelector: {} }) as Readonly<Record<string, unknown>>;
  expect(await dryRunManifest(connection, manifest)).toEqual({ kind: 'accepted' });
  const path = apiPath({ group: 'networking.k8s.io', version: 'v1', plural: 'networkpolicies' }, { namespace: IN });
  const real = await connection.dryRunner.send({ method: 'POST', path, body: manifest });
  expect(real).toMatchObject({
    kind: 'refused',
    status: 403,
    message: expect.stringContaining('egress-reader may send dry runs only'),
  });
  expect(await manifestExists(connection, manifest)).toBe(false);
});

const byName: PodRequest = { text: 'shop', namespace: IN, by: { kind: 'pod', name: 'shop' } };

/** Observes from the pod by one method; vantages beside it only the first time, since they cost pods. */
async function probe(podMethod: PodMethod, beside: boolean): Promise<void> {
  const found = await findTarget(connection, byName, destination, 'default');
  if (found.kind === 'fault') throw new Error(found.fault.what);
  const question: Question = {
    pod: byName,
    destination,
    cluster: connection.clusterName,
    vantages: beside ? ['pod', 'control', 'node'] : ['pod'],
    podMethods: [podMethod],
    timeoutMs: 1_000,
    siblings: 0,
  };
  const settings = { image: DEFAULT_PROBE_IMAGE, refuseRanges: [], outside: false, startupLimitMs: 60_000 };
  const { reader, prober, botNamespace } = connection;
  await withCleanup(async cleanup => {
    const { node } = found.target;
    const ready = prepare({ reader, prober, namespace: botNamespace }, settings, cleanup, {
      node,
      vantages: question.vantages,
      timeoutMs: 1_000,
    });
    const seen = await observe(ready, question, found.target, settings);
    expect(seen.notRun).toEqual([]);
  });
}

/** Everything that reads: each kind of owner by name in a namespace and by search, the whole collection, the dry runs. */
async function readEverything(): Promise<void> {
  for (const ownerKind of OWNERS) {
    for (const inNamespace of [IN, null]) {
      await findTarget(
        connection,
        { text: 'x', namespace: inNamespace, by: { kind: 'owner', ownerKind, name: 'no-such' } },
        destination,
        IN,
      );
    }
  }
  const collected = await collect(connection);
  await rereadPolicies(connection, collected);
  await dryRunManifest(connection, present);
  const fresh = networkPolicy(IN, 'fresh', { podSelector: {} }) as Readonly<Record<string, unknown>>;
  for (const manifest of [fresh, presentCilium, ciliumPolicy('fresh')]) {
    expect(await dryRunManifest(connection, manifest)).toEqual({ kind: 'accepted' });
  }
}

/** What everybody who is authenticated may: system:discovery and system:basic-user. */
const FOR_EVERYBODY = new Set(['selfsubjectaccessreviews', 'selfsubjectreviews']);
/** Needed only by an API server since 1.35, where exec by websocket is no longer a mere get. */
const FOR_NEWER_SERVERS = 'create pods/exec';

test('the rights that are used are those that are given, both ways', { timeout: 180_000 }, async () => {
  const report = await checkAccess(connection, IN);
  await readEverything();
  await probe('ephemeral-container', true);
  await probe('twin-pod', false);
  await probe('exec', false);
  // Where the reader may not list all pods, the prober sweeps its own namespaces.
  const blind = fakeClient(() => refused(403, 'Forbidden', 'no'));
  await sweepOrphans(
    { reader: blind, prober: connection.prober, namespaces: [connection.botNamespace, IN] },
    Date.now(),
  );

  const used = new Set([
    ...connection.reader.calls.map(call => told('reader', call)),
    ...connection.prober.calls.map(call => told('prober', call)),
  ]);
  used.delete('');
  const given = report.rights.map(right => toldRight(right));
  const givenSet = new Set(given);
  expect([...used].filter(call => !givenSet.has(call))).toEqual([]);
  expect(given.filter(right => !used.has(right) && !right.includes(FOR_NEWER_SERVERS))).toEqual([]);
});

/** `account verb resource.group where`; '' for what everybody may do. */
function told(account: 'reader' | 'prober', call: ApiCall): string {
  if (call.group === null || FOR_EVERYBODY.has(call.resource)) return '';
  const isDryRun = call.verb === 'create' || call.verb === 'patch';
  if (account === 'reader' && isDryRun) return `dry-run ${call.verb} ${call.resource}.${call.group} ${call.namespace}`;
  // A reader's roles hold for the whole cluster, but for ConfigMaps.
  const where = account === 'prober' || call.resource === 'configmaps' ? call.namespace : 'cluster';
  return `${account} ${call.verb} ${call.resource}.${call.group} ${where}`;
}

function toldRight(right: RightReport): string {
  return `${right.account} ${right.verb} ${right.resource}.${right.group} ${right.namespace ?? 'cluster'}`;
}

describe('each right of the reader, taken away', () => {
  test('degrades the answer in a way that names it', { timeout: 300_000 }, async () => {
    const report = await checkAccess(connection, IN);
    const rights = report.rights.filter(right => right.account === 'reader' && right.namespace === null);
    expect(rights.length).toBeGreaterThan(15);
    const partial = await partialConnection();
    const unnamed: string[] = [];
    try {
      for (const right of rights) {
        await giveAllBut(rights, right, partial);
        if (!(await namesMissing(right, partial))) unnamed.push(`${right.verb} ${right.resource}.${right.group}`);
      }
    } finally {
      await partial.close();
    }
    expect(unnamed).toEqual([]);
  });
});

/** A connection as an account whose role this test writes. */
async function partialConnection(): Promise<Connection> {
  const admin = client();
  const answer = await admin.send({
    method: 'POST',
    path: apiPath(
      { group: '', version: 'v1', plural: 'serviceaccounts' },
      { namespace: OUT, name: 'partial', subresource: 'token' },
    ),
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } },
  });
  await admin.close();
  const cluster = kubeConfig.getCurrentCluster();
  if (answer.kind !== 'ok' || cluster === null) throw new Error('no token');
  const token = textOf(asRecord(asRecord(answer.body).status).token);
  const reader = createApiClient(withToken(cluster, token, 'partial'), 'reader', 10_000);
  return { ...connection, reader, prober: reader, dryRunner: reader, close: reader.close };
}

async function giveAllBut(rights: readonly RightReport[], missing: RightReport, partial: Connection): Promise<void> {
  const api = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: ROLE } };
  const rules = rights
    .filter(right => right !== missing)
    .map(right => ({ apiGroups: [right.group], resources: [right.resource], verbs: [right.verb] }));
  await apply([
    { ...api, kind: 'ClusterRole', rules },
    {
      ...api,
      kind: 'ClusterRoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: ROLE },
      subjects: [{ kind: 'ServiceAccount', name: 'partial', namespace: OUT }],
    },
  ]);
  // The authorizer learns of it a moment later.
  const isInForce = await eventually(async () => {
    const now = (await checkAccess(partial, IN)).rights.filter(
      right => right.account === 'reader' && right.namespace === null,
    );
    return now.every(right => (right.allowed === 'yes') === (toldRight(right) !== toldRight(missing)));
  });
  expect(isInForce).toBe(true);
}

/** Asks what takes the right, and looks for its resource among what the answer says is missing. */
async function namesMissing(right: RightReport, partial: Connection): Promise<boolean> {
  const collected = await collect(partial);
  const inCollection = [
    ...collected.missing.map(one => `${one.what} ${one.why}`),
    ...collected.apis.flatMap(api => (api.result.kind === 'forbidden' ? [api.result.remedy] : [])),
  ];
  const ownerKind = OWNERS.find(kind => `${kind.toLowerCase()}s` === right.resource);
  const by: PodRequest['by'] = ownerKind === undefined ? byName.by : { kind: 'owner', ownerKind, name: 'no-such' };
  const inNamespace = right.verb === 'get' ? IN : null;
  const found = await findTarget(partial, { text: 'x', namespace: inNamespace, by }, destination, OUT);
  const inTarget = found.kind === 'fault' ? [`${found.fault.what} ${found.fault.cause}`.toLowerCase()] : [];
  return [...inCollection, ...inTarget].some(text => text.includes(right.resource));
}
