/** Cilium's policies: peers by labels and by entity. Marked (lab): seen in a cluster of Cilium 1.15.19. */
import { ipBlock, np } from './policy-builders.ts';
import { CILIUM_1_17, ccnp, cnp, egress, P, ports, type Row, STRIPE, table } from './policy-cilium-builders.ts';

table('peers by labels', [
  [
    'a selector means the own namespace (lab)',
    [egress({ toEndpoints: [{ matchLabels: { app: 'web' } }] })],
    { to: 'pod:shop/web' },
    'deny',
    P,
  ],
  [
    'the empty selector means the own namespace (lab)',
    [egress({ toEndpoints: [{}] })],
    { to: 'pod:pay/db' },
    'allow',
    P,
  ],
  ['the empty selector is not the world', [egress({ toEndpoints: [{}] })], { to: STRIPE }, 'deny', P],
  [
    'a namespace key leads elsewhere',
    [egress({ toEndpoints: [{ matchLabels: { app: 'web', 'k8s:io.kubernetes.pod.namespace': 'shop' } }] })],
    { to: 'pod:shop/web' },
    'allow',
    P,
  ],
  [
    'a namespace key needs no source (lab)',
    [egress({ toEndpoints: [{ matchLabels: { 'io.kubernetes.pod.namespace': 'shop' } }] })],
    { to: 'pod:shop/web' },
    'allow',
    P,
  ],
  [
    'a namespace key that only has to exist is every namespace (lab)',
    [egress({ toEndpoints: [{ matchExpressions: [{ key: 'k8s:io.kubernetes.pod.namespace', operator: 'Exists' }] }] })],
    { to: 'pod:shop/web' },
    'allow',
    P,
  ],
  [
    'labels of a namespace do not lead elsewhere in 1.15 (lab)',
    [egress({ toEndpoints: [{ matchLabels: { 'k8s:io.cilium.k8s.namespace.labels.team': 'shop' } }] })],
    { to: 'pod:shop/web' },
    'deny',
    P,
  ],
  [
    'whether they do later is not known',
    [egress({ toEndpoints: [{ matchLabels: { 'k8s:io.cilium.k8s.namespace.labels.team': 'shop' } }] })],
    { to: 'pod:shop/web', engine: CILIUM_1_17 },
    'unknown',
  ],
  [
    'in a cluster-wide policy the empty selector is every pod',
    [ccnp('c', { endpointSelector: {}, egress: [{ toEndpoints: [{}] }] })],
    { to: 'pod:shop/web' },
    'allow',
  ],
  [
    'in a cluster-wide policy the empty selector is no node',
    [ccnp('c', { endpointSelector: {}, egress: [{ toEndpoints: [{}] }] })],
    { to: '192.0.2.10' },
    'deny',
  ],
  [
    'a label of another source is not there',
    [egress({ toEndpoints: [{ matchLabels: { 'container:app': 'db' } }] })],
    { to: 'pod:pay/db' },
    'deny',
  ],
  [
    'k8s: is the source of pod labels',
    [egress({ toEndpoints: [{ matchLabels: { 'k8s:app': 'db' } }] })],
    { to: 'pod:pay/db' },
    'allow',
  ],
  [
    'any: is every source',
    [egress({ toEndpoints: [{ matchLabels: { 'any:app': 'db' } }] })],
    { to: 'pod:pay/db' },
    'allow',
  ],
  [
    'reserved:host is the own node (lab)',
    [egress({ toEndpoints: [{ matchLabels: { 'reserved:host': '' } }] })],
    { to: '192.0.2.10' },
    'allow',
  ],
  [
    'reserved:host is no other node',
    [egress({ toEndpoints: [{ matchLabels: { 'reserved:host': '' } }] })],
    { to: '192.0.2.11' },
    'deny',
  ],
  [
    'reserved:world is outside (lab)',
    [egress({ toEndpoints: [{ matchLabels: { 'reserved:world': '' } }] })],
    { to: STRIPE },
    'allow',
  ],
  [
    'an empty list of peers is none in 1.15 (lab)',
    [egress({ toEndpoints: [], ...ports('443/TCP') })],
    { to: STRIPE },
    'allow',
    P,
  ],
  ['an empty list of peers alone allows nothing (lab)', [egress({ toEndpoints: [] })], { to: STRIPE }, 'deny', P],
  [
    'an empty list of peers is open in other versions',
    [egress({ toEndpoints: [], ...ports('443/TCP') })],
    { to: STRIPE, engine: CILIUM_1_17 },
    'unknown',
  ],
  [
    'toRequires narrows toEndpoints (lab)',
    [egress({ toEndpoints: [{}], toRequires: [{ matchLabels: { tier: 'gold' } }] })],
    { to: 'pod:pay/db' },
    'deny',
  ],
  [
    'toRequires lets through what it asks for',
    [egress({ toEndpoints: [{}], toRequires: [{ matchLabels: { app: 'db' } }] })],
    { to: 'pod:pay/db' },
    'allow',
  ],
  [
    'toRequires of one policy narrows the other policies of the pod (lab)',
    [cnp('pay/r', { egress: [{ toRequires: [{ matchLabels: { tier: 'gold' } }] }] }), egress({ toEndpoints: [{}] })],
    { to: 'pod:pay/db' },
    'deny',
  ],
  [
    'toRequires does not narrow the policies of other pods',
    [
      cnp('pay/r', {
        endpointSelector: { matchLabels: { app: 'near' } },
        egress: [{ toRequires: [{ matchLabels: { tier: 'gold' } }] }],
      }),
      egress({ toEndpoints: [{}] }),
    ],
    { to: 'pod:pay/db' },
    'allow',
  ],
  [
    'toRequires does not narrow entities (lab)',
    [egress({ toRequires: [{ matchLabels: { tier: 'gold' } }], toEndpoints: [{}] }, { toEntities: ['world'] })],
    { to: STRIPE },
    'allow',
  ],
]);

const GOLD = cnp('pay/r', { egress: [{ toRequires: [{ matchLabels: { tier: 'gold' } }] }] });
const NEAR = cnp('pay/r', { egress: [{ toRequires: [{ matchLabels: { app: 'near' } }] }] });
const everywhere = { namespaceSelector: {} };

table('toRequires beside NetworkPolicies', [
  ['narrows selectors (lab)', [GOLD, np('pay/n', to([{ podSelector: {} }]))], { to: 'pod:pay/db' }, 'deny'],
  ['lets through what it asks for', [NEAR, np('pay/n', to([everywhere]))], { to: 'pod:pay/near' }, 'allow'],
  ['narrows rules without peers (lab)', [GOLD, np('pay/n', to())], { to: 'pod:pay/db' }, 'deny'],
  ['leaves ipBlocks as they are (lab)', [GOLD, np('pay/n', to([ipBlock('203.0.113.0/24')]))], { to: STRIPE }, 'allow'],
  [
    'is about the pods of its own policy',
    [
      cnp('pay/r', {
        endpointSelector: { matchLabels: { app: 'near' } },
        egress: [{ toRequires: [{ matchLabels: { tier: 'gold' } }] }],
      }),
      np('pay/n', to([everywhere])),
    ],
    { to: 'pod:pay/db' },
    'allow',
  ],
]);

/** A NetworkPolicy's one rule to these peers; none: to every peer. */
function to(peers?: readonly object[]): object {
  return { podSelector: {}, policyTypes: ['Egress'], egress: [peers === undefined ? {} : { to: peers }] };
}

table('entities', [
  ['world is outside (lab)', [egress({ toEntities: ['world'] })], { to: STRIPE }, 'allow', P],
  ['world is no pod (lab)', [egress({ toEntities: ['world'] })], { to: 'pod:pay/db' }, 'deny', P],
  ['cluster is pods (lab)', [egress({ toEntities: ['cluster'] })], { to: 'pod:shop/web' }, 'allow', P],
  ['cluster is nodes', [egress({ toEntities: ['cluster'] })], { to: '192.0.2.11' }, 'allow', P],
  ['host is the own node (lab)', [egress({ toEntities: ['host'] })], { to: '192.0.2.10' }, 'allow', P],
  ['host is no other node', [egress({ toEntities: ['host'] })], { to: '192.0.2.11' }, 'deny', P],
  ['remote-node is the other node', [egress({ toEntities: ['remote-node'] })], { to: '192.0.2.11' }, 'allow', P],
  ['remote-node is not the own node', [egress({ toEntities: ['remote-node'] })], { to: '192.0.2.10' }, 'deny', P],
  [
    'kube-apiserver is its address (lab)',
    [egress({ toEntities: ['kube-apiserver'] })],
    { to: 'service:default/kubernetes' },
    'allow',
    P,
  ],
  ['kube-apiserver is no other node', [egress({ toEntities: ['kube-apiserver'] })], { to: '192.0.2.11' }, 'deny', P],
  ['all is everything (lab)', [egress({ toEntities: ['all'] })], { to: STRIPE }, 'allow', P],
  ['none is nothing', [egress({ toEntities: ['none'] })], { to: STRIPE }, 'deny', P],
  ...(['init', 'health', 'unmanaged', 'ingress'] as const).map(
    (name): Row => [`${name} is none of these`, [egress({ toEntities: [name] })], { to: 'pod:pay/db' }, 'deny', P],
  ),
  ['world-ipv4 is outside', [egress({ toEntities: ['world-ipv4'] })], { to: STRIPE, engine: CILIUM_1_17 }, 'allow', P],
  ['world-ipv6 is not IPv4', [egress({ toEntities: ['world-ipv6'] })], { to: STRIPE, engine: CILIUM_1_17 }, 'deny', P],
  ['world-ipv4 is no word of 1.15 (lab)', [egress({ toEntities: ['world-ipv4'] })], { to: STRIPE }, 'unknown'],
  ['an unknown entity is not known', [egress({ toEntities: ['internet'] })], { to: STRIPE }, 'unknown'],
]);
