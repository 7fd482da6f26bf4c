import { expect, test } from 'vitest';
import { type AddressUse, refusalOf } from '../../src/refuse.ts';

const at = (port: number, ...nameservers: string[]): AddressUse => ({ port, nameservers });
const linkLocal =
  'is link-local: it means something else on every node, and cloud metadata and credentials live there.';
const inTen = 'is inside 10.0.0.0/8, which this installation refuses to probe.';

type Row = readonly [
  rule: string,
  address: string,
  ranges: readonly string[],
  use: AddressUse | undefined,
  why: string | null,
];

const rows: readonly Row[] = [
  ['a public address may be probed', '203.0.113.43', [], undefined, null],
  ['so may a private one', '10.0.0.1', [], undefined, null],
  ['and one of 240.0.0.0/4, which some clouds give to pods', '240.0.0.1', [], undefined, null],
  ['and one next to link-local', '169.255.0.0', [], undefined, null],
  ['and one below link-local', '169.253.255.255', [], undefined, null],
  ['and an IPv6 address next to link-local', 'fec0::1', [], undefined, null],
  ['and a mapped public address', '::ffff:203.0.113.43', [], undefined, null],
  ['a configured range is refused at its first address', '10.0.0.0', ['10.0.0.0/8'], undefined, `10.0.0.0 ${inTen}`],
  ['and at its last', '10.255.255.255', ['10.0.0.0/8'], undefined, `10.255.255.255 ${inTen}`],
  ['and not behind it', '11.0.0.0', ['10.0.0.0/8'], undefined, null],
  ['and not below it', '9.255.255.255', ['10.0.0.0/8'], undefined, null],
  ['a range of one family says nothing of the other', '2001:db8::1', ['0.0.0.0/0'], undefined, null],
  [
    'a configured IPv6 range',
    '2001:db8::1',
    ['2001:db8::/32'],
    undefined,
    '2001:db8::1 is inside 2001:db8::/32, which this installation refuses to probe.',
  ],
  [
    'a lone address is a range of one',
    '10.0.0.1',
    ['10.0.0.1'],
    undefined,
    '10.0.0.1 is inside 10.0.0.1, which this installation refuses to probe.',
  ],
  [
    'a range that cannot be read refuses everything',
    '203.0.113.43',
    ['10.0.0/8'],
    undefined,
    'The refused range "10.0.0/8" cannot be read, so nothing is probed.',
  ],
  [
    'so does one with bits behind its prefix',
    '203.0.113.43',
    ['10.0.0.1/8'],
    undefined,
    'The refused range "10.0.0.1/8" cannot be read, so nothing is probed.',
  ],
  [
    'so does one whose prefix is too long',
    '203.0.113.43',
    ['10.0.0.0/33'],
    undefined,
    'The refused range "10.0.0.0/33" cannot be read, so nothing is probed.',
  ],
  ['text that is no address is refused', 'a.example', [], undefined, '"a.example" is no IP address.'],
  ['the pod’s own nameserver is exempt on port 53', '169.254.20.10', [], at(53, '10.96.0.10', '169.254.20.10'), null],
  ['also where it is the metadata address', '169.254.169.254', [], at(53, '169.254.169.254'), null],
  ['also in another spelling', '::ffff:169.254.20.10', [], at(53, '169.254.20.10'), null],
  ['not on another port', '169.254.20.10', [], at(80, '169.254.20.10'), `169.254.20.10 ${linkLocal}`],
  ['not another address', '169.254.20.11', [], at(53, '169.254.20.10'), `169.254.20.11 ${linkLocal}`],
  ['not where the configuration refuses it', '10.96.0.10', ['10.0.0.0/8'], at(53, '10.96.0.10'), `10.96.0.10 ${inTen}`],
  [
    'the metadata address behind NAT64',
    '64:ff9b::a9fe:a9fe',
    [],
    undefined,
    "64:ff9b::a9fe:a9fe is the NAT64 form of 169.254.169.254, which answers with the cloud instance's own metadata and credentials.",
  ],
  [
    'the metadata address behind 6to4',
    '2002:a9fe:a9fe::',
    [],
    undefined,
    "2002:a9fe:a9fe:: is the 6to4 form of 169.254.169.254, which answers with the cloud instance's own metadata and credentials.",
  ],
  [
    'the metadata address in the deprecated compatible form',
    '::169.254.169.254',
    [],
    undefined,
    "::a9fe:a9fe is the IPv4-compatible form of 169.254.169.254, which answers with the cloud instance's own metadata and credentials.",
  ],
];

test.each(rows)('%s', (_rule, address, ranges, use, why) => {
  expect(refusalOf(address, ranges, use)).toEqual(why === null ? null : { why });
});
