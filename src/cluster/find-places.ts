/** In which namespaces a pod, a workload or a selector finds something: for a question that names none. */
import { FaultError } from '../faults.ts';
import type { PodRequest } from '../model.ts';
import { faultOfAnswer } from './api-faults.ts';
import { PODS } from './api-path.ts';
import type { Connection } from './connect.ts';
import { OWNER_TYPES } from './find-owned.ts';
import { type ListRequest, listAll } from './list.ts';
import { namespaceOf, podName } from './target-pick.ts';

/** The namespaces in order, each once; those of `request.namespace` alone when it names one. Throws a FaultError when the list is refused. */
export async function findPlaces(connection: Connection, { by, namespace }: PodRequest): Promise<readonly string[]> {
  const request: ListRequest = {
    type: by.kind === 'owner' ? OWNER_TYPES[by.ownerKind] : PODS,
    namespace,
    metadataOnly: true,
    ...(by.kind === 'selector' ? { labelSelector: by.selector } : {}),
  };
  const answer = await listAll(connection.reader, request);
  if (answer.kind !== 'listed') {
    throw new FaultError(faultOfAnswer(answer, `list ${request.type.plural}`, connection.serverUrl));
  }
  const meant = answer.items.filter(item => by.kind === 'selector' || podName(item) === by.name);
  return [...new Set(meant.map(namespaceOf))].toSorted((a, b) => (a < b ? -1 : 1));
}

/** Names of all namespaces, or of the pods of one (null: of all), in order; at most `limit` that contain `typed`. */
export async function suggestNames(
  connection: Connection,
  { of, typed, limit }: { readonly of: ListRequest; readonly typed: string; readonly limit: number },
): Promise<readonly string[]> {
  const answer = await listAll(connection.reader, { ...of, metadataOnly: true });
  if (answer.kind !== 'listed') {
    throw new FaultError(faultOfAnswer(answer, `list ${of.type.plural}`, connection.serverUrl));
  }
  const wanted = typed.trim().toLowerCase();
  const names = [...new Set(answer.items.map(podName))].filter(name => name.includes(wanted));
  // What begins with it is meant more often than what only contains it.
  const ranked = names.toSorted(
    (a, b) => Number(b.startsWith(wanted)) - Number(a.startsWith(wanted)) || (a < b ? -1 : 1),
  );
  return ranked.slice(0, limit);
}
