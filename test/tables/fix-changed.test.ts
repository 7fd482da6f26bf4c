/** A change of a policy that exists: what it replaces, and how it is told line by line. */
import { describe, expect, test } from 'vitest';
import { applicable, changesOf, withManifests } from '../../src/diagnose/fix-changed.ts';
import type { KubernetesObject } from '../../src/evidence.ts';
import { object } from '../fakes/fix-scenes.ts';

const KUBERNETES = 'networking.k8s.io/v1';
const policy = (spec: object, metadata: object = {}): KubernetesObject =>
  object(KUBERNETES, 'NetworkPolicy', 'a/p', { spec }, metadata);
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

describe('an object as somebody would write it', () => {
  const rows: readonly (readonly [rule: string, kept: object, written: object])[] = [
    [
      'what the API server keeps is left out',
      {
        uid: 'u',
        resourceVersion: '7',
        generation: 2,
        creationTimestamp: '2026-11-21T11:00:00Z',
        managedFields: [{ manager: 'kubectl' }],
      },
      {},
    ],
    [
      'labels, owners and finalizers stay',
      { labels: { app: 'x' }, finalizers: ['f'], ownerReferences: [{ name: 'o' }] },
      { labels: { app: 'x' }, finalizers: ['f'], ownerReferences: [{ name: 'o' }] },
    ],
    [
      'annotations stay',
      { annotations: { 'meta.helm.sh/release-name': 'x' } },
      { annotations: { 'meta.helm.sh/release-name': 'x' } },
    ],
    [
      'what kubectl applied last is a copy of it all',
      { annotations: { [LAST_APPLIED]: '{}', team: 'pay' } },
      { annotations: { team: 'pay' } },
    ],
    ['where nothing is left there are no annotations', { annotations: { [LAST_APPLIED]: '{}' } }, {}],
    ['no annotations stay none', { annotations: {} }, {}],
  ];
  test.each(rows)('%s', (_rule, kept, written) => {
    expect(applicable(policy({ egress: [] }, kept))).toEqual(policy({ egress: [] }, written));
  });

  test('its status is left out, whatever else it has stays', () => {
    const whole = { ...policy({}), status: { conditions: [] }, specs: [{}] };
    expect(applicable(whole)).toEqual({ ...policy({}), specs: [{}] });
  });

  test('an object without metadata gets empty ones', () => {
    expect(applicable({ apiVersion: KUBERNETES, kind: 'NetworkPolicy' })).toEqual({
      apiVersion: KUBERNETES,
      kind: 'NetworkPolicy',
      metadata: {},
    });
  });
});

describe('what a manifest replaces', () => {
  const before = policy(
    { egress: [] },
    { uid: 'u', managedFields: [{ manager: 'argocd', time: '2026-11-21T11:00:00Z' }] },
  );
  const after = policy({ egress: [{}] });
  const others: readonly (readonly [what: string, KubernetesObject])[] = [
    ['another name', object(KUBERNETES, 'NetworkPolicy', 'a/q', {})],
    ['another namespace', object(KUBERNETES, 'NetworkPolicy', 'b/p', {})],
    ['another kind', object(KUBERNETES, 'Ingress', 'a/p', {})],
    ['another group', object('projectcalico.org/v3', 'NetworkPolicy', 'a/p', {})],
    ['no namespace', object(KUBERNETES, 'NetworkPolicy', 'p', {})],
  ];

  test('the object of its kind and name, in place of which it stands', () => {
    expect(withManifests([before], [after])).toEqual([after]);
    expect(changesOf([before], [after])).toEqual([
      {
        policy: 'NetworkPolicy a/p',
        managedBy: ['argocd'],
        diff: expect.stringContaining('+    - {}') as unknown as string,
      },
    ]);
  });

  test('another version of the API is the same object', () => {
    const older = { ...before, apiVersion: 'networking.k8s.io/v1beta1' };
    expect(withManifests([older], [after])).toEqual([after]);
  });

  test.each(others)('not one of %s', (_what, other) => {
    expect(withManifests([other], [after])).toEqual([other, after]);
    expect(changesOf([other], [after])).toEqual([]);
  });

  test('what the API server keeps is no change', () => {
    const [change] = changesOf([before], [after]);
    const lines = change?.diff.split('\n') ?? [];
    expect(lines.filter(line => /^[-+]/.test(line))).toEqual(['-  egress: []', '+  egress:', '+    - {}']);
  });
});
