/** What is read of every cluster, whatever its network, and what cannot be known without each of it. */
import type { ResourceType } from './api-path.ts';

/** One list that every collection makes. */
export type CoreKind = {
  readonly type: ResourceType;
  /** Names the list in `missing`, e.g. `pods`. */
  readonly what: string;
  /** Completes "without it ...". */
  readonly cost: string;
};

/** All of them. */
export const CORE_KINDS: readonly CoreKind[] = [
  core('pods', 'v1', '', 'peers of policies and of Services cannot be told, and how many pods a policy selects'),
  core('namespaces', 'v1', '', 'namespace selectors cannot be matched'),
  core('nodes', 'v1', '', 'addresses of nodes cannot be told from addresses outside of the cluster'),
  core('services', 'v1', '', 'Service names and addresses cannot be translated to their endpoints'),
  core('endpointslices', 'v1', 'discovery.k8s.io', 'Services cannot be translated to their endpoints'),
  core('serviceaccounts', 'v1', '', 'policies that select by service account cannot be judged'),
  core('daemonsets', 'v1', 'apps', 'which network plugin enforces policies, and its version, may not be found out'),
];

function core(plural: string, version: string, group: string, cost: string): CoreKind {
  return { type: { group, version, plural }, what: plural, cost };
}
