/** Every condition that a policy's rules are made of, laid flat: what cuts addresses and ports into classes. */
import type { Policy, Term } from '../policy/model.ts';

/** The terms of one side's rules, those inside conjunctions too; none when the policy says nothing of that side. */
export function termsOf(policy: Policy, side: 'egress' | 'ingress'): readonly Term[] {
  const rules = policy[side];
  return rules === 'absent' ? [] : rules.flatMap(rule => rule.fields.flatMap(field => field.anyOf.flatMap(flat)));
}

function flat(term: Term): readonly Term[] {
  switch (term.kind) {
    case 'all-of':
    case 'none-of':
      return term.terms.flatMap(flat);
    case 'own-side':
      return flat(term.of);
    case 'network-set':
      return [term, ...term.members.flatMap(flat)];
    case 'where-subject':
      return [term, ...flat(term.then)];
    default:
      return [term];
  }
}
