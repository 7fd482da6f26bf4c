/**
 * Which of two policies of one order Calico asks first. Before 3.32 a name has its namespace before it, and in the tier
 * default, as stored, the tier before that: `default.deny`, `pay/default.allow`; since then it is `deny/`, `allow/pay`.
 */
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/model.ts';
import { turnOf } from '../../src/policy/calico-turn.ts';
import { CILIUM, egress, ipBlock } from './policy-builders.ts';
import { allow, answer, calico, deny, global, local, OUT, stored } from './policy-calico-builders.ts';

const version = (text: string | null): Engine => ({ name: 'calico', version: text, evidence: 'given' });
const decide = (engine: string | null, objects: readonly object[]) =>
  answer(objects, { ...OUT, engine: version(engine) });

const LAST = [global('deny-all', [deny()]), local('pay/allow-bank', [allow()])];
const EQUAL = LAST.map(each => ({ ...each, spec: { ...(each as { spec: object }).spec, order: 7 } }));
const LATER = [global('deny-all', [deny()]), local('aaa/x', [deny()]), local('pay/zzz', [allow()])];
const BEFORE = [global('zzz', [deny()]), local('pay/x', [allow()])];
const STORED = [stored(global('zzz', [deny()])), stored(local('pay/x', [allow()]))];
const PREFIXED = [stored(global('default.zzz', [deny()])), stored(local('pay/default.x', [allow()]))];
const KUBERNETES = [
  egress('pay/np', { to: [ipBlock('203.0.113.0/24')] }),
  global('deny-all', [deny()], { order: 1000 }),
];
const BESIDE = [KUBERNETES[0], local('pay/deny-all', [deny()], { order: 1000 })] as object[];
const SORTED = [KUBERNETES[0], local('pay/zzz', [deny()], { order: 1000 })] as object[];
const TIERED = [
  calico('Tier', 'security', { order: 1 }),
  global('security.b', [deny()], { tier: 'security', order: 1 }),
  local('pay/security.a', [allow()], { tier: 'security', order: 1 }),
];

describe('two policies of one order', () => {
  test.each<readonly [rule: string, version: string | null, objects: readonly object[], decision: string]>([
    ['since 3.32 by name: allow-bank, deny-all', '3.32.0', LAST, 'allow'],
    ['before, the tier’s name comes before that of the namespace: default., pay/', '3.28.5', LAST, 'deny'],
    ['and any name of the cluster that is before pay/ as well', '3.31.2', LAST, 'deny'],
    ['which one is asked first where the version is not known', null, LAST, 'unknown'],
    ['orders that are written count like none', '3.28.5', EQUAL, 'deny'],
    ['and since 3.32', '3.33.1', EQUAL, 'allow'],
    ['where every version says the same, it is said', null, LATER, 'deny'],
    ['as stored, before 3.29: default.zzz is before pay/default.x', '3.28.0', BEFORE, 'deny'],
    ['with the name kept, it may be after', '3.29.0', BEFORE, 'unknown'],
    ['since 3.32 it is', '3.32.0', BEFORE, 'allow'],
    ['Kubernetes policies are pay/knp.default.np', '3.28.0', KUBERNETES, 'deny'],
    ['and since 3.32 knp.default.np/pay, after deny-all/', '3.32.0', KUBERNETES, 'deny'],
    ['which is before pay/knp.default.np in every version', null, BESIDE, 'deny'],
    ['as stored: pay/default.zzz', '3.28.0', SORTED, 'deny'],
    ['or as written: pay/zzz', '3.30.0', SORTED, 'unknown'],
    ['since 3.32: zzz/pay', '3.32.0', SORTED, 'allow'],
    ['in another tier names begin with it: pay/ is before security.', '3.28.0', TIERED, 'allow'],
    ['and since 3.32 security.a is before security.b', null, TIERED, 'allow'],
    ['one that was written into the store has the name that stands there', '3.28.0', STORED, 'allow'],
    ['also where names are kept', '3.30.0', STORED, 'allow'],
    ['with the tier before it, it may be either there', '3.30.0', PREFIXED, 'unknown'],
    ['and is what stands there before', '3.28.0', PREFIXED, 'deny'],
    ['one that both APIs show is the same', '3.28.5', [...LAST, stored(global('default.deny-all', [deny()]))], 'deny'],
  ])('%s', (_, engine, objects, decision) => {
    expect(decide(engine, objects).decision).toBe(decision);
  });

  test('the policies that turn on it are named, and no others', () => {
    const objects = [...LAST, global('first', [{ action: 'Log' }], { order: 1 })];
    expect(decide(null, objects).why).toBe(
      'cannot be told: NetworkPolicy.projectcalico.org pay/allow-bank and GlobalNetworkPolicy deny-all are of the same order, and which one is asked first depends on the engine’s version'.replace(
        '’',
        "'",
      ),
    );
  });
  test('nothing turns on it where they say the same', () => {
    const both = [global('a', [deny()]), local('pay/b', [deny()])];
    expect(decide(null, both)).toMatchObject({ decision: 'deny', by: ['GlobalNetworkPolicy a'] });
  });
  test('what later tiers say counts where one of the two passes', () => {
    const objects = [global('zzz', [deny()]), local('pay/x', [{ action: 'Pass' }])];
    expect(decide('3.30.0', objects).decision).toBe('unknown');
    expect(decide('3.32.0', objects).decision).toBe('allow');
    expect(decide('3.28.0', objects).decision).toBe('deny');
  });
  test('a staged policy has its turn in the same way', () => {
    const soon = calico('StagedNetworkPolicy', 'pay/a', { types: ['Egress'], egress: [allow()] });
    const fence = global('b', [deny()]);
    const told = (engine: string) => decide(engine, [fence, soon]).flows[0]?.assumptions;
    expect(told('3.28.0')).toEqual([]);
    expect(told('3.32.0')).toEqual([expect.stringContaining('it would be allowed')]);
  });
  test('other engines do not sort', () => {
    const policy = { name: 'a', namespace: 'pay', tier: 'default' };
    expect(turnOf(policy, { ...CILIUM, version: null })).toEqual({ tie: 'a/pay' });
  });
});
