/**
 * Two network namespaces joined by a cable: the client's, where probes run, and the world's. Everything that is made
 * here is removed by `close`. Needs root, iproute2, iptables and openssl.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Network = {
  readonly client: string;
  readonly folder: string;
  /** Writes the client's resolv.conf: `ip netns exec` shows it to what it runs. */
  readonly useNameserver: (nameserver: string) => void;
  readonly close: () => void;
};

const SILENT = '203.0.113.12';
const REJECTS = {
  '203.0.113.13': 'icmp-admin-prohibited',
  '203.0.113.14': 'icmp-host-unreachable',
  '203.0.113.15': 'icmp-net-unreachable',
};

/** Makes the two namespaces, the certificates and the servers; resolves when the servers are up. */
export async function openNetwork(prefix: string): Promise<Network> {
  const [client, world] = [`${prefix}-client`, `${prefix}-world`];
  const folder = mkdtempSync(join(tmpdir(), `${prefix}-`));
  let servers: ChildProcess | null = null;
  const close = (): void => {
    servers?.kill();
    for (const name of [client, world]) quietly('ip', 'netns', 'del', name);
    for (const path of [folder, `/etc/netns/${client}`]) rmSync(path, { recursive: true, force: true });
  };
  try {
    makeCertificates(folder);
    makeNamespaces(client, world);
    servers = await startServers(world, folder);
  } catch (error) {
    close();
    throw error;
  }
  const useNameserver = (nameserver: string): void => {
    mkdirSync(`/etc/netns/${client}`, { recursive: true });
    writeFileSync(
      `/etc/netns/${client}/resolv.conf`,
      `search pods.test test\nnameserver ${nameserver}\noptions ndots:5\n`,
    );
    writeFileSync(`/etc/netns/${client}/hosts`, '127.0.0.1 localhost\n203.0.113.99 pinned.example pinned\n');
    writeFileSync(`/etc/netns/${client}/nsswitch.conf`, 'hosts: files dns\n');
  };
  return { client, folder, useNameserver, close };
}

function makeNamespaces(client: string, world: string): void {
  for (const name of [client, world]) {
    quietly('ip', 'netns', 'del', name);
    run('ip', 'netns', 'add', name);
    run('ip', '-n', name, 'link', 'set', 'lo', 'up');
  }
  run('ip', '-n', client, 'link', 'add', 'cable0', 'type', 'veth', 'peer', 'name', 'cable1', 'netns', world);
  for (const [name, end, last] of [
    [client, 'cable0', 1],
    [world, 'cable1', 2],
  ] as const) {
    run('ip', '-n', name, 'addr', 'add', `198.51.100.${last}/24`, 'dev', end);
    run('ip', '-n', name, 'addr', 'add', `2001:db8:98::${last}/64`, 'dev', end, 'nodad');
    run('ip', '-n', name, 'link', 'set', end, 'up');
  }
  run('ip', '-n', client, 'route', 'add', '203.0.113.0/24', 'via', '198.51.100.2');
  run('ip', '-n', client, '-6', 'route', 'add', '2001:db8:99::/64', 'via', '2001:db8:98::2');
  run('ip', '-n', world, 'addr', 'add', '203.0.113.1/24', 'dev', 'lo');
  run('ip', '-n', world, '-6', 'route', 'add', 'local', '2001:db8:99::/64', 'dev', 'lo');
  const inWorld = (...rule: string[]): void => run('ip', 'netns', 'exec', world, 'iptables', '-A', 'INPUT', ...rule);
  inWorld('-d', SILENT, '-j', 'DROP');
  inWorld('-d', '203.0.113.54', '-p', 'tcp', '-j', 'DROP');
  for (const [address, how] of Object.entries(REJECTS)) inWorld('-d', address, '-j', 'REJECT', '--reject-with', how);
  run(
    'ip',
    'netns',
    'exec',
    world,
    'sysctl',
    '-qw',
    'net.ipv4.icmp_ratelimit=0',
    'net.ipv4.ip_nonlocal_bind=1',
    'net.ipv6.ip_nonlocal_bind=1',
  );
}

function makeCertificates(folder: string): void {
  const openssl = (...words: string[]): void => {
    execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-subj',
    '/O=Recorder/CN=Recorder CA',
    '-days',
    '3650',
  );
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'selfsigned.example.key',
    '-out',
    'selfsigned.example.crt',
    '-subj',
    '/CN=good.example',
    '-addext',
    'subjectAltName=DNS:good.example',
    '-days',
    '3650',
  );
  writeFileSync(join(folder, 'index.txt'), '');
  writeFileSync(join(folder, 'serial'), '01\n');
  writeFileSync(
    join(folder, 'ca.cnf'),
    '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ncopy_extensions=copy\npolicy=p\ndefault_md=sha256\nunique_subject=no\n[p]\ncommonName=supplied\n',
  );
  for (const [file, name, start, end] of [
    ['good.example', 'good.example', '20200101000000Z', '20450101000000Z'],
    ['expired.example', 'good.example', '20200101000000Z', '20200201000000Z'],
    ['future.example', 'good.example', '20440101000000Z', '20450101000000Z'],
    ['other.example', 'other.example', '20200101000000Z', '20450101000000Z'],
    ['rsa.example', 'good.example', '20200101000000Z', '20450101000000Z'],
  ] as const) {
    openssl(
      'req',
      ...(file === 'rsa.example' ? ['-newkey', 'rsa:2048', '-nodes'] : newKey),
      '-keyout',
      `${file}.key`,
      '-out',
      `${file}.csr`,
      '-subj',
      `/CN=${name}`,
      '-addext',
      `subjectAltName=DNS:${name},DNS:www.${name}`,
    );
    openssl(
      'ca',
      '-batch',
      '-config',
      'ca.cnf',
      '-startdate',
      start,
      '-enddate',
      end,
      '-in',
      `${file}.csr`,
      '-out',
      `${file}.crt`,
      '-cert',
      'ca.crt',
      '-keyfile',
      'ca.key',
      '-notext',
    );
  }
}

async function startServers(world: string, folder: string): Promise<ChildProcess> {
  const child = spawn('ip', ['netns', 'exec', world, process.execPath, join(import.meta.dirname, 'world.ts'), folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', code => reject(new Error(`the servers ended with code ${code}`)));
  });
  return child;
}

function run(command: string, ...words: string[]): void {
  execFileSync(command, words, { stdio: 'pipe' });
}

function quietly(command: string, ...words: string[]): void {
  try {
    run(command, ...words);
  } catch {
    // It was not there.
  }
}
