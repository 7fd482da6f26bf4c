import { describe, expect, it } from 'vitest';
import {
  type AddressSet,
  allAddresses,
  cidrsOf,
  covers,
  cutAtEnds,
  enclosingBlock,
  type Interval,
  intervalOf,
  intervalText,
  subtract,
  unite,
} from '../../src/diagnose/address-sets.ts';

/** `10.0.0.0/8`, `10.0.0.1`, `10.0.0.1-10.0.0.9`. */
function i(text: string): Interval {
  const [from = '', to = from] = text.split('-');
  const first = intervalOf(from);
  const last = intervalOf(to);
  if (first === null || last === null) throw new Error(`test writes no range: ${text}`);
  return { family: first.family, first: first.first, last: last.last };
}
const set = (...texts: readonly string[]): AddressSet => unite(texts.map(i));
const texts = (addresses: AddressSet): readonly string[] => addresses.map(intervalText);

describe('unite', () => {
  it.each([
    { rule: 'ranges that overlap become one', of: ['10.0.0.0/8', '10.1.0.0/16'], is: ['10.0.0.0/8'] },
    { rule: 'ranges that touch become one', of: ['10.0.0.128/25', '10.0.0.0/25'], is: ['10.0.0.0/24'] },
    { rule: 'a gap of one address keeps two', of: ['10.0.0.0', '10.0.0.2'], is: ['10.0.0.0/32', '10.0.0.2/32'] },
    { rule: 'the families never touch', of: ['255.255.255.255', '::/128'], is: ['255.255.255.255/32', '::/128'] },
    { rule: 'nothing of nothing', of: [], is: [] },
  ])('$rule', ({ of, is }) => {
    expect(texts(set(...of))).toEqual(is);
  });
});

describe('subtract', () => {
  it.each([
    {
      rule: 'a hole in the middle leaves both sides',
      from: ['10.0.0.0/30'],
      taken: ['10.0.0.1'],
      is: ['10.0.0.0/32', '10.0.0.2/31'],
    },
    { rule: 'a hole at an end leaves one side', from: ['10.0.0.0/31'], taken: ['10.0.0.0'], is: ['10.0.0.1/32'] },
    { rule: 'a hole larger than the range leaves nothing', from: ['10.0.0.0/24'], taken: ['10.0.0.0/8'], is: [] },
    { rule: 'a hole of the other family takes nothing', from: ['0.0.0.0/0'], taken: ['::/0'], is: ['0.0.0.0/0'] },
    {
      rule: 'several holes',
      from: ['10.0.0.0-10.0.0.9'],
      taken: ['10.0.0.2', '10.0.0.4-10.0.0.8'],
      is: ['10.0.0.0/31', '10.0.0.3/32', '10.0.0.9/32'],
    },
    {
      rule: 'the last IPv6 address can be taken',
      from: ['::/0'],
      taken: ['::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe'],
      is: ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128'],
    },
  ])('$rule', ({ from, taken, is }) => {
    expect(texts(subtract(set(...from), set(...taken)))).toEqual(is);
  });
});

describe('intervalText and cidrsOf', () => {
  it.each([
    { range: '0.0.0.0/0', text: '0.0.0.0/0', cidrs: ['0.0.0.0/0'] },
    { range: '::/0', text: '::/0', cidrs: ['::/0'] },
    { range: '203.0.113.43', text: '203.0.113.43/32', cidrs: ['203.0.113.43/32'] },
    { range: '2001:db8::1', text: '2001:db8::1/128', cidrs: ['2001:db8::1/128'] },
    { range: '10.0.0.1-10.0.0.2', text: '10.0.0.1-10.0.0.2', cidrs: ['10.0.0.1/32', '10.0.0.2/32'] },
    { range: '0.0.0.0-9.255.255.255', text: '0.0.0.0-9.255.255.255', cidrs: ['0.0.0.0/5', '8.0.0.0/7'] },
    { range: '128.0.0.0-255.255.255.255', text: '128.0.0.0/1', cidrs: ['128.0.0.0/1'] },
  ])('$range is $text', ({ range, text, cidrs }) => {
    expect(intervalText(i(range))).toBe(text);
    expect(cidrsOf(i(range))).toEqual(cidrs);
  });
});

describe('cutAtEnds', () => {
  it('cuts before the first and after the last address of every range, and loses no address', () => {
    const pieces = cutAtEnds(4, [i('10.0.0.0/8'), i('10.1.0.0/16'), i('2001:db8::/32')]);
    expect(pieces.map(intervalText)).toEqual([
      '0.0.0.0-9.255.255.255',
      '10.0.0.0/16',
      '10.1.0.0/16',
      '10.2.0.0-10.255.255.255',
      '11.0.0.0-255.255.255.255',
    ]);
    expect(unite(pieces)).toEqual([allAddresses(4)]);
  });

  it('does not cut behind the last address of the family', () => {
    expect(cutAtEnds(4, [i('0.0.0.0/0')])).toEqual([allAddresses(4)]);
  });
});

describe('enclosingBlock and covers', () => {
  it.each([
    { a: '10.96.0.1', b: '10.96.0.10', is: '10.96.0.0/28' },
    { a: '10.0.0.0/24', b: '10.0.1.0/24', is: '10.0.0.0/23' },
    { a: '0.0.0.0', b: '255.255.255.255', is: '0.0.0.0/0' },
    { a: 'fd00::1', b: 'fd00::2', is: 'fd00::/126' },
  ])('$a and $b are in $is', ({ a, b, is }) => {
    expect(intervalText(enclosingBlock(i(a), i(b)))).toBe(is);
  });

  it('covers wants every address of the range', () => {
    expect(covers(set('10.0.0.0/8'), i('10.0.0.0/8'))).toBe(true);
    expect(covers(set('10.0.0.0/8'), i('10.0.0.0-11.0.0.0'))).toBe(false);
    expect(covers(set('0.0.0.0/0'), i('::1'))).toBe(false);
  });
});
