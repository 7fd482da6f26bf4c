/** Builders for Cilium's tables: one word each. */
import { describe, expect, test } from 'vitest';
import type { Decision, Engine, Prediction } from '../../src/model.ts';
import { readClusterState } from '../../src/policy/cluster-state.ts';
import { predict } from '../../src/policy/evaluate.ts';
import { readDestination } from '../../src/policy/flow-text.ts';
import type { FlowRequest } from '../../src/policy/model.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { CILIUM, namespace, node, pod } from './policy-builders.ts';

export const CILIUM_1_17: Engine = { ...CILIUM, version: '1.17.4' };
export const CILIUM_UNKNOWN: Engine = { ...CILIUM, version: null };

/** A CiliumNetworkPolicy `cnp('pay/allow', {egress: [...]})` for every pod of its namespace unless the spec selects. */
export function cnp(path: string, spec: object): object {
  const [namespaceName, name] = path.split('/');
  return {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata: { name, namespace: namespaceName },
    spec: { endpointSelector: {}, ...spec },
  };
}

/** A CiliumClusterwideNetworkPolicy; its spec is taken as it is. */
export function ccnp(name: string, spec: object): object {
  return { apiVersion: 'cilium.io/v2', kind: 'CiliumClusterwideNetworkPolicy', metadata: { name }, spec };
}

/** A CiliumNetworkPolicy of namespace pay with these egress rules. */
export function egress(...rules: readonly object[]): object {
  return cnp('pay/p', { egress: rules });
}

const KUBE_DNS = {
  toEndpoints: [{ matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'kube-system', 'k8s:k8s-app': 'kube-dns' } }],
};

/** The rule for the cluster's DNS; names that its proxy lets through, or none for a rule without the proxy. */
export function dns(...names: readonly object[]): object {
  const rules = names.length === 0 ? {} : { rules: { dns: names } };
  return { ...KUBE_DNS, toPorts: [{ ports: [{ port: '53', protocol: 'ANY' }], ...rules }] };
}

/** `ports('443/TCP', '53')` */
export function ports(...texts: readonly string[]): object {
  const list = texts.map(text => {
    const [port, protocol] = text.split('/');
    return protocol === undefined ? { port } : { port, protocol };
  });
  return { toPorts: [{ ports: list }] };
}

/** A Service with one port; `endpoints` are addresses, which a Service with a selector has from its pods. */
export function service(
  path: string,
  ip: string,
  options: { port?: number; selector?: object; endpoints?: readonly string[] },
): readonly object[] {
  const [namespaceName, name] = path.split('/');
  const { port = 80, selector, endpoints = [] } = options;
  const protocol = port === 53 ? 'UDP' : 'TCP';
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: namespaceName, labels: { svc: name } },
      spec: {
        clusterIP: ip,
        clusterIPs: [ip],
        ...(selector && { selector }),
        ports: [{ name: 'p', port, targetPort: port, protocol }],
      },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-1`, namespace: namespaceName, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      endpoints: endpoints.map(address => ({ addresses: [address], conditions: { ready: true } })),
      ports: [{ name: 'p', port, protocol }],
    },
  ];
}

/**
 * pay/api (app=api, tier=back), pay/db (app=db, port sql 5432) and pay/near on node a; shop/web (app=web) on node b; the
 * cluster's DNS; the API server on node a.
 */
export const WORLD: readonly object[] = [
  namespace('pay', { team: 'pay' }),
  namespace('shop', { team: 'shop' }),
  namespace('kube-system'),
  namespace('default'),
  node('a', '192.0.2.10'),
  node('b', '192.0.2.11'),
  pod('pay/api', { labels: { app: 'api', tier: 'back', 'pod-template-hash': 'x1' }, ips: ['10.244.0.1', 'fd00::1'] }),
  pod('pay/db', {
    labels: { app: 'db' },
    ip: '10.244.0.2',
    ports: [{ name: 'sql', containerPort: 5432, protocol: 'TCP' }],
  }),
  pod('pay/near', { labels: { app: 'near' }, ip: '10.244.0.3' }),
  pod('shop/web', { labels: { app: 'web' }, ip: '10.244.1.1', node: 'b' }),
  pod('pay/onhost', { labels: { app: 'onhost' }, ip: '192.0.2.10', hostNetwork: true }),
  pod('kube-system/coredns', { labels: { 'k8s-app': 'kube-dns' }, ip: '10.244.0.9' }),
  ...service('kube-system/kube-dns', '10.96.0.10', {
    port: 53,
    selector: { 'k8s-app': 'kube-dns' },
    endpoints: ['10.244.0.9'],
  }),
  ...service('default/kubernetes', '10.96.0.1', { port: 443, endpoints: ['192.0.2.10'] }),
  ...service('pay/partner', '10.96.0.30', { endpoints: ['203.0.113.80'] }),
  ...service('shop/web', '10.96.0.31', { selector: { app: 'web' }, endpoints: ['10.244.1.1'] }),
];

export type Ask = {
  readonly from?: string;
  readonly to: string;
  readonly port?: number | null;
  readonly protocol?: FlowRequest['protocol'];
  readonly icmpType?: number;
  readonly query?: string;
  readonly dns?: Readonly<Record<string, readonly string[]>>;
  /** Names and the pods that looked them up; null: not known. */
  readonly lookups?: Readonly<Record<string, readonly string[]>> | null;
  readonly engine?: Engine;
};

/** Names of the tables, as the pod's resolver answers them. */
const NAMES = { 'api.stripe.com': ['203.0.113.43'], 'google.com': ['203.0.113.80'], 'a.b.example': ['203.0.113.60'] };

/** Asks one flow of pay/api, 443/TCP unless said. */
export function ask(objects: readonly unknown[], asked: Ask): Prediction {
  const { from = 'pay/api', to, port = 443, protocol = 'TCP', engine = CILIUM } = asked;
  const all = [...WORLD, ...objects];
  const lookups = asked.lookups ?? null;
  const { cluster } = readClusterState(
    all,
    asked.dns ?? NAMES,
    lookups === null ? null : new Map(Object.entries(lookups).map(([name, pods]) => [name, new Set(pods)])),
  );
  const request: FlowRequest = {
    from,
    to: readDestination(to),
    port: protocol === 'ICMP' ? null : port,
    protocol,
    icmpType: asked.icmpType ?? null,
    query: asked.query ?? null,
    scope: 'both',
  };
  return predict(readRuleBook(all, { engine }), cluster, [request]);
}

/** A rule in words, the policies, the question, the decision, and where it matters who decides. */
export type Row = readonly [string, readonly object[], Ask, Decision, (readonly string[])?];

/** api.stripe.com's address, and the policy of most rows. */
export const STRIPE = '203.0.113.43';
export const P = ['CiliumNetworkPolicy pay/p'];

/** Tests each row. */
export function table(title: string, rows: readonly Row[]): void {
  describe(title, () => {
    for (const [rule, objects, asked, decision, by] of rows) {
      test(rule, () => {
        const found = ask(objects, asked);
        expect(found.decision).toBe(decision);
        if (by !== undefined) expect(new Set(found.by)).toEqual(new Set(by));
      });
    }
  });
}
