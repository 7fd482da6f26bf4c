/** How each kind of fix is written where it is for the question, whatever other kinds would do. */
import { describe, expect, test } from 'vitest';
import { ADMIN_POLICY } from '../../src/diagnose/fix-admin.ts';
import { ANTREA_BY_NAME, ANTREA_EXACT } from '../../src/diagnose/fix-antrea.ts';
import { EKS_BY_NAME, GKE_BY_NAME } from '../../src/diagnose/fix-by-name.ts';
import { CALICO_BY_NAME, CALICO_EXACT, CALICO_OUTSIDE } from '../../src/diagnose/fix-calico.ts';
import type { FixKind } from '../../src/diagnose/fix-kind.ts';
import {
  ANTREA,
  anp,
  antrea,
  antreaServed,
  calico,
  cnp,
  denyPods,
  EKS,
  EVERYWHERE,
  eksServed,
  fence,
  GKE,
  gkeServed,
  global,
  shut,
} from '../fakes/engine-scenes.ts';
import {
  type Asked,
  CALICO,
  draftOf,
  ipBlock,
  object,
  pod,
  STRIPE,
  served,
  specOf,
  tcp,
  UNKNOWN,
} from '../fakes/fix-scenes.ts';

/** The specs that a kind writes; throws when it is not for this. */
function specsOf(kind: FixKind, asked: Asked): readonly unknown[] {
  const draft = draftOf(kind, asked);
  if (draft.kind !== 'draft') throw new Error(draft.why);
  return draft.manifests.map(specOf);
}
const howOf = (kind: FixKind, asked: Asked) => {
  const draft = draftOf(kind, asked);
  return draft.kind === 'draft' ? draft.how : draft.why;
};

const KUBE_DNS = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
  podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
};

describe('Antrea', () => {
  const drop = antrea('payments/drop', { tier: 'securityops' });
  const toHost = { action: 'Allow', to: [{ fqdn: 'api.stripe.com' }], ports: [{ protocol: 'TCP', port: 443 }] };
  const lookup = (protocol: string) => ({ action: 'Allow', to: [KUBE_DNS], ports: [{ protocol, port: 53 }] });
  test('the host by its name, and its lookup, which is denied too', () => {
    expect(specsOf(ANTREA_BY_NAME, { objects: [drop], engine: ANTREA })).toEqual([
      {
        tier: 'securityops',
        priority: 9,
        appliedTo: [{ podSelector: { matchLabels: { app: 'billing' } } }],
        egress: [toHost, lookup('UDP'), lookup('TCP')],
      },
    ]);
  });
  test('the lookup stays as it is where the rules let it through', () => {
    const asked = { objects: [fence], engine: ANTREA, apis: antreaServed };
    expect(specsOf(ANTREA_BY_NAME, asked)).toEqual([expect.objectContaining({ egress: [toHost] })]);
    expect(specsOf(ANTREA_BY_NAME, asked)).toMatchObject([{ tier: 'application', priority: 5 }]);
    expect(howOf(ANTREA_BY_NAME, asked)).toBe(
      'NetworkPolicy of Antrea in tier application with priority 5, with the host by its name',
    );
  });
  test('a lookup of which it is not known whether it passes is opened over both transports', () => {
    const wide = antrea('payments/drop', { egress: [{ action: 'Drop', to: [ipBlock('0.0.0.0/0')] }] });
    expect(specsOf(ANTREA_BY_NAME, { objects: [wide], engine: ANTREA })).toMatchObject([
      { egress: [toHost, lookup('UDP'), lookup('TCP')] },
    ]);
  });
  test('each address once, where a name has several: the name is said once', () => {
    const asked = { objects: [drop], engine: ANTREA, dns: { 'api.stripe.com': [STRIPE, '203.0.113.44'] } };
    expect(specsOf(ANTREA_BY_NAME, asked)).toMatchObject([{ egress: [toHost, lookup('UDP'), lookup('TCP')] }]);
  });
  test('exactly the addresses', () => {
    const asked = { objects: [drop], engine: ANTREA, nameservers: ['198.51.100.53'] };
    expect(specsOf(ANTREA_EXACT, asked)).toMatchObject([
      {
        egress: [
          { to: [ipBlock(`${STRIPE}/32`)], ports: [tcp(443)] },
          { to: [ipBlock('198.51.100.53/32')] },
          { to: [ipBlock('198.51.100.53/32')] },
        ],
      },
    ]);
    expect(howOf(ANTREA_EXACT, asked)).toBe(
      'NetworkPolicy of Antrea in tier securityops with priority 9, asked just before NetworkPolicy.crd.antrea.io payments/drop (priority 10), with exactly its addresses',
    );
  });
  test('a nameserver by address is opened by its address, and only the host by its name', () => {
    const asked = { objects: [drop], engine: ANTREA, nameservers: ['198.51.100.53'] };
    expect(specsOf(ANTREA_BY_NAME, asked)).toMatchObject([
      { egress: [toHost, { to: [ipBlock('198.51.100.53/32')] }, { to: [ipBlock('198.51.100.53/32')] }] },
    ]);
  });

  test.each<readonly [rule: string, objects: Asked['objects'], tier: string, priority: number]>([
    [
      'the first of several that deny is preceded',
      [
        antrea('payments/late', { priority: 20, egress: [{ action: 'Drop', to: [ipBlock(`${STRIPE}/32`)] }] }),
        antrea('payments/early', { priority: 10, egress: [{ action: 'Drop', to: [KUBE_DNS] }] }),
      ],
      'application',
      9,
    ],
    [
      'what is earlier in another tier does not count',
      [antrea('payments/drop', {}), antrea('payments/other', { tier: 'emergency', priority: 9.5, egress: [] })],
      'application',
      9,
    ],
    [
      'what is earlier and no policy of Antrea does not count',
      [antrea('payments/drop', {}), object('x/v1', 'Thing', 'payments/x', { spec: { priority: 9.5 } })],
      'application',
      9,
    ],
    [
      'what is just one step earlier leaves half a step',
      [antrea('payments/drop', {}), antrea('payments/other', { priority: 9, egress: [] })],
      'application',
      9.5,
    ],
    [
      'what has the earliest priority leaves half of what is after it',
      [antrea('payments/drop', { priority: 2 }), antrea('payments/other', { priority: 1, egress: [] })],
      'application',
      1.5,
    ],
    ['the earliest priority itself is free', [antrea('payments/drop', { priority: 1.5 })], 'application', 1],
    [
      'a ClusterNetworkPolicy is preceded by a policy of the namespace',
      [antrea('drop', { appliedTo: [{ namespaceSelector: {} }] }, 'ClusterNetworkPolicy')],
      'application',
      9,
    ],
  ])('%s', (_, objects, tier, priority) => {
    expect(specsOf(ANTREA_BY_NAME, { objects, engine: ANTREA })).toMatchObject([{ tier, priority }]);
  });
});

describe('kinds of managed clusters', () => {
  const fqdn = {
    podSelector: { matchLabels: { app: 'billing' } },
    egress: [{ matches: [{ name: 'api.stripe.com' }], ports: [tcp(443)] }],
  };
  test('the host by its name alone, where its lookup passes', () => {
    const asked = { objects: [fence], engine: GKE, apis: gkeServed };
    expect(draftOf(GKE_BY_NAME, asked)).toMatchObject({
      kind: 'draft',
      manifests: [{ apiVersion: 'networking.gke.io/v1alpha3', kind: 'FQDNNetworkPolicy', spec: fqdn }],
      how: 'FQDNNetworkPolicy with the host by name: stricter than any NetworkPolicy, which knows addresses alone',
    });
  });
  test('and a NetworkPolicy for what it cannot name: the lookup, and pods behind the name', () => {
    const asked = {
      objects: [shut],
      engine: GKE,
      apis: gkeServed,
      dns: { 'api.stripe.com': [STRIPE, '10.244.0.9', '203.0.113.44'] },
    };
    const web = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } };
    expect(specsOf(GKE_BY_NAME, asked)).toMatchObject([
      fqdn,
      { egress: [{ to: [web], ports: [tcp(443)] }, { to: [KUBE_DNS] }] },
    ]);
    expect(howOf(GKE_BY_NAME, asked)).toBe(
      'FQDNNetworkPolicy with the host by name, and a NetworkPolicy with pods by their labels for the rest: stricter than any NetworkPolicy, which knows addresses alone',
    );
  });
  test('a nameserver outside is no host to be named', () => {
    const asked = { objects: [shut], engine: GKE, apis: gkeServed, nameservers: ['198.51.100.53'] };
    expect(specsOf(GKE_BY_NAME, asked)).toMatchObject([fqdn, { egress: [{ to: [ipBlock('198.51.100.53/32')] }] }]);
  });
  test('the policy of EKS says its direction', () => {
    const asked = { objects: [fence], engine: EKS, apis: eksServed };
    expect(specsOf(EKS_BY_NAME, asked)).toEqual([
      {
        podSelector: { matchLabels: { app: 'billing' } },
        policyTypes: ['Egress'],
        egress: [{ to: [{ domainNames: ['api.stripe.com'] }], ports: [tcp(443)] }],
      },
    ]);
  });
});

describe('the administrators’ tiers', () => {
  const accept = (number: number, to: object, protocol: string, port: number) => ({
    name: `allow-${number}`,
    action: 'Accept',
    to: [to],
    protocols: [{ [protocol]: { destinationPort: { number: port } } }],
  });
  test('each need is one rule with a name of its own, and what is said twice is said once', () => {
    const deny = cnp('fence', 10, { egress: [{ action: 'Deny', to: [EVERYWHERE, { networks: ['0.0.0.0/0'] }] }] });
    const asked = { objects: [deny], engine: UNKNOWN, dns: { 'api.stripe.com': [STRIPE, '203.0.113.44'] } };
    expect(specsOf(ADMIN_POLICY, asked)).toEqual([
      {
        tier: 'Admin',
        priority: 9,
        subject: {
          pods: {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'payments' } },
            podSelector: { matchLabels: { app: 'billing' } },
          },
        },
        egress: [
          accept(1, { domainNames: ['api.stripe.com'] }, 'tcp', 443),
          accept(3, { pods: KUBE_DNS }, 'udp', 53),
          accept(4, { pods: KUBE_DNS }, 'tcp', 53),
        ],
      },
    ]);
  });
  test('an AdminNetworkPolicy has no tier and no names', () => {
    const asked = { objects: [anp('fence', 10)], engine: UNKNOWN, nameservers: ['198.51.100.53'] };
    expect(specsOf(ADMIN_POLICY, asked)).toEqual([
      {
        priority: 9,
        subject: expect.anything(),
        egress: [
          {
            name: 'allow-1',
            action: 'Allow',
            to: [{ networks: [`${STRIPE}/32`] }],
            ports: [{ portNumber: { protocol: 'TCP', port: 443 } }],
          },
          expect.objectContaining({ to: [{ networks: ['198.51.100.53/32'] }] }),
          expect.objectContaining({ to: [{ networks: ['198.51.100.53/32'] }] }),
        ],
      },
    ]);
    expect(howOf(ADMIN_POLICY, asked)).toBe(
      'AdminNetworkPolicy with the host by address, checked just before AdminNetworkPolicy fence (priority 10), which no NetworkPolicy can override',
    );
  });
  test('in the baseline a name cannot be said', () => {
    const asked = { objects: [cnp('fence', 10, { tier: 'Baseline' })], engine: UNKNOWN };
    expect(specsOf(ADMIN_POLICY, asked)).toMatchObject([
      { tier: 'Baseline', priority: 9, egress: [{ to: [{ networks: [`${STRIPE}/32`] }] }, {}, {}] },
    ]);
    expect(howOf(ADMIN_POLICY, asked)).toContain(
      'with the host by address, checked just before ClusterNetworkPolicy fence',
    );
  });
  test('a name that the engine does not implement is not said', () => {
    const engine = { name: 'calico', version: '3.32.0', evidence: 'test' } as const;
    const asked = { objects: [cnp('fence', 10)], engine };
    expect(specsOf(ADMIN_POLICY, asked)).toMatchObject([
      { egress: [{ to: [{ networks: [`${STRIPE}/32`] }] }, {}, {}] },
    ]);
  });
  test('a nameserver is no host to be named', () => {
    const asked = { objects: [cnp('fence', 10)], engine: UNKNOWN, nameservers: ['198.51.100.53'] };
    expect(specsOf(ADMIN_POLICY, asked)).toMatchObject([
      { egress: [{ to: [{ domainNames: ['api.stripe.com'] }] }, { to: [{ networks: ['198.51.100.53/32'] }] }, {}] },
    ]);
  });
  test('an address has no name', () => {
    const asked = { objects: [cnp('fence', 10)], engine: UNKNOWN, host: '2001:db8::43', from: 'payments/six' };
    const six = pod('payments/six', 'fd00::6', { app: 'six' });
    const objects = [cnp('fence', 10, { egress: [{ action: 'Deny', to: [{ networks: ['::/0'] }] }] }), six];
    expect(specsOf(ADMIN_POLICY, { ...asked, objects })).toMatchObject([
      { egress: [{ to: [{ networks: ['2001:db8::43/128'] }] }] },
    ]);
  });
  test.each<readonly [rule: string, objects: Asked['objects'], priority: number]>([
    ['the earliest of several that deny is preceded', [cnp('late', 20, denyPods), cnp('early', 10)], 9],
    ['priority 0 may be taken', [cnp('fence', 1)], 0],
    ['a priority of another tier is free', [cnp('fence', 10), cnp('base', 9, { tier: 'Baseline', egress: [] })], 9],
    [
      'a priority of another kind is free',
      [cnp('fence', 10), object('x/v1', 'Thing', 'x', { spec: { priority: 9 } })],
      9,
    ],
    [
      'priorities that are taken are passed over',
      [cnp('fence', 10), cnp('b', 9, { egress: [] }), cnp('c', 8, { egress: [] })],
      7,
    ],
  ])('%s', (_, objects, priority) => {
    expect(specsOf(ADMIN_POLICY, { objects, engine: UNKNOWN })).toMatchObject([{ priority }]);
  });
  test('priorities of AdminNetworkPolicy are of one tier', () => {
    const objects = [anp('fence', 10), anp('other', 9, { networks: ['198.51.100.0/24'] })];
    expect(specsOf(ADMIN_POLICY, { objects, engine: UNKNOWN })).toMatchObject([{ priority: 8 }]);
  });
});

describe('Calico', () => {
  const NAMED = calico('LicenseKey', 'default', {});
  const hasNames = (objects: Asked['objects'], apis: Asked['apis'] = []) =>
    draftOf(CALICO_BY_NAME, { objects: [global('fence'), ...objects], engine: CALICO, apis }).kind === 'draft';
  test.each<readonly [rule: string, objects: Asked['objects'], apis: Asked['apis'], is: boolean]>([
    ['a licence is served', [], [served('projectcalico.org', 'v3', 'LicenseKey')], true],
    ['another kind is served', [], [served('projectcalico.org', 'v3', 'Tier')], false],
    ['a licence in the store', [{ ...NAMED, apiVersion: 'crd.projectcalico.org/v1' }], [], true],
    ['a licence of somebody else', [{ ...NAMED, apiVersion: 'example.com/v1' }], [], false],
    [
      'one of several rules has names',
      [
        global('other', {
          order: 99,
          egress: [
            { action: 'Allow', destination: { nets: ['192.0.2.0/24'] } },
            { action: 'Allow', destination: { domains: ['a.example'] } },
          ],
        }),
      ],
      [],
      true,
    ],
  ])('rules by name are of the paid editions: %s', (_, objects, apis, is) => {
    expect(hasNames(objects, apis)).toBe(is);
  });

  const out = (draft: FixKind, asked: Partial<Asked> & Pick<Asked, 'objects'>) =>
    specsOf(draft, { engine: CALICO, ...asked })[0] as { egress: readonly { destination: object }[] };
  test('exactly the addresses, and why a name cannot be said', () => {
    const two = { objects: [global('fence')], dns: { 'api.stripe.com': [STRIPE, '203.0.113.44'] } };
    expect(out(CALICO_EXACT, two).egress[0]?.destination).toEqual({
      nets: [`${STRIPE}/32`, '203.0.113.44/32'],
      ports: [443],
    });
    expect(howOf(CALICO_EXACT, { ...two, engine: CALICO })).toContain(
      'with exactly its addresses: rules by name are of Calico Enterprise and Calico Cloud',
    );
    expect(howOf(CALICO_EXACT, { objects: [global('fence')], engine: CALICO, host: STRIPE })).toMatch(
      /exactly its address$/,
    );
  });
  test('everything outside has its exceptions', () => {
    const { destination } = out(CALICO_OUTSIDE, { objects: [global('fence')] }).egress[0] ?? {};
    expect(destination).toMatchObject({ nets: ['0.0.0.0/0'], notNets: expect.arrayContaining(['10.0.0.0/8']) });
  });
  test('a nameserver by address is no host', () => {
    const asked = { objects: [global('fence'), NAMED], nameservers: ['198.51.100.53'] };
    expect(out(CALICO_BY_NAME, asked).egress.map(({ destination }) => destination)).toEqual([
      { domains: ['api.stripe.com'], ports: [443] },
      { nets: ['198.51.100.53/32'], ports: [53] },
      { nets: ['198.51.100.53/32'], ports: [53] },
    ]);
  });
  test('a pod of the own namespace is named without it', () => {
    expect(out(CALICO_EXACT, { objects: [global('fence')], host: '10.244.0.8', port: 5432 }).egress).toEqual([
      { action: 'Allow', protocol: 'TCP', destination: { selector: "app == 'db'", ports: [5432] } },
    ]);
  });
  test('only the lookup is denied: no rule for the host', () => {
    const dns = global('dns', { egress: [{ action: 'Deny', protocol: 'UDP' }, { action: 'Allow' }] });
    expect(out(CALICO_EXACT, { objects: [dns] }).egress.map(rule => rule.destination)).toEqual([
      expect.objectContaining({ ports: [53] }),
    ]);
  });
});
