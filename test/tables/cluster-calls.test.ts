import { describe, expect, test } from 'vitest';
import { apiPath } from '../../src/cluster/api-path.ts';
import { apiCallOf } from '../../src/cluster/call.ts';
import {
  isPolicyKind,
  pluralOf,
  type ServedKind,
  selectPolicyKinds,
  selectTellingKinds,
} from '../../src/cluster/policy-kinds.ts';
import { retryWaitMs } from '../../src/cluster/retry.ts';

test.each<readonly [string, string, string, string]>([
  ['a named object', 'GET', '/api/v1/namespaces/a/pods/b', 'get  pods a b'],
  ['a list in a namespace', 'GET', '/api/v1/namespaces/a/pods', 'list  pods a -'],
  ['a list of all namespaces', 'GET', '/api/v1/pods', 'list  pods - -'],
  ['a subresource', 'GET', '/api/v1/namespaces/a/pods/b/exec', 'get  pods/exec a b'],
  ['a token', 'POST', '/api/v1/namespaces/a/serviceaccounts/b/token', 'create  serviceaccounts/token a b'],
  ['a namespace itself', 'GET', '/api/v1/namespaces/a', 'get  namespaces a a'],
  ['all namespaces', 'GET', '/api/v1/namespaces', 'list  namespaces - -'],
  ['an API group', 'GET', '/apis/cilium.io/v2/ciliumnodes', 'list cilium.io ciliumnodes - -'],
  [
    'a create',
    'POST',
    '/apis/networking.k8s.io/v1/namespaces/a/networkpolicies',
    'create networking.k8s.io networkpolicies a -',
  ],
  [
    'a patch',
    'PATCH',
    '/apis/networking.k8s.io/v1/namespaces/a/networkpolicies/b',
    'patch networking.k8s.io networkpolicies a b',
  ],
  ['a delete', 'DELETE', '/api/v1/namespaces/a/pods/b', 'delete  pods a b'],
  ['a delete of all is another right', 'DELETE', '/api/v1/namespaces/a/pods', 'deletecollection  pods a -'],
  ['discovery', 'GET', '/apis', 'get null /apis - -'],
  ['discovery of a group', 'GET', '/apis/cilium.io/v2', 'get null /apis/cilium.io/v2 - -'],
  ['the version', 'GET', '/version', 'get null /version - -'],
])('a call as RBAC sees it: %s', (_rule, method, path, expected) => {
  const call = apiCallOf(method, path);
  expect(`${call.verb} ${call.group} ${call.resource} ${call.namespace ?? '-'} ${call.name ?? '-'}`).toBe(expected);
});

describe('paths', () => {
  const pods = { group: '', version: 'v1', plural: 'pods' };
  test('a name cannot leave its place', () => {
    expect(apiPath(pods, { namespace: 'a', name: '../../secrets/x?y#z' })).toBe(
      '/api/v1/namespaces/a/pods/..%2F..%2Fsecrets%2Fx%3Fy%23z',
    );
  });
  test.each(['', '.', '..'])('a name that a URL would swallow is refused: "%s"', name => {
    expect(() => apiPath(pods, { namespace: 'a', name })).toThrow('not a part of a path');
  });
});

test.each<readonly [string, Parameters<typeof retryWaitMs>[0], number | null]>([
  ['a success is final', { method: 'GET', status: 200, retryAfter: null, number: 1 }, null],
  ['a refusal is final', { method: 'GET', status: 403, retryAfter: null, number: 1 }, null],
  ['a busy server is asked again', { method: 'GET', status: 429, retryAfter: null, number: 1 }, 100],
  ['later the second time', { method: 'GET', status: 503, retryAfter: null, number: 2 }, 200],
  ['three times in all', { method: 'GET', status: 503, retryAfter: null, number: 3 }, null],
  ['when it says so', { method: 'GET', status: 429, retryAfter: '1', number: 1 }, 1000],
  ['but not after a minute', { method: 'GET', status: 429, retryAfter: '60', number: 1 }, 2000],
  [
    'a date instead of seconds',
    { method: 'GET', status: 429, retryAfter: 'Sat, 21 Nov 2026 08:00:00 GMT', number: 1 },
    100,
  ],
  [
    'a write that may have happened is not repeated',
    { method: 'POST', status: 500, retryAfter: null, number: 1 },
    null,
  ],
  ['a write that was turned away at the door is', { method: 'POST', status: 429, retryAfter: '1', number: 1 }, 1000],
])('asking again: %s', (_rule, attempt, expected) => {
  expect(retryWaitMs(attempt)).toBe(expected);
});

test.each<readonly [string, string, string, boolean]>([
  ['NetworkPolicy', 'networking.k8s.io', 'NetworkPolicy', true],
  ["Cilium's", 'cilium.io', 'CiliumClusterwideNetworkPolicy', true],
  ['what policies refer to', 'cilium.io', 'CiliumCIDRGroup', true],
  ["Calico's storage", 'crd.projectcalico.org', 'GlobalNetworkSet', true],
  ['a kind of somebody unknown that is named like a policy', 'acme.example', 'AcmeNetworkPolicy', true],
  ['a newer kind of a known group', 'cilium.io', 'CiliumTrafficPolicy', true],
  ["OpenShift's firewall", 'k8s.ovn.org', 'EgressFirewall', true],
  ['what an agent computed', 'controlplane.antrea.io', 'NetworkPolicy', false],
  ["EKS's computed endpoints", 'networking.k8s.aws', 'PolicyEndpoint', false],
  ['records of the engine', 'cilium.io', 'CiliumEndpoint', false],
  ["Envoy Gateway's retries", 'gateway.envoyproxy.io', 'BackendTrafficPolicy', false],
  ['a PodDisruptionBudget', 'policy', 'PodDisruptionBudget', false],
  ["a Tier of somebody else's", 'billing.example', 'Tier', false],
])('decides about flows, or not: %s', (_rule, group, kind, expected) => {
  expect(isPolicyKind(group, kind)).toBe(expected);
});

const served = (group: string, kind: string): ServedKind => ({
  group,
  version: 'v1',
  kind,
  plural: pluralOf(kind),
  namespaced: true,
  listable: true,
});

test("Calico's storage is left out where Calico's API serves the same kind, and only there", () => {
  const both = [
    served('crd.projectcalico.org', 'NetworkPolicy'),
    served('projectcalico.org', 'NetworkPolicy'),
    served('crd.projectcalico.org', 'Tier'),
  ];
  expect(selectPolicyKinds(both).map(kind => `${kind.kind}.${kind.group}`)).toEqual([
    'Tier.crd.projectcalico.org',
    'NetworkPolicy.projectcalico.org',
  ]);
  expect(
    selectTellingKinds([served('crd.projectcalico.org', 'IPPool'), served('cilium.io', 'CiliumEndpoint')]).map(
      kind => kind.kind,
    ),
  ).toEqual(['IPPool']);
});

test.each([
  ['NetworkPolicy', 'networkpolicies'],
  ['ServiceEntry', 'serviceentries'],
  ['NodeClass', 'nodeclasses'],
  ['CiliumCIDRGroup', 'ciliumcidrgroups'],
  ['Sidecar', 'sidecars'],
])('the resource of %s is %s', (kind, plural) => expect(pluralOf(kind)).toBe(plural));
