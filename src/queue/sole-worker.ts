/** Knows whether another process works on the same file: by a lock that the system gives back when its holder dies, however. */
import { DatabaseSync } from 'node:sqlite';

/**
 * Takes the lock beside the file `path`, until `release`. null: a living process has it. In memory nobody else can be. The lock is an
 * exclusive transaction of SQLite that never ends. https://www.sqlite.org/lockingv3.html
 */
export function becomeSoleWorker(path: string): { readonly release: () => void } | null {
  if (path === ':memory:') return { release: () => undefined };
  const lock = new DatabaseSync(`${path}-worker`);
  try {
    lock.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE;');
    return { release: () => lock.close() };
  } catch {
    // SQLITE_BUSY, the only refusal of a file that could be opened: somebody has it.
    lock.close();
    return null;
  }
}
