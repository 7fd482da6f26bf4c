/** Writes the goldens of the documented examples. Run it on purpose, and read the diff as a user. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CASE_FILES, goldenOf, tracesOf } from './traces.ts';

for (const file of CASE_FILES) {
  mkdirSync(dirname(goldenOf(file)), { recursive: true });
  writeFileSync(goldenOf(file), tracesOf(file));
}
