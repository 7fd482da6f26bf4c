/** The trace of a prediction on a few lines: who decides first, then the nearest miss; what is cut is counted. */
import type { PolicyTrace, Prediction, RuleTrace } from '../model.ts';
import { ruleText } from './combine.ts';

/** Rules told of one policy, so that one policy with fifty rules does not hide the next. */
const RULES_PER_POLICY = 3;

/**
 * At most `limit` lines for a report. Order: policies that decide, then those whose rules came nearest, then those that
 * do not select the pod. When something is cut, the last line says how many lines; all of them are in the JSON.
 */
export function explainLines(prediction: Prediction, limit = 15): readonly string[] {
  const lines = prediction.trace.toSorted(byWeight).flatMap(policyLines);
  if (lines.length <= limit) return lines;
  return [...lines.slice(0, limit - 1), `and ${lines.length - limit + 1} more lines (all are in the JSON)`];
}

function byWeight(a: PolicyTrace, b: PolicyTrace): number {
  return weight(b) - weight(a);
}

/** Deciding before selecting before not selecting; among equals, the nearest miss. */
function weight(trace: PolicyTrace): number {
  const near = Math.max(0, ...trace.rules.map(nearness));
  return (trace.decides ? 1000 : 0) + (trace.selects === 'no' ? 0 : 100) + near;
}

/** A match counts more than any miss; a miss counts by the fields that matched before the one that failed. */
function nearness(rule: RuleTrace): number {
  return { yes: 50, unknown: 40, no: 0 }[rule.match] + rule.fieldsMatched;
}

const SELECTS = { yes: 'selects the pod', no: 'does not select the pod', unknown: 'may select the pod' } as const;

function policyLines(trace: PolicyTrace): readonly string[] {
  const rules = trace.rules.toSorted((a, b) => nearness(b) - nearness(a));
  const told = rules.slice(0, RULES_PER_POLICY).map(rule => `  ${ruleText(rule)} ${verb(rule)}: ${rule.why}`);
  const rest = rules.length - told.length;
  const more = rest === 0 ? [] : [`  ${rest} more ${rest === 1 ? 'rule' : 'rules'} that came no nearer`];
  const policy = `${trace.policy} ${SELECTS[trace.selects]} (${trace.side}): ${trace.why}`;
  // The indent tells rules from policies, so none may come from a hostile name.
  return [policy.trimStart(), ...told, ...more];
}

function verb(rule: RuleTrace): string {
  if (rule.match === 'no') return 'does not match';
  return `${rule.match === 'yes' ? 'matches' : 'may match'} (${rule.action})`;
}
