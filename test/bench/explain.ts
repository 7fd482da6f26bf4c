/**
 * One flow among 5,000 pods and 2,000 policies. The bound (0.5 s) is for the whole way from JSON text to the explained
 * answer, in a fresh process; reading the same objects as YAML is told apart.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Bench } from './bench.ts';
import { fastest } from './explain-once.ts';
import { largeCluster } from './large-cluster.ts';

const SIZE = { pods: 5000, policies: 2000, namespaces: 50, kinds: 'plain' } as const;
const BOUND_MS = 500;
const RUNS = 5;

export const bench: Bench = {
  title: `egress explain: one flow among ${SIZE.pods} pods and ${SIZE.policies} policies`,
  needs: 'nothing',
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'egress-bench-'));
    try {
      const list = { apiVersion: 'v1', kind: 'List', items: largeCluster(SIZE) };
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
