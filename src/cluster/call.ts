/** Names every call to the API server as RBAC sees it, so that the calls a run made can be compared with the manifests. */

/** One call as the API server's authorizer reads it. */
export type ApiCall = {
  /** get, list, watch, create, update, patch, delete, deletecollection; for paths without resources: get, post, ... */
  readonly verb: string;
  /** '' is the core group; null: a path without resources, e.g. /version. */
  readonly group: string | null;
  /** `pods`, `pods/exec`; for a path without resources the path itself. */
  readonly resource: string;
  readonly namespace: string | null;
  /** The object's name where the path holds one; a list narrowed to `metadata.name=x` counts as a list. */
  readonly name: string | null;
};

type ResourcePath = Pick<ApiCall, 'group' | 'resource' | 'namespace' | 'name'>;

/**
 * Reads the authorizer's view of a request from its method and path (query left out), e.g. POST
 * `/api/v1/namespaces/a/pods/b/exec` is create pods/exec. `watch` is not told apart from list: nothing here watches.
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb
 */
export function apiCallOf(method: string, path: string): ApiCall {
  const parts = path.split('/').filter(part => part !== '');
  const resource = readResourcePath(parts);
  if (resource === null)
    return { verb: method.toLowerCase(), group: null, resource: path, namespace: null, name: null };
  return { verb: verbOf(method, resource.name !== null), ...resource };
}

function readResourcePath(parts: readonly string[]): ResourcePath | null {
  const isCore = parts[0] === 'api';
  if (!isCore && parts[0] !== 'apis') return null;
  const group = isCore ? '' : (parts[1] ?? '');
  const rest = parts.slice(isCore ? 2 : 3).map(decodeURIComponent);
  if (rest.length === 0) return null;
  const scoped = rest[0] === 'namespaces' && rest.length > 2;
  const [plural = '', name = null, subresource = null] = scoped ? rest.slice(2) : rest;
  const resource = subresource === null ? plural : `${plural}/${subresource}`;
  const ownName = plural === 'namespaces' ? name : null;
  return { group, resource, namespace: scoped ? (rest[1] ?? null) : ownName, name };
}

function verbOf(method: string, named: boolean): string {
  switch (method) {
    case 'GET':
      return named ? 'get' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return named ? 'delete' : 'deletecollection';
    default:
      return method.toLowerCase();
  }
}
