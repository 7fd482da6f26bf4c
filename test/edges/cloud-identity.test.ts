import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { awsSigner } from '../../src/cloud/aws-signer.ts';
import { writeEksKubeconfig } from '../../src/cloud/eks-cluster.ts';
import { eksToken } from '../../src/cloud/eks-token.ts';
import { functionLog } from '../../src/cloud/log.ts';
import { rotateSecret } from '../../src/cloud/rotate.ts';
import { keepSecrets } from '../../src/cloud/secrets.ts';
import { readSlackSecret } from '../../src/cloud/slack-secret.ts';
import { tokenLife, withNewToken } from '../../src/cloud/token-life.ts';
import { FaultError } from '../../src/faults.ts';

const AT = new Date('2026-11-21T10:00:00Z');

/** AWS's documented example keys. */
const CREDENTIALS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const signer = (region: string) => {
  const { sha256 } = new SecretsManagerClient({ region }).config;
  return awsSigner('sts', region, { sha256, credentials: CREDENTIALS });
};

describe('the token for EKS', () => {
  // https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster
  test('has its documented form: a presigned GetCallerIdentity with the name of the cluster signed', async () => {
    const token = await eksToken('prod', 'eu-west-1', AT, signer('eu-west-1'));
    expect(token).toMatch(/^k8s-aws-v1\.[A-Za-z0-9_-]+$/);
    const url = new URL(Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString());
    expect(`${url.protocol}//${url.host}${url.pathname}`).toBe('https://sts.eu-west-1.amazonaws.com/');
    const { 'X-Amz-Signature': signature, ...parameters } = Object.fromEntries(url.searchParams);
    expect(signature).toMatch(/^[0-9a-f]{64}$/);
    expect(parameters).toEqual({
      Action: 'GetCallerIdentity',
      Version: '2011-06-15',
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': 'AKIAIOSFODNN7EXAMPLE/20261121/eu-west-1/sts/aws4_request',
      'X-Amz-Date': '20261121T100000Z',
      'X-Amz-Expires': '60',
      'X-Amz-SignedHeaders': 'host;x-k8s-aws-id',
    });
  });

  test('is of one cluster: another name is another signature', async () => {
    const [one, other] = [
      await eksToken('prod', 'eu-west-1', AT, signer('eu-west-1')),
      await eksToken('staging', 'eu-west-1', AT, signer('eu-west-1')),
    ];
    expect(one).not.toBe(other);
  });

  test('goes to where the region is', async () => {
    const token = await eksToken('prod', 'cn-north-1', AT, signer('cn-north-1'));
    const url = Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString();
    expect(url).toContain('https://sts.cn-north-1.amazonaws.com.cn/?');
  });
});

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(
  answer: (path: string, authorization: string, body: string) => [number, unknown],
): Promise<string> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const [status, value] = answer(request.url ?? '', request.headers.authorization ?? '', body);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  });
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('an EKS cluster', () => {
  test('is described by AWS, and its kubeconfig has such a token', async () => {
    let asked = '';
    const cluster = { endpoint: 'https://eks.example', certificateAuthority: { data: 'Q0E=' }, status: 'ACTIVE' };
    const url = await serve((path, authorization) => {
      asked = `${path} ${authorization.replace(/Signature=.*/, '')}`;
      return [200, { cluster }];
    });
    process.env.AWS_ACCESS_KEY_ID = CREDENTIALS.accessKeyId;
    process.env.AWS_SECRET_ACCESS_KEY = CREDENTIALS.secretAccessKey;
    const file = await writeEksKubeconfig('prod', 'eu-west-1', { AWS_ENDPOINT_URL: url });
    expect(asked).toMatch(/^\/clusters\/prod AWS4-HMAC-SHA256 Credential=AKIA.*\/eu-west-1\/eks\/aws4_request/);
    const kubeconfig = parse(readFileSync(file, 'utf8')) as Record<string, never>;
    expect(kubeconfig).toMatchObject({
      clusters: [{ cluster: { server: 'https://eks.example', 'certificate-authority-data': 'Q0E=' } }],
      users: [{ user: { token: expect.stringMatching(/^k8s-aws-v1\./) } }],
      'current-context': 'prod',
    });
  });

  test.each([
    [403, 'forbidden'],
    [404, 'cluster-unreachable'],
  ] as const)('that AWS does not describe (%i) is a fault with a remedy', async (status, code) => {
    const url = await serve(() => [status, { message: 'arn:aws:iam::123456789012:role/x may not' }]);
    const failed = await writeEksKubeconfig('prod', 'eu-west-1', { AWS_ENDPOINT_URL_EKS: url }).catch(
      (e: unknown) => e,
    );
    expect(failed).toBeInstanceOf(FaultError);
    expect((failed as FaultError).fault).toMatchObject({ code, cause: expect.stringContaining(`HTTP ${status}`) });
    expect(String(failed)).not.toContain('arn:');
  });
});

/** A token as Kubernetes issues it, as far as it is read. */
function token(name: string, issuedAt: string, expiresAt: string): string {
  const claims = { sub: name, iat: Date.parse(issuedAt) / 1000, exp: Date.parse(expiresAt) / 1000 };
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;
}

function kubeconfig(server: string, user: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    // Without TLS only where it is not verified.
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [
      { name: 'other', user: { token: 'x' } },
      { name: 'bot', user },
    ],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'bot', namespace: 'egress-system' } }],
    'current-context': 'c',
  });
}

describe("the bot's own token", () => {
  const OLD = token('old', '2026-11-20T00:00:00Z', '2026-11-22T00:00:00Z');
  const NEW = token('new', '2026-11-21T10:00:00Z', '2026-11-28T10:00:00Z');

  /** An API server that mints, and accepts these tokens. */
  const apiServer = (accepts: readonly string[], minted: string[]): Promise<string> =>
    serve((path, authorization, body) => {
      const account = /serviceaccounts\/([a-z-]+)\/token$/.exec(path)?.[1] ?? '';
      if (!accepts.includes(authorization.replace('Bearer ', ''))) return [401, { message: 'Unauthorized' }];
      minted.push(`${account} ${(JSON.parse(body) as { spec: { expirationSeconds: number } }).spec.expirationSeconds}`);
      return [201, { status: { token: account === 'egress-bot' ? NEW : 'short' } }];
    });

  const rotate = async (text: string, nowMs: number): Promise<{ outcome: unknown; put: readonly string[] }> => {
    const put: string[] = [];
    const secrets = { fetch: async () => text, put: async (_name: string, value: string) => void put.push(value) };
    const outcome = await rotateSecret('s', { namespace: 'egress-system', nowMs, secrets }).catch((e: unknown) => e);
    return { outcome, put };
  };

  test('is renewed at half of its life: minted by itself, tried, and written back with all the rest', async () => {
    const minted: string[] = [];
    const server = await apiServer([OLD, NEW], minted);
    const text = kubeconfig(server, { token: OLD });
    const { outcome, put } = await rotate(text, Date.parse('2026-11-21T00:00:00Z'));
    expect(outcome).toEqual({ kind: 'renewed', expiresAtMs: Date.parse('2026-11-28T10:00:00Z') });
    expect(minted).toEqual(['egress-bot 604800', 'egress-reader 600']);
    expect(put.map(value => parse(value) as unknown)).toEqual([parse(kubeconfig(server, { token: NEW }))]);
  });

  test('is kept while it is young, and the cluster is not asked', async () => {
    const text = kubeconfig('https://127.0.0.1:1', { token: OLD });
    const { outcome, put } = await rotate(text, Date.parse('2026-11-20T23:59:59Z'));
    expect(outcome).toEqual({ kind: 'kept', why: 'It is renewed after 2026-11-21T00:00:00.000Z.' });
    expect(put).toEqual([]);
  });

  test.each([
    ['the new one does not work', [OLD]],
    ['the old one does not work any more', []],
  ])('stays in the secret when %s, and that is a fault', async (_rule, accepts) => {
    const server = await apiServer(accepts, []);
    const { outcome, put } = await rotate(kubeconfig(server, { token: OLD }), Date.parse('2026-11-21T12:00:00Z'));
    expect(outcome).toBeInstanceOf(FaultError);
    expect((outcome as FaultError).fault.code).toBe('forbidden');
    expect(put).toEqual([]);
  });

  test.each([
    ['a client certificate', { 'client-certificate-data': 'x' }, 'The kubeconfig has no token.'],
    ['a token without an end', { token: 'opaque' }, 'The token never expires.'],
  ])('is not looked for in %s', async (_rule, user, why) => {
    const { outcome } = await rotate(kubeconfig('https://127.0.0.1:1', user), 0);
    expect(outcome).toEqual({ kind: 'kept', why });
  });

  test('is that of the current context', () => {
    const text = withNewToken(kubeconfig('https://a', { token: OLD }), NEW);
    expect(tokenLife(text)).toMatchObject({ expiresAtMs: Date.parse('2026-11-28T10:00:00Z') });
    expect((parse(text) as { users: unknown[] }).users[0]).toEqual({ name: 'other', user: { token: 'x' } });
  });
});

describe('secrets', () => {
  test('are asked for once in five minutes, and again at once when they could not be had', async () => {
    let clock = 0;
    const answers = ['first', new Error('throttled'), 'second'];
    const fetchSecret = keepSecrets(
      async () => {
        const answer = answers.shift();
        if (answer instanceof Error) throw answer;
        return answer ?? null;
      },
      () => clock,
    );
    expect(await fetchSecret('s')).toBe('first');
    clock = 299_999;
    expect(await fetchSecret('s')).toBe('first');
    clock = 300_000;
    await expect(fetchSecret('s')).rejects.toThrow('throttled');
    expect(await fetchSecret('s')).toBe('second');
  });

  test.each([
    ['no JSON', 'xoxb-secret'],
    ['a token of another kind', '{"botToken":"xoxp-secret","signingSecret":"0123456789abcdef"}'],
    ['no signing secret', '{"botToken":"xoxb-secret"}'],
  ])('of Slack with %s are refused, and not told', async (_rule, text) => {
    const failed = await readSlackSecret('s', async () => text).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(FaultError);
    expect(JSON.stringify((failed as FaultError).fault)).not.toContain('secret"');
    expect(String(failed)).not.toMatch(/xox[bp]-secret/);
  });

  test('are in no line of the log', () => {
    const lines: string[] = [];
    const { log, begin } = functionLog(line => lines.push(line));
    begin('r-1');
    log({ event: 'x', why: 'xoxb-1-2-abc', list: [{ url: 'https://hooks.slack.com/commands/T/1/abc' }] });
    expect(lines.join('')).toContain('"requestId":"r-1"');
    expect(lines.join('')).not.toMatch(/xoxb-1|hooks\.slack\.com/);
  });
});
