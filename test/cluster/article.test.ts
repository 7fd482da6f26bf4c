/** The runbook's own scenario, and its picture's variant, from the question to the mended pod. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  allowDns,
  create,
  diagnose,
  dropNamespace,
  ENGINE,
  egress,
  namespace,
  networkPolicy,
  outcomesOf,
  pod,
  remove,
  waitForPods,
} from './cluster.ts';
import { installBot } from './install.ts';

const NS = 'runbook';
const denyAll = networkPolicy('default', 'deny-all-egress', {
  podSelector: { matchLabels: { app: 'firewall-test' } },
  policyTypes: ['Egress'],
  egress: [],
});
const restricted = pod('default', 'firewall-restriction-pod', { labels: { app: 'firewall-test' } });

beforeAll(async () => {
  await remove(denyAll, restricted);
  await dropNamespace(NS);
  await create(
    restricted,
    denyAll,
    namespace(NS),
    pod(NS, 'api-client', { labels: { app: 'billing' } }),
    networkPolicy(NS, 'default-deny', {
      podSelector: { matchLabels: { app: 'billing' } },
      policyTypes: ['Egress'],
      egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }, allowDns('UDP')],
    }),
  );
  await installBot(NS, 'default');
  await waitForPods('default');
  await waitForPods(NS);
});

afterAll(async () => {
  await remove(denyAll, restricted);
  await dropNamespace(NS);
});

test('firewall-restriction: the deny-all policy is named, compared, and mended', async () => {
  const before = await diagnose('firewall-restriction-pod', 'google.com');
  expect(before.verdict).toMatchObject({
    code: 'denied-by-policy',
    confidence: 'confirmed',
    cause: { scope: 'everything' },
  });
  expect(before.verdict.cause.policies).toMatchObject([
    { policy: 'NetworkPolicy default/deny-all-egress', rule: expect.stringContaining('no egress rules') },
  ]);
  expect(before.prediction.by).toEqual(['NetworkPolicy default/deny-all-egress']);
  expect(new Set(outcomesOf(before, 'pod', 'tcp'))).toEqual(new Set(['syn-dropped']));
  expect(new Set(outcomesOf(before, 'control', 'tcp'))).toEqual(new Set(['connected']));
  expect(new Set(outcomesOf(before, 'node', 'tcp'))).toEqual(new Set(['connected']));
  expect(before.exitCode).toBe(1);

  const manifests = before.fix?.manifests ?? [];
  expect(manifests.length).toBeGreaterThan(0);
  try {
    await create(...manifests);
    await expect
      .poll(async () => (await diagnose('firewall-restriction-pod', 'google.com')).verdict.code, { timeout: 60_000 })
      .toBe('reachable');
  } finally {
    await remove(...manifests);
  }
});

test("the picture's variant: in-cluster allowed, the rest denied; the runbook's own fix makes it reachable", async () => {
  const before = await diagnose('api-client', 'api.stripe.com', '-n', NS);
  expect(before.verdict).toMatchObject({
    code: 'denied-by-policy',
    confidence: 'confirmed',
    cause: { scope: 'external only' },
  });
  expect(before.prediction.by).toEqual([`NetworkPolicy ${NS}/default-deny`]);

  const allowStripe = networkPolicy(NS, 'allow-stripe', {
    podSelector: { matchLabels: { app: 'billing' } },
    policyTypes: ['Egress'],
    egress: [
      { to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } }], ports: [{ protocol: 'TCP', port: 443 }] },
      {
        to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
        ports: [{ protocol: 'UDP', port: 53 }],
      },
    ],
  });
  await create(allowStripe);
  try {
    const after = await diagnose('api-client', 'api.stripe.com', '-n', NS);
    expect(after.verdict).toMatchObject({ code: 'reachable', confidence: 'confirmed' });
  } finally {
    await remove(allowStripe);
  }
});

test('the terminal answer names verdict, policy, rule and fix; a bundle replays to the same bytes', async () => {
  const file = `${process.env.TMPDIR ?? '/tmp'}/egress-test-${process.pid}.json`;
  const captured = await egress(
    'capture',
    'firewall-restriction-pod',
    'google.com',
    '--engine',
    ENGINE,
    '--file',
    file,
    '--output',
    'terminal',
  );
  expect(captured.stdout).toMatch(/denied-by-policy/);
  expect(captured.stdout).toMatch(/default\/deny-all-egress/);
  expect(captured.stdout).toMatch(/no egress rules/);
  const replayed = await egress('replay', file, '--output', 'terminal');
  expect(replayed.stdout).toBe(captured.stdout);
  expect(replayed.code).toBe(1);
  const json = await egress('replay', file, '--output', 'json');
  expect((await egress('replay', file, '--output', 'json')).stdout).toBe(json.stdout);
});

test('--verify waits until somebody has applied the fix, probes again, and says that the flow is back', async () => {
  const asked = diagnose('api-client', 'api.stripe.com', '-n', NS, '--verify', '--verify-wait', '60');
  const manifests = (await diagnose('api-client', 'api.stripe.com', '-n', NS)).fix?.manifests ?? [];
  expect(manifests).toHaveLength(1);
  // The first question is asked and answered before the fix is there, whatever the machine's load.
  await new Promise(resolve => setTimeout(resolve, 15_000));
  await create(...manifests);
  try {
    const answer = await asked;
    expect(answer.verdict.code).toBe('denied-by-policy');
    expect(answer.fix?.proof.verified).toEqual({ kind: 'reachable' });
    expect(answer.exitCode).toBe(0);
  } finally {
    await remove(...manifests);
  }
});
