/** The Web API over HTTP: who may call, what goes wrong on purpose, which method answers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readArguments, readBody, readUpload } from './body.ts';
import { type Answer, type Method, ok, refused, textOf, type World } from './call.ts';
import { getPermalink, postEphemeral, postMessage, updateMessage } from './chat.ts';
import { conversationHistory, conversationInfo, conversationReplies } from './conversations.ts';
import type { FaultEffect } from './faults.ts';
import { completeUpload, getUploadUrl } from './files.ts';
import { respond } from './response-url.ts';
import { openView, publishView, updateView } from './views.ts';

/** What a server needs besides the world: the tokens, and what may slow or break a call. */
export type ApiPorts = {
  readonly world: World;
  readonly botToken: string;
  readonly appToken: string;
  readonly socketUrl: () => string;
  readonly effectOn: (method: string) => FaultEffect | null;
  /** Seconds to wait before a message may go to the channel; 0: now. */
  readonly paceOf: (channel: string) => number;
  /** Told of every call once it is answered; never sees tokens. */
  readonly onCall: (call: { readonly method: string; readonly outcome: string }) => void;
};

const METHODS: Readonly<Record<string, Method>> = {
  'api.test': () => ok(),
  'auth.test': (_args, { workspace: { setup }, origin }) =>
    ok({
      url: `${origin}/`,
      team: 'Local',
      team_id: setup.team,
      user: setup.bot.name,
      user_id: setup.bot.user,
      bot_id: setup.bot.id,
      is_enterprise_install: false,
    }),
  'chat.postMessage': postMessage,
  'chat.update': updateMessage,
  'chat.postEphemeral': postEphemeral,
  'chat.getPermalink': getPermalink,
  'conversations.info': conversationInfo,
  'conversations.history': conversationHistory,
  'conversations.replies': conversationReplies,
  'files.getUploadURLExternal': getUploadUrl,
  'files.completeUploadExternal': completeUpload,
  'views.open': openView,
  'views.update': updateView,
  'views.publish': publishView,
  'usergroups.users.list': (args, { workspace }) => {
    const group = workspace.setup.groups.find(({ id }) => id === textOf(args, 'usergroup'));
    return group === undefined ? refused('no_such_subteam') : ok({ users: group.users });
  },
};

/** Method of Socket Mode, and the only one that takes the app's token. */
const CONNECTIONS_OPEN = 'apps.connections.open';

/** The largest body of a call, and of an uploaded file, that is read, in bytes. */
const CALL_LIMIT = 1_000_000;
const UPLOAD_LIMIT = 64_000_000;

/** Answers one request of the app: a method, a response_url, or the bytes of an upload. */
export async function serveApi(request: IncomingMessage, response: ServerResponse, ports: ApiPorts): Promise<void> {
  const [, first = '', second = ''] = new URL(request.url ?? '/', 'http://slack').pathname.split('/');
  const name = nameOf(first, second);
  if (name === null) return send(response, 404, { ok: false, error: 'not_found' }, {});
  const body = await readBody(request, first === 'upload' ? UPLOAD_LIMIT : CALL_LIMIT);
  const effect = ports.effectOn(name);
  if (effect?.kind === 'drop' && effect.when === 'before') {
    ports.onCall({ method: name, outcome: 'dropped before' });
    return void request.socket.destroy();
  }
  if (effect?.kind === 'wait') {
    await new Promise<void>(resolve => ports.world.workspace.clock.after(effect.milliseconds, resolve));
  }
  const answer = answerOf(effect) ?? (await handle(request, first, second, body, ports));
  ports.onCall({ method: name, outcome: effect?.kind === 'drop' ? 'dropped after' : outcomeOf(answer) });
  if (effect?.kind === 'drop') return void request.socket.destroy();
  return send(response, answer.status, answer.json, answer.headers);
}

type HttpAnswer = {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
};

function nameOf(first: string, second: string): string | null {
  if (first === 'api') return second;
  if (first === 'response') return 'response_url';
  return first === 'upload' ? 'upload' : null;
}

function handle(
  request: IncomingMessage,
  first: string,
  second: string,
  body: Buffer | null,
  ports: ApiPorts,
): HttpAnswer | Promise<HttpAnswer> {
  if (body === null) return http(413, refused('request_too_large'));
  const type = request.headers['content-type'] ?? '';
  if (first === 'upload') return takeUpload(second, type, body, ports);
  const read = readArguments(type, body);
  if (read.kind === 'wrong') return http(200, refused(read.error));
  if (first === 'response') return respond(second, read.args, ports.world);
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? textOf(read.args, 'token');
  return answerMethod(second, read.args, token, ports);
}

function answerMethod(method: string, args: Parameters<Method>[0], token: string | null, ports: ApiPorts): HttpAnswer {
  if (token === null) return http(200, refused('not_authed'));
  const isConnect = method === CONNECTIONS_OPEN;
  if (token !== ports.botToken && token !== ports.appToken) return http(200, refused('invalid_auth'));
  if ((token === ports.appToken) !== isConnect) return http(200, refused('not_allowed_token_type'));
  if (isConnect) return http(200, ok({ url: ports.socketUrl() }));
  const known = METHODS[method];
  if (known === undefined) return http(200, refused('unknown_method'));
  const seconds = method === 'chat.postMessage' ? ports.paceOf(textOf(args, 'channel') ?? '') : 0;
  return http(200, seconds > 0 ? { kind: 'rate-limited', retryAfterSeconds: seconds } : known(args, ports.world));
}

async function takeUpload(id: string, type: string, body: Buffer, { world }: ApiPorts): Promise<HttpAnswer> {
  const announced = world.tickets.announced(id);
  if (announced === null || announced.bytes !== null) return http(404, refused('file_not_found'));
  const bytes = await readUpload(type, body);
  if (bytes === null || bytes.length !== announced.length) return http(400, refused('file_size_mismatch'));
  world.tickets.receive(id, bytes);
  return { status: 200, json: { ok: true }, headers: {} };
}

function answerOf(effect: FaultEffect | null): HttpAnswer | null {
  if (effect?.kind === 'rate-limited') return http(429, { ...effect, kind: 'rate-limited' });
  if (effect?.kind === 'status') return http(effect.status, refused('internal_error'));
  return effect?.kind === 'error' ? http(200, refused(effect.error)) : null;
}

function http(status: number, answer: Answer): HttpAnswer {
  switch (answer.kind) {
    case 'ok':
      return { status, json: { ok: true, ...answer.fields }, headers: {} };
    case 'refused': {
      const { error, messages } = answer;
      const details = messages.length === 0 ? {} : { response_metadata: { messages } };
      return { status, json: { ok: false, error, ...details }, headers: {} };
    }
    case 'rate-limited': {
      const headers = { 'retry-after': String(answer.retryAfterSeconds) };
      return { status: 429, json: { ok: false, error: 'ratelimited' }, headers };
    }
    default:
      return answer satisfies never;
  }
}

function outcomeOf({ status, json }: HttpAnswer): string {
  if (status !== 200) return String(status);
  return json.ok === true ? 'ok' : String(json.error);
}

function send(
  response: ServerResponse,
  status: number,
  json: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(json));
}
