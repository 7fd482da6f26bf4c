/** Fixes that change a policy which exists: what replaces what, who owns it, and the change line by line. */
import { stringify } from 'yaml';
import type { KubernetesObject } from '../evidence.ts';
import type { ChangedPolicy } from '../model.ts';
import { readMeta } from '../policy/meta.ts';
import { identityOf, isRecord, type Json, objectName } from '../policy/reading.ts';
import type { Manifest } from './fix-kind.ts';

/** The objects as they would be with the manifests applied: one of the same kind and name is replaced. */
export function withManifests(
  objects: readonly KubernetesObject[],
  manifests: readonly Manifest[],
): readonly (KubernetesObject | Manifest)[] {
  const replaced = new Set(manifests.map(keyOf));
  return [...objects.filter(object => !replaced.has(keyOf(object))), ...manifests];
}

/** What the manifests change of objects that exist; empty when all of them are new. */
export function changesOf(
  objects: readonly KubernetesObject[],
  manifests: readonly Manifest[],
): readonly ChangedPolicy[] {
  return manifests.flatMap(manifest => {
    const before = objects.find(object => keyOf(object) === keyOf(manifest));
    if (before === undefined) return [];
    const diff = lineDiff(yamlLines(applicable(before)), yamlLines(manifest));
    return [{ policy: objectName(before), managedBy: readMeta(before).managedBy, diff }];
  });
}

/** The object as somebody would write it: without what the API server and controllers keep in it. */
export function applicable(object: KubernetesObject): Manifest {
  const { status: _status, ...rest } = object as Json;
  const {
    managedFields: _fields,
    uid: _uid,
    resourceVersion: _version,
    generation: _generation,
    creationTimestamp: _created,
    ...metadata
  } = isRecord(rest.metadata) ? rest.metadata : ({} as Json);
  const annotations = isRecord(metadata.annotations)
    ? Object.entries(metadata.annotations).filter(([key]) => key !== 'kubectl.kubernetes.io/last-applied-configuration')
    : [];
  const { annotations: _annotations, ...others } = metadata;
  return {
    ...rest,
    metadata: { ...others, ...(annotations.length > 0 && { annotations: Object.fromEntries(annotations) }) },
  };
}

function keyOf(object: unknown): string {
  const identity = identityOf(object);
  return JSON.stringify([identity?.group, identity?.kind, identity?.namespace, identity?.name]);
}

function yamlLines(manifest: Manifest): readonly string[] {
  return stringify(manifest, { lineWidth: 0 }).trimEnd().split('\n');
}

/** Unchanged lines that are shown around a change. */
const CONTEXT = 3;

/** `+` and `-` lines with three unchanged ones around them, `...` for what is left out. Policies are a few hundred lines at most. */
function lineDiff(before: readonly string[], after: readonly string[]): string {
  const lines = align(before, after);
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(line => !line.startsWith(' ')),
  );
  return lines
    .flatMap((line, index) => (near[index] === true ? [line] : near[index - 1] === true ? ['...'] : []))
    .join('\n');
}

/** The longest common subsequence, kept; https://en.wikipedia.org/wiki/Longest_common_subsequence */
function align(before: readonly string[], after: readonly string[]): readonly string[] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  const at = (row: number, column: number) => lengths[row]?.[column] ?? 0;
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      const best =
        before[row] === after[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
      lengths[row]?.splice(column, 1, best);
    }
  }
  const lines: string[] = [];
  for (let row = 0, column = 0; row < before.length || column < after.length; ) {
    if (row < before.length && column < after.length && before[row] === after[column]) {
      lines.push(` ${before[row]}`);
      row += 1;
      column += 1;
    } else if (row < before.length && (column >= after.length || at(row + 1, column) >= at(row, column + 1))) {
      lines.push(`-${before[row]}`);
      row += 1;
    } else {
      lines.push(`+${after[column]}`);
      column += 1;
    }
  }
  return lines;
}
