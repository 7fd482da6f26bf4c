/**
 * Plans what one vantage probes, as plain values: a first phase that needs nothing but the question, and a second one
 * for the addresses that the first has found. Running is somebody else's; `read.ts` reads what came back.
 */
import type { ProbeJob, ProxyHost } from '../evidence.ts';
import type { Destination } from '../model.ts';

export type { ProbeJob, ProxyHost };

/** What dns and cluster probes are planned from. */
export type FirstPhaseInput = {
  readonly destination: Destination;
  /** Address and port of the kubernetes.default Service, or null when it could not be read: then `cluster` is not probed. */
  readonly clusterAddress: { readonly address: string; readonly port: number } | null;
  readonly proxy: ProxyHost | null;
};

/** What the probes of addresses are planned from. */
export type SecondPhaseInput = {
  readonly destination: Destination;
  readonly proxy: ProxyHost | null;
};

/** The addresses that the second phase connects to. */
export type SecondPhaseAddresses = {
  /** Of the destination, as the pod's resolver gave them (or as typed). */
  readonly destination: readonly string[];
  /** Of the proxy; empty without one. */
  readonly proxy: readonly string[];
};

/**
 * Plans dns and cluster: every name over UDP for A and AAAA and over TCP for A (a resolver that is reached over one
 * transport may be cut off over the other), and a handshake with the API server's Service address. An address that was
 * typed is not resolved.
 */
export function planFirstPhase(input: FirstPhaseInput): readonly ProbeJob[] {
  const { host } = input.destination;
  const cluster = input.clusterAddress;
  return [
    ...(host.kind === 'name' ? lookups('dns', host.name) : []),
    ...(input.proxy !== null && !isAddress(input.proxy.host) ? lookups('dns-proxy', input.proxy.host) : []),
    ...(cluster === null
      ? []
      : [
          {
            id: 'cluster',
            kind: 'tcp',
            layer: 'cluster',
            via: 'direct',
            address: cluster.address,
            port: cluster.port,
          } as const,
        ]),
  ];
}

/**
 * Plans one job for each address of the destination, and with a proxy a handshake with each of its addresses and the
 * request through it. The direct path is probed even with a proxy: it tells whether the proxy is what fails. Repeated
 * addresses are probed once.
 */
export function planSecondPhase(input: SecondPhaseInput, addresses: SecondPhaseAddresses): readonly ProbeJob[] {
  const { destination, proxy } = input;
  const direct = unique(addresses.destination).map((address, index) =>
    directJob(`direct-${index}`, destination, address),
  );
  if (proxy === null) return direct;
  const through = unique(addresses.proxy).flatMap((address, index): ProbeJob[] => [
    { id: `proxy-tcp-${index}`, kind: 'tcp', layer: 'tcp', via: 'proxy', address, port: proxy.port },
    ...throughProxy(`proxy-${index}`, destination, proxy, address),
  ]);
  return [...direct, ...through];
}

/** Addresses of a host that needs no resolver: itself when it is an address, else none. */
export function addressesOfLiteral(host: string): readonly string[] {
  return isAddress(host) ? [host] : [];
}

function lookups(id: string, name: string): ProbeJob[] {
  return [
    { id: `${id}-udp-a`, kind: 'dns', name, transport: 'UDP', record: 'A' },
    { id: `${id}-udp-aaaa`, kind: 'dns', name, transport: 'UDP', record: 'AAAA' },
    { id: `${id}-tcp-a`, kind: 'dns', name, transport: 'TCP', record: 'A' },
  ];
}

function directJob(id: string, destination: Destination, address: string): ProbeJob {
  const { port } = destination;
  if (destination.protocol === 'UDP') return { id, kind: 'udp', address, port };
  switch (destination.application) {
    case 'none':
      return { id, kind: 'tcp', layer: 'tcp', via: 'direct', address, port };
    case 'http':
    case 'https':
      return { id, kind: destination.application, address, port, host: hostText(destination), path: destination.path };
    default:
      return destination.application satisfies never;
  }
}

function throughProxy(id: string, destination: Destination, proxy: ProxyHost, proxyAddress: string): ProbeJob[] {
  const { application, port, path, protocol } = destination;
  if (application === 'none' || protocol === 'UDP') return [];
  return [{ id, kind: 'proxy', application, proxy, proxyAddress, host: hostText(destination), port, path }];
}

function hostText(destination: Destination): string {
  return destination.host.kind === 'name' ? destination.host.name : destination.host.address;
}

/** Reports whether a host is an address: digits and dots alone, or anything with a colon, which no name may hold. */
function isAddress(host: string): boolean {
  return /^[0-9.]+$/.test(host) || host.includes(':');
}

function unique(list: readonly string[]): readonly string[] {
  return [...new Set(list)];
}
