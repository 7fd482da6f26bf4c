/**
 * Policies that Cilium's agent refuses as a whole, and what stays of them.
 * https://github.com/cilium/cilium/blob/v1.15.19/pkg/policy/api/rule_validation.go
 */
import type { ReadingContext } from './cilium-context.ts';
import { ciliumHas } from './cilium-versions.ts';
import { engineText } from './departures.ts';
import type { Policy, Rule, RuleList } from './model.ts';
import { perhaps } from './perhaps.ts';
import { isRecord, type Json, memberOf } from './reading.ts';

/** What one object gives. `problems` are the object's; each of its policies has them too. */
export type SpecsReading = { readonly policies: readonly Policy[]; readonly problems: readonly string[] };

/** What was read of an object before anybody asked whether it is taken. */
type Read = {
  /** One for each of its specs. */
  readonly drafts: readonly Policy[];
  readonly specs: readonly { readonly value: unknown; readonly where: string }[];
  readonly problems: readonly string[];
  /** Reasons for which a version refuses the whole object. */
  readonly refusals: readonly string[];
};

/** What an object gives, once its refusals are known: nothing where this version has them; where it may, perhaps its policies. */
export function withRefusals(object: Json, read: Read, { engine }: ReadingContext): SpecsReading {
  const { drafts, problems } = read;
  const ruleless = read.specs.find(({ value }) => isRecord(value) && hasNoRule(value));
  const lacking = ruleless === undefined ? null : `${ruleless.where}spec has no rule`;
  const lackIsRefused = lacking === null ? 'no' : refusesRuleless(engine);
  if (lacking !== null && lackIsRefused === 'yes')
    return refusedObject(object, drafts, [...problems, refusedText(lacking)]);
  const refusals = [...read.refusals, ...(lacking !== null && lackIsRefused === 'unknown' ? [lacking] : [])];
  if (refusals.length === 0) return { policies: drafts.map(policy => ({ ...policy, problems })), problems };
  if (ciliumHas(engine, 'combinations-are-refused') === 'yes')
    return refusedObject(object, drafts, [...problems, ...refusals.map(refusedText)]);
  const why = `whether ${engineText(engine)} refuses the whole policy is not known: ${refusals[0]}`;
  const told = [...problems, why];
  return {
    policies: drafts.map(policy => ({ ...perhaps(policy, why), problems: told })),
    problems: told,
  };
}

/**
 * Nothing, if it was never otherwise. Where a policy is refused after a change, the agent keeps what it said before, which
 * nobody tells: https://github.com/cilium/cilium/blob/v1.15.19/pkg/k8s/watchers/cilium_network_policy.go
 */
function refusedObject(object: Json, drafts: readonly Policy[], problems: readonly string[]): SpecsReading {
  const generation = memberOf(object, 'metadata', 'generation');
  if (typeof generation !== 'number' || generation <= 1) return { policies: [], problems };
  const why = `${problems.at(-1) ?? ''}; what it said before its last change may still hold`;
  const open = (action: Rule['action']): Rule => ({
    index: 0,
    name: 'before its last change',
    action,
    fields: [{ name: 'rule', negated: false, anyOf: [{ kind: 'unreadable', why }] }],
    notes: [],
  });
  const side = (list: RuleList): RuleList => (list === 'absent' ? list : [open('deny'), open('accept')]);
  const policies = drafts.map(policy => ({
    ...perhaps(policy, why),
    egress: side(policy.egress),
    ingress: side(policy.ingress),
    problems,
  }));
  return { policies, problems };
}

function refusedText(why: string): string {
  return `Cilium's agent refuses the whole policy: ${why}`;
}

function hasNoRule(spec: Json): boolean {
  return ['egress', 'egressDeny', 'ingress', 'ingressDeny'].every(key => {
    const list = spec[key];
    return list === undefined || list === null || (Array.isArray(list) && list.length === 0);
  });
}

/** Before enableDefaultDeny, one without a rule was taken, and said nothing. */
function refusesRuleless(engine: ReadingContext['engine']): 'yes' | 'no' | 'unknown' {
  if (ciliumHas(engine, 'has-fields-of-1.16') === 'no') return 'no';
  return ciliumHas(engine, 'policies-without-rules-are-refused');
}
