import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** Milliseconds of processor time, from the start of a process to its end: what it costs, however busy the machine is. The least of all rounds. */
function costs(module: string): { readonly empty: number; readonly loaded: number } {
  const env = {
    PATH: process.env.PATH,
    EGRESS_SLACK_SECRET: 's',
    EGRESS_QUEUE_URL: 'https://127.0.0.1/q',
    AWS_REGION: 'us-east-1',
  };
  const cost = (program: string): number => {
    const told = `${program}; const { user, system } = process.cpuUsage(); console.log((user + system) / 1000);`;
    return Number(execFileSync(process.execPath, ['--input-type=module', '--eval', told], { env, encoding: 'utf8' }));
  };
  const rounds = Array.from({ length: ROUNDS }, () => ({
    empty: cost(''),
    loaded: cost(`await import(${JSON.stringify(module)})`),
  }));
  return {
    empty: Math.min(...rounds.map(({ empty }) => empty)),
    loaded: Math.min(...rounds.map(({ loaded }) => loaded)),
  };
}

/**
 * Measured: Bolt's lean bundle alone costs 2.3 times an empty process, the client of SQS alone 4.1 times; all together 6.2. With every
 * receiver of Bolt it would be above this. (By the clock, on a quiet machine, it is half of that: several threads compile.)
 */
const MOST_TIMES_EMPTY = 8;

export const bench: Bench = {
  title: 'the function that acknowledges',
  needs: 'nothing',
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'egress-ack-'));
    try {
      const module = await bundle(folder);
      const { empty, loaded } = costs(module);
      return [
        {
          name: 'ack bundle, minified',
          value: statSync(module).size / 1e6,
          unit: 'MB',
          bound: 0.9,
          note: 'Bolt with every receiver alone has 1.81 MB',
        },
        {
          name: 'an empty process',
          value: empty,
          unit: 'ms',
          bound: null,
          note: `processor time, the least of ${ROUNDS}`,
        },
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
