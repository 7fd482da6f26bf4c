/** The captured clusters of the demo: what was probed is replayed as it was, and all else is predicted and says so. */
import { describe, expect, test } from 'vitest';
import { demoBundles } from '../../src/commands/demo-bundles.ts';
import { storiesOf } from '../../src/demo-page/demo.ts';
import { replayClusters } from '../../src/demo-page/replay-clusters.ts';
import { concludeDiagnosis } from '../../src/diagnose/conclude.ts';
import { FaultError } from '../../src/faults.ts';

const named = demoBundles();
const bundles = named.map(({ bundle }) => bundle);

function start() {
  const waited: number[] = [];
  const clusters = replayClusters({
    bundles,
    wait: async milliseconds => {
      waited.push(milliseconds);
    },
  });
  const steps: string[] = [];
  const ask = (pod: string, host: string, about: { namespace?: string | null; probe?: boolean } = {}) =>
    clusters.diagnose(
      { cluster: 'lab', namespace: 'payments', pod, host, probe: true, ...about },
      ({ step, state }) => {
        steps.push(`${step} ${state}`);
      },
    );
  return { clusters, ask, waited, steps };
}

test.each(named)('$name is replayed: its diagnosis, and its time in all', async ({ bundle }) => {
  const { ask, waited, steps } = start();
  const { question, target, timing } = bundle;
  const answer = await ask(question.pod.text, question.destination.text, { namespace: target.namespace });
  expect(answer.evidence).toBe(bundle);
  expect(answer.diagnosis).toEqual(concludeDiagnosis(bundle));
  expect(waited.reduce((sum, one) => sum + one, 0)).toBe(timing.totalMs);
  expect(steps).toContain('observe done');
});

test('at least ten different causes were captured, of two engines’ policies', () => {
  const concluded = bundles.map(concludeDiagnosis);
  const causes = concluded.map(({ verdict }) => [verdict.code, ...verdict.cause.policies.map(({ policy }) => policy)]);
  expect(new Set(causes.map(cause => cause.join(' '))).size).toBeGreaterThanOrEqual(10);
  expect(new Set(causes.map(([code]) => code)).size).toBeGreaterThanOrEqual(10);
  const kinds = new Set(causes.flatMap(([, ...policies]) => policies.map(policy => policy.split(' ')[0])));
  expect([...kinds]).toEqual(expect.arrayContaining(['NetworkPolicy', 'CiliumNetworkPolicy']));
});

describe('what was not probed', () => {
  test('is predicted, its probes are named as not looked at, and no probe is shown as running', async () => {
    const { ask, steps } = start();
    const { diagnosis } = await ask('ledger', 'google.com');
    expect(diagnosis.verdict).toMatchObject({ code: 'denied-by-policy', confidence: 'predicted' });
    expect(diagnosis.observations.filter(({ vantage, layer }) => vantage === 'pod' || layer !== 'dns')).toEqual([]);
    const why = 'this pod and this host were not probed together when the cluster was captured';
    expect(diagnosis.notLookedAt).toContainEqual({ what: 'from the pod', why });
    expect(steps).not.toContain('observe started');
  });
  test('a name that nobody looked up has no address, and what depends on it is not known', async () => {
    const { diagnosis } = await start().ask('deploy/api-client', 'never-asked.example');
    expect(diagnosis.verdict).toMatchObject({ code: 'not-known', confidence: null });
  });
  test('a pod of which only the object is known is predicted with its labels', async () => {
    const { diagnosis } = await start().ask('api-client-5f7cf6487b-8jf4s', 'api.stripe.com');
    expect(diagnosis.target).toMatchObject({ pod: 'api-client-5f7cf6487b-8jf4s', labels: { app: 'billing' } });
    expect(diagnosis.verdict).toMatchObject({ code: 'denied-by-policy', confidence: 'predicted' });
  });
  test('without probes even what was captured is predicted', async () => {
    const { diagnosis } = await start().ask('deploy/api-client', 'api.stripe.com', { probe: false });
    expect(diagnosis.observations).toEqual([]);
    expect(diagnosis.notLookedAt).toContainEqual({ what: 'from the pod', why: 'no probes were asked for' });
  });
});

test('a pod that is not there is told with those that are', async () => {
  const fault = await start()
    .ask('nobody', 'api.stripe.com')
    .catch((error: unknown) => (error instanceof FaultError ? error.fault : null));
  expect(fault).toMatchObject({ code: 'not-found', what: 'There is no pod nobody in namespace payments.' });
});

test('names are suggested from the namespaces that were asked about', async () => {
  const { clusters } = start();
  expect(await clusters.suggestNamespaces('lab', '')).toEqual(['default', 'payments']);
  expect(await clusters.suggestPods('lab', 'payments', 'led')).toEqual(['ledger']);
  expect(await clusters.suggestPods('lab', 'default', 'led')).toEqual([]);
  expect(await clusters.findPlaces('lab', 'deploy/api-client')).toEqual([
    { namespace: 'payments', pod: 'deploy/api-client' },
  ]);
});

test('stories are commands as they are typed', () => {
  const [first, second] = storiesOf(named, 'payments');
  expect(first).toEqual({ command: '/egress firewall-restriction-pod google.com -n default', note: 'Deny all egress' });
  expect(second).toEqual({ command: '/egress deploy/api-client api.stripe.com', note: 'In cluster only' });
});
