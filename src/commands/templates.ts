/** Reads the template files that ship beside the sources. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileTemplates, type Templates } from '../render/templates.ts';

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'templates');
const ENDING = '.hbs';

/** Compiles every `.hbs` file of the folder; names are paths without the ending, with forward slashes. */
export function loadTemplates(folder = FOLDER): Templates {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith(ENDING));
  const texts = files.map(file => [
    file.slice(0, -ENDING.length).split(sep).join('/'),
    readFileSync(join(folder, file), 'utf8'),
  ]);
  return compileTemplates(Object.fromEntries(texts));
}
