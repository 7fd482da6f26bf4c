/**
 * Records what the probe script prints for every scenario with every tool: `node test/probe/record.ts [TOOLSET...]`.
 * As root, with iproute2, iptables and the tools of `toolsets.ts` installed; takes about five minutes and cleans up.
 */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTools } from '../../src/probe/facts.ts';
import { readLines } from '../../src/probe/read-lines.ts';
import { probeCommand } from '../../src/probe/script.ts';
import { type Network, openNetwork } from './network.ts';
import type { RecordedRow, Recording } from './recording.ts';
import { type Scenario, TIMEOUT_MS } from './scenarios.ts';
import { TOOLSETS, type Toolset } from './toolsets.ts';

const SIDE_BY_SIDE = 5;
const KILL_AFTER_MS = 20_000;
/** What the script asks every tool for its version with: no part of a scenario. */
const VERSION_CALL = /^\S+ (-V|-v|-h|version|--version|-version)$/;

const wanted = process.argv.slice(2);
const network = await openNetwork('probe-record');
process.on('SIGINT', () => {
  network.close();
  process.exit(130);
});
try {
  for (const toolset of TOOLSETS.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    const recording = await record(toolset);
    const file = join(import.meta.dirname, 'recorded', `${toolset.name}.json`);
    writeFileSync(file, `${JSON.stringify(recording, null, 1)}\n`);
    process.stdout.write(`${toolset.name}: ${recording.rows.length} rows\n`);
  }
} finally {
  network.close();
}

async function record(toolset: Toolset): Promise<Recording> {
  const folder = makePath(toolset, network);
  const rows: RecordedRow[] = [];
  let tools: readonly string[] = [];
  for (const nameserver of new Set(toolset.scenarios.map(scenario => scenario.nameserver))) {
    network.useNameserver(nameserver);
    const queue = toolset.scenarios.filter(scenario => scenario.nameserver === nameserver);
    const worker = async (): Promise<void> => {
      for (let scenario = queue.shift(); scenario !== undefined; scenario = queue.shift()) {
        const lines = await run(toolset, scenario, folder);
        const output = readLines(lines);
        tools = readTools(output.facts.get('tools'));
        rows.push(rowOf(scenario, lines, folder));
      }
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
  }
  const order = toolset.scenarios.map(({ name }) => name);
  rows.sort((a, b) => order.indexOf(a.scenario) - order.indexOf(b.scenario));
  return { toolset: toolset.name, shell: toolset.shell, tools, rows };
}

/** A folder that holds these tools and no other, each behind a script that writes down its arguments. */
function makePath(toolset: Toolset, { folder }: Network): string {
  const path = join(folder, toolset.name);
  mkdirSync(join(path, 'real'), { recursive: true });
  for (const [name, program] of Object.entries(toolset.tools)) {
    if (!existsSync(program)) throw new Error(`${program} is not installed: recording ${toolset.name} needs it`);
    symlinkSync(program, join(path, 'real', name));
    const recorder = `#!/usr/bin/dash\n{ printf '${name}'; for a; do printf ' %s' "$a"; done; printf '\\036'; } >>"$RECORD_LOG"\nexec ${join(path, 'real', name)} "$@"\n`;
    if (['timeout', 'sleep', 'head', 'base64', 'date', 'cat', 'od'].includes(name))
      symlinkSync(program, join(path, name));
    else {
      writeFileSync(join(path, name), recorder);
      chmodSync(join(path, name), 0o755);
    }
  }
  symlinkSync(toolset.shell, join(path, 'sh'));
  return path;
}

async function run(toolset: Toolset, scenario: Scenario, folder: string): Promise<readonly string[]> {
  const log = join(folder, `${toolset.scenarios.indexOf(scenario)}.log`);
  rmSync(log, { force: true });
  const authority = join(network.folder, 'ca.crt');
  const [, ...words] = probeCommand([scenario.job], { timeoutMs: TIMEOUT_MS, deadlineMs: 9000 });
  const hosts = `${log}.hosts`;
  writeFileSync(hosts, hostsFor(scenario));
  const trusting =
    'mount --bind "$1" /etc/ssl/certs/ca-certificates.crt && mount --bind "$2" /etc/hosts && shift 2 && exec "$@"';
  const inside = [
    '/usr/bin/env',
    '-i',
    `PATH=${folder}`,
    `RECORD_LOG=${log}`,
    'SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt',
    `NODE_EXTRA_CA_CERTS=${authority}`,
  ];
  const command = [
    'netns',
    'exec',
    network.client,
    'sh',
    '-c',
    trusting,
    'trusting',
    authority,
    hosts,
    ...inside,
    join(folder, 'sh'),
    ...words,
  ];
  const child = spawn('ip', command, { stdio: ['pipe', 'pipe', 'ignore'], timeout: KILL_AFTER_MS });
  child.stdin.end('end\n');
  let text = '';
  child.stdout.setEncoding('utf8').on('data', chunk => {
    text += chunk;
  });
  await new Promise(resolve => child.on('close', resolve));
  return text.split('\n').filter(line => line !== '');
}

function rowOf(scenario: Scenario, lines: readonly string[], folder: string): RecordedRow {
  const log = join(
    folder,
    `${TOOLSETS.find(({ name }) => folder.endsWith(`/${name}`))?.scenarios.indexOf(scenario)}.log`,
  );
  const commands = existsSync(log) ? readFileSync(log, 'utf8').split('\x1e') : [];
  const runs = readLines(lines).jobs.get(scenario.job.id)?.runs ?? [];
  return {
    scenario: scenario.name,
    job: scenario.job,
    commands: commands.map(shortened).filter(command => command !== '' && !VERSION_CALL.test(command)),
    output: runs.map(({ tool, code, ms, text }) => `${tool}, code ${code}, ${ms} ms:\n${text}`),
    // Of the pod's facts the routing tables decide, and only where a handshake finds no way.
    lines: lines.filter(
      line => !line.startsWith('r @') || (scenario.job.kind === 'tcp' && line.startsWith('r @route')),
    ),
  };
}

/** The two programs are in src/probe; here their names stand for them. */
function shortened(command: string): string {
  return command
    .replaceAll(network.folder, 'FOLDER')
    .replace(/^(python3 -I -c) [\s\S]*?(?= (?:tcp|udp|https?|proxy-https?|dns) [0-9.]+ \S+ \S)/, '$1 PYTHON_PROGRAM')
    .replace(/^(node -e) [\s\S]*?(?= (?:tcp|udp|https?|proxy-https?|dns) [0-9.]+ \S+ \S)/, '$1 NODE_PROGRAM')
    .trim();
}

/** Tools that take no address meet the scenario's through the hosts file; lookups are not to be answered by it. */
function hostsFor({ job }: Scenario): string {
  const line = job.kind === 'https' || job.kind === 'http' ? `${job.address} ${job.host}\n` : '';
  return `127.0.0.1 localhost\n${line}`;
}
