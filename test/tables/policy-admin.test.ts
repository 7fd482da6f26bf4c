/** The administrators' policies: tiers, order, actions, peers, ports, and what fails closed. */
import { describe, expect, test } from 'vitest';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { type Ask, ask, CILIUM, CLUSTER, egress, ipBlock, UNKNOWN } from './policy-builders.ts';

const OUT: Ask = { to: '203.0.113.43' };
const EVERYWHERE = { networks: ['0.0.0.0/0', '::/0'] };

/** A ClusterNetworkPolicy for every pod of pay. */
function cnp(name: string, priority: number, rules: readonly object[], extra: object = {}): object {
  const spec = {
    tier: 'Admin',
    priority,
    subject: { namespaces: { matchLabels: { team: 'pay' } } },
    egress: rules,
    ...extra,
  };
  return { apiVersion: 'policy.networking.k8s.io/v1alpha2', kind: 'ClusterNetworkPolicy', metadata: { name }, spec };
}

function v1alpha1(kind: string, name: string, spec: object): object {
  return {
    apiVersion: 'policy.networking.k8s.io/v1alpha1',
    kind,
    metadata: { name },
    spec: { subject: { namespaces: {} }, ...spec },
  };
}

function rule(action: string, to: object, ports: object = {}): object {
  return { name: action.toLowerCase(), action, to: [to], ...ports };
}

type Row = readonly [rule: string, objects: readonly object[], ask: Ask, decision: string, by: readonly string[]];

describe('order and actions', () => {
  const npDeny = egress('pay/deny');
  const npAllow = egress('pay/allow', { to: [ipBlock('203.0.113.0/24')] });
  test.each<Row>([
    [
      'a Deny of the admin tier beats what NetworkPolicy allows',
      [cnp('a', 5, [rule('Deny', EVERYWHERE)]), npAllow],
      OUT,
      'deny',
      ['ClusterNetworkPolicy a'],
    ],
    [
      'an Accept of the admin tier beats what NetworkPolicy denies',
      [cnp('a', 5, [rule('Accept', EVERYWHERE)]), npDeny],
      OUT,
      'allow',
      ['ClusterNetworkPolicy a'],
    ],
    [
      'the lower priority number is checked first',
      [cnp('a', 9, [rule('Deny', EVERYWHERE)]), cnp('b', 2, [rule('Accept', EVERYWHERE)])],
      OUT,
      'allow',
      ['ClusterNetworkPolicy b'],
    ],
    [
      'within a policy the first rule that matches acts',
      [cnp('a', 5, [rule('Deny', EVERYWHERE), rule('Accept', EVERYWHERE)])],
      OUT,
      'deny',
      ['ClusterNetworkPolicy a'],
    ],
    [
      'Pass hands the flow to NetworkPolicy, past later admin policies',
      [cnp('a', 1, [rule('Pass', EVERYWHERE)]), cnp('b', 2, [rule('Deny', EVERYWHERE)]), npAllow],
      OUT,
      'allow',
      ['NetworkPolicy pay/allow'],
    ],
    [
      'Pass never allows by itself',
      [cnp('a', 1, [rule('Pass', EVERYWHERE)]), npDeny],
      OUT,
      'deny',
      ['NetworkPolicy pay/deny'],
    ],
    [
      'a rule that does not match leaves the flow alone',
      [cnp('a', 1, [rule('Deny', { networks: ['198.51.100.0/24'] })])],
      OUT,
      'allow',
      [],
    ],
    [
      'the baseline decides where no NetworkPolicy selects the pod',
      [cnp('b', 1, [rule('Deny', EVERYWHERE)], { tier: 'Baseline' })],
      OUT,
      'deny',
      ['ClusterNetworkPolicy b'],
    ],
    [
      'a NetworkPolicy that selects the pod keeps the baseline out',
      [cnp('b', 1, [rule('Deny', EVERYWHERE)], { tier: 'Baseline' }), npAllow],
      OUT,
      'allow',
      ['NetworkPolicy pay/allow'],
    ],
    [
      'a subject of another namespace is left alone',
      [cnp('a', 1, [rule('Deny', EVERYWHERE)])],
      { ...OUT, from: 'shop/web' },
      'allow',
      [],
    ],
    [
      'v1alpha1: Allow of an AdminNetworkPolicy',
      [v1alpha1('AdminNetworkPolicy', 'a', { priority: 3, egress: [rule('Allow', EVERYWHERE)] }), npDeny],
      OUT,
      'allow',
      ['AdminNetworkPolicy a'],
    ],
    [
      'v1alpha1: the BaselineAdminNetworkPolicy named default',
      [v1alpha1('BaselineAdminNetworkPolicy', 'default', { egress: [rule('Deny', EVERYWHERE)] })],
      OUT,
      'deny',
      ['BaselineAdminNetworkPolicy default'],
    ],
  ])('%s', (_, objects, asked, decision, by) => {
    expect(ask([...CLUSTER, ...objects], asked)).toMatchObject({ decision, by });
  });
});

describe('peers and ports', () => {
  const accept = (to: object, ports: object = {}) =>
    cnp('a', 1, [rule('Accept', to, ports), rule('Deny', EVERYWHERE), rule('Deny', { namespaces: {} })]);
  const web: Ask = { to: 'pod:shop/web', port: 8080 };
  test.each<Row>([
    [
      'namespaces by label',
      [accept({ namespaces: { matchLabels: { team: 'shop' } } })],
      web,
      'allow',
      ['ClusterNetworkPolicy a'],
    ],
    [
      'pods by both selectors',
      [accept({ pods: { namespaceSelector: {}, podSelector: { matchLabels: { app: 'db' } } } })],
      web,
      'deny',
      ['ClusterNetworkPolicy a'],
    ],
    [
      'networks match addresses of pods as well',
      [accept({ networks: ['10.244.1.0/24'] })],
      web,
      'allow',
      ['ClusterNetworkPolicy a'],
    ],
    [
      'nodes by label, at any of their addresses',
      [accept({ nodes: { matchLabels: { role: 'edge' } } })],
      { to: '192.0.2.11' },
      'allow',
      ['ClusterNetworkPolicy a'],
    ],
    [
      'a node without the label',
      [accept({ nodes: { matchLabels: { role: 'edge' } } })],
      { to: '192.0.2.10' },
      'deny',
      ['ClusterNetworkPolicy a'],
    ],
    [
      'a name that the pod resolved',
      [accept({ domainNames: ['api.stripe.com'] })],
      { to: 'api.stripe.com', dns: { 'api.stripe.com': ['203.0.113.43'] } },
      'allow',
      ['ClusterNetworkPolicy a'],
    ],
    [
      'a wildcard covers deeper labels, not the name itself',
      [accept({ domainNames: ['*.stripe.com'] })],
      { to: 'stripe.com', dns: { 'stripe.com': ['203.0.113.44'] } },
      'deny',
      ['ClusterNetworkPolicy a'],
    ],
    [
      'protocols narrow a rule: another port',
      [accept(EVERYWHERE, { protocols: [{ tcp: { destinationPort: { number: 443 } } }] })],
      { ...OUT, port: 80 },
      'deny',
      ['ClusterNetworkPolicy a'],
    ],
    [
      'a range has both of its ends',
      [accept(EVERYWHERE, { protocols: [{ tcp: { destinationPort: { range: { start: 400, end: 443 } } } }] })],
      OUT,
      'allow',
      ['ClusterNetworkPolicy a'],
    ],
    [
      'a protocol without a port covers all of its ports',
      [accept(EVERYWHERE, { protocols: [{ udp: {} }] })],
      { ...OUT, protocol: 'UDP' },
      'allow',
      ['ClusterNetworkPolicy a'],
    ],
    [
      'a named port is the destination pod’s',
      [accept({ namespaces: {} }, { protocols: [{ destinationNamedPort: 'http' }] })],
      web,
      'allow',
      ['ClusterNetworkPolicy a'],
    ],
  ])('%s', (_, objects, asked, decision, by) => {
    expect(ask([...CLUSTER, ...objects], { scope: 'egress', ...asked })).toMatchObject({ decision, by });
  });
});

describe('what is not understood', () => {
  const odd = { services: { matchLabels: { a: 'b' } } };
  test.each<Row>([
    [
      'an unknown peer in an Accept rule matches nothing',
      [cnp('a', 1, [rule('Accept', odd), rule('Deny', EVERYWHERE)])],
      OUT,
      'deny',
      ['ClusterNetworkPolicy a'],
    ],
    [
      'an unknown peer in a Deny rule denies everything',
      [cnp('a', 1, [rule('Deny', odd), rule('Accept', EVERYWHERE)])],
      OUT,
      'deny',
      ['ClusterNetworkPolicy a'],
    ],
    [
      'an unknown peer in a Pass rule denies everything',
      [cnp('a', 1, [rule('Pass', odd), rule('Accept', EVERYWHERE)])],
      OUT,
      'deny',
      ['ClusterNetworkPolicy a'],
    ],
    [
      'an unknown action is unknown, never allow',
      [cnp('a', 1, [rule('Maybe', EVERYWHERE)])],
      OUT,
      'unknown',
      ['ClusterNetworkPolicy a'],
    ],
    [
      'domainNames outside of accept rules is unknown',
      [cnp('a', 1, [rule('Deny', { domainNames: ['api.stripe.com'] })])],
      OUT,
      'unknown',
      ['ClusterNetworkPolicy a'],
    ],
    [
      'an invalid network is unknown',
      [cnp('a', 1, [rule('Deny', { networks: ['203.0.113.0/33'] })])],
      OUT,
      'unknown',
      ['ClusterNetworkPolicy a'],
    ],
    [
      'a subject without a field is unknown',
      [cnp('a', 1, [rule('Deny', EVERYWHERE)], { subject: {} })],
      OUT,
      'unknown',
      ['ClusterNetworkPolicy a'],
    ],
    [
      'a baseline of another name than default is unknown',
      [v1alpha1('BaselineAdminNetworkPolicy', 'other', { egress: [rule('Deny', EVERYWHERE)] })],
      OUT,
      'unknown',
      ['BaselineAdminNetworkPolicy other'],
    ],
  ])('%s', (_, objects, asked, decision, by) => {
    const all = [...CLUSTER, ...objects];
    expect(ask(all, asked)).toMatchObject({ decision, by });
    expect(readRuleBook(all, { engine: UNKNOWN }).problems.map(problem => problem.object)).toContain(by[0]);
  });

  test('Cilium enforces none of them: the ledger says so, and nothing is blamed on them', () => {
    const objects = [...CLUSTER, cnp('a', 1, [rule('Deny', EVERYWHERE)])];
    expect(ask(objects, { ...OUT, engine: CILIUM })).toMatchObject({ decision: 'allow', by: [] });
    expect(readRuleBook(objects, { engine: CILIUM }).coverage).toContainEqual(
      expect.objectContaining({ kind: 'ClusterNetworkPolicy.policy.networking.k8s.io', status: 'not-enforced' }),
    );
  });
});
