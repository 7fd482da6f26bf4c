/**
 * What is wrong with Calico's policies, sets and host endpoints, told word by word. Felix passes over a whole policy that
 * its API would refuse, so any fault leaves the answer open.
 */
import { describe, expect, test } from 'vitest';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { type Ask, CALICO, CLUSTER, namespace, np, pod, UNKNOWN } from './policy-builders.ts';
import { allow, answer, calico, deny, global, local, OUT, stored, WEB } from './policy-calico-builders.ts';

const problemsOf = (objects: readonly object[]) =>
  readRuleBook([...CLUSTER, ...objects], { engine: CALICO }).problems.map(({ object, why }) => `${object}: ${why}`);

/** One rule of policy p, and one that does the other thing. */
const fault = (what: string, rule: unknown, problem: string): void => {
  test(what, () => {
    const { action, protocol } = rule as { action?: string; protocol?: unknown };
    const objects = [global('p', [rule as object, action === 'Allow' ? deny() : allow()])];
    expect(problemsOf(objects)).toEqual([`GlobalNetworkPolicy p: egress[0]${problem}`]);
    expect(answer(objects, protocol === 'ICMP' ? PING : OUT).decision).toBe('unknown');
  });
};
const to = (destination: unknown, more: object = {}) => ({ action: 'Deny', destination, ...more });
const PING: Ask = { to: '203.0.113.43', protocol: 'ICMP', icmpType: 8 };

describe('rules', () => {
  fault('no object', 'Deny', ' is no object');
  fault('an action', { action: 'Drop' }, ': unknown action "Drop"');
  fault('an action that is no text', { action: ['Deny'] }, ': unknown action ["Deny"]');
  fault('no action', {}, ': unknown action nothing');
  fault('a field', { action: 'Deny', newer: 1 }, ' has the unknown field "newer"');
  fault('a family', { action: 'Deny', ipVersion: '4' }, ': ipVersion is neither 4 nor 6: "4"');
  fault('HTTP in a rule that denies', { action: 'Deny', http: {} }, ': http is for rules that allow only');
  fault('HTTP in a rule of egress', { action: 'Allow', http: {} }, ': http is for ingress rules only');
  const BOTH = ' has addresses of both families';
  fault('notNets of both families', to({ notNets: ['198.51.100.0/24', '2001:db8:1::/48'] }), BOTH);
  fault('nets of both families', to({ nets: ['203.0.113.0/24', '2001:db8::/48'] }), BOTH);
  test.each<readonly [rule: string, object]>([
    ['a source of the other', to({ nets: ['203.0.113.0/24'] }, { source: { notNets: ['2001:db8::/48'] } })],
    ['ICMP of another ipVersion', { action: 'Deny', ipVersion: 6, protocol: 'ICMP' }],
    ['also where it is excepted', { action: 'Deny', ipVersion: 4, notProtocol: 'ICMPv6' }],
    ['nets of another ipVersion', to({ notNets: ['2001:db8::/48'] }, { ipVersion: 4 })],
  ])('%s: told, whatever turns on it', (_, rule) => {
    expect(problemsOf([global('p', [rule])])).toEqual([`GlobalNetworkPolicy p: egress[0]${BOTH}`]);
  });
  fault('an entity that is no object', to('all'), '.destination is no object');
  fault('a field of an entity', to({ newer: 1 }), '.destination has the unknown field "newer"');
  fault('a list of nets', to({ nets: '0.0.0.0/0' }), '.destination.nets is not a list');
  fault('a net', to({ nets: ['203.0.113.0/33'] }), '.destination.nets[0]: invalid CIDR "203.0.113.0/33"');
  fault('a net that is a number', to({ nets: [7] }), '.destination.nets[0]: invalid CIDR 7');
  fault(
    'a selector that does not parse',
    to({ selector: 'app ==' }),
    '.destination.selector: selector does not parse: a text in quotes is expected after app ==',
  );
  fault('a selector that is no text', to({ selector: 7 }), '.destination.selector is no text: 7');
  fault(
    'global() among pods',
    to({ selector: 'global()' }),
    '.destination.selector: global() is for namespaceSelectors of rules only',
  );
  fault('accounts that are no object', to({ serviceAccounts: ['robot'] }), '.destination.serviceAccounts is no object');
  fault(
    'a field of accounts',
    to({ serviceAccounts: { name: 'x' } }),
    '.destination.serviceAccounts has the unknown field "name"',
  );
  fault(
    'names of accounts',
    to({ serviceAccounts: { names: ['robot', 7] } }),
    '.destination.serviceAccounts.names is no list of names',
  );
  fault('Services that are no object', to({ services: 'web' }), '.destination.services is no object');
  fault('a Service without a name', to({ services: { namespace: 'shop' } }), '.destination.services has no name');
  fault(
    'a Service with an empty name',
    to({ services: { name: '', namespace: 'shop' } }),
    '.destination.services has no name',
  );
  fault('a Service without a namespace', to({ services: { name: 'web' } }), '.destination.services has no namespace');
  fault(
    'a Service with an empty namespace',
    to({ services: { name: 'web', namespace: '' } }),
    '.destination.services has no namespace',
  );
  fault(
    'a Service with a namespace that is no text',
    to({ services: { name: 'web', namespace: 7 } }),
    '.destination.services has no namespace',
  );
  fault(
    'a Service beside nets',
    to({ services: { name: 'web', namespace: 'shop' }, nets: ['203.0.113.0/24'] }),
    '.destination has services together with nets',
  );
  fault(
    'names in a rule that denies',
    to({ domains: ['a.b'] }),
    '.destination.domains is for egress rules that allow only',
  );
  fault(
    'a name that is none',
    { action: 'Allow', destination: { domains: ['a.b/c'] } },
    '.destination.domains[0]: invalid domain name "a.b/c"',
  );
  fault(
    'a name that is a number',
    { action: 'Allow', destination: { domains: [7] } },
    '.destination.domains[0]: invalid domain name 7',
  );
  fault(
    'two stars',
    { action: 'Allow', destination: { domains: ['*.a.*'] } },
    '.destination.domains[0]: invalid domain name "*.a.*"',
  );
  fault(
    'names of the source',
    { action: 'Allow', source: { domains: ['a.b'] } },
    '.source.domains is for egress rules that allow only',
  );

  test('names in a rule of what comes in', () => {
    const objects = [
      global('p', [], { types: ['Ingress'], ingress: [{ action: 'Allow', destination: { domains: ['a.b'] } }] }),
    ];
    expect(problemsOf(objects)).toEqual([
      'GlobalNetworkPolicy p: ingress[0].destination.domains is for egress rules that allow only',
    ]);
  });
  test('no list of rules', () => {
    expect(problemsOf([global('p', {} as [])])).toEqual(['GlobalNetworkPolicy p: egress is not a list']);
    expect(answer([global('p', {} as [])]).decision).toBe('unknown');
  });
  test('a rule that cannot be read may allow what a later policy denies', () => {
    const later = global('q', [{ action: 'Deny' }], { order: 9 });
    expect(answer([global('p', [{ action: 'Maybe' }], { order: 1 }), later]).decision).toBe('unknown');
  });
  const rows: readonly (readonly [string, object, string, Ask?])[] = [
    [
      'fields that are null are none',
      {
        action: 'Deny',
        newer: null,
        ipVersion: null,
        http: null,
        destination: null,
        source: { nets: null, newer: null },
      },
      'deny',
    ],
    [
      'a Service beside what is null or empty',
      to({ services: { name: 'gone', namespace: 'shop' }, ports: null, selector: '' }),
      'unknown',
    ],
    ['no names are none', { action: 'Allow', destination: { domains: [] } }, 'allow'],
    ['nor are null ones', { action: 'Allow', destination: { domains: null, services: null } }, 'allow'],
    ['notNets of one family are for that family', to({ notNets: ['198.51.100.0/24'] }), 'allow', { to: '2001:db8::1' }],
    [
      'every port that the packet may come from',
      { action: 'Deny', protocol: 'TCP', source: { ports: ['1:65535'] } },
      'deny',
    ],
    ['also from port 0 on', { action: 'Deny', protocol: 'TCP', source: { ports: ['0:65535'] } }, 'deny'],
    [
      'some ports that it may come from',
      { action: 'Deny', protocol: 'TCP', source: { ports: ['2:65535'] } },
      'unknown',
    ],
    ['all but the last', { action: 'Deny', protocol: 'TCP', source: { ports: ['1:65534'] } }, 'unknown'],
    ['and of another protocol none', { action: 'Deny', protocol: 'UDP', source: { ports: ['1:65535'] } }, 'allow'],
  ];
  for (const [what, rule, decision, asked = OUT] of rows)
    test(what, () => {
      expect(problemsOf([global('p', [rule, { action: 'Allow' }])])).toEqual([]);
      expect(answer([global('p', [rule, { action: 'Allow' }])], asked).decision).toBe(decision);
    });
});

describe('protocols and ports', () => {
  const protocol = (value: unknown, more: object = {}) => ({ action: 'Deny', protocol: value, ...more });
  fault('a name', protocol('tcp'), '.protocol: unknown protocol "tcp"');
  fault('what is neither', protocol(['TCP']), '.protocol: unknown protocol ["TCP"]');
  fault('between two numbers', protocol(6.5), '.protocol: unknown protocol 6.5');
  fault('number 0', protocol(0), '.protocol: protocol out of range: 0 is not in 1-255');
  fault('number 256', protocol(256), '.protocol: protocol out of range: 256 is not in 1-255');
  fault('a name that it is not', { action: 'Deny', notProtocol: 'tcp' }, '.notProtocol: unknown protocol "tcp"');
  fault('icmp without a protocol', { action: 'Deny', icmp: { type: 8 } }, '.icmp without protocol ICMP or ICMPv6');
  fault(
    'notICMP of another protocol',
    protocol('TCP', { notICMP: { type: 8 } }),
    '.notICMP without protocol ICMP or ICMPv6',
  );
  fault('icmp that is no object', protocol('ICMP', { icmp: 8 }), '.icmp is no object');
  const icmp = (value: object) => protocol('ICMP', { icmp: value });
  for (const type of [255, -1, 8.5, '8'])
    fault(`type ${JSON.stringify(type)}`, icmp({ type }), `.icmp.type out of range: ${JSON.stringify(type)}`);
  for (const code of [256, -1, 0.5, '0'])
    fault(`code ${JSON.stringify(code)}`, icmp({ type: 8, code }), `.icmp.code out of range: ${JSON.stringify(code)}`);
  fault('a code without a type', icmp({ code: 0 }), '.icmp has a code without a type');

  const rows: readonly (readonly [string, object, string, Ask?])[] = [
    ['by number', protocol(6), 'deny'],
    ['by a number in quotes', protocol('6'), 'deny'],
    ['by another in quotes', protocol('17'), 'allow'],
    ['the first number', protocol(1), 'deny', PING],
    ['the last number is of none that is asked', protocol(255), 'allow'],
    ['SCTP with ports', protocol('SCTP', { destination: { ports: [443] } }), 'deny', { ...OUT, protocol: 'SCTP' }],
    ['and TCP has none of them', protocol('SCTP', { destination: { ports: [443] } }), 'allow'],
    ['the last type', icmp({ type: 254 }), 'deny', { ...PING, icmpType: 254 }],
    ['the first type', icmp({ type: 0 }), 'deny', { ...PING, icmpType: 0 }],
    ['every type', icmp({}), 'deny', PING],
    ['an echo with its code', icmp({ type: 8, code: 0 }), 'deny', PING],
    ['with the last code', icmp({ type: 8, code: 255 }), 'allow', PING],
    ['every type but this', protocol('ICMP', { notICMP: { type: 8 } }), 'allow', PING],
    ['every type but none', protocol('ICMP', { notICMP: {} }), 'deny', PING],
    ['which is no other protocol', protocol('ICMP', { notICMP: {} }), 'allow'],
    ['every type but another', protocol('ICMP', { notICMP: { type: 3 } }), 'deny', PING],
    ['icmp that is null is none', protocol('TCP', { icmp: null, notICMP: null, notProtocol: null }), 'deny'],
    ['a range the wrong way round', protocol('TCP', { destination: { ports: ['500:400'] } }), 'unknown'],
  ];
  for (const [what, rule, decision, asked = OUT] of rows)
    test(what, () => {
      expect(answer([global('p', [rule, { action: 'Allow' }])], asked).decision).toBe(decision);
    });
});

describe('policies', () => {
  const spot = (object: object) => readRuleBook([object], { engine: CALICO }).blindSpots;
  test.each<readonly [string, object, string, 'all' | readonly string[]]>([
    ['a spec that is no object', calico('GlobalNetworkPolicy', 'p', 'all'), 'spec is "all"', 'all'],
    ['an order that is no number', global('p', [], { order: '1' }), 'order is not a number: "1"', 'all'],
    ['a tier that is no name', local('pay/p', [], { tier: 7 }), 'tier is no name: 7', ['pay']],
    ['a tier that is not there', local('pay/p', [], { tier: 'gone' }), 'tier not found: "gone"', ['pay']],
  ])('%s has no place: it may decide', (_, object, why, namespaces) => {
    expect(spot(object)).toEqual([{ object: expect.any(String), why, namespaces, effect: 'may-decide' }]);
    expect(answer([object]).decision).toBe('unknown');
  });

  test.each<readonly [string, object, string]>([
    ['types that are no list', { types: 'Egress' }, 'types is not a list'],
    ['a type', { types: ['Egress', 'Sideways'] }, 'unknown type "Sideways"'],
    ['a selector', { selector: 7 }, 'selector is no text: 7'],
    [
      'a selector of namespaces',
      { namespaceSelector: 'team ==' },
      'namespaceSelector: selector does not parse: a text in quotes is expected after team ==',
    ],
    ['a selector of accounts', { serviceAccountSelector: ['x'] }, 'serviceAccountSelector is no text: ["x"]'],
    ['a field', { newer: 1 }, 'spec has the unknown field "newer"'],
  ])('%s leaves open whether it counts', (_, more, problem) => {
    const objects = [global('p', [deny()], more)];
    expect(problemsOf(objects)).toEqual([`GlobalNetworkPolicy p: ${problem}`]);
    expect(answer(objects).decision).toBe('unknown');
  });

  test.each<readonly [string, object, string, Ask]>([
    ['a spec that is null says nothing of egress', calico('GlobalNetworkPolicy', 'p', null), 'allow', OUT],
    ['and shuts what comes in', calico('GlobalNetworkPolicy', 'p', null), 'deny', { ...WEB, scope: 'both' }],
    [
      'fields that are null are none',
      global('p', [deny()], { newer: null, namespaceSelector: null, tier: null, order: null }),
      'deny',
      OUT,
    ],
    [
      'empty selectors are none',
      global('p', [deny()], { selector: '', namespaceSelector: '', serviceAccountSelector: '' }),
      'deny',
      OUT,
    ],
    ['all() of namespaces is every one', global('p', [deny()], { namespaceSelector: 'all()' }), 'deny', OUT],
    ['by labels of the namespace', global('p', [deny()], { namespaceSelector: 'team == "shop"' }), 'allow', OUT],
    [
      'by selector and account together',
      global('p', [deny()], { selector: 'app == "api"', serviceAccountSelector: 'x == "y"' }),
      'unknown',
      OUT,
    ],
    [
      'without types, with egress rules alone: not what comes in',
      calico('GlobalNetworkPolicy', 'p', { selector: 'app == "web"', egress: [deny()] }),
      'allow',
      { ...WEB, scope: 'both' },
    ],
    [
      'without types, with both',
      calico('GlobalNetworkPolicy', 'p', { selector: 'app == "web"', egress: [deny()], ingress: [deny()] }),
      'deny',
      { ...WEB, scope: 'both' },
    ],
    [
      'without types, stored past the API: both',
      stored(calico('GlobalNetworkPolicy', 'p', { ingress: [allow()] })),
      'deny',
      OUT,
    ],
    [
      'types that cannot be read may be any',
      calico('GlobalNetworkPolicy', 'p', { types: 7, ingress: [deny()] }),
      'unknown',
      OUT,
    ],
  ])('%s', (_, object, decision, asked) => {
    expect(answer([object], asked).decision).toBe(decision);
  });
});

const PARTNERS = { nets: ['203.0.113.0/24'] };
const set = (spec: unknown, labels: Readonly<Record<string, string>> = { kind: 'partner' }) =>
  calico('GlobalNetworkSet', 'partners', spec, labels);
const DENY_SET = global('p', [deny({ selector: 'kind == "partner"' }), allow()]);

describe('sets', () => {
  test.each<readonly [string, object, readonly string[], string]>([
    ['its nets', set(PARTNERS), [], 'deny'],
    ['of other labels', set(PARTNERS, { kind: 'bank' }), [], 'allow'],
    ['no nets', set({ nets: null, allowedEgressDomains: null }), [], 'allow'],
    ['no spec', set(null), [], 'allow'],
    ['nets that are no list', set({ nets: '203.0.113.0/24' }), ['spec.nets is not a list in a set'], 'unknown'],
    [
      'a net that is none',
      set({ nets: ['x', '203.0.113.0/24'] }),
      ['spec.nets[0]: invalid CIDR "x" in a set'],
      'unknown',
    ],
    [
      'a name that is none',
      set({ ...PARTNERS, allowedEgressDomains: ['a.b', 7] }),
      ['spec.allowedEgressDomains[1]: invalid domain name 7 in a set'],
      'unknown',
    ],
    ['a plain address', set({ nets: ['203.0.113.43'] }), [], 'deny'],
    [
      'labels in the way of older versions',
      {
        ...set(PARTNERS, {}),
        metadata: { name: 'partners', annotations: { 'projectcalico.org/metadata': '{"labels":{"kind":"partner"}}' } },
      },
      [],
      'deny',
    ],
    [
      'an annotation that is no JSON',
      {
        ...set(PARTNERS),
        metadata: { name: 'partners', labels: { kind: 'partner' }, annotations: { 'projectcalico.org/metadata': '{' } },
      },
      [],
      'deny',
    ],
  ])('%s', (_, object, problems, decision) => {
    expect(problemsOf([object, DENY_SET])).toEqual(problems.map(why => `GlobalNetworkSet partners: ${why}`));
    expect(answer([object, DENY_SET]).decision).toBe(decision);
  });

  const rule = (destination: object, action = 'Deny') =>
    global('p', [{ action, destination }, action === 'Deny' ? allow() : deny()]);
  const own = calico('NetworkSet', 'shop/partners', PARTNERS, { kind: 'partner' });
  test.each<readonly [string, readonly object[], string]>([
    [
      'a set of a namespace, by its namespace',
      [own, rule({ selector: 'kind == "partner"', namespaceSelector: 'team == "shop"' })],
      'deny',
    ],
    [
      'by another namespace',
      [own, rule({ selector: 'kind == "partner"', namespaceSelector: 'team == "pay"' })],
      'allow',
    ],
    ['by the label that Calico adds', [own, rule({ selector: 'projectcalico.org/namespace == "shop"' })], 'deny'],
    [
      'global() is no namespace’s',
      [own, rule({ selector: 'kind == "partner"', namespaceSelector: 'global()' })],
      'allow',
    ],
    [
      'global() is the cluster’s',
      [set(PARTNERS), rule({ selector: 'kind == "partner"', namespaceSelector: 'global()' })],
      'deny',
    ],
    [
      'all() is no namespace at all',
      [set(PARTNERS), rule({ selector: 'kind == "partner"', namespaceSelector: 'all()' })],
      'allow',
    ],
    [
      'a negative may reach what is in none, where it denies',
      [set(PARTNERS), rule({ selector: 'kind == "partner"', namespaceSelector: 'team != "x"' })],
      'unknown',
    ],
    [
      'and where it allows',
      [set(PARTNERS), rule({ selector: 'kind == "partner"', namespaceSelector: 'team != "x"' }, 'Allow')],
      'unknown',
    ],
    [
      'a set by the name that Calico gives its namespace',
      [own, rule({ selector: 'pcns.projectcalico.org/name == "shop"' })],
      'deny',
    ],
    ['and not by another', [own, rule({ selector: 'pcns.projectcalico.org/name == "pay"' })], 'allow'],
    [
      'nor by one that somebody gave it as a label',
      [
        own,
        namespace('shop', { 'projectcalico.org/name': 'pay' }),
        rule({ selector: 'kind == "partner"', namespaceSelector: 'projectcalico.org/name == "pay"' }),
      ],
      'allow',
    ],
    [
      'a positive never does',
      [set(PARTNERS), rule({ selector: 'kind == "partner"', namespaceSelector: 'team == "x"' })],
      'allow',
    ],
    [
      'a policy of a namespace has its own sets',
      [
        calico('NetworkSet', 'pay/partners', PARTNERS, { kind: 'partner' }),
        local('pay/p', [deny({ selector: 'kind == "partner"' }), allow()]),
      ],
      'deny',
    ],
    [
      'and no others',
      [set(PARTNERS), own, local('pay/p', [deny({ selector: 'kind == "partner"' }), allow()])],
      'allow',
    ],
    [
      'a label of the namespace is asked of pods alone',
      [set(PARTNERS, { team: 'shop' }), rule({ selector: 'pcns.team == "shop"' })],
      'allow',
    ],
  ])('%s', (_, objects, decision) => {
    expect(answer(objects).decision).toBe(decision);
  });

  test('a set that stands in both of Calico’s APIs is one', () => {
    const both = [set(PARTNERS), stored(set({ nets: ['198.51.100.0/24'] }))];
    expect(answer([...both, DENY_SET]).decision).toBe('deny');
  });
});

describe('service accounts', () => {
  const account = (labels: object) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace: 'shop', labels },
  });
  const rule = (serviceAccounts: object, more: object = {}) =>
    global('p', [deny({ serviceAccounts, ...more }), allow()]);
  test.each<readonly [string, readonly object[], string]>([
    ['by name', [rule({ names: ['default'] })], 'deny'],
    ['by another name', [rule({ names: ['robot'] })], 'allow'],
    ['by selector', [account({ a: 'b' }), rule({ selector: 'a == "b"' })], 'deny'],
    ['by another selector', [account({ a: 'c' }), rule({ selector: 'a == "b"' })], 'allow'],
    ['by name and selector: both', [account({ a: 'c' }), rule({ names: ['default'], selector: 'a == "b"' })], 'allow'],
    ['with the pods’ own labels: both', [rule({ names: ['default'] }, { selector: 'app == "db"' })], 'allow'],
    ['a selector that does not parse', [rule({ selector: 'a ==' })], 'unknown'],
    ['names that are null are none', [rule({ names: null, selector: null })], 'deny'],
  ])('%s', (_, objects, decision) => {
    expect(answer(objects, WEB).decision).toBe(decision);
  });
});

describe('host endpoints', () => {
  const host = (spec: unknown) => calico('HostEndpoint', 'eth0', spec);
  const FORWARD = (key: string, value: unknown) => global('f', [allow()], { selector: 'x == "y"', [key]: value });
  test.each<readonly [string, readonly object[], Ask, string]>([
    ['of the addresses that it expects', [host({ expectedIPs: ['203.0.113.43'] })], OUT, 'unknown'],
    ['of others', [host({ expectedIPs: ['203.0.113.44'] })], OUT, 'allow'],
    ['of an interface: any node’s', [host({ interfaceName: 'eth0' })], { to: '192.0.2.11' }, 'unknown'],
    ['and no address outside', [host({ interfaceName: 'eth0', expectedIPs: null })], OUT, 'allow'],
    ['and no pod', [host({ interfaceName: 'eth0' })], WEB, 'allow'],
    [
      'of which a policy also counts for what is forwarded',
      [host({ expectedIPs: ['203.0.113.44'] }), FORWARD('applyOnForward', true)],
      OUT,
      'unknown',
    ],
    ['of which none does', [host({ expectedIPs: ['203.0.113.44'] }), FORWARD('applyOnForward', false)], OUT, 'allow'],
    [
      'nor says so in another way',
      [host({ expectedIPs: ['203.0.113.44'] }), FORWARD('applyOnForward', 'true')],
      OUT,
      'allow',
    ],
    ['nothing is forwarded where there is none', [FORWARD('applyOnForward', true)], OUT, 'allow'],
    ['the node of the pod, by Felix’ own setting', [], { to: '192.0.2.10' }, 'unknown'],
    ['another node', [], { to: '192.0.2.11' }, 'allow'],
  ])('%s', (_, objects, asked, decision) => {
    expect(answer(objects, asked).decision).toBe(decision);
  });
  test('what leaves such a host itself is not evaluated either', () => {
    const objects = [pod('pay/onhost', { hostNetwork: true, ip: '192.0.2.10' }), host({ expectedIPs: ['192.0.2.10'] })];
    expect(answer(objects, { ...OUT, from: 'pay/onhost' })).toMatchObject({
      decision: 'unknown',
      by: ['HostEndpoint eth0'],
    });
    expect(
      answer([...objects.slice(0, 1), host({ expectedIPs: ['192.0.2.11'] })], { ...OUT, from: 'pay/onhost' }).decision,
    ).toBe('allow');
  });
});

describe('both of Calico’s APIs', () => {
  const one = (action: string, kind = 'GlobalNetworkPolicy', path = 'p') =>
    calico(kind, path, { types: ['Egress'], selector: 'all()', egress: [{ action }] });
  const names = (...objects: readonly object[]) =>
    readRuleBook([...CLUSTER, ...objects], { engine: CALICO }).layers.flatMap(({ tiers }) =>
      tiers.flatMap(({ policies }) =>
        policies
          .filter(({ implied }) => implied !== true)
          .map(({ ref }) => `${ref.kind} ${ref.namespace ?? ''} ${ref.name}`),
      ),
    );
  test('what stands in both is one policy, and the one that people write counts', () => {
    expect(answer([one('Allow'), stored(one('Deny', 'GlobalNetworkPolicy', 'default.p'))]).decision).toBe('allow');
    expect(names(one('Allow'), stored(one('Deny', 'GlobalNetworkPolicy', 'default.p')))).toHaveLength(1);
  });
  test('of other names, kinds or namespaces they are several', () => {
    expect(names(one('Allow'), one('Deny', 'GlobalNetworkPolicy', 'default.p'))).toHaveLength(2);
    expect(names(one('Allow'), stored(one('Deny', 'GlobalNetworkPolicy', 'x.default.p')))).toHaveLength(2);
    expect(names(one('Allow', 'NetworkPolicy', 'pay/p'), stored(one('Deny', 'NetworkPolicy', 'shop/p')))).toHaveLength(
      2,
    );
  });
  test('Kubernetes’ policies that it shows again count once, under their own name', () => {
    const copy = (path: string) => one('Deny', 'NetworkPolicy', path);
    const original = np('pay/p', { podSelector: {}, policyTypes: ['Egress'], egress: [{}] });
    expect(answer([original, copy('pay/knp.default.p')]).decision).toBe('allow');
    expect(names(original, copy('pay/knp.default.q'))).toHaveLength(2);
    expect(names(original, copy('shop/knp.default.p'))).toHaveLength(2);
    expect(names(original, copy('pay/x.knp.default.p'))).toHaveLength(2);
    expect(names(original, copy('pay/knp.default.p'))).toHaveLength(1);
  });
});

describe('staged policies', () => {
  const staged = (kind: string, path: string, spec: object) =>
    calico(kind, path, { types: ['Egress'], selector: 'all()', ...spec });
  const would = (...objects: readonly object[]) => {
    const { rehearsal } = readRuleBook([...CLUSTER, ...objects], { engine: CALICO });
    return rehearsal?.flatMap(({ tiers }) =>
      tiers.flatMap(({ policies }) =>
        policies
          .filter(({ implied }) => implied !== true)
          .map(({ ref }) => `${ref.kind} ${ref.namespace ?? ''}/${ref.name}`),
      ),
    );
  };
  const plain = calico('NetworkPolicy', 'pay/p', { types: ['Egress'], egress: [deny()] });
  test.each<readonly [string, readonly object[], readonly string[] | undefined]>([
    ['none', [plain], undefined],
    ['one of the cluster', [staged('StagedGlobalNetworkPolicy', 'p', {})], ['StagedGlobalNetworkPolicy /p']],
    [
      'it replaces the one of its name',
      [plain, staged('StagedNetworkPolicy', 'pay/p', {})],
      ['StagedNetworkPolicy pay/p'],
    ],
    [
      'and no other',
      [plain, staged('StagedNetworkPolicy', 'shop/p', {})],
      ['NetworkPolicy.projectcalico.org pay/p', 'StagedNetworkPolicy shop/p'],
    ],
    [
      'nor one of the other kind',
      [plain, staged('StagedGlobalNetworkPolicy', 'p', {})],
      ['NetworkPolicy.projectcalico.org pay/p', 'StagedGlobalNetworkPolicy /p'],
    ],
    ['or takes it away', [plain, staged('StagedNetworkPolicy', 'pay/p', { stagedAction: 'Delete' })], []],
    [
      'an action that is not known changes nothing',
      [plain, staged('StagedNetworkPolicy', 'pay/p', { stagedAction: 'Move' })],
      undefined,
    ],
    ['what cannot be read changes nothing', [plain, staged('StagedNetworkPolicy', 'pay/p', { order: 'x' })], undefined],
    ['nor what has no tier', [plain, staged('StagedNetworkPolicy', 'pay/p', { tier: 'gone' })], undefined],
    [
      'Kubernetes’ own',
      [
        np('pay/p', { podSelector: {} }),
        calico('StagedKubernetesNetworkPolicy', 'pay/p', {
          stagedAction: 'Set',
          podSelector: {},
          policyTypes: ['Egress'],
        }),
      ],
      ['StagedKubernetesNetworkPolicy pay/p'],
    ],
    [
      'which it takes away',
      [np('pay/p', { podSelector: {} }), calico('StagedKubernetesNetworkPolicy', 'pay/p', { stagedAction: 'Delete' })],
      [],
    ],
    [
      'that of another namespace stays',
      [np('pay/p', { podSelector: {} }), calico('StagedKubernetesNetworkPolicy', 'shop/p', { stagedAction: 'Delete' })],
      ['NetworkPolicy pay/p'],
    ],
  ])('%s', (_, objects, found) => {
    expect(would(...objects)?.toSorted()).toEqual(found);
  });
});

test('where it is not known whether Calico enforces them, each of its policies may decide', () => {
  const objects = [global('p', [deny()]), local('pay/q', []), calico('Tier', 't', { order: 1 })];
  expect(readRuleBook(objects, { engine: UNKNOWN }).blindSpots).toEqual(
    [
      { object: 'NetworkPolicy.projectcalico.org pay/q', namespaces: ['pay'] },
      { object: 'GlobalNetworkPolicy p', namespaces: 'all' },
    ].map(each => ({ ...each, why: 'whether Calico enforces it is not known (given)', effect: 'may-decide' })),
  );
});

test('what a rule is described as is told, the first 120 characters of it', () => {
  const described = (text: string) =>
    global('p', [{ action: 'Allow', metadata: { annotations: { 'projectcalico.org/description': text } } }]);
  const told = (text: string) => answer([described(text)]).flows.flatMap(({ assumptions }) => assumptions);
  expect(told('for the bank')).toEqual(['the rule is described as "for the bank"']);
  expect(told('x'.repeat(121))).toEqual([`the rule is described as "${'x'.repeat(120)}"`]);
  expect(answer([global('p', [allow()])]).flows.flatMap(({ assumptions }) => assumptions)).toEqual([]);
});

test('HTTP conditions of a rule that allows are told', () => {
  const told = (http: unknown) =>
    answer([global('p', [], { types: ['Ingress'], ingress: [{ action: 'Allow', http }] })], {
      ...WEB,
      scope: 'both',
    }).flows.flatMap(({ assumptions }) => assumptions);
  expect(told({ methods: ['GET'] }).join()).toContain('HTTP requests may still be refused');
  expect(told(null)).toEqual([]);
});

test('a namespace that is not listed has its own label', () => {
  const lonely = [
    pod('lonely/api', { ip: '10.244.0.77' }),
    global('p', [deny()], { namespaceSelector: 'kubernetes.io/metadata.name == "lonely"' }),
  ];
  expect(answer([...lonely, namespace('lonely')], { ...OUT, from: 'lonely/api' }).decision).toBe('deny');
});
