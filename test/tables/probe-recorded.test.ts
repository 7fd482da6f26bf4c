/**
 * Every tool against every outcome: what the script printed in a recorded run (test/probe/recorded, made by
 * test/probe/record.ts) is read into what the scenario says, whatever the tool was. Where a tool cannot see as much,
 * the row of `LESS` says what it sees and why.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Observation } from '../../src/model.ts';
import { readTranscript } from '../../src/probe/read.ts';
import { LESS } from '../probe/less.ts';
import type { RecordedRow, Recording } from '../probe/recording.ts';
import { inWords, SCENARIOS, TIMEOUT_MS } from '../probe/scenarios.ts';
import { TOOLSETS } from '../probe/toolsets.ts';

const folder = join(import.meta.dirname, '../probe/recorded');
const recordings = readdirSync(folder).map((file): Recording => JSON.parse(readFileSync(join(folder, file), 'utf8')));

function observe(row: RecordedRow): readonly Observation[] {
  const transcript = {
    vantage: 'pod',
    method: 'exec',
    sibling: null,
    ranIn: 'pod/container',
    lines: row.lines,
    lineTimesMs: [],
    ended: null,
    startupMs: 0,
  } as const;
  return readTranscript(transcript, { jobs: [row.job], timeoutMs: TIMEOUT_MS }).observations;
}

it('every toolset has been recorded, with every scenario that is meant for it', () => {
  const recorded = recordings.map(({ toolset, rows }) => [toolset, rows.map(row => row.scenario)]);
  const meant = TOOLSETS.map(({ name, scenarios }) => [name, scenarios.map(scenario => scenario.name)]);
  expect(Object.fromEntries(recorded)).toEqual(Object.fromEntries(meant));
});

for (const { toolset, rows } of recordings) {
  describe(toolset, () => {
    it.each(rows.map(row => [row.scenario, row] as const))('%s', (name, row) => {
      const scenario = SCENARIOS.find(candidate => candidate.name === name);
      const expected = LESS[toolset]?.[name] ?? scenario?.expected;
      expect(observe(row).map(inWords)).toEqual(expected);
    });

    it('waits are as long as the time-out, and never told for an answer', () => {
      for (const { outcome } of rows.flatMap(observe)) {
        if (outcome.kind !== 'syn-dropped' && outcome.kind !== 'resolver-timeout') continue;
        expect(outcome.waitedMs).toBeGreaterThan(TIMEOUT_MS * 0.7);
        expect(outcome.waitedMs).toBeLessThan(TIMEOUT_MS * 1.7);
      }
    });
  });
}
