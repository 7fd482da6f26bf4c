/**
 * The nouns of one diagnosis, in the order in which a question passes through them:
 * Question -> Target -> Observation | Prediction -> Verdict -> Fix -> Diagnosis.
 *
 * Three words mark how a fact is known and are never mixed: **observed** (a probe saw it), **predicted** (the rules say
 * it), **concluded** (the verdict). Everything is readonly and is plain JSON: no Map, no BigInt, no Date.
 */

/** Transport protocol of a flow. ICMP flows have no port. */
export type Protocol = 'TCP' | 'UDP' | 'SCTP' | 'ICMP';

/** Three-way answer of the rules. `unknown` always comes with the name of what was not evaluated. */
export type Decision = 'allow' | 'deny' | 'unknown';

/** An address is of exactly one family; neither is ever compared with the other. */
export type IpFamily = 'IPv4' | 'IPv6';

// ---------------------------------------------------------------- the question

/** The other end as the user typed it, after parsing: nothing is resolved yet. */
export type Destination = {
  /** Exactly what was typed. Hostile until escaped. */
  readonly text: string;
  readonly host: DestinationHost;
  /** 1 to 65535. */
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  /** What is spoken on top, which decides the layers that are probed: https = tcp, tls, http; http = tcp, http. */
  readonly application: 'https' | 'http' | 'none';
  /** Path and query for the HTTP request, starting with `/`. */
  readonly path: string;
};

/** The host of a destination: a name that still has to be resolved, or an address. */
export type DestinationHost =
  /** Lower-case ASCII (punycode), no trailing dot. Whether it is a Service is only known with a cluster: `ResolvedHost`. */
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'address'; readonly address: string; readonly family: IpFamily };

/** Which pod is meant: `billing-pod`, `payments/billing-pod`, `deploy/billing`, `app=billing,tier=api`. */
export type PodRequest = {
  readonly text: string;
  /** Absent: the caller's default namespace is tried first, then all of them. */
  readonly namespace: string | null;
  readonly by:
    | { readonly kind: 'pod'; readonly name: string }
    | { readonly kind: 'owner'; readonly ownerKind: OwnerKind; readonly name: string }
    | { readonly kind: 'selector'; readonly selector: string };
};

/** Kinds of workload that a pod may be asked for by. */
export type OwnerKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Job' | 'CronJob' | 'ReplicaSet';

/** Where is looked from: the pod itself, a control pod on its node, the node, or the bot's own host. */
export type Vantage = 'pod' | 'control' | 'node' | 'outside';

/** How the pod's own network namespace is entered. */
export type PodMethod = 'ephemeral-container' | 'twin-pod' | 'exec';

/** Everything that one diagnosis is asked, with every default filled in. */
export type Question = {
  readonly pod: PodRequest;
  readonly destination: Destination;
  /** Name of the kubeconfig context or configured cluster that answers. */
  readonly cluster: string;
  /** The context of a kubeconfig that leads there; null: none is known. Absent: the cluster's name is one. */
  readonly context?: string | null;
  readonly vantages: readonly Vantage[];
  /** Tried in this order until one works. */
  readonly podMethods: readonly PodMethod[];
  /** Milliseconds that one probe may take, from when the pods run. */
  readonly timeoutMs: number;
  /** How many replicas on other nodes are probed as well. */
  readonly siblings: number;
};

// ---------------------------------------------------------------- the target

/** What is known of the pod that was asked about. */
export type Target = {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly namespaceLabels: Readonly<Record<string, string>>;
  /** null: not scheduled. */
  readonly node: string | null;
  /** The topmost controller that could be read, e.g. Deployment payments/billing. */
  readonly owner: { readonly kind: string; readonly name: string } | null;
  readonly serviceAccount: string;
  readonly hostNetwork: boolean;
  readonly addresses: readonly string[];
  readonly state: PodState;
  readonly dns: PodDns;
  /** The container whose environment and tools count: the one that was asked for, else the first. */
  readonly container: string;
  readonly proxy: ProxySettings;
  /** Sidecars that change what a connect means, e.g. istio-proxy. */
  readonly sidecars: readonly string[];
  /** Other running pods with the same labels (pod-template-hash and the like left out). */
  readonly siblings: readonly { readonly pod: string; readonly node: string | null }[];
  /** Why this pod, when a workload or a selector was asked for: `one of 3 running pods of ...`. Absent: not recorded. */
  readonly choice?: string;
};

/** Whether the pod runs, and if it does not, why. */
export type PodState =
  | { readonly kind: 'running'; readonly ready: boolean }
  | {
      readonly kind: 'not-running';
      /** One of Pending, CrashLoopBackOff, Succeeded, Failed, Terminating, ... as Kubernetes words it. */
      readonly reason: string;
      readonly message: string;
    };

/** How the pod resolves names: what its spec says, and what its resolv.conf was seen to hold. */
export type PodDns = {
  readonly policy: string;
  /** dnsConfig as written in the pod, or null. */
  readonly config: {
    readonly nameservers: readonly string[];
    readonly searches: readonly string[];
    readonly options: readonly { readonly name: string; readonly value: string | null }[];
  } | null;
  /** The pod's resolv.conf as a probe read it; null: not read. */
  readonly resolvConf: {
    readonly nameservers: readonly string[];
    readonly searches: readonly string[];
    readonly ndots: number;
  } | null;
};

/** Proxy variables of the container. Credentials in a proxy URL are dropped at reading. */
export type ProxySettings =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'set';
      /** The proxy that this destination would use, by scheme and NO_PROXY; null: NO_PROXY exempts it or no variable fits. */
      readonly uses: {
        readonly variable: string;
        readonly host: string;
        readonly port: number;
        readonly scheme: 'http' | 'https' | 'socks5';
      } | null;
      readonly variables: Readonly<Record<string, string>>;
      /** Why NO_PROXY exempts the destination, or null. */
      readonly exemptedBy: string | null;
    }
  /** Variables come from a Secret or from something that could not be read. */
  | { readonly kind: 'unknown'; readonly why: string; readonly variables: Readonly<Record<string, string>> };

// ---------------------------------------------------------------- observed

/** The layers of one connection in the order in which they can fail; `cluster` is TCP to kubernetes.default. */
export type Layer = 'dns' | 'cluster' | 'tcp' | 'tls' | 'http';

/** One thing that one probe saw. */
export type Observation = {
  readonly vantage: Vantage;
  readonly layer: Layer;
  /** Straight to the destination, or through / to the pod's HTTP proxy. For dns and cluster: direct. */
  readonly via: 'direct' | 'proxy';
  /** tcp, tls, http, cluster: the address that was tried. dns: the nameserver, when it was named. */
  readonly address?: string;
  /** The port that was tried. */
  readonly port?: number;
  /** dns: the transport of the query. tcp layer of a UDP question: UDP. */
  readonly protocol: Protocol;
  /** dns: the name that was asked, e.g. `api.stripe.com`; `transport` and record families are in the outcome. */
  readonly name?: string;
  readonly outcome: Outcome;
  /** Milliseconds from the start of this layer's attempt to its outcome. */
  readonly ms: number;
  /** Set when a sibling replica was probed instead of the target (`--siblings`). */
  readonly sibling?: string;
};

/** Everything that a probe can see. A time-out is how a dropped SYN is noticed; it is no word of this model. */
export type Outcome =
  /** The handshake of this layer completed. `certificate` is null but on tls. */
  | { readonly kind: 'connected'; readonly certificate: CertificateFacts | null }
  /** A RST answered the SYN. */
  | { readonly kind: 'refused' }
  /** An ICMP error answered. `codes` are the ICMP codes that this errno stands for: one when the code itself was seen. */
  | { readonly kind: 'unreachable'; readonly errno: string; readonly codes: readonly number[] }
  /** No answer at all to the SYNs. */
  | { readonly kind: 'syn-dropped'; readonly waitedMs: number }
  /** The established connection was reset. */
  | { readonly kind: 'reset' }
  /** Accepted, then silence (`layer`: what was waited for); or UDP, where silence says nothing. */
  | { readonly kind: 'no-answer'; readonly layer: Layer; readonly waitedMs: number }
  /** The pod's own routing table has no way to this family or network (ENETUNREACH without a packet). */
  | { readonly kind: 'no-route' }
  /** Another local error, e.g. EPERM, EADDRNOTAVAIL. */
  | { readonly kind: 'local-error'; readonly errno: string }
  /** The resolver answered. NOERROR with addresses is success; `asked` is the name that got them (search path applied). */
  | {
      readonly kind: 'resolver-answered';
      readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'REFUSED' | 'SERVFAIL' | (string & {});
      readonly asked: string;
      readonly addresses: readonly string[];
    }
  /** NOERROR, and no address record of these families. */
  | { readonly kind: 'no-records'; readonly families: readonly IpFamily[] }
  | { readonly kind: 'resolver-timeout'; readonly waitedMs: number }
  | {
      readonly kind: 'tls-failed';
      readonly why: TlsFailure;
      readonly detail: string;
      readonly certificate: CertificateFacts | null;
    }
  | { readonly kind: 'http-status'; readonly status: number }
  | { readonly kind: 'not-run'; readonly why: string };

/** Why a TLS handshake or the check of its certificate failed. */
export type TlsFailure =
  | 'expired'
  | 'not-yet-valid'
  | 'wrong-name'
  | 'untrusted'
  | 'reset'
  | 'closed'
  | 'protocol'
  | 'other';

/** What the far end's certificate says of itself. */
export type CertificateFacts = {
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  /** As the tool printed it, ISO 8601 where it could be parsed; empty: not printed. */
  readonly notBefore: string;
  readonly notAfter: string;
};

/** How each vantage was looked from, or why it was not. */
export type VantageReport = {
  readonly vantage: Vantage;
  readonly status: 'probed' | 'not-run';
  /** pod: the method used. Others: null. */
  readonly method: PodMethod | null;
  /** Name of the pod (and container) that ran the probes; null when not run. */
  readonly ranIn: string | null;
  readonly why: string;
  /** Milliseconds until the pod or container ran; apart from the probes' own time. */
  readonly startupMs: number;
  /** Tools that the probe found and used, with version when printed. */
  readonly tools: readonly string[];
};

// ---------------------------------------------------------------- predicted

/** What the rules say of the question: all of its flows together. */
export type Prediction = {
  readonly decision: Decision;
  /** Deciding policies, `Kind ns/name` or `Kind name`. */
  readonly by: readonly string[];
  /** One sentence. */
  readonly why: string;
  readonly trace: readonly PolicyTrace[];
  readonly flows: readonly FlowPrediction[];
};

/** What a flow was judged for: the connection, its lookup, the proxy, or the control pod's own. */
export type FlowPurpose = 'destination' | 'dns' | 'cluster' | 'proxy' | 'control-destination' | 'control-dns';

/** What the rules say of one flow: one source, one address, one port. */
export type FlowPrediction = {
  readonly purpose: FlowPurpose;
  /** ns/name of the source pod. */
  readonly from: string;
  /** Where the packet goes: an address after service translation, or `pod:ns/name`. */
  readonly to: string;
  readonly address: string | null;
  readonly port: number | null;
  readonly protocol: Protocol;
  readonly decision: Decision;
  readonly by: readonly string[];
  /** Which side drops: the source's egress rules, the destination pod's ingress rules; null when nothing does. */
  readonly side: 'egress' | 'ingress' | null;
  readonly why: string;
  readonly trace: readonly PolicyTrace[];
  /** What kept the decision from being known; empty unless `unknown`. */
  readonly unknowns: readonly string[];
  /** What the evaluation took for granted, e.g. "the pod has looked the name up before". */
  readonly assumptions: readonly string[];
};

/** One policy's part in a decision. */
export type PolicyTrace = {
  /** `Kind ns/name`. */
  readonly policy: string;
  readonly tier: string;
  readonly side: 'egress' | 'ingress';
  readonly selects: 'yes' | 'no' | 'unknown';
  /** Why it selects the pod or not, naming the labels. */
  readonly why: string;
  /** What the policy says of this flow. `none`: it selects the pod, and none of its rules match. */
  readonly effect: 'accept' | 'deny' | 'pass' | 'none' | 'unknown' | 'not-selected';
  /** True for the policies that decided. */
  readonly decides: boolean;
  readonly rules: readonly RuleTrace[];
};

/** One rule's part in a decision: whether it matched, and which field failed. */
export type RuleTrace = {
  /** 0-based, as in the object. */
  readonly index: number;
  readonly name: string | null;
  readonly action: 'accept' | 'deny' | 'pass' | 'log';
  readonly match: 'yes' | 'no' | 'unknown';
  /** Which field failed or what matched, e.g. "ports do not match: 443/TCP is not in [80/TCP]". */
  readonly why: string;
  /** Fields that matched before the first that failed: the nearest miss has the most. */
  readonly fieldsMatched: number;
};

/** One policy API of the cluster and whether it was evaluated. */
export type CoverageEntry = {
  /** `Kind.group`, e.g. `CiliumNetworkPolicy.cilium.io`; `NetworkPolicy.networking.k8s.io`. */
  readonly kind: string;
  readonly status: 'evaluated' | 'absent' | 'forbidden' | 'unsupported' | 'never-decides' | 'not-enforced';
  /** Objects found; null: could not be listed. */
  readonly objects: number | null;
  /** The field or object that is unsupported, the RBAC line to add, ... Required unless evaluated or absent. */
  readonly why?: string;
};

/** An object that could not be read as its API says, and what that means. */
export type Problem = {
  /** `Kind ns/name`, or `Kind (no name)`. */
  readonly object: string;
  readonly why: string;
};

/** What enforces policies here. */
export type Engine = {
  readonly name:
    | 'cilium'
    | 'calico'
    | 'antrea'
    | 'ovn-kubernetes'
    | 'aws-vpc-cni'
    | 'azure-npm'
    | 'gke-dataplane-v2'
    | 'kube-router'
    | 'none'
    | 'unknown';
  /** x.y.z; null: not known. */
  readonly version: string | null;
  /** How it was found out: image of which DaemonSet, `--engine`, the case file. */
  readonly evidence: string;
};

// ---------------------------------------------------------------- concluded

/** Stable and public; the text of each lives in templates/verdict/. */
export const VERDICT_CODES = [
  'reachable',
  'denied-by-policy',
  'dns-denied-by-policy',
  'partly-denied',
  'partly-reachable',
  'fqdn-not-learned',
  'name-not-resolved',
  'no-common-address-family',
  'refused-by-host',
  'blocked-beyond-node',
  'denied-by-cloud',
  'source-not-allowlisted',
  'tls-failed',
  'proxy-misconfigured',
  'denied-by-mesh',
  'dropped-unexplained',
  'policy-not-enforced',
  'pod-not-running',
  'not-known',
] as const;
/** One of `VERDICT_CODES`. */
export type VerdictCode = (typeof VERDICT_CODES)[number];

/** confirmed: observed and predicted agree. observed, predicted: only that one is known, or they differ. */
export type Confidence = 'confirmed' | 'observed' | 'predicted';

/** The one cause that is concluded, and the symptoms that it explains away. */
export type Verdict = {
  readonly code: VerdictCode;
  /** null exactly for `not-known`. */
  readonly confidence: Confidence | null;
  readonly cause: Cause;
  /** Symptoms that this one cause accounts for, one sentence each. */
  readonly explains: readonly string[];
  /** Findings beside the cause: disagreements, what will still fail after the fix, what was assumed. */
  readonly findings: readonly Finding[];
};

/** What broke, at which layer, and which policies did it. */
export type Cause = {
  /** One line: what broke, where. */
  readonly summary: string;
  readonly layer: Layer | null;
  /** Deciding policies, `Kind ns/name`. Empty when no policy is the cause. */
  readonly policies: readonly CulpritPolicy[];
  /** The article's first question: is everything cut or only what is outside the cluster? */
  readonly scope: 'everything' | 'external only' | 'this destination only' | 'not checked' | 'nothing';
  readonly side: 'egress' | 'ingress' | null;
};

/** A policy that decided against the flow, with what somebody needs to talk to its owner. */
export type CulpritPolicy = {
  readonly policy: string;
  /** What in it decides, e.g. "has no egress rules". */
  readonly rule: string;
  /** What else it cuts for this pod. Each is null when that flow was not judged. */
  readonly cuts: {
    readonly dns: boolean | null;
    readonly inCluster: boolean | null;
    readonly internet: boolean | null;
  };
  /** How many pods of the cluster it selects; null: pods could not be listed. */
  readonly selectsPods: number | null;
  /** ISO 8601; null: not recorded. */
  readonly createdAt: string | null;
  readonly changedAt: string | null;
  /** Manager of the last change (managedFields) and GitOps owner marks, e.g. "kubectl-client-side-apply", "Argo CD app payments". */
  readonly managedBy: readonly string[];
};

/** Something beside the cause that the reader has to know, in one sentence. */
export type Finding = {
  readonly kind:
    | 'observed-differs-from-predicted'
    | 'still-fails-after-fix'
    | 'control-is-no-control'
    | 'vantage-differs'
    | 'sibling-differs'
    | 'proxy'
    | 'sidecar'
    | 'host-network'
    | 'no-answer'
    | 'status'
    | 'policy-changed'
    | 'tcp-dns'
    | 'assumption'
    | 'other';
  readonly text: string;
};

// ---------------------------------------------------------------- fix and proof

/** The smallest change that flips the verdict, with its proof. Nobody applies it but a person. */
export type Fix = {
  /** Kubernetes objects, ready for `kubectl apply`, plain JSON. */
  readonly manifests: readonly Readonly<Record<string, unknown>>[];
  /** One sentence: what it does and why this kind. */
  readonly summary: string;
  /** Which kind was chosen and why no stricter one. */
  readonly kind: string;
  /** Everything that becomes allowed. */
  readonly newlyAllowed: readonly FlowSet[];
  readonly proof: Proof;
  /** Of the manifests, those that change a policy which exists; absent when all are new. */
  readonly changes?: readonly ChangedPolicy[];
};

/** A policy that the fix changes, because an allow beside it would not help. */
export type ChangedPolicy = {
  /** `Kind ns/name`. */
  readonly policy: string;
  /** Who owns it: GitOps application, Helm release, the manager of its last change. */
  readonly managedBy: readonly string[];
  /** Its YAML before and after, as `-` and `+` lines. */
  readonly diff: string;
};

/** A set of flows: every pod in it to every destination in it on every port in it. Exact. */
export type FlowSet = {
  /** ns/name. */
  readonly pods: readonly string[];
  /** Address ranges `first-last` or CIDR, or `pod:ns/name`. */
  readonly destinations: readonly string[];
  /** e.g. `443/TCP`, `1-65535/UDP`. */
  readonly ports: readonly string[];
};

/** What shows that the fix does what it says, and nothing worse. */
export type Proof = {
  readonly before: Decision;
  readonly after: Decision;
  /** Must be empty. */
  readonly newlyDenied: readonly FlowSet[];
  readonly serverDryRun:
    | { readonly kind: 'accepted' }
    | { readonly kind: 'refused'; readonly why: string }
    | { readonly kind: 'skipped'; readonly why: string };
  /** `--verify`: the same probes after somebody applied it. */
  readonly verified:
    | { readonly kind: 'not-asked' }
    | { readonly kind: 'reachable' }
    | { readonly kind: 'still-failing'; readonly code: VerdictCode };
};

// ---------------------------------------------------------------- the answer

/** Something that was not looked at, and why. */
export type NotLookedAt = { readonly what: string; readonly why: string };

/** The whole answer: `--output json` prints this one object. */
export type Diagnosis = {
  readonly schema: 'egress/v1';
  readonly question: Question;
  readonly target: Target;
  readonly destination: {
    readonly text: string;
    readonly port: number;
    readonly protocol: 'TCP' | 'UDP';
    readonly host: ResolvedHost;
  };
  readonly engine: Engine;
  readonly vantages: readonly VantageReport[];
  readonly observations: readonly Observation[];
  readonly prediction: Prediction;
  readonly coverage: readonly CoverageEntry[];
  readonly problems: readonly Problem[];
  readonly verdict: Verdict;
  readonly fix: Fix | null;
  /** Why there is no fix, or null when there is one or none is needed. */
  readonly noFixBecause: string | null;
  readonly notLookedAt: readonly NotLookedAt[];
  /** The exact kubectl commands that check this by hand. */
  readonly byHand: readonly { readonly what: string; readonly command: string }[];
  /** Milliseconds; start-up of pods is apart. */
  readonly timing: { readonly totalMs: number; readonly startupMs: number; readonly probesMs: number };
  /** ISO 8601. */
  readonly askedAt: string;
};

/** The destination once the cluster and the resolver were asked. */
export type ResolvedHost =
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'service'; readonly service: string; readonly addresses: readonly string[] }
  | {
      readonly kind: 'name';
      readonly name: string;
      readonly addresses: readonly string[];
      /** Whose resolver gave them. `none`: nobody's did. */
      readonly resolvedBy: Vantage | 'given' | 'none';
    };
