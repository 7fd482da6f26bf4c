/** What cannot be read or evaluated is named, and never turns into an allow. */
import { describe, expect, test } from 'vitest';
import type { ApiListing } from '../../src/evidence.ts';
import { readClusterState } from '../../src/policy/cluster-state.ts';
import { predict } from '../../src/policy/evaluate.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { type Ask, ask, CILIUM, CLUSTER, egress, ingress, np, serviceOf, UNKNOWN } from './policy-builders.ts';

const OUTSIDE: Ask = { to: '203.0.113.43' };

function object(apiVersion: string, kind: string, name: string, namespace?: string): object {
  return { apiVersion, kind, metadata: namespace === undefined ? { name } : { name, namespace }, spec: {} };
}

function redirect(redirectFrontend: object): object {
  return { ...object('cilium.io/v2', 'CiliumLocalRedirectPolicy', 'dns', 'kube-system'), spec: { redirectFrontend } };
}

const WEB_SERVICE = serviceOf('shop/web', '10.96.0.9', 80);

describe('kinds without a reader', () => {
  const deny = egress('pay/deny');
  type Row = readonly [rule: string, objects: readonly object[], ask: Ask, decision: string, by: readonly string[]];
  test.each<Row>([
    [
      'a policy of a made-up group in the pod’s namespace',
      [object('example.com/v1', 'NetworkPolicy', 'x', 'pay')],
      OUTSIDE,
      'unknown',
      ['NetworkPolicy pay/x'],
    ],
    [
      'it says nothing of other namespaces',
      [object('example.com/v1', 'NetworkPolicy', 'x', 'shop')],
      OUTSIDE,
      'allow',
      [],
    ],
    [
      'a cluster-wide one touches every pod',
      [object('crd.antrea.io/v1beta1', 'ClusterNetworkPolicy', 'x')],
      OUTSIDE,
      'unknown',
      ['ClusterNetworkPolicy.crd.antrea.io x'],
    ],
    [
      'it could also allow what another denies',
      [deny, object('crd.antrea.io/v1beta1', 'ClusterNetworkPolicy', 'x')],
      OUTSIDE,
      'unknown',
      ['ClusterNetworkPolicy.crd.antrea.io x'],
    ],
    [
      'a layer of its own cannot: deny stays',
      [deny, object('k8s.ovn.org/v1', 'EgressFirewall', 'default', 'pay')],
      OUTSIDE,
      'deny',
      ['NetworkPolicy pay/deny'],
    ],
    [
      'but it can deny what others allow',
      [object('k8s.ovn.org/v1', 'EgressFirewall', 'default', 'pay')],
      OUTSIDE,
      'unknown',
      ['EgressFirewall pay/default'],
    ],
    [
      'mesh configuration of the root namespace counts everywhere',
      [object('networking.istio.io/v9', 'Sidecar', 'default', 'istio-system')],
      OUTSIDE,
      'unknown',
      ['Sidecar istio-system/default'],
    ],
    [
      'a policy at the destination',
      [object('security.istio.io/v1', 'AuthorizationPolicy', 'x', 'shop')],
      { to: 'pod:shop/web' },
      'unknown',
      ['AuthorizationPolicy shop/x'],
    ],
    [
      'Istio’s policies of what pods take in say nothing of what they send out',
      [
        object('security.istio.io/v1', 'AuthorizationPolicy', 'x', 'pay'),
        { ...object('security.istio.io/v1', 'PeerAuthentication', 'y', 'pay'), spec: { mtls: { mode: 'STRICT' } } },
      ],
      OUTSIDE,
      'allow',
      [],
    ],
    [
      'but one that is bound to a waypoint may',
      [
        {
          ...object('security.istio.io/v1', 'AuthorizationPolicy', 'x', 'pay'),
          spec: { targetRefs: [{ kind: 'ServiceEntry' }] },
        },
      ],
      OUTSIDE,
      'unknown',
      ['AuthorizationPolicy pay/x'],
    ],
    [
      'a destination that takes mTLS alone',
      [{ ...object('security.istio.io/v1', 'PeerAuthentication', 'y', 'shop'), spec: { mtls: { mode: 'STRICT' } } }],
      { to: 'pod:shop/web' },
      'unknown',
      ['PeerAuthentication shop/y'],
    ],
    [
      'one of the mesh’s root namespace, on one port',
      [
        {
          ...object('security.istio.io/v1', 'PeerAuthentication', 'y', 'istio-system'),
          spec: { portLevelMtls: { 8080: { mode: 'STRICT' } } },
        },
      ],
      { to: 'pod:shop/web' },
      'unknown',
      ['PeerAuthentication istio-system/y'],
    ],
    [
      'what asks nobody for mTLS, and what only audits, denies nothing',
      [
        {
          ...object('security.istio.io/v1', 'PeerAuthentication', 'y', 'shop'),
          spec: { mtls: { mode: 'PERMISSIVE' } },
        },
        { ...object('security.istio.io/v1', 'AuthorizationPolicy', 'x', 'shop'), spec: { action: 'AUDIT' } },
      ],
      { to: 'pod:shop/web' },
      'allow',
      [],
    ],
    [
      'one of the root namespace that the mesh’s settings name',
      [
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'istio', namespace: 'istio-system' },
          data: { mesh: 'rootNamespace: mesh-config' },
        },
        object('security.istio.io/v1', 'AuthorizationPolicy', 'x', 'mesh-config'),
      ],
      { to: 'pod:shop/web' },
      'unknown',
      ['AuthorizationPolicy mesh-config/x'],
    ],
    [
      'one of another namespace says nothing',
      [object('security.istio.io/v1', 'AuthorizationPolicy', 'x', 'mesh-config')],
      { to: 'pod:shop/web' },
      'allow',
      [],
    ],
    [
      'Linkerd’s EgressNetwork that denies',
      [{ ...object('policy.linkerd.io/v1alpha1', 'EgressNetwork', 'x', 'pay'), spec: { trafficPolicy: 'Deny' } }],
      OUTSIDE,
      'unknown',
      ['EgressNetwork pay/x'],
    ],
    [
      'Linkerd’s EgressNetwork that denies nothing',
      [{ ...object('policy.linkerd.io/v1alpha1', 'EgressNetwork', 'x', 'pay'), spec: { trafficPolicy: 'Allow' } }],
      OUTSIDE,
      'allow',
      [],
    ],
    [
      'Linkerd’s EgressNetwork of the global namespace',
      [
        {
          ...object('policy.linkerd.io/v1alpha1', 'EgressNetwork', 'x', 'linkerd-egress'),
          spec: { trafficPolicy: 'Deny' },
        },
      ],
      OUTSIDE,
      'unknown',
      ['EgressNetwork linkerd-egress/x'],
    ],
    [
      'Linkerd’s Server at the destination',
      [object('policy.linkerd.io/v1beta3', 'Server', 'x', 'shop')],
      { to: 'pod:shop/web' },
      'unknown',
      ['Server shop/x'],
    ],
    [
      'Linkerd’s Server says nothing of what its pods send out',
      [object('policy.linkerd.io/v1beta3', 'Server', 'x', 'pay')],
      OUTSIDE,
      'allow',
      [],
    ],
    [
      'a redirect of the address, wherever it is',
      [redirect({ addressMatcher: { ip: '203.0.113.43' } })],
      OUTSIDE,
      'unknown',
      ['CiliumLocalRedirectPolicy kube-system/dns'],
    ],
    ['a redirect of another address', [redirect({ addressMatcher: { ip: '169.254.20.10' } })], OUTSIDE, 'allow', []],
    [
      'a redirect may lead to where it is allowed',
      [deny, redirect({ addressMatcher: { ip: '203.0.113.43' } })],
      OUTSIDE,
      'unknown',
      ['CiliumLocalRedirectPolicy kube-system/dns'],
    ],
    [
      'a redirect of a Service that is asked',
      [WEB_SERVICE, redirect({ serviceMatcher: { serviceName: 'web', namespace: 'shop' } })],
      { to: 'service:shop/web', port: 80 },
      'unknown',
      ['CiliumLocalRedirectPolicy kube-system/dns'],
    ],
    [
      'a redirect of another Service',
      [WEB_SERVICE, redirect({ serviceMatcher: { serviceName: 'kube-dns', namespace: 'kube-system' } })],
      { to: 'service:shop/web', port: 80 },
      'allow',
      [],
    ],
    [
      'a redirect that cannot be read',
      [redirect({})],
      OUTSIDE,
      'unknown',
      ['CiliumLocalRedirectPolicy kube-system/dns'],
    ],
    [
      'a gateway’s tuning',
      [object('gateway.envoyproxy.io/v1alpha1', 'BackendTrafficPolicy', 'x', 'pay')],
      OUTSIDE,
      'allow',
      [],
    ],
    [
      'an unknown version of NetworkPolicy',
      [object('networking.k8s.io/v9', 'NetworkPolicy', 'x', 'pay')],
      OUTSIDE,
      'unknown',
      ['NetworkPolicy pay/x'],
    ],
    [
      'a misspelt kind',
      [object('networking.k8s.io/v1', 'NetworkPolicyy', 'x', 'pay')],
      OUTSIDE,
      'unknown',
      ['NetworkPolicyy pay/x'],
    ],
    [
      'the destination’s own deny is certain all the same',
      [object('k8s.ovn.org/v1', 'EgressFirewall', 'default', 'pay'), ingress('shop/in')],
      { to: 'pod:shop/web' },
      'deny',
      ['NetworkPolicy shop/in'],
    ],
    [
      'loopback never meets a policy',
      [object('crd.antrea.io/v1beta1', 'ClusterNetworkPolicy', 'x')],
      { to: '127.0.0.1' },
      'allow',
      [],
    ],
    [
      'records of the plugin never decide',
      [
        object('cilium.io/v2', 'CiliumEndpoint', 'x', 'pay'),
        object('networking.k8s.aws/v1alpha1', 'PolicyEndpoint', 'x', 'pay'),
      ],
      OUTSIDE,
      'allow',
      [],
    ],
    [
      'staged policies are not enforced',
      [object('projectcalico.org/v3', 'StagedGlobalNetworkPolicy', 'x')],
      OUTSIDE,
      'allow',
      [],
    ],
    [
      'other objects are no policies',
      [
        object('apps/v1', 'Deployment', 'x', 'pay'),
        object('policy/v1', 'PodDisruptionBudget', 'x', 'pay'),
        object('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', 'x'),
      ],
      OUTSIDE,
      'allow',
      [],
    ],
  ])('%s', (_, objects, question, decision, by) => {
    expect(ask([...CLUSTER, ...objects], question)).toMatchObject({ decision, by });
  });

  test('a pod that reaches itself through its Service does so past the plugin alone', () => {
    const self: Ask = { from: 'shop/web', to: 'service:shop/web', port: 80, engine: CILIUM };
    const authorization = object('security.istio.io/v1', 'AuthorizationPolicy', 'x', 'shop');
    const decide = (...objects: readonly object[]) => ask([...CLUSTER, WEB_SERVICE, ...objects], self).decision;
    expect([decide(ingress('shop/in')), decide(authorization), decide(ingress('shop/in'), authorization)]).toEqual([
      'allow',
      'unknown',
      'unknown',
    ]);
  });

  test('the ledger names every kind, and why', () => {
    const objects = [
      egress('pay/a'),
      object('example.com/v1', 'NetworkPolicy', 'x', 'pay'),
      object('networking.k8s.io/v9', 'NetworkPolicy', 'y', 'pay'),
      object('cilium.io/v2', 'CiliumEndpoint', 'x', 'pay'),
      object('projectcalico.org/v3', 'StagedNetworkPolicy', 'x', 'pay'),
      object('apps/v1', 'Deployment', 'x', 'pay'),
    ];
    expect(readRuleBook(objects, { engine: UNKNOWN }).coverage).toEqual([
      { kind: 'CiliumEndpoint.cilium.io', status: 'never-decides', objects: 1, why: "Cilium's record of a pod" },
      {
        kind: 'NetworkPolicy.example.com',
        status: 'unsupported',
        objects: 1,
        why: 'policy kind not evaluated: NetworkPolicy.example.com',
      },
      {
        kind: 'NetworkPolicy.networking.k8s.io',
        status: 'unsupported',
        objects: 2,
        why: 'unknown apiVersion networking.k8s.io/v9 (evaluated: v1)',
      },
      {
        kind: 'StagedNetworkPolicy.projectcalico.org',
        status: 'not-enforced',
        objects: 1,
        why: 'a staged policy is a rehearsal: nothing enforces it',
      },
    ]);
    expect(readRuleBook([egress('pay/a')], { engine: UNKNOWN }).coverage).toEqual([
      { kind: 'NetworkPolicy.networking.k8s.io', status: 'evaluated', objects: 1 },
    ]);
    const none = readRuleBook([egress('pay/a')], { engine: { name: 'none', version: null, evidence: 'given' } });
    expect(none.coverage).toEqual([
      {
        kind: 'NetworkPolicy.networking.k8s.io',
        status: 'not-enforced',
        objects: 1,
        why: 'nothing in this cluster enforces policies',
      },
    ]);
  });
});

describe('lists that were asked for', () => {
  const api = (group: string, kind: string, result: ApiListing['result']): ApiListing => ({
    group,
    version: 'v1',
    kind,
    plural: 'x',
    namespaced: true,
    result,
  });
  const book = (...apis: ApiListing[]) => readRuleBook([], { engine: UNKNOWN, apis });
  const decision = (...apis: ApiListing[]) => {
    const request = {
      from: 'pay/api',
      to: { kind: 'address', address: '203.0.113.43' },
      port: 443,
      protocol: 'TCP',
      icmpType: null,
      query: null,
      scope: 'both',
    } as const;
    return predict(book(...apis), readClusterState(CLUSTER, {}).cluster, [request]);
  };
  const FORBIDDEN = { kind: 'forbidden', remedy: 'allow list networkpolicies' } as const;

  test.each<[string, ApiListing, string, object]>([
    [
      'NetworkPolicies that may not be listed',
      api('networking.k8s.io', 'NetworkPolicy', FORBIDDEN),
      'unknown',
      { status: 'forbidden', objects: null, why: 'allow list networkpolicies' },
    ],
    [
      'policies whose list failed',
      api('example.com', 'NetworkPolicy', { kind: 'failed', why: 'time-out' }),
      'unknown',
      { status: 'unsupported', objects: null, why: 'could not be listed: time-out' },
    ],
    [
      'a kind without objects',
      api('example.com', 'NetworkPolicy', { kind: 'listed', objects: 0 }),
      'allow',
      { status: 'absent', objects: 0 },
    ],
    [
      'records that may not be listed',
      api('cilium.io', 'CiliumEndpoint', FORBIDDEN),
      'allow',
      { status: 'forbidden', objects: null, why: 'allow list networkpolicies' },
    ],
    [
      'records that were counted only',
      api('cilium.io', 'CiliumEndpoint', { kind: 'listed', objects: 7 }),
      'allow',
      { status: 'never-decides', objects: 7, why: "Cilium's record of a pod" },
    ],
    [
      'staged policies that were counted only',
      api('projectcalico.org', 'StagedNetworkPolicy', { kind: 'listed', objects: 7 }),
      'allow',
      { status: 'not-enforced', objects: 7, why: 'a staged policy is a rehearsal: nothing enforces it' },
    ],
  ])('%s', (_, listing, expected, entry) => {
    expect(decision(listing).decision).toBe(expected);
    expect(book(listing).coverage).toEqual([{ kind: `${listing.kind}.${listing.group}`, ...entry }]);
  });

  test('a refused list says what to add', () => {
    expect(decision(api('networking.k8s.io', 'NetworkPolicy', FORBIDDEN)).why).toBe(
      'cannot be told: NetworkPolicy.networking.k8s.io: may not be listed (allow list networkpolicies) (the rest says allow: no policy exists; the default allows)',
    );
  });
});

describe('malformed NetworkPolicies', () => {
  const spec = (rest: object) => np('pay/bad', { podSelector: {}, policyTypes: ['Egress'], ...rest });
  const to = (peer: unknown) => spec({ egress: [{ to: [peer] }] });
  const ports = (port: unknown) => spec({ egress: [{ ports: [port] }] });
  test.each<[problem: string, policy: object, decision: string]>([
    [
      'egress[0].to[0].ipBlock.cidr: invalid CIDR "203.0.113.0/33"',
      to({ ipBlock: { cidr: '203.0.113.0/33' } }),
      'unknown',
    ],
    ['egress[0].to[0].ipBlock.cidr: invalid CIDR 7', to({ ipBlock: { cidr: 7 } }), 'unknown'],
    [
      'egress[0].to[0].ipBlock.except[0]: invalid CIDR "203.0.113.43"',
      to({ ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.43'] } }),
      'unknown',
    ],
    [
      'egress[0].to[0].ipBlock.except is not a list',
      to({ ipBlock: { cidr: '203.0.113.0/24', except: 'x' } }),
      'unknown',
    ],
    [
      'egress[0].to[0].ipBlock: except 198.51.100.0/25 is not inside cidr 203.0.113.0/24',
      to({ ipBlock: { cidr: '203.0.113.0/24', except: ['198.51.100.0/25'] } }),
      'allow',
    ],
    [
      'egress[0].to[0].ipBlock.cidr: host bits set in "203.0.113.43/24": it means 203.0.113.0/24',
      to({ ipBlock: { cidr: '203.0.113.43/24' } }),
      'allow',
    ],
    ['egress[0].to[0].ipBlock has the unknown field "cidrs"', to({ ipBlock: { cidrs: [] } }), 'unknown'],
    ['egress[0].to[0].ipBlock is no object', to({ ipBlock: '10.0.0.0/8' }), 'unknown'],
    [
      'egress[0].to[0] has ipBlock together with a selector',
      to({ ipBlock: { cidr: '203.0.113.0/24' }, podSelector: {} }),
      'unknown',
    ],
    ['egress[0].to[0] is a null peer', to(null), 'unknown'],
    ['egress[0].to[0] is no object', to('all'), 'unknown'],
    ['egress[0].to[0] names no peer', to({}), 'unknown'],
    ['egress[0].to[0] has the unknown field "fqdn"', to({ fqdn: 'a' }), 'unknown'],
    ['egress[0].to is not a list', spec({ egress: [{ to: { ipBlock: {} } }] }), 'unknown'],
    ['egress[0].ports is not a list', spec({ egress: [{ ports: 443 }] }), 'unknown'],
    ['egress[0] has the unknown field "port"', spec({ egress: [{ port: 443 }] }), 'unknown'],
    ['egress[0] is no object', spec({ egress: [null] }), 'unknown'],
    ['egress is not a list', spec({ egress: {} }), 'unknown'],
    ['egress[0].ports[0]: null port', ports(null), 'unknown'],
    ['egress[0].ports[0]: no object', ports(443), 'unknown'],
    ['egress[0].ports[0]: unknown field "ports"', ports({ ports: [1] }), 'unknown'],
    ['egress[0].ports[0]: port out of range: 70000', ports({ port: 70_000 }), 'unknown'],
    ['egress[0].ports[0]: port out of range: 0', ports({ port: 0 }), 'unknown'],
    ['egress[0].ports[0]: port out of range: 44.3', ports({ port: 44.3 }), 'unknown'],
    ['egress[0].ports[0]: "443": a string port is a name, not a number', ports({ port: '443' }), 'unknown'],
    ['egress[0].ports[0]: invalid port name "NaN"', ports({ port: 'NaN' }), 'unknown'],
    ['egress[0].ports[0]: invalid port name "a--b"', ports({ port: 'a--b' }), 'unknown'],
    ['egress[0].ports[0]: unknown protocol "tcp"', ports({ protocol: 'tcp', port: 443 }), 'unknown'],
    ['egress[0].ports[0]: endPort below port (442 < 443)', ports({ port: 443, endPort: 442 }), 'unknown'],
    ['egress[0].ports[0]: endPort with a named port', ports({ port: 'https', endPort: 443 }), 'unknown'],
    ['egress[0].ports[0]: endPort without port', ports({ endPort: 443 }), 'unknown'],
    ['egress[0].ports[0]: endPort out of range: "x"', ports({ port: 443, endPort: 'x' }), 'unknown'],
    ['policyTypes is not a list', np('pay/bad', { podSelector: {}, policyTypes: 'Egress', egress: [] }), 'unknown'],
    ['unknown policy type "egress"', np('pay/bad', { podSelector: {}, policyTypes: ['egress'] }), 'unknown'],
    [
      'podSelector is null, which selects everything',
      np('pay/bad', { podSelector: null, policyTypes: ['Egress'] }),
      'deny',
    ],
    [
      'podSelector.matchExpressions[0]: Exists takes no values',
      np('pay/bad', {
        podSelector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['x'] }] },
        policyTypes: ['Egress'],
      }),
      'unknown',
    ],
    ['spec is null: read as an empty one', { ...np('pay/bad', {}), spec: null }, 'allow'],
    ['no spec: read as an empty one', { ...np('pay/bad', {}), spec: undefined }, 'allow'],
  ])('%s', (why, policy, decision) => {
    expect(readRuleBook([policy], { engine: UNKNOWN }).problems).toContainEqual({
      object: 'NetworkPolicy pay/bad',
      why,
    });
    expect(ask([...CLUSTER, policy], OUTSIDE).decision).toBe(decision);
    expect(ask([...CLUSTER, policy], { from: 'shop/web', to: '203.0.113.43' }).decision).toBe('allow');
  });

  test('where something else allows it for certain, a malformed policy changes nothing', () => {
    const prediction = ask([...CLUSTER, to(null), egress('pay/open', {})], OUTSIDE);
    expect(prediction.decision).toBe('allow');
  });

  test.each<[string, unknown, string, string]>([
    ['a text', 'NetworkPolicy', 'item 1', 'not an object with a kind'],
    ['a number', 42, 'item 1', 'not an object with a kind'],
    ['null', null, 'item 1', 'not an object with a kind'],
    ['a kind that is a number', { apiVersion: 'v1', kind: 7 }, 'item 1', 'not an object with a kind'],
    [
      'no metadata',
      { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', spec: {} },
      'NetworkPolicy (no name)',
      'no metadata.name: the API server refuses such an object',
    ],
  ])('an item that is %s', (_, item, name, why) => {
    expect(readRuleBook([item], { engine: UNKNOWN }).problems).toEqual([{ object: name, why }]);
    expect(ask([item, ...CLUSTER], OUTSIDE).decision).toBe('allow');
  });

  test('a policy without a namespace is in default, as an API server would put it', () => {
    const policy = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'x' },
      spec: { podSelector: {}, policyTypes: ['Egress'] },
    };
    const api = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'api' }, status: { podIP: '10.0.0.1' } };
    expect(ask([policy, api], { from: 'default/api', to: '203.0.113.43' })).toMatchObject({
      decision: 'deny',
      by: ['NetworkPolicy default/x'],
    });
  });
});
