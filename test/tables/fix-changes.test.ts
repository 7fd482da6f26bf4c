/** Fixes that change an object that is there: a Cilium policy that denies, an egress firewall, what a Sidecar imports. */
import { describe, expect, test } from 'vitest';
import { CILIUM_DENY_CHANGE } from '../../src/diagnose/fix-cilium-deny.ts';
import type { KubernetesObject } from '../../src/evidence.ts';
import type { Engine } from '../../src/model.ts';
import {
  type Asked,
  draftOf,
  fixFor,
  netpol,
  node,
  object,
  pod,
  STRIPE,
  served,
  specOf,
  tcp,
  UNKNOWN,
  udp,
} from '../fakes/fix-scenes.ts';

const OTHER = '203.0.113.44';
const TWO = { 'api.stripe.com': [STRIPE, OTHER] };
const CNP = [served('cilium.io', 'v2', 'CiliumNetworkPolicy')];
const OPEN = { egress: [{ toEntities: ['all'] }] };
const cilium = (key: string, spec: object) =>
  object('cilium.io/v2', 'CiliumNetworkPolicy', key, { spec: { endpointSelector: {}, ...spec } });
const denying = (...egressDeny: readonly object[]) => cilium('payments/no', { ...OPEN, egressDeny });
const changed = (asked: Asked) => draftOf(CILIUM_DENY_CHANGE, { apis: CNP, ...asked });
const specs = (asked: Asked) => {
  const draft = changed(asked);
  return draft.kind === 'draft' ? draft.manifests.map(specOf) : draft;
};
const IMPOSSIBLE = {
  kind: 'impossible',
  why: 'CiliumNetworkPolicy payments/no denies it by something that no address can be taken out of: its owner has to change it',
};
const WORLD_BUT_IT = { toCIDRSet: [{ cidr: '0.0.0.0/0', except: [`${STRIPE}/32`] }, { cidr: '::/0' }] };

describe('a deny rule of Cilium', () => {
  test.each<readonly [rule: string, deny: readonly object[], wanted: readonly object[]]>([
    ['of everything denies the cluster still', [{ toEntities: ['all'] }], [{ toEntities: ['cluster'] }, WORLD_BUT_IT]],
    ['of the world alone', [{ toEntities: ['world'] }], [WORLD_BUT_IT]],
    [
      'with exceptions gets one more',
      [{ toCIDRSet: [{ cidr: '203.0.113.0/24', except: ['203.0.113.128/25'] }] }],
      [{ toCIDRSet: [{ cidr: '203.0.113.0/24', except: ['203.0.113.128/25', `${STRIPE}/32`] }] }],
    ],
    [
      'of one port alone goes with its address',
      [
        { toCIDR: [`${STRIPE}/32`], toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }] }] },
        { toCIDR: ['192.0.2.0/24'] },
      ],
      [{ toCIDR: ['192.0.2.0/24'] }],
    ],
    [
      'of two ports keeps the other for the address, and both for the rest of its range',
      [
        {
          toCIDR: ['203.0.113.0/24'],
          toPorts: [
            {
              ports: [
                { port: '443', protocol: 'TCP' },
                { port: '443', protocol: 'UDP' },
              ],
            },
          ],
        },
      ],
      [
        {
          toCIDRSet: [{ cidr: '203.0.113.0/24', except: [`${STRIPE}/32`] }],
          toPorts: [
            {
              ports: [
                { port: '443', protocol: 'TCP' },
                { port: '443', protocol: 'UDP' },
              ],
            },
          ],
        },
        { toCIDR: [`${STRIPE}/32`], toPorts: [{ ports: [{ port: '443', protocol: 'UDP' }] }] },
      ],
    ],
  ])('%s', (_, deny, wanted) => {
    expect(specs({ objects: [denying(...deny)], host: STRIPE })).toEqual([
      { endpointSelector: {}, ...OPEN, egressDeny: wanted },
    ]);
  });
  test.each<readonly [rule: string, deny: object, host: string]>([
    ['by ports alone', { toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }] }] }, STRIPE],
    ['by an entity that is not the world', { toEntities: ['remote-node'] }, '192.0.2.11'],
    ['by labels of pods', { toEndpoints: [{ matchLabels: { app: 'db' } }] }, '10.244.0.8'],
  ])('%s is left to its owner', (_, deny, host) => {
    const objects = [denying(deny), node('node-b', '192.0.2.11', '10.244.1.0/24')];
    expect(changed({ objects, host })).toEqual(IMPOSSIBLE);
  });
  test('only the spec that denies changes, of several in one policy', () => {
    const ours = { endpointSelector: { matchLabels: { app: 'billing' } }, ...OPEN };
    const other = { endpointSelector: { matchLabels: { app: 'db' } }, ...OPEN };
    const policy = object('cilium.io/v2', 'CiliumNetworkPolicy', 'payments/no', {
      specs: [{ ...ours, egressDeny: [{ toCIDR: [`${STRIPE}/32`] }] }, other],
    });
    const draft = changed({ objects: [policy] });
    expect(draft.kind === 'draft' && draft.manifests).toMatchObject([
      { specs: [{ ...ours, egressDeny: [{}] }, other] },
    ]);
    expect(draft.kind === 'draft' && draft.manifests[0]).not.toHaveProperty('spec');
    expect(JSON.stringify(draft)).not.toContain('"app":"db"},"egress":[{"toEntities":["all"]}],"egressDeny"');
  });
  test('another policy with the same rule, which selects other pods, stays as it is', () => {
    const rule = { ...OPEN, egressDeny: [{ toCIDR: [`${STRIPE}/32`] }] };
    const other = cilium('payments/other', { endpointSelector: { matchLabels: { app: 'db' } }, ...rule });
    const draft = changed({ objects: [other, cilium('payments/no', rule)] });
    expect(draft.kind === 'draft' && draft.manifests).toMatchObject([{ metadata: { name: 'no' } }]);
  });
  test.each<readonly [rule: string, policy: KubernetesObject, why: string]>([
    ['a policy of Kubernetes denies', netpol('payments/shut', {}, { egress: [] }), 'no policy of Cilium denies it'],
    [
      'a policy of Cilium allows too little',
      cilium('payments/little', { egress: [{}] }),
      'no deny rule of Cilium denies it',
    ],
  ])('is not there where %s', (_, policy, why) => {
    expect(changed({ objects: [policy] })).toEqual({ kind: 'not-applicable', why });
  });
  test('what nobody allows afterwards is allowed by name, and an address by its block', () => {
    const only = cilium('payments/no', {
      egress: [{ toEntities: ['cluster'] }],
      egressDeny: [{ toCIDR: ['203.0.113.0/24'] }],
    });
    const kinds = (asked: Partial<Asked>) =>
      fixFor({ objects: [only], apis: CNP, ...asked }).manifests.map(({ kind }) => kind);
    expect(kinds({})).toEqual(['CiliumNetworkPolicy', 'CiliumNetworkPolicy']);
    expect(kinds({ host: STRIPE })).toEqual(['CiliumNetworkPolicy', 'NetworkPolicy']);
  });
});

const OVN: Engine = { name: 'ovn-kubernetes', version: null, evidence: 'test' };
const allow = (to: object, ...ports: readonly object[]) => ({ type: 'Allow', to, ...(ports.length > 0 && { ports }) });
const deny = (cidrSelector: string) => ({ type: 'Deny', to: { cidrSelector } });
const DENY_ALL = deny('0.0.0.0/0');
const BY_NAME = allow({ dnsName: 'api.stripe.com' }, tcp(443));
const firewall = (egress: readonly object[], key = 'payments/default') =>
  object('k8s.ovn.org/v1', 'EgressFirewall', key, { spec: { egress } });
const rulesOf = (asked: Asked, index = 0) =>
  (specOf(fixFor(asked).manifests[index]) as { readonly egress: readonly object[] }).egress;

describe('an egress firewall', () => {
  test.each<readonly [rule: string, asked: Asked, wanted: readonly object[]]>([
    [
      'two addresses of a name are denied by two rules: the allow comes before the first of them',
      { objects: [firewall([deny(`${OTHER}/32`), deny(`${STRIPE}/32`)])], dns: TWO },
      [BY_NAME, deny(`${OTHER}/32`), deny(`${STRIPE}/32`)],
    ],
    [
      'one of two addresses is allowed already: the allow comes before the rule that denies the other',
      { objects: [firewall([allow({ cidrSelector: `${STRIPE}/32` }), DENY_ALL])], dns: TWO },
      [allow({ cidrSelector: `${STRIPE}/32` }), BY_NAME, DENY_ALL],
    ],
    [
      'a nameserver outside is opened by its address, over both transports',
      { objects: [firewall([DENY_ALL])], nameservers: ['198.51.100.53'] },
      [BY_NAME, allow({ cidrSelector: '198.51.100.53/32' }, udp(53), tcp(53)), DENY_ALL],
    ],
    [
      'only the nameserver is denied: no rule names the host',
      { objects: [firewall([BY_NAME, DENY_ALL])], nameservers: ['198.51.100.53'] },
      [BY_NAME, allow({ cidrSelector: '198.51.100.53/32' }, udp(53), tcp(53)), DENY_ALL],
    ],
    [
      'the firewall of another namespace is not this one',
      { objects: [firewall([DENY_ALL, DENY_ALL], 'shop/default'), firewall([DENY_ALL])] },
      [BY_NAME, DENY_ALL],
    ],
  ])('%s', (_, asked, wanted) => {
    expect(rulesOf({ engine: OVN, ...asked })).toEqual(wanted);
  });
  test('says what is changed, where, and for whom', () => {
    const other = allow({ dnsName: 'example.com' });
    expect(fixFor({ objects: [firewall([other, DENY_ALL])], engine: OVN }).kind).toBe(
      'a change of the EgressFirewall, of which a namespace has only one and which no policy overrides: the host by its name and port (the firewall looks the name up by itself), just before its rule 2; it holds for every pod of namespace payments, since an EgressFirewall selects no pods',
    );
    expect(fixFor({ objects: [firewall([DENY_ALL])], engine: OVN, host: STRIPE }).kind).toContain(
      'exactly its addresses, just before its rule 1;',
    );
  });
});

const ISTIO = 'networking.istio.io/v1';
const REGISTRY_ONLY = { outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } };
const inMesh = (asked: Asked): Asked => ({
  ...asked,
  engine: UNKNOWN,
  objects: [
    pod(
      'payments/billing',
      '10.244.0.7',
      { app: 'billing' },
      { containers: [{ name: 'app' }, { name: 'istio-proxy' }] },
    ),
    object('v1', 'ConfigMap', 'istio-system/istio', { data: { mesh: 'outboundTrafficPolicy: {mode: REGISTRY_ONLY}' } }),
    ...asked.objects,
  ],
});
const sidecar = (egress: readonly object[], key = 'payments/default') =>
  object(ISTIO, 'Sidecar', key, { spec: { egress, ...REGISTRY_ONLY } });
const LOCAL = { hosts: ['infra/*'] };
const WITH_HOST = { hosts: ['infra/*', './api.stripe.com'] };
const ON_80 = { port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['istio-system/*'] };

describe('a mesh', () => {
  test.each<readonly [rule: string, egress: readonly object[], wanted: readonly object[]]>([
    ['the listener of every port, whichever it is', [ON_80, LOCAL], [ON_80, WITH_HOST]],
    ['none but those of ports: one for every port is added', [ON_80], [ON_80, { hosts: ['./api.stripe.com'] }]],
    [
      'a listener that is bound elsewhere is not it',
      [{ bind: '127.0.0.1', ...LOCAL }, LOCAL],
      [{ bind: '127.0.0.1', ...LOCAL }, WITH_HOST],
    ],
    [
      'nor one that captures in another way',
      [{ captureMode: 'NONE', ...LOCAL }, LOCAL],
      [{ captureMode: 'NONE', ...LOCAL }, WITH_HOST],
    ],
  ])('a Sidecar imports the host: %s', (_, egress, wanted) => {
    const fix = fixFor(inMesh({ objects: [sidecar([LOCAL], 'shop/default'), sidecar(egress)] }));
    expect(fix.manifests.map(({ kind }) => kind)).toEqual(['ServiceEntry', 'Sidecar']);
    expect(fix.manifests[1]).toMatchObject({ metadata: { namespace: 'payments' } });
    expect(specOf(fix.manifests[1])).toEqual({ egress: wanted, ...REGISTRY_ONLY });
  });
  test.each<readonly [rule: string, asked: Partial<Asked>, wanted: object]>([
    [
      'HTTP carries the name',
      { application: 'http', port: 80 },
      { ports: [{ number: 80, name: 'http-80', protocol: 'HTTP' }], resolution: 'DNS' },
    ],
    [
      'what carries no name is told apart by its addresses',
      { application: 'none', dns: TWO },
      {
        hosts: ['api.stripe.com'],
        addresses: [`${STRIPE}/32`, `${OTHER}/32`],
        ports: [{ number: 443, name: 'tcp-443', protocol: 'TCP' }],
        resolution: 'NONE',
      },
    ],
  ])('gets a ServiceEntry: %s', (_, asked, wanted) => {
    const fix = fixFor(inMesh({ objects: [], ...asked }));
    expect(fix.manifests.map(({ kind }) => kind)).toEqual(['ServiceEntry']);
    expect(specOf(fix.manifests[0])).toMatchObject(wanted);
  });
});
