/** What no shape can say: names that must exist, and things that may be said once. */
import { closest, distance } from 'fastest-levenshtein';
import type { Fault } from '../faults.ts';
import { shown } from '../hostname.ts';
import { checkWatch } from './check-watch.ts';
import type { PagingSettings } from './paging.ts';
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
    ...(settings.paging === undefined ? [] : checkPaging(settings.paging, known, place)),
    ...(settings.watch ?? []).flatMap(({ cluster }, index) =>
      unknownCluster(cluster, known, place(['watch', index, 'cluster'])),
    ),
    ...twice((settings.watch ?? []).map(({ name }, index) => ({ name, at: place(['watch', index, 'name']) }))),
    ...checkWatch(settings.watch ?? [], settings, place),
  ];
}

function checkPaging({ rules, targets }: PagingSettings, known: readonly string[], place: Place): readonly Fault[] {
  return [
    ...twice(rules.map(({ name }, index) => ({ name, at: place(['paging', 'rules', index, 'name']) }))),
    ...rules.flatMap((rule, index) => [
      ...(['pod', 'host', 'namespace', 'cluster', 'channel'] as const).flatMap(field =>
        rule[field].flatMap((template, position) =>
          neverFound(template, rule.find, place(['paging', 'rules', index, field, position])),
        ),
      ),
      ...rule.cluster.flatMap((template, position) =>
        template.includes('{')
          ? []
          : unknownCluster(template, known, place(['paging', 'rules', index, 'cluster', position])),
      ),
    ]),
    ...targets.flatMap((target, index) =>
      target.kind === 'pagerduty' && target.notes === null && target.routingKey === null
        ? [fault(place(['paging', 'targets', index]), 'It names no key.', 'Give notes, a routingKey, or both.')]
        : [],
    ),
  ];
}

/** A template with a find that no pattern of the rule has would never be whole. */
function neverFound(template: string, find: readonly string[], at: string): readonly Fault[] {
  return [...template.matchAll(/\{text\.([a-z]+)\}/g)].flatMap(([, name = '']) =>
    find.some(pattern => pattern.includes(`{${name}}`))
      ? []
      : [fault(at, `No pattern under find has {${name}}.`, 'Add one, or take another place.')],
  );
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
