/**
 * The law of the unknown: the evaluator says `unknown` exactly when settling what is not known one way or the other would
 * end differently. Tried against every way of settling it, on random tiers of both kinds.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readClusterState } from '../../src/policy/cluster-state.ts';
import { predict } from '../../src/policy/evaluate.ts';
import type { Layer, PeerTerm, Policy, Rule, RuleBook, Tier } from '../../src/policy/model.ts';
import { CLUSTER, UNKNOWN } from '../tables/policy-builders.ts';

type Three = 'yes' | 'no' | 'unknown';
type RuleShape = { readonly action: 'accept' | 'deny' | 'pass' | 'log'; readonly match: Three };
type PolicyShape = { readonly selects: Three; readonly isolates: boolean; readonly rules: readonly RuleShape[] };
type TierShape = {
  readonly combine: 'union' | 'first-match';
  readonly endOfTier: 'pass' | 'deny';
  readonly policies: readonly PolicyShape[];
};

const { cluster } = readClusterState(CLUSTER, {});

const TERMS: Readonly<Record<Three, PeerTerm>> = {
  yes: { kind: 'everyone' },
  no: { kind: 'nobody', why: 'nobody' },
  unknown: { kind: 'unreadable', why: 'unreadable' },
};

function rule({ action, match }: RuleShape, index: number): Rule {
  return { index, name: null, action, fields: [{ name: 'to', negated: false, anyOf: [TERMS[match]] }], notes: [] };
}

function policy({ selects, isolates, rules }: PolicyShape, index: number): Policy {
  const expression = (
    {
      yes: { op: 'true' },
      no: { op: 'has', key: 'nothing-has-this' },
      unknown: { op: 'unreadable', why: 'unreadable' },
    } as const
  )[selects];
  return {
    ref: { kind: 'NetworkPolicy', namespace: 'pay', name: `p${index}` },
    subject: {
      namespaces: { kind: 'named', names: ['pay'] },
      pods: { view: 'kubernetes', expression },
      serviceAccounts: null,
      hostNetwork: 'applies',
    },
    isolates: { egress: isolates, ingress: false },
    egress: rules.map(rule),
    ingress: 'absent',
    problems: [],
    meta: { createdAt: null, changedAt: null, managedBy: [], resourceVersion: null },
  };
}

function decide(layers: readonly (readonly TierShape[])[]): string {
  const built: Layer[] = layers.map((tiers, index) => ({
    name: `layer ${index}`,
    tiers: tiers.map((shape, tier): Tier => ({ ...shape, name: `tier ${tier}`, policies: shape.policies.map(policy) })),
  }));
  const book: RuleBook = { engine: UNKNOWN, layers: built, coverage: [], problems: [], blindSpots: [] };
  const request = {
    from: 'pay/api',
    to: { kind: 'address', address: '203.0.113.43' },
    port: 443,
    protocol: 'TCP',
    icmpType: null,
    query: null,
    scope: 'both',
  } as const;
  return predict(book, cluster, [request]).decision;
}

/** Every way of settling what is not known; a union has no `pass`. */
function settlements(value: unknown): readonly unknown[] {
  if (value === 'unknown') return ['yes', 'no'];
  if (Array.isArray(value))
    return value.reduce<readonly unknown[][]>(
      (all, item) => settlements(item).flatMap(each => all.map(list => [...list, each])),
      [[]],
    );
  if (typeof value !== 'object' || value === null) return [value];
  return Object.entries(value).reduce<readonly object[]>(
    (all, [key, item]) => settlements(item).flatMap(each => all.map(object => ({ ...object, [key]: each }))),
    [{}],
  );
}

const three = fc.constantFrom<Three>('yes', 'no', 'no', 'unknown');
const policyOf = (...actions: RuleShape['action'][]) =>
  fc.record({
    selects: fc.constantFrom<Three>('yes', 'yes', 'no', 'unknown'),
    isolates: fc.boolean(),
    rules: fc.array(fc.record({ action: fc.constantFrom(...actions), match: three }), { maxLength: 2 }),
  });
const tier = fc.oneof(
  fc.record({
    combine: fc.constant('union' as const),
    endOfTier: fc.constant('pass' as const),
    policies: fc.array(policyOf('accept', 'deny'), { maxLength: 2 }),
  }),
  fc.record({
    combine: fc.constant('first-match' as const),
    endOfTier: fc.constantFrom('pass' as const, 'deny' as const),
    policies: fc.array(policyOf('accept', 'deny', 'pass', 'log'), { maxLength: 2 }),
  }),
);
const layers = fc.array(fc.array(tier, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 });

test('unknown exactly when settling it one way or the other ends differently', () => {
  fc.assert(
    fc.property(layers, shape => {
      const ways = settlements(shape);
      fc.pre(ways.length <= 256);
      const ends = new Set(ways.map(way => decide(way as typeof shape)));
      const expected = ends.size === 1 ? [...ends][0] : 'unknown';
      expect(decide(shape)).toBe(expected);
    }),
    { numRuns: 600 },
  );
});

test('settled completely, the answer is never unknown', () => {
  fc.assert(
    fc.property(layers, shape => {
      const [way] = settlements(shape);
      expect(['allow', 'deny']).toContain(decide(way as typeof shape));
    }),
  );
});
