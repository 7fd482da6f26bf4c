/**
 * `npm run bench [-- NAME...]`: runs every benchmark of this folder, one after another so that none slows the other, and
 * prints a table. Ends with 1 when a bound is exceeded or a benchmark failed, and says which were not run and why.
 */
import { readdirSync } from 'node:fs';
import Table from 'cli-table3';
import type { Bench, Measurement } from './bench.ts';

type Result =
  | { readonly kind: 'measured'; readonly measurements: readonly Measurement[] }
  | { readonly kind: 'not-run'; readonly why: string }
  | { readonly kind: 'failed'; readonly error: unknown };

const FRAME = new Set(['bench.ts', 'run.ts']);
const WANTED = process.argv.slice(2);

const files = readdirSync(import.meta.dirname)
  .filter(file => file.endsWith('.ts') && !FRAME.has(file))
  .filter(file => WANTED.length === 0 || WANTED.includes(file.slice(0, -'.ts'.length)))
  .sort();
const table = new Table({ head: ['benchmark', 'measured', 'bound', '', 'note'], style: { head: [], border: [] } });
let failures = files.length === 0 ? 1 : 0;

for (const file of files) {
  const module = (await import(`./${file}`)) as { readonly bench?: Bench };
  // What the benchmarks share has no `bench` of its own.
  if (module.bench === undefined) continue;
  process.stderr.write(`${module.bench.title} ...\n`);
  failures += addRows(module.bench.title, await resultOf(module.bench));
}
process.stdout.write(`${table.toString()}\n`);
process.exitCode = failures === 0 ? 0 : 1;

async function resultOf(bench: Bench): Promise<Result> {
  if (bench.needs === 'cluster' && !process.env.KUBECONFIG) return { kind: 'not-run', why: 'KUBECONFIG is not set' };
  try {
    return { kind: 'measured', measurements: await bench.run() };
  } catch (error) {
    return { kind: 'failed', error };
  }
}

/** Adds a benchmark's rows and returns how many of them failed. */
function addRows(title: string, result: Result): number {
  switch (result.kind) {
    case 'measured':
      for (const measurement of result.measurements) table.push(rowOf(measurement));
      return result.measurements.filter(measurement => !isWithin(measurement)).length;
    case 'not-run':
      table.push([title, '', '', 'not run', result.why]);
      return 0;
    case 'failed':
      process.stderr.write(`${result.error instanceof Error ? result.error.stack : String(result.error)}\n`);
      table.push([title, '', '', 'FAILED', 'see above']);
      return 1;
    default:
      return result satisfies never;
  }
}

function rowOf(measurement: Measurement): string[] {
  const { name, value, unit, bound, note } = measurement;
  const state = bound === null ? '' : isWithin(measurement) ? 'ok' : 'TOO MUCH';
  return [
    name,
    value === null ? '' : `${amount(value)} ${unit}`,
    bound === null ? '' : `${amount(bound)} ${unit}`,
    state,
    note,
  ];
}

function isWithin({ value, bound }: Measurement): boolean {
  return bound === null || (value !== null && value <= bound);
}

function amount(value: number): string {
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}
