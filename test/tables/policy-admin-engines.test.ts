/** The administrators' policies, engine by engine: who enforces which kind, which parts of it, and what equal priorities mean. */
import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/model.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { type Ask, ask, CALICO, CILIUM, CLUSTER, egress, UNKNOWN } from './policy-builders.ts';

const OUT: Ask = { to: 'api.stripe.com', dns: { 'api.stripe.com': ['203.0.113.43'] } };
const ALL = { networks: ['0.0.0.0/0', '::/0'] };

const engine = (name: Engine['name'], version: string | null = null): Engine => ({ name, version, evidence: 'given' });
const CALICO_332: Engine = { ...CALICO, version: '3.32.1' };
const ANTREA = engine('antrea', '2.1.0');
const OVN = engine('ovn-kubernetes', '1.0.0');

function policy(kind: string, name: string, spec: object): object {
  const apiVersion = `policy.networking.k8s.io/${kind === 'ClusterNetworkPolicy' ? 'v1alpha2' : 'v1alpha1'}`;
  return { apiVersion, kind, metadata: { name }, spec: { subject: { namespaces: {} }, ...spec } };
}
const cnp = (name: string, priority: number, ...rules: readonly object[]) =>
  policy('ClusterNetworkPolicy', name, { tier: 'Admin', priority, egress: rules });
const anp = (name: string, priority: number, ...rules: readonly object[]) =>
  policy('AdminNetworkPolicy', name, { priority, egress: rules });
const banp = (...rules: readonly object[]) => policy('BaselineAdminNetworkPolicy', 'default', { egress: rules });
const antrea = (action: string, more: object = {}) => ({
  apiVersion: 'crd.antrea.io/v1beta1',
  kind: 'ClusterNetworkPolicy',
  metadata: { name: 'own' },
  spec: { priority: 5, appliedTo: [{ namespaceSelector: {} }], egress: [{ action }], ...more },
});
const deny = { action: 'Deny', to: [ALL] };
const accept = { action: 'Accept', to: [ALL] };
const allow = { action: 'Allow', to: [ALL] };
const pass = { action: 'Pass', to: [ALL] };
const NP_DENY = egress('pay/deny');

type Row = readonly [rule: string, objects: readonly object[], engine: Engine, decision: string];

function decide(objects: readonly object[], of: Engine, asked: Ask = OUT): string {
  return ask([...CLUSTER, ...objects], { ...asked, engine: of }).decision;
}

describe('of one priority, any may be applied', () => {
  test.each<Row>([
    ['an Accept and a Deny', [cnp('a', 5, accept), cnp('b', 5, deny)], UNKNOWN, 'unknown'],
    ['whatever their names', [cnp('a', 5, deny), cnp('b', 5, accept)], UNKNOWN, 'unknown'],
    ['a Pass and a Deny', [cnp('a', 5, pass), cnp('b', 5, deny)], UNKNOWN, 'unknown'],
    ['three of them', [cnp('a', 5, deny), cnp('b', 5, deny), cnp('c', 5, accept)], UNKNOWN, 'unknown'],
    ['AdminNetworkPolicies', [anp('a', 5, allow), anp('b', 5, deny)], OVN, 'unknown'],
    ['two that say the same', [cnp('a', 5, deny), cnp('b', 5, deny)], UNKNOWN, 'deny'],
    [
      'an earlier one decides before them',
      [cnp('a', 5, accept), cnp('b', 5, deny), cnp('c', 4, accept)],
      UNKNOWN,
      'allow',
    ],
    [
      'the same number in another tier is no equal',
      [cnp('a', 5, accept), policy('ClusterNetworkPolicy', 'b', { tier: 'Baseline', priority: 5, egress: [deny] })],
      UNKNOWN,
      'allow',
    ],
    ['Calico sorts them by name', [cnp('b', 5, deny), cnp('a', 5, accept)], CALICO_332, 'allow'],
  ])('%s', (_, objects, of, decision) => {
    expect(decide(objects, of)).toBe(decision);
  });

  test('the answer says which is not determined', () => {
    const { flows } = ask([...CLUSTER, cnp('a', 5, accept), cnp('b', 5, deny)], OUT);
    expect(flows[0]?.unknowns.join()).toContain('which of the policies of priority 5 in this tier comes first');
  });
});

describe('who enforces which kind', () => {
  const rows: readonly Row[] = [
    ['Calico before 3.29 none', [anp('a', 1, deny)], { ...CALICO, version: '3.28.4' }, 'allow'],
    ['Calico 3.29 AdminNetworkPolicy', [anp('a', 1, deny)], { ...CALICO, version: '3.29.0' }, 'deny'],
    ['and not yet its baseline', [banp(deny)], { ...CALICO, version: '3.29.0' }, 'allow'],
    ['Calico 3.30 both', [banp(deny)], CALICO, 'deny'],
    ['and not yet ClusterNetworkPolicy', [cnp('a', 1, deny)], CALICO, 'allow'],
    ['Calico 3.32 ClusterNetworkPolicy', [cnp('a', 1, deny)], CALICO_332, 'deny'],
    ['and what it took the place of no more', [anp('a', 1, deny)], CALICO_332, 'allow'],
    ['nor its baseline', [banp(deny)], CALICO_332, 'allow'],
    ['Calico of a version that is not known', [cnp('a', 1, deny)], { ...CALICO, version: null }, 'deny'],
    ['an Allow that Calico does not enforce opens nothing', [anp('a', 1, allow), NP_DENY], CALICO_332, 'deny'],
    ['Cilium before 1.20 none', [cnp('a', 1, deny)], { ...CILIUM, version: '1.19.4' }, 'allow'],
    ['Cilium 1.20 may be set to', [cnp('a', 1, deny)], { ...CILIUM, version: '1.20.0' }, 'unknown'],
    ['so may one of a version that is not known', [cnp('a', 1, deny)], { ...CILIUM, version: null }, 'unknown'],
    ['but never to v1alpha1', [anp('a', 1, deny)], { ...CILIUM, version: '1.20.0' }, 'allow'],
    ['Antrea only with a feature gate', [anp('a', 1, deny)], ANTREA, 'unknown'],
    ['and what that would not change is certain', [anp('a', 1, deny), antrea('Drop')], ANTREA, 'deny'],
    ['Pass of Antrea’s passes AdminNetworkPolicy too', [anp('a', 1, deny), antrea('Pass')], ANTREA, 'allow'],
    ['and not the baseline', [banp(deny), antrea('Pass')], ANTREA, 'unknown'],
    ['Antrea’s own baseline comes before theirs', [banp(deny), antrea('Allow', { tier: 'baseline' })], ANTREA, 'allow'],
    ['Antrea is not known for ClusterNetworkPolicy', [cnp('a', 1, deny)], ANTREA, 'unknown'],
    ['OVN-Kubernetes AdminNetworkPolicy', [anp('a', 1, deny)], OVN, 'deny'],
    ['OVN-Kubernetes is not known for ClusterNetworkPolicy', [cnp('a', 1, deny)], OVN, 'unknown'],
    ['kube-router is known for none', [anp('a', 1, allow), NP_DENY], engine('kube-router'), 'unknown'],
    ['nor is the AWS plugin', [cnp('a', 1, accept), NP_DENY], engine('aws-vpc-cni'), 'unknown'],
    ['nor GKE', [cnp('a', 1, deny)], engine('gke-dataplane-v2'), 'unknown'],
    ['Azure NPM none', [cnp('a', 1, deny)], engine('azure-npm'), 'allow'],
  ];
  test.each(rows)('%s', (_, objects, of, decision) => {
    expect(decide(objects, of)).toBe(decision);
  });

  const settings = (data: object | undefined) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'cilium-config', namespace: 'kube-system' },
    data,
  });
  test.each([
    ['is not set to', settings({ 'enable-policy': 'default' }), 'allow'],
    ['is set not to', settings({ 'enable-k8s-cluster-network-policy': 'false' }), 'allow'],
    ['is set to', settings({ 'enable-k8s-cluster-network-policy': 'true' }), 'unknown'],
    ['has settings that nobody could read', settings(undefined), 'unknown'],
  ])('Cilium 1.20 that %s', (_, config, decision) => {
    expect(decide([config, cnp('a', 1, deny)], { ...CILIUM, version: '1.20.0' })).toBe(decision);
  });

  test('the ledger and the problems say why', () => {
    const told = (object: object, of: Engine) => {
      const { coverage, problems } = readRuleBook([object], { engine: of });
      return [...coverage.map(({ status, why }) => `${status}: ${why}`), ...problems.map(({ why }) => why)].join();
    };
    expect(told(anp('a', 1, deny), CALICO_332)).toContain('not-enforced: Calico 3.32.0 and later');
    expect(told(cnp('a', 1, deny), CALICO)).toContain('Calico implements no ClusterNetworkPolicy before 3.32.0');
    expect(told(cnp('a', 1, deny), { ...CILIUM, version: '1.19.0' })).toContain('before 1.20.0');
    expect(told(anp('a', 1, deny), ANTREA)).toContain('feature gate AdminNetworkPolicy');
    expect(told(anp('a', 1, deny), engine('kube-router'))).toContain('kube-router is not among');
  });
});

describe('which parts of them', () => {
  const named = { action: 'Accept', to: [{ domainNames: ['API.Stripe.com'] }] };
  const nodes = { nodes: { matchLabels: { role: 'edge' } } };
  const http = { protocols: [{ destinationNamedPort: 'http' }] };
  const WEB: Ask = { to: 'pod:shop/web', port: 8080, scope: 'egress' };
  const rows: readonly (readonly [...Row, asked?: Ask])[] = [
    ['a name in capitals is that name', [cnp('a', 1, named, deny)], UNKNOWN, 'allow'],
    ['a name that Calico does not implement accepts nothing', [cnp('a', 1, named, deny)], CALICO_332, 'deny'],
    [
      'nodes that Calico does not implement accept nothing',
      [cnp('a', 1, { action: 'Accept', to: [nodes] }, deny)],
      CALICO_332,
      'deny',
      { to: '192.0.2.11' },
    ],
    ['and denied, they deny everything', [cnp('a', 1, { action: 'Deny', to: [nodes] })], CALICO_332, 'deny'],
    [
      'which they do not with an engine that knows them',
      [cnp('a', 1, { action: 'Deny', to: [nodes] })],
      UNKNOWN,
      'allow',
    ],
    [
      'a named port with Calico may deny everything',
      [cnp('a', 1, { action: 'Deny', to: [{ namespaces: {} }], ...http })],
      CALICO_332,
      'unknown',
    ],
    [
      'or accept what it names',
      [cnp('a', 1, { action: 'Accept', to: [{ namespaces: {} }], ...http }), NP_DENY],
      CALICO_332,
      'unknown',
      WEB,
    ],
    [
      'in v1alpha1 it is read',
      [anp('a', 1, { action: 'Deny', to: [{ namespaces: {} }], ports: [{ namedPort: 'http' }] })],
      CALICO,
      'deny',
      WEB,
    ],
    ['OVN-Kubernetes takes priority 99', [anp('a', 99, deny)], OVN, 'deny'],
    ['and none beyond', [anp('a', 100, deny)], OVN, 'unknown'],
    ['whose Allow is no promise', [anp('a', 100, allow), NP_DENY], OVN, 'unknown'],
    ['others take it', [anp('a', 100, deny)], UNKNOWN, 'deny'],
    [
      'names with OVN-Kubernetes leave the policy in doubt',
      [anp('a', 1, { action: 'Allow', to: [{ domainNames: ['www.example.com'] }] }, deny)],
      OVN,
      'unknown',
    ],
  ];
  test.each(rows.map(([rule, ...given]) => ({ rule, given })))('$rule', ({ given: [objects, of, decision, asked] }) => {
    expect(decide(objects, of, asked)).toBe(decision);
  });
});
