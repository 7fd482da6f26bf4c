/**
 * What the tests import as `vitest` during mutation testing: `describe` and `test` only write tests down, so that the
 * runner can run any of them again and again in one process. A mutant then costs its tests and nothing else: no new
 * worker, no module loaded twice. `expect` is vitest's own.
 */
import { format } from 'node:util';

export { expect, vi } from 'vitest';

type Body = (...row: unknown[]) => unknown;
type Hook = () => unknown;

/** One `describe`: the file itself is the outermost, without a name. */
type Suite = { readonly names: readonly string[]; readonly before: readonly Hook[]; readonly after: readonly Hook[] };
type OpenSuite = { readonly names: readonly string[]; readonly before: Hook[]; readonly after: Hook[] };

/** One test as it was written down. `id` is unique: the file, the names of its suites and its own. */
export type WrittenTest = { readonly id: string; readonly file: string; readonly suite: Suite; readonly body: Hook };

const written = new Map<string, WrittenTest>();
/** The file whose tests are written down, and later the file of the test that runs. */
let file = '';
let suite: OpenSuite = { names: [], before: [], after: [] };

/** Loads test files, one after the other, and returns their tests in order. Each path is relative to the working folder. */
export async function writeDown(files: readonly string[], load: (path: string) => Promise<unknown>) {
  for (const path of files) {
    file = path;
    suite = { names: [], before: [], after: [] };
    await load(path);
  }
  return [...written.values()];
}

/** Runs one test with the hooks of its suites; returns what it failed with, null when it passed. */
export async function runTest({ file: of, suite, body }: WrittenTest): Promise<string | null> {
  file = of;
  try {
    for (const hook of suite.before) await hook();
    await body();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    for (const hook of suite.after) await hook();
  }
}

/** Laws of whole fixes and of whole answers, some hundred milliseconds for a few inputs. */
export function isHeavy(path: string): boolean {
  return /^test\/laws\/(fix|verdict-by-hand)/.test(path);
}

/** Path of the test file that runs. */
export function runningFile(): string {
  return file;
}

function write(name: string, body: Hook): void {
  const wanted = `${file}#${[...suite.names, name].join(' > ')}`;
  let id = wanted;
  for (let count = 2; written.has(id); count++) id = `${wanted} (${count})`;
  written.set(id, { id, file, suite, body });
}

function openSuite(name: string, body: Hook): void {
  const outer = suite;
  suite = { names: [...outer.names, name], before: [...outer.before], after: [...outer.after] };
  body();
  suite = outer;
}

/** A row's name as vitest words it: `%s` by position, `$key` by property. */
function rowName(name: string, row: readonly unknown[]): string {
  const holes = name.match(/%[sdifjoO]/g)?.length ?? 0;
  const [first] = row;
  return format(name, ...row.slice(0, holes)).replace(/\$(\w+)/g, (whole, key: string) =>
    typeof first === 'object' && first !== null && key in first
      ? String((first as Readonly<Record<string, unknown>>)[key])
      : whole,
  );
}

/** Vitest's `each`: a row that is a list gives the arguments, any other is the one argument. */
const each = (one: (name: string, body: Hook) => void) => (rows: readonly unknown[]) => (name: string, body: Body) => {
  for (const row of rows) {
    const given: readonly unknown[] = Array.isArray(row) ? row : [row];
    one(rowName(name, given), () => body(...given));
  }
};

export const test = Object.assign(write, { each: each(write) });
export const it = test;
export const describe = Object.assign(openSuite, { each: each(openSuite) });
/** Hooks run around every single test: tests run alone here. */
export const beforeAll = (hook: Hook): number => suite.before.push(hook);
export const afterAll = (hook: Hook): number => suite.after.push(hook);
export { afterAll as afterEach, beforeAll as beforeEach };
