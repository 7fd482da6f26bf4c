/** Facts in words: outcomes, times, lists; each with its symbol. */
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../src/model.ts';
import { culpritsOf } from '../../src/render/culprit.ts';
import {
  confidenceMeaning,
  durationText,
  flowSetText,
  listText,
  outcomeWords,
  sentence,
  symbolOf,
  timeText,
} from '../../src/render/words.ts';
import { wrapLine } from '../../src/render/wrap.ts';

const tls = (why: Extract<Outcome, { kind: 'tls-failed' }>['why']): Outcome => ({
  kind: 'tls-failed',
  why,
  detail: '',
  certificate: null,
});
const answer = (rcode: string, ...addresses: string[]): Outcome => ({
  kind: 'resolver-answered',
  rcode,
  asked: 'a.example',
  addresses,
});

const OUTCOMES: readonly { rule: string; outcome: Outcome; words: string }[] = [
  { rule: 'a handshake is good', outcome: { kind: 'connected', certificate: null }, words: '✓ connected' },
  { rule: 'a RST is named as such', outcome: { kind: 'refused' }, words: '✗ refused (RST)' },
  {
    rule: 'one ICMP code is told',
    outcome: { kind: 'unreachable', errno: 'EHOSTUNREACH', codes: [13] },
    words: '✗ unreachable (ICMP code 13)',
  },
  {
    rule: 'several possible ICMP codes are not guessed at',
    outcome: { kind: 'unreachable', errno: 'EHOSTUNREACH', codes: [1, 13] },
    words: '✗ unreachable (EHOSTUNREACH)',
  },
  {
    rule: 'silence to a SYN is a drop, not a time-out',
    outcome: { kind: 'syn-dropped', waitedMs: 3000 },
    words: '✗ dropped',
  },
  { rule: 'a reset', outcome: { kind: 'reset' }, words: '✗ reset' },
  {
    rule: 'silence after acceptance proves nothing',
    outcome: { kind: 'no-answer', layer: 'http', waitedMs: 3000 },
    words: '? no answer',
  },
  { rule: 'no route', outcome: { kind: 'no-route' }, words: '✗ no route' },
  {
    rule: 'a local error keeps its name',
    outcome: { kind: 'local-error', errno: 'EPERM' },
    words: '✗ local error EPERM',
  },
  { rule: 'one address', outcome: answer('NOERROR', '192.0.2.1'), words: '✓ 1 address' },
  { rule: 'two addresses', outcome: answer('NOERROR', '192.0.2.1', '192.0.2.2'), words: '✓ 2 addresses' },
  { rule: 'the resolver said no', outcome: answer('NXDOMAIN'), words: '✗ NXDOMAIN' },
  {
    rule: 'no record of a family',
    outcome: { kind: 'no-records', families: ['IPv4', 'IPv6'] },
    words: '✗ no A/AAAA record',
  },
  { rule: 'a silent resolver', outcome: { kind: 'resolver-timeout', waitedMs: 3000 }, words: '✗ no answer' },
  { rule: 'expired', outcome: tls('expired'), words: '✗ expired' },
  { rule: 'not yet valid', outcome: tls('not-yet-valid'), words: '✗ not yet valid' },
  { rule: 'wrong name', outcome: tls('wrong-name'), words: '✗ wrong name' },
  { rule: 'untrusted', outcome: tls('untrusted'), words: '✗ untrusted' },
  { rule: 'reset in the hello', outcome: tls('reset'), words: '✗ reset in hello' },
  { rule: 'closed in the hello', outcome: tls('closed'), words: '✗ closed in hello' },
  { rule: 'no common version', outcome: tls('protocol'), words: '✗ no common version' },
  { rule: 'other TLS trouble', outcome: tls('other'), words: '✗ TLS failed' },
  {
    rule: 'a status is good whatever it is: the network delivered it',
    outcome: { kind: 'http-status', status: 503 },
    words: '✓ HTTP 503',
  },
  { rule: 'not run is no failure', outcome: { kind: 'not-run', why: 'dropped at tcp' }, words: '– not run' },
];

describe('outcomes', () => {
  it.each(OUTCOMES)('$rule: $words', ({ outcome, words }) => {
    const seen = outcomeWords(outcome);
    expect(`${symbolOf(seen.tone)} ${seen.words}`).toBe(words);
  });
});

describe('times', () => {
  it.each([
    [0, '<1 ms'],
    [0.99, '<1 ms'],
    [1, '1 ms'],
    [999.4, '999 ms'],
    [1000, '1.0 s'],
    [3049, '3.0 s'],
  ])('%s ms is %s', (ms, text) => expect(durationText(ms)).toBe(text));

  it('a time of day keeps its zone', () => expect(timeText('2026-11-21T02:14:07Z')).toBe('2026-11-21 02:14 UTC'));
  it('what is no ISO time is shown as it came', () => expect(timeText('yesterday')).toBe('yesterday'));
});

describe('lists and sentences', () => {
  it.each([
    [[], ''],
    [['a'], 'a'],
    [['a', 'b'], 'a and b'],
    [['a', 'b', 'c'], 'a, b and c'],
    [['a', 'b', 'c', 'd', 'e', 'f'], 'a, b, c, d, e and f'],
    [['a', 'b', 'c', 'd', 'e', 'f', 'g'], 'a, b, c, d, e and 2 more'],
  ])('%j reads %s', (items, text) => expect(listText(items)).toBe(text));

  it.each([
    ['it is so', 'it is so.'],
    ['it is so.', 'it is so.'],
    ['is it so?', 'is it so?'],
    [' ', ''],
  ])('"%s" ends as "%s"', (text, ended) => expect(sentence(text)).toBe(ended));

  it('a set of flows is one line', () => {
    expect(flowSetText({ pods: ['a/b'], destinations: ['192.0.2.0/24', 'pod:c/d'], ports: ['443/TCP'] })).toBe(
      'a/b -> 192.0.2.0/24 and pod:c/d, 443/TCP',
    );
  });

  it('every confidence says what it stands for', () => {
    const meanings = (['confirmed', 'observed', 'predicted', null] as const).map(confidenceMeaning);
    expect(new Set(meanings).size).toBe(4);
  });
});

describe('filling lines', () => {
  const shape = { width: 12, first: '- ', rest: '  ' };
  it.each([
    ['words that fit stay together', 'one two', '- one two'],
    ['a full line is still one line', 'one two 345', '- one two\n  345'],
    ['exactly the width fits', 'one two 34', '- one two 34'],
    ['a word longer than the line stays whole, to be copied', 'a 192.0.2.255/32 b', '- a\n  192.0.2.255/32\n  b'],
    ['line breaks and runs of spaces are one space', 'one\n   two', '- one two'],
    ['wide characters take two columns', '漢字漢字 x', '- 漢字漢字 x'],
    ['wide characters are counted when they do not fit', '漢字漢字漢 x', '- 漢字漢字漢\n  x'],
    ['colours take no columns', '\u001b[1mone\u001b[22m two 34', '- \u001b[1mone\u001b[22m two 34'],
    ['nothing is the prefix alone', '', '- '],
  ])('%s', (_, text, filled) => expect(wrapLine(text, shape)).toBe(filled));

  it('without a width everything is one line', () => {
    expect(wrapLine('one two three four five', { ...shape, width: null })).toBe('- one two three four five');
  });
});

describe('culprits', () => {
  const culprit = (part: object) => {
    const whole = {
      policy: 'NetworkPolicy a/b',
      rule: 'has no egress rules',
      selectsPods: 2,
      createdAt: null,
      changedAt: null,
      managedBy: [],
      ...part,
    };
    const cuts = { dns: true, inCluster: false, internet: null };
    return culpritsOf({ summary: '', layer: null, scope: 'nothing', side: null, policies: [{ cuts, ...whole }] })[0];
  };
  const factOf = (part: object, name: string) => culprit(part)?.facts.find(fact => fact.name === name)?.text;

  it.each([
    ['has no egress rules', 'it has no egress rules'],
    ['has no egress rules.', 'it has no egress rules'],
    [
      'rule 2: ports do not match: 443/TCP is not in [80/TCP]',
      'rule 2: ports do not match: 443/TCP is not in [80/TCP]',
    ],
    ['203.0.113.43 is inside except 203.0.113.0/24', '203.0.113.43 is inside except 203.0.113.0/24'],
  ])('the rule "%s" follows a colon as "%s"', (rule, clause) => expect(culprit({ rule })?.rule).toBe(clause));

  it.each([
    [
      'what is cut, what is not, and what was not checked are told apart',
      {},
      'DNS; not: in-cluster; not checked: internet',
    ],
    ['all three cut', { cuts: { dns: true, inCluster: true, internet: true } }, 'DNS, in-cluster and internet'],
  ])('%s', (_, part, text) => expect(factOf(part, 'cuts')).toBe(text));

  it('pods that could not be listed are not zero pods', () => {
    expect(factOf({ selectsPods: null }, 'selects')).toBe('not known: the pods could not be listed');
    expect(factOf({ selectsPods: 1 }, 'selects')).toBe('1 pod');
    expect(factOf({ selectsPods: 0 }, 'selects')).toBe('0 pods');
  });

  it.each([
    ['nothing recorded says nothing', {}, undefined],
    [
      'a change at creation is no change',
      { createdAt: '2026-01-02T03:04:05Z', changedAt: '2026-01-02T03:04:05Z' },
      'created 2026-01-02 03:04 UTC',
    ],
    [
      'created, changed, and by whom',
      { createdAt: '2026-01-02T03:04:05Z', changedAt: '2026-02-02T03:04:05Z', managedBy: ['helm'] },
      'created 2026-01-02 03:04 UTC, changed 2026-02-02 03:04 UTC by helm',
    ],
    ['only the manager is known', { managedBy: ['helm'] }, 'by helm'],
  ])('age: %s', (_, part, text) => expect(factOf(part, 'age')).toBe(text));
});
