/** Builds paths of the API server with every part encoded, so that no name from outside can leave its place. */

/** One kind of object as paths name it. */
export type ResourceType = {
  /** '' is the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
};

/** Where in the cluster: all null is the list of all namespaces (or of a cluster-scoped kind). */
export type Place = { readonly namespace?: string | null; readonly name?: string; readonly subresource?: string };

/** e.g. pods of `payments` with name `a/b` gives `/api/v1/namespaces/payments/pods/a%2Fb`. */
export function apiPath(type: ResourceType, place: Place = {}): string {
  const root = type.group === '' ? ['api', type.version] : ['apis', type.group, type.version];
  const scope = place.namespace ? ['namespaces', place.namespace] : [];
  const object = [type.plural, ...(place.name === undefined ? [] : [place.name])];
  const rest = place.subresource === undefined ? [] : [place.subresource];
  return `/${[...root, ...scope, ...object, ...rest].map(encodePart).join('/')}`;
}

/** A URL swallows `.` and `..`, encoded or not, and no object can have such a name: the caller has not checked it. */
function encodePart(part: string): string {
  if (part === '' || part === '.' || part === '..') throw new Error(`not a part of a path: "${part}"`);
  return encodeURIComponent(part);
}

/** The API of pods. */
export const PODS: ResourceType = { group: '', version: 'v1', plural: 'pods' };
/** The API of namespaces. */
export const NAMESPACES: ResourceType = { group: '', version: 'v1', plural: 'namespaces' };
