import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { cacheFolder } from './cache.ts';

const run = promisify(execFile);
const INSTALL_LIMIT_MS = 600_000;

/** A Python environment with packages of PyPI, made once, in the cache folder; a mark tells that it is whole. */
export async function pythonWith(name: string, ...requirements: readonly string[]): Promise<string> {
  const folder = cacheFolder(name);
  const mark = `${folder}/complete`;
  if (existsSync(mark)) return folder;
  await run('python3', ['-m', 'venv', '--clear', folder], { timeout: INSTALL_LIMIT_MS });
  await run(`${folder}/bin/pip`, ['install', '--quiet', ...requirements], { timeout: INSTALL_LIMIT_MS });
  writeFileSync(mark, '');
  return folder;
}
