import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commandsByHand } from '../../src/diagnose/by-hand.ts';
import type { VerdictFacts } from '../../src/diagnose/facts.ts';
import { collectNotLookedAt } from '../../src/diagnose/not-looked-at.ts';
import { concludeVerdict } from '../../src/diagnose/verdict.ts';
import type { FlowPrediction, Observation, Outcome, VantageReport } from '../../src/model.ts';
import { VERDICT_CODES } from '../../src/model.ts';
import * as v from '../tables/verdict-builders.ts';

const POLICIES = [v.DENY_ALL, v.OTHER, 'Sidecar payments/default', 'SecurityGroup sg-1'];
const outcome: fc.Arbitrary<Outcome> = fc.constantFrom<Outcome[]>(
  v.connected,
  v.dropped,
  v.refused,
  v.prohibited,
  v.noRoute,
  v.nxdomain,
  v.servfail,
  v.refusedName,
  v.noRecords,
  v.dnsSilent,
  v.notRun,
  { kind: 'reset' },
  { kind: 'local-error', errno: 'EPERM' },
  v.silent('tcp'),
  v.silent('tls'),
  v.silent('http'),
  v.status(200),
  v.status(403),
  v.status(503),
  v.answers(v.A),
  v.answers(v.A, v.B, v.V6),
  v.answers(),
  v.tlsFails('expired'),
  v.tlsFails('reset'),
);
const address = fc.constantFrom(v.A, v.B, v.V6);

const observation: fc.Arbitrary<Observation> = fc
  .record({
    vantage: fc.constantFrom('pod' as const, 'pod' as const, 'control' as const, 'node' as const, 'outside' as const),
    layer: fc.constantFrom(
      'dns' as const,
      'cluster' as const,
      'tcp' as const,
      'tcp' as const,
      'tls' as const,
      'http' as const,
    ),
    outcome,
    more: fc.record(
      {
        address,
        via: fc.constantFrom('direct' as const, 'direct' as const, 'proxy' as const),
        protocol: fc.constantFrom('UDP' as const, 'TCP' as const),
        name: fc.constantFrom(v.HOST, 'proxy.example'),
        sibling: fc.constant('billing-2'),
      },
      { requiredKeys: ['via'] },
    ),
  })
  .map(({ vantage, layer, outcome: seen, more }) => v.saw(vantage, layer, seen, more));

const flow: fc.Arbitrary<FlowPrediction> = fc
  .record({
    purpose: fc.constantFrom(
      'destination' as const,
      'destination' as const,
      'dns' as const,
      'cluster' as const,
      'proxy' as const,
      'control-destination' as const,
      'control-dns' as const,
    ),
    decision: fc.constantFrom('allow' as const, 'deny' as const, 'unknown' as const),
    by: fc.uniqueArray(fc.constantFrom(...POLICIES), { minLength: 1, maxLength: 2 }),
    address: fc.option(address),
    protocol: fc.constantFrom('UDP' as const, 'TCP' as const),
  })
  .map(({ purpose, decision, ...more }) => v.flow(purpose, decision, more));

const given: fc.Arbitrary<VerdictFacts> = fc
  .record({
    saw: fc.array(observation, { maxLength: 12 }),
    rules: fc.array(flow, { maxLength: 10 }),
    hostKind: fc.constantFrom('name' as const, 'name' as const, 'address' as const),
    application: fc.constantFrom('https' as const, 'http' as const, 'none' as const),
    target: fc.record(
      {
        hostNetwork: fc.boolean(),
        sidecars: fc.constantFrom([], [], ['istio-proxy']),
        addresses: fc.constantFrom(['10.0.0.7'], ['10.0.0.7', '2001:db8::7'], ['2001:db8::7'], []),
        proxy: fc.constantFrom({ kind: 'none' } as const, { kind: 'none' } as const, v.PROXY, {
          kind: 'unknown',
          why: 'a Secret',
          variables: {},
        } as const),
        state: fc.constantFrom(
          { kind: 'running', ready: true } as const,
          { kind: 'running', ready: true } as const,
          { kind: 'not-running', reason: 'Pending', message: '' } as const,
        ),
      },
      { requiredKeys: ['state'] },
    ),
    unlearned: fc.constantFrom(null, null, { policy: v.DENY_ALL, name: v.HOST, why: 'no lookup' }),
    allowlist: fc.constantFrom(null, null, { list: 'a list', seenAs: '198.51.100.7', listed: 'no' as const }),
    internet: fc.option(flow),
  })
  .map(each =>
    v.facts({
      ...each,
      culprit: policy => ({
        ...v.OLD,
        layer: policy.startsWith('Sidecar') ? 'mesh' : policy.startsWith('Security') ? 'cloud' : 'policy',
      }),
    }),
  );

/** Runs one law over many facts. The seed is fast-check's own and is printed with a counterexample. */
function law(name: string, holds: (facts: VerdictFacts) => void): void {
  test(name, () => fc.assert(fc.property(given, holds), { numRuns: 1000 }));
}

const isOwn = (seen: Observation): boolean => seen.vantage === 'pod' && seen.sibling === undefined;
const isRunning = (facts: VerdictFacts): boolean => facts.target.state.kind === 'running';

law('every combination has a verdict, with a confidence exactly unless it is not known', facts => {
  const verdict = concludeVerdict(facts);
  expect(VERDICT_CODES).toContain(verdict.code);
  expect(verdict.confidence === null).toBe(verdict.code === 'not-known');
  for (const text of [verdict.cause.summary, ...verdict.explains, ...verdict.findings.map(each => each.text)])
    expect(text).toMatch(/\S.*[.!?]$/s);
  expect(concludeVerdict(facts)).toEqual(verdict);
});

law('reachable rests on a connection of the pod, or on an allow with nothing unread in it', facts => {
  if (concludeVerdict(facts).code !== 'reachable') return;
  const connects = facts.observations.some(
    seen =>
      isOwn(seen) &&
      ['connected', 'http-status', 'no-answer', 'reset'].includes(seen.outcome.kind) &&
      seen.layer !== 'dns' &&
      seen.layer !== 'cluster',
  );
  const allows = facts.prediction.flows.some(
    each =>
      (each.purpose === 'destination' || each.purpose === 'proxy') &&
      each.decision === 'allow' &&
      each.unknowns.length === 0,
  );
  expect(connects || allows).toBe(true);
});

law('reachable by prediction alone needs every flow of the question allowed', facts => {
  const verdict = concludeVerdict(facts);
  if (verdict.code !== 'reachable' || verdict.confidence !== 'predicted') return;
  const purpose =
    facts.question.destination.application !== 'none' && facts.target.proxy.kind === 'set' ? 'proxy' : 'destination';
  const tried = new Set(facts.host.kind === 'name' && facts.host.addresses.length > 0 ? facts.host.addresses : []);
  const asked = facts.prediction.flows.filter(
    each => each.purpose === purpose && (tried.size === 0 || each.address === null || tried.has(each.address)),
  );
  expect(asked.some(each => each.decision === 'allow')).toBe(true);
});

law('unknown rules and nothing seen from the pod are not known', facts => {
  const flows = facts.prediction.flows.map(each =>
    v.flow(each.purpose, 'unknown', { address: each.address, protocol: each.protocol }),
  );
  const observations = facts.observations.filter(seen => seen.vantage === 'outside');
  const blind = {
    ...facts,
    observations,
    prediction: { ...facts.prediction, flows },
    unlearned: null,
    target: { ...facts.target, addresses: [] },
    host: v.facts().host,
  };
  expect(concludeVerdict(blind).code).toBe(isRunning(facts) ? 'not-known' : 'pod-not-running');
});

law('a vantage that did not run changes nothing that was concluded', facts => {
  const vantages = (['control', 'node', 'outside'] as const).filter(
    vantage => !facts.observations.some(seen => seen.vantage === vantage),
  );
  const reports: readonly VantageReport[] = vantages.map(vantage => ({
    vantage,
    status: 'not-run',
    method: null,
    ranIn: null,
    why: 'forbidden',
    startupMs: 0,
    tools: [],
  }));
  const idle = vantages.flatMap(vantage =>
    (['dns', 'tcp', 'tls'] as const).map(layer => v.saw(vantage, layer, v.notRun)),
  );
  const more = { ...facts, vantages: reports, observations: [...facts.observations, ...idle] };
  expect(concludeVerdict(more)).toEqual(concludeVerdict(facts));
});

law('a policy is named as the cause only where it denied a flow', facts => {
  const verdict = concludeVerdict(facts);
  const deniers = new Set(facts.prediction.flows.filter(each => each.decision === 'deny').flatMap(each => each.by));
  for (const { policy } of verdict.cause.policies) expect(deniers).toContain(policy);
  const denies = [
    'denied-by-policy',
    'denied-by-mesh',
    'denied-by-cloud',
    'dns-denied-by-policy',
    'partly-denied',
    'policy-not-enforced',
  ];
  if (denies.includes(verdict.code)) expect(verdict.cause.policies.length).toBeGreaterThan(0);
  else if (verdict.code !== 'fqdn-not-learned') expect(verdict.cause.policies).toEqual([]);
});

law("what siblings saw never becomes the pod's verdict", facts => {
  const without = { ...facts, observations: facts.observations.filter(seen => seen.sibling === undefined) };
  const { code, confidence, cause, explains } = concludeVerdict(facts);
  expect({ code, confidence, cause, explains }).toMatchObject({ ...pick(concludeVerdict(without)) });
});

const pick = ({ code, confidence, cause, explains }: ReturnType<typeof concludeVerdict>) => ({
  code,
  confidence,
  cause,
  explains,
});

law('confirmed needs an observation from the pod', facts => {
  if (concludeVerdict(facts).confidence !== 'confirmed') return;
  expect(facts.observations.some(seen => isOwn(seen) && seen.outcome.kind !== 'not-run')).toBe(true);
});

law('a pod that does not run has that verdict, whatever else', facts => {
  expect(concludeVerdict(facts).code === 'pod-not-running').toBe(!isRunning(facts));
});

law('a denied control pod never decides', facts => {
  const others = facts.prediction.flows.filter(each => !each.purpose.startsWith('control'));
  const denied = [
    ...others,
    v.flow('control-destination', 'deny', { address: null }),
    v.flow('control-dns', 'deny', { protocol: 'UDP' }),
  ];
  const direct = {
    ...facts,
    target: { ...facts.target, proxy: { kind: 'none' as const } },
    prediction: { ...facts.prediction, flows: denied },
  };
  const isControlTcp = (seen: Observation): boolean => seen.vantage === 'control' && seen.layer !== 'dns';
  const without = { ...direct, observations: direct.observations.filter(seen => !isControlTcp(seen)) };
  const hosted = facts.host.kind !== 'name' || facts.host.addresses.length > 0;
  if (hosted) expect(concludeVerdict(direct).code).toBe(concludeVerdict(without).code);
});

law('the rest of the answer has no holes either', facts => {
  for (const each of collectNotLookedAt(facts)) expect(`${each.what}: ${each.why}`).toMatch(/\S: \S/);
  for (const each of commandsByHand(facts)) expect(each.command).toMatch(/^kubectl /);
});
