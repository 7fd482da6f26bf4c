/** What is wrong with a NetworkPolicy, told word by word, and what it makes of the answer; what is left out, and the ends of every range. */
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/model.ts';
import { readAddress, readRange } from '../../src/policy/address.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { type Ask, ask, CILIUM, CLUSTER, ipBlock, namespace, np, pod, UNKNOWN } from './policy-builders.ts';

const OUT: Ask = { to: '203.0.113.43' };
const WEB: Ask = { to: 'pod:shop/web', port: 8080 };
const OVN: Engine = { name: 'ovn-kubernetes', version: null, evidence: 'given' };
const OTHER: Engine = { name: 'kube-router', version: '2.0.0', evidence: 'given' };

/** A policy of pay with one egress rule. */
const rule = (item: unknown) => np('pay/p', { podSelector: {}, policyTypes: ['Egress'], egress: [item] });
const to = (...peers: readonly unknown[]) => rule({ to: peers });
const ports = (...list: readonly unknown[]) => rule({ ports: list });

type Row = readonly [what: string, object: object, problems: readonly string[], decision: string, asked?: Ask];

function checkAll(rows: readonly Row[]): void {
  test.each(rows.map(([what, ...given]) => ({ what, given })))('$what', ({ given }) => {
    const [object, problems, decision, asked = OUT] = given;
    const objects = [...CLUSTER, object];
    const { engine = UNKNOWN } = asked;
    expect(readRuleBook(objects, { engine }).problems.map(({ why }) => why)).toEqual(problems);
    expect(ask(objects, asked).decision).toBe(decision);
  });
}

describe('what depends on the plugin where its version does not tell', () => {
  const range = ports({ port: 400, endPort: 500 });
  const GKE: Engine = { name: 'gke-dataplane-v2', version: '1.13.4', evidence: 'given' };
  const AZURE: Engine = { name: 'azure-npm', version: '1.5.5', evidence: 'given' };
  const outsiders = to({ namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'DoesNotExist' }] } });
  const unlisted = np('pay/p', {
    podSelector: {},
    policyTypes: ['Ingress'],
    egress: [{ to: [ipBlock('10.0.0.0/8')] }],
  });
  checkAll([
    ['a range with GKE', range, [], 'unknown', { ...OUT, engine: GKE }],
    ['of a version that is not known', range, [], 'unknown', { ...OUT, engine: { ...GKE, version: null } }],
    ['its first port', range, [], 'allow', { ...OUT, port: 400, engine: GKE }],
    ['a range with Azure NPM', range, [], 'unknown', { ...OUT, engine: AZURE }],
    [
      'of Azure NPM of a version that is not known',
      range,
      [],
      'unknown',
      { ...OUT, engine: { ...AZURE, version: null } },
    ],
    [
      'of its first version, which ignores the end',
      range,
      [],
      'deny',
      { ...OUT, engine: { ...AZURE, version: '1.3.0' } },
    ],
    ['a namespace without a label with GKE', outsiders, [], 'unknown', { ...OUT, engine: GKE }],
    ['egress rules that policyTypes does not list with GKE', unlisted, [], 'unknown', { ...OUT, engine: GKE }],
    ['a port by name with GKE', ports({ port: 'http' }), [], 'unknown', { ...OUT, port: 8080, engine: GKE }],
  ]);
});

describe('a pod that nothing owns', () => {
  const EKS: Engine = { name: 'aws-vpc-cni', version: '1.19.0', evidence: 'given' };
  const made = (metadata: object) => ({
    ...pod('pay/made'),
    metadata: { name: 'made', namespace: 'pay', labels: {}, uid: 'u-1', ...metadata },
  });
  const OWNED = { ownerReferences: [{ kind: 'ReplicaSet', name: 'made' }] };
  test.each<readonly [rule: string, pod: object, engine: Engine, decision: string]>([
    ['is perhaps none to the AWS plugin’s policies', made({}), EKS, 'unknown'],
    ['whether or not it says so by an empty list', made({ ownerReferences: [] }), EKS, 'unknown'],
    ['one that is owned is', made(OWNED), EKS, 'deny'],
    ['one of a file, which need not say, is', pod('pay/made'), EKS, 'deny'],
    ['and so it is to other plugins', made({}), OTHER, 'deny'],
  ])('%s', (_, target, engine, decision) => {
    const objects = [...CLUSTER, target, np('pay/p', { podSelector: {}, policyTypes: ['Egress'] })];
    expect(ask(objects, { ...OUT, from: 'pay/made', engine }).decision).toBe(decision);
  });
});

describe('OpenShift’s namespace that stands for the nodes', () => {
  const LABEL = { 'policy-group.network.openshift.io/host-network': '' };
  const HOSTS = namespace('openshift-host-network', LABEL);
  const ROUTER = pod('shop/router', { hostNetwork: true, ip: '192.0.2.11', node: 'b' });
  const from = (peer: object, name = 'pay/p') =>
    np(name, { podSelector: { matchLabels: { app: 'api' } }, policyTypes: ['Ingress'], ingress: [{ from: [peer] }] });
  const selected = { namespaceSelector: { matchLabels: LABEL } };
  const decide = (...objects: readonly object[]) =>
    ask([...CLUSTER, ROUTER, ...objects], { from: 'shop/router', to: 'pod:pay/api', engine: OVN }).decision;
  test.each<readonly [rule: string, objects: readonly object[], decision: string]>([
    ['lets them in, where the plugin has it so', [HOSTS, from(selected)], 'unknown'],
    ['with every pod of it', [HOSTS, from({ ...selected, podSelector: {} })], 'unknown'],
    [
      'and not with pods by label, for it has none',
      [HOSTS, from({ ...selected, podSelector: { matchLabels: { a: 'b' } } })],
      'deny',
    ],
    ['nor another namespace', [HOSTS, from({ namespaceSelector: { matchLabels: { team: 'pay' } } })], 'deny'],
    ['nor where there is none', [from(selected)], 'deny'],
  ])('%s', (_, objects, decision) => {
    expect(decide(...objects)).toBe(decision);
  });
  test('says nothing of what goes out', () => {
    const out = np('pay/p', { podSelector: {}, policyTypes: ['Egress'], egress: [{ to: [selected] }] });
    const asked: Ask = { to: '192.0.2.11', engine: OVN };
    expect(ask([...CLUSTER, HOSTS, out], asked).decision).toBe('deny');
  });
});

describe('a named port with OVN-Kubernetes, which has none', () => {
  const http = ports({ port: 'http' });
  checkAll([
    ['may be that port', http, [], 'unknown', { ...WEB, engine: OVN, scope: 'egress' }],
    ['may be any other', http, [], 'unknown', { ...WEB, port: 9, engine: OVN, scope: 'egress' }],
    ['outside of the cluster too', http, [], 'unknown', { ...OUT, engine: OVN }],
    ['is none of another protocol', http, [], 'deny', { ...OUT, protocol: 'UDP', engine: OVN }],
  ]);
});

describe('bits beyond the mask', () => {
  const block = 'egress[0].to[0].ipBlock';
  const cidr = `${block}.cidr: host bits set in "203.0.113.7/24": it means 203.0.113.0/24`;
  const except = `${block}.except[0]: host bits set in "203.0.113.7/25": it means 203.0.113.0/25`;
  checkAll([
    ['are masked', to(ipBlock('203.0.113.7/24')), [cidr], 'allow'],
    [
      'OVN takes them or refuses the rule, by its version',
      to(ipBlock('203.0.113.7/24')),
      [cidr],
      'unknown',
      { ...OUT, engine: OVN },
    ],
    ['of an exception', to(ipBlock('203.0.113.0/24', '203.0.113.7/25')), [except], 'deny'],
    [
      'of an exception with OVN',
      to(ipBlock('203.0.113.0/24', '203.0.113.7/25')),
      [except],
      'unknown',
      { ...OUT, engine: OVN },
    ],
  ]);
});

describe('peers', () => {
  checkAll([
    ['null means every peer', rule({ to: null }), [], 'allow'],
    ['an empty list means every peer', rule({ to: [] }), [], 'allow'],
    ['no list', rule({ to: ipBlock('0.0.0.0/0') }), ['egress[0].to is not a list'], 'unknown'],
    ['a null peer', to(null), ['egress[0].to[0] is a null peer'], 'unknown'],
    ['no object', to('all'), ['egress[0].to[0] is no object'], 'unknown'],
    ['nothing', to({}), ['egress[0].to[0] names no peer'], 'unknown'],
    ['nothing but null', to({ ipBlock: null, podSelector: undefined }), ['egress[0].to[0] names no peer'], 'unknown'],
    ['an unknown field', to({ fqdn: 'a.b' }), ['egress[0].to[0] has the unknown field "fqdn"'], 'unknown'],
    ['an unknown field that is null', to({ ...ipBlock('203.0.113.0/24'), fqdn: null, name: undefined }), [], 'allow'],
    [
      'a block and a selector',
      to({ ...ipBlock('203.0.113.0/24'), podSelector: {} }),
      ['egress[0].to[0] has ipBlock together with a selector'],
      'unknown',
    ],
    ['a block and a selector that is null', to({ ...ipBlock('203.0.113.0/24'), podSelector: null }), [], 'allow'],
    ['a block that is none', to({ ipBlock: '203.0.113.0/24' }), ['egress[0].to[0].ipBlock is no object'], 'unknown'],
    ['a block without a cidr', to({ ipBlock: {} }), ['egress[0].to[0].ipBlock.cidr: invalid CIDR nothing'], 'unknown'],
    [
      'a block with an unknown field',
      to({ ipBlock: { cidr: '203.0.113.0/24', not: [] } }),
      ['egress[0].to[0].ipBlock has the unknown field "not"'],
      'unknown',
    ],
    [
      'exceptions that are no list',
      to({ ipBlock: { cidr: '203.0.113.0/24', except: '203.0.113.43/32' } }),
      ['egress[0].to[0].ipBlock.except is not a list'],
      'unknown',
    ],
    ['no exceptions', to({ ipBlock: { cidr: '203.0.113.0/24', except: null } }), [], 'allow'],
    [
      'an exception that is none',
      to({ ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.44/32', 7] } }),
      ['egress[0].to[0].ipBlock.except[1]: invalid CIDR 7'],
      'unknown',
    ],
    [
      'an exception that ends outside',
      to(ipBlock('203.0.113.0/25', '203.0.113.0/24')),
      ['egress[0].to[0].ipBlock: except 203.0.113.0/24 is not inside cidr 203.0.113.0/25'],
      'deny',
    ],
    ['an exception as large as the block', to(ipBlock('203.0.113.0/24', '203.0.113.0/24')), [], 'deny'],
    ['an exception at its start', to(ipBlock('203.0.113.0/24', '203.0.113.0/25')), [], 'deny'],
    ['an exception at its end', to(ipBlock('203.0.113.0/24', '203.0.113.128/25')), [], 'allow'],
    ['pods of the own namespace', to({ podSelector: {} }), [], 'allow', { to: 'pod:pay/db' }],
    ['and of no other', to({ podSelector: {} }), [], 'deny', WEB],
    ['a null namespaceSelector is none', to({ podSelector: {}, namespaceSelector: null }), [], 'deny', WEB],
    ['all namespaces', to({ namespaceSelector: {} }), [], 'allow', WEB],
    ['a namespace by label', to({ namespaceSelector: { matchLabels: { team: 'shop' } } }), [], 'allow', WEB],
    ['a namespace by another', to({ namespaceSelector: { matchLabels: { team: 'ops' } } }), [], 'deny', WEB],
    [
      'pods by label in all namespaces',
      to({ namespaceSelector: {}, podSelector: { matchLabels: { app: 'web' } } }),
      [],
      'allow',
      WEB,
    ],
    [
      'pods by another label there',
      to({ namespaceSelector: {}, podSelector: { matchLabels: { app: 'db' } } }),
      [],
      'deny',
      WEB,
    ],
  ]);
});

describe('ports', () => {
  const at = (port: number): Ask => ({ ...OUT, port });
  const p = 'egress[0].ports[0]';
  checkAll([
    ['null means every port', rule({ ports: null }), [], 'allow'],
    ['an empty list means every port', rule({ ports: [] }), [], 'allow'],
    ['no list', rule({ ports: { port: 443 } }), ['egress[0].ports is not a list'], 'unknown'],
    ['a null port', ports(null), [`${p}: null port`], 'unknown'],
    ['no object', ports(443), [`${p}: no object`], 'unknown'],
    ['an unknown field', ports({ from: 1 }), [`${p}: unknown field "from"`], 'unknown'],
    ['an unknown protocol', ports({ protocol: 'ICMP' }), [`${p}: unknown protocol "ICMP"`], 'unknown'],
    ['a protocol alone', ports({ protocol: 'TCP', port: null }), [], 'allow', at(65_535)],
    ['a protocol alone, its first port', ports({ protocol: 'TCP' }), [], 'allow', at(1)],
    ['another protocol alone', ports({ protocol: 'UDP' }), [], 'deny'],
    ['an end without a start', ports({ endPort: 443 }), [`${p}: endPort without port`], 'unknown'],
    ['an end behind a name', ports({ port: 'http', endPort: 443 }), [`${p}: endPort with a named port`], 'unknown'],
    ['an end below the start', ports({ port: 443, endPort: 442 }), [`${p}: endPort below port (442 < 443)`], 'unknown'],
    ['an end at the start', ports({ port: 443, endPort: 443 }), [], 'allow'],
    ['an end at the start, and a port beside it', ports({ port: 443, endPort: 443 }), [], 'deny', at(444)],
    [
      'an end that is out of range',
      ports({ port: 443, endPort: 65_536 }),
      [`${p}: endPort out of range: 65536`],
      'unknown',
    ],
    ['port 0', ports({ port: 0 }), [`${p}: port out of range: 0`], 'unknown'],
    ['port 65536', ports({ port: 65_536 }), [`${p}: port out of range: 65536`], 'unknown'],
    ['half a port', ports({ port: 443.5 }), [`${p}: port out of range: 443.5`], 'unknown'],
    ['a port that is true', ports({ port: true }), [`${p}: port out of range: true`], 'unknown'],
    ['port 1', ports({ port: 1 }), [], 'allow', at(1)],
    ['port 65535', ports({ port: 65_535 }), [], 'allow', at(65_535)],
    ['a number in words', ports({ port: '443' }), [`${p}: "443": a string port is a name, not a number`], 'unknown'],
    ['a name of 15 letters', ports({ port: 'a23456789012345' }), [], 'deny'],
    [
      'a name of 16 letters',
      ports({ port: 'a234567890123456' }),
      [`${p}: invalid port name "a234567890123456"`],
      'unknown',
    ],
    ['a name of one letter', ports({ port: 'a' }), [], 'deny'],
    ['a name that begins with a number', ports({ port: '8080http' }), [], 'deny'],
    ['a name that ends with one', ports({ port: 'http2' }), [], 'deny'],
    ['a name without a letter', ports({ port: '1-2' }), [`${p}: invalid port name "1-2"`], 'unknown'],
    ['a name that begins with a dash', ports({ port: '-http' }), [`${p}: invalid port name "-http"`], 'unknown'],
    ['a name that ends with a dash', ports({ port: 'http-' }), [`${p}: invalid port name "http-"`], 'unknown'],
    ['a name with two dashes', ports({ port: 'ht--tp' }), [`${p}: invalid port name "ht--tp"`], 'unknown'],
    ['a name in capitals', ports({ port: 'HTTP' }), [`${p}: invalid port name "HTTP"`], 'unknown'],
  ]);
  test('a text of any length is cut', () => {
    const [first] = readRuleBook([...CLUSTER, ports({ port: '1'.repeat(200) })], { engine: UNKNOWN }).problems;
    expect(first?.why).toBe(`${p}: "${'1'.repeat(60)}": a string port is a name, not a number`);
    const [second] = readRuleBook([...CLUSTER, ports({ port: 'x'.repeat(200) })], { engine: UNKNOWN }).problems;
    expect(second?.why.length).toBeLessThan(110);
  });
});

describe('rules and directions', () => {
  const ingress: Ask = { from: 'shop/web', to: 'pod:pay/api' };
  const bare = (spec: object) => np('pay/p', { podSelector: {}, ...spec });
  checkAll([
    ['rules that are no list', bare({ policyTypes: ['Egress'], egress: {} }), ['egress is not a list'], 'unknown'],
    ['null rules', bare({ policyTypes: ['Egress'], egress: null }), [], 'deny'],
    ['a rule that is no object', rule('all'), ['egress[0] is no object'], 'unknown'],
    [
      'a rule with the other direction’s word',
      rule({ from: [] }),
      ['egress[0] has the unknown field "from"'],
      'unknown',
    ],
    ['no policyTypes: ingress', bare({}), [], 'deny', ingress],
    ['no policyTypes, no egress rule: not egress', bare({}), [], 'allow'],
    ['no policyTypes, an empty egress list: not egress', bare({ egress: [] }), [], 'allow'],
    ['no policyTypes, an egress rule: egress', bare({ egress: [{ ports: [{ port: 1 }] }] }), [], 'deny'],
    ['no policyTypes, an egress rule: ingress too', bare({ egress: [{}] }), [], 'deny', ingress],
    ['null policyTypes: ingress', bare({ policyTypes: null }), [], 'deny', ingress],
    ['an empty list of policyTypes: ingress', bare({ policyTypes: [] }), [], 'deny', ingress],
    ['an empty list of policyTypes, no egress rule: not egress', bare({ policyTypes: [] }), [], 'allow'],
    [
      'an empty list of policyTypes, an egress rule: egress',
      bare({ policyTypes: [], egress: [{ ports: [{ port: 1 }] }] }),
      [],
      'deny',
    ],
    ['policyTypes that are no list', bare({ policyTypes: 'Egress' }), ['policyTypes is not a list'], 'unknown'],
    [
      'policyTypes that are no list: ingress too',
      bare({ policyTypes: 'Egress' }),
      ['policyTypes is not a list'],
      'unknown',
      ingress,
    ],
    ['an unknown policy type', bare({ policyTypes: ['egress'] }), ['unknown policy type "egress"'], 'unknown'],
    ['no podSelector selects every pod', np('pay/p', { policyTypes: ['Egress'] }), [], 'deny'],
    ['no spec', { ...bare({}), spec: undefined }, ['no spec: read as an empty one'], 'deny', ingress],
    ['a spec that is none', { ...bare({}), spec: 7 }, ['spec is 7: read as an empty one'], 'deny', ingress],
    ['no namespace: default', { ...rule({}), metadata: { name: 'p' } }, [], 'allow'],
  ]);
});

test('the own node is let out by a rule alone with Cilium, and elsewhere it is open', () => {
  const isolating = np('pay/p', { podSelector: {}, policyTypes: ['Egress', 'Ingress'] });
  const node = { to: '192.0.2.10', engine: CILIUM };
  expect(ask([...CLUSTER, isolating], node).decision).toBe('deny');
  const unknown = ask([...CLUSTER, isolating], { ...node, engine: OTHER });
  expect(unknown).toMatchObject({ decision: 'unknown' });
  expect(unknown.flows[0]?.trace[0]?.rules).toEqual([
    {
      index: 0,
      name: 'implied',
      action: 'accept',
      match: 'unknown',
      why: 'whether traffic with the own node is always allowed is left to the network plugin',
      fieldsMatched: 0,
    },
  ]);
});

describe('IPv4 in the words of IPv6', () => {
  test.each([
    ['::ffff:10.1.0.0/112', '10.1.0.0', '10.1.255.255'],
    ['::ffff:10.1.2.3/128', '10.1.2.3', '10.1.2.3'],
    ['::ffff:0:0/96', '0.0.0.0', '255.255.255.255'],
    ['::ffff:a01:203/128', '10.1.2.3', '10.1.2.3'],
  ])('%s is a range of IPv4', (text, first, last) => {
    const reading = readRange(text);
    const value = (address: string) => {
      const read = readAddress(address);
      return read.kind === 'address' ? read.address.value : null;
    };
    expect(reading).toMatchObject({ kind: 'range', range: { family: 4, first: value(first), last: value(last) } });
  });
  test('a shorter prefix is IPv6', () => {
    expect(readRange('::ffff:0:0/95')).toMatchObject({ kind: 'range', range: { family: 6 } });
    expect(readRange('::fffe:0:0/96')).toMatchObject({ kind: 'range', range: { family: 6 } });
    expect(readRange('::1:0:0:0/96')).toMatchObject({ kind: 'range', range: { family: 6 } });
  });
  test('an address too', () => {
    expect(readAddress('::ffff:10.1.2.3')).toEqual({
      kind: 'address',
      address: { family: 4, value: 0x0a010203n, text: '10.1.2.3' },
    });
    expect(readAddress('::fffe:10.1.2.3')).toMatchObject({ address: { family: 6 } });
  });
});

describe('labels that Cilium makes no identity of', () => {
  const hash = { matchLabels: { 'pod-template-hash': 'x1' } };
  const objects = [
    ...CLUSTER.filter(each => (each as { metadata: { name: string } }).metadata.name !== 'api'),
    pod('pay/api', { labels: { app: 'api', 'pod-template-hash': 'x1' } }),
    pod('pay/peer', { ip: '10.244.0.5', labels: { 'pod-template-hash': 'x1' } }),
  ];
  const selecting = np('pay/p', { podSelector: hash, policyTypes: ['Egress'], egress: [] });
  const allowing = to({ podSelector: hash });
  test.each<[string, object, Ask, string, string]>([
    ['select no pod', selecting, OUT, 'allow', 'deny'],
    ['are no peer', allowing, { to: 'pod:pay/peer' }, 'deny', 'allow'],
  ])('%s, and with another engine they do', (_, policy, asked, cilium, other) => {
    expect(ask([...objects, policy], { ...asked, engine: CILIUM }).decision).toBe(cilium);
    expect(ask([...objects, policy], { ...asked, engine: OTHER }).decision).toBe(other);
  });
});
