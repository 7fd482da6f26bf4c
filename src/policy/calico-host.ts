/**
 * What stands between a pod and the hosts themselves: Felix's own switch for a pod's traffic to its node, and host
 * endpoints, whose policies are not evaluated. Both can only deny what the pods' policies allow, so they are a layer of
 * their own, and where they come in the answer is not known. And what Felix does with pods' traffic without asking a
 * policy.
 */
import type { NetworkSet } from './calico-set.ts';
import type { Field, PeerTerm, PolicyRef, Rule } from './model.ts';
import { ownNodeRule } from './own-node.ts';
import type { Place, PlacedPolicy } from './reader.ts';

const FELIX: PolicyRef = { kind: 'FelixConfiguration', namespace: null, name: 'default' };

const PLACE: Place = { layer: 'host', tier: 'host', order: 0, combine: 'first-match', endOfTier: 'pass' };

/**
 * "The action applied to traffic that goes from a workload endpoint to the host itself (after the traffic hits the
 * endpoint egress policy)": Drop unless set otherwise, and installers set it otherwise, in places that no policy tells.
 * https://docs.tigera.io/calico/latest/reference/felix/configuration
 */
const OWN_NODE: Field = {
  name: 'to',
  negated: false,
  anyOf: [
    {
      kind: 'own-node',
      answer: 'unknown',
      why: "what Felix does with a pod's traffic to its own node is its defaultEndpointToHostAction, which is not known",
    },
  ],
};

const VXLAN_PORT = 4789;
const VXLAN_WHY =
  'Felix drops UDP from pods to its vxlanPort (4789 unless set) unless it allowVXLANPacketsFromWorkloads, and how it is set is not known';

/** "VXLAN encapped packets that originated in a pod should be dropped" (felix/rules/endpoints.go), whatever policies say. */
const ENCAPSULATED: Field = {
  name: 'ports',
  negated: false,
  anyOf: [{ kind: 'left-to-engine', protocol: 'UDP', first: VXLAN_PORT, last: VXLAN_PORT, why: VXLAN_WHY }],
};

/** Before every tier: what Felix does not ask policies about. */
const FIRST: Place = {
  layer: 'network policy',
  tier: 'host',
  order: Number.NEGATIVE_INFINITY,
  combine: 'first-match',
  endOfTier: 'pass',
};

/** The rules of the hosts: `forwarding` are policies that also count for traffic which a host passes on. */
export function hostPolicies(hosts: readonly NetworkSet[], forwarding: readonly string[]): readonly PlacedPolicy[] {
  const felix = placed(FELIX, [rule(0, [OWN_NODE])]);
  const ofPods = placed(FELIX, [rule(0, [ENCAPSULATED])]);
  const { policy } = placed(FELIX, []);
  return [
    felix,
    { ...ofPods, policy: { ...ofPods.policy, subject: { ...ofPods.policy.subject, hostNetwork: 'does-not-apply' } } },
    // "We don't currently police host -> endpoint according to the endpoint's ingress policy" (felix/rules/static.go).
    { place: FIRST, order: 0, tie: '', policy: { ...policy, egress: 'absent', ingress: [ownNodeRule(0)] } },
    ...hosts.map(host => endpointPolicy(host, forwarding)),
  ];
}

/** A host endpoint's policies see what is sent to the host, what the host sends and, with applyOnForward, what it forwards. */
function endpointPolicy({ name, nets }: NetworkSet, forwarding: readonly string[]): PlacedPolicy {
  const open = (why: string): Field => ({ name: 'rules', negated: false, anyOf: [{ kind: 'unreadable', why }] });
  const why = `the policies of ${name} are not evaluated`;
  const [forwarder] = forwarding;
  return placed({ kind: 'HostEndpoint', namespace: null, name: name.replace(/^\S+ /, '') }, [
    rule(0, [{ name: 'to', negated: false, anyOf: nets }, open(why)]),
    rule(1, [
      { name: 'from', negated: false, anyOf: nets.map((of): PeerTerm => ({ kind: 'own-side', of })) },
      open(why),
    ]),
    ...(forwarder === undefined
      ? []
      : [
          rule(2, [
            open(`${forwarder} also counts for what hosts forward, and how it does so at ${name} is not evaluated`),
          ]),
        ]),
  ]);
}

function rule(index: number, fields: readonly Field[]): Rule {
  return { index, name: 'implied', action: 'deny', fields, notes: [], implied: true };
}

function placed(ref: PolicyRef, egress: readonly Rule[]): PlacedPolicy {
  return {
    place: PLACE,
    order: 0,
    tie: `${ref.kind} ${ref.name}`,
    policy: {
      ref,
      subject: {
        namespaces: { kind: 'all' },
        pods: { view: 'kubernetes', expression: { op: 'true' } },
        serviceAccounts: null,
        hostNetwork: 'applies',
      },
      isolates: { egress: false, ingress: false },
      egress,
      ingress: 'absent',
      problems: [],
      meta: { createdAt: null, changedAt: null, managedBy: [], resourceVersion: null },
      implied: true,
    },
  };
}
