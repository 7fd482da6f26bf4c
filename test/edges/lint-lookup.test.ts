/** `egress lint --lookup` against a DNS server on the loopback: what it tells of pinned addresses, and what it leaves unknown. */
import { Resolver } from 'node:dns/promises';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runLint } from '../../src/commands/lint-run.ts';
import { type DnsRecord, startDns } from '../fakes/dns.ts';

const HOST = 'api.stripe.example';
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'egress-lookup-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

type Found = { readonly rule: string; readonly what: string };
type Report = { readonly findings: readonly Found[]; readonly notChecked: readonly { rule: string; why: string }[] };

/** A policy that pins 203.0.113.43 for the host, linted while the host is `record`. */
async function lintWhile(
  record: DnsRecord,
  { patience = { timeout: 10_000, tries: 2 }, resolve = [] as string[] } = {},
) {
  const path = join(folder, 'pin.yaml');
  writeFileSync(
    path,
    `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: pin, namespace: pay}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to:
    - ipBlock:
        cidr: 203.0.113.43/32 # ${HOST}
    ports: [{protocol: TCP, port: 443}]
`,
  );
  const dns = await startDns({ [HOST]: record });
  try {
    const lookup = new Resolver(patience);
    lookup.setServers([dns.address]);
    const { text } = await runLint([path], { resolve, clusterCidr: [], output: 'json', lookup: true }, lookup);
    const { findings, notChecked } = JSON.parse(text) as Report;
    const about = <Item extends { readonly rule: string }>(items: readonly Item[]) =>
      items.filter(({ rule }) => rule === 'stale-address' || rule === 'missing-address');
    return {
      findings: about(findings).map(({ what }) => what),
      open: about(notChecked).map(({ why }) => why),
      asked: dns.asked,
    };
  } finally {
    await dns.close();
  }
}

test('the name has the pinned address: nothing is said, and both families were asked', async () => {
  const { findings, open, asked } = await lintWhile({ a: ['203.0.113.43'], aaaa: [] });
  expect([findings, open]).toEqual([[], []]);
  expect(asked.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([`${HOST} A`, `${HOST} AAAA`]);
});

test('the name no longer has it: said, with the addresses of today', async () => {
  const { findings, open } = await lintWhile({ a: ['203.0.113.99'], aaaa: ['2001:db8:0:0:0:0:0:99'] });
  expect(findings).toEqual([
    `It pins 203.0.113.43 for ${HOST}, which no longer has this address (it has 203.0.113.99, 2001:db8::99 now).`,
  ]);
  expect(open).toEqual([]);
});

test('the name has more addresses than are pinned: those that are shut are said', async () => {
  const { findings } = await lintWhile({ a: ['203.0.113.43', '203.0.113.44'], aaaa: [] });
  expect(findings).toEqual([`It pins some addresses of ${HOST} and not 203.0.113.44.`]);
});

test('there is no such name: not known, never "stale": a resolver without the internet says the same', async () => {
  const { findings, open } = await lintWhile('NXDOMAIN');
  expect(findings).toEqual([]);
  expect(open).toEqual([
    `what ${HOST} resolves to is not known (looked up: DNS has no address for it; the host may be gone, or this resolver does not see the internet; --resolve ${HOST}=ADDRESS may tell)`,
  ]);
});

test.each([
  ['the server fails', 'SERVFAIL', 10_000, /looked up: DNS did not answer for it: ESERVFAIL/],
  ['the server is silent', 'silence', 50, /looked up: DNS did not answer for it: ETIMEOUT/],
] as const)('%s: said as not looked up', async (_, record, timeout, why) => {
  const { findings, open } = await lintWhile(record, { patience: { timeout, tries: 1 } });
  expect(findings).toEqual([]);
  expect(open).toEqual([expect.stringMatching(why)]);
});

test('what was given with --resolve wins, and is not asked for', async () => {
  const { findings, asked } = await lintWhile({ a: ['203.0.113.99'], aaaa: [] }, { resolve: [`${HOST}=203.0.113.43`] });
  expect([findings, asked]).toEqual([[], []]);
});
