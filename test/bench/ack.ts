import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { Bench, Measurement } from './bench.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The bundle, as serverless.yml makes it. */
async function bundle(folder: string): Promise<string> {
  const plugins = createRequire(import.meta.url)('../../infra/aws/esbuild-plugins.cjs') as Plugin[];
  const outfile = join(folder, 'on-command.mjs');
  await build({
    entryPoints: [join(ROOT, 'src/handlers/on-command.ts')],
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    plugins,
    logLevel: 'error',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  return outfile;
}

const ROUNDS = 15;

/** What a process costs, from its start to its end. */
type Cost = {
  /** Milliseconds of processor time: the same however busy the machine is. */
  readonly cpuMs: number;
  /** Milliseconds by the clock. */
  readonly clockMs: number;
};

function costOf(program: string): Cost {
  const env = {
    PATH: process.env.PATH,
    EGRESS_SLACK_SECRET: 's',
    EGRESS_QUEUE_URL: 'https://127.0.0.1/q',
    AWS_REGION: 'us-east-1',
  };
  const told = `${program}; const clockMs = performance.now(); const { user, system } = process.cpuUsage(); console.log(JSON.stringify({ clockMs, cpuMs: (user + system) / 1000 }));`;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '--eval', told], { env, encoding: 'utf8' }),
  ) as Cost;
}

/** The least of all rounds, in which both take turns. */
function costs(module: string): { readonly empty: Cost; readonly loaded: Cost } {
  const rounds = Array.from({ length: ROUNDS }, () => ({
    empty: costOf(''),
    loaded: costOf(`await import(${JSON.stringify(module)})`),
  }));
  const least = (costsOfOne: readonly Cost[]): Cost => ({
    cpuMs: Math.min(...costsOfOne.map(({ cpuMs }) => cpuMs)),
    clockMs: Math.min(...costsOfOne.map(({ clockMs }) => clockMs)),
  });
  return { empty: least(rounds.map(({ empty }) => empty)), loaded: least(rounds.map(({ loaded }) => loaded)) };
}

/** Bolt without its other receivers and the client of SQS, and nothing else, as they were measured before anything was built: 472 kB; 83 ms where an empty process took 27. */
const MOST_MB = 0.472;
const MOST_TIMES_BY_CLOCK = 83 / 27;

/** Measured: 4.8; with every way to find credentials in it 6.2. By the clock it is half of that: several threads compile. */
const MOST_TIMES_OF_CPU = 5.6;

/** Above this somebody else computes, and what the clock says is theirs. */
const QUIET_LOAD = 1;

export const bench: Bench = {
  title: 'the function that acknowledges',
  needs: 'nothing',
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'egress-ack-'));
    try {
      const isQuiet = (loadavg()[0] ?? 0) < QUIET_LOAD;
      const module = await bundle(folder);
      const { empty, loaded } = costs(module);
      return [
        {
          name: 'ack bundle, minified',
          value: statSync(module).size / 1e6,
          unit: 'MB',
          bound: MOST_MB,
          note: `${Math.round(statSync(module).size / 1000)} kB; Bolt with every receiver alone has 1.81 MB`,
        },
        ...timesOf('processor time', { empty: empty.cpuMs, loaded: loaded.cpuMs, bound: MOST_TIMES_OF_CPU }),
        ...timesOf(isQuiet ? 'by the clock' : 'by the clock, on a machine that is busy: no bound', {
          empty: empty.clockMs,
          loaded: loaded.clockMs,
          bound: isQuiet ? MOST_TIMES_BY_CLOCK : null,
        }),
      ];
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

type Times = { readonly empty: number; readonly loaded: number; readonly bound: number | null };

function timesOf(how: string, { empty, loaded, bound }: Times): readonly Measurement[] {
  return [
    {
      name: 'a process that imports it, in empty ones',
      value: loaded / empty,
      unit: 'times',
      bound,
      note: `${how}: ${Math.round(loaded)} ms, an empty one ${Math.round(empty)} ms; the least of ${ROUNDS}, in turns`,
    },
  ];
}
