/**
 * `npm run mutate:changed`: mutants on the lines that changed since the scores were last recorded (summary.json), for at
 * most four minutes. Fails when the tests notice too few of them; passes when nothing changed, when the time was too
 * short for a judgement, and where there is no history to compare with.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { LINES_FILE, type TestedMutant } from './lines.ts';
import { isUnnoticed, scoreOf } from './score.ts';

const FOLDERS = ['src/policy', 'src/diagnose'];
const LIMIT_MS = 240_000;
/** Below this many mutants a percentage says nothing. */
const FEWEST = 25;
/** Per cent. The whole is held to 85; new code, whose equivalent mutants nobody has looked at, to less. */
const LEAST_SCORE = 75;

/** Changed lines as Stryker takes them, `src/policy/side.ts:10-20`; null without a commit to compare with. */
function changedLines(): readonly string[] | null {
  try {
    const git = (...args: readonly string[]) => execFileSync('git', args, { encoding: 'utf8' });
    const base = git('log', '-1', '--format=%H', '--', 'test/mutation/summary.json').trim();
    return base === '' ? null : rangesOf(git('diff', '--unified=0', '--no-ext-diff', base, '--', ...FOLDERS));
  } catch {
    return null;
  }
}

function rangesOf(diff: string): readonly string[] {
  let file = '';
  return diff.split('\n').flatMap(line => {
    if (line.startsWith('+++ ')) file = line.slice('+++ b/'.length);
    const [, first, count = '1'] = /^@@ \S+ \+(\d+)(?:,(\d+))? @@/.exec(line) ?? [];
    if (first === undefined || count === '0' || !file.endsWith('.ts')) return [];
    return [`${file}:${first}-${Number(first) + Number(count) - 1}`];
  });
}

/** Runs Stryker on these lines until it ends or the time is over; null: it failed by itself. */
async function run(ranges: readonly string[]): Promise<readonly TestedMutant[] | null> {
  const stryker = spawn('stryker', ['run', '--reporters', 'lines', '--mutate', ranges.join(',')], {
    stdio: 'inherit',
    // Its workers end with it.
    detached: true,
  });
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    process.kill(-(stryker.pid ?? 0), 'SIGKILL');
  }, LIMIT_MS);
  const [code] = (await once(stryker, 'exit')) as [number | null];
  clearTimeout(timer);
  if (code !== 0 && !isOver) return null;
  const lines = readFileSync(LINES_FILE, 'utf8').trim().split('\n');
  return lines.flatMap(line => (line === '' ? [] : [JSON.parse(line) as TestedMutant]));
}

const ranges = changedLines();
if (ranges === null || ranges.length === 0) {
  console.log(ranges === null ? 'No history to compare with.' : 'Nothing changed since the scores were recorded.');
} else {
  const mutants = await run(ranges);
  const { tested, survived, score } = scoreOf(mutants ?? []);
  for (const { fileName, location, mutatorName, replacement } of (mutants ?? []).filter(isUnnoticed))
    console.log(`${fileName}:${location.start.line}:${location.start.column} ${mutatorName}: ${replacement}`);
  console.log(`${tested} mutants on ${ranges.length} changed places, ${survived} survived: ${score} %`);
  process.exitCode = mutants === null || (tested >= FEWEST && score < LEAST_SCORE) ? 1 : 0;
}
