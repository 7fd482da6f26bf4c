/** Specs of Kubernetes NetworkPolicy: from who, to whom and which ports, to what `kubectl apply` takes. */
import { type LabelSelector, selectorManifest } from './fix-workload.ts';

/** A peer of a proposed NetworkPolicy. */
export type AllowedPeer =
  | { readonly kind: 'pods'; readonly namespace: string; readonly selector: LabelSelector }
  | { readonly kind: 'ipBlock'; readonly cidr: string; readonly except: readonly string[] };

/** A port of a proposed NetworkPolicy. */
export type AllowedPort = { readonly protocol: 'TCP' | 'UDP' | 'SCTP'; readonly port: number };

/** Every port to every peer. */
export type Allowance = { readonly peers: readonly AllowedPeer[]; readonly ports: readonly AllowedPort[] };

/** What a proposed NetworkPolicy says, before it is written in the API's words. */
export type NetworkPolicyDraft = {
  readonly namespace: string;
  readonly side: 'egress' | 'ingress';
  readonly subject: LabelSelector;
  readonly allowances: readonly Allowance[];
};

/** Every namespace has this label by itself since Kubernetes 1.22. https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-metadata-name */
const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

/** Writes the spec. policyTypes names one side only: the other stays as it is. */
export function networkPolicySpec(draft: NetworkPolicyDraft): Readonly<Record<string, unknown>> {
  const isEgress = draft.side === 'egress';
  const rules = draft.allowances.map(allowance => ({
    [isEgress ? 'to' : 'from']: allowance.peers.map(peer => peerManifest(peer, draft.namespace)),
    ports: allowance.ports.map(each => ({ protocol: each.protocol, port: each.port })),
  }));
  return {
    podSelector: selectorManifest(draft.subject),
    policyTypes: [isEgress ? 'Egress' : 'Ingress'],
    [draft.side]: rules,
  };
}

/** Puts peers with the same ports into one allowance, and drops what is said twice. The order of first mention stays. */
export function joinAllowances(allowances: readonly Allowance[]): readonly Allowance[] {
  const byPeer = new Map<string, { readonly peer: AllowedPeer; readonly ports: Map<string, AllowedPort> }>();
  for (const { peer, port } of allowances.flatMap(each =>
    each.peers.flatMap(peer => each.ports.map(port => ({ peer, port }))),
  )) {
    const key = JSON.stringify(peer);
    const entry = byPeer.get(key) ?? { peer, ports: new Map<string, AllowedPort>() };
    byPeer.set(key, entry);
    entry.ports.set(`${port.protocol}/${port.port}`, port);
  }
  const byPorts = new Map<string, { readonly peers: AllowedPeer[]; readonly ports: readonly AllowedPort[] }>();
  for (const { peer, ports } of byPeer.values()) {
    const key = JSON.stringify([...ports.keys()].toSorted((a, b) => (a < b ? -1 : 1)));
    const entry = byPorts.get(key) ?? { peers: [], ports: [...ports.values()] };
    byPorts.set(key, entry);
    entry.peers.push(peer);
  }
  return [...byPorts.values()];
}

function peerManifest(peer: AllowedPeer, ownNamespace: string): Readonly<Record<string, unknown>> {
  switch (peer.kind) {
    case 'ipBlock':
      return { ipBlock: { cidr: peer.cidr, ...(peer.except.length > 0 && { except: peer.except }) } };
    case 'pods':
      return {
        // Without a namespaceSelector the policy's own namespace is meant.
        ...(peer.namespace !== ownNamespace && {
          namespaceSelector: { matchLabels: { [NAMESPACE_NAME]: peer.namespace } },
        }),
        podSelector: selectorManifest(peer.selector),
      };
    default:
      return peer satisfies never;
  }
}
