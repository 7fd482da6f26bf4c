/** Cilium's policies: whom they select, what they shut, and what a deny rule does. Marked (lab): seen in a cluster of Cilium 1.15.19. */
import { CALICO, egress as npEgress, UNKNOWN } from './policy-builders.ts';
import { CILIUM_1_17, ccnp, cnp, egress, P, ports, STRIPE, table } from './policy-cilium-builders.ts';

table('what a policy selects and shuts', [
  ['no policy: open', [], { to: STRIPE }, 'allow', []],
  ['an egress rule shuts everything else', [egress({ toCIDR: ['203.0.113.80/32'] })], { to: STRIPE }, 'deny', P],
  [
    'an egress rule says nothing of ingress',
    [egress({ toEntities: ['world'] })],
    { from: 'pay/db', to: 'pod:pay/api' },
    'deny',
  ],
  ['an empty egress list says nothing (lab)', [egress()], { to: STRIPE }, 'allow', []],
  ['an empty egress rule allows nothing and shuts (lab)', [egress({})], { to: STRIPE }, 'deny', P],
  [
    'an empty egressDeny rule denies nothing and shuts (lab)',
    [cnp('pay/p', { egressDeny: [{}] })],
    { to: STRIPE },
    'deny',
    P,
  ],
  ['ingress rules leave egress open', [cnp('pay/p', { ingress: [{}] })], { to: STRIPE }, 'allow', []],
  [
    'a namespaced policy selects in its namespace alone',
    [cnp('shop/p', { egress: [{}] })],
    { to: STRIPE },
    'allow',
    [],
  ],
  [
    'another namespace in its endpointSelector is written over (lab)',
    [cnp('pay/p', { endpointSelector: { matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'shop' } }, egress: [{}] })],
    { to: STRIPE },
    'deny',
    P,
  ],
  [
    'a cluster-wide policy selects everywhere',
    [ccnp('all', { endpointSelector: {}, egress: [{ toEntities: ['cluster'] }] })],
    { to: STRIPE },
    'deny',
    ['CiliumClusterwideNetworkPolicy all'],
  ],
  [
    'a cluster-wide policy selects by namespace',
    [ccnp('c', { endpointSelector: { matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'shop' } }, egress: [{}] })],
    { to: STRIPE },
    'allow',
    [],
  ],
  [
    'a cluster-wide policy selects by the labels of namespaces',
    [
      ccnp('c', {
        endpointSelector: { matchLabels: { 'k8s:io.cilium.k8s.namespace.labels.team': 'pay' } },
        egress: [{}],
      }),
    ],
    { to: STRIPE },
    'deny',
  ],
  ['a nodeSelector selects no pod (lab)', [ccnp('n', { nodeSelector: {}, egress: [{}] })], { to: STRIPE }, 'allow', []],
  ['hostNetwork pods are left alone (lab)', [egress({})], { from: 'pay/onhost', to: STRIPE }, 'allow', []],
  [
    'specs are policies of one name (lab)',
    [
      {
        apiVersion: 'cilium.io/v2',
        kind: 'CiliumNetworkPolicy',
        metadata: { name: 'p', namespace: 'pay' },
        specs: [
          { endpointSelector: {}, egress: [{ toCIDR: ['203.0.113.80/32'] }] },
          { endpointSelector: {}, egress: [{ toCIDR: ['203.0.113.43/32'] }] },
        ],
      },
    ],
    { to: STRIPE },
    'allow',
    P,
  ],
  [
    'a label that is no part of an identity selects nothing (lab)',
    [cnp('pay/p', { endpointSelector: { matchLabels: { 'pod-template-hash': 'x1' } }, egress: [{}] })],
    { to: STRIPE },
    'allow',
    [],
  ],
  [
    'enableDefaultDeny false leaves the direction open',
    [cnp('pay/p', { egress: [{ toCIDR: ['203.0.113.80/32'] }], enableDefaultDeny: { egress: false } })],
    { to: STRIPE, engine: CILIUM_1_17 },
    'allow',
  ],
  [
    'enableDefaultDeny true shuts without a rule',
    [cnp('pay/p', { ingress: [{}], enableDefaultDeny: { egress: true } })],
    { to: STRIPE, engine: CILIUM_1_17 },
    'deny',
  ],
  [
    'enableDefaultDeny is unknown to 1.15',
    [cnp('pay/p', { egress: [{ toCIDR: ['203.0.113.80/32'] }], enableDefaultDeny: { egress: false } })],
    { to: STRIPE },
    'unknown',
  ],
  [
    'a NetworkPolicy and a CiliumNetworkPolicy are one union (lab)',
    [npEgress('pay/open', {}), egress({ toCIDR: ['203.0.113.80/32'] })],
    { to: STRIPE },
    'allow',
    ['NetworkPolicy pay/open'],
  ],
]);

table('deny rules', [
  [
    'deny beats allow in one policy (lab)',
    [cnp('pay/p', { egress: [{ toEntities: ['all'] }], egressDeny: [{ toCIDR: ['203.0.113.43/32'] }] })],
    { to: STRIPE },
    'deny',
    P,
  ],
  [
    'deny beats allow of another kind (lab)',
    [npEgress('pay/open', {}), cnp('pay/p', { egressDeny: [{ toCIDR: ['203.0.113.43/32'], ...ports('443/TCP') }] })],
    { to: STRIPE },
    'deny',
    P,
  ],
  [
    'deny of one port leaves the others (lab)',
    [npEgress('pay/open', {}), cnp('pay/p', { egressDeny: [{ toCIDR: ['203.0.113.43/32'], ...ports('443/TCP') }] })],
    { to: STRIPE, port: 80 },
    'allow',
  ],
  [
    'deny by ports alone is for every peer',
    [cnp('pay/p', { egress: [{ toEntities: ['all'] }], egressDeny: [ports('443')] })],
    { to: STRIPE },
    'deny',
    P,
  ],
  [
    'deny rules take no names',
    [cnp('pay/p', { egress: [{ toEntities: ['all'] }], egressDeny: [{ toFQDNs: [{ matchName: 'x' }] }] })],
    { to: STRIPE },
    'unknown',
  ],
  [
    'ingressDeny drops at the destination',
    [
      cnp('pay/p', {
        ingress: [{ fromEntities: ['all'] }],
        ingressDeny: [{ fromEndpoints: [{ matchLabels: { app: 'api' } }] }],
      }),
    ],
    { to: 'pod:pay/db' },
    'deny',
    P,
  ],
]);

table('engines', [
  ['Calico does not enforce it', [egress({})], { to: STRIPE, engine: CALICO }, 'allow', []],
  ['where the engine is not known, nothing is', [egress({})], { to: STRIPE, engine: UNKNOWN }, 'unknown'],
]);
