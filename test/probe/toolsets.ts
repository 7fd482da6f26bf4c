/** Containers as probes meet them: which shell, which tools, and which of them a recording is about. */
import { HANDSHAKES, HTTP, HTTPS, LOOKUPS, PROXY, SCENARIOS, type Scenario, UDP } from './scenarios.ts';

export type Toolset = {
  /** Name of the recording's file. */
  readonly name: string;
  /** Path of the shell. */
  readonly shell: string;
  /** Name in the container -> program. */
  readonly tools: Readonly<Record<string, string>>;
  readonly scenarios: readonly Scenario[];
};

const BASE = {
  timeout: '/usr/bin/timeout',
  sleep: '/usr/bin/sleep',
  head: '/usr/bin/head',
  base64: '/usr/bin/base64',
  date: '/usr/bin/date',
};
const { timeout: _timeout, ...WITHOUT_TIMEOUT } = BASE;
const { base64: _base64, ...WITHOUT_BASE64 } = BASE;
const CONNECTIONS = [...HANDSHAKES, ...HTTPS, ...HTTP, ...UDP, ...PROXY];
const STREAMS = [...HANDSHAKES, ...HTTPS, ...HTTP, ...PROXY];

/** Applets that the script uses, of the many that busybox has. */
const APPLETS = ['timeout', 'sleep', 'head', 'base64', 'date', 'nc', 'nslookup', 'wget', 'cat', 'od', 'true'];

function set(
  name: string,
  tools: Readonly<Record<string, string>>,
  scenarios: readonly Scenario[],
  shell = '/usr/bin/dash',
): Toolset {
  return { name, shell, tools, scenarios };
}

/** python3 is Debian's own: a shim of a version manager would be another program in front of it. */
export const TOOLSETS: readonly Toolset[] = [
  set('curl', { ...BASE, curl: '/usr/bin/curl' }, STREAMS),
  set('curl-openssl', { ...BASE, curl: '/usr/bin/curl', openssl: '/usr/bin/openssl' }, HTTPS, '/usr/bin/bash'),
  set('bash', { ...BASE, bash: '/usr/bin/bash' }, CONNECTIONS, '/usr/bin/bash'),
  set(
    'bash-openssl',
    { ...BASE, bash: '/usr/bin/bash', openssl: '/usr/bin/openssl' },
    [...HTTPS, ...PROXY],
    '/usr/bin/bash',
  ),
  set('openssl', { ...BASE, openssl: '/usr/bin/openssl' }, [...HANDSHAKES, ...HTTPS, ...PROXY]),
  set('nc-openbsd', { ...BASE, nc: '/usr/bin/nc.openbsd' }, CONNECTIONS),
  // No base64 here, but od.
  set('nc-traditional', { ...WITHOUT_BASE64, od: '/usr/bin/od', nc: '/usr/bin/nc.traditional' }, [
    ...HANDSHAKES,
    ...HTTP,
    ...UDP,
  ]),
  // Nothing that limits a command's time but the shell.
  set('ncat', { ...WITHOUT_TIMEOUT, nc: '/usr/bin/ncat' }, [...HANDSHAKES, ...HTTP, ...UDP]),
  set('python3', { ...BASE, python3: '/usr/bin/python3.11' }, SCENARIOS),
  set('node', { ...BASE, node: '/usr/bin/node' }, SCENARIOS),
  set(
    'busybox',
    Object.fromEntries(APPLETS.map(applet => [applet, '/usr/bin/busybox'])),
    [...LOOKUPS, ...HANDSHAKES, ...HTTPS, ...HTTP, ...PROXY],
    '/usr/bin/busybox',
  ),
  set('wget', { ...BASE, wget: '/usr/bin/wget' }, [...HTTPS, ...HTTP]),
  set('dig', { ...BASE, dig: '/usr/bin/dig' }, LOOKUPS),
  set('nslookup', { ...BASE, nslookup: '/usr/bin/nslookup' }, LOOKUPS),
  // Neither base64 nor od.
  set('getent', { ...WITHOUT_BASE64, getent: '/usr/bin/getent' }, LOOKUPS),
  set(
    'nothing',
    BASE,
    SCENARIOS.filter(scenario => scenario.job.kind !== 'tcp')
      .slice(0, 60)
      .filter((_, index) => index % 7 === 0),
  ),
];
