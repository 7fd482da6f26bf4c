/**
 * What the agent's own source says and its pages hardly do:
 * https://github.com/cilium/cilium/blob/v1.15.19/pkg/policy/api/rule_validation.go, entity.go and
 * https://github.com/cilium/cilium/blob/v1.15.19/pkg/fqdn/matchpattern/matchpattern.go. Marked (lab): seen in a cluster of
 * Cilium 1.15.19 too.
 */
import {
  CILIUM_1_17,
  CILIUM_UNKNOWN,
  ccnp,
  cnp,
  dns,
  egress,
  P,
  ports,
  STRIPE,
  service,
  table,
} from './policy-cilium-builders.ts';

const HTTP = { http: [{ method: 'GET' }] };
const above = (port: object, rules: object = HTTP, more: object = {}) =>
  egress({ toEntities: ['world'], toPorts: [{ ports: [port], rules, ...more }] });
const OTHER = { to: STRIPE, port: 9999 };

table('rules above the port that the agent refuses with the whole policy: the pod is open', [
  ['HTTP rules on a port without a protocol', [above({ port: '80' })], OTHER, 'allow', []],
  ['HTTP rules on a port of any protocol', [above({ port: '80', protocol: 'ANY' })], OTHER, 'allow', []],
  ['HTTP rules on a port of UDP', [above({ port: '80', protocol: 'UDP' })], OTHER, 'allow', []],
  ['Kafka rules on a port without a protocol', [above({ port: '9092' }, { kafka: [{ topic: 'x' }] })], OTHER, 'allow'],
  ['rules of another protocol on such a port', [above({ port: '80' }, { l7proto: 'x', l7: [{}] })], OTHER, 'allow'],
  ['HTTP rules on TCP are taken', [above({ port: '80', protocol: 'TCP' })], OTHER, 'deny'],
  ['protocols are in any case', [above({ port: '80', protocol: 'tcp' })], OTHER, 'deny'],
  ['no HTTP rule is no rule, whatever the protocol', [above({ port: '80' }, { http: [] })], OTHER, 'deny'],
  ['DNS rules are for any protocol', [above({ port: '53' }, { dns: [{ matchPattern: '*' }] })], OTHER, 'deny'],
  ['DNS rules on port 0', [above({ port: '0', protocol: 'UDP' }, { dns: [{ matchPattern: '*' }] })], OTHER, 'allow'],
  ['HTTP rules on port 0', [above({ port: '0', protocol: 'TCP' })], { ...OTHER, protocol: 'UDP' }, 'allow'],
  ['rules without their protocol', [above({ port: '80', protocol: 'TCP' }, { l7: [{}] })], OTHER, 'allow'],
  [
    'server names beside HTTP rules',
    [above({ port: '443', protocol: 'TCP' }, HTTP, { serverNames: ['a.b'] })],
    OTHER,
    'allow',
  ],
  [
    'server names beside HTTP rules where TLS ends in the proxy',
    [above({ port: '443', protocol: 'TCP' }, HTTP, { serverNames: ['a.b'], terminatingTLS: {} })],
    OTHER,
    'deny',
  ],
  [
    'a proxy of its own beside HTTP rules',
    [above({ port: '443', protocol: 'TCP' }, HTTP, { listener: { name: 'x' } })],
    OTHER,
    'allow',
  ],
  [
    'a proxy of its own on ingress',
    [cnp('pay/p', { ingress: [{ toPorts: [{ ports: [{ port: '80' }], listener: { name: 'x' } }] }] })],
    { from: 'shop/web', to: 'pod:pay/api' },
    'allow',
  ],
  ['of another version it is not known', [above({ port: '80' })], { ...OTHER, engine: CILIUM_1_17 }, 'unknown'],
]);

const open = (...lines: readonly object[]) => cnp('pay/p', { egress: lines });
const WORLD_WIDE = { toEntities: ['world'] };

table('ports that the agent refuses with the whole policy', [
  [
    'a port above the highest',
    [open(WORLD_WIDE, { toEntities: ['cluster'], ...ports('65536') })],
    { to: 'pod:pay/db' },
    'allow',
    [],
  ],
  [
    'a name of more than fifteen letters (lab)',
    [open({ ...WORLD_WIDE, ...ports('a234567890123456') })],
    OTHER,
    'allow',
    [],
  ],
  ['a name of fifteen letters', [open({ ...WORLD_WIDE, ...ports('a23456789012345') })], OTHER, 'deny'],
]);

const APISERVER = service('default/kubernetes', '10.96.0.1', { port: 443, endpoints: ['198.51.100.7'] });
const TO_API = { to: '198.51.100.7' };

table('an API server outside of the cluster', [
  ['is of the entity cluster', [...APISERVER, egress({ toEntities: ['cluster'] })], TO_API, 'allow'],
  ['is of the entity world', [...APISERVER, egress({ toEntities: ['world'] })], TO_API, 'allow'],
  ['is of the entity kube-apiserver', [...APISERVER, egress({ toEntities: ['kube-apiserver'] })], TO_API, 'allow'],
  ['is no other node', [...APISERVER, egress({ toEntities: ['remote-node'] })], TO_API, 'deny'],
  ['has the address that it has', [...APISERVER, egress({ toCIDR: ['198.51.100.7/32'] })], TO_API, 'allow'],
  [
    'has a label of its own',
    [...APISERVER, egress({ toEndpoints: [{ matchLabels: { 'reserved:kube-apiserver': '' } }] })],
    TO_API,
    'allow',
  ],
  [
    'a node that it runs on has the label too (lab)',
    [egress({ toEndpoints: [{ matchLabels: { 'reserved:kube-apiserver': '' } }] })],
    { to: '192.0.2.10' },
    'allow',
  ],
  [
    'other addresses have not',
    [...APISERVER, egress({ toEndpoints: [{ matchLabels: { 'reserved:kube-apiserver': '' } }] })],
    { to: STRIPE },
    'deny',
  ],
  [
    'other addresses are not of the cluster',
    [...APISERVER, egress({ toEntities: ['cluster'] })],
    { to: STRIPE },
    'deny',
  ],
]);

const denying = (rule: object) => cnp('pay/p', { egress: [{ toEntities: ['all'] }], egressDeny: [rule] });
const BOTH = { ...ports('443/TCP'), icmps: [{ fields: [{ type: 8 }] }] };

table('deny rules are not checked: what stands in them counts', [
  ['ports beside icmps are denied (lab)', [denying({ ...WORLD_WIDE, ...BOTH })], { to: STRIPE }, 'deny'],
  [
    'icmps beside ports are denied (lab)',
    [denying({ ...WORLD_WIDE, ...BOTH })],
    { to: STRIPE, protocol: 'ICMP', icmpType: 8 },
    'deny',
  ],
  ['other ports are not', [denying({ ...WORLD_WIDE, ...BOTH })], { to: STRIPE, port: 80 }, 'allow'],
]);

const NAME = (matchPattern: string) => [egress(dns({ matchPattern: '*' }), { toFQDNs: [{ matchPattern }] })];

table('a pattern of one star', [
  ['is every name', NAME('*'), { to: 'api.stripe.com' }, 'allow'],
  ['and a dot is every name of one label (lab)', NAME('*.'), { to: 'api.stripe.com' }, 'deny'],
  ['and a dot stands for such a name', NAME('*.'), { to: 'intra', dns: { intra: ['203.0.113.99'] } }, 'allow'],
  [
    'and a dot lets the DNS proxy pass no name of two labels (lab)',
    [egress(dns({ matchPattern: '*.' }))],
    { to: 'pod:kube-system/coredns', port: 53, protocol: 'UDP', query: 'api.stripe.com' },
    'deny',
  ],
]);

const named = (data: object) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'cilium-config', namespace: 'kube-system' },
  data,
});
const CLUSTER_LABEL = 'io.cilium.k8s.policy.cluster';
const IN = (cluster: string) => ({ matchLabels: { [CLUSTER_LABEL]: cluster } });
const SHUT_IN = (cluster: string) => cnp('pay/p', { endpointSelector: IN(cluster), egress: [{}] });
const TO_DB = { to: 'pod:pay/db' };

table('the label of the cluster', [
  ['is its name', [SHUT_IN('east'), named({ 'cluster-name': 'east' })], TO_DB, 'deny'],
  ['is no other', [SHUT_IN('default'), named({ 'cluster-name': 'east' })], TO_DB, 'allow'],
  ['is default where nobody gave it a name', [SHUT_IN('default'), named({})], TO_DB, 'deny'],
  ['is not known where the settings were not read', [SHUT_IN('default')], TO_DB, 'unknown'],
  ['of a peer', [egress({ toEndpoints: [IN('east')] }), named({ 'cluster-name': 'east' })], TO_DB, 'allow'],
  [
    'of a peer of another cluster',
    [egress({ toEndpoints: [IN('west')] }), named({ 'cluster-name': 'east' })],
    TO_DB,
    'deny',
  ],
  ['of a peer that is not known', [egress({ toEndpoints: [IN('west')] })], TO_DB, 'unknown'],
  [
    'is there, whatever its name',
    [
      egress({ toEndpoints: [{ matchExpressions: [{ key: CLUSTER_LABEL, operator: 'NotIn', values: ['west'] }] }] }),
      named({ 'cluster-name': 'east' }),
    ],
    TO_DB,
    'allow',
  ],
]);

const OF_NODES = (...directions: readonly string[]) =>
  ccnp('nodes', { nodeSelector: {}, ...Object.fromEntries(directions.map(key => [key, [{}]])) });
const FIREWALL = (on: string) => named({ 'enable-host-firewall': on });
const TO_NODE = { to: '192.0.2.11' };
const NODES = ['CiliumClusterwideNetworkPolicy nodes'];

const ON = FIREWALL('true');

table('policies of nodes', [
  ['may deny what a node receives', [OF_NODES('ingress'), ON], TO_NODE, 'unknown', NODES],
  ['also by deny rules', [OF_NODES('ingressDeny'), ON], TO_NODE, 'unknown', NODES],
  ['are no policies where the firewall is off', [OF_NODES('ingress'), FIREWALL('false')], TO_NODE, 'allow', []],
  ['are none by default', [OF_NODES('ingress'), named({})], TO_NODE, 'allow', []],
  ['are none where the settings were not read', [OF_NODES('ingress')], TO_NODE, 'allow', []],
  [
    'among specs',
    [{ ...ccnp('nodes', {}), specs: [{ nodeSelector: {}, ingress: [{}] }], spec: null }, ON],
    TO_NODE,
    'unknown',
    NODES,
  ],
  ['without a rule of that direction deny nothing', [OF_NODES('egress'), ON], TO_NODE, 'allow', []],
  [
    'are for the nodes that they select',
    [ccnp('nodes', { nodeSelector: { matchLabels: { role: 'edge' } }, ingress: [{}] }), ON],
    TO_NODE,
    'allow',
    [],
  ],
  ['are not for pods', [OF_NODES('ingress', 'egress'), ON], TO_DB, 'allow', []],
  ['are not for the world', [OF_NODES('ingress', 'egress'), ON], { to: STRIPE }, 'allow', []],
  [
    'may deny what a pod of the node’s network sends',
    [OF_NODES('egress'), ON],
    { from: 'pay/onhost', to: STRIPE },
    'unknown',
    NODES,
  ],
  [
    'of what nodes receive say nothing of what they send',
    [OF_NODES('ingress'), ON],
    { from: 'pay/onhost', to: STRIPE },
    'allow',
    [],
  ],
  ['allow nothing that a pod’s policy denies', [OF_NODES('ingress'), ON, egress({})], TO_NODE, 'deny', P],
]);

/** Rules of both directions may be missing, or empty. */
const RULELESS = (more: object = {}) => cnp('pay/p', { enableDefaultDeny: { egress: true }, egress: [], ...more });
const version = (text: string) => ({ ...CILIUM_1_17, version: text });
const OUT_OF_1_17 = { to: STRIPE, engine: CILIUM_1_17 };
const BESIDE = { endpointSelector: {}, egress: [{ toEntities: ['cluster'] }] };

table('a policy without a rule is refused since 1.17 (https://github.com/cilium/cilium/issues/35558)', [
  ['enableDefaultDeny shuts nothing by itself', [RULELESS()], OUT_OF_1_17, 'allow', []],
  ['nor in a later version', [RULELESS()], { to: STRIPE, engine: version('1.20.1') }, 'allow', []],
  ['in 1.16 it is not known', [RULELESS()], { to: STRIPE, engine: version('1.16.5') }, 'unknown', P],
  [
    'of a version that is not known it is not known',
    [RULELESS()],
    { to: STRIPE, engine: CILIUM_UNKNOWN },
    'unknown',
    P,
  ],
  ['one rule of any direction is enough', [RULELESS({ ingressDeny: [{}] })], OUT_OF_1_17, 'deny', P],
  ['voids the others of its object', [{ ...RULELESS(), specs: [BESIDE] }], OUT_OF_1_17, 'allow', []],
  ['is none, and voids nothing, in 1.15', [{ ...cnp('pay/p', {}), specs: [BESIDE] }], { to: STRIPE }, 'deny', P],
]);

const TO_NODES = [egress({ toNodes: [{}] })];

table('rules that name nodes void a policy unless Cilium is set to know their labels, which is not known', [
  ['and so what it denies', TO_NODES, OUT_OF_1_17, 'unknown', P],
  ['and what it allows', TO_NODES, { to: '192.0.2.11', engine: CILIUM_1_17 }, 'unknown', P],
]);

/** A policy that the agent refuses; the API server counts how often its spec was written. */
const REFUSED_AT = (generation: number) => ({
  ...above({ port: '80' }),
  metadata: { name: 'p', namespace: 'pay', generation },
});
const RULELESS_AT = (generation: number) => ({ ...RULELESS(), metadata: { name: 'p', namespace: 'pay', generation } });

// https://github.com/cilium/cilium/blob/v1.15.19/pkg/k8s/watchers/cilium_network_policy.go (updateCiliumNetworkPolicyV2)
table('a policy that is refused after a change stays as it was before it, as long as the agent lives (lab)', [
  ['one that was never changed is none', [REFUSED_AT(1)], OTHER, 'allow', []],
  ['of one that was changed, what it allowed is not known', [REFUSED_AT(2)], OTHER, 'unknown', P],
  ['nor what it denied', [REFUSED_AT(2), cnp('pay/all', { egress: [{ toEntities: ['all'] }] })], OTHER, 'unknown'],
  [
    'it says nothing of a direction of which it has no rules',
    [REFUSED_AT(2)],
    { from: 'shop/web', to: 'pod:pay/api' },
    'allow',
  ],
  ['nor of other pods', [REFUSED_AT(2)], { from: 'shop/web', to: STRIPE }, 'allow', []],
  ['without a rule since 1.17', [RULELESS_AT(2)], OUT_OF_1_17, 'unknown', P],
]);

const TO_PARTNER = { to: '203.0.113.80', port: 80 };
const PARTNER = { toServices: [{ k8sService: { serviceName: 'partner', namespace: 'pay' } }] };
const PARTNER_ON_80 = { ...PARTNER, ...ports('80/TCP') };

// https://github.com/cilium/cilium/blob/v1.15.19/pkg/k8s/rule_translate.go looks Services up for the allow rules of egress alone.
table('a deny rule by Service in 1.15 (lab)', [
  ['denies nothing', [denying(PARTNER)], TO_PARTNER, 'allow'],
  ['denies its ports to everybody', [denying(PARTNER_ON_80)], { to: STRIPE, port: 80 }, 'deny', P],
  ['denies no other port', [denying(PARTNER_ON_80)], { to: STRIPE }, 'allow'],
  ['shuts its direction', [cnp('pay/p', { egressDeny: [PARTNER] })], TO_PARTNER, 'deny', P],
  ['leaves other peers beside it', [denying({ ...PARTNER, toCIDR: ['203.0.113.43/32'] })], { to: STRIPE }, 'deny', P],
  ['of another version is not known', [denying(PARTNER)], { ...TO_PARTNER, engine: CILIUM_1_17 }, 'unknown'],
]);
