/** Which flows one question consists of: the connection, its name lookup, the comparison flows, the way to a proxy. */
import type { FlowPurpose, IpFamily, ResolvedHost, Target } from '../model.ts';
import type { ClusterState, FlowRequest } from '../policy/model.ts';

/** A flow to be judged, and what for. */
export type PurposedRequest = { readonly purpose: FlowPurpose; readonly request: FlowRequest };

/** What the flows of a question are made from. */
export type FlowsInput = {
  readonly target: Target;
  readonly host: ResolvedHost;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  /** What the pod asks its nameservers for; null: nothing (the destination is an address). */
  readonly lookup: string | null;
  readonly cluster: ClusterState;
  /** ns/name of the control pod; null: none ran. */
  readonly controlPod: string | null;
};

/**
 * Lists the flows to be judged. The lookup is a flow of its own, over UDP and TCP, to every nameserver of the pod's
 * resolv.conf (as read by a probe, else as its dnsPolicy says); none when those are not known.
 */
export function flowsOf(input: FlowsInput): readonly PurposedRequest[] {
  const from = `${input.target.namespace}/${input.target.pod}`;
  const to = destinationOf(input.host);
  const direct = (purpose: FlowPurpose, source: string): PurposedRequest => ({
    purpose,
    request: {
      from: source,
      to,
      port: input.port,
      protocol: input.protocol,
      icmpType: null,
      query: null,
      scope: 'both',
    },
  });
  const proxy = input.target.proxy.kind === 'set' ? input.target.proxy.uses : null;
  const flows: PurposedRequest[] = [
    direct('destination', from),
    ...lookups('dns', from, input),
    ...clusterFlow(from, input.cluster),
  ];
  if (proxy !== null) {
    flows.push({
      purpose: 'proxy',
      request: {
        from,
        to: nameOrAddress(proxy.host),
        port: proxy.port,
        protocol: 'TCP',
        icmpType: null,
        query: null,
        scope: 'both',
      },
    });
  }
  if (input.controlPod !== null) {
    flows.push(direct('control-destination', input.controlPod), ...lookups('control-dns', input.controlPod, input));
  }
  return flows;
}

/**
 * The nameservers that the pod asks: resolv.conf as read in the pod; else dnsConfig's; else, for ClusterFirst, the
 * addresses of the cluster DNS Service. Empty: not known. https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy
 */
function nameserversOf(target: Target, cluster: ClusterState): readonly string[] {
  if (target.dns.resolvConf !== null) return target.dns.resolvConf.nameservers;
  const configured = target.dns.config?.nameservers ?? [];
  const usesClusterDns =
    target.dns.policy === 'ClusterFirstWithHostNet' || (target.dns.policy === 'ClusterFirst' && !target.hostNetwork);
  return usesClusterDns ? [...clusterDnsAddresses(cluster), ...configured] : configured;
}

function clusterDnsAddresses(cluster: ClusterState): readonly string[] {
  for (const service of cluster.services.values()) {
    if (service.namespace !== 'kube-system' && service.namespace !== 'openshift-dns') continue;
    if (service.labels['k8s-app'] === 'kube-dns' || service.name === 'dns-default') return service.clusterAddresses;
  }
  return [];
}

function lookups(purpose: 'dns' | 'control-dns', from: string, input: FlowsInput): readonly PurposedRequest[] {
  const name = input.lookup;
  if (name === null) return [];
  return nameserversOf(input.target, input.cluster).flatMap(address =>
    (['UDP', 'TCP'] as const).map(protocol => ({
      purpose,
      request: {
        from,
        to: { kind: 'address' as const, address },
        port: 53,
        protocol,
        icmpType: null,
        query: name,
        scope: 'both' as const,
      },
    })),
  );
}

function clusterFlow(from: string, cluster: ClusterState): readonly PurposedRequest[] {
  const service = cluster.services.get('default/kubernetes');
  if (service === undefined) return [];
  const port = service.ports.find(each => each.name === 'https')?.port ?? service.ports[0]?.port ?? 443;
  return [
    {
      purpose: 'cluster',
      request: {
        from,
        to: { kind: 'service', service: 'default/kubernetes' },
        port,
        protocol: 'TCP',
        icmpType: null,
        query: null,
        scope: 'both',
      },
    },
  ];
}

function destinationOf(host: ResolvedHost): FlowRequest['to'] {
  switch (host.kind) {
    case 'address':
      return { kind: 'address', address: host.address };
    case 'service':
      return { kind: 'service', service: host.service };
    case 'name':
      return { kind: 'name', name: host.name };
    default:
      return host satisfies never;
  }
}

function nameOrAddress(host: string): FlowRequest['to'] {
  return isAddress(host) ? { kind: 'address', address: host } : { kind: 'name', name: host };
}

/** Reports whether `text` is an address rather than a name: only IPv6 has colons, only IPv4 ends in a number. */
function isAddress(text: string): boolean {
  return text.includes(':') || /(^|\.)\d+$/.test(text);
}

/** Families of the pod's own addresses; an address of another family cannot be reached, whatever the rules say. */
export function familiesOf(target: Target): ReadonlySet<IpFamily> {
  return new Set(target.addresses.map(address => (address.includes(':') ? 'IPv6' : 'IPv4')));
}
