/**
 * `npm run mutate`: Stryker over src/policy and src/diagnose, or over what `--mutate` names, and then the scores of the
 * files that were run in summary.json. Results of an earlier run on this machine are taken over where neither the mutant
 * nor its tests changed.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Score, scoreOf } from './score.ts';

const SUMMARY = join(import.meta.dirname, 'summary.json');
const REPORT = 'reports/mutation/mutation.json';

/** What summary.json holds: when each file was last run, and how it did. */
type Summary = Readonly<Record<string, Score & { readonly date: string }>>;
type Report = {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
};

const { status } = spawnSync('stryker', ['run', '--incremental', ...process.argv.slice(2)], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

const report = JSON.parse(readFileSync(REPORT, 'utf8')) as Report;
const date = new Date().toISOString().slice(0, 10);
const ran = Object.entries(report.files).map(([file, { mutants }]) => [file, { ...scoreOf(mutants), date }] as const);
const before = JSON.parse(readFileSync(SUMMARY, 'utf8')) as Summary;
const all = Object.entries({ ...before, ...Object.fromEntries(ran) }).sort(([a], [b]) => a.localeCompare(b));
const lines = all.map(([file, score]) => `  ${JSON.stringify(file)}: ${JSON.stringify(score)}`);
writeFileSync(SUMMARY, `{\n${lines.join(',\n')}\n}\n`);
for (const [file, { score, tested }] of ran) console.log(`${score.toFixed(1).padStart(5)} % of ${tested} in ${file}`);
