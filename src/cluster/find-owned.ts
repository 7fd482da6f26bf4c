/** Finds the pods of a workload: those that it controls, not merely those that its selector would match. */
import type { OwnerKind, PodRequest } from '../model.ts';
import { apiPath, PODS, type ResourceType } from './api-path.ts';
import type { Connection } from './connect.ts';
import { asList, asRecord, type JsonRecord, textOf, textsOf } from './json.ts';
import { listAll } from './list.ts';
import { ambiguousPods, noPodsOf, noSuchOwner } from './not-found.ts';
import { absentNamespace, type FoundPods, failed, type Search } from './search.ts';
import { controllerOf, namespaceOf, podName } from './target-pick.ts';

type Owner = Extract<PodRequest['by'], { kind: 'owner' }>;

/** The API of each kind that controls pods. */
export const OWNER_TYPES: Readonly<Record<OwnerKind, ResourceType>> = {
  Deployment: { group: 'apps', version: 'v1', plural: 'deployments' },
  StatefulSet: { group: 'apps', version: 'v1', plural: 'statefulsets' },
  DaemonSet: { group: 'apps', version: 'v1', plural: 'daemonsets' },
  ReplicaSet: { group: 'apps', version: 'v1', plural: 'replicasets' },
  Job: { group: 'batch', version: 'v1', plural: 'jobs' },
  CronJob: { group: 'batch', version: 'v1', plural: 'cronjobs' },
};

/** Finds the workload, then its pods. */
export async function findOwnedPods(search: Search, owner: Owner): Promise<FoundPods> {
  const { connection, request } = search;
  const type = OWNER_TYPES[owner.ownerKind];
  const first = request.namespace ?? search.defaultNamespace;
  const answer = await connection.reader.send({
    method: 'GET',
    path: apiPath(type, { namespace: first, name: owner.name }),
  });
  if (answer.kind === 'ok') return findPodsOf(connection, owner.ownerKind, asRecord(answer.body));
  const isAbsent = answer.kind === 'refused' && answer.status === 404;
  if (!isAbsent && !(answer.kind === 'refused' && answer.status === 403 && request.namespace === null)) {
    return failed(answer, `read ${owner.ownerKind} ${first}/${owner.name}`, connection);
  }
  const all = await listAll(connection.reader, { type, metadataOnly: true });
  if (all.kind !== 'listed') {
    if (isAbsent) return { kind: 'fault', fault: noSuchOwner(owner.ownerKind, owner.name, first, null) };
    return failed(answer, `read ${owner.ownerKind} ${first}/${owner.name}`, connection);
  }
  const namespaces = all.items.filter(item => podName(item) === owner.name).map(namespaceOf);
  const [only] = namespaces;
  if (request.namespace !== null || only === undefined) {
    return (
      (await absentNamespace(search)) ?? {
        kind: 'fault',
        fault: noSuchOwner(owner.ownerKind, owner.name, first, all.items),
      }
    );
  }
  if (namespaces.length > 1) {
    return { kind: 'fault', fault: ambiguousPods(`${owner.ownerKind} ${owner.name}`, namespaces, request.text) };
  }
  return findOwnedPods({ ...search, request: { ...request, namespace: only } }, owner);
}

async function findPodsOf(connection: Connection, kind: OwnerKind, owner: JsonRecord): Promise<FoundPods> {
  const namespace = namespaceOf(owner);
  const meant = `${kind} ${namespace}/${podName(owner)}`;
  const through = await controllersBetween(connection, kind, owner);
  const selector = kind === 'CronJob' ? {} : { labelSelector: selectorText(asRecord(asRecord(owner.spec).selector)) };
  const pods = await listAll(connection.reader, { type: PODS, namespace, ...selector });
  if (pods.kind !== 'listed') return failed(pods, `list pods in ${namespace}`, connection);
  const owned = pods.items.filter(pod => isOwned(pod, owner, through));
  if (owned.length > 0) return { kind: 'found', pods: owned, meant };
  const replicas = asRecord(owner.spec).replicas;
  return { kind: 'fault', fault: noPodsOf(meant, typeof replicas === 'number' ? replicas : null) };
}

/** The uids of what stands between a workload and its pods; null: nothing does, or it may not be read. */
async function controllersBetween(
  connection: Connection,
  kind: OwnerKind,
  owner: JsonRecord,
): Promise<ReadonlySet<string> | null> {
  const between = kind === 'Deployment' ? 'ReplicaSet' : kind === 'CronJob' ? 'Job' : null;
  if (between === null) return null;
  const uid = textOf(asRecord(owner.metadata).uid);
  const answer = await listAll(connection.reader, {
    type: OWNER_TYPES[between],
    namespace: namespaceOf(owner),
    metadataOnly: true,
  });
  if (answer.kind !== 'listed') return null;
  const owned = answer.items.filter(item => controllerOf(item)?.uid === uid);
  return new Set(owned.map(item => textOf(asRecord(item.metadata).uid)));
}

function isOwned(pod: JsonRecord, owner: JsonRecord, through: ReadonlySet<string> | null): boolean {
  const controller = controllerOf(pod);
  if (controller === null) return false;
  if (through !== null) return through.has(controller.uid);
  if (controller.uid === textOf(asRecord(owner.metadata).uid)) return true;
  // What stands between may not be read: a ReplicaSet's and a Job's name begin with their owner's.
  return controller.name.startsWith(`${podName(owner)}-`);
}

/** A workload's selector in the words of a query: `app=billing,tier in (api,web),!canary`. */
export function selectorText(selector: JsonRecord): string {
  const equal = Object.entries(textsOf(selector.matchLabels)).map(([key, value]) => `${key}=${value}`);
  const others = asList(selector.matchExpressions).map(asRecord).map(expressionText);
  return [...equal, ...others].join(',');
}

function expressionText(expression: JsonRecord): string {
  const key = textOf(expression.key);
  const values = asList(expression.values).map(textOf).join(',');
  switch (expression.operator) {
    case 'In':
      return `${key} in (${values})`;
    case 'NotIn':
      return `${key} notin (${values})`;
    case 'Exists':
      return key;
    default:
      return `!${key}`;
  }
}
