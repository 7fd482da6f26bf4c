/** Exec streams against a server that breaks every promise: each ends with a value, and by its own timer at the latest. */
import { existsSync, mkdtempSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { createApiClient } from '../../src/cluster/client.ts';
import { openExec } from '../../src/cluster/exec.ts';
import { openLocal } from '../../src/cluster/local-process.ts';
import { openProbe } from '../../src/cluster/probe-exec.ts';
import type { StreamEnd } from '../../src/cluster/probe-stream.ts';
import { probeCommand } from '../../src/probe/script.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

type Behaviour = { readonly onSocket?: (socket: WebSocket) => void; readonly onUpgrade?: (socket: Socket) => void };
type Outcome = { readonly end: StreamEnd; readonly lines: readonly string[]; readonly path: string };

/** Runs one exec against a server that behaves so; what it was asked for is in `path`. */
async function run(behaviour: Behaviour, limitMs = 2_000, input = '', open = openExec): Promise<Outcome> {
  let path = '';
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'v5.channel.k8s.io' });
  const server = createServer();
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    path = request.url ?? '';
    if (behaviour.onUpgrade !== undefined) behaviour.onUpgrade(socket);
    else sockets.handleUpgrade(request, socket, head, each => behaviour.onSocket?.(each));
  });
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const kubeConfig = new KubeConfig();
  const { port } = server.address() as AddressInfo;
  kubeConfig.loadFromClusterAndUser(
    { name: 'c', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: 'u' },
  );
  const client = createApiClient(kubeConfig, 'prober', 1_000);
  const lines: string[] = [];
  const place = { namespace: 'n', pod: 'p', container: 'c' };
  const stream = open(client, place, {
    command: ['sh', '-c', 'x', 'a b', '$(y)&z'],
    limitMs,
    onLine: line => lines.push(line.text),
  });
  if (input !== '') stream.send(input);
  const end = await stream.end;
  // After the end nothing that is sent does harm.
  stream.send('late\n');
  stream.endInput();
  return { end, lines, path };
}

const out = (text: string) => Buffer.concat([Buffer.from([1]), Buffer.from(text)]);
const status = (body: object) => Buffer.concat([Buffer.from([3]), Buffer.from(JSON.stringify(body))]);
const SUCCESS = status({ status: 'Success' });
const exited = (code: number) =>
  status({
    status: 'Failure',
    reason: 'NonZeroExitCode',
    message: `exit ${code}`,
    details: { causes: [{ reason: 'ExitCode', message: `${code}` }] },
  });
const answer = (code: number, body: string) => (socket: Socket) =>
  socket.end(`HTTP/1.1 ${code} No\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
const message = (text: string) => JSON.stringify({ kind: 'Status', message: text });

describe('an exec ends with what happened', () => {
  const rows: readonly [string, Behaviour, StreamEnd, readonly string[]][] = [
    [
      'success',
      {
        onSocket: socket => {
          socket.send(out('a\nb'));
          socket.send(SUCCESS);
        },
      },
      { kind: 'exited', exitCode: 0 },
      ['a', 'b'],
    ],
    [
      'an exit code',
      {
        onSocket: socket => {
          socket.send(out('a\n'));
          socket.send(exited(3));
        },
      },
      { kind: 'exited', exitCode: 3 },
      ['a'],
    ],
    [
      '127 after output is an exit code',
      {
        onSocket: socket => {
          socket.send(out('a\n'));
          socket.send(exited(127));
        },
      },
      { kind: 'exited', exitCode: 127 },
      ['a'],
    ],
    [
      '127 without output: no shell',
      { onSocket: socket => socket.send(exited(127)) },
      { kind: 'not-started', why: 'no shell could be run in container c of p: exit 127' },
      [],
    ],
    [
      'the runtime could not start it',
      {
        onSocket: socket =>
          socket.send(status({ status: 'Failure', reason: 'InternalError', message: 'sh: not found' })),
      },
      { kind: 'not-started', why: 'no shell could be run in container c of p: sh: not found' },
      [],
    ],
    [
      'the socket closes without a status',
      {
        onSocket: socket => {
          socket.send(out('a\n'));
          socket.close(1000);
        },
      },
      { kind: 'cut', why: 'the connection to the container closed (1000)' },
      ['a'],
    ],
    [
      'the socket drops',
      {
        onSocket: socket => {
          socket.send(out('a\npart'));
          setTimeout(() => socket.terminate(), 50);
        },
      },
      { kind: 'cut', why: 'the connection to the container closed (1006)' },
      ['a', 'part'],
    ],
    [
      'the container is gone',
      { onUpgrade: answer(404, message('pods "p" not found')) },
      { kind: 'not-started', why: 'pod n/p is gone' },
      [],
    ],
    [
      'no such container',
      { onUpgrade: answer(400, message('container c is not valid for pod p')) },
      { kind: 'not-started', why: 'exec in p/c was refused: 400 container c is not valid for pod p' },
      [],
    ],
    [
      'a proxy in between answers HTML',
      { onUpgrade: answer(502, '<html>bad</html>') },
      { kind: 'not-started', why: 'exec in p/c was refused: 502 <html>bad</html>' },
      [],
    ],
    [
      'no right',
      { onUpgrade: answer(403, message('User "u" cannot get resource "pods/exec"')) },
      {
        kind: 'not-started',
        why: 'exec in p/c is forbidden (User "u" cannot get resource "pods/exec"); it needs a Role in n with apiGroups: [""], resources: ["pods/exec"], verbs: ["get", "create"]',
      },
      [],
    ],
  ];
  it.each(rows)('%s', async (_rule, behaviour, end, lines) => {
    const outcome = await run(behaviour);
    expect(outcome.end).toEqual(end);
    expect(outcome.lines).toEqual(lines);
  });

  it('a server that never answers the upgrade: its own timer', async () => {
    expect((await run({ onUpgrade: () => undefined }, 150)).end).toEqual({ kind: 'cut', why: 'no end within 150 ms' });
  });

  it('a socket over which nothing ever comes: its own timer', async () => {
    expect((await run({}, 150)).end).toEqual({ kind: 'cut', why: 'no end within 150 ms' });
  });

  it('a server that is not there', async () => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromClusterAndUser({ name: 'c', server: 'http://127.0.0.1:1', skipTLSVerify: true }, { name: 'u' });
    const client = createApiClient(kubeConfig, 'prober', 1_000);
    const stream = openExec(
      client,
      { namespace: 'n', pod: 'p', container: 'c' },
      { command: ['sh'], limitMs: 2_000, onLine: () => undefined },
    );
    expect(await stream.end).toMatchObject({ kind: 'not-started', why: expect.stringContaining('ECONNREFUSED') });
  });

  it('more output than any probe prints ends it', async () => {
    const flood = (socket: WebSocket) => {
      for (let each = 0; each < 10; each += 1) socket.send(out(`${'y'.repeat(50_000)}\n`));
    };
    const { end, lines } = await run({ onSocket: flood });
    expect(end).toEqual({ kind: 'cut', why: 'more output than a probe prints' });
    expect(lines.length).toBeLessThan(6);
  });

  it('frames of no sense are passed over', async () => {
    const { end } = await run({
      onSocket: socket => {
        socket.send('text');
        socket.send(Buffer.alloc(0));
        socket.send(Buffer.from([1]));
        socket.send(SUCCESS);
      },
    });
    expect(end).toEqual({ kind: 'exited', exitCode: 0 });
  });

  it.each([
    ['a status that is no JSON', Buffer.concat([Buffer.from([3]), Buffer.from('{')])],
    ['a channel that nobody knows', Buffer.from([9, 9])],
  ])('%s ends it', async (_rule, frame) => {
    const { end } = await run({ onSocket: socket => socket.send(frame) });
    expect(end).toEqual({ kind: 'cut', why: 'the connection to the container closed (1006)' });
  });

  it('the command travels as arguments, whatever they hold; what is sent arrives', async () => {
    const heard = Promise.withResolvers<string>();
    const listen = (socket: WebSocket) =>
      socket.on('message', (frame: Buffer) => {
        heard.resolve(frame.subarray(1).toString());
        socket.send(SUCCESS);
      });
    const { path } = await run({ onSocket: listen }, 2_000, 'job 1\n');
    expect(await heard.promise).toBe('job 1\n');
    const url = new URL(path, 'http://x');
    expect(url.pathname).toBe('/api/v1/namespaces/n/pods/p/exec');
    expect(url.searchParams.getAll('command')).toEqual(['sh', '-c', 'x', 'a b', '$(y)&z']);
  });
});

describe('the probe script travels as input, and the address of the request stays short', () => {
  /** What a shell does with the command that was asked for and the input that was sent. */
  const runAsked = async (command: readonly string[], input: string): Promise<readonly string[]> => {
    const lines: string[] = [];
    const stream = openLocal({ command, limitMs: 2_000, onLine: line => lines.push(line.text) });
    stream.send(input);
    stream.endInput();
    await stream.end;
    return lines;
  };

  it('runs as it would as an argument: same arguments, and what follows on the input is its own', async () => {
    const script = `printf '%s|' "$0" "$@"; echo; while read -r x; do echo "read $x"; done; printf '%s' 'a\\b  c'`;
    let heard = '';
    const { path } = await run(
      {
        onSocket: socket =>
          socket.on('message', (frame: Buffer) => {
            heard += frame.subarray(1).toString();
            if (heard.includes('job')) socket.send(SUCCESS);
          }),
      },
      2_000,
      'job\n',
      (client, place, request) =>
        openProbe(client, place, { ...request, command: ['sh', '-c', script, 'name', '$(id)', 'a b'] }),
    );
    expect(path.length).toBeLessThan(600);
    const asked = new URL(path, 'http://x').searchParams.getAll('command');
    expect(await runAsked(asked, heard)).toEqual(['name|$(id)|a b|', 'read job', 'a\\b  c']);
  });

  it('the script that is shipped holds no line that would end it early', () => {
    const [, , script = ''] = probeCommand([], { timeoutMs: 3_000, deadlineMs: 8_000 });
    expect(script.split('\n')).not.toContain('#egress-end-of-script');
    expect(script.length).toBeGreaterThan(1_000);
  });
});

describe('the same on this host', () => {
  const local = async (command: readonly string[], limitMs = 2_000, env: NodeJS.ProcessEnv = process.env) => {
    const lines: string[] = [];
    const stream = openLocal({ command, limitMs, onLine: line => lines.push(line.text) }, env);
    stream.send('in\n');
    stream.endInput();
    return { end: await stream.end, lines };
  };

  it('output, input and exit code', async () => {
    expect(await local(['sh', '-c', 'read x; echo "got $x $1"; exit 4', 'n', '$(id)'])).toEqual({
      end: { kind: 'exited', exitCode: 4 },
      lines: ['got in $(id)'],
    });
  });

  it('a process and its children are ended when the time is up', async () => {
    const mark = join(mkdtempSync(join(tmpdir(), 'egress-')), 'survived');
    const { end } = await local(['sh', '-c', '(sleep 0.6; echo > "$1") & wait', 'n', mark], 200);
    expect(end).toEqual({ kind: 'cut', why: 'no end within 200 ms' });
    await new Promise(resolve => setTimeout(resolve, 700));
    expect(existsSync(mark)).toBe(false);
  });

  it('a program that is not there', async () => {
    expect((await local(['no-such-program'])).end).toMatchObject({
      kind: 'not-started',
      why: expect.stringContaining('ENOENT'),
    });
  });

  it('the environment stays here: no proxy, no secret', async () => {
    const env = { ...process.env, HTTPS_PROXY: 'http://proxy', TOKEN: 'secret' };
    const { lines } = await local(['env'], 2_000, env);
    // A shell adds the other two by itself.
    const names = new Set(lines.map(line => line.split('=')[0]));
    expect([...names].filter(name => name !== 'PWD' && name !== '_')).toHaveLength(2);
    expect(names.has('PATH') && names.has('LC_ALL')).toBe(true);
  });
});
