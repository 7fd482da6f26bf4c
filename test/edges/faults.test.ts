/** The small sibling of `npm run test:faults`: real worker processes, killed; a Slack that fails; each question ends once. */
import { expect, test } from 'vitest';
import { runFaults } from '../faults/run.ts';
import { questions } from '../faults/scene.ts';

const SEED = 5;

test('ten questions, workers killed with signal 9, Slack failing: whole threads and clear failures, nothing else', {
  timeout: 240_000,
}, async () => {
  const asked = (at: string) => questions(10, SEED, at);
  const run = { asked, clusters: 'bundles', seed: SEED, speed: 20, callsPerLife: 200, downSeconds: 10 } as const;
  const tally = await runFaults({ ...run, limitMs: 200_000 });
  expect(tally.wrong).toEqual([]);
  expect(tally.threads + tally.failures).toBe(10);
});
