/** What Cilium's DNS proxy lets through, and which names it teaches: the pod's own lookups, and those of its neighbours. */
import { describe, expect, test } from 'vitest';
import { ask as askIn, CILIUM, CLUSTER, pod } from './policy-builders.ts';
import {
  type Ask,
  ask,
  CILIUM_1_17,
  CILIUM_UNKNOWN,
  cnp,
  dns,
  egress,
  ports,
  STRIPE,
  service,
} from './policy-cilium-builders.ts';

const EVERY_NAME = { matchPattern: '*' };
const STRIPE_NAME = { matchName: 'api.stripe.com' };
const BY_NAME = { toFQDNs: [STRIPE_NAME], ...ports('443/TCP') };
const of = (app: string) => ({ endpointSelector: { matchLabels: { app } } });
/** pay/api may reach names, and its own lookups go past the proxy; so do those of `quiet`, and those of `near` go through. */
const API = cnp('pay/a', { ...of('api'), egress: [dns(), BY_NAME] });
const NEAR = cnp('pay/n', { ...of('near'), egress: [dns(EVERY_NAME)] });
/** Whether lookups of `maybe` go through the proxy cannot be told. */
const MAYBE = cnp('pay/m', {
  ...of('maybe'),
  egress: [dns(EVERY_NAME)],
  egressDeny: [{ toPorts: [{ ports: [{ port: 53 }] }] }],
});
const QUIET = pod('pay/quiet', { labels: { app: 'quiet' }, ip: '10.244.0.21' });
const neighbour = (name: string, app: string, more: object = {}) =>
  pod(`pay/${name}`, { labels: { app }, ip: '10.244.0.22', ...more });

type Row = readonly [
  what: string,
  objects: readonly object[],
  lookups: readonly string[] | null,
  decision: string,
  why: string,
];

describe('what the lookups of other pods teach', () => {
  test.each<Row>([
    ['a neighbour’s lookup through the proxy counts', [], ['pay/near'], 'allow', 'by'],
    ['one of several is enough', [QUIET], ['pay/quiet', 'pay/near'], 'allow', 'by'],
    [
      'not that of a pod of another node',
      [neighbour('far', 'near', { node: 'b' })],
      ['pay/far'],
      'deny',
      'no DNS rule',
    ],
    [
      'not that of a pod that has ended',
      [neighbour('done', 'near', { phase: 'Succeeded' })],
      ['pay/done'],
      'deny',
      'no DNS rule',
    ],
    ['not that of a pod that is gone', [], ['pay/gone'], 'deny', 'no DNS rule'],
    ['nobody’s', [], [], 'deny', 'no DNS rule (rules.dns) covers the lookups of pod pay/api, so that'],
    ['not one past the proxy', [QUIET], ['pay/quiet'], 'deny', 'no DNS rule'],
    [
      'one of which it cannot be told',
      [QUIET, MAYBE, neighbour('maybe', 'maybe')],
      ['pay/quiet', 'pay/maybe'],
      'unknown',
      'whether api.stripe.com is learned cannot be told',
    ],
  ])('%s', (_, objects, lookups, decision, why) => {
    const asked: Ask = { to: 'api.stripe.com', lookups: { 'api.stripe.com': lookups ?? [] } };
    const found = ask([API, NEAR, ...objects], asked);
    expect(found.decision).toBe(decision);
    expect(found.flows[0]?.why).toContain(why);
    expect(found.flows[0]?.assumptions.join()).not.toContain('no other pod of the node');
  });

  test('pods that are on no node are nobody’s neighbours', () => {
    const unscheduled = (name: string, app: string) => ({ ...neighbour(name, app), spec: { containers: [] } });
    const lost = [unscheduled('lost', 'api'), unscheduled('other', 'near')];
    const asked: Ask = { from: 'pay/lost', to: 'api.stripe.com', lookups: { 'api.stripe.com': ['pay/other'] } };
    expect(ask([API, NEAR, ...lost], asked).decision).toBe('deny');
  });

  test.each<readonly [what: string, policies: readonly object[], assumed: string]>([
    ['nobody could have', [API, QUIET], ''],
    ['a pod of another node could not have', [API, cnp('shop/n', { egress: [dns(EVERY_NAME)] })], ''],
    ['pay/near could have', [API, QUIET, NEAR], '(pod pay/near could have)'],
    [
      'a pod of which it cannot be told could have',
      [API, MAYBE, neighbour('maybe', 'maybe')],
      '(pod pay/maybe could have)',
    ],
  ])('where no lookups are known: %s', (_, policies, assumed) => {
    const [flow] = ask(policies, { to: 'api.stripe.com', lookups: null }).flows;
    expect(flow?.decision).toBe('deny');
    const told = flow?.assumptions.filter(text => text.includes('no other pod of the node')) ?? [];
    expect(told).toHaveLength(assumed === '' ? 0 : 1);
    expect(told.join()).toContain(assumed);
  });
});

/** A DNS Service as clusters have it: three ports. */
function dnsService(namespace: string, endpoints: readonly string[]): readonly object[] {
  const [written, slice] = service(`${namespace}/kube-dns`, '10.96.0.10', { port: 53, endpoints });
  const dnsPort = { name: 'p', port: 53, targetPort: 53, protocol: 'UDP' };
  const metrics = { name: 'metrics', port: 9153, targetPort: 9153, protocol: 'TCP' };
  return [
    { ...written, spec: { clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10'], ports: [metrics, dnsPort] } },
    slice ?? {},
  ];
}
const CORE = pod('kube-system/core', { labels: { 'k8s-app': 'kube-dns' }, ip: '10.244.0.9' });
const OTHER = pod('kube-system/other', { labels: { 'k8s-app': 'other' }, ip: '10.244.0.8' });
const NAMES = { 'api.stripe.com': [STRIPE] };
/** A rule for lookups by any server. */
const anyServer = (...names: readonly object[]) => ({ toPorts: [{ ports: [{ port: '53' }], rules: { dns: names } }] });

describe('whose answers teach', () => {
  const asked = (objects: readonly object[], engine = CILIUM) => {
    const { decision, flows } = askIn([...CLUSTER, ...objects], { to: 'api.stripe.com', dns: NAMES, engine });
    return { decision, why: flows[0]?.why ?? '', assumptions: flows[0]?.assumptions.join() ?? '' };
  };

  test.each<readonly [what: string, objects: readonly object[], decision: string, why: string]>([
    [
      'the DNS Service of the cluster, whatever other ports it has',
      [...dnsService('kube-system', ['10.244.0.9']), CORE, egress(dns(EVERY_NAME), BY_NAME)],
      'allow',
      '',
    ],
    [
      'any of its servers',
      [...dnsService('kube-system', ['10.244.0.8', '10.244.0.9']), OTHER, CORE, egress(dns(EVERY_NAME), BY_NAME)],
      'allow',
      '',
    ],
    [
      'none of its servers',
      [...dnsService('kube-system', ['10.244.0.8']), OTHER, egress(dns(EVERY_NAME), BY_NAME)],
      'deny',
      'so that the DNS proxy never sees them',
    ],
    [
      'a server of which it cannot be told',
      [
        ...dnsService('kube-system', ['10.244.0.8', '10.244.0.9']),
        OTHER,
        CORE,
        egress(BY_NAME, {
          ...anyServer(EVERY_NAME),
          toEndpoints: [{ matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'kube-system', 'k8s-app': 7 } }],
        }),
      ],
      'unknown',
      'whether api.stripe.com is learned cannot be told',
    ],
    [
      'a DNS Service of somebody else beside it does not count',
      [
        ...dnsService('kube-system', ['10.244.0.8']),
        ...service('pay/dns', '10.96.0.11', { port: 53, endpoints: ['10.244.0.2'] }),
        OTHER,
        egress({ ...anyServer(EVERY_NAME), toEndpoints: [{ matchLabels: { app: 'db' } }] }, BY_NAME),
      ],
      'deny',
      'so that the DNS proxy never sees them',
    ],
    [
      'where the platform has none, it does',
      [
        ...service('pay/dns', '10.96.0.11', { port: 53, endpoints: ['10.244.0.2'] }),
        egress({ ...anyServer(EVERY_NAME), toEndpoints: [{ matchLabels: { app: 'db' } }] }, BY_NAME),
      ],
      'allow',
      '',
    ],
    [
      'a Service that serves no names does not count',
      [
        ...service('kube-system/metrics', '10.96.0.12', { port: 443, endpoints: ['10.244.0.2'] }),
        egress(anyServer(EVERY_NAME), BY_NAME),
      ],
      'allow',
      '',
    ],
    [
      'a DNS Service without a server teaches nothing',
      [...dnsService('kube-system', []), egress(anyServer(EVERY_NAME), BY_NAME)],
      'deny',
      'the DNS service of the cluster has no endpoint',
    ],
    [
      'a name that the proxy refuses',
      [...dnsService('kube-system', ['10.244.0.9']), CORE, egress(dns({ matchName: 'google.com' }), BY_NAME)],
      'deny',
      "api.stripe.com is not learned: Cilium's DNS proxy answers REFUSED",
    ],
    [
      'a lookup that another rule denies',
      [
        ...dnsService('kube-system', ['10.244.0.9']),
        CORE,
        cnp('pay/p', { egress: [dns(EVERY_NAME), BY_NAME], egressDeny: [ports('53')] }),
      ],
      'deny',
      'its lookup is denied',
    ],
  ])('%s', (_, objects, decision, why) => {
    const found = asked(objects);
    expect(found.decision).toBe(decision);
    expect(found.why).toContain(why);
    // Only where no Service serves names is it taken for granted who does.
    expect(found.assumptions.includes('no DNS Service was given')).toBe(
      _ === 'a Service that serves no names does not count',
    );
  });

  test.each<readonly [what: string, rules: readonly object[], decision: string, why: string]>([
    ['its DNS rule lists it, whoever the server is', [dns(EVERY_NAME), BY_NAME], 'allow', ''],
    ['its DNS rule lists another', [dns({ matchName: 'google.com' }), BY_NAME], 'deny', 'REFUSED'],
    [
      'its DNS rule is for another port',
      [{ toPorts: [{ ports: [{ port: '5353' }], rules: { dns: [EVERY_NAME] } }] }, BY_NAME],
      'deny',
      'no DNS rule (rules.dns) covers the lookups of pod pay/api',
    ],
    ['it has none', [dns(), BY_NAME], 'deny', 'no DNS rule (rules.dns) of any policy'],
  ])('where no Service serves names, a pod learns a name: %s', (_, rules, decision, why) => {
    const found = asked([egress(...rules)]);
    expect(found.decision).toBe(decision);
    expect(found.why).toContain(why);
    expect(found.assumptions.includes('no DNS Service was given')).toBe(decision === 'allow');
  });

  test('where no Service serves names, another pod’s DNS rule teaches nothing', () => {
    const objects = [
      cnp('pay/a', { ...of('api'), egress: [BY_NAME] }),
      cnp('pay/d', { ...of('db'), egress: [dns(EVERY_NAME)] }),
    ];
    expect(asked(objects)).toMatchObject({
      decision: 'deny',
      why: expect.stringContaining('covers the lookups of pod'),
    });
  });

  test('where no Service serves names, a DNS rule that may not be the pod’s does not make a name learned', () => {
    const perhaps = cnp('pay/d', { endpointSelector: { matchLabels: { app: 7 } }, egress: [dns(EVERY_NAME)] });
    expect(asked([cnp('pay/a', { ...of('api'), egress: [BY_NAME] }), perhaps]).decision).toBe('unknown');
    const stars = cnp('pay/p', { egress: [dns({ matchPattern: '**.stripe.com' }), BY_NAME] });
    expect(asked([stars], CILIUM_UNKNOWN).decision).toBe('unknown');
  });
});

describe('what the proxy lets through beside its names', () => {
  const QUERY: Ask = { to: '10.96.0.10', port: 53, protocol: 'UDP', query: 'google.com' };
  const range = (port: string, endPort: number) => ({ toPorts: [{ ports: [{ port, endPort, protocol: 'UDP' }] }] });
  const named = pod('kube-system/coredns', {
    labels: { 'k8s-app': 'kube-dns' },
    ip: '10.244.0.9',
    ports: [{ name: 'dns', containerPort: 53, protocol: 'UDP' }],
  });
  const perhaps = (...rules: readonly object[]) =>
    cnp('pay/q', { endpointSelector: { matchLabels: { app: 7 } }, egress: rules });

  test.each<readonly [what: string, objects: readonly object[], asked: Ask, decision: string]>([
    ['a port by its name', [named, egress(dns(STRIPE_NAME), ports('dns/UDP'))], QUERY, 'allow'],
    ['a range of ports', [egress(dns(STRIPE_NAME), range('50', 60))], { ...QUERY, engine: CILIUM_1_17 }, 'allow'],
    [
      'a range from the first port',
      [egress(dns(STRIPE_NAME), range('1', 60))],
      { ...QUERY, engine: CILIUM_1_17 },
      'allow',
    ],
    [
      'a range up to the last port',
      [egress(dns(STRIPE_NAME), range('50', 65_535))],
      { ...QUERY, engine: CILIUM_1_17 },
      'allow',
    ],
    [
      'all ports are not looked at',
      [egress(dns(STRIPE_NAME), range('1', 65_535))],
      { ...QUERY, engine: CILIUM_1_17 },
      'deny',
    ],
    [
      'a rule of the port for other peers',
      [egress(dns(STRIPE_NAME), { toCIDR: ['203.0.113.0/24'], ...ports('53') })],
      QUERY,
      'deny',
    ],
    [
      'a rule that may be the pod’s, with every name',
      [egress(dns(STRIPE_NAME)), perhaps(dns(EVERY_NAME))],
      QUERY,
      'unknown',
    ],
    [
      'names that may be the pod’s beside a rule without names',
      [egress({ toEntities: ['cluster'] }), perhaps(dns(STRIPE_NAME))],
      QUERY,
      'unknown',
    ],
    [
      'names of other pods',
      [egress({ toEntities: ['cluster'] }), cnp('pay/q', { ...of('db'), egress: [dns(STRIPE_NAME)] })],
      QUERY,
      'allow',
    ],
    ['a connection to another port', [egress(dns(STRIPE_NAME), { toEntities: ['all'] })], { to: STRIPE }, 'allow'],
    [
      'a ping',
      [egress(dns(STRIPE_NAME), { toEntities: ['all'] })],
      { to: STRIPE, protocol: 'ICMP', icmpType: 8 },
      'allow',
    ],
  ])('%s', (_, objects, asked, decision) => {
    expect(ask(objects, asked).decision).toBe(decision);
  });
});
