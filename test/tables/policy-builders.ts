/** Builders for policy tables: one word each. */
import type { Engine, Prediction } from '../../src/model.ts';
import { readClusterState } from '../../src/policy/cluster-state.ts';
import { predict } from '../../src/policy/evaluate.ts';
import { readDestination } from '../../src/policy/flow-text.ts';
import type { FlowRequest } from '../../src/policy/model.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';

export type Labels = Readonly<Record<string, string>>;

export const CILIUM: Engine = { name: 'cilium', version: '1.15.19', evidence: 'given' };
export const CALICO: Engine = { name: 'calico', version: '3.30.0', evidence: 'given' };
export const UNKNOWN: Engine = { name: 'unknown', version: null, evidence: 'given' };

/** `namespace('pay', {team: 'pay'})` */
export function namespace(name: string, labels: Labels = {}): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

export type PodOptions = {
  readonly labels?: Labels;
  readonly ip?: string | null;
  readonly ips?: readonly string[];
  readonly node?: string;
  readonly hostNetwork?: boolean;
  readonly phase?: string;
  readonly ports?: readonly object[];
};

/** `pod('pay/api', {labels, ip})`; on node a (192.0.2.10) unless said. */
export function pod(path: string, options: PodOptions = {}): object {
  const [namespaceName = '', name = ''] = path.split('/');
  const { labels = {}, ip = '10.244.0.1', node = 'a', hostNetwork = false, phase = 'Running', ports = [] } = options;
  const ips = options.ips ?? (ip === null ? [] : [ip]);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: namespaceName, labels },
    spec: { nodeName: node, hostNetwork, containers: [{ name: 'main', ports }] },
    status: { phase, podIP: ips[0], podIPs: ips.map(each => ({ ip: each })) },
  };
}

/** `node('a', '192.0.2.10')` */
export function node(name: string, ip: string, labels: Labels = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    status: { addresses: [{ type: 'InternalIP', address: ip }] },
  };
}

/** A Service `serviceOf('shop/web', '10.96.0.9', 80)` of the pods app=web, which listen on 8080. */
export function serviceOf(path: string, ip: string, port: number): object {
  const [namespaceName, name] = path.split('/');
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: namespaceName },
    spec: { clusterIP: ip, clusterIPs: [ip], selector: { app: 'web' }, ports: [{ port, targetPort: 8080 }] },
  };
}

/** A NetworkPolicy `np('pay/deny', {podSelector: {}, policyTypes: ['Egress']})`. */
export function np(path: string, spec: object): object {
  const [namespaceName, name] = path.split('/');
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: namespaceName },
    spec,
  };
}

/** A policy with these egress rules for every pod of its namespace. */
export function egress(path: string, ...rules: readonly object[]): object {
  return np(path, { podSelector: {}, policyTypes: ['Egress'], egress: rules });
}

/** A policy with these ingress rules for every pod of its namespace. */
export function ingress(path: string, ...rules: readonly object[]): object {
  return np(path, { podSelector: {}, policyTypes: ['Ingress'], ingress: rules });
}

export type Ask = {
  readonly from?: string;
  readonly to: string;
  readonly port?: number | null;
  readonly protocol?: FlowRequest['protocol'];
  readonly icmpType?: number;
  readonly scope?: FlowRequest['scope'];
  readonly dns?: Readonly<Record<string, readonly string[]>>;
  readonly engine?: Engine;
};

/** Asks one flow: from pay/api to an address, `pod:`, `service:` or a name, 443/TCP unless said. */
export function ask(
  objects: readonly unknown[],
  { from = 'pay/api', to, port = 443, protocol = 'TCP', icmpType, scope = 'both', dns = {}, engine = UNKNOWN }: Ask,
): Prediction {
  const { cluster } = readClusterState(objects, dns);
  const request: FlowRequest = {
    from,
    to: readDestination(to),
    port: protocol === 'ICMP' ? null : port,
    protocol,
    icmpType: icmpType ?? null,
    query: null,
    scope,
  };
  return predict(readRuleBook(objects, { engine }), cluster, [request]);
}

/** A peer `ipBlock('10.0.0.0/8', '10.1.0.0/16')`: the rest is `except`. */
export function ipBlock(cidr: string, ...except: readonly string[]): object {
  return { ipBlock: except.length === 0 ? { cidr } : { cidr, except } };
}

/** The cluster of most rows: pay/api (app=api) on node a, shop/web (app=web, port http 8080) on node b. */
export const CLUSTER: readonly object[] = [
  namespace('pay', { team: 'pay' }),
  namespace('shop', { team: 'shop' }),
  node('a', '192.0.2.10'),
  node('b', '192.0.2.11', { role: 'edge' }),
  pod('pay/api', { labels: { app: 'api' }, ips: ['10.244.0.1', 'fd00::1'] }),
  pod('pay/db', { labels: { app: 'db' }, ip: '10.244.0.2', ports: [{ name: 'sql', containerPort: 5432 }] }),
  pod('shop/web', {
    labels: { app: 'web' },
    ips: ['10.244.1.1', 'fd00::1:1'],
    node: 'b',
    ports: [
      { name: 'http', containerPort: 8080, protocol: 'TCP' },
      { name: 'dns', containerPort: 53, protocol: 'UDP' },
    ],
  }),
];
