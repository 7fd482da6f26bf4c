/** What every proposed object says of itself, whatever its kind: its name, where it lies, who proposed it and what for. */
import { describe, expect, test } from 'vitest';
import { allowWords, servedVersion } from '../../src/diagnose/fix-manifest.ts';
import type { Engine } from '../../src/model.ts';
import {
  type Asked,
  CALICO,
  CILIUM,
  DNS_RULE,
  fixFor,
  inputOf,
  netpol,
  object,
  pod,
  served,
  UNKNOWN,
} from '../fakes/fix-scenes.ts';

const engine = (name: Engine['name']): Engine => ({ name, version: null, evidence: 'test' });
const fence = netpol('payments/fence', {}, { egress: [DNS_RULE] });
const calicoFence = object('projectcalico.org/v3', 'GlobalNetworkPolicy', 'fence', {
  spec: { selector: 'all()', types: ['Egress'], order: 10, egress: [{ action: 'Deny' }] },
});
const securityFence = object('projectcalico.org/v3', 'GlobalNetworkPolicy', 'security.fence', {
  spec: { tier: 'security', selector: 'all()', types: ['Egress'], order: 5, egress: [{ action: 'Deny' }] },
});
const SECURITY = object('projectcalico.org/v3', 'Tier', 'security', { spec: { order: 100 } });
const antreaFence = object('crd.antrea.io/v1beta1', 'NetworkPolicy', 'payments/drop', {
  spec: {
    priority: 10,
    appliedTo: [{ podSelector: {} }],
    egress: [{ action: 'Drop', to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }],
  },
});
const adminFence = object('policy.networking.k8s.io/v1alpha2', 'ClusterNetworkPolicy', 'fence', {
  spec: {
    tier: 'Admin',
    priority: 10,
    subject: { namespaces: {} },
    egress: [{ action: 'Deny', to: [{ networks: ['0.0.0.0/0'] }] }],
  },
});
const fqdnKind = object('networking.gke.io/v1alpha1', 'FQDNNetworkPolicy', 'shop/p', { spec: {} });
const mesh = [
  pod('payments/billing', '10.244.0.7', { app: 'billing' }, { containers: [{ name: 'app' }, { name: 'istio-proxy' }] }),
  object('v1', 'ConfigMap', 'istio-system/istio', { data: { mesh: 'outboundTrafficPolicy: {mode: REGISTRY_ONLY}' } }),
];

type Kind = {
  readonly rule: string;
  readonly asked: Asked;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** null: cluster-scoped. */
  readonly namespace: string | null;
  readonly deniedBy: string;
  /** Of another object of this kind, which has no part in it. */
  readonly idle?: object;
};
const NAME = 'allow-billing-to-api-stripe-com';
const KINDS: readonly Kind[] = [
  {
    rule: 'NetworkPolicy',
    asked: { objects: [fence], engine: UNKNOWN },
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    name: NAME,
    namespace: 'payments',
    deniedBy: 'NetworkPolicy payments/fence',
  },
  {
    rule: 'CiliumNetworkPolicy',
    asked: { objects: [fence], engine: CILIUM, apis: [served('cilium.io', 'v2', 'CiliumNetworkPolicy')] },
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    name: NAME,
    namespace: 'payments',
    deniedBy: 'NetworkPolicy payments/fence',
  },
  {
    rule: 'NetworkPolicy of Calico',
    asked: { objects: [calicoFence], engine: CALICO },
    apiVersion: 'projectcalico.org/v3',
    kind: 'NetworkPolicy',
    name: NAME,
    namespace: 'payments',
    deniedBy: 'GlobalNetworkPolicy fence',
  },
  {
    rule: 'NetworkPolicy of Calico in a tier, whose name comes first',
    asked: { objects: [SECURITY, securityFence], engine: CALICO },
    apiVersion: 'projectcalico.org/v3',
    kind: 'NetworkPolicy',
    name: `security.${NAME}`,
    namespace: 'payments',
    deniedBy: 'GlobalNetworkPolicy security.fence',
  },
  {
    rule: 'NetworkPolicy of Antrea',
    asked: { objects: [antreaFence], engine: engine('antrea') },
    apiVersion: 'crd.antrea.io/v1beta1',
    kind: 'NetworkPolicy',
    name: NAME,
    namespace: 'payments',
    deniedBy: 'NetworkPolicy.crd.antrea.io payments/drop',
    idle: { priority: 20, appliedTo: [{ podSelector: {} }], egress: [] },
  },
  {
    rule: 'ClusterNetworkPolicy, whose name says the namespace since it has none',
    asked: { objects: [adminFence], engine: UNKNOWN },
    apiVersion: 'policy.networking.k8s.io/v1alpha2',
    kind: 'ClusterNetworkPolicy',
    name: 'allow-payments-billing-to-api-stripe-com',
    namespace: null,
    deniedBy: 'ClusterNetworkPolicy fence',
    idle: { tier: 'Admin', priority: 20, subject: { namespaces: {} } },
  },
  {
    rule: 'FQDNNetworkPolicy',
    asked: { objects: [fence, fqdnKind], engine: engine('gke-dataplane-v2') },
    apiVersion: 'networking.gke.io/v1alpha1',
    kind: 'FQDNNetworkPolicy',
    name: NAME,
    namespace: 'payments',
    deniedBy: 'NetworkPolicy payments/fence',
  },
  {
    rule: 'ServiceEntry, which is named by the host alone',
    asked: { objects: mesh, engine: UNKNOWN },
    apiVersion: 'networking.istio.io/v1beta1',
    kind: 'ServiceEntry',
    name: 'api-stripe-com',
    namespace: 'payments',
    deniedBy: 'ConfigMap istio-system/istio',
    idle: { hosts: ['other.example'], ports: [{ number: 80, name: 'http', protocol: 'HTTP' }], resolution: 'DNS' },
  },
];

type Metadata = { readonly name: string };
/** The proposed objects of the kind, with other objects in the cluster. */
function metadataOf({ asked, kind }: Kind, ...others: Asked['objects']): readonly Metadata[] {
  const { manifests } = fixFor({ ...asked, objects: [...asked.objects, ...others] });
  return manifests.filter(each => each.kind === kind).map(each => each.metadata as Metadata);
}
/** Another object of this kind, unless another kind is named. */
const named = ({ apiVersion, kind, idle = {} }: Kind, namespace: string | null, name: string, other?: string) => {
  const key = namespace === null ? name : `${namespace}/${name}`;
  return other === undefined ? object(apiVersion, kind, key, { spec: idle }) : object('v1', other, key, {});
};

describe.each(KINDS)('$rule', row => {
  test('says its version, its name and place, who proposed it, and what for', () => {
    const [manifest] = fixFor(row.asked).manifests.filter(({ kind }) => kind === row.kind);
    expect(manifest?.apiVersion).toBe(row.apiVersion);
    expect(manifest?.metadata).toEqual({
      name: row.name,
      ...(row.namespace === null ? {} : { namespace: row.namespace }),
      labels: { 'app.kubernetes.io/created-by': 'egress' },
      annotations: {
        'kubernetes.io/description': expect.stringMatching(
          new RegExp(
            `^Proposed by egress: lets Pod payments/billing reach api\\.stripe\\.com on 443/TCP, which ${row.deniedBy}.* denied\\.$`,
          ),
        ),
      },
    });
  });
  test('takes no name that one of its kind and place has: the port is added, then a number', () => {
    const taken = (name: string) => named(row, row.namespace, name);
    expect(metadataOf(row, taken(row.name))[0]?.name).toBe(`${row.name}-443`);
    expect(metadataOf(row, taken(row.name), taken(`${row.name}-443`))[0]?.name).toBe(`${row.name}-443-2`);
  });
  test('may share its name with what is of another kind or place', () => {
    const others = [named(row, 'elsewhere', row.name), named(row, row.namespace, row.name, 'ConfigMap')];
    expect(metadataOf(row, ...others)[0]?.name).toBe(row.name);
  });
});

test('a pod of a workload is called by the workload', () => {
  const owner = { kind: 'Deployment', name: 'bills' };
  const input = inputOf({ objects: [fence] });
  const target = { ...input.target, owner };
  expect(allowWords({ target, hostText: 'h' } as never)).toEqual(['allow', 'bills', 'to', 'h']);
});

describe('the version of a kind', () => {
  const policy = object('crd.antrea.io/v1beta1', 'ClusterNetworkPolicy', 'x', {});
  const antrea = (apis: Asked['apis'], objects: Asked['objects']) =>
    servedVersion({ apis: apis ?? [], objects }, 'crd.antrea.io', 'NetworkPolicy');
  test.each<[string, Asked['apis'], Asked['objects'], string | null]>([
    ['is that which is served', [served('crd.antrea.io', 'v1beta2', 'NetworkPolicy')], [policy], 'v1beta2'],
    ['is not that of another kind of the group', [served('crd.antrea.io', 'v1beta2', 'Group')], [policy], 'v1beta1'],
    ['is not that of another group', [served('networking.k8s.io', 'v1', 'NetworkPolicy')], [policy], 'v1beta1'],
    ['is that of an object of a kind with this name at its end', [], [policy], 'v1beta1'],
    ['is not that of another kind’s object', [], [object('crd.antrea.io/v1beta1', 'Tier', 'x', {})], null],
    ['is not that of another group’s object', [], [fence], null],
    ['is null where the kind is not there', [], [], null],
  ])('%s', (_, apis, objects, wanted) => {
    expect(antrea(apis, objects)).toBe(wanted);
  });
});
