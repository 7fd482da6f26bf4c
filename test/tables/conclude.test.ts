/** From a bundle to the diagnosis: what each part of the evidence is for, shown by taking it away or putting another in its place. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readBundle } from '../../src/commands/bundle.ts';
import { concludeDiagnosis } from '../../src/diagnose/conclude.ts';
import type { Evidence } from '../../src/evidence.ts';

const bundle = (name: string) => readBundle(join(import.meta.dirname, '../../src/demo', `${name}.json`));
const DENIED = bundle('01-deny-all-egress');
const REACHABLE = bundle('14-forbidden-by-host');
const PROXIED = bundle('09-proxy-denied');

describe('the look after the fix', () => {
  test.each<[string, Evidence | null, object]>([
    ['was not asked for', null, { kind: 'not-asked' }],
    ['sees the host answer', REACHABLE, { kind: 'reachable' }],
    ['sees it still fail', DENIED, { kind: 'still-failing', code: 'denied-by-policy' }],
  ])('%s', (_, verify, wanted) => {
    expect(concludeDiagnosis({ ...DENIED, verify }).fix?.proof.verified).toEqual(wanted);
  });
});

test('the control pod is judged by its own labels, and not at all where there was none', () => {
  const purposes = (evidence: Evidence) =>
    new Set(concludeDiagnosis(evidence).prediction.flows.map(({ purpose }) => purpose));
  expect(purposes(DENIED)).toContain('control-destination');
  expect(purposes({ ...DENIED, controlPod: null })).not.toContain('control-destination');
  const known = concludeDiagnosis(DENIED).prediction.flows.find(({ purpose }) => purpose === 'control-destination');
  expect(known).toMatchObject({ decision: 'allow', why: expect.stringContaining('no policy selects') });
});

test('what could not be read in pods and in policies is named', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'odd', namespace: 'x' },
    status: { podIP: '10.0.0.256' },
  };
  const policy = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'odd', namespace: 'x' },
    spec: { podSelector: {}, policyTypes: ['egress'] },
  };
  const { problems } = concludeDiagnosis({
    ...DENIED,
    collected: { ...DENIED.collected, objects: [...DENIED.collected.objects, pod, policy] },
  });
  expect(problems.map(({ object }) => object)).toEqual(['Pod x/odd', 'NetworkPolicy x/odd']);
});

describe('the flows that make up the question', () => {
  test('are those to the proxy where the pod uses one', () => {
    const { prediction } = concludeDiagnosis(PROXIED);
    const proxied = prediction.flows.filter(({ purpose }) => purpose === 'proxy');
    expect(proxied.length).toBeGreaterThan(0);
    expect(prediction.decision).toBe('deny');
    expect(new Set(prediction.by)).toEqual(new Set(proxied.flatMap(({ by }) => by)));
  });
  test('are the direct ones where its variables name none for this host', () => {
    const { proxy } = PROXIED.target;
    if (proxy.kind !== 'set') throw new Error('the bundle has a proxy');
    const target = { ...PROXIED.target, proxy: { ...proxy, uses: null, exemptedBy: 'NO_PROXY=.example' } };
    const { prediction } = concludeDiagnosis({ ...PROXIED, target });
    expect(prediction.flows.some(({ purpose }) => purpose === 'proxy')).toBe(false);
    const direct = prediction.flows.filter(({ purpose }) => purpose === 'destination');
    expect(new Set(prediction.by)).toEqual(new Set(direct.flatMap(({ by }) => by)));
  });
});
