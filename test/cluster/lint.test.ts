/** `egress lint --live`, with the bot's own tokens: what it finds in a real cluster. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runLint } from '../../src/commands/lint-run.ts';
import type { LintReport } from '../../src/lint/finding.ts';
import { create, dropNamespace, namespace, networkPolicy, pod } from './cluster.ts';
import { installBot } from './install.ts';
import { testNamespace } from './probe-cluster.ts';

const NS = testNamespace('lint');
const egress = (app: string, ...rules: readonly object[]) => ({
  podSelector: { matchLabels: { app } },
  policyTypes: ['Egress'],
  egress: rules,
});

beforeAll(async () => {
  await dropNamespace(NS);
  await installBot();
  await create(
    namespace(NS, {}),
    pod(NS, 'quiet', { image: 'busybox:1.36' }),
    pod(NS, 'shop', { image: 'busybox:1.36' }),
    networkPolicy(NS, 'deny', egress('quiet')),
    networkPolicy(NS, 'https', egress('shop', { ports: [{ port: 443 }] })),
    networkPolicy(NS, 'nobody', egress('nobody', {})),
  );
});

afterAll(async () => {
  await dropNamespace(NS);
});

test('a deny alone, missing DNS and a selector of nobody are told of the cluster’s own policies', async () => {
  const { text, exitCode } = await runLint([], {
    live: true,
    asBot: true,
    resolve: [],
    clusterCidr: [],
    output: 'json',
  });
  const { findings } = JSON.parse(text) as LintReport;
  const own = findings.filter(({ object }) => object.includes(` ${NS}/`));
  expect(own.map(({ rule, object }) => `${rule} ${object}`).sort((a, b) => (a < b ? -1 : 1))).toEqual([
    `deny-alone NetworkPolicy ${NS}/deny`,
    `dns-not-allowed NetworkPolicy ${NS}/https`,
    `selects-no-pod NetworkPolicy ${NS}/nobody`,
  ]);
  expect(own.every(({ place }) => place === null)).toBe(true);
  expect(exitCode).toBe(1);
});
