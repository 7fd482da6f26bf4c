/** Evidence bundles on disk: one JSON file, gzipped when its name ends in `.gz`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Evidence } from '../evidence.ts';
import { FaultError } from '../faults.ts';

/** Writes the bundle. Throws a `bad-file` fault with cause and remedy when the file cannot be written. */
export function writeBundle(path: string, evidence: Evidence): void {
  const text = `${JSON.stringify(evidence, null, 1)}\n`;
  try {
    writeFileSync(path, path.endsWith('.gz') ? gzipSync(text) : text);
  } catch (error) {
    throw new FaultError(
      {
        code: 'bad-file',
        what: `The bundle could not be written to ${path}.`,
        cause: reasonOf(error),
        remedy: 'Name a file in a folder that exists and that you may write to, with --file.',
      },
      { cause: error },
    );
  }
}

/** Reads a bundle back. Throws a `bad-file` fault when it is missing, no JSON, or no bundle of this version. */
export function readBundle(path: string): Evidence {
  const parsed = parseBundle(path);
  if (
    typeof parsed !== 'object' ||
    parsed === null ||
    !('schema' in parsed) ||
    parsed.schema !== 'egress-evidence/v1'
  ) {
    throw new FaultError({
      code: 'bad-file',
      what: `${path} is no evidence bundle.`,
      cause: 'Its "schema" is not "egress-evidence/v1".',
      remedy: 'Give a file that `egress capture` of this version has written.',
    });
  }
  return parsed as Evidence;
}

function parseBundle(path: string): unknown {
  try {
    const bytes = readFileSync(path);
    // gzip's magic number: a renamed file is still read.
    const text = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes).toString('utf8') : bytes.toString('utf8');
    return JSON.parse(text);
  } catch (error) {
    throw new FaultError(
      {
        code: 'bad-file',
        what: `The bundle ${path} could not be read.`,
        cause: reasonOf(error),
        remedy: 'Check the path; a bundle is made with `egress capture POD HOST --file FILE`.',
      },
      { cause: error },
    );
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.message}.` : `${String(error)}.`;
}
