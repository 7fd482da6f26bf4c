/** What the destination's name stands for, from what the resolvers answered and from the cluster's Services. */
import type { Observation, Question, ResolvedHost, Target, Vantage } from '../model.ts';
import type { ClusterState } from '../policy/model.ts';

/** Whose answers count first: the pod's own resolver; where it was silent, the control pod's stand in, then the node's. */
const RESOLVER_ORDER: readonly Vantage[] = ['pod', 'control', 'node', 'outside'];

/** The addresses of the host's name, and whose resolver gave them. */
export type NameAnswers = {
  readonly resolvedBy: Vantage | 'none';
  /** The name that got the addresses, after the search path. */
  readonly asked: string;
  readonly addresses: readonly string[];
};

/**
 * Reads the addresses of `name` out of the dns observations: every A and AAAA of the first vantage in order whose
 * resolver gave any. `none` with an empty list when no resolver did.
 */
export function answersFor(name: string, observations: readonly Observation[]): NameAnswers {
  for (const vantage of RESOLVER_ORDER) {
    const answered = observations.flatMap(observation =>
      observation.layer === 'dns' &&
      observation.vantage === vantage &&
      observation.sibling === undefined &&
      observation.name === name &&
      observation.outcome.kind === 'resolver-answered' &&
      observation.outcome.addresses.length > 0
        ? [observation.outcome]
        : [],
    );
    const first = answered[0];
    if (first !== undefined) {
      return {
        resolvedBy: vantage,
        asked: first.asked,
        addresses: [...new Set(answered.flatMap(answer => answer.addresses))],
      };
    }
  }
  return { resolvedBy: 'none', asked: name, addresses: [] };
}

/**
 * Says what the question's host is: an address, a Service of this cluster, or an outside name with its addresses.
 * A name counts as a Service as the pod's search path would find it: `web` (own namespace), `web.shop`, `web.shop.svc`,
 * `web.shop.svc.<any cluster domain>`. https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
 */
export function resolveHost(
  question: Question,
  target: Target,
  cluster: ClusterState,
  observations: readonly Observation[],
): ResolvedHost {
  const host = question.destination.host;
  if (host.kind === 'address') return { kind: 'address', address: host.address };
  const service = serviceNamed(host.name, target.namespace, cluster);
  if (service !== null) return { kind: 'service', ...service };
  const answers = answersFor(host.name, observations);
  return { kind: 'name', name: host.name, addresses: answers.addresses, resolvedBy: answers.resolvedBy };
}

/** The Service that `name` means to a pod of `namespace`, `ns/name` with its addresses; null: none. ExternalName Services are names, not addresses: null. */
function serviceNamed(
  name: string,
  namespace: string,
  cluster: ClusterState,
): { readonly service: string; readonly addresses: readonly string[] } | null {
  const labels = name.split('.');
  const [first, second, third] = labels;
  if (first === undefined) return null;
  const isServiceForm = labels.length <= 2 || third === 'svc';
  if (!isServiceForm) return null;
  const key = `${second ?? namespace}/${first}`;
  const service = cluster.services.get(key);
  if (service === undefined || service.externalName !== null) return null;
  return { service: key, addresses: service.clusterAddresses };
}
