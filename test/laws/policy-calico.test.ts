/** Laws of Calico's policies, each in one sentence. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSelector } from '../../src/policy/calico-selector.ts';
import { matchExpression } from '../../src/policy/selector.ts';
import { allow, answer, calico, deny, global, local, OUT, WEB } from '../tables/policy-calico-builders.ts';

const RUNS = { numRuns: 200 };

// ---------------------------------------------------------------- rules and policies

const selectors = fc.constantFrom('', 'all()', "app == 'api'", "app != 'web'", 'has(tier)', "app in {'web', 'db'}");
const nets = fc.subarray(['203.0.113.0/24', '203.0.113.43/32', '10.244.0.0/16', '192.0.2.0/24', '::/0'], {
  minLength: 1,
});
const peers = fc.oneof(
  fc.constant({}),
  nets.map(each => ({ nets: each })),
  nets.map(each => ({ notNets: each })),
  selectors.map(selector => ({ selector })),
  selectors.map(notSelector => ({ notSelector })),
  fc.constantFrom('all()', 'global()', "team == 'shop'").map(namespaceSelector => ({ namespaceSelector })),
);
const ports = fc.constantFrom({}, { protocol: 'TCP' }, { protocol: 'UDP' }, { notProtocol: 'TCP' });
const rule = fc
  .record({ action: fc.constantFrom('Allow', 'Deny', 'Pass', 'Log'), destination: peers, more: ports })
  .map(({ action, destination, more }) => ({ action, destination, ...more }));
const rules = fc.array(rule, { maxLength: 3 });
const order = fc.constantFrom(1, 10, 999, 1001, undefined);
const tiers = [
  calico('Tier', 'first', { order: 100, defaultAction: 'Pass' }),
  calico('Tier', 'second', { order: 200 }),
];
const tier = fc.constantFrom('default', 'first', 'second');
const policy = fc
  .record({ isGlobal: fc.boolean(), rules, order, tier, selector: selectors })
  .map(({ isGlobal, rules: list, ...more }) => ({ isGlobal, list, more }));
const policies = fc
  .array(policy, { maxLength: 5 })
  .map(list =>
    list.map((each, index) =>
      each.isGlobal ? global(`p${index}`, each.list, each.more) : local(`pay/p${index}`, each.list, each.more),
    ),
  );
const question = fc.constantFrom(OUT, WEB, { to: '2001:db8::1' }, { to: 'pod:pay/db', port: 5432 });

function decide(objects: readonly object[], ask: typeof OUT) {
  const { decision, by } = answer([...tiers, ...objects], ask);
  return { decision, by: by.toSorted((a, b) => (a < b ? -1 : 1)) };
}

describe('policies', () => {
  test('what the objects are listed after one another changes nothing', () => {
    fc.assert(
      fc.property(policies, question, fc.infiniteStream(fc.nat()), (list, ask, keys) => {
        const shuffled = list
          .map(each => ({ each, key: keys.next().value ?? 0 }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ each }) => each);
        expect(decide(shuffled, ask)).toEqual(decide(list, ask));
      }),
      RUNS,
    );
  });
  test('a policy that selects no pod of the flow changes nothing', () => {
    fc.assert(
      fc.property(policies, policy, question, (list, { list: more, more: spec }, ask) => {
        const others = [
          local('shop/other', more, spec),
          global('other', more, { ...spec, selector: "app == 'nobody'" }),
        ];
        expect(decide([...list, ...others], ask)).toEqual(decide(list, ask));
      }),
      RUNS,
    );
  });
  test('a staged policy and a set of addresses that the flow has no part in change nothing', () => {
    fc.assert(
      fc.property(policies, policy, question, (list, { list: more, more: spec }, ask) => {
        const quiet = [
          calico('StagedGlobalNetworkPolicy', 'soon', { ...spec, types: ['Egress'], egress: more }),
          calico('GlobalNetworkSet', 'quiet', { nets: ['198.51.100.0/24'] }, { app: 'web' }),
        ];
        expect(decide([...list, ...quiet], ask)).toEqual(decide(list, ask));
      }),
      RUNS,
    );
  });
  test('an earliest Deny of everything denies, whatever else there is', () => {
    fc.assert(
      fc.property(policies, question, (list, ask) => {
        const first = [calico('Tier', 'zero', { order: 1 }), global('zero.deny', [deny()], { tier: 'zero' })];
        expect(decide([...list, ...first], ask)).toEqual({ decision: 'deny', by: ['GlobalNetworkPolicy zero.deny'] });
      }),
      RUNS,
    );
  });
  test('an earliest Allow of everything allows, whatever else there is', () => {
    fc.assert(
      fc.property(policies, question, (list, ask) => {
        const first = [calico('Tier', 'zero', { order: 1 }), global('zero.allow', [allow()], { tier: 'zero' })];
        expect(decide([...list, ...first], ask)).toEqual({ decision: 'allow', by: ['GlobalNetworkPolicy zero.allow'] });
      }),
      RUNS,
    );
  });
  test('an earliest Pass of everything leaves the answer to the other tiers', () => {
    fc.assert(
      fc.property(policies, question, (list, ask) => {
        const first = [
          calico('Tier', 'zero', { order: 1 }),
          global('zero.pass', [{ action: 'Pass' }], { tier: 'zero' }),
        ];
        expect(decide([...list, ...first], ask)).toEqual(decide(list, ask));
      }),
      RUNS,
    );
  });
  test('notNets only shrink what a rule matches', () => {
    fc.assert(
      fc.property(nets, nets, question, (inside, outside, ask) => {
        const whole = decide([global('a', [allow({ nets: inside })])], ask).decision;
        const holed = decide([global('a', [allow({ nets: inside, notNets: outside })])], ask).decision;
        expect(holed === 'allow' && whole !== 'allow').toBe(false);
      }),
      RUNS,
    );
  });
  test('any JSON in the place of a policy, a tier or a set gives an answer', () => {
    const kinds = fc.constantFrom(
      'NetworkPolicy',
      'GlobalNetworkPolicy',
      'Tier',
      'NetworkSet',
      'GlobalNetworkSet',
      'HostEndpoint',
      'StagedNetworkPolicy',
      'StagedKubernetesNetworkPolicy',
    );
    const odd = fc.jsonValue({ maxDepth: 4 });
    const keys = fc.constantFrom(
      'tier',
      'order',
      'selector',
      'egress',
      'types',
      'nets',
      'namespaceSelector',
      'expectedIPs',
      'defaultAction',
      'podSelector',
    );
    const spec = fc.oneof(
      odd,
      fc.dictionary(keys, odd),
      fc.record({
        types: fc.constant(['Egress']),
        egress: fc.array(
          fc.record({
            action: fc.constant('Deny'),
            destination: fc.dictionary(
              fc.constantFrom('nets', 'selector', 'ports', 'services', 'serviceAccounts', 'domains', 'notNets'),
              odd,
            ),
          }),
        ),
      }),
    );
    fc.assert(
      fc.property(kinds, spec, (kind, value) => {
        expect(['allow', 'deny', 'unknown']).toContain(decide([calico(kind, 'pay/odd', value)], OUT).decision);
      }),
      RUNS,
    );
  });
});

// ---------------------------------------------------------------- selectors

type Tree = { readonly text: string; readonly matches: (labels: Readonly<Record<string, string>>) => boolean };

const key = fc.constantFrom('app', 'tier', 'a.b/c');
const value = fc.constantFrom('', 'a', 'ab', 'b');
const leaf: fc.Arbitrary<Tree> = fc.oneof(
  fc
    .record({ k: key, v: value })
    .map(({ k, v }) => ({ text: `${k} == '${v}'`, matches: (l: Readonly<Record<string, string>>) => l[k] === v })),
  fc
    .record({ k: key, v: value })
    .map(({ k, v }) => ({ text: `${k}!="${v}"`, matches: (l: Readonly<Record<string, string>>) => l[k] !== v })),
  key.map(k => ({ text: `has(${k})`, matches: (l: Readonly<Record<string, string>>) => l[k] !== undefined })),
  fc.record({ k: key, v: value }).map(({ k, v }) => ({
    text: `${k} starts with '${v}'`,
    matches: (l: Readonly<Record<string, string>>) => l[k]?.startsWith(v) ?? false,
  })),
  fc.record({ k: key, vs: fc.array(value, { maxLength: 2 }) }).map(({ k, vs }) => ({
    text: `${k} not in {${vs.map(v => `'${v}'`).join(', ')}}`,
    matches: (l: Readonly<Record<string, string>>) => !vs.some(v => v === l[k]),
  })),
);
const { tree } = fc.letrec<{ tree: Tree }>(tie => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    leaf,
    tie('tree').map(of => ({
      text: `!(${of.text})`,
      matches: (l: Readonly<Record<string, string>>) => !of.matches(l),
    })),
    fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => ({
      text: `(${a.text}) && (${b.text})`,
      matches: (l: Readonly<Record<string, string>>) => a.matches(l) && b.matches(l),
    })),
    fc.tuple(tie('tree'), tie('tree')).map(([a, b]) => ({
      text: `(${a.text})||(${b.text})`,
      matches: (l: Readonly<Record<string, string>>) => a.matches(l) || b.matches(l),
    })),
  ),
}));

describe('selectors', () => {
  test('a selector means what its parts mean', () => {
    fc.assert(
      fc.property(tree, fc.dictionary(key, value, { noNullPrototype: true }), ({ text, matches }, labels) => {
        const reading = parseSelector(text);
        if (reading.kind !== 'expression') throw new Error(`${text}: ${reading.why}`);
        expect(matchExpression(reading.expression, labels).match).toBe(matches(labels) ? 'yes' : 'no');
      }),
    );
  });
  test('any text is a selector or is none, and nothing is thrown', () => {
    const word = fc.constantFrom(
      'app',
      'has(',
      'all()',
      '(',
      ')',
      '{',
      '}',
      "'a'",
      '"b"',
      '==',
      '!=',
      '!',
      '&&',
      '||',
      'in',
      'not',
      ',',
      ' ',
      'starts',
      'with',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(word, { maxLength: 12 }).map(words => words.join('')),
    );
    fc.assert(
      fc.property(text, each => {
        expect(['expression', 'unreadable']).toContain(parseSelector(each).kind);
      }),
    );
  });
});
