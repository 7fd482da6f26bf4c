/** Predictions against what was measured. */
import { stringify } from 'yaml';
import { collect } from '../../src/cluster/collect.ts';
import type { Connection } from '../../src/cluster/connect.ts';
import type { Decision, Engine } from '../../src/model.ts';
import { readClusterState } from '../../src/policy/cluster-state.ts';
import { combineFlows, predictFlows } from '../../src/policy/evaluate.ts';
import { explainLines } from '../../src/policy/explain.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { dnsOf, type FuzzFlow, flowText } from './flows.ts';
import type { Measured } from './probe.ts';
import type { FarName } from './world.ts';

/** What the evaluator says of one flow, and how it came to it. */
export type Predicted = { readonly decision: Decision; readonly explanation: readonly string[] };

/** Reads the cluster as the program does, and predicts every flow. */
export async function predictAll(
  connection: Connection,
  engine: Engine,
  flows: readonly FuzzFlow[],
  names: readonly FarName[],
): Promise<readonly Predicted[]> {
  const collected = await collect(connection, { engine });
  const book = readRuleBook(collected.objects, { engine, apis: collected.apis });
  // Every pod looks every name up before it connects.
  const pods = new Set(flows.map(({ request }) => request.from));
  const lookups = new Map(names.map(({ host }) => [host, pods]));
  const { cluster } = readClusterState(collected.objects, dnsOf(names), lookups);
  return flows.map(({ request }) => {
    const prediction = combineFlows(predictFlows(book, cluster, request));
    const told = [prediction.why, ...prediction.flows.flatMap(flow => flow.unknowns), ...explainLines(prediction, 40)];
    return { decision: prediction.decision, explanation: told };
  });
}

/** A flow of which prediction and packets do not tell the same. An unknown prediction is none. */
export type Disagreement = { readonly flow: FuzzFlow; readonly predicted: Predicted; readonly measured: Measured };

export function disagreements(
  flows: readonly FuzzFlow[],
  predicted: readonly Predicted[],
  measured: readonly Measured[],
): readonly Disagreement[] {
  return flows.flatMap((flow, index) => {
    const said = predicted[index];
    const seen = measured[index] ?? 'odd: not measured';
    if (said === undefined) throw new Error('a flow without a prediction');
    const agree = said.decision === seen || (said.decision === 'unknown' && (seen === 'allow' || seen === 'deny'));
    return agree ? [] : [{ flow, predicted: said, measured: seen }];
  });
}

/** All that is needed to look into it: the seed, the policies, the flows, what was predicted and why, and what was seen. */
export function disagreementText(seed: number, policies: readonly object[], found: readonly Disagreement[]): string {
  const flows = found.map(({ flow, predicted, measured }) =>
    [
      `${flowText(flow)}: predicted ${predicted.decision}, measured ${measured}`,
      ...predicted.explanation.map(line => `    ${line}`),
    ].join('\n'),
  );
  return [
    `seed ${seed}: ${found.length} disagreements`,
    ...policies.map(policy => stringify(policy, { version: '1.1', aliasDuplicateObjects: false })),
    ...flows,
  ].join('\n---\n');
}
