/** Policies of one order, of which it is not known which comes first: what stands before what, and what is possible besides. */
import { describe, expect, test } from 'vitest';
import { isAlwaysBefore } from '../../src/policy/calico-turn.ts';
import type { Policy } from '../../src/policy/model.ts';
import { withTies } from '../../src/policy/perhaps.ts';
import type { PlacedPolicy } from '../../src/policy/reader.ts';

const ALL = { op: 'true' } as const;

function policyNamed(name: string, turn?: Policy['turn']): Policy {
  return {
    ref: { kind: 'AdminNetworkPolicy', namespace: null, name },
    subject: {
      namespaces: { kind: 'all' },
      pods: { view: 'kubernetes', expression: ALL },
      serviceAccounts: null,
      hostNetwork: 'applies',
    },
    isolates: { egress: false, ingress: false },
    egress: 'absent',
    ingress: 'absent',
    problems: ['a problem'],
    meta: { createdAt: null, changedAt: null, managedBy: [], resourceVersion: null },
    ...(turn !== undefined && { turn }),
  };
}

describe('one policy always comes before another that stands after it', () => {
  const at = (order: number, ...ties: readonly string[]) => policyNamed('p', { order, ties });
  test.each<readonly [rule: string, first: Policy, second: Policy, always: boolean]>([
    ['where neither has a turn', policyNamed('a'), policyNamed('b'), true],
    ['where the first has none', policyNamed('a'), at(1, 'a'), true],
    ['where the second has none', at(1, 'b'), policyNamed('b'), true],
    ['where their orders differ', at(1, 'b'), at(2, 'a'), true],
    ['where every way of sorting says so', at(1, 'a', 'a'), at(1, 'b', 'b'), true],
    ['where their names are the same', at(1, 'a'), at(1, 'a'), true],
    ['not where one way of sorting says otherwise', at(1, 'a', 'b'), at(1, 'b', 'a'), false],
    ['not where each way says otherwise', at(1, 'b', 'b'), at(1, 'a', 'a'), false],
    ['not where the second has no name for a way', at(1, 'a', 'a'), at(1, 'b'), false],
  ])('%s', (_rule, first, second, always) => {
    expect(isAlwaysBefore(first, second)).toBe(always);
  });
});

describe('policies of one priority', () => {
  const placed = (name: string, order: number, tier = 'Admin'): PlacedPolicy => ({
    place: { layer: 'network policy', tier, order: 0, combine: 'first-match', endOfTier: 'pass' },
    order,
    tie: name,
    policy: policyNamed(name),
  });
  /** In the order in which they are asked: `b? a b` is b as a possibility, then a, then b. */
  const asked = (...policies: readonly PlacedPolicy[]) =>
    withTies(policies)
      .toSorted((a, b) => a.place.tier.localeCompare(b.place.tier) || a.order - b.order || (a.tie < b.tie ? -1 : 1))
      .map(({ policy }) => `${policy.ref.name}${policy.subject.pods.expression.op === 'all' ? '?' : ''}`)
      .join(' ');

  test.each<readonly [rule: string, policies: readonly PlacedPolicy[], order: string]>([
    ['alone it is what it is', [placed('a', 1)], 'a'],
    ['of other priorities each is alone', [placed('b', 1), placed('a', 2)], 'b a'],
    ['in other tiers each is alone', [placed('b', 1), placed('a', 1, 'Baseline')], 'b a'],
    ['of two, the later one may come first', [placed('a', 1), placed('b', 1)], 'b? a b'],
    ['whichever was read first', [placed('b', 1), placed('a', 1)], 'b? a b'],
    ['of three, each of the later two', [placed('c', 1), placed('a', 1), placed('b', 1)], 'b? c? a b c'],
  ])('%s', (_rule, policies, order) => {
    expect(asked(...policies)).toBe(order);
  });

  test('what is only possible tells its problems once, and says what it hangs on', () => {
    const [possible, ...certain] = withTies([placed('a', 1), placed('b', 1)]);
    expect(possible?.policy.problems).toEqual([]);
    expect(JSON.stringify(possible?.policy.subject)).toContain(
      'of priority 1 in this tier comes first is not determined',
    );
    expect(certain.map(({ policy }) => policy.problems)).toEqual([['a problem'], ['a problem']]);
  });

  test('none of them always comes before another', () => {
    const [, first, second] = withTies([placed('a', 1), placed('b', 1)]).map(({ policy }) => policy);
    if (first === undefined || second === undefined) throw new Error('no policies');
    expect([isAlwaysBefore(first, second), isAlwaysBefore(second, first)]).toEqual([false, true]);
  });
});
