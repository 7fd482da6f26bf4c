/** What became of the deciding policies between two looks. */
import { describe, expect, test } from 'vitest';
import { type PolicyChange, policyChanges } from '../../src/diagnose/policy-changes.ts';
import type { ApiListing, Evidence, KubernetesObject } from '../../src/evidence.ts';
import type { Diagnosis } from '../../src/model.ts';
import { BUNDLES, diagnosisOf } from '../fakes/bundle-clusters.ts';

const [bundle] = BUNDLES;
if (bundle === undefined) throw new Error('no bundles');
const LISTED: ApiListing = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  namespaced: true,
  result: { kind: 'listed', objects: 1 },
};

type Meta = {
  readonly at?: string;
  readonly manager?: string;
  readonly labels?: Record<string, string>;
  readonly version?: string;
};

/** A NetworkPolicy of namespace a that allows these ports. */
function policy(
  name: string,
  ports: readonly number[],
  { at, manager, labels, version = '1' }: Meta = {},
): KubernetesObject {
  const managedFields = at === undefined ? [] : [{ manager, operation: 'Update', time: at }];
  const metadata = { name, namespace: 'a', uid: 'u', resourceVersion: version, generation: 2, managedFields };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { ...metadata, ...(labels === undefined ? {} : { labels }) },
    spec: { podSelector: {}, egress: [{ ports: ports.map(port => ({ port })) }] },
  };
}

/** A look that found these policies, and whose answer rests on those that are named. */
function look(
  objects: readonly KubernetesObject[],
  by: readonly string[],
  result: ApiListing['result'] = LISTED.result,
): { evidence: Evidence; diagnosis: Diagnosis } {
  const { verdict, ...rest } = diagnosisOf(bundle as Evidence);
  return {
    evidence: {
      ...(bundle as Evidence),
      collected: { ...(bundle as Evidence).collected, objects, apis: [{ ...LISTED, result }] },
    },
    diagnosis: {
      ...rest,
      prediction: { ...rest.prediction, by: by.map(name => `NetworkPolicy a/${name}`), flows: [] },
      verdict: { ...verdict, cause: { ...verdict.cause, policies: [] } },
    },
  };
}

const CHANGED_AT = '2026-11-21T11:02:30Z';
const rows: readonly {
  readonly rule: string;
  readonly before: ReturnType<typeof look>;
  readonly after: ReturnType<typeof look>;
  readonly changes: readonly Partial<PolicyChange>[];
}[] = [
  {
    rule: 'a policy that is the same is no change, whatever the API server counts',
    before: look([policy('p', [80])], ['p']),
    after: look([policy('p', [80], { version: '9', at: CHANGED_AT, manager: 'm' })], ['p']),
    changes: [],
  },
  {
    rule: 'one that was changed is told with its diff, and by whom and when',
    before: look([policy('p', [80])], ['p']),
    after: look([policy('p', [80, 443], { at: CHANGED_AT, manager: 'kubectl-edit' })], ['p']),
    changes: [
      {
        policy: 'NetworkPolicy a/p',
        kind: 'changed',
        by: ['kubectl-edit'],
        at: CHANGED_AT,
        diff: expect.stringMatching(/^\+ +- port: 443$/m) as unknown as string,
      },
    ],
  },
  {
    rule: 'the GitOps application that owns it is told, too',
    before: look([policy('p', [80])], ['p']),
    after: look(
      [
        policy('p', [81], {
          at: CHANGED_AT,
          manager: 'argocd-controller',
          labels: { 'argocd.argoproj.io/instance': 'net' },
        }),
      ],
      ['p'],
    ),
    changes: [{ by: ['argocd-controller', 'Argo CD app net'] }],
  },
  {
    rule: 'without managedFields nobody is named',
    before: look([policy('p', [80])], ['p']),
    after: look([policy('p', [81])], ['p']),
    changes: [{ kind: 'changed', by: [], at: null }],
  },
  {
    rule: 'one that decided and is gone is all minus, and nobody tells who took it away',
    before: look([policy('p', [80])], ['p']),
    after: look([], []),
    changes: [{ kind: 'removed', by: [], at: null, diff: expect.stringMatching(/^-apiVersion/) as unknown as string }],
  },
  {
    rule: 'one that decides now and was not there is all plus',
    before: look([], []),
    after: look([policy('p', [80], { at: CHANGED_AT, manager: 'm' })], ['p']),
    changes: [
      { kind: 'added', by: ['m'], at: CHANGED_AT, diff: expect.stringMatching(/^\+apiVersion/) as unknown as string },
    ],
  },
  {
    rule: 'one that decides in neither look is nobody’s business here',
    before: look([policy('p', [80])], []),
    after: look([policy('p', [81])], []),
    changes: [],
  },
  {
    rule: 'one that cannot be listed any more is not known to be gone',
    before: look([policy('p', [80])], ['p']),
    after: look([], [], { kind: 'forbidden', remedy: 'r' }),
    changes: [{ kind: 'unread', diff: '' }],
  },
  {
    rule: 'one that could not be listed before is not known to be new',
    before: look([], [], { kind: 'failed', why: 'w' }),
    after: look([policy('p', [80])], ['p']),
    changes: [{ kind: 'unread', diff: '' }],
  },
];

describe('changes of policies', () => {
  test.each(rows)('$rule', ({ before, after, changes }) => {
    expect(policyChanges(before, after)).toMatchObject(changes);
    expect(policyChanges(before, after)).toHaveLength(changes.length);
  });

  test('others are compared when they are named', () => {
    const [before, after] = [look([], []), look([policy('fix', [443])], [])];
    expect(policyChanges(before, after, ['NetworkPolicy a/fix'])).toMatchObject([{ kind: 'added' }]);
  });
});
