/** What the evaluator says of the documented examples, whole: the goldens in `documented/traces`, one for each file. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { FlowPrediction, PolicyTrace } from '../../src/model.ts';
import { readCase } from '../../src/policy/case-file.ts';
import { answerCase } from '../../src/policy/run-case.ts';

const ROOT = join(import.meta.dirname, 'documented');

/** Case files in alphabetical order, without folder. */
export const CASE_FILES: readonly string[] = globSync('*.yaml', { cwd: ROOT }).sort();

/** Path of a case's golden. */
export function goldenOf(file: string): string {
  return join(ROOT, 'traces', `${basename(file, '.yaml')}.txt`);
}

/** Everything that is predicted for a case, in lines: the flow, its answer, each policy and each rule. */
export function tracesOf(file: string): string {
  const reading = readCase(readFileSync(join(ROOT, file), 'utf8'));
  if (reading.kind !== 'case') throw new Error(reading.why);
  const { answers, problems } = answerCase(reading.case.question);
  return [
    ...problems.map(({ object, why }) => `problem: ${object}: ${why}`),
    ...answers.flatMap((answer, index) => [`flow ${index}`, ...answer.flows.flatMap(flowLines)]),
    '',
  ].join('\n');
}

function flowLines(flow: FlowPrediction): readonly string[] {
  const { from, to, address, port, protocol, decision, side, by, why } = flow;
  return [
    `  ${from} -> ${to} (${address}, ${port}/${protocol}): ${decision} ${side ?? '-'} by [${by.join(', ')}]: ${why}`,
    ...flow.unknowns.map(unknown => `    unknown: ${unknown}`),
    ...flow.assumptions.map(assumption => `    assumed: ${assumption}`),
    ...flow.trace.flatMap(policyLines),
  ];
}

function policyLines(part: PolicyTrace): readonly string[] {
  const { policy, tier, side, selects, effect, decides, why } = part;
  return [
    `    ${decides ? '*' : '-'} ${policy} (${tier}, ${side}): selects ${selects}, ${effect}: ${why}`,
    ...part.rules.map(
      ({ index, name, action, match, fieldsMatched, why }) =>
        `      ${index} ${name ?? ''} ${action}: ${match} after ${fieldsMatched}: ${why}`,
    ),
  ];
}
