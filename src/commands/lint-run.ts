/** Reads what `egress lint` is asked to look at, lints it, and renders the report. */
import { FaultError } from '../faults.ts';
import type { Finding, LintReport } from '../lint/finding.ts';
import { junitOf } from '../lint/junit.ts';
import { isSerious, lint } from '../lint/lint.ts';
import { sarifOf } from '../lint/sarif.ts';
import { lintText } from '../lint/terminal.ts';
import type { LintInput, LintSource } from '../lint/world.ts';
import { readRange } from '../policy/address.ts';
import { readManifests } from '../policy/manifest-file.ts';
import { connectFor } from './connect-for.ts';
import type { LintOptions } from './lint.ts';
import { type Lookup, machineLookup, withLookups } from './lint-lookup.ts';
import { pageOf } from './output.ts';
import { readEngine, readResolve, usage } from './policy-options.ts';
import { readFiles } from './read-files.ts';
import { loadTemplates } from './templates.ts';
import { VERSION } from './version.ts';

const OUTPUTS = ['terminal', 'sarif', 'junit', 'json'] as const;
type Output = (typeof OUTPUTS)[number];

/** Lints files or a cluster. `lookup`: for `--lookup`. Throws a FaultError for options, files or a cluster that cannot be read. */
export async function runLint(
  paths: readonly string[],
  options: LintOptions,
  lookup: Lookup = machineLookup(),
): Promise<{ readonly text: string; readonly exitCode: 0 | 1 }> {
  const output = readOutput(options.output);
  const given = givenBy(paths, options);
  const { inputs, unreadable } = options.live === true ? await readLive(options, given) : readPaths(paths, given);
  const resolved =
    options.lookup === true ? await Promise.all(inputs.map(input => withLookups(input, lookup))) : inputs;
  const found = lint(resolved);
  const report = { ...found, findings: [...unreadable, ...found.findings] };
  return { text: textOf(report, output), exitCode: report.findings.some(isSerious) ? 1 : 0 };
}

function readOutput(text: string): Output {
  const output = OUTPUTS.find(each => each === text);
  if (output !== undefined) return output;
  throw usage(`There is no output "${text}".`, `Known are ${OUTPUTS.join(', ')}.`, 'Name one of them with --output.');
}

type Given = Pick<LintInput, 'dns' | 'engine' | 'clusterCidrs'>;

function givenBy(paths: readonly string[], options: LintOptions): Given {
  if ((options.live === true) === paths.length > 0)
    throw usage(
      options.live === true ? 'Files were named together with --live.' : 'Nothing was named to lint.',
      'It is either files or a cluster.',
      'Say egress lint FILE, or egress lint --live.',
    );
  const odd = options.clusterCidr.find(text => readRange(text).kind === 'unreadable');
  if (odd !== undefined)
    throw usage(`--cluster-cidr ${odd} is no range.`, 'A range is in CIDR notation.', 'Say for example 10.244.0.0/16.');
  return {
    dns: readResolve(options.resolve),
    engine: options.engine === undefined ? null : readEngine(options.engine),
    clusterCidrs: options.clusterCidr,
  };
}

type Inputs = { readonly inputs: readonly LintInput[]; readonly unreadable: readonly Finding[] };

/** Manifests are taken together; a case file is a cluster of its own. A file that cannot be read is a finding. */
function readPaths(paths: readonly string[], given: Given): Inputs {
  const together: LintSource[] = [];
  const inputs: LintInput[] = [];
  const unreadable: Finding[] = [];
  for (const file of readFiles(paths)) {
    // A name that is not there is a slip of the command line, not of a policy.
    if (file.kind === 'unreadable') throw badFile(file.path, file.why);
    const reading = readManifests(file.text);
    if (reading.kind === 'unreadable') {
      unreadable.push(unreadableFile(file.path, reading.why));
      continue;
    }
    const source = { file: file.path, text: file.text, objects: reading.objects };
    if (!reading.isCluster) together.push(source);
    else
      inputs.push({
        sources: [source],
        dns: { ...reading.dns, ...given.dns },
        engine: given.engine ?? reading.engine,
        clusterCidrs: given.clusterCidrs,
        apis: [],
        extent: 'whole-cluster',
      });
  }
  const manifests: LintInput = { ...given, sources: together, apis: [], extent: 'some-objects' };
  return { inputs: together.length === 0 ? inputs : [manifests, ...inputs], unreadable };
}

function badFile(path: string, why: string): FaultError {
  return new FaultError({
    code: 'bad-file',
    what: `${path} cannot be read.`,
    cause: `${why}.`,
    remedy: 'Check the path and its permissions.',
  });
}

function unreadableFile(path: string, why: string): Finding {
  const line = /at line (\d+)/.exec(why)?.[1];
  return {
    rule: 'unreadable',
    severity: 'error',
    object: path,
    place: { file: path, line: line === undefined ? null : Number(line) },
    what: `The file cannot be read: ${why}.`,
    why: 'Nothing in it was checked, and kubectl refuses it too.',
    fix: { text: 'Mend the file.', yaml: null },
  };
}

async function readLive(options: LintOptions, given: Given): Promise<Inputs> {
  const { collect } = await import('../cluster/collect.ts');
  const connection = await connectFor(options);
  try {
    const { objects, apis, missing } = await collect(connection, { engine: given.engine });
    const isWhole = missing.every(({ what }) => what !== 'pods' && what !== 'namespaces');
    const input: LintInput = {
      ...given,
      sources: [{ file: null, text: null, objects }],
      apis,
      extent: isWhole ? 'whole-cluster' : 'some-objects',
    };
    return { inputs: [input], unreadable: [] };
  } finally {
    await connection.close();
  }
}

function textOf(report: LintReport, output: Output): string {
  switch (output) {
    case 'terminal':
      return lintText(report, loadTemplates(), pageOf(process.stdout, process.env));
    case 'sarif':
      return `${JSON.stringify(sarifOf(report, VERSION), null, 2)}\n`;
    case 'junit':
      return junitOf(report);
    case 'json':
      return `${JSON.stringify(report, null, 2)}\n`;
    default:
      return output satisfies never;
  }
}
