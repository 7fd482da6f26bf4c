/** Engines, and objects of theirs, for tables of fixes: what is served, what denies, and what leads elsewhere. */
import type { Engine } from '../../src/model.ts';
import { DNS_RULE, netpol, object, pod, served } from './fix-scenes.ts';

const engine = (name: Engine['name'], version: string | null = null): Engine => ({ name, version, evidence: 'test' });
export const ANTREA = engine('antrea', '2.1.0');
export const GKE = engine('gke-dataplane-v2');
export const EKS = engine('aws-vpc-cni');

export const fence = netpol('payments/fence', {}, { egress: [DNS_RULE] });
export const shut = netpol('payments/shut', {}, { egress: [] });
export const shopShut = netpol('shop/shut', {}, { ingress: [] });
export const bare = pod('shop/bare', '10.244.0.77', {});
/** The name leads to a pod of the cluster. */
export const toPod = (address: string) => ({ dns: { 'api.stripe.com': [address] } });

export const antrea = (key: string, spec: object, kind = 'NetworkPolicy') =>
  object('crd.antrea.io/v1beta1', kind, key, {
    spec: { priority: 10, appliedTo: [{ podSelector: {} }], egress: [{ action: 'Drop' }], ...spec },
  });
export const antreaServed = [served('crd.antrea.io', 'v1beta1', 'NetworkPolicy')];
export const gkeServed = [served('networking.gke.io', 'v1alpha3', 'FQDNNetworkPolicy')];
export const eksServed = [served('networking.k8s.aws', 'v1alpha1', 'ApplicationNetworkPolicy')];

export const EVERYWHERE = { namespaces: {} };
export const cnp = (name: string, priority: number, more: object = {}) =>
  object('policy.networking.k8s.io/v1alpha2', 'ClusterNetworkPolicy', name, {
    spec: {
      tier: 'Admin',
      priority,
      subject: EVERYWHERE,
      egress: [{ action: 'Deny', to: [{ networks: ['0.0.0.0/0'] }] }],
      ...more,
    },
  });
export const anp = (name: string, priority: number, to: object = { networks: ['0.0.0.0/0'] }) =>
  object('policy.networking.k8s.io/v1alpha1', 'AdminNetworkPolicy', name, {
    spec: { priority, subject: EVERYWHERE, egress: [{ action: 'Deny', to: [to] }] },
  });
export const denyPods = { egress: [{ action: 'Deny', to: [EVERYWHERE] }] };

export const calico = (kind: string, key: string, spec: object) => object('projectcalico.org/v3', kind, key, { spec });
export const global = (name: string, spec: object = {}) =>
  calico('GlobalNetworkPolicy', name, {
    selector: 'all()',
    types: ['Egress'],
    order: 10,
    egress: [{ action: 'Deny' }],
    ...spec,
  });
