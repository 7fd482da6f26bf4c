/** Calico's policies: tiers, order, actions, types, whom they select, and what only seems to be enforced. */
import { describe, expect, test } from 'vitest';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { ask, CALICO, CILIUM, CLUSTER, egress, ipBlock, pod, UNKNOWN } from './policy-builders.ts';
import { allow, answer, calico, deny, global, local, OUT, type Row, stored, WEB } from './policy-calico-builders.ts';

const HOST = { nets: ['203.0.113.0/24'] };
const PASS = { action: 'Pass' };

function rows(table: readonly Row[]): void {
  test.each(table)('%s', (_, objects, question, decision, by) => {
    const { decision: got, by: policies } = answer(objects, question);
    expect([got, new Set(policies)]).toEqual([decision, new Set(by)]);
  });
}

describe('tiers and order', () => {
  const security = calico('Tier', 'security', { order: 100, defaultAction: 'Deny' });
  const passing = calico('Tier', 'security', { order: 100, defaultAction: 'Pass' });
  const late = calico('Tier', 'late', { order: 2_000_000 });
  const inTier = (name: string, rules: readonly object[], more: object = {}) =>
    global(name, rules, { tier: 'security', ...more });
  rows([
    ['no policy: the namespace profile allows', [], OUT, 'allow', []],
    [
      'a policy that no rule of matches denies at the end of its tier',
      [global('a', [allow({ nets: ['192.0.2.0/24'] })])],
      OUT,
      'deny',
      ['GlobalNetworkPolicy a'],
    ],
    [
      'lower order first',
      [global('a', [allow()], { order: 20 }), global('b', [deny()], { order: 10 })],
      OUT,
      'deny',
      ['GlobalNetworkPolicy b'],
    ],
    [
      'without an order a policy is last',
      [global('a', [deny()]), global('z', [allow()], { order: 99_999 })],
      OUT,
      'allow',
      ['GlobalNetworkPolicy z'],
    ],
    [
      'equal orders go by name',
      [global('b', [deny()], { order: 1 }), global('a', [allow()], { order: 1 })],
      OUT,
      'allow',
      ['GlobalNetworkPolicy a'],
    ],
    [
      'two policies without an order go by name',
      [global('b', [deny()]), global('a', [allow()])],
      OUT,
      'allow',
      ['GlobalNetworkPolicy a'],
    ],
    [
      'an order may be a fraction or negative',
      [global('a', [allow()], { order: 0.5 }), global('b', [deny()], { order: -1 })],
      OUT,
      'deny',
      ['GlobalNetworkPolicy b'],
    ],
    [
      'a tier before the default tier decides first',
      [security, inTier('security.a', [allow(HOST)]), global('b', [deny()])],
      OUT,
      'allow',
      ['GlobalNetworkPolicy security.a'],
    ],
    [
      'a tier that ends in Deny denies what its policies leave',
      [security, inTier('security.a', [allow({ nets: ['192.0.2.0/24'] })]), global('b', [allow()])],
      OUT,
      'deny',
      ['GlobalNetworkPolicy security.a'],
    ],
    [
      'a tier that ends in Pass hands it on',
      [passing, inTier('security.a', [deny({ nets: ['192.0.2.0/24'] })]), global('b', [allow()])],
      OUT,
      'allow',
      ['GlobalNetworkPolicy b'],
    ],
    [
      'a tier without defaultAction ends in Deny',
      [calico('Tier', 'security', { order: 1 }), inTier('security.a', [])],
      OUT,
      'deny',
      ['GlobalNetworkPolicy security.a'],
    ],
    [
      'a tier none of whose policies selects the pod is passed over',
      [security, inTier('security.a', [deny()], { selector: "app == 'db'" })],
      OUT,
      'allow',
      [],
    ],
    [
      'Pass leaves the tier, past its later policies',
      [
        security,
        inTier('security.a', [PASS], { order: 1 }),
        inTier('security.b', [deny()], { order: 2 }),
        global('c', [allow()]),
      ],
      OUT,
      'allow',
      ['GlobalNetworkPolicy c'],
    ],
    ['Pass out of the last tier ends at the profile, which allows', [global('a', [PASS])], OUT, 'allow', []],
    [
      'Log goes on with the next rule',
      [global('a', [{ action: 'Log' }, deny()])],
      OUT,
      'deny',
      ['GlobalNetworkPolicy a'],
    ],
    [
      'a tier without an order is the last of all',
      [
        calico('Tier', 'open', {}),
        late,
        global('late.a', [deny()], { tier: 'late' }),
        global('open.b', [allow()], { tier: 'open' }),
      ],
      OUT,
      'deny',
      ['GlobalNetworkPolicy late.a'],
    ],
    [
      'a tier after the default tier is reached by Pass',
      [late, global('late.a', [deny()], { tier: 'late' }), global('b', [PASS])],
      OUT,
      'deny',
      ['GlobalNetworkPolicy late.a'],
    ],
    [
      'the order of the default tier is fixed',
      [
        calico('Tier', 'default', { order: 5, defaultAction: 'Pass' }),
        security,
        inTier('security.a', [allow()]),
        global('b', [deny()]),
      ],
      OUT,
      'allow',
      ['GlobalNetworkPolicy security.a'],
    ],
    [
      'an empty tier name is the default tier',
      [global('a', [allow()], { tier: '' })],
      OUT,
      'allow',
      ['GlobalNetworkPolicy a'],
    ],
    [
      'a policy beside those of administrators',
      [global('kube-admin.a', [deny()], { tier: 'kube-admin', order: 1 }), global('b', [allow()])],
      OUT,
      'deny',
      ['GlobalNetworkPolicy kube-admin.a'],
    ],
    [
      'among them by its order, as in the tier of that version',
      [
        {
          apiVersion: 'policy.networking.k8s.io/v1alpha1',
          kind: 'AdminNetworkPolicy',
          metadata: { name: 'open' },
          spec: {
            priority: 20,
            subject: { namespaces: {} },
            egress: [{ action: 'Allow', to: [{ networks: ['0.0.0.0/0'] }] }],
          },
        },
        global('adminnetworkpolicy.a', [deny()], { tier: 'adminnetworkpolicy', order: 10 }),
      ],
      OUT,
      'deny',
      ['GlobalNetworkPolicy adminnetworkpolicy.a'],
    ],
    [
      'the same tier under its older name',
      [global('a', [deny()], { tier: 'adminnetworkpolicy' }), global('b', [allow()])],
      OUT,
      'deny',
      ['GlobalNetworkPolicy a'],
    ],
  ]);
  const kubernetes = egress('pay/np', { to: [ipBlock('203.0.113.0/24')] });
  rows([
    [
      'Kubernetes policies are in the default tier with order 1000: 999 is before',
      [kubernetes, global('a', [deny()], { order: 999 })],
      OUT,
      'deny',
      ['GlobalNetworkPolicy a'],
    ],
    ['1001 is after', [kubernetes, global('a', [deny()], { order: 1001 })], OUT, 'allow', ['NetworkPolicy pay/np']],
    [
      'both are named where nothing in the tier matches',
      [kubernetes, global('a', [], { order: 1 })],
      { to: '192.0.2.99' },
      'deny',
      ['GlobalNetworkPolicy a', 'NetworkPolicy pay/np'],
    ],
  ]);
});

describe('types', () => {
  const typed = (more: object) => calico('NetworkPolicy', 'pay/a', more);
  const by = ['NetworkPolicy.projectcalico.org pay/a'];
  rows([
    [
      'types without Egress: egress is not affected',
      [typed({ types: ['Ingress'], egress: [deny()] })],
      OUT,
      'allow',
      [],
    ],
    ['no types and no rules means Ingress', [typed({})], OUT, 'allow', []],
    ['no types and egress rules means Egress', [typed({ egress: [deny()] })], OUT, 'deny', by],
    ['an empty list of types is no types', [typed({ types: [], egress: [deny()] })], OUT, 'deny', by],
    ['Egress without rules denies everything', [typed({ types: ['Egress'] })], OUT, 'deny', by],
    ['an empty list of egress rules is none', [typed({ egress: [] })], OUT, 'allow', []],
    ['an object of the store without types is of both', [stored(typed({}))], OUT, 'deny', by],
    ['no spec at all', [calico('NetworkPolicy', 'pay/a', undefined)], OUT, 'allow', []],
  ]);
  test('ingress rules alone mean Ingress', () => {
    const policy = calico('NetworkPolicy', 'shop/a', {
      ingress: [{ action: 'Deny', source: { nets: ['10.244.0.1/32'] } }, { action: 'Allow' }],
    });
    expect(answer([policy], { ...WEB, scope: 'both' })).toMatchObject({
      decision: 'deny',
      by: ['NetworkPolicy.projectcalico.org shop/a'],
    });
    expect(answer([policy], { ...WEB, from: 'pay/db', scope: 'both' })).toMatchObject({ decision: 'allow' });
    expect(answer([policy], { from: 'shop/web', to: '203.0.113.43' })).toMatchObject({ decision: 'allow', by: [] });
  });
});

describe('whom a policy selects', () => {
  const account = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace: 'pay', labels: { role: 'ci' } },
  };
  const G = ['GlobalNetworkPolicy a'];
  const selecting = (more: object) => global('a', [], { selector: '', ...more });
  rows([
    ['no selector: every pod', [selecting({})], OUT, 'deny', G],
    ['a selector that fits', [selecting({ selector: "app == 'api'" })], OUT, 'deny', G],
    ['a selector that does not', [selecting({ selector: "app == 'db'" })], OUT, 'allow', []],
    ['a NetworkPolicy selects in its own namespace only', [local('shop/a', [])], OUT, 'allow', []],
    ['the namespace as a label', [selecting({ selector: "projectcalico.org/namespace == 'pay'" })], OUT, 'deny', G],
    ['a label inherited from the namespace', [selecting({ selector: "pcns.team == 'pay'" })], OUT, 'deny', G],
    [
      'a pod hides an inherited label by one of its own',
      [pod('pay/api', { labels: { 'pcns.team': 'mine' } }), selecting({ selector: "pcns.team == 'pay'" })],
      OUT,
      'allow',
      [],
    ],
    ['namespaceSelector by label', [selecting({ namespaceSelector: "team == 'pay'" })], OUT, 'deny', G],
    [
      'namespaceSelector by name',
      [selecting({ namespaceSelector: "projectcalico.org/name == 'shop'" })],
      OUT,
      'allow',
      [],
    ],
    ['namespaceSelector all() is every namespace', [selecting({ namespaceSelector: 'all()' })], OUT, 'deny', G],
    [
      'serviceAccountSelector by label',
      [account, selecting({ serviceAccountSelector: "role == 'ci'" })],
      OUT,
      'deny',
      G,
    ],
    [
      'serviceAccountSelector by name',
      [account, selecting({ serviceAccountSelector: "projectcalico.org/name == 'robot'" })],
      OUT,
      'allow',
      [],
    ],
    [
      'the labels of a service account that was not listed are not known',
      [selecting({ serviceAccountSelector: "role == 'ci'" })],
      OUT,
      'unknown',
      G,
    ],
    ['its name is', [selecting({ serviceAccountSelector: "projectcalico.org/name == 'default'" })], OUT, 'deny', G],
    ['preDNAT policies are for host endpoints', [selecting({ preDNAT: true, applyOnForward: true })], OUT, 'allow', []],
    [
      'doNotTrack policies are for host endpoints',
      [selecting({ doNotTrack: true, applyOnForward: true })],
      OUT,
      'allow',
      [],
    ],
    ['applyOnForward alone leaves a policy what it is for pods', [selecting({ applyOnForward: true })], OUT, 'deny', G],
    [
      "pods that use their node's network are none of its workloads",
      [selecting({}), pod('pay/agent', { hostNetwork: true, ip: '192.0.2.10' })],
      { ...OUT, from: 'pay/agent' },
      'allow',
      [],
    ],
  ]);
  test('why a policy of host endpoints does not select the pod', () => {
    const [line] = answer([selecting({ preDNAT: true })]).trace;
    expect(line).toMatchObject({ selects: 'no', why: 'it is a preDNAT policy, which is for host endpoints only' });
  });
});

describe('what is enforced, and where', () => {
  const fence = global('a', []);
  const book = (objects: readonly object[], engine = CALICO) => readRuleBook([...CLUSTER, ...objects], { engine });
  test('with Cilium, Calico policies do nothing, and the ledger says so', () => {
    expect(ask([...CLUSTER, fence], { ...OUT, engine: CILIUM })).toMatchObject({ decision: 'allow', by: [] });
    expect(book([fence, calico('Tier', 'x', { order: 1 })], CILIUM).coverage).toMatchObject([
      {
        kind: 'GlobalNetworkPolicy.projectcalico.org',
        status: 'not-enforced',
        why: 'policies are enforced by cilium 1.15.19 here, which knows no Calico policies',
      },
      { kind: 'Tier.projectcalico.org', status: 'not-enforced' },
    ]);
  });
  test('with an engine that is not known, nobody can tell', () => {
    expect(ask([...CLUSTER, fence], { ...OUT, engine: UNKNOWN })).toMatchObject({
      decision: 'unknown',
      by: ['GlobalNetworkPolicy a'],
      why: 'cannot be told: GlobalNetworkPolicy a: whether Calico enforces it is not known (given) (the rest says allow: no policy exists; the default allows)',
    });
  });
  test('a policy that both APIs show is one policy', () => {
    const twice = [local('pay/a', []), stored(local('pay/default.a', []))];
    expect(answer(twice)).toMatchObject({ decision: 'deny', by: ['NetworkPolicy.projectcalico.org pay/a'] });
  });
  test('a copy of a Kubernetes policy is passed over where the policy itself is there', () => {
    const copy = local('pay/knp.default.np', [], { order: 1000 });
    expect(answer([copy, egress('pay/np')]).by).toEqual(['NetworkPolicy pay/np']);
    expect(answer([copy]).by).toEqual(['NetworkPolicy.projectcalico.org pay/knp.default.np']);
  });
});

describe('staged policies', () => {
  const staged = (kind: string, path: string, more: object) => calico(kind, path, { types: ['Egress'], ...more });
  const fence = staged('StagedGlobalNetworkPolicy', 'soon', { egress: [] });
  const WOULD =
    'it would be denied if what is staged were enforced: tier default ends in deny: StagedGlobalNetworkPolicy soon has no egress rules';
  test.each<readonly [rule: string, objects: readonly object[], decision: string, notes: readonly string[]]>([
    ['they decide nothing, and tell what they would do', [fence], 'allow', [WOULD]],
    [
      'one that would change nothing is not told',
      [staged('StagedNetworkPolicy', 'pay/a', { egress: [allow()] })],
      'allow',
      [],
    ],
    [
      'one stands for the policy of its name',
      [local('pay/a', []), staged('StagedNetworkPolicy', 'pay/a', { egress: [allow()] })],
      'deny',
      [
        'it would be allowed if what is staged were enforced: StagedNetworkPolicy pay/a allows it by rule 1: it has no conditions',
      ],
    ],
    [
      'Delete would take that policy away',
      [local('pay/a', []), staged('StagedNetworkPolicy', 'pay/a', { stagedAction: 'Delete' })],
      'deny',
      [
        'it would be allowed if what is staged were enforced: no policy selects pod pay/api for egress; the default allows',
      ],
    ],
    [
      'a staged Kubernetes policy',
      [
        staged('StagedKubernetesNetworkPolicy', 'pay/np', {
          policyTypes: ['Egress'],
          types: undefined,
          podSelector: {},
        }),
      ],
      'allow',
      [
        'it would be denied if what is staged were enforced: tier default ends in deny: StagedKubernetesNetworkPolicy pay/np has no egress rules',
      ],
    ],
    [
      'a rehearsal that cannot be read is not worth an unknown answer',
      [
        staged('StagedGlobalNetworkPolicy', 'x', { tier: 'ghost' }),
        staged('StagedNetworkPolicy', 'pay/y', { stagedAction: 'Learn', egress: [] }),
      ],
      'allow',
      [],
    ],
  ])('%s', (_, objects, decision, notes) => {
    const { decision: got, flows } = answer(objects);
    expect([got, flows[0]?.assumptions]).toEqual([decision, notes]);
  });
  test('the ledger says that nothing enforces them', () => {
    expect(readRuleBook([fence], { engine: CALICO }).coverage).toEqual([
      {
        kind: 'StagedGlobalNetworkPolicy.projectcalico.org',
        status: 'not-enforced',
        objects: 1,
        why: 'a staged policy is a rehearsal: nothing enforces it',
      },
    ]);
  });
});

describe('hosts', () => {
  const endpoint = calico('HostEndpoint', 'b-eth0', { node: 'b', expectedIPs: ['192.0.2.11'] }, { role: 'edge' });
  rows([
    ['the own node: Felix has a switch for it', [], { to: '192.0.2.10' }, 'unknown', ['FelixConfiguration default']],
    [
      'a policy that denies the own node is asked first',
      [global('a', [])],
      { to: '192.0.2.10' },
      'deny',
      ['GlobalNetworkPolicy a'],
    ],
    ['another node', [], { to: '192.0.2.11' }, 'allow', []],
    [
      'what looks like VXLAN: Felix has a switch for it',
      [],
      { ...OUT, port: 4789, protocol: 'UDP' },
      'unknown',
      ['FelixConfiguration default'],
    ],
    ['with another port', [], { ...OUT, port: 4790, protocol: 'UDP' }, 'allow', []],
    ['or protocol', [], { ...OUT, port: 4789 }, 'allow', []],
    [
      'or from a pod that uses the network of its node',
      [pod('pay/agent', { hostNetwork: true, ip: '192.0.2.10' })],
      { ...OUT, from: 'pay/agent', port: 4789, protocol: 'UDP' },
      'allow',
      [],
    ],
    [
      'another node with a host endpoint: its policies are not evaluated',
      [endpoint],
      { to: '192.0.2.11' },
      'unknown',
      ['HostEndpoint b-eth0'],
    ],
    ['a host endpoint leaves the way outside alone', [endpoint], OUT, 'allow', []],
    [
      'unless a policy counts for what hosts forward',
      [endpoint, global('f', [], { selector: "role == 'edge'", applyOnForward: true })],
      OUT,
      'unknown',
      ['HostEndpoint b-eth0'],
    ],
    [
      'what a host sends itself passes its endpoint',
      [endpoint, pod('shop/agent', { hostNetwork: true, ip: '192.0.2.11', node: 'b' })],
      { ...OUT, from: 'shop/agent' },
      'unknown',
      ['HostEndpoint b-eth0'],
    ],
    [
      'a selector chooses host endpoints by label',
      [endpoint, global('a', [deny({ selector: "role == 'edge'" }), allow()])],
      { to: '192.0.2.11' },
      'deny',
      ['GlobalNetworkPolicy a'],
    ],
  ]);
});

describe('from a host to a pod', () => {
  const closed = calico('NetworkPolicy', 'shop/closed', {
    types: ['Ingress'],
    order: 1,
    ingress: [{ action: 'Deny' }],
  });
  const agent = (node: string, ip: string) => pod('pay/agent', { hostNetwork: true, ip, node });
  const web = (node: string) => pod('shop/web', { node, ip: '10.244.1.1' });
  const decide = (from: object, to: object) =>
    answer([from, to, closed], { from: 'pay/agent', to: 'pod:shop/web', port: 8080, scope: 'both' });
  test('its own node is let in whatever policies say', () => {
    expect(decide(agent('b', '192.0.2.11'), web('b'))).toMatchObject({
      decision: 'allow',
      by: ['FelixConfiguration default'],
    });
  });
  test('another node is not', () => {
    expect(decide(agent('a', '192.0.2.10'), web('b'))).toMatchObject({
      decision: 'deny',
      by: ['NetworkPolicy.projectcalico.org shop/closed'],
    });
  });
});

describe('objects with faults', () => {
  const table: readonly (readonly [rule: string, object: object, why: string])[] = [
    ['a tier that does not exist', global('a', [deny()], { tier: 'ghost' }), 'tier not found: "ghost"'],
    ['a tier that is no name', global('a', [deny()], { tier: 7 }), 'tier is no name: 7'],
    ['an order that is a text', global('a', [deny()], { order: 'first' }), 'order is not a number: "first"'],
    ['a spec that is no object', calico('GlobalNetworkPolicy', 'a', 'deny'), 'spec is "deny"'],
    ['a type that is none', global('a', [deny()], { types: ['Outbound'] }), 'unknown type "Outbound"'],
    ['types that are no list', global('a', [deny()], { types: 'Egress' }), 'types is not a list'],
    [
      'a selector that does not parse',
      global('a', [deny()], { selector: "app = 'x'" }),
      `selector: selector does not parse: an operator is expected at "= 'x'"`,
    ],
    [
      'a selector that is no text',
      global('a', [deny()], { selector: { app: 'x' } }),
      'selector is no text: {"app":"x"}',
    ],
    [
      'global() where pods are selected',
      global('a', [deny()], { selector: 'global()' }),
      'selector: global() is for namespaceSelectors of rules only',
    ],
    [
      'a field that Calico does not have',
      global('a', [deny()], { podSelector: {} }),
      'spec has the unknown field "podSelector"',
    ],
    ['egress that is no list', global('a', [], { egress: 'none' }), 'egress is not a list'],
    ['a rule that is no object', global('a', [7 as unknown as object]), 'egress[0] is no object'],
    ['an action that is none', global('a', [{ action: 'allow' }]), 'egress[0]: unknown action "allow"'],
    [
      'a rule with a field of another API',
      global('a', [{ action: 'Deny', to: [] }]),
      'egress[0] has the unknown field "to"',
    ],
    [
      'an http condition of a rule that denies',
      global('a', [deny({}, { http: { methods: ['GET'] } })]),
      'egress[0]: http is for rules that allow only',
    ],
    [
      'an IP version that is none',
      global('a', [deny({}, { ipVersion: 5 })]),
      'egress[0]: ipVersion is neither 4 nor 6: 5',
    ],
  ];
  test.each(table)('%s: unknown, and named', (_, object, why) => {
    expect(answer([object]).decision).toBe('unknown');
    expect(readRuleBook([object], { engine: CALICO }).problems).toEqual([{ object: 'GlobalNetworkPolicy a', why }]);
  });
  test.each<readonly [rule: string, spec: unknown, why: string]>([
    ['an order that is no number', { order: '1' }, 'order is not a number: "1"'],
    ['an action that is none', { order: 1, defaultAction: 'Allow' }, 'unknown defaultAction "Allow"'],
  ])('a tier with %s', (_, spec, why) => {
    const objects = [calico('Tier', 't', spec), global('t.a', [deny()], { tier: 't' })];
    expect(answer(objects).decision).toBe('unknown');
    expect(readRuleBook(objects, { engine: CALICO }).problems).toEqual([
      { object: 'Tier t', why },
      { object: 'GlobalNetworkPolicy t.a', why: `its tier "t" cannot be read: ${why}` },
    ]);
  });
  test('a fault anywhere leaves the whole policy open, as Felix passes over it', () => {
    expect(answer([global('a', [allow(), deny({ nets: ['10.0.0.0/33'] })])]).decision).toBe('allow');
    expect(answer([global('a', [deny(HOST), deny({ nets: ['10.0.0.0/33'] })])]).decision).toBe('unknown');
  });
  test('a policy with a fault does not cloud what another denies before it', () => {
    const objects = [global('first', [deny()], { order: 1 }), global('second', [allow({ nets: ['x'] })], { order: 2 })];
    expect(answer(objects)).toMatchObject({ decision: 'deny', by: ['GlobalNetworkPolicy first'] });
  });
});
