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

/** The objects of a fix that are not in the cluster, `Kind ns/name`; null: there is no fix, or it changes what exists. */
export function missingOf(fix: Fix | null, { collected }: Evidence): readonly string[] | null {
  if (fix === null || fix.changes !== undefined) return null;
  const present = new Set(collected.objects.map(identityText));
  return fix.manifests.filter(manifest => !present.has(identityText(manifest))).map(manifestName);
}

/**
 * The fix of an earlier answer, seen in the evidence of a later look: every object of it is there, those that change what exists
 * as they were proposed. null: it is not, or was so already when it was proposed. `at`: when that look was.
 */
export function seeFix(fix: Fix | null, before: Evidence, now: Evidence, at: string): FixSeen | null {
  if (fix === null || !isIn(fix, now) || isIn(fix, before)) return null;
  const metas = now.collected.objects.filter(isOneOf(fix.manifests)).map(readMeta);
  const last = metas.toSorted((a, b) => ((a.changedAt ?? '') < (b.changedAt ?? '') ? 1 : -1))[0];
  return {
    at,
    objects: fix.manifests.map(manifest => objectName(manifest)),
    by: last?.managedBy.join(', ') || null,
    changedAt: last?.changedAt ?? last?.createdAt ?? null,
  };
}

function isIn({ manifests, changes }: Fix, { collected }: Evidence): boolean {
  return manifests.every(manifest =>
    collected.objects.some(
      object =>
        identityText(object) === identityText(manifest) &&
        // Of a name alone it is not known whether it was changed.
        (changes === undefined || yamlOf(applicable(object).spec) === yamlOf(manifest.spec)),
    ),
  );
}

function isOneOf(manifests: readonly Manifest[]): (object: Manifest) => boolean {
  const names = new Set(manifests.map(identityText));
  return object => names.has(identityText(object));
}

/** Whatever the order of its members. */
function yamlOf(value: unknown): string {
  return stringify(value, { sortMapEntries: true, lineWidth: 0 });
}

/** `NetworkPolicy payments/allow-stripe`. */
export function manifestName(object: Manifest): string {
  const metadata = (object.metadata ?? {}) as { readonly name?: unknown; readonly namespace?: unknown };
  const namespace = typeof metadata.namespace === 'string' ? `${metadata.namespace}/` : '';
  return `${String(object.kind)} ${namespace}${String(metadata.name)}`;
}

/** Two groups have a NetworkPolicy; Calico's is stored under a group of its own. */
function identityText(object: Manifest): string {
  const group = String(object.apiVersion)
    .split('/')
    .slice(0, -1)
    .join('')
    .replace(/^crd\./, '');
  return `${group} ${manifestName(object)}`;
}
