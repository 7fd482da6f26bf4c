/** NetworkPolicy v1 as its text says, with an engine that is not known. One rule of the API for each row. */
import { describe, expect, test } from 'vitest';
import { type Ask, ask, CLUSTER, egress, ingress, ipBlock, np, pod } from './policy-builders.ts';

const API = { matchLabels: { app: 'api' } };
const WEB = { podSelector: { matchLabels: { app: 'web' } } };
const SHOP = { namespaceSelector: { matchLabels: { team: 'shop' } } };
const OUTSIDE: Ask = { to: '203.0.113.43' };

type Row = readonly [
  rule: string,
  policies: readonly object[],
  ask: Ask,
  decision: 'allow' | 'deny' | 'unknown',
  by: readonly string[],
  why: string,
];

function rows(...table: readonly Row[]): void {
  test.each(table)('%s', (_, policies, question, decision, by, why) => {
    const { decision: got, by: names, why: reason } = ask([...CLUSTER, ...policies], question);
    expect({ decision: got, by: names, why: reason }).toEqual({ decision, by, why });
  });
}

describe('which policies count', () => {
  rows(
    ['no policy at all allows', [], OUTSIDE, 'allow', [], 'no policy exists; the default allows'],
    [
      'a policy of another namespace does not count',
      [np('shop/deny', { podSelector: {}, policyTypes: ['Egress'] })],
      OUTSIDE,
      'allow',
      [],
      'no policy selects pod pay/api for egress; the default allows',
    ],
    [
      'a policy that selects other pods does not count',
      [np('pay/deny', { podSelector: { matchLabels: { app: 'db' } }, policyTypes: ['Egress'] })],
      OUTSIDE,
      'allow',
      [],
      'no policy selects pod pay/api for egress; the default allows',
    ],
    [
      'an empty podSelector selects every pod',
      [np('pay/deny', { podSelector: {}, policyTypes: ['Egress'] })],
      OUTSIDE,
      'deny',
      ['NetworkPolicy pay/deny'],
      'NetworkPolicy pay/deny has no egress rules',
    ],
    [
      'egress absent is no rule',
      [np('pay/deny', { podSelector: API, policyTypes: ['Egress'] })],
      OUTSIDE,
      'deny',
      ['NetworkPolicy pay/deny'],
      'NetworkPolicy pay/deny has no egress rules',
    ],
    [
      'egress [] is no rule',
      [egress('pay/deny')],
      OUTSIDE,
      'deny',
      ['NetworkPolicy pay/deny'],
      'NetworkPolicy pay/deny has no egress rules',
    ],
    [
      'egress [{}] allows everything',
      [egress('pay/open', {})],
      OUTSIDE,
      'allow',
      ['NetworkPolicy pay/open'],
      'NetworkPolicy pay/open allows it by rule 1: it has no conditions',
    ],
    [
      'policyTypes absent: egress rules make it an egress policy',
      [np('pay/p', { podSelector: {}, egress: [{ ports: [{ port: 80 }] }] })],
      OUTSIDE,
      'deny',
      ['NetworkPolicy pay/p'],
      'NetworkPolicy pay/p rule 1: ports do not match: 443/TCP is not in [80/TCP]',
    ],
    [
      'policyTypes absent: without egress rules it says nothing of egress',
      [np('pay/p', { podSelector: {} })],
      OUTSIDE,
      'allow',
      [],
      'no policy selects pod pay/api for egress; the default allows',
    ],
    [
      'policyTypes absent: egress [] says nothing of egress',
      [np('pay/p', { podSelector: {}, egress: [] })],
      OUTSIDE,
      'allow',
      [],
      'no policy selects pod pay/api for egress; the default allows',
    ],
    [
      'policyTypes [] is read like absent',
      [np('pay/p', { podSelector: {}, policyTypes: [] })],
      OUTSIDE,
      'allow',
      [],
      'no policy selects pod pay/api for egress; the default allows',
    ],
    [
      'policyTypes [Ingress]: egress rules do not count',
      [np('pay/p', { podSelector: {}, policyTypes: ['Ingress'], egress: [{ ports: [{ port: 80 }] }] })],
      OUTSIDE,
      'allow',
      [],
      'no policy selects pod pay/api for egress; the default allows',
    ],
  );
});

describe('policies are united', () => {
  const deny = egress('pay/deny');
  const http = egress('pay/http', { ports: [{ port: 80 }] });
  const https = egress('pay/https', { ports: [{ port: 443 }] });
  rows(
    [
      'one allow is enough',
      [deny, https],
      OUTSIDE,
      'allow',
      ['NetworkPolicy pay/https'],
      'NetworkPolicy pay/https allows it by rule 1: 443/TCP is 443/TCP',
    ],
    [
      'every policy with a matching rule is named',
      [egress('pay/a', {}), https],
      OUTSIDE,
      'allow',
      ['NetworkPolicy pay/a', 'NetworkPolicy pay/https'],
      'NetworkPolicy pay/a allows it by rule 1: it has no conditions',
    ],
    [
      'none allows: every policy that isolates is named, the nearest miss told',
      [deny, http],
      OUTSIDE,
      'deny',
      ['NetworkPolicy pay/deny', 'NetworkPolicy pay/http'],
      'none of the 2 policies that isolate the pod allows it; nearest: NetworkPolicy pay/http rule 1: ports do not match: 443/TCP is not in [80/TCP]',
    ],
    [
      'two policies without rules',
      [deny, egress('pay/none')],
      OUTSIDE,
      'deny',
      ['NetworkPolicy pay/deny', 'NetworkPolicy pay/none'],
      'NetworkPolicy pay/deny, NetworkPolicy pay/none have no egress rules',
    ],
  );
  test('the nearest of two rules is told', () => {
    const policy = egress(
      'pay/p',
      { to: [ipBlock('10.0.0.0/8')] },
      { to: [ipBlock('203.0.113.0/24')], ports: [{ port: 80 }] },
    );
    expect(ask([...CLUSTER, policy], OUTSIDE).why).toBe(
      'no egress rule of NetworkPolicy pay/p matches; nearest: rule 2: ports do not match: 443/TCP is not in [80/TCP]',
    );
  });
});

describe('peers: pods and namespaces', () => {
  const web: Ask = { to: 'pod:shop/web', scope: 'egress' };
  rows(
    [
      'podSelector alone means the policy’s own namespace',
      [egress('pay/p', { to: [WEB] })],
      web,
      'deny',
      ['NetworkPolicy pay/p'],
      'NetworkPolicy pay/p rule 1: pod shop/web is not among pods app=web in namespace pay: it is in namespace shop, not pay',
    ],
    [
      'podSelector in the own namespace',
      [egress('pay/p', { to: [{ podSelector: { matchLabels: { app: 'db' } } }] })],
      { to: 'pod:pay/db', scope: 'egress' },
      'allow',
      ['NetworkPolicy pay/p'],
      'NetworkPolicy pay/p allows it by rule 1: pod pay/db is among pods app=db in namespace pay',
    ],
    [
      'namespaceSelector alone means all its pods',
      [egress('pay/p', { to: [SHOP] })],
      web,
      'allow',
      ['NetworkPolicy pay/p'],
      'NetworkPolicy pay/p allows it by rule 1: pod shop/web is among all pods in namespaces team=shop',
    ],
    [
      'an empty namespaceSelector means all namespaces',
      [egress('pay/p', { to: [{ namespaceSelector: {} }] })],
      web,
      'allow',
      ['NetworkPolicy pay/p'],
      'NetworkPolicy pay/p allows it by rule 1: pod shop/web is among all pods in all namespaces',
    ],
    [
      'both in one peer: both must match',
      [egress('pay/p', { to: [{ ...SHOP, podSelector: { matchLabels: { app: 'db' } } }] })],
      web,
      'deny',
      ['NetworkPolicy pay/p'],
      'NetworkPolicy pay/p rule 1: pod shop/web is not among pods app=db in namespaces team=shop: it has app="web", not "db"',
    ],
    [
      'two peers: either may match',
      [egress('pay/p', { to: [SHOP, { podSelector: { matchLabels: { app: 'db' } } }] })],
      web,
      'allow',
      ['NetworkPolicy pay/p'],
      'NetworkPolicy pay/p allows it by rule 1: pod shop/web is among all pods in namespaces team=shop',
    ],
    [
      'every namespace has its name as a label',
      [egress('pay/p', { to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } }] })],
      web,
      'allow',
      ['NetworkPolicy pay/p'],
      'NetworkPolicy pay/p allows it by rule 1: pod shop/web is among all pods in namespaces kubernetes.io/metadata.name=shop',
    ],
    [
      'an empty podSelector matches no address outside',
      [egress('pay/p', { to: [{ podSelector: {} }] })],
      OUTSIDE,
      'deny',
      ['NetworkPolicy pay/p'],
      'NetworkPolicy pay/p rule 1: 203.0.113.43 is no pod of all pods in namespace pay',
    ],
    [
      'to [] means everything',
      [egress('pay/p', { to: [] })],
      OUTSIDE,
      'allow',
      ['NetworkPolicy pay/p'],
      'NetworkPolicy pay/p allows it by rule 1: it has no conditions',
    ],
    [
      'three misses are told, the rest counted',
      [
        egress('pay/p', {
          to: ['1.0.0.0/8', '2.0.0.0/8', '3.0.0.0/8', '4.0.0.0/8', '5.0.0.0/8'].map(each => ipBlock(each)),
        }),
      ],
      OUTSIDE,
      'deny',
      ['NetworkPolicy pay/p'],
      'NetworkPolicy pay/p rule 1: no peer in to matches 203.0.113.43: 203.0.113.43 is not in 1.0.0.0/8; 203.0.113.43 is not in 2.0.0.0/8; 203.0.113.43 is not in 3.0.0.0/8 and 2 more',
    ],
  );
});

describe('peers: addresses', () => {
  const block = (cidr: string, ...except: string[]) => egress('pay/p', { to: [ipBlock(cidr, ...except)] });
  const by = ['NetworkPolicy pay/p'];
  rows(
    [
      'an address inside',
      [block('203.0.113.0/24')],
      OUTSIDE,
      'allow',
      by,
      'NetworkPolicy pay/p allows it by rule 1: 203.0.113.43 is in 203.0.113.0/24',
    ],
    [
      'an address outside',
      [block('198.51.100.0/24')],
      OUTSIDE,
      'deny',
      by,
      'NetworkPolicy pay/p rule 1: 203.0.113.43 is not in 198.51.100.0/24',
    ],
    [
      'an address inside except',
      [block('203.0.112.0/22', '203.0.113.0/24')],
      OUTSIDE,
      'deny',
      by,
      'NetworkPolicy pay/p rule 1: 203.0.113.43 is inside except 203.0.113.0/24',
    ],
    [
      'an address beside except',
      [block('203.0.113.0/24', '203.0.113.44/30')],
      OUTSIDE,
      'allow',
      by,
      'NetworkPolicy pay/p allows it by rule 1: 203.0.113.43 is in 203.0.113.0/24',
    ],
    [
      'IPv6 inside',
      [block('2001:db8::/32')],
      { to: '2001:db8::43' },
      'allow',
      by,
      'NetworkPolicy pay/p allows it by rule 1: 2001:db8::43 is in 2001:db8::/32',
    ],
    [
      'an IPv4 range covers no IPv6 address',
      [block('0.0.0.0/0')],
      { to: '2001:db8::43' },
      'deny',
      by,
      'NetworkPolicy pay/p rule 1: 2001:db8::43 is not in 0.0.0.0/0',
    ],
    [
      'an IPv6 range covers no IPv4 address',
      [block('::/0')],
      OUTSIDE,
      'deny',
      by,
      'NetworkPolicy pay/p rule 1: 203.0.113.43 is not in ::/0',
    ],
    [
      'the address of a pod is left to the network plugin',
      [block('10.0.0.0/8')],
      { to: 'pod:shop/web', scope: 'egress' },
      'unknown',
      by,
      'cannot be told: NetworkPolicy pay/p rule 1: whether ipBlock 10.0.0.0/8 covers pod shop/web (10.244.1.1) is left to the network plugin',
    ],
    [
      'a pod outside the block is outside for every plugin',
      [block('172.16.0.0/12')],
      { to: 'pod:shop/web', scope: 'egress' },
      'deny',
      by,
      'NetworkPolicy pay/p rule 1: 10.244.1.1 is not in 172.16.0.0/12',
    ],
    [
      'the address of another node is left to the network plugin',
      [block('192.0.2.0/24')],
      { to: '192.0.2.11' },
      'unknown',
      by,
      'cannot be told: NetworkPolicy pay/p rule 1: whether ipBlock 192.0.2.0/24 covers node b (192.0.2.11) is left to the network plugin',
    ],
    [
      'an open rule settles what is left to the plugin',
      [egress('pay/p', { to: [ipBlock('10.0.0.0/8')] }, {})],
      { to: 'pod:shop/web', scope: 'egress' },
      'allow',
      by,
      'NetworkPolicy pay/p allows it by rule 2: it has no conditions',
    ],
  );
});

describe('ports', () => {
  const ports = (...list: object[]) => egress('pay/p', { ports: list });
  const by = ['NetworkPolicy pay/p'];
  rows(
    [
      'protocol is TCP unless said',
      [ports({ port: 53 })],
      { to: '203.0.113.43', port: 53, protocol: 'UDP' },
      'deny',
      by,
      'NetworkPolicy pay/p rule 1: ports do not match: 53/UDP is not in [53/TCP]',
    ],
    [
      'a protocol without a port means all its ports',
      [ports({ protocol: 'UDP' })],
      { to: '203.0.113.43', port: 53, protocol: 'UDP' },
      'allow',
      by,
      'NetworkPolicy pay/p allows it by rule 1: 53/UDP is any port/UDP',
    ],
    [
      'a protocol without a port means no other protocol',
      [ports({ protocol: 'UDP' })],
      OUTSIDE,
      'deny',
      by,
      'NetworkPolicy pay/p rule 1: ports do not match: 443/TCP is not in [any port/UDP]',
    ],
    [
      'SCTP is a protocol',
      [ports({ protocol: 'SCTP', port: 443 })],
      { to: '203.0.113.43', protocol: 'SCTP' },
      'allow',
      by,
      'NetworkPolicy pay/p allows it by rule 1: 443/SCTP is 443/SCTP',
    ],
    [
      'endPort is inside',
      [ports({ port: 400, endPort: 443 })],
      OUTSIDE,
      'allow',
      by,
      'NetworkPolicy pay/p allows it by rule 1: 443/TCP is 400-443/TCP',
    ],
    [
      'one above endPort is outside',
      [ports({ port: 400, endPort: 442 })],
      OUTSIDE,
      'deny',
      by,
      'NetworkPolicy pay/p rule 1: ports do not match: 443/TCP is not in [400-442/TCP]',
    ],
    [
      'ports [] means every port',
      [ports()],
      OUTSIDE,
      'allow',
      by,
      'NetworkPolicy pay/p allows it by rule 1: it has no conditions',
    ],
    [
      'peers and ports must both match',
      [egress('pay/p', { to: [ipBlock('203.0.113.0/24')], ports: [{ port: 80 }, { protocol: 'UDP', port: 443 }] })],
      OUTSIDE,
      'deny',
      by,
      'NetworkPolicy pay/p rule 1: ports do not match: 443/TCP is not in [80/TCP, 443/UDP]',
    ],
    [
      'a port name is resolved on the destination pod',
      [ports({ port: 'http' })],
      { to: 'pod:shop/web', port: 8080, scope: 'egress' },
      'allow',
      by,
      'NetworkPolicy pay/p allows it by rule 1: "http" of pod shop/web is 8080',
    ],
    [
      'a port name with another number',
      [ports({ port: 'http' })],
      { to: 'pod:shop/web', port: 80, scope: 'egress' },
      'deny',
      by,
      'NetworkPolicy pay/p rule 1: ports do not match: 80/TCP is not in [http/TCP]: "http" of pod shop/web is 8080, not 80',
    ],
    [
      'a port name that the pod does not have',
      [ports({ port: 'http' })],
      { to: 'pod:pay/db', port: 5432, scope: 'egress' },
      'deny',
      by,
      'NetworkPolicy pay/p rule 1: ports do not match: 5432/TCP is not in [http/TCP]: pod pay/db has no TCP port named "http"',
    ],
    [
      'a port name of another protocol',
      [ports({ port: 'dns' })],
      { to: 'pod:shop/web', port: 53, scope: 'egress' },
      'deny',
      by,
      'NetworkPolicy pay/p rule 1: ports do not match: 53/TCP is not in [dns/TCP]: pod shop/web has no TCP port named "dns"',
    ],
    [
      'a port name matches nothing outside',
      [ports({ port: 'http' })],
      { to: '203.0.113.43', port: 8080 },
      'deny',
      by,
      'NetworkPolicy pay/p rule 1: ports do not match: 8080/TCP is not in [http/TCP]: port name "http" is resolved on the destination pod, and 203.0.113.43 is none',
    ],
    [
      'ICMP is left to the network plugin',
      [egress('pay/p')],
      { to: '203.0.113.43', protocol: 'ICMP' },
      'unknown',
      by,
      'cannot be told: NetworkPolicy pay/p rule "implied": NetworkPolicy defines TCP, UDP and SCTP only; ICMP is left to the network plugin',
    ],
    [
      'ICMP of a pod that no policy selects is allowed',
      [],
      { to: '203.0.113.43', protocol: 'ICMP' },
      'allow',
      [],
      'no policy exists; the default allows',
    ],
  );
});

describe('both sides of a flow inside the cluster', () => {
  const by = ['NetworkPolicy shop/in'];
  rows(
    [
      'the destination’s ingress rules drop it',
      [ingress('shop/in', { from: [{ podSelector: {} }] })],
      { to: 'pod:shop/web' },
      'deny',
      by,
      'NetworkPolicy shop/in rule 1: pod pay/api is not among all pods in namespace shop: it is in namespace pay, not shop',
    ],
    [
      'the destination’s ingress rules let it in',
      [ingress('shop/in', { from: [{ namespaceSelector: { matchLabels: { team: 'pay' } } }] })],
      { to: 'pod:shop/web' },
      'allow',
      by,
      'no policy selects pod pay/api for egress; the default allows; NetworkPolicy shop/in allows it by rule 1: pod pay/api is among all pods in namespaces team=pay',
    ],
    [
      'scope egress leaves ingress out',
      [ingress('shop/in')],
      { to: 'pod:shop/web', scope: 'egress' },
      'allow',
      [],
      'no policy selects pod pay/api for egress; the default allows',
    ],
    [
      'where both drop, egress is first',
      [ingress('shop/in'), egress('pay/out')],
      { to: 'pod:shop/web' },
      'deny',
      ['NetworkPolicy pay/out'],
      'NetworkPolicy pay/out has no egress rules',
    ],
    [
      'both let it pass: both are named',
      [ingress('shop/in', {}), egress('pay/out', {})],
      { to: 'pod:shop/web' },
      'allow',
      ['NetworkPolicy pay/out', 'NetworkPolicy shop/in'],
      'NetworkPolicy pay/out allows it by rule 1: it has no conditions; NetworkPolicy shop/in allows it by rule 1: it has no conditions',
    ],
    [
      'a named port on ingress is the destination’s own',
      [ingress('shop/in', { ports: [{ port: 'http' }] })],
      { to: 'pod:shop/web', port: 8080 },
      'allow',
      by,
      'no policy selects pod pay/api for egress; the default allows; NetworkPolicy shop/in allows it by rule 1: "http" of pod shop/web is 8080',
    ],
    [
      'egress open, ingress denies: deny is certain',
      [ingress('shop/in'), egress('pay/out', { to: [ipBlock('10.0.0.0/8')] })],
      { to: 'pod:shop/web' },
      'deny',
      by,
      'NetworkPolicy shop/in has no ingress rules',
    ],
    [
      'an ingress ipBlock over a pod’s address is left to the plugin',
      [ingress('shop/in', { from: [ipBlock('10.0.0.0/8')] })],
      { to: 'pod:shop/web' },
      'unknown',
      by,
      'cannot be told: NetworkPolicy shop/in rule 1: whether ipBlock 10.0.0.0/8 covers pod pay/api (10.244.0.1) is left to the network plugin',
    ],
  );
  test('the answer says which side drops', () => {
    expect(ask([...CLUSTER, ingress('shop/in')], { to: 'pod:shop/web' }).flows[0]?.side).toBe('ingress');
    expect(ask([...CLUSTER, egress('pay/out')], { to: 'pod:shop/web' }).flows[0]?.side).toBe('egress');
    expect(ask(CLUSTER, { to: 'pod:shop/web' }).flows[0]?.side).toBeNull();
  });
  test('over IPv6 the source is judged by its IPv6 address', () => {
    const policy = ingress('shop/in', { from: [ipBlock('fd00::/120')] });
    expect(ask([...CLUSTER, policy], { to: 'fd00::1:1' }).why).toContain('covers pod pay/api (fd00::1)');
  });
});

describe('what never leaves the pod', () => {
  const deny = [egress('pay/deny'), ingress('pay/in')];
  rows(
    ['loopback', deny, { to: '127.0.0.1' }, 'allow', [], 'loopback never leaves the pod'],
    ['IPv6 loopback', deny, { to: '::1' }, 'allow', [], 'loopback never leaves the pod'],
    [
      'its own address',
      deny,
      { to: '10.244.0.1' },
      'allow',
      [],
      'traffic of a pod to its own address never leaves the pod',
    ],
    [
      'itself by name',
      deny,
      { to: 'pod:pay/api' },
      'allow',
      [],
      'traffic of a pod to its own address never leaves the pod',
    ],
  );
});

describe('the own node, and pods that use it', () => {
  const host = pod('pay/agent', { labels: { app: 'agent' }, hostNetwork: true, ip: '192.0.2.10' });
  rows(
    [
      'the own node is left to the network plugin',
      [egress('pay/deny')],
      { to: '192.0.2.10' },
      'unknown',
      ['NetworkPolicy pay/deny'],
      'cannot be told: NetworkPolicy pay/deny rule "implied": whether traffic with the own node is always allowed is left to the network plugin',
    ],
    [
      'another node is an address like any other',
      [egress('pay/deny')],
      { to: '192.0.2.11' },
      'deny',
      ['NetworkPolicy pay/deny'],
      'NetworkPolicy pay/deny has no egress rules',
    ],
    [
      'a selected hostNetwork pod is left to the network plugin',
      [host, egress('pay/deny')],
      { from: 'pay/agent', to: '203.0.113.43' },
      'unknown',
      ['NetworkPolicy pay/deny'],
      "cannot be told: whether NetworkPolicy pay/deny selects the pod is not known: it uses its node's network, and whether policies apply to such pods is left to the network plugin",
    ],
    [
      'a policy that would let it pass anyway settles it',
      [host, egress('pay/open', {})],
      { from: 'pay/agent', to: '203.0.113.43' },
      'allow',
      [],
      'no policy decides egress of pod pay/agent; the default allows',
    ],
    [
      'a selector over a hostNetwork pod: its node is left to the plugin',
      [
        pod('pay/agent', { labels: { app: 'agent' }, hostNetwork: true, ip: '192.0.2.11', node: 'b' }),
        egress('pay/p', { to: [{ podSelector: { matchLabels: { app: 'agent' } } }] }),
      ],
      { to: '192.0.2.11' },
      'unknown',
      ['NetworkPolicy pay/p'],
      'cannot be told: NetworkPolicy pay/p rule 1: hostNetwork pod pay/agent has the address of node b; whether pods app=agent in namespace pay covers it is left to the network plugin',
    ],
    [
      'a hostNetwork pod reaches its own node inside the node',
      [host, egress('pay/deny')],
      { from: 'pay/agent', to: '192.0.2.10' },
      'allow',
      [],
      "traffic of a hostNetwork pod to its own node's address never leaves the node",
    ],
    [
      'ingress from a hostNetwork pod comes from its node',
      [host, pod('pay/far', { ip: '10.244.9.9', node: 'b' }), ingress('pay/in', { from: [ipBlock('192.0.2.10/32')] })],
      { from: 'pay/agent', to: 'pod:pay/far' },
      'unknown',
      ['NetworkPolicy pay/in'],
      'cannot be told: NetworkPolicy pay/in rule 1: whether ipBlock 192.0.2.10/32 covers node a (192.0.2.10) is left to the network plugin',
    ],
  );
});

describe('who is not known', () => {
  rows(
    ['an unknown source', [], { from: 'pay/nobody', to: '203.0.113.43' }, 'unknown', [], 'pod pay/nobody is not known'],
    ['an unknown destination pod', [], { to: 'pod:shop/nobody' }, 'unknown', [], 'pod shop/nobody is not known'],
    ['an unknown Service', [], { to: 'service:shop/nobody' }, 'unknown', [], 'Service shop/nobody is not known'],
    [
      'a pod that has ended',
      [pod('shop/job', { phase: 'Succeeded', ip: '10.244.9.9' })],
      { to: 'pod:shop/job' },
      'unknown',
      [],
      "pod shop/job has ended, and its address may be another's by now",
    ],
    [
      'a hostNetwork pod without an address',
      [pod('shop/host', { hostNetwork: true, ip: null })],
      { to: 'pod:shop/host' },
      'unknown',
      [],
      'the address of hostNetwork pod shop/host is not known',
    ],
    [
      'a pod without an address is judged by its labels',
      [pod('shop/new', { ip: null, labels: { app: 'web' } }), egress('pay/p', { to: [SHOP] })],
      { to: 'pod:shop/new', scope: 'egress' },
      'allow',
      ['NetworkPolicy pay/p'],
      'NetworkPolicy pay/p allows it by rule 1: pod shop/new is among all pods in namespaces team=shop',
    ],
    [
      'a pod without an address is not judged by a block',
      [pod('shop/new', { ip: null }), egress('pay/p', { to: [ipBlock('10.0.0.0/8')] })],
      { to: 'pod:shop/new', scope: 'egress' },
      'unknown',
      ['NetworkPolicy pay/p'],
      'cannot be told: NetworkPolicy pay/p rule 1: pod shop/new has no address yet, so whether 10.0.0.0/8 covers it is open',
    ],
    [
      'the labels of a namespace that was not listed',
      [pod('ghost/x', { ip: '10.244.9.9' }), egress('pay/p', { to: [SHOP] })],
      { to: 'pod:ghost/x', scope: 'egress' },
      'unknown',
      ['NetworkPolicy pay/p'],
      'cannot be told: NetworkPolicy pay/p rule 1: the labels of namespace ghost are not known',
    ],
    [
      'a finished pod with a peer’s label opens nothing',
      [
        pod('pay/job', { phase: 'Succeeded', ip: '10.244.0.77', labels: { app: 'job' } }),
        egress('pay/p', { to: [{ podSelector: { matchLabels: { app: 'job' } } }] }),
      ],
      { to: '10.244.0.77' },
      'deny',
      ['NetworkPolicy pay/p'],
      'NetworkPolicy pay/p rule 1: 10.244.0.77 is no pod of pods app=job in namespace pay',
    ],
  );
});
