/** `egress serve` as its user runs it: the real command, killed and started again as a test likes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const EGRESS = fileURLToPath(new URL('../../src/egress.js', import.meta.url));

/** The command; what it logs is kept for whoever wants to know why a test failed. */
export type ServeCommand = {
  readonly start: () => Promise<void>;
  /** With signal 9, and waits until it is dead. */
  readonly kill: () => Promise<void>;
  readonly log: readonly string[];
};

/** A port of the loopback that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** `egress serve --http 127.0.0.1:PORT` in this environment beside the test's own. */
export function serveCommand(port: number, environment: Readonly<Record<string, string>>): ServeCommand {
  const log: string[] = [];
  let child: ChildProcess | null = null;
  return {
    log,
    start: async () => {
      const started = spawn(
        process.execPath,
        [EGRESS, 'serve', '--http', `127.0.0.1:${port}`, '--operations', 'none', '--workers', '4'],
        { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] },
      );
      child = started;
      await new Promise<void>((resolve, reject) => {
        const take = (line: string): void => {
          log.push(line);
          if (line.includes('"ready"')) resolve();
        };
        createInterface({ input: started.stdout }).on('line', take);
        createInterface({ input: started.stderr }).on('line', take);
        started.once('exit', code => reject(new Error(`egress serve ended with ${code}: ${log.slice(-5).join('\n')}`)));
      });
    },
    kill: async () => {
      const running = child;
      if (running === null || running.exitCode !== null || running.signalCode !== null) return;
      const dead = new Promise(resolve => running.once('exit', resolve));
      running.kill('SIGKILL');
      await dead;
    },
  };
}
