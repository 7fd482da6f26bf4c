/** Runs the same command on this machine: the vantage `outside`. */
import { spawn } from 'node:child_process';
import {
  createErrorTail,
  createLineReader,
  type ProbeStream,
  type StreamEnd,
  type StreamRequest,
} from './probe-stream.ts';

/** The path alone: no proxy variable changes what is probed, and no secret of ours reaches a tool. */
function bareEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  return { PATH: env.PATH ?? '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' };
}

/** Starts the command in a process group of its own, which is killed as a whole when the time is up. */
export function openLocal(request: StreamRequest, env: NodeJS.ProcessEnv = process.env): ProbeStream {
  const startedMs = performance.now();
  const end = Promise.withResolvers<StreamEnd>();
  const [program = '', ...args] = request.command;
  const errors = createErrorTail();
  const reader = createLineReader(request.onLine, () => performance.now() - startedMs);
  const child = spawn(program, args, { detached: true, env: bareEnvironment(env), stdio: ['pipe', 'pipe', 'pipe'] });
  const timer = setTimeout(
    () => end.resolve({ kind: 'cut', why: `no end within ${request.limitMs} ms` }),
    request.limitMs,
  );
  child.stdout.on('data', (chunk: Buffer) => {
    if (!reader.push(chunk)) end.resolve({ kind: 'cut', why: 'more output than a probe prints' });
  });
  child.stderr.on('data', errors.push);
  // A write to a process that has ended: its end tells it better.
  child.stdin.on('error', () => undefined);
  child.on('error', error =>
    end.resolve({ kind: 'not-started', why: `${program} could not be run here: ${error.message}` }),
  );
  child.on('close', (exitCode, signal) => {
    end.resolve(
      exitCode === null
        ? { kind: 'cut', why: `killed by ${signal ?? 'a signal'}: ${errors.text()}` }
        : { kind: 'exited', exitCode },
    );
  });
  const settled = end.promise.then(ending => {
    clearTimeout(timer);
    reader.flush();
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) killGroup(child.pid);
    return ending;
  });
  return {
    send: text => void (child.stdin.writable && child.stdin.write(text)),
    endInput: () => void child.stdin.end(),
    end: settled,
  };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended in this very moment.
  }
}
