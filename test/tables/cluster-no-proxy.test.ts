import { expect, test } from 'vitest';
import { readExemption } from '../../src/cluster/no-proxy.ts';
import type { DestinationHost } from '../../src/model.ts';

const name = (text: string): DestinationHost => ({ kind: 'name', name: text });
const v4 = (address: string): DestinationHost => ({ kind: 'address', address, family: 'IPv4' });
const v6 = (address: string): DestinationHost => ({ kind: 'address', address, family: 'IPv6' });
const api = name('api.stripe.com');

test.each<readonly [string, string, DestinationHost, 'exempt' | 'not-exempt' | 'depends']>([
  ['an empty list exempts nothing', '', api, 'not-exempt'],
  ['a star exempts everything', '*', api, 'exempt'],
  ['a domain covers itself', 'api.stripe.com', api, 'exempt'],
  ['a domain covers what is below it', 'stripe.com', api, 'exempt'],
  ['a domain covers no name that merely ends like it', 'stripe.com', name('notstripe.com'), 'not-exempt'],
  ['a domain does not cover what is above it', 'api.stripe.com', name('stripe.com'), 'not-exempt'],
  ['a leading dot covers what is below', '.stripe.com', api, 'exempt'],
  ['a leading dot and the domain itself: curl and Go differ', '.stripe.com', name('stripe.com'), 'depends'],
  ['a star before a domain: Go reads it, curl does not', '*.stripe.com', api, 'depends'],
  ['a star before a domain never covers the domain itself', '*.stripe.com', name('stripe.com'), 'not-exempt'],
  ['capitals do not matter', 'Stripe.COM', api, 'exempt'],
  ['a final dot does not matter', 'stripe.com.', api, 'exempt'],
  ['commas and spaces separate', 'a.example, b.example stripe.com', api, 'exempt'],
  ['one entry that exempts wins over one that programs read differently', '*.stripe.com,stripe.com', api, 'exempt'],
  ['an entry with the port: curl does not read ports', 'stripe.com:443', api, 'depends'],
  ['an entry with another port exempts nothing', 'stripe.com:8443', api, 'not-exempt'],
  ['an address covers itself', '203.0.113.43', v4('203.0.113.43'), 'exempt'],
  ['an address covers no other', '203.0.113.43', v4('203.0.113.44'), 'not-exempt'],
  ['a range covers an address in it', '10.0.0.0/8', v4('10.255.255.255'), 'exempt'],
  ['a range covers no address beyond it', '10.0.0.0/8', v4('11.0.0.0'), 'not-exempt'],
  ['a range says nothing of names', '0.0.0.0/0', api, 'not-exempt'],
  ['a range that cannot be read covers nothing', '10.0.0.0/64', v4('10.0.0.1'), 'not-exempt'],
  ['an IPv6 range covers an address in it', '2001:db8::/32', v6('2001:db8::43'), 'exempt'],
  ['an IPv6 range covers no IPv4 address', '::/0', v4('10.0.0.1'), 'not-exempt'],
  ['an IPv6 address, written in another way', '2001:db8:0:0::43', v6('2001:db8::43'), 'exempt'],
  ['an IPv6 address in brackets', '[2001:db8::43]', v6('2001:db8::43'), 'exempt'],
  ['an IPv6 address in brackets with another port', '[2001:db8::43]:80', v6('2001:db8::43'), 'not-exempt'],
  ['part of an address is a domain that no address is below', '113.43', v4('203.0.113.43'), 'not-exempt'],
])('%s', (_rule, list, host, expected) => {
  expect(readExemption(list, { host, port: 443 }).kind).toBe(expected);
});

test('the entry that exempts is named', () => {
  expect(readExemption('.svc, .stripe.com', { host: api, port: 443 })).toEqual({ kind: 'exempt', by: '.stripe.com' });
});
