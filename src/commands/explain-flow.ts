/** Reads the files and options of `egress explain`, predicts, and renders the answer. */
import { FaultError } from '../faults.ts';
import type { CoverageEntry, Engine, Prediction, Problem, Protocol } from '../model.ts';
import { readClusterState } from '../policy/cluster-state.ts';
import { detectEngine } from '../policy/engine.ts';
import { predict } from '../policy/evaluate.ts';
import { explainLines } from '../policy/explain.ts';
import { isPortNumber, readDestination } from '../policy/flow-text.ts';
import { type Manifests, readManifests } from '../policy/manifest-file.ts';
import type { FlowRequest } from '../policy/model.ts';
import { readRuleBook } from '../policy/rule-book.ts';
import { visibleLine } from '../render/escape.ts';
import type { ExplainOptions } from './explain.ts';
import { readEngine, readResolve, usage } from './policy-options.ts';
import { readFiles } from './read-files.ts';

/** The whole answer, as `--output json` prints it. */
export type Explanation = {
  readonly from: string;
  readonly to: string;
  readonly port: number | null;
  readonly protocol: Protocol;
  readonly engine: Engine;
  readonly prediction: Prediction;
  readonly coverage: readonly CoverageEntry[];
  readonly problems: readonly Problem[];
};

/** Explains one flow; throws a FaultError for options or files that cannot be read. */
export function explain(
  paths: readonly string[],
  options: ExplainOptions,
): { readonly text: string; readonly exitCode: 0 | 1 | 3 } {
  const request = readRequest(options);
  const asJson = readOutput(options.output) === 'json';
  const engineGiven = options.engine === undefined ? null : readEngine(options.engine);
  const manifests = readAll(paths);
  const engine = engineGiven ?? manifests.engine ?? detectEngine(manifests.objects);
  const book = readRuleBook(manifests.objects, { engine });
  const { cluster, problems } = readClusterState(manifests.objects, {
    ...manifests.dns,
    ...readResolve(options.resolve),
  });
  const prediction = predict(book, cluster, [request]);
  const explanation: Explanation = {
    from: request.from,
    to: options.to,
    port: request.port,
    protocol: request.protocol,
    engine,
    prediction,
    coverage: book.coverage,
    problems: [...book.problems, ...problems],
  };
  const text = asJson ? `${JSON.stringify(explanation, null, 2)}\n` : explanationText(explanation);
  return { text, exitCode: ({ allow: 0, deny: 1, unknown: 3 } as const)[prediction.decision] };
}

function readRequest(options: ExplainOptions): FlowRequest {
  if (!/^[^/\s]+\/[^/\s]+$/.test(options.from))
    throw usage(
      `--from ${options.from} names no pod.`,
      'A pod is namespace/name.',
      'Say for example --from payments/billing-pod.',
    );
  const protocol = PROTOCOLS.find(each => each === options.protocol.toUpperCase());
  if (protocol === undefined)
    throw usage(
      `There is no protocol "${options.protocol}".`,
      `Known are ${PROTOCOLS.join(', ')}.`,
      'Name one of them with --protocol.',
    );
  const port = Number(options.port);
  if (!/^\d+$/.test(options.port) || !isPortNumber(port))
    throw usage(
      `--port ${options.port} is no port.`,
      'A port is a number from 1 to 65535.',
      'Say for example --port 443.',
    );
  const to = readDestination(options.to);
  return {
    from: options.from,
    to,
    port: protocol === 'ICMP' ? null : port,
    protocol,
    icmpType: null,
    query: null,
    scope: 'both',
  };
}

const PROTOCOLS = ['TCP', 'UDP', 'SCTP', 'ICMP'] as const;

function readOutput(text: string): 'text' | 'json' {
  if (text === 'text' || text === 'json') return text;
  throw usage(`There is no output "${text}".`, 'Known are text, json.', 'Name one of them with --output.');
}

function readAll(paths: readonly string[]): Omit<Manifests, 'isCluster'> {
  const read: Manifests[] = [];
  for (const file of readFiles(paths)) {
    const reading = file.kind === 'text' ? readManifests(file.text) : file;
    if (reading.kind === 'unreadable')
      throw new FaultError({
        code: 'bad-file',
        what: `${file.path} cannot be read.`,
        cause: `${reading.why}.`,
        remedy: 'Mend the file, or leave it out: a prediction from half of the policies would be wrong.',
      });
    if (reading.kind === 'manifests') read.push(reading);
  }
  return {
    objects: read.flatMap(each => each.objects),
    dns: Object.assign({}, ...read.map(each => each.dns)),
    engine: read.find(each => each.engine !== null)?.engine ?? null,
  };
}

const DECISIONS = { allow: 'allowed', deny: 'denied', unknown: 'unknown' } as const;

/** For a terminal: the decision, why, the flows when there are several, the trace, and what was not evaluated. */
function explanationText({ from, to, port, protocol, engine, prediction, coverage, problems }: Explanation): string {
  const target = port === null ? `${to} (${protocol})` : `${to} port ${port}/${protocol}`;
  const lines = [
    `${from} -> ${target}: ${DECISIONS[prediction.decision]}`,
    `  ${prediction.why}`,
    ...(prediction.by.length > 0 ? [`  by ${prediction.by.join(', ')}`] : []),
    ...flowLines(prediction),
    ...section('Policies', explainLines(prediction)),
    ...section('Assumed', [...new Set(prediction.flows.flatMap(flow => flow.assumptions))]),
    ...section(
      'Not evaluated',
      coverage
        .filter(entry => entry.status !== 'evaluated' && entry.status !== 'absent')
        .map(entry => `${entry.kind}: ${entry.status}${entry.why === undefined ? '' : ` (${entry.why})`}`),
    ),
    ...section(
      'Problems',
      problems.map(problem => `${problem.object}: ${problem.why}`),
    ),
    '',
    `Enforced by ${engine.name}${engine.version === null ? '' : ` ${engine.version}`} (${engine.evidence})`,
  ];
  // A label or a name can hold escape codes: each line is made visible, its indentation kept.
  return `${lines.map(line => (/^ */.exec(line)?.[0] ?? '') + visibleLine(line)).join('\n')}\n`;
}

function flowLines({ flows }: Prediction): readonly string[] {
  if (flows.length < 2) return [];
  return section(
    'Flows',
    flows.map(
      flow => `${flow.to}${flow.port === null ? '' : ` port ${flow.port}`}: ${DECISIONS[flow.decision]} (${flow.why})`,
    ),
  );
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map(line => `  ${line}`)];
}
