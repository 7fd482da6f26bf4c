/**
 * Cilium's endpoint selectors: label selectors whose keys have a source (`k8s:app`, `reserved:host`; none is `any:`).
 * https://docs.cilium.io/en/stable/security/policy/language/#endpoints-based and
 * https://docs.cilium.io/en/stable/internals/security-identities/
 */
import type { Engine } from '../model.ts';
import { ciliumHas } from './cilium-versions.ts';
import { keysOf } from './match-pods.ts';
import type { Expression } from './model.ts';
import { isRecord, type Json, type Notebook } from './reading.ts';
import { mapKeys, readLabelSelector, selectorText } from './selector.ts';

/** The label that Cilium gives every pod: its namespace. */
export const NAMESPACE_KEY = 'k8s:io.kubernetes.pod.namespace';

const NAMESPACE_KEYS: ReadonlySet<string> = new Set([NAMESPACE_KEY, 'any:io.kubernetes.pod.namespace']);
const NAMESPACE_LABELS = /^(k8s|any):io\.cilium\.k8s\.namespace\.labels\./;

/**
 * Reads a selector as it is written; keys get their source (`app` is `any:app`, `$host` is `reserved:host`). What is
 * malformed is `unreadable` within it, with a problem.
 */
export function readCiliumSelector(value: unknown, where: string, notebook: Notebook): Expression {
  // In Cilium's own checks a key is `source.key`, so that it is a Kubernetes label key again.
  return mapKeys(readLabelSelector(renamed(value, dotted), where, notebook), coloned);
}

function renamed(value: unknown, rename: (key: string) => string): unknown {
  if (!isRecord(value)) return value;
  const { matchLabels, matchExpressions } = value;
  return {
    ...value,
    ...(isRecord(matchLabels) ? { matchLabels: renamedMap(matchLabels, rename) } : {}),
    ...(Array.isArray(matchExpressions)
      ? {
          matchExpressions: matchExpressions.map((item: unknown) =>
            isRecord(item) && typeof item.key === 'string' ? { ...item, key: rename(item.key) } : item,
          ),
        }
      : {}),
  };
}

function renamedMap(map: Json, rename: (key: string) => string): Json {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [rename(key), value]));
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
