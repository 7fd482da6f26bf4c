/** Every kind of term that a reader may use, on its own: one packet that matches, one that does not. */
import { describe, expect, test } from 'vitest';
import { readClusterState } from '../../src/policy/cluster-state.ts';
import { readDestination } from '../../src/policy/flow-text.ts';
import { podLabels } from '../../src/policy/label-view.ts';
import { matchRule } from '../../src/policy/match.ts';
import { readMeta } from '../../src/policy/meta.ts';
import type { FlowRequest, PeerTerm, PortTerm, Rule, Selector, Term } from '../../src/policy/model.ts';
import { translate } from '../../src/policy/translate.ts';
import { CLUSTER, namespace, node, pod } from './policy-builders.ts';

const OBJECTS = [
  ...CLUSTER,
  namespace('default'),
  {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'robot', namespace: 'shop', labels: { trust: 'high' } },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop', labels: { svc: 'web' } },
    spec: { clusterIP: '10.96.0.7', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
  },
  {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'kubernetes', namespace: 'default' },
    subsets: [{ addresses: [{ ip: '192.0.2.12' }], ports: [{ name: 'https', port: 6443 }] }],
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default' },
    spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, targetPort: 6443 }] },
  },
  node('c', '192.0.2.12', { role: 'control' }),
  pod('shop/agent', { hostNetwork: true, ip: '192.0.2.11', node: 'b', labels: { app: 'agent' } }),
];
const { cluster } = readClusterState(OBJECTS, {
  'api.stripe.com': ['203.0.113.43'],
  'eu.api.stripe.com': ['203.0.113.44'],
});

type To = {
  readonly to: string;
  readonly port?: number | null;
  readonly protocol?: FlowRequest['protocol'];
  readonly icmpType?: number;
  readonly query?: string;
};

function match(terms: readonly Term[], { to, port = 443, protocol = 'TCP', icmpType, query }: To, negated = false) {
  const source = cluster.pods.get('pay/api');
  if (source === undefined) throw new Error('pay/api is not there');
  const request: FlowRequest = {
    from: 'pay/api',
    to: readDestination(to),
    port: protocol === 'ICMP' ? null : port,
    protocol,
    icmpType: icmpType ?? null,
    query: query ?? null,
    scope: 'both',
  };
  const [way] = translate(request, source, cluster);
  if (way?.kind !== 'flow') throw new Error(`${to} leaves no pod`);
  const rule: Rule = {
    index: 0,
    name: null,
    action: 'accept',
    fields: [{ name: 'to', negated, anyOf: terms }],
    notes: [],
  };
  const { match: answer, why } = matchRule(rule, {
    side: 'egress',
    subject: source,
    peer: way.flow.destination,
    flow: way.flow,
    cluster,
  });
  return [answer, why];
}

const labelled = (view: Selector['view'], key: string, ...values: string[]): Selector => ({
  view,
  expression: { op: 'in', key, values },
});
const OUT = { to: '203.0.113.43' };
const WEB = { to: 'pod:shop/web' };
const fqdn = (name: string | null, pattern: string | null, dialect: 'cilium' | 'calico' = 'cilium'): PeerTerm => ({
  kind: 'fqdn',
  name,
  pattern,
  dialect,
});
const entity = (name: string): PeerTerm => ({ kind: 'entity', name });
const pods = (pods_: Selector, hostNetwork: 'included' | 'excluded' | 'unspecified' = 'excluded'): PeerTerm => ({
  kind: 'pods',
  namespaces: { kind: 'all' },
  pods: pods_,
  hostNetwork,
  text: 'those pods',
});
const services = (
  names: readonly { namespace: string; name: string }[],
  selector: Selector | null = null,
): PeerTerm => ({ kind: 'services', services: names, selector, note: null });

describe('peers', () => {
  test.each<[string, PeerTerm, To, string, string]>([
    ['everyone', { kind: 'everyone' }, OUT, 'yes', 'every peer matches'],
    ['nobody', { kind: 'nobody', why: 'an empty list' }, OUT, 'no', 'an empty list'],
    ['unreadable', { kind: 'unreadable', why: 'odd' }, OUT, 'unknown', 'odd'],
    [
      'nodes by label',
      { kind: 'nodes', selector: labelled('kubernetes', 'role', 'edge') },
      { to: '192.0.2.11' },
      'yes',
      'node b has role=edge',
    ],
    [
      'nodes by another label',
      { kind: 'nodes', selector: labelled('kubernetes', 'role', 'edge') },
      { to: '192.0.2.12' },
      'no',
      'node c has role="control", not "edge"',
    ],
    [
      'a pod is no node',
      { kind: 'nodes', selector: labelled('kubernetes', 'role', 'edge') },
      WEB,
      'no',
      'pod shop/web (10.244.1.1) is no node',
    ],
    ['the own node', { kind: 'own-node', answer: 'yes', why: 'always' }, { to: '192.0.2.10' }, 'yes', 'always'],
    [
      'another node',
      { kind: 'own-node', answer: 'yes', why: 'always' },
      { to: '192.0.2.11' },
      'no',
      "node b (192.0.2.11) is not the pod's own node",
    ],
    [
      'a name by its address',
      fqdn('API.stripe.com', null),
      OUT,
      'yes',
      '203.0.113.43 is api.stripe.com, which API.stripe.com matches',
    ],
    [
      'an address that the name does not have',
      fqdn('api.stripe.com', null),
      { to: '203.0.113.44' },
      'no',
      '203.0.113.44 is known as eu.api.stripe.com, not api.stripe.com',
    ],
    [
      'an address that no name has',
      fqdn('api.stripe.com', null),
      { to: '203.0.113.99' },
      'no',
      '203.0.113.99 is known by no name, not api.stripe.com',
    ],
    [
      'a name without an address is itself',
      fqdn('gone.example', null),
      { to: 'gone.example' },
      'yes',
      'gone.example (no address known) is gone.example',
    ],
    [
      'Cilium: a star stays within a label',
      fqdn(null, '*.stripe.com'),
      { to: '203.0.113.44' },
      'no',
      '203.0.113.44 is known as eu.api.stripe.com, not *.stripe.com',
    ],
    [
      'Cilium: a star in a label',
      fqdn(null, 'eu.*.stripe.com'),
      { to: '203.0.113.44' },
      'yes',
      '203.0.113.44 is eu.api.stripe.com, which eu.*.stripe.com matches',
    ],
    [
      'Cilium: a star alone is every name',
      fqdn(null, '*'),
      OUT,
      'yes',
      '203.0.113.43 is api.stripe.com, which * matches',
    ],
    [
      'Calico: a star stands for several labels',
      fqdn(null, '*.stripe.com', 'calico'),
      { to: '203.0.113.44' },
      'yes',
      '203.0.113.44 is eu.api.stripe.com, which *.stripe.com matches',
    ],
    [
      'a dot is a dot',
      fqdn(null, 'api-stripe.com'),
      OUT,
      'no',
      '203.0.113.43 is known as api.stripe.com, not api-stripe.com',
    ],
    ['entity world', entity('world'), OUT, 'yes', '203.0.113.43 belongs to entity world'],
    [
      'a pod is not of the world',
      entity('world'),
      WEB,
      'no',
      'pod shop/web (10.244.1.1) belongs to all, cluster, not to entity world',
    ],
    ['entity cluster', entity('cluster'), WEB, 'yes', 'pod shop/web (10.244.1.1) belongs to entity cluster'],
    [
      'entity host is the own node',
      entity('host'),
      { to: '192.0.2.10' },
      'yes',
      'node a (192.0.2.10) belongs to entity host',
    ],
    [
      'entity remote-node is another',
      entity('remote-node'),
      { to: '192.0.2.11' },
      'yes',
      'node b (192.0.2.11) belongs to entity remote-node',
    ],
    [
      'entity kube-apiserver by its endpoints',
      entity('kube-apiserver'),
      { to: '192.0.2.12' },
      'yes',
      'node c (192.0.2.12) belongs to entity kube-apiserver',
    ],
    [
      'entity world-ipv6',
      entity('world-ipv6'),
      { to: '2001:db8::1' },
      'yes',
      '2001:db8::1 belongs to entity world-ipv6',
    ],
    ['an entity that is none', entity('moon'), OUT, 'unknown', 'unknown entity "moon"'],
    [
      'a Service by name',
      services([{ namespace: 'shop', name: 'web' }]),
      { to: 'service:shop/web', port: 80 },
      'yes',
      'Service shop/web is named',
    ],
    [
      'a Service by labels',
      services([], labelled('kubernetes', 'svc', 'web')),
      { to: 'service:shop/web', port: 80 },
      'yes',
      'Service shop/web has svc=web',
    ],
    [
      'another Service',
      services([{ namespace: 'shop', name: 'db' }]),
      { to: 'service:shop/web', port: 80 },
      'no',
      'Service shop/web is not named',
    ],
    [
      'its endpoint, asked directly',
      services([{ namespace: 'shop', name: 'web' }]),
      WEB,
      'no',
      'no Service address was asked',
    ],
    [
      'all of several',
      { kind: 'all-of', terms: [pods(labelled('kubernetes', 'app', 'web')), entity('cluster')], text: 'both' },
      WEB,
      'yes',
      'pod shop/web is among those pods and pod shop/web (10.244.1.1) belongs to entity cluster',
    ],
    [
      'all but one of several',
      { kind: 'all-of', terms: [{ kind: 'unreadable', why: 'odd' }, entity('world')], text: 'both' },
      WEB,
      'no',
      'pod shop/web (10.244.1.1) belongs to all, cluster, not to entity world',
    ],
    [
      'none of several',
      { kind: 'none-of', terms: [entity('world'), entity('host')], text: 'neither' },
      WEB,
      'yes',
      'pod shop/web (10.244.1.1) belongs to all, cluster, not to entity world; pod shop/web (10.244.1.1) belongs to all, cluster, not to entity host',
    ],
    [
      'none of one that is not known',
      { kind: 'none-of', terms: [{ kind: 'unreadable', why: 'odd' }], text: 'not' },
      WEB,
      'unknown',
      'odd',
    ],
    [
      'hostNetwork pods by their node, where the term includes them',
      pods(labelled('kubernetes', 'app', 'agent'), 'included'),
      { to: '192.0.2.11' },
      'yes',
      'hostNetwork pod shop/agent has the address of node b: pod shop/agent is among those pods',
    ],
    [
      'a hostNetwork pod of which it is not known whether the term means it, where it includes them',
      pods({ view: 'kubernetes', expression: { op: 'unreadable', why: 'odd' } }, 'included'),
      { to: '192.0.2.11' },
      'unknown',
      'hostNetwork pod shop/agent has the address of node b: odd',
    ],
    [
      'hostNetwork pods, where the term excludes them',
      pods(labelled('kubernetes', 'app', 'agent')),
      { to: '192.0.2.11' },
      'no',
      'node b (192.0.2.11) is no pod of those pods',
    ],
    [
      'Cilium labels of a pod',
      pods(labelled('cilium', 'k8s:io.cilium.k8s.namespace.labels.team', 'shop')),
      WEB,
      'yes',
      'pod shop/web is among those pods',
    ],
    [
      'Cilium labels of the world',
      pods(labelled('cilium', 'reserved:world', '')),
      OUT,
      'yes',
      '203.0.113.43 matches those pods too: it has reserved:world=',
    ],
    [
      'Cilium labels of the own node',
      pods(labelled('cilium', 'reserved:host', '')),
      { to: '192.0.2.10' },
      'yes',
      'node a (192.0.2.10) matches those pods too: it has reserved:host=',
    ],
    [
      'Calico labels of a pod',
      pods(labelled('calico', 'pcns.team', 'shop')),
      WEB,
      'yes',
      'pod shop/web is among those pods',
    ],
    [
      'Calico labels of a namespace',
      {
        ...pods({ view: 'calico', expression: { op: 'true' } }),
        namespaces: { kind: 'selected', selector: labelled('calico', 'projectcalico.org/name', 'shop') },
      } as PeerTerm,
      WEB,
      'yes',
      'pod shop/web is among those pods',
    ],
    [
      'Cilium labels of a namespace',
      {
        ...pods({ view: 'cilium', expression: { op: 'true' } }),
        namespaces: { kind: 'selected', selector: labelled('cilium', 'k8s:io.kubernetes.pod.namespace', 'pay') },
      } as PeerTerm,
      WEB,
      'no',
      'pod shop/web is not among those pods: namespace shop has k8s:io.kubernetes.pod.namespace="shop", not "pay"',
    ],
  ])('%s', (_, term, to, answer, why) => {
    expect(match([term], to)).toEqual([answer, why]);
  });

  test.each<[string, PeerTerm]>([
    ['pods', pods({ view: 'kubernetes', expression: { op: 'true' } })],
    ['nodes', { kind: 'nodes', selector: labelled('kubernetes', 'a', 'b') }],
    ['entity', entity('world')],
    ['services', services([])],
  ])('a name without an address is not known to be of %s', (_, term) => {
    expect(match([term], { to: 'gone.example' })).toEqual(['unknown', 'no address of gone.example is known']);
  });
});

describe('ports', () => {
  const DNS: PortTerm = { kind: 'dns-query', names: ['api.stripe.com'], patterns: ['*.example.com'] };
  test.each<[string, PortTerm, To, string, string]>([
    [
      'any protocol with a range',
      { kind: 'ports', protocol: 'any', first: 400, last: 500 },
      { ...OUT, protocol: 'UDP' },
      'yes',
      '443/UDP is 400-500/any',
    ],
    [
      'any protocol with a range is not ICMP',
      { kind: 'ports', protocol: 'any', first: 1, last: 65_535 },
      { ...OUT, protocol: 'ICMP' },
      'no',
      'to do not match: ICMP is not in [any port/any]',
    ],
    [
      'an empty range matches nothing',
      { kind: 'ports', protocol: 'TCP', first: 500, last: 400 },
      OUT,
      'no',
      'to do not match: 443/TCP is not in [500-400/TCP]',
    ],
    [
      'a protocol',
      { kind: 'protocol', protocol: 'ICMP' },
      { ...OUT, protocol: 'ICMP', icmpType: 8 },
      'yes',
      'ICMP type 8 is ICMP',
    ],
    [
      'another protocol',
      { kind: 'protocol', protocol: 'UDP' },
      OUT,
      'no',
      'to do not match: 443/TCP is not in [UDP]: 443/TCP is not UDP',
    ],
    [
      'a named port of another protocol',
      { kind: 'named-port', protocol: 'UDP', name: 'http', resolved: 'each-pod' },
      WEB,
      'no',
      'to do not match: 443/TCP is not in [http/UDP]: 443/TCP is not http/UDP',
    ],
    [
      'what the engine may do beyond',
      { kind: 'left-to-engine', protocol: 'TCP', first: 400, last: 500, why: 'open' },
      OUT,
      'unknown',
      'open',
    ],
    [
      'and outside of that',
      { kind: 'left-to-engine', protocol: 'TCP', first: 1, last: 2, why: 'open' },
      OUT,
      'no',
      'to do not match: 443/TCP is not in [1-2/TCP]: 443/TCP is not 1-2/TCP',
    ],
    [
      'an ICMP type',
      { kind: 'icmp', family: 4, type: 8, code: null },
      { ...OUT, protocol: 'ICMP', icmpType: 8 },
      'yes',
      'ICMP type 8 is ICMP type 8',
    ],
    [
      'another ICMP type',
      { kind: 'icmp', family: null, type: 0, code: null },
      { ...OUT, protocol: 'ICMP', icmpType: 8 },
      'no',
      'to do not match: ICMP type 8 is not in [ICMP type 0]: ICMP type 8 is not ICMP type 0',
    ],
    [
      'ICMP of the other family',
      { kind: 'icmp', family: 6, type: null, code: null },
      { ...OUT, protocol: 'ICMP', icmpType: 8 },
      'no',
      'to do not match: ICMP type 8 is not in [ICMPv6]: ICMP type 8 is not ICMPv6',
    ],
    [
      'TCP is no ICMP',
      { kind: 'icmp', family: null, type: null, code: null },
      OUT,
      'no',
      'to do not match: 443/TCP is not in [ICMP]: 443/TCP is not ICMP',
    ],
    [
      'a query for a name',
      DNS,
      { ...OUT, query: 'api.stripe.com' },
      'yes',
      'api.stripe.com is in [api.stripe.com, *.example.com]',
    ],
    [
      'a query for a pattern',
      DNS,
      { ...OUT, query: 'a.example.com' },
      'yes',
      'a.example.com is in [api.stripe.com, *.example.com]',
    ],
    [
      'a query for another name',
      DNS,
      { ...OUT, query: 'google.com' },
      'no',
      'to do not match: 443/TCP is not in [DNS queries for api.stripe.com, *.example.com]: google.com is not in [api.stripe.com, *.example.com]',
    ],
    ['a query that is not known', DNS, OUT, 'unknown', 'the name that is asked is not known'],
    ['everything', { kind: 'everything' }, OUT, 'yes', 'every port'],
    [
      'nothing',
      { kind: 'nothing', why: 'an empty list' },
      OUT,
      'no',
      'to do not match: 443/TCP is not in [nothing]: an empty list',
    ],
    [
      'a port name that the engine may resolve either way, both the same',
      { kind: 'named-port', protocol: 'TCP', name: 'http', resolved: 'left-to-engine' },
      { ...WEB, port: 8080 },
      'yes',
      '"http" of pod shop/web is 8080',
    ],
    [
      'a port name that the engine may resolve either way, and it matters',
      { kind: 'named-port', protocol: 'TCP', name: 'http', resolved: 'left-to-engine' },
      { ...OUT, port: 8080 },
      'unknown',
      'how this engine resolves port name "http" is not known: port name "http" is resolved on the destination pod, and 203.0.113.43 is none; "http" is 8080 in this cluster',
    ],
  ])('%s', (_, term, to, answer, why) => {
    expect(match([term], to)).toEqual([answer, why]);
  });
  test('an unreadable port among others is told in the list', () => {
    expect(match([{ kind: 'unreadable', why: 'odd' }, { kind: 'everything' }], OUT)).toEqual(['yes', 'every port']);
  });
});

describe('fields', () => {
  test('an empty list matches nothing', () => {
    expect(match([], OUT)).toEqual(['no', 'to is an empty list, which matches nothing']);
  });
  test('negated: what matched is what fails it', () => {
    expect(match([entity('world')], OUT, true)).toEqual(['no', 'to excludes it: 203.0.113.43 belongs to entity world']);
    expect(match([entity('host')], OUT, true)[0]).toBe('yes');
    expect(match([{ kind: 'unreadable', why: 'odd' }], OUT, true)).toEqual(['unknown', 'odd']);
  });
});

describe('labels as an engine sees them', () => {
  const robot = readClusterState(
    [...OBJECTS, { ...pod('shop/robot', { labels: { app: 'x' } }), spec: { serviceAccountName: 'robot' } }],
    {},
  ).cluster;
  const labels = (view: Selector['view']) => {
    const found = robot.pods.get('shop/robot');
    return found === undefined ? {} : podLabels(view, found, robot);
  };
  test('Kubernetes: its own', () => {
    expect(labels('kubernetes')).toEqual({ app: 'x' });
  });
  test('Calico: with those of namespace and service account', () => {
    expect(labels('calico')).toMatchObject({
      app: 'x',
      'pcns.team': 'shop',
      'pcsa.trust': 'high',
      'projectcalico.org/namespace': 'shop',
      'projectcalico.org/orchestrator': 'k8s',
      'projectcalico.org/serviceaccount': 'robot',
    });
  });
  test('Cilium: with a source, and under any', () => {
    expect(labels('cilium')).toMatchObject({
      'k8s:app': 'x',
      'any:app': 'x',
      'k8s:io.kubernetes.pod.namespace': 'shop',
      'k8s:io.cilium.k8s.policy.serviceaccount': 'robot',
      'k8s:io.cilium.k8s.namespace.labels.team': 'shop',
    });
  });
});

describe('facts of an object', () => {
  test('age, last change and managers', () => {
    const metadata = {
      creationTimestamp: '2026-01-01T00:00:00Z',
      resourceVersion: '7',
      managedFields: [
        { manager: 'kubectl', time: '2026-01-02T00:00:00Z' },
        { manager: 'argocd', time: '2026-01-03T00:00:00Z' },
        { manager: 'no-time' },
      ],
      labels: {
        'argocd.argoproj.io/instance': 'pay',
        'kustomize.toolkit.fluxcd.io/name': 'apps',
        'helm.toolkit.fluxcd.io/name': 'r',
      },
      annotations: {
        'argocd.argoproj.io/tracking-id': 'pay:networking.k8s.io/NetworkPolicy:pay/x',
        'meta.helm.sh/release-name': 'rel',
      },
    };
    expect(readMeta({ metadata })).toEqual({
      createdAt: '2026-01-01T00:00:00Z',
      changedAt: '2026-01-03T00:00:00Z',
      managedBy: ['argocd', 'Argo CD app pay', 'Flux kustomization apps', 'Flux release r', 'Helm release rel'],
      resourceVersion: '7',
    });
  });
  test('nothing is recorded', () => {
    expect(readMeta({})).toEqual({ createdAt: null, changedAt: null, managedBy: [], resourceVersion: null });
  });
});
