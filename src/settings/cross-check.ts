/** What no shape can say: names that must exist, and things that may be said once. */
import { closest, distance } from 'fastest-levenshtein';
import type { Fault } from '../faults.ts';
import { shown } from '../hostname.ts';
import type { Place } from './read-settings.ts';
import type { Settings } from './settings.ts';

/** Everything that contradicts itself in settings of the right shape. */
export function crossCheck(settings: Settings, place: Place): readonly Fault[] {
  const known = settings.clusters.map(({ name }) => name);
  return [
    ...twice(settings.clusters.map(({ name }, index) => ({ name, at: place(['clusters', index, 'name']) }))),
    ...twice(settings.channels.map(({ id }, index) => ({ name: id, at: place(['channels', index, 'id']) }))),
    ...settings.channels.flatMap(({ cluster }, index) =>
      unknownCluster(cluster, known, place(['channels', index, 'cluster'])),
    ),
    ...settings.grants.flatMap((grant, index) => [
      ...grant.clusters.flatMap((cluster, position) =>
        cluster === '*' ? [] : unknownCluster(cluster, known, place(['grants', index, 'clusters', position])),
      ),
      ...(grant.users.length + grant.groups.length === 0 ? [toNobody(place(['grants', index]))] : []),
    ]),
  ];
}

function twice(names: readonly { readonly name: string; readonly at: string }[]): readonly Fault[] {
  return names.flatMap(({ name, at }, index) => {
    const first = names.findIndex(other => other.name === name);
    if (first === index) return [];
    return [fault(at, `${shown(name)} is already at ${names[first]?.at}.`, 'Keep one of the two.')];
  });
}

function unknownCluster(name: string, known: readonly string[], at: string): readonly Fault[] {
  if (known.includes(name)) return [];
  const near = closest(name, [...known]);
  const remedy = distance(name, near) <= 3 ? `Did you mean ${near}?` : `Known are ${known.join(', ')}.`;
  return [fault(at, `There is no cluster ${shown(name)} under clusters.`, remedy)];
}

function toNobody(at: string): Fault {
  return fault(at, 'It grants something to nobody.', 'Name users or groups, or leave the grant out.');
}

function fault(at: string, cause: string, remedy: string): Fault {
  return { code: 'bad-config', what: `The configuration cannot be used: ${at}.`, cause, remedy };
}
