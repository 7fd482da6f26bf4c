/** Label selectors: three-valued, and every answer names the label that decided. */
import type { Expression, Match, Selector } from './model.ts';
import { isRecord, type Json, type Notebook, quoted } from './reading.ts';

/** Labels of a pod or namespace, by key. */
export type Labels = Readonly<Record<string, string>>;

/** The selector that matches everything, seen with Kubernetes' own labels. */
export const EVERYTHING: Selector = { view: 'kubernetes', expression: { op: 'true' } };

/** What is said of an empty selector. */
export const EVERYTHING_WHY = 'an empty selector selects everything';

/**
 * Matches an expression against labels. `app in (web)` matches {app: web}, not {app: db} and not {}; `not(app in (web))`
 * matches {} (an absent key is in no list:
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#set-based-requirement).
 */
export function matchExpression(expression: Expression, labels: Labels): Match {
  switch (expression.op) {
    case 'true':
      return { match: 'yes', why: EVERYTHING_WHY };
    case 'all':
      return matchAll(expression.of, labels);
    case 'any':
      return matchAny(expression.of, labels);
    case 'not':
      return matchNot(expression.of, labels);
    case 'has':
      return labelOf(labels, expression.key) === undefined
        ? { match: 'no', why: `has no label ${expression.key}` }
        : { match: 'yes', why: `has label ${expression.key}` };
    case 'in':
      return matchIn(expression.key, expression.values, labels);
    case 'text':
      return matchText(expression, labels);
    case 'unreadable':
      return { match: 'unknown', why: expression.why };
    default:
      return expression satisfies never;
  }
}

/** Own members only: a label may be called `constructor`. */
function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function matchAll(parts: readonly Expression[], labels: Labels): Match {
  const matches = parts.map(part => matchExpression(part, labels));
  const failed = matches.find(match => match.match === 'no') ?? matches.find(match => match.match === 'unknown');
  if (failed !== undefined) return failed;
  if (matches.length === 0) return { match: 'yes', why: EVERYTHING_WHY };
  return { match: 'yes', why: matches.map(match => match.why).join(' and ') };
}

function matchAny(parts: readonly Expression[], labels: Labels): Match {
  const matches = parts.map(part => matchExpression(part, labels));
  const found = matches.find(match => match.match === 'yes') ?? matches.find(match => match.match === 'unknown');
  return (
    found ?? {
      match: 'no',
      why: matches.map(match => match.why).join(' and ') || 'no alternative is given',
    }
  );
}

function matchNot(of: Expression, labels: Labels): Match {
  const inner = matchExpression(of, labels);
  if (inner.match === 'unknown') return inner;
  return { match: inner.match === 'yes' ? 'no' : 'yes', why: inner.why };
}

function matchIn(key: string, values: readonly string[], labels: Labels): Match {
  const value = labelOf(labels, key);
  if (value === undefined) return { match: 'no', why: `has no label ${key}` };
  if (values.includes(value)) return { match: 'yes', why: `has ${key}=${value}` };
  return {
    match: 'no',
    why: `has ${key}="${value}", not ${values.map(each => `"${each}"`).join(' or ') || 'any value'}`,
  };
}

function matchText(expression: Extract<Expression, { op: 'text' }>, labels: Labels): Match {
  const { key, test, value } = expression;
  const actual = labelOf(labels, key);
  if (actual === undefined) return { match: 'no', why: `has no label ${key}` };
  const matches = {
    'starts-with': actual.startsWith(value),
    'ends-with': actual.endsWith(value),
    contains: actual.includes(value),
  }[test];
  return {
    match: matches ? 'yes' : 'no',
    why: `has ${key}="${actual}", which ${matches ? 'does' : 'does not'} ${WORDS[test]} "${value}"`,
  };
}

const WORDS = { 'starts-with': 'start with', 'ends-with': 'end with', contains: 'contain' } as const;

/** The selector in words for a trace: `app=web, env in (a, b), !canary`; `everything` when it is empty. */
export function selectorText(expression: Expression): string {
  switch (expression.op) {
    case 'true':
      return 'everything';
    case 'all':
      return expression.of.length === 0 ? 'everything' : expression.of.map(selectorText).join(', ');
    case 'any':
      return expression.of.length === 0 ? 'nothing' : `(${expression.of.map(selectorText).join(' or ')})`;
    case 'not':
      return expression.of.op === 'has' ? `!${expression.of.key}` : `not (${selectorText(expression.of)})`;
    case 'has':
      return expression.key;
    case 'in':
      return expression.values.length === 1
        ? `${expression.key}=${expression.values[0]}`
        : `${expression.key} in (${expression.values.join(', ')})`;
    case 'text':
      return `${expression.key} ${expression.test} "${expression.value}"`;
    case 'unreadable':
      return `unreadable (${expression.why})`;
    default:
      return expression satisfies never;
  }
}

/** A part of an expression that asks for one label. */
export type Atom = Extract<Expression, { readonly key: string }>;

/** The expression with something else in place of each part that asks for a label. */
export function mapAtoms(expression: Expression, change: (atom: Atom) => Expression): Expression {
  switch (expression.op) {
    case 'true':
    case 'unreadable':
      return expression;
    case 'all':
    case 'any':
      return { op: expression.op, of: expression.of.map(part => mapAtoms(part, change)) };
    case 'not':
      return { op: 'not', of: mapAtoms(expression.of, change) };
    case 'has':
    case 'in':
    case 'text':
      return change(expression);
    default:
      return expression satisfies never;
  }
}

/** Renames every key of an expression, e.g. to give it a label source. */
export function mapKeys(expression: Expression, rename: (key: string) => string): Expression {
  return mapAtoms(expression, atom => ({ ...atom, key: rename(atom.key) }));
}

// ---------------------------------------------------------------- metav1.LabelSelector

const LABEL_NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_PREFIX = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/**
 * Reads a metav1.LabelSelector that is present (`{}` selects everything; null is read as `{}`, as the API server
 * decodes it). What is malformed becomes `unreadable` inside the expression and a problem in the notebook.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/label-selector/
 */
export function readLabelSelector(value: unknown, where: string, notebook: Notebook): Expression {
  if (value === null) {
    notebook.problems.push(`${where} is null, which selects everything`);
    return { op: 'true' };
  }
  if (!isRecord(value)) return unreadable(`${where} is no label selector`, notebook);
  const parts: Expression[] = [];
  for (const key of Object.keys(value)) {
    if (key === 'matchLabels') parts.push(...readMatchLabels(value[key], `${where}.matchLabels`, notebook));
    else if (key === 'matchExpressions')
      parts.push(...readMatchExpressions(value[key], `${where}.matchExpressions`, notebook));
    else parts.push(unreadable(`${where} has the unknown field "${key}"`, notebook));
  }
  const [only] = parts;
  if (only === undefined) return { op: 'true' };
  return parts.length === 1 ? only : { op: 'all', of: parts };
}

function readMatchLabels(value: unknown, where: string, notebook: Notebook): readonly Expression[] {
  if (value === undefined || value === null) return [];
  if (!isRecord(value)) return [unreadable(`${where} is no map`, notebook)];
  return Object.entries(value).map(([key, wanted]) => {
    const fault = faultOfKey(key) ?? faultOfValue(wanted);
    if (fault !== null || typeof wanted !== 'string') return unreadable(`${where}: ${fault}`, notebook);
    return { op: 'in', key, values: [wanted] };
  });
}

function readMatchExpressions(value: unknown, where: string, notebook: Notebook): readonly Expression[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return [unreadable(`${where} is no list`, notebook)];
  return value.map((item: unknown, index) => readRequirement(item, `${where}[${index}]`, notebook));
}

function readRequirement(item: unknown, where: string, notebook: Notebook): Expression {
  if (!isRecord(item)) return unreadable(`${where} is no object`, notebook);
  const { key, operator } = item;
  const values = item.values ?? [];
  if (typeof key !== 'string') return unreadable(`${where} has no key`, notebook);
  const fault = faultOfKey(key) ?? faultOfValues(values, operator, item);
  if (fault !== null) return unreadable(`${where}: ${fault}`, notebook);
  switch (operator) {
    case 'In':
      return { op: 'in', key, values: values as readonly string[] };
    case 'NotIn':
      return { op: 'not', of: { op: 'in', key, values: values as readonly string[] } };
    case 'Exists':
      return { op: 'has', key };
    case 'DoesNotExist':
      return { op: 'not', of: { op: 'has', key } };
    default:
      return unreadable(`${where}: unknown operator ${quoted(operator)}`, notebook);
  }
}

function faultOfValues(values: unknown, operator: unknown, item: Json): string | null {
  if (!Array.isArray(values)) return 'values is no list';
  const takesValues = operator === 'In' || operator === 'NotIn';
  if (takesValues && values.length === 0) return `${String(operator)} needs values`;
  if (!takesValues && Object.hasOwn(item, 'values') && values.length > 0) return `${String(operator)} takes no values`;
  for (const value of values) {
    const fault = faultOfValue(value);
    if (fault !== null) return fault;
  }
  return null;
}

function faultOfKey(key: string): string | null {
  const slash = key.indexOf('/');
  const prefix = slash < 0 ? null : key.slice(0, slash);
  const valid =
    LABEL_NAME.test(key.slice(slash + 1)) && (prefix === null || (prefix.length <= 253 && LABEL_PREFIX.test(prefix)));
  return valid ? null : `invalid label key ${quoted(key.slice(0, 80))}`;
}

function faultOfValue(value: unknown): string | null {
  if (typeof value !== 'string') return `a label value is no text: ${quoted(value)}`;
  if (value.length > 63) return `label value too long (${value.length} characters, at most 63)`;
  return value === '' || LABEL_NAME.test(value) ? null : `invalid label value ${quoted(value)}`;
}

function unreadable(why: string, notebook: Notebook): Expression {
  notebook.problems.push(why);
  return { op: 'unreadable', why };
}
