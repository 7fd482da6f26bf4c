/** Files named on the command line, or all YAML and JSON files below a folder. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** One file's text, or why it could not be read. */
export type FileText =
  /** `named`: given itself, not found in a folder. */
  | { readonly kind: 'text'; readonly path: string; readonly named: boolean; readonly text: string }
  | { readonly kind: 'unreadable'; readonly path: string; readonly why: string };

/** Reads each path as it is given; below a folder, in alphabetical order. One that cannot be read does not stop the rest. */
export function* readFiles(paths: readonly string[]): Generator<FileText> {
  for (const path of paths) {
    const listing = listFiles(path);
    if (typeof listing === 'string') yield { kind: 'unreadable', path, why: listing };
    else for (const file of listing.files) yield readOne(file, listing.named);
  }
}

function listFiles(path: string): { readonly files: readonly string[]; readonly named: boolean } | string {
  try {
    if (!statSync(path).isDirectory()) return { files: [path], named: true };
    const entries = readdirSync(path, { recursive: true, withFileTypes: true });
    const files = entries
      .filter(entry => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
      .map(entry => join(entry.parentPath, entry.name));
    return { files: files.toSorted(), named: false };
  } catch (error) {
    return reasonOf(error);
  }
}

function readOne(path: string, named: boolean): FileText {
  try {
    return { kind: 'text', path, named, text: readFileSync(path, 'utf8') };
  } catch (error) {
    return { kind: 'unreadable', path, why: reasonOf(error) };
  }
}

/** Node's message names the system's error and the path, e.g. `ENOENT: no such file or directory, stat 'x'`. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
