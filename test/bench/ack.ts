import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { Bench } from './bench.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The bundle, as serverless.yml makes it. */
async function bundle(folder: string): Promise<string> {
  const [leanBolt] = createRequire(import.meta.url)('../../infra/aws/esbuild-plugins.cjs') as readonly [Plugin];
  const outfile = join(folder, 'on-command.mjs');
  await build({
    entryPoints: [join(ROOT, 'src/handlers/on-command.ts')],
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    plugins: [leanBolt],
    logLevel: 'error',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  return outfile;
}

const ROUNDS = 15;

/** Milliseconds from the start of a process to its end: the median of both, measured in turns so that the machine's load is the same for both. */
function medians(module: string): { readonly empty: number; readonly loaded: number } {
  const env = {
    PATH: process.env.PATH,
    EGRESS_SLACK_SECRET: 's',
    EGRESS_QUEUE_URL: 'https://127.0.0.1/q',
    AWS_REGION: 'us-east-1',
  };
  const time = (program: string): number => {
    const begin = performance.now();
    execFileSync(process.execPath, ['--input-type=module', '--eval', program], { env });
    return performance.now() - begin;
  };
  const times = Array.from({ length: ROUNDS }, () => ({
    empty: time(''),
    loaded: time(`await import(${JSON.stringify(module)})`),
  }));
  return { empty: median(times.map(({ empty }) => empty)), loaded: median(times.map(({ loaded }) => loaded)) };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/**
 * Measured on a quiet machine: 27 ms for an empty process, 83 ms for Bolt's lean bundle with the queue's client, 3.1 times as
 * long; with the client of Secrets Manager and our own listeners a tenth more.
 */
const MOST_TIMES_EMPTY = 4.5;

export const bench: Bench = {
  title: 'the function that acknowledges',
  needs: 'nothing',
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'egress-ack-'));
    try {
      const module = await bundle(folder);
      const { empty, loaded } = medians(module);
      return [
        {
          name: 'ack bundle, minified',
          value: statSync(module).size / 1e6,
          unit: 'MB',
          bound: 0.9,
          note: 'Bolt with every receiver alone has 1.81 MB',
        },
        { name: 'an empty process', value: empty, unit: 'ms', bound: null, note: `median of ${ROUNDS}` },
        {
          name: 'a process that imports it',
          value: loaded,
          unit: 'ms',
          bound: empty * MOST_TIMES_EMPTY,
          note: `bound: ${MOST_TIMES_EMPTY} times an empty process; here ${(loaded / empty).toFixed(1)}`,
        },
      ];
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
