/**
 * Every right that the bot's accounts have, why, and what its absence costs the answer: one table, with which the
 * manifests of infra/kubernetes and the calls of a run are both compared. Pure.
 */
import type { OwnerKind } from '../model.ts';
import { CORE_KINDS } from './core-kinds.ts';
import { ENGINE_CONFIGS } from './engine-inputs.ts';
import { OWNER_TYPES } from './find-owned.ts';
import { knownKinds, pluralOf } from './policy-kinds.ts';

/** Where a right holds. `target-namespace`: in each namespace that opted in. */
export type RightScope =
  | { readonly kind: 'cluster' }
  | { readonly kind: 'bot-namespace' }
  | { readonly kind: 'target-namespace' }
  /** One of the bot's service accounts. */
  | { readonly kind: 'account'; readonly name: string }
  | { readonly kind: 'object'; readonly namespace: string; readonly name: string };

/** One line of the table. */
export type Right = {
  readonly account: 'reader' | 'prober' | 'bot' | 'dry-run';
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `pods/exec`. */
  readonly resource: string;
  readonly scope: RightScope;
  /** Completes "without it ...". */
  readonly cost: string;
  /** API group without which nobody needs it; absent: whatever the cluster serves. */
  readonly onlyWith?: string;
};

const CLUSTER: RightScope = { kind: 'cluster' };
const BOT: RightScope = { kind: 'bot-namespace' };
const TARGET: RightScope = { kind: 'target-namespace' };

const CALICO_API = 'projectcalico.org';
const CALICO_STORAGE = 'crd.projectcalico.org';

/** The whole table. */
export function allRights(): readonly Right[] {
  return [...readerRights(), ...proberRights(), ...botRights(), ...dryRunRights()];
}

function readerRights(): readonly Right[] {
  const reads = (verb: string, group: string, resource: string, cost: string, scope: RightScope = CLUSTER): Right => ({
    account: 'reader',
    verb,
    group,
    resource,
    scope,
    cost,
  });
  const owners = (Object.keys(OWNER_TYPES) as OwnerKind[]).flatMap(kind => {
    const { group, plural } = OWNER_TYPES[kind];
    const cost = `a pod cannot be asked for by its ${kind}`;
    return [
      reads('get', group, plural, cost),
      ...(plural === 'daemonsets' ? [] : [reads('list', group, plural, cost)]),
    ];
  });
  return [
    reads('get', '', 'pods', 'the pod that is asked about cannot be read: there is no answer'),
    ...CORE_KINDS.map(kind => reads('list', kind.type.group, kind.type.plural, kind.cost)),
    ...owners,
    ...policyRights(reads),
    ...ENGINE_CONFIGS.map(({ namespace, name, cost, onlyWith }) => ({
      ...reads('get', '', 'configmaps', cost, { kind: 'object', namespace, name }),
      ...(onlyWith !== null && { onlyWith }),
    })),
    reads('get', '', 'configmaps', 'proxy settings that the pod takes from a ConfigMap are not known', TARGET),
  ];
}

type Reads = (verb: string, group: string, resource: string, cost: string) => Right;

function policyRights(reads: Reads): readonly Right[] {
  const lists = knownKinds().flatMap(({ group, kind }) => {
    const cost = `${kind} (${group}) is not evaluated, and where it could decide the answer is unknown`;
    const groups = group === CALICO_API ? [CALICO_API, CALICO_STORAGE] : [group];
    return groups.map(one => reads('list', one, pluralOf(kind), cost));
  });
  const cost =
    "Calico's API shows no policy of a tier that may not be read, and where it could decide the answer is unknown";
  const tiered = ['networkpolicies', 'globalnetworkpolicies', 'stagednetworkpolicies', 'stagedglobalnetworkpolicies'];
  return [
    ...lists,
    reads('get', CALICO_API, 'tiers', cost),
    ...tiered.map(plural => reads('list', CALICO_API, `tier.${plural}`, cost)),
  ];
}

function proberRights(): readonly Right[] {
  const probes = (
    scope: RightScope,
    verbs: readonly string[],
    resource: string,
    cost: string,
    group = '',
  ): readonly Right[] => verbs.map(verb => ({ account: 'prober', verb, group, resource, scope, cost }));
  const noCompare = 'there is no control and no node pod, so nothing to compare the pod with';
  const noEphemeral = "the pod's own network cannot be entered by an ephemeral container";
  const noTwin = 'a twin pod cannot stand in for the pod';
  const noCare = 'a twin pod is not made, since something might take it for the real one';
  return [
    ...probes(BOT, ['create', 'get'], 'pods', noCompare),
    ...probes(BOT, ['get', 'create'], 'pods/exec', noCompare),
    ...probes(BOT, ['delete'], 'pods', 'control and node pods stay until their own deadline ends them'),
    ...probes(BOT, ['list'], 'pods', 'what a killed run left is not removed by the next one'),
    ...probes(TARGET, ['patch'], 'pods/ephemeralcontainers', noEphemeral),
    ...probes(TARGET, ['get'], 'pods', noEphemeral),
    ...probes(
      TARGET,
      ['get', 'create'],
      'pods/exec',
      'nothing can be run in the pod: the answer is predicted, not observed',
    ),
    ...probes(TARGET, ['create', 'delete'], 'pods', noTwin),
    ...probes(TARGET, ['list'], 'pods', 'what a killed run left is not removed by the next one'),
    ...probes(TARGET, ['list'], 'services', noCare),
    ...probes(TARGET, ['list'], 'poddisruptionbudgets', noCare, 'policy'),
    ...probes(TARGET, ['list'], 'horizontalpodautoscalers', noCare, 'autoscaling'),
  ];
}

/** Names that the bot mints tokens for; its own, because outside of a cluster it renews its identity. */
const MINTED = ['egress-reader', 'egress-prober', 'egress-bot'];

function botRights(): readonly Right[] {
  return MINTED.map(name => ({
    account: 'bot',
    verb: 'create',
    group: '',
    resource: 'serviceaccounts/token',
    scope: { kind: 'account', name },
    cost: `--as-bot gets no token for ${name}`,
  }));
}

function dryRunRights(): readonly Right[] {
  const kinds = [
    { group: 'networking.k8s.io', resource: 'networkpolicies' },
    { group: 'cilium.io', resource: 'ciliumnetworkpolicies' },
  ];
  return kinds.flatMap(kind =>
    ['create', 'patch'].map(verb => ({
      account: 'dry-run',
      verb,
      ...kind,
      scope: TARGET,
      cost: 'the fix is proved by evaluation alone, without a dry run on the server',
    })),
  );
}
