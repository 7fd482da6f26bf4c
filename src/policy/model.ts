/**
 * The one model that every rule kind is read into: layers of ordered tiers of policies of rules. Readers
 * (`networkpolicy.ts`, `cilium.ts`, ...) produce it, `evaluate.ts` walks it, nothing else knows a rule kind.
 *
 *     RuleBook   conjunction of layers: every layer must let the flow pass
 *     Layer      ordered tiers; the first tier that decides, decides; none: allowed
 *     Tier       policies, and how they are combined
 *     Policy     subject (which pods), rules for egress and for ingress
 *     Rule       action, and fields that must all match
 *     Field      a name for the trace ("to", "ports") and terms of which one must match (none may, when negated)
 *     Term       the smallest thing that matches a flow or not, three-valued
 */
import type { CoverageEntry, Decision, Engine, Problem, Protocol } from '../model.ts';

// ---------------------------------------------------------------- selectors

/** A boolean expression over labels. An absent key satisfies `not(in)`; it never satisfies `has` or `in`. */
export type Expression =
  | { readonly op: 'true' }
  | { readonly op: 'all'; readonly of: readonly Expression[] }
  | { readonly op: 'any'; readonly of: readonly Expression[] }
  | { readonly op: 'not'; readonly of: Expression }
  | { readonly op: 'has'; readonly key: string }
  | { readonly op: 'in'; readonly key: string; readonly values: readonly string[] }
  | {
      readonly op: 'text';
      readonly key: string;
      readonly test: 'starts-with' | 'ends-with' | 'contains';
      readonly value: string;
    }
  /** A part that could not be read: matches `unknown`. */
  | { readonly op: 'unreadable'; readonly why: string };

/**
 * Labels seen through an engine's eyes: `kubernetes` = the object's own labels; `calico` adds `projectcalico.org/*`,
 * `pcns.*` and `pcsa.*`; `cilium` has keys with a source (`k8s:app`, `reserved:host`) and the namespace's labels.
 */
export type LabelView = 'kubernetes' | 'calico' | 'cilium';

/** An expression, and the labels that it looks at. */
export type Selector = { readonly view: LabelView; readonly expression: Expression };

/** Which namespaces: `own` is the policy's. */
export type NamespaceScope =
  | { readonly kind: 'named'; readonly names: readonly string[] }
  | { readonly kind: 'all' }
  | { readonly kind: 'selected'; readonly selector: Selector }
  /** No pods at all, e.g. a policy for host endpoints. */
  | { readonly kind: 'none'; readonly why: string };

// ---------------------------------------------------------------- addresses

/** Inclusive ends. IPv4 and IPv6 are never compared with one another. */
export type AddressRange = {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint /** As written. */;
  readonly text: string;
};

// ---------------------------------------------------------------- terms

/** The smallest condition. `why` texts are made by the matcher of each kind. */
export type Term = PeerTerm | PortTerm;

/** A condition on the other end of a flow. */
export type PeerTerm =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'nobody'; readonly why: string }
  /** Pods by labels. `hostNetwork`: whether pods that use their node's address count (`unspecified`: left to the engine). */
  | {
      readonly kind: 'pods';
      readonly namespaces: NamespaceScope;
      readonly pods: Selector;
      readonly hostNetwork: 'included' | 'excluded' | 'unspecified';
      /** Text of the peer for the trace, e.g. "pods app=web in namespaces team=pay". */
      readonly text: string;
    }
  /**
   * Addresses. `over` says what it means for an address of a pod or node of this cluster: `every-address`: matches like
   * any other; `outside-only`: never matches; `left-to-engine`: unknown (the API leaves it open); `other-nodes`: nodes match,
   * but whether the subject's own does is unknown.
   */
  | {
      readonly kind: 'ipBlock';
      readonly range: AddressRange;
      readonly except: readonly AddressRange[];
      readonly overPods: 'every-address' | 'outside-only' | 'left-to-engine';
      readonly overNodes: 'every-address' | 'outside-only' | 'left-to-engine' | 'other-nodes';
    }
  | { readonly kind: 'nodes'; readonly selector: Selector }
  /** The node that the subject runs on. `answer` is what the engine makes of it. */
  | { readonly kind: 'own-node'; readonly answer: 'yes' | 'unknown'; readonly why: string }
  /** A domain name or pattern; matching is the engine's (`dialect`). `learned` states which lookups feed it. */
  | {
      readonly kind: 'fqdn';
      readonly name: string | null;
      readonly pattern: string | null;
      readonly dialect:
        | 'cilium'
        | 'calico'
        | 'cluster-network-policy'
        | 'antrea'
        | 'gke'
        | 'eks'
        | 'openshift'
        | 'istio';
    }
  /** Cilium entities, by Cilium's names. */
  | { readonly kind: 'entity'; readonly name: string }
  /** A Service by namespace and name, before or after translation (`sees`). */
  | {
      readonly kind: 'services';
      readonly services: readonly { readonly namespace: string; readonly name: string }[];
      readonly selector: Selector | null;
      readonly note: string | null;
    }
  /** A set of conditions that must all hold within one peer, e.g. Calico's selector AND nets. */
  | { readonly kind: 'all-of'; readonly terms: readonly PeerTerm[]; readonly text: string }
  | { readonly kind: 'none-of'; readonly terms: readonly PeerTerm[]; readonly text: string }
  /** Endpoints of Services by address, as Cilium's toServices takes them. `withSelector`: what Services with a selector give. */
  | {
      readonly kind: 'service-endpoints';
      readonly services: readonly {
        /** null: any namespace. */
        readonly namespace: string | null;
        /** null: chosen by `selector`. */
        readonly name: string | null;
        readonly selector: Selector | null;
      }[];
      readonly withSelector: 'nothing' | 'left-to-engine';
    }
  /** Holds only for subjects that another policy selects as well (Cilium's toRequires): `then` must match for those. */
  | {
      readonly kind: 'where-subject';
      readonly namespaces: NamespaceScope;
      readonly pods: Selector;
      readonly then: PeerTerm;
      readonly text: string;
    }
  /** A condition on the packet's other end: the subject itself (Calico's `source` in an egress rule). */
  | { readonly kind: 'own-side'; readonly of: PeerTerm }
  /** A named list of addresses and names that a selector chose (Calico's NetworkSet): one of `members` must match. */
  | {
      readonly kind: 'network-set';
      /** `GlobalNetworkSet partners`. */
      readonly name: string;
      /** null: belongs to no namespace. */
      readonly namespace: string | null;
      readonly labels: Readonly<Record<string, string>>;
      readonly namespaces: NamespaceScope;
      readonly selector: Selector;
      readonly members: readonly PeerTerm[];
    }
  /** The addresses behind one Service, each on its own port where `withPorts`, pods among them (Calico's `services`). */
  | {
      readonly kind: 'service-backends';
      readonly namespace: string;
      readonly name: string;
      readonly withPorts: boolean;
    }
  /** Pods of the subject's namespace; with labels: of namespaces that have the same values of these. */
  | { readonly kind: 'same-namespace'; readonly labels: readonly string[] | null }
  /** Connections that the pod makes past its mesh proxy (UDP, what its annotations exclude). */
  | { readonly kind: 'past-proxy' }
  /** Services of the cluster that a mesh proxy in `namespace` knows; `hosts`: what its Sidecar imports, null: everything. */
  | {
      readonly kind: 'mesh-services';
      readonly namespace: string;
      readonly hosts:
        | readonly { readonly namespace: string; readonly host: string; readonly open: string | null }[]
        | null;
      /** What a Service that says nothing is exported to. */
      readonly exportTo: readonly string[];
    }
  /** Could not be read: unknown, with its problem. */
  | { readonly kind: 'unreadable'; readonly why: string };

/** A condition on port, protocol, ICMP type or the name that a DNS query asks. */
export type PortTerm =
  /** `protocol` 'any' and a range. SCTP/TCP/UDP. Empty range (first > last) matches nothing. */
  | { readonly kind: 'ports'; readonly protocol: Protocol | 'any'; readonly first: number; readonly last: number }
  /** A named port: resolved on the destination pod (`each-pod`) or once for the whole cluster (`cluster-wide`, Cilium 1.15). */
  | {
      readonly kind: 'named-port';
      readonly protocol: Protocol | 'any';
      readonly name: string;
      readonly resolved: 'each-pod' | 'cluster-wide' | 'left-to-engine';
    }
  /** Flows of this protocol and range match or not, as the engine likes: unknown. ICMP has no range. */
  | {
      readonly kind: 'left-to-engine';
      readonly protocol: Protocol;
      readonly first: number;
      readonly last: number;
      readonly why: string;
    }
  | { readonly kind: 'protocol'; readonly protocol: Protocol | 'any' | (string & {}) }
  | { readonly kind: 'icmp'; readonly family: 4 | 6 | null; readonly type: number | null; readonly code: number | null }
  /** A DNS query for one of these names (L7). `patterns` are in Cilium's pattern language. */
  | { readonly kind: 'dns-query'; readonly names: readonly string[]; readonly patterns: readonly string[] }
  | { readonly kind: 'everything' }
  | { readonly kind: 'nothing'; readonly why: string }
  | { readonly kind: 'unreadable'; readonly why: string };

// ---------------------------------------------------------------- rules and policies

/** What a matching rule does. `pass` leaves the tier and is no allow; `log` decides nothing. */
export type Action = 'accept' | 'deny' | 'pass' | 'log';

/** `anyOf` absent is expressed by `[{kind:'everyone'}]` or `[{kind:'everything'}]`; empty matches nothing. */
export type Field = {
  /** The word of the API: `to`, `from`, `ports`, `notNets`, `toCIDRSet`, ... */
  readonly name: string;
  readonly negated: boolean;
  readonly anyOf: readonly Term[];
};

/** One rule as its object has it: an action, and fields that must all match. */
export type Rule = {
  /** 0-based, as in the object. */
  readonly index: number;
  readonly name: string | null;
  readonly action: Action;
  /** All must match. An empty list matches every flow. */
  readonly fields: readonly Field[];
  /** Facts to be told when this rule decides, e.g. "HTTP requests may still be refused by its L7 rules". */
  readonly notes: readonly string[];
  /** Not written in the object: what its API or engine adds. Left out of the trace unless it matches. */
  readonly implied?: true;
};

/** The difference between absent and empty is kept: absent = this policy says nothing of that direction. */
export type RuleList = 'absent' | readonly Rule[];

/** Names a policy; namespace null: cluster-scoped. */
export type PolicyRef = { readonly kind: string; readonly namespace: string | null; readonly name: string };

/** The pods that a policy applies to. */
export type Subject = {
  readonly namespaces: NamespaceScope;
  readonly pods: Selector;
  /** Calico serviceAccountSelector; null: any. */
  readonly serviceAccounts: Selector | null;
  /** Whether the policy applies to pods that use their node's network. */
  readonly hostNetwork: 'applies' | 'does-not-apply' | 'left-to-engine';
  /** Only pods whose connections go through such a mesh proxy; absent: any pod. */
  readonly proxy?: 'sidecar' | 'ambient';
  /** Only pods that use their node's network. */
  readonly onlyHostNetwork?: true;
  /** Whether the policy applies to pods that nothing owns; absent: it does. */
  readonly standalone?: 'left-to-engine';
};

/** One policy of any kind. */
export type Policy = {
  readonly ref: PolicyRef;
  readonly subject: Subject;
  /** Whether selection alone makes the tier's default (deny) count, by direction. */
  readonly isolates: { readonly egress: boolean; readonly ingress: boolean };
  readonly egress: RuleList;
  readonly ingress: RuleList;
  /** What could not be read in it. Named in every answer in which the policy takes part. */
  readonly problems: readonly string[];
  /** Facts of the object for the report. */
  readonly meta: PolicyMeta;
  /** No object of the cluster: what its engine does by itself. Left out of the trace unless one of its rules matches. */
  readonly implied?: true;
  /**
   * Where it is not known which of the policies of one order in its tier is asked first: that order, and its name in
   * each of the ways in which they may be sorted. Absent: the order of the tier's `policies` holds.
   */
  readonly turn?: { readonly order: number; readonly ties: readonly string[] };
};

/** Who made and changed a policy, and when; ISO 8601. null: not recorded. */
export type PolicyMeta = {
  readonly createdAt: string | null;
  readonly changedAt: string | null;
  readonly managedBy: readonly string[];
  readonly resourceVersion: string | null;
};

/**
 * How the policies of a tier are combined:
 * - `union`: a matching accept of any policy accepts; a matching deny of any policy denies first (Cilium); else deny when
 *   a selecting policy isolates, else pass on. NetworkPolicy has no deny rules, so the order does not matter to it.
 * - `first-match`: policies in the given order, rules in order; the first match acts; `pass` leaves the tier; none:
 *   `endOfTier`.
 */
export type Tier = {
  readonly name: string;
  readonly combine: 'union' | 'first-match';
  /** first-match: what happens to a flow of a pod that a policy of this tier selects and no rule matches. */
  readonly endOfTier: 'pass' | 'deny';
  /** Sorted in the order of evaluation. */
  readonly policies: readonly Policy[];
};

/** One of the rule systems that all have to let a flow pass. */
export type Layer = {
  /** `network policy`, `egress firewall`, `mesh`, `cloud`. */
  readonly name: string;
  readonly tiers: readonly Tier[];
};

/** All rules of a cluster, and what is not in them. */
export type RuleBook = {
  readonly engine: Engine;
  readonly layers: readonly Layer[];
  /** The layers as they would be if every staged policy were enforced; absent: nothing is staged. */
  readonly rehearsal?: readonly Layer[];
  /** Ledger: every policy API that was seen, and whether it is part of `layers`. */
  readonly coverage: readonly CoverageEntry[];
  /** Objects that could not be read as their API says. */
  readonly problems: readonly Problem[];
  /**
   * Objects that could decide and are not in `layers` (unsupported kind, unknown version, forbidden list). Any of them
   * turns decisions into `unknown` (see `effect`). `namespaces` narrows it where the object tells.
   */
  readonly blindSpots: readonly BlindSpot[];
};

/** An object that could decide a flow and was not evaluated. */
export type BlindSpot = {
  readonly object: string;
  readonly why: string;
  /** Namespaces whose pods it can touch; 'all' when it cannot be told. */
  readonly namespaces: 'all' | readonly string[];
  /**
   * `may-deny`: a layer of its own (egress firewall, mesh): what other layers deny stays denied. `may-decide`: it could
   * also accept what other policies of its layer deny, so that neither answer is certain.
   */
  readonly effect: 'may-deny' | 'may-decide';
  /** The only side of a flow on which it can deny; absent: either. */
  readonly side?: 'ingress';
  /** The only destination that it can touch: an address, or a Service (ns/name) that is asked; absent: any. */
  readonly towards?: { readonly address: string } | { readonly service: string };
};

// ---------------------------------------------------------------- the cluster

/** A pod as policies see it. */
export type ClusterPod = {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  readonly node: string | null;
  readonly hostNetwork: boolean;
  readonly addresses: readonly string[];
  /** Declared container ports that have a name; `sidecar`: of an init container that stays. */
  readonly ports: readonly {
    readonly name: string;
    readonly port: number;
    readonly protocol: Protocol;
    readonly sidecar?: true;
  }[];
  /** Succeeded or Failed: its address is free again, and policies do not see it. */
  readonly finished: boolean;
  readonly annotations: Readonly<Record<string, string>>;
  /** Names; init containers that stay are among them. */
  readonly containers: readonly string[];
  /** A cluster made it, and nothing owns it. */
  readonly standalone?: true;
};

/** A node as policies see it. */
export type ClusterNode = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
  readonly podCidrs: readonly AddressRange[];
};

/** A Service with its endpoints, for the translation of its addresses. */
export type ClusterService = {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly type: string;
  readonly clusterAddresses: readonly string[];
  /** ExternalName, else null. */
  readonly externalName: string | null;
  readonly hasSelector: boolean;
  /** Namespaces whose mesh proxies know it (annotation `networking.istio.io/exportTo`: `*`, `.`, `~`); absent: the mesh's default. */
  readonly exportTo?: readonly string[];
  readonly ports: readonly {
    readonly name: string;
    readonly port: number;
    readonly targetPort: number | string;
    readonly protocol: Protocol;
  }[];
  /** From its EndpointSlices. `pod` is ns/name when the slice names one. */
  readonly endpoints: readonly {
    readonly address: string;
    readonly pod: string | null;
    readonly ready: boolean;
    readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: Protocol }[];
  }[];
};

/** The cluster as the evaluator sees it: indexed once, then only read. */
export type ClusterState = {
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly serviceAccounts: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly pods: ReadonlyMap<string, ClusterPod>;
  readonly podsByAddress: ReadonlyMap<string, ClusterPod>;
  readonly nodes: ReadonlyMap<string, ClusterNode>;
  readonly nodesByAddress: ReadonlyMap<string, ClusterNode>;
  readonly services: ReadonlyMap<string, ClusterService>;
  readonly servicesByAddress: ReadonlyMap<string, ClusterService>;
  /** Names and what the pod's resolver answered for them. Lower case, no trailing dot. */
  readonly dns: ReadonlyMap<string, readonly string[]>;
  /** Names and the pods (ns/name) that looked them up; null: of other pods' lookups nothing is known. */
  readonly lookups: ReadonlyMap<string, ReadonlySet<string>> | null;
  /** What Cilium calls the cluster, which is a label of every pod; absent: not read. */
  readonly clusterName?: string;
  /** Which labels Cilium is set to make identities of; absent: as by default, or not read. */
  readonly identitySetting?: IdentitySetting;
};

/** Cilium's patterns of labels, as they are written in its ConfigMap; `fromFile`: more of them are in a file that nobody read. */
export type IdentitySetting = { readonly patterns: readonly string[]; readonly fromFile: boolean };

// ---------------------------------------------------------------- flows

/** A flow as it is asked: names and Services are not yet translated. */
export type FlowRequest = {
  /** ns/name of the source pod. */
  readonly from: string;
  readonly to:
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'address'; readonly address: string }
    | { readonly kind: 'pod'; readonly pod: string }
    | { readonly kind: 'service'; readonly service: string };
  /** null for ICMP. */
  readonly port: number | null;
  readonly protocol: Protocol;
  readonly icmpType: number | null;
  /** The name that a DNS query asks; null: no DNS query, or unknown. */
  readonly query: string | null;
  /** Judge the source's side alone (`scope: egress`). */
  readonly scope: 'both' | 'egress';
};

/** One packet's way after translation: what the matchers see. */
export type Flow = {
  readonly source: ClusterPod;
  readonly destination: FlowEnd;
  readonly port: number | null;
  readonly protocol: Protocol;
  readonly icmpType: number | null;
  readonly query: string | null;
  /** The Service whose address was asked, before translation; null: none. */
  readonly service: {
    readonly namespace: string;
    readonly name: string;
    readonly address: string;
    readonly port: number | null;
  } | null;
};

/** The far end of a packet, with everything that a rule may name it by. */
export type FlowEnd = {
  /** Canonical text; null for a pod without an address, and (with `pod` null) for a name that could not be resolved. */
  readonly address: string | null;
  readonly family: 4 | 6;
  readonly value: bigint;
  /** The pod that has this address and is no hostNetwork pod; null: none. */
  readonly pod: ClusterPod | null;
  readonly node: ClusterNode | null;
  /** Names by which the source may know this address (from `dns`). */
  readonly names: readonly string[];
};

/** A matcher's answer: reason and match leave together. */
export type Match = { readonly match: 'yes' | 'no' | 'unknown'; readonly why: string };

/** One side's answer, before both are joined. */
export type SideDecision = { readonly decision: Decision; readonly by: readonly string[]; readonly why: string };
