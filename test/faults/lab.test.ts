/** Twenty questions about a real cluster while workers are killed and Slack fails: each ends in one whole thread. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { create, dropNamespace, namespace, networkPolicy, pod, waitForPods } from '../cluster/cluster.ts';
import { installBot } from '../cluster/install.ts';
import { runFaults } from './run.ts';
import { type Asked, TEAM, USER } from './scene.ts';

const NS = 'work-faults';
const CHANNEL = 'C0FAULTS01';
const SEED = 5;

beforeAll(async () => {
  await dropNamespace(NS);
  await create(
    namespace(NS),
    pod(NS, 'open'),
    pod(NS, 'shut'),
    networkPolicy(NS, 'nothing-at-all', { podSelector: { matchLabels: { app: 'shut' } }, policyTypes: ['Egress'] }),
  );
  await installBot(NS);
  await waitForPods(NS);
});

afterAll(() => dropNamespace(NS));

const VERDICTS = [
  ['open', 'api.stripe.com', 'reachable'],
  ['open', 'blackhole.example', 'blocked-beyond-node'],
  ['open', 'refused.example', 'refused-by-host'],
  ['open', 'expired.example', 'tls-failed'],
  ['open', 'nxdomain.example', 'name-not-resolved'],
  ['open', 'v6only.example', 'no-common-address-family'],
  ['shut', 'api.stripe.com', 'denied-by-policy'],
  ['shut', 'google.com', 'denied-by-policy'],
  ['shut', 'refused.example', 'denied-by-policy'],
] as const;

/** Two of each, and two about a pod that is not there. */
function askedAt(at: string): readonly Asked[] {
  const rows = [...VERDICTS, ...VERDICTS, ['nobody', 'google.com', null], ['nobody', 'google.com', null]] as const;
  return rows.map(([name, host, verdict], index) => ({
    envelope: {
      id: `cmd:${SEED}.${index}`,
      group: CHANNEL,
      at,
      job: {
        kind: 'ask',
        asked: { pod: name, host, namespace: NS, cluster: 'lab', probe: true },
        asker: { kind: 'user', team: TEAM, user: USER },
        place: { channel: CHANNEL, threadTs: null, responseUrl: null },
      },
    },
    ending:
      verdict === null ? { kind: 'failure', says: 'There is no pod nobody' } : { kind: 'thread', verdict, parts: null },
  }));
}

test('each of twenty questions ends in one whole thread or one clear failure', { timeout: 600_000 }, async () => {
  const run = {
    asked: askedAt,
    clusters: 'lab',
    seed: SEED,
    speed: 1,
    callsPerLife: 250,
    pauseMs: 12_000,
    downSeconds: 15,
  } as const;
  const tally = await runFaults({ ...run, limitMs: 500_000 });
  process.stdout.write(`${JSON.stringify(tally)}\n`);
  expect(tally).toMatchObject({ wrong: [], threads: 18, failures: 2 });
  expect(tally.kills).toBeGreaterThan(0);
});
