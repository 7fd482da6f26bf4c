/** The conditions of Calico's rules: who, where, which port and which protocol. */
import { describe, expect, test } from 'vitest';
import type { ApiListing } from '../../src/evidence.ts';
import { readClusterState } from '../../src/policy/cluster-state.ts';
import { predict } from '../../src/policy/evaluate.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { type Ask, CALICO, CLUSTER, pod } from './policy-builders.ts';
import { allow, answer, calico, deny, global, local, OUT, type Row, WEB } from './policy-calico-builders.ts';

const G = ['GlobalNetworkPolicy a'];
const L = ['NetworkPolicy.projectcalico.org pay/a'];

function rows(table: readonly Row[]): void {
  test.each(table)('%s', (_, objects, question, decision, by) => {
    const { decision: got, by: policies } = answer(objects, question);
    expect([got, policies]).toEqual([decision, by]);
  });
}

/** A rule that allows this and nothing else; the row says whether the flow is that. */
const only = (destination: object, more: object = {}) => [global('a', [allow(destination, more)])];
const onlyLocal = (destination: object) => [local('pay/a', [allow(destination)])];

describe('addresses', () => {
  rows([
    ['inside nets', only({ nets: ['192.0.2.0/24', '203.0.113.0/24'] }), OUT, 'allow', G],
    ['outside nets', only({ nets: ['192.0.2.0/24'] }), OUT, 'deny', G],
    ['nets match pods by their address', only({ nets: ['10.244.1.1/32'] }), WEB, 'allow', G],
    ['a plain address is a net of one', only({ nets: ['203.0.113.43'] }), OUT, 'allow', G],
    ['host bits of a net are masked away', only({ nets: ['203.0.113.99/24'] }), OUT, 'allow', G],
    ['an empty list says nothing', only({ nets: [] }), OUT, 'allow', G],
    ['inside notNets', only({ notNets: ['203.0.113.0/24'] }), OUT, 'deny', G],
    ['outside notNets', only({ notNets: ['192.0.2.0/24'] }), OUT, 'allow', G],
    ['notNets make holes in nets', only({ nets: ['203.0.113.0/24'], notNets: ['203.0.113.40/29'] }), OUT, 'deny', G],
    [
      'a rule with notNets of one family is for that family alone',
      only({ notNets: ['192.0.2.0/24'] }),
      { to: '2001:db8::1' },
      'deny',
      G,
    ],
    ['ipVersion 4', only({}, { ipVersion: 4 }), OUT, 'allow', G],
    ['ipVersion 6 and IPv4', only({}, { ipVersion: 6 }), OUT, 'deny', G],
    ['ipVersion 6', only({}, { ipVersion: 6 }), { to: '2001:db8::1' }, 'allow', G],
  ]);
});

describe('selectors of peers', () => {
  const account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace: 'shop', labels: { role: 'ci' } },
  };
  rows([
    ['pods by label', only({ selector: "app == 'web'" }), WEB, 'allow', G],
    ['other pods', only({ selector: "app == 'db'" }), WEB, 'deny', G],
    ['all() is every pod and no address outside', only({ selector: 'all()' }), OUT, 'deny', G],
    ['all() and a pod', only({ selector: 'all()' }), WEB, 'allow', G],
    ['a negative selector never chooses the outside', only({ selector: '!has(tier)' }), OUT, 'deny', G],
    ['notSelector leaves the outside in', only({ notSelector: 'has(app)' }), OUT, 'allow', G],
    ['notSelector and a pod that it chooses', only({ notSelector: 'has(app)' }), WEB, 'deny', G],
    ['a selector of a NetworkPolicy is bound to its namespace', onlyLocal({ selector: 'has(app)' }), WEB, 'deny', L],
    ['there it chooses', onlyLocal({ selector: 'has(app)' }), { to: 'pod:pay/db' }, 'allow', L],
    [
      'notSelector binds a NetworkPolicy to its namespace as well',
      onlyLocal({ notSelector: "app == 'db'" }),
      OUT,
      'deny',
      L,
    ],
    [
      'and there leaves out what it chooses',
      onlyLocal({ notSelector: "app == 'db'" }),
      { to: 'pod:pay/db' },
      'deny',
      L,
    ],
    [
      'notSelector itself is of every namespace',
      onlyLocal({ namespaceSelector: 'all()', notSelector: "app == 'web'" }),
      WEB,
      'deny',
      L,
    ],
    ['namespaceSelector by label', onlyLocal({ namespaceSelector: "team == 'shop'" }), WEB, 'allow', L],
    [
      'namespaceSelector by name',
      onlyLocal({ namespaceSelector: "projectcalico.org/name == 'shop'", selector: "app == 'web'" }),
      WEB,
      'allow',
      L,
    ],
    ['namespaceSelector all() is every pod', onlyLocal({ namespaceSelector: 'all()' }), WEB, 'allow', L],
    ['namespaceSelector all() is no address outside', onlyLocal({ namespaceSelector: 'all()' }), OUT, 'deny', L],
    ['namespaceSelector global() is no pod', only({ namespaceSelector: 'global()' }), WEB, 'deny', G],
    ['service accounts by name', only({ serviceAccounts: { names: ['robot', 'default'] } }), WEB, 'allow', G],
    ['service accounts by another name', only({ serviceAccounts: { names: ['robot'] } }), WEB, 'deny', G],
    [
      'service accounts by label',
      [account, ...only({ serviceAccounts: { selector: "role == 'ci'" } })],
      WEB,
      'allow',
      G,
    ],
    [
      'name and label must both fit',
      [account, ...only({ serviceAccounts: { names: ['robot'], selector: "role == 'ci'" } })],
      WEB,
      'deny',
      G,
    ],
    ['service accounts without anything say nothing', only({ serviceAccounts: {} }), OUT, 'allow', G],
    ['a selector and nets must both fit', only({ selector: "app == 'web'", nets: ['10.0.0.0/24'] }), WEB, 'deny', G],
    [
      "pods that use their node's network are no endpoints",
      [
        ...only({ selector: "app == 'agent'" }),
        pod('shop/agent', { hostNetwork: true, ip: '192.0.2.11', node: 'b', labels: { app: 'agent' } }),
      ],
      { to: '192.0.2.11' },
      'deny',
      G,
    ],
  ]);
});

describe('network sets', () => {
  const set = (path: string, spec: object, labels: Readonly<Record<string, string>> = { role: 'partner' }) =>
    calico(path.includes('/') ? 'NetworkSet' : 'GlobalNetworkSet', path, spec, labels);
  const partners = set('partners', { nets: ['203.0.113.0/24'] });
  const own = set('pay/partners', { nets: ['203.0.113.0/24'] });
  const far = set('shop/partners', { nets: ['203.0.113.0/24'] });
  const chosen = { selector: "role == 'partner'" };
  rows([
    ['a global policy chooses a GlobalNetworkSet', [partners, ...only(chosen)], OUT, 'allow', G],
    ['an address outside the set', [partners, ...only(chosen)], { to: '192.0.2.99' }, 'deny', G],
    ['a set with other labels', [set('partners', { nets: ['203.0.113.0/24'] }, {}), ...only(chosen)], OUT, 'deny', G],
    ['a set without nets is empty', [set('partners', {}), ...only(chosen)], OUT, 'deny', G],
    ['sets match pods by their address', [set('pods', { nets: ['10.244.1.0/24'] }), ...only(chosen)], WEB, 'allow', G],
    ['all() takes in every set', [partners, ...only({ selector: 'all()' })], OUT, 'allow', G],
    ['notSelector leaves a set out', [partners, ...only({ notSelector: "role == 'partner'" })], OUT, 'deny', G],
    ['a global policy chooses a NetworkSet of any namespace', [far, ...only(chosen)], OUT, 'allow', G],
    [
      'of two sets with an address, one that is chosen and not left out is enough',
      [
        partners,
        set('banks', { nets: ['203.0.113.0/24'] }, { role: 'bank' }),
        ...only({ selector: 'has(role)', notSelector: "role == 'partner'" }),
      ],
      OUT,
      'allow',
      G,
    ],
    [
      'one that is left out is not',
      [partners, ...only({ selector: 'has(role)', notSelector: "role == 'partner'" })],
      OUT,
      'deny',
      G,
    ],
    [
      'a pod is left out by its own labels alone',
      [
        set('pods', { nets: ['10.244.0.0/16'] }, { role: 'partner' }),
        ...onlyLocal({ notSelector: "role == 'partner'" }),
      ],
      { to: 'pod:pay/db' },
      'allow',
      L,
    ],
    [
      'unless nothing is chosen, so that an address counts',
      [set('pods', { nets: ['10.244.0.0/16'] }, { role: 'partner' }), ...only({ notSelector: "role == 'partner'" })],
      { to: 'pod:pay/db' },
      'deny',
      G,
    ],
    ['a NetworkPolicy chooses those of its namespace', [own, ...onlyLocal(chosen)], OUT, 'allow', L],
    ['not those of another', [far, ...onlyLocal(chosen)], OUT, 'deny', L],
    ['nor a GlobalNetworkSet', [partners, ...onlyLocal(chosen)], OUT, 'deny', L],
    [
      'namespaceSelector reaches those of another namespace',
      [far, ...onlyLocal({ ...chosen, namespaceSelector: "team == 'shop'" })],
      OUT,
      'allow',
      L,
    ],
    [
      'namespaceSelector that names another namespace',
      [far, ...onlyLocal({ ...chosen, namespaceSelector: "team == 'pay'" })],
      OUT,
      'deny',
      L,
    ],
    [
      'global() reaches a GlobalNetworkSet',
      [partners, ...onlyLocal({ ...chosen, namespaceSelector: 'global()' })],
      OUT,
      'allow',
      L,
    ],
    [
      'global() reaches no NetworkSet',
      [own, ...onlyLocal({ ...chosen, namespaceSelector: 'global()' })],
      OUT,
      'deny',
      L,
    ],
    [
      'all() of namespaces reaches no GlobalNetworkSet',
      [partners, ...onlyLocal({ ...chosen, namespaceSelector: 'all()' })],
      OUT,
      'deny',
      L,
    ],
    [
      'a selector of negatives reaches none, by the documentation, and all by the code',
      [partners, ...onlyLocal({ ...chosen, namespaceSelector: "team != 'x'" })],
      OUT,
      'unknown',
      L,
    ],
    [
      'so a rule that denies by them is not taken to let it pass either',
      [partners, local('pay/a', [deny({ ...chosen, namespaceSelector: "team != 'x'" }), allow()])],
      OUT,
      'unknown',
      L,
    ],
    ['a set by its namespace', [far, ...only({ selector: "projectcalico.org/namespace == 'shop'" })], OUT, 'allow', G],
    ['a set by a label of its namespace', [far, ...only({ selector: "pcns.team == 'shop'" })], OUT, 'allow', G],
    [
      'a set in a namespace whose labels are not known',
      [set('gone/partners', { nets: ['203.0.113.0/24'] }), ...only({ selector: "pcns.team == 'shop'" })],
      OUT,
      'unknown',
      G,
    ],
    [
      'a set with a bad net is open as a whole',
      [set('partners', { nets: ['203.0.113.0/24', '10.0.0.0/33'] }), ...only(chosen)],
      OUT,
      'unknown',
      G,
    ],
  ]);
  test('a bad net is named with its set', () => {
    const objects = [set('partners', { nets: ['10.0.0.0/33'] }), ...only(chosen)];
    expect(readRuleBook(objects, { engine: CALICO }).problems).toEqual([
      { object: 'GlobalNetworkSet partners', why: 'spec.nets[0]: invalid CIDR "10.0.0.0/33" in a set' },
    ]);
  });
  test('the trace names the set', () => {
    expect(answer([partners, ...only(chosen)]).why).toBe(
      'GlobalNetworkPolicy a allows it by rule 1: GlobalNetworkSet partners: 203.0.113.43 is in 203.0.113.0/24',
    );
  });
});

describe('domains, which Calico Enterprise and Calico Cloud have', () => {
  const dns = {
    'api.stripe.com': ['203.0.113.43'],
    'eu.api.stripe.com': ['203.0.113.44'],
    'stripe.example': ['203.0.113.45'],
  };
  const name = (to: string): Ask => ({ to, dns });
  const names = calico(
    'GlobalNetworkSet',
    'names',
    { nets: ['192.0.2.0/24'], allowedEgressDomains: ['api.stripe.com'] },
    { role: 'names' },
  );
  const chosen = { selector: "role == 'names'" };
  rows([
    ['a name', only({ domains: ['API.stripe.com.'] }), name('api.stripe.com'), 'allow', G],
    ['a name is not those below it', only({ domains: ['api.stripe.com'] }), name('eu.api.stripe.com'), 'deny', G],
    ['a star stands for labels', only({ domains: ['*.stripe.com'] }), name('eu.api.stripe.com'), 'allow', G],
    ['a star is not for another name', only({ domains: ['*.stripe.com'] }), name('stripe.example'), 'deny', G],
    ['names of a set', [names, ...only(chosen)], name('api.stripe.com'), 'allow', G],
    ['nets of the same set', [names, ...only(chosen)], { to: '192.0.2.99' }, 'allow', G],
    [
      'names of a set have no effect in a rule that denies',
      [names, global('a', [deny(chosen), allow()])],
      name('api.stripe.com'),
      'allow',
      G,
    ],
    ['nor in notSelector', [names, ...only({ notSelector: "role == 'names'" })], name('api.stripe.com'), 'allow', G],
    [
      'domains in a rule that denies mean nothing',
      [global('a', [deny({ domains: ['api.stripe.com'] })])],
      name('api.stripe.com'),
      'unknown',
      G,
    ],
    ['two stars are no name', only({ domains: ['*.*.com'] }), name('api.stripe.com'), 'unknown', G],
  ]);
  test('the answer says which edition it takes', () => {
    const { flows } = answer(only({ domains: ['api.stripe.com'] }), name('api.stripe.com'));
    expect(flows[0]?.assumptions).toEqual([
      'domain names count in Calico Enterprise and Calico Cloud only (open-source Calico drops the field), and only for addresses that a trusted DNS server has answered',
    ]);
  });
});

describe('Services', () => {
  const service = (name: string, slice: object) => [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'pay' },
      spec: { clusterIP: '10.96.0.9', ports: [{ name: 'x', port: 443 }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-1`, namespace: 'pay', labels: { 'kubernetes.io/service-name': name } },
      endpoints: [{ addresses: ['203.0.113.43'] }],
      ...slice,
    },
  ];
  const database = service('ext', { ports: [{ name: 'x', port: 443, protocol: 'TCP' }] });
  const rule = { services: { name: 'ext', namespace: 'pay' } };
  rows([
    ['an endpoint on its port', [...database, ...only(rule)], OUT, 'allow', G],
    ['an endpoint on another port', [...database, ...only(rule)], { ...OUT, port: 80 }, 'deny', G],
    ['an endpoint with another protocol', [...database, ...only(rule)], { ...OUT, protocol: 'UDP' }, 'deny', G],
    ['no endpoint', [...database, ...only(rule)], { to: '203.0.113.44' }, 'deny', G],
    ["through the Service's own address", [...database, ...only(rule)], { to: '10.96.0.9' }, 'allow', G],
    [
      "without a namespace it is the policy's",
      [...database, ...onlyLocal({ services: { name: 'ext' } })],
      OUT,
      'allow',
      L,
    ],
    ['a Service that is not known', only(rule), OUT, 'unknown', G],
    [
      'a global policy has to name the namespace',
      [...database, ...only({ services: { name: 'ext' } })],
      OUT,
      'unknown',
      G,
    ],
    [
      'services stand beside nothing else',
      [...database, ...only({ ...rule, nets: ['203.0.113.0/24'] })],
      OUT,
      'unknown',
      G,
    ],
    ['services of the own side', [...database, global('a', [{ action: 'Allow', source: rule }])], OUT, 'unknown', G],
  ]);
});

describe('ports and protocols', () => {
  const TCP = { protocol: 'TCP' };
  const ports = (list: readonly unknown[], more: object = TCP) => only({ ports: list }, more);
  const PING: Ask = { ...OUT, protocol: 'ICMP' };
  rows([
    ['a port', ports([443]), OUT, 'allow', G],
    ['a port as a text', ports(['443']), OUT, 'allow', G],
    ['another port', ports([80]), OUT, 'deny', G],
    ['a range', ports(['440:445']), OUT, 'allow', G],
    ['outside a range', ports(['444:445']), OUT, 'deny', G],
    ['the port with another protocol', ports([443], { protocol: 'UDP' }), OUT, 'deny', G],
    ['inside notPorts', only({ notPorts: ['440:445'] }, TCP), OUT, 'deny', G],
    ['outside notPorts', only({ notPorts: [80] }, TCP), OUT, 'allow', G],
    ['an empty list says nothing', ports([]), OUT, 'allow', G],
    ['a named port of the destination pod', ports(['http']), WEB, 'allow', G],
    ['a named port that is another number', ports(['http']), { ...WEB, port: 80 }, 'deny', G],
    ['a named port is nothing outside', ports(['http']), { ...OUT, port: 8080 }, 'deny', G],
    [
      'a named port without a protocol is of any, since 3.32',
      ports(['dns'], {}),
      { ...WEB, port: 53, protocol: 'UDP', engine: { ...CALICO, version: '3.32.0' } },
      'allow',
      G,
    ],
    [
      'where there is such a rule and the version is not known, it is of any',
      ports(['dns'], {}),
      { ...WEB, port: 53, protocol: 'UDP', engine: { ...CALICO, version: null } },
      'allow',
      G,
    ],
    ['before 3.32 the policy is refused', ports(['dns'], {}), { ...WEB, port: 53, protocol: 'UDP' }, 'unknown', G],
    ['protocol alone', only({}, TCP), OUT, 'allow', G],
    ['protocol by number', only({}, { protocol: 6 }), OUT, 'allow', G],
    ['another protocol by number', only({}, { protocol: 17 }), OUT, 'deny', G],
    ['a protocol that no flow of ours has', only({}, { protocol: 47 }), OUT, 'deny', G],
    ['notProtocol', only({}, { notProtocol: 'TCP' }), OUT, 'deny', G],
    ['notProtocol of another', only({}, { notProtocol: 'UDP' }), OUT, 'allow', G],
    ['ICMP', only({}, { protocol: 'ICMP' }), PING, 'allow', G],
    ['ICMP opens no TCP', only({}, { protocol: 'ICMP' }), OUT, 'deny', G],
    ['ICMP is of IPv4', only({}, { protocol: 'ICMP' }), { ...PING, to: '2001:db8::1' }, 'deny', G],
    ['ICMPv6 is of IPv6', only({}, { protocol: 'ICMPv6' }), { ...PING, to: '2001:db8::1' }, 'allow', G],
    [
      'an ICMP type, where the type is not known',
      only({}, { protocol: 'ICMP', icmp: { type: 8 } }),
      PING,
      'unknown',
      G,
    ],
    ['notICMP, where the type is not known', only({}, { protocol: 'ICMP', notICMP: { type: 8 } }), PING, 'unknown', G],
    ['icmp without a type is any', only({}, { protocol: 'ICMP', icmp: {} }), PING, 'allow', G],
  ]);
  test.each<readonly [rule: string, destination: object, more: object, why: string]>([
    ['a reversed range', { ports: ['9000:80'] }, TCP, 'egress[0].destination.ports[0]: port range reversed: "9000:80"'],
    ['a port beyond the last', { ports: [65_536] }, TCP, 'egress[0].destination.ports[0]: port out of range: 65536'],
    ['a port that is no port', { ports: [{}] }, TCP, 'egress[0].destination.ports[0]: invalid port {}'],
    ['ports that are no list', { ports: 443 }, TCP, 'egress[0].destination.ports is not a list'],
    [
      'names without a protocol, before 3.32',
      { ports: ['http'] },
      {},
      'egress[0].destination.ports[0]: ports without a protocol',
    ],
    ['numbers without a protocol', { ports: [443] }, {}, 'egress[0].destination.ports[0]: ports without a protocol'],
    [
      'ports of ICMP',
      { ports: [443] },
      { protocol: 'ICMP' },
      'egress[0].destination.ports[0]: ports with a protocol that has none',
    ],
    [
      'a protocol beyond the last',
      {},
      { protocol: 300 },
      'egress[0].protocol: protocol out of range: 300 is not in 1-255',
    ],
    ['a protocol in small letters', {}, { protocol: 'tcp' }, 'egress[0].protocol: unknown protocol "tcp"'],
    ['a protocol that is no word', {}, { notProtocol: [] }, 'egress[0].notProtocol: unknown protocol []'],
    ['icmp of TCP', {}, { protocol: 'TCP', icmp: { type: 8 } }, 'egress[0].icmp without protocol ICMP or ICMPv6'],
    [
      'an ICMP type beyond the last',
      {},
      { protocol: 'ICMP', icmp: { type: 255 } },
      'egress[0].icmp.type out of range: 255',
    ],
    [
      'an ICMP code beyond the last',
      {},
      { protocol: 'ICMP', icmp: { type: 3, code: 256 } },
      'egress[0].icmp.code out of range: 256',
    ],
    [
      'an ICMP code alone',
      {},
      { protocol: 'ICMP', notICMP: { code: 3 } },
      'egress[0].notICMP has a code without a type',
    ],
    ['icmp that is no object', {}, { protocol: 'ICMP', icmp: 8 }, 'egress[0].icmp is no object'],
    ['nets that are no list', { nets: '10.0.0.0/8' }, {}, 'egress[0].destination.nets is not a list'],
    ['a net that is no text', { nets: [10] }, {}, 'egress[0].destination.nets[0]: invalid CIDR 10'],
    [
      'a selector of a peer that does not parse',
      { selector: 'app' },
      {},
      'egress[0].destination.selector: selector does not parse: an operator is expected after app',
    ],
    [
      'a notSelector that does not parse',
      { notSelector: 'app' },
      {},
      'egress[0].destination.notSelector: selector does not parse: an operator is expected after app',
    ],
    [
      'a namespaceSelector that does not parse',
      { namespaceSelector: 'app' },
      {},
      'egress[0].destination.namespaceSelector: selector does not parse: an operator is expected after app',
    ],
    [
      'an account selector that does not parse',
      { serviceAccounts: { selector: 'app' } },
      {},
      'egress[0].destination.serviceAccounts.selector: selector does not parse: an operator is expected after app',
    ],
    [
      'global() for endpoints',
      { selector: 'global()' },
      {},
      'egress[0].destination.selector: global() is for namespaceSelectors of rules only',
    ],
    ['a selector that is no text', { selector: 7 }, {}, 'egress[0].destination.selector is no text: 7'],
    [
      'accounts that are no object',
      { serviceAccounts: 'robot' },
      {},
      'egress[0].destination.serviceAccounts is no object',
    ],
    [
      'accounts with a field of their own',
      { serviceAccounts: { name: 'robot' } },
      {},
      'egress[0].destination.serviceAccounts has the unknown field "name"',
    ],
    [
      'account names that are none',
      { serviceAccounts: { names: [7] } },
      {},
      'egress[0].destination.serviceAccounts.names is no list of names',
    ],
    [
      'a field that an entity does not have',
      { podSelector: {} },
      {},
      'egress[0].destination has the unknown field "podSelector"',
    ],
    ['domains that are no list', { domains: 'a.example' }, {}, 'egress[0].destination.domains is not a list'],
    ['services that are no object', { services: 'ext' }, {}, 'egress[0].destination.services is no object'],
    ['services without a name', { services: { namespace: 'pay' } }, {}, 'egress[0].destination.services has no name'],
  ])('%s: named', (_, destination, more, why) => {
    const objects = only(destination, more);
    expect(readRuleBook(objects, { engine: CALICO }).problems).toEqual([{ object: 'GlobalNetworkPolicy a', why }]);
    expect(answer(objects).decision).not.toBe('allow');
  });
  test('a destination that is no object', () => {
    const objects = [global('a', [{ action: 'Allow', destination: [] }])];
    expect(readRuleBook(objects, { engine: CALICO }).problems).toEqual([
      { object: 'GlobalNetworkPolicy a', why: 'egress[0].destination is no object' },
    ]);
  });
});

describe('the own side of a rule', () => {
  const from = (source: object) => [global('a', [{ action: 'Allow', source }])];
  rows([
    ['source selector that the pod fits', from({ selector: "app == 'api'" }), OUT, 'allow', G],
    ['source selector that it does not', from({ selector: "app == 'db'" }), OUT, 'deny', G],
    ['source nets', from({ nets: ['10.244.0.0/24'] }), OUT, 'allow', G],
    ['source nets of the other family', from({ nets: ['10.244.0.0/24'] }), { to: '2001:db8::1' }, 'deny', G],
    ['source notSelector', from({ notSelector: "app == 'api'" }), OUT, 'deny', G],
    [
      'source ports: nobody knows them beforehand',
      [global('a', [{ action: 'Allow', protocol: 'TCP', source: { ports: [1024] } }])],
      OUT,
      'unknown',
      G,
    ],
    [
      'source ports that are all',
      [global('a', [{ action: 'Allow', protocol: 'TCP', source: { ports: ['1:65535'] } }])],
      OUT,
      'allow',
      G,
    ],
  ]);
  test('the destination of an ingress rule is the pod itself', () => {
    const policy = (nets: readonly string[]) =>
      calico('NetworkPolicy', 'shop/a', { types: ['Ingress'], ingress: [{ action: 'Allow', destination: { nets } }] });
    expect(answer([policy(['10.244.1.1/32'])], { ...WEB, scope: 'both' }).decision).toBe('allow');
    expect(answer([policy(['10.244.0.1/32'])], { ...WEB, scope: 'both' }).decision).toBe('deny');
  });
  test('the source of an ingress rule is the peer', () => {
    const policy = (selector: string) =>
      calico('GlobalNetworkPolicy', 'in', {
        selector: "app == 'web'",
        types: ['Ingress'],
        ingress: [{ action: 'Allow', source: { selector } }],
      });
    expect(answer([policy("app == 'api'")], { ...WEB, scope: 'both' }).decision).toBe('allow');
    expect(answer([policy("app == 'db'")], { ...WEB, scope: 'both' }).decision).toBe('deny');
  });
});

test('http conditions leave the connection alone and are told', () => {
  const ingress = [{ action: 'Allow', http: { methods: ['GET'] } }];
  const { decision, flows } = answer([global('a', [], { types: ['Ingress'], ingress })], { ...WEB, scope: 'both' });
  expect([decision, flows[0]?.assumptions]).toEqual([
    'allow',
    [
      "the connection is allowed; where application layer policy is on, HTTP requests may still be refused by the rule's http conditions",
    ],
  ]);
});

describe('sets that are not as they should be', () => {
  const listing = (kind: string, result: object) => [
    {
      group: 'projectcalico.org',
      version: 'v3',
      kind,
      plural: `${kind.toLowerCase()}s`,
      result,
    } as unknown as ApiListing,
  ];
  const forbidden = { kind: 'forbidden', remedy: 'add the rule' };
  const decide = (objects: readonly object[], apis: readonly ApiListing[]) => {
    const all = [...CLUSTER, ...objects];
    const request = {
      from: 'pay/api',
      to: { kind: 'address' as const, address: '203.0.113.43' },
      port: 443,
      protocol: 'TCP' as const,
      icmpType: null,
      query: null,
      scope: 'egress' as const,
    };
    return predict(readRuleBook(all, { engine: CALICO, apis }), readClusterState(all, {}).cluster, [request]);
  };
  const chosen = { selector: "role == 'partner'" };
  test.each<readonly [rule: string, objects: readonly object[], apis: readonly ApiListing[], decision: string]>([
    [
      'sets that may not be listed leave a selector open',
      only(chosen),
      listing('GlobalNetworkSet', forbidden),
      'unknown',
    ],
    [
      'a list that failed does so too',
      only(chosen),
      listing('NetworkSet', { kind: 'failed', why: 'timeout' }),
      'unknown',
    ],
    [
      'a Deny is open as well',
      [global('a', [deny(chosen), allow()])],
      listing('GlobalNetworkSet', forbidden),
      'unknown',
    ],
    [
      'a rule without a selector is not',
      only({ nets: ['203.0.113.0/24'] }),
      listing('GlobalNetworkSet', forbidden),
      'allow',
    ],
    ['a list that was given', only(chosen), listing('GlobalNetworkSet', { kind: 'listed', objects: 0 }), 'deny'],
    [
      'tiers that may not be listed cloud only what is in one',
      only({ nets: ['203.0.113.0/24'] }),
      listing('Tier', forbidden),
      'allow',
    ],
  ])('%s', (_, objects, apis, decision) => {
    expect(decide(objects, apis).decision).toBe(decision);
  });
  test.each<readonly [rule: string, text: string, decision: string]>([
    ['the store keeps labels in an annotation', '{"labels":{"role":"partner"}}', 'allow'],
    ['what is no JSON has no labels', 'role: partner', 'deny'],
  ])('%s', (_, text, decision) => {
    const set = {
      apiVersion: 'crd.projectcalico.org/v1',
      kind: 'GlobalNetworkSet',
      metadata: { name: 'partners', annotations: { 'projectcalico.org/metadata': text } },
      spec: { nets: ['203.0.113.0/24'] },
    };
    expect(answer([set, ...only(chosen)]).decision).toBe(decision);
  });
});
