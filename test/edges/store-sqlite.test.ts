import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { FaultError } from '../../src/faults.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { storeRules } from '../store/contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'egress-store-'));
afterAll(() => rmSync(folder, { recursive: true }));

storeRules('the store in a file', async now => {
  const store = openSqliteStore(join(folder, 'rules.sqlite'), now);
  return { store, close: store.close };
});

test('what a killed process has stored is there, and only that', { timeout: 60_000 }, async () => {
  const file = join(folder, 'killed.sqlite');
  const program = `
    const { openSqliteStore } = await import(process.argv[1]);
    const store = openSqliteStore(process.argv[2], Date.now);
    for (let n = 0; n < 50; n += 1) await store.put({ partition: 'p', sort: String(n).padStart(2, '0') }, n, { expected: 'absent', expiresAtMs: null });
    process.kill(process.pid, 'SIGKILL');`;
  const module = new URL('../../src/store/sqlite-store.ts', import.meta.url).href;
  const ended = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program, module, file]);
  await expect(ended).rejects.toMatchObject({ signal: 'SIGKILL' });
  const store = openSqliteStore(file, Date.now);
  const items = await store.list('p', { limit: 100, order: 'ascending' });
  expect(items.map(({ body }) => body)).toEqual(Array.from({ length: 50 }, (_, n) => n));
  await store.close();
});

test('a file that cannot be opened is a fault with a remedy', () => {
  const open = (): unknown => openSqliteStore(join(folder, 'no', 'such', 'folder.sqlite'), Date.now);
  expect(open).toThrow(FaultError);
  expect(open).toThrow(/EGRESS_DATABASE/);
});
