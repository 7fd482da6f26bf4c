/** Tells the application's container from the proxies beside it, through which its connections go. Pure. */
import { asList, asRecord, type JsonRecord, textOf, textsOf } from './json.ts';

/** Names that meshes give to their proxies' containers. */
const PROXY_NAMES = new Set([
  'istio-proxy',
  'linkerd-proxy',
  'envoy',
  'envoy-sidecar',
  'consul-dataplane',
  'consul-connect-envoy-sidecar',
  'kuma-sidecar',
  'maesh-proxy',
  'osm-proxy',
]);
/** Image names of the same proxies, whatever their container is called. */
const PROXY_IMAGES =
  /(^|\/)(proxyv2|envoy|envoy-alpine|envoy-distroless|consul-dataplane|kuma-dp|aws-appmesh-envoy)([:@]|$)|(^|\/)linkerd2?\/proxy([:@]|$)/;

/**
 * Names what stands between the application and the network in this pod: proxy containers (native sidecars among the
 * init containers too), and a mesh without sidecars that redirects the pod's traffic. With any of them a TCP connect
 * says nothing of the far end.
 */
export function sidecarsOf(pod: JsonRecord): readonly string[] {
  const spec = asRecord(pod.spec);
  const native = asList(spec.initContainers).filter(container => asRecord(container).restartPolicy === 'Always');
  const proxies = [...asList(spec.containers), ...native].map(asRecord).filter(isProxy);
  const annotations = textsOf(asRecord(pod.metadata).annotations);
  // https://istio.io/latest/docs/ambient/usage/verify-mtls-enabled/: set once the node's ztunnel took the pod over.
  const ambient = annotations['ambient.istio.io/redirection'] === 'enabled' ? ['ztunnel (Istio ambient)'] : [];
  return [...proxies.map(container => textOf(container.name)), ...ambient];
}

/** The application's container: the one that kubectl takes by default, else the first that is no proxy. */
export function mainContainer(pod: JsonRecord): JsonRecord {
  const containers = asList(asRecord(pod.spec).containers).map(asRecord);
  const named = textsOf(asRecord(pod.metadata).annotations)['kubectl.kubernetes.io/default-container'];
  return (
    containers.find(container => container.name === named) ??
    containers.find(container => !isProxy(container)) ??
    containers[0] ??
    {}
  );
}

function isProxy(container: JsonRecord): boolean {
  return PROXY_NAMES.has(textOf(container.name)) || PROXY_IMAGES.test(textOf(container.image));
}
