/** What a search for pods takes and gives, and the two ways in which any of them can end early. */
import type { Fault } from '../faults.ts';
import type { PodRequest } from '../model.ts';
import { faultOfAnswer, type Unanswered } from './api-faults.ts';
import { NAMESPACES } from './api-path.ts';
import type { Connection } from './connect.ts';
import type { JsonRecord } from './json.ts';
import { listAll } from './list.ts';
import { noSuchNamespace } from './not-found.ts';
import { podName } from './target-pick.ts';

/** `meant` names what the pods are of, for the reader: `Deployment payments/billing`, `pods with app=billing`. */
export type FoundPods =
  | { readonly kind: 'found'; readonly pods: readonly JsonRecord[]; readonly meant: string }
  | { readonly kind: 'fault'; readonly fault: Fault };

/** What a search needs: who asks, what for, and where to look first. */
export type Search = {
  readonly connection: Connection;
  readonly request: PodRequest;
  readonly defaultNamespace: string;
};

/** A fault when the namespace that was asked for is itself not there; null: it is, or that cannot be told. */
export async function absentNamespace(search: Search): Promise<FoundPods | null> {
  const { namespace } = search.request;
  if (namespace === null) return null;
  const all = await listAll(search.connection.reader, {
    type: NAMESPACES,
    metadataOnly: true,
  });
  if (all.kind !== 'listed') return null;
  const names = all.items.map(podName);
  return names.includes(namespace) ? null : { kind: 'fault', fault: noSuchNamespace(namespace, names) };
}

/** The fault of a call without which nothing can go on. */
export function failed(answer: Unanswered, doing: string, connection: Connection): FoundPods {
  return { kind: 'fault', fault: faultOfAnswer(answer, doing, connection.serverUrl) };
}
