import { describe, expect, test } from 'vitest';
import type { Environment } from '../../src/config.ts';
import { readListenAddress, readServeEnvironment } from '../../src/serve/environment.ts';

const SECRET = '0123456789abcdef0123456789abcdef';
const SOCKET: Environment = { SLACK_BOT_TOKEN: 'xoxb-1-a', SLACK_APP_TOKEN: 'xapp-1-b' };
const HTTP: Environment = { SLACK_BOT_TOKEN: 'xoxb-1-a', SLACK_SIGNING_SECRET: SECRET };

describe('the environment', () => {
  test('of Socket Mode', () => {
    expect(readServeEnvironment(SOCKET, 'socket')).toEqual({
      kind: 'environment',
      environment: {
        botToken: 'xoxb-1-a',
        secret: 'xapp-1-b',
        apiUrl: 'https://slack.com/api/',
        database: 'egress.sqlite',
      },
    });
  });

  test('of HTTP, with the rest said', () => {
    const env = { ...HTTP, SLACK_API_URL: 'http://127.0.0.1:9000/api/', EGRESS_DATABASE: '/data/egress.sqlite' };
    expect(readServeEnvironment(env, 'http')).toEqual({
      kind: 'environment',
      environment: {
        botToken: 'xoxb-1-a',
        secret: SECRET,
        apiUrl: 'http://127.0.0.1:9000/api/',
        database: '/data/egress.sqlite',
      },
    });
  });

  test.each<readonly [rule: string, env: Environment, mode: 'socket' | 'http', says: readonly RegExp[]]>([
    [
      'everything that is missing is told at once',
      {},
      'socket',
      [/SLACK_BOT_TOKEN is not set/, /SLACK_APP_TOKEN is not set/],
    ],
    [
      'an empty variable is a missing one',
      { ...HTTP, SLACK_SIGNING_SECRET: '' },
      'http',
      [/SLACK_SIGNING_SECRET is not set/],
    ],
    [
      'tokens that were mixed up',
      { SLACK_BOT_TOKEN: 'xapp-1', SLACK_APP_TOKEN: 'xoxb-1' },
      'socket',
      [/SLACK_BOT_TOKEN cannot be/, /SLACK_APP_TOKEN cannot be/],
    ],
    [
      'a signing secret that is a token',
      { ...HTTP, SLACK_SIGNING_SECRET: 'xoxb-geheim' },
      'http',
      [/SLACK_SIGNING_SECRET cannot be/],
    ],
    [
      'an address without its last slash',
      { ...HTTP, SLACK_API_URL: 'https://slack.com/api' },
      'http',
      [/SLACK_API_URL is .*ends with a slash/],
    ],
    ['an address that is none', { ...HTTP, SLACK_API_URL: 'slack' }, 'http', [/SLACK_API_URL is "slack"/]],
    ['plain http to another machine', { ...HTTP, SLACK_API_URL: 'http://slack.example/api/' }, 'http', [/unencrypted/]],
  ])('%s', (_rule, env, mode, says) => {
    const reading = readServeEnvironment(env, mode);
    if (reading.kind !== 'faults') throw new Error('was read');
    expect(reading.faults.map(({ what, cause }) => `${what} ${cause}`)).toEqual(
      says.map(one => expect.stringMatching(one)),
    );
    for (const value of Object.values(env).filter(one => /^xox|^xapp/.test(one ?? ''))) {
      expect(JSON.stringify(reading)).not.toContain(value);
    }
  });
});

test.each([
  ['127.0.0.1:3000', { host: '127.0.0.1', port: 3000 }],
  ['0.0.0.0:0', { host: '0.0.0.0', port: 0 }],
  ['localhost:80', { host: 'localhost', port: 80 }],
  ['[::1]:3000', { host: '::1', port: 3000 }],
  [':3000', { host: '0.0.0.0', port: 3000 }],
  ['3000', { host: '0.0.0.0', port: 3000 }],
  ['localhost', null],
  ['localhost:', null],
  ['localhost:65536', null],
  ['::1:3000', null],
  ['http://localhost:3000', null],
  ['', null],
])('the address %j', (text, expected) => {
  expect(readListenAddress(text)).toEqual(expected);
});
