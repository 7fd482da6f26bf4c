/** YAML and JSON text to plain values. */
import { parseAllDocuments } from 'yaml';
import { isRecord } from './reading.ts';

/** The documents of one text, or why it could not be read. */
export type DocumentsReading =
  | { readonly kind: 'documents'; readonly values: readonly unknown[] }
  | { readonly kind: 'unreadable'; readonly why: string };

/** Reads every document of a text. JSON is parsed as JSON, which is many times faster; an error names its line. */
export function readDocuments(text: string): DocumentsReading {
  if (/^\s*[{[]/.test(text)) {
    const json = readJson(text);
    if (json !== null) return { kind: 'documents', values: [json.value] };
    // YAML in flow style begins like JSON.
  }
  return readWithJsonItems(text) ?? readYaml(text);
}

/** Enough for real anchors; a document that needs more is built to exhaust memory ("billion laughs"). */
const MOST_ALIASES = 100;

function readYaml(text: string): DocumentsReading {
  const values: unknown[] = [];
  for (const document of parseAllDocuments(text, { logLevel: 'silent' })) {
    const [error] = document.errors;
    if (error !== undefined) return { kind: 'unreadable', why: `not YAML: ${firstLine(error.message)}` };
    try {
      values.push(document.toJS({ maxAliasCount: MOST_ALIASES }));
    } catch (reason) {
      // The library refuses aliases that explode, or that point nowhere, by throwing.
      const why = reason instanceof Error ? firstLine(reason.message) : 'its aliases cannot be followed';
      return { kind: 'unreadable', why: `not YAML: ${why}` };
    }
  }
  return { kind: 'documents', values };
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/:$/, '');
}

function readJson(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    // The parser says "no" by throwing.
    return null;
  }
}

/** Below this, the library alone is as fast. */
const WORTH_IT = 8;

/**
 * A case file is one mapping whose lists hold objects written as JSON, one a line. Those lines are JSON to YAML as well
 * (https://yaml.org/spec/1.2.2/#13-terminology), so each is put aside for the faster parser, and the library reads the rest
 * with a mark in its place. null: the text has no such lines, or a mark did not come back as a list's item.
 */
function readWithJsonItems(text: string): DocumentsReading | null {
  const items: unknown[] = [];
  const mark = unusedMark(text);
  const lines = text.split('\n').map(line => {
    const json = line.startsWith('- {"') ? readJson(line.slice(2)) : null;
    if (json === null) return line;
    items.push(json.value);
    return `- ${mark}${items.length - 1}`;
  });
  if (items.length < WORTH_IT) return null;
  const rest = readYaml(lines.join('\n'));
  if (rest.kind === 'unreadable') return null;
  let back = 0;
  const restore = (value: unknown): unknown => {
    if (typeof value !== 'string' || !value.startsWith(mark)) return value;
    back += 1;
    return items[Number(value.slice(mark.length))];
  };
  const values = rest.values.map(document =>
    isRecord(document)
      ? Object.fromEntries(
          Object.entries(document).map(([key, list]) => [key, Array.isArray(list) ? list.map(restore) : list]),
        )
      : document,
  );
  return back === items.length ? { kind: 'documents', values } : null;
}

/** A plain scalar that the text does not hold. */
function unusedMark(text: string): string {
  let mark = 'json-item-';
  while (text.includes(mark)) mark = `x${mark}`;
  return mark;
}
