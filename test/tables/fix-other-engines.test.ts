/** Fixes in the kinds of Antrea, GKE and EKS, which name hosts. */
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/model.ts';
import {
  type Asked,
  DNS_RULE,
  fixFor,
  lineOf,
  netpol,
  node,
  noFixFor,
  object,
  STRIPE,
  specOf,
} from '../fakes/fix-scenes.ts';

const engine = (name: Engine['name'], version: string | null = null): Engine => ({ name, version, evidence: 'test' });
const ANTREA = engine('antrea', '2.1.0');
const GKE = engine('gke-dataplane-v2');
const EKS = engine('aws-vpc-cni');
const fence = netpol('payments/fence', {}, { egress: [DNS_RULE] });
const kinds = (asked: Asked) => fixFor(asked).manifests.map(each => `${each.apiVersion} ${each.kind}`);

const antrea = (key: string, spec: object, kind = 'NetworkPolicy') =>
  object('crd.antrea.io/v1beta1', kind, key, {
    spec: {
      appliedTo: [{ podSelector: {} }],
      egress: [{ action: 'Drop', to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }],
      ...spec,
    },
  });

describe('Antrea', () => {
  test('a policy that drops is preceded by one of its kind in its tier, by name', () => {
    const fix = fixFor({ objects: [antrea('payments/drop', { priority: 10, tier: 'securityops' })], engine: ANTREA });
    expect(fix.manifests.map(specOf)).toEqual([
      {
        tier: 'securityops',
        priority: 9,
        appliedTo: [{ podSelector: { matchLabels: { app: 'billing' } } }],
        egress: [
          { action: 'Allow', to: [{ fqdn: 'api.stripe.com' }], ports: [{ protocol: 'TCP', port: 443 }] },
          expect.objectContaining({ action: 'Allow', ports: [{ protocol: 'UDP', port: 53 }] }),
          expect.objectContaining({ action: 'Allow', ports: [{ protocol: 'TCP', port: 53 }] }),
        ],
      },
    ]);
    expect(fix.proof).toMatchObject({ before: 'deny', after: 'allow', newlyDenied: [] });
    expect(fix.kind).toContain('asked just before NetworkPolicy.crd.antrea.io payments/drop (priority 10)');
  });

  test.each([
    ['no policy of its tier is passed over', [{ priority: 10 }, { priority: 9.5, egress: [] }], 9.75],
    ['a policy without a tier is of the tier application', [{ priority: 4, tier: '' }], 3],
  ])('%s', (_, specs, priority) => {
    const objects = specs.map((spec, index) => antrea(`payments/drop-${index}`, spec));
    expect(specOf(fixFor({ objects, engine: ANTREA }).manifests[0])).toMatchObject({ priority, tier: 'application' });
  });

  test('the earliest priority cannot be preceded', () => {
    expect(noFixFor({ objects: [antrea('payments/drop', { priority: 1 })], engine: ANTREA })).toMatch(/denied/);
  });

  test('an address goes by its block', () => {
    const fix = fixFor({ objects: [antrea('payments/drop', { priority: 10 })], engine: ANTREA, host: STRIPE });
    expect(specOf(fix.manifests[0])).toMatchObject({ egress: [{ to: [{ ipBlock: { cidr: `${STRIPE}/32` } }] }] });
  });

  test('what Kubernetes’ own policies shut is opened by name where Antrea’s are served', () => {
    const unrelated = antrea('shop/other', {
      priority: 10,
      appliedTo: [{ podSelector: { matchLabels: { app: 'nobody' } } }],
    });
    expect(kinds({ objects: [fence, unrelated], engine: ANTREA })).toEqual(['crd.antrea.io/v1beta1 NetworkPolicy']);
    expect(kinds({ objects: [fence], engine: ANTREA })).toEqual(['networking.k8s.io/v1 NetworkPolicy']);
  });
});

const fqdn = object('networking.gke.io/v1alpha1', 'FQDNNetworkPolicy', 'payments/partner', {
  spec: { podSelector: { matchLabels: { app: 'billing' } }, egress: [{ matches: [{ name: 'partner.example' }] }] },
});

describe('GKE', () => {
  test('a FQDNNetworkPolicy names the host where the kind is there', () => {
    const fix = fixFor({ objects: [fence, fqdn], engine: GKE });
    expect(fix.manifests.map(specOf)).toEqual([
      {
        podSelector: { matchLabels: { app: 'billing' } },
        egress: [{ matches: [{ name: 'api.stripe.com' }], ports: [{ protocol: 'TCP', port: 443 }] }],
      },
    ]);
    expect(fix.newlyAllowed.map(lineOf)).toEqual([`payments/billing -> ${STRIPE}/32 : 443/TCP`]);
  });
  test('and a NetworkPolicy opens the lookup where that is denied too', () => {
    const shut = netpol('payments/fence', {}, { egress: [] });
    expect(
      kinds({
        objects: [shut, object('networking.gke.io/v1alpha1', 'FQDNNetworkPolicy', 'shop/p', { spec: {} })],
        engine: GKE,
      }),
    ).toEqual(['networking.gke.io/v1alpha1 FQDNNetworkPolicy', 'networking.k8s.io/v1 NetworkPolicy']);
  });
  test('without the kind a NetworkPolicy has to do', () => {
    expect(kinds({ objects: [fence], engine: GKE })).toEqual(['networking.k8s.io/v1 NetworkPolicy']);
  });
});

const application = object('networking.k8s.aws/v1alpha1', 'ApplicationNetworkPolicy', 'shop/partner', {
  spec: {
    podSelector: { matchLabels: { app: 'web' } },
    policyTypes: ['Egress'],
    egress: [{ to: [{ podSelector: {} }] }],
  },
});
const auto = {
  ...node('node-a', '192.0.2.10', '10.244.0.0/24'),
  metadata: { name: 'node-a', labels: { 'eks.amazonaws.com/compute-type': 'auto' } },
};

describe('EKS', () => {
  test('an ApplicationNetworkPolicy names the host on Auto Mode', () => {
    const fix = fixFor({ objects: [fence, application, auto], engine: EKS });
    expect(fix.manifests.map(specOf)).toEqual([
      {
        podSelector: { matchLabels: { app: 'billing' } },
        policyTypes: ['Egress'],
        egress: [{ to: [{ domainNames: ['api.stripe.com'] }], ports: [{ protocol: 'TCP', port: 443 }] }],
      },
    ]);
  });
  test('elsewhere nothing enforces the name: a NetworkPolicy has to do', () => {
    expect(kinds({ objects: [fence, application], engine: EKS })).toEqual(['networking.k8s.io/v1 NetworkPolicy']);
  });
});
