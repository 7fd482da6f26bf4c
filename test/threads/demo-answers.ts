/** The diagnoses of the demo's bundles, captured in a real cluster: the goldens in `demo`, one for each bundle. */
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { stringify } from 'yaml';
import { readBundle } from '../../src/commands/bundle.ts';
import { concludeDiagnosis } from '../../src/diagnose/conclude.ts';

const BUNDLES = join(import.meta.dirname, '../../src/demo');

/** Bundles in alphabetical order, without folder. */
export const BUNDLE_FILES: readonly string[] = globSync('*.json', { cwd: BUNDLES }).sort();

/** Path of a bundle's golden. */
export function demoGoldenOf(file: string): string {
  return join(import.meta.dirname, 'demo', `${basename(file, '.json')}.yaml`);
}

/** Everything that is concluded from a bundle, as YAML: what only repeats the bundle is left out. */
export function demoAnswerOf(file: string): string {
  const {
    question: _,
    target: __,
    engine: ___,
    timing: ____,
    observations: _____,
    ...concluded
  } = concludeDiagnosis(readBundle(join(BUNDLES, file)));
  return stringify(concluded, { lineWidth: 120, aliasDuplicateObjects: false });
}
