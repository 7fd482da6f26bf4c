/** Reads fields out of JSON that came from outside, where any field may be missing or of another type. */

export type JsonRecord = Readonly<Record<string, unknown>>;

/** The value as an object; anything else gives one without fields. */
export function asRecord(value: unknown): JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonRecord) : {};
}

/** The value as a list; anything else gives an empty one. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value as text; anything else gives ''. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The fields of an object whose values are texts, e.g. labels. */
export function textsOf(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(asRecord(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** The object without the fields that are missing or null, so that its JSON holds only what there was. */
export function dropAbsent(record: JsonRecord): JsonRecord {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined && value !== null));
}
