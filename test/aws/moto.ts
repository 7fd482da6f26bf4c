import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { cacheFolder } from './cache.ts';

/** AWS for the tests: moto, a server that answers as AWS documents it, on a free port of this machine. */
export type Moto = { readonly url: string; readonly close: () => Promise<void> };

const run = promisify(execFile);
const INSTALL_LIMIT_MS = 300_000;

/** Starts it. It is installed once, into a cache folder, since it is no package of npm. */
export async function startMoto(): Promise<Moto> {
  const folder = await installed('moto-5.2.5', 'moto[server]==5.2.5');
  const command = ['-H', '127.0.0.1', '-p', '0'];
  const child = spawn(`${folder}/bin/moto_server`, command, { stdio: ['ignore', 'ignore', 'pipe'] });
  let url = '';
  const lines = createInterface({ input: child.stderr });
  for await (const line of lines) {
    url = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1] ?? '';
    if (url !== '') break;
  }
  if (url === '') throw new Error(`moto's server ended with ${child.exitCode}`);
  // Its log of requests is read and dropped: a full pipe would stop it.
  child.stderr.resume();
  return {
    url,
    close: async () => {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** A Python environment with one package of PyPI, made once; a mark tells that it is whole. */
async function installed(name: string, requirement: string): Promise<string> {
  const folder = cacheFolder(name);
  const mark = `${folder}/complete`;
  if (existsSync(mark)) return folder;
  await run('python3', ['-m', 'venv', '--clear', folder], { timeout: INSTALL_LIMIT_MS });
  await run(`${folder}/bin/pip`, ['install', '--quiet', requirement], { timeout: INSTALL_LIMIT_MS });
  writeFileSync(mark, '');
  return folder;
}
