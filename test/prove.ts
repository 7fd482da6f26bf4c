/**
 * `npm run prove`: runs every suite and benchmark in full, then goes through what the project claims (`prove/points.ts`)
 * and prints for each point whether it is shown. EGRESS_CASES and KUBECONFIG say where cases and cluster are; what needs
 * one that is not set is not shown. Ends with 1 unless everything is. `-- 'Step 1' 'Step 2'` goes through the points of these steps.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { POINTS, type Point, SUITES, type Suite, type Tests } from './prove/points.ts';

type Test = { readonly suite: Suite; readonly file: string; readonly name: string; readonly status: string };
type Report = {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
};

const root = join(import.meta.dirname, '..');
const reports = join(root, 'reports/prove');
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

const wanted = process.argv.slice(2);
const points = POINTS.filter(({ step }) => wanted.length === 0 || wanted.includes(step));
const suites = new Set(points.flatMap(point => point.tests.map(({ suite }) => suite)));

const tests = (Object.keys(SUITES) as Suite[]).filter(suite => suites.has(suite)).flatMap(runSuite);
const benchmarks = new Map(
  [...new Set(points.flatMap(point => point.benchmarks ?? []))].map(name => [name, runBenchmark(name)]),
);
const results = points.map(point => ({ point, lacks: lacksOf(point) }));
process.stdout.write(`\n${results.map(({ point, lacks }) => lineOf(point, lacks)).join('\n')}\n`);
const missing = results.filter(({ lacks }) => lacks.length > 0).length;
process.stdout.write(`\n${points.length - missing} of ${points.length} points are shown\n`);
process.exitCode = missing === 0 && points.length > 0 ? 0 : 1;

function runSuite(suite: Suite): readonly Test[] {
  const { script, needs } = SUITES[suite];
  if (needs !== null && !process.env[needs]) return [];
  const report = join(reports, `${suite}.json`);
  npm(script, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`);
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report;
  return testResults.flatMap(({ name: file, assertionResults }) =>
    // A file that could not be loaded has no tests: it must not look as if it had none that failed.
    assertionResults.length === 0
      ? [{ suite, file: relative(root, file), name: 'the file itself', status: 'failed' }]
      : assertionResults.map(({ fullName, status }) => ({ suite, file: relative(root, file), name: fullName, status })),
  );
}

function runBenchmark(name: string): boolean {
  return npm('bench', name) === 0 && (name !== 'diagnose' || Boolean(process.env.KUBECONFIG));
}

function npm(script: string, ...options: readonly string[]): number {
  process.stdout.write(`\n=== npm run ${script}\n`);
  return (
    spawnSync('npm', ['run', '--silent', script, '--', ...options], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    }).status ?? 1
  );
}

/** What is not shown of a point, one phrase each; empty: it is shown. */
function lacksOf({ tests: wanted, benchmarks: names = [] }: Point): readonly string[] {
  const slow = names
    .filter(name => !benchmarks.get(name))
    .map(name => `benchmark ${name} is not within its bound or was not run`);
  return [...wanted.flatMap(lacksOfTests), ...slow];
}

function lacksOfTests({ suite, file, name = /./ }: Tests): readonly string[] {
  const { needs } = SUITES[suite];
  if (needs !== null && !process.env[needs]) return [`${suite} tests were not run: ${needs} is not set`];
  const found = tests.filter(
    test => test.suite === suite && file.test(test.file) && (name.test(test.name) || test.name === 'the file itself'),
  );
  if (found.length === 0) return [`no ${suite} test matches ${file} ${name}`];
  return found.filter(test => test.status !== 'passed').map(test => `${test.status}: ${test.file}: ${test.name}`);
}

function lineOf({ step, text }: Point, lacks: readonly string[]): string {
  return [
    `${lacks.length === 0 ? 'shown    ' : 'NOT SHOWN'}  ${step}: ${text}`,
    ...lacks.map(lack => `           ${lack}`),
  ].join('\n');
}
