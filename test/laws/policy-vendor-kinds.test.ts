/** Laws of the kinds of Istio, OpenShift, Antrea, GKE and EKS: reading never throws, and strangers change nothing. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Engine } from '../../src/model.ts';
import { ask, CLUSTER, egress } from '../tables/policy-builders.ts';

const KINDS = [
  ['k8s.ovn.org/v1', 'EgressFirewall', 'ovn-kubernetes'],
  ['network.openshift.io/v1', 'EgressNetworkPolicy', 'unknown'],
  ['networking.istio.io/v1', 'Sidecar', 'calico'],
  ['networking.istio.io/v1', 'ServiceEntry', 'calico'],
  ['crd.antrea.io/v1beta1', 'NetworkPolicy', 'antrea'],
  ['crd.antrea.io/v1beta1', 'ClusterNetworkPolicy', 'antrea'],
  ['networking.gke.io/v1alpha1', 'FQDNNetworkPolicy', 'gke-dataplane-v2'],
  ['networking.k8s.aws/v1alpha1', 'ApplicationNetworkPolicy', 'aws-vpc-cni'],
  ['networking.k8s.aws/v1alpha1', 'ClusterNetworkPolicy', 'aws-vpc-cni'],
  ['vpcresources.k8s.aws/v1beta1', 'SecurityGroupPolicy', 'aws-vpc-cni'],
] as const satisfies readonly (readonly [string, string, Engine['name']])[];

const WORDS = [
  ...['egress', 'ingress', 'to', 'from', 'ports', 'action', 'type', 'matches', 'hosts', 'name', 'pattern', 'port'],
  ...['appliedTo', 'podSelector', 'namespaceSelector', 'priority', 'tier', 'subject', 'domainNames', 'fqdn', 'group'],
  ...['cidrSelector', 'dnsName', 'ipBlock', 'cidr', 'workloadSelector', 'outboundTrafficPolicy', 'mode', 'exportTo'],
  ...['addresses', 'number', 'protocol', 'protocols', 'icmp', 'securityGroups', 'namespaces', 'match', 'toServices'],
];
const VALUES = [
  'Allow',
  'Deny',
  'Drop',
  'Pass',
  'Accept',
  'TCP',
  'TLS',
  '0.0.0.0/0',
  '*',
  './*',
  '~/*',
  'Self',
  'DNS',
  '',
];

const leaf = fc.oneof(fc.constantFrom<unknown>(...VALUES, null, true, 1, 5, 443, -1, 1.5), fc.string({ maxLength: 6 }));
const { tree } = fc.letrec<{ tree: unknown }>(tie => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...WORDS), tie('tree'), { maxKeys: 4 }),
  ),
}));
const spec = fc.oneof(tree, fc.dictionary(fc.constantFrom(...WORDS), tree, { maxKeys: 5 }));
const kind = fc.constantFrom(...KINDS);

const MESH_POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'mesh', namespace: 'pay', labels: { app: 'mesh' } },
  spec: { containers: [{ name: 'main' }, { name: 'istio-proxy' }] },
  status: { phase: 'Running', podIP: '10.244.0.9', podIPs: [{ ip: '10.244.0.9' }] },
};
const ENDS = ['203.0.113.43', 'api.stripe.com', 'pod:shop/web', '192.0.2.11'];

function object([apiVersion, name]: (typeof KINDS)[number], namespace: string, value: unknown): object {
  const metadata = name === 'ClusterNetworkPolicy' ? { name: 'x' } : { name: 'default', namespace };
  return { apiVersion, kind: name, metadata, spec: value };
}

const engineOf = ([, , name]: (typeof KINDS)[number]): Engine => ({ name, version: null, evidence: 'given' });

test('any object of these kinds is read and judged, never thrown at', () => {
  fc.assert(
    fc.property(kind, spec, fc.constantFrom(...ENDS), fc.constantFrom('pay/api', 'pay/mesh'), (of, value, to, from) => {
      const answer = ask([...CLUSTER, MESH_POD, object(of, 'pay', value)], { from, to, engine: engineOf(of) });
      expect(['allow', 'deny', 'unknown']).toContain(answer.decision);
    }),
    { numRuns: 400 },
  );
});

test('what cannot be read leaves a denial of another layer or tier as it is, or makes it unknown, and never allows', () => {
  fc.assert(
    fc.property(kind, fc.constantFrom<unknown>(null, 7, 'x', [], { newer: 1 }), (of, value) => {
      const objects = [...CLUSTER, object(of, 'pay', value), egress('pay/deny')];
      expect(ask(objects, { to: '203.0.113.43', engine: engineOf(of) }).decision).not.toBe('allow');
    }),
  );
});

test('an object of another namespace changes nothing for this one', () => {
  const namespaced = fc.constantFrom(...KINDS.filter(([, name]) => name !== 'ClusterNetworkPolicy'));
  fc.assert(
    fc.property(namespaced, spec, fc.constantFrom('203.0.113.43', 'api.stripe.com'), (of, value, to) => {
      const engine = engineOf(of);
      const before = ask(CLUSTER, { to, engine }).decision;
      expect(ask([...CLUSTER, object(of, 'other', value)], { to, engine }).decision).toBe(before);
    }),
    { numRuns: 200 },
  );
});
