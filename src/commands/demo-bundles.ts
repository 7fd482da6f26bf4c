/** The bundles of the demo, beside the sources. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NamedBundle } from '../demo-page/demo.ts';
import { readBundle } from './bundle.ts';

const FOLDER = fileURLToPath(new URL('../demo/', import.meta.url));
const ENDING = '.json';

/** Names of all stories, in their order. */
export function storyNames(): readonly string[] {
  return readdirSync(FOLDER)
    .filter(file => file.endsWith(ENDING))
    .map(file => basename(file, ENDING))
    .toSorted();
}

/** The bundle of a story. */
export function storyBundle(name: string): NamedBundle['bundle'] {
  return readBundle(join(FOLDER, `${name}${ENDING}`));
}

/** All of them. */
export function demoBundles(): readonly NamedBundle[] {
  return storyNames().map(name => ({ name, bundle: storyBundle(name) }));
}
