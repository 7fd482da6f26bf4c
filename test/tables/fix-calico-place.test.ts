/** Where in Calico's order a policy has to stand to be asked before those that deny. */
import { describe, expect, test } from 'vitest';
import { placeBefore } from '../../src/diagnose/fix-calico-place.ts';
import type { KubernetesObject } from '../../src/evidence.ts';
import { netpol, object } from '../fakes/fix-scenes.ts';

const policy = (name: string, spec: object, apiVersion = 'projectcalico.org/v3') =>
  object(apiVersion, 'GlobalNetworkPolicy', name, { spec });
const tier = (name: string, order: unknown) => object('projectcalico.org/v3', 'Tier', name, { spec: { order } });
/** Before the policies of these names; each is one that denies. */
const before = (objects: readonly KubernetesObject[], ...names: readonly string[]) =>
  placeBefore({ objects, deniedBy: names.map(name => (name.includes('/') ? name : `GlobalNetworkPolicy ${name}`)) });

describe('just before the policy that denies', () => {
  test.each<
    readonly [rule: string, objects: readonly KubernetesObject[], denies: readonly string[], wanted: object | null]
  >([
    [
      'alone in its tier: one order before it',
      [policy('a', { order: 10 })],
      ['a'],
      { tier: 'default', order: 9, before: 'GlobalNetworkPolicy a (order 10)', isStored: false },
    ],
    [
      'the nearest of those before it limits the step',
      [policy('a', { order: 10 }), policy('b', { order: 9.5 }), policy('c', { order: 2 })],
      ['a'],
      { order: 9.75 },
    ],
    [
      'just one step is left: half of it',
      [policy('a', { order: 10 }), policy('b', { order: 9 })],
      ['a'],
      { order: 9.5 },
    ],
    [
      'more than a step is left: one step',
      [policy('a', { order: 10 }), policy('b', { order: 8 })],
      ['a'],
      { order: 9 },
    ],
    [
      'those of another tier are not before it',
      [tier('security', 5), policy('a', { order: 10 }), policy('security.b', { tier: 'security', order: 9.5 })],
      ['a'],
      { order: 9 },
    ],
    [
      'policies of Kubernetes stand at 1000 of the tier default',
      [policy('a', { order: 1000.5 }), netpol('x/kubernetes', {}, {})],
      ['a'],
      { order: 1000.25 },
    ],
    [
      'a policy without an order is last: after all that have one',
      [policy('a', {}), policy('b', { order: 3 }), policy('c', { order: 7 })],
      ['a'],
      { order: 8, before: 'GlobalNetworkPolicy a (no order, so last)' },
    ],
    ['the empty tier is the tier default', [policy('a', { tier: '', order: 10 })], ['a'], { tier: 'default' }],
    [
      'the earliest of several in one tier counts',
      [policy('a', { order: 20 }), policy('b', { order: 10 })],
      ['a', 'b'],
      { order: 9, before: 'GlobalNetworkPolicy b (order 10)' },
    ],
    [
      'the earliest tier of several counts, whatever the orders in them',
      [
        tier('late', 200),
        tier('early', 100),
        policy('late.a', { tier: 'late', order: 1 }),
        policy('early.b', { tier: 'early', order: 50 }),
      ],
      ['late.a', 'early.b'],
      { tier: 'early', order: 49 },
    ],
    [
      'also where a policy of Kubernetes denies too',
      [policy('a', { order: 2000 }), netpol('x/kubernetes', {}, {})],
      ['a', 'NetworkPolicy x/kubernetes'],
      { tier: 'default', order: 999, before: 'NetworkPolicy x/kubernetes (order 1000)' },
    ],
    [
      'one of several is as it is stored',
      [policy('a', { order: 20 }, 'crd.projectcalico.org/v1'), policy('b', { order: 10 })],
      ['a', 'b'],
      { isStored: true },
    ],
    ['none denies', [policy('a', { order: 10 })], [], null],
    ['one of Kubernetes alone denies', [netpol('x/kubernetes', {}, {})], ['NetworkPolicy x/kubernetes'], null],
    ['its tier is not there', [policy('gone.a', { tier: 'gone', order: 10 })], ['gone.a'], null],
    ['its tier cannot be read', [tier('odd', 'first'), policy('odd.a', { tier: 'odd', order: 10 })], ['odd.a'], null],
    ['its order is no number', [policy('a', { order: 'first' })], ['a'], null],
    ['its tier is no text', [policy('a', { tier: 7, order: 10 })], ['a'], null],
    ['a namesake of another group', [policy('a', { order: 10 }, 'example.com/v1')], ['a'], null],
    [
      'a set of the same name',
      [object('projectcalico.org/v3', 'GlobalNetworkSet', 'a', { spec: { order: 1 } }), policy('a', { order: 10 })],
      ['a'],
      { order: 9 },
    ],
    [
      'no Tier, but something of another kind with its name',
      [
        object('example.com/v1', 'Thing', 'gone', { spec: { order: 1 } }),
        policy('gone.a', { tier: 'gone', order: 10 }),
      ],
      ['gone.a'],
      null,
    ],
  ])('%s', (_, objects, denies, wanted) => {
    const place = before(objects, ...denies);
    if (wanted === null) expect(place).toBeNull();
    else expect(place).toMatchObject(wanted);
  });
});
