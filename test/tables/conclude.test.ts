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
const NO_NAME = bundle('10-no-such-name');
const OTHER_FAMILY = bundle('11-ipv6-only');
const BY_ANOTHER_NAME = bundle('15-cilium-other-name');

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

test('the question comes back with what its host is', () => {
  expect(concludeDiagnosis(DENIED).destination).toEqual({
    text: 'google.com',
    port: 443,
    protocol: 'TCP',
    host: { kind: 'name', name: 'google.com', addresses: ['203.0.113.80'], resolvedBy: 'control' },
  });
  expect(concludeDiagnosis(DENIED).prediction.flows.map(({ purpose }) => purpose)).toContain('dns');
});

test('a proxy that may be reached counts, and not the direct way that may not', () => {
  const { proxy } = PROXIED.target;
  if (proxy.kind !== 'set' || proxy.uses === null) throw new Error('the bundle has a proxy');
  /** The nameserver's address and port, which the rules leave open. */
  const uses = { ...proxy.uses, host: '10.244.0.160', port: 53 };
  const of = (given: typeof proxy) =>
    concludeDiagnosis({ ...PROXIED, target: { ...PROXIED.target, proxy: given } }).prediction;
  expect(of({ ...proxy, uses }).decision).toBe('allow');
  expect(of({ ...proxy, uses: null }).decision).toBe('deny');
  const unknown = { kind: 'unknown', why: 'from a Secret', variables: {} } as const;
  expect(concludeDiagnosis({ ...PROXIED, target: { ...PROXIED.target, proxy: unknown } }).prediction.decision).toBe(
    'deny',
  );
});

describe('a proxy by its name', () => {
  const flowsOf = (evidence: Evidence) => concludeDiagnosis(evidence).prediction.flows;
  const proxyFlow = (evidence: Evidence) => flowsOf(evidence).find(({ purpose }) => purpose === 'proxy');
  /** Without the lookups whose jobs begin so. */
  const unresolved = (evidence: Evidence, jobs: RegExp): Evidence => ({
    ...evidence,
    transcripts: evidence.transcripts.map(each => ({ ...each, lines: each.lines.filter(line => !jobs.test(line)) })),
  });
  test('is judged at the addresses that were answered for it, and at none where there were none', () => {
    expect(proxyFlow(PROXIED)?.address).toBe('203.0.113.90');
    expect(proxyFlow(unresolved(PROXIED, /^r dns-proxy/))?.address).toBeNull();
  });
  test('and the host at its own', () => {
    const direct = (evidence: Evidence) => flowsOf(evidence).find(({ purpose }) => purpose === 'destination')?.address;
    expect(direct(PROXIED)).toBe('203.0.113.43');
    expect(direct(unresolved(PROXIED, /^r dns-(udp|tcp)/))).toBeNull();
    expect(direct(NO_NAME)).toBeNull();
  });
});

describe('the question of an address', () => {
  const { destination } = DENIED.question;
  const asked = (address: string): Evidence => {
    const host = { kind: 'address', address, family: 'IPv4' } as const;
    return { ...DENIED, question: { ...DENIED.question, destination: { ...destination, text: address, host } } };
  };
  test('has no lookup, and its own address alone', () => {
    const { flows } = concludeDiagnosis(asked('203.0.113.80')).prediction;
    expect(flows.some(({ purpose }) => purpose === 'dns')).toBe(false);
    expect(flows.filter(({ purpose }) => purpose === 'destination').map(({ address }) => address)).toEqual([
      '203.0.113.80',
    ]);
  });
});

describe('addresses of a family that the pod does not have', () => {
  const decision = (addresses: readonly string[]) =>
    concludeDiagnosis({ ...OTHER_FAMILY, target: { ...OTHER_FAMILY.target, addresses } });
  test('are all that is judged where there are no others', () => {
    expect(decision(['10.244.0.56'])).toMatchObject({
      prediction: { decision: 'allow' },
      verdict: { code: 'no-common-address-family' },
    });
  });
});

describe('what a sidecar changes', () => {
  /** The pod got through to a host that a rule by name allows and that nothing taught Cilium. */
  const evidence = (sidecars: readonly string[]): Evidence => {
    const policies = BY_ANOTHER_NAME.collected.objects.filter(({ kind }) => kind === 'CiliumNetworkPolicy');
    const named = policies.map(each => ({
      ...each,
      spec: JSON.parse(JSON.stringify(each.spec).replaceAll('api.stripe.com', 'google.com')),
    }));
    const others = BY_ANOTHER_NAME.collected.objects.filter(each => !policies.includes(each));
    return {
      ...BY_ANOTHER_NAME,
      target: { ...BY_ANOTHER_NAME.target, sidecars },
      collected: { ...BY_ANOTHER_NAME.collected, objects: [...others, ...named] },
    };
  };
  test('is named', () => {
    const kinds = (sidecars: readonly string[]) =>
      concludeDiagnosis(evidence(sidecars)).verdict.findings.map(({ kind }) => kind);
    expect(kinds([])).not.toContain('sidecar');
    expect(kinds(['istio-proxy'])).toContain('sidecar');
  });
});

describe('a fix', () => {
  test('is there where rules deny, and where they do not, nothing is said of one', () => {
    expect(concludeDiagnosis(REACHABLE)).toMatchObject({ fix: null, noFixBecause: null });
    expect(concludeDiagnosis(DENIED)).toMatchObject({ fix: { kind: expect.any(String) }, noFixBecause: null });
  });
  test('is none where the pod itself was not read', () => {
    const objects = DENIED.collected.objects.filter(({ kind }) => kind !== 'Pod');
    expect(
      concludeDiagnosis({ ...DENIED, controlPod: null, collected: { ...DENIED.collected, objects } }).fix,
    ).toBeNull();
  });
});

describe('transcripts', () => {
  const [own, ...others] = DENIED.transcripts.toSorted(
    (a, b) => Number(b.vantage === 'pod') - Number(a.vantage === 'pod'),
  );
  if (own === undefined) throw new Error('the bundle has transcripts');
  const sibling = {
    ...own,
    sibling: 'google-2',
    lines: own.lines.map(line => line.replaceAll('nameserver', 'no-nameserver')),
  };
  test('of a sibling are no vantage of their own, and not where the pod’s resolv.conf comes from', () => {
    const plain = concludeDiagnosis(DENIED);
    const withSibling = concludeDiagnosis({ ...DENIED, transcripts: [sibling, ...others, own] });
    expect(withSibling.vantages.map(({ vantage }) => vantage).toSorted()).toEqual(
      plain.vantages.map(({ vantage }) => vantage).toSorted(),
    );
    expect(withSibling.target.dns.resolvConf).toEqual(plain.target.dns.resolvConf);
    const alone = concludeDiagnosis({ ...DENIED, transcripts: [sibling, ...others] });
    expect(alone.target.dns.resolvConf).toEqual(DENIED.target.dns.resolvConf);
  });
  test('say which methods were refused before', () => {
    const refused = [
      { method: 'ephemeral-container', why: 'no right' },
      { method: 'twin-pod', why: 'a quota' },
    ] as const;
    const { vantages } = concludeDiagnosis({ ...DENIED, transcripts: [{ ...own, refused }, ...others] });
    expect(vantages.find(({ vantage }) => vantage === 'pod')?.why).toBe(
      'ephemeral-container was refused: no right; twin-pod was refused: a quota',
    );
    const { refused: _, ...older } = own;
    expect(concludeDiagnosis({ ...DENIED, transcripts: [older, ...others] }).vantages[0]?.why).toBe('');
  });
});
