/** From the answer to the picture: the stops, where the pod's packet dies, and how far the others get. */
import { describe, expect, it } from 'vitest';
import type { Diagnosis, Observation, VerdictCode } from '../../src/model.ts';
import { drawable } from '../../src/render/picture/drawable.ts';
import { type Path, pathOf } from '../../src/render/picture/path.ts';
import { pictureOf } from '../../src/render/picture/picture.ts';
import { svgOf } from '../../src/render/picture/svg.ts';
import { filledLines, shortened, widthOf } from '../../src/render/picture/text-width.ts';
import { answered, concluded, connected, diagnosisOf, dropped, podOf, saw, silent, status } from '../threads/story.ts';

const ENDS = { namespace: 'pay', pod: 'bill', app: 'bill', host: 'api.example', port: 443, addresses: ['192.0.2.1'] };
const AT = '192.0.2.1:443';

type Given = {
  readonly code: VerdictCode;
  readonly saw?: readonly Observation[];
  readonly cause?: Partial<Diagnosis['verdict']['cause']>;
  readonly more?: Partial<Diagnosis>;
};

function pathGiven({ code, saw: observations = [], cause = {}, more = {} }: Given): Path {
  return pathOf(
    diagnosisOf(ENDS, { observations, verdict: concluded(code, 'confirmed', { summary: 's', ...cause }), ...more }),
  );
}

const lanesGiven = (given: Given) => pathGiven(given).lanes.map(lane => [lane.name, lane.ends, lane.words]);
const podDropped = saw('pod', 'tcp', AT, dropped, 3000);
const passes = (vantage: 'pod' | 'control' | 'node') => [
  saw(vantage, 'tcp', AT, connected, 5),
  saw(vantage, 'http', AT, status(200), 9),
];
const dies = (at: string) => ({ kind: 'dies', at });
const through = { kind: 'through' };
const notLooked = { kind: 'not-looked' };
const culprit = (policy: string, rule: string) => ({
  policy,
  rule,
  cuts: { dns: null, inCluster: null, internet: null },
  selectsPods: null,
  createdAt: null,
  changedAt: null,
  managedBy: [],
});

describe('the stop that is after the node', () => {
  const proxied = podOf('pay', 'bill', 'bill');
  const uses = { variable: 'HTTPS_PROXY', host: 'proxy.example', port: 3128, scheme: 'http' as const };
  const target = { ...proxied, proxy: { kind: 'set' as const, uses, variables: {}, exemptedBy: null } };
  it.each<readonly [string, Given, readonly string[]]>([
    ['is the network', { code: 'denied-by-policy' }, ['policy', 'node', 'network', 'host']],
    ['is DNS where the lookup is denied', { code: 'dns-denied-by-policy' }, ['policy', 'node', 'DNS', 'host']],
    ['is DNS where the name does not resolve', { code: 'name-not-resolved' }, ['policy', 'node', 'DNS', 'host']],
    ['is the cloud where its firewall drops', { code: 'denied-by-cloud' }, ['policy', 'node', 'cloud', 'host']],
    [
      'is the proxy that the pod uses',
      { code: 'denied-by-policy', more: { target } },
      ['policy', 'node', 'proxy', 'host'],
    ],
    [
      'is the policy of the far end where that denies',
      { code: 'denied-by-policy', cause: { side: 'ingress' } },
      ['policy', 'node', 'far policy', 'host'],
    ],
    ['the first stop is the mesh where that denies', { code: 'denied-by-mesh' }, ['mesh', 'node', 'network', 'host']],
  ])('%s', (_, given, stops) => expect(pathGiven(given).stops).toEqual(stops));
});

describe('the pod', () => {
  const first = (given: Given) => lanesGiven(given)[0];
  it.each<readonly [string, Given, unknown]>([
    [
      'is stopped at the policy that denies',
      { code: 'denied-by-policy', saw: [podDropped] },
      ['pod', dies('policy'), 'dropped'],
    ],
    [
      'is stopped at the far end that does not let it in',
      { code: 'denied-by-policy', saw: [podDropped], cause: { side: 'ingress' } },
      ['pod', dies('far policy'), 'dropped'],
    ],
    [
      'is stopped at the policy when it only was predicted',
      { code: 'denied-by-policy' },
      ['pod', dies('policy'), 'confirmed'],
    ],
    [
      'has the words of its lookup where that is denied, not those of the connection',
      {
        code: 'dns-denied-by-policy',
        saw: [saw('pod', 'dns', null, silent, 3000), saw('pod', 'tcp', AT, connected, 5)],
      },
      ['pod', dies('policy'), 'no answer'],
    ],
    [
      'is stopped at the network',
      { code: 'blocked-beyond-node', saw: [podDropped] },
      ['pod', dies('network'), 'dropped'],
    ],
    [
      'is stopped at the host that refuses',
      { code: 'refused-by-host', saw: [saw('pod', 'tcp', AT, { kind: 'refused' }, 2)] },
      ['pod', dies('host'), 'refused (RST)'],
    ],
    [
      'gets through in part',
      {
        code: 'partly-reachable',
        saw: [saw('pod', 'tcp', AT, connected, 2), saw('pod', 'tcp', '192.0.2.2:443', dropped, 3000)],
      },
      ['pod', { kind: 'partly', at: 'network' }, 'reaches 1 of 2'],
    ],
    [
      'gets past a policy that nobody enforces',
      { code: 'policy-not-enforced', saw: passes('pod') },
      ['pod', { kind: 'partly', at: 'policy' }, 'not enforced'],
    ],
    ['sends nothing when it does not run', { code: 'pod-not-running' }, ['pod', { kind: 'at-start' }, 'does not run']],
    [
      'sends nothing without a common family',
      { code: 'no-common-address-family' },
      ['pod', { kind: 'at-start' }, 'no common IP family'],
    ],
    [
      'is stopped nobody knows where',
      { code: 'dropped-unexplained', saw: [podDropped] },
      ['pod', { kind: 'unknown' }, 'dropped'],
    ],
    ['is not known', { code: 'not-known', saw: [podDropped] }, ['pod', { kind: 'unknown' }, 'not known']],
    ['gets through', { code: 'reachable', saw: passes('pod') }, ['pod', through, 'HTTP 200']],
    ['is said to get through when the rules say so', { code: 'reachable' }, ['pod', through, 'confirmed']],
  ])('%s', (_, given, lane) => expect(first(given)).toEqual(lane));
});

describe('those that it is compared with', () => {
  const other = (...seen: readonly Observation[]) => lanesGiven({ code: 'denied-by-policy', saw: seen }).slice(1);
  it.each<readonly [string, readonly unknown[], readonly Observation[]]>([
    [
      'did not look',
      [
        ['control', notLooked, 'not looked'],
        ['node', notLooked, 'not looked'],
      ],
      [],
    ],
    [
      'get through',
      [
        ['control', through, 'HTTP 200'],
        ['node', through, 'HTTP 200'],
      ],
      [...passes('control'), ...passes('node')],
    ],
    [
      'are stopped beyond the node',
      [
        ['control', dies('network'), 'dropped'],
        ['node', notLooked, 'not looked'],
      ],
      [saw('control', 'tcp', AT, dropped, 3000)],
    ],
    [
      'are refused by the host',
      [
        ['control', notLooked, 'not looked'],
        ['node', dies('host'), 'refused (RST)'],
      ],
      [saw('node', 'tcp', AT, { kind: 'refused' }, 1)],
    ],
    [
      'have no route',
      [
        ['control', { kind: 'at-start' }, 'no route'],
        ['node', notLooked, 'not looked'],
      ],
      [saw('control', 'tcp', AT, { kind: 'no-route' }, 0)],
    ],
    [
      'only looked the name up',
      [
        ['control', { kind: 'unknown' }, '1 address'],
        ['node', notLooked, 'not looked'],
      ],
      [saw('control', 'dns', null, answered('a', '192.0.2.1'), 3)],
    ],
  ])('%s', (_, lanes, seen) => expect(other(...seen)).toEqual(lanes));

  it('a control pod that is denied too is stopped at the policy: it is no control', () => {
    const flow = {
      purpose: 'control-destination',
      from: 'egress/c',
      to: '192.0.2.1',
      address: '192.0.2.1',
      port: 443,
      protocol: 'TCP',
      decision: 'deny',
      by: [],
      side: 'egress',
      why: '',
      trace: [],
      unknowns: [],
      assumptions: [],
    } as const;
    const prediction = { decision: 'deny', by: [], why: '', trace: [], flows: [flow] } as const;
    const seen = [saw('control', 'tcp', AT, dropped, 3000)];
    expect(lanesGiven({ code: 'denied-by-policy', saw: seen, more: { prediction } })[1]).toEqual([
      'control',
      dies('policy'),
      'dropped',
    ]);
  });

  it('a replica is not the pod', () => {
    const sibling = { ...saw('pod', 'tcp', AT, connected, 5), sibling: 'bill-2' };
    expect(lanesGiven({ code: 'reachable', saw: [sibling] })[0]).toEqual(['pod', through, 'confirmed']);
    const partly = lanesGiven({ code: 'partly-reachable', saw: [podDropped, sibling] })[0];
    expect(partly?.[2]).toBe('reaches 0 of 1');
  });

  it('the host that the bot runs on has a line of its own only when it looked', () => {
    const vantages = [
      { vantage: 'outside', status: 'probed', method: null, ranIn: null, why: '', startupMs: 0, tools: [] },
    ] as const;
    const outside = saw('outside', 'tcp', AT, connected, 5);
    expect(lanesGiven({ code: 'denied-by-policy', saw: [outside], more: { vantages } }).at(-1)).toEqual([
      'outside',
      through,
      'connected',
    ]);
  });
});

describe('what is said under it', () => {
  it('names the policy, and how many more there are', () => {
    const policies = [culprit('NetworkPolicy a/b', 'has no egress rules'), culprit('NetworkPolicy a/c', 'x')];
    const path = pathGiven({ code: 'denied-by-policy', cause: { policies } });
    expect([path.culprit, path.because]).toEqual(['NetworkPolicy a/b and 1 more', 'has no egress rules']);
  });

  it('is the summary where no policy is the cause', () => {
    const path = pathGiven({ code: 'tls-failed', cause: { summary: 'The certificate expired' } });
    expect([path.culprit, path.because]).toEqual(['', 'The certificate expired']);
  });

  it('the alternative text says the same in words', () => {
    const policies = [culprit('NetworkPolicy a/b', 'has no egress rules')];
    const verdict = concluded('denied-by-policy', 'confirmed', { summary: 's', policies });
    const { altText } = pictureOf(diagnosisOf(ENDS, { observations: [podDropped, ...passes('control')], verdict }));
    expect(altText).toBe(
      '✗ denied-by-policy. The path from pay/bill to api.example:443: policy, node, network, host. The pod is stopped at policy: dropped. The control pod gets through: HTTP 200. The node was not looked from. NetworkPolicy a/b: has no egress rules',
    );
  });
});

describe('drawn', () => {
  const path = pathGiven({ code: 'denied-by-policy', saw: [podDropped] });
  it('every state has a sign of its own, so that no colour is needed', () => {
    const ends = [through, dies('node'), { kind: 'partly', at: 'node' }, { kind: 'unknown' }, notLooked] as const;
    const signs = ends.map(end => {
      const svg = svgOf({ ...path, headline: '', lanes: [{ name: 'pod', from: null, ends: end as never, words: '' }] });
      return [...svg.matchAll(/>([✓✗!?])</g)].map(found => found[1]).join('') + (svg.includes('dasharray') ? '-' : '');
    });
    expect(signs).toEqual(['✓✓✓✓', '✓✗-', '✓✓✓!', '?-', '-']);
  });

  it('text of a cluster is text, whatever it holds', () => {
    const svg = svgOf({ ...path, because: '</text><script>&lt; \uffff' });
    expect(svg).toContain('&lt;/text&gt;&lt;script&gt;&amp;lt; \\u{FFFF}');
  });
});

describe('what the font can draw', () => {
  it.each([
    ['payments/billing → api.stripe.com: ✓ “ok” — 100 % ≥ …', 'payments/billing → api.stripe.com: ✓ “ok” — 100 % ≥ …'],
    ['Kühlschrank Привет Ωmega', 'Kühlschrank Привет Ωmega'],
    ['e\u0301', 'é'],
    ['漢字', '\\u{6F22}\\u{5B57}'],
    ['👩', '\\u{1F469}'],
    ['\ud800x', '\ufffdx'],
    ['\uffff\t', '\\u{FFFF}\\u{9}'],
    ['', ''],
  ])('%j is %j', (text, drawn) => expect(drawable(text)).toBe(drawn));

  it('stands in the picture, and the alternative text has the characters themselves', () => {
    const diagnosis = diagnosisOf(
      { ...ENDS, pod: '漢字-👩' },
      { observations: [podDropped], verdict: concluded('denied-by-policy', 'confirmed', { summary: '拒否' }) },
    );
    const { svg, altText } = pictureOf(diagnosis);
    expect(svg).toContain('from pay/\\u{6F22}\\u{5B57}-\\u{1F469}');
    expect(svg).toContain('\\u{62D2}\\u{5426}');
    expect(altText).toMatch(/pay\/漢字-👩 to api\.example:443.*拒否/);
  });
});

describe('texts that must fit', () => {
  const font = { size: 10, bold: false };
  it.each([
    ['short', 100, 'short'],
    ['a-name-that-is-far-too-long', 80, 'a-name…-long'],
    ['x', 1, '…'],
  ])('%s in %i units', (text, width, fitted) => {
    expect(shortened(text, width, font)).toBe(fitted);
  });

  it('bold is wider, and so are capitals', () => {
    expect(widthOf('abc', { size: 10, bold: true })).toBeGreaterThan(widthOf('abc', font));
    expect(widthOf('MMM', font)).toBeGreaterThan(widthOf('iii', font) * 2);
  });

  it('lines are filled, and the last says when there is more', () => {
    expect(filledLines('aa bb cc dd ee', 40, { font, count: 3 })).toEqual(['aa bb', 'cc dd', 'ee']);
    expect(filledLines('aa bb cc dd ee ff gg', 40, { font, count: 2 })).toEqual(['aa bb', 'cc …']);
  });
});
