/** Turns Kubernetes objects into the cluster as the evaluator sees it: indexed once, then only read. */
import type { Problem } from '../model.ts';
import { readAddress, readRange } from './address.ts';
import { isCiliumConfig } from './cilium-config.ts';
import { readIdentitySetting } from './cilium-identity.ts';
import type { AddressRange, ClusterNode, ClusterPod, ClusterState } from './model.ts';
import {
  identityOf,
  isRecord,
  listAt,
  memberOf,
  objectName,
  quoted,
  readProtocol,
  textAt,
  textsAt,
} from './reading.ts';
import { readServices } from './service.ts';

type Building = {
  readonly namespaces: Map<string, Readonly<Record<string, string>>>;
  readonly serviceAccounts: Map<string, Readonly<Record<string, string>>>;
  readonly pods: Map<string, ClusterPod>;
  readonly nodes: Map<string, ClusterNode>;
  readonly problems: Problem[];
};

/**
 * Reads Pods, Namespaces, Nodes, Services, EndpointSlices (or Endpoints) and ServiceAccounts; other kinds are passed
 * over. `dns` is what the pod's resolver answered, by name. Finished pods own no address, and a hostNetwork pod never
 * owns its node's. `lookups` says who asked for which name, where that is known of every pod. What cannot be read is left out and named in `problems`.
 */
export function readClusterState(
  objects: readonly unknown[],
  dns: Readonly<Record<string, readonly string[]>>,
  lookups: ClusterState['lookups'] = null,
): { readonly cluster: ClusterState; readonly problems: readonly Problem[] } {
  const building: Building = {
    namespaces: new Map(),
    serviceAccounts: new Map(),
    pods: new Map(),
    nodes: new Map(),
    problems: [],
  };
  for (const object of objects) readObject(object, building);
  addNodesOfPods(objects, building);
  const { pods, nodes, problems } = building;
  const podsByAddress = new Map<string, ClusterPod>();
  for (const pod of pods.values()) {
    if (!pod.finished && !pod.hostNetwork) for (const address of pod.addresses) podsByAddress.set(address, pod);
  }
  const nodesByAddress = new Map(
    [...nodes.values()].flatMap(node => node.addresses.map(address => [address, node] as const)),
  );
  const services = readServices(objects, [...pods.values()], problems);
  const servicesByAddress = new Map(
    [...services.values()].flatMap(service => service.clusterAddresses.map(address => [address, service] as const)),
  );
  const names = readNames(dns, problems);
  const ciliumConfig = objects.find(isCiliumConfig);
  const identitySetting = readIdentitySetting(ciliumConfig);
  const { namespaces, serviceAccounts } = building;
  return {
    cluster: {
      namespaces,
      serviceAccounts,
      pods,
      podsByAddress,
      nodes,
      nodesByAddress,
      services,
      servicesByAddress,
      dns: names,
      lookups,
      ...(ciliumConfig !== undefined && { clusterName: clusterNameOf(ciliumConfig) }),
      ...(identitySetting !== null && { identitySetting }),
    },
    problems,
  };
}

/** Where Cilium's ConfigMap gives no name it is `default` (https://docs.cilium.io/en/stable/cmdref/cilium-agent/). */
function clusterNameOf(ciliumConfig: unknown): string {
  return textAt(ciliumConfig, 'data', 'cluster-name') ?? 'default';
}

function readObject(object: unknown, building: Building): void {
  const identity = identityOf(object);
  if (identity === null || identity.group !== '' || identity.name === null) return;
  const key = `${identity.namespace ?? 'default'}/${identity.name}`;
  if (identity.kind === 'Namespace') building.namespaces.set(identity.name, namespaceLabelsOf(object, identity.name));
  if (identity.kind === 'ServiceAccount') building.serviceAccounts.set(key, textsAt(object, 'metadata', 'labels'));
  if (identity.kind === 'Pod')
    building.pods.set(key, readPod(object, identity.namespace ?? 'default', identity.name, building.problems));
  if (identity.kind === 'Node') building.nodes.set(identity.name, readNode(object, identity.name, building.problems));
}

/** The API server puts this label on every namespace; a manifest from a file does not have it yet. */
function namespaceLabelsOf(object: unknown, name: string): Readonly<Record<string, string>> {
  return { 'kubernetes.io/metadata.name': name, ...textsAt(object, 'metadata', 'labels') };
}

function readPod(object: unknown, namespace: string, name: string, problems: Problem[]): ClusterPod {
  const phase = textAt(object, 'status', 'phase');
  const containers = listAt(object, 'spec', 'containers');
  return {
    namespace,
    name,
    labels: textsAt(object, 'metadata', 'labels'),
    serviceAccount: textAt(object, 'spec', 'serviceAccountName') ?? 'default',
    node: textAt(object, 'spec', 'nodeName'),
    hostNetwork: memberOf(object, 'spec', 'hostNetwork') === true,
    addresses: podAddresses(object, problems),
    ports: [
      ...containers.flatMap(container => namedPorts(container, object, problems)),
      ...sidecars(object)
        .flatMap(container => namedPorts(container, object, problems))
        .map(port => ({ ...port, sidecar: true as const })),
    ],
    finished: phase === 'Succeeded' || phase === 'Failed',
    annotations: textsAt(object, 'metadata', 'annotations'),
    ...(isStandalone(object) && { standalone: true }),
    containers: [...containers, ...sidecars(object)].map(container => textAt(container, 'name') ?? ''),
  };
}

/** Only what a cluster made has a uid; files rarely say who owns a pod. */
function isStandalone(object: unknown): boolean {
  const isMade = textAt(object, 'metadata', 'uid') !== null;
  return isMade && listAt(object, 'metadata', 'ownerReferences').length === 0;
}

/** Init containers that stay (restartPolicy Always) serve ports like any other container. */
function sidecars(object: unknown): readonly unknown[] {
  return listAt(object, 'spec', 'initContainers').filter(container => textAt(container, 'restartPolicy') === 'Always');
}

function podAddresses(object: unknown, problems: Problem[]): readonly string[] {
  const listed = listAt(object, 'status', 'podIPs').map(item => memberOf(item, 'ip'));
  const texts = [memberOf(object, 'status', 'podIP'), ...listed].filter(text => text !== undefined && text !== '');
  return [...new Set(texts)].flatMap(text => addressTexts(text, 'podIP', object, problems)).filter(unique);
}

function unique(text: string, index: number, all: readonly string[]): boolean {
  return all.indexOf(text) === index;
}

function addressTexts(text: unknown, field: string, object: unknown, problems: Problem[]): readonly string[] {
  const reading = typeof text === 'string' ? readAddress(text) : null;
  if (reading?.kind === 'address') return [reading.address.text];
  problems.push({ object: objectName(object), why: `${field} is no address: ${quoted(text)}` });
  return [];
}

function namedPorts(container: unknown, pod: unknown, problems: Problem[]): ClusterPod['ports'] {
  return listAt(container, 'ports').flatMap(item => {
    const name = textAt(item, 'name');
    const port = memberOf(item, 'containerPort');
    const protocol = readProtocol(memberOf(item, 'protocol'));
    if (typeof port !== 'number' || !Number.isInteger(port)) {
      problems.push({
        object: objectName(pod),
        why: `containerPort is not a number: ${quoted(port)}`,
      });
      return [];
    }
    if (protocol === null) {
      problems.push({
        object: objectName(pod),
        why: `unknown protocol ${quoted(memberOf(item, 'protocol'))} of a container port`,
      });
      return [];
    }
    return name === null ? [] : [{ name, port, protocol }];
  });
}

function readNode(object: unknown, name: string, problems: Problem[]): ClusterNode {
  const addresses = listAt(object, 'status', 'addresses')
    .filter(item => textAt(item, 'type') === 'InternalIP' || textAt(item, 'type') === 'ExternalIP')
    .flatMap(item => addressTexts(memberOf(item, 'address'), 'a node address', object, problems));
  const cidrs = [memberOf(object, 'spec', 'podCIDR'), ...listAt(object, 'spec', 'podCIDRs')];
  const podCidrs = [...new Set(cidrs)]
    .filter(cidr => typeof cidr === 'string')
    .flatMap(cidr => rangesOf(cidr, object, problems));
  return { name, labels: textsAt(object, 'metadata', 'labels'), addresses: addresses.filter(unique), podCidrs };
}

function rangesOf(text: string, object: unknown, problems: Problem[]): readonly AddressRange[] {
  const reading = readRange(text);
  if (reading.kind === 'range') return [reading.range];
  problems.push({ object: objectName(object), why: `podCIDR: ${reading.why}` });
  return [];
}

/**
 * A pod tells its node's address (`status.hostIP`, and its own when it uses the node's network), so a node is known also
 * where Node objects may not be listed.
 */
function addNodesOfPods(objects: readonly unknown[], { nodes }: Building): void {
  for (const object of objects) {
    if (!isRecord(object) || object.kind !== 'Pod') continue;
    const name = textAt(object, 'spec', 'nodeName');
    if (name === null) continue;
    const known = nodes.get(name) ?? { name, labels: {}, addresses: [], podCidrs: [] };
    const news = hostTexts(object).filter(text => !known.addresses.includes(text));
    const missing = [...new Set(news)].flatMap(canonical).filter(address => !known.addresses.includes(address));
    if (missing.length > 0) nodes.set(name, { ...known, addresses: [...known.addresses, ...missing] });
  }
}

function hostTexts(pod: unknown): readonly string[] {
  const own = memberOf(pod, 'spec', 'hostNetwork') === true ? [memberOf(pod, 'status', 'podIP')] : [];
  const texts = [
    memberOf(pod, 'status', 'hostIP'),
    ...listAt(pod, 'status', 'hostIPs').map(item => memberOf(item, 'ip')),
    ...own,
  ];
  return texts.filter(text => typeof text === 'string');
}

function canonical(text: string): readonly string[] {
  const reading = readAddress(text);
  return reading.kind === 'address' ? [reading.address.text] : [];
}

function readNames(
  dns: Readonly<Record<string, readonly string[]>>,
  problems: Problem[],
): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, readonly string[]>();
  for (const [name, answers] of Object.entries(dns)) {
    const addresses = answers.flatMap(answer =>
      addressTexts(answer, 'an answer', { kind: 'Name', metadata: { name } }, problems),
    );
    names.set(canonicalName(name), addresses);
  }
  return names;
}

/** Lower case without the trailing dot. */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
