/** Builders for the tables of `egress lint`: objects in, findings out. */
import type { LintReport, RuleId } from '../../src/lint/finding.ts';
import { lint } from '../../src/lint/lint.ts';
import type { LintInput } from '../../src/lint/world.ts';
import { CILIUM, type Labels, UNKNOWN } from './policy-builders.ts';

export { CALICO, CILIUM, egress, ipBlock, namespace, node, np, pod, UNKNOWN } from './policy-builders.ts';

/** Lints objects as if they stood in one file; `extent` whole-cluster unless said. */
export function lintObjects(objects: readonly unknown[], options: Partial<LintInput> = {}): LintReport {
  return lint([
    {
      sources: [{ file: 'all.yaml', text: null, objects }],
      dns: {},
      engine: UNKNOWN,
      clusterCidrs: [],
      apis: [],
      extent: 'whole-cluster',
      ...options,
    },
  ]);
}

/** `rule object` of every finding of some rules, sorted. */
export function found(report: LintReport, ...rules: readonly RuleId[]): readonly string[] {
  return report.findings
    .filter(({ rule }) => rules.length === 0 || rules.includes(rule))
    .map(({ rule, object }) => `${rule} ${object}`)
    .sort((a, b) => (a < b ? -1 : 1));
}

/** `rule object: why` of what was not checked. */
export function open(report: LintReport, rule: RuleId): readonly string[] {
  return report.notChecked.filter(each => each.rule === rule).map(each => `${each.object}: ${each.why}`);
}

/** A CiliumNetworkPolicy. */
export function cnp(path: string, spec: object): object {
  const [namespaceName, name] = path.split('/');
  return {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata: { name, namespace: namespaceName },
    spec,
  };
}

/** A Calico GlobalNetworkPolicy. */
export function gnp(name: string, spec: object): object {
  return { apiVersion: 'projectcalico.org/v3', kind: 'GlobalNetworkPolicy', metadata: { name }, spec };
}

/** A DaemonSet of the agent of Cilium or of Calico. */
export function agent(engine: 'cilium' | 'calico'): object {
  const image = engine === 'cilium' ? 'quay.io/cilium/cilium:v1.15.19' : 'docker.io/calico/node:v3.30.0';
  const name = engine === 'cilium' ? 'cilium' : 'calico-node';
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: 'kube-system' },
    spec: { template: { spec: { containers: [{ name, image }] } } },
  };
}

/** A Deployment whose pods have these labels. */
export function deployment(path: string, labels: Labels): object {
  const [namespaceName, name] = path.split('/');
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: namespaceName },
    spec: { template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'x' }] } } },
  };
}

/** A pods peer by label in the policy's own namespace. */
export function app(name: string): object {
  return { podSelector: { matchLabels: { app: name } } };
}

/** Ports as a rule has them: `ports('UDP 53', 'TCP 443')`. */
export function ports(...texts: readonly string[]): readonly object[] {
  return texts.map(text => {
    const [protocol, port] = text.split(' ');
    return { protocol, port: Number(port) };
  });
}

/** The cluster's DNS: a Service over UDP and TCP, its pod and its namespace. */
export const DNS: readonly object[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } },
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'dns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
    spec: { nodeName: 'a', containers: [{ name: 'dns' }] },
    status: { phase: 'Running', podIP: '10.244.0.53', podIPs: [{ ip: '10.244.0.53' }] },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace: 'kube-system' },
    spec: {
      clusterIP: '10.96.0.10',
      selector: { 'k8s-app': 'kube-dns' },
      ports: [
        { name: 'dns', port: 53, targetPort: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, targetPort: 53, protocol: 'TCP' },
      ],
    },
  },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kube-dns-1', namespace: 'kube-system', labels: { 'kubernetes.io/service-name': 'kube-dns' } },
    addressType: 'IPv4',
    endpoints: [
      {
        addresses: ['10.244.0.53'],
        conditions: { ready: true },
        targetRef: { kind: 'Pod', name: 'dns', namespace: 'kube-system' },
      },
    ],
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, protocol: 'TCP' },
    ],
  },
];

export const OF_CILIUM: Partial<LintInput> = { engine: CILIUM };
