/** Reads the few single objects that tell which engine enforces policies and how it, or a mesh, is set. */
import type { Collected, KubernetesObject } from '../evidence.ts';
import { apiPath, type ResourceType } from './api-path.ts';
import type { ApiClient } from './client.ts';
import { asRecord } from './json.ts';
import { projectObject } from './project.ts';

type NamedObject = {
  readonly type: ResourceType;
  readonly namespace: string;
  readonly name: string;
  /** API group without which nobody asks for it; null: always asked for. */
  readonly onlyWith: string | null;
  /** Completes "without it ...". */
  readonly cost: string;
};

const CONFIG_MAPS: ResourceType = { group: '', version: 'v1', plural: 'configmaps' };

/** Asked for by name alone: other ConfigMaps are nobody's business. */
export const ENGINE_CONFIGS: readonly NamedObject[] = [
  plugin('cilium-config'),
  plugin('amazon-vpc-cni'),
  {
    type: CONFIG_MAPS,
    namespace: 'istio-system',
    name: 'istio',
    onlyWith: 'networking.istio.io',
    cost: 'what the mesh lets out (outboundTrafficPolicy) is not known; the overlay istio of the manifests gives the right',
  },
];

function plugin(name: string): NamedObject {
  const cost = `settings of the network plugin in ${name} are not known`;
  return { type: CONFIG_MAPS, namespace: 'kube-system', name, onlyWith: null, cost };
}

type EngineInputs = {
  readonly objects: readonly KubernetesObject[];
  readonly apis: readonly [];
  readonly missing: Collected['missing'];
};

/**
 * Reads the ConfigMaps of engines and meshes. One that is not there is no error; one that is refused is named. `groups`: the
 * API groups that the cluster serves, for which only those wait that need them.
 */
export async function readEngineInputs(client: ApiClient, groups: Promise<ReadonlySet<string>>): Promise<EngineInputs> {
  const asked = await Promise.all(
    ENGINE_CONFIGS.map(async named => {
      if (named.onlyWith !== null && !(await groups).has(named.onlyWith)) return [];
      return [{ named, answer: await client.send({ method: 'GET', path: apiPath(named.type, named) }) }];
    }),
  );
  const answers = asked.flat();
  const objects = answers.flatMap(({ answer }) => {
    if (answer.kind !== 'ok') return [];
    const body = asRecord(answer.body);
    const kept = projectObject({ ...body, apiVersion: 'v1', kind: 'ConfigMap', metadata: asRecord(body.metadata) });
    return kept === null ? [] : [kept];
  });
  const missing = answers.flatMap(({ named, answer }) => {
    if (answer.kind === 'ok' || (answer.kind === 'refused' && answer.status === 404)) return [];
    const why = answer.kind === 'refused' ? answer.message : answer.why;
    return [
      {
        what: `ConfigMap ${named.namespace}/${named.name}`,
        why: `${why}; without it ${named.cost}`,
      },
    ];
  });
  return { objects, apis: [], missing };
}
