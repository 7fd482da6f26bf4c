import { expect, test } from 'vitest';
import { type Found, readQuotedMessage } from '../../src/slack/command.ts';

const found = (more: Partial<Found>): Found => ({
  pod: null,
  host: null,
  namespace: null,
  cluster: null,
  probe: true,
  ...more,
});
const HOST = 'api.stripe.com';
const LINK = `<http://${HOST}|${HOST}>`;
const REPLICA = 'billing-7d9f8b6c5d-x2x4z';

const MESSAGES: readonly (readonly [program: string, text: string, found: Partial<Found>])[] = [
  ['Node: no such name', `Error: getaddrinfo ENOTFOUND ${LINK}`, { host: HOST }],
  ['Node: the resolver is silent', `getaddrinfo EAI_AGAIN ${HOST}:443`, { host: `${HOST}:443` }],
  ['Node: a Service name', 'getaddrinfo ENOTFOUND redis', { host: 'redis' }],
  ['Node: refused', 'connect ECONNREFUSED 10.1.2.3:5432', { host: '10.1.2.3:5432' }],
  ['Node: timed out', 'Error: connect ETIMEDOUT 2001:db8::1:443', { host: '[2001:db8::1]:443' }],
  ['Go: dial over IPv6', 'dial tcp [2001:db8::1]:443: i/o timeout', { host: '[2001:db8::1]:443' }],
  ['Go: lookup', `dial tcp: lookup ${HOST} on 10.96.0.10:53: no such host`, { host: HOST }],
  ['Go: lookup without a resolver', `dial tcp: lookup ${HOST}: i/o timeout`, { host: HOST }],
  ['Go: dial', 'dial tcp 203.0.113.43:443: i/o timeout', { host: '203.0.113.43:443' }],
  [
    'Go: the URL counts, not the address behind it, and no key in it is kept',
    `Get "<https://${HOST}/v1?key=geheim>": dial tcp 203.0.113.43:443: connect: connection refused`,
    { host: `https://${HOST}` },
  ],
  ['curl 6', `curl: (6) Could not resolve host: ${LINK}`, { host: HOST }],
  [
    'curl 7',
    `curl: (7) Failed to connect to ${LINK} port 443 after 31 ms: Couldn't connect to server`,
    { host: `${HOST}:443` },
  ],
  [
    'curl 28 with a host',
    `curl: (28) Failed to connect to ${HOST} port 443 after 3001 ms: Timeout was reached`,
    { host: `${HOST}:443` },
  ],
  ['curl 28 without a host', 'curl: (28) Connection timed out after 3001 milliseconds', {}],
  [
    'curl 35',
    `curl: (35) OpenSSL SSL_connect: Connection reset by peer in connection to ${HOST}:443 `,
    { host: `${HOST}:443` },
  ],
  ['a connection that timed out', `Connection timed out to ${HOST} port 443`, { host: `${HOST}:443` }],
  ['ssh', 'ssh: connect to host git.example.com port 22: Connection timed out', { host: 'git.example.com:22' }],
  ['nc', 'nc: connect to db.example.com port 5432 (tcp) failed: Connection refused', { host: 'db.example.com:5432' }],
  [
    'nc with the address',
    'nc: connect to db.example.com (10.1.2.3) port 5432 (tcp) failed',
    { host: 'db.example.com:5432' },
  ],
  ['wget', `wget: unable to resolve host address '${HOST}'`, { host: HOST }],
  ['wget of busybox', `wget: bad address '${HOST}'`, { host: HOST }],
  [
    'Python requests',
    `HTTPSConnectionPool(host='${HOST}', port=443): Max retries exceeded with url: /v1/charges`,
    { host: `${HOST}:443` },
  ],
  ['Java: unknown host', `java.net.UnknownHostException: ${HOST}`, { host: HOST }],
  [
    'Java: Apache client',
    `org.apache.http.conn.ConnectTimeoutException: Connect to ${HOST}:443 [${HOST}/203.0.113.43] failed: connect timed out`,
    { host: `${HOST}:443` },
  ],
  [
    'libpq 14',
    'connection to server at "db.example.com" (10.1.2.3), port 5432 failed: Connection timed out',
    { host: 'db.example.com:5432' },
  ],
  [
    'libpq 12',
    'could not connect to server: Connection timed out\n\tIs the server running on host "db.example.com" (10.1.2.3) and accepting\n\tTCP/IP connections on port 5432?',
    { host: 'db.example.com:5432' },
  ],
  [
    'libpq name',
    'could not translate host name "db.example.com" to address: Name or service not known',
    { host: 'db.example.com' },
  ],
  ['redis-py', 'Error 110 connecting to redis.shop.svc:6379. Connection timed out.', { host: 'redis.shop.svc:6379' }],
  [
    'a log line of JSON',
    `{"level":"error","pod":"${REPLICA}","namespace":"payments","msg":"dial tcp: lookup ${HOST}: no such host"}`,
    { host: HOST, pod: REPLICA, namespace: 'payments' },
  ],
  ['a log line with a prefix', `[pod/${REPLICA}/app] getaddrinfo ENOTFOUND ${HOST}`, { host: HOST, pod: REPLICA }],
  [
    'a command of kubectl and its answer',
    `$ kubectl -n payments exec -it ${REPLICA} -- curl https://${HOST}\ncurl: (28) Failed to connect to ${HOST} port 443 after 3001 ms`,
    { host: `${HOST}:443`, pod: REPLICA, namespace: 'payments' },
  ],
  [
    'kubectl exec of a Deployment',
    `kubectl exec deploy/billing -n payments -- nc -zv db.example.com 5432`,
    { pod: 'deploy/billing', host: 'db.example.com', namespace: 'payments' },
  ],
  ['a prompt', `root@${REPLICA}:/# curl ${HOST}`, { pod: REPLICA, host: HOST }],
  ['a sentence', `billing-pod can't reach ${LINK}`, { pod: 'billing-pod', host: HOST }],
  ['a sentence with a word only', `billing can't reach ${LINK}`, { pod: 'billing', host: HOST }],
  ['two hosts in two messages', `getaddrinfo ENOTFOUND a.example.com\ngetaddrinfo ENOTFOUND b.example.com`, {}],
  ['two pods', `pod/web-7d9f8b6c5d-x2x4z and pod/api-7d9f8b6c5d-x2x4z`, {}],
  ['a stack trace names no host', 'at java.net.Socket.connect(Socket.java:607)\n at main.go:12', {}],
  ['smalltalk', 'anyone looking at this? it is 12:30 already', {}],
  ['nothing', '', {}],
];

test.each(MESSAGES)('a quoted message fills in the form: %s', (_program, text, expected) => {
  expect(readQuotedMessage(text)).toEqual(found(expected));
});
