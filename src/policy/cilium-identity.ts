/**
 * Cilium's setting of which labels make an identity (`labels` and `label-prefix-file` in its ConfigMap), beside what it
 * leaves out by default. Agents take it up when they start again, which nothing tells: a label whose part in it the setting
 * turns around is open. https://docs.cilium.io/en/stable/operations/performance/scalability/identity-relevant-labels/ and
 * https://github.com/cilium/cilium/blob/v1.15.19/pkg/labelsfilter/filter.go
 */
import { isIdentityLabel, type Lengths, matchedLengths } from './cilium-labels.ts';
import type { ConfiguredEngine } from './departures.ts';
import type { Expression, IdentitySetting } from './model.ts';
import { textAt } from './reading.ts';
import { type Atom, mapAtoms } from './selector.ts';

/** What stands before a namespace's label among those of its pods. */
const NAMESPACE_LABELS = 'io.cilium.k8s.namespace.labels.';

/** Reads the setting in Cilium's ConfigMap; null: labels are as by default, or the ConfigMap was not read. */
export function readIdentitySetting(config: unknown): IdentitySetting | null {
  const patterns = (textAt(config, 'data', 'labels') ?? '').split(/\s+/).filter(pattern => pattern !== '');
  const fromFile = (textAt(config, 'data', 'label-prefix-file') ?? '') !== '';
  return patterns.length === 0 && !fromFile ? null : { patterns, fromFile };
}

/**
 * An expression over labels of pods or of their namespaces as Kubernetes' policies mean it, as Cilium sees it: labels that it leaves out are
 * never there, and of those that it is set to treat otherwise it is not known. Other engines see every label.
 */
export function asSeenBy(engine: ConfiguredEngine, expression: Expression, of: 'pods' | 'namespaces'): Expression {
  if (engine.name !== 'cilium') return expression;
  return mapAtoms(expression, atom => {
    const key = of === 'pods' ? atom.key : `${NAMESPACE_LABELS}${atom.key}`;
    const why = whyOpen(key, engine.identitySetting);
    if (why !== null) return perhaps(atom, why);
    // No label has such a key, and a trace says why.
    return isIdentityLabel(key) ? atom : { ...atom, key: `${atom.key} (left out by Cilium)` };
  });
}

/** An expression of Cilium's own selectors under the setting: `any:app` and `k8s:app` match only perhaps where `app` is open. */
export function underSetting(expression: Expression, setting: IdentitySetting | undefined): Expression {
  if (setting === undefined) return expression;
  const known = bySetting.get(setting) ?? new WeakMap<Expression, Expression>();
  bySetting.set(setting, known);
  const changed =
    known.get(expression) ??
    mapAtoms(expression, atom => {
      const [, bare] = /^(?:any|k8s):(.*)$/s.exec(atom.key) ?? [];
      const why = bare === undefined ? null : whyOpen(bare, setting);
      return why === null ? atom : perhaps(atom, why);
    });
  known.set(expression, changed);
  return changed;
}

/** Each selector is asked of thousands of pods. */
const bySetting = new WeakMap<IdentitySetting, WeakMap<Expression, Expression>>();

function whyOpen(key: string, setting: IdentitySetting | undefined): string | null {
  if (setting === undefined || keepsLabel(key, setting) === isIdentityLabel(key)) return null;
  return `whether Cilium sees label ${key} is not known: which ones it sees is set (labels in ConfigMap cilium-config)`;
}

/** A pod without the label is not meant, whatever Cilium sees. */
function perhaps(atom: Atom, why: string): Expression {
  return { op: 'all', of: [atom, { op: 'unreadable', why }] };
}

/** Reports whether a label is kept; null: the patterns are more than the beginnings of keys. */
export function keepsLabel(key: string, { patterns, fromFile }: IdentitySetting): boolean | null {
  if (fromFile) return null;
  const own = patterns.map(readPattern).filter(({ source }) => source === '' || source === 'k8s');
  if (own.some(({ prefix }) => prefix === null)) return null;
  const matching = own.filter(({ prefix }) => key.startsWith(prefix ?? ''));
  const lengthsOf = (leavesOut: boolean) =>
    matching.flatMap(each => (each.leavesOut === leavesOut ? [each.prefix?.length ?? 0] : []));
  const byDefault = matchedLengths(key);
  const lengths: Lengths = {
    kept: [...byDefault.kept, ...lengthsOf(false)],
    leftOut: [...byDefault.leftOut, ...lengthsOf(true)],
  };
  const onlyListed = own.some(({ leavesOut }) => !leavesOut);
  const [kept, leftOut] = [Math.max(0, ...lengths.kept), Math.min(...lengths.leftOut)];
  if (lengths.leftOut.length === 0) return kept > 0 || !onlyListed;
  return kept > leftOut;
}

type Pattern = { readonly source: string; readonly leavesOut: boolean; readonly prefix: string | null };

/** `k8s:!app\.kubernetes\.io`: a source, whether it leaves out, and a regular expression; null: no mere beginning of a key. */
function readPattern(text: string): Pattern {
  const [, source = '', mark = '', expression = ''] = /^(?:([^:]*):)?(!?)(.*)$/s.exec(text) ?? [];
  // A dot that is not escaped means any character: nobody means other keys by it.
  const prefix = expression.replaceAll('\\.', '.');
  return { source, leavesOut: mark === '!', prefix: /^[-\w./]+$/.test(prefix) ? prefix : null };
}
