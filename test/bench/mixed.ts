/**
 * One flow among 5,000 pods and 2,000 policies of all kinds mixed, and how the time grows with the cluster: from 1,000
 * to 20,000 pods, with as many policies for each pod, at most in proportion.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, Measurement } from './bench.ts';
import { fastest, type Measured } from './explain-once.ts';
import { largeCluster } from './large-cluster.ts';

const BOUND_MS = 500;
const RUNS = 5;
/** Whose rules of its own kind count, beside those that every engine enforces. */
const ENGINES = ['cilium@1.15.19', 'calico@3.28.0'] as const;
const SIZES = [1_000, 5_000, 20_000] as const;
const POLICIES_PER_POD = 0.4;

export const bench: Bench = {
  title: 'egress explain: one flow among mixed policies',
  needs: 'nothing',
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'egress-bench-'));
    try {
      const files = new Map(SIZES.map((pods): [number, string] => [pods, written(folder, pods)]));
      return ENGINES.flatMap(engine => rowsOf(engine, pods => fastest(files.get(pods) ?? '', RUNS, engine)));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function written(folder: string, pods: number): string {
  const file = join(folder, `${pods}.json`);
  const items = largeCluster({ pods, policies: pods * POLICIES_PER_POD, namespaces: pods / 100, kinds: 'mixed' });
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  return file;
}

function rowsOf(engine: string, measure: (pods: number) => Measured): readonly Measurement[] {
  const [small, middle, large] = SIZES;
  const times = { small: measure(small), middle: measure(middle), large: measure(large) };
  const text = (pods: number) => `${pods.toLocaleString('en')} pods, ${(pods * POLICIES_PER_POD).toLocaleString('en')}`;
  return [
    {
      name: `${text(middle)} mixed policies, ${engine}`,
      value: times.middle.ms,
      unit: 'ms',
      bound: BOUND_MS,
      note: `fastest of ${RUNS}; ${Math.round(times.middle.peakMb)} MB; ${times.middle.decision}`,
    },
    growth(engine, [small, times.small], [large, times.large]),
  ];
}

/** How many times longer the larger cluster takes; in proportion or better. */
function growth(
  engine: string,
  [few, before]: readonly [number, Measured],
  [many, after]: readonly [number, Measured],
): Measurement {
  return {
    name: `growth from ${few.toLocaleString('en')} to ${many.toLocaleString('en')} pods, ${engine}`,
    value: after.ms / before.ms,
    unit: 'times',
    bound: many / few,
    note: `${Math.round(before.ms)} ms to ${Math.round(after.ms)} ms; bound: in proportion`,
  };
}
