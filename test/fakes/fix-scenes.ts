/** A small cluster for fixes, and the question "may payments/billing reach this host?" over it. */

import { type FixInput, proposeFix } from '../../src/diagnose/fix.ts';
import { computeChange } from '../../src/diagnose/fix-change.ts';
import type { Draft, FixKind } from '../../src/diagnose/fix-kind.ts';
import { situationOf } from '../../src/diagnose/fix-situation.ts';
import type { ApiListing, KubernetesObject } from '../../src/evidence.ts';
import type { Engine, Fix, FlowSet, ProxySettings, ResolvedHost } from '../../src/model.ts';
import { readClusterState } from '../../src/policy/cluster-state.ts';
import { predictFlows } from '../../src/policy/evaluate.ts';
import type { FlowRequest } from '../../src/policy/model.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { targetOf } from './target.ts';

type Labels = Readonly<Record<string, string>>;

export const CILIUM: Engine = { name: 'cilium', version: '1.15.19', evidence: 'test' };
export const CALICO: Engine = { name: 'calico', version: '3.27.0', evidence: 'test' };
export const UNKNOWN: Engine = { name: 'unknown', version: null, evidence: 'test' };

export const STRIPE = '203.0.113.43';
const DNS = '10.96.0.10';

export function object(
  apiVersion: string,
  kind: string,
  key: string,
  rest: object,
  metadata: object = {},
): KubernetesObject {
  const [namespace, name] = key.includes('/') ? key.split('/') : [undefined, key];
  return { apiVersion, kind, metadata: { name, ...(namespace !== undefined && { namespace }), ...metadata }, ...rest };
}

/** `pod('payments/billing', '10.244.0.7', { app: 'billing' })`; `more` goes into its spec. */
export function pod(
  key: string,
  addresses: string,
  labels: Labels,
  more: object = {},
  metadata: object = {},
): KubernetesObject {
  const ips = addresses.split(' ').filter(ip => ip !== '');
  const spec = { nodeName: 'node-a', containers: [{ name: 'app' }], ...more };
  return object(
    'v1',
    'Pod',
    key,
    { spec, status: { phase: 'Running', podIP: ips[0], podIPs: ips.map(ip => ({ ip })) } },
    { labels, ...metadata },
  );
}

export function namespace(name: string, labels: Labels = {}): KubernetesObject {
  return object('v1', 'Namespace', name, {}, { labels: { 'kubernetes.io/metadata.name': name, ...labels } });
}

export function node(name: string, address: string, podCIDR: string): KubernetesObject {
  return object('v1', 'Node', name, { spec: { podCIDR }, status: { addresses: [{ type: 'InternalIP', address }] } });
}

/** A Service without slices: its endpoints are the pods of its selector. */
function service(
  key: string,
  clusterIP: string,
  selector: Labels,
  ports: readonly object[],
  labels: Labels = {},
): KubernetesObject {
  return object(
    'v1',
    'Service',
    key,
    { spec: { type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], selector, ports } },
    { labels },
  );
}

export function netpol(
  key: string,
  podSelector: object,
  rules: { readonly egress?: readonly object[]; readonly ingress?: readonly object[] },
): KubernetesObject {
  const policyTypes = [
    ...(rules.ingress === undefined ? [] : ['Ingress']),
    ...(rules.egress === undefined ? [] : ['Egress']),
  ];
  return object('networking.k8s.io/v1', 'NetworkPolicy', key, { spec: { podSelector, policyTypes, ...rules } });
}

export const ipBlock = (cidr: string, ...except: readonly string[]) => ({
  ipBlock: { cidr, ...(except.length > 0 && { except }) },
});
export const tcp = (port: number | string) => ({ protocol: 'TCP', port });
export const udp = (port: number) => ({ protocol: 'UDP', port });

/** Lets the pod ask kube-dns over both transports. */
export const DNS_RULE = {
  to: [
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    },
  ],
  ports: [udp(53), tcp(53)],
};

/** One node, kube-dns, payments/billing and payments/db, shop/web behind a Service on 80 -> 8080. */
const WORLD: readonly KubernetesObject[] = [
  node('node-a', '192.0.2.10', '10.244.0.0/24'),
  namespace('payments'),
  namespace('shop', { team: 'shop' }),
  namespace('kube-system'),
  object('networking.k8s.io/v1', 'ServiceCIDR', 'kubernetes', { spec: { cidrs: ['10.96.0.0/16'] } }),
  pod('kube-system/coredns-1', '10.244.0.2', { 'k8s-app': 'kube-dns', 'pod-template-hash': 'd67' }),
  service(
    'kube-system/kube-dns',
    DNS,
    { 'k8s-app': 'kube-dns' },
    [
      { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
      { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
    ],
    { 'k8s-app': 'kube-dns' },
  ),
  pod('payments/billing', '10.244.0.7', { app: 'billing', 'pod-template-hash': '7d9f' }),
  pod('payments/db', '10.244.0.8', { app: 'db' }),
  pod('shop/web', '10.244.0.9', { app: 'web' }),
  service('shop/web', '10.96.0.80', { app: 'web' }, [{ port: 80, protocol: 'TCP', targetPort: 8080 }]),
];

export type Asked = {
  /** Beside WORLD, or instead of the objects of WORLD with the same kind and name. */
  readonly objects: readonly KubernetesObject[];
  /** A name (looked up in `dns`), an address, or `service:ns/name`. */
  readonly host?: string;
  readonly port?: number;
  readonly dns?: Readonly<Record<string, readonly string[]>>;
  readonly engine?: Engine;
  readonly proxy?: ProxySettings;
  readonly nameservers?: readonly string[];
  readonly from?: string;
  readonly application?: 'https' | 'http' | 'none';
  /** The policy APIs that the cluster serves. */
  readonly apis?: readonly ApiListing[];
};

const NAMES = { 'api.stripe.com': [STRIPE] };

export function inputOf(asked: Asked): FixInput {
  const names = asked.dns ?? NAMES;
  const identity = (each: KubernetesObject) => JSON.stringify([each.kind, each.metadata.namespace, each.metadata.name]);
  const replaced = new Set(asked.objects.map(identity));
  const objects = [...WORLD.filter(each => !replaced.has(identity(each))), ...asked.objects];
  const { cluster } = readClusterState(objects, names);
  const engine = asked.engine ?? CILIUM;
  const text = asked.host ?? 'api.stripe.com';
  const from = cluster.pods.get(asked.from ?? 'payments/billing');
  if (from === undefined) throw new Error('the scene has no such pod');
  const isAddress = /^[\d.]+$|:.*:/.test(text);
  const host: ResolvedHost = text.startsWith('service:')
    ? {
        kind: 'service',
        service: text.slice(8),
        addresses: cluster.services.get(text.slice(8))?.clusterAddresses ?? [],
      }
    : isAddress
      ? { kind: 'address', address: text }
      : {
          kind: 'name',
          name: text,
          addresses: Object.entries(names).find(([name]) => name === text)?.[1] ?? [],
          resolvedBy: 'pod',
        };
  return {
    target: targetOf({
      namespace: from.namespace,
      pod: from.name,
      labels: from.labels,
      addresses: from.addresses,
      proxy: asked.proxy ?? { kind: 'none' },
      ...(asked.nameservers !== undefined && {
        dns: {
          policy: 'None',
          config: { nameservers: asked.nameservers, searches: [], options: [] },
          resolvConf: null,
        },
      }),
    }),
    host,
    destination: {
      text,
      host: isAddress
        ? { kind: 'address', address: text, family: text.includes(':') ? 'IPv6' : 'IPv4' }
        : { kind: 'name', name: text },
      port: asked.port ?? 443,
      protocol: 'TCP',
      application: asked.application ?? 'https',
      path: '/',
    },
    objects,
    apis: asked.apis ?? [],
    engine,
    cluster,
    book: readRuleBook(objects, { engine }),
    dryRun: { kind: 'skipped', why: 'a test' },
    verified: { kind: 'not-asked' },
  };
}

/** The proposed fix; throws when there is none. */
export function fixFor(asked: Asked): Fix {
  const proposal = proposeFix(inputOf(asked));
  if (proposal.kind === 'no-fix') throw new Error(`no fix: ${proposal.why}`);
  return proposal.fix;
}

/** Why there is no fix; throws when there is one. */
export function noFixFor(asked: Asked): string {
  const proposal = proposeFix(inputOf(asked));
  if (proposal.kind === 'fix') throw new Error(`a fix: ${JSON.stringify(proposal.fix.manifests)}`);
  return proposal.why;
}

/** What one kind drafts, whatever the others would; the workload is named by `app=billing`. Throws when nothing is to be opened. */
export function draftOf(kind: FixKind, asked: Asked): Draft {
  const found = situationOf(inputOf(asked));
  if (found.kind === 'nothing-to-open') throw new Error(`nothing to open: ${found.why}`);
  const selector = { matchLabels: { app: 'billing' }, matchExpressions: [] };
  return kind.draft(found.situation, { selector, from: 'a test' });
}

/** A served policy API without objects. */
export function served(group: string, version: string, kind: string): ApiListing {
  return { group, version, kind, plural: '', namespaced: true, result: { kind: 'listed', objects: 0 } };
}

export function specOf(manifest: unknown): unknown {
  return JSON.parse(JSON.stringify(manifest)).spec;
}

/** A set as one line: `payments/billing -> 203.0.113.43/32 : 443/TCP`. */
export function lineOf(set: FlowSet): string {
  return `${set.pods.join(' ')} -> ${set.destinations.join(' ')} : ${set.ports.join(' ')}`;
}

/** What adding (and taking away) policies changes in a cluster, as lines. */
export function changeOf(
  objects: readonly KubernetesObject[],
  before: readonly KubernetesObject[],
  after: readonly KubernetesObject[],
  engine: Engine = CILIUM,
) {
  const { cluster } = readClusterState(objects, {});
  const change = computeChange(
    readRuleBook([...objects, ...before], { engine }),
    readRuleBook([...objects, ...after], { engine }),
    cluster,
  );
  return { allowed: change.newlyAllowed.map(lineOf), denied: change.newlyDenied.map(lineOf) };
}

/** The decision of one flow with and without the fix. */
export function decisionsOf(
  input: FixInput,
  fix: Fix,
  request: FlowRequest,
): { readonly before: string; readonly after: string } {
  const after = readRuleBook([...input.objects, ...fix.manifests], { engine: input.engine });
  const decide = (book: typeof after) =>
    predictFlows(book, input.cluster, request)
      .map(flow => flow.decision)
      .join();
  return { before: decide(input.book), after: decide(after) };
}
