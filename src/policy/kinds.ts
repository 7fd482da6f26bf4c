/** What a kind without a reader is: never deciding, or something that could decide and was not evaluated. */
import { readAddress } from './address.ts';
import type { BlindSpot } from './model.ts';
import { type Identity, listAt, memberOf, textAt } from './reading.ts';

/** Whether objects of a kind can decide a flow. */
export type KindJudgement =
  /** No policy at all, e.g. a Deployment. */
  | { readonly kind: 'other' }
  | { readonly kind: 'never-decides'; readonly why: string }
  | { readonly kind: 'not-enforced'; readonly why: string }
  | { readonly kind: 'could-decide'; readonly effect: BlindSpot['effect'] };

/** `Kind.group` and why no flow turns on such an object. */
const NEVER_DECIDES: Readonly<Record<string, string>> = {
  'PolicyEndpoint.networking.k8s.aws': 'made by the controller from NetworkPolicies, which are evaluated themselves',
  'CiliumEndpoint.cilium.io': "Cilium's record of a pod",
  'CiliumEndpointSlice.cilium.io': "Cilium's record of pods",
  'CiliumIdentity.cilium.io': "Cilium's record of a set of labels",
  'CiliumNode.cilium.io': "Cilium's record of a node",
  'CiliumNodeConfig.cilium.io': 'settings of the agent',
  'CiliumExternalWorkload.cilium.io': 'a record of a workload outside',
  'CiliumCIDRGroup.cilium.io': 'a list that policies refer to',
  'CiliumLoadBalancerIPPool.cilium.io': 'addresses for Services',
  'CiliumL2AnnouncementPolicy.cilium.io': 'announces addresses, filters nothing',
  'CiliumBGPPeeringPolicy.cilium.io': 'announces routes, filters nothing',
  'CiliumEgressGatewayPolicy.cilium.io': 'changes the source address, filters nothing',
  'BackendTrafficPolicy.gateway.envoyproxy.io': 'tunes a gateway, filters nothing that pods send out',
  'ClientTrafficPolicy.gateway.envoyproxy.io': 'tunes a gateway, filters nothing that pods send out',
  'EgressIP.k8s.ovn.org': 'changes the source address, filters nothing',
  'EgressQoS.k8s.ovn.org': 'marks packets, filters nothing',
  'EgressService.k8s.ovn.org': 'changes the source address, filters nothing',
  'Tier.projectcalico.org': 'orders policies, filters nothing alone',
  'Tier.crd.projectcalico.org': 'orders policies, filters nothing alone',
  'NetworkSet.projectcalico.org': 'a list that policies refer to',
  'NetworkSet.crd.projectcalico.org': 'a list that policies refer to',
  'GlobalNetworkSet.projectcalico.org': 'a list that policies refer to',
  'GlobalNetworkSet.crd.projectcalico.org': 'a list that policies refer to',
};

/** Kinds that are made to change nothing. */
const STAGED: readonly RegExp[] = [/^Staged\w*NetworkPolicy\.(crd\.)?projectcalico\.org$/];

/** Kinds of layers of their own: they can deny what the others allow, never allow what the others deny. */
const MAY_DENY: ReadonlySet<string> = new Set([
  'EgressFirewall.k8s.ovn.org',
  'EgressNetworkPolicy.network.openshift.io',
  'Sidecar.networking.istio.io',
  'ServiceEntry.networking.istio.io',
  'AuthorizationPolicy.security.istio.io',
  'PeerAuthentication.security.istio.io',
  'EgressNetwork.policy.linkerd.io',
  'Server.policy.linkerd.io',
  'SecurityGroupPolicy.vpcresources.k8s.aws',
  'CiliumEnvoyConfig.cilium.io',
  'CiliumClusterwideEnvoyConfig.cilium.io',
  'HostEndpoint.projectcalico.org',
  'HostEndpoint.crd.projectcalico.org',
]);

/** What the names of policy kinds have in common, also of kinds that nobody here has heard of. */
const LOOKS_LIKE_POLICY =
  /Network\w*Polic|Egress\w*(Polic|Firewall|Rule)|Firewall\w*(Polic|Rule)|Traffic\w*Polic|SecurityGroupPolic/i;

/** Judges a kind that no reader owns, or an unknown version of one that a reader does. */
export function judgeKind(identity: Pick<Identity, 'group' | 'kind'>): KindJudgement {
  const key = kindKey(identity);
  const never = Object.hasOwn(NEVER_DECIDES, key) ? NEVER_DECIDES[key] : undefined;
  if (never !== undefined) return { kind: 'never-decides', why: never };
  if (STAGED.some(pattern => pattern.test(key)))
    return { kind: 'not-enforced', why: 'a staged policy is a rehearsal: nothing enforces it' };
  // What a redirect changes may be allowed or denied in another place: neither answer holds.
  if (key === LOCAL_REDIRECT) return { kind: 'could-decide', effect: 'may-decide' };
  if (MAY_DENY.has(key)) return { kind: 'could-decide', effect: 'may-deny' };
  return LOOKS_LIKE_POLICY.test(identity.kind) ? { kind: 'could-decide', effect: 'may-decide' } : { kind: 'other' };
}

/** `Kind.group`, or `Kind` alone in the core group. */
export function kindKey({ group, kind }: Pick<Identity, 'group' | 'kind'>): string {
  return group === '' ? kind : `${kind}.${group}`;
}

const AUTHORIZATION = 'AuthorizationPolicy.security.istio.io';
const PEER_AUTHENTICATION = 'PeerAuthentication.security.istio.io';
const LINKERD_SERVER = 'Server.policy.linkerd.io';
const LINKERD_EGRESS = 'EgressNetwork.policy.linkerd.io';
const LOCAL_REDIRECT = 'CiliumLocalRedirectPolicy.cilium.io';

/**
 * The only side of a flow on which an object can deny; null: either. Istio's two kinds and Linkerd's Server are about what a
 * workload takes in, but for an AuthorizationPolicy that a targetRef binds to a waypoint, which egress passes as well.
 * https://istio.io/latest/docs/reference/config/security/authorization-policy/#AuthorizationPolicy
 * https://linkerd.io/2/reference/authorization-policy/
 */
export function sideTouched(identity: Pick<Identity, 'group' | 'kind'>, object: unknown): BlindSpot['side'] | null {
  const key = kindKey(identity);
  if (key === PEER_AUTHENTICATION || key === LINKERD_SERVER) return 'ingress';
  const isBound =
    listAt(object, 'spec', 'targetRefs').length > 0 || memberOf(object, 'spec', 'targetRef') !== undefined;
  return key === AUTHORIZATION && object !== null && !isBound ? 'ingress' : null;
}

/**
 * The only destination whose flows an object can touch; null: any. A CiliumLocalRedirectPolicy sends what is meant for one
 * address or Service to pods of the sender's node, whose labels the policies then see.
 * https://docs.cilium.io/en/stable/network/kubernetes/local-redirect-policy/
 */
export function destinationTouched(identity: Identity, object: unknown): BlindSpot['towards'] | null {
  if (kindKey(identity) !== LOCAL_REDIRECT) return null;
  const ip = textAt(object, 'spec', 'redirectFrontend', 'addressMatcher', 'ip');
  const name = textAt(object, 'spec', 'redirectFrontend', 'serviceMatcher', 'serviceName');
  const namespace = textAt(object, 'spec', 'redirectFrontend', 'serviceMatcher', 'namespace');
  if (name !== null && namespace !== null) return { service: `${namespace}/${name}` };
  const address = ip === null ? null : readAddress(ip);
  return address?.kind === 'address' ? { address: address.address.text } : null;
}

/**
 * Reports whether this very object denies nothing, though others of its kind may: a PeerAuthentication that asks nobody for
 * mTLS, an AuthorizationPolicy that only audits, an EgressNetwork of Linkerd that lets out what no route names.
 * https://istio.io/latest/docs/reference/config/security/peer_authentication/#PeerAuthentication-MutualTLS-Mode
 * https://linkerd.io/2/reference/egress-network/
 */
export function deniesNothing(identity: Pick<Identity, 'group' | 'kind'>, object: unknown): boolean {
  switch (kindKey(identity)) {
    case PEER_AUTHENTICATION:
      return !JSON.stringify([memberOf(object, 'spec', 'mtls'), memberOf(object, 'spec', 'portLevelMtls')]).includes(
        '"STRICT"',
      );
    case AUTHORIZATION:
      return textAt(object, 'spec', 'action') === 'AUDIT';
    case LINKERD_EGRESS:
      return textAt(object, 'spec', 'trafficPolicy') === 'Allow';
    default:
      return false;
  }
}

/** Linkerd's global egress namespace, by its default name. */
const LINKERD_ROOT = 'linkerd-egress';

/**
 * The namespaces whose pods an object can touch, as far as its place tells. `meshRoots`: namespaces of Istio's own
 * configuration, where an object counts for the whole mesh.
 */
export function namespacesTouched(identity: Identity, meshRoots: ReadonlySet<string>): BlindSpot['namespaces'] {
  const { namespace, group } = identity;
  if (namespace === null || kindKey(identity) === LOCAL_REDIRECT) return 'all';
  if (group.endsWith('.istio.io') && meshRoots.has(namespace)) return 'all';
  if (kindKey(identity) === LINKERD_EGRESS && namespace === LINKERD_ROOT) return 'all';
  return [namespace];
}
