/** One process works on a file: by a lock that the system gives back when its holder dies, however. */
import { DatabaseSync } from 'node:sqlite';
import { FaultError } from '../faults.ts';

/** https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;

/** A lock that nothing holds on to would be closed, and given back, when memory is tidied up. */
const held = new Set<DatabaseSync>();

/**
 * Takes the lock beside the file `path`, until `release`. Throws a FaultError where a living process has it: two would know nothing of
 * each other's deaths, and of each other's turns in a channel. In memory nobody else can be. The lock is an exclusive transaction
 * of SQLite that never ends. https://www.sqlite.org/lockingv3.html
 */
export function becomeSoleWorker(path: string): { readonly release: () => void } {
  if (path === ':memory:') return { release: () => undefined };
  try {
    const lock = new DatabaseSync(`${path}-worker`);
    try {
      lock.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE;');
    } catch (error) {
      lock.close();
      throw error;
    }
    held.add(lock);
    const release = (): void => {
      held.delete(lock);
      lock.close();
    };
    return { release };
  } catch (error) {
    throw new FaultError(isBusy(error) ? takenFault(path) : unlockableFault(path, error), { cause: error });
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

function takenFault(path: string) {
  return {
    code: 'bad-config',
    what: `Another process works on ${path}.`,
    cause: `It holds the lock ${path}-worker, which the system gives back when a process ends.`,
    remedy: 'End the other process, or give this one a file of its own with EGRESS_DATABASE.',
  } as const;
}

function unlockableFault(path: string, error: unknown) {
  return {
    code: 'bad-config',
    what: `The lock ${path}-worker could not be made.`,
    cause: error instanceof Error ? error.message : String(error),
    remedy: 'Name a file in a folder that this process may write with EGRESS_DATABASE.',
  } as const;
}
