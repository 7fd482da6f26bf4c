/** Two answers to the same question -> what became of the policies that decide it, and who changed them. Pure. */
import type { Collected, Evidence, KubernetesObject } from '../evidence.ts';
import type { Diagnosis } from '../model.ts';
import { readMeta } from '../policy/meta.ts';
import { identityOf, objectName } from '../policy/reading.ts';
import { applicable } from './fix-changed.ts';
import { yamlDiff } from './line-diff.ts';

/** A look: what was read, and what was concluded from it. */
export type Look = { readonly evidence: Evidence; readonly diagnosis: Diagnosis };

/** What became of one policy. */
export type PolicyChange = {
  /** `Kind ns/name`. */
  readonly policy: string;
  /** `unread`: it is known of one look alone, and at the other its kind could not be listed. */
  readonly kind: 'added' | 'removed' | 'changed' | 'unread';
  /** Its YAML before and after, as `-` and `+` lines; empty for `unread`. */
  readonly diff: string;
  /** The manager of its last change, and its GitOps owner (managedFields, labels); empty: not told. */
  readonly by: readonly string[];
  /** ISO 8601, when it was last changed; null: not told. */
  readonly at: string | null;
};

/**
 * Changes of the policies that decide in either look, and of `others` by name. Those that are the same in both are left out.
 */
export function policyChanges(before: Look, after: Look, others: readonly string[] = []): readonly PolicyChange[] {
  const was = byName(before.evidence);
  const is = byName(after.evidence);
  const names = new Set([...deciding(before.diagnosis), ...deciding(after.diagnosis), ...others]);
  return [...names]
    .toSorted((a, b) => (a < b ? -1 : 1))
    .flatMap(policy => {
      const [old, now] = [was.get(policy) ?? null, is.get(policy) ?? null];
      const change = changeOf(old, now, { before: before.evidence, after: after.evidence });
      return change === null ? [] : [{ policy, ...change }];
    });
}

function changeOf(
  old: KubernetesObject | null,
  now: KubernetesObject | null,
  { before, after }: { readonly before: Evidence; readonly after: Evidence },
): Omit<PolicyChange, 'policy'> | null {
  if (old === null && now === null) return null;
  const nobody = { by: [], at: null };
  // What could not be listed is not known to be gone, or to be new.
  if (!wasListed(old ?? now, (old === null ? before : after).collected)) return { kind: 'unread', diff: '', ...nobody };
  if (now === null) return { kind: 'removed', diff: diffOf(old, null), ...nobody };
  const diff = diffOf(old, now);
  if (diff === '') return null;
  const { changedAt, createdAt, managedBy } = readMeta(now);
  const at = changedAt ?? (old === null ? createdAt : null);
  return { kind: old === null ? 'added' : 'changed', diff, by: managedBy, at };
}

function diffOf(old: KubernetesObject | null, now: KubernetesObject | null): string {
  return yamlDiff(old === null ? null : applicable(old), now === null ? null : applicable(now));
}

function wasListed(object: KubernetesObject | null, { apis }: Collected): boolean {
  const identity = identityOf(object);
  return apis.some(
    ({ group, kind, result }) => group === identity?.group && kind === identity.kind && result.kind === 'listed',
  );
}

/** Policies that decide about any flow of the question, and those that are named as the cause. */
function deciding({ prediction, verdict }: Diagnosis): readonly string[] {
  return [
    ...prediction.by,
    ...prediction.flows.flatMap(({ by }) => by),
    ...verdict.cause.policies.map(({ policy }) => policy),
  ];
}

function byName({ collected }: Evidence): ReadonlyMap<string, KubernetesObject> {
  return new Map(collected.objects.map(object => [objectName(object), object]));
}
