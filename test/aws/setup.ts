/**
 * AWS for the tests: moto, a server that answers as AWS documents it, on a free port of this machine. It is installed once, into a
 * cache folder, since it is no package of npm.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { cacheFolder } from './cache.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of moto's server. */
    awsEndpoint: string;
  }
}

const run = promisify(execFile);
const MOTO = 'moto[server]==5.2.5';
const INSTALL_LIMIT_MS = 300_000;

let server: ChildProcess | null = null;

/** Starts the server; called once by vitest before the tests of the project. */
export async function setup(project: TestProject): Promise<void> {
  const folder = await installed('moto-5.2.5', MOTO);
  const child = spawn(`${folder}/bin/moto_server`, ['-H', '127.0.0.1', '-p', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  server = child;
  for await (const line of createInterface({ input: child.stderr })) {
    const address = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
    if (address === undefined) continue;
    project.provide('awsEndpoint', address);
    break;
  }
  if (child.exitCode !== null) throw new Error(`moto's server ended with ${child.exitCode}`);
  // Its log of requests is read and dropped: a full pipe would stop it.
  child.stderr.resume();
}

/** Ends it. */
export async function teardown(): Promise<void> {
  if (server === null || server.exitCode !== null) return;
  const ended = once(server, 'exit');
  server.kill('SIGKILL');
  await ended;
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
