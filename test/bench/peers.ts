/**
 * Which of 200, 500 and 1,000 pods reach which under NetworkPolicies: this project's evaluator beside other tools, asked
 * the same in the same run, each in a process of its own from start to end of its output. Their answers must be the same.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Bench, Measurement } from './bench.ts';
import { EGRESS, PEERS, type Tool } from './peers-tools.ts';
import { type World, writeWorld } from './peers-world.ts';

const SIZES = [200, 500, 1_000] as const;
/** As long as somebody would wait for an answer; also for our own. */
const PATIENCE_MS = 300_000;
/** Where `go install` puts what it makes, which is seldom on PATH. */
const PATH = [process.env.PATH ?? '', join(homedir(), 'go', 'bin')].join(delimiter);

type Run =
  | { readonly kind: 'answered'; readonly ms: number; readonly pairs: ReadonlySet<string> }
  | { readonly kind: 'not-finished' }
  | { readonly kind: 'not-installed' };

export const bench: Bench = {
  title: 'which pod reaches which, beside other tools',
  needs: 'nothing',
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'egress-bench-'));
    try {
      return SIZES.flatMap(count => rowsOf(count, writeWorld(join(folder, String(count)), count)));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function rowsOf(count: number, world: World): readonly Measurement[] {
  const ours = runTool(EGRESS, world);
  const theirs = PEERS.map(tool => ({ tool, run: runTool(tool, world) }));
  for (const { tool, run } of theirs) checkAgreement(ours, run, tool.name);
  const times = theirs.flatMap(({ run }) => (run.kind === 'answered' ? [run.ms] : []));
  const bound = times.length === 0 ? PATIENCE_MS : Math.min(...times);
  return [rowOf(count, EGRESS, ours, bound), ...theirs.map(({ tool, run }) => rowOf(count, tool, run, null))];
}

function runTool(tool: Tool, world: World): Run {
  const file = join(world.policies, '..', 'answer.txt');
  const output = openSync(file, 'w');
  const started = performance.now();
  const ended = spawnSync(tool.command, tool.args(world), {
    stdio: ['ignore', output, 'ignore'],
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
    env: { ...process.env, PATH },
  });
  const ms = performance.now() - started;
  closeSync(output);
  const code = ended.error !== undefined && 'code' in ended.error ? ended.error.code : null;
  if (code === 'ENOENT') return { kind: 'not-installed' };
  if (code === 'ETIMEDOUT') return { kind: 'not-finished' };
  if (ended.status !== 0)
    throw new Error(`${tool.name} ended with ${ended.status ?? ended.signal}`, { cause: ended.error });
  return { kind: 'answered', ms, pairs: new Set([...tool.read(readFileSync(file, 'utf8'))].filter(isOfTwo)) };
}

/** What a pod says to itself never leaves it: some tools judge it, others leave it out. */
function isOfTwo(pair: string): boolean {
  const [from, to] = pair.split(' => ');
  return from !== to;
}

function checkAgreement(ours: Run, theirs: Run, name: string): void {
  if (ours.kind !== 'answered' || theirs.kind !== 'answered') return;
  const onlyOurs = [...ours.pairs].filter(pair => !theirs.pairs.has(pair));
  const onlyTheirs = [...theirs.pairs].filter(pair => !ours.pairs.has(pair));
  if (onlyOurs.length + onlyTheirs.length === 0) return;
  const examples = `only we allow ${onlyOurs.length} (${onlyOurs[0]}), only they ${onlyTheirs.length} (${onlyTheirs[0]})`;
  throw new Error(`${name} answers differently: ${examples}`);
}

function rowOf(count: number, tool: Tool, run: Run, bound: number | null): Measurement {
  const base = { name: `${count} pods: ${tool.name}`, unit: 'ms', bound } as const;
  switch (run.kind) {
    case 'answered':
      return { ...base, value: run.ms, note: `${run.pairs.size.toLocaleString('en')} pairs; ${tool.note}` };
    case 'not-finished':
      return { ...base, value: null, note: `not finished after ${PATIENCE_MS / 60_000} minutes` };
    case 'not-installed':
      return { ...base, value: null, note: `not installed: ${tool.install}` };
    default:
      return run satisfies never;
  }
}
