import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './cache.ts';

/**
 * AWS's own runtime of Node (aws-lambda-ric), and a Runtime API for it as AWS documents it: the function gets its events and
 * returns its answers exactly as in Lambda, and is ended at its time-out.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
const RUNTIME = 'aws-lambda-ric@4.0.2';
/** It compiles libcurl. */
const INSTALL_LIMIT_MS = 900_000;

/** What an invocation came to. */
export type Invoked =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'timed-out' };

/** One deployed function. Invocations wait for each other, as those of one instance do. */
export type LambdaFunction = {
  readonly invoke: (event: unknown) => Promise<Invoked>;
  /** Everything that it wrote. */
  readonly log: () => string;
  /** The most that the running instance has used, in MB; null: none runs. */
  readonly peakMemory: () => number | null;
  /** Ends the instance, as AWS does with an idle one: the next invocation is a cold start. */
  readonly kill: () => void;
  readonly close: () => Promise<void>;
};

export type Deployment = {
  /** Where the zip was unpacked. */
  readonly folder: string;
  /** As in serverless.yml. */
  readonly handler: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
};

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
const ALWAYS_SET = {
  AWS_LAMBDA_FUNCTION_NAME: 'egress-test',
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024',
  AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/egress-test',
  AWS_LAMBDA_LOG_STREAM_NAME: 'test',
};

type Waiting = { readonly id: string; readonly event: unknown; readonly done: (invoked: Invoked) => void };

/** Deploys it; the first invocation starts it. */
export async function deploy(deployment: Deployment): Promise<LambdaFunction> {
  const runtime = await installedRuntime();
  const queue: Waiting[] = [];
  const running = new Map<string, Waiting>();
  let idle: ServerResponse | null = null;
  let child: ChildProcess | null = null;
  let output = '';
  let count = 0;

  const hand = (): void => {
    const next = idle === null ? undefined : queue.shift();
    if (next === undefined || idle === null) return;
    running.set(next.id, next);
    idle.setHeader('Lambda-Runtime-Aws-Request-Id', next.id);
    idle.setHeader('Lambda-Runtime-Deadline-Ms', String(Date.now() + deployment.timeoutMs));
    idle.setHeader('Lambda-Runtime-Invoked-Function-Arn', 'arn:aws:lambda:us-east-1:123456789012:function:test');
    idle.setHeader('content-type', 'application/json').end(JSON.stringify(next.event));
    idle = null;
  };
  const settle = (id: string, invoked: Invoked): void => {
    running.get(id)?.done(invoked);
    running.delete(id);
  };
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    if (path.endsWith('/invocation/next')) {
      idle = response;
      hand();
      return;
    }
    const body = await bodyOf(request);
    const [, id = '', kind] = /invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    if (kind === 'response') settle(id, { kind: 'returned', value: body === '' ? null : JSON.parse(body) });
    else if (kind === 'error') settle(id, { kind: 'failed', error: body });
    // An error at the start: whoever waits is told.
    else for (const each of queue.splice(0)) each.done({ kind: 'failed', error: body });
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const api = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  const kill = (): void => {
    child?.kill('SIGKILL');
    child = null;
    idle = null;
  };
  const start = (): void => {
    const { folder, handler, env } = deployment;
    const own = { AWS_LAMBDA_RUNTIME_API: api, LAMBDA_TASK_ROOT: folder, _HANDLER: handler, ...ALWAYS_SET };
    const options = { cwd: folder, env: { PATH: process.env.PATH, ...own, ...env } };
    const started = spawn(process.execPath, [runtime], options);
    for (const stream of [started.stdout, started.stderr]) {
      stream.on('data', chunk => {
        output += String(chunk);
      });
    }
    started.on('exit', () => {
      if (child !== started) return;
      child = null;
      for (const { id } of [...running.values()]) settle(id, { kind: 'failed', error: 'the instance ended' });
      for (const each of queue.splice(0)) each.done({ kind: 'failed', error: `the instance ended: ${output}` });
    });
    child = started;
  };
  return {
    invoke: event =>
      new Promise(resolve => {
        count += 1;
        const id = `request-${count}`;
        const timer = setTimeout(() => {
          kill();
          settle(id, { kind: 'timed-out' });
        }, deployment.timeoutMs);
        const done = (invoked: Invoked): void => {
          clearTimeout(timer);
          resolve(invoked);
        };
        queue.push({ id, event, done });
        if (child === null) start();
        hand();
      }),
    log: () => output,
    peakMemory: () => (child?.pid === undefined ? null : peakMemoryOf(child.pid)),
    kill,
    close: async () => {
      kill();
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

/** https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
function peakMemoryOf(pid: number): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** The runtime's program; compiled once, into a cache folder. Needs autoconf, automake, libtool, cmake and a C++ compiler. */
async function installedRuntime(): Promise<string> {
  const folder = cacheFolder(RUNTIME.replace('@', '-'));
  const mark = `${folder}/complete`;
  if (!existsSync(mark)) {
    writeFileSync(`${folder}/package.json`, '{"private":true}');
    const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}`, MAKEFLAGS: '-j2' };
    const options = { cwd: folder, env, timeout: INSTALL_LIMIT_MS, maxBuffer: 64 * 1024 * 1024 };
    await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', RUNTIME], options);
    writeFileSync(mark, '');
  }
  return `${folder}/node_modules/aws-lambda-ric/index.mjs`;
}
