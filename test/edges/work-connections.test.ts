/** Connections that are kept: how long, for whom, and what happens when one turns out to be of no use. */
import { expect, test } from 'vitest';
import type { Connection, ConnectOptions } from '../../src/cluster/connect.ts';
import { FaultError } from '../../src/faults.ts';
import type { ClusterAccess } from '../../src/settings/settings.ts';
import { keepConnections } from '../../src/work/connections.ts';

const expired = new FaultError({
  code: 'forbidden',
  what: 'https://10.0.0.1 does not accept these credentials.',
  cause: 'The token has expired.',
  remedy: 'Sign in again.',
});

function kept(access: ClusterAccess = { kind: 'kubeconfig', context: 'prod', asBot: true }) {
  let nowMs = 0;
  const made: ConnectOptions[] = [];
  const closed: number[] = [];
  const failures: Error[] = [];
  const connections = keepConnections({
    clusters: [{ name: 'prod', access }],
    botNamespace: 'egress-system',
    files: { secret: async name => `/files/${name}`, eks: async (name, region) => `/files/${region}/${name}` },
    now: () => nowMs,
    connect: async options => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      const number = made.push(options);
      return { clusterName: 'its own', close: async () => void closed.push(number) } as unknown as Connection;
    },
  });
  const pass = (milliseconds: number): void => {
    nowMs += milliseconds;
  };
  return { connections, made, closed, failures, pass };
}

test('one connection serves all questions for eight of its ten minutes', async () => {
  const { connections, made, closed, pass } = kept();
  await connections.with('prod', async () => null);
  pass(479_999);
  await connections.with('prod', async () => null);
  expect([made.length, closed]).toEqual([1, []]);
  pass(1);
  await connections.with('prod', async () => null);
  expect([made.length, closed]).toEqual([2, [1]]);
});

test('a connection that is over is closed when the last question over it has ended', async () => {
  const { connections, closed, pass } = kept();
  const long = Promise.withResolvers<null>();
  const question = connections.with('prod', () => long.promise);
  pass(480_000);
  await connections.with('prod', async () => null);
  expect(closed).toEqual([]);
  long.resolve(null);
  await question;
  expect(closed).toEqual([1]);
});

test('a token that was revoked costs one more connection, and the question is answered', async () => {
  const { connections, made } = kept();
  await connections.with('prod', async () => null);
  let asked = 0;
  const answer = await connections.with('prod', async () => {
    asked += 1;
    if (asked === 1) throw expired;
    return 'answered';
  });
  expect([answer, asked, made.length]).toEqual(['answered', 2, 2]);
});

test('a new connection that is refused is refused: nothing is asked for ever', async () => {
  const { connections, made } = kept();
  await expect(connections.with('prod', () => Promise.reject(expired))).rejects.toBe(expired);
  expect(made.length).toBe(1);
});

test('what is no fault of the connection does not end it', async () => {
  const { connections, made } = kept();
  await expect(connections.with('prod', () => Promise.reject(new Error('ours')))).rejects.toThrow('ours');
  await connections.with('prod', async () => null);
  expect(made.length).toBe(1);
});

test('a connection that could not be made is tried again by the next question', async () => {
  const { connections, made, failures } = kept();
  failures.push(new FaultError({ ...expired.fault, code: 'bad-config' }));
  await expect(connections.with('prod', async () => null)).rejects.toThrow('does not accept');
  await connections.with('prod', async () => null);
  expect(made.length).toBe(1);
});

test('people know a cluster by its name in the configuration', async () => {
  const { connections } = kept();
  expect(await connections.with('prod', async ({ clusterName }) => clusterName)).toBe('prod');
});

test('a cluster that is not configured is a fault that names those that are', async () => {
  const { connections } = kept();
  await expect(connections.with('prdo', async () => null)).rejects.toThrow('Configured are prod.');
});

test.each([
  [
    { kind: 'kubeconfig', context: 'prod', asBot: false },
    { context: 'prod', asBot: false },
  ],
  [{ kind: 'in-cluster' }, { context: null, asBot: true, environment: { KUBECONFIG: '' } }],
  [
    { kind: 'secret', secret: 'bot' },
    { context: null, asBot: true, environment: { KUBECONFIG: '/files/bot' } },
  ],
  [
    { kind: 'eks', clusterName: 'prod', region: 'eu-west-1' },
    { context: null, asBot: true, environment: { KUBECONFIG: '/files/eu-west-1/prod' } },
  ],
] as const)('%o is reached with %o', async (access, options) => {
  const { connections, made } = kept(access);
  await connections.with('prod', async () => null);
  expect(made[0]).toMatchObject({ ...options, botNamespace: 'egress-system' });
});
