/**
 * One cluster with NetworkPolicies alone, written as each tool wants to read it. It holds only what all of them can read:
 * selectors by label, numbers of ports, blocks of addresses outside; one of them knows `policyTypes` in this order only.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files of one cluster. */
export type World = {
  /** All objects, for one reader. */
  readonly everything: string;
  readonly namespaces: string;
  readonly pods: string;
  /** A folder with policies and nothing else. */
  readonly policies: string;
  /** The pods and the port again, in cyclonus' own form. */
  readonly probe: string;
};

/** The port that is asked about, on every pod. */
export const PORT = 8080;

const PODS_PER_NAMESPACE = 20;
const POLICIES_PER_POD = 0.4;

type Labels = Readonly<Record<string, string>>;
type Named = { readonly name: string; readonly namespace: string; readonly labels: Labels; readonly ip: string };

/** Writes a cluster of `count` pods into `folder`. */
export function writeWorld(folder: string, count: number): World {
  const teams = range(count / PODS_PER_NAMESPACE).map(index => `team-${index}`);
  const pods = range(count).map((index): Named => {
    const labels = { app: `app-${index % 20}`, tier: index % 3 === 0 ? 'front' : 'back' };
    const ip = `10.128.${index >> 7}.${(index & 127) + 1}`;
    return { name: `pod-${index}`, namespace: `team-${index % teams.length}`, labels, ip };
  });
  const policies = range(count * POLICIES_PER_POD).map(index => policy(index, `team-${index % teams.length}`));
  const namespaces = teams.map(name => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { team: name } },
  }));
  mkdirSync(join(folder, 'policies'), { recursive: true });
  return {
    everything: write(folder, 'everything.json', list([...namespaces, ...pods.map(podObject), ...policies])),
    namespaces: write(folder, 'namespaces.json', list(namespaces)),
    pods: write(folder, 'pods.json', list(pods.map(podObject))),
    policies: join(write(folder, 'policies/policies.json', list(policies)), '..'),
    probe: write(folder, 'probe.json', probe(teams, pods)),
  };
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function list(items: readonly object[]): object {
  return { apiVersion: 'v1', kind: 'List', items };
}

function write(folder: string, name: string, content: object): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(content));
  return file;
}

function podObject({ name, namespace, labels, ip }: Named): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels },
    spec: {
      nodeName: 'node-1',
      containers: [{ name: 'main', image: 'x', ports: [{ containerPort: PORT, protocol: 'TCP' }] }],
    },
    status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], hostIP: '192.168.1.1' },
  };
}

function policy(index: number, namespace: string): object {
  const tcp = [{ protocol: 'TCP', port: PORT }];
  const app = { matchLabels: { app: `app-${index % 20}` } };
  const notBack = { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['back'] }] };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `policy-${index}`, namespace },
    spec: {
      podSelector: index % 5 === 0 ? {} : app,
      policyTypes: ['Ingress', 'Egress'],
      egress: [
        { to: [{ namespaceSelector: { matchLabels: { team: `team-${index % 7}` } }, podSelector: app }], ports: tcp },
        { to: [{ podSelector: notBack }], ports: tcp },
        { to: [{ ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.64/26'] } }], ports: tcp },
      ],
      ingress: [
        { from: [{ podSelector: {} }] },
        { from: [{ namespaceSelector: { matchLabels: { team: `team-${index % 3}` } } }], ports: tcp },
      ],
    },
  };
}

function probe(teams: readonly string[], pods: readonly Named[]): object {
  return {
    Probes: [{ Protocol: 'TCP', Port: PORT }],
    Resources: {
      Namespaces: Object.fromEntries(teams.map(name => [name, { team: name }])),
      Pods: pods.map(({ name, namespace, labels, ip }) => ({
        Namespace: namespace,
        Name: name,
        Labels: labels,
        IP: ip,
        Containers: [{ Name: 'main', Port: PORT, PortName: '', Protocol: 'TCP' }],
      })),
    },
  };
}
