import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readDestination, writeDestination } from '../../src/destination.ts';
import { readAddress } from '../../src/policy/address.ts';
import { refusalOf } from '../../src/refuse.ts';

const label = fc.stringMatching(/^[a-zA-Z0-9-]{1,20}$/);
const anyPort = fc.oneof(fc.integer({ min: -1, max: 70_000 }).map(String), fc.constantFrom('', '080', 'http'));
const likelyHost = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV4Extended(),
  fc.ipV6(),
  fc.ipV6().map(text => `[${text}]`),
  fc.array(label, { minLength: 1, maxLength: 5 }).map(labels => labels.join('.')),
);
const likely = fc
  .tuple(
    fc.constantFrom('', 'https://', 'http://', 'tcp://', 'udp://', 'x://'),
    likelyHost,
    fc.option(anyPort),
    fc.constantFrom('', '/', '/a?b', '#c'),
  )
  .map(([scheme, host, port, path]) => `${scheme}${host}${port === null ? '' : `:${port}`}${path}`);
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'.:/[]@%#?-_ \\\0\n\t0x7f19a;$`\'"|&<>(){}*~=\u202e\u00adＡ。１ßş') }),
  fc.webUrl({ withFragments: true, withQueryParameters: true }),
  likely,
);

test('reading never throws, and a refusal always says what, why and what to do', () => {
  const check = (text: string) => {
    const reading = readDestination(text);
    if (reading.kind === 'destination') return;
    for (const sentence of [reading.fault.what, reading.fault.cause, reading.fault.remedy]) {
      expect(sentence).toMatch(/^\S.*\.$/su);
      expect(sentence).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }
  };
  fc.assert(fc.property(hostile, check), { numRuns: 10_000 });
});

test('what is read is a name by RFC 1123 or a canonical address that may be probed, and can be an argument of a command', () => {
  const check = (text: string) => {
    const reading = readDestination(text);
    if (reading.kind !== 'destination') return;
    const { host, port, path } = reading.destination;
    expect(Number.isInteger(port) && port >= 1 && port <= 65_535).toBe(true);
    expect(path).toMatch(/^\/[\x21-\x7e]*$/);
    if (host.kind === 'address') {
      expect(readAddress(host.address)).toMatchObject({ address: { text: host.address } });
      expect(host.family).toBe(host.address.includes(':') ? 'IPv6' : 'IPv4');
      expect(refusalOf(host.address, [])).toBeNull();
    } else {
      expect(host.name.length).toBeLessThanOrEqual(253);
      for (const part of host.name.split('.')) expect(part).toMatch(/^(?!-)[a-z0-9-]{1,63}(?<!-)$/);
      expect(host.name).not.toMatch(/(^|\.)(\d+|0x[0-9a-f]*)$/);
    }
  };
  fc.assert(fc.property(fc.oneof(likely, hostile), check), { numRuns: 10_000 });
});

test('a destination that is written reads as itself', () => {
  const check = (text: string) => {
    const reading = readDestination(text);
    if (reading.kind !== 'destination') return;
    const written = writeDestination(reading.destination);
    expect(readDestination(written)).toEqual({
      kind: 'destination',
      destination: { ...reading.destination, text: written },
    });
  };
  fc.assert(fc.property(fc.oneof(likely, hostile), check), { numRuns: 10_000 });
});

test('a password is never repeated', () => {
  const secret = fc.stringMatching(/^[a-z]{12}$/);
  const check = (password: string, scheme: string, tail: string) => {
    const reading = readDestination(`${scheme}me:${password}${tail}@a.example`);
    expect(reading.kind).toBe('refused');
    expect(JSON.stringify(reading)).not.toContain(password);
  };
  fc.assert(
    fc.property(
      secret,
      fc.constantFrom('', 'https://', 'postgres://'),
      fc.constantFrom('', '/x', '?x', '#x', ':x'),
      check,
    ),
  );
});

test('an address is refused in every form that carries it', () => {
  const reserved = fc.tuple(fc.constantFrom(0, 127, 224, 239), fc.nat(255), fc.nat(255), fc.nat(255));
  const linkLocal = fc.tuple(fc.constant(169), fc.constant(254), fc.nat(255), fc.nat(255));
  const check = (octets: readonly number[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = octets;
    const dotted = octets.join('.');
    const hex = [a * 256 + b, c * 256 + d].map(group => group.toString(16)).join(':');
    for (const text of [dotted, `::ffff:${dotted}`, `64:ff9b::${dotted}`, `64:ff9b:1::${dotted}`, `2002:${hex}::1`]) {
      expect(refusalOf(text, [])?.why).toContain(dotted);
    }
  };
  fc.assert(fc.property(fc.oneof(reserved, linkLocal), check));
});

test('a longer refuse list never permits more', () => {
  const ranges = fc.array(
    fc.constantFrom('10.0.0.0/8', '203.0.113.0/24', '2001:db8::/32', '0.0.0.0/0', '10.0.0.1', 'nonsense'),
  );
  const check = (address: string, some: readonly string[], more: readonly string[]) => {
    if (refusalOf(address, some) !== null) expect(refusalOf(address, [...some, ...more])).not.toBeNull();
  };
  fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), ranges, ranges, check));
});
