/** YAML and JSON text to plain values. */
import { parseAllDocuments } from 'yaml';

export type DocumentsReading =
  | { readonly kind: 'documents'; readonly values: readonly unknown[] }
  | { readonly kind: 'unreadable'; readonly why: string };

/** Enough for real anchors; a document that needs more is built to exhaust memory ("billion laughs"). */
const MOST_ALIASES = 100;

/** Reads every document of a text. JSON is parsed as JSON, which is many times faster; an error names its line. */
export function readDocuments(text: string): DocumentsReading {
  if (/^\s*[{[]/.test(text)) {
    try {
      return { kind: 'documents', values: [JSON.parse(text)] };
    } catch {
      // YAML in flow style begins like JSON.
    }
  }
  const values: unknown[] = [];
  for (const document of parseAllDocuments(text, { logLevel: 'silent' })) {
    const [error] = document.errors;
    if (error !== undefined) return { kind: 'unreadable', why: `not YAML: ${firstLine(error.message)}` };
    try {
      values.push(document.toJS({ maxAliasCount: MOST_ALIASES }));
    } catch (reason) {
      // The library refuses aliases that explode, or that point nowhere, by throwing.
      return {
        kind: 'unreadable',
        why: `not YAML: ${reason instanceof Error ? firstLine(reason.message) : 'its aliases cannot be followed'}`,
      };
    }
  }
  return { kind: 'documents', values };
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/:$/, '');
}
