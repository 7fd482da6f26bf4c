import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Root of the project. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Where `osls package` leaves zips and templates. */
export const PACKAGES = join(ROOT, '.serverless');

const LIMIT_MS = 300_000;

/** The same, once for all test files of one run: workers of a run have one parent. */
export async function packOnce(): Promise<void> {
  const mark = join(PACKAGES, 'packed-by');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === String(process.ppid)) return;
  await packAll();
  writeFileSync(mark, String(process.ppid));
}

/** Packages all functions, without credentials, and without a proxy that could lead anywhere. */
export async function packAll(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'egress-home-'));
  const env = { PATH: process.env.PATH, HOME: home, AWS_EC2_METADATA_DISABLED: 'true', SLS_TELEMETRY_DISABLED: '1' };
  const command = [join(ROOT, 'node_modules/osls/bin/serverless.js'), 'package'];
  await run(process.execPath, command, { cwd: ROOT, env, timeout: LIMIT_MS });
}

/** Unpacks a function's zip into a folder of its own, and names it. */
export async function unpack(name: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), `egress-${name}-`));
  await run('unzip', ['-q', join(PACKAGES, `${name}.zip`), '-d', folder]);
  return folder;
}
