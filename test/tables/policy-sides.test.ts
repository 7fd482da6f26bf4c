/** How one side of a flow is told: who decides, what each policy did, and what is said of it besides. */
import { describe, expect, test } from 'vitest';
import { readClusterState } from '../../src/policy/cluster-state.ts';
import type { Action, BlindSpot, Layer, Policy, Rule, RuleBook, Tier } from '../../src/policy/model.ts';
import { judgeSide } from '../../src/policy/side.ts';
import { translate } from '../../src/policy/translate.ts';
import { ask, CILIUM, CLUSTER, UNKNOWN } from './policy-builders.ts';
import { cnp } from './policy-cilium-builders.ts';

const HTTP = { toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }], rules: { http: [{ method: 'GET' }] } }] };
const PLAIN = { toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }] }] };

describe('what a rule says besides', () => {
  test.each([
    ['the rules of the other direction are not asked', { egress: [HTTP], ingress: [PLAIN] }, []],
    ['the rule that decides is asked', { egress: [PLAIN], ingress: [HTTP] }, ['HTTP']],
  ])('%s', (_, spec, said) => {
    const { decision, flows } = ask([...CLUSTER, cnp('shop/web', spec)], { to: 'pod:shop/web', engine: CILIUM });
    expect(decision).toBe('allow');
    const assumptions = flows.flatMap(flow => flow.assumptions).join('\n');
    for (const part of said) expect(assumptions).toContain(part);
    if (said.length === 0) expect(assumptions).not.toContain('HTTP');
  });
});

const { cluster } = readClusterState(CLUSTER, {});
type Matches = 'yes' | 'no' | 'unknown';
type Parts = Partial<Omit<Policy, 'ref' | 'subject' | 'isolates'>> & {
  readonly selects?: Matches;
  readonly isolates?: boolean;
};

/** A rule that matches, does not, or may; `note` is told when it decides. */
function rule(action: Action, matches: Matches, index = 0, note?: string): Rule {
  const term =
    matches === 'yes'
      ? ({ kind: 'everyone' } as const)
      : matches === 'no'
        ? ({ kind: 'nobody', why: 'nobody' } as const)
        : ({ kind: 'unreadable', why: 'odd' } as const);
  const fields = [{ name: 'to', negated: false, anyOf: [term] }];
  return { index, name: null, action, fields, notes: note === undefined ? [] : [note] };
}

/** A policy without rules that selects every pod and isolates it, unless said. */
function policy(name: string, { selects = 'yes', isolates = true, ...parts }: Parts): Policy {
  const expression =
    selects === 'yes'
      ? ({ op: 'true' } as const)
      : selects === 'no'
        ? ({ op: 'has', key: 'none' } as const)
        : ({ op: 'unreadable', why: 'odd selector' } as const);
  return {
    ref: { kind: 'P', namespace: null, name },
    subject: {
      namespaces: { kind: 'all' },
      pods: { view: 'kubernetes', expression },
      serviceAccounts: null,
      hostNetwork: 'applies',
    },
    isolates: { egress: isolates, ingress: isolates },
    egress: [],
    ingress: 'absent',
    problems: [],
    meta: { createdAt: null, changedAt: null, managedBy: [], resourceVersion: null },
    ...parts,
  };
}

const tier = (combine: Tier['combine'], ...policies: readonly Policy[]): Tier => ({
  name: 't',
  combine,
  endOfTier: 'deny',
  policies,
});
const layer = (...tiers: readonly Tier[]): Layer => ({ name: 'l', tiers });
const union = (...policies: readonly Policy[]): Layer => layer(tier('union', ...policies));
const ordered = (...policies: readonly Policy[]): Layer => layer(tier('first-match', ...policies));

function judge(layers: readonly Layer[], blindSpots: readonly BlindSpot[] = []) {
  const source = cluster.pods.get('pay/api');
  if (source === undefined) throw new Error('pay/api is not there');
  const book: RuleBook = { engine: UNKNOWN, layers, coverage: [], problems: [], blindSpots };
  const [way] = translate(
    {
      from: 'pay/api',
      to: { kind: 'address', address: '203.0.113.43' },
      port: 443,
      protocol: 'TCP',
      icmpType: null,
      query: null,
      scope: 'both',
    },
    source,
    cluster,
  );
  if (way?.kind !== 'flow') throw new Error('no flow');
  return judgeSide(book, { side: 'egress', subject: source, peer: way.flow.destination, flow: way.flow, cluster });
}

describe('what each policy did', () => {
  test.each<[string, Policy, string]>([
    ['it does not select', policy('a', { selects: 'no', egress: [rule('accept', 'yes')] }), 'no not-selected'],
    ['it may select', policy('a', { selects: 'unknown', egress: [rule('accept', 'yes')] }), 'unknown unknown'],
    ['it has no rules', policy('a', {}), 'yes none *'],
    ['no rule matches', policy('a', { egress: [rule('accept', 'no')] }), 'yes none *'],
    ['a rule accepts', policy('a', { egress: [rule('accept', 'yes')] }), 'yes accept *'],
    ['a rule denies', policy('a', { egress: [rule('deny', 'yes')] }), 'yes deny *'],
    ['a rule passes', policy('a', { egress: [rule('pass', 'yes')] }), 'yes pass'],
    ['a rule may match', policy('a', { egress: [rule('accept', 'unknown')] }), 'yes unknown'],
    [
      'the first rule that matches counts',
      policy('a', { egress: [rule('deny', 'no', 0), rule('accept', 'yes', 1), rule('deny', 'yes', 2)] }),
      'yes accept *',
    ],
    [
      'a rule that logs is passed over',
      policy('a', { egress: [rule('log', 'yes', 0), rule('accept', 'yes', 1)] }),
      'yes accept *',
    ],
    ['nothing but logging', policy('a', { isolates: false, egress: [rule('log', 'yes')] }), 'yes none'],
  ])('%s', (_, given, wanted) => {
    const [told] = judge([ordered(given)]).trace;
    expect(`${told?.selects} ${told?.effect}${told?.decides ? ' *' : ''}`).toBe(wanted);
  });

  test.each<[string, Policy, string]>([
    ['rules: nothing is added', policy('a', { egress: [rule('accept', 'no')] }), ''],
    ['no rules', policy('a', {}), '; has no egress rules'],
    ['no rules, and it does not isolate', policy('a', { isolates: false }), ''],
    ['nothing of egress', policy('a', { isolates: false, egress: 'absent' }), '; says nothing of egress'],
    ['nothing of egress, which it isolates', policy('a', { egress: 'absent' }), '; has no egress rules'],
    ['what could not be read', policy('a', { isolates: false, problems: ['p', 'q'] }), '; p; q'],
  ])('why it selects: %s', (_, given, added) => {
    expect(judge([union(given)]).trace[0]?.why).toBe(`an empty selector selects every pod${added}`);
  });

  test.each<[string, Policy, string]>([
    ['with rules', policy('a', { selects: 'no', egress: [rule('accept', 'no')] }), ''],
    ['without rules', policy('a', { selects: 'no' }), ''],
    ['that says nothing of egress', policy('a', { selects: 'no', isolates: false, egress: 'absent' }), ''],
  ])('why it does not select: %s, nothing is added', (_, given) => {
    expect(judge([union(given)]).trace[0]?.why).toBe('it has no label none (selected: none)');
  });

  test('what an engine does by itself is told where one of its rules matches', () => {
    const own = (matches: Matches): Policy =>
      policy('own', { implied: true, isolates: false, egress: [{ ...rule('accept', matches), implied: true }] });
    const other = policy('other', { egress: [rule('accept', 'no')] });
    expect(judge([union(own('no'), other)]).trace.map(each => each.policy)).toEqual(['P other']);
    expect(judge([union(own('yes'), other)]).trace.map(each => each.policy)).toEqual(['P own', 'P other']);
  });
});

describe('who decides', () => {
  const accepts = (name: string, note?: string): Policy => policy(name, { egress: [rule('accept', 'yes', 0, note)] });
  const unknowns = ['P a rule 1: odd'];
  test('nothing: the default, and whether a policy was there at all', () => {
    const silent = policy('a', { isolates: false, egress: 'absent' });
    const logs = policy('a', { isolates: false, egress: [rule('log', 'no')] });
    const none = 'no policy selects pod pay/api for egress; the default allows';
    const undecided = 'no policy decides egress of pod pay/api; the default allows';
    expect(judge([])).toMatchObject({ decision: 'allow', by: [], why: 'no policy exists; the default allows' });
    expect(judge([layer()])).toMatchObject({ decision: 'allow', by: [], why: none, notes: [], unknowns: [] });
    expect(judge([union(silent)]).why).toBe(none);
    expect(judge([union(silent, logs)]).why).toBe(undecided);
    expect(judge([layer(tier('union', silent), tier('union', logs))]).why).toBe(undecided);
    expect(judge([union(policy('a', { selects: 'no', egress: [rule('accept', 'yes')] }))]).why).toBe(none);
    const passing = policy('a', { egress: [rule('pass', 'yes')] });
    expect(judge([ordered(passing)])).toMatchObject({ decision: 'allow', by: [], why: undecided });
  });
  test('of several layers, those that decide are told, and all notes', () => {
    const plain = layer();
    expect(judge([plain, union(accepts('a', 'note a')), union(accepts('b', 'note b'))])).toMatchObject({
      decision: 'allow',
      by: ['P a', 'P b'],
      why: 'P a allows it by rule 1: every peer matches; note a; P b allows it by rule 1: every peer matches; note b',
      unknowns: [],
      notes: ['note a', 'note b'],
    });
    expect(judge([plain, plain]).why).toBe('no policy selects pod pay/api for egress; the default allows');
  });
  test('a layer that denies comes before one that is not known, and that before one that accepts', () => {
    const open = union(policy('a', { egress: [rule('accept', 'unknown')] }));
    const shut = union(policy('z', {}));
    expect(judge([union(accepts('b')), open])).toMatchObject({ decision: 'unknown', by: ['P a'], unknowns });
    expect(judge([open, shut])).toMatchObject({ decision: 'deny', by: ['P z'], unknowns: [] });
  });
  test('what is not known is told once, and nobody decides', () => {
    const two = policy('a', { egress: [rule('accept', 'unknown', 0, 'told when it decides')] });
    const answer = judge([layer(tier('union', two), tier('union', two))]);
    expect(answer).toMatchObject({ decision: 'unknown', by: ['P a'], unknowns, notes: [] });
    expect(answer.why).toBe('cannot be told: P a rule 1: odd');
    expect(answer.trace.map(each => each.decides)).toEqual([false, false]);
  });
  test('what is not known and changes nothing is not told', () => {
    const may = policy('a', { egress: [rule('accept', 'unknown')] });
    expect(judge([union(may, accepts('b'))])).toMatchObject({ decision: 'allow', unknowns: [] });
  });
  test('what accepts but for something that is left open is named beside what accepts for certain', () => {
    const may = (name: string, parts: Parts = {}) => policy(name, { egress: [rule('accept', 'unknown')], ...parts });
    const implied = may('implied', { egress: [{ ...rule('accept', 'unknown'), implied: true }] });
    expect(judge([union(may('m'), accepts('a'))])).toMatchObject({ decision: 'allow', by: ['P a', 'P m'] });
    expect(judge([union(may('s', { selects: 'unknown' }), accepts('a'))]).by).toEqual(['P a']);
    expect(judge([union(accepts('s', 'x'), { ...may('t', { selects: 'unknown' }) }, implied)]).by).toEqual(['P s']);
    expect(
      judge([union(policy('u', { selects: 'unknown', egress: [rule('accept', 'yes')] }), accepts('a'))]).by,
    ).toEqual(['P a']);
  });
  test('what isolates for certain is the reason, not what may', () => {
    const [certain, may] = [policy('z', {}), policy('m', { selects: 'unknown' })];
    const both = { decision: 'deny', by: ['P z'], unknowns: [] };
    expect(judge([union(may, certain)])).toMatchObject({ ...both, why: 'P z has no egress rules' });
    expect(judge([ordered(may, certain)])).toMatchObject({
      ...both,
      why: 'tier t ends in deny: P z has no egress rules',
    });
    for (const layers of [[union(may)], [ordered(may)]])
      expect(judge(layers)).toMatchObject({
        decision: 'unknown',
        by: ['P m'],
        unknowns: ['whether P m selects the pod is not known: odd selector'],
      });
  });
  test('a policy that denies whenever it selects accepts nothing, and one that accepts isolates nothing', () => {
    const both = policy('b', {
      selects: 'unknown',
      isolates: false,
      egress: [rule('deny', 'yes', 0), rule('accept', 'yes', 1)],
    });
    expect(judge([union(both, policy('z', {}))])).toMatchObject({ decision: 'deny', unknowns: [] });
    const opens = policy('o', { selects: 'unknown', egress: [rule('accept', 'yes')] });
    expect(judge([union(opens)])).toMatchObject({ decision: 'allow', unknowns: [] });
  });
  test('the nearest miss is told: of one policy, of one with many rules, of many', () => {
    const miss = (name: string, ...indexes: readonly number[]) =>
      policy(name, { egress: indexes.map(index => rule('accept', 'no', index)) });
    const near: Rule = {
      ...rule('accept', 'no', 5),
      fields: [
        { name: 'ports', negated: false, anyOf: [{ kind: 'everything' }] },
        { name: 'to', negated: false, anyOf: [{ kind: 'nobody', why: 'not far' }] },
      ],
    };
    expect(judge([union(miss('a', 0))]).why).toBe('P a rule 1: nobody');
    expect(judge([union(policy('a', { egress: [rule('accept', 'no'), near] }))]).why).toBe(
      'no egress rule of P a matches; nearest: rule 6: not far',
    );
    expect(judge([union(miss('a', 0), policy('b', { egress: [near] }))]).why).toBe(
      'none of the 2 policies that isolate the pod allows it; nearest: P b rule 6: not far',
    );
    expect(judge([union(policy('a', {}), policy('b', {}))]).why).toBe('P a, P b have no egress rules');
  });
  test('tiers after the one that decides stay in the trace', () => {
    const answer = judge([layer(tier('union', accepts('a')), tier('union', policy('z', {})))]);
    expect(answer).toMatchObject({ decision: 'allow', by: ['P a'] });
    expect(answer.trace.map(each => each.policy)).toEqual(['P a', 'P z']);
  });
});

describe('objects that were not evaluated', () => {
  const spot = (effect: BlindSpot['effect'], namespaces: BlindSpot['namespaces'] = 'all'): BlindSpot => ({
    object: 'Odd o',
    why: 'its kind is not known',
    namespaces,
    effect,
  });
  const denied = [union(policy('z', {}))];
  const opened = [union(policy('a', { egress: [rule('accept', 'yes', 0, 'a note')] }))];
  const open = [union(policy('a', { egress: [rule('accept', 'unknown')] }))];
  const text = 'Odd o: its kind is not known';
  test.each<[string, readonly Layer[], BlindSpot, object]>([
    ['one that may only deny leaves a denial', denied, spot('may-deny'), { decision: 'deny', by: ['P z'] }],
    [
      'one that may decide does not',
      denied,
      spot('may-decide'),
      {
        decision: 'unknown',
        by: ['Odd o'],
        unknowns: [text],
        why: `cannot be told: ${text} (the rest says deny: P z has no egress rules)`,
      },
    ],
    [
      'either opens what is allowed',
      opened,
      spot('may-deny'),
      {
        decision: 'unknown',
        by: ['Odd o'],
        unknowns: [text],
        why: `cannot be told: ${text} (the rest says allow: P a allows it by rule 1: every peer matches; a note)`,
      },
    ],
    [
      'what was not known before stays the reason',
      open,
      spot('may-deny'),
      {
        decision: 'unknown',
        by: ['P a', 'Odd o'],
        unknowns: ['P a rule 1: odd', text],
        why: 'cannot be told: P a rule 1: odd',
      },
    ],
    ['that of another namespace touches nothing', opened, spot('may-decide', ['shop']), { decision: 'allow' }],
    ['that of this namespace does', opened, spot('may-decide', ['pay']), { decision: 'unknown' }],
  ])('%s', (_, layers, blind, wanted) => {
    expect(judge(layers, [blind])).toMatchObject(wanted);
  });
});
