/** How much of the pod's traffic is cut, and whose rule it is. */
import { describe, expect, test } from 'vitest';
import { isClusterCut } from '../../src/diagnose/cause.ts';
import { culpritFacts } from '../../src/diagnose/culprit-facts.ts';
import { concludeVerdict } from '../../src/diagnose/verdict.ts';
import type { Cause, FlowPrediction, Observation } from '../../src/model.ts';
import { inputOf, netpol } from '../fakes/fix-scenes.ts';
import {
  A,
  answers,
  B,
  connected,
  DENY_ALL,
  dnsSilent,
  dropped,
  emptyEgress,
  facts,
  flow,
  type Given,
  noRecords,
  notRun,
  nxdomain,
  OTHER,
  refused,
  rules,
  saw,
  works,
} from './verdict-builders.ts';

const verdict = (given: Given) => concludeVerdict(facts(given));
const _texts = (given: Given) => verdict(given).findings.map(({ text }) => text);

/** The connection and the way to the API server are denied; the lookups go to pods of the cluster. */
const lookups = (decision: FlowPrediction['decision']) =>
  (['UDP', 'TCP'] as const).map(protocol =>
    flow('dns', decision, { protocol, port: 53, to: 'pod:kube-system/coredns' }),
  );
const cut = (dns: FlowPrediction['decision']) => [
  flow('destination', 'deny'),
  flow('cluster', 'deny'),
  ...lookups(dns),
];
const internet = (decision: 'allow' | 'deny', unknowns: readonly string[] = []) =>
  flow('destination', decision, { address: '93.184.215.14', unknowns });
const INSIDE = { host: { kind: 'service', service: 'shop/web', addresses: [A] } } as const;

describe('how much is cut', () => {
  test.each<readonly [rule: string, given: Given, scope: Cause['scope']]>([
    ['the way to the API server is open: what is outside', { rules: rules({ destination: 'deny' }) }, 'external only'],
    [
      'so is the internet: this destination',
      { rules: rules({ destination: 'deny' }), internet: internet('allow') },
      'this destination only',
    ],
    [
      'the internet is denied too',
      { rules: rules({ destination: 'deny' }), internet: internet('deny') },
      'external only',
    ],
    [
      'the internet is allowed as far as is known',
      { rules: rules({ destination: 'deny' }), internet: internet('allow', ['x']) },
      'external only',
    ],
    [
      'a Service inside, and the internet is open',
      { rules: rules({ destination: 'deny', cluster: 'deny' }), internet: internet('allow'), ...INSIDE },
      'this destination only',
    ],
    [
      'a Service inside, and the API server is open',
      { rules: rules({ destination: 'deny' }), ...INSIDE },
      'this destination only',
    ],
    [
      'a pod inside, likewise',
      { rules: [flow('destination', 'deny', { to: 'pod:shop/web' }), ...rules('allow').slice(1)], hostKind: 'address' },
      'this destination only',
    ],
    [
      'one of two addresses is a pod: not inside',
      {
        rules: [
          flow('destination', 'deny', { to: 'pod:shop/web' }),
          flow('destination', 'deny', { address: B }),
          ...rules('allow').slice(1),
        ],
      },
      'external only',
    ],
    ['the API server is cut too, and the lookup leads outside: everything', { rules: rules('deny') }, 'everything'],
    [
      'the API server is cut too, and DNS pods may be asked: it may be outside',
      { rules: cut('allow') },
      'external only',
    ],
    ['and may not be asked: everything', { rules: cut('deny') }, 'everything'],
    ['and it is not known whether they may', { rules: cut('unknown') }, 'everything'],
    [
      'and they do not answer',
      { rules: cut('allow'), saw: [saw('pod', 'dns', dnsSilent), saw('pod', 'tcp', dropped)] },
      'everything',
    ],
    [
      'and they answer, whatever the rules say',
      { rules: cut('deny'), saw: [saw('pod', 'dns', answers(A)), saw('pod', 'tcp', dropped)] },
      'external only',
    ],
    [
      'and they say no',
      { rules: cut('unknown'), saw: [saw('pod', 'dns', nxdomain), saw('pod', 'tcp', dropped), ...works('control')] },
      'external only',
    ],
    [
      'and they know of no addresses',
      { rules: cut('unknown'), saw: [saw('pod', 'dns', noRecords), saw('pod', 'tcp', dropped), ...works('control')] },
      'external only',
    ],
    ['for an address the rules speak', { rules: cut('allow'), hostKind: 'address' }, 'external only'],
    ['for an address the rules speak against it', { rules: cut('deny'), hostKind: 'address' }, 'everything'],
    [
      'nothing is known of the API server',
      { rules: [flow('destination', 'deny'), ...lookups('allow')] },
      'not checked',
    ],
    [
      'the host refuses: it alone',
      { saw: [saw('pod', 'dns', answers(A)), saw('pod', 'tcp', refused)] },
      'this destination only',
    ],
    ['nothing is cut', { saw: works('pod') }, 'nothing'],
    ['only the lookup is cut', { rules: rules({ dns: 'deny' }) }, 'not checked'],
    ['only the lookup and the API server are cut', { rules: rules({ dns: 'deny', cluster: 'deny' }) }, 'everything'],
  ])('%s', (_, given, scope) => {
    expect(verdict(given).cause.scope).toBe(scope);
  });

  const api = (outcome: Observation['outcome'], more: Partial<Observation> = {}) =>
    saw('pod', 'cluster', outcome, { address: '10.96.0.1', ...more });
  const sidecars = { sidecars: ['istio-proxy'] };
  test.each<readonly [rule: string, given: Given, cut: boolean | null]>([
    ['as the pod saw', { saw: [api(dropped)], rules: rules('allow') }, true],
    ['as the pod saw it open', { saw: [api(connected)], rules: rules('deny') }, false],
    [
      'as the rules say, with a sidecar that accepts all',
      { saw: [api(connected)], rules: rules('deny'), target: sidecars },
      true,
    ],
    ['as the rules say, where no probe ran', { saw: [api(notRun)], rules: rules('deny') }, true],
    ['not by what a sibling saw', { saw: [api(dropped, { sibling: 'b' })], rules: rules('allow') }, false],
    ['not by what another vantage saw', { saw: [saw('node', 'cluster', dropped)], rules: rules('allow') }, false],
    ['not known where the rules are not', { rules: rules('unknown') }, null],
    ['not known where nothing was judged', { rules: [] }, null],
  ])('the way to the API server is cut: %s', (_, given, wanted) => {
    expect(isClusterCut(facts(given))).toBe(wanted);
  });
});

describe('whose rule it is', () => {
  const trace = { ...emptyEgress(DENY_ALL), side: 'ingress', decides: false } as const;
  const ruleOf = (...flows: readonly FlowPrediction[]) =>
    verdict({ rules: [...flows, ...rules('allow').slice(1)] }).cause.policies.map(({ rule }) => rule);
  test('the trace that decides counts before one that does not', () => {
    const both = [
      {
        ...emptyEgress(DENY_ALL),
        decides: false,
        rules: [{ index: 0, name: null, action: 'accept', match: 'no', why: 'x', fieldsMatched: 0 }],
      },
      emptyEgress(DENY_ALL),
    ] as const;
    expect(ruleOf(flow('destination', 'deny', { trace: both }))).toEqual(['has no egress rules']);
    expect(ruleOf(flow('destination', 'deny', { trace: [both[0]] }))).toEqual([
      'no rule matches; the nearest is rule 1: x',
    ]);
  });
  test('where it is not known which side denies, either side’s trace counts', () => {
    expect(ruleOf(flow('destination', 'deny', { side: null, trace: [trace] }))).toEqual(['has no ingress rules']);
  });
  test('an accepting rule that matches, or a denying one that does not, is not the one that denies', () => {
    const rule = { index: 0, name: null, action: 'accept', match: 'yes', why: 'it is open', fieldsMatched: 1 } as const;
    const missed = { ...rule, action: 'deny', match: 'no', why: 'no rule 7 here' } as const;
    expect(ruleOf(flow('destination', 'deny', { trace: [{ ...emptyEgress(DENY_ALL), rules: [rule] }] }))).toEqual([
      'no rule matches; the nearest is rule 1: it is open',
    ]);
    expect(ruleOf(flow('destination', 'deny', { trace: [{ ...emptyEgress(DENY_ALL), rules: [missed] }] }))).toEqual([
      'no rule matches; the nearest is rule 1: no rule 7 here',
    ]);
  });
  test('the trace is that of a flow that this policy denies', () => {
    const flows = [
      flow('destination', 'deny', {
        by: [OTHER],
        trace: [
          {
            ...emptyEgress(DENY_ALL),
            rules: [{ index: 4, name: null, action: 'deny', match: 'yes', why: 'z', fieldsMatched: 1 }],
          },
          emptyEgress(OTHER),
        ],
      }),
      flow('destination', 'deny', { address: B }),
    ];
    expect(ruleOf(...flows)).toEqual(['has no egress rules', 'has no egress rules']);
  });
  test('the side is that of the flow of which it is known; none without a policy', () => {
    expect(
      verdict({
        rules: [
          flow('destination', 'deny', { side: null }),
          flow('destination', 'deny', { address: B, side: 'ingress' }),
        ],
      }).cause.side,
    ).toBe('ingress');
    expect(verdict({ rules: [flow('destination', 'deny', { side: null })] }).cause.side).toBeNull();
    expect(verdict({ saw: works('pod') }).cause.side).toBeNull();
  });
  test('facts of a policy that is not in the book are none, and pods that could not be listed are not counted', () => {
    const { book, cluster } = inputOf({ objects: [netpol('payments/x', {}, { egress: [] })] });
    const collected = (missing: readonly object[]) => ({ missing }) as never;
    expect(culpritFacts('NetworkPolicy payments/y', book, cluster, collected([]))).toEqual({
      layer: 'policy',
      selectsPods: null,
      createdAt: null,
      changedAt: null,
      managedBy: [],
    });
    const count = (...missing: readonly object[]) =>
      culpritFacts('NetworkPolicy payments/x', book, cluster, collected(missing)).selectsPods;
    expect(count()).toBe(2);
    expect(count({ what: 'nodes', why: '' })).toBe(2);
    expect(count({ what: 'nodes', why: '' }, { what: 'pods', why: '' })).toBeNull();
  });
});
