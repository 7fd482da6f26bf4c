import { describe, expect, test } from 'vitest';
import {
  coversAddress,
  coversRange,
  formatAddress,
  isLoopback,
  rangeOf,
  readAddress,
  readRange,
} from '../../src/policy/address.ts';
import type { AddressRange } from '../../src/policy/model.ts';

function range(text: string): AddressRange {
  const reading = readRange(text);
  if (reading.kind === 'unreadable') throw new Error(reading.why);
  return reading.range;
}

describe('an address is read strictly', () => {
  test.each([
    ['dotted decimal', '10.0.0.1', '10.0.0.1'],
    ['the ends of IPv4', '255.255.255.255', '255.255.255.255'],
    ['a zero octet', '0.0.0.0', '0.0.0.0'],
    ['IPv6 in capitals becomes canonical', '2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['all zeros', '::', '::'],
    ['one zero group is not shortened', '1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['IPv6 with an IPv4 tail', '64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['an IPv4-mapped address is the IPv4 address', '::ffff:10.0.0.1', '10.0.0.1'],
    ['an IPv4-mapped address in hexadecimal, too', '::ffff:a00:1', '10.0.0.1'],
  ])('%s', (_, text, canonical) => {
    expect(readAddress(text)).toMatchObject({ kind: 'address', address: { text: canonical } });
  });

  test.each([
    ['an octal octet', '010.0.0.1'],
    ['an octet above 255', '10.0.0.256'],
    ['three octets', '10.0.1'],
    ['hexadecimal octets', '0xa.0.0.1'],
    ['a zone', 'fe80::1%eth0'],
    ['brackets', '[::1]'],
    ['two shortenings', '1::2::3'],
    ['nine groups', '1:2:3:4:5:6:7:8:9'],
    ['an octal IPv4 tail', '::ffff:010.0.0.1'],
    ['nothing', ''],
    ['a name', 'api.stripe.com'],
    ['a space', ' 10.0.0.1'],
    ['what stands where no address is', '<none>'],
  ])('not read: %s', (_, text) => {
    expect(readAddress(text)).toEqual({ kind: 'unreadable', why: `"${text}" is no IP address` });
  });

  test('a long text is cut where it is shown', () => {
    const reading = readAddress('x'.repeat(5000));
    expect(reading.kind === 'unreadable' && reading.why.length).toBeLessThan(80);
  });
});

describe('a range is read strictly', () => {
  test.each([
    ['a network', '10.0.0.0/8', '10.0.0.0', '10.255.255.255'],
    ['one address', '203.0.113.43/32', '203.0.113.43', '203.0.113.43'],
    ['everything', '0.0.0.0/0', '0.0.0.0', '255.255.255.255'],
    ['IPv6', '2001:db8::/127', '2001:db8::', '2001:db8::1'],
    ['an IPv4-mapped prefix is IPv4', '::ffff:10.0.0.0/104', '10.0.0.0', '10.255.255.255'],
  ])('%s', (_, text, first, last) => {
    const { family, ...ends } = range(text);
    expect([formatAddress(family, ends.first), formatAddress(family, ends.last)]).toEqual([first, last]);
    expect(readRange(text)).toMatchObject({ problem: null });
  });

  test('host bits are masked away, and said', () => {
    expect(readRange('203.0.113.57/28')).toMatchObject({
      problem: 'host bits set in "203.0.113.57/28": it means 203.0.113.48/28',
    });
    expect(formatAddress(4, range('203.0.113.57/28').first)).toBe('203.0.113.48');
  });

  test.each([
    '203.0.113.0/33',
    '300.1.1.0/24',
    '203.0.113.43',
    '2001:db8::/129',
    'not-a-cidr',
    '',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
  ])('not read: %j', text => {
    expect(readRange(text)).toEqual({ kind: 'unreadable', why: `invalid CIDR "${text}"` });
  });
});

describe('ranges cover their ends and nothing beyond', () => {
  test.each([
    ['10.0.0.0/8', '10.0.0.0', true],
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/8', '9.255.255.255', false],
    ['::/0', '10.0.0.1', false],
    ['0.0.0.0/0', '::1', false],
    ['2001:db8::/32', '2001:db8:ffff::', true],
  ])('%s covers %s: %s', (block, text, covered) => {
    const reading = readAddress(text);
    expect(reading.kind === 'address' && coversAddress(range(block), reading.address)).toBe(covered);
  });

  test('a range covers a range that lies in it, and a range of one is its address', () => {
    expect(coversRange(range('10.0.0.0/8'), range('10.1.0.0/16'))).toBe(true);
    expect(coversRange(range('10.1.0.0/16'), range('10.0.0.0/8'))).toBe(false);
    expect(coversRange(range('::/0'), range('10.0.0.0/8'))).toBe(false);
    const reading = readAddress('10.0.0.1');
    expect(reading.kind === 'address' && rangeOf(reading.address)).toEqual({
      ...range('10.0.0.1/32'),
      text: '10.0.0.1',
    });
  });

  test.each([
    ['127.0.0.1', true],
    ['127.255.0.9', true],
    ['128.0.0.1', false],
    ['::1', true],
    ['::2', false],
  ])('%s is loopback: %s', (text, loopback) => {
    const reading = readAddress(text);
    expect(reading.kind === 'address' && isLoopback(reading.address)).toBe(loopback);
  });
});
