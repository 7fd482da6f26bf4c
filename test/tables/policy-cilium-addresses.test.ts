/** Cilium's policies: peers by address, by CIDR group and by Service. Marked (lab): seen in a cluster of Cilium 1.15.19. */
import { CILIUM_1_17, CILIUM_UNKNOWN, egress, P, ports, STRIPE, table } from './policy-cilium-builders.ts';

/** Cilium's ConfigMap, as far as it says how rules by address are meant. */
function matchMode(mode: string): object {
  const metadata = { name: 'cilium-config', namespace: 'kube-system' };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'policy-cidr-match-mode': mode } };
}

table('peers by address', [
  ['a range covers what it covers', [egress({ toCIDR: ['203.0.113.0/26'] })], { to: STRIPE }, 'allow', P],
  ['a range matches no pod (lab)', [egress({ toCIDR: ['0.0.0.0/0'] })], { to: 'pod:pay/db' }, 'deny', P],
  ['a range matches no node (lab)', [egress({ toCIDR: ['0.0.0.0/0'] })], { to: '192.0.2.11' }, 'deny', P],
  [
    'unless Cilium is set to match nodes by address',
    [egress({ toCIDR: ['192.0.2.0/24'] }), matchMode('nodes')],
    { to: '192.0.2.11' },
    'allow',
    P,
  ],
  [
    'which is not documented for the pod’s own node',
    [egress({ toCIDR: ['192.0.2.0/24'] }), matchMode('nodes')],
    { to: '192.0.2.10' },
    'unknown',
    P,
  ],
  [
    'with its except',
    [egress({ toCIDRSet: [{ cidr: '192.0.2.0/24', except: ['192.0.2.11/32'] }] }), matchMode('nodes')],
    { to: '192.0.2.11' },
    'deny',
    P,
  ],
  [
    'pods are still none of it',
    [egress({ toCIDR: ['0.0.0.0/0'] }), matchMode('nodes')],
    { to: 'pod:pay/db' },
    'deny',
    P,
  ],
  ['an empty mode is none', [egress({ toCIDR: ['192.0.2.0/24'] }), matchMode('')], { to: '192.0.2.11' }, 'deny', P],
  [
    'a version that does not know the mode passes over it',
    [egress({ toCIDR: ['192.0.2.0/24'] }), matchMode('nodes')],
    { to: '192.0.2.11', engine: { ...CILIUM_UNKNOWN, version: '1.14.9' } },
    'deny',
    P,
  ],
  ['a range of the other family does not match', [egress({ toCIDR: ['::/0'] })], { to: STRIPE }, 'deny', P],
  [
    'except takes out (lab)',
    [egress({ toCIDRSet: [{ cidr: '203.0.113.0/24', except: ['203.0.113.43/32'] }] })],
    { to: STRIPE },
    'deny',
    P,
  ],
  [
    'except takes out no more',
    [egress({ toCIDRSet: [{ cidr: '203.0.113.0/24', except: ['203.0.113.44/32'] }] })],
    { to: STRIPE },
    'allow',
    P,
  ],
  [
    'an except outside refuses the whole policy (lab)',
    [egress({ toCIDRSet: [{ cidr: '203.0.113.80/32', except: ['192.0.2.0/24'] }] })],
    { to: STRIPE },
    'allow',
    [],
  ],
  [
    'whether another version refuses it is not known',
    [egress({ toCIDRSet: [{ cidr: '203.0.113.80/32', except: ['192.0.2.0/24'] }] })],
    { to: STRIPE, engine: CILIUM_UNKNOWN },
    'unknown',
  ],
  [
    'peers of two sorts refuse the whole policy (lab)',
    [egress({ toEntities: ['cluster'], toCIDR: ['203.0.113.80/32'] })],
    { to: STRIPE },
    'allow',
    [],
  ],
]);

const GROUP = {
  apiVersion: 'cilium.io/v2alpha1',
  kind: 'CiliumCIDRGroup',
  metadata: { name: 'partners', labels: { kind: 'partner' } },
  spec: { externalCIDRs: ['203.0.113.43/32'] },
};

table('CIDR groups', [
  [
    'on egress 1.15 refuses the whole policy (lab)',
    [GROUP, egress({ toCIDRSet: [{ cidrGroupRef: 'partners' }] })],
    { to: '203.0.113.99' },
    'allow',
    [],
  ],
  [
    'on egress 1.17 takes its ranges',
    [GROUP, egress({ toCIDRSet: [{ cidrGroupRef: 'partners' }] })],
    { to: STRIPE, engine: CILIUM_1_17 },
    'allow',
    P,
  ],
  [
    'on egress 1.17 takes no others',
    [GROUP, egress({ toCIDRSet: [{ cidrGroupRef: 'partners' }] })],
    { to: '203.0.113.99', engine: CILIUM_1_17 },
    'deny',
    P,
  ],
  [
    'a group that does not exist has no ranges',
    [egress({ toCIDRSet: [{ cidrGroupRef: 'other' }] })],
    { to: STRIPE, engine: CILIUM_1_17 },
    'deny',
    P,
  ],
  [
    'groups are selected by labels',
    [GROUP, egress({ toCIDRSet: [{ cidrGroupSelector: { matchLabels: { kind: 'partner' } } }] })],
    { to: STRIPE, engine: CILIUM_1_17 },
    'allow',
    P,
  ],
  [
    'with an unknown version it is not known',
    [GROUP, egress({ toCIDRSet: [{ cidrGroupRef: 'partners' }] })],
    { to: STRIPE, engine: CILIUM_UNKNOWN },
    'unknown',
  ],
]);

const PARTNER = { toServices: [{ k8sService: { serviceName: 'partner', namespace: 'pay' } }] };

table('Services', [
  ['a Service without selector opens its endpoints (lab)', [egress(PARTNER)], { to: '203.0.113.80' }, 'allow', P],
  ['on every port (lab)', [egress(PARTNER)], { to: '203.0.113.80', port: 9999 }, 'allow', P],
  ['and nothing else', [egress(PARTNER)], { to: STRIPE }, 'deny', P],
  [
    'without a namespace it means every one',
    [egress({ toServices: [{ k8sService: { serviceName: 'partner' } }] })],
    { to: '203.0.113.80' },
    'allow',
    P,
  ],
  [
    'in another namespace it is another',
    [egress({ toServices: [{ k8sService: { serviceName: 'partner', namespace: 'shop' } }] })],
    { to: '203.0.113.80' },
    'deny',
    P,
  ],
  [
    'Services are selected by their labels',
    [egress({ toServices: [{ k8sServiceSelector: { selector: { matchLabels: { svc: 'partner' } } } }] })],
    { to: '203.0.113.80' },
    'allow',
    P,
  ],
  [
    'a Service with selector opens nothing in 1.15 (lab)',
    [egress({ toServices: [{ k8sService: { serviceName: 'web' } }] })],
    { to: 'pod:shop/web' },
    'deny',
    P,
  ],
  [
    'later it is not known',
    [egress({ toServices: [{ k8sService: { serviceName: 'web' } }] })],
    { to: 'pod:shop/web', engine: CILIUM_1_17 },
    'unknown',
  ],
  [
    'an endpoint that is a node is none for Cilium',
    [egress({ toServices: [{ k8sService: { serviceName: 'kubernetes' } }] })],
    { to: '192.0.2.10' },
    'deny',
    P,
  ],
  [
    'together with toPorts the whole policy is refused (lab)',
    [egress({ ...PARTNER, ...ports('443/TCP') })],
    { to: STRIPE },
    'allow',
    [],
  ],
]);
