/** What the lesser tools see of a scenario, where that is less than the scenario says, and why. */
import { HANDSHAKES, HTTP, HTTPS, LOOKUPS, PROXY, type Scenario, UDP } from './scenarios.ts';

type Less = Readonly<Record<string, readonly string[]>>;

const LOOKED_FOR = {
  dns: 'dig, nslookup, python3, node, getent',
  https: 'curl, openssl, python3, node, wget',
  proxy: 'curl, openssl, python3, node, bash, nc',
};
const none = (kind: keyof typeof LOOKED_FOR): string => `not-run, no tool for it here: looked for ${LOOKED_FOR[kind]}`;
const VIA = 'through the proxy';

function named(scenarios: readonly Scenario[], see: (scenario: Scenario) => readonly string[]): Less {
  return Object.fromEntries(scenarios.map(scenario => [scenario.name, see(scenario)]));
}

function connecting(scenarios: readonly Scenario[]): readonly Scenario[] {
  return scenarios.filter(({ expected }) => expected[0] === 'tcp: connected');
}

/** A tool without TLS: tcp as it is, and nothing above. */
const HANDSHAKE_ONLY = named(connecting(HTTPS), () => [
  'tcp: connected',
  `tls: ${none('https')}`,
  `http: ${none('https')}`,
]);

const BUSYBOX_TLS: Readonly<Record<string, string>> = {
  'silence after the TCP handshake': 'it was stopped',
  'a close in the TLS hello': 'got bad TLS record (len:0) while expecting handshake record',
  'plain HTTP where TLS was expected': 'got bad TLS record (len:47) while expecting handshake record',
};

function connectOnly(tool: string): Less {
  const why = `not-run, the proxy answered CONNECT with 200; ${tool} speaks no TLS`;
  return { 'a tunnel through a proxy': [`tls ${VIA}: ${why}`, `http ${VIA}: ${why}`] };
}

/** nc prints nothing when a connection is reset or closed. */
const NO_RESET: Less = { 'a reset instead of an HTTP answer': ['tcp: connected', 'http: no-answer http'] };

/** s_client buffers its output: stopped, it may have been connected or not. */
const STOPPED = 'not-run, openssl was stopped before it said whether it had connected';
const OPENSSL_STOPPED: Less = {
  'a proxy whose SYNs are dropped': [`tls ${VIA}: ${STOPPED}`, `http ${VIA}: ${STOPPED}`],
};

/** busybox's nslookup has no TCP, and its own TLS no ciphers that these hosts accept. */
const NO_CIPHER = 'TLS error from peer (alert code 40): handshake failure';
const BUSYBOX: Less = {
  ...named(
    LOOKUPS.filter(({ job }) => job.kind === 'dns' && job.transport === 'TCP'),
    () => [`dns TCP: ${none('dns')}`],
  ),
  ...named(
    connecting(HTTPS).filter(({ name }) => !name.includes('reset')),
    ({ name }) => {
      const complaint = BUSYBOX_TLS[name] ?? NO_CIPHER;
      return [
        'tcp: connected',
        ...['tls', 'http'].map(layer => `${layer}: not-run, busybox's own TLS says nothing of the host: ${complaint}`),
      ];
    },
  ),
};

/** getaddrinfo says that there is no address, not why; and it speaks UDP unless an answer is too long. */
const GETENT: Less = {
  ...named(
    LOOKUPS.filter(({ job }) => job.kind === 'dns' && job.transport === 'TCP'),
    () => [`dns TCP: ${none('dns')}`],
  ),
  ...Object.fromEntries(
    [
      ['a name that has no A record', 'v6only.example'],
      ['a name that does not exist', 'nxdomain.example'],
      ['a resolver that fails', 'servfail.example'],
      ['a resolver that refuses to answer', 'refused.example'],
      ['a resolver where nothing listens, over UDP', 'good.example'],
    ].map(([name, host]) => [name, [`dns UDP: not shown by getent ${host}`]]),
  ),
  'a name found through the search path': ['dns UDP: NOERROR inside 10.1.2.3'],
};

export const LESS: Readonly<Record<string, Less>> = {
  bash: { ...HANDSHAKE_ONLY, ...connectOnly('bash') },
  'bash-openssl': OPENSSL_STOPPED,
  openssl: {
    ...OPENSSL_STOPPED,
    'SYNs that are dropped': [`tcp: ${STOPPED}`],
    'https where SYNs are dropped': [`tcp: ${STOPPED}`, `tls: ${STOPPED}`, `http: ${STOPPED}`],
    'silence after the TCP handshake': [`tcp: ${STOPPED}`, `tls: ${STOPPED}`, `http: ${STOPPED}`],
    'plain HTTP that a proxy forbids': [`http ${VIA}: ${none('proxy')}`],
  },
  'nc-openbsd': { ...HANDSHAKE_ONLY, ...connectOnly('nc'), ...NO_RESET },
  'nc-traditional': {
    ...NO_RESET,
    // It knows no IPv6.
    ...named(
      HANDSHAKES.filter(({ job }) => job.kind === 'tcp' && job.address.includes(':')),
      ({ job }) => [
        `tcp: not-run, nc ended with code 1: Can't parse ${job.kind === 'tcp' ? job.address : ''} as an IP address`,
      ],
    ),
  },
  busybox: { ...BUSYBOX, ...connectOnly('nc'), ...NO_RESET },
  getent: GETENT,
  nothing: {
    ...named(LOOKUPS, () => [`dns UDP: ${none('dns')}`]),
    ...named(HTTPS, () => ['tcp', 'tls', 'http'].map(layer => `${layer}: ${none('https')}`)),
    ...named(PROXY, () => ['tls', 'http'].map(layer => `${layer} ${VIA}: ${none('proxy')}`)),
    ...named(HTTP, () => ['tcp', 'http'].map(layer => `${layer}: ${none('https')}`)),
    ...named(UDP, () => ['tcp: not-run, no tool for it here: looked for bash, python3, node, nc']),
  },
};
