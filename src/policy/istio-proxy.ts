/** Istio's proxies: whether a pod has one, and which of its connections go past it. Pure. */
import { coversAddress, readRange } from './address.ts';
import type { AddressRange, ClusterPod, Flow, FlowEnd, Match } from './model.ts';

/** A proxy beside the pod's containers, or the node's (ambient mode). */
export type IstioProxy = 'sidecar' | 'ambient';

const SIDECAR = 'istio-proxy';

/**
 * Whether and how the mesh takes the pod's connections: a container `istio-proxy` beside another one, or the annotation
 * that says that the node's ztunnel took the pod over (https://istio.io/latest/docs/ambient/usage/verify-mtls-enabled/).
 * A pod whose only container is the proxy is a gateway, and nothing is redirected in it. null: no proxy.
 */
export function proxyOf(pod: ClusterPod): IstioProxy | null {
  if (pod.annotations['ambient.istio.io/redirection'] === 'enabled') return 'ambient';
  return pod.containers.includes(SIDECAR) && pod.containers.length > 1 ? 'sidecar' : null;
}

const PREFIX = 'traffic.sidecar.istio.io/';
const INTERCEPTION = 'sidecar.istio.io/interceptionMode';

/** What rules of the mesh see of a pod beside its labels: two pods with the same text are one to them. */
export function proxyKey(pod: ClusterPod): string {
  const settings = Object.entries(pod.annotations).filter(([key]) => key.startsWith(PREFIX) || key === INTERCEPTION);
  return JSON.stringify([proxyOf(pod), settings.toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}

/**
 * Matches connections that the pod makes past its proxy: all but TCP, and what its annotations leave out, or all of it
 * (https://istio.io/latest/docs/reference/config/annotations/#TrafficExcludeOutboundIPRanges and its neighbours). An
 * annotation that cannot be read: `unknown`.
 */
export function goesPastProxy(pod: ClusterPod, flow: Flow, peer: FlowEnd): Match {
  if (flow.protocol !== 'TCP') return { match: 'yes', why: `the proxy takes TCP alone, and this is ${flow.protocol}` };
  if (pod.annotations[INTERCEPTION] === 'NONE') return { match: 'yes', why: `${INTERCEPTION} is NONE` };
  const read = (key: string) => pod.annotations[`${PREFIX}${key}`];
  const asked = askedAddress(flow, peer);
  const port = flow.service?.port ?? flow.port ?? 0;
  const excluded = [
    inPorts(read('excludeOutboundPorts'), port, 'excludeOutboundPorts'),
    inRanges(read('excludeOutboundIPRanges'), asked, 'excludeOutboundIPRanges'),
  ];
  const includedRange = read('includeOutboundIPRanges');
  const included =
    includedRange === undefined || includedRange.trim() === '*'
      ? { match: 'yes', why: '' }
      : inRanges(includedRange, asked, 'includeOutboundIPRanges');
  const includedPort = inPorts(read('includeOutboundPorts'), port, 'includeOutboundPorts');
  const out = excluded.find(each => each.match === 'yes');
  if (out !== undefined) return out;
  const open = [...excluded, included].find(each => each.match === 'unknown');
  if (open !== undefined) return { match: 'unknown', why: open.why };
  if (included.match === 'no' && includedPort.match !== 'yes')
    return { match: 'yes', why: `${PREFIX}includeOutboundIPRanges does not name it` };
  return { match: 'no', why: 'the proxy takes it' };
}

type AskedAddress = { readonly family: 4 | 6; readonly value: bigint } | null;

/** Packets are redirected before a Service's address is translated; the translation is kept as text alone. */
function askedAddress(flow: Flow, peer: FlowEnd): AskedAddress {
  if (flow.service === null) return peer.address === null ? null : peer;
  const range = readRange(`${flow.service.address}/${flow.service.address.includes(':') ? 128 : 32}`);
  return range.kind === 'range' ? { family: range.range.family, value: range.range.first } : null;
}

function inPorts(text: string | undefined, port: number, key: string): Match {
  const items = listOf(text);
  if (items.some(item => item === '*' || Number(item) === port))
    return { match: 'yes', why: `${PREFIX}${key} names port ${port}` };
  return { match: 'no', why: `${PREFIX}${key} does not name port ${port}` };
}

function inRanges(text: string | undefined, address: AskedAddress, key: string): Match {
  const items = listOf(text);
  if (items.length === 0) return { match: 'no', why: `${PREFIX}${key} names no range` };
  if (items.includes('*')) return { match: 'yes', why: `${PREFIX}${key} names every address` };
  const ranges = items.map(readRange);
  if (address === null || ranges.some(each => each.kind === 'unreadable'))
    return { match: 'unknown', why: `whether ${PREFIX}${key} "${text?.slice(0, 60)}" covers the address is not known` };
  const found = ranges
    .flatMap((each): readonly AddressRange[] => (each.kind === 'range' ? [each.range] : []))
    .find(range => coversAddress(range, address));
  if (found !== undefined) return { match: 'yes', why: `${PREFIX}${key} names ${found.text}` };
  return { match: 'no', why: `${PREFIX}${key} does not name it` };
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? '').split(',').flatMap(item => (item.trim() === '' ? [] : [item.trim()]));
}
