/** When a rule by name is the cause because nothing taught its engine the name. */
import { describe, expect, test } from 'vitest';
import { judgeByName } from '../../src/diagnose/unlearned.ts';
import type { Observation, Outcome } from '../../src/model.ts';
import { readClusterState } from '../../src/policy/cluster-state.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { CILIUM } from './policy-builders.ts';
import { dns, egress, STRIPE, WORLD } from './policy-cilium-builders.ts';

const byName = { toFQDNs: [{ matchName: 'api.stripe.com' }] };
const answered = { 'api.stripe.com': [STRIPE] };

function tcp(kind: 'connected' | 'syn-dropped', vantage: 'pod' | 'control' = 'pod'): Observation {
  const outcome = (kind === 'connected' ? { kind } : { kind, waitedMs: 3000 }) as Outcome;
  return { vantage, layer: 'tcp', via: 'direct', address: STRIPE, port: 443, protocol: 'TCP', outcome, ms: 1 };
}

type Asked = {
  readonly rules: readonly object[];
  readonly names?: Readonly<Record<string, readonly string[]>>;
  readonly seen?: readonly Observation[];
  readonly hasSidecar?: boolean;
};

function judged({ rules, names = answered, seen = [], hasSidecar = false }: Asked) {
  const objects = [...WORLD, egress(...rules)];
  const request = {
    from: 'pay/api',
    to: { kind: 'name' as const, name: 'api.stripe.com' },
    port: 443,
    protocol: 'TCP' as const,
    icmpType: null,
    query: null,
    scope: 'both' as const,
  };
  return judgeByName(
    [{ purpose: 'destination', request }],
    { observations: seen, hasSidecar },
    { book: readRuleBook(objects, { engine: CILIUM }), cluster: readClusterState(objects, names).cluster },
  );
}

describe('a rule by name', () => {
  test('whose lookups go past the proxy is the cause, and says why', () => {
    const { flows, unlearned } = judged({ rules: [dns(), byName] });
    expect(flows[0]?.decision).toBe('deny');
    expect(unlearned).toMatchObject({ policy: 'CiliumNetworkPolicy pay/p', name: 'api.stripe.com' });
    expect(unlearned?.why).toContain('no DNS rule (rules.dns)');
  });
  test('is no cause where its DNS rule feeds it', () => {
    expect(judged({ rules: [dns({ matchPattern: '*' }), byName] }).unlearned).toBeNull();
  });
  test('for another name is no cause', () => {
    expect(judged({ rules: [dns(), { toFQDNs: [{ matchName: 'google.com' }] }] }).unlearned).toBeNull();
  });
  test('is the cause as well where nobody could resolve the name', () => {
    expect(judged({ rules: [byName], names: {} }).unlearned).toMatchObject({ name: 'api.stripe.com' });
  });
  test('counts as learned where the pod itself got through', () => {
    const { flows, unlearned } = judged({ rules: [dns(), byName], seen: [tcp('connected')] });
    expect(unlearned).toBeNull();
    expect(flows[0]).toMatchObject({ decision: 'allow', by: ['CiliumNetworkPolicy pay/p'] });
    expect(flows[0]?.assumptions.join()).toContain('from an earlier lookup on the node');
  });
  test.each([
    ['where the pod was dropped', { seen: [tcp('syn-dropped')] }],
    ['where another vantage got through', { seen: [tcp('connected', 'control')] }],
    ['where a sidecar accepted the connection', { seen: [tcp('connected')], hasSidecar: true }],
  ])('does not count as learned %s', (_, part) => {
    expect(judged({ rules: [dns(), byName], ...part }).flows[0]?.decision).toBe('deny');
  });
});

describe('what shows that a name was learned', () => {
  const at = (layer: 'tcp' | 'tls', kind: string, more: Partial<Observation> = {}): Observation => ({
    ...tcp('connected'),
    layer,
    outcome: { kind, certificate: null, why: 'expired', detail: '' } as Outcome,
    ...more,
  });
  test.each<[string, Observation, boolean, 'allow' | 'deny']>([
    ['a refused connect: the packet came there', at('tcp', 'refused'), false, 'allow'],
    ['a finished TLS handshake, also behind a sidecar', at('tls', 'connected'), true, 'allow'],
    ['not a failed one behind a sidecar', at('tls', 'tls-failed'), true, 'deny'],
    ['not a reset, which the engine may send', at('tcp', 'reset'), false, 'deny'],
    ['not a connect of a sibling', at('tcp', 'connected', { sibling: 'api-2' }), false, 'deny'],
    ['not a connect to another address', at('tcp', 'connected', { address: '198.51.100.1' }), false, 'deny'],
    ['not a connect of another layer', { ...at('tcp', 'connected'), layer: 'cluster' }, false, 'deny'],
  ])('%s', (_, seen, hasSidecar, decision) => {
    expect(judged({ rules: [dns(), byName], seen: [seen], hasSidecar }).flows[0]?.decision).toBe(decision);
  });
  test('an address of nobody’s name shows nothing', () => {
    const { address: _, ...nowhere } = at('tcp', 'connected');
    expect(judged({ rules: [dns(), byName], seen: [nowhere] }).flows[0]?.decision).toBe('deny');
  });
});

describe('of several flows', () => {
  const request = (port: number, query: string | null = null) => ({
    from: 'pay/api',
    to: { kind: 'name' as const, name: 'api.stripe.com' },
    port,
    protocol: 'TCP' as const,
    icmpType: null,
    query,
    scope: 'both' as const,
  });
  const on443 = { ...byName, toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }] }] };
  const judge = (flows: Parameters<typeof judgeByName>[0], seen: readonly Observation[] = []) => {
    const objects = [...WORLD, egress(dns(), on443)];
    const rules = {
      book: readRuleBook(objects, { engine: CILIUM }),
      cluster: readClusterState(objects, answered).cluster,
    };
    return judgeByName(flows, { observations: seen, hasSidecar: false }, rules);
  };
  test('only those of the connection can lack a name', () => {
    expect(judge([{ purpose: 'control-destination', request: request(443) }]).unlearned).toBeNull();
    expect(judge([{ purpose: 'cluster', request: request(443) }]).unlearned).toBeNull();
    expect(judge([{ purpose: 'proxy', request: request(443) }]).unlearned).not.toBeNull();
  });
  test('only the one that the rule by name would open', () => {
    expect(judge([{ purpose: 'destination', request: request(80) }]).unlearned).toBeNull();
    const both = judge([
      { purpose: 'destination', request: request(80) },
      { purpose: 'proxy', request: request(443) },
    ]);
    expect(both.unlearned).toMatchObject({ name: 'api.stripe.com' });
  });
  test('what was learned is learned for the connection alone: what the control pod may is another matter', () => {
    const { flows } = judge(
      [
        { purpose: 'destination', request: request(443) },
        { purpose: 'control-destination', request: request(443) },
      ],
      [tcp('connected')],
    );
    expect(flows.map(({ purpose, decision }) => `${purpose} ${decision}`)).toEqual([
      'destination allow',
      'control-destination deny',
    ]);
  });
});
