/** Every host of the lab's internet, with and without policies: each gets the right verdict. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Diagnosis, VerdictCode } from '../../src/model.ts';
import {
  allowDns,
  create,
  diagnose,
  dropNamespace,
  namespace,
  networkPolicy,
  outcomesOf,
  pod,
  waitForPods,
} from './cluster.ts';
import { installBot } from './install.ts';

const NS = 'hosts';
const PROXY = { HTTPS_PROXY: 'http://proxy.example:3128', NO_PROXY: '10.0.0.0/8,.svc' };

beforeAll(async () => {
  await dropNamespace(NS);
  await create(
    namespace(NS),
    pod(NS, 'open'),
    pod(NS, 'denied'),
    pod(NS, 'one-of-two'),
    pod(NS, 'no-dns'),
    pod(NS, 'no-tcp-dns'),
    pod(NS, 'nothing'),
    pod(NS, 'proxied', { env: PROXY }),
    pod(NS, 'proxied-only', { env: PROXY }),
    pod(NS, 'proxied-denied', { env: PROXY }),
    networkPolicy(NS, 'dns-and-cluster-only', {
      podSelector: { matchLabels: { app: 'denied' } },
      policyTypes: ['Egress'],
      egress: [allowDns('UDP', 'TCP'), { to: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }],
    }),
    networkPolicy(NS, 'one-address', {
      podSelector: { matchLabels: { app: 'one-of-two' } },
      policyTypes: ['Egress'],
      egress: [allowDns('UDP', 'TCP'), { to: [{ ipBlock: { cidr: '203.0.113.60/32' } }] }],
    }),
    networkPolicy(NS, 'https-without-dns', {
      podSelector: { matchLabels: { app: 'no-dns' } },
      policyTypes: ['Egress'],
      egress: [{ ports: [{ protocol: 'TCP', port: 443 }] }],
    }),
    networkPolicy(NS, 'dns-by-udp-only', {
      podSelector: { matchLabels: { app: 'no-tcp-dns' } },
      policyTypes: ['Egress'],
      egress: [allowDns('UDP'), { ports: [{ protocol: 'TCP', port: 443 }] }],
    }),
    networkPolicy(NS, 'nothing-at-all', { podSelector: { matchLabels: { app: 'nothing' } }, policyTypes: ['Egress'] }),
    networkPolicy(NS, 'proxy-only', {
      podSelector: { matchLabels: { app: 'proxied-only' } },
      policyTypes: ['Egress'],
      egress: [allowDns('UDP', 'TCP'), { to: [{ ipBlock: { cidr: '203.0.113.90/32' } }], ports: [{ port: 3128 }] }],
    }),
    networkPolicy(NS, 'not-even-the-proxy', {
      podSelector: { matchLabels: { app: 'proxied-denied' } },
      policyTypes: ['Egress'],
      egress: [allowDns('UDP', 'TCP')],
    }),
  );
  await installBot(NS);
  await waitForPods(NS);
});

afterAll(() => dropNamespace(NS));

const findings = (diagnosis: Diagnosis) => diagnosis.verdict.findings.map(finding => finding.kind);
const texts = (diagnosis: Diagnosis) => diagnosis.verdict.findings.map(finding => finding.text).join('\n');

describe('without policies', () => {
  const rows: readonly (readonly [host: string, code: VerdictCode, finding: string | null])[] = [
    ['api.stripe.com', 'reachable', null],
    ['multi.example', 'reachable', null],
    ['blackhole.example', 'blocked-beyond-node', null],
    ['refused.example', 'refused-by-host', null],
    ['unreachable.example', 'blocked-beyond-node', null],
    ['resettls.example', 'tls-failed', null],
    ['expired.example', 'tls-failed', null],
    ['wrongname.example', 'tls-failed', null],
    ['allowlist.example', 'reachable', 'status'],
    ['slow.example', 'reachable', 'no-answer'],
    ['v6only.example', 'no-common-address-family', null],
    ['half.example', 'partly-reachable', null],
    ['nxdomain.example', 'name-not-resolved', null],
  ];
  test.each(rows)('%s is %s', async (host, code, finding) => {
    const diagnosis = await diagnose('open', host, '-n', NS);
    expect(diagnosis.verdict).toMatchObject({ code, confidence: 'confirmed', cause: { policies: [] } });
    if (finding !== null) expect(findings(diagnosis)).toContain(finding);
    expect(diagnosis.fix).toBeNull();
    expect(diagnosis.exitCode).toBe(code === 'reachable' ? 0 : 1);
  });

  test('a TLS failure says which', async () => {
    for (const [host, why] of [
      ['resettls.example', 'reset'],
      ['expired.example', 'expired'],
      ['wrongname.example', 'wrong-name'],
    ]) {
      const diagnosis = await diagnose('open', host ?? '', '-n', NS);
      const tls = diagnosis.observations.find(each => each.vantage === 'pod' && each.layer === 'tls');
      expect(tls?.outcome).toMatchObject({ kind: 'tls-failed', why });
    }
  });

  test('a pod with a proxy reaches the host through it', async () => {
    const diagnosis = await diagnose('proxied', 'api.stripe.com', '-n', NS);
    expect(diagnosis.verdict.code).toBe('reachable');
    expect(
      diagnosis.observations
        .filter(each => each.via === 'proxy' && each.vantage === 'pod')
        .map(each => each.outcome.kind),
    ).toContain('http-status');
  });
});

describe('with policies', () => {
  const denied = [
    'api.stripe.com',
    'multi.example',
    'refused.example',
    'resettls.example',
    'expired.example',
    'wrongname.example',
    'allowlist.example',
    'slow.example',
    'half.example',
  ];
  test.each(denied)('%s is denied by the policy', async host => {
    const diagnosis = await diagnose('denied', host, '-n', NS);
    expect(diagnosis.verdict).toMatchObject({
      code: 'denied-by-policy',
      confidence: 'confirmed',
      cause: { scope: 'external only' },
    });
    expect(diagnosis.prediction.by).toEqual([`NetworkPolicy ${NS}/dns-and-cluster-only`]);
    expect(outcomesOf(diagnosis, 'pod', 'tcp').every(kind => kind === 'syn-dropped')).toBe(true);
    expect(diagnosis.fix?.proof).toMatchObject({ before: 'deny', after: 'allow', newlyDenied: [] });
  });

  test.each(['blackhole.example', 'unreachable.example', 'refused.example'])(
    '%s will still fail after the fix, and says so',
    async host => {
      const diagnosis = await diagnose('denied', host, '-n', NS);
      expect(diagnosis.verdict.code).toBe('denied-by-policy');
      expect(findings(diagnosis)).toContain('still-fails-after-fix');
    },
  );

  test('an IPv6-only host stays out of reach of an IPv4 pod, policy or not', async () => {
    const diagnosis = await diagnose('denied', 'v6only.example', '-n', NS);
    expect(diagnosis.verdict.code).toBe('no-common-address-family');
  });

  test('a name that does not exist is not blamed on the policy', async () => {
    const diagnosis = await diagnose('denied', 'nxdomain.example', '-n', NS);
    expect(diagnosis.verdict.code).toBe('name-not-resolved');
  });

  test('one of two addresses denied is partly-denied', async () => {
    const diagnosis = await diagnose('one-of-two', 'multi.example', '-n', NS);
    expect(diagnosis.verdict).toMatchObject({ code: 'partly-denied', confidence: 'confirmed' });
    expect(diagnosis.prediction.by).toEqual([`NetworkPolicy ${NS}/one-address`]);
  });

  test('the destination allowed and DNS denied is dns-denied-by-policy', async () => {
    const diagnosis = await diagnose('no-dns', 'api.stripe.com', '-n', NS);
    expect(diagnosis.verdict).toMatchObject({ code: 'dns-denied-by-policy', confidence: 'confirmed' });
    expect(diagnosis.verdict.cause.policies.map(each => each.policy)).toEqual([
      `NetworkPolicy ${NS}/https-without-dns`,
    ]);
    const specs = JSON.stringify(diagnosis.fix?.manifests.map(manifest => manifest.spec));
    expect(specs).toMatch(/"port":"?53\b/);
    expect(specs).not.toContain('443');
  });

  test('DNS over TCP denied alone is told, and does not break the flow', async () => {
    const diagnosis = await diagnose('no-tcp-dns', 'api.stripe.com', '-n', NS);
    expect(diagnosis.verdict.code).toBe('reachable');
    expect(findings(diagnosis)).toContain('tcp-dns');
  });

  test('everything denied is denied-by-policy and explains the DNS symptom', async () => {
    const diagnosis = await diagnose('nothing', 'api.stripe.com', '-n', NS);
    expect(diagnosis.verdict).toMatchObject({
      code: 'denied-by-policy',
      confidence: 'confirmed',
      cause: { scope: 'everything' },
    });
    expect(diagnosis.verdict.explains.join('\n')).toMatch(/lookup of api.stripe.com/);
    expect(diagnosis.destination.host).toMatchObject({ kind: 'name', resolvedBy: 'control' });
  });

  test('two causes: denied, and the host is a black hole', async () => {
    const diagnosis = await diagnose('nothing', 'blackhole.example', '-n', NS);
    expect(diagnosis.verdict.code).toBe('denied-by-policy');
    expect(findings(diagnosis)).toContain('still-fails-after-fix');
    expect(texts(diagnosis)).toMatch(/203\.0\.113\.53 fails from the node as well/);
  });

  test('a pod whose only way is the proxy is reachable through it', async () => {
    const diagnosis = await diagnose('proxied-only', 'api.stripe.com', '-n', NS);
    expect(diagnosis.verdict.code).toBe('reachable');
  });

  test('a pod that may not reach its proxy gets a fix for the proxy, never for the direct path', async () => {
    const diagnosis = await diagnose('proxied-denied', 'api.stripe.com', '-n', NS);
    expect(diagnosis.verdict.code).toBe('denied-by-policy');
    const specs = JSON.stringify(diagnosis.fix?.manifests.map(manifest => manifest.spec));
    expect(specs).toMatch(/"port":"?3128\b/);
    expect(specs).not.toContain('443');
  });
});
