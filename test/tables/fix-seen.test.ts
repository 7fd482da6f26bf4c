/** Whether a proposed fix was applied between two looks, and which of its objects are still missing. */
import { describe, expect, test } from 'vitest';
import { type FixSeen, missingOf, seeFix } from '../../src/diagnose/fix-seen.ts';
import type { Evidence, KubernetesObject } from '../../src/evidence.ts';
import type { Fix } from '../../src/model.ts';
import { BUNDLES, diagnosisOf } from '../fakes/bundle-clusters.ts';
import { object } from '../fakes/fix-scenes.ts';

const [bundle] = BUNDLES;
if (bundle === undefined) throw new Error('no bundles');
const AT = '2026-11-21T11:05:00Z';
const CREATED_AT = '2026-11-21T11:00:00Z';
const CHANGED_AT = '2026-11-21T11:02:30Z';

const changed = (manager: string, time: string) => ({
  creationTimestamp: CREATED_AT,
  managedFields: [{ manager, operation: 'Update', time }],
});
const spec = (port: number) => ({ spec: { podSelector: {}, egress: [{ ports: [{ port }] }] } });
const allow = (port: number, metadata: object = {}) =>
  object('networking.k8s.io/v1', 'NetworkPolicy', 'a/allow', spec(port), metadata);
const dns = (metadata: object = {}) => object('networking.k8s.io/v1', 'NetworkPolicy', 'a/dns', spec(53), metadata);
const cilium = (...specs: readonly object[]) => object('cilium.io/v2', 'CiliumNetworkPolicy', 'a/p', { specs });
const calico = (apiVersion: string) => object(apiVersion, 'NetworkPolicy', 'a/allow', spec(443));
const global = (action: string) =>
  object('projectcalico.org/v3', 'GlobalNetworkPolicy', 'deny', { spec: { egress: [{ action }] } });

const fixOf = (...manifests: readonly KubernetesObject[]): Fix => ({ ...(diagnosisOf(bundle).fix as Fix), manifests });
const changing = (...manifests: readonly KubernetesObject[]): Fix => ({
  ...fixOf(...manifests),
  changes: [{ policy: 'p', managedBy: [], diff: '' }],
});
const evidenceOf = (...objects: readonly KubernetesObject[]): Evidence => ({
  ...bundle,
  collected: { ...bundle.collected, objects },
});

describe('the proposed fix', () => {
  const seen = (more: Partial<FixSeen> = {}): FixSeen => ({
    at: AT,
    objects: ['NetworkPolicy a/allow'],
    by: 'kubectl',
    changedAt: CHANGED_AT,
    ...more,
  });
  const applied = allow(443, changed('kubectl', CHANGED_AT));
  const rows: readonly (readonly [
    rule: string,
    fix: Fix | null,
    before: readonly KubernetesObject[],
    now: readonly KubernetesObject[],
    FixSeen | null,
  ])[] = [
    ['is seen once its objects are there, with who applied it', fixOf(allow(443)), [], [applied], seen()],
    ['is not seen while one of its objects is missing', fixOf(allow(443), dns()), [], [applied], null],
    ['is not what was there before it was proposed', fixOf(allow(443)), [applied], [applied], null],
    ['that was not proposed is not seen', null, [], [applied], null],
    [
      'of several objects is told by the one that was changed last',
      fixOf(allow(443), dns()),
      [],
      [applied, dns(changed('argocd', '2026-11-21T11:03:00Z'))],
      seen({
        objects: ['NetworkPolicy a/allow', 'NetworkPolicy a/dns'],
        by: 'argocd',
        changedAt: '2026-11-21T11:03:00Z',
      }),
    ],
    [
      'is told by its own objects alone',
      fixOf(allow(443)),
      [],
      [applied, dns(changed('argocd', '2026-11-21T11:03:00Z'))],
      seen(),
    ],
    [
      'without managedFields was made when it was created, and nobody is named',
      fixOf(allow(443)),
      [],
      [allow(443, { creationTimestamp: CREATED_AT })],
      seen({ by: null, changedAt: CREATED_AT }),
    ],
    ['of which nothing is recorded', fixOf(allow(443)), [], [allow(443)], seen({ by: null, changedAt: null })],
    [
      'may be there with other contents, when it is new',
      fixOf(allow(443)),
      [],
      [allow(80)],
      seen({ by: null, changedAt: null }),
    ],
    ['that changes a policy is not seen by its name alone', changing(allow(443)), [allow(80)], [allow(81)], null],
    [
      'that changes a policy is seen when it is as it was proposed',
      changing(allow(443)),
      [allow(80)],
      [applied],
      seen(),
    ],
    [
      'is the same whatever the order of its members',
      changing(allow(443)),
      [allow(80)],
      [{ ...applied, spec: { egress: [{ ports: [{ port: 443 }] }], podSelector: {} } }],
      seen(),
    ],
    [
      'that changes one of several specs is seen',
      changing(cilium({ egress: [] }, { egress: [{}] })),
      [cilium({ egress: [] }, { egress: [] })],
      [cilium({ egress: [] }, { egress: [{}] })],
      seen({ objects: ['CiliumNetworkPolicy a/p'], by: null, changedAt: null }),
    ],
    [
      'that changes one of several specs is not seen before',
      changing(cilium({ egress: [] }, { egress: [{}] })),
      [cilium({ egress: [] }, { egress: [] })],
      [cilium({ egress: [] }, { egress: [] })],
      null,
    ],
    [
      'that changes a policy of the cluster',
      changing(global('Allow')),
      [global('Deny')],
      [global('Allow')],
      seen({ objects: ['GlobalNetworkPolicy deny'], by: null, changedAt: null }),
    ],
    ['is of its own group: Calico’s policy is another', fixOf(calico('projectcalico.org/v3')), [], [applied], null],
    [
      'of Calico is stored under a group of its own',
      fixOf(calico('projectcalico.org/v3')),
      [],
      [calico('crd.projectcalico.org/v1')],
      seen({ objects: ['NetworkPolicy.projectcalico.org a/allow'], by: null, changedAt: null }),
    ],
  ];
  test.each(rows)('%s', (_rule, fix, before, now, wanted) => {
    expect(seeFix(fix, evidenceOf(...before), evidenceOf(...now), AT)).toEqual(wanted);
  });
});

describe('what is missing of a fix', () => {
  test.each<readonly [rule: string, fix: Fix | null, now: readonly KubernetesObject[], readonly string[] | null]>([
    ['nothing was proposed', null, [], null],
    ['a fix that changes what exists', changing(allow(443)), [], null],
    ['all of it', fixOf(allow(443), dns()), [], ['NetworkPolicy a/allow', 'NetworkPolicy a/dns']],
    ['one object', fixOf(allow(443), dns()), [allow(443)], ['NetworkPolicy a/dns']],
    ['nothing', fixOf(allow(443), dns()), [dns(), allow(443)], []],
    [
      'a policy of Calico, by its full kind',
      fixOf(calico('projectcalico.org/v3')),
      [],
      ['NetworkPolicy.projectcalico.org a/allow'],
    ],
    [
      'one of that name in another group',
      fixOf(allow(443)),
      [calico('projectcalico.org/v3')],
      ['NetworkPolicy a/allow'],
    ],
    ['one of the cluster', fixOf(global('Allow')), [], ['GlobalNetworkPolicy deny']],
  ])('%s', (_rule, fix, now, missing) => {
    expect(missingOf(fix, evidenceOf(...now))).toEqual(missing);
  });
});
