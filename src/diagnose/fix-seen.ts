/** Whether a proposed fix is in the cluster by now. Pure. */
import { stringify } from 'yaml';
import type { Evidence } from '../evidence.ts';
import type { Fix } from '../model.ts';
import { readMeta } from '../policy/meta.ts';
import { objectName } from '../policy/reading.ts';
import { applicable } from './fix-changed.ts';

/** A proposed fix that was seen to be in the cluster. */
export type FixSeen = {
  /** ISO 8601, of the look that saw it. */
  readonly at: string;
  /** Its objects, `Kind ns/name`. */
  readonly objects: readonly string[];
  /** Who changed them last and when, by their managedFields; null: not told. */
  readonly by: string | null;
  readonly changedAt: string | null;
};

type Manifest = Fix['manifests'][number];

/** The objects that a fix is made of, `Kind ns/name`. */
export function objectsOf({ manifests }: Fix): readonly string[] {
  return manifests.map(each => objectName(each));
}

/** The objects of a fix that are not in the cluster, `Kind ns/name`; null: there is no fix, or it changes what exists. */
export function missingOf(fix: Fix | null, { collected }: Evidence): readonly string[] | null {
  if (fix === null || fix.changes !== undefined) return null;
  const present = new Set(collected.objects.map(each => objectName(each)));
  return objectsOf(fix).filter(name => !present.has(name));
}

/**
 * The fix of an earlier answer, seen in the evidence of a later look: every object of it is there, those that change what exists
 * as they were proposed. null: it is not, or was so already when it was proposed. `at`: when that look was.
 */
export function seeFix(fix: Fix | null, before: Evidence, now: Evidence, at: string): FixSeen | null {
  if (fix === null || !isIn(fix, now) || isIn(fix, before)) return null;
  const names = new Set(objectsOf(fix));
  const metas = now.collected.objects.filter(each => names.has(objectName(each))).map(readMeta);
  const last = metas.toSorted((a, b) => ((a.changedAt ?? '') < (b.changedAt ?? '') ? 1 : -1))[0];
  return {
    at,
    objects: objectsOf(fix),
    by: last?.managedBy.join(', ') || null,
    changedAt: last?.changedAt ?? last?.createdAt ?? null,
  };
}

function isIn({ manifests, changes }: Fix, { collected }: Evidence): boolean {
  return manifests.every(manifest =>
    collected.objects.some(
      object =>
        objectName(object) === objectName(manifest) &&
        // Of a name alone it is not known whether it was changed.
        (changes === undefined || contentText(object) === contentText(manifest)),
    ),
  );
}

/** What an object says besides its name, e.g. its `spec` or `specs`, whatever the order of the members. */
function contentText(object: Manifest): string {
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...content } = applicable(object);
  return stringify(content, { sortMapEntries: true, lineWidth: 0 });
}
