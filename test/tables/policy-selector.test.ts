import { describe, expect, test } from 'vitest';
import { keysOf } from '../../src/policy/match-pods.ts';
import type { Expression } from '../../src/policy/model.ts';
import { mapKeys, matchExpression, readLabelSelector, selectorText } from '../../src/policy/selector.ts';

const has = (key: string): Expression => ({ op: 'has', key });
const is = (key: string, ...values: string[]): Expression => ({ op: 'in', key, values });
const not = (of: Expression): Expression => ({ op: 'not', of });
const all = (...of: Expression[]): Expression => ({ op: 'all', of });
const any = (...of: Expression[]): Expression => ({ op: 'any', of });
const open: Expression = { op: 'unreadable', why: 'no label selector' };

describe('an expression over labels', () => {
  test.each<[string, Expression, Record<string, string>, 'yes' | 'no' | 'unknown', string]>([
    ['an empty selector selects everything', { op: 'true' }, {}, 'yes', 'an empty selector selects everything'],
    ['an empty conjunction selects everything', all(), {}, 'yes', 'an empty selector selects everything'],
    ['in: a value of the list', is('app', 'web', 'db'), { app: 'db' }, 'yes', 'has app=db'],
    ['in: another value', is('app', 'web'), { app: 'db' }, 'no', 'has app="db", not "web"'],
    ['in: an absent key', is('app', 'web'), {}, 'no', 'has no label app'],
    ['in: an empty value is a value', is('app', ''), { app: '' }, 'yes', 'has app='],
    ['not in: an absent key satisfies it', not(is('app', 'web')), {}, 'yes', 'has no label app'],
    ['not in: a value of the list', not(is('app', 'web')), { app: 'web' }, 'no', 'has app=web'],
    ['has', has('app'), { app: '' }, 'yes', 'has label app'],
    ['has not', has('app'), { tier: 'x' }, 'no', 'has no label app'],
    ['a label called like an inherited member is absent', has('constructor'), {}, 'no', 'has no label constructor'],
    ['case counts', is('app', 'billing'), { app: 'Billing' }, 'no', 'has app="Billing", not "billing"'],
    [
      'a prefix is no match',
      is('app', 'billing'),
      { app: 'billing-worker' },
      'no',
      'has app="billing-worker", not "billing"',
    ],
    ['all: each reason is told', all(is('a', '1'), has('b')), { a: '1', b: '2' }, 'yes', 'has a=1 and has label b'],
    ['all: the first that fails is told', all(has('a'), has('b')), { a: '1' }, 'no', 'has no label b'],
    ['all: no outweighs unknown', all(open, has('a')), {}, 'no', 'has no label a'],
    ['all: unknown outweighs yes', all(has('a'), open), { a: '1' }, 'unknown', 'no label selector'],
    ['any: yes outweighs unknown', any(open, has('a')), { a: '1' }, 'yes', 'has label a'],
    ['any: unknown outweighs no', any(has('b'), open), {}, 'unknown', 'no label selector'],
    ['any: all reasons of a miss', any(has('a'), has('b')), {}, 'no', 'has no label a and has no label b'],
    ['any of nothing', any(), {}, 'no', 'no alternative is given'],
    ['not unknown is unknown', not(open), {}, 'unknown', 'no label selector'],
    [
      'starts with',
      { op: 'text', key: 'a', test: 'starts-with', value: 'ab' },
      { a: 'abc' },
      'yes',
      'has a="abc", which does start with "ab"',
    ],
    [
      'ends with',
      { op: 'text', key: 'a', test: 'ends-with', value: 'ab' },
      { a: 'abc' },
      'no',
      'has a="abc", which does not end with "ab"',
    ],
    [
      'contains',
      { op: 'text', key: 'a', test: 'contains', value: 'b' },
      { a: 'abc' },
      'yes',
      'has a="abc", which does contain "b"',
    ],
    ['contains: an absent key', { op: 'text', key: 'a', test: 'contains', value: '' }, {}, 'no', 'has no label a'],
  ])('%s', (_, expression, labels, match, why) => {
    expect(matchExpression(expression, labels)).toEqual({ match, why });
  });

  test.each<[Expression, string]>([
    [{ op: 'true' }, 'everything'],
    [all(), 'everything'],
    [all(is('app', 'web'), is('env', 'a', 'b'), not(has('canary'))), 'app=web, env in (a, b), !canary'],
    [any(has('a'), not(is('b', '1'))), '(a or not (b=1))'],
    [{ op: 'text', key: 'a', test: 'contains', value: 'b' }, 'a contains "b"'],
    [open, 'unreadable (no label selector)'],
  ])('%j in words', (expression, text) => {
    expect(selectorText(expression)).toBe(text);
  });

  test('keys are renamed everywhere, and listed', () => {
    const text: Expression = { op: 'text', key: 't', test: 'contains', value: 'x' };
    const renamed = mapKeys(all(has('a'), any(not(is('b', '1')), text), { op: 'true' }, open), key => `k8s:${key}`);
    expect(keysOf(renamed)).toEqual(['k8s:a', 'k8s:b', 'k8s:t']);
  });
});

describe('a label selector that is malformed is unreadable, and the problem says where', () => {
  test.each<[string, unknown, string]>([
    ['a text', 'app', 's is no label selector'],
    ['null selects everything', null, 's is null, which selects everything'],
    ['an unknown field', { matchlabels: {} }, 's has the unknown field "matchlabels"'],
    ['matchLabels is a list', { matchLabels: [] }, 's.matchLabels is no map'],
    ['a value that is a number', { matchLabels: { a: 1 } }, 's.matchLabels: a label value is no text: 1'],
    [
      'a value of 64 characters',
      { matchLabels: { a: 'x'.repeat(64) } },
      's.matchLabels: label value too long (64 characters, at most 63)',
    ],
    ['a value with a space', { matchLabels: { a: 'b c' } }, 's.matchLabels: invalid label value "b c"'],
    ['an empty key', { matchLabels: { '': 'b' } }, 's.matchLabels: invalid label key ""'],
    ['a prefix in capitals', { matchLabels: { 'A.b/c': 'b' } }, 's.matchLabels: invalid label key "A.b/c"'],
    ['matchExpressions is a map', { matchExpressions: {} }, 's.matchExpressions is no list'],
    ['an item that is null', { matchExpressions: [null] }, 's.matchExpressions[0] is no object'],
    ['no key', { matchExpressions: [{ operator: 'In', values: ['a'] }] }, 's.matchExpressions[0] has no key'],
    [
      'an unknown operator',
      { matchExpressions: [{ key: 'a', operator: 'in' }] },
      's.matchExpressions[0]: unknown operator "in"',
    ],
    [
      'In without values',
      { matchExpressions: [{ key: 'a', operator: 'In' }] },
      's.matchExpressions[0]: In needs values',
    ],
    [
      'Exists with values',
      { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['x'] }] },
      's.matchExpressions[0]: Exists takes no values',
    ],
    [
      'values is a text',
      { matchExpressions: [{ key: 'a', operator: 'In', values: 'x' }] },
      's.matchExpressions[0]: values is no list',
    ],
    [
      'a value that is null',
      { matchExpressions: [{ key: 'a', operator: 'In', values: [null] }] },
      's.matchExpressions[0]: a label value is no text: null',
    ],
  ])('%s', (_, value, problem) => {
    const notebook = { problems: [] as string[] };
    const expression = readLabelSelector(value, 's', notebook);
    expect(notebook.problems).toEqual([problem]);
    expect(matchExpression(expression, {}).match).toBe(value === null ? 'yes' : 'unknown');
  });

  test('a well-formed selector is read whole', () => {
    const notebook = { problems: [] as string[] };
    const expression = readLabelSelector(
      {
        matchLabels: { 'app.kubernetes.io/name': 'web' },
        matchExpressions: [
          { key: 'a', operator: 'In', values: ['1'] },
          { key: 'b', operator: 'NotIn', values: ['2', ''] },
          { key: 'c', operator: 'Exists' },
          { key: 'd', operator: 'DoesNotExist', values: [] },
        ],
      },
      's',
      notebook,
    );
    expect(notebook.problems).toEqual([]);
    expect(selectorText(expression)).toBe('app.kubernetes.io/name=web, a=1, not (b in (2, )), c, !d');
  });

  test.each([[{}], [{ matchLabels: {} }], [{ matchLabels: null, matchExpressions: null }], [{ matchExpressions: [] }]])(
    '%j selects everything',
    value => {
      expect(matchExpression(readLabelSelector(value, 's', { problems: [] }), { any: 'x' }).match).toBe('yes');
    },
  );
});
