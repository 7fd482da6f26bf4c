/** Which labels Cilium sees where its ConfigMap chooses them: certain where the setting changes nothing, open where it does. */
import { describe, expect, test } from 'vitest';
import { keepsLabel } from '../../src/policy/cilium-identity.ts';
import { readClusterState } from '../../src/policy/cluster-state.ts';
import { CILIUM, np, UNKNOWN } from './policy-builders.ts';
import { type Ask, ask, cnp, egress, STRIPE, WORLD } from './policy-cilium-builders.ts';

const config = (data: object): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'cilium-config', namespace: 'kube-system' },
  data,
});

describe('a label', () => {
  test.each<readonly [rule: string, labels: string, key: string, kept: boolean | null]>([
    ['is kept by default', '', 'app', true],
    ['is left out by default', '', 'pod-template-hash', false],
    ['is left out by a pattern with a mark', 'k8s:!app', 'app', false],
    ['is left out where the pattern is its beginning', 'k8s:!ap', 'app', false],
    ['is kept where the pattern is inside of it', 'k8s:!pp', 'app', true],
    ['is kept beside others that are left out', 'k8s:!job k8s:!team', 'app', true],
    ['is kept where it is listed', 'k8s:app k8s:team', 'team', true],
    ['is left out where others are listed', 'k8s:app k8s:team', 'tier', false],
    ['is kept where those that are listed are of another source', 'container:app', 'tier', true],
    ['is left out where those that are listed have no source', 'app', 'tier', false],
    ['of the namespace is kept whatever is listed', 'k8s:app', 'io.kubernetes.pod.namespace', true],
    ['of the namespace’s own is kept whatever is listed', 'k8s:app', 'io.cilium.k8s.namespace.labels.team', true],
    [
      'of the service account is left out where others are listed',
      'k8s:app',
      'io.cilium.k8s.policy.serviceaccount',
      false,
    ],
    [
      'that is left out by default is kept where it is listed longer',
      'k8s:pod-template-hash-x',
      'pod-template-hash-x',
      true,
    ],
    [
      'that is left out by default stays so where as much is listed',
      'k8s:pod-template-hash',
      'pod-template-hash',
      false,
    ],
    [
      'is kept by the longer pattern',
      String.raw`k8s:!io\.cilium k8s:io\.cilium\.k8s`,
      'io.cilium.k8s.policy.cluster',
      true,
    ],
    [
      'is left out by the longer pattern',
      String.raw`k8s:app k8s:!app\.kubernetes\.io/part`,
      'app.kubernetes.io/part-of',
      false,
    ],
    ['under a pattern that is more than a beginning is open', 'k8s:.*team', 'app', null],
    ['is certain where such a pattern is of another source', 'container:.*team', 'app', true],
    ['with beta inside is left out', '', 'topology.beta.kubernetes.io/zone', false],
  ])('%s', (_rule, labels, key, kept) => {
    expect(keepsLabel(key, { patterns: labels.split(' ').filter(Boolean), fromFile: false })).toBe(kept);
  });

  test('is open where more patterns are in a file', () => {
    expect(keepsLabel('app', { patterns: [], fromFile: true })).toBeNull();
  });
});

test('the setting is read from Cilium’s ConfigMap alone', () => {
  const settingIn = (object: object) => readClusterState([object], {}).cluster.identitySetting ?? null;
  expect(settingIn(config({ labels: ' k8s:app\n  k8s:!x ' }))).toEqual({
    patterns: ['k8s:app', 'k8s:!x'],
    fromFile: false,
  });
  expect(settingIn(config({ 'label-prefix-file': '/x' }))).toEqual({ patterns: [], fromFile: true });
  expect(settingIn(config({ labels: '' }))).toBeNull();
  expect(settingIn({ ...config({ labels: 'k8s:app' }), kind: 'Secret' })).toBeNull();
});

describe('a policy that asks for a label', () => {
  const OUT: Ask = { to: STRIPE };
  const ONLY_TEAM = config({ labels: 'k8s:team' });
  const NOT_TEMPLATE = config({ labels: 'k8s:!job-name' });
  const deny = (podSelector: object) => np('pay/p', { podSelector, policyTypes: ['Egress'] });
  const own = (endpointSelector: object) => cnp('pay/p', { endpointSelector, egressDeny: [{ toEntities: ['all'] }] });
  const app = (name: string) => ({ matchLabels: { app: name } });
  const other = { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['api'] }] };
  const account = { matchLabels: { 'io.cilium.k8s.policy.serviceaccount': 'default' } };
  test.each<readonly [rule: string, objects: readonly object[], ask: Ask, decision: string]>([
    ['that is not listed is open', [ONLY_TEAM, deny(app('api'))], OUT, 'unknown'],
    ['with a value that the pod has not means others', [ONLY_TEAM, deny(app('db'))], OUT, 'allow'],
    ['that the pod has not means others', [ONLY_TEAM, deny({ matchLabels: { team: 'x' } })], OUT, 'allow'],
    ['with any other value is open', [ONLY_TEAM, deny(other)], OUT, 'unknown'],
    ['of nothing is certain', [ONLY_TEAM, deny({})], OUT, 'deny'],
    ['that the setting leaves as it is is certain', [NOT_TEMPLATE, deny(app('api'))], OUT, 'deny'],
    ['of Cilium’s own kind is open as well', [ONLY_TEAM, own(app('api'))], OUT, 'unknown'],
    ['of Cilium’s own kind, of which the pod has another', [ONLY_TEAM, own(app('db'))], OUT, 'allow'],
    ['with its source is the same', [ONLY_TEAM, own({ matchLabels: { 'k8s:app': 'api' } })], OUT, 'unknown'],
    [
      'that a setting brings in is open',
      [config({ labels: 'k8s:pod-template-hash$' }), own({ matchLabels: { 'pod-template-hash': 'x1' } })],
      OUT,
      'unknown',
    ],
    [
      'that is left out by default means nobody',
      [NOT_TEMPLATE, own({ matchLabels: { 'pod-template-hash': 'x1' } })],
      OUT,
      'allow',
    ],
    ['of the service account is open where others are listed', [ONLY_TEAM, own(account)], OUT, 'unknown'],
    ['of the service account is certain by default', [own(account)], OUT, 'deny'],
    ['of a peer is open', [ONLY_TEAM, egress({ toEndpoints: [app('db')] })], { to: 'pod:pay/db' }, 'unknown'],
    [
      'of a peer that has another value is certain',
      [ONLY_TEAM, egress({ toEndpoints: [app('near')] })],
      { to: 'pod:pay/db' },
      'deny',
    ],
    [
      'with a reserved label is certain',
      [ONLY_TEAM, egress({ toEndpoints: [{ matchLabels: { 'reserved:world': '' } }] })],
      OUT,
      'allow',
    ],
    [
      'of a namespace is open where it may be left out',
      [
        config({ labels: String.raw`k8s:!io\.cilium\.k8s\.namespace\.labels\.team` }),
        np('pay/p', {
          podSelector: {},
          policyTypes: ['Egress'],
          egress: [{ to: [{ namespaceSelector: { matchLabels: { team: 'shop' } } }] }],
        }),
      ],
      { to: 'pod:shop/web' },
      'unknown',
    ],
  ])('%s', (_rule, objects, asked, decision) => {
    expect(ask([...WORLD, ...objects], { ...asked, engine: CILIUM }).decision).toBe(decision);
  });

  test('is certain with another engine, whatever lies there', () => {
    expect(
      ask([...WORLD, ONLY_TEAM, deny(app('api'))], {
        ...OUT,
        engine: { ...UNKNOWN, name: 'calico', version: '3.30.0' },
      }).decision,
    ).toBe('deny');
  });
});
