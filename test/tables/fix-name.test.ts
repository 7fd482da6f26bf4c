import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameFor } from '../../src/diagnose/fix-name.ts';

const words = ['allow', 'billing', 'to', 'api.stripe.com'];

describe('the name of a proposed policy', () => {
  it.each([
    { rule: 'says who and where', words, taken: [], is: 'allow-billing-to-api-stripe-com' },
    {
      rule: 'takes the port when the plain name exists',
      words,
      taken: ['allow-billing-to-api-stripe-com'],
      is: 'allow-billing-to-api-stripe-com-443',
    },
    {
      rule: 'counts when that exists as well',
      words,
      taken: ['allow-billing-to-api-stripe-com', 'allow-billing-to-api-stripe-com-443'],
      is: 'allow-billing-to-api-stripe-com-443-2',
    },
    {
      rule: 'has no capitals, dots or underscores',
      words: ['allow', 'Billing_v2', 'to', '203.0.113.43'],
      taken: [],
      is: 'allow-billing-v2-to-203-0-113-43',
    },
    { rule: 'survives IPv6', words: ['allow', 'a', 'to', '2001:db8::1'], taken: [], is: 'allow-a-to-2001-db8-1' },
  ])('$rule', ({ words, taken, is }) => {
    expect(nameFor({ words, onCollision: ['443'] }, new Set(taken))).toBe(is);
  });

  it('keeps two long hosts apart that differ only behind the cut', () => {
    const long = (end: string) =>
      nameFor({ words: ['allow', 'billing', 'to', `${'x'.repeat(80)}${end}`], onCollision: [] }, new Set());
    expect(long('a')).not.toBe(long('b'));
    expect(long('a')).toHaveLength(63);
  });

  it('is a valid label and never taken, whatever the words', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary' })),
        fc.array(fc.string()),
        fc.nat(5),
        (rest, onCollision, times) => {
          const taken = new Set<string>();
          for (let round = 0; round <= times; round++) {
            const name = nameFor({ words: ['allow', ...rest], onCollision }, taken);
            expect(name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
            expect(taken.has(name)).toBe(false);
            taken.add(name);
          }
        },
      ),
    );
  });
});
