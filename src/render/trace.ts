/** The trace on a few lines: which policies select the pod, and the nearest miss of each. */
import type { PolicyTrace, Prediction } from '../model.ts';

/** At most `limit` lines; what is left out is counted in the last one. The deciding policies come first. */
export function explainLines(prediction: Prediction, limit: number): readonly string[] {
  const ordered = [...prediction.trace].sort((left, right) => Number(right.decides) - Number(left.decides));
  const lines = ordered.flatMap(policyLines);
  if (lines.length <= limit) return lines;
  return [...lines.slice(0, limit - 1), `and ${lines.length - limit + 1} more lines (all are in the JSON)`];
}

function policyLines(trace: PolicyTrace): readonly string[] {
  const selects = { yes: 'selects the pod', no: 'does not select the pod', unknown: 'may select the pod' }[
    trace.selects
  ];
  const nearestFirst = [...trace.rules].sort((left, right) => right.fieldsMatched - left.fieldsMatched);
  return [
    `${trace.policy} ${selects}: ${trace.why}`,
    ...nearestFirst.map(rule => `  rule ${rule.index + 1}: ${rule.why}`),
  ];
}
