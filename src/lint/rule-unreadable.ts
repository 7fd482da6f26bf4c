/** Objects that cannot be read as their API says, that are of a kind which is not evaluated, or that stand twice. */
import { identityOf, objectName } from '../policy/reading.ts';
import type { Finding, NotChecked, RuleAnswer } from './finding.ts';
import type { World } from './world.ts';

/** One finding for each problem that reading met. */
export function findUnreadable(world: World): RuleAnswer {
  // A problem of a policy that was read twice (once for each way that is open) is still one.
  const problems = [...new Map(world.problems.map(each => [`${each.object} ${each.why}`, each])).values()];
  return { findings: problems.map(problem => finding(problem, world)), notChecked: unlisted(world) };
}

const NOT_EVALUATED = /^policy kind not evaluated|^unknown apiVersion/;

/** Problems that leave the meaning plain. */
const ODD = /host bits set|except .* is not inside|is null, which selects everything/;

function finding({ object, why }: World['problems'][number], world: World): Finding {
  const place = world.placeOf(object, pathIn(why));
  if (NOT_EVALUATED.test(why))
    return {
      rule: 'not-evaluated',
      // A version that nobody serves is a slip; a kind of its own is somebody's choice.
      severity: why.startsWith('unknown apiVersion') ? 'warning' : 'note',
      object,
      place,
      what: `It is not evaluated: ${why}.`,
      why: 'It could decide about flows, and no rule of this linter has looked into it.',
      fix: { text: 'Check it by hand.', yaml: null },
    };
  if (ODD.test(why))
    return {
      rule: 'unreadable',
      severity: 'warning',
      object,
      place,
      what: `It is written oddly: ${why}.`,
      why: 'It is accepted, and means something else than a reader takes it for.',
      fix: { text: 'Write what is meant.', yaml: null },
    };
  return {
    rule: 'unreadable',
    severity: 'error',
    object,
    place,
    what: `It cannot be read as its API says: ${why}.`,
    why: 'An API server refuses such an object, or the network plugin passes over a part of it, and the policy does not do what it says.',
    fix: { text: 'Mend what is named.', yaml: null },
  };
}

/** Problems begin with where they are: `egress[0].ports[1]: port out of range` -> spec, egress, 0, ports, 1. */
function pathIn(why: string): readonly (string | number)[] {
  const found = /^((?:[a-zA-Z]+(?:\[\d+\])*)(?:\.[a-zA-Z]+(?:\[\d+\])*)*)/.exec(why)?.[1] ?? '';
  const steps = found.split(/[.[\]]+/).filter(step => step !== '');
  const path = steps.map(step => (/^\d+$/.test(step) ? Number(step) : step));
  return path[0] === 'specs' || path[0] === 'spec' ? path : ['spec', ...path];
}

function unlisted({ input }: World): readonly NotChecked[] {
  return input.apis.flatMap(({ kind, group, result }): readonly NotChecked[] => {
    if (result.kind === 'listed') return [];
    const why =
      result.kind === 'forbidden' ? `may not be listed (${result.remedy})` : `could not be listed: ${result.why}`;
    return [{ rule: 'unreadable', object: null, why: `${kind}.${group} ${why}` }];
  });
}

/** Finds objects that are written more than once: only the last one that was applied is in the cluster. */
export function findDuplicates(world: World): RuleAnswer {
  const written = world.input.sources.flatMap(source => source.objects.map(object => ({ object, file: source.file })));
  const named = written.filter(({ object }) => identityOf(object)?.name != null);
  const groups = [...Map.groupBy(named, ({ object }) => objectName(object))].filter(([, same]) => same.length > 1);
  return {
    findings: groups.map(([name, same]): Finding => {
      const files = [...new Set(same.map(each => each.file ?? 'the cluster'))];
      return {
        rule: 'duplicate-object',
        severity: 'warning',
        object: name,
        place: world.placeOf(name),
        what: `It is written ${same.length} times (${files.join(', ')}).`,
        why: 'The last one that is applied takes the place of the others; which one that is depends on the order of files.',
        fix: { text: 'Keep one of them, or give them different names.', yaml: null },
      };
    }),
    notChecked: [],
  };
}
