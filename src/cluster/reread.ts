/** Reads the policies' versions once more at the end: a policy that changed meanwhile makes the answer one of before. */
import type { Collected } from '../evidence.ts';
import { listPolicyVersions, policyPath } from './collect.ts';
import type { Connection } from './connect.ts';
import { runLimited } from './limit.ts';

/**
 * Names the policies (`Kind ns/name`, Calico's NetworkPolicy with its group) that changed, appeared or vanished since
 * `collected`. A list that fails this time names nothing: it was read once.
 */
export async function rereadPolicies(connection: Connection, collected: Collected): Promise<readonly string[]> {
  const listed = collected.apis.filter(api => api.result.kind === 'listed');
  const changes = await runLimited(
    12,
    listed.map(api => async () => {
      const now = await listPolicyVersions(connection.reader, api);
      if (now === null) return [];
      const before = new Map(
        collected.objects
          .filter(object => object.kind === api.kind && object.apiVersion === `${api.group}/${api.version}`)
          .map(object => [policyPath(api, object), String(object.metadata.resourceVersion)]),
      );
      const paths = [...new Set([...before.keys(), ...now.keys()])];
      return paths.filter(path => before.get(path) !== now.get(path)).map(path => policyName(api, path));
    }),
  );
  return changes.flat().toSorted();
}

function policyName(api: Collected['apis'][number], path: string): string {
  const parts = path.split('/').map(decodeURIComponent);
  const name = parts.at(-1) ?? '';
  const namespace = api.namespaced ? `${parts.at(-3) ?? ''}/` : '';
  const kind =
    api.kind === 'NetworkPolicy' && api.group !== 'networking.k8s.io' ? `NetworkPolicy.${api.group}` : api.kind;
  return `${kind} ${namespace}${name}`;
}
