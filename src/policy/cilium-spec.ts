/** The `spec` and `specs` of one Cilium policy: whom it selects, and what counts in which direction. */
import type { ReadingContext, Requirement, RuleContext } from './cilium-context.ts';
import { readEndpoint } from './cilium-peer.ts';
import { type SpecsReading, withRefusals } from './cilium-refusals.ts';
import { type RulePlace, readCiliumRule, unreadableRule } from './cilium-rule.ts';
import { conjunction, NAMESPACE_KEY, readCiliumSelector } from './cilium-selector.ts';
import { ciliumHas } from './cilium-versions.ts';
import { keysOf } from './match-pods.ts';
import { readMeta } from './meta.ts';
import type { Expression, NamespaceScope, Policy, PolicyRef, Rule, RuleList } from './model.ts';
import { ownNodeRule } from './own-node.ts';
import { isRecord, type Json, listAt, type Notebook, namespacedRef, quoted, referenceText } from './reading.ts';

type Spec = { readonly value: unknown; readonly where: string };

/** `spec` and every item of `specs` is a policy of its own with the object's name. A refused object gives none. */
export function readSpecs(object: Json, context: ReadingContext): SpecsReading {
  const notebook: Notebook = { problems: [] };
  const refusals: string[] = [];
  const specs = specsOf(object, notebook);
  const drafts = specs.flatMap(spec => readSpec(spec, object, { ...context, notebook, refusals }));
  return withRefusals(object, { drafts, specs, problems: notebook.problems, refusals }, context);
}

function specsOf(object: Json, notebook: Notebook): readonly Spec[] {
  const { spec, specs } = object;
  const found: Spec[] = spec === undefined || spec === null ? [] : [{ value: spec, where: '' }];
  if (Array.isArray(specs)) found.push(...specs.map((value: unknown, index) => ({ value, where: `specs[${index}].` })));
  else if (specs !== undefined && specs !== null) found.push({ value: quoted(specs), where: 'specs.' });
  if (found.length === 0) notebook.problems.push('neither spec nor specs: Cilium refuses such a policy');
  return found;
}

type SpecContext = ReadingContext & { readonly notebook: Notebook; readonly refusals: string[] };

const SPEC_KEYS: ReadonlySet<string> = new Set([
  'endpointSelector',
  'nodeSelector',
  'egress',
  'egressDeny',
  'ingress',
  'ingressDeny',
  'enableDefaultDeny',
  'description',
  'labels',
  'log',
]);

function readSpec(spec: Spec, object: Json, context: SpecContext): readonly Policy[] {
  const ref = refOf(object);
  if (!isRecord(spec.value)) {
    const why = `${spec.where === '' ? 'spec' : spec.where.slice(0, -1)} is ${quoted(spec.value)}`;
    context.notebook.problems.push(why);
    return [{ ...silent(ref, object), ...unreadableBoth(why), subject: subjectOf(ref, { op: 'unreadable', why }) }];
  }
  const selector = readSubject(spec.value, spec.where, ref, context);
  const odd = Object.keys(spec.value).find(key => !SPEC_KEYS.has(key));
  const fault = odd === undefined ? [] : [`${spec.where}spec has the unknown field "${odd}"`];
  context.notebook.problems.push(...fault);
  const expression = conjunction(selector, ...fault.map(why => ({ op: 'unreadable' as const, why })));
  const forStartingPods = keysOf(selector).includes('reserved:init');
  const shared = { ...context, namespace: ref.namespace, forStartingPods };
  const [egress, ingress] = [readSide(spec, 'egress', shared), readSide(spec, 'ingress', shared)];
  const isolates = readDefaultDeny(spec, { egress: egress !== 'absent', ingress: ingress !== 'absent' }, context);
  return isolates.map((each): Policy => {
    return {
      ...silent(ref, object),
      subject: subjectOf(
        ref,
        each.why === null ? expression : conjunction(expression, { op: 'unreadable', why: each.why }),
      ),
      isolates: { egress: each.egress, ingress: each.ingress },
      egress,
      ingress: ingress === 'absent' ? ingress : [...ingress, ownNodeRule(ingress.length)],
    };
  });
}

function refOf(object: Json): PolicyRef {
  const ref = namespacedRef(String(object.kind), object);
  return ref.kind === 'CiliumNetworkPolicy' ? ref : { ...ref, namespace: null };
}

function silent(ref: PolicyRef, object: Json): Omit<Policy, 'subject'> {
  return {
    ref,
    isolates: { egress: false, ingress: false },
    egress: 'absent',
    ingress: 'absent',
    problems: [],
    meta: readMeta(object),
  };
}

function unreadableBoth(why: string): Pick<Policy, 'isolates' | 'egress' | 'ingress'> {
  const rule: Rule = {
    index: 0,
    name: null,
    action: 'accept',
    fields: [{ name: 'spec', negated: false, anyOf: [{ kind: 'unreadable', why }] }],
    notes: [],
  };
  return { isolates: { egress: true, ingress: true }, egress: [rule], ingress: [rule] };
}

function scopeOf(ref: PolicyRef): NamespaceScope {
  return ref.namespace === null ? { kind: 'all' } : { kind: 'named', names: [ref.namespace] };
}

function subjectOf(ref: PolicyRef, expression: Expression): Policy['subject'] {
  return {
    namespaces: scopeOf(ref),
    pods: { view: 'cilium', expression },
    serviceAccounts: null,
    // Measured with 1.15: such a pod has no endpoint of its own, only its node has.
    hostNetwork: 'does-not-apply',
  };
}

/** A selector of nodes is for the host's own endpoint, whose label no pod has. */
const NO_POD: Expression = { op: 'has', key: 'reserved:host' };

function readSubject(spec: Json, where: string, ref: PolicyRef, { notebook, refusals }: SpecContext): Expression {
  const { endpointSelector, nodeSelector } = spec;
  const [hasPods, hasNodes] = [endpointSelector, nodeSelector].map(each => each !== undefined && each !== null);
  if (hasPods && hasNodes) refusals.push(`${where}spec has endpointSelector together with nodeSelector`);
  if (hasPods) return readCiliumSelector(ownNamespace(endpointSelector, ref), `${where}endpointSelector`, notebook);
  if (hasNodes && ref.namespace !== null) refusals.push(`${where}nodeSelector is for cluster-wide policies only`);
  if (hasNodes) return NO_POD;
  const why = `${where}spec has neither endpointSelector nor nodeSelector`;
  notebook.problems.push(why);
  return { op: 'unreadable', why };
}

/** A namespaced policy is for its own namespace, whatever its selector's labels say of one: Cilium writes it over. */
function ownNamespace(selector: unknown, ref: PolicyRef): unknown {
  if (ref.namespace === null || !isRecord(selector) || !isRecord(selector.matchLabels)) return selector;
  const { [NAMESPACE_KEY]: _overwritten, ...matchLabels } = selector.matchLabels;
  return { ...selector, matchLabels };
}

type SharedContext = SpecContext & Pick<RuleContext, 'namespace' | 'forStartingPods'>;

/** An empty list of rules is as good as none: the policy says nothing of that direction. */
function readSide(spec: Spec, direction: 'egress' | 'ingress', context: SharedContext): RuleList {
  const rules = (['deny', 'accept'] as const).flatMap(action => {
    const key = action === 'deny' ? `${direction}Deny` : direction;
    // 1.15 does not check deny rules as the others, so that nothing in them refuses the policy; later versions do.
    const unchecked = action === 'deny' && ciliumHas(context.engine, 'combinations-are-refused') === 'yes';
    const refusals = unchecked ? [] : context.refusals;
    return readList(spec, key, { ...context, refusals, direction, action });
  });
  return rules.length === 0 ? 'absent' : rules;
}

function readList(spec: Spec, key: string, context: RuleContext): readonly Rule[] {
  const list = isRecord(spec.value) ? spec.value[key] : undefined;
  if (list === undefined || list === null) return [];
  const place = (index: number): RulePlace => {
    const plain = spec.where === '' && context.action === 'accept';
    const where = `${spec.where}${key}[${index}]`;
    return { where, index, name: plain ? null : where };
  };
  if (!Array.isArray(list)) return [unreadableRule(place(0), `${spec.where}${key} is not a list`, context)];
  return list.flatMap((item: unknown, index) => readCiliumRule(item, place(index), context));
}

type Isolation = { readonly egress: boolean; readonly ingress: boolean; readonly why: string | null };

/**
 * Selecting a pod shuts a direction that the policy has rules for, unless enableDefaultDeny says otherwise
 * (https://docs.cilium.io/en/stable/security/policy/intro/#policy-enforcement-default-deny, since 1.16).
 */
function readDefaultDeny(
  spec: Spec,
  rules: { egress: boolean; ingress: boolean },
  context: SpecContext,
): readonly Isolation[] {
  const option = isRecord(spec.value) ? spec.value.enableDefaultDeny : undefined;
  const usual: Isolation = { ...rules, why: null };
  if (option === undefined || option === null) return [usual];
  const fault = faultOfOption(option, `${spec.where}enableDefaultDeny`, context);
  if (fault === null && isRecord(option)) {
    const set = (direction: 'egress' | 'ingress') =>
      typeof option[direction] === 'boolean' ? option[direction] === true : rules[direction];
    return [{ egress: set('egress'), ingress: set('ingress'), why: null }];
  }
  context.notebook.problems.push(fault ?? '');
  // Its rules count; whether it shuts as well is open.
  return [
    { egress: false, ingress: false, why: null },
    { ...usual, why: fault },
  ];
}

function faultOfOption(option: unknown, where: string, { engine }: ReadingContext): string | null {
  if (!isRecord(option)) return `${where} is no object`;
  const odd = Object.entries(option).find(
    ([key, value]) => !['egress', 'ingress'].includes(key) || (typeof value !== 'boolean' && value !== null),
  );
  if (odd !== undefined) return `${where}.${odd[0]} cannot be read: ${quoted(odd[1])}`;
  return ciliumHas(engine, 'has-fields-of-1.16') === 'no' ? `${where} is unknown to Cilium ${engine.version}` : null;
}

/** Collects the toRequires and fromRequires of an object: https://docs.cilium.io/en/v1.15/security/policy/language/#labels-based */
export function readRequirements(object: Json, context: ReadingContext): readonly Requirement[] {
  const ref = refOf(object);
  const notebook: Notebook = { problems: [] };
  const shared = { ...context, notebook, refusals: [], namespace: ref.namespace, forStartingPods: false };
  return specsOf(object, notebook).flatMap(({ value, where }) => {
    const wanted = isRecord(value) ? requiredIn(value) : [];
    // Hardly any policy has one, and there may be thousands of policies.
    if (!isRecord(value) || wanted.length === 0) return [];
    const pods = { view: 'cilium' as const, expression: readSubject(value, where, ref, shared) };
    return wanted.map(({ selector, direction, action }): Requirement => {
      const then = readEndpoint(selector, 'requires', { ...shared, direction, action });
      return { direction, action, policy: referenceText(ref), namespaces: scopeOf(ref), pods, then };
    });
  });
}

type Required = Pick<Requirement, 'direction' | 'action'> & { readonly selector: unknown };

function requiredIn(spec: Json): readonly Required[] {
  const from = (key: string, direction: Required['direction'], action: Required['action']) =>
    listAt(spec, key)
      .flatMap(rule => listAt(rule, direction === 'egress' ? 'toRequires' : 'fromRequires'))
      .map(selector => ({ selector, direction, action }));
  return [
    ...from('egress', 'egress', 'accept'),
    ...from('egressDeny', 'egress', 'deny'),
    ...from('ingress', 'ingress', 'accept'),
    ...from('ingressDeny', 'ingress', 'deny'),
  ];
}
