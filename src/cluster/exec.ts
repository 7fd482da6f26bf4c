/**
 * Runs one command in a container over a websocket. Everything that can go wrong ends the stream with a value, by its own
 * timer at the latest: the status callback of the client library never fires when the socket drops, and a closed socket
 * does not end the remote command, which therefore limits itself.
 */
import { PassThrough, Writable } from 'node:stream';
import { Exec, type V1Status } from '@kubernetes/client-node';
import WebSocket from 'ws';
import { apiPath, PODS } from './api-path.ts';
import type { ApiClient } from './client.ts';
import { asRecord, textOf } from './json.ts';
import {
  createErrorTail,
  createLineReader,
  type ProbeStream,
  type StreamEnd,
  type StreamRequest,
} from './probe-stream.ts';
import { rbacLine } from './refused-call.ts';

/** The container in which a command is run. */
export type ExecPlace = { readonly namespace: string; readonly pod: string; readonly container: string };

/** v5 can end standard input without closing the socket (Kubernetes 1.30 on); v4 is what older servers speak. */
const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

/** Shells answer with these when a program is not there or cannot be run; some runtimes do so for the shell itself. */
const NOT_FOUND_EXITS = new Set([126, 127]);

/** Starts the command; the stream exists at once, and its end says whether it ever ran. */
export function openExec(client: ApiClient, place: ExecPlace, request: StreamRequest): ProbeStream {
  const startedMs = performance.now();
  const end = Promise.withResolvers<StreamEnd>();
  const input = new PassThrough();
  const errors = createErrorTail();
  let printed = 0;
  const reader = createLineReader(
    line => {
      printed += 1;
      request.onLine(line);
    },
    () => performance.now() - startedMs,
  );
  const cut = (why: string): void => end.resolve({ kind: 'cut', why });
  const timer = setTimeout(() => cut(`no end within ${request.limitMs} ms`), request.limitMs);
  const output = sink(chunk => reader.push(chunk) || cut('more output than a probe prints'));
  const onStatus = (status: V1Status): void => end.resolve(endOf(status, place, printed, errors.text()));
  const sockets: WebSocket[] = [];
  const handler = { connect: createConnector(client, socket => sockets.push(socket)) };
  client.record('GET', apiPath(PODS, { namespace: place.namespace, name: place.pod, subresource: 'exec' }));
  new Exec(client.kubeConfig, handler)
    .exec(
      place.namespace,
      place.pod,
      place.container,
      [...request.command],
      output,
      sink(errors.push),
      input,
      false,
      onStatus,
    )
    .then(
      // The status comes before the close; when it does not, the connection broke.
      socket => socket.on('close', (code: number) => cut(`the connection to the container closed (${code})`)),
      (error: unknown) => end.resolve({ kind: 'not-started', why: whyNotOpened(error, place) }),
    );
  const settled = end.promise.then(ending => {
    clearTimeout(timer);
    reader.flush();
    for (const socket of sockets) socket.terminate();
    return ending;
  });
  return {
    send: text => void (input.writableEnded || input.write(text)),
    endInput: () => void input.end(),
    end: settled,
  };
}

function sink(take: (chunk: Buffer) => unknown): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      take(chunk);
      done();
    },
  });
}

/** Carries the API server's refusal of the upgrade, which `ws` alone would reduce to a status in a message. */
class UpgradeRefused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type BinaryHandler = ((channel: number, chunk: Buffer) => boolean) | null;

function createConnector(client: ApiClient, onSocket: (socket: WebSocket) => void) {
  return async (path: string, _onText: unknown, onBinary: BinaryHandler): Promise<WebSocket> => {
    const options: WebSocket.ClientOptions = {};
    await client.kubeConfig.applyToHTTPSOptions(options);
    const server = (client.kubeConfig.getCurrentCluster()?.server ?? '').replace(/^http/, 'ws').replace(/\/+$/, '');
    const socket = new WebSocket(`${server}${path}`, PROTOCOLS, options);
    onSocket(socket);
    socket.on('message', (frame: Buffer, isBinary: boolean) => {
      if (isBinary && frame.length > 1) deliver(socket, onBinary, frame);
    });
    const opened = Promise.withResolvers<WebSocket>();
    socket.on('open', () => opened.resolve(socket));
    // Stays attached: an error without a listener would end the process.
    socket.on('error', opened.reject);
    socket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => opened.reject(new UpgradeRefused(response.statusCode ?? 0, messageOf(body))));
      response.on('error', opened.reject);
    });
    return opened.promise;
  };
}

/** The client library throws at a status that is no JSON and at a channel that it does not know. */
function deliver(socket: WebSocket, onBinary: BinaryHandler, frame: Buffer): void {
  try {
    onBinary?.(frame.readUInt8(0), frame.subarray(1));
  } catch {
    socket.terminate();
  }
}

function messageOf(body: string): string {
  try {
    return textOf(asRecord(JSON.parse(body)).message) || body.slice(0, 300);
  } catch {
    return body.slice(0, 300);
  }
}

function whyNotOpened(error: unknown, { namespace, pod, container }: ExecPlace): string {
  if (!(error instanceof UpgradeRefused))
    return `no connection for exec: ${error instanceof Error ? error.message : String(error)}`;
  if (error.status === 403) {
    // Exec by websocket is a GET, and since Kubernetes 1.35 it needs create as well.
    const right = { verb: 'get", "create', group: '', resource: 'pods/exec', namespace };
    return `exec in ${pod}/${container} is forbidden (${error.message}); it ${rbacLine(right)}`;
  }
  if (error.status === 404) return `pod ${namespace}/${pod} is gone`;
  return `exec in ${pod}/${container} was refused: ${error.status} ${error.message}`;
}

/** Reads the status that ends every exec. Nothing printed and no program to run: the container has no such shell. */
function endOf(status: V1Status, { pod, container }: ExecPlace, printed: number, errors: string): StreamEnd {
  if (status.status === 'Success') return { kind: 'exited', exitCode: 0 };
  const exit = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message;
  const exitCode = exit === undefined ? null : Number(exit);
  if (printed > 0)
    return exitCode === null ? { kind: 'cut', why: status.message ?? 'unknown error' } : { kind: 'exited', exitCode };
  if (exitCode !== null && !NOT_FOUND_EXITS.has(exitCode)) return { kind: 'exited', exitCode };
  const detail = [errors, status.message ?? ''].filter(text => text !== '').join('; ');
  return { kind: 'not-started', why: `no shell could be run in container ${container} of ${pod}: ${detail}` };
}
