/** Reads the few single objects that tell which engine enforces policies and how it is set. */
import type { Collected, KubernetesObject } from '../evidence.ts';
import { apiPath, type ResourceType } from './api-path.ts';
import type { ApiClient } from './client.ts';
import { asRecord } from './json.ts';
import { projectObject } from './project.ts';

type NamedObject = { readonly type: ResourceType; readonly namespace: string; readonly name: string };

const CONFIG_MAPS: ResourceType = { group: '', version: 'v1', plural: 'configmaps' };

/** Asked for by name alone: other ConfigMaps are nobody's business. */
export const ENGINE_CONFIGS: readonly NamedObject[] = [
  { type: CONFIG_MAPS, namespace: 'kube-system', name: 'cilium-config' },
  { type: CONFIG_MAPS, namespace: 'kube-system', name: 'amazon-vpc-cni' },
];

type EngineInputs = {
  readonly objects: readonly KubernetesObject[];
  readonly apis: readonly [];
  readonly missing: Collected['missing'];
};

/** Reads the engines' own ConfigMaps. One that is not there is no error; one that is refused is named. */
export async function readEngineInputs(client: ApiClient): Promise<EngineInputs> {
  const answers = await Promise.all(
    ENGINE_CONFIGS.map(async named => {
      const answer = await client.send({ method: 'GET', path: apiPath(named.type, named) });
      return { named, answer };
    }),
  );
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
        why: `${why}; without it the settings of the network plugin are not known`,
      },
    ];
  });
  return { objects, apis: [], missing };
}
