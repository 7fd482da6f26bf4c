/**
 * One Calico policy: NetworkPolicy and GlobalNetworkPolicy have the same rules and differ in what they select.
 * https://docs.tigera.io/calico/latest/reference/resources/globalnetworkpolicy
 */
import type { Engine } from '../model.ts';
import { parseOrWhy } from './calico-choice.ts';
import { readRules } from './calico-rule.ts';
import type { NetworkSet } from './calico-set.ts';
import { readMeta } from './meta.ts';
import type { Expression, NamespaceScope, Policy, Subject } from './model.ts';
import { type Identity, isRecord, type Json, type Notebook, quoted, referenceKind } from './reading.ts';
import { mapKeys } from './selector.ts';

/** What a policy is read with. `order` is null for none: it comes last in its tier. */
export type CalicoPolicy =
  | { readonly kind: 'policy'; readonly policy: Policy; readonly tier: string; readonly order: number }
  /** Its place is not known, so neither is what it decides. */
  | { readonly kind: 'unreadable'; readonly why: string };

const KNOWN: ReadonlySet<string> = new Set([
  'tier',
  'order',
  'ingress',
  'egress',
  'selector',
  'namespaceSelector',
  'serviceAccountSelector',
  'types',
  'doNotTrack',
  'preDNAT',
  'applyOnForward',
  'performanceHints',
  'stagedAction',
]);

/** Reads one policy of either kind. */
export function readCalicoPolicy(
  object: Json,
  identity: Identity,
  sets: readonly NetworkSet[],
  engine: Engine,
): CalicoPolicy {
  const notebook: Notebook = { problems: [] };
  const { spec } = object;
  if (spec !== undefined && spec !== null && !isRecord(spec))
    return { kind: 'unreadable', why: `spec is ${quoted(spec)}` };
  const fields = isRecord(spec) ? spec : {};
  const order = fields.order ?? Number.POSITIVE_INFINITY;
  if (typeof order !== 'number') return { kind: 'unreadable', why: `order is not a number: ${quoted(order)}` };
  const tier = fields.tier ?? 'default';
  if (typeof tier !== 'string') return { kind: 'unreadable', why: `tier is no name: ${quoted(tier)}` };
  const isGlobal = identity.kind.endsWith('GlobalNetworkPolicy');
  const namespace = isGlobal ? null : (identity.namespace ?? 'default');
  const types = readTypes(fields, identity, notebook);
  const rules = (direction: 'egress' | 'ingress') =>
    types[direction]
      ? readRules(fields[direction], { direction, namespace, sets, engine, notebook })
      : ('absent' as const);
  const [egress, ingress] = [rules('egress'), rules('ingress')];
  const policy: Policy = {
    ref: { kind: referenceKind(identity), namespace, name: identity.name ?? '' },
    subject: readSubject(fields, namespace, notebook),
    isolates: { egress: types.egress, ingress: types.ingress },
    egress,
    ingress,
    problems: notebook.problems,
    meta: readMeta(object),
  };
  return { kind: 'policy', policy, tier: tier === '' ? 'default' : tier, order };
}

type Types = { readonly egress: boolean; readonly ingress: boolean };

/**
 * `types`, or what the API server fills in: Egress if there are egress rules, Ingress if there are ingress rules or none
 * at all. An object of crd.projectcalico.org was written past that server, and Felix then takes it to be of both types
 * (ExtractPolicyMetadata, felix/calc/policy_sorter.go).
 */
function readTypes(spec: Json, identity: Identity, notebook: Notebook): Types {
  const types = spec.types ?? [];
  const open = (unreadable: string) => {
    notebook.problems.push(unreadable);
    return { egress: true, ingress: true };
  };
  if (!Array.isArray(types)) return open('types is not a list');
  const odd = types.find(type => type !== 'Ingress' && type !== 'Egress');
  if (odd !== undefined) return open(`unknown type ${quoted(odd)}`);
  if (types.length > 0) return { egress: types.includes('Egress'), ingress: types.includes('Ingress') };
  if (identity.group === 'crd.projectcalico.org') return { egress: true, ingress: true };
  const has = (list: unknown) => Array.isArray(list) && list.length > 0;
  return { egress: has(spec.egress), ingress: has(spec.ingress) || !has(spec.egress) };
}

/**
 * Pods of host network are none of Calico's workloads: only policies of host endpoints touch their traffic. Felix passes
 * over a whole policy that its API would refuse (ValidationFilter, felix/calc), so a fault anywhere leaves it open whether
 * the policy counts at all.
 */
function readSubject(spec: Json, namespace: string | null, notebook: Notebook): Subject {
  const read = (key: string, prefix: string): readonly Expression[] => {
    const text = spec[key];
    if (text === undefined || text === null || text === '') return [];
    const expression = typeof text === 'string' ? parseOrWhy(text, key) : `${key} is no text: ${quoted(text)}`;
    if (typeof expression !== 'string') return [mapKeys(expression, asked => `${prefix}${asked}`)];
    notebook.problems.push(expression);
    return [];
  };
  const odd = Object.keys(spec).find(key => !KNOWN.has(key) && spec[key] !== null);
  if (odd !== undefined) notebook.problems.push(`spec has the unknown field "${odd}"`);
  const parts = [...read('selector', ''), ...read('serviceAccountSelector', 'pcsa.')];
  const namespaces = scopeOf(spec, namespace, read('namespaceSelector', ''));
  const [fault] = notebook.problems;
  const known: readonly Expression[] =
    fault === undefined ? parts : [...parts, { op: 'unreadable', why: `${fault}: whether the policy counts is open` }];
  const [only] = known;
  const expression: Expression =
    known.length === 1 && only !== undefined ? only : known.length === 0 ? { op: 'true' } : { op: 'all', of: known };
  return { namespaces, pods: { view: 'calico', expression }, serviceAccounts: null, hostNetwork: 'does-not-apply' };
}

function scopeOf(spec: Json, namespace: string | null, selected: readonly Expression[]): NamespaceScope {
  const [expression] = selected;
  if (namespace !== null) return { kind: 'named', names: [namespace] };
  // Both are for traffic of host endpoints, before a pod's own policies are asked.
  if (spec.preDNAT === true) return { kind: 'none', why: 'it is a preDNAT policy, which is for host endpoints only' };
  if (spec.doNotTrack === true)
    return { kind: 'none', why: 'it is a doNotTrack policy, which is for host endpoints only' };
  if (expression === undefined || expression.op === 'true') return { kind: 'all' };
  return { kind: 'selected', selector: { view: 'calico', expression } };
}
