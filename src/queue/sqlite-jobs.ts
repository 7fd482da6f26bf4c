/**
 * The table of the embedded queue. A job is ready at a time; whoever takes it moves that time to the end of its lease, so a
 * killed worker gives it back by itself. Groups are served in turn.
 */
import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '../store/database.ts';
import type { Envelope } from './job.ts';

/** A job that was taken, until its lease ends. */
export type TakenJob = {
  readonly seq: number;
  readonly lease: string;
  readonly message: string;
  /** From 1; this one counted. */
  readonly attempt: number;
  readonly leaseUntilMs: number;
};

/** A job that is not tried again. */
export type DeadLetter = { readonly message: string; readonly why: string; readonly atMs: number };

/** How many there are of each. */
export type JobCounts = { readonly waiting: number; readonly taken: number; readonly dead: number };

/** The table's operations, each one transaction. `false`: the lease had ended, and the job may be somebody else's. */
export type SqliteJobs = {
  readonly add: (envelope: Envelope, readyAtMs: number) => void;
  readonly take: (nowMs: number, leaseUntilMs: number) => TakenJob | null;
  readonly remove: (job: TakenJob) => boolean;
  /** `isFailure` false: the attempt does not count. */
  readonly giveBack: (job: TakenJob, readyAtMs: number, isFailure: boolean) => boolean;
  readonly bury: (job: TakenJob, why: string, nowMs: number) => boolean;
  /** Ends all leases: whoever held them is known to be dead. */
  readonly freeAll: (nowMs: number) => void;
  /** Milliseconds since 1970 at which the next job is ready; null: there is none. */
  readonly nextReadyAtMs: () => number | null;
  readonly deadLetters: () => readonly DeadLetter[];
  readonly counts: (nowMs: number) => JobCounts;
  readonly close: () => void;
};

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    turn_of TEXT NOT NULL,
    message TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    ready_at_ms INTEGER NOT NULL,
    lease TEXT,
    dead_at_ms INTEGER,
    dead_why TEXT
  ) STRICT;
  CREATE INDEX IF NOT EXISTS jobs_by_time ON jobs (ready_at_ms) WHERE dead_at_ms IS NULL;
  CREATE TABLE IF NOT EXISTS turns (turn_of TEXT PRIMARY KEY, turn INTEGER NOT NULL) STRICT, WITHOUT ROWID;
`;

/** The group that was served longest ago comes first, and of a group the oldest job. */
const NEXT = `
  SELECT jobs.* FROM jobs LEFT JOIN turns USING (turn_of)
  WHERE dead_at_ms IS NULL AND ready_at_ms <= ? ORDER BY coalesce(turn, 0), seq LIMIT 1`;

/** Opens the table in the file `path`. A job that was added outlasts a loss of power. */
export function openSqliteJobs(path: string): SqliteJobs {
  const { database, transaction }: Database = openDatabase(path, 'FULL');
  database.exec(SCHEMA);
  const add = database.prepare('INSERT INTO jobs (turn_of, message, ready_at_ms) VALUES (?, ?, ?)');
  const next = database.prepare(NEXT);
  const take = database.prepare('UPDATE jobs SET attempts = attempts + 1, ready_at_ms = ?, lease = ? WHERE seq = ?');
  const turn = database.prepare('INSERT OR REPLACE INTO turns SELECT ?, coalesce(max(turn), 0) + 1 FROM turns');
  const remove = database.prepare('DELETE FROM jobs WHERE seq = ? AND lease = ?');
  const giveBack = database.prepare(
    'UPDATE jobs SET ready_at_ms = ?, attempts = attempts - ?, lease = NULL WHERE seq = ? AND lease = ?',
  );
  const bury = database.prepare(
    'UPDATE jobs SET dead_at_ms = ?, dead_why = ?, lease = NULL WHERE seq = ? AND lease = ?',
  );
  const free = database.prepare('UPDATE jobs SET lease = NULL, ready_at_ms = ? WHERE lease IS NOT NULL');
  const ready = database.prepare('SELECT min(ready_at_ms) AS at FROM jobs WHERE dead_at_ms IS NULL');
  const dead = database.prepare('SELECT * FROM jobs WHERE dead_at_ms IS NOT NULL ORDER BY seq');
  const counts = database.prepare(
    `SELECT count(*) FILTER (WHERE dead_at_ms IS NULL AND (lease IS NULL OR ready_at_ms <= ?)) AS waiting,
      count(*) FILTER (WHERE lease IS NOT NULL AND ready_at_ms > ?) AS taken,
      count(*) FILTER (WHERE dead_at_ms IS NOT NULL) AS dead FROM jobs`,
  );
  const isOne = ({ changes }: { readonly changes: number | bigint }): boolean => Number(changes) === 1;

  return {
    add: (envelope, readyAtMs) => {
      add.run(envelope.group, JSON.stringify(envelope), readyAtMs);
    },
    take: (nowMs, leaseUntilMs) =>
      transaction(() => {
        const row = next.get(nowMs);
        if (row === undefined) return null;
        const lease = randomUUID();
        const seq = Number(row.seq);
        take.run(leaseUntilMs, lease, seq);
        turn.run(String(row.turn_of));
        return { seq, lease, message: String(row.message), attempt: Number(row.attempts) + 1, leaseUntilMs };
      }),
    remove: ({ seq, lease }) => isOne(remove.run(seq, lease)),
    giveBack: ({ seq, lease }, readyAtMs, isFailure) => isOne(giveBack.run(readyAtMs, isFailure ? 0 : 1, seq, lease)),
    bury: ({ seq, lease }, why, nowMs) => isOne(bury.run(nowMs, why, seq, lease)),
    freeAll: nowMs => {
      free.run(nowMs);
      database.exec('DELETE FROM turns WHERE turn_of NOT IN (SELECT turn_of FROM jobs)');
    },
    nextReadyAtMs: () => {
      const at = ready.get()?.at;
      return typeof at === 'number' ? at : null;
    },
    deadLetters: () =>
      dead.all().map(row => ({
        message: String(row.message),
        why: String(row.dead_why),
        atMs: Number(row.dead_at_ms),
      })),
    counts: nowMs => {
      const row = counts.get(nowMs, nowMs);
      return { waiting: Number(row?.waiting), taken: Number(row?.taken), dead: Number(row?.dead) };
    },
    close: () => database.close(),
  };
}
