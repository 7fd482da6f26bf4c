/**
 * One flow among 5,000 pods and 2,000 policies. The bound (0.5 s) is for the whole way from JSON text to the explained
 * answer, in a fresh process; reading the same objects as YAML is told apart.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { explain } from '../../src/commands/explain-flow.ts';
import type { Bench } from './bench.ts';

const PODS = 5000;
const POLICIES = 2000;
const NAMESPACES = 50;
const BOUND_MS = 500;
const RUNS = 5;

/** A cluster as large as the bound is given for: every namespace has 100 pods, 40 policies and a Service. */
export function largeCluster(): readonly object[] {
  const objects: object[] = [];
  for (let index = 0; index < NAMESPACES; index += 1) {
    const name = `team-${index}`;
    objects.push({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { 'kubernetes.io/metadata.name': name, team: name } },
    });
    objects.push({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: name },
      spec: { clusterIP: `10.96.${index}.1`, selector: { app: 'app-0' }, ports: [{ port: 80, targetPort: 8080 }] },
    });
  }
  for (let index = 0; index < PODS; index += 1) objects.push(pod(index));
  for (let index = 0; index < POLICIES; index += 1) objects.push(policy(index));
  return objects;
}

function pod(index: number): object {
  const ip = `10.${128 + (index >> 14)}.${(index >> 7) & 127}.${(index & 127) + 1}`;
  const labels = {
    app: `app-${index % 20}`,
    'pod-template-hash': `h${index}`,
    tier: index % 2 === 0 ? 'front' : 'back',
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${index}`, namespace: `team-${index % NAMESPACES}`, labels },
    spec: {
      nodeName: `node-${index % 100}`,
      containers: [{ name: 'main', image: 'x', ports: [{ name: 'http', containerPort: 8080 }] }],
    },
    status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], hostIP: `192.168.${index % 100}.1` },
  };
}

function policy(index: number): object {
  const egress = [
    {
      to: [
        {
          namespaceSelector: { matchLabels: { team: `team-${index % 7}` } },
          podSelector: { matchLabels: { app: `app-${index % 20}` } },
        },
      ],
      ports: [{ port: 8080 }],
    },
    {
      to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'] } }],
      ports: [{ port: 80 }],
    },
    {
      to: [{ namespaceSelector: {} }],
      ports: [
        { protocol: 'UDP', port: 53 },
        { protocol: 'TCP', port: 53 },
      ],
    },
  ];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `policy-${index}`, namespace: `team-${index % NAMESPACES}` },
    spec: {
      podSelector: index % 5 === 0 ? {} : { matchLabels: { app: `app-${index % 20}` } },
      policyTypes: ['Egress', 'Ingress'],
      egress,
      ingress: [{ from: [{ podSelector: {} }] }],
    },
  };
}

type Measured = { readonly ms: number; readonly peakMb: number; readonly decision: string };

/** Explains one flow of a file in this process and prints what it took. */
function measure(file: string): void {
  const started = performance.now();
  const options = {
    from: 'team-0/pod-0',
    to: 'api.stripe.com',
    port: '443',
    protocol: 'TCP',
    resolve: ['api.stripe.com=203.0.113.43'],
    output: 'text',
  };
  const { text } = explain([file], options);
  const ms = performance.now() - started;
  const measured: Measured = { ms, peakMb: process.resourceUsage().maxRSS / 1024, decision: text.split('\n')[0] ?? '' };
  process.stdout.write(JSON.stringify(measured));
}

/** The fastest of several fresh processes: what else the machine does can only add to it. */
function fastest(file: string, times: number): Measured {
  const script = fileURLToPath(import.meta.url);
  const runs = Array.from(
    { length: times },
    (): Measured => JSON.parse(execFileSync(process.execPath, [script, file], { encoding: 'utf8' })),
  );
  return runs.reduce((best, each) => (each.ms < best.ms ? each : best));
}

export const bench: Bench = {
  title: `egress explain: one flow among ${PODS} pods and ${POLICIES} policies`,
  needs: 'nothing',
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'egress-bench-'));
    try {
      const list = { apiVersion: 'v1', kind: 'List', items: largeCluster() };
      const [json, yaml] = [join(folder, 'cluster.json'), join(folder, 'cluster.yaml')];
      writeFileSync(json, JSON.stringify(list));
      writeFileSync(yaml, stringify(list, { aliasDuplicateObjects: false }));
      const [fromJson, fromYaml] = [fastest(json, RUNS), fastest(yaml, 1)];
      const reading = fromYaml.ms - fromJson.ms;
      return [
        {
          name: 'from JSON',
          value: fromJson.ms,
          unit: 'ms',
          bound: BOUND_MS,
          note: `fastest of ${RUNS}; ${fromJson.decision}`,
        },
        {
          name: 'from JSON, peak memory',
          value: fromJson.peakMb,
          unit: 'MB',
          bound: null,
          note: 'of the whole process',
        },
        {
          name: 'from YAML',
          value: fromYaml.ms,
          unit: 'ms',
          bound: null,
          note: `reading the YAML takes ${Math.round(reading)} ms of it`,
        },
        {
          name: 'from YAML, peak memory',
          value: fromYaml.peakMb,
          unit: 'MB',
          bound: null,
          note: 'of the whole process',
        },
      ];
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

// The child process of `fastest`.
const [, script, file] = process.argv;
if (script === fileURLToPath(import.meta.url) && file !== undefined) measure(file);
