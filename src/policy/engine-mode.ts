/**
 * Switches of a network plugin that turn the default around for every pod, as its ConfigMap or DaemonSet has them: Cilium's
 * `enable-policy` (https://docs.cilium.io/en/stable/security/policy/intro/#policy-enforcement-modes) and
 * `policy-audit-mode` (https://docs.cilium.io/en/stable/security/policy-creation/), and the Amazon VPC CNI's
 * NETWORK_POLICY_ENFORCING_MODE (https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy-configure.html), which
 * is `networkPolicy` of a NodeClass in EKS Auto Mode (https://docs.aws.amazon.com/eks/latest/userguide/auto-net-pol.html).
 */
import { isCiliumConfig } from './cilium-config.ts';
import { departs } from './departures.ts';
import { kindKey } from './kinds.ts';
import { readMeta } from './meta.ts';
import type { Expression, Policy } from './model.ts';
import { ownNodeRule } from './own-node.ts';
import {
  blindSpots,
  type Contribution,
  NOTHING,
  networkPolicyPlace,
  type Reader,
  type ReaderContext,
} from './reader.ts';
import { type Json, listAt, memberOf, namespacedRef, referenceText, textAt } from './reading.ts';

/** Reads the switches that deny what no policy allows, also to pods that no policy selects. */
export const ENGINE_MODE_READER: Reader = {
  owns: [],
  supports: [],
  also: context => switchOf(context) !== null,
  read: readMode,
};

type Switch = {
  readonly kind: 'ConfigMap' | 'DaemonSet' | 'NodeClass';
  readonly object: Json;
  readonly open: string | null;
};

/** Whether a strict VPC CNI leaves a pod open to one side that is selected for the other alone is not documented. */
const STRICT =
  'the VPC CNI runs in strict mode: what becomes of a pod in a direction in which no policy isolates it is not known';
/** The same of EKS Auto Mode, whose nodes may be of several classes. */
const DEFAULT_DENY =
  'nodes of this class deny by default: what becomes of a pod in a direction in which no policy isolates it is not known';

function switchOf(context: ReaderContext): Switch | null {
  if (context.engine.name === 'cilium') {
    const object = ciliumConfigs(context).find(
      each => textAt(each, 'data', 'enable-policy')?.toLowerCase() === 'always',
    );
    return object === undefined ? null : { kind: 'ConfigMap', object, open: null };
  }
  if (context.engine.name !== 'aws-vpc-cni' && context.engine.name !== 'unknown') return null;
  const nodeClass = context
    .objectsOf('eks.amazonaws.com', 'NodeClass')
    .find(each => textAt(each, 'spec', 'networkPolicy') === 'DefaultDeny');
  if (nodeClass !== undefined) return { kind: 'NodeClass', object: nodeClass, open: DEFAULT_DENY };
  if (context.engine.name === 'unknown') return null;
  const object = context.objectsOf('apps', 'DaemonSet').find(isStrict);
  return object === undefined ? null : { kind: 'DaemonSet', object, open: STRICT };
}

function ciliumConfigs(context: ReaderContext): readonly Json[] {
  return context.objectsOf('', 'ConfigMap').filter(isCiliumConfig);
}

function isStrict(daemonSet: Json): boolean {
  return listAt(daemonSet, 'spec', 'template', 'spec', 'containers').some(container =>
    listAt(container, 'env').some(
      each => memberOf(each, 'name') === 'NETWORK_POLICY_ENFORCING_MODE' && memberOf(each, 'value') === 'strict',
    ),
  );
}

/** One policy that isolates every pod and allows nothing, in the name of the object that says so. */
function readMode(context: ReaderContext): Contribution {
  const found = switchOf(context);
  if (found === null) return NOTHING;
  const { engine } = context;
  const expression: Expression = found.open === null ? { op: 'true' } : { op: 'unreadable', why: found.open };
  const policy: Policy = {
    ref: {
      ...namespacedRef(found.kind, found.object),
      ...(found.kind === 'NodeClass' ? { namespace: null } : {}),
    },
    subject: {
      namespaces: { kind: 'all' },
      pods: { view: 'kubernetes', expression },
      serviceAccounts: null,
      hostNetwork: 'does-not-apply',
    },
    isolates: { egress: true, ingress: true },
    egress: [],
    ingress: departs(engine, 'own-node-is-always-let-in').answer === 'yes' ? [ownNodeRule(0)] : [],
    problems: [],
    meta: readMeta(found.object),
  };
  return {
    ...NOTHING,
    policies: [{ place: networkPolicyPlace(engine), order: 2_000, tie: referenceText(policy.ref), policy }],
  };
}

/**
 * What a reader of pods' policies gives where Cilium's agents let everything pass although there are policies; null: they
 * enforce, or nothing says that they do not. Audit mode is for addresses and ports alone, so that of policies with rules for
 * a proxy it is open what they do.
 */
export function readIdle({ owns }: Reader, context: ReaderContext): Contribution | null {
  if (context.engine.name !== 'cilium' || !owns.some(({ kind }) => IDLE_KINDS.has(kind))) return null;
  const says = (key: string, value: string) =>
    ciliumConfigs(context).some(each => textAt(each, 'data', key)?.toLowerCase() === value);
  const never = says('enable-policy', 'never');
  if (!never && !says('policy-audit-mode', 'true')) return null;
  const why = `${never ? 'enable-policy is "never"' : 'policy-audit-mode is "true"'} in ConfigMap cilium-config: the agents drop nothing`;
  const objects = owns.flatMap(({ group, kind }) => context.objectsOf(group, kind));
  const proxied = never ? [] : objects.filter(object => JSON.stringify(object).includes('"rules":'));
  return {
    ...NOTHING,
    ...blindSpots(proxied, 'whether its rules for a proxy refuse anything in policy-audit-mode is not documented'),
    notEnforced: owns.map(({ group, kind }) => ({ kind: kindKey({ group, kind }), why })),
  };
}

const IDLE_KINDS: ReadonlySet<string> = new Set([
  'NetworkPolicy',
  'CiliumNetworkPolicy',
  'CiliumClusterwideNetworkPolicy',
]);
