/** Cilium's policies: what is asked of peers beside their own labels, own nodes, labels without identity, and how rules are named. */
import { describe, expect, test } from 'vitest';
import { isIdentityLabel } from '../../src/policy/cilium-labels.ts';
import { conjunction, peerSelectorText, readCiliumSelector, scopePeer } from '../../src/policy/cilium-selector.ts';
import type { Expression } from '../../src/policy/model.ts';
import { CILIUM, pod } from './policy-builders.ts';
import {
  ask,
  CILIUM_1_17,
  CILIUM_UNKNOWN,
  ccnp,
  cnp,
  dns,
  egress,
  P,
  ports,
  STRIPE,
  table,
} from './policy-cilium-builders.ts';

const of = (app: string) => ({ matchLabels: { app } });
const DB = { to: 'pod:pay/db', port: 5432 };
const OPEN = egress({ toEndpoints: [{}] });

table('what every peer must meet as well', [
  [
    'a requirement of deny rules narrows deny rules',
    [
      cnp('pay/p', {
        egress: [{ toEntities: ['all'] }],
        egressDeny: [{ toEndpoints: [{}], toRequires: [of('near')] }],
      }),
    ],
    DB,
    'allow',
  ],
  [
    'and denies what meets it',
    [cnp('pay/p', { egress: [{ toEntities: ['all'] }], egressDeny: [{ toEndpoints: [{}], toRequires: [of('db')] }] })],
    DB,
    'deny',
  ],
  [
    'a requirement of deny rules does not narrow others',
    [cnp('pay/r', { egressDeny: [{ toRequires: [of('near')] }] }), OPEN],
    DB,
    'allow',
  ],
  [
    'nor one of rules that allow those that deny',
    [
      cnp('pay/r', { egress: [{ toRequires: [of('near')] }] }),
      cnp('pay/d', { egress: [{ toEntities: ['all'] }], egressDeny: [{ toEndpoints: [of('db')] }] }),
    ],
    DB,
    'deny',
  ],
  [
    'nor one of what comes in what goes out',
    [cnp('pay/r', { ingress: [{ fromRequires: [of('near')], fromEntities: ['all'] }] }), OPEN],
    DB,
    'allow',
  ],
  [
    'fromRequires narrows fromEndpoints',
    [cnp('pay/p', { ingress: [{ fromEndpoints: [{}], fromRequires: [of('near')] }] })],
    DB,
    'deny',
  ],
  [
    'and lets in what it asks for',
    [cnp('pay/p', { ingress: [{ fromEndpoints: [{}], fromRequires: [of('api')] }] })],
    DB,
    'allow',
  ],
  [
    'a requirement of deny rules of what comes in',
    [
      cnp('pay/p', {
        ingress: [{ fromEntities: ['all'] }],
        ingressDeny: [{ fromEndpoints: [{}], fromRequires: [of('api')] }],
      }),
    ],
    DB,
    'deny',
  ],
  [
    'toRequires says nothing of what comes in',
    [
      cnp('pay/p', { ingress: [{ fromEndpoints: [{}] }] }),
      cnp('pay/r', { egress: [{ toEntities: ['all'], toRequires: [of('near')] }] }),
    ],
    DB,
    'allow',
  ],
  [
    'one of several specs counts',
    [
      {
        apiVersion: 'cilium.io/v2',
        kind: 'CiliumNetworkPolicy',
        metadata: { name: 'r', namespace: 'pay' },
        specs: ['text', { endpointSelector: {}, egress: [{ toRequires: [of('near')] }] }],
      },
      OPEN,
    ],
    DB,
    'unknown',
  ],
  [
    'of a cluster-wide policy it counts everywhere',
    [ccnp('r', { endpointSelector: {}, egress: [{ toRequires: [of('near')] }] }), OPEN],
    DB,
    'deny',
  ],
]);

const SHUT = cnp('pay/p', { ingress: [{}] });
const FROM_NODE = { from: 'pay/onhost', ...DB };

table('nodes and their pods', [
  ['the own node always comes in', [SHUT], FROM_NODE, 'allow', P],
  ['another node does not', [cnp('shop/p', { ingress: [{}] })], { from: 'pay/onhost', to: 'pod:shop/web' }, 'deny'],
  [
    'not even the own one past a deny rule',
    [cnp('pay/p', { ingressDeny: [{ fromEntities: ['host'] }] })],
    FROM_NODE,
    'deny',
    P,
  ],
  ['whatever the version', [SHUT], { ...FROM_NODE, engine: CILIUM_UNKNOWN }, 'allow', P],
  [
    'a pod of its node’s network is left alone, whatever the version',
    [egress({})],
    { from: 'pay/onhost', to: STRIPE, engine: CILIUM_UNKNOWN },
    'allow',
    [],
  ],
]);

table('named ports', [
  [
    'of what comes in are the own ones, whatever the version',
    [cnp('pay/p', { ingress: [ports('sql/TCP')] })],
    { ...DB, engine: CILIUM_1_17 },
    'allow',
    P,
  ],
  [
    'and others stay shut',
    [cnp('pay/p', { ingress: [ports('sql/TCP')] })],
    { to: 'pod:pay/db', port: 80, engine: CILIUM_1_17 },
    'deny',
    P,
  ],
  [
    'of what goes out are not known in other versions where they differ',
    [pod('pay/other', { ip: '10.244.0.30', ports: [{ name: 'sql', containerPort: 1433 }] }), egress(ports('sql/TCP'))],
    { ...DB, engine: CILIUM_1_17 },
    'unknown',
  ],
  ['ICMP has none', [egress(ports('sql/ICMP'))], DB, 'deny', P],
  ['nor has ICMPv6', [egress(ports('sql/ICMPv6'))], DB, 'deny', P],
]);

table('rules and entries of ports', [
  [
    'entries with names and entries without are rules of their own',
    [
      egress({
        toEntities: ['cluster'],
        toPorts: [
          { ports: [{ port: '53' }], rules: { dns: [{ matchName: 'a.b' }] } },
          { ports: [{ port: '80' }] },
          { ports: [{ port: '81' }] },
        ],
      }),
    ],
    { to: 'pod:pay/db', port: 81 },
    'allow',
    P,
  ],
  [
    'names of one entry are not asked of another',
    [
      egress({
        toEntities: ['cluster'],
        toPorts: [{ ports: [{ port: '53' }], rules: { dns: [{ matchName: 'a.b' }] } }, { ports: [{ port: '54' }] }],
      }),
    ],
    { to: 'pod:pay/db', port: 54, protocol: 'UDP', query: 'x.y' },
    'allow',
    P,
  ],
  [
    'HTTP rules of one entry are not told of another',
    [
      egress({
        toEntities: ['cluster'],
        toPorts: [{ ports: [{ port: '80', protocol: 'TCP' }], rules: { http: [{}] } }, { ports: [{ port: '81' }] }],
      }),
    ],
    { to: 'pod:pay/db', port: 81 },
    'allow',
    P,
  ],
  ['icmps that are empty stand beside ports', [egress({ icmps: [], ...ports('443') })], { to: STRIPE }, 'allow', P],
  [
    'empty ports stand beside icmps',
    [egress({ icmps: [{ fields: [{ type: 8 }] }], toPorts: [] })],
    { to: STRIPE, protocol: 'ICMP', icmpType: 8 },
    'allow',
    P,
  ],
]);

test('rules with entries of several sorts are told apart by their names', () => {
  const http = { ports: [{ port: '80', protocol: 'TCP' }], rules: { http: [{}] } };
  const rule = {
    toEntities: ['cluster'],
    toPorts: [{ ports: [{ port: '81' }] }, http, { ports: [{ port: '82' }] }, http],
  };
  const names = (...rules: readonly object[]) =>
    ask(rules, { to: 'pod:pay/db', port: 9 }).trace.flatMap(({ rules: told }) => told.map(({ name }) => name));
  expect(names(egress(rule))).toEqual(['1, toPorts 1', '1, toPorts 2', '1, toPorts 3']);
  expect(names(egress({ toEntities: ['world'] }, rule)).slice(1)).toEqual([
    '2, toPorts 1',
    '2, toPorts 2',
    '2, toPorts 3',
  ]);
  expect(names(egress({ toEntities: ['cluster'], toPorts: [http] }))).toEqual([null]);
  const specs = [{ endpointSelector: {}, egress: [rule] }];
  expect(names({ ...egress(), spec: undefined, specs })).toEqual(
    [1, 2, 3].map(number => `specs[0].egress[0], toPorts ${number}`),
  );
});

test('a connection by a plain entry is told nothing of the HTTP rules of another', () => {
  const rule = {
    toEntities: ['cluster'],
    toPorts: [{ ports: [{ port: '80', protocol: 'TCP' }], rules: { http: [{}] } }, { ports: [{ port: '81' }] }],
  };
  const told = (port: number) =>
    ask([egress(rule)], { to: 'pod:pay/db', port })
      .flows.flatMap(({ assumptions }) => assumptions)
      .join();
  expect(told(80)).toContain('HTTP requests');
  expect(told(81)).not.toContain('HTTP requests');
});

test('why a rule without peers and ports lets nothing through, or denies nothing', () => {
  const why = (spec: object) =>
    ask([cnp('pay/p', spec)], { to: STRIPE })
      .trace.flatMap(({ rules }) => rules.map(rule => rule.why))
      .join();
  expect(why({ egress: [{}] })).toContain('names neither peers nor ports, and allows nothing with Cilium');
  expect(why({ egressDeny: [{}] })).toContain('names neither peers nor ports, and denies nothing with Cilium');
});

describe('labels that make an identity', () => {
  test.each<readonly [string, boolean]>([
    ['app', true],
    ['app.kubernetes.io/name', true],
    ['io.kubernetes.pod.namespace', true],
    ['io.cilium.k8s.namespace.labels.team', true],
    ['io.kubernetes.pod.name', false],
    ['kubernetes.io/arch', false],
    ['pod-template-hash', false],
    ['pod-template-hash-of-mine', false],
    ['my-pod-template-hash', true],
    ['controller-uid', false],
    ['beta.kubernetes.io/os', false],
    ['x.beta.kubernetes.io/os', false],
    ['statefulset.kubernetes.io/pod-name', false],
  ])('%s: %s', (key, kept) => {
    expect(isIdentityLabel(key)).toBe(kept);
  });
});

describe('selectors', () => {
  const written = (selector: unknown) => {
    const notebook = { problems: [] as string[] };
    return { expression: readCiliumSelector(selector, 's', notebook), problems: notebook.problems };
  };
  test.each<readonly [string, object, string]>([
    ['without a source', { app: 'x' }, 'any:app'],
    ['with one', { 'k8s:app': 'x' }, 'k8s:app'],
    ['with an empty one', { ':app': 'x' }, 'any:app'],
    ['with dots', { 'app.kubernetes.io/name': 'x' }, 'any:app.kubernetes.io/name'],
    ['reserved', { 'reserved:host': '' }, 'reserved:host'],
    ['reserved, with a dollar', { $host: '' }, 'reserved:host'],
  ])('a key %s', (_, matchLabels, key) => {
    expect(JSON.stringify(written({ matchLabels }).expression)).toContain(`"key":${JSON.stringify(key)}`);
  });
  test('expressions get their source as well', () => {
    const matchExpressions = [{ key: 'app', operator: 'Exists' }];
    expect(written({ matchExpressions })).toEqual({ expression: { op: 'has', key: 'any:app' }, problems: [] });
  });
  test.each([
    ['no object', 'all', ['s is no label selector']],
    ['an expression that is none', { matchExpressions: ['app'] }, [expect.stringContaining('s.matchExpressions[0]')]],
    [
      'an expression without a key',
      { matchExpressions: [{ operator: 'Exists' }] },
      [expect.stringContaining('s.matchExpressions[0]')],
    ],
    [
      'a key that is no text',
      { matchExpressions: [{ key: 7, operator: 'Exists' }] },
      [expect.stringContaining('s.matchExpressions[0]')],
    ],
  ])('%s is told', (_, selector, problems) => {
    expect(written(selector).problems).toEqual(problems);
  });

  const has = (key: string): Expression => ({ op: 'has', key });
  const OWN: Expression = { op: 'in', key: 'k8s:io.kubernetes.pod.namespace', values: ['pay'] };
  const LABELS = has('k8s:io.cilium.k8s.namespace.labels.team');
  const inPay = { namespace: 'pay', forStartingPods: false, engine: CILIUM };
  test.each<readonly [string, Expression, Partial<Parameters<typeof scopePeer>[1]>, Expression]>([
    ['without a namespace means the own one', has('any:app'), {}, { op: 'all', of: [has('any:app'), OWN] }],
    ['that is empty means the own one', { op: 'true' }, {}, OWN],
    ['with a namespace stays', has('any:io.kubernetes.pod.namespace'), {}, has('any:io.kubernetes.pod.namespace')],
    ['that is reserved stays', has('reserved:host'), {}, has('reserved:host')],
    ['by labels of namespaces stays within the own in 1.15', LABELS, {}, { op: 'all', of: [LABELS, OWN] }],
    [
      'and with other labels too',
      { op: 'all', of: [has('any:app'), LABELS] },
      {},
      { op: 'all', of: [has('any:app'), LABELS, OWN] },
    ],
    [
      'of a cluster-wide policy means every pod',
      has('any:app'),
      { namespace: null },
      { op: 'all', of: [has('any:app'), has('k8s:io.kubernetes.pod.namespace')] },
    ],
    ['of one for starting pods stays', has('any:app'), { namespace: null, forStartingPods: true }, has('any:app')],
  ])('a peer %s', (_, expression, scope, found) => {
    expect(scopePeer(expression, { ...inPay, ...scope })).toEqual(found);
  });
  test('of labels of namespaces it is not known in other versions, with other labels as well', () => {
    for (const expression of [LABELS, { op: 'all', of: [has('any:app'), LABELS] } as const]) {
      const scoped = scopePeer(expression, { ...inPay, engine: CILIUM_1_17 });
      expect(JSON.stringify(scoped)).toContain('is not known for this version');
    }
    expect(JSON.stringify(scopePeer(has('any:app'), { ...inPay, engine: CILIUM_1_17 }))).not.toContain('not known');
  });
  test('what holds always is left out of a conjunction', () => {
    expect(conjunction({ op: 'true' }, { op: 'true' })).toEqual({ op: 'true' });
    expect(conjunction({ op: 'true' }, has('a'))).toEqual(has('a'));
    expect(conjunction({ op: 'all', of: [has('a'), has('b')] }, has('c'))).toEqual({
      op: 'all',
      of: [has('a'), has('b'), has('c')],
    });
  });
  test.each<readonly [Expression, string]>([
    [OWN, 'all pods in namespace pay'],
    [{ op: 'all', of: [{ op: 'in', key: 'any:app', values: ['db'] }, OWN] }, 'pods app=db in namespace pay'],
    [
      { op: 'in', key: 'k8s:io.kubernetes.pod.namespace', values: ['pay', 'shop'] },
      'all pods in namespace pay or shop',
    ],
    [has('k8s:io.kubernetes.pod.namespace'), 'all pods'],
    [has('any:app'), 'endpoints app'],
    [{ op: 'all', of: [has('any:app'), has('k8s:io.kubernetes.pod.namespace')] }, 'endpoints app'],
  ])('in words: %#', (expression, text) => {
    expect(peerSelectorText(expression).replaceAll('any:', '').replaceAll('k8s:', '')).toBe(text);
  });
});

test('a name of a pattern that two stars begin, in a version that is known to keep them within a label', () => {
  const rules = [dns({ matchPattern: '*' }), { toFQDNs: [{ matchPattern: '**.stripe.com' }] }];
  expect(ask([egress(...rules)], { to: 'api.stripe.com' }).decision).toBe('allow');
});
