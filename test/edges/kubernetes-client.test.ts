/** The client against a real socket: what it does when the API server is busy, silent, broken or not there. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ApiClient, createApiClient } from '../../src/cluster/client.ts';
import { connect } from '../../src/cluster/connect.ts';
import { type Fault, FaultError } from '../../src/faults.ts';

type Reply = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let url: string;
let folder: string;
let seen: string[];
let replies: Reply[];

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Reply =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };

beforeEach(async () => {
  seen = [];
  replies = [];
  folder = mkdtempSync(join(tmpdir(), 'egress-kubeconfig-'));
  server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'}`);
    (replies.shift() ?? json(500, {}))(request, response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  // Closed already where a test wanted nobody to listen: that is no error here.
  await new Promise(resolve => server.close(resolve));
  rmSync(folder, { recursive: true });
});

function client(timeoutMs = 2_000): ApiClient {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser({ name: 'c', server: url, skipTLSVerify: true }, { name: 'u', token: 't0ken' });
  return createApiClient(kubeConfig, 'reader', timeoutMs);
}

const PODS = { method: 'GET', path: '/api/v1/pods' } as const;

describe('one call', () => {
  test('carries the token, and is recorded as RBAC sees it', async () => {
    replies = [json(200, { items: [] })];
    const api = client();
    expect(await api.send({ ...PODS, query: { limit: '5' } })).toEqual({
      kind: 'ok',
      status: 200,
      body: { items: [] },
    });
    expect(seen).toEqual(['GET /api/v1/pods?limit=5 Bearer t0ken']);
    expect(api.calls).toEqual([{ verb: 'list', group: '', resource: 'pods', namespace: null, name: null }]);
  });

  test('a busy server is asked again, when it says so', async () => {
    replies = [json(429, {}, { 'retry-after': '0' }), json(503, {}, { 'retry-after': '0' }), json(200, 'fine')];
    expect(await client().send(PODS)).toMatchObject({ kind: 'ok', body: 'fine' });
    expect(seen).toHaveLength(3);
  });

  test('a server that stays busy is not asked for ever', async () => {
    replies = Array.from({ length: 9 }, () =>
      json(429, { reason: 'TooManyRequests', message: 'slow down' }, { 'retry-after': '0' }),
    );
    expect(await client().send(PODS)).toEqual({
      kind: 'refused',
      status: 429,
      reason: 'TooManyRequests',
      message: 'slow down',
    });
    expect(seen).toHaveLength(3);
  });

  test('a write that failed is not repeated', async () => {
    replies = [json(500, { reason: 'InternalError', message: 'boom' })];
    expect(await client().send({ method: 'POST', path: '/api/v1/pods', body: {} })).toMatchObject({
      kind: 'refused',
      status: 500,
    });
    expect(seen).toHaveLength(1);
  });

  test('a server that accepts and says nothing is given up', async () => {
    replies = [() => undefined];
    expect(await client(150).send(PODS)).toEqual({
      kind: 'no-answer',
      errno: 'ETIMEDOUT',
      why: 'no answer within 150 ms',
    });
  });

  test('a body that stalls is given up as well', async () => {
    replies = [
      (_request, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{"items":');
      },
    ];
    expect(await client(150).send(PODS)).toMatchObject({ kind: 'no-answer', errno: 'ETIMEDOUT' });
  });

  test('a proxy in between that answers HTML is quoted, not parsed', async () => {
    replies = [
      (_request, response) => {
        response.writeHead(404);
        response.end('<html>nothing here</html>');
      },
    ];
    expect(await client().send(PODS)).toEqual({
      kind: 'refused',
      status: 404,
      reason: 'HTTP 404',
      message: '<html>nothing here</html>',
    });
  });

  test('a connection that is cut is no answer', async () => {
    replies = [request => request.socket.destroy()];
    expect(await client().send(PODS)).toMatchObject({ kind: 'no-answer' });
  });
});

/** Writes a kubeconfig with one context `here` and gives the environment that names it. */
function kubeconfig(change: (text: string) => string = text => text): NodeJS.ProcessEnv {
  const file = join(folder, 'config');
  const text = `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "${url}", insecure-skip-tls-verify: true}}]
users: [{name: u, user: {token: t0ken}}]
contexts: [{name: here, context: {cluster: c, user: u, namespace: payments}}]
current-context: here
`;
  writeFileSync(file, change(text));
  return { KUBECONFIG: file };
}

async function faultOf(environment: NodeJS.ProcessEnv, context: string | null = null, asBot = false): Promise<Fault> {
  const error: unknown = await connect({ context, asBot, environment, timeoutMs: 300 }).catch(
    (thrown: unknown) => thrown,
  );
  if (error instanceof FaultError) return error.fault;
  throw new Error('no fault');
}

describe('connecting', () => {
  test('takes the context, its namespace and the version', async () => {
    replies = [json(200, { gitVersion: 'v1.34.4' })];
    const connection = await connect({ context: null, asBot: false, environment: kubeconfig() });
    expect(connection).toMatchObject({
      clusterName: 'here',
      defaultNamespace: 'payments',
      serverVersion: 'v1.34.4',
      asBot: false,
    });
    await connection.close();
  });

  test('as the bot, reads and probes with minted tokens alone', async () => {
    replies = [json(200, { gitVersion: 'v1.34.4' })];
    const mint: Reply = (request, response) =>
      json(201, { status: { token: `minted-${/egress-(reader|prober)/.exec(request.url ?? '')?.[0]}` } })(
        request,
        response,
      );
    replies.push(mint, mint, json(200, {}), json(200, {}), json(200, {}));
    const connection = await connect({ context: null, asBot: true, environment: kubeconfig() });
    await connection.reader.send(PODS);
    await connection.prober.send(PODS);
    await connection.dryRunner.send(PODS);
    await connection.close();
    expect(seen.slice(1, 3).toSorted()).toEqual([
      'POST /api/v1/namespaces/egress-system/serviceaccounts/egress-prober/token Bearer t0ken',
      'POST /api/v1/namespaces/egress-system/serviceaccounts/egress-reader/token Bearer t0ken',
    ]);
    expect(seen.slice(3)).toEqual([
      'GET /api/v1/pods Bearer minted-egress-reader',
      'GET /api/v1/pods Bearer minted-egress-prober',
      'GET /api/v1/pods Bearer minted-egress-reader',
    ]);
  });

  test('no kubeconfig at all', async () => {
    expect(await faultOf({ HOME: folder })).toEqual({
      code: 'bad-config',
      what: 'There is no cluster to ask.',
      cause: 'KUBECONFIG is not set, ~/.kube/config does not exist, and this is no pod with a service account token.',
      remedy: 'Set KUBECONFIG to the kubeconfig of the cluster.',
    });
  });

  test('a kubeconfig that is not there', async () => {
    expect(await faultOf({ KUBECONFIG: join(folder, 'gone') })).toMatchObject({
      code: 'bad-config',
      cause: `KUBECONFIG names ${join(folder, 'gone')}, which does not exist.`,
    });
  });

  test('a kubeconfig that is no YAML', async () => {
    expect(await faultOf(kubeconfig(() => 'clusters: ['))).toMatchObject({
      code: 'bad-config',
      what: `The kubeconfig ${join(folder, 'config')} could not be read.`,
    });
  });

  test('a context that is not there: those that are', async () => {
    expect(await faultOf(kubeconfig(), 'prod')).toEqual({
      code: 'usage',
      what: 'There is no context prod.',
      cause: `${join(folder, 'config')} has here.`,
      remedy: 'Name one of them with --context.',
    });
  });

  test('no current context', async () => {
    expect(await faultOf(kubeconfig(text => text.replace('current-context: here', '')))).toMatchObject({
      what: 'No context is chosen.',
    });
  });

  test('a context without its cluster', async () => {
    expect(await faultOf(kubeconfig(text => text.replace('cluster: c,', 'cluster: gone,')))).toMatchObject({
      what: 'Context here is incomplete.',
      cause: expect.stringContaining('It names cluster gone'),
    });
  });

  test('credentials that have expired', async () => {
    replies = [json(401, { reason: 'Unauthorized', message: 'Unauthorized' })];
    expect(await faultOf(kubeconfig())).toEqual({
      code: 'forbidden',
      what: `${url} does not accept these credentials.`,
      cause: 'It answered 401 Unauthorized: the token or client certificate has expired, or is for another cluster.',
      remedy:
        'Sign in again (the same way that makes `kubectl get pods` work), or name another context with --context.',
    });
  });

  test('nothing listens', async () => {
    const gone = url;
    const environment = kubeconfig();
    await new Promise(resolve => server.close(resolve));
    expect(await faultOf(environment)).toMatchObject({
      code: 'cluster-unreachable',
      what: `The API server ${gone} could not be reached.`,
      cause: expect.stringContaining('Nothing listens at that address'),
    });
  });

  test('no answer in time', async () => {
    replies = [() => undefined];
    expect(await faultOf(kubeconfig())).toMatchObject({
      code: 'cluster-unreachable',
      cause: expect.stringContaining('(ETIMEDOUT: no answer within 300 ms)'),
      remedy: expect.stringContaining('VPN'),
    });
  });

  test('an exec plugin that is not there', async () => {
    const exec = 'exec: {apiVersion: client.authentication.k8s.io/v1, command: /no/such/plugin}';
    expect(await faultOf(kubeconfig(text => text.replace('token: t0ken', exec)))).toMatchObject({
      code: 'cluster-unreachable',
      cause: expect.stringContaining('The credentials could not be got.'),
    });
  });

  test('an identity that may not ask for the version may still go on', async () => {
    replies = [json(403, { message: 'no' })];
    const connection = await connect({ context: null, asBot: false, environment: kubeconfig() });
    expect(connection.serverVersion).toBeNull();
    await connection.close();
  });

  test.each([
    ['the accounts are not installed', 404, 'Apply infra/kubernetes/base'],
    ['this identity may not mint', 403, 'Allow this identity to create serviceaccounts/token'],
  ])('as the bot, and %s', async (_rule, status, remedy) => {
    const no = json(status, { message: 'no' });
    replies = [json(200, {}), no, no];
    expect(await faultOf(kubeconfig(), null, true)).toMatchObject({
      code: 'forbidden',
      cause: 'no',
      remedy: expect.stringContaining(remedy),
    });
  });
});
