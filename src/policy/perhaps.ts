/** Policies that may or may not count: what they would decide is possible, never certain. */
import type { Policy } from './model.ts';
import type { PlacedPolicy } from './reader.ts';

/** The policy as one that selects its pods or nobody, and why that cannot be told. */
export function perhaps(policy: Policy, why: string): Policy {
  const { pods } = policy.subject;
  const expression = { op: 'all' as const, of: [pods.expression, { op: 'unreadable' as const, why }] };
  return { ...policy, subject: { ...policy.subject, pods: { ...pods, expression } } };
}

/**
 * Policies of one place and one order, of which any may come first: those that would come later stand before the first
 * once more, as a possibility.
 */
export function withTies(placed: readonly PlacedPolicy[]): readonly PlacedPolicy[] {
  const groups = Map.groupBy(placed, ({ place, order }) => `${place.layer} ${place.tier} ${order}`);
  return [...groups.values()].flatMap(group => {
    const sorted = group.toSorted((a, b) => (a.tie < b.tie ? -1 : 1));
    const again = sorted.slice(1).map(({ policy, ...rest }): PlacedPolicy => {
      const why = `which of the policies of priority ${rest.order} in this tier comes first is not determined`;
      return { ...rest, tie: `1 ${rest.tie}`, policy: { ...perhaps(policy, why), problems: [] } };
    });
    if (again.length === 0) return sorted;
    const tied = sorted.map(({ policy, ...rest }, index) => {
      return { ...rest, tie: `2 ${rest.tie}`, policy: asTied(policy, rest.order, sorted.length - index) };
    });
    return [...again, ...tied];
  });
}

/** The policy as one of several of an order, of which none always comes before another: the other way round is possible. */
export function asTied(policy: Policy, order: number, fromLast: number): Policy {
  return { ...policy, turn: { order, ties: [String(fromLast).padStart(6, '0')] } };
}
