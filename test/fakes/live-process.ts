/** A program under test as a process of its own: what it says, and how it ends. */
import { type ChildProcess, type SpawnOptionsWithoutStdio, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';

export type LiveProcess = {
  readonly child: ChildProcess;
  /** Everything that it wrote. */
  readonly output: () => string;
  /** Its exit code; null: a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Kills it, and waits until it is dead. */
  readonly kill: () => Promise<unknown>;
};

/** Starts a program of Node with these arguments. */
export function startProcess(args: readonly string[], options: SpawnOptionsWithoutStdio = {}): LiveProcess {
  const child = spawn(process.execPath, args, options);
  let output = '';
  child.stdout.on('data', chunk => (output += String(chunk)));
  child.stderr.on('data', chunk => (output += String(chunk)));
  const ended = new Promise<number | null>(resolve => child.once('close', resolve));
  const kill = () => {
    child.kill('SIGKILL');
    return ended;
  };
  return { child, output: () => output, ended, kill };
}

/** Waits until it is so, for a minute at least; then fails with what the process wrote. */
export async function until(isSo: () => boolean, { output }: Pick<LiveProcess, 'output'>): Promise<void> {
  for (let count = 0; count < 3000; count += 1) {
    if (isSo()) return;
    await pause(20);
  }
  throw new Error(`it never came: ${output()}`);
}
