/** Fixes where Cilium enforces: by name with its DNS rule, nodes by entity, and the change of a policy that denies. */
import { describe, expect, it, test } from 'vitest';
import { proposeFix } from '../../src/diagnose/fix.ts';
import type { KubernetesObject } from '../../src/evidence.ts';
import { type Asked, CALICO, inputOf, lineOf, netpol, node, object, STRIPE } from '../fakes/fix-scenes.ts';

const API = {
  group: 'cilium.io',
  version: 'v2',
  kind: 'CiliumNetworkPolicy',
  plural: 'ciliumnetworkpolicies',
  namespaced: true,
  result: { kind: 'listed', objects: 0 },
} as const;

const KUBE_DNS = { matchLabels: { 'k8s-app': 'kube-dns', 'k8s:io.kubernetes.pod.namespace': 'kube-system' } };
const DNS_PORTS = [
  { port: '53', protocol: 'UDP' },
  { port: '53', protocol: 'TCP' },
];
const dnsRule = (...names: readonly object[]) => ({
  toEndpoints: [KUBE_DNS],
  toPorts: [{ ports: DNS_PORTS, rules: { dns: names } }],
});
const BY_NAME = {
  toFQDNs: [{ matchName: 'api.stripe.com' }],
  toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }] }],
};
const SEARCHED = [
  'api.stripe.com',
  'api.stripe.com.payments.svc.cluster.local',
  'api.stripe.com.svc.cluster.local',
  'api.stripe.com.cluster.local',
].map(matchName => ({ matchName }));

const cnp = (key: string, spec: object, metadata: object = {}): KubernetesObject =>
  object('cilium.io/v2', 'CiliumNetworkPolicy', key, { spec: { endpointSelector: {}, ...spec } }, metadata);
const denyAll = netpol('payments/deny-all', {}, { egress: [] });
const openDns = { toEndpoints: [{ matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'kube-system' } }] };

/** The proposal in a cluster that serves Cilium's kinds. */
function propose(asked: Asked) {
  return proposeFix({ ...inputOf(asked), apis: [API] });
}

function fixFor(asked: Asked) {
  const proposal = propose(asked);
  if (proposal.kind === 'no-fix') throw new Error(proposal.why);
  return proposal.fix;
}

const specs = (asked: Asked) => fixFor(asked).manifests.map(manifest => [manifest.kind, manifest.spec]);

describe('by name', () => {
  it.each([
    {
      rule: 'everything denied: the name, and DNS for what its lookup asks',
      objects: [denyAll],
      egress: [BY_NAME, dnsRule(...SEARCHED)],
    },
    {
      rule: 'DNS is open past the proxy: every name stays open, now through it',
      objects: [netpol('payments/dns', {}, { egress: [{ to: [{ namespaceSelector: {} }] }] })],
      egress: [BY_NAME, dnsRule({ matchPattern: '*' })],
    },
    {
      rule: 'the name passes the proxy already: the name alone',
      objects: [cnp('payments/dns', { egress: [{ ...dnsRule({ matchPattern: '*' }) }] })],
      egress: [BY_NAME],
    },
    {
      rule: 'the proxy refuses the name: its lookups are added',
      objects: [cnp('payments/dns', { egress: [dnsRule({ matchName: 'google.com' })] })],
      egress: [BY_NAME, dnsRule(...SEARCHED)],
    },
    {
      rule: 'a rule by name that nobody feeds: the DNS rule beside it',
      objects: [cnp('payments/named', { egress: [openDns, BY_NAME] })],
      egress: [BY_NAME, dnsRule({ matchPattern: '*' })],
    },
  ])('$rule', ({ objects, egress }) => {
    expect(specs({ objects })).toEqual([
      ['CiliumNetworkPolicy', { endpointSelector: { matchLabels: { app: 'billing' } }, egress }],
    ]);
  });
  test('what it opens is bounded by what the name resolved to', () => {
    expect(fixFor({ objects: [denyAll] }).newlyAllowed.map(lineOf)).toEqual([
      `payments/billing -> ${STRIPE}/32 : 443/TCP`,
      'payments/billing -> pod:kube-system/coredns-1 : 53/TCP 53/UDP',
    ]);
  });
  test('two addresses of a name are one rule', () => {
    const asked = { objects: [denyAll], dns: { 'api.stripe.com': [STRIPE, '203.0.113.44'] } };
    expect(JSON.stringify(specs(asked))).not.toContain('203.0.113');
    expect(fixFor(asked).proof).toMatchObject({ before: 'deny', after: 'allow', newlyDenied: [] });
  });
  test.each([
    ['another engine', { objects: [denyAll], engine: CALICO }],
    ['an address was asked', { objects: [denyAll], host: STRIPE }],
    ['a Service of the cluster was asked', { objects: [denyAll], host: 'service:shop/web', port: 80 }],
  ] as const)('%s: a NetworkPolicy', (_, asked) => {
    expect(specs(asked).map(([kind]) => kind)).toEqual(['NetworkPolicy']);
  });
  test('the API is not served: a NetworkPolicy', () => {
    const proposal = proposeFix(inputOf({ objects: [denyAll] }));
    expect(proposal.kind === 'fix' && proposal.fix.manifests[0]?.kind).toBe('NetworkPolicy');
  });
  test('a node is an entity, since no ipBlock means one', () => {
    const asked = {
      objects: [denyAll, node('node-b', '192.0.2.11', '10.244.1.0/24')],
      host: '192.0.2.11',
      port: 10250,
    };
    expect(specs(asked)[0]?.[1]).toMatchObject({ egress: [{ toEntities: ['remote-node'] }] });
  });
});

const denied = (...rules: readonly object[]) =>
  cnp('payments/no', { egress: [{ toEntities: ['all'] }], egressDeny: rules });
const exempt = (fix: ReturnType<typeof fixFor>) =>
  (fix.manifests[0]?.spec as { egressDeny?: unknown } | undefined)?.egressDeny;

describe('the change of a policy that denies', () => {
  it.each([
    {
      rule: 'a range: the address is excepted',
      deny: [{ toCIDR: ['203.0.113.0/24', '198.51.100.0/24'] }],
      is: [{ toCIDRSet: [{ cidr: '203.0.113.0/24', except: [`${STRIPE}/32`] }, { cidr: '198.51.100.0/24' }] }],
    },
    {
      rule: 'the address itself: its rule goes, and the others stay',
      deny: [{ toCIDR: [`${STRIPE}/32`] }, { toCIDR: ['198.51.100.0/24'] }],
      is: [{ toCIDR: ['198.51.100.0/24'] }],
    },
    {
      rule: 'the only rule: an empty one keeps the direction shut',
      deny: [{ toCIDR: [`${STRIPE}/32`] }],
      is: [{}],
    },
    {
      rule: 'the other ports of the rule stay denied',
      deny: [{ toCIDR: [`${STRIPE}/32`], toPorts: [{ ports: [{ port: '443' }, { port: '25', protocol: 'TCP' }] }] }],
      is: [
        {
          toCIDR: [`${STRIPE}/32`],
          toPorts: [
            {
              ports: [
                { port: '443', protocol: 'UDP' },
                { port: '443', protocol: 'SCTP' },
                { port: '25', protocol: 'TCP' },
              ],
            },
          ],
        },
      ],
    },
    {
      rule: 'the world: all of it but the address',
      deny: [{ toEntities: ['world', 'remote-node'] }],
      is: [
        { toEntities: ['remote-node'] },
        { toCIDRSet: [{ cidr: '0.0.0.0/0', except: [`${STRIPE}/32`] }, { cidr: '::/0' }] },
      ],
    },
  ])('$rule', ({ deny, is }) => {
    const fix = fixFor({ objects: [denied(...deny)] });
    expect(exempt(fix)).toEqual(is);
    expect(fix.proof).toMatchObject({ before: 'deny', after: 'allow', newlyDenied: [] });
    expect(fix.newlyAllowed.every(set => set.destinations.join() === `${STRIPE}/32`)).toBe(true);
  });
  test('its owner is named, and the change is shown line by line', () => {
    const owned = cnp(
      'payments/no',
      { egress: [{ toEntities: ['all'] }], egressDeny: [{ toCIDR: ['203.0.113.0/24'] }] },
      {
        labels: { 'argocd.argoproj.io/instance': 'network' },
        resourceVersion: '7',
      },
    );
    const fix = fixFor({ objects: [owned] });
    expect(fix.summary).toContain(
      'by a change of CiliumNetworkPolicy payments/no itself (it belongs to Argo CD app network)',
    );
    expect(fix.changes).toHaveLength(1);
    expect(fix.changes?.[0]?.diff.split('\n').filter(line => !line.startsWith(' '))).toEqual([
      '-    - toCIDR:',
      '-        - 203.0.113.0/24',
      '+    - toCIDRSet:',
      '+        - cidr: 203.0.113.0/24',
      '+          except:',
      `+            - ${STRIPE}/32`,
    ]);
  });
  test('what nobody allows afterwards is allowed beside it', () => {
    const only = cnp('payments/no', {
      egress: [dnsRule({ matchPattern: '*' })],
      egressDeny: [{ toCIDR: ['203.0.113.0/24'] }],
    });
    expect(fixFor({ objects: [only] }).manifests.map(manifest => manifest.metadata)).toMatchObject([
      { name: 'no' },
      { name: 'allow-billing-to-api-stripe-com' },
    ]);
  });
  test('a deny of ports for everybody is left to its owner', () => {
    const proposal = propose({ objects: [denied({ toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }] }] })] });
    expect(proposal.kind === 'no-fix' && proposal.why).toContain('its owner has to change it');
  });
});
