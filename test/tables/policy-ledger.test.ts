/** The ledger of a rule book: what of the cluster's policy APIs was evaluated, what was not and could decide, and why. */
import { describe, expect, test } from 'vitest';
import type { ApiListing } from '../../src/evidence.ts';
import type { Engine } from '../../src/model.ts';
import { compareText } from '../../src/policy/coverage.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { ask, CALICO, CILIUM, CLUSTER, egress, UNKNOWN } from './policy-builders.ts';
import { calico, global } from './policy-calico-builders.ts';

const ANTREA: Engine = { name: 'antrea', version: '2.1.0', evidence: 'given' };
const NONE: Engine = { name: 'none', version: null, evidence: 'given' };

function object(apiVersion: string, kind: string, name = 'x', namespace?: string, spec: unknown = {}): object {
  return { apiVersion, kind, metadata: namespace === undefined ? { name } : { name, namespace }, spec };
}
const api = (group: string, kind: string, result: ApiListing['result']): ApiListing => ({
  group,
  version: 'v1',
  kind,
  plural: 'x',
  namespaced: true,
  result,
});
const FORBIDDEN = { kind: 'forbidden', remedy: 'allow list' } as const;
const FAILED = { kind: 'failed', why: 'time-out' } as const;
const listed = (objects: number) => ({ kind: 'listed', objects }) as const;

const spots = (objects: readonly unknown[], apis: readonly ApiListing[] = [], engine: Engine = UNKNOWN) =>
  readRuleBook(objects, { engine, apis }).blindSpots;

describe('what was not evaluated and could decide', () => {
  test.each<readonly [what: string, object: object, spot: object]>([
    [
      'an unknown version of a policy kind',
      object('networking.k8s.io/v9', 'NetworkPolicy', 'x', 'pay'),
      {
        object: 'NetworkPolicy pay/x',
        why: 'unknown apiVersion networking.k8s.io/v9 (evaluated: v1)',
        effect: 'may-decide',
        namespaces: ['pay'],
      },
    ],
    [
      'an unknown version of a kind that others refer to',
      object('crd.antrea.io/v9', 'Tier'),
      {
        object: 'Tier x',
        why: 'unknown apiVersion crd.antrea.io/v9 (evaluated: v1beta1, v1alpha1)',
        effect: 'may-decide',
        namespaces: 'all',
      },
    ],
    [
      'an unknown version of a kind that is a layer of its own',
      object('k8s.ovn.org/v9', 'EgressFirewall', 'default', 'pay'),
      {
        object: 'EgressFirewall pay/default',
        why: 'unknown apiVersion k8s.ovn.org/v9 (evaluated: v1)',
        effect: 'may-deny',
        namespaces: ['pay'],
      },
    ],
    [
      'an unknown version of a set that policies refer to',
      object('projectcalico.org/v9', 'GlobalNetworkSet'),
      {
        object: 'GlobalNetworkSet x',
        why: 'unknown apiVersion projectcalico.org/v9 (evaluated: v3)',
        effect: 'may-decide',
        namespaces: 'all',
      },
    ],
    [
      'a kind that nobody has heard of',
      object('example.com/v1', 'EgressRule', 'x', 'istio-system'),
      {
        object: 'EgressRule istio-system/x',
        why: 'policy kind not evaluated: EgressRule.example.com',
        effect: 'may-decide',
        namespaces: ['istio-system'],
      },
    ],
    [
      'a kind of Istio’s in its root namespace',
      object('security.istio.io/v1', 'AuthorizationPolicy', 'x', 'istio-system'),
      {
        object: 'AuthorizationPolicy istio-system/x',
        why: 'policy kind not evaluated: AuthorizationPolicy.security.istio.io',
        effect: 'may-deny',
        namespaces: 'all',
        side: 'ingress',
      },
    ],
    [
      'the same in another namespace',
      object('security.istio.io/v1', 'AuthorizationPolicy', 'x', 'pay', { targetRef: { kind: 'Gateway' } }),
      {
        object: 'AuthorizationPolicy pay/x',
        why: 'policy kind not evaluated: AuthorizationPolicy.security.istio.io',
        effect: 'may-deny',
        namespaces: ['pay'],
      },
    ],
  ])('%s', (_, written, spot) => {
    expect(spots([written])).toEqual([spot]);
    const { object: name, why } = spot as { object: string; why: string };
    expect(readRuleBook([written], { engine: UNKNOWN }).problems).toEqual([{ object: name, why }]);
  });

  test.each<readonly [what: string, listing: ApiListing, spots: readonly object[]]>([
    [
      'a list that may not be read',
      api('networking.k8s.io', 'NetworkPolicy', FORBIDDEN),
      [
        {
          object: 'NetworkPolicy.networking.k8s.io',
          why: 'may not be listed (allow list)',
          effect: 'may-decide',
          namespaces: 'all',
        },
      ],
    ],
    [
      'a list that failed',
      api('k8s.ovn.org', 'EgressFirewall', FAILED),
      [
        {
          object: 'EgressFirewall.k8s.ovn.org',
          why: 'could not be listed: time-out',
          effect: 'may-deny',
          namespaces: 'all',
        },
      ],
    ],
    [
      'of a kind that is about what comes in',
      api('security.istio.io', 'PeerAuthentication', FORBIDDEN),
      [
        {
          object: 'PeerAuthentication.security.istio.io',
          why: 'may not be listed (allow list)',
          effect: 'may-deny',
          namespaces: 'all',
          side: 'ingress',
        },
      ],
    ],
    [
      'of a kind that is perhaps',
      api('security.istio.io', 'AuthorizationPolicy', FORBIDDEN),
      [
        {
          object: 'AuthorizationPolicy.security.istio.io',
          why: 'may not be listed (allow list)',
          effect: 'may-deny',
          namespaces: 'all',
        },
      ],
    ],
    ['of a kind that others refer to', api('crd.antrea.io', 'Tier', FORBIDDEN), []],
    ['of no policy kind', api('apps', 'Deployment', FORBIDDEN), []],
    ['a list that was read', api('networking.k8s.io', 'NetworkPolicy', listed(3)), []],
  ])('%s', (_, listing, found) => {
    expect(spots([], [listing])).toEqual(found);
  });

  test('a set that may not be listed leaves open what refers to it, and no other kind’s list does', () => {
    const rule = { action: 'Deny', destination: { selector: 'partner == "yes"' } };
    const decide = (...apis: readonly ApiListing[]) => {
      const objects = [...CLUSTER, global('p', [rule])];
      const { layers, problems } = readRuleBook(objects, { engine: CALICO, apis });
      return JSON.stringify([layers, problems], (_, value) => (typeof value === 'bigint' ? String(value) : value));
    };
    const SETS = api('crd.projectcalico.org', 'GlobalNetworkSet', FORBIDDEN);
    expect(decide(SETS)).toContain('may not be listed (allow list)');
    expect(decide(api('crd.projectcalico.org', 'IPPool', FORBIDDEN))).toBe(decide());
    expect(decide(api('example.com', 'GlobalNetworkSet', FORBIDDEN))).toBe(decide());
    expect(decide(api('crd.projectcalico.org', 'GlobalNetworkSet', listed(0)))).toBe(decide());
  });
});

describe('the ledger', () => {
  const coverage = (objects: readonly unknown[], apis: readonly ApiListing[] = [], engine: Engine = UNKNOWN) =>
    readRuleBook(objects, { engine, apis }).coverage.map(({ kind, status, objects: count }) => [kind, status, count]);

  test('one version that is not known makes its kind unsupported, wherever it stands', () => {
    const [known, strange] = [egress('pay/a'), object('networking.k8s.io/v9', 'NetworkPolicy', 'y', 'pay')];
    const found = [['NetworkPolicy.networking.k8s.io', 'unsupported', 2]];
    expect([coverage([known, strange]), coverage([strange, known])]).toEqual([found, found]);
  });
  test('what was listed counts by its objects, what was not by its list', () => {
    const policy = egress('pay/a');
    const [kind] = ['NetworkPolicy.networking.k8s.io'];
    const of = (result: ApiListing['result']) =>
      coverage([policy], [api('networking.k8s.io', 'NetworkPolicy', result)]);
    expect(of(listed(1))).toEqual([[kind, 'evaluated', 1]]);
    expect(of(listed(0))).toEqual([[kind, 'evaluated', 1]]);
    expect(of(FORBIDDEN)).toEqual([[kind, 'forbidden', null]]);
    expect(of(FAILED)).toEqual([[kind, 'unsupported', null]]);
  });
  test('a policy kind that was only counted is left to its objects', () => {
    expect(
      coverage([], [api('networking.k8s.io', 'NetworkPolicy', listed(3)), api('apps', 'Deployment', listed(2))]),
    ).toEqual([]);
    expect(coverage([], [api('cilium.io', 'CiliumNode', listed(3))])).toEqual([
      ['CiliumNode.cilium.io', 'never-decides', 3],
    ]);
  });
  test('staged and other kinds of both of Calico’s APIs', () => {
    const staged = ['projectcalico.org/v3', 'crd.projectcalico.org/v1'].map(version =>
      object(version, 'StagedGlobalNetworkPolicy'),
    );
    const odd = object('projectcalico.org/v3', 'StagedNetworkPolicySet');
    expect(coverage([...staged, odd], [], CALICO)).toEqual([
      ['StagedGlobalNetworkPolicy.crd.projectcalico.org', 'not-enforced', 1],
      ['StagedGlobalNetworkPolicy.projectcalico.org', 'not-enforced', 1],
      ['StagedNetworkPolicySet.projectcalico.org', 'unsupported', 1],
    ]);
  });
  test('a nameless policy is no entry, but a problem', () => {
    const nameless = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', spec: {} };
    expect(coverage([nameless])).toEqual([]);
    expect(readRuleBook([nameless, egress('pay/a')], { engine: UNKNOWN }).layers[0]?.tiers[0]?.policies).toHaveLength(
      1,
    );
  });
  test('where nothing enforces policies, none is read', () => {
    const objects = [...CLUSTER, egress('pay/deny'), calico('Tier', 't', { order: 1 })];
    expect(readRuleBook(objects, { engine: NONE }).layers).toEqual([]);
    expect(ask(objects, { to: '203.0.113.43', engine: NONE }).decision).toBe('allow');
  });
  test('a reader is asked only where one of its kinds is there, or what else it speaks of', () => {
    const layers = (engine: Engine, ...objects: readonly object[]) =>
      readRuleBook([...CLUSTER, ...objects], { engine }).layers.map(({ name }) => name);
    expect(layers(UNKNOWN)).toEqual([]);
    expect(layers(ANTREA, object('crd.antrea.io/v1beta1', 'Tier'))).toEqual([]);
    expect(layers(UNKNOWN, egress('pay/a'))).toEqual(['network policy']);
    expect(readRuleBook(CLUSTER, { engine: ANTREA }).coverage).toEqual([]);
  });
});

test('policies of one tier stand by their order, then by name; tiers by theirs', () => {
  const order = (name: string, value: number, tier = 'default') =>
    global(name, [{ action: 'Allow' }], { order: value, tier });
  const objects = [
    order('b', 2),
    order('z', 1),
    order('a', 2),
    order('late.x', 1, 'late'),
    order('early.y', 9, 'early'),
    calico('Tier', 'late', { order: 2_000_000 }),
    calico('Tier', 'early', { order: 1 }),
  ];
  const [layer] = readRuleBook(objects, { engine: CALICO }).layers;
  const written = layer?.tiers.filter(({ policies }) => policies.every(({ implied }) => implied !== true));
  expect(written?.map(({ name, policies }) => [name, policies.map(({ ref }) => ref.name)])).toEqual([
    ['early', ['early.y']],
    ['default', ['z', 'a', 'b']],
    ['late', ['late.x']],
  ]);
});

test('names are compared by code unit', () => {
  expect(['b', 'a', 'B', 'ä', 'a'].toSorted(compareText)).toEqual(['B', 'a', 'a', 'b', 'ä']);
  expect([compareText('a', 'b'), compareText('b', 'a'), compareText('a', 'a')]).toEqual([-1, 1, 0]);
});

describe('Cilium’s setting for addresses of nodes', () => {
  const policy = {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata: { name: 'p', namespace: 'pay' },
    spec: { endpointSelector: {}, egress: [{ toCIDR: ['192.0.2.0/24'] }] },
  };
  const config = (mode: string, more: object = {}) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'cilium-config', namespace: 'kube-system' },
    data: { 'policy-cidr-match-mode': mode },
    ...more,
  });
  const decide = (settings: object, engine: Engine = CILIUM) =>
    ask([...CLUSTER, policy, settings], { to: '192.0.2.11', engine }).decision;

  const rows: readonly (readonly [string, object, string, Engine?])[] = [
    ['set', config('nodes'), 'allow'],
    ['set among others', config('x, nodes'), 'allow'],
    ['set by spaces alone', config('x nodes'), 'allow'],
    ['set to another word', config('nodes2'), 'deny'],
    ['in a map of another name', config('nodes', { metadata: { name: 'other', namespace: 'kube-system' } }), 'deny'],
    ['in an object of another kind', config('nodes', { kind: 'Secret' }), 'deny'],
    ['in an object of another API', config('nodes', { apiVersion: 'example.com/v1' }), 'deny'],
    ['of the first version that knows it', config('nodes'), 'allow', { ...CILIUM, version: '1.15.0' }],
    ['of a version before that', config('nodes'), 'deny', { ...CILIUM, version: '1.14.9' }],
    ['of a version that is not known', config('nodes'), 'allow', { ...CILIUM, version: null }],
  ];
  for (const [what, settings, decision, engine = CILIUM] of rows)
    test(what, () => {
      expect(decide(settings, engine)).toBe(decision);
    });

  test('is of no account to another engine', () => {
    const np = egress('pay/p', { to: [{ ipBlock: { cidr: '192.0.2.0/24' } }] });
    const decisions = [config('nodes'), config('')].map(
      settings => ask([...CLUSTER, np, settings], { to: '192.0.2.11', engine: CALICO }).decision,
    );
    expect(new Set(decisions).size).toBe(1);
  });
});

test('Cilium’s kinds where another engine enforces, or nobody knows which', () => {
  const objects = [
    object('cilium.io/v2', 'CiliumNetworkPolicy', 'p', 'pay', { endpointSelector: {}, egress: [{}] }),
    object('cilium.io/v2', 'CiliumClusterwideNetworkPolicy', 'c', undefined, { endpointSelector: {}, egress: [{}] }),
  ];
  const GKE: Engine = { name: 'gke-dataplane-v2', version: null, evidence: 'given' };
  const why = (text: string) => [
    ['CiliumNetworkPolicy pay/p', text, ['pay']],
    ['CiliumClusterwideNetworkPolicy c', text, 'all'],
  ];
  const told = (engine: Engine) => spots(objects, [], engine).map(spot => [spot.object, spot.why, spot.namespaces]);
  expect(told(UNKNOWN)).toEqual(why('whether Cilium enforces policies in this cluster is not known'));
  expect(told(GKE)).toEqual(why('whether gke-dataplane-v2 enforces this kind is not known'));
  expect(told(CALICO)).toEqual([]);
  expect(readRuleBook(objects, { engine: CALICO }).coverage.map(({ kind, why: text }) => [kind, text])).toEqual([
    [
      'CiliumClusterwideNetworkPolicy.cilium.io',
      "calico enforces policies here, and Cilium's kinds are Cilium's alone",
    ],
    ['CiliumNetworkPolicy.cilium.io', "calico enforces policies here, and Cilium's kinds are Cilium's alone"],
  ]);
});
