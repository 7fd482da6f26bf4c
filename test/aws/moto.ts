import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { pythonWith } from './python.ts';

/** AWS for the tests: moto, a server that answers as AWS documents it, on a free port of this machine. */
export type Moto = { readonly url: string; readonly close: () => Promise<void> };

/** Starts it. It is installed once, into a cache folder, since it is no package of npm. */
export async function startMoto(): Promise<Moto> {
  const folder = await pythonWith('moto-5.2.5', 'moto[server]==5.2.5');
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
