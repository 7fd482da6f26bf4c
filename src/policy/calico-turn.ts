/**
 * Whose turn it is where two policies of a tier have the same order: Felix compares their names, and what it takes for a
 * name has changed. https://github.com/projectcalico/calico/blob/master/felix/calc/policy_sorter.go and
 * libcalico-go/lib/backend/syncersv1/updateprocessors of the releases.
 */
import type { Engine } from '../model.ts';
import { compareVersions } from './departures.ts';
import type { Policy } from './model.ts';

/** The name by which a policy is sorted among those of its order; `otherTies`: what it may be as well, by version. */
type Turn = { readonly tie: string; readonly otherTies?: readonly string[] };

/**
 * What is sorted. `name` is as people write it, with the prefix that Calico gives to the policies of other APIs;
 * `storedName` as it stands in the store, where it was read there.
 */
type Sorted = {
  readonly name: string;
  readonly namespace: string | null;
  readonly tier: string;
  readonly storedName?: string;
};

/** From here on a policy's tier is no part of its name, and its namespace comes after it. */
const NAME_FIRST = '3.32.0';
/** From here until then, the API keeps the name that was written; whether Felix sees it so or as stored is not told. */
const NAME_KEPT = '3.29.0';

/**
 * The names, the likeliest first. `deny` of the cluster and `pay/allow`: as `deny/` and `allow/pay` the second is asked
 * first (since 3.32), as `default.deny` and `pay/default.allow` the first is (before). Of a version that is not known,
 * any may be. Other engines do not sort.
 */
export function turnOf(policy: Sorted, { name, version }: Engine): Turn {
  const nameFirst = `${policy.name}/${policy.namespace ?? ''}`;
  if (name !== 'calico') return { tie: nameFirst };
  if (version === null) return { tie: nameFirst, otherTies: [asStored(policy), asWritten(policy)] };
  if (compareVersions(version, NAME_FIRST) >= 0) return { tie: nameFirst };
  if (compareVersions(version, NAME_KEPT) < 0) return { tie: asStored(policy) };
  return { tie: asStored(policy), otherTies: [asWritten(policy)] };
}

/** Whether the one is asked before the other whichever way they are sorted; both stand in one tier, in this order. */
export function isAlwaysBefore({ turn: first }: Policy, { turn: second }: Policy): boolean {
  if (first === undefined || second === undefined || first.order !== second.order) return true;
  return first.ties.every((tie, way) => tie <= (second.ties[way] ?? ''));
}

function asWritten({ name, namespace }: Sorted): string {
  return namespace === null ? name : `${namespace}/${name}`;
}

/** In its store, a policy of the default tier has the tier before its name; those of other APIs have a prefix already. */
function asStored({ name, namespace, tier, storedName }: Sorted): string {
  if (storedName !== undefined) return asWritten({ name: storedName, namespace, tier });
  const hasPrefix = tier !== 'default' || /^(default|knp\.default)\./.test(name);
  return asWritten({ name: hasPrefix ? name : `default.${name}`, namespace, tier });
}
