/** Where each object of a YAML or JSON text stands, line by line, and what is remarked beside its values. */
import {
  type Document,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  visit,
} from 'yaml';

/** Steps from an object to a value in it: `['spec', 'egress', 0]`. */
export type Path = readonly (string | number)[];

/** A comment at the end of a value's line: `cidr: 203.0.113.43/32 # api.stripe.com`. */
export type Remark = { readonly value: string; readonly comment: string };

/** Where one object stands. */
export type ObjectSource = {
  /** The line of the value, or of the nearest one around it that exists; counts from 1. */
  readonly lineOf: (path: Path) => number;
  readonly remarks: readonly Remark[];
};

/** The library reads a megabyte in about a second: beyond this, lines are not worth the wait. */
const LONGEST_TEXT = 4_000_000;

/**
 * Finds the objects of a text in the order in which `readManifests` gives them. Empty when the text is too long or cannot
 * be read: lines are then not known.
 */
export function readSources(text: string): readonly ObjectSource[] {
  if (text.length > LONGEST_TEXT) return [];
  const lines = new LineCounter();
  // Objects that are written as JSON, one a line, have no lines of their own to tell.
  const plain = text
    .split('\n')
    .map(line => (/^- \{".*\}\s*$/.test(line) ? '- json' : line))
    .join('\n');
  const documents = parseAllDocuments(plain, { lineCounter: lines, logLevel: 'silent', keepSourceTokens: false });
  return [...documents].flatMap(document => objectNodes(document.contents).map(node => sourceOf(node, lines)));
}

/** The same way through lists, `List` objects and case files as `readManifests` takes. */
function objectNodes(node: Document['contents']): readonly Node[] {
  if (node === null || (isScalar(node) && node.value === null)) return [];
  if (isSeq(node)) return node.items.flatMap(item => objectNodes(item as Node));
  if (!isMap(node)) return [node];
  const kind = node.get('kind');
  const [objects, items] = [node.get('objects', true), node.get('items', true)] as unknown[];
  if (!node.has('kind') && isSeq(objects)) return objects.items.map(item => item as Node);
  if (isSeq(items) && typeof kind === 'string' && kind.endsWith('List')) return items.items.map(item => item as Node);
  return [node];
}

function sourceOf(node: Node, lines: LineCounter): ObjectSource {
  const lineAt = (found: Node) => lines.linePos(found.range?.[0] ?? 0).line;
  return {
    lineOf: path => lineAt(deepest(node, path)),
    remarks: remarksOf(node),
  };
}

function deepest(node: Node, path: Path): Node {
  let current = node;
  for (const step of path) {
    if (!isCollection(current)) break;
    const next: unknown = current.get(step, true);
    if (next === undefined || next === null || typeof next !== 'object') break;
    current = next as Node;
  }
  return current;
}

function remarksOf(node: Node): readonly Remark[] {
  const remarks: Remark[] = [];
  visit(node, {
    Scalar: (_, scalar) => {
      if (typeof scalar.comment === 'string') remarks.push({ value: String(scalar.value), comment: scalar.comment });
    },
  });
  return remarks;
}
