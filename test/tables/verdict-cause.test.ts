import { describe, expect, test } from 'vitest';
import { concludeVerdict } from '../../src/diagnose/verdict.ts';
import type { FlowPrediction, PolicyTrace, RuleTrace } from '../../src/model.ts';
import {
  A,
  B,
  connected,
  DENY_ALL,
  dropped,
  emptyEgress,
  facts,
  fails,
  flow,
  type Given,
  OTHER,
  reaches,
  refused,
  rules,
  saw,
  works,
} from './verdict-builders.ts';
import { verdictTable } from './verdict-rows.ts';

const rule = (index: number, why: string, fieldsMatched: number, more: Partial<RuleTrace> = {}): RuleTrace => ({
  index,
  name: null,
  action: 'accept',
  match: 'no',
  why,
  fieldsMatched,
  ...more,
});
const trace = (...of: readonly RuleTrace[]): PolicyTrace => ({ ...emptyEgress(DENY_ALL), rules: of });
const deniedBy = (each: PolicyTrace): readonly FlowPrediction[] => [
  flow('destination', 'deny', { trace: [each] }),
  ...rules('allow').slice(1),
];
const culprits = (given: Given) => concludeVerdict(facts(given)).cause.policies;

describe("a culprit's rule", () => {
  const table: readonly (readonly [string, PolicyTrace, string])[] = [
    ['a policy without rules', trace(), 'has no egress rules'],
    [
      'the nearest miss is the rule of which most fields matched',
      trace(
        rule(0, 'to: 203.0.113.43 is not in 10.0.0.0/8', 0),
        rule(1, 'ports do not match: 443/TCP is not in [80/TCP]', 1),
      ),
      'no rule matches; the nearest is rule 2: ports do not match: 443/TCP is not in [80/TCP]',
    ],
    [
      'of equal misses, the first',
      trace(rule(0, 'a', 1), rule(1, 'b', 1)),
      'no rule matches; the nearest is rule 1: a',
    ],
    [
      'a text that names its rule is not numbered twice',
      trace(rule(1, 'rule 2: ports do not match', 1)),
      'no rule matches; the nearest is rule 2: ports do not match',
    ],
    [
      'a rule that denies comes before any miss',
      trace(rule(0, 'a', 3), rule(1, 'it is in 203.0.113.0/24', 1, { action: 'deny', match: 'yes', name: 'no-docs' })),
      'denies by rule 2 (no-docs): it is in 203.0.113.0/24',
    ],
    ['a policy that left no trace', { ...trace(), policy: OTHER }, 'denies this flow'],
    ['the trace of the other side is not its rule', { ...trace(), side: 'ingress' }, 'denies this flow'],
  ];
  test.each(table)('%s', (_rule, each, wanted) => {
    expect(culprits({ rules: deniedBy(each) }).map(culprit => culprit.rule)).toEqual([wanted]);
  });
});

describe('what else a culprit cuts', () => {
  const ordinary = (decision: 'allow' | 'deny') => flow('destination', decision);
  const table: readonly (readonly [string, Given, unknown])[] = [
    ['deny-all cuts all three', { rules: rules('deny') }, { dns: true, inCluster: true, internet: true }],
    [
      'DNS and cluster allowed',
      { rules: rules({ destination: 'deny' }) },
      { dns: false, inCluster: false, internet: true },
    ],
    [
      'the internet at large is open',
      { rules: rules({ destination: 'deny' }), internet: ordinary('allow') },
      { dns: false, inCluster: false, internet: false },
    ],
    [
      'flows that were not judged are null',
      { rules: [flow('destination', 'deny')], hostKind: 'address' },
      { dns: null, inCluster: null, internet: true },
    ],
    [
      'unknown flows are null',
      { rules: [flow('destination', 'deny'), ...rules('unknown').slice(1)] },
      { dns: null, inCluster: null, internet: true },
    ],
    [
      'what another policy cuts is not its doing',
      { rules: [flow('destination', 'deny'), ...rules({ dns: 'deny', by: [OTHER] }).slice(1)], hostKind: 'address' },
      { dns: false, inCluster: false, internet: true },
    ],
    [
      'a destination inside tells nothing of the internet',
      {
        host: { kind: 'service', service: 'shop/web', addresses: [A] },
        rules: [flow('destination', 'deny')],
        hostKind: 'address',
      },
      { dns: null, inCluster: true, internet: null },
    ],
  ];
  test.each(table)('%s', (_rule, given, wanted) => {
    expect(culprits(given)[0]?.cuts).toEqual(wanted);
  });
});

test('a culprit carries its facts, and the cause its side', () => {
  const { cause } = concludeVerdict(facts({ rules: rules('deny') }));
  expect(cause.policies).toEqual([
    {
      policy: DENY_ALL,
      rule: 'has no egress rules',
      cuts: { dns: true, inCluster: true, internet: true },
      selectsPods: 3,
      createdAt: '2026-01-01T00:00:00Z',
      changedAt: null,
      managedBy: ['kubectl-client-side-apply'],
    },
  ]);
  expect({ side: cause.side, layer: cause.layer }).toEqual({ side: 'egress', layer: 'dns' });
});

describe('replicas on other nodes', () => {
  const siblings = [
    { pod: 'billing-2', node: 'node-2' },
    { pod: 'billing-3', node: 'node-3' },
  ];
  const at = (sibling: string, outcome = connected) => saw('pod', 'tcp', outcome, { sibling });
  verdictTable([
    [
      'only on this node',
      { target: { siblings }, saw: [...fails('pod', dropped), ...works('node'), at('billing-2'), at('billing-3')] },
      {
        code: 'dropped-unexplained',
        confidence: 'observed',
        findings: ['observed-differs-from-predicted', 'sibling-differs'],
        says: [
          'Only on node node-1: the pod fails, and with the same labels billing-2 on node node-2 and billing-3 on node node-3 gets through',
        ],
      },
    ],
    [
      'not only on this node',
      {
        target: { siblings },
        saw: [...fails('pod', dropped), ...works('node'), at('billing-2'), at('billing-3', dropped)],
      },
      {
        code: 'dropped-unexplained',
        confidence: 'observed',
        findings: ['observed-differs-from-predicted', 'sibling-differs'],
        says: ['The pod fails, and with the same labels billing-2'],
      },
    ],
    [
      'the sibling fails and the pod does not',
      { target: { siblings }, saw: [...works('pod'), at('billing-2', refused)] },
      {
        code: 'reachable',
        confidence: 'confirmed',
        findings: ['sibling-differs'],
        says: ['its sibling billing-2 on node node-2 does not: refused (RST)'],
      },
    ],
    [
      'all alike is no finding',
      { target: { siblings }, saw: [...works('pod'), at('billing-2')] },
      { code: 'reachable', confidence: 'confirmed' },
    ],
    [
      "a sibling's drop is not the pod's",
      { saw: [at('billing-2', dropped)] },
      { code: 'reachable', confidence: 'predicted' },
    ],
  ]);
});

describe('what else is worth saying', () => {
  verdictTable([
    [
      'what the evaluation took for granted',
      {
        saw: works('pod'),
        rules: [
          flow('destination', 'allow', { assumptions: ['the pod has looked the name up before'] }),
          ...rules('allow').slice(1),
        ],
      },
      {
        code: 'reachable',
        confidence: 'confirmed',
        findings: ['assumption'],
        says: ['The pod has looked the name up before.'],
      },
    ],
    [
      'a denied control lookup and connect are one finding',
      { saw: works('pod'), rules: rules({ control: 'deny' }) },
      {
        code: 'reachable',
        confidence: 'confirmed',
        findings: ['control-is-no-control'],
        says: ['the connection (by NetworkPolicy payments/deny-all-egress) and the lookup (by'],
      },
    ],
    [
      'the control pod gets through and its node does not',
      { saw: [...works('pod'), ...works('control'), ...fails('node', dropped)] },
      { code: 'reachable', confidence: 'confirmed', findings: ['vantage-differs'] },
    ],
    [
      'TLS fails from the node alone',
      {
        saw: [
          ...works('pod'),
          saw('node', 'tls', { kind: 'tls-failed', why: 'untrusted', detail: '', certificate: null }),
        ],
      },
      { code: 'reachable', confidence: 'confirmed', findings: ['vantage-differs'] },
    ],
    [
      'the cluster is dropped though allowed',
      { saw: [...works('pod').filter(each => each.layer !== 'cluster'), saw('pod', 'cluster', dropped)] },
      { code: 'reachable', confidence: 'confirmed', findings: ['observed-differs-from-predicted'] },
    ],
    [
      'the cluster answers though denied',
      { saw: works('pod'), rules: rules({ cluster: 'deny' }) },
      {
        code: 'reachable',
        confidence: 'confirmed',
        findings: ['observed-differs-from-predicted'],
        says: ['the way to kubernetes.default; observed: it passes'],
      },
    ],
    [
      'rules that were not evaluated are candidates for a drop',
      {
        saw: [...fails('pod', dropped), ...reaches('node')],
        coverage: [
          { kind: 'AdminNetworkPolicy.policy.networking.k8s.io', status: 'forbidden', objects: null, why: 'no list' },
        ],
        changedMeanwhile: [DENY_ALL],
      },
      {
        code: 'dropped-unexplained',
        confidence: 'observed',
        findings: ['observed-differs-from-predicted', 'policy-changed'],
        says: [
          'rules that were not evaluated (AdminNetworkPolicy.policy.networking.k8s.io)',
          'deny-all-egress changed while it was looked;',
        ],
      },
    ],
    [
      'two policies deny',
      {
        saw: [
          saw('pod', 'dns', { kind: 'resolver-answered', rcode: 'NOERROR', asked: 'x', addresses: [A, B] }),
          saw('pod', 'tcp', dropped),
        ],
        rules: rules({ destination: 'deny', by: [DENY_ALL, OTHER] }),
      },
      { code: 'partly-denied', confidence: 'confirmed', policies: [DENY_ALL, OTHER], findings: [] },
    ],
  ]);
});
