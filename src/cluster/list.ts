/** Lists every object of a kind, page by page, each page cut down as it comes so that big clusters fit in memory. */
import type { KubernetesObject } from '../evidence.ts';
import { apiPath, type ResourceType } from './api-path.ts';
import type { ApiAnswer, ApiClient } from './client.ts';
import { asList, asRecord, textOf } from './json.ts';

/** Which objects to list. */
export type ListRequest = {
  readonly type: ResourceType;
  /** null: all namespaces, or a cluster-scoped kind. */
  readonly namespace?: string | null;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Metadata alone is sent: names and labels of many big objects at a tenth of the size. */
  readonly metadataOnly?: boolean;
};

/** All objects, or why there are none. */
export type ListAnswer =
  | { readonly kind: 'listed'; readonly items: readonly KubernetesObject[] }
  | Exclude<ApiAnswer, { kind: 'ok' }>;

/** As kubectl does. https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks */
const PAGE = '500';
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/**
 * Lists objects, each passed through `keep` (null leaves it out). All pages or none: a list that ends half-way is
 * `refused` or `no-answer`. A page token that has run out (410) starts again without pages, once.
 */
export async function listAll(client: ApiClient, request: ListRequest, keep: Keep = asObject): Promise<ListAnswer> {
  const paged = await listPages(client, request, keep, { limit: PAGE });
  const expired = paged.kind === 'refused' && paged.status === 410;
  return expired ? listPages(client, request, keep, {}) : paged;
}

/** Cuts one item down; list items carry no kind of their own, so `type` comes from the list. */
export type Keep = (item: KubernetesObject) => KubernetesObject | null;
const asObject: Keep = item => item;

async function listPages(
  client: ApiClient,
  request: ListRequest,
  keep: Keep,
  paging: Readonly<Record<string, string>>,
): Promise<ListAnswer> {
  const items: KubernetesObject[] = [];
  let from = '';
  do {
    const answer = await client.send({
      method: 'GET',
      path: apiPath(request.type, { namespace: request.namespace ?? null }),
      query: { ...paging, ...selectors(request), ...(from === '' ? {} : { continue: from }) },
      ...(request.metadataOnly === true ? { accept: METADATA_ONLY } : {}),
    });
    if (answer.kind !== 'ok') return answer;
    const page = asRecord(answer.body);
    items.push(...itemsOf(page, keep));
    from = textOf(asRecord(page.metadata).continue);
  } while (from !== '');
  return { kind: 'listed', items };
}

function selectors(request: ListRequest): Readonly<Record<string, string>> {
  return {
    ...(request.labelSelector === undefined ? {} : { labelSelector: request.labelSelector }),
    ...(request.fieldSelector === undefined ? {} : { fieldSelector: request.fieldSelector }),
  };
}

function itemsOf(page: Readonly<Record<string, unknown>>, keep: Keep): readonly KubernetesObject[] {
  const apiVersion = textOf(page.apiVersion);
  const kind = textOf(page.kind).replace(/List$/, '');
  return asList(page.items).flatMap(item => {
    const record = asRecord(item);
    const kept = keep({ ...record, apiVersion, kind, metadata: asRecord(record.metadata) });
    return kept === null ? [] : [kept];
  });
}
