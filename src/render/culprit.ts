/** The deciding policies: which rule, what else they cut, whom they select, how old they are and whose. */
import type { Cause, CulpritPolicy } from '../model.ts';
import { type Code, code } from './escape.ts';
import { countText, listText, timeText } from './words.ts';

/** A deciding policy, in words and already escaped. */
export type CulpritView = {
  /** `Kind ns/name`. */
  readonly policy: Code;
  /** A clause after a colon: `it has no egress rules`, `rule 2: ports do not match: ...`. */
  readonly rule: string;
  /** One short line each: what it cuts, whom it selects, age, managers. */
  readonly facts: readonly { readonly name: string; readonly text: string }[];
};

/** The policies that a cause names. Empty when no policy is the cause. */
export function culpritsOf(cause: Cause): readonly CulpritView[] {
  return cause.policies.map(policy => ({
    policy: code(policy.policy),
    rule: ruleClause(policy.rule),
    facts: [
      { name: 'cuts', text: cutsText(policy.cuts) },
      {
        name: 'selects',
        text:
          policy.selectsPods === null
            ? 'not known: the pods could not be listed'
            : countText(policy.selectsPods, 'pod'),
      },
      { name: 'age', text: ageText(policy) },
    ].filter(fact => fact.text !== ''),
  }));
}

/** "has no egress rules" needs its subject; "rule 2: ..." does not. */
function ruleClause(rule: string): string {
  const clause = rule.trim().replace(/\.$/, '');
  return /^(has|have|allows|denies|selects|isolates|matches|names|knows|opens|lists|refuses|does) /.test(clause)
    ? `it ${clause}`
    : clause;
}

function cutsText(cuts: CulpritPolicy['cuts']): string {
  const flows = [
    { name: 'DNS', cut: cuts.dns },
    { name: 'in-cluster', cut: cuts.inCluster },
    { name: 'internet', cut: cuts.internet },
  ];
  const namesOf = (cut: boolean | null) => flows.filter(flow => flow.cut === cut).map(flow => flow.name);
  const parts = [
    { words: '', names: namesOf(true) },
    { words: 'not: ', names: namesOf(false) },
    { words: 'not checked: ', names: namesOf(null) },
  ].filter(part => part.names.length > 0);
  return parts.map(part => `${part.words}${listText(part.names)}`).join('; ');
}

function ageText(policy: CulpritPolicy): string {
  const created = policy.createdAt === null ? '' : `created ${timeText(policy.createdAt)}`;
  const changed =
    policy.changedAt === null || policy.changedAt === policy.createdAt ? '' : `changed ${timeText(policy.changedAt)}`;
  const managed = policy.managedBy.length === 0 ? '' : `by ${listText(policy.managedBy)}`;
  return [[created, changed].filter(text => text !== '').join(', '), managed].filter(text => text !== '').join(' ');
}
