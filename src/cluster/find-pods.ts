/** Finds the pods that a request means: by name, by owner, by labels; in the namespace given, the default one, or all. */
import type { Fault } from '../faults.ts';
import { apiPath, PODS } from './api-path.ts';
import type { Connection } from './connect.ts';
import { findOwnedPods } from './find-owned.ts';
import { asRecord } from './json.ts';
import { type ListRequest, listAll } from './list.ts';
import { ambiguousPods, invalidName, noSuchPod, noSuchSelector } from './not-found.ts';
import { absentNamespace, type FoundPods, failed, type Search } from './search.ts';
import { namespaceOf, podName } from './target-pick.ts';

/** All names in Kubernetes that matter here are DNS subdomains. https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Finds the pods, unsorted and uncut, or says what is there instead. */
export async function findPods(search: Search): Promise<FoundPods> {
  const { by, namespace } = search.request;
  const names = [by.kind === 'selector' ? null : by.name, namespace].filter(name => name !== null);
  const wrong = names.find(name => !NAME.test(name));
  if (wrong !== undefined) return { kind: 'fault', fault: invalidName(wrong) };
  switch (by.kind) {
    case 'pod':
      return findByName(search, by.name);
    case 'owner':
      return findOwnedPods(search, by);
    case 'selector':
      return findBySelector(search, by.selector);
    default:
      return by satisfies never;
  }
}

async function findByName(search: Search, name: string): Promise<FoundPods> {
  const { connection, request } = search;
  const first = request.namespace ?? search.defaultNamespace;
  const answer = await connection.reader.send({ method: 'GET', path: apiPath(PODS, { namespace: first, name }) });
  if (answer.kind === 'ok') return { kind: 'found', pods: [asRecord(answer.body)], meant: `${first}/${name}` };
  const isAbsent = answer.kind === 'refused' && answer.status === 404;
  // Forbidden in the default namespace says nothing of the others, as long as none was named.
  const goOn = isAbsent || (answer.kind === 'refused' && answer.status === 403 && request.namespace === null);
  if (!goOn) return failed(answer, `read pod ${first}/${name}`, connection);
  const everywhere = await listAll(connection.reader, { type: PODS, metadataOnly: true });
  if (everywhere.kind !== 'listed') {
    if (isAbsent) return { kind: 'fault', fault: noSuchPod(name, first, null) };
    return failed(answer, `read pod ${first}/${name}`, connection);
  }
  const sameName = everywhere.items.filter(pod => podName(pod) === name).map(namespaceOf);
  const [only] = sameName;
  if (request.namespace !== null || only === undefined) {
    return (await absentNamespace(search)) ?? { kind: 'fault', fault: noSuchPod(name, first, everywhere.items) };
  }
  if (sameName.length > 1) return { kind: 'fault', fault: ambiguousPods(`pod ${name}`, sameName, request.text) };
  return findByName({ ...search, request: { ...request, namespace: only } }, name);
}

async function findBySelector(search: Search, selector: string): Promise<FoundPods> {
  const { connection, request } = search;
  const meant = (namespace: string): string => `the selector ${selector} in ${namespace}`;
  const first = request.namespace ?? search.defaultNamespace;
  const here = await listPods(connection, { type: PODS, namespace: first, labelSelector: selector });
  if (here.kind === 'refused' && here.status === 400)
    return { kind: 'fault', fault: badSelector(selector, here.message) };
  if (here.kind === 'listed' && here.items.length > 0) return { kind: 'found', pods: here.items, meant: meant(first) };
  if (here.kind !== 'listed' && (request.namespace !== null || here.kind === 'no-answer')) {
    return failed(here, `list pods in ${first}`, connection);
  }
  const everywhere = await listPods(connection, { type: PODS, labelSelector: selector });
  if (everywhere.kind !== 'listed') {
    if (here.kind === 'listed') return { kind: 'fault', fault: noSuchSelector(selector, first, null) };
    return failed(everywhere, 'list pods', connection);
  }
  const namespaces = [...new Set(everywhere.items.map(namespaceOf))];
  const [only] = namespaces;
  if (request.namespace !== null || only === undefined) {
    return (await absentNamespace(search)) ?? { kind: 'fault', fault: noSuchSelector(selector, first, namespaces) };
  }
  if (namespaces.length > 1)
    return { kind: 'fault', fault: ambiguousPods(`pods with ${selector}`, namespaces, request.text) };
  return { kind: 'found', pods: everywhere.items, meant: meant(only) };
}

function listPods(connection: Connection, request: ListRequest): ReturnType<typeof listAll> {
  return listAll(connection.reader, request);
}

function badSelector(selector: string, message: string): Fault {
  return {
    code: 'usage',
    what: `${selector} is not a label selector.`,
    cause: message,
    remedy: 'Write it as `app=billing,tier in (api, web),!canary`.',
  };
}
