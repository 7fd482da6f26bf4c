/** Services with the endpoints that stand behind them: from EndpointSlices, else Endpoints, else from the selector. */
import type { Problem } from '../model.ts';
import { readAddress } from './address.ts';
import type { ClusterPod, ClusterService } from './model.ts';
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

type Endpoint = ClusterService['endpoints'][number];
type EndpointPort = Endpoint['ports'][number];

/**
 * Reads every Service of the objects, by ns/name. Endpoints come from its EndpointSlices; without any slice from its
 * Endpoints object; without that, from the running pods that its selector matches (files in a repository have no slices).
 */
export function readServices(
  objects: readonly unknown[],
  pods: readonly ClusterPod[],
  problems: Problem[],
): ReadonlyMap<string, ClusterService> {
  const bySlice = new Map<string, Endpoint[]>();
  const byEndpoints = new Map<string, Endpoint[]>();
  const services: unknown[] = [];
  for (const object of objects) {
    const identity = identityOf(object);
    if (identity === null || identity.name === null) continue;
    const namespace = identity.namespace ?? 'default';
    if (identity.kind === 'Service' && identity.group === '') services.push(object);
    if (identity.kind === 'EndpointSlice' && identity.group === 'discovery.k8s.io') {
      const service = textAt(object, 'metadata', 'labels', 'kubernetes.io/service-name');
      if (service !== null) append(bySlice, `${namespace}/${service}`, sliceEndpoints(object, namespace, problems));
    }
    if (identity.kind === 'Endpoints' && identity.group === '') {
      append(
        byEndpoints,
        `${namespace}/${identity.name}`,
        listAt(object, 'subsets').flatMap(subset => subsetEndpoints(subset, object, namespace, problems)),
      );
    }
  }
  return new Map(
    services.map(object => {
      const key = `${textAt(object, 'metadata', 'namespace') ?? 'default'}/${textAt(object, 'metadata', 'name')}`;
      const listed = bySlice.get(key) ?? byEndpoints.get(key) ?? null;
      return [key, readService(object, listed, pods, problems)];
    }),
  );
}

function append(map: Map<string, Endpoint[]>, key: string, endpoints: readonly Endpoint[]): void {
  map.set(key, [...(map.get(key) ?? []), ...endpoints]);
}

function readService(
  object: unknown,
  listed: readonly Endpoint[] | null,
  pods: readonly ClusterPod[],
  problems: Problem[],
): ClusterService {
  const namespace = textAt(object, 'metadata', 'namespace') ?? 'default';
  const selector = memberOf(object, 'spec', 'selector');
  const type = textAt(object, 'spec', 'type') ?? 'ClusterIP';
  const ips = [memberOf(object, 'spec', 'clusterIP'), ...listAt(object, 'spec', 'clusterIPs')];
  const service = {
    namespace,
    name: textAt(object, 'metadata', 'name') ?? '',
    labels: textsAt(object, 'metadata', 'labels'),
    type,
    clusterAddresses: [...new Set(ips)]
      .filter(ip => ip !== undefined && ip !== 'None' && ip !== '')
      .flatMap(ip => oneAddress(ip, object, problems)),
    externalName: type === 'ExternalName' ? textAt(object, 'spec', 'externalName') : null,
    hasSelector: isRecord(selector) && Object.keys(selector).length > 0,
    ...exportsOf(object),
    ports: listAt(object, 'spec', 'ports').flatMap(port => readServicePort(port, object, problems)),
  };
  return {
    ...service,
    endpoints:
      listed ?? (service.hasSelector ? selectedEndpoints(service, textsAt(object, 'spec', 'selector'), pods) : []),
  };
}

/** https://istio.io/latest/docs/reference/config/annotations/#NetworkingExportTo: a comma-separated list. */
function exportsOf(object: unknown): Pick<ClusterService, 'exportTo'> {
  const text = textAt(object, 'metadata', 'annotations', 'networking.istio.io/exportTo');
  const namespaces = (text ?? '').split(',').flatMap(each => (each.trim() === '' ? [] : [each.trim()]));
  return namespaces.length === 0 ? {} : { exportTo: namespaces };
}

function readServicePort(item: unknown, object: unknown, problems: Problem[]): ClusterService['ports'] {
  const port = memberOf(item, 'port');
  const target = memberOf(item, 'targetPort') ?? port;
  const protocol = readProtocol(memberOf(item, 'protocol'));
  if (typeof port !== 'number' || protocol === null || (typeof target !== 'number' && typeof target !== 'string')) {
    problems.push({ object: objectName(object), why: `a port cannot be read: ${quoted(item)}` });
    return [];
  }
  return [{ name: textAt(item, 'name') ?? '', port, targetPort: target, protocol }];
}

function sliceEndpoints(slice: unknown, namespace: string, problems: Problem[]): readonly Endpoint[] {
  // Addresses of type FQDN are names that the network never sees.
  if (textAt(slice, 'addressType') === 'FQDN') return [];
  const ports = listAt(slice, 'ports').flatMap(readEndpointPort);
  return listAt(slice, 'endpoints').flatMap(endpoint =>
    listAt(endpoint, 'addresses').flatMap(address =>
      oneAddress(address, slice, problems).map(text => ({
        address: text,
        pod: podOf(memberOf(endpoint, 'targetRef'), namespace),
        // Absent means "unknown", which consumers read as ready (EndpointConditions of discovery.k8s.io/v1).
        ready: memberOf(endpoint, 'conditions', 'ready') !== false,
        ports,
      })),
    ),
  );
}

function subsetEndpoints(
  subset: unknown,
  object: unknown,
  namespace: string,
  problems: Problem[],
): readonly Endpoint[] {
  const ports = listAt(subset, 'ports').flatMap(readEndpointPort);
  const read = (field: string, ready: boolean) =>
    listAt(subset, field).flatMap(item =>
      oneAddress(memberOf(item, 'ip'), object, problems).map(address => ({
        address,
        pod: podOf(memberOf(item, 'targetRef'), namespace),
        ready,
        ports,
      })),
    );
  return [...read('addresses', true), ...read('notReadyAddresses', false)];
}

function readEndpointPort(item: unknown): readonly EndpointPort[] {
  const port = memberOf(item, 'port');
  const protocol = readProtocol(memberOf(item, 'protocol'));
  return typeof port === 'number' && protocol !== null ? [{ name: textAt(item, 'name') ?? '', port, protocol }] : [];
}

function podOf(target: unknown, namespace: string): string | null {
  const name = textAt(target, 'name');
  return textAt(target, 'kind') === 'Pod' && name !== null
    ? `${textAt(target, 'namespace') ?? namespace}/${name}`
    : null;
}

function oneAddress(text: unknown, object: unknown, problems: Problem[]): readonly string[] {
  const reading = typeof text === 'string' ? readAddress(text) : null;
  if (reading?.kind === 'address') return [reading.address.text];
  problems.push({
    object: objectName(object),
    why: `an address cannot be read: ${quoted(text)}`,
  });
  return [];
}

function selectedEndpoints(
  service: Omit<ClusterService, 'endpoints'>,
  selector: Readonly<Record<string, string>>,
  pods: readonly ClusterPod[],
): readonly Endpoint[] {
  return pods
    .filter(
      pod =>
        pod.namespace === service.namespace &&
        !pod.finished &&
        Object.entries(selector).every(([key, value]) => pod.labels[key] === value),
    )
    .flatMap(pod =>
      pod.addresses.slice(0, 1).map(address => ({
        address,
        pod: `${pod.namespace}/${pod.name}`,
        ready: true,
        ports: service.ports.flatMap(port => targetPorts(port, pod)),
      })),
    );
}

function targetPorts(port: ClusterService['ports'][number], pod: ClusterPod): readonly EndpointPort[] {
  const { name, protocol, targetPort } = port;
  if (typeof targetPort === 'number') return [{ name, port: targetPort, protocol }];
  return pod.ports
    .filter(each => each.name === targetPort && each.protocol === protocol)
    .map(each => ({ name, port: each.port, protocol }));
}
