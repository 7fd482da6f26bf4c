/**
 * What each engine makes of the administrators' policies: which of the kinds it enforces, and which parts of them.
 * The API has conformance profiles, and every implementation its own set
 * (https://network-policy-api.sigs.k8s.io/implementations/).
 */
import type { Engine } from '../model.ts';
import { isCiliumConfig } from './cilium-config.ts';
import { compareVersions } from './departures.ts';
import type { ReaderContext } from './reader.ts';
import { memberOf, textAt } from './reading.ts';

/** Whether an engine enforces a kind. */
export type Standing =
  | { readonly kind: 'enforced' }
  | { readonly kind: 'not-enforced'; readonly why: string }
  /** It may or may not; if it does, it is as the API has it. */
  | { readonly kind: 'open'; readonly why: string }
  /** It may, and how its rules meet the engine's own is not evaluated. */
  | { readonly kind: 'not-evaluated'; readonly why: string };

type Kind = 'AdminNetworkPolicy' | 'BaselineAdminNetworkPolicy' | 'ClusterNetworkPolicy';

const ENFORCED: Standing = { kind: 'enforced' };

/** Says whether an engine enforces a kind; an engine that is not recognised is taken to enforce what is served. */
export function standingOf(kind: Kind, context: ReaderContext): Standing {
  const { engine } = context;
  switch (engine.name) {
    case 'cilium':
      return standingWithCilium(kind, context);
    case 'calico':
      return standingWithCalico(kind, engine);
    case 'azure-npm':
      return { kind: 'not-enforced', why: 'Azure NPM implements NetworkPolicy only' };
    case 'none':
      return { kind: 'not-enforced', why: 'no network plugin enforces policies here' };
    case 'antrea':
      return standingWithAntrea(kind);
    case 'ovn-kubernetes':
      return kind === 'ClusterNetworkPolicy' ? notListed('OVN-Kubernetes', kind) : ENFORCED;
    case 'aws-vpc-cni':
    case 'gke-dataplane-v2':
    case 'kube-router':
      return notListed(engine.name, kind);
    case 'unknown':
      return ENFORCED;
    default:
      return engine.name satisfies never;
  }
}

function notListed(engine: string, kind: Kind): Standing {
  const why = `whether anything enforces ${kind} here is not known: ${engine} is not among its documented implementations`;
  return { kind: 'open', why };
}

const CILIUM_FLAG = 'enable-k8s-cluster-network-policy';
const CILIUM_SINCE = '1.20.0';

/**
 * "Support for the Kubernetes ClusterNetworkPolicy (KCNP) is available starting with Cilium 1.20" and has a flag, off by
 * default (https://github.com/cilium/cilium/pull/47227); v1alpha1 was never implemented.
 */
function standingWithCilium(kind: Kind, { engine, objectsOf }: ReaderContext): Standing {
  const without = (why: string): Standing => ({ kind: 'not-enforced', why });
  if (kind !== 'ClusterNetworkPolicy')
    return without(`Cilium implements no ${kind} (https://docs.cilium.io/en/stable/network/kubernetes/policy/)`);
  if (engine.version !== null && compareVersions(engine.version, CILIUM_SINCE) < 0)
    return without(`Cilium implements no ${kind} before ${CILIUM_SINCE}`);
  const config = objectsOf('', 'ConfigMap').find(isCiliumConfig);
  const flag = textAt(config, 'data', CILIUM_FLAG);
  if (config !== undefined && memberOf(config, 'data') !== undefined && flag !== 'true')
    return without(`Cilium is not set to (${CILIUM_FLAG} in ConfigMap cilium-config)`);
  return { kind: 'not-evaluated', why: `how Cilium walks ${kind} beside its own policies is not evaluated` };
}

/**
 * AdminNetworkPolicy came with 3.29 (https://github.com/projectcalico/calico/pull/9404), its baseline with 3.30 (pull 9464);
 * 3.32 has ClusterNetworkPolicy in their place (https://github.com/projectcalico/calico/issues/10745).
 */
const CALICO_VERSIONS: Readonly<Record<Kind, { readonly from: string; readonly until: string | null }>> = {
  AdminNetworkPolicy: { from: '3.29.0', until: '3.32.0' },
  BaselineAdminNetworkPolicy: { from: '3.30.0', until: '3.32.0' },
  ClusterNetworkPolicy: { from: '3.32.0', until: null },
};

function standingWithCalico(kind: Kind, { version }: Engine): Standing {
  if (version === null) return ENFORCED;
  const { from, until } = CALICO_VERSIONS[kind];
  if (compareVersions(version, from) < 0)
    return { kind: 'not-enforced', why: `Calico implements no ${kind} before ${from}` };
  if (until !== null && compareVersions(version, until) >= 0)
    return {
      kind: 'not-enforced',
      why: `Calico ${until} and later implement ClusterNetworkPolicy in place of ${kind}`,
    };
  return ENFORCED;
}

/** "A feature gate, AdminNetworkPolicy, must be enabled" (https://github.com/antrea-io/antrea/blob/main/docs/admin-network-policy.md). */
function standingWithAntrea(kind: Kind): Standing {
  if (kind === 'ClusterNetworkPolicy') return notListed('Antrea', kind);
  const why = `Antrea enforces ${kind} only with its feature gate AdminNetworkPolicy, which is off by default: whether it is on here is not known`;
  return { kind: 'open', why };
}

/**
 * Why an engine does not know a peer that the API has; null: it does. Calico's conversion fails closed on what is neither
 * namespaces, pods nor networks (libcalico-go/lib/backend/k8s/conversion/clusternetworkpolicy.go).
 */
export function whyNoPeer(key: string, { name }: Engine): string | null {
  return name === 'calico' && (key === 'nodes' || key === 'domainNames') ? `Calico implements no ${key}` : null;
}

/** Of ports by name Calico's conversion says that they "are not supported yet", and its announcement that they are. */
export function whyNamedPortIsOpen(kind: string, { name }: Engine): string | null {
  return name === 'calico' && kind === 'ClusterNetworkPolicy'
    ? 'whether Calico implements destinationNamedPort depends on its version, and if not, the rule fails closed'
    : null;
}

/** "We only support priority ranges 0-99 in OVN-K" (go-controller/pkg/ovn/controller/admin_network_policy). */
const LAST_OF_OVN = 99;

/** Why it cannot be told whether the engine sets up one very policy; null: nothing speaks against it. */
export function whyPerhapsNotSetUp(spec: unknown, { name }: Engine): string | null {
  if (name !== 'ovn-kubernetes') return null;
  const priority = memberOf(spec, 'priority');
  if (typeof priority === 'number' && priority > LAST_OF_OVN)
    return `OVN-Kubernetes takes priorities 0-${LAST_OF_OVN} only and does not set up a policy of priority ${priority}`;
  return JSON.stringify(memberOf(spec, 'egress') ?? null).includes('"domainNames":')
    ? 'OVN-Kubernetes implements no domainNames, and what becomes of a policy with them is not documented'
    : null;
}
