import { describe, expect, test } from 'vitest';
import { readDestination } from '../../src/destination.ts';
import type { Destination } from '../../src/model.ts';

const name = (name: string): Destination['host'] => ({ kind: 'name', name });
const v4 = (address: string): Destination['host'] => ({ kind: 'address', address, family: 'IPv4' });
const v6 = (address: string): Destination['host'] => ({ kind: 'address', address, family: 'IPv6' });
const https = { port: 443, protocol: 'TCP', application: 'https', path: '/' } as const;
const http = { port: 80, protocol: 'TCP', application: 'http', path: '/' } as const;
const tcp = (port: number) => ({ port, protocol: 'TCP', application: 'none', path: '/' }) as const;
const udp = (port: number) => ({ port, protocol: 'UDP', application: 'none', path: '/' }) as const;

type Row = readonly [rule: string, text: string, expected: Omit<Destination, 'text'>];

const read: readonly Row[] = [
  ['a name alone is asked over HTTPS', 'api.stripe.com', { host: name('api.stripe.com'), ...https }],
  ['port 443 means HTTPS', 'api.stripe.com:443', { host: name('api.stripe.com'), ...https }],
  ['port 80 means HTTP', 'api.stripe.com:80', { host: name('api.stripe.com'), ...http }],
  ['any other port means the connection alone', 'db.example:5432', { host: name('db.example'), ...tcp(5432) }],
  ['the lowest port', 'db.example:1', { host: name('db.example'), ...tcp(1) }],
  ['the highest port', 'db.example:65535', { host: name('db.example'), ...tcp(65535) }],
  ['https:// brings its port', 'https://api.stripe.com', { host: name('api.stripe.com'), ...https }],
  ['http:// brings its port', 'http://api.stripe.com', { host: name('api.stripe.com'), ...http }],
  ['a scheme is in any case', 'HTTPS://api.stripe.com', { host: name('api.stripe.com'), ...https }],
  [
    'the scheme says what is spoken, not the port',
    'https://a.example:80',
    { host: name('a.example'), ...https, port: 80 },
  ],
  ['http on port 443 is http', 'http://a.example:443', { host: name('a.example'), ...http, port: 443 }],
  ['an empty port is the scheme’s', 'https://a.example:', { host: name('a.example'), ...https }],
  ['tcp:// asks for the connection alone', 'tcp://a.example:443', { host: name('a.example'), ...tcp(443) }],
  ['udp:// asks over UDP', 'udp://dns.example:53', { host: name('dns.example'), ...udp(53) }],
  ['path and query are kept', 'https://a.example/v1?x=1', { host: name('a.example'), ...https, path: '/v1?x=1' }],
  [
    'a query without a path is asked of /',
    'https://a.example?x=1',
    { host: name('a.example'), ...https, path: '/?x=1' },
  ],
  [
    'a fragment never leaves the client',
    'https://a.example/v1#top',
    { host: name('a.example'), ...https, path: '/v1' },
  ],
  ['an @ in a path is no credential', 'https://a.example/@me', { host: name('a.example'), ...https, path: '/@me' }],
  [
    'a path in another script is percent-encoded',
    'https://a.example/é',
    { host: name('a.example'), ...https, path: '/%C3%A9' },
  ],
  ['a path may follow a bare name', 'a.example/v1', { host: name('a.example'), ...https, path: '/v1' }],
  ['a closing slash is no path', 'tcp://a.example:5432/', { host: name('a.example'), ...tcp(5432) }],
  ['a Service by its short name', 'web', { host: name('web'), ...https }],
  ['a Service and its namespace', 'web.shop:8080', { host: name('web.shop'), ...tcp(8080) }],
  [
    'a Service by its full name',
    'web.shop.svc.cluster.local:80',
    { host: name('web.shop.svc.cluster.local'), ...http },
  ],
  ['a Service in a namespace that is a number', 'web.123.svc', { host: name('web.123.svc'), ...https }],
  ['a closing dot is dropped', 'api.stripe.com.', { host: name('api.stripe.com'), ...https }],
  ['names are lower case', 'API.Stripe.COM', { host: name('api.stripe.com'), ...https }],
  ['a name may begin with a digit', '1password.com', { host: name('1password.com'), ...https }],
  ['a label of 63 characters', `${'a'.repeat(63)}.example`, { host: name(`${'a'.repeat(63)}.example`), ...https }],
  ['IDN becomes punycode, in lower case', 'BÜCHER.example', { host: name('xn--bcher-kva.example'), ...https }],
  ['punycode stays', 'xn--bcher-kva.example', { host: name('xn--bcher-kva.example'), ...https }],
  ['ß is not ss (UTS 46 non-transitional)', 'faß.example', { host: name('xn--fa-hia.example'), ...https }],
  ['ς is not σ', 'ς.example', { host: name('xn--3xa.example'), ...https }],
  ['emoji', '☃.example', { host: name('xn--n3h.example'), ...https }],
  ['ideographic and full-width dots are dots', 'api。stripe．com', { host: name('api.stripe.com'), ...https }],
  ['IPv4', '203.0.113.43', { host: v4('203.0.113.43'), ...https }],
  ['IPv4 with a port', '203.0.113.43:25', { host: v4('203.0.113.43'), ...tcp(25) }],
  ['IPv6 in brackets', '[2001:db8::1]', { host: v6('2001:db8::1'), ...https }],
  ['IPv6 in brackets with a port', '[2001:db8::1]:80', { host: v6('2001:db8::1'), ...http }],
  ['IPv6 in a URL', 'https://[2001:db8::1]:8443/x', { host: v6('2001:db8::1'), ...https, port: 8443, path: '/x' }],
  ['IPv6 is written as RFC 5952 has it', '[2001:0DB8:0:0:0:0:0:0001]', { host: v6('2001:db8::1'), ...https }],
  ['bare IPv6 whose end cannot be a port', '2606:4700::6810:84e5', { host: v6('2606:4700::6810:84e5'), ...https }],
  ['bare IPv6 that would be none without its end', '2001:db8:0:0:0:0:0:1', { host: v6('2001:db8::1'), ...https }],
  ['bare IPv6 with one group behind ::', '2001:db8::1', { host: v6('2001:db8::1'), ...https }],
  ['IPv4-mapped is the IPv4 address that the packets carry', '::ffff:192.0.2.1', { host: v4('192.0.2.1'), ...https }],
];

describe('a destination is read', () => {
  test.each(read)('%s: %s', (_rule, text, expected) => {
    expect(readDestination(text)).toEqual({ kind: 'destination', destination: { text, ...expected } });
  });
});

const host = 'Name one, as in `api.stripe.com` or `db.example:5432`.';
const port =
  'A port is a whole number from 1 to 65535, without leading zeros. Write it behind a colon, as in `api.stripe.com:443`.';
const space = 'is no host. There is a space or a line break in it. Name one host, without spaces; in a path write %20.';
const control = 'is no host. There is a control character or a backslash in it. Type it anew, as in `api.stripe.com`.';
const secret =
  'The host holds a user name or a password. There is an @ in it, and what stands before it would be shown to everybody who reads the answer. Leave that part out; if it was a real password, change it: it has been typed into a chat or a shell.';
const number =
  'is no host. It ends in a number, so some programs take it for an IPv4 address and others for a name. Write an address as four decimal numbers without leading zeros, as in `192.0.2.1`, or a Service as `web.shop.svc`.';
const notV6 =
  'is no host. It has brackets or several colons, and is no IPv6 address. Write `host:port`, or an IPv6 address with its port as in `[2001:db8::1]:443`.';
const zone =
  'is no host. It has a zone (the part behind %), which only means something on one machine. Name an address that is routed, without a zone.';
const label = (bad: string) =>
  `is no host. A part of a host name has letters, digits and inner hyphens only (RFC 1123); "${bad}" is not such a part. Write the host alone, as in \`api.stripe.com\`, or an address.`;
const dots =
  'is no host. There is nothing between two dots, or before the first. Write each part of the name once, as in `api.stripe.com`.';
const idn =
  'is no host. It is not valid as an internationalised name (UTS 46). Check it for invisible or mixed-direction characters.';
const ask = 'Ask for a host that the application itself connects to.';
const metadata = "answers with the cloud instance's own metadata and credentials.";
const loopback = "is loopback: a pod's loopback never leaves the pod, so no rule and no network can block it.";
const linkLocal =
  'is link-local: it means something else on every node, and cloud metadata and credentials live there.';
const metadataName = "It stands for the cloud instance's own metadata and credentials.";
const long = 'a'.repeat(64);
const cut = `${'a'.repeat(59)}…`;
const never = (address: string, why: string) => `${address} is never probed. ${address} ${why} ${ask}`;

type Refused = readonly [
  rule: string,
  text: string,
  code: 'usage' | 'refused',
  message: string,
  ranges?: readonly string[],
];

const refused: readonly Refused[] = [
  ['nothing', '', 'usage', `No host was given. The text is empty. ${host}`],
  ['a space inside', 'api stripe.com', 'usage', `"api stripe.com" ${space}`],
  ['a space in front', ' api.stripe.com', 'usage', `" api.stripe.com" ${space}`],
  ['a line break', 'a.example\nb', 'usage', `"a.example\\u{a}b" ${space}`],
  ['a no-break space', 'a\u00a0b', 'usage', `"a\\u{a0}b" ${space}`],
  ['a NUL', 'a\0.example', 'usage', `"a\\u{0}.example" ${control}`],
  ['a terminal escape', '\u001b[31m', 'usage', `"\\u{1b}[31m" ${control}`],
  ['a backslash, which browsers take for a slash', 'a.example\\@b', 'usage', `"a.example\\\\@b" ${control}`],
  ['half a character', 'a\ud800b', 'usage', `"a\\u{d800}b" ${control}`],
  ['user and password, never repeated', 'https://me:hunter2@a.example', 'usage', secret],
  ['a user alone', 'me@a.example', 'usage', secret],
  ['credentials before an unknown scheme', 'postgres://me:hunter2@db.example/x', 'usage', secret],
  ['a password with a slash', 'me:hun/ter2@a.example', 'usage', secret],
  [
    'a text without end',
    'a'.repeat(2049),
    'usage',
    'The host is too long. It has 2049 characters, and 2048 is the limit. Name the host alone, as in `api.stripe.com`.',
  ],
  [
    'an unknown scheme',
    'ftp://a.example',
    'usage',
    'The scheme "ftp" is not known. Known are https, http, tcp and udp. Write `tcp://HOST:PORT` to ask for the connection alone.',
  ],
  [
    'a scheme alone',
    'https://',
    'usage',
    `No host was given. There is nothing where the host should be in "https://". ${host}`,
  ],
  ['a path alone', '/v1', 'usage', `No host was given. There is nothing where the host should be in "/v1". ${host}`],
  ['a port alone', ':443', 'usage', `No host was given. There is nothing where the host should be in ":443". ${host}`],
  ['port 0', 'a.example:0', 'usage', `"0" is no port. ${port}`],
  ['port 65536', 'a.example:65536', 'usage', `"65536" is no port. ${port}`],
  ['a port by name', 'a.example:https', 'usage', `"https" is no port. ${port}`],
  ['a port with a leading zero', 'a.example:080', 'usage', `"080" is no port. ${port}`],
  ['a negative port', 'a.example:-1', 'usage', `"-1" is no port. ${port}`],
  ['a port in other digits', 'a.example:４４３', 'usage', `"４４３" is no port. ${port}`],
  ['a colon and nothing', 'a.example:', 'usage', `"" is no port. ${port}`],
  ['a port behind an IPv6 address', '[2001:db8::1]:0', 'usage', `"0" is no port. ${port}`],
  [
    'udp without a port',
    'udp://dns.example',
    'usage',
    'No port was given. udp:// has no usual port. Add it, as in `udp://db.example:5432`.',
  ],
  [
    'tcp without a port',
    'tcp://[2001:db8::1]',
    'usage',
    'No port was given. tcp:// has no usual port. Add it, as in `tcp://[2001:db8::1]:5432`.',
  ],
  [
    'a path where HTTP may not be spoken',
    'a.example:8080/v1',
    'usage',
    'The path "/v1" cannot be asked for. A path is part of an HTTP request, and port 8080 does not say that HTTP is spoken. Put `https://` or `http://` in front, or leave the path out.',
  ],
  [
    'a path over tcp',
    'tcp://a.example:80/v1',
    'usage',
    'The path "/v1" cannot be asked for. A path is part of an HTTP request, and tcp:// does not say that HTTP is spoken. Put `https://` or `http://` in front, or leave the path out.',
  ],
  [
    'a range',
    '10.0.0.0/8',
    'usage',
    '"10.0.0.0/8" is a range, not a host. A probe goes to one address, and /8 is the length of a prefix. Name one address of it, as in `10.0.0.0`.',
  ],
  [
    'a label of 64 characters',
    `${long}.example`,
    'usage',
    `"${cut}" is no host. A part of a name has at most 63 characters, and "${cut}" has 64. Check what was pasted.`,
  ],
  [
    'a name of 254 characters',
    `${'a.'.repeat(126)}aa`,
    'usage',
    `"${'a.'.repeat(29)}a…" is no host. A name has at most 253 characters, and this one has 254. Check what was pasted.`,
  ],
  ['two dots', 'a..example', 'usage', `"a..example" ${dots}`],
  ['a dot in front', '.example', 'usage', `".example" ${dots}`],
  ['two closing dots', 'a.example..', 'usage', `"a.example.." ${dots}`],
  ['a dot alone', '.', 'usage', `"." ${dots}`],
  ['a hyphen in front, which a tool could take for an option', '-a.example', 'usage', `"-a.example" ${label('-a')}`],
  ['a hyphen at the end', 'a-.example', 'usage', `"a-.example" ${label('a-')}`],
  ['an underscore', 'my_bucket.example', 'usage', `"my_bucket.example" ${label('my_bucket')}`],
  ['a wildcard', '*.example', 'usage', `"*.example" ${label('*')}`],
  ['shell', '$(id)', 'usage', `"$(id)" ${label('$(id)')}`],
  ['a percent-encoded dot', 'a%2eexample', 'usage', `"a%2eexample" ${label('a%2eexample')}`],
  ['letters of mixed direction', 'a\u202eb.example', 'usage', `"a\\u{202e}b.example" ${idn}`],
  ['a joiner where none belongs', 'a\u200db.example', 'usage', `"a\\u{200d}b.example" ${idn}`],
  ['a full-width colon', 'a：80', 'usage', `"a：80" ${idn}`],
  ['octal IPv4', '010.0.0.1', 'usage', `"010.0.0.1" ${number}`],
  ['hexadecimal IPv4', '0x7f.1', 'usage', `"0x7f.1" ${number}`],
  ['three numbers', '1.2.3', 'usage', `"1.2.3" ${number}`],
  ['one number', '2130706433', 'usage', `"2130706433" ${number}`],
  ['a number over 255', '1.2.3.256', 'usage', `"1.2.3.256" ${number}`],
  ['five numbers', '1.2.3.4.5', 'usage', `"1.2.3.4.5" ${number}`],
  ['IPv4 with a closing dot', '1.2.3.4.', 'usage', `"1.2.3.4." ${number}`],
  ['IPv4 in full-width digits', '１２７.0.0.1', 'usage', `"１２７.0.0.1" ${number}`],
  ['a last label that is a number', 'web.123', 'usage', `"web.123" ${number}`],
  [
    'bare IPv6 that could end in a port',
    '2001:db8::1:443',
    'usage',
    '"2001:db8::1:443" can be read in two ways. It is an IPv6 address, and could also mean port 443 of 2001:db8::1. Write `[2001:db8::1:443]` or `[2001:db8::1]:443`.',
  ],
  ['an open bracket', '[2001:db8::1', 'usage', `"[2001:db8::1" ${notV6}`],
  ['a name in brackets', '[a.example]', 'usage', `"[a.example]" ${notV6}`],
  ['two ports', 'a.example:80:80', 'usage', `"a.example:80:80" ${notV6}`],
  ['a zone', 'fe80::1%eth0', 'usage', `"fe80::1%eth0" ${zone}`],
  ['a zone as URLs have it', '[fe80::1%25eth0]:80', 'usage', `"[fe80::1%25eth0]:80" ${zone}`],
  ['the metadata address', '169.254.169.254', 'refused', never('169.254.169.254', metadata)],
  [
    'the metadata address in a URL',
    'http://169.254.169.254/latest/meta-data/',
    'refused',
    never('169.254.169.254', metadata),
  ],
  ['container credentials of AWS ECS', '169.254.170.2', 'refused', never('169.254.170.2', metadata)],
  ['container credentials of AWS EKS', '169.254.170.23', 'refused', never('169.254.170.23', metadata)],
  ['metadata over IPv6, AWS', '[fd00:ec2::254]', 'refused', never('fd00:ec2::254', metadata)],
  ['metadata over IPv6, Google', '[fd20:ce::254]', 'refused', never('fd20:ce::254', metadata)],
  ['metadata, Alibaba', '100.100.100.200', 'refused', never('100.100.100.200', metadata)],
  ['metadata, Oracle', '192.0.0.192', 'refused', never('192.0.0.192', metadata)],
  ['the host agent of Azure', '168.63.129.16', 'refused', never('168.63.129.16', metadata)],
  [
    'the metadata name, Google',
    'Metadata.Google.Internal.',
    'refused',
    `metadata.google.internal is never probed. ${metadataName} ${ask}`,
  ],
  [
    'the metadata name, AWS',
    'instance-data.ec2.internal:80',
    'refused',
    `instance-data.ec2.internal is never probed. ${metadataName} ${ask}`,
  ],
  ['link-local IPv4', '169.254.0.1', 'refused', never('169.254.0.1', linkLocal)],
  ['link-local IPv6', '[fe80::1]:80', 'refused', never('fe80::1', linkLocal)],
  ['the end of link-local IPv6', '[febf::ffff]', 'refused', never('febf::ffff', linkLocal)],
  ['loopback IPv4', '127.0.0.1:8080', 'refused', never('127.0.0.1', loopback)],
  ['the end of loopback IPv4', '127.255.255.254', 'refused', never('127.255.255.254', loopback)],
  ['loopback IPv6', '[::1]', 'refused', never('::1', loopback)],
  [
    'localhost',
    'localhost:3000',
    'refused',
    `localhost is never probed. It is loopback (RFC 6761): a pod's loopback never leaves the pod, so no rule and no network can block it. ${ask}`,
  ],
  [
    'a name below localhost',
    'app.localhost',
    'refused',
    `app.localhost is never probed. It is loopback (RFC 6761): a pod's loopback never leaves the pod, so no rule and no network can block it. ${ask}`,
  ],
  [
    'unspecified IPv4',
    '0.0.0.0',
    'refused',
    never('0.0.0.0', 'is the unspecified address or network: it names no host.'),
  ],
  ['unspecified IPv6', '[::]', 'refused', never('::', 'is the unspecified address or network: it names no host.')],
  ['multicast IPv4', '224.0.0.251', 'refused', never('224.0.0.251', 'is multicast: a group, not a host.')],
  ['multicast IPv6', '[ff02::1]', 'refused', never('ff02::1', 'is multicast: a group, not a host.')],
  [
    'broadcast',
    '255.255.255.255',
    'refused',
    never('255.255.255.255', 'is the broadcast address: every host, not one.'),
  ],
  ['mapped metadata', '::ffff:169.254.169.254', 'refused', never('169.254.169.254', metadata)],
  ['mapped link-local', '[::ffff:a9fe:1]', 'refused', never('169.254.0.1', linkLocal)],
  ['mapped loopback', '[::ffff:127.0.0.1]:80', 'refused', never('127.0.0.1', loopback)],
  [
    'mapped unspecified',
    '[::ffff:0.0.0.0]',
    'refused',
    never('0.0.0.0', 'is the unspecified address or network: it names no host.'),
  ],
  ['mapped multicast', '[::ffff:224.0.0.1]', 'refused', never('224.0.0.1', 'is multicast: a group, not a host.')],
  [
    'mapped broadcast',
    '[::ffff:255.255.255.255]',
    'refused',
    never('255.255.255.255', 'is the broadcast address: every host, not one.'),
  ],
  [
    'a range that this installation refuses',
    '10.1.2.3',
    'refused',
    never('10.1.2.3', 'is inside 10.0.0.0/8, which this installation refuses to probe.'),
    ['192.0.2.0/24', '10.0.0.0/8'],
  ],
  [
    'a refused range, mapped',
    '[::ffff:10.1.2.3]',
    'refused',
    never('10.1.2.3', 'is inside 10.0.0.0/8, which this installation refuses to probe.'),
    ['10.0.0.0/8'],
  ],
];

describe('a destination is refused, with cause and remedy', () => {
  for (const [rule, text, code, message, ranges = []] of refused) {
    test(rule, () => {
      const reading = readDestination(text, ranges);
      if (reading.kind !== 'refused') throw new Error(`${text} was read`);
      const { fault } = reading;
      expect(`${fault.what} ${fault.cause} ${fault.remedy}`).toBe(message);
      expect(fault.code).toBe(code);
    });
  }
});
