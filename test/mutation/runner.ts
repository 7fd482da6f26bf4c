/**
 * A test runner for Stryker that loads every test once and runs them in its own process: some ten milliseconds for a
 * mutant, where a vitest run of its own takes more than a second. Stryker starts a new process after an endless loop,
 * and for a mutant in code that runs while modules load.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ForgetfulMap, forget } from './forgetful.ts';
import { linesReporter } from './lines.ts';
import { isHeavy, runTest, type WrittenTest, writeDown } from './suite.ts';

/** Tests of what is mutated. Left out: what starts processes, which no mutant reaches. */
const FILES = [
  'test/tables/{policy-*,fix*,verdict-*,unlearned,documented-cases,pipeline,conclude,render-comparison}.test.ts',
  'test/laws/{policy-*,cilium-laws,fix*,verdict*}.test.ts',
  'test/threads/{demo,verdict-grid}.test.ts',
];
/**
 * Milliseconds of processor time that one mutant gets: what lives longer counts as survived, so that the score is never
 * too high.
 */
const MOST_MS = 2500;
/** A test that takes longer comes last, whatever it covers; milliseconds. */
const SLOW_MS = 40;
/**
 * Of the tests that reach a mutant, so many try first; then those whose file has a name like the mutated one, then the
 * goldens, which say everything of large scenes.
 */
const BEFORE_GOLDENS = 60;
const GOLDENS = ['test/tables/policy-traces.test.ts', 'test/threads/demo.test.ts', 'test/threads/verdict-grid.test.ts'];
/** The tests in the order in which they try, written by the dry run beside the copy of the project. */
const ORDER = 'order.json';

/** What the mutated code and Stryker tell one another. Names as in Stryker's instrumenter. */
type Shared = {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: { readonly perTest: Readonly<Record<string, Readonly<Record<string, number>>>> };
};
type MutantRun = {
  readonly activeMutant: { readonly id: string };
  readonly mutantActivation: 'static' | 'runtime';
  readonly testFilter?: readonly string[];
  readonly hitLimit?: number;
  readonly sandboxFileName: string;
};
/** `status` in Stryker's numbers: 0 passed, 1 failed. */
type TestResult = {
  readonly id: string;
  readonly name: string;
  readonly timeSpentMs: number;
  readonly fileName: string;
  readonly status: number;
  readonly failureMessage?: string;
};

const world = globalThis as { __stryker__?: Shared; ForgetfulMap?: typeof ForgetfulMap };
world.__stryker__ ??= {};
world.ForgetfulMap = ForgetfulMap;
const shared: Shared = world.__stryker__;
const stands: Readonly<Record<string, string>> = {
  vitest: new URL('./suite.ts', import.meta.url).href,
  'fast-check': new URL('./fast-check.ts', import.meta.url).href,
};

const standIns = new Set(Object.values(stands));

let tests: WrittenTest[] | null = null;

/** The tests, loaded from the copy of the project that is the working folder. */
async function loadTests(): Promise<WrittenTest[]> {
  const copy = pathToFileURL(`${process.cwd()}/`).href;
  registerHooks({
    resolve: (specifier, context, next) => {
      const from = context.parentURL ?? '';
      const stand = from.startsWith(copy) && !standIns.has(from) ? stands[specifier] : undefined;
      return stand === undefined ? next(specifier, context) : { url: stand, shortCircuit: true };
    },
    load: (url, context, next) => {
      const loaded = next(url, context);
      if (!url.startsWith(`${copy}src/`) || loaded.source === undefined || loaded.source === null) return loaded;
      return { ...loaded, source: String(loaded.source).replaceAll('new WeakMap', 'new globalThis.ForgetfulMap') };
    },
  });
  const files = globSync(FILES).sort();
  return writeDown(files, path => import(pathToFileURL(join(process.cwd(), path)).href));
}

async function dryRun() {
  tests ??= await loadTests();
  const results: TestResult[] = [];
  for (const test of tests) {
    forget();
    shared.currentTestId = test.id;
    const begin = performance.now();
    const failure = await runTest(test);
    const timeSpentMs = performance.now() - begin;
    shared.currentTestId = undefined;
    const { id, file } = test;
    const base = { id, name: id, timeSpentMs, fileName: join(process.cwd(), file) };
    results.push({ ...base, ...(failure === null ? { status: 0 } : { status: 1, failureMessage: failure }) });
  }
  writeFileSync(ORDER, JSON.stringify(orderOf(results)));
  return { status: 'complete', tests: results, mutantCoverage: shared.mutantCoverage };
}

async function mutantRun({ activeMutant, mutantActivation, testFilter, hitLimit, sandboxFileName }: MutantRun) {
  Object.assign(shared, {
    activeMutant: mutantActivation === 'static' ? activeMutant.id : undefined,
    hitCount: 0,
    hitLimit,
  });
  tests ??= inOrder(await loadTests());
  shared.activeMutant = activeMutant.id;
  const reaching = reachingTests(tests, sandboxFileName, testFilter);
  const spent = process.cpuUsage();
  for (const [at, test] of reaching.entries()) {
    if (process.cpuUsage(spent).user > MOST_MS * 1000) break;
    forget();
    const failureMessage = await runTest(test);
    if (hitLimit !== undefined && (shared.hitCount ?? 0) > hitLimit) return { status: 'timeout', reason: 'hit limit' };
    if (failureMessage === null) continue;
    // The next mutant is next to this one: the test that killed one likely kills the other.
    tests = [test, ...tests.filter(each => each !== test)];
    return { status: 'killed', killedBy: [test.id], failureMessage, nrOfTests: at + 1 };
  }
  return { status: 'survived', nrOfTests: reaching.length };
}

function reachingTests(
  all: readonly WrittenTest[],
  mutated: string,
  filter: readonly string[] | undefined,
): readonly WrittenTest[] {
  const wanted = filter === undefined ? null : new Set(filter);
  // A mutant of a rule kind's reader is caught before the heavy ones, or not by them.
  const takesHeavy = mutated.includes('/src/diagnose/');
  const reaching = all.filter(({ id, file }) => (wanted === null || wanted.has(id)) && (takesHeavy || !isHeavy(file)));
  const [first, later] = [reaching.slice(0, BEFORE_GOLDENS), reaching.slice(BEFORE_GOLDENS)];
  const [word = ''] = basename(mutated, '.ts').split('-');
  const rank = ({ file }: WrittenTest) => (basename(file).includes(`-${word}`) ? 0 : GOLDENS.includes(file) ? 1 : 2);
  return [...first, ...later.toSorted((a, b) => rank(a) - rank(b))];
}

/** Tests of one thing before tests of everything: those that reach the fewest mutants know most of theirs. */
function orderOf(results: readonly TestResult[]): readonly string[] {
  const reached = (id: string) => Object.keys(shared.mutantCoverage?.perTest[id] ?? {}).length;
  const weighed = results.map(({ id, timeSpentMs }) => ({
    id,
    slow: Number(timeSpentMs > SLOW_MS),
    reached: reached(id),
  }));
  return weighed.sort((a, b) => a.slow - b.slow || a.reached - b.reached).map(({ id }) => id);
}

function inOrder(loaded: readonly WrittenTest[]): WrittenTest[] {
  const byId = new Map(loaded.map(test => [test.id, test]));
  const order = JSON.parse(readFileSync(ORDER, 'utf8')) as readonly string[];
  return order.flatMap(id => byId.get(id) ?? []);
}

/** Stryker finds both by name: `testRunner: "in-process"` and `reporters: ["lines"]`. */
export const strykerPlugins = [
  { kind: 'Reporter', name: 'lines', factory: linesReporter },
  {
    kind: 'TestRunner',
    name: 'in-process',
    factory: () => ({ capabilities: () => ({ reloadEnvironment: false }), dryRun, mutantRun }),
  },
];
