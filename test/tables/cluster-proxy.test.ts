import { describe, expect, test } from 'vitest';
import { type ConfigMapReading, configMapsNeeded, readProxyVariables } from '../../src/cluster/container-env.ts';
import { readProxySettings } from '../../src/cluster/proxy-settings.ts';
import type { Destination, ProxySettings } from '../../src/model.ts';

const to = (application: Destination['application'], host = 'api.stripe.com'): Destination => ({
  text: host,
  host: { kind: 'name', name: host },
  port: application === 'http' ? 80 : 443,
  protocol: 'TCP',
  application,
  path: '/',
});

type Container = { readonly env?: readonly object[]; readonly envFrom?: readonly object[] };
type Maps = Readonly<Record<string, ConfigMapReading>>;

const pod = {
  metadata: { name: 'billing', namespace: 'payments' },
  spec: { nodeName: 'node-1' },
  status: { podIP: '10.244.0.7', hostIP: '192.0.2.10' },
};
const env = (values: Readonly<Record<string, string>>): Container => ({
  env: Object.entries(values).map(([name, value]) => ({ name, value })),
});
const from = (name: string, source: object): object => ({ name, valueFrom: source });
const read = (values: Readonly<Record<string, string>>): ConfigMapReading => ({ kind: 'read', values });

function settings(container: Container, maps: Maps = {}, destination = to('https')): ProxySettings {
  return readProxySettings(readProxyVariables(pod, container, new Map(Object.entries(maps))), destination);
}

/** `variable host:port scheme`, `none`, `direct`, `exempt: why`, or `unknown: why`. */
function told(proxy: ProxySettings): string {
  if (proxy.kind === 'none') return 'none';
  if (proxy.kind === 'unknown') return `unknown: ${proxy.why}`;
  if (proxy.uses !== null) return `${proxy.uses.variable} ${proxy.uses.host}:${proxy.uses.port} ${proxy.uses.scheme}`;
  return proxy.exemptedBy === null ? 'direct' : `exempt: ${proxy.exemptedBy}`;
}

describe('which proxy a destination uses', () => {
  test.each<readonly [string, Container, Destination, string]>([
    ['no variables: none', {}, to('https'), 'none'],
    ['other variables are not looked at', env({ PATH: '/bin' }), to('https'), 'none'],
    [
      'https takes HTTPS_PROXY',
      env({ HTTPS_PROXY: 'http://proxy.example:3128' }),
      to('https'),
      'HTTPS_PROXY proxy.example:3128 http',
    ],
    [
      'lower case counts as well',
      env({ https_proxy: 'http://proxy.example:3128' }),
      to('https'),
      'https_proxy proxy.example:3128 http',
    ],
    ['https does not take HTTP_PROXY', env({ HTTP_PROXY: 'http://proxy.example:3128' }), to('https'), 'direct'],
    [
      'http takes HTTP_PROXY',
      env({ HTTP_PROXY: 'http://proxy.example:3128' }),
      to('http'),
      'HTTP_PROXY proxy.example:3128 http',
    ],
    [
      'ALL_PROXY stands in',
      env({ ALL_PROXY: 'socks5://proxy.example' }),
      to('https'),
      'ALL_PROXY proxy.example:1080 socks5',
    ],
    [
      'the scheme variable wins over ALL_PROXY',
      env({ ALL_PROXY: 'http://a:1', HTTPS_PROXY: 'http://b:2' }),
      to('https'),
      'HTTPS_PROXY b:2 http',
    ],
    [
      'a destination without HTTP uses none',
      env({ HTTPS_PROXY: 'http://a:1', ALL_PROXY: 'http://a:1' }),
      to('none'),
      'direct',
    ],
    [
      'no scheme means HTTP',
      env({ HTTPS_PROXY: 'proxy.example:3128' }),
      to('https'),
      'HTTPS_PROXY proxy.example:3128 http',
    ],
    [
      'no port means that of the scheme',
      env({ HTTPS_PROXY: 'https://proxy.example' }),
      to('https'),
      'HTTPS_PROXY proxy.example:443 https',
    ],
    [
      'an IPv6 proxy',
      env({ HTTPS_PROXY: 'http://[2001:db8::9]:3128' }),
      to('https'),
      'HTTPS_PROXY 2001:db8::9:3128 http',
    ],
    ['an empty variable is not set', env({ HTTPS_PROXY: '', ALL_PROXY: '' }), to('https'), 'none'],
    [
      'both spellings, the same: one proxy',
      env({ HTTPS_PROXY: 'http://a:1', https_proxy: 'http://a:1' }),
      to('https'),
      'https_proxy a:1 http',
    ],
    [
      'both spellings, different: programs differ',
      env({ HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:1' }),
      to('https'),
      'unknown: https_proxy and HTTPS_PROXY differ, and programs read one or the other',
    ],
    [
      'NO_PROXY exempts',
      env({ HTTPS_PROXY: 'http://a:1', NO_PROXY: 'stripe.com' }),
      to('https'),
      'exempt: NO_PROXY has stripe.com',
    ],
    [
      'NO_PROXY for others does not',
      env({ HTTPS_PROXY: 'http://a:1', NO_PROXY: '.svc' }),
      to('https'),
      'HTTPS_PROXY a:1 http',
    ],
    [
      'NO_PROXY in two spellings that disagree on this host',
      env({ HTTPS_PROXY: 'http://a:1', NO_PROXY: 'stripe.com', no_proxy: '.svc' }),
      to('https'),
      'unknown: no_proxy and NO_PROXY differ, and programs read one or the other',
    ],
    [
      'NO_PROXY that programs read differently',
      env({ HTTPS_PROXY: 'http://a:1', NO_PROXY: '*.stripe.com' }),
      to('https'),
      "unknown: Go reads NO_PROXY's *.stripe.com as a pattern, curl does not",
    ],
    ['NO_PROXY without a proxy', env({ NO_PROXY: '*' }), to('https'), 'direct'],
    [
      'not an address',
      env({ HTTPS_PROXY: 'http://' }),
      to('https'),
      'unknown: HTTPS_PROXY is not the address of a proxy',
    ],
    [
      'a scheme that no program knows',
      env({ HTTPS_PROXY: 'ftp://a:1' }),
      to('https'),
      'unknown: HTTPS_PROXY is not the address of a proxy',
    ],
  ])('%s', (_rule, container, destination, expected) => {
    expect(told(settings(container, {}, destination))).toBe(expected);
  });
});

describe('where variables come from', () => {
  const proxy = { HTTPS_PROXY: 'http://proxy.example:3128' };
  const USES = 'HTTPS_PROXY proxy.example:3128 http';
  test.each<readonly [string, Container, Maps, string]>([
    ['all keys of a ConfigMap', { envFrom: [{ configMapRef: { name: 'm' } }] }, { m: read(proxy) }, USES],
    [
      'with a prefix',
      { envFrom: [{ prefix: 'HTTPS_', configMapRef: { name: 'm' } }] },
      { m: read({ PROXY: 'http://proxy.example:3128' }) },
      USES,
    ],
    [
      'one key of a ConfigMap',
      { env: [from('HTTPS_PROXY', { configMapKeyRef: { name: 'm', key: 'k' } })] },
      { m: read({ k: proxy.HTTPS_PROXY }) },
      USES,
    ],
    [
      'a key that the ConfigMap lacks is not set',
      { env: [from('HTTPS_PROXY', { configMapKeyRef: { name: 'm', key: 'k' } })] },
      { m: read({}) },
      'none',
    ],
    [
      'env wins over envFrom',
      { envFrom: [{ configMapRef: { name: 'm' } }], ...env(proxy) },
      { m: read({ HTTPS_PROXY: 'http://other:1' }) },
      USES,
    ],
    [
      'the later source of envFrom wins',
      { envFrom: [{ configMapRef: { name: 'a' } }, { configMapRef: { name: 'b' } }] },
      { a: read({ HTTPS_PROXY: 'http://x:1' }), b: read(proxy) },
      USES,
    ],
    [
      'a reference to an earlier variable',
      env({ HOST: 'proxy.example', HTTPS_PROXY: 'http://$(HOST):3128' }),
      {},
      USES,
    ],
    [
      'a reference to a key of a ConfigMap',
      { envFrom: [{ configMapRef: { name: 'm' } }], ...env({ HTTPS_PROXY: 'http://$(HOST):3128' }) },
      { m: read({ HOST: 'proxy.example' }) },
      USES,
    ],
    [
      "a reference to the node's address",
      {
        env: [
          from('NODE', { fieldRef: { fieldPath: 'status.hostIP' } }),
          { name: 'HTTPS_PROXY', value: 'http://$(NODE):3128' },
        ],
      },
      {},
      'HTTPS_PROXY 192.0.2.10:3128 http',
    ],
    [
      'a ConfigMap that is optional and absent',
      { envFrom: [{ configMapRef: { name: 'm', optional: true } }] },
      { m: { kind: 'absent' } },
      'none',
    ],
    [
      'a ConfigMap that may not be read could set one',
      { envFrom: [{ configMapRef: { name: 'm' } }] },
      { m: { kind: 'unreadable', why: 'forbidden' } },
      'unknown: all keys of ConfigMap m become variables, and it could not be read: forbidden',
    ],
    [
      'all keys of a Secret could set one',
      { envFrom: [{ secretRef: { name: 's' } }] },
      {},
      'unknown: all keys of Secret s become variables, and Secrets are never read',
    ],
    [
      'a Secret whose prefix rules a proxy variable out',
      { envFrom: [{ prefix: 'DB_', secretRef: { name: 's' } }] },
      {},
      'none',
    ],
    [
      'a variable from a Secret',
      { env: [from('HTTPS_PROXY', { secretKeyRef: { name: 's', key: 'k' } })] },
      {},
      'unknown: a part of HTTPS_PROXY comes from something that is not read',
    ],
    [
      'a password from a Secret does not matter',
      {
        env: [
          from('PASS', { secretKeyRef: { name: 's', key: 'k' } }),
          { name: 'HTTPS_PROXY', value: 'http://me:$(PASS)@proxy.example:3128' },
        ],
      },
      {},
      USES,
    ],
    [
      'NO_PROXY from a Secret',
      {
        env: [
          { name: 'HTTPS_PROXY', value: 'http://a:1' },
          from('NO_PROXY', { secretKeyRef: { name: 's', key: 'k' } }),
        ],
      },
      {},
      'unknown: a part of NO_PROXY comes from something that is not read',
    ],
    [
      'an escaped reference is none',
      env({ HTTPS_PROXY: 'http://$$(HOST):1' }),
      {},
      'unknown: HTTPS_PROXY is not the address of a proxy',
    ],
  ])('%s', (_rule, container, maps, expected) => {
    expect(told(settings(container, maps))).toBe(expected);
  });
});

test.each<readonly [string, string, string]>([
  ['user and password', 'http://user:hunter2@proxy.example:3128', 'http://proxy.example:3128'],
  ['without a scheme', 'user:hunter2@proxy.example:3128', 'proxy.example:3128'],
  ['a password with an @', 'http://user:hun@ter2@proxy.example:3128', 'http://proxy.example:3128'],
  ['a password with a comma', 'http://user:a,hunter2@proxy.example:3128', 'http://proxy.example:3128'],
  ['a password with a slash', 'http://user:a/hunter2@proxy.example:3128', 'http://proxy.example:3128'],
  ['a password with a line break', 'http://user:a\nhunter2@proxy.example:3128', 'http://proxy.example:3128'],
])('credentials are dropped: %s', (_rule, value, expected) => {
  const proxy = settings(env({ HTTPS_PROXY: value, OTHER: 'hunter2' }));
  expect(proxy).toMatchObject({ kind: 'set', variables: { HTTPS_PROXY: expected }, uses: { host: 'proxy.example' } });
  expect(JSON.stringify(proxy)).not.toContain('ter2');
});

test('ConfigMaps are asked for only where they could matter', () => {
  const key = from('LEVEL', { configMapKeyRef: { name: 'app', key: 'level' } });
  expect(configMapsNeeded({ env: [key] })).toEqual([]);
  expect(configMapsNeeded({ env: [key, { name: 'HTTPS_PROXY', value: 'http://$(LEVEL):1' }] })).toEqual(['app']);
  expect(configMapsNeeded({ envFrom: [{ configMapRef: { name: 'm' } }, { secretRef: { name: 's' } }] })).toEqual(['m']);
});
