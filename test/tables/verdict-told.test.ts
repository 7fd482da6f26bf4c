/** What is told besides the verdict: replicas, findings, and what was not looked at. */
import { describe, expect, test } from 'vitest';
import { collectNotLookedAt } from '../../src/diagnose/not-looked-at.ts';
import { concludeVerdict } from '../../src/diagnose/verdict.ts';
import type { Observation, Target, VantageReport } from '../../src/model.ts';
import {
  A,
  answers,
  B,
  connected,
  dnsSilent,
  dropped,
  facts,
  flow,
  type Given,
  notRun,
  PROXY,
  proxied,
  reaches,
  rules,
  saw,
  silent,
  status,
  tlsFails,
  V6,
  works,
} from './verdict-builders.ts';

const verdict = (given: Given) => concludeVerdict(facts(given));
const texts = (given: Given) => verdict(given).findings.map(({ text }) => text);

describe('replicas', () => {
  const siblings: Target['siblings'] = [
    { pod: 'b-2', node: 'node-2' },
    { pod: 'b-3', node: null },
  ];
  const at = (
    sibling: string,
    outcome: Observation['outcome'],
    layer: 'tcp' | 'tls' | 'http' = 'tcp',
    more: Partial<Observation> = {},
  ) => saw('pod', layer, outcome, { sibling, ...more });
  const own = [saw('pod', 'dns', answers(A)), saw('pod', 'tcp', dropped)];
  const told = (given: Given) =>
    verdict({ target: { siblings }, ...given }).findings.flatMap(({ kind, text }) =>
      kind === 'sibling-differs' ? [text] : [],
    );
  test.each<readonly [rule: string, seen: readonly Observation[], wanted: readonly string[]]>([
    [
      'on another node alone',
      [...own, at('b-2', connected)],
      [expect.stringMatching(/^Only on node node-1: .* b-2 on node node-2 gets through/) as unknown as string],
    ],
    [
      'of which one’s node is not known',
      [...own, at('b-3', connected)],
      [expect.stringContaining('b-3') as unknown as string],
    ],
    ['one was not looked from', [...own, at('b-2', notRun)], []],
    ['the pod itself was not looked from', [at('b-2', connected)], []],
    ['through a proxy is another way', [...own, at('b-2', connected, 'tcp', { via: 'proxy' })], []],
    [
      'TLS and HTTP tell as well',
      [...works('pod'), at('b-2', connected), at('b-2', tlsFails('expired'), 'tls')],
      [expect.stringContaining('its sibling b-2 on node node-2 does not: TLS fails (expired)') as unknown as string],
    ],
    ['silence behind HTTP is an answer', [...works('pod'), at('b-2', connected), at('b-2', status(200), 'http')], []],
  ])('%s', (_, seen, wanted) => {
    expect(told({ saw: seen })).toEqual(wanted);
  });
  test('with a sidecar an accepted connect is no difference', () => {
    const sidecars = ['istio-proxy'];
    expect(told({ target: { siblings, sidecars }, saw: [...works('pod'), at('b-2', connected)] })).toMatchObject([
      expect.stringContaining('does not'),
    ]);
    expect(
      told({
        target: { siblings, sidecars },
        saw: [saw('pod', 'dns', answers(A)), saw('pod', 'tcp', connected), at('b-2', connected)],
      }),
    ).toEqual([]);
  });
});

describe('what is told besides', () => {
  const TCP_DNS = [
    ...rules('allow').filter(each => each.purpose !== 'dns' || each.protocol !== 'TCP'),
    flow('dns', 'deny', { protocol: 'TCP', port: 53 }),
  ];
  test.each<readonly [rule: string, given: Given, part: RegExp | null]>([
    [
      'DNS over TCP is denied, over UDP it is not',
      { saw: works('pod'), rules: TCP_DNS },
      /DNS over TCP, and not over UDP/,
    ],
    ['not for an address, which needs no DNS', { saw: reaches('pod'), rules: TCP_DNS, hostKind: 'address' }, null],
    ['not where the lookup is denied anyway', { rules: rules({ dns: 'deny' }) }, null],
    [
      'over TCP nothing is heard',
      { saw: [...works('pod'), saw('pod', 'dns', dnsSilent, { protocol: 'TCP' })] },
      /over TCP its lookup gets no answer/,
    ],
    [
      'not where nothing was heard over UDP either',
      { saw: [saw('pod', 'dns', dnsSilent), saw('pod', 'dns', dnsSilent, { protocol: 'TCP' }), ...reaches('pod')] },
      /^Predicted: the rules allow the lookup[^\n]*$/,
    ],
    [
      'a status of 400 is told',
      { saw: [saw('pod', 'dns', answers(A)), saw('pod', 'http', status(400))] },
      /answers with HTTP status 400/,
    ],
    ['one below is not', { saw: [saw('pod', 'dns', answers(A)), saw('pod', 'http', status(399))] }, null],
    [
      'that a connect alone was tried is not',
      { saw: [saw('pod', 'dns', answers(A)), saw('pod', 'tcp', connected)] },
      null,
    ],
    [
      'a status of 400 through the proxy',
      {
        target: { proxy: PROXY },
        saw: [
          saw('pod', 'dns', answers(B), { name: 'proxy.example' }),
          proxied('tcp', connected),
          proxied('tls', connected),
          proxied('http', status(400)),
        ],
        rules: [...rules('allow'), flow('proxy', 'allow')],
      },
      /through the proxy, the host answers with HTTP status 400/i,
    ],
    [
      'not one below',
      {
        target: { proxy: PROXY },
        saw: [
          saw('pod', 'dns', answers(B), { name: 'proxy.example' }),
          proxied('tcp', connected),
          proxied('tls', connected),
          proxied('http', status(399)),
        ],
        rules: [...rules('allow'), flow('proxy', 'allow')],
      },
      null,
    ],
    [
      'a proxy that exempts nothing is not told',
      { saw: works('pod'), target: { proxy: { kind: 'set', uses: null, variables: {}, exemptedBy: null } } },
      null,
    ],
    [
      'of assumptions, only those of the pod’s own flows',
      {
        saw: works('pod'),
        rules: [...rules('allow'), flow('control-destination', 'allow', { assumptions: ['of another'] })],
      },
      null,
    ],
    [
      'assumptions of the lookup',
      {
        saw: works('pod'),
        rules: [...rules('allow'), flow('dns', 'allow', { protocol: 'UDP', port: 53, assumptions: ['of the lookup'] })],
      },
      /Of the lookup/,
    ],
    [
      'part of the control pod’s connection is denied',
      { saw: works('pod'), rules: [...rules('allow'), flow('control-destination', 'deny', { address: B })] },
      /deny the control pod the connection/,
    ],
    [
      'part of its lookups is denied',
      { saw: works('pod'), rules: [...rules('allow'), flow('control-dns', 'deny', { protocol: 'UDP', port: 53 })] },
      /deny the control pod the lookup/,
    ],
  ])('%s', (_, given, part) => {
    if (part === null) expect(texts(given)).toEqual([]);
    else expect(texts(given).join('\n')).toMatch(part);
  });
});

describe('what was not looked at', () => {
  const report = (vantage: VantageReport['vantage'], state: VantageReport['status'] = 'probed'): VantageReport => ({
    vantage,
    status: state,
    method: null,
    ranIn: null,
    why: 'no right',
    startupMs: 0,
    tools: [],
  });
  const ALL = (['pod', 'control', 'node', 'outside'] as const).map(vantage => report(vantage));
  const CLOUD = 'cloud rules';
  const gaps = (given: Given) =>
    collectNotLookedAt(facts({ vantages: ALL, ...given })).filter(({ what }) => what !== CLOUD);
  const six: Partial<Target> = { addresses: ['fd00::7'] };
  const flows = (...addresses: readonly string[]) => [
    ...addresses.map(address => flow('destination', 'allow', { address, to: address })),
    ...rules('allow').slice(1),
  ];
  test.each<readonly [rule: string, given: Given, wanted: readonly object[]]>([
    ['nothing is missing', { saw: works('pod') }, []],
    [
      'nothing of pods that nobody asked for',
      { saw: works('pod'), vantages: ALL.slice(0, 3) },
      [{ what: 'from the host that this program runs on', why: 'not asked for' }],
    ],
    [
      'a vantage that was asked for and is not there',
      { saw: works('pod'), vantages: [...ALL.slice(0, 2), report('outside')] },
      [{ what: 'from the node', why: 'no probe ran there' }],
    ],
    [
      'the node of a pod that has none',
      { saw: works('pod'), vantages: [...ALL.slice(0, 2), report('outside')], target: { node: null } },
      [{ what: 'from the node', why: 'the pod is on no node' }],
    ],
    [
      'the control pod, likewise',
      { saw: works('pod'), vantages: [report('pod'), report('node'), report('outside')], target: { node: null } },
      [{ what: 'from the control pod', why: 'no probe ran there' }],
    ],
    [
      'a vantage that could not be',
      {
        saw: works('pod'),
        vantages: [report('control', 'not-run'), ...ALL.filter(({ vantage }) => vantage !== 'control')],
      },
      [{ what: 'from the control pod', why: 'no right' }],
    ],
    [
      'a layer without a tool, once for all addresses',
      { saw: [...works('pod'), saw('node', 'tls', notRun), saw('node', 'tls', notRun, { address: B })] },
      [{ what: 'tls from the node', why: 'no tool' }],
    ],
    [
      'of a sibling, by its name',
      { saw: [...works('pod'), saw('pod', 'tls', notRun, { sibling: 'b-2' })] },
      [{ what: 'tls from sibling b-2', why: 'no tool' }],
    ],
    [
      'a lookup by its transport, and a way by its proxy',
      { saw: [...works('pod'), saw('node', 'dns', notRun), saw('node', 'tcp', notRun, { via: 'proxy' })] },
      [
        { what: 'dns over UDP from the node', why: 'no tool' },
        { what: 'tcp through the proxy from the node', why: 'no tool' },
      ],
    ],
    [
      'an address that the pod did not try',
      { saw: [saw('pod', 'dns', answers(A, B)), ...reaches('pod')], rules: flows(A, B) },
      [{ what: `${B} from the pod`, why: 'no probe of this address ran' }],
    ],
    [
      'not where the pod itself was not looked from',
      { saw: works('control'), vantages: [report('pod', 'not-run'), ...ALL.slice(1)], rules: flows(A, B) },
      [{ what: 'from the pod', why: 'no right' }],
    ],
    [
      'an address of the other family is told as such, and not as untried',
      { saw: works('pod'), rules: flows(A, V6) },
      [{ what: `the host's IPv6 addresses (${V6})`, why: 'the pod has only IPv4' }],
    ],
    [
      'and the other way round',
      { saw: works('pod', V6), rules: flows(V6, A), target: six },
      [{ what: `the host's IPv4 addresses (${A})`, why: 'the pod has only IPv6' }],
    ],
    [
      'not for a pod of both',
      {
        saw: [...works('pod'), ...reaches('pod', V6)],
        rules: flows(A, V6),
        target: { addresses: ['10.0.0.7', 'fd00::7'] },
      },
      [],
    ],
    [
      'not for a pod of which the addresses are not known',
      { saw: [...works('pod'), ...reaches('pod', V6)], rules: flows(A, V6), target: { addresses: [] } },
      [],
    ],
    [
      'resolv.conf that no probe read',
      { saw: works('pod'), target: { dns: { policy: 'ClusterFirst', config: null, resolvConf: null } } },
      [{ what: "the pod's resolv.conf", why: 'no probe read it: its nameservers are taken from its DNS policy' }],
    ],
    [
      'which an address does not need',
      {
        saw: reaches('pod'),
        hostKind: 'address',
        rules: [flow('destination', 'allow')],
        target: { dns: { policy: 'ClusterFirst', config: null, resolvConf: null } },
      },
      [],
    ],
    [
      'the rules of a lookup of which the nameservers are not known',
      { saw: works('pod'), rules: [flow('destination', 'allow')] },
      [{ what: 'rules for the lookup', why: 'the nameservers of the pod are not known' }],
    ],
    [
      'one sibling',
      {
        saw: [...works('pod'), saw('pod', 'tcp', silent('tcp'), { sibling: 'b-2' })],
        target: {
          siblings: [
            { pod: 'b-2', node: null },
            { pod: 'b-3', node: null },
          ],
        },
      },
      [{ what: '1 sibling with the same labels', why: 'probed only with --siblings' }],
    ],
    [
      'two siblings',
      {
        saw: works('pod'),
        target: {
          siblings: [
            { pod: 'b-2', node: null },
            { pod: 'b-3', node: null },
          ],
        },
      },
      [{ what: '2 siblings with the same labels', why: 'probed only with --siblings' }],
    ],
  ])('%s', (_, given, wanted) => {
    expect(gaps(given)).toEqual(wanted);
  });
  test('lists that the API server refused', () => {
    expect(
      collectNotLookedAt(facts({ vantages: ALL, saw: works('pod') }), [{ what: 'pods', why: 'forbidden' }]),
    ).toEqual([{ what: 'pods', why: 'forbidden' }, expect.objectContaining({ what: CLOUD })]);
  });
});
