/** Writes each tested mutant as one line of JSON at once, so that a run that is ended by its time limit has told what it found. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Where the lines go. */
export const LINES_FILE = 'reports/mutation/mutants.jsonl';

/** One mutant as Stryker reports it; lines and columns count from 1. */
export type TestedMutant = {
  readonly fileName: string;
  readonly location: { readonly start: Position; readonly end: Position };
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status: string;
  readonly coveredBy?: readonly string[];
};
type Position = { readonly line: number; readonly column: number };

/** Stryker's reporter `lines`. */
export function linesReporter() {
  mkdirSync(dirname(LINES_FILE), { recursive: true });
  writeFileSync(LINES_FILE, '');
  return {
    onMutantTested({ fileName, location, mutatorName, replacement, status, coveredBy }: TestedMutant): void {
      const line = { fileName, location, mutatorName, replacement, status, coveredBy: coveredBy?.length ?? 0 };
      appendFileSync(LINES_FILE, `${JSON.stringify(line)}\n`);
    },
  };
}
