/** `egress audit`: who asked or pressed what, when, and what came of it. */
import type { Command } from 'commander';
import { type Fault, FaultError } from '../faults.ts';
import { shown } from '../hostname.ts';
import { openStore, STORE_FLAGS, type StoreOptions } from './open-store.ts';

type AuditOptions = StoreOptions & {
  readonly since: string;
  readonly user?: string;
  readonly limit: string;
  readonly output: string;
};

/** Adds `egress audit [--since 24h] [--user U123]`. Exit code 0 also where nothing was asked. */
export function addAuditCommand(program: Command): void {
  program
    .command('audit')
    .summary('who asked the bot what, when, and what came of it')
    .description("Reads the bot's audit log: from its database file, or in AWS from its table.")
    .option('--since <time>', 'a span back from now (90m, 24h, 7d) or a time (2026-11-21T10:00Z)', '24h')
    .option('--user <id>', 'only what this user asked (Slack id, or the name of a pager)')
    .option('--limit <count>', 'at most so many, the newest', '1000')
    .option(...STORE_FLAGS.database)
    .option(...STORE_FLAGS.table)
    .option('--output <form>', 'terminal, or json: one entry a line', 'terminal')
    .action(async (options: AuditOptions) => {
      const query = queryOf(options, Date.now());
      if (options.output !== 'terminal' && options.output !== 'json') {
        throw usage(`There is no output ${shown(options.output)}.`, 'Known are terminal, json.', 'Name one of them.');
      }
      const { listAudit } = await import('../store/audit.ts');
      const { auditText } = await import('./audit-text.ts');
      const store = await openStore(options);
      try {
        const entries = await listAudit(store, query);
        const lines = entries.map(entry => `${JSON.stringify(entry)}\n`).join('');
        process.stdout.write(options.output === 'json' ? lines : auditText(entries));
      } finally {
        await store.close();
      }
    });
}

type Query = {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly user: string | null;
  readonly limit: number;
};

function queryOf({ since, user, limit }: AuditOptions, nowMs: number): Query {
  const sinceMs = readSince(since, nowMs);
  if (sinceMs === null || sinceMs > nowMs) {
    const remedy = 'Write a span as in 90m, 24h or 7d, or a time as in 2026-11-21T10:00Z.';
    throw usage(`--since ${shown(since)} cannot be used.`, 'It is no span and no time in the past.', remedy);
  }
  const count = Number(limit);
  if (!Number.isInteger(count) || count < 1 || count > 100_000) {
    throw usage(`--limit ${shown(limit)} cannot be used.`, 'It is no whole number from 1 to 100000.', 'Leave it out.');
  }
  return { sinceMs, untilMs: nowMs, user: user ?? null, limit: count };
}

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

function readSince(text: string, nowMs: number): number | null {
  const [, count, unit = ''] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  if (count !== undefined) return nowMs - Number(count) * (UNIT_MS[unit] ?? 0);
  // A bare number would be read as a year.
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

function usage(what: string, cause: string, remedy: string): FaultError {
  const fault: Fault = { code: 'usage', what, cause, remedy };
  return new FaultError(fault);
}
