/** How a CiliumNetworkPolicy opens each kind of need, and what it is not for. */
import { describe, expect, test } from 'vitest';
import { CILIUM_POLICY } from '../../src/diagnose/fix-cilium.ts';
import { situationOf } from '../../src/diagnose/fix-situation.ts';
import {
  type Asked,
  CALICO,
  DNS_RULE,
  draftOf,
  inputOf,
  netpol,
  node,
  object,
  pod,
  STRIPE,
  served,
  specOf,
} from '../fakes/fix-scenes.ts';

const API = [served('cilium.io', 'v2', 'CiliumNetworkPolicy')];
const shut = netpol('payments/shut', {}, { egress: [] });
const onlyDns = netpol('payments/only-dns', {}, { egress: [DNS_RULE] });
const bare = pod('shop/bare', '10.244.0.77', {});
const nodeB = node('node-b', '192.0.2.11', '10.244.1.0/24');
/** The host is a node, which Cilium's own policy denies: no ipBlock of Kubernetes means one there. */
const fence = object('cilium.io/v2', 'CiliumNetworkPolicy', 'payments/fence', {
  spec: {
    endpointSelector: {},
    egress: [{ toEndpoints: [{ matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'kube-system' } }] }],
  },
});

const draft = (asked: Asked) => draftOf(CILIUM_POLICY, { apis: API, ...asked });
const egressOf = (asked: Asked) => {
  const found = draft(asked);
  if (found.kind !== 'draft') throw new Error(found.why);
  return (specOf(found.manifests[0]) as { readonly egress: unknown }).egress;
};
const on = (port: string, protocol = 'TCP') => ({ toPorts: [{ ports: [{ port, protocol }] }] });
const NAMED = { toFQDNs: [{ matchName: 'api.stripe.com' }], ...on('443') };
const inNamespace = (app: object, namespace: string) => ({
  toEndpoints: [{ matchLabels: { ...app, 'k8s:io.kubernetes.pod.namespace': namespace } }],
});
const dnsRule = (names: readonly string[], to: object = inNamespace({ 'k8s-app': 'kube-dns' }, 'kube-system')) => ({
  ...to,
  toPorts: [
    {
      ports: [
        { port: '53', protocol: 'UDP' },
        { port: '53', protocol: 'TCP' },
      ],
      rules: { dns: names.map(matchName => ({ matchName })) },
    },
  ],
});
const SEARCHED = ['', '.payments.svc.cluster.local', '.svc.cluster.local', '.cluster.local'].map(
  search => `api.stripe.com${search}`,
);

describe('a CiliumNetworkPolicy is not for', () => {
  test.each<readonly [rule: string, asked: Asked, why: string]>([
    ['another engine', { objects: [shut], engine: CALICO }, 'the cluster does not run Cilium'],
    [
      'a cluster that does not serve it',
      { objects: [shut], apis: [] },
      'the cluster does not serve CiliumNetworkPolicy',
    ],
    [
      'one that serves other kinds alone',
      { objects: [shut], apis: [served('cilium.io', 'v2', 'CiliumNode'), served('x.io', 'v1', 'CiliumNetworkPolicy')] },
      'the cluster does not serve CiliumNetworkPolicy',
    ],
    ['an address', { objects: [shut], host: STRIPE }, 'a NetworkPolicy is as strict for it'],
    [
      'a name of pods',
      { objects: [shut], dns: { 'api.stripe.com': ['10.244.0.9'] } },
      'a NetworkPolicy is as strict for it',
    ],
    [
      'what the other side denies too',
      { objects: [shut, netpol('shop/shut', {}, { ingress: [] })], dns: { 'api.stripe.com': [STRIPE, '10.244.0.9'] } },
      'the destination’s side denies it as well',
    ],
    [
      'a pod without a lasting label',
      { objects: [shut, bare], dns: { 'api.stripe.com': [STRIPE, '10.244.0.77'] } },
      'a pod of the destination has no label that lasts, so no rule can name it',
    ],
    [
      'a DNS server without one',
      { objects: [shut, pod('kube-system/coredns-1', '10.244.0.2', {})], nameservers: ['10.244.0.2'] },
      'the DNS server has no label that lasts, so no rule can name it',
    ],
  ])('%s', (_, asked, why) => {
    expect(draft(asked)).toEqual({ kind: 'not-applicable', why });
  });
});

describe('a CiliumNetworkPolicy opens', () => {
  test.each<readonly [rule: string, asked: Asked, wanted: readonly object[]]>([
    ['a name and what its lookup asks', { objects: [shut] }, [NAMED, dnsRule(SEARCHED)]],
    [
      'it also where an object shows that the kind is there',
      {
        objects: [
          shut,
          object('cilium.io/v2', 'CiliumNetworkPolicy', 'shop/x', { spec: { endpointSelector: {}, egress: [{}] } }),
        ],
        apis: [],
      },
      [NAMED, dnsRule(SEARCHED)],
    ],
    [
      'a name of two addresses once',
      { objects: [shut], dns: { 'api.stripe.com': [STRIPE, '203.0.113.44'] } },
      [NAMED, dnsRule(SEARCHED)],
    ],
    [
      'pods behind the name by their labels',
      { objects: [shut], dns: { 'api.stripe.com': [STRIPE, '10.244.0.9'] } },
      [NAMED, { ...inNamespace({ app: 'web' }, 'shop'), ...on('443') }, dnsRule(SEARCHED)],
    ],
    [
      'a nameserver outside by its address',
      { objects: [shut], nameservers: ['198.51.100.53'] },
      [NAMED, dnsRule(SEARCHED, { toCIDR: ['198.51.100.53/32'] })],
    ],
    [
      'a nameserver on a node',
      { objects: [shut, nodeB], nameservers: ['192.0.2.11'] },
      [NAMED, dnsRule(SEARCHED, { toEntities: ['remote-node'] })],
    ],
  ])('%s', (_, asked, wanted) => {
    expect(egressOf(asked)).toEqual(wanted);
  });
  test('a node by its entity: another one, its own, the API server’s', () => {
    const entity = (host: string, ...objects: Asked['objects']) =>
      egressOf({ objects: [fence, nodeB, ...objects], host, port: 10250 });
    const api = [
      object('v1', 'Service', 'default/kubernetes', {
        spec: { clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1'], ports: [{ name: 'https', port: 443 }] },
      }),
      object(
        'discovery.k8s.io/v1',
        'EndpointSlice',
        'default/kubernetes',
        { addressType: 'IPv4', endpoints: [{ addresses: ['192.0.2.11'] }], ports: [{ name: 'https', port: 6443 }] },
        { labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      ),
    ];
    expect(entity('192.0.2.11')).toEqual([{ toEntities: ['remote-node'], ...on('10250') }]);
    expect(entity('192.0.2.11', ...api)).toEqual([{ toEntities: ['kube-apiserver'], ...on('10250') }]);
    expect(draft({ objects: [fence, nodeB], host: '192.0.2.11', port: 10250 })).toMatchObject({
      how: 'CiliumNetworkPolicy, since to Cilium no ipBlock means a node',
    });
  });
  test('says what it is, and that the DNS rule comes with it', () => {
    const how = (asked: Asked) => {
      const found = draft(asked);
      return found.kind === 'draft' ? found.how : found.why;
    };
    expect(how({ objects: [shut] })).toBe(
      'CiliumNetworkPolicy with the host by name, and the DNS rule by which Cilium learns its addresses: stricter than any NetworkPolicy, which knows addresses alone',
    );
    expect(how({ objects: [onlyDns] })).toContain('and the DNS rule by which Cilium learns its addresses');
  });
  test('asks the names that the pod’s own resolver would', () => {
    const names = (
      resolvConf: { readonly searches: readonly string[]; readonly ndots: number },
      name = 'api.stripe.com',
    ) => {
      const input = inputOf({ objects: [shut], apis: API, host: name, dns: { [name]: [STRIPE] } });
      const dns = { ...input.target.dns, resolvConf: { nameservers: ['10.96.0.10'], ...resolvConf } };
      const found = situationOf({ ...input, target: { ...input.target, dns } });
      if (found.kind !== 'situation') throw new Error(found.why);
      const drafted = CILIUM_POLICY.draft(found.situation, {
        selector: { matchLabels: { app: 'billing' }, matchExpressions: [] },
        from: '',
      });
      return drafted.kind === 'draft'
        ? [...JSON.stringify(drafted.manifests).matchAll(/"dns":\[(.*?)\]/g)].map(([, list]) => list)
        : [];
    };
    const list = (...of: readonly string[]) => [of.map(matchName => JSON.stringify({ matchName })).join(',')];
    expect(names({ searches: ['corp.example'], ndots: 5 })).toEqual(
      list('api.stripe.com', 'api.stripe.com.corp.example'),
    );
    expect(names({ searches: ['corp.example'], ndots: 3 })).toEqual(
      list('api.stripe.com', 'api.stripe.com.corp.example'),
    );
    expect(names({ searches: ['corp.example'], ndots: 2 })).toEqual(list('api.stripe.com'));
    expect(names({ searches: [], ndots: 5 })).toEqual(list('api.stripe.com'));
  });
});
