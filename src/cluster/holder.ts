/** Who holds a run: this process, told apart from others of this machine, and from those of other machines. */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { HolderState } from './run-mark.ts';

/** Runs of this process that have not ended: what one of them made is never an orphan. */
const livingRuns = new Set<string>();

/** Marks a run of this process as living, until the returned function is called. */
export function holdRun(id: string): () => void {
  livingRuns.add(id);
  return () => {
    livingRuns.delete(id);
  };
}

/** This process as an annotation: `host-digest/pid/start`. The host's name itself stays at home. */
export function thisHolder(): string {
  return `${hostDigest()}/${process.pid}/${startOf(process.pid) ?? '-'}`;
}

/**
 * Reports how the holder of a run stands. Another machine's process, or one in another process-id namespace, cannot be
 * seen from here: `elsewhere`. A process id in use by a later process is told by its start time, on Linux.
 */
export function holderState(holder: string | null, run: string): HolderState {
  const [host, pid, start] = (holder ?? '').split('/');
  if (host !== hostDigest() || pid === undefined || !/^[1-9]\d{0,9}$/.test(pid)) return 'elsewhere';
  if (Number(pid) === process.pid && startOf(process.pid) === knownStart(start))
    return livingRuns.has(run) ? 'alive' : 'dead';
  if (!isRunning(Number(pid))) return 'dead';
  return startOf(Number(pid)) === knownStart(start) ? 'alive' : 'dead';
}

function knownStart(text: string | undefined): string | null {
  return text === undefined || text === '-' ? null : text;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, and is somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Field 22 of /proc/PID/stat, in clock ticks since boot; null where there is no /proc. The name before it may hold anything. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

/** Two containers may share a host name, and two boots a process id: all three go in. */
function hostDigest(): string {
  const parts = [
    hostname(),
    readOr(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    readOr(() => readlinkSync('/proc/self/ns/pid')),
  ];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}

function readOr(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
