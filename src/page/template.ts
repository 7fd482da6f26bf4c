/**
 * Two small languages of the configuration: patterns, which find words in an alert's text, and templates, which write a
 * value from what an alert has. Neither is a regular expression: both take time in proportion to the text.
 */
import type { Alert } from './alert.ts';

/** Words that a pattern found. */
export type Finds = Readonly<Partial<Record<FindName, string>>>;
type FindName = 'pod' | 'namespace' | 'host' | 'cluster' | 'channel';

type Part = { readonly kind: 'literal'; readonly text: string } | { readonly kind: 'find'; readonly name: FindName };

/** A host may stand with its port, an IPv6 address in brackets; the others are names of Kubernetes or ids. */
const WORD = { host: /[\p{L}\p{N}._:[\]-]/u, other: /[\p{L}\p{N}._-]/u } as const;
/** What ends a sentence is no part of a name. */
const SENTENCE_END = /[.:,_-]+$/;

/**
 * Finds the words of a pattern: `*` stands for anything, `{pod}` and its like for one word each, everything else for itself
 * (any run of white space for any other). `pod {pod} cannot reach {host}` in `Pod down: pod web-1 cannot reach
 * api.example.com.` finds web-1 and api.example.com; in `pod web-1 is down` it finds nothing: null.
 */
export function matchPattern(pattern: string, text: string): Finds | null {
  const line = text.replace(/\s+/g, ' ');
  let finds: Finds = {};
  let from = 0;
  for (const segment of pattern.replace(/\s+/g, ' ').split('*').map(partsOf)) {
    const match = firstMatch(segment, line, from);
    if (match === null) return null;
    finds = { ...finds, ...match.finds };
    from = match.end;
  }
  return finds;
}

function partsOf(segment: string): readonly Part[] {
  return segment
    .split(/(\{[a-z]+\})/)
    .filter(part => part !== '')
    .map(part =>
      part.startsWith('{') ? { kind: 'find', name: part.slice(1, -1) as FindName } : { kind: 'literal', text: part },
    );
}

type Match = { readonly finds: Finds; readonly end: number };

function firstMatch(parts: readonly Part[], text: string, from: number): Match | null {
  const [first] = parts;
  for (let start = from; start <= text.length; start += 1) {
    if (first?.kind === 'literal') {
      start = text.indexOf(first.text, start);
      if (start < 0) return null;
    }
    const match = matchAt(parts, text, start);
    if (match !== null) return match;
  }
  return null;
}

function matchAt([part, ...rest]: readonly Part[], text: string, at: number): Match | null {
  if (part === undefined) return { finds: {}, end: at };
  if (part.kind === 'literal') {
    return text.startsWith(part.text, at) ? matchAt(rest, text, at + part.text.length) : null;
  }
  for (const word of wordsAt(text, at, part.name === 'host' ? WORD.host : WORD.other)) {
    const match = matchAt(rest, text, at + word.length);
    if (match !== null) return { finds: { [part.name]: word, ...match.finds }, end: match.end };
  }
  return null;
}

/** The longest name that DNS and Kubernetes have, and a port. */
const WORD_CHARACTERS = 260;

/** The word there, without and with what may be the end of its sentence. */
function wordsAt(text: string, at: number, kind: RegExp): readonly string[] {
  let end = at;
  while (end < text.length && end - at < WORD_CHARACTERS && kind.test(text[end] ?? '')) end += 1;
  const word = text.slice(at, end);
  const bare = word.replace(SENTENCE_END, '');
  return bare === '' ? [] : bare === word ? [word] : [bare, word];
}

/** What a template can name. */
export type TemplateSources = Pick<Alert, 'labels' | 'annotations' | 'service' | 'title'> & { readonly finds: Finds };

/**
 * Writes a template: `{labels.namespace}/{labels.pod}` of labels namespace=shop, pod=web is `shop/web`. null: something that
 * it names is not there, or is empty.
 */
export function writeTemplate(template: string, sources: TemplateSources): string | null {
  let isWhole = true;
  const written = template.replace(/\{([a-z]+)(?:\.([^{}]+))?\}/g, (_, what: string, name = '') => {
    const value = sourceValue(what, name, sources);
    if (value === null || value === '') isWhole = false;
    return value ?? '';
  });
  return isWhole ? written.trim() : null;
}

function sourceValue(what: string, name: string, { labels, annotations, service, title, finds }: TemplateSources) {
  switch (what) {
    case 'labels':
      return ownValue(labels, name);
    case 'annotations':
      return ownValue(annotations, name);
    case 'text':
      return ownValue(finds, name);
    case 'service':
      return service;
    case 'title':
      return title;
    default:
      return null;
  }
}

function ownValue(entries: Readonly<Record<string, string | undefined>>, name: string): string | null {
  return Object.hasOwn(entries, name) ? (entries[name] ?? null) : null;
}

/** Reports whether a text is as a pattern with `*` says: `Egress*` is how `EgressBlocked` begins, and `egress` is not. */
export function matchesGlob(glob: string, text: string): boolean {
  const pieces = glob.split('*');
  const [first = '', ...others] = pieces;
  const last = others.pop();
  if (last === undefined) return glob === text;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  const end = text.length - last.length;
  let from = first.length;
  for (const piece of others) {
    const found = text.indexOf(piece, from);
    if (found < 0 || found + piece.length > end) return false;
    from = found + piece.length;
  }
  return true;
}
