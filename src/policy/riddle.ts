/** A rule of which not even the action can be told. */
import type { Rule } from './model.ts';

/** Two rules in its place: it may deny whatever it may match, or accept it, so that both ends stay possible. */
export function riddleRules(index: number, name: string | null, why: string): readonly Rule[] {
  const fields = [{ name: 'rule', negated: false, anyOf: [{ kind: 'unreadable' as const, why }] }];
  return (['deny', 'accept'] as const).map(action => ({ index, name, action, fields, notes: [] }));
}
