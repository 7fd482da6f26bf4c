/** Takes what is expected out of JSON of any shape. Nothing here throws. */

/** A JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** Characters of a title; Events v2 has 1,024 for the same. */
const TITLE_CHARACTERS = 1000;
/** Enough for what an alert says; patterns look through it from end to end. */
const TEXT_CHARACTERS = 4000;
/** Labels of Prometheus have no limit; 64 with their values keep a job below what a queue carries. */
const MOST_ENTRIES = 64;
const ENTRY_CHARACTERS = 500;
const NAME_CHARACTERS = 100;

/** The object at a key; an empty one when there is none. */
export function fieldsAt(value: unknown, key: string): Fields {
  const found = valueAt(value, key);
  return isFields(found) ? found : {};
}

/** The list at a key; empty when there is none. */
export function listAt(value: unknown, key: string): readonly unknown[] {
  const found = valueAt(value, key);
  return Array.isArray(found) ? found : [];
}

/** The text at a key, cut; null when there is none, or an empty one. */
export function textAt(value: unknown, key: string, most = ENTRY_CHARACTERS): string | null {
  const found = valueAt(value, key);
  return typeof found === 'string' && found !== '' ? cut(found, most) : null;
}

/** Title, whole. */
export function titleOf(text: string): string {
  return cut(text.replace(/\s+/g, ' ').trim(), TITLE_CHARACTERS);
}

/** Several texts as one, each once, on one line each. */
export function joinedText(parts: readonly (string | null)[]): string {
  const lines = parts.filter(part => part !== null).map(part => part.replace(/[ \t]+/g, ' ').trim());
  return cut([...new Set(lines)].filter(line => line !== '').join('\n'), TEXT_CHARACTERS);
}

/** Entries whose values are texts, numbers or booleans, as texts. */
export function entriesOf(fields: Fields): Readonly<Record<string, string>> {
  const entries = Object.entries(fields).flatMap(([name, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value)
      ? [[cut(name, NAME_CHARACTERS), cut(String(value), ENTRY_CHARACTERS)] as const]
      : [],
  );
  return Object.fromEntries(entries.slice(0, MOST_ENTRIES));
}

/** Reports whether it is a JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own value only: a payload may well say `__proto__`. */
function valueAt(value: unknown, key: string): unknown {
  return isFields(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** Never between the halves of a character. */
function cut(text: string, most: number): string {
  return text.length <= most ? text.toWellFormed() : text.slice(0, most).toWellFormed();
}
