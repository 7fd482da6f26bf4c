/** Facts of a policy object that decide nothing, for the report: its age, its last change, and who manages it. */
import type { PolicyMeta } from './model.ts';
import { listAt, textAt } from './reading.ts';

/** Marks that GitOps tools and Helm leave on what they own: label or annotation, and how to say it. */
const OWNER_MARKS: readonly {
  readonly path: 'labels' | 'annotations';
  readonly key: string;
  readonly says: (value: string) => string;
}[] = [
  { path: 'labels', key: 'argocd.argoproj.io/instance', says: value => `Argo CD app ${value}` },
  { path: 'annotations', key: 'argocd.argoproj.io/tracking-id', says: value => `Argo CD app ${value.split(':')[0]}` },
  { path: 'labels', key: 'kustomize.toolkit.fluxcd.io/name', says: value => `Flux kustomization ${value}` },
  { path: 'labels', key: 'helm.toolkit.fluxcd.io/name', says: value => `Flux release ${value}` },
  { path: 'annotations', key: 'meta.helm.sh/release-name', says: value => `Helm release ${value}` },
];

/** Reads creation, last change and managers (the manager of the last change first); what is not recorded is null or left out. */
export function readMeta(object: unknown): PolicyMeta {
  const fields = listAt(object, 'metadata', 'managedFields')
    .map(item => ({ manager: textAt(item, 'manager'), time: textAt(item, 'time') }))
    .filter((entry): entry is { manager: string; time: string } => entry.manager !== null && entry.time !== null)
    .toSorted((a, b) => (a.time < b.time ? 1 : -1));
  const [last] = fields;
  const owners = OWNER_MARKS.flatMap(({ path, key, says }) => {
    const value = textAt(object, 'metadata', path, key);
    return value === null ? [] : [says(value)];
  });
  return {
    createdAt: textAt(object, 'metadata', 'creationTimestamp'),
    changedAt: last?.time ?? null,
    managedBy: [...new Set([...(last === undefined ? [] : [last.manager]), ...owners])],
    resourceVersion: textAt(object, 'metadata', 'resourceVersion'),
  };
}
