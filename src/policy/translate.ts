/**
 * From what was asked (a name, a Service, a pod, an address) to the packets that leave the pod: one way for each address
 * and, behind a Service, for each endpoint. Policies see the packet after translation, on the endpoint's own port.
 */
import { type Address, isLoopback, readAddress } from './address.ts';
import { canonicalName } from './cluster-state.ts';
import type { ClusterPod, ClusterService, ClusterState, Flow, FlowEnd, FlowRequest } from './model.ts';
import { podName } from './packet.ts';

/** Where one packet of a request goes after service translation. */
export type Way =
  | { readonly kind: 'flow'; readonly to: string; readonly flow: Flow; readonly assumptions: readonly string[] }
  /** Never leaves the pod, so no policy sees it. */
  | { readonly kind: 'inside'; readonly to: string; readonly address: string | null; readonly why: string }
  /** Where the packet goes is not known. */
  | { readonly kind: 'unknown'; readonly to: string; readonly address: string | null; readonly why: string };

/** Where to send a packet, before its source is put to it. */
type Aim = { readonly end: FlowEnd; readonly port: number | null; readonly service: Flow['service'] };

/** All ways of one request from one pod; at least one. */
export function translate(request: FlowRequest, source: ClusterPod, cluster: ClusterState): readonly Way[] {
  switch (request.to.kind) {
    case 'address': {
      const reading = readAddress(request.to.address);
      if (reading.kind === 'unreadable')
        return [{ kind: 'unknown', to: request.to.address, address: null, why: reading.why }];
      return toAddress(reading.address, request, source, cluster);
    }
    case 'pod':
      return toPod(request.to.pod, request, source, cluster);
    case 'service': {
      const service = cluster.services.get(request.to.service);
      if (service !== undefined) return toService(service, request, source, cluster);
      return [
        {
          kind: 'unknown',
          to: `service:${request.to.service}`,
          address: null,
          why: `Service ${request.to.service} is not known`,
        },
      ];
    }
    case 'name':
      return toName(canonicalName(request.to.name), request, source, cluster);
    default:
      return request.to satisfies never;
  }
}

function toName(name: string, request: FlowRequest, source: ClusterPod, cluster: ClusterState): readonly Way[] {
  const answers = cluster.dns.get(name);
  if (answers !== undefined) {
    if (answers.length === 0) return [toNowhere(name, request, source)];
    return answers.flatMap(answer =>
      translate({ ...request, to: { kind: 'address', address: answer } }, source, cluster),
    );
  }
  const service = serviceNamed(name, source.namespace, cluster);
  if (service !== null) return toService(service, request, source, cluster);
  return [toNowhere(name, request, source)];
}

/** A name without a known address is judged all the same: rules that let nothing pass need no address to say so. */
function toNowhere(name: string, request: FlowRequest, source: ClusterPod): Way {
  const end: FlowEnd = { address: null, family: 4, value: 0n, pod: null, node: null, names: [name] };
  return { ...wayTo({ end, port: request.port, service: null }, request, source), to: name };
}

/** `web`, `web.shop`, `web.shop.svc`, `web.shop.svc.cluster.local`: what a pod's search path makes of a Service's name. */
function serviceNamed(name: string, namespace: string, cluster: ClusterState): ClusterService | null {
  const [service = '', other, svc, ...domain] = name.split('.');
  const isServiceName =
    (svc === undefined || svc === 'svc') && (domain.length === 0 || domain.join('.') === 'cluster.local');
  return (isServiceName ? cluster.services.get(`${other ?? namespace}/${service}`) : undefined) ?? null;
}

function toPod(name: string, request: FlowRequest, source: ClusterPod, cluster: ClusterState): readonly Way[] {
  const to = `pod:${name}`;
  const pod = cluster.pods.get(name);
  if (pod === undefined) return [{ kind: 'unknown', to, address: null, why: `pod ${name} is not known` }];
  if (pod.finished)
    return [
      { kind: 'unknown', to, address: null, why: `pod ${name} has ended, and its address may be another's by now` },
    ];
  const [address] = pod.addresses;
  if (address !== undefined) return toAddress(readOwn(address), request, source, cluster);
  if (pod.hostNetwork)
    return [{ kind: 'unknown', to, address: null, why: `the address of hostNetwork pod ${name} is not known` }];
  return [
    wayTo(
      { end: { address: null, family: 4, value: 0n, pod, node: null, names: [] }, port: request.port, service: null },
      request,
      source,
    ),
  ];
}

function toAddress(address: Address, request: FlowRequest, source: ClusterPod, cluster: ClusterState): readonly Way[] {
  if (isLoopback(address))
    return [{ kind: 'inside', to: address.text, address: address.text, why: 'loopback never leaves the pod' }];
  const service = cluster.servicesByAddress.get(address.text);
  // ICMP is not translated: a Service's address has no port to translate by.
  if (service !== undefined && request.port !== null)
    return toEndpoints(service, address.text, request, source, cluster);
  return [wayTo({ end: endOf(address, cluster), port: request.port, service: null }, request, source)];
}

function toService(
  service: ClusterService,
  request: FlowRequest,
  source: ClusterPod,
  cluster: ClusterState,
): readonly Way[] {
  if (service.externalName !== null) return toName(canonicalName(service.externalName), request, source, cluster);
  const [address] = service.clusterAddresses;
  if (address !== undefined) return toAddress(readOwn(address), request, source, cluster);
  // Headless: its name resolves to the endpoints themselves, and no port is translated.
  const ready = service.endpoints.filter(endpoint => endpoint.ready);
  if (ready.length === 0) return [noEndpoint(service, null)];
  return ready.flatMap(endpoint => toAddress(readOwn(endpoint.address), request, source, cluster));
}

function toEndpoints(
  service: ClusterService,
  address: string,
  request: FlowRequest,
  source: ClusterPod,
  cluster: ClusterState,
): readonly Way[] {
  const port = service.ports.find(each => each.port === request.port && each.protocol === request.protocol);
  const text = serviceText(service);
  if (port === undefined) {
    return [
      {
        kind: 'unknown',
        to: address,
        address,
        why: `${text} has no port ${request.port}/${request.protocol}, so where the packet goes is not known`,
      },
    ];
  }
  const family = readOwn(address).family;
  const ways = service.endpoints
    .filter(endpoint => endpoint.ready && readOwn(endpoint.address).family === family)
    .flatMap(endpoint =>
      endpoint.ports
        .filter(each => each.name === port.name && each.protocol === port.protocol)
        .map(each => ({ endpoint, number: each.port })),
    );
  if (ways.length === 0) return [noEndpoint(service, address)];
  const asked = { namespace: service.namespace, name: service.name, address, port: request.port };
  return ways.map(({ endpoint, number }) =>
    wayTo({ end: endOf(readOwn(endpoint.address), cluster), port: number, service: asked }, request, source),
  );
}

function noEndpoint(service: ClusterService, address: string | null): Way {
  const to = address ?? `service:${service.namespace}/${service.name}`;
  return {
    kind: 'unknown',
    to,
    address,
    why: `${serviceText(service)} has no ready endpoint, so there is nowhere to send the packet`,
  };
}

function wayTo(aim: Aim, request: FlowRequest, source: ClusterPod): Way {
  const { end, service } = aim;
  const to = end.pod === null ? (end.address ?? 'an address that is not known') : `pod:${podName(end.pod)}`;
  const ownAddress = end.address !== null && source.addresses.includes(end.address);
  if (service === null && (end.pod === source || (ownAddress && !source.hostNetwork))) {
    return {
      kind: 'inside',
      to,
      address: end.address,
      why: 'traffic of a pod to its own address never leaves the pod',
    };
  }
  if (source.hostNetwork && ownAddress)
    return {
      kind: 'inside',
      to,
      address: end.address,
      why: "traffic of a hostNetwork pod to its own node's address never leaves the node",
    };
  const flow: Flow = {
    source,
    destination: end,
    port: aim.port,
    protocol: request.protocol,
    icmpType: request.icmpType,
    query: request.query,
    service,
  };
  return { kind: 'flow', to, flow, assumptions: [] };
}

/** The end that has this address: a pod, a node, or neither. */
function endOf(address: Address, cluster: ClusterState): FlowEnd {
  const pod = cluster.podsByAddress.get(address.text) ?? null;
  return {
    address: address.text,
    family: address.family,
    value: address.value,
    pod,
    node: pod === null ? (cluster.nodesByAddress.get(address.text) ?? null) : null,
    names: namesOf(address.text, cluster),
  };
}

/**
 * The source as the destination's ingress rules see it: its own address of the destination's family, and for a
 * hostNetwork pod the node.
 */
export function sourceEnd(flow: Flow, cluster: ClusterState): FlowEnd {
  const { source, destination } = flow;
  const addresses = source.addresses.map(readOwn);
  const address = addresses.find(each => each.family === destination.family) ?? addresses[0];
  const node = source.hostNetwork && source.node !== null ? (cluster.nodes.get(source.node) ?? null) : null;
  return {
    address: address?.text ?? null,
    family: address?.family ?? destination.family,
    value: address?.value ?? 0n,
    pod: source.hostNetwork ? null : source,
    node,
    names: [],
  };
}

const namesByCluster = new WeakMap<ClusterState, ReadonlyMap<string, readonly string[]>>();

function namesOf(address: string, cluster: ClusterState): readonly string[] {
  let names = namesByCluster.get(cluster);
  if (names === undefined) {
    const found = new Map<string, string[]>();
    for (const [name, answers] of cluster.dns)
      for (const answer of answers) found.set(answer, [...(found.get(answer) ?? []), name]);
    names = found;
    namesByCluster.set(cluster, names);
  }
  return names.get(address) ?? [];
}

function serviceText(service: ClusterService): string {
  return `Service ${service.namespace}/${service.name}`;
}

/** The cluster state holds canonical addresses only: one that cannot be read again is a broken promise. */
function readOwn(text: string): Address {
  const reading = readAddress(text);
  if (reading.kind === 'unreadable') throw new Error(`the cluster state holds an address that is none: ${text}`);
  return reading.address;
}
