/** The script ends: as soon as its jobs have, when a tool hangs, when nobody ends its input; and leaves no process behind. */
import { spawn } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readLines, wasStopped } from '../../src/probe/read-lines.ts';
import { SCRIPT } from '../../src/probe/script.ts';
import { type Bench, openBench, SHELLS } from '../probe/shell.ts';

const SLOW_MS = 60_000;
const CASES = SHELLS.flatMap(shell => [
  { ...shell, limits: 'with timeout(1)', real: ['timeout'] },
  { ...shell, limits: 'without timeout(1)', real: [] },
]);

let bench: Bench | null = null;
afterEach(() => {
  bench?.close();
  bench = null;
});

/** Processes whose PATH is the bench's. */
function left(bin: string): readonly string[] {
  return readdirSync('/proc').filter(name => /^\d+$/.test(name) && environmentOf(name).includes(`PATH=${bin}`));
}

function environmentOf(process: string): string {
  try {
    return readFileSync(`/proc/${process}/environ`, 'latin1');
  } catch {
    // It has ended, or it is not ours.
    return '';
  }
}

function hang(tool: string): Bench {
  const made = openBench([], ['timeout']);
  writeFileSync(join(made.bin, tool), '#!/bin/sh\nexec sleep 30\n');
  chmodSync(join(made.bin, tool), 0o755);
  return made;
}

describe.each(CASES)('$name $limits', ({ limits: _limits, real, ...shell }) => {
  it('a job that is done at once ends at once, every time', { timeout: SLOW_MS }, () => {
    bench = openBench(['nc'], real);
    for (let turn = 0; turn < 12; turn += 1) {
      const start = performance.now();
      const ran = bench.run(shell, SCRIPT, ['a tcp 127.0.0.1 9', 'b tcp 127.0.0.1 9'], 'end\n');
      expect(ran.lines.at(-1)).toBe('end');
      // The limit is 400 ms, a watch counts whole seconds, and a lost signal would cost one or more.
      expect(performance.now() - start).toBeLessThan(1000);
    }
    expect(left(bench.bin)).toEqual([]);
  });
});

describe.each(SHELLS)('$name', shell => {
  it('a tool that hangs is stopped at the limit', { timeout: SLOW_MS }, () => {
    bench = hang('nc');
    const ran = bench.run(shell, SCRIPT, ['a tcp 127.0.0.1 9'], 'end\n');
    const [run] = readLines(ran.lines).jobs.get('a')?.runs ?? [];
    expect(run !== undefined && wasStopped(run)).toBe(true);
    expect(left(bench.bin)).toEqual([]);
  });

  it('input that never ends is read until the deadline', { timeout: SLOW_MS }, async () => {
    bench = openBench(['nc']);
    const [program = 'sh', ...options] = shell.words;
    const start = performance.now();
    const child = spawn(program, [...options, '-c', SCRIPT, 'egress-probe', '400', '1'], {
      env: { PATH: bench.bin },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await new Promise(resolve => child.on('exit', resolve));
    const took = performance.now() - start;
    expect(took).toBeGreaterThan(900);
    expect(took).toBeLessThan(5000);
  });

  it('jobs that arrive as lines are run like those of the arguments', { timeout: SLOW_MS }, () => {
    bench = openBench(['nc']);
    const ran = bench.run(shell, SCRIPT, ['a tcp 127.0.0.1 9'], 'b tcp 127.0.0.2 9\nend\nc tcp 127.0.0.3 9\n');
    expect([...readLines(ran.lines).jobs.keys()].toSorted((x, y) => x.localeCompare(y))).toEqual(['a', 'b']);
  });
});
