import { describe, expect, test } from 'vitest';
import { type AskReading, readCommand } from '../../src/slack/command.ts';

type Part = Partial<Extract<AskReading, { kind: 'asked' }>['asked']>;
const asked = (pod: string, host: string, more: Part = {}): AskReading => ({
  kind: 'asked',
  asked: { pod, host, namespace: null, cluster: null, probe: true, ...more },
});
const incomplete = (more: Part = {}): AskReading => ({
  kind: 'incomplete',
  found: { pod: null, host: null, namespace: null, cluster: null, probe: true, ...more },
});
const HELP: AskReading = { kind: 'help' };

const QUESTIONS: readonly (readonly [rule: string, text: string, expected: AskReading])[] = [
  ['a pod and a host', 'billing-pod api.stripe.com', asked('billing-pod', 'api.stripe.com')],
  ['a port', 'billing-pod api.stripe.com:8443', asked('billing-pod', 'api.stripe.com:8443')],
  [
    'spaces around and between do not count',
    '   billing-pod \t  api.stripe.com  ',
    asked('billing-pod', 'api.stripe.com'),
  ],
  ['a namespace before', '-n payments billing-pod db:5432', asked('billing-pod', 'db:5432', { namespace: 'payments' })],
  ['a namespace behind', 'billing-pod db:5432 -n payments', asked('billing-pod', 'db:5432', { namespace: 'payments' })],
  [
    'a namespace between',
    'billing-pod -n payments db:5432',
    asked('billing-pod', 'db:5432', { namespace: 'payments' }),
  ],
  ['a namespace with =', 'billing-pod db:5432 -n=payments', asked('billing-pod', 'db:5432', { namespace: 'payments' })],
  ['the long name of -n', 'b-1 x.io --namespace=payments', asked('b-1', 'x.io', { namespace: 'payments' })],
  ['a cluster', 'b-1 x.io --cluster prod-eu', asked('b-1', 'x.io', { cluster: 'prod-eu' })],
  ['kubectl says --context', 'b-1 x.io --context=prod-eu', asked('b-1', 'x.io', { cluster: 'prod-eu' })],
  ['no probes', 'b-1 x.io --no-probe', asked('b-1', 'x.io', { probe: false })],
  [
    'all options',
    '--no-probe b-1 x.io --cluster prod -n shop',
    asked('b-1', 'x.io', { probe: false, cluster: 'prod', namespace: 'shop' }),
  ],
  ['an option said twice alike', 'b-1 x.io -n shop -n shop', asked('b-1', 'x.io', { namespace: 'shop' })],
  ['a pod with its namespace', 'payments/billing-pod x.io', asked('payments/billing-pod', 'x.io')],
  ['what owns the pods', 'deploy/billing x.io', asked('deploy/billing', 'x.io')],
  ['a selector', 'app=billing,tier=api x.io', asked('app=billing,tier=api', 'x.io')],
  ['a selector with spaces in quotes', '"app=b,tier in (a,b)" x.io', asked('app=b,tier in (a,b)', 'x.io')],
  ["a selector as kubectl's option", '-l app=billing x.io', asked('-l app=billing', 'x.io')],
  ['a URL', 'b-1 https://api.stripe.com/v1', asked('b-1', 'https://api.stripe.com/v1')],
  ['an address', 'b-1 10.0.0.7:5432', asked('b-1', '10.0.0.7:5432')],
  ['IPv6', 'b-1 [2001:db8::1]:443', asked('b-1', '[2001:db8::1]:443')],
  ["Slack's link of a name", 'b-1 <http://api.stripe.com|api.stripe.com>', asked('b-1', 'api.stripe.com')],
  ["Slack's link of a name with a port", 'b-1 <http://x.io:8443|x.io:8443>', asked('b-1', 'x.io:8443')],
  ["Slack's link of a URL", 'b-1 <https://x.io/v1?a=1&amp;b=2>', asked('b-1', 'https://x.io/v1?a=1&b=2')],
  ['a link whose label is no address', 'b-1 <https://x.io|the api>', asked('b-1', 'https://x.io')],
  ['a pod with dots that became a link', '<http://node-1.eu|node-1.eu> x.io', asked('node-1.eu', 'x.io')],
  ['code ticks', '`b-1` `x.io`', asked('b-1', 'x.io')],
  ['a block of code', '```b-1``` ```x.io:443```', asked('b-1', 'x.io:443')],
  ['smart quotes', '“b-1” ‘x.io’', asked('b-1', 'x.io')],
  ['a no-break space', 'b-1\u00a0x.io', asked('b-1', 'x.io')],
  ['invisible characters', 'b-1\u200b x.io\ufeff', asked('b-1', 'x.io')],
  [
    'a long dash that was two hyphens',
    'b-1 x.io —cluster prod —no-probe',
    asked('b-1', 'x.io', { cluster: 'prod', probe: false }),
  ],
  ['a short dash that was one hyphen', 'b-1 x.io –n shop', asked('b-1', 'x.io', { namespace: 'shop' })],
  ['a no-break hyphen inside a name', 'billing\u2011pod x.io', asked('billing-pod', 'x.io')],
  ['a sentence', "why can't billing-pod reach api.stripe.com", asked('billing-pod', 'api.stripe.com')],
  ['an arrow', 'billing-pod -> api.stripe.com', asked('billing-pod', 'api.stripe.com')],
  ['an arrow as Slack escapes it', 'billing-pod -&gt; api.stripe.com', asked('billing-pod', 'api.stripe.com')],
  ['help', 'help', HELP],
  ['help in capitals', ' HELP ', HELP],
  ['--help', 'b-1 x.io --help', HELP],
  ['-h', '-h', HELP],
  ['a question mark', '?', HELP],
];

test.each(QUESTIONS)('the slash command reads %s', (_rule, text, expected) => {
  expect(readCommand(text)).toEqual(expected);
});

const INCOMPLETE: readonly (readonly [rule: string, text: string, expected: AskReading])[] = [
  ['nothing at all', '', incomplete()],
  ['only options', '-n payments --no-probe', incomplete({ namespace: 'payments', probe: false })],
  ['only a pod', 'billing-pod', incomplete({ pod: 'billing-pod' })],
  ['only a host', 'api.stripe.com', incomplete({ host: 'api.stripe.com' })],
  ['only a URL', '<https://api.stripe.com>', incomplete({ host: 'https://api.stripe.com' })],
  ['only a host with options', 'x.io --cluster prod', incomplete({ host: 'x.io', cluster: 'prod' })],
  [
    'a port as a third word, which may be anything',
    'billing-pod x.io 443',
    incomplete({ pod: 'billing-pod', host: 'x.io' }),
  ],
  ['two hosts', "why can't billing-pod reach a.io or b.io", incomplete({ pod: 'billing-pod' })],
];

test.each(INCOMPLETE)('%s opens the form with what was found', (_rule, text, expected) => {
  expect(readCommand(text)).toEqual(expected);
});

const REFUSED: readonly (readonly [rule: string, text: string, says: readonly RegExp[]])[] = [
  ['an unknown option', 'b-1 x.io --probe', [/"--probe" is no option.*Did you mean `--no-probe`/]],
  ['an unknown short option', 'b-1 x.io -x', [/"-x" is no option/]],
  ['an option without its value', 'b-1 x.io -n', [/`-n` says nothing/]],
  ['an option whose value is an option', 'b-1 x.io -n --no-probe', [/`-n` says nothing/]],
  ['an option with an empty value', 'b-1 x.io --cluster=', [/`--cluster` says nothing/]],
  ['a flag with a value', 'b-1 x.io --no-probe=yes', [/takes no value/]],
  ['an option said twice and differently', 'b-1 x.io -n a -n b', [/`-n` is there twice/]],
  ['a pod that cannot be', 'Billing_Pod x.io', [/"Billing_Pod" is no name of a Pod/]],
  ['a host that cannot be', 'b-1 x..io', [/"x..io" is no host/]],
  ['a host that is never probed', 'b-1 169.254.169.254', [/169\.254\.169\.254 is never probed/]],
  ['both wrong: both are told', 'UP x.io:99999', [/"UP" is no name/, /"99999" is no port/]],
  ['two namespaces', 'a/b-1 x.io -n c', [/Two namespaces were given/]],
  ['the wrong way round', 'https://x.io b-1', [/The first word is no pod/]],
  ['a lone host that cannot be', 'http://user:pw@x.io', [/holds a user name or a password/]],
];

test.each(REFUSED)('the slash command refuses %s, with cause and remedy', (_rule, text, says) => {
  const reading = readCommand(text);
  if (reading.kind !== 'refused') throw new Error(`was ${JSON.stringify(reading)}`);
  expect(reading.faults.map(fault => `${fault.what} ${fault.cause} ${fault.remedy}`)).toEqual(
    says.map(pattern => expect.stringMatching(pattern)),
  );
  for (const fault of reading.faults) expect([fault.cause, fault.remedy]).not.toContain('');
});

describe('a password', () => {
  test('is not repeated in the refusal', () => {
    for (const text of ['b-1 https://user:geheim@x.io', 'https://user:geheim@x.io b-1', 'https://user:geheim@x.io']) {
      expect(JSON.stringify(readCommand(text))).not.toContain('geheim');
    }
  });
});
