/**
 * Which of the APIs that a cluster serves can decide about a flow: a table of those that are known, and a rule for the
 * rest (a kind that ends like a policy may decide, whoever made it, so that it is found and named). Pure.
 */

/** One kind that the cluster serves, in the version that it prefers. */
export type ServedKind = {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly listable: boolean;
};

/** Kinds that decide, or that policies refer to (sets, groups, tiers), by API group. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  'networking.k8s.io': ['NetworkPolicy'],
  'policy.networking.k8s.io': ['AdminNetworkPolicy', 'BaselineAdminNetworkPolicy', 'ClusterNetworkPolicy'],
  'cilium.io': [
    'CiliumNetworkPolicy',
    'CiliumClusterwideNetworkPolicy',
    'CiliumCIDRGroup',
    'CiliumEgressGatewayPolicy',
    'CiliumLocalRedirectPolicy',
  ],
  'projectcalico.org': [
    'NetworkPolicy',
    'GlobalNetworkPolicy',
    'StagedNetworkPolicy',
    'StagedGlobalNetworkPolicy',
    'StagedKubernetesNetworkPolicy',
    'Tier',
    'NetworkSet',
    'GlobalNetworkSet',
    'HostEndpoint',
    'Profile',
  ],
  'crd.antrea.io': ['NetworkPolicy', 'ClusterNetworkPolicy', 'Tier', 'ClusterGroup', 'Group'],
  'networking.istio.io': ['Sidecar', 'ServiceEntry'],
  'security.istio.io': ['AuthorizationPolicy', 'PeerAuthentication'],
  'policy.linkerd.io': ['EgressNetwork', 'Server'],
  'k8s.ovn.org': ['EgressFirewall', 'UserDefinedNetwork', 'ClusterUserDefinedNetwork'],
  'network.openshift.io': ['EgressNetworkPolicy'],
  'networking.gke.io': ['FQDNNetworkPolicy'],
  'networking.k8s.aws': ['ApplicationNetworkPolicy', 'ClusterNetworkPolicy'],
  'vpcresources.k8s.aws': ['SecurityGroupPolicy'],
};

/** Kinds that decide nothing, but tell what enforces here and which addresses are pods'. */
const TELLING: Readonly<Record<string, readonly string[]>> = {
  'networking.k8s.io': ['ServiceCIDR'],
  'cilium.io': ['CiliumNode', 'CiliumPodIPPool'],
  'eks.amazonaws.com': ['NodeClass'],
  'projectcalico.org': ['FelixConfiguration', 'IPPool', 'ClusterInformation'],
};

/** Calico's storage API serves the same objects as projectcalico.org, which is preferred where both are. */
const CALICO = 'projectcalico.org';
const CALICO_STORAGE = 'crd.projectcalico.org';

/** Groups whose policies are computed from others, for the agents: reading them too would count everything twice. */
const COMPUTED = new Set(['controlplane.antrea.io', 'stats.antrea.io', 'system.antrea.io']);

/** What a kind that nobody told us about looks like when it decides about traffic. */
const LOOKS_LIKE_POLICY = /(Network|Egress|Firewall|Traffic)Polic(y|ies)$|EgressFirewall$|NetworkPolicy/;
/** Kinds with such a name that do something else. */
const ONLY_LOOKS = new Set([
  'BackendTrafficPolicy',
  'ClientTrafficPolicy',
  'PolicyEndpoint',
  'ClusterPolicyEndpoint',
  'BackendLBPolicy',
]);

/** Picks the kinds for the ledger, in the order of group and kind. Kinds that cannot be listed are kept: they are named too. */
export function selectPolicyKinds(served: readonly ServedKind[]): readonly ServedKind[] {
  return pick(served, kind => isPolicyKind(kind.group, kind.kind));
}

/** Picks the kinds that tell of the engine and of in-cluster addresses; they are on no ledger. */
export function selectTellingKinds(served: readonly ServedKind[]): readonly ServedKind[] {
  return pick(served, kind => isTellingKind(kind.group, kind.kind));
}

/** Reports whether this kind is read for what it tells of the engine or of addresses: IPPool is, CiliumEndpoint is not. */
export function isTellingKind(group: string, kind: string): boolean {
  return isIn(TELLING, group, kind);
}

function pick(served: readonly ServedKind[], isWanted: (kind: ServedKind) => boolean): readonly ServedKind[] {
  const inCalicoApi = new Set(served.filter(kind => kind.group === CALICO).map(kind => kind.kind));
  const isTwin = (kind: ServedKind): boolean => kind.group === CALICO_STORAGE && inCalicoApi.has(kind.kind);
  return served
    .filter(kind => isWanted(kind) && !isTwin(kind))
    .toSorted((a, b) => compare(`${a.group}/${a.kind}`, `${b.group}/${b.kind}`));
}

/**
 * Reports whether objects of this kind can decide about a flow, or are referred to by those that do. CiliumNetworkPolicy
 * does, and AcmeNetworkPolicy of an unknown group; CiliumEndpoint and a BackendTrafficPolicy (Envoy Gateway) do not.
 */
export function isPolicyKind(group: string, kind: string): boolean {
  if (COMPUTED.has(group) || ONLY_LOOKS.has(kind)) return false;
  return isIn(KNOWN, group, kind) || LOOKS_LIKE_POLICY.test(kind);
}

/** Every kind that is known by name, as `group` and `Kind`: what the reader's role must allow. */
export function knownKinds(): readonly { readonly group: string; readonly kind: string }[] {
  return [KNOWN, TELLING].flatMap(table =>
    Object.entries(table).flatMap(([group, kinds]) => kinds.map(kind => ({ group, kind }))),
  );
}

/** The resource of one of these kinds in a path or a role: NetworkPolicy gives networkpolicies, NodeClass nodeclasses. */
export function pluralOf(kind: string): string {
  return `${kind.replace(/y$/, 'ie').replace(/s$/, 'se').toLowerCase()}s`;
}

function isIn(table: Readonly<Record<string, readonly string[]>>, group: string, kind: string): boolean {
  return table[group === CALICO_STORAGE ? CALICO : group]?.includes(kind) === true;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
