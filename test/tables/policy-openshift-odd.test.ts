/** What is wrong with OpenShift's egress firewalls, told word by word, and what it makes of the answer. */
import { expect, test } from 'vitest';
import type { Engine } from '../../src/model.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { type Ask, ask, CALICO, CLUSTER, namespace, pod, UNKNOWN } from './policy-builders.ts';
import { type OddRow, oddTable } from './policy-odd-table.ts';

const OVN: Engine = { name: 'ovn-kubernetes', version: '1.0.0', evidence: 'given' };
const OUT: Ask = { to: 'api.stripe.com', dns: { 'api.stripe.com': ['203.0.113.43'] } };

function object(kind: string, path: string, egress: unknown): object {
  const [project, name] = path.split('/');
  const apiVersion = kind === 'EgressFirewall' ? 'k8s.ovn.org/v1' : 'network.openshift.io/v1';
  return { apiVersion, kind, metadata: { name, namespace: project }, spec: { egress } };
}
const firewall = (...rules: readonly unknown[]) => object('EgressFirewall', 'pay/default', rules);
const sdn = (...rules: readonly unknown[]) => object('EgressNetworkPolicy', 'pay/limits', rules);

function table(title: string, engine: Engine, rows: readonly OddRow[]): void {
  oddTable(title, rows, (objects, asked = OUT) => {
    const all = [...CLUSTER, ...objects];
    return { all, engine, decision: ask(all, { ...asked, engine }).decision };
  });
}

const DENY = { type: 'Deny', to: { cidrSelector: '0.0.0.0/0' } };
const to = (value: unknown, problem: string | null, decision = 'unknown'): OddRow => [
  `to ${JSON.stringify(value)}`,
  [firewall({ type: 'Deny', to: value })],
  problem === null ? [] : [problem],
  decision,
];
const VOID = "OVN-Kubernetes sets up none of a firewall's rules when it cannot read one:";
const WILDCARD = (index: number) =>
  `egress[${index}] has a wildcard, which is read only where its DNSNameResolver is on`;
const RESOLVER = {
  apiVersion: 'network.openshift.io/v1alpha1',
  kind: 'DNSNameResolver',
  metadata: { name: 'dns-1', namespace: 'openshift-ovn-kubernetes' },
};
const ONE = 'egress[0].to names not exactly one destination';
const name = (dnsName: unknown) => to({ dnsName }, `egress[0].to.dnsName: invalid DNS name ${JSON.stringify(dnsName)}`);
const port = (item: unknown, problem: string | null, decision = 'unknown', asked: Ask = OUT): OddRow => [
  `the port ${JSON.stringify(item)}`,
  [firewall({ ...DENY, ports: [item] })],
  problem === null ? [] : [`egress[0].ports[0]${problem}`],
  decision,
  asked,
];

table('EgressFirewall', OVN, [
  ['no list of rules', [object('EgressFirewall', 'pay/default', {})], ['spec.egress is not a list'], 'unknown'],
  ['a rule that is no object', [firewall('all')], ['egress[0] is no object'], 'unknown'],
  ['a field of a rule', [firewall({ ...DENY, newer: 1 })], ['egress[0] has the unknown field "newer"'], 'unknown'],
  ['a type', [firewall({ ...DENY, type: 'Drop' })], ['egress[0]: unknown type "Drop"'], 'unknown'],
  to(null, 'egress[0].to is no object'),
  to('0.0.0.0/0', 'egress[0].to is no object'),
  to({}, ONE),
  to({ cidrSelector: '', dnsName: null }, ONE),
  to({ cidrSelector: '0.0.0.0/0', dnsName: 'a.b' }, ONE),
  to({ cidrSelector: '0.0.0.0/0', dnsName: '', nodeSelector: null }, null, 'deny'),
  to({ asnSelector: 1 }, 'egress[0].to has the unknown field "asnSelector"'),
  to({ cidrSelector: 7 }, 'egress[0].to.cidrSelector: invalid CIDR 7'),
  [
    'to {"cidrSelector":"0.0.0.0"}',
    [firewall({ type: 'Deny', to: { cidrSelector: '0.0.0.0' } })],
    [`${VOID} egress[0] has no CIDR`, 'egress[0].to.cidrSelector: invalid CIDR "0.0.0.0"'],
    'unknown',
  ],
  [
    'a rule of which nothing can be made leaves the whole firewall in doubt, those before it too',
    [firewall(DENY, { type: 'Deny', to: { cidrSelector: '10.0.0.0' } })],
    [`${VOID} egress[1] has no CIDR`, 'egress[1].to.cidrSelector: invalid CIDR "10.0.0.0"'],
    'unknown',
  ],
  [
    'nodes by no selector leave it in doubt too',
    [firewall(DENY, { type: 'Deny', to: { nodeSelector: { matchExpressions: 1 } } })],
    [`${VOID} egress[1] has no label selector`, 'egress[1].to.nodeSelector.matchExpressions is no list'],
    'unknown',
  ],
  [
    'what the API server takes from nobody leaves nothing in doubt',
    [firewall(DENY, { type: 'Drop' })],
    ['egress[1]: unknown type "Drop"'],
    'deny',
  ],
  to({ cidrSelector: '0.0.0.0/32' }, null, 'allow'),
  to(
    { cidrSelector: '203.0.113.43/24' },
    'egress[0].to.cidrSelector: host bits set in "203.0.113.43/24": it means 203.0.113.0/24, or nothing to OVN',
  ),
  name(7),
  name('https://api.stripe.com'),
  name('api.stripe.com/'),
  name('api.*.com'),
  name('*'),
  to({ dnsName: 'api.stripe.com' }, null, 'deny'),
  to({ dnsName: '*.stripe.com' }, `${VOID} ${WILDCARD(0)}`),
  [
    'a wildcard may leave out the whole firewall, as where its feature is off',
    [firewall({ type: 'Allow', to: { dnsName: '*.example.com' } }, DENY)],
    [`${VOID} ${WILDCARD(0)}`],
    'unknown',
  ],
  [
    'where names are resolved as its feature has it, a wildcard is read',
    [RESOLVER, firewall({ type: 'Allow', to: { dnsName: '*.example.com' } }, DENY)],
    [],
    'deny',
  ],
  ['nodes', [firewall({ type: 'Deny', to: { nodeSelector: {} } })], [], 'deny', { to: '192.0.2.11' }],
  ['nodes are no addresses outside', [firewall({ type: 'Deny', to: { nodeSelector: {} } })], [], 'allow'],
  ['ports that are null are none', [firewall({ ...DENY, ports: null })], [], 'deny'],
  ['no list of ports', [firewall({ ...DENY, ports: {} })], ['egress[0].ports is not a list'], 'unknown'],
  port(443, ' is no object'),
  port({ protocol: 'TCP', port: 443 }, null, 'deny'),
  port({ protocol: 'TCP', port: 1 }, null, 'deny', { ...OUT, port: 1 }),
  port({ protocol: 'TCP', port: 65_535 }, null, 'deny', { ...OUT, port: 65_535 }),
  port({ protocol: 'SCTP', port: 443 }, null, 'deny', { ...OUT, protocol: 'SCTP' }),
  port({ protocol: 'ICMP', port: 443 }, ': unknown protocol "ICMP"'),
  port({ protocol: 'TCP', port: '443' }, ': port out of range: "443"'),
  port({ protocol: 'TCP', port: 443.5 }, ': port out of range: 443.5'),
  port({ protocol: 'TCP', port: 0 }, ': port out of range: 0'),
  port({ protocol: 'TCP', port: 65_536 }, ': port out of range: 65536'),
  [
    'another name than default',
    [object('EgressFirewall', 'pay/mine', [DENY])],
    ['only the name default exists'],
    'unknown',
  ],
  [
    'of project default',
    [
      namespace('default'),
      pod('default/api', { ip: '10.244.0.7' }),
      object('EgressFirewall', 'default/default', [DENY]),
    ],
    [],
    'deny',
    { ...OUT, from: 'default/api' },
  ],
  ['two of one project', [firewall(DENY), firewall(DENY)], [], 'deny'],
  [
    'pods that use their node’s network',
    [pod('pay/onhost', { hostNetwork: true, ip: '192.0.2.10' }), firewall(DENY)],
    [],
    'allow',
    { ...OUT, from: 'pay/onhost' },
  ],
  ['what comes in', [firewall(DENY)], [], 'allow', { from: 'shop/web', to: 'pod:pay/api' }],
]);

table('EgressNetworkPolicy', UNKNOWN, [
  ['a rule', [sdn(DENY)], [], 'deny'],
  ['it has no ports', [sdn({ ...DENY, ports: [] })], ['egress[0] has the unknown field "ports"'], 'unknown'],
  [
    'no nodes',
    [sdn({ type: 'Deny', to: { nodeSelector: {} } })],
    ['egress[0].to has the unknown field "nodeSelector"'],
    'unknown',
  ],
  [
    'no wildcards',
    [sdn({ type: 'Deny', to: { dnsName: '*.stripe.com' } })],
    ['egress[0].to.dnsName: EgressNetworkPolicy has no wildcards: "*.stripe.com"'],
    'unknown',
  ],
  ['a name', [sdn({ type: 'Deny', to: { dnsName: 'api.stripe.com' } })], [], 'deny'],
  [
    'bits beyond the mask are masked',
    [sdn({ type: 'Deny', to: { cidrSelector: '203.0.113.43/24' } })],
    ['egress[0].to.cidrSelector: host bits set in "203.0.113.43/24": it means 203.0.113.0/24'],
    'deny',
  ],
  [
    'what was once read as every address',
    [sdn({ type: 'Deny', to: { cidrSelector: '0.0.0.0/32' } })],
    ['egress[0].to.cidrSelector: OpenShift SDN has read 0.0.0.0/32 as every address'],
    'unknown',
  ],
  [
    'of project default',
    [
      namespace('default'),
      pod('default/api', { ip: '10.244.0.7' }),
      object('EgressNetworkPolicy', 'default/x', [DENY]),
    ],
    ['it does not take effect in project default'],
    'unknown',
    { ...OUT, from: 'default/api' },
  ],
  [
    'two of one project',
    [sdn(DENY), object('EgressNetworkPolicy', 'pay/more', [DENY])],
    ['project pay has more than one EgressNetworkPolicy', 'project pay has more than one EgressNetworkPolicy'],
    'unknown',
  ],
  ['one of another project', [sdn(DENY), object('EgressNetworkPolicy', 'shop/more', [DENY])], [], 'deny'],
]);

test('whose plugin enforces which is told', () => {
  const told = (engine: Engine) => readRuleBook([firewall(DENY), sdn(DENY)], { engine }).coverage.map(({ why }) => why);
  expect(told(CALICO)).toEqual([
    'only OVN-Kubernetes enforces it, and this cluster runs calico',
    'only OpenShift SDN enforces it, and this cluster runs calico',
  ]);
  expect(told(OVN)).toEqual([undefined, 'only OpenShift SDN enforces it, and this cluster runs ovn-kubernetes']);
  expect(told(UNKNOWN)).toEqual([undefined, undefined]);
});

test.each([
  ['OVN-Kubernetes enforces EgressFirewall', firewall(DENY)],
  ['OpenShift SDN enforces EgressNetworkPolicy', sdn(DENY)],
])('where the plugin is not recognised, it is assumed that %s', (text, written) => {
  const told = (engine: Engine) =>
    ask([...CLUSTER, written], { ...OUT, engine })
      .flows.flatMap(({ assumptions }) => assumptions)
      .join();
  expect(told(UNKNOWN)).toContain(`assumed: ${text}`);
  expect(told(OVN)).not.toContain('assumed');
});
