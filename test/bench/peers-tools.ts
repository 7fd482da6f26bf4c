/** The tools that answer "which pod reaches which?", how each is asked, and how its answer is read. */
import { fileURLToPath } from 'node:url';
import { PORT, type World } from './peers-world.ts';

/** One tool. `read` gives the allowed pairs, `from => to`, pods as ns/name; pairs of a pod with itself may be among them. */
export type Tool = {
  readonly name: string;
  readonly command: string;
  readonly args: (world: World) => readonly string[];
  /** What it answers, where it is more than the question. */
  readonly note: string;
  readonly install: string;
  readonly read: (output: string) => Iterable<string>;
};

export const EGRESS: Tool = {
  name: 'egress',
  command: process.execPath,
  args: world => [fileURLToPath(import.meta.resolve('./reach-once.ts')), world.everything, String(PORT)],
  note: 'each pair with the policies that decide and why',
  install: '',
  read: output => output.split('\n').filter(line => line !== ''),
};

export const PEERS: readonly Tool[] = [
  {
    name: 'cyclonus 0.5.6',
    command: 'cyclonus',
    args: world => ['analyze', '--mode', 'probe', '--policy-path', world.policies, '--probe-path', world.probe],
    note: 'the same pairs, one port',
    install: 'go install github.com/mattfenwick/cyclonus/cmd/cyclonus@v0.5.6, and its folder on PATH',
    read: readCyclonus,
  },
  {
    name: 'network-config-analyzer 2.1.0',
    command: 'nca',
    args: ({ policies, namespaces, pods }) => [
      ...['--connectivity', policies, '-n', namespaces, '-p', pods],
      ...['-o', 'txt_no_fw_rules', '--output_endpoints', 'pods'],
    ],
    note: 'the same pairs, every port and the ranges outside; without its joining of rules, which takes longer',
    install: 'python3 -m venv DIR && DIR/bin/pip install network-config-analyzer==2.1.0, and DIR/bin on PATH',
    read: readNca,
  },
];

/** The third of its tables, which an empty one of the same title follows: sources are rows, destinations columns, `.` allowed. */
function* readCyclonus(output: string): Iterable<string> {
  const table = (output.split('Combined:')[1] ?? '').split('\n\n')[0] ?? '';
  const rows = table.split('\n').filter(line => line.startsWith('|'));
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim());
  const [header = '', ...body] = rows;
  const columns = cells(header)
    .slice(1)
    .map(name => name.toLowerCase());
  for (const line of body) {
    const [from = '', ...marks] = cells(line);
    for (const [index, mark] of marks.entries()) {
      if (mark === '.') yield `${from} => ${columns[index]}`;
      else if (mark !== 'X') throw new Error(`cyclonus says "${mark}" of ${from} to ${columns[index]}`);
    }
  }
}

const NCA_LINE = /^(?<pair>[^/\s]+\/\S+ => [^/\s]+\/\S+) : (?<ports>.*)$/;
const NCA_PORTS: ReadonlySet<string> = new Set(['All connections', `{protocols:TCP,dst_ports:${PORT}}`]);

/** One line for each pair that has any connection; lines of address ranges have no `/` in one of their ends. */
function* readNca(output: string): Iterable<string> {
  for (const line of output.split('\n')) {
    const { pair, ports } = NCA_LINE.exec(line)?.groups ?? {};
    if (pair === undefined || ports === undefined) continue;
    if (!NCA_PORTS.has(ports)) throw new Error(`network-config-analyzer's "${line}" is not understood`);
    yield pair;
  }
}
