/** Random label selectors over the labels of the world. */
import fc from 'fast-check';
import type { World } from './world.ts';

type Arbitrary<T> = fc.Arbitrary<T>;
type Labels = Readonly<Record<string, readonly string[]>>;

/** Labels of pods, with values that no pod has. */
export const POD_LABELS: Labels = {
  app: ['web', 'db', 'api', 'job', 'none'],
  tier: ['front', 'back'],
  legacy: ['old', 'new'],
};

/** Labels of namespaces; the DNS server's is among them, so that it is not always out of reach. */
export function namespaceLabels(world: World): Labels {
  return {
    'kubernetes.io/metadata.name': [world.a, world.b, 'kube-system'],
    env: ['prod', 'dev', 'test'],
    team: ['pay'],
  };
}

/** A metav1.LabelSelector; `keyed` is how a key is written, e.g. with its source. */
export function labelSelector(
  labels: Labels,
  keyed: (key: string) => Arbitrary<string> = fc.constant,
): Arbitrary<object> {
  const matchLabels = fc
    .uniqueArray(pair(labels, keyed), { minLength: 1, maxLength: 2, selector: ([key]) => key })
    .map(pairs => Object.fromEntries(pairs));
  const matchExpressions = fc.array(expression(labels, keyed), { minLength: 1, maxLength: 2 });
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant({}) },
    { weight: 5, arbitrary: matchLabels.map(chosen => ({ matchLabels: chosen })) },
    { weight: 4, arbitrary: matchExpressions.map(chosen => ({ matchExpressions: chosen })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(matchLabels, matchExpressions)
        .map(([first, second]) => ({ matchLabels: first, matchExpressions: second })),
    },
  );
}

/** Whom a policy is about: more often everybody, so that few sets are about nobody. */
export function subjectSelector(keyed?: (key: string) => Arbitrary<string>): Arbitrary<object> {
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant({}) },
    { weight: 2, arbitrary: labelSelector(POD_LABELS, keyed) },
  );
}

function pair(labels: Labels, keyed: (key: string) => Arbitrary<string>): Arbitrary<[string, string]> {
  return oneKey(labels).chain(key => fc.tuple(keyed(key), fc.constantFrom(...(labels[key] ?? []))));
}

function expression(labels: Labels, keyed: (key: string) => Arbitrary<string>): Arbitrary<object> {
  return oneKey(labels).chain(name =>
    keyed(name).chain(key =>
      fc.oneof(
        fc.record({
          key: fc.constant(key),
          operator: fc.constantFrom('In', 'NotIn'),
          values: fc.uniqueArray(fc.constantFrom(...(labels[name] ?? [])), { minLength: 1, maxLength: 3 }),
        }),
        fc.record({ key: fc.constant(key), operator: fc.constantFrom('Exists', 'DoesNotExist') }),
      ),
    ),
  );
}

function oneKey(labels: Labels): Arbitrary<string> {
  return fc.constantFrom(...Object.keys(labels));
}

/** Ranges around the far ends, the pods, the Services and the node, with parts that may be excepted from them. */
const RANGES: Readonly<Record<string, readonly string[]>> = {
  '0.0.0.0/0': ['203.0.113.0/24', '10.0.0.0/8', '203.0.113.43/32', '192.0.2.0/24', '203.0.113.80/30'],
  '203.0.113.0/24': ['203.0.113.43/32', '203.0.113.60/31', '203.0.113.80/32', '203.0.113.32/27'],
  '203.0.113.32/27': ['203.0.113.43/32', '203.0.113.60/32', '203.0.113.54/31'],
  '203.0.113.43/32': [],
  '203.0.113.80/32': [],
  '203.0.113.60/31': ['203.0.113.61/32'],
  '10.0.0.0/8': ['10.96.0.0/16', '10.244.0.0/16'],
  '10.244.0.0/16': ['10.244.0.0/25'],
  '10.96.0.0/16': ['10.96.0.10/32'],
  '192.0.2.0/24': ['192.0.2.10/32'],
  '10.96.0.10/32': [],
};

/** A range alone. */
export const range: Arbitrary<string> = fc.constantFrom(...Object.keys(RANGES));

/** A range and what is excepted from it; no exceptions are an absent or an empty list. */
export const block: Arbitrary<{ readonly cidr: string; readonly except?: readonly string[] }> = range.chain(cidr =>
  fc.oneof(
    fc.constant({ cidr }),
    fc
      .uniqueArray(fc.constantFrom(...(RANGES[cidr]?.length ? RANGES[cidr] : [cidr])), { maxLength: 2 })
      .map(except => ({
        cidr,
        ...(RANGES[cidr]?.length ? { except } : {}),
      })),
  ),
);
