/**
 * Reading of untrusted JSON: an object may come from a YAML file that no API server has seen. Every function returns a
 * value for any input and never throws; what is wrong goes to a `Notebook`.
 */
import type { Protocol } from '../model.ts';

/** An object of unknown content. */
export type Json = Readonly<Record<string, unknown>>;

/** Collects what could not be read in one object, in words. */
export type Notebook = { readonly problems: string[] };

/** Whether the value is a JSON object (no list, no null). */
export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The member of an object, or undefined when either is absent. */
export function memberOf(value: unknown, ...path: readonly string[]): unknown {
  let current: unknown = value;
  for (const key of path) {
    if (!isRecord(current) || !Object.hasOwn(current, key)) return undefined;
    current = current[key];
  }
  return current;
}

/** The text at a path, or null when it is absent or no text. */
export function textAt(value: unknown, ...path: readonly string[]): string | null {
  const found = memberOf(value, ...path);
  return typeof found === 'string' ? found : null;
}

/** The list at a path; an empty one when it is absent or no list. For objects whose shape is not judged. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = memberOf(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** The members of a map of texts; members that are no text are left out. */
export function textsAt(value: unknown, ...path: readonly string[]): Readonly<Record<string, string>> {
  const found = memberOf(value, ...path);
  if (!isRecord(found)) return {};
  return Object.fromEntries(
    Object.entries(found).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** A value as it stands in a file, cut to 60 characters: enough to find it again. */
export function quoted(value: unknown): string {
  const text: string | undefined = JSON.stringify(value);
  return (text ?? 'nothing').slice(0, 60);
}

/** An object's identity as far as it can be read. */
export type Identity = {
  /** `networking.k8s.io` of `networking.k8s.io/v1`; empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly namespace: string | null;
  /** null: no name. */
  readonly name: string | null;
};

/** Reads group, version, kind and name; null: not an object with a kind. */
export function identityOf(object: unknown): Identity | null {
  if (!isRecord(object)) return null;
  // Plain access: this runs several times for each of many thousand objects.
  const { kind, apiVersion } = object;
  if (typeof kind !== 'string' || kind === '') return null;
  const metadata = isRecord(object.metadata) ? object.metadata : {};
  const { name, namespace } = metadata;
  const version = typeof apiVersion === 'string' ? apiVersion : '';
  const slash = version.indexOf('/');
  return {
    group: slash < 0 ? '' : version.slice(0, slash),
    version: slash < 0 ? version : version.slice(slash + 1),
    kind,
    namespace: typeof namespace === 'string' ? namespace : null,
    name: typeof name === 'string' && name !== '' ? name : null,
  };
}

/** Groups whose kinds share a name with a Kubernetes kind: their references carry the group. */
const QUALIFIED: Readonly<Record<string, string>> = {
  'projectcalico.org NetworkPolicy': 'NetworkPolicy.projectcalico.org',
  'crd.projectcalico.org NetworkPolicy': 'NetworkPolicy.projectcalico.org',
  'crd.antrea.io NetworkPolicy': 'NetworkPolicy.crd.antrea.io',
  'crd.antrea.io ClusterNetworkPolicy': 'ClusterNetworkPolicy.crd.antrea.io',
  'networking.k8s.aws ClusterNetworkPolicy': 'ClusterNetworkPolicy.networking.k8s.aws',
};

/** The kind as it is written in references: `NetworkPolicy` is always Kubernetes' own; Calico's is `NetworkPolicy.projectcalico.org`. */
export function referenceKind(identity: Pick<Identity, 'group' | 'kind'>): string {
  return QUALIFIED[`${identity.group} ${identity.kind}`] ?? identity.kind;
}

/** `Kind ns/name`, `Kind name` when cluster-scoped, `Kind (no name)`; `item 3` for what is no object. */
export function objectName(object: unknown, index: number | null = null): string {
  const identity = identityOf(object);
  if (identity === null) return index === null ? 'an item' : `item ${index}`;
  if (identity.name === null) return `${referenceKind(identity)} (no name)`;
  return referenceText({ kind: referenceKind(identity), namespace: identity.namespace, name: identity.name });
}

/** `Kind ns/name` or `Kind name`. */
export function referenceText(ref: {
  readonly kind: string;
  readonly namespace: string | null;
  readonly name: string;
}): string {
  return ref.namespace === null ? `${ref.kind} ${ref.name}` : `${ref.kind} ${ref.namespace}/${ref.name}`;
}

/** What a namespaced object is called in references; what a manifest says without a namespace is made in `default`. */
export function namespacedRef<Kind extends string>(
  kind: Kind,
  object: unknown,
): { readonly kind: Kind; readonly namespace: string; readonly name: string } {
  return {
    kind,
    namespace: textAt(object, 'metadata', 'namespace') ?? 'default',
    name: textAt(object, 'metadata', 'name') ?? '',
  };
}

/** Reads a Kubernetes protocol; absent means TCP. null: none of TCP, UDP, SCTP. */
export function readProtocol(value: unknown): Protocol | null {
  if (value === undefined || value === null) return 'TCP';
  return value === 'TCP' || value === 'UDP' || value === 'SCTP' ? value : null;
}
