/** Fixes that change a policy which exists: what replaces what, who owns it, and the change line by line. */
import type { KubernetesObject } from '../evidence.ts';
import type { ChangedPolicy } from '../model.ts';
import { readMeta } from '../policy/meta.ts';
import { identityOf, isRecord, type Json, objectName } from '../policy/reading.ts';
import type { Manifest } from './fix-kind.ts';
import { yamlDiff } from './line-diff.ts';

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
    const diff = yamlDiff(applicable(before), manifest);
    return [{ policy: objectName(before), managedBy: readMeta(before).managedBy, diff }];
  });
}

/** The object as somebody would write it: without what the API server and controllers keep in it. */
export function applicable(object: KubernetesObject | Manifest): Manifest {
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
