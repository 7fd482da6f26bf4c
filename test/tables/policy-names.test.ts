/** Name patterns in each engine's dialect: what a star stands for. */
import { describe, expect, test } from 'vitest';
import { matchesPattern, matchFqdn } from '../../src/policy/match-name.ts';
import type { Match, PeerTerm } from '../../src/policy/model.ts';
import { packetTo } from './policy-packets.ts';

type Dialect = Extract<PeerTerm, { kind: 'fqdn' }>['dialect'];

describe('a pattern that names every letter', () => {
  test.each<[string, string, boolean]>([
    ['api.stripe.com', 'api.stripe.com', true],
    ['API.Stripe.com.', 'api.stripe.com', true],
    ['*', 'api.stripe.com', true],
    ['*', 'localhost', true],
    ['*.stripe.com', 'api.stripe.com', true],
    ['*.stripe.com', '.stripe.com', true],
    ['*.stripe.com', 'stripe.com', false],
    ['*.stripe.com', 'a.b.stripe.com', false],
    ['*.*.stripe.com', 'a.b.stripe.com', true],
    ['api*.stripe.com', 'api.stripe.com', true],
    ['api*.stripe.com', 'api-2.stripe.com', true],
    ['api*.stripe.com', 'ap.stripe.com', false],
    ['api*.stripe.com', 'xapi.stripe.com', false],
    ['*api.stripe.com', 'my_api.stripe.com', true],
    ['*api.stripe.com', 'apis.stripe.com', false],
    ['a*i.stripe.com', 'ai.stripe.com', true],
    ['a*i.stripe.com', 'a1i2i.stripe.com', true],
    ['a*i.stripe.com', 'a.stripe.com', false],
    ['a**i.stripe.com', 'api.stripe.com', true],
    ['*a*.stripe.com', 'bab.stripe.com', true],
    ['*a*.stripe.com', 'bbb.stripe.com', false],
    ['*.stripe.com', 'über.stripe.com', false],
    ['api.stripe.*', 'api.stripe.com', true],
    ['api.stripe.*', 'api.stripe', false],
  ])('cilium: %s, %s: %s', (pattern, name, wanted) => {
    expect(matchesPattern(pattern, name, 'cilium')).toBe(wanted);
  });

  test.each<[string, string, boolean]>([
    ['*.stripe.com', 'api.stripe.com', true],
    ['*.stripe.com', 'a.b.stripe.com', true],
    ['*.stripe.com', 'stripe.com', false],
    ['*.stripe.com', '.stripe.com', false],
    ['api*.stripe.com', 'api.stripe.com', false],
    ['api*.stripe.com', 'api1.stripe.com', true],
    ['*.stripe.com', 'über.stripe.com', true],
    ['*', 'stripe.com', true],
  ])('calico: %s, %s: %s', (pattern, name, wanted) => {
    expect(matchesPattern(pattern, name, 'calico')).toBe(wanted);
  });
});

/** What a rule of this dialect says of an address that is known by these names. */
function match(dialect: Dialect, wanted: string, ...names: readonly string[]) {
  const dns = Object.fromEntries(names.map(name => [name, ['203.0.113.43']]));
  const term = { kind: 'fqdn', name: null, pattern: wanted, dialect } as const;
  return matchFqdn(term, packetTo('203.0.113.43', { dns })).match;
}

describe('what a star stands for elsewhere', () => {
  test.each<[Dialect, string, string, string]>([
    ['antrea', '*.stripe.com', 'api.stripe.com', 'yes'],
    ['antrea', '*.stripe.com', 'a.b.stripe.com', 'yes'],
    ['antrea', '*.stripe.com', 'stripe.com', 'no'],
    ['antrea', 'api*', 'api.stripe.com', 'yes'],
    ['antrea', 'api*', 'my-api.stripe.com', 'no'],
    ['antrea', '*stripe*', 'api.stripe.com', 'yes'],
    ['antrea', '*stripe*', 'api.strip.com', 'no'],
    ['antrea', '*a*b*', 'xaxbx.com', 'yes'],
    ['antrea', '*a*b*', 'xbxax.com', 'no'],
    ['antrea', '*ab*ab', 'abab', 'yes'],
    ['antrea', '*ab*ab', 'xab', 'no'],
    ['antrea', 'ab*ba', 'aba', 'no'],
    ['antrea', 'ab*ba', 'abba', 'yes'],
    ['antrea', 'ab*b*ba', 'abba', 'no'],
    ['antrea', 'ab*b*ba', 'abbba', 'yes'],
    ['istio', '*.stripe.com', 'a.b.stripe.com', 'yes'],
    ['istio', '*.stripe.com', 'stripe.com', 'no'],
    ['gke', '*.stripe.com', 'api.stripe.com', 'yes'],
    ['gke', '*.stripe.com', 'a.b.stripe.com', 'no'],
    ['gke', '*.stripe.com', 'stripe.com', 'no'],
    ['gke', '*.stripe.com', 'api.stripe.org', 'no'],
    ['openshift', '*.stripe.com', 'api.stripe.com', 'yes'],
    ['openshift', '*.stripe.com', 'a.b.stripe.com', 'no'],
    ['eks', '*.stripe.com', 'a.b.stripe.com', 'unknown'],
    ['openshift', '*.*.com', 'api.stripe.com', 'unknown'],
    ['eks', 'api*.stripe.com', 'api1.stripe.com', 'yes'],
    ['eks', 'api*.stripe.com', 'www.stripe.com', 'no'],
    ['eks', 'API.stripe.com.', 'api.stripe.com', 'yes'],
  ])('%s: %s, %s: %s', (dialect, wanted, name, answer) => {
    expect(match(dialect, wanted, name)).toBe(answer);
  });
});

describe('a name that the engine has to learn', () => {
  const term = { kind: 'fqdn', name: null, pattern: '*.stripe.com', dialect: 'cilium' } as const;
  const dns = { 'a.stripe.com': ['203.0.113.43'], 'b.stripe.com': ['203.0.113.43'] };
  type Answer = Match['match'];
  test.each<[string, Answer, Answer, Answer]>([
    ['one of two is learned', 'no', 'yes', 'yes'],
    ['the first is', 'yes', 'no', 'yes'],
    ['one may be', 'no', 'unknown', 'unknown'],
    ['one is, and one may be', 'unknown', 'yes', 'yes'],
    ['neither is', 'no', 'no', 'no'],
  ])('%s', (_, first, second, wanted) => {
    const learned = (name: string): Match => ({ match: name === 'a.stripe.com' ? first : second, why: name });
    expect(matchFqdn(term, { ...packetTo('203.0.113.43', { dns }), learned }).match).toBe(wanted);
  });
  test('is nothing to the other engines', () => {
    const learned = (): Match => ({ match: 'no', why: 'never' });
    const packet = { ...packetTo('203.0.113.43', { dns }), learned };
    expect(matchFqdn({ ...term, dialect: 'calico' }, packet).match).toBe('yes');
  });
});

test('whether a name stands for the address of a pod is left to the engine, but with GKE and Antrea', () => {
  const dns = { 'web.corp.example': ['10.244.1.1'] };
  const term = (dialect: Dialect) => ({ kind: 'fqdn', name: 'web.corp.example', pattern: null, dialect }) as const;
  expect(matchFqdn(term('eks'), packetTo('10.244.1.1', { dns }))).toEqual({
    match: 'unknown',
    why: 'whether web.corp.example stands for the address of pod shop/web (10.244.1.1) is left to the engine',
  });
  expect(matchFqdn(term('antrea'), packetTo('10.244.1.1', { dns })).match).toBe('yes');
  expect(matchFqdn(term('gke'), packetTo('10.244.1.1', { dns })).match).toBe('no');
});
