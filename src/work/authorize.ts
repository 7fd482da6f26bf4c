/** Whether this person may ask this here, and what exactly the cluster is asked then. */

import { readPodRequest } from '../pod-request.ts';
import type { Asked, Asker, Place } from '../queue/job.ts';
import type { Refusal } from '../render/slack/notices.ts';
import type { ClusterQuestion } from './ports.ts';
import type { Work } from './work.ts';

export type Request = { readonly asked: Asked; readonly asker: Asker; readonly place: Pick<Place, 'channel'> };
export type Permission =
  | { readonly kind: 'may'; readonly question: ClusterQuestion }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export async function authorize({ settings }: Work, { asked, asker, place }: Request): Promise<Permission> {
  const channel = settings.channels.find(one => one.id === place.channel);
  const cluster = asked.cluster ?? channel?.cluster ?? settings.clusters[0]?.name ?? '';
  const named = readPodRequest(asked.pod, asked.namespace);
  const namespace =
    (named.kind === 'request' ? named.request.namespace : null) ??
    channel?.namespaces.find(one => !one.includes('*')) ??
    null;
  const user = asker.kind === 'user' ? asker.user : asker.name;
  const covers = (patterns: readonly string[], value: string | null) =>
    patterns.includes('*') || (value !== null && patterns.includes(value));
  const grants = settings.grants.filter(
    grant => covers(grant.users, user) && covers(grant.clusters, cluster) && covers(grant.namespaces, namespace),
  );
  if (grants.length === 0) {
    const what = `You may not ask about ${namespace ?? 'all namespaces'} of cluster ${cluster}.`;
    return {
      kind: 'refused',
      refusal: {
        what,
        cause: 'No grant covers it.',
        remedy: 'Have these lines added to the configuration.',
        linesToAdd: `grants:\n  - users: [${user}]\n`,
      },
    };
  }
  return {
    kind: 'may',
    question: {
      cluster,
      namespace,
      pod: asked.pod,
      host: asked.host,
      probe: asked.probe && grants.some(grant => grant.probe),
    },
  };
}
