import { describe, expect, it } from 'vitest';
import {
  chooseAddresses,
  type NameAnswers,
  type PhaseQuestion,
  type SiteProgress,
  secondPhaseOf,
} from '../../src/cluster/second-phase.ts';
import type { Destination, Vantage } from '../../src/model.ts';
import type { ProxyHost } from '../../src/probe/plan.ts';

const named: Destination = {
  text: 'api.stripe.com',
  host: { kind: 'name', name: 'api.stripe.com' },
  port: 443,
  protocol: 'TCP',
  application: 'https',
  path: '/',
};
const byAddress: Destination = { ...named, host: { kind: 'address', address: '203.0.113.43', family: 'IPv4' } };
const proxy: ProxyHost = { scheme: 'http', host: 'proxy.example', port: 3128 };

const silent: NameAnswers = { addresses: [], complete: false };
const none: NameAnswers = { addresses: [], complete: true };
const some = (...addresses: string[]): NameAnswers => ({ addresses, complete: true });
const partly = (...addresses: string[]): NameAnswers => ({ addresses, complete: false });

type Row = {
  readonly answers: NameAnswers;
  readonly proxy?: NameAnswers;
  readonly ended?: true;
  readonly sibling?: string;
};
const at = (vantage: Vantage, row: Row): SiteProgress => ({
  vantage,
  sibling: row.sibling ?? null,
  ended: row.ended ?? false,
  answers: name => (name === 'destination' ? row.answers : (row.proxy ?? silent)),
});
const choose = (
  sites: readonly SiteProgress[],
  elapsedMs: number,
  question: PhaseQuestion = { destination: named, proxy: null },
) => chooseAddresses(question, sites, elapsedMs)?.destination ?? null;

describe('whose addresses are probed', () => {
  const rows: readonly [string, readonly SiteProgress[], number, readonly string[] | null][] = [
    [
      "the pod's, as soon as they are complete",
      [at('pod', { answers: some('1') }), at('control', { answers: silent })],
      20,
      ['1'],
    ],
    [
      "not the control pod's while the pod may still answer",
      [at('pod', { answers: silent }), at('control', { answers: some('2') })],
      999,
      null,
    ],
    [
      "the control pod's after a second of silence",
      [at('pod', { answers: silent }), at('control', { answers: some('2') })],
      1000,
      ['2'],
    ],
    [
      "the pod's own incomplete answers after a second",
      [at('pod', { answers: partly('1') }), at('control', { answers: some('2') })],
      1000,
      ['1'],
    ],
    [
      'not incomplete answers before',
      [at('pod', { answers: partly('1') }), at('control', { answers: some('2') })],
      900,
      null,
    ],
    [
      "the control pod's at once, when the pod's resolver has none",
      [at('pod', { answers: none }), at('control', { answers: some('2') })],
      20,
      ['2'],
    ],
    [
      "the control pod's at once, when the pod's probe has ended",
      [at('pod', { answers: silent, ended: true }), at('control', { answers: some('2') })],
      20,
      ['2'],
    ],
    [
      "the node's, when neither has any",
      [at('pod', { answers: none }), at('control', { answers: none }), at('node', { answers: some('3') })],
      20,
      ['3'],
    ],
    [
      "never another replica's",
      [at('pod', { answers: some('8'), sibling: 'b' }), at('pod', { answers: none }), at('control', { answers: none })],
      20,
      [],
    ],
    ["never this host's", [at('outside', { answers: some('9') })], 2000, []],
    ['nobody has any', [at('pod', { answers: none }), at('control', { answers: none })], 20, []],
    ['all are silent: wait', [at('pod', { answers: silent }), at('control', { answers: silent })], 2999, null],
    [
      'nobody has any but this host is still asked: wait',
      [at('pod', { answers: none }), at('outside', { answers: silent })],
      20,
      null,
    ],
    [
      'a late answer still counts',
      [at('pod', { answers: silent }), at('control', { answers: partly('2') })],
      2500,
      ['2'],
    ],
    ['no site at all', [], 0, []],
  ];
  it.each(rows)('%s', (_rule, sites, elapsedMs, expected) => {
    expect(choose(sites, elapsedMs)).toEqual(expected);
  });

  it('an address needs no resolver', () => {
    expect(choose([at('pod', { answers: silent })], 0, { destination: byAddress, proxy: null })).toEqual([
      '203.0.113.43',
    ]);
  });

  it('with a proxy both names must be known', () => {
    const question = { destination: named, proxy };
    const waiting = [at('pod', { answers: some('1'), proxy: silent })];
    expect(chooseAddresses(question, waiting, 20)).toBeNull();
    const known = [at('pod', { answers: some('1'), proxy: some('5') })];
    expect(chooseAddresses(question, known, 20)).toEqual({ destination: ['1'], proxy: ['5'] });
    const literal = { destination: named, proxy: { ...proxy, host: '192.0.2.9' } };
    expect(chooseAddresses(literal, waiting, 20)).toEqual({ destination: ['1'], proxy: ['192.0.2.9'] });
  });

  it('this host is not asked for the proxy, so it is not waited for', () => {
    const sites = [at('pod', { answers: some('1'), proxy: none }), at('outside', { answers: none, proxy: silent })];
    expect(chooseAddresses({ destination: named, proxy }, sites, 20)).toEqual({ destination: ['1'], proxy: [] });
  });
});

describe('what each site probes', () => {
  const question = { destination: named, proxy };
  const chosen = { destination: ['203.0.113.43', '169.254.169.254'], proxy: ['192.0.2.9'] };
  const allowed = (address: string): string | null => (address.startsWith('169.254.') ? 'link-local' : null);
  const phaseOf = (vantage: Vantage, from = chosen) =>
    secondPhaseOf(at(vantage, { answers: some('198.51.100.7') }), question, from, allowed);
  const addressesOf = (vantage: Vantage, from = chosen) => {
    const { jobs, withheld } = phaseOf(vantage, from);
    const sent = jobs.filter(job => !withheld.some(each => each.job === job.id));
    return sent.map(
      job => `${job.kind} ${'address' in job ? job.address : job.kind === 'proxy' ? job.proxyAddress : ''}`,
    );
  };

  it('all addresses and the proxy, but never what is refused', () => {
    expect(addressesOf('pod')).toEqual(['https 203.0.113.43', 'tcp 192.0.2.9', 'proxy 192.0.2.9']);
    expect(phaseOf('pod').withheld).toEqual([{ job: 'direct-1', why: 'link-local' }]);
  });

  it('a refused proxy is not probed either, at its own port', () => {
    const ports: number[] = [];
    const phase = secondPhaseOf(at('pod', { answers: none }), question, chosen, (_address, port) => {
      ports.push(port);
      return 'refused';
    });
    expect(phase.withheld).toHaveLength(phase.jobs.length);
    expect(new Set(ports)).toEqual(new Set([443, 3128]));
  });

  it('this host probes the same addresses, without the proxy of the pod', () => {
    expect(addressesOf('outside')).toEqual(['https 203.0.113.43']);
  });

  it('this host probes what it resolved itself, where the cluster knows no address', () => {
    expect(addressesOf('outside', { destination: [], proxy: [] })).toEqual(['https 198.51.100.7']);
    expect(addressesOf('pod', { destination: [], proxy: [] })).toEqual([]);
  });
});
