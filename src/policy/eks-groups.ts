/**
 * SecurityGroupPolicy: which pods get security groups of their own, in place of their node's
 * (https://docs.aws.amazon.com/eks/latest/userguide/security-groups-for-pods.html). What the groups let through is in AWS,
 * not in the cluster: for the pods that it selects the answer is unknown, and names the groups.
 */
import { readMeta } from './meta.ts';
import type { Policy, Rule, Selector } from './model.ts';
import { type Contribution, NOTHING, type Place, type Reader, type ReaderContext } from './reader.ts';
import { isRecord, type Json, listAt, type Notebook, namespacedRef, referenceText } from './reading.ts';
import { EVERYTHING, readLabelSelector } from './selector.ts';

const GROUP = 'vpcresources.k8s.aws';
const KIND = 'SecurityGroupPolicy';

/** Reads SecurityGroupPolicy. */
export const SECURITY_GROUP_READER: Reader = {
  owns: [{ group: GROUP, kind: KIND, versions: ['v1beta1'] }],
  supports: [],
  read: readGroups,
};

const PLACE: Place = { layer: 'cloud', tier: 'security groups', order: 0, combine: 'first-match', endOfTier: 'pass' };

function readGroups(context: ReaderContext): Contribution {
  const policies = context.objectsOf(GROUP, KIND).map(readPolicy);
  return {
    ...NOTHING,
    policies: policies.map(policy => ({ place: PLACE, order: 0, tie: referenceText(policy.ref), policy })),
    problems: policies.flatMap(({ ref, problems }) => problems.map(why => ({ object: referenceText(ref), why }))),
  };
}

/**
 * Where both selectors are given both have to match
 * (https://github.com/aws/amazon-vpc-resource-controller-k8s/blob/master/pkg/utils/helper.go, filterPodSecurityGroups).
 */
function readPolicy(object: Json): Policy {
  const notebook: Notebook = { problems: [] };
  const ref = namespacedRef(KIND, object);
  const spec = isRecord(object.spec) ? object.spec : {};
  const read = (key: 'podSelector' | 'serviceAccountSelector'): Selector | null =>
    spec[key] === undefined || spec[key] === null
      ? null
      : { view: 'kubernetes', expression: readLabelSelector(spec[key], key, notebook) };
  const [pods, serviceAccounts] = [read('podSelector'), read('serviceAccountSelector')];
  const build = (selected: Selector, accounts: Selector | null): Policy => ({
    ref,
    subject: {
      namespaces: { kind: 'named', names: [ref.namespace] },
      pods: selected,
      serviceAccounts: accounts,
      hostNetwork: 'does-not-apply',
    },
    isolates: { egress: true, ingress: true },
    egress: rulesOf(object),
    ingress: rulesOf(object),
    problems: notebook.problems,
    meta: readMeta(object),
  });
  if (pods === null && serviceAccounts === null) {
    const why = 'it has no selector';
    notebook.problems.push(why);
    return build({ view: 'kubernetes', expression: { op: 'unreadable', why } }, null);
  }
  return build(pods ?? EVERYTHING, serviceAccounts);
}

function rulesOf(object: Json): readonly Rule[] {
  const ids = listAt(object, 'spec', 'securityGroups', 'groupIds').filter(each => typeof each === 'string');
  const groups = ids.length === 0 ? 'security groups that it does not name' : `security groups ${ids.join(', ')}`;
  const why = `${groups} of AWS decide, and they are not in the cluster`;
  const anyOf = [{ kind: 'unreadable' as const, why }];
  return [
    { index: 0, name: null, action: 'deny', fields: [{ name: 'securityGroups', negated: false, anyOf }], notes: [] },
  ];
}
