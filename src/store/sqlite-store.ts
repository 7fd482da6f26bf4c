/** The store of the one process: a file of SQLite. Every write is one transaction, so a killed process leaves no half. */
import type { SQLOutputValue } from 'node:sqlite';
import { openDatabase } from './database.ts';
import { bodyText, checkKey } from './limits.ts';
import type { Expected, ListOptions, Store, Stored, Write } from './store.ts';

/** Text keys are compared by their UTF-8 bytes (SQLite's BINARY collation), as in DynamoDB. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS items (
    partition TEXT NOT NULL,
    sort TEXT NOT NULL,
    body TEXT NOT NULL,
    version INTEGER NOT NULL,
    expires_at_ms INTEGER,
    PRIMARY KEY (partition, sort)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS items_by_expiry ON items (expires_at_ms) WHERE expires_at_ms IS NOT NULL;
`;

/** What expired is removed as often as this; until then it only counts as absent. */
const REMOVE_EVERY_MS = 60_000;

type Row = Record<string, SQLOutputValue>;

/** Opens the file `path` (`:memory:`: none) and makes its table. `now`: milliseconds since 1970. Throws when it cannot be opened. */
export function openSqliteStore(path: string, now: () => number): Store {
  const { database, transaction } = openDatabase(path, 'NORMAL');
  database.exec(SCHEMA);
  const one = database.prepare('SELECT * FROM items WHERE partition = ? AND sort = ?');
  const upsert = database.prepare('INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?)');
  const removal = database.prepare('DELETE FROM items WHERE partition = ? AND sort = ?');
  const removeExpired = database.prepare('DELETE FROM items WHERE expires_at_ms <= ?');
  const listing = {
    ascending: database.prepare(listSql('ASC')),
    descending: database.prepare(listSql('DESC')),
  };
  let removedAtMs = 0;

  const put: Store['put'] = async (key, body, { expected, expiresAtMs }) => {
    checkKey(key);
    const text = bodyText(key, body);
    return transaction((): Write => {
      const nowMs = now();
      if (nowMs - removedAtMs > REMOVE_EVERY_MS) {
        removeExpired.run(nowMs);
        removedAtMs = nowMs;
      }
      const row = one.get(key.partition, key.sort);
      if (!isAsExpected(row, expected, nowMs)) return { kind: 'conflict' };
      // Versions begin at the time, so that an item that was removed and made again is not taken for the old one.
      const version = (row === undefined ? nowMs : Number(row.version)) + 1;
      upsert.run(key.partition, key.sort, text, version, expiresAtMs);
      return { kind: 'stored', version };
    });
  };

  return {
    get: async key => {
      checkKey(key);
      const row = one.get(key.partition, key.sort);
      return row === undefined || isExpired(row, now()) ? null : storedOf(row);
    },
    put,
    remove: async key => {
      checkKey(key);
      removal.run(key.partition, key.sort);
    },
    list: async (partition: string, { from, to, limit, order }: ListOptions) =>
      listing[order].all(partition, from ?? '', to ?? null, to ?? null, now(), limit).map(storedOf),
    close: async () => database.close(),
  };
}

function listSql(direction: 'ASC' | 'DESC'): string {
  return `SELECT * FROM items WHERE partition = ? AND sort >= ? AND (? IS NULL OR sort <= ?)
    AND (expires_at_ms IS NULL OR expires_at_ms > ?) ORDER BY sort ${direction} LIMIT ?`;
}

function isAsExpected(row: Row | undefined, expected: Expected, nowMs: number): boolean {
  if (expected === 'any') return true;
  const present = row === undefined || isExpired(row, nowMs) ? null : Number(row.version);
  return expected === 'absent' ? present === null : present === expected.version;
}

function isExpired(row: Row, nowMs: number): boolean {
  return row.expires_at_ms !== null && Number(row.expires_at_ms) <= nowMs;
}

function storedOf(row: Row): Stored {
  return {
    key: { partition: String(row.partition), sort: String(row.sort) },
    body: JSON.parse(String(row.body)) as unknown,
    version: Number(row.version),
    expiresAtMs: row.expires_at_ms === null ? null : Number(row.expires_at_ms),
  };
}
