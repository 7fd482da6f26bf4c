/** The trial as tests: one for each seed, and one over all of them. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readEngineOption } from '../../src/policy/engine.ts';
import { create, dropNamespace, ENGINE, waitForPods } from '../cluster/cluster.ts';
import { disagreementText } from './compare.ts';
import { closeLane, deadFlows, type Lane, openLane, type Trial, tryPolicySet } from './lane.ts';
import { type World, worldManifests, worldOf } from './world.ts';

const FEWEST_FOR_SHARES = 8;

export type SuiteOptions = {
  /** Begins the names of the world's namespaces. */
  readonly prefix: string;
  readonly seeds: readonly number[];
  /** Seeds that are not begun by then fail. */
  readonly minutes: number;
};

/** Declares the tests of these seeds, tried one after the other. */
export function describePolicySets({ prefix, seeds, minutes }: SuiteOptions): void {
  describe(`random policy sets in ${prefix}`, () => {
    const world = worldOf(prefix);
    const trials: Trial[] = [];
    let lane: Lane;
    let untilMs = 0;

    beforeAll(async () => {
      const reading = readEngineOption(ENGINE);
      if (reading.kind !== 'engine') throw new Error(reading.why);
      await dropWorld(world);
      await create(...worldManifests(world));
      for (const each of Object.values(world)) await waitForPods(each);
      lane = await openLane(world, reading.engine, randomBytes(3).toString('hex'));
      untilMs = performance.now() + minutes * 60_000;
    });

    afterAll(async () => {
      console.info(summaryOf(trials));
      await closeLane(lane);
      await dropWorld(world);
    });

    test('without policies every flow gets through', async () => {
      expect(await deadFlows(lane)).toEqual([]);
    });

    test.each(seeds)('seed %i: what is predicted is what packets do', async seed => {
      expect(performance.now(), `not tried: ${minutes} minutes were over`).toBeLessThan(untilMs);
      const trial = await tryPolicySet(lane, seed);
      trials.push(trial);
      if (trial.disagreements.length > 0) expect.fail(disagreementText(seed, trial.policies, trial.disagreements));
    });

    // A few sets that somebody wants to see again may well deny everything.
    test.runIf(seeds.length >= FEWEST_FOR_SHARES)('the sets deny and allow, and few flows are unknown', () => {
      const total = (count: (trial: Trial) => number): number => trials.reduce((sum, trial) => sum + count(trial), 0);
      const flows = total(trial => trial.flows);
      const denied = total(trial => trial.denied);
      const unknown = total(trial => trial.unknown.length);
      expect(denied).toBeGreaterThan(flows / 10);
      expect(flows - denied - unknown).toBeGreaterThan(flows / 10);
      expect(unknown).toBeLessThan(flows / 20);
    });
  });
}

async function dropWorld(world: World): Promise<void> {
  await Promise.all(Object.values(world).map(each => dropNamespace(each)));
}

function summaryOf(trials: readonly Trial[]): string {
  const sum = (count: (trial: Trial) => number): number => trials.reduce((all, trial) => all + count(trial), 0);
  const why = Map.groupBy(
    trials.flatMap(trial => trial.unknown.map(text => ({ seed: trial.seed, text }))),
    each => each.text,
  );
  return [
    `${trials.length} sets, ${sum(trial => trial.policies.length)} policies, ${sum(trial => trial.flows)} flows: ${sum(trial => trial.denied)} predicted denied, ${sum(trial => trial.unknown.length)} unknown, ${sum(trial => trial.disagreements.length)} disagreements; ${Math.round(sum(trial => trial.ms) / 1000)} s`,
    ...[...why].map(([text, each]) => `  unknown ${each.length} times, e.g. seed ${each[0]?.seed}: ${text}`),
  ].join('\n');
}
