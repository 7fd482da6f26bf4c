/** Fixes of layers beside the policies: OpenShift's egress firewalls, and a mesh that knows its hosts. */
import { describe, expect, test } from 'vitest';
import type { Engine, Fix } from '../../src/model.ts';
import {
  type Asked,
  DNS_RULE,
  fixFor,
  ipBlock,
  lineOf,
  netpol,
  noFixFor,
  object,
  pod,
  STRIPE,
  specOf,
  tcp,
  UNKNOWN,
} from '../fakes/fix-scenes.ts';

const OVN: Engine = { name: 'ovn-kubernetes', version: null, evidence: 'test' };

const allow = (to: object, ...ports: readonly object[]) => ({
  type: 'Allow',
  to,
  ...(ports.length > 0 && { ports }),
});
const denyAll = { type: 'Deny', to: { cidrSelector: '0.0.0.0/0' } };
const firewall = (...egress: readonly object[]) =>
  object('k8s.ovn.org/v1', 'EgressFirewall', 'payments/default', { spec: { egress } });
const sdnFirewall = (...egress: readonly object[]) =>
  object('network.openshift.io/v1', 'EgressNetworkPolicy', 'payments/fence', { spec: { egress } });
const rulesOf = (fix: Fix, index = 0) => (specOf(fix.manifests[index]) as { egress: unknown }).egress;

describe('an egress firewall of OpenShift', () => {
  test('gets an allow by name and port just before the rule that denies', () => {
    const other = allow({ dnsName: 'example.com' });
    const fix = fixFor({ objects: [firewall(other, denyAll)], engine: OVN });
    expect(fix.manifests).toHaveLength(1);
    expect(rulesOf(fix)).toEqual([other, allow({ dnsName: 'api.stripe.com' }, tcp(443)), denyAll]);
    expect(fix.proof).toMatchObject({ before: 'deny', after: 'allow', newlyDenied: [] });
    expect(fix.newlyAllowed.map(lineOf)).toEqual([`payments/billing payments/db -> ${STRIPE}/32 : 443/TCP`]);
    expect(fix.kind).toContain('every pod of namespace payments');
  });

  test('is one object for the namespace: the change is shown line by line, with its owner', () => {
    const owned = object(
      'k8s.ovn.org/v1',
      'EgressFirewall',
      'payments/default',
      { spec: { egress: [denyAll] } },
      { annotations: { 'meta.helm.sh/release-name': 'fences', 'meta.helm.sh/release-namespace': 'payments' } },
    );
    const { changes = [], summary } = fixFor({ objects: [owned], engine: OVN });
    expect(changes.map(({ policy }) => policy)).toEqual(['EgressFirewall payments/default']);
    expect(changes[0]?.managedBy.join()).toContain('fences');
    expect(changes[0]?.diff).toContain('+        dnsName: api.stripe.com');
    expect(changes[0]?.diff).not.toMatch(/^-/m);
    expect(summary).toContain('by a change of EgressFirewall payments/default itself');
  });

  test.each([
    [
      'the rule that denies is not the last',
      [
        allow({ cidrSelector: '198.51.100.0/24' }),
        { type: 'Deny', to: { cidrSelector: `${STRIPE}/32` } },
        allow({ cidrSelector: '0.0.0.0/0' }),
      ],
      1,
    ],
    ['a rule that allows it comes too late', [denyAll, allow({ dnsName: 'api.stripe.com' })], 0],
    ['a deny by name', [{ type: 'Deny', to: { dnsName: 'api.stripe.com' } }], 0],
  ])('%s', (_, egress, at) => {
    const fix = fixFor({ objects: [firewall(...egress)], engine: OVN });
    const rules = rulesOf(fix) as readonly unknown[];
    expect(rules[at]).toEqual(allow({ dnsName: 'api.stripe.com' }, tcp(443)));
    expect(rules.toSpliced(at, 1)).toEqual(egress);
  });

  test('opens an address by its block', () => {
    const fix = fixFor({ objects: [firewall(denyAll)], engine: OVN, host: STRIPE });
    expect(rulesOf(fix)).toEqual([allow({ cidrSelector: `${STRIPE}/32` }, tcp(443)), denyAll]);
  });

  test('of OpenShift SDN knows no ports', () => {
    const fix = fixFor({ objects: [sdnFirewall(denyAll)], engine: UNKNOWN });
    expect(rulesOf(fix)).toEqual([allow({ dnsName: 'api.stripe.com' }), denyAll]);
    expect(fix.kind).toContain('it knows no ports');
  });

  test('and a NetworkPolicy deny: one changes, and another policy is added', () => {
    const fix = fixFor({
      objects: [firewall(denyAll), netpol('payments/fence', {}, { egress: [DNS_RULE] })],
      engine: OVN,
    });
    expect(fix.manifests.map(({ kind }) => kind)).toEqual(['EgressFirewall', 'NetworkPolicy']);
    expect(fix.proof).toMatchObject({ after: 'allow', newlyDenied: [] });
  });

  test('a pod without labels needs none: a firewall selects no pods', () => {
    const fix = fixFor({ objects: [pod('payments/billing', '10.244.0.7', {}), firewall(denyAll)], engine: OVN });
    expect(fix.manifests.map(({ kind }) => kind)).toEqual(['EgressFirewall']);
  });

  test('that allows it is left alone', () => {
    const fix = fixFor({
      objects: [firewall(allow({ dnsName: 'api.stripe.com' }), denyAll), netpol('payments/fence', {}, { egress: [] })],
      engine: OVN,
    });
    expect(fix.manifests.map(({ kind }) => kind)).toEqual(['NetworkPolicy']);
  });
});

const ISTIO = 'networking.istio.io/v1';
const meshConfig = (mode: string) =>
  object('v1', 'ConfigMap', 'istio-system/istio', { data: { mesh: `outboundTrafficPolicy: {mode: ${mode}}` } });
const inMesh = pod(
  'payments/billing',
  '10.244.0.7',
  { app: 'billing' },
  { containers: [{ name: 'app' }, { name: 'istio-proxy' }] },
);
const sidecar = (spec: object, key = 'payments/default') => object(ISTIO, 'Sidecar', key, { spec });
const mesh = (asked: Partial<Asked> & { readonly objects: readonly Asked['objects'][number][] }): Asked => ({
  ...asked,
  objects: [inMesh, meshConfig('REGISTRY_ONLY'), ...asked.objects],
});

describe('a mesh that lets out connections to hosts that it knows', () => {
  test('gets a ServiceEntry for the host, exported to its own namespace alone', () => {
    const fix = fixFor(mesh({ objects: [] }));
    expect(fix.manifests).toMatchObject([
      {
        apiVersion: 'networking.istio.io/v1beta1',
        kind: 'ServiceEntry',
        metadata: { namespace: 'payments', name: 'api-stripe-com' },
      },
    ]);
    expect(specOf(fix.manifests[0])).toEqual({
      hosts: ['api.stripe.com'],
      ports: [{ number: 443, name: 'tls-443', protocol: 'TLS' }],
      resolution: 'DNS',
      location: 'MESH_EXTERNAL',
      exportTo: ['.'],
    });
    expect(fix.proof).toMatchObject({ before: 'deny', after: 'allow', newlyDenied: [] });
    // The proxy goes by the name that the client says, so that other addresses on this port may open as well.
    expect(fix.newlyAllowed.map(lineOf).join()).toMatch(/^payments\/billing -> 0\.0\.0\.0-.* : 443\/TCP$/);
    expect(fix.changes).toBeUndefined();
    expect(fix.summary).toContain('beside ConfigMap istio-system/istio, which stays as it is');
  });

  test('an address goes by its block and port', () => {
    const fix = fixFor(mesh({ objects: [], host: STRIPE }));
    expect(specOf(fix.manifests[0])).toMatchObject({
      hosts: ['203-0-113-43.invalid'],
      addresses: [`${STRIPE}/32`],
      ports: [{ number: 443, protocol: 'TCP' }],
      resolution: 'NONE',
    });
  });

  test('a Sidecar that lists what it imports has to import the host too', () => {
    const own = sidecar({
      egress: [{ hosts: ['./*.local', 'istio-system/*'] }],
      outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
    });
    const fix = fixFor(mesh({ objects: [own] }));
    expect(fix.manifests.map(({ kind }) => kind)).toEqual(['ServiceEntry', 'Sidecar']);
    expect(rulesOf(fix, 1)).toEqual([{ hosts: ['./*.local', 'istio-system/*', './api.stripe.com'] }]);
    expect(fix.changes?.map(({ policy }) => policy)).toEqual(['Sidecar payments/default']);
    expect(fix.manifests[0]).toMatchObject({ apiVersion: ISTIO });
  });

  test('what another namespace declares is imported, not declared again', () => {
    const own = sidecar({ egress: [{ hosts: ['./*'] }], outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } });
    const entry = object(ISTIO, 'ServiceEntry', 'shop/stripe', {
      spec: { hosts: ['api.stripe.com'], ports: [{ number: 443, name: 'tls', protocol: 'TLS' }], resolution: 'DNS' },
    });
    const fix = fixFor(mesh({ objects: [own, entry] }));
    expect(fix.manifests.map(({ kind }) => kind)).toEqual(['Sidecar']);
    expect(rulesOf(fix)).toEqual([{ hosts: ['./*', 'shop/api.stripe.com'] }]);
  });

  test('a Service that the Sidecar does not import is imported', () => {
    const own = sidecar({ egress: [{ hosts: ['./*'] }], outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } });
    const fix = fixFor(mesh({ objects: [own], host: 'service:shop/web', port: 80 }));
    expect(rulesOf(fix)).toEqual([{ hosts: ['./*', 'shop/web.shop.svc.cluster.local'] }]);
  });

  test('and a NetworkPolicy deny: the host becomes known, and a policy is added', () => {
    const fix = fixFor(mesh({ objects: [netpol('payments/fence', {}, { egress: [DNS_RULE] })], engine: UNKNOWN }));
    expect(fix.manifests.map(({ kind }) => kind)).toEqual(['ServiceEntry', 'NetworkPolicy']);
    expect(fix.proof).toMatchObject({ after: 'allow', newlyDenied: [] });
  });

  test('that lets everything out is left alone', () => {
    const objects = [
      inMesh,
      meshConfig('ALLOW_ANY'),
      netpol('payments/fence', {}, { egress: [ipBlock('198.51.100.0/24')].map(to => ({ to: [to] })) }),
    ];
    expect(fixFor({ objects, engine: UNKNOWN }).manifests.map(({ kind }) => kind)).toEqual(['NetworkPolicy']);
  });

  test('whose settings are not known gives no fix', () => {
    expect(noFixFor({ objects: [inMesh], engine: UNKNOWN })).toMatch(/not known/);
  });
});
