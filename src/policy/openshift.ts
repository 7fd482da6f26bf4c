/**
 * OpenShift's egress firewalls: EgressFirewall of OVN-Kubernetes
 * (https://docs.okd.io/latest/rest_api/network_apis/egressfirewall-k8s-ovn-org-v1.html) and EgressNetworkPolicy of
 * OpenShift SDN (https://docs.okd.io/4.11/networking/openshift_sdn/configuring-egress-firewall.html). A layer of its own:
 * what it denies no NetworkPolicy can allow. "Traffic from a pod to an IP address outside the cluster will be checked
 * against each EgressFirewallRule in the pod's namespace's EgressFirewall, in order. If no rule matches [...] then the
 * traffic will be allowed by default."
 */
import type { Engine, Problem } from '../model.ts';
import { readMeta } from './meta.ts';
import type { Policy, Rule } from './model.ts';
import { readFirewallRules, whyNotSetUp } from './openshift-rule.ts';
import {
  type Contribution,
  NOTHING,
  type Place,
  type PlacedPolicy,
  type Reader,
  type ReaderContext,
} from './reader.ts';
import { isRecord, type Json, type Notebook, namespacedRef, referenceText } from './reading.ts';
import { EVERYTHING } from './selector.ts';

/** One of the two kinds. */
export type FirewallKind = 'EgressFirewall' | 'EgressNetworkPolicy';

const GROUPS: Readonly<Record<FirewallKind, string>> = {
  EgressFirewall: 'k8s.ovn.org',
  EgressNetworkPolicy: 'network.openshift.io',
};

/** Reads EgressFirewall and EgressNetworkPolicy. */
export const OPENSHIFT_READER: Reader = {
  owns: [
    { group: GROUPS.EgressFirewall, kind: 'EgressFirewall', versions: ['v1'] },
    { group: GROUPS.EgressNetworkPolicy, kind: 'EgressNetworkPolicy', versions: ['v1'] },
  ],
  supports: [],
  read: readFirewalls,
};

const PLACE: Place = {
  layer: 'egress firewall',
  tier: 'egress-firewall',
  order: 0,
  combine: 'first-match',
  endOfTier: 'pass',
};

function readFirewalls(context: ReaderContext): Contribution {
  const policies: PlacedPolicy[] = [];
  const notEnforced: { kind: string; why: string }[] = [];
  const problems: Problem[] = [];
  for (const kind of ['EgressFirewall', 'EgressNetworkPolicy'] as const) {
    const objects = context.objectsOf(GROUPS[kind], kind);
    const why = whyNotEnforced(kind, context.engine);
    if (why !== null) {
      notEnforced.push({ kind: `${kind}.${GROUPS[kind]}`, why });
      continue;
    }
    const namespaces = objects.map(object => namespacedRef(kind, object).namespace);
    for (const object of objects) {
      const policy = readFirewall(object, kind, context, namespaces);
      policies.push({ place: PLACE, order: 0, tie: policy.ref.name, policy });
      problems.push(...policy.problems.map(text => ({ object: referenceText(policy.ref), why: text })));
    }
  }
  return { ...NOTHING, policies, notEnforced, problems };
}

/** Each kind is of one network plugin; where the plugin is not recognised, the object itself speaks for it (see `assumed`). */
function whyNotEnforced(kind: FirewallKind, { name }: Engine): string | null {
  if (name === 'unknown' || (name === 'ovn-kubernetes' && kind === 'EgressFirewall')) return null;
  return kind === 'EgressFirewall'
    ? `only OVN-Kubernetes enforces it, and this cluster runs ${name}`
    : `only OpenShift SDN enforces it, and this cluster runs ${name}`;
}

function readFirewall(object: Json, kind: FirewallKind, context: ReaderContext, namespaces: readonly string[]): Policy {
  const { engine } = context;
  const notebook: Notebook = { problems: [] };
  const ref = namespacedRef(kind, object);
  const riddle = whyNotItself(kind, ref, namespaces, notebook) ?? whyVoid(object, kind, context, notebook);
  const rules = readFirewallRules(isRecord(object.spec) ? object.spec.egress : undefined, kind, notebook);
  return {
    ref,
    subject: {
      namespaces: { kind: 'named', names: [ref.namespace] },
      pods: riddle === null ? EVERYTHING : { view: 'kubernetes', expression: { op: 'unreadable', why: riddle } },
      serviceAccounts: null,
      // The rules are bound to the addresses of the namespace's pods, which these have none of.
      hostNetwork: 'does-not-apply',
    },
    isolates: { egress: true, ingress: false },
    egress: rules.map(rule => ({ ...rule, notes: [...rule.notes, ...assumed(kind, engine)] })),
    ingress: 'absent',
    problems: notebook.problems,
    meta: readMeta(object),
  };
}

/** OVN-Kubernetes makes a DNSNameResolver for each name where it reads wildcards; where none was seen, that is not known. */
function whyVoid(object: Json, kind: FirewallKind, context: ReaderContext, notebook: Notebook): string | null {
  if (kind !== 'EgressFirewall') return null;
  const resolves = context.objectsOf(GROUPS.EgressNetworkPolicy, 'DNSNameResolver').length > 0;
  const why = whyNotSetUp(object.spec, resolves);
  if (why !== null) notebook.problems.push(why);
  return why;
}

function assumed(kind: FirewallKind, engine: Engine): Rule['notes'] {
  if (engine.name !== 'unknown') return [];
  const plugin = kind === 'EgressFirewall' ? 'OVN-Kubernetes' : 'OpenShift SDN';
  return [`assumed: ${plugin} enforces ${kind} here (the network plugin was not recognised)`];
}

/**
 * "The name of the object must be default"; "A maximum of one EgressFirewall object [...] per project". OpenShift SDN
 * takes any name, ignores the project default, and drops everything where a project has two
 * (https://github.com/openshift/sdn/blob/master/pkg/network/node/ovscontroller.go). What comes of the others is not known.
 */
function whyNotItself(
  kind: FirewallKind,
  ref: { readonly namespace: string; readonly name: string },
  namespaces: readonly string[],
  notebook: Notebook,
): string | null {
  const riddles = [
    ...(kind === 'EgressFirewall' && ref.name !== 'default' ? ['only the name default exists'] : []),
    ...(kind === 'EgressNetworkPolicy' && ref.namespace === 'default'
      ? ['it does not take effect in project default']
      : []),
    ...(kind === 'EgressNetworkPolicy' && namespaces.filter(each => each === ref.namespace).length > 1
      ? [`project ${ref.namespace} has more than one ${kind}`]
      : []),
  ];
  notebook.problems.push(...riddles);
  return riddles[0] ?? null;
}
