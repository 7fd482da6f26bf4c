/** Serves the page on the loopback interface: its files, the events of the local Slack, and what its person does. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LocalSlack } from '../local-slack/start.ts';
import { act } from './acts.ts';
import { streamEvents } from './events.ts';
import { mediaTypeOf } from './snapshot.ts';

/** What the page is served with. `about` is shown by it besides: where answers come from, and questions to try. */
export type PageParts = {
  readonly slack: LocalSlack;
  readonly user: string;
  readonly about: { readonly live: { readonly note: string }; readonly stories: readonly object[] };
  /** 0: any free port. */
  readonly port: number;
};

const FILES_BESIDE: readonly string[] = [
  'blocks.css',
  'forms.css',
  'frame.css',
  'messages.css',
  'narrow.css',
  'sidebar.css',
  'text.css',
  'icon.svg',
  'down.svg',
  'blocks.js',
  'channel.js',
  'combo-box.js',
  'composer.js',
  'deeds.js',
  'dialogs.js',
  'dom.js',
  'fields.js',
  'list-box.js',
  'main.js',
  'message-list.js',
  'message.js',
  'mrkdwn.js',
  'sidebar.js',
  'state.js',
  'text.js',
];

/** Files of the page, and nothing else of this disk. */
const FILES: Readonly<Record<string, string>> = {
  '/': 'index.html',
  ...Object.fromEntries(FILES_BESIDE.map(name => [`/${name}`, name])),
};

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Everything is from here, nothing is framed, nothing inline runs. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** Bytes of what a page may send at once. */
const ACT_LIMIT = 100_000;

/** Starts it. Rejects when the port is taken. */
export async function servePage(
  parts: PageParts,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    answer(request, response, parts).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(parts.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, parts: PageParts): Promise<void> {
  // A name that somebody else made to point here (DNS rebinding) is not this page's.
  if (!/^(?:127\.0\.0\.1|localhost):\d+$/.test(request.headers.host ?? '')) return plain(response, 421, 'not here');
  const path = new URL(request.url ?? '/', 'http://page').pathname;
  if (request.method === 'POST' && path === '/act') return takeAct(request, response, parts);
  if (request.method !== 'GET') return plain(response, 405, 'only GET');
  if (path === '/events') return streamEvents(response, parts);
  const file = FILES[path];
  if (file !== undefined) return sendFile(response, file);
  return sendUpload(response, path, parts.slack);
}

async function takeAct(request: IncomingMessage, response: ServerResponse, parts: PageParts): Promise<void> {
  const { origin, host, 'content-type': type } = request.headers;
  // Another page of the same browser may send forms here, but neither JSON nor with this origin.
  if (origin !== `http://${host}` || type !== 'application/json') return plain(response, 403, 'not from this page');
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > ACT_LIMIT) return plain(response, 413, 'too much');
  }
  const outcome = await act(readJson(text), parts);
  response.writeHead(200, { ...HEADERS, 'content-type': 'application/json' });
  response.end(JSON.stringify(outcome));
}

function readJson(text: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(text) ?? {}) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

function sendFile(response: ServerResponse, name: string): void {
  const type = TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
  response.writeHead(200, { ...HEADERS, 'content-type': type });
  response.end(readFileSync(new URL(`page/${name}`, import.meta.url)));
}

function sendUpload(response: ServerResponse, path: string, { state }: LocalSlack): void {
  const [, id = ''] = /^\/files\/([A-Z0-9]+)$/.exec(path) ?? [];
  const file = state.files.get(id);
  if (file === undefined) {
    plain(response, 404, 'no such file');
    return;
  }
  response.writeHead(200, { ...HEADERS, 'content-type': mediaTypeOf(file) });
  response.end(file.bytes);
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}
