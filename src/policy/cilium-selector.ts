/**
 * Cilium's endpoint selectors: label selectors whose keys have a source (`k8s:app`, `reserved:host`; none is `any:`).
 * https://docs.cilium.io/en/stable/security/policy/language/#endpoints-based and
 * https://docs.cilium.io/en/stable/internals/security-identities/
 */
import type { Engine } from '../model.ts';
import { ciliumHas } from './cilium-versions.ts';
import { keysOf } from './match-pods.ts';
import type { Expression } from './model.ts';
import { isRecord, type Notebook } from './reading.ts';
import { mapKeys, readLabelSelector, selectorText } from './selector.ts';

/** The label that Cilium gives every pod: its namespace. */
export const NAMESPACE_KEY = 'k8s:io.kubernetes.pod.namespace';

const NAMESPACE_KEYS: ReadonlySet<string> = new Set([NAMESPACE_KEY, 'any:io.kubernetes.pod.namespace']);
const NAMESPACE_LABELS = /^(k8s|any):io\.cilium\.k8s\.namespace\.labels\./;

/**
 * Reads a selector as it is written; keys get their source (`app` is `any:app`, `$host` is `reserved:host`). What is
 * malformed is `unreadable` within it, with a problem; a label that is given twice is one of its values, not known which.
 */
export function readCiliumSelector(value: unknown, where: string, notebook: Notebook): Expression {
  const { selector, ambiguous } = withSources(value);
  // In Cilium's own checks a key is `source.key`, so that it is a Kubernetes label key again.
  const read = (each: unknown): Expression => mapKeys(readLabelSelector(each, where, notebook), coloned);
  const parts = ambiguous.flatMap(({ key, names, values }): readonly Expression[] => {
    const written = names.map(name => `"${name}"`).join(' and ');
    const why = `${where}.matchLabels gives ${coloned(key)} as ${written} with different values: Cilium keeps any one of them`;
    notebook.problems.push(why);
    const either: Expression = { op: 'any', of: values.map(each => read({ matchLabels: { [key]: each } })) };
    return [either, { op: 'unreadable', why }];
  });
  return conjunction(read(selector), ...parts);
}

type Written = {
  /** Its keys are `source.key`. */
  readonly selector: unknown;
  /** Labels that matchLabels gives more than one value, and by which names. */
  readonly ambiguous: readonly {
    readonly key: string;
    readonly names: readonly string[];
    readonly values: readonly unknown[];
  }[];
};

/**
 * Gives each key its source. `app` and `any:app` are then one label, whose value is the one that a Go map happens to give
 * last (https://go.dev/ref/spec#For_range: the order "is not specified"). Measured with 1.15: the same policy selected
 * other pods when it was applied again.
 */
function withSources(value: unknown): Written {
  if (!isRecord(value)) return { selector: value, ambiguous: [] };
  const { matchLabels, matchExpressions } = value;
  const given = Map.groupBy(Object.entries(isRecord(matchLabels) ? matchLabels : {}), ([name]) => dotted(name));
  const labels = [...given].map(([key, entries]) => ({
    key,
    names: entries.map(([name]) => name),
    values: [...new Set(entries.map(([, each]) => each))],
  }));
  const plain = labels.filter(({ values }) => values.length === 1).map(({ key, values }) => [key, values[0]]);
  const selector = {
    ...value,
    ...(isRecord(matchLabels) ? { matchLabels: Object.fromEntries(plain) } : {}),
    ...(Array.isArray(matchExpressions) ? { matchExpressions: matchExpressions.map(withSource) } : {}),
  };
  return { selector, ambiguous: labels.filter(({ values }) => values.length > 1) };
}

function withSource(requirement: unknown): unknown {
  if (!isRecord(requirement) || typeof requirement.key !== 'string') return requirement;
  return { ...requirement, key: dotted(requirement.key) };
}

function dotted(key: string): string {
  if (key.startsWith('$')) return `reserved.${key.slice(1)}`;
  const colon = key.indexOf(':');
  return colon < 0 ? `any.${key}` : `${key.slice(0, colon) || 'any'}.${key.slice(colon + 1)}`;
}

function coloned(key: string): string {
  const dot = key.indexOf('.');
  return `${key.slice(0, dot)}:${key.slice(dot + 1)}`;
}

type PeerScope = {
  /** null: a cluster-wide policy. */
  readonly namespace: string | null;
  /** Whether the policy's own selector is for pods that are starting (`reserved:init`), which have no namespace yet. */
  readonly forStartingPods: boolean;
  readonly engine: Engine;
};

/**
 * Adds what Cilium adds to a peer's selector: without a namespace key it means the policy's own namespace, in a
 * cluster-wide policy any pod that has one; a selector with a `reserved:` key stays as it is.
 * https://docs.cilium.io/en/stable/security/policy/kubernetes/#namespaces
 */
export function scopePeer(expression: Expression, scope: PeerScope): Expression {
  const keys = keysOf(expression);
  if (keys.some(key => key.startsWith('reserved:')) || keys.some(key => NAMESPACE_KEYS.has(key))) return expression;
  if (scope.namespace === null)
    return scope.forStartingPods ? expression : conjunction(expression, { op: 'has', key: NAMESPACE_KEY });
  const own: Expression = { op: 'in', key: NAMESPACE_KEY, values: [scope.namespace] };
  if (!keys.some(key => NAMESPACE_LABELS.test(key))) return conjunction(expression, own);
  switch (ciliumHas(scope.engine, 'namespace-labels-stay-in-the-own-namespace')) {
    case 'yes':
      return conjunction(expression, own);
    case 'no':
      return expression;
    default:
      return conjunction(expression, {
        op: 'any',
        of: [
          own,
          {
            op: 'unreadable',
            why: "whether a selector of namespace labels reaches beyond the policy's own namespace is not known for this version",
          },
        ],
      });
  }
}

/** Both must hold; what holds always is left out. */
export function conjunction(...parts: readonly Expression[]): Expression {
  const of = parts.flatMap(part => (part.op === 'all' ? part.of : part.op === 'true' ? [] : [part]));
  const [only] = of;
  if (only === undefined) return { op: 'true' };
  return of.length === 1 ? only : { op: 'all', of };
}

/** A peer's selector in words: `pods app=db in namespace pay`. */
export function peerSelectorText(expression: Expression): string {
  const parts = expression.op === 'all' ? expression.of : [expression];
  const namespaces = parts.filter(part => part.op === 'in' && NAMESPACE_KEYS.has(part.key));
  const others = parts.filter(part => !namespaces.includes(part) && !(part.op === 'has' && part.key === NAMESPACE_KEY));
  const labels = others.length === 0 ? 'all pods' : `pods ${selectorText({ op: 'all', of: others })}`;
  const names = namespaces.flatMap(part => (part.op === 'in' ? part.values : []));
  return names.length === 0
    ? `${labels.replace(/^pods /, 'endpoints ')}`
    : `${labels} in namespace ${names.join(' or ')}`;
}
