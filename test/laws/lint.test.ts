/** Laws of `egress lint`, each in one sentence. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadTemplates } from '../../src/commands/templates.ts';
import type { LintReport, NotChecked } from '../../src/lint/finding.ts';
import { junitOf } from '../../src/lint/junit.ts';
import { implies, isSatisfiable } from '../../src/lint/selector-logic.ts';
import { readSources } from '../../src/lint/source.ts';
import { lintText } from '../../src/lint/terminal.ts';
import type { Expression } from '../../src/policy/model.ts';
import { matchExpression } from '../../src/policy/selector.ts';
import {
  agent,
  app,
  cnp,
  deployment,
  egress,
  gnp,
  ipBlock,
  lintObjects,
  namespace,
  np,
  pod,
  ports,
} from '../tables/lint-builders.ts';
import { ask } from '../tables/policy-builders.ts';
import { elementsOf } from '../tables/xml.ts';

const key = fc.constantFrom('app', 'tier', 'env');
const value = fc.constantFrom('a', 'b', 'c');
const labels = fc.dictionary(key, value, { maxKeys: 3 });
const leaf: fc.Arbitrary<Expression> = fc.oneof(
  fc.record({ op: fc.constant('in' as const), key, values: fc.array(value, { minLength: 1, maxLength: 2 }) }),
  fc.record({ op: fc.constant('has' as const), key }),
  fc.constant({ op: 'true' as const }),
);
const { expression } = fc.letrec<{ expression: Expression }>(tie => ({
  expression: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.record({
      op: fc.constantFrom('all' as const, 'any' as const),
      of: fc.array(tie('expression'), { maxLength: 3 }),
    }),
    fc.record({ op: fc.constant('not' as const), of: tie('expression') }),
  ),
}));

describe('selectors', () => {
  test('what satisfies an expression shows that it is satisfiable', () => {
    fc.assert(
      fc.property(expression, labels, (of, pod) => {
        fc.pre(matchExpression(of, pod).match === 'yes');
        expect(isSatisfiable(of)).toBe('yes');
      }),
    );
  });
  test('what is implied holds for every set of labels', () => {
    fc.assert(
      fc.property(expression, expression, labels, (inner, outer, pod) => {
        fc.pre(implies(inner, outer) === 'yes' && matchExpression(inner, pod).match === 'yes');
        expect(matchExpression(outer, pod).match).toBe('yes');
      }),
    );
  });
});

const selector = fc.oneof(
  fc.constant({}),
  fc.record({ matchLabels: fc.dictionary(fc.constant('app'), value, { minKeys: 1 }) }),
);
const peer = fc.oneof(
  selector.map(podSelector => ({ podSelector })),
  fc.constantFrom(
    ipBlock('0.0.0.0/0'),
    ipBlock('10.0.0.0/8', '10.1.0.0/16'),
    ipBlock('10.1.0.0/16'),
    ipBlock('203.0.113.43/32'),
  ),
);
const rule = fc.record(
  {
    to: fc.array(peer, { minLength: 1, maxLength: 2 }),
    ports: fc.constantFrom(ports('TCP 443'), ports('UDP 53'), ports('UDP 53', 'TCP 53')),
  },
  { requiredKeys: [] },
);
const policyOf = (name: string) =>
  fc
    .record({ podSelector: selector, egress: fc.array(rule, { maxLength: 3 }) })
    .map(spec => np(`pay/${name}`, { ...spec, policyTypes: ['Egress'] }));
const policies = fc.tuple(policyOf('a'), policyOf('b'), policyOf('c'));
const PODS = [
  namespace('pay'),
  pod('pay/a', { labels: { app: 'a' }, ip: '10.244.0.1' }),
  pod('pay/b', { labels: { app: 'b' }, ip: '10.244.0.2' }),
];

describe('findings', () => {
  test('an unrelated policy takes no finding away', () => {
    fc.assert(
      fc.property(policies, policyOf('d'), fc.boolean(), (given, other, withPods) => {
        const objects = [...(withPods ? PODS : []), ...given];
        const elsewhere = { ...other, metadata: { name: 'd', namespace: 'elsewhere' } };
        const before = lintObjects(objects).findings;
        const after = lintObjects([...objects, elsewhere]).findings;
        expect(after).toEqual(expect.arrayContaining([...before]));
      }),
      { numRuns: 60 },
    );
  });

  test('the order of objects changes only which of two equal rules is told', () => {
    fc.assert(
      fc.property(policies, given => {
        const names = (report: LintReport) =>
          new Set(
            report.findings
              .filter(
                each =>
                  ![
                    'shadowed-rule',
                    'dns-not-allowed',
                    'dns-udp-not-allowed',
                    'dns-tcp-not-allowed',
                    'deny-alone',
                  ].includes(each.rule),
              )
              .map(each => `${each.rule} ${each.object} ${each.what}`),
          );
        expect(names(lintObjects([...given].reverse()))).toEqual(names(lintObjects(given)));
      }),
      { numRuns: 60 },
    );
  });

  test('taking out a rule that is called shadowed changes no decision', () => {
    const places = [
      ['10.244.0.2', 443],
      ['10.1.2.3', 53],
      ['10.2.0.1', 443],
      ['203.0.113.43', 443],
      ['198.51.100.1', 80],
    ] as const;
    let taken = 0;
    fc.assert(
      fc.property(policies, given => {
        for (const { object, what, rule: id } of lintObjects([...PODS, ...given]).findings) {
          const index = /egress\[(\d+)\] never/.exec(what)?.[1];
          if (id !== 'shadowed-rule' || index === undefined) continue;
          taken += 1;
          const rest = given.map(each =>
            `NetworkPolicy pay/${nameOf(each)}` === object ? without(each, Number(index)) : each,
          );
          for (const from of ['pay/a', 'pay/b'])
            for (const [to, port] of places)
              for (const protocol of ['TCP', 'UDP'] as const) {
                const flow = { from, to, port, protocol };
                expect(ask([...PODS, ...rest], flow).decision).toBe(ask([...PODS, ...given], flow).decision);
              }
        }
      }),
      { numRuns: 40, seed: 1 },
    );
    expect(taken).toBeGreaterThan(10);
  });

  test('pods of a deny that ships alone reach nothing outside', () => {
    let denied = 0;
    fc.assert(
      fc.property(policies, given => {
        for (const { rule: id, what } of lintObjects([...PODS, ...given]).findings) {
          const name = /egress of pod (\S+),/.exec(what)?.[1];
          if (id !== 'deny-alone' || name === undefined) continue;
          denied += 1;
          for (const port of [53, 443])
            expect(ask([...PODS, ...given], { from: name, to: '203.0.113.43', port }).decision).toBe('deny');
        }
      }),
      { numRuns: 100, seed: 1 },
    );
    expect(denied).toBeGreaterThan(5);
  });
});

function nameOf(object: object): string {
  return (object as { metadata: { name: string } }).metadata.name;
}

function without(object: object, index: number): object {
  const { spec, ...rest } = object as { spec: { egress: readonly object[] } };
  return { ...rest, spec: { ...spec, egress: spec.egress.filter((_, number) => number !== index) } };
}

const anything = fc.anything({ withNullPrototype: false, maxDepth: 4 });
const hostile = fc.oneof(
  anything,
  anything.map(spec => np('pay/p', spec as object)),
  anything.map(spec => cnp('pay/p', spec as object)),
  anything.map(spec => gnp('p', spec as object)),
  anything.map(spec => egress('pay/p', spec as object)),
  anything.map(spec => egress('pay/p', { to: [spec as object], ports: [spec as object] })),
  anything.map(metadata => ({ ...(app('a') as object), ...(deployment('pay/d', {}) as object), metadata })),
  fc.constantFrom(agent('cilium'), agent('calico')),
);

describe('any input', () => {
  test('is linted without a throw, and every output can be written', () => {
    const templates = loadTemplates();
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 4 }), objects => {
        const report = lintObjects(objects, { engine: null });
        expect(lintText(report, templates, { width: 80, colour: false })).not.toBe('');
        elementsOf(junitOf(report));
      }),
      { numRuns: 300 },
    );
  });

  test('any text has lines, or none', () => {
    const yaml = fc.array(
      fc.constantFrom(
        'kind: ',
        'items:\n',
        '- ',
        '  ',
        '\n',
        '---\n',
        '{',
        '}',
        '[',
        ']',
        '&a ',
        '*a',
        '# x.io',
        'List',
        'objects: ',
        '"',
        ': ',
      ),
      { maxLength: 25 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          yaml.map(parts => parts.join('')),
        ),
        text => {
          for (const source of readSources(text))
            expect(source.lineOf(['spec', 'egress', 0])).toBeGreaterThanOrEqual(1);
        },
      ),
    );
  });

  test('words of an object stay words in JUnit', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (object, why) => {
        const notChecked: readonly NotChecked[] = [{ rule: 'deny-alone', object, why }];
        expect(elementsOf(junitOf({ findings: [], notChecked, policies: 0, files: [] }))).not.toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});
