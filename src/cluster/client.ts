/**
 * One plain client for every call: raw JSON in and out, a time-out that covers the body too, retries, and a record of
 * each call. Generated API classes are not used: they drop fields that they do not know, and policies are such fields.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { HttpMethod, IsomorphicFetchHttpLibrary, type KubeConfig, RequestContext } from '@kubernetes/client-node';
import { type ApiCall, apiCallOf } from './call.ts';
import { retryWaitMs } from './retry.ts';

/** One call, before credentials are added. */
export type ApiRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the first slash on, names percent-encoded, without a query. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Default: application/json. PATCH needs its own. */
  readonly contentType?: string;
  /** Default: application/json. */
  readonly accept?: string;
};

/** What came of a call: trouble is a value. */
export type ApiAnswer =
  /** 2xx; `body` is parsed JSON. */
  | { readonly kind: 'ok'; readonly status: number; readonly body: unknown }
  /** The API server said no; `reason` and `message` are those of its Status, or of the HTTP answer. */
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string; readonly message: string }
  /** No answer: `errno` is ECONNREFUSED, ETIMEDOUT, a TLS code, CREDENTIALS (an exec plugin failed), or UNKNOWN. */
  | { readonly kind: 'no-answer'; readonly errno: string; readonly why: string };

/** Which identity a client speaks as; `caller`: whoever the kubeconfig names. */
export type Identity = 'caller' | 'reader' | 'prober' | 'bot';

/** A client of one API server as one identity. */
export type ApiClient = {
  readonly identity: Identity;
  /** For websockets (exec), which this client does not open. */
  readonly kubeConfig: KubeConfig;
  /** Every call so far, as RBAC sees it. */
  readonly calls: readonly ApiCall[];
  /** Never throws: trouble is an answer. */
  readonly send: (request: ApiRequest) => Promise<ApiAnswer>;
  /** Adds a call that was made around this client, e.g. by websocket. */
  readonly record: (method: string, path: string) => void;
  /** Closes idle connections, so that the process can end at once. */
  readonly close: () => Promise<void>;
};

type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>;
/** What a KubeConfig adds to a request: headers, and the connection pool that knows the certificates. */
type Credentials =
  | {
      readonly kind: 'ready';
      readonly headers: Readonly<Record<string, string>>;
      readonly pool: Dispatcher | undefined;
    }
  | { readonly kind: 'failed'; readonly why: string };
type Ready = Extract<Credentials, { kind: 'ready' }>;
type RawAnswer = {
  readonly status: number;
  readonly headers: Readonly<Partial<Record<string, string>>>;
  readonly text: string;
};

/** Makes a client for the current context of `kubeConfig`; `timeoutMs` covers one attempt, body included. */
export function createApiClient(kubeConfig: KubeConfig, identity: Identity, timeoutMs: number): ApiClient {
  const server = (kubeConfig.getCurrentCluster()?.server ?? '').replace(/\/+$/, '');
  const calls: ApiCall[] = [];
  let pool: Dispatcher | undefined;
  const record = (method: string, path: string): void => {
    calls.push(apiCallOf(method, path));
  };
  const send = async (request: ApiRequest): Promise<ApiAnswer> => {
    record(request.method, request.path);
    const credentials = await readCredentials(kubeConfig, server);
    if (credentials.kind === 'failed') return { kind: 'no-answer', errno: 'CREDENTIALS', why: credentials.why };
    // The KubeConfig makes a new pool for every request, and with it a new TLS handshake: the first one is kept.
    pool ??= credentials.pool;
    const ready = { ...credentials, pool };
    try {
      return readAnswer(await sendWithRetries(request, () => sendOnce(request, server, ready, timeoutMs)));
    } catch (error) {
      return noAnswer(error, timeoutMs);
    }
  };
  return { identity, kubeConfig, calls, send, record, close: async () => pool?.close() };
}

/** Asked for before every request, since an exec plugin's token may have run out. */
async function readCredentials(kubeConfig: KubeConfig, server: string): Promise<Credentials> {
  const context = new RequestContext(server, HttpMethod.GET);
  try {
    await kubeConfig.applySecurityAuthentication(context);
  } catch (error) {
    return { kind: 'failed', why: error instanceof Error ? error.message : String(error) };
  }
  return { kind: 'ready', headers: context.getHeaders(), pool: context.getDispatcher() };
}

async function sendWithRetries(request: ApiRequest, attempt: () => Promise<RawAnswer>): Promise<RawAnswer> {
  for (let number = 1; ; number += 1) {
    const answer = await attempt();
    const retryAfter = answer.headers['retry-after'] ?? null;
    const waitMs = retryWaitMs({ method: request.method, status: answer.status, retryAfter, number });
    if (waitMs === null) return answer;
    await wait(waitMs);
  }
}

async function sendOnce(
  request: ApiRequest,
  server: string,
  credentials: Ready,
  timeoutMs: number,
): Promise<RawAnswer> {
  const context = new RequestContext(`${server}${request.path}`, HttpMethod[request.method]);
  for (const [name, value] of Object.entries(request.query ?? {})) context.setQueryParam(name, value);
  context.setHeaderParam('Accept', request.accept ?? 'application/json');
  for (const [name, value] of Object.entries(credentials.headers)) context.setHeaderParam(name, value);
  if (credentials.pool !== undefined) context.setDispatcher(credentials.pool);
  if (request.body !== undefined) {
    context.setHeaderParam('Content-Type', request.contentType ?? 'application/json');
    context.setBody(JSON.stringify(request.body));
  }
  context.setSignal(AbortSignal.timeout(timeoutMs));
  const response = await new IsomorphicFetchHttpLibrary().send(context).toPromise();
  return { status: response.httpStatusCode, headers: response.headers, text: await response.body.text() };
}

function readAnswer(answer: RawAnswer): ApiAnswer {
  const body = parseJson(answer.text);
  if (answer.status >= 200 && answer.status < 300) return { kind: 'ok', status: answer.status, body };
  const status = typeof body === 'object' && body !== null ? (body as { reason?: unknown; message?: unknown }) : {};
  return {
    kind: 'refused',
    status: answer.status,
    reason: typeof status.reason === 'string' ? status.reason : `HTTP ${answer.status}`,
    message: typeof status.message === 'string' ? status.message : answer.text.slice(0, 300),
  };
}

/** A proxy in between answers HTML: that is text, not a reason to die. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function noAnswer(error: unknown, timeoutMs: number): ApiAnswer {
  const cause = rootCause(error);
  if (cause.name === 'TimeoutError')
    return { kind: 'no-answer', errno: 'ETIMEDOUT', why: `no answer within ${timeoutMs} ms` };
  const errno = typeof cause.code === 'string' ? cause.code : 'UNKNOWN';
  return { kind: 'no-answer', errno, why: cause.message };
}

/** fetch wraps the socket's error, twice when several addresses were tried. */
function rootCause(error: unknown): { readonly name: string; readonly message: string; readonly code?: unknown } {
  let current: unknown = error;
  for (;;) {
    if (!(current instanceof Error)) return { name: '', message: String(current) };
    const inner: unknown = current instanceof AggregateError ? current.errors[0] : current.cause;
    if (inner === undefined || inner === null) return current;
    current = inner;
  }
}
