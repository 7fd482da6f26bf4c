/** Socket Mode's side of Slack: WebSockets, envelopes, acknowledgements (https://docs.slack.dev/apis/events-api/using-socket-mode). */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Parcel } from './delivery.ts';
import type { Clock } from './model.ts';

/** An app may hold this many connections. */
const CONNECTIONS = 10;
/** Clients give a connection up when no ping came for 30 s. */
const PING_MS = 10_000;

/** Connections of the app. */
export type Sockets = {
  /** Sends an envelope to one connection, each in turn, and gives what it is acknowledged with; undefined: none is open. */
  readonly send: (parcel: Parcel, signal: AbortSignal) => Promise<unknown>;
  readonly count: () => number;
  /** Asks every connection to be opened anew, as Slack does now and then. */
  readonly refresh: () => void;
  /** Ends every connection without a word. */
  readonly drop: () => void;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly close: () => void;
};

type Waiting = Map<string, { readonly socket: WebSocket; readonly end: (body: unknown) => void }>;

/** `admits` uses up the ticket that apps.connections.open handed out. */
export function createSockets(ports: {
  readonly clock: Clock;
  readonly appId: string;
  readonly admits: (ticket: string) => boolean;
}): Sockets {
  const server = new WebSocketServer({ noServer: true });
  const open: WebSocket[] = [];
  const waiting: Waiting = new Map();
  let turn = 0;
  const welcome = (socket: WebSocket) => {
    open.push(socket);
    keepAlive(socket, ports.clock);
    socket.on('message', message => acknowledge(String(message), waiting));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      open.splice(open.indexOf(socket), 1);
      // A connection that ended cannot acknowledge any more.
      for (const wait of waiting.values()) if (wait.socket === socket) wait.end(undefined);
    });
    socket.send(JSON.stringify(helloOf(ports.appId, open.length)));
  };
  return {
    count: () => open.length,
    send: (parcel, signal) => {
      const socket = open[turn++ % Math.max(open.length, 1)];
      if (socket === undefined) return Promise.resolve(undefined);
      const id = randomUUID();
      return new Promise(resolve => {
        const end = (body: unknown) => {
          waiting.delete(id);
          resolve(body);
        };
        waiting.set(id, { socket, end });
        signal.addEventListener('abort', () => end(undefined));
        socket.send(JSON.stringify(envelopeOf(id, parcel)));
      });
    },
    refresh: () => {
      for (const socket of open) socket.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested' }));
    },
    drop: () => {
      for (const socket of [...open]) socket.terminate();
    },
    upgrade: (request, socket, head) => {
      const ticket = new URL(request.url ?? '/', 'http://slack').searchParams.get('ticket') ?? '';
      if (!ports.admits(ticket) || open.length >= CONNECTIONS) {
        socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
        return;
      }
      server.handleUpgrade(request, socket, head, welcome);
    },
    close: () => {
      for (const socket of [...open]) socket.terminate();
      server.close();
    },
  };
}

function helloOf(appId: string, connections: number): Record<string, unknown> {
  return {
    type: 'hello',
    num_connections: connections,
    connection_info: { app_id: appId },
    debug_info: { host: 'local', approximate_connection_time: 18_060 },
  };
}

function envelopeOf(id: string, { type, payload, retry }: Parcel): Record<string, unknown> {
  return {
    envelope_id: id,
    type,
    payload,
    accepts_response_payload: type !== 'events_api',
    ...(type === 'events_api' ? { retry_attempt: retry?.attempt ?? 0, retry_reason: retry?.reason ?? '' } : {}),
  };
}

function acknowledge(text: string, waiting: Waiting): void {
  const { envelope_id: id, payload } = messageOf(text);
  const isEmpty = payload === undefined || payload === null || Object.keys(payload).length === 0;
  waiting.get(id ?? '')?.end(isEmpty ? null : payload);
}

function messageOf(text: string): { readonly envelope_id?: string; readonly payload?: object | null } {
  try {
    return (JSON.parse(text) ?? {}) as ReturnType<typeof messageOf>;
  } catch {
    return {};
  }
}

function keepAlive(socket: WebSocket, clock: Clock): void {
  const beat = () => {
    socket.ping();
    cancel = clock.after(PING_MS, beat);
  };
  let cancel = clock.after(PING_MS, beat);
  socket.on('close', () => cancel());
}
