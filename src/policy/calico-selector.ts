/**
 * Calico's selector language, as its own parser reads it: `app == 'web' && has(tier) || !(env in {'dev', 'test'})`.
 * https://docs.tigera.io/calico/latest/reference/resources/networkpolicy#selectors and libcalico-go/lib/selector.
 */
import type { Expression } from './model.ts';

/** An expression, or why the text is none: an API server refuses such a selector. */
export type SelectorReading =
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'unreadable'; readonly why: string };

/** What `all()` and `global()` stand for: everything, but in a namespaceSelector. */
export type Words = { readonly all: Expression; readonly global: Expression };

const EVERYTHING: Expression = { op: 'true' };
const ANYWHERE: Words = { all: EVERYTHING, global: EVERYTHING };

/** Nobody nests selectors this deep; a text that does is made to exhaust whoever reads it. */
const DEEPEST = 100;

/**
 * Reads a selector. An empty one selects everything. `app == 'web'` matches {app: web}; `app != 'web'` matches {} and
 * {app: db}; `app = 'web'`, `app == web` and `app IN {'web'}` are unreadable.
 */
export function parseSelector(text: string, words: Words = ANYWHERE): SelectorReading {
  const tokens = tokenize(text);
  if (typeof tokens === 'string') return { kind: 'unreadable', why: tokens };
  if (tokens.length === 0) return { kind: 'expression', expression: words.all };
  const parsed = parseOr({ tokens, words }, 0, 0);
  if (typeof parsed === 'string') return { kind: 'unreadable', why: parsed };
  if (parsed.next < tokens.length)
    return { kind: 'unreadable', why: `unexpected ${tokenText(tokens[parsed.next])} at its end` };
  return { kind: 'expression', expression: parsed.expression };
}

// ---------------------------------------------------------------- tokens

type Operator = '==' | '!=' | 'in' | 'not in' | 'contains' | 'starts with' | 'ends with';
type Mark = '(' | ')' | '{' | '}' | ',' | '!' | '&&' | '||';
type Token =
  | { readonly kind: 'label' | 'text' | 'has'; readonly value: string }
  | { readonly kind: 'operator'; readonly value: Operator }
  | { readonly kind: 'mark'; readonly value: Mark }
  | { readonly kind: 'word'; readonly value: 'all' | 'global' };

/** Spaces and tabs only: a line break is an error. */
const SPACE = /[ \t]*/y;
const MARK = /==|!=|&&|\|\||[(){},!]/y;
const TEXT = /"([^"]*)"|'([^']*)'/y;
/** `notin`, `not in` and `startswith` all count; what follows need not be apart from it. */
const WORD_OPERATOR = /contains|starts[ \t]*with|ends[ \t]*with|not[ \t]*in|in/y;
const HAS = /has\([ \t]*([A-Za-z0-9_./-]+)[ \t]*\)/y;
const CALL = /(all|global)\([ \t]*\)/y;
const BROKEN_CALL = /(has|all|global)\(/y;
const LABEL = /[A-Za-z0-9_./-]+/y;

/** The tokens of a text, or why it has none. */
function tokenize(text: string): readonly Token[] | string {
  const tokens: Token[] = [];
  let at = matchAt(SPACE, text, 0)?.[0].length ?? 0;
  while (at < text.length) {
    const found = tokenAt(text, at, tokens.at(-1)?.kind === 'label');
    if (typeof found === 'string') return found;
    tokens.push(found.token);
    at = found.end + (matchAt(SPACE, text, found.end)?.[0].length ?? 0);
  }
  return tokens;
}

type Found = { readonly token: Token; readonly end: number };

function tokenAt(text: string, at: number, afterLabel: boolean): Found | string {
  const mark = matchAt(MARK, text, at)?.[0];
  if (mark !== undefined) return { token: markToken(mark), end: at + mark.length };
  const quoted = matchAt(TEXT, text, at);
  if (quoted !== null)
    return { token: { kind: 'text', value: quoted[1] ?? quoted[2] ?? '' }, end: at + quoted[0].length };
  if (text[at] === '"' || text[at] === "'") return 'a text in quotes does not end';
  return afterLabel ? operatorAt(text, at) : nameAt(text, at);
}

function markToken(mark: string): Token {
  return mark === '==' || mark === '!=' ? { kind: 'operator', value: mark } : { kind: 'mark', value: mark as Mark };
}

function operatorAt(text: string, at: number): Found | string {
  const word = matchAt(WORD_OPERATOR, text, at)?.[0];
  if (word === undefined) return `an operator is expected at "${text.slice(at, at + 20)}"`;
  const value = word.replace(/[ \t]+/g, '').replace(/^(not|starts|ends)/, '$1 ') as Operator;
  return { token: { kind: 'operator', value }, end: at + word.length };
}

function nameAt(text: string, at: number): Found | string {
  const has = matchAt(HAS, text, at);
  if (has !== null) return { token: { kind: 'has', value: has[1] ?? '' }, end: at + has[0].length };
  const call = matchAt(CALL, text, at);
  if (call !== null)
    return { token: { kind: 'word', value: call[1] === 'all' ? 'all' : 'global' }, end: at + call[0].length };
  const broken = matchAt(BROKEN_CALL, text, at);
  if (broken !== null) return `${broken[0]} is not closed`;
  const label = matchAt(LABEL, text, at)?.[0];
  if (label === undefined) return `unexpected characters at "${text.slice(at, at + 20)}"`;
  return { token: { kind: 'label', value: label }, end: at + label.length };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

// ---------------------------------------------------------------- expressions

type Source = { readonly tokens: readonly Token[]; readonly words: Words };
type Parsed = { readonly expression: Expression; readonly next: number };

/** `||` binds least. */
function parseOr(source: Source, at: number, depth: number): Parsed | string {
  return parseList(source, at, depth, '||');
}

function parseList(source: Source, at: number, depth: number, mark: '||' | '&&'): Parsed | string {
  const parts: Expression[] = [];
  let next = at;
  for (;;) {
    const part = mark === '||' ? parseList(source, next, depth, '&&') : parseOperation(source, next, depth);
    if (typeof part === 'string') return part;
    parts.push(part.expression);
    if (source.tokens[part.next]?.value !== mark || source.tokens[part.next]?.kind !== 'mark')
      return { expression: joined(parts, mark), next: part.next };
    next = part.next + 1;
  }
}

function joined(parts: readonly Expression[], mark: '||' | '&&'): Expression {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  return { op: mark === '||' ? 'any' : 'all', of: parts };
}

function parseOperation(source: Source, at: number, depth: number): Parsed | string {
  let next = at;
  while (isMark(source.tokens[next], '!')) next += 1;
  const inner = parsePlain(source, next, depth);
  if (typeof inner === 'string') return inner;
  const negated = (next - at) % 2 === 1;
  return negated ? { expression: { op: 'not', of: inner.expression }, next: inner.next } : inner;
}

function parsePlain(source: Source, at: number, depth: number): Parsed | string {
  const token = source.tokens[at];
  if (token === undefined) return 'it ends where a condition is expected';
  if (token.kind === 'has') return { expression: { op: 'has', key: token.value }, next: at + 1 };
  if (token.kind === 'word') return { expression: source.words[token.value], next: at + 1 };
  if (token.kind === 'label') return parseComparison(source, token.value, at);
  if (!isMark(token, '(')) return `unexpected ${tokenText(token)} where a condition is expected`;
  if (depth >= DEEPEST) return 'it is nested too deep';
  const inner = parseOr(source, at + 1, depth + 1);
  if (typeof inner === 'string') return inner;
  return isMark(source.tokens[inner.next], ')') ? { ...inner, next: inner.next + 1 } : 'a ) is missing';
}

function parseComparison({ tokens }: Source, key: string, at: number): Parsed | string {
  const operator = tokens[at + 1];
  if (operator?.kind !== 'operator') return `an operator is expected after ${key}`;
  if (operator.value === 'in' || operator.value === 'not in') return parseSet(tokens, key, at + 2, operator.value);
  const value = tokens[at + 2];
  if (value?.kind !== 'text') return `a text in quotes is expected after ${key} ${operator.value}`;
  return { expression: comparison(key, operator.value, value.value), next: at + 3 };
}

function comparison(key: string, operator: Exclude<Operator, 'in' | 'not in'>, value: string): Expression {
  switch (operator) {
    case '==':
      return { op: 'in', key, values: [value] };
    case '!=':
      return { op: 'not', of: { op: 'in', key, values: [value] } };
    case 'contains':
      return { op: 'text', key, test: 'contains', value };
    case 'starts with':
      return { op: 'text', key, test: 'starts-with', value };
    case 'ends with':
      return { op: 'text', key, test: 'ends-with', value };
    default:
      return operator satisfies never;
  }
}

/** `{'a', 'b'}`; `{}` is the empty set, and a comma may stand after the last. */
function parseSet(tokens: readonly Token[], key: string, at: number, operator: 'in' | 'not in'): Parsed | string {
  if (!isMark(tokens[at], '{')) return `a set like {'a', 'b'} is expected after ${key} ${operator}`;
  const values: string[] = [];
  let next = at + 1;
  for (let token = tokens[next]; token?.kind === 'text'; token = tokens[next]) {
    values.push(token.value);
    next += 1;
    if (!isMark(tokens[next], ',')) break;
    next += 1;
  }
  if (!isMark(tokens[next], '}')) return `the set after ${key} ${operator} has no }`;
  const within: Expression = { op: 'in', key, values };
  return { expression: operator === 'in' ? within : { op: 'not', of: within }, next: next + 1 };
}

function isMark(token: Token | undefined, mark: Mark): boolean {
  return token?.kind === 'mark' && token.value === mark;
}

function tokenText(token: Token | undefined): string {
  return token === undefined ? 'nothing' : `"${token.value.slice(0, 40)}"`;
}
