/** `egress lint`: rules that never decide anything, and the logic of selectors behind it. */
import { describe, expect, test } from 'vitest';
import { coversSubject, implies, isSatisfiable, mayOverlap } from '../../src/lint/selector-logic.ts';
import { readWorld } from '../../src/lint/world.ts';
import type { Expression } from '../../src/policy/model.ts';
import {
  app,
  CALICO,
  CILIUM,
  cnp,
  egress,
  found,
  gnp,
  ipBlock,
  lintObjects,
  namespace,
  np,
  ports,
  UNKNOWN,
} from './lint-builders.ts';

const rule = (to: readonly object[] | null, ...texts: readonly string[]) => ({
  ...(to !== null && { to }),
  ...(texts.length > 0 && { ports: ports(...texts) }),
});
const INTERNET = [ipBlock('0.0.0.0/0')];
const shadowed = (...rules: readonly object[]) =>
  found(lintObjects([egress('pay/p', ...rules)]), 'shadowed-rule').length;

describe('a rule of a NetworkPolicy whose every flow another one allows', () => {
  test.each<[string, readonly object[], number]>([
    ['the same rule twice: the later one', [rule(INTERNET, 'TCP 443'), rule(INTERNET, 'TCP 443')], 1],
    ['another port', [rule(INTERNET, 'TCP 443'), rule(INTERNET, 'TCP 80')], 0],
    ['another protocol', [rule(INTERNET, 'TCP 53'), rule(INTERNET, 'UDP 53')], 0],
    ['everything is allowed already', [{}, rule(INTERNET, 'TCP 443')], 1],
    ['everything is allowed after it: the order does not matter', [rule(INTERNET, 'TCP 443'), {}], 1],
    ['a smaller block', [rule([ipBlock('10.0.0.0/8')]), rule([ipBlock('10.1.0.0/16')], 'TCP 443')], 1],
    [
      'a smaller block that is excepted',
      [rule([ipBlock('10.0.0.0/8', '10.1.0.0/16')]), rule([ipBlock('10.1.0.0/16')])],
      0,
    ],
    [
      'two blocks that together hold a third',
      [rule([ipBlock('10.0.0.0/9'), ipBlock('10.128.0.0/9')]), rule([ipBlock('10.0.0.0/8')])],
      1,
    ],
    ['blocks of different families', [rule([ipBlock('0.0.0.0/0')]), rule([ipBlock('2001:db8::/32')])], 0],
    [
      'a range of ports that holds the port',
      [rule(INTERNET, 'TCP 443'), { to: INTERNET, ports: [{ protocol: 'TCP', port: 400, endPort: 500 }] }],
      1,
    ],
    [
      'every port of TCP holds a port name of TCP',
      [
        { to: INTERNET, ports: [{ protocol: 'TCP', port: 'https' }] },
        { to: INTERNET, ports: [{ protocol: 'TCP' }] },
      ],
      1,
    ],
    [
      'a port holds no port name',
      [{ to: INTERNET, ports: [{ protocol: 'TCP', port: 'https' }] }, rule(INTERNET, 'TCP 443')],
      0,
    ],
    [
      'pods of a label are among all pods of the namespace',
      [rule([{ podSelector: {} }]), rule([app('db')], 'TCP 5432')],
      1,
    ],
    [
      'pods of two labels are among those of one',
      [rule([app('db')]), rule([{ podSelector: { matchLabels: { app: 'db', tier: 'a' } } }])],
      1,
    ],
    [
      'pods of one label are not among those of two',
      [rule([{ podSelector: { matchLabels: { app: 'db', tier: 'a' } } }]), rule([app('db')], 'TCP 1')],
      0,
    ],
    [
      'pods of a value are among those of several',
      [
        rule([{ podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['db', 'web'] }] } }]),
        rule([app('db')]),
      ],
      1,
    ],
    ['pods of the own namespace are among those of all', [rule([{ namespaceSelector: {} }]), rule([app('db')])], 1],
    ['a block says nothing of pods', [rule(INTERNET), rule([app('db')])], 0],
  ])('%s', (_, rules, count) => {
    expect(shadowed(...rules)).toBe(count);
  });

  test('in another policy, when that is for all of its pods', () => {
    const own = np('pay/own', { ...app('api'), policyTypes: ['Egress'], egress: [rule(INTERNET, 'TCP 443')] });
    expect(found(lintObjects([own, egress('pay/all', {})]), 'shadowed-rule')).toEqual([
      'shadowed-rule NetworkPolicy pay/own',
    ]);
    const other = np('pay/other', { ...app('web'), policyTypes: ['Egress'], egress: [{}] });
    expect(found(lintObjects([own, other]), 'shadowed-rule')).toEqual([]);
    expect(found(lintObjects([own, egress('shop/all', {})]), 'shadowed-rule')).toEqual([]);
  });

  test('what cannot be read is never called superfluous', () => {
    expect(shadowed({}, { to: [{ ipBlock: { cidr: 'nonsense' } }] })).toBe(0);
  });
});

describe('in kinds with an order', () => {
  const policy = (order: number, ...rules: readonly object[]) =>
    gnp(`p${order}`, { order, selector: 'all()', types: ['Egress'], egress: rules });
  const net = (action: string, ...nets: readonly string[]) => ({ action, destination: { nets } });
  const lintCalico = (...objects: readonly object[]) =>
    lintObjects(objects, { engine: CALICO }).findings.filter(each => each.rule === 'shadowed-rule');

  test('a deny before an allow makes it unreachable, and is a warning', () => {
    expect(lintCalico(policy(1, net('Deny', '10.0.0.0/8'), net('Allow', '10.1.0.0/16')))).toMatchObject([
      { severity: 'warning', object: 'GlobalNetworkPolicy p1' },
    ]);
  });
  test('an allow before the deny of everything is reached', () => {
    expect(lintCalico(policy(1, net('Allow', '10.1.0.0/16'), { action: 'Deny' }))).toEqual([]);
  });
  test('a policy of a lower order comes first, wherever it is written', () => {
    expect(lintCalico(policy(2, net('Allow', '10.1.0.0/16')), policy(1, net('Deny', '10.0.0.0/8')))).toMatchObject([
      { object: 'GlobalNetworkPolicy p2' },
    ]);
  });
  test('what is passed on is gone as well', () => {
    expect(lintCalico(policy(1, { action: 'Pass' }, net('Allow', '10.1.0.0/16')))).toHaveLength(1);
  });
  test('what is only logged goes on', () => {
    expect(lintCalico(policy(1, { action: 'Log' }, net('Allow', '10.1.0.0/16')))).toEqual([]);
  });
});

describe('policies of one priority, of which any may come first', () => {
  const admin = (name: string, priority: number, ...actions: readonly string[]) => ({
    apiVersion: 'policy.networking.k8s.io/v1alpha2',
    kind: 'ClusterNetworkPolicy',
    metadata: { name },
    spec: {
      tier: 'Admin',
      priority,
      subject: { namespaces: {} },
      egress: actions.map(action => ({ action, to: [{ networks: ['0.0.0.0/0'] }] })),
    },
  });
  const antrea = (name: string, priority: number, action: string) => ({
    apiVersion: 'crd.antrea.io/v1beta1',
    kind: 'ClusterNetworkPolicy',
    metadata: { name },
    spec: { priority, appliedTo: [{ namespaceSelector: {} }], egress: [{ action }] },
  });
  const of = (objects: readonly object[], engine = UNKNOWN) =>
    found(lintObjects([namespace('pay'), ...objects], { engine }), 'shadowed-rule');
  const ANTREA = { ...UNKNOWN, name: 'antrea' } as const;

  test('shadow nobody', () => {
    expect(of([admin('a', 5, 'Deny'), admin('b', 5, 'Accept'), admin('c', 5, 'Deny')])).toEqual([]);
    expect(of([antrea('a', 5, 'Drop'), antrea('b', 5, 'Allow')], ANTREA)).toEqual([]);
  });
  test('of another priority they do, and rules of one policy', () => {
    expect(of([admin('a', 4, 'Deny'), admin('b', 5, 'Accept')])).toEqual(['shadowed-rule ClusterNetworkPolicy b']);
    expect(of([admin('a', 5, 'Deny', 'Accept'), admin('b', 5, 'Deny')])).toEqual([
      'shadowed-rule ClusterNetworkPolicy a',
    ]);
    expect(of([antrea('a', 4, 'Drop'), antrea('b', 5, 'Allow')], ANTREA)).toEqual([
      'shadowed-rule ClusterNetworkPolicy.crd.antrea.io b',
    ]);
  });
});

describe('policies of one order, whose turn depends on the version', () => {
  const policies = (namespace: string) => [
    gnp('aaa', { selector: 'all()', types: ['Egress'], egress: [{ action: 'Deny' }] }),
    {
      ...gnp('allow', { types: ['Egress'], egress: [{ action: 'Allow', destination: { nets: ['203.0.113.0/24'] } }] }),
      kind: 'NetworkPolicy',
      metadata: { name: 'allow', namespace },
    },
  ];
  test.each<readonly [rule: string, version: string | null, namespace: string, shadowed: boolean]>([
    ['the one of the cluster comes first: the other never decides', '3.32.0', 'apps', true],
    ['apps/default.allow is before default.aaa', '3.28.0', 'apps', false],
    ['nobody knows', null, 'apps', false],
    ['every version says the same', null, 'pay', true],
  ])('%s', (_, version, namespace, shadowed) => {
    const { findings } = lintObjects(policies(namespace), { engine: { ...CALICO, version } });
    const objects = findings.filter(({ rule }) => rule === 'shadowed-rule').map(({ object }) => object);
    expect(objects).toEqual(shadowed ? [`NetworkPolicy.projectcalico.org ${namespace}/allow`] : []);
  });
});

describe("in Cilium's union", () => {
  const lintCilium = (spec: object) =>
    lintObjects([cnp('pay/p', { endpointSelector: {}, ...spec })], { engine: CILIUM }).findings.filter(
      each => each.rule === 'shadowed-rule',
    );
  const https = { toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }] }] };

  test('a deny wins, so an allow within it is never reached', () => {
    expect(
      lintCilium({ egress: [{ toCIDR: ['10.1.0.0/16'] }], egressDeny: [{ toCIDR: ['10.0.0.0/8'] }] }),
    ).toMatchObject([
      {
        severity: 'warning',
        what: 'Its rule egress[0] never decides anything: its own rule egressDeny[0] denies all of it.',
      },
    ]);
  });
  test('a narrower deny leaves something to the allow', () => {
    expect(lintCilium({ egress: [{ toCIDR: ['10.0.0.0/8'] }], egressDeny: [{ toCIDR: ['10.1.0.0/16'] }] })).toEqual([]);
  });
  test('a name within a pattern', () => {
    expect(
      lintCilium({
        egress: [{ toFQDNs: [{ matchPattern: '*.stripe.com' }] }, { toFQDNs: [{ matchName: 'api.stripe.com' }] }],
      }),
    ).toHaveLength(1);
  });
  test('rules with something above the port are not compared', () => {
    const http = { toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }], rules: { http: [{ method: 'GET' }] } }] };
    expect(
      lintCilium({
        egress: [
          { toEntities: ['world'], ...https },
          { toEntities: ['world'], ...http },
        ],
      }),
    ).toEqual([]);
  });
  test('a rule of port 53 beside one of all ports matters to the DNS proxy', () => {
    const dns = {
      toEntities: ['world'],
      toPorts: [{ ports: [{ port: '53', protocol: 'ANY' }], rules: { dns: [{ matchPattern: '*' }] } }],
    };
    const plain = { toEntities: ['all'], toPorts: [{ ports: [{ port: '53', protocol: 'ANY' }] }] };
    expect(lintCilium({ egress: [{ toEntities: ['all'] }, plain, dns] })).toEqual([]);
    expect(lintCilium({ egress: [{ toEntities: ['all'] }, plain] })).toHaveLength(1);
  });
});

const is = (key: string, ...values: readonly string[]): Expression => ({ op: 'in', key, values });
const not = (of: Expression): Expression => ({ op: 'not', of });
const all = (...of: readonly Expression[]): Expression => ({ op: 'all', of });

describe('selectors among themselves', () => {
  test.each<[string, Expression, string]>([
    ['one label cannot have two values', all(is('app', 'a'), is('app', 'b')), 'no'],
    ['two labels can', all(is('app', 'a'), is('tier', 'b')), 'yes'],
    ['a value that nobody named', all(not(is('app', 'a')), { op: 'has', key: 'app' }), 'yes'],
    ['absent and present', all(not({ op: 'has', key: 'app' }), is('app', 'a')), 'no'],
    ['what cannot be read', { op: 'unreadable', why: '' }, 'unknown'],
    ['what cannot be read within what cannot be', all({ op: 'unreadable', why: '' }, is('a', 'x'), is('a', 'y')), 'no'],
    ['too many labels to try', all(...Array.from({ length: 40 }, (_, index) => is(`k${index}`, 'a', 'b'))), 'unknown'],
  ])('satisfiable: %s', (_, expression, answer) => {
    expect(isSatisfiable(expression)).toBe(answer);
  });

  test.each<[string, Expression, Expression, string]>([
    ['a value is one of several', is('app', 'a'), is('app', 'a', 'b'), 'yes'],
    ['several values are not one', is('app', 'a', 'b'), is('app', 'a'), 'no'],
    ['a value is a presence', is('app', 'a'), { op: 'has', key: 'app' }, 'yes'],
    ['absence is no other value', not({ op: 'has', key: 'app' }), not(is('app', 'a')), 'yes'],
    ['everything is everything', { op: 'true' }, { op: 'true' }, 'yes'],
    ['everything is no label', { op: 'true' }, is('app', 'a'), 'no'],
    ['what cannot be read may be anything', { op: 'unreadable', why: '' }, is('app', 'a'), 'unknown'],
  ])('implied: %s', (_, inner, outer, answer) => {
    expect(implies(inner, outer)).toBe(answer);
  });

  test('subjects of different namespaces neither cover nor overlap; those of a labelled namespace do', () => {
    const world = readWorld({
      sources: [
        {
          file: null,
          text: null,
          objects: [
            namespace('pay', { team: 'pay' }),
            egress('pay/a'),
            egress('shop/b'),
            gnp('g', { namespaceSelector: "team == 'pay'", types: ['Egress'] }),
          ],
        },
      ],
      dns: {},
      engine: { ...UNKNOWN, name: 'calico', version: '3.30.0' },
      clusterCidrs: [],
      apis: [],
      extent: 'some-objects',
    });
    const subject = (name: string) => {
      const found = world.policies.find(each => each.policy.ref.name === name);
      if (found === undefined) throw new Error(name);
      return found.policy.subject;
    };
    const { cluster } = world;
    expect(coversSubject(subject('a'), subject('b'), cluster)).toBe('no');
    expect(mayOverlap(subject('a'), subject('b'), cluster)).toBe(false);
    expect(coversSubject(subject('g'), subject('a'), cluster)).toBe('yes');
    expect(mayOverlap(subject('g'), subject('a'), cluster)).toBe(true);
    expect(coversSubject(subject('a'), subject('g'), cluster)).toBe('no');
  });
});
