import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuditEntry, putAudit } from '../../src/store/audit.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'egress-audit-'));
const database = join(folder, 'egress.sqlite');
const command = fileURLToPath(new URL('../../src/egress.js', import.meta.url));

const HOUR_MS = 3_600_000;
const now = Date.now();

function entry(hoursAgo: number, user: string, rest: Partial<AuditEntry>): AuditEntry {
  return {
    id: `cmd:${hoursAgo}`,
    at: new Date(now - hoursAgo * HOUR_MS).toISOString(),
    who: { kind: 'user', team: 'T1', user },
    action: 'ask',
    subject: 'payments/billing-pod api.stripe.com',
    cluster: 'prod',
    channel: 'C1',
    outcome: { kind: 'answered', verdict: 'denied-by-policy' },
    ...rest,
  };
}

const ENTRIES = [
  entry(50, 'U1', { outcome: { kind: 'answered', verdict: 'reachable' } }),
  entry(3, 'U1', {}),
  entry(2, 'U2', { cluster: null, outcome: { kind: 'refused', why: 'no grant' }, subject: 'a b\u001b[2Jc' }),
  entry(1, 'U1', { action: 'again', outcome: { kind: 'started' } }),
];

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

async function audit(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const { EGRESS_DATABASE: _database, EGRESS_TABLE: _table, ...rest } = process.env;
  const options = { cwd: folder, env: { ...rest, ...env } };
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, [command, 'audit', ...args], options)) };
  } catch (error) {
    return error as Ended;
  }
}

describe('egress audit', () => {
  beforeAll(async () => {
    const store = openSqliteStore(database, Date.now);
    for (const each of ENTRIES) await putAudit(store, each);
    await store.close();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('prints the last day as a table, with hostile text made visible', async () => {
    const { code, stdout } = await audit([]);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(
      lines.map(line => line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/, 'TIME').replace(/ {2,}/g, ' | ')),
    ).toEqual([
      'when | who | what | about | cluster | channel | outcome',
      'TIME | U1 | ask | payments/billing-pod api.stripe.com | prod | C1 | denied-by-policy',
      'TIME | U2 | ask | a b�[2Jc | - | C1 | refused: no grant',
      'TIME | U1 | again | payments/billing-pod api.stripe.com | prod | C1 | not ended',
    ]);
  });

  test('prints entries of one user since a time as JSON, one a line, oldest first', async () => {
    const { stdout } = await audit(['--since', '3d', '--user', 'U1', '--output', 'json', '--database', database]);
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as unknown),
    ).toEqual([ENTRIES[0], ENTRIES[1], ENTRIES[3]]);
  });

  test('takes a time, a limit and the database of the environment', async () => {
    const since = new Date(now - 60 * HOUR_MS).toISOString();
    const env = { EGRESS_DATABASE: database };
    const { stdout } = await audit(['--since', since, '--limit', '2', '--output', 'json'], env);
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
    const { stdout: none } = await audit(['--user', 'U9'], env);
    expect(none).toBe('Nobody asked anything in this time.\n');
  });

  test.each([
    ['a span that is none', ['--since', 'yesterday'], '--since "yesterday" cannot be used.'],
    ['a time to come', ['--since', '2999-01-01'], '--since "2999-01-01" cannot be used.'],
    ['a limit of nothing', ['--limit', '0'], '--limit "0" cannot be used.'],
    ['an output that does not exist', ['--output', 'xml'], 'There is no output "xml".'],
    ['a file that does not exist', ['--database', 'none.sqlite'], 'There is no database "none.sqlite".'],
  ])('refuses %s, and makes no file', async (_rule, args, told) => {
    const { code, stderr } = await audit(args);
    expect(code).toBe(2);
    expect(stderr).toContain(told);
    expect(existsSync(join(folder, 'none.sqlite'))).toBe(false);
  });
});
