/**
 * Questions about selectors themselves, without any pod: may two select the same pod, does one select whatever another
 * does? Answered by trying every combination of the labels that they name, so that the answer is exact.
 */
import { keysOf, matchNamespace } from '../policy/match-pods.ts';
import type { ClusterState, Expression, NamespaceScope, Selector, Subject } from '../policy/model.ts';
import { type Labels, mapKeys, matchExpression } from '../policy/selector.ts';

/** Three-valued: `unknown` where a part cannot be read, or there are too many combinations to try. */
export type Answer = 'yes' | 'no' | 'unknown';

/** More combinations than this are not tried. */
const MOST_COMBINATIONS = 4096;
/** A value that no selector names. */
const ANY_OTHER = 'any-other-value';

/** Whether some set of labels satisfies the expression: `app=a, app=b` no, `app=a, tier=b` yes. */
export function isSatisfiable(expression: Expression): Answer {
  if (hasOp(expression, 'text')) return 'unknown';
  const choices = [...new Set(keysOf(expression))].map(key => ({ key, values: [null, ...valuesOf(expression, key)] }));
  const count = choices.reduce((product, { values }) => product * values.length, 1);
  if (count > MOST_COMBINATIONS) return 'unknown';
  let best: Answer = 'no';
  for (let number = 0; number < count; number += 1) {
    const { match } = matchExpression(expression, combination(choices, number));
    if (match === 'yes') return 'yes';
    if (match === 'unknown') best = 'unknown';
  }
  return best;
}

/** Whether whatever satisfies `inner` satisfies `outer` too: `app=a` is in `app in (a, b)`, and everything is in `true`. */
export function implies(inner: Expression, outer: Expression): Answer {
  if (outer.op === 'true' || JSON.stringify(inner) === JSON.stringify(outer))
    return hasOp(inner, 'unreadable') ? 'unknown' : 'yes';
  return opposite(isSatisfiable({ op: 'all', of: [inner, { op: 'not', of: outer }] }));
}

/** Selectors of several kinds of labels in one space: Cilium's keys lose the source that Kubernetes' labels have. */
export function plainExpression({ view, expression }: Selector): Expression {
  return view === 'cilium' ? mapKeys(expression, key => key.replace(/^(any|k8s):/, '')) : expression;
}

/** Whether every pod of `inner` is one of `outer`. */
export function coversSubject(outer: Subject, inner: Subject, cluster: ClusterState): Answer {
  if (!isAsNarrow(outer, inner)) return 'no';
  return both(
    coversScope(outer.namespaces, inner.namespaces, cluster),
    implies(plainExpression(inner.pods), plainExpression(outer.pods)),
  );
}

/** Conditions beside labels: absent in the outer one, or the same in both. */
function isAsNarrow(outer: Subject, inner: Subject): boolean {
  const isSame = (key: 'serviceAccounts' | 'proxy' | 'onlyHostNetwork') =>
    (outer[key] ?? null) === null || JSON.stringify(outer[key]) === JSON.stringify(inner[key]);
  const hosts = outer.hostNetwork === 'applies' || outer.hostNetwork === inner.hostNetwork;
  return hosts && isSame('serviceAccounts') && isSame('proxy') && isSame('onlyHostNetwork');
}

/** Whether a pod may be selected by both; `unknown` counts as may. */
export function mayOverlap(a: Subject, b: Subject, cluster: ClusterState): boolean {
  if (!mayShareNamespace(a.namespaces, b.namespaces, cluster)) return false;
  return isSatisfiable({ op: 'all', of: [plainExpression(a.pods), plainExpression(b.pods)] }) !== 'no';
}

/** Whether every namespace of `inner` is one of `outer`. */
export function coversScope(outer: NamespaceScope, inner: NamespaceScope, cluster: ClusterState): Answer {
  if (outer.kind === 'all' || inner.kind === 'none') return 'yes';
  if (outer.kind === 'none') return 'no';
  if (inner.kind === 'named') return allOf(inner.names.map(name => matchNamespace(outer, name, cluster).match));
  if (inner.kind === 'all' || outer.kind === 'named') return 'no';
  return implies(plainExpression(inner.selector), plainExpression(outer.selector));
}

function mayShareNamespace(a: NamespaceScope, b: NamespaceScope, cluster: ClusterState): boolean {
  if (a.kind === 'none' || b.kind === 'none') return false;
  if (a.kind === 'named') return a.names.some(name => matchNamespace(b, name, cluster).match !== 'no');
  if (b.kind === 'named') return b.names.some(name => matchNamespace(a, name, cluster).match !== 'no');
  if (a.kind === 'all' || b.kind === 'all') return true;
  return isSatisfiable({ op: 'all', of: [plainExpression(a.selector), plainExpression(b.selector)] }) !== 'no';
}

function valuesOf(expression: Expression, key: string): readonly string[] {
  return [...new Set([ANY_OTHER, ...namedValues(expression, key)])];
}

function namedValues(expression: Expression, key: string): readonly string[] {
  switch (expression.op) {
    case 'all':
    case 'any':
      return expression.of.flatMap(part => namedValues(part, key));
    case 'not':
      return namedValues(expression.of, key);
    case 'in':
      return expression.key === key ? expression.values : [];
    case 'true':
    case 'has':
    case 'text':
    case 'unreadable':
      return [];
    default:
      return expression satisfies never;
  }
}

function hasOp(expression: Expression, op: Expression['op']): boolean {
  if (expression.op === op) return true;
  if (expression.op === 'all' || expression.op === 'any') return expression.of.some(part => hasOp(part, op));
  return expression.op === 'not' && hasOp(expression.of, op);
}

type Choice = { readonly key: string; readonly values: readonly (string | null)[] };

/** The labels that a number stands for, one digit for each key; null: the key is absent. */
function combination(choices: readonly Choice[], number: number): Labels {
  const labels: Record<string, string> = Object.create(null);
  let rest = number;
  for (const { key, values } of choices) {
    const value = values[rest % values.length] ?? null;
    if (value !== null) labels[key] = value;
    rest = Math.floor(rest / values.length);
  }
  return labels;
}

function opposite(answer: Answer): Answer {
  if (answer === 'unknown') return answer;
  return answer === 'yes' ? 'no' : 'yes';
}

function both(a: Answer, b: Answer): Answer {
  return allOf([a, b]);
}

function allOf(answers: readonly Answer[]): Answer {
  if (answers.includes('no')) return 'no';
  return answers.includes('unknown') ? 'unknown' : 'yes';
}
