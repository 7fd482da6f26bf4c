/** A file of SQLite as the store and the queue of the one process use it. */
import { DatabaseSync } from 'node:sqlite';
import { FaultError } from '../faults.ts';

/** An open file, and how to change it. */
export type Database = {
  readonly database: DatabaseSync;
  /** Runs `work` as one transaction that no other process interrupts: all of it is kept or, when it throws, nothing. */
  readonly transaction: <Value>(work: () => Value) => Value;
};

/** How long one process waits for the other's transaction. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * Opens `path`, with write-ahead log: readers do not wait. `durability`: `FULL` outlasts a loss of power after each transaction,
 * `NORMAL` a kill of the process. https://www.sqlite.org/pragma.html#pragma_synchronous. Throws a FaultError when it cannot.
 */
export function openDatabase(path: string, durability: 'FULL' | 'NORMAL'): Database {
  const database = openFile(path);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${durability};`);
  const transaction = <Value>(work: () => Value): Value => {
    database.exec('BEGIN IMMEDIATE');
    try {
      const value = work();
      database.exec('COMMIT');
      return value;
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  };
  return { database, transaction };
}

function openFile(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  } catch (error) {
    throw new FaultError(
      {
        code: 'bad-config',
        what: `The database ${path} could not be opened.`,
        cause: error instanceof Error ? error.message : String(error),
        remedy: 'Name a file in a folder that this process may write with EGRESS_DATABASE.',
      },
      { cause: error },
    );
  }
}
