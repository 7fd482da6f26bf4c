/** `egress lint`: a deny without its allows, and egress without DNS. */
import { describe, expect, test } from 'vitest';
import {
  app,
  CALICO,
  cnp,
  DNS,
  deployment,
  egress,
  found,
  gnp,
  ipBlock,
  lintObjects,
  namespace,
  np,
  OF_CILIUM,
  open,
  pod,
  ports,
} from './lint-builders.ts';

const POD = [namespace('pay'), pod('pay/api', { labels: { app: 'api' } })];
const PODS = [...POD, pod('pay/web', { labels: { app: 'web' }, ip: '10.244.0.2' })];
const DENY = egress('pay/deny');
const toDns = (...texts: readonly string[]) => ({
  to: [
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    },
  ],
  ports: ports(...texts),
});
const only = (name: string, selected: string, ...rules: readonly object[]) =>
  np(`pay/${name}`, { ...app(selected), policyTypes: ['Egress'], egress: rules });
const HTTPS = { ports: ports('TCP 443') };

describe('an egress deny that ships without its allows', () => {
  test.each<[string, readonly unknown[], readonly string[]]>([
    ['an empty egress list alone', [...POD, DENY], ['deny-alone NetworkPolicy pay/deny']],
    [
      'policyTypes Egress and no egress list at all',
      [...POD, np('pay/deny', { podSelector: {}, policyTypes: ['Egress'] })],
      ['deny-alone NetworkPolicy pay/deny'],
    ],
    ['another policy allows something to the same pods', [...POD, DENY, only('allow', 'api', HTTPS)], []],
    [
      'another policy allows something to other pods only',
      [...POD, DENY, only('allow', 'web', HTTPS)],
      ['deny-alone NetworkPolicy pay/deny'],
    ],
    [
      'a policy of another namespace helps nobody',
      [...POD, DENY, egress('shop/allow', {})],
      ['deny-alone NetworkPolicy pay/deny'],
    ],
    [
      'a policy of ingress alone isolates nobody',
      [...POD, np('pay/in', { podSelector: {}, policyTypes: ['Ingress'] })],
      [],
    ],
    ['a rule that allows everything is an allow', [...POD, egress('pay/open', {})], []],
    ['pods of a Deployment are pods', [deployment('pay/api', { app: 'api' }), DENY, only('allow', 'api', HTTPS)], []],
    [
      'pods of a Deployment without allows',
      [deployment('pay/api', { app: 'api' }), DENY],
      ['deny-alone NetworkPolicy pay/deny'],
    ],
  ])('%s', (_, objects, expected) => {
    expect(found(lintObjects(objects), 'deny-alone')).toEqual(expected);
  });

  test('where the deny ships with allows for some of its pods, the others are a note', () => {
    const report = lintObjects([...PODS, DENY, only('allow', 'web', HTTPS)]);
    const [finding] = report.findings.filter(({ rule }) => rule === 'deny-alone');
    expect(finding).toMatchObject({ severity: 'note', object: 'NetworkPolicy pay/deny' });
    expect(finding?.what).toBe('It denies all egress of pod pay/api, and no policy allows anything to them.');
  });

  test('without pods, an allow that may be for the same pods leaves it open', () => {
    const report = lintObjects([DENY, only('allow', 'web', HTTPS)], { extent: 'some-objects' });
    expect(found(report, 'deny-alone')).toEqual([]);
    expect(open(report, 'deny-alone')).toEqual([
      'NetworkPolicy pay/deny: whether each of its pods is also selected by NetworkPolicy pay/allow, which allows something, is not known without the pods',
    ]);
  });

  test('without pods, an allow for all of the pods is one', () => {
    const report = lintObjects([only('deny', 'web'), egress('pay/allow', HTTPS)], { extent: 'some-objects' });
    expect([...found(report, 'deny-alone'), ...open(report, 'deny-alone')]).toEqual([]);
  });

  test('without pods, an allow that cannot be for the same pods does not help', () => {
    const report = lintObjects([only('deny', 'api'), only('allow', 'web', HTTPS)], { extent: 'some-objects' });
    expect(found(report, 'deny-alone')).toEqual(['deny-alone NetworkPolicy pay/deny']);
  });

  test('a policy of administrators that denies something shuts nobody by selecting', () => {
    const anp = {
      apiVersion: 'policy.networking.k8s.io/v1alpha1',
      kind: 'AdminNetworkPolicy',
      metadata: { name: 'guard' },
      spec: {
        priority: 1,
        subject: { namespaces: {} },
        egress: [{ action: 'Deny', to: [{ networks: ['192.0.2.0/24'] }] }],
      },
    };
    expect(
      found(
        lintObjects([...POD, anp], { engine: { ...CALICO, name: 'ovn-kubernetes' } }),
        'deny-alone',
        'dns-not-allowed',
      ),
    ).toEqual([]);
  });

  test('in the kinds of Cilium and Calico too', () => {
    const cilium = [...POD, cnp('pay/deny', { endpointSelector: {}, egress: [{}] })];
    expect(found(lintObjects(cilium, OF_CILIUM), 'deny-alone')).toEqual(['deny-alone CiliumNetworkPolicy pay/deny']);
    const calico = [...POD, gnp('deny', { types: ['Egress'] })];
    expect(found(lintObjects(calico, { engine: CALICO }), 'deny-alone')).toEqual([
      'deny-alone GlobalNetworkPolicy deny',
    ]);
  });
});

const DNS_RULES = ['dns-not-allowed', 'dns-udp-not-allowed', 'dns-tcp-not-allowed'] as const;

describe('egress that is allowed, and not to DNS', () => {
  test.each<[string, readonly unknown[], readonly string[]]>([
    ['443 alone', [...POD, egress('pay/p', HTTPS)], ['dns-not-allowed NetworkPolicy pay/p']],
    ['UDP alone', [...POD, egress('pay/p', HTTPS, toDns('UDP 53'))], ['dns-tcp-not-allowed NetworkPolicy pay/p']],
    ['TCP alone', [...POD, egress('pay/p', HTTPS, toDns('TCP 53'))], ['dns-udp-not-allowed NetworkPolicy pay/p']],
    ['both', [...POD, egress('pay/p', HTTPS, toDns('UDP 53', 'TCP 53'))], []],
    ['a rule without ports opens them too', [...POD, egress('pay/p', { to: [ipBlock('10.0.0.0/8')] })], []],
    [
      'a range of ports that has 53 in it',
      [...POD, egress('pay/p', { ports: [{ protocol: 'UDP', port: 1, endPort: 60 }] }, toDns('TCP 53'))],
      [],
    ],
    [
      'another policy of the same pods allows DNS',
      [...POD, egress('pay/p', HTTPS), only('dns', 'api', toDns('UDP 53', 'TCP 53'))],
      [],
    ],
    [
      'another policy of other pods does not count',
      [...PODS, egress('pay/p', HTTPS), only('dns', 'web', toDns('UDP 53', 'TCP 53'))],
      ['dns-not-allowed NetworkPolicy pay/p'],
    ],
    ['nothing but a deny: that is said instead', [...POD, DENY], []],
    ['DNS of the cluster is reached', [...POD, ...DNS, egress('pay/p', HTTPS, toDns('UDP 53', 'TCP 53'))], []],
    [
      'port 53 is open, to others than the DNS of the cluster',
      [...POD, ...DNS, egress('pay/p', { to: [{ podSelector: {} }], ports: ports('UDP 53', 'TCP 53') })],
      ['dns-not-allowed NetworkPolicy pay/p'],
    ],
    [
      "the node's own cache counts as DNS",
      [...POD, ...DNS, egress('pay/p', { to: [ipBlock('169.254.20.10/32')], ports: ports('UDP 53', 'TCP 53') })],
      [],
    ],
  ])('%s', (_, objects, expected) => {
    expect(found(lintObjects(objects), ...DNS_RULES)).toEqual(expected);
  });

  test('two policies that shut the same pods are one finding, of the one that allows', () => {
    const report = lintObjects([...POD, DENY, only('https', 'api', HTTPS)]);
    const [finding, ...others] = report.findings.filter(({ rule }) => rule === 'dns-not-allowed');
    expect(others).toEqual([]);
    expect(finding?.what).toBe(
      'It (with NetworkPolicy pay/deny) shuts the egress of pod pay/api, and no rule opens port 53 over UDP or TCP.',
    );
  });

  test('without pods, a DNS rule that may be for the same pods leaves it open', () => {
    const report = lintObjects([egress('pay/p', HTTPS), only('dns', 'web', toDns('UDP 53'))], {
      extent: 'some-objects',
    });
    expect(found(report, ...DNS_RULES)).toEqual(['dns-tcp-not-allowed NetworkPolicy pay/p']);
    expect(open(report, 'dns-udp-not-allowed')).toHaveLength(1);
  });

  test('the YAML of the fix is in the kind of the policy and mends it', () => {
    const [finding] = lintObjects([...POD, egress('pay/p', HTTPS)]).findings.filter(
      each => each.rule === 'dns-not-allowed',
    );
    expect(finding?.fix.yaml).toContain('k8s-app: kube-dns');
    const mended = [...POD, egress('pay/p', HTTPS, toDns('UDP 53', 'TCP 53'))];
    expect(found(lintObjects(mended), ...DNS_RULES)).toEqual([]);
    const cilium = [
      ...POD,
      cnp('pay/p', {
        endpointSelector: {},
        egress: [{ toEntities: ['world'], toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }] }] }],
      }),
    ];
    const [ofCilium] = lintObjects(cilium, OF_CILIUM).findings.filter(each => each.rule === 'dns-not-allowed');
    expect(ofCilium?.fix.yaml).toContain('toEndpoints');
  });
});
