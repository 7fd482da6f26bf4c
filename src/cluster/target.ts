/** Finds the pod that a question is about, and everything about it that the answer needs. */
import type { KubernetesObject } from '../evidence.ts';
import type { Fault } from '../faults.ts';
import type { Destination, PodDns, PodRequest, ProxySettings, Target } from '../model.ts';
import { apiPath, NAMESPACES, PODS } from './api-path.ts';
import type { Connection } from './connect.ts';
import { type ConfigMapReading, configMapsNeeded, readProxyVariables } from './container-env.ts';
import { OWNER_TYPES } from './find-owned.ts';
import { findPods } from './find-pods.ts';
import { asList, asRecord, type JsonRecord, textOf, textsOf } from './json.ts';
import { listAll } from './list.ts';
import { podState } from './pod-state.ts';
import { readProxySettings } from './proxy-settings.ts';
import { mainContainer, sidecarsOf } from './sidecars.ts';
import { controllerOf, namespaceOf, type Picked, pickPod, podName, siblingsOf, workloadLabels } from './target-pick.ts';

/** The pod, or why there is none. */
export type TargetResult =
  | {
      readonly kind: 'found';
      readonly target: Target;
      /** The pod as the API server sent it, uncut: for making a twin or an ephemeral container; never for a bundle. */
      readonly pod: KubernetesObject;
      /** Why this pod: `one of 3 running pods of Deployment payments/billing, the first by name that is ready`. */
      readonly choice: string;
    }
  | { readonly kind: 'fault'; readonly fault: Fault };

/**
 * Finds the pod that `request` means; where it names no namespace, in `defaultNamespace` first, then in all. A pod that
 * does not run is a target too, and its state says so.
 */
export async function findTarget(
  connection: Connection,
  request: PodRequest,
  destination: Destination,
  defaultNamespace: string,
): Promise<TargetResult> {
  const found = await findPods({ connection, request, defaultNamespace });
  if (found.kind === 'fault') return found;
  const picked = pickPod(found.pods, found.meant);
  if (picked === null) throw new Error('a search that finds nothing gives a fault');
  const target = await describeTarget(connection, picked.pod, destination);
  const pod: KubernetesObject = {
    ...picked.pod,
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: asRecord(picked.pod.metadata),
  };
  return { kind: 'found', target, pod, choice: choiceOf(request, picked, defaultNamespace) };
}

function choiceOf(request: PodRequest, picked: Picked, defaultNamespace: string): string {
  if (request.by.kind !== 'pod') return picked.choice;
  const namespace = namespaceOf(picked.pod);
  if (request.namespace !== null || namespace === defaultNamespace) return 'asked for by name';
  return `the only pod of this name, found in namespace ${namespace}`;
}

async function describeTarget(connection: Connection, pod: JsonRecord, destination: Destination): Promise<Target> {
  const metadata = asRecord(pod.metadata);
  const spec = asRecord(pod.spec);
  const status = asRecord(pod.status);
  const container = mainContainer(pod);
  const [namespaceLabels, owner, proxy, siblings] = await Promise.all([
    readNamespaceLabels(connection, namespaceOf(pod)),
    findOwner(connection, pod),
    readProxy(connection, pod, container, destination),
    findSiblings(connection, pod),
  ]);
  return {
    namespace: namespaceOf(pod),
    pod: podName(pod),
    uid: textOf(metadata.uid),
    labels: textsOf(metadata.labels),
    namespaceLabels,
    node: textOf(spec.nodeName) || null,
    owner,
    serviceAccount: textOf(spec.serviceAccountName) || 'default',
    hostNetwork: spec.hostNetwork === true,
    addresses: addressesOf(status),
    state: podState(pod, textOf(container.name)),
    dns: readDns(spec),
    container: textOf(container.name),
    proxy,
    sidecars: sidecarsOf(pod),
    siblings,
  };
}

function addressesOf(status: JsonRecord): readonly string[] {
  const all = asList(status.podIPs).map(entry => textOf(asRecord(entry).ip));
  return [...new Set([...all, textOf(status.podIP)])].filter(address => address !== '');
}

function readDns(spec: JsonRecord): PodDns {
  const config = asRecord(spec.dnsConfig);
  const options = asList(config.options).map(asRecord);
  return {
    policy: textOf(spec.dnsPolicy) || 'ClusterFirst',
    config:
      spec.dnsConfig === undefined
        ? null
        : {
            nameservers: asList(config.nameservers).map(textOf),
            searches: asList(config.searches).map(textOf),
            options: options.map(option => ({ name: textOf(option.name), value: textOf(option.value) || null })),
          },
    resolvConf: null,
  };
}

/**
 * By list, which the reader may anyway. Where it may not: the one label that every namespace has; the collection then
 * names the missing right.
 */
async function readNamespaceLabels(
  connection: Connection,
  namespace: string,
): Promise<Readonly<Record<string, string>>> {
  const only = { type: NAMESPACES, fieldSelector: `metadata.name=${namespace}` };
  const answer = await listAll(connection.reader, only);
  const found = answer.kind === 'listed' ? answer.items[0] : undefined;
  return found === undefined ? { 'kubernetes.io/metadata.name': namespace } : textsOf(found.metadata.labels);
}

/** Follows controllers upwards as far as they may be read; the last one is named by what it controls, unread. */
async function findOwner(connection: Connection, pod: JsonRecord): Promise<Target['owner']> {
  const direct = controllerOf(pod);
  if (direct === null) return null;
  const named = { kind: direct.kind, name: direct.name };
  if (direct.kind !== 'ReplicaSet' && direct.kind !== 'Job') return named;
  const path = apiPath(OWNER_TYPES[direct.kind], { namespace: namespaceOf(pod), name: direct.name });
  const answer = await connection.reader.send({ method: 'GET', path });
  const above = answer.kind === 'ok' ? controllerOf(asRecord(answer.body)) : null;
  return above === null ? named : { kind: above.kind, name: above.name };
}

async function readProxy(
  connection: Connection,
  pod: JsonRecord,
  container: JsonRecord,
  destination: Destination,
): Promise<ProxySettings> {
  const names = configMapsNeeded(container);
  const readings = await Promise.all(
    names.map(async name => [name, await readConfigMap(connection, namespaceOf(pod), name)] as const),
  );
  return readProxySettings(readProxyVariables(pod, container, new Map(readings)), destination);
}

async function readConfigMap(connection: Connection, namespace: string, name: string): Promise<ConfigMapReading> {
  const type = { group: '', version: 'v1', plural: 'configmaps' };
  const answer = await connection.reader.send({ method: 'GET', path: apiPath(type, { namespace, name }) });
  if (answer.kind === 'ok') return { kind: 'read', values: textsOf(asRecord(answer.body).data) };
  if (answer.kind === 'refused' && answer.status === 404) return { kind: 'absent' };
  return { kind: 'unreadable', why: answer.kind === 'refused' ? answer.message : answer.why };
}

async function findSiblings(connection: Connection, pod: JsonRecord): Promise<Target['siblings']> {
  const labels = Object.entries(workloadLabels(textsOf(asRecord(pod.metadata).labels)));
  if (labels.length === 0) return [];
  const labelSelector = labels.map(([key, value]) => `${key}=${value}`).join(',');
  const answer = await listAll(connection.reader, { type: PODS, namespace: namespaceOf(pod), labelSelector });
  return answer.kind === 'listed' ? siblingsOf(pod, answer.items) : [];
}
