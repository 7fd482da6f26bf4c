/** Each right of the prober taken away: a bot of this test's own, asked the whole question, still answers and says what it lacks. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkAccess, type RightReport } from '../../src/cluster/access.ts';
import { apiPath } from '../../src/cluster/api-path.ts';
import { connect } from '../../src/cluster/connect.ts';
import { asRecord, textOf } from '../../src/cluster/json.ts';
import type { Diagnosis, PodMethod } from '../../src/model.ts';
import { create, dropNamespace, ENGINE, egress, namespace, pod, waitForPods } from './cluster.ts';
import { apply, type Manifest, manifestsOf } from './install.ts';
import { client, eventually, testNamespace } from './probe-cluster.ts';

const BOT = testNamespace('rights-bot');
const NS = testNamespace('rights-pod');

beforeAll(async () => {
  await Promise.all([dropNamespace(BOT), dropNamespace(NS)]);
  await create(namespace(NS), pod(NS, 'shop'));
  await installOwnBot(null);
  await waitForPods(NS);
  process.env.EGRESS_NAMESPACE = BOT;
});

afterAll(async () => {
  await Promise.all([dropNamespace(BOT), dropNamespace(NS)]);
  const admin = client();
  const own = ownBot(null).filter(manifest =>
    ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'].includes(textOf(manifest.kind)),
  );
  for (const manifest of own) {
    const { name, namespace: place } = asRecord(manifest.metadata);
    if (place !== undefined && place !== 'kube-system') continue;
    const plural = `${textOf(manifest.kind).toLowerCase()}s`;
    const type = { group: 'rbac.authorization.k8s.io', version: 'v1', plural };
    await admin.send({
      method: 'DELETE',
      path: apiPath(type, { namespace: textOf(place) || null, name: textOf(name) }),
    });
  }
  await admin.close();
});

type Taken = { readonly role: string; readonly verb: string; readonly resource: string };

/** The installation under names of this test's own, without one right. */
function ownBot(taken: Taken | null): readonly Manifest[] {
  const all = [
    ...manifestsOf('base'),
    ...manifestsOf('overlays/opt-in-namespace').map(manifest => placed(manifest, NS)),
  ];
  return all.map(manifest => {
    const text = JSON.stringify(without(manifest, taken)).replaceAll('egress-system', BOT);
    const own = JSON.parse(text) as Manifest;
    const metadata = asRecord(own.metadata);
    const kind = textOf(own.kind);
    if (kind === 'Namespace' || kind === 'ServiceAccount') return own;
    const reference = asRecord(own.roleRef);
    const isClusterWide = (of: string): boolean => of.startsWith('Cluster') || metadata.namespace === 'kube-system';
    return {
      ...own,
      metadata: { ...metadata, name: isClusterWide(kind) ? `${BOT}-${textOf(metadata.name)}` : metadata.name },
      ...(own.roleRef === undefined || !isClusterWide(textOf(reference.kind))
        ? {}
        : { roleRef: { ...reference, name: `${BOT}-${textOf(reference.name)}` } }),
    };
  });
}

function placed(manifest: Manifest, place: string): Manifest {
  return { ...manifest, metadata: { ...asRecord(manifest.metadata), namespace: place } };
}

type Rule = { readonly resources: readonly string[]; readonly verbs: readonly string[] };

/** One rule for each resource and verb, so that one can be left out. */
function without(manifest: Manifest, taken: Taken | null): Manifest {
  const rules = manifest.rules as readonly Rule[] | undefined;
  if (rules === undefined || taken === null) return manifest;
  if (`${textOf(manifest.kind)} ${textOf(asRecord(manifest.metadata).name)}` !== taken.role) return manifest;
  const single = rules.flatMap(rule =>
    rule.resources.flatMap(resource => rule.verbs.map(verb => ({ ...rule, resources: [resource], verbs: [verb] }))),
  );
  return {
    ...manifest,
    rules: single.filter(rule => rule.resources[0] !== taken.resource || rule.verbs[0] !== taken.verb),
  };
}

async function installOwnBot(taken: Taken | null): Promise<void> {
  await apply(ownBot(taken));
  const isInForce = await eventually(async () => {
    const connection = await connect({ context: null, asBot: true, botNamespace: BOT });
    try {
      const report = await checkAccess(connection, NS);
      const lacking = report.rights.filter(right => right.account === 'prober' && right.allowed !== 'yes');
      return lacking.every(right => isTaken(right, taken)) && lacking.length === (taken === null ? 0 : 1);
    } finally {
      await connection.close();
    }
  });
  expect(isInForce).toBe(true);
}

function isTaken(right: RightReport, taken: Taken | null): boolean {
  return (
    taken !== null &&
    right.verb === taken.verb &&
    right.resource === taken.resource &&
    right.namespace === (taken.role === OWN ? BOT : NS)
  );
}

async function ask(name: string, ...more: readonly string[]): Promise<Diagnosis> {
  const run = await egress(
    'diagnose',
    name,
    'api.stripe.com',
    '-n',
    NS,
    '--as-bot',
    '--engine',
    ENGINE,
    '--output',
    'json',
    ...more,
  );
  if (!run.stdout.startsWith('{')) throw new Error(`no answer (exit ${run.code}): ${run.stderr}`);
  return JSON.parse(run.stdout) as Diagnosis;
}

let fresh = 0;

/** Asks about a pod that was never asked about: an ephemeral container serves later questions too. */
async function askFresh(method: PodMethod): Promise<Diagnosis> {
  fresh += 1;
  await create(pod(NS, `shop-${fresh}`));
  await waitForPods(NS);
  return ask(`shop-${fresh}`, '--pod-method', method);
}

const OWN = 'Role egress-prober';
const TARGET = 'ClusterRole egress-prober-target';

/** How each vantage was looked from, and why not where it was not. */
function vantagesOf(diagnosis: Diagnosis): string {
  return [...diagnosis.vantages, ...diagnosis.notLookedAt].map(each => each.why).join('\n');
}

test('with every right, from three vantages', async () => {
  const diagnosis = await ask('shop');
  expect(diagnosis.verdict.code).toBe('reachable');
  expect(diagnosis.vantages.map(({ vantage, status, method }) => `${vantage} ${status} ${method}`)).toEqual(
    expect.arrayContaining(['pod probed ephemeral-container', 'control probed null', 'node probed null']),
  );
});

/** The line that an administrator has to add. */
const needs = (place: string, taken: Taken): RegExp =>
  new RegExp(
    `${place} with apiGroups: \\["[a-z]*"\\], resources: \\["${taken.resource}"\\], verbs: \\["${taken.verb}"`,
  );

test.each<readonly [string, Taken, PodMethod]>([
  ['no control and no node pod', { role: OWN, verb: 'create', resource: 'pods' }, 'ephemeral-container'],
  ['control and node pods that nobody sees start', { role: OWN, verb: 'get', resource: 'pods' }, 'ephemeral-container'],
  [
    'control and node pods that cannot be entered',
    { role: OWN, verb: 'get', resource: 'pods/exec' },
    'ephemeral-container',
  ],
  [
    'no ephemeral container',
    { role: TARGET, verb: 'patch', resource: 'pods/ephemeralcontainers' },
    'ephemeral-container',
  ],
  [
    'an ephemeral container that nobody sees start',
    { role: TARGET, verb: 'get', resource: 'pods' },
    'ephemeral-container',
  ],
  [
    'an ephemeral container that cannot be entered',
    { role: TARGET, verb: 'get', resource: 'pods/exec' },
    'ephemeral-container',
  ],
  ['no twin', { role: TARGET, verb: 'create', resource: 'pods' }, 'twin-pod'],
  ['Services that might take a twin for the pod', { role: TARGET, verb: 'list', resource: 'services' }, 'twin-pod'],
  ['budgets that might count a twin', { role: TARGET, verb: 'list', resource: 'poddisruptionbudgets' }, 'twin-pod'],
  [
    'autoscalers that might count a twin',
    { role: TARGET, verb: 'list', resource: 'horizontalpodautoscalers' },
    'twin-pod',
  ],
])('without the right, and what is lost: %s', { timeout: 120_000 }, async (_rule, taken, method) => {
  await installOwnBot(taken);
  const diagnosis = await askFresh(method);
  expect(vantagesOf(diagnosis)).toMatch(needs(taken.role === OWN ? BOT : NS, taken));
  // The rules are read by another account: they still say what they say.
  expect(diagnosis.prediction.decision).toBe('allow');
});
