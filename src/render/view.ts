/**
 * Diagnosis -> View: everything that a report says, in reading order, as plain strings. Names are `Code`, lines to copy are
 * `Block`; nothing is escaped yet (see escape.ts). Facts say how they are known: observed, predicted or concluded.
 */
import type { CoverageEntry, Diagnosis, Finding, VantageReport } from '../model.ts';
import { explainLines } from '../policy/explain.ts';
import { type Comparison, comparisonOf } from './comparison.ts';
import { type CulpritView, culpritsOf } from './culprit.ts';
import { type Block, block, type Code, code } from './escape.ts';
import { type FixView, fixOf } from './fix-view.ts';
import {
  confidenceMeaning,
  countText,
  durationText,
  listText,
  sentence,
  symbolOf,
  type Tone,
  timeText,
} from './words.ts';

/** Everything that templates may show: escaped, formatted, nothing to compute. */
export type View = {
  readonly tone: Tone;
  readonly symbol: string;
  readonly code: Code;
  readonly confidence: string | null;
  readonly confidenceMeaning: string;
  /** Name without namespace; `podFull` has it. */
  readonly pod: Code;
  readonly podFull: Code;
  readonly node: Code | null;
  /** Why this pod and how many are like it: `one of 3 running pods of ..., 2 others share its labels`. */
  readonly chosen: string;
  readonly podState: string | null;
  /** `host:port`, with `/UDP` for a UDP question. */
  readonly destination: Code;
  readonly host: Code;
  readonly port: number;
  readonly proxy: Code | null;
  /** The cause in one sentence. */
  readonly summary: string;
  readonly culprits: readonly CulpritView[];
  /** More than one policy decides: none of them alone is the cause. */
  readonly severalCulprits: boolean;
  readonly side: 'egress' | 'ingress' | null;
  readonly scope: string | null;
  readonly wasProbed: boolean;
  readonly hasFix: boolean;
  readonly explains: readonly string[];
  readonly predicted: { readonly decision: string; readonly why: string };
  /** Which flow the trace is of: the connection, or the lookup of its name. */
  readonly traceOf: string;
  /** Policies, and nested under each its rules. */
  readonly trace: readonly { readonly isRule: boolean; readonly text: string }[];
  readonly comparison: Comparison;
  /** One line for each vantage: where it looked from, or why not. */
  readonly lookedFrom: readonly { readonly vantage: string; readonly how: string }[];
  readonly findings: readonly string[];
  readonly fix: FixView | null;
  readonly noFixBecause: string | null;
  readonly byHand: readonly { readonly what: string; readonly command: Block }[];
  readonly notLookedAt: readonly { readonly what: string; readonly why: string }[];
  readonly engine: string;
  readonly cluster: Code;
  readonly askedAt: string;
  readonly timing: string;
};

/** DESIGN.md, Time: at most 15 lines of trace. */
const TRACE_LINES = 15;

/** Turns a Diagnosis into what the templates show. */
export function viewOf(diagnosis: Diagnosis): View {
  return {
    ...verdictOf(diagnosis),
    ...endsOf(diagnosis),
    ...causeOf(diagnosis),
    ...lookedOf(diagnosis),
    fix: diagnosis.fix === null ? null : fixOf(diagnosis.fix, diagnosis),
    hasFix: diagnosis.fix !== null,
    noFixBecause: diagnosis.noFixBecause === null ? null : sentence(diagnosis.noFixBecause),
    byHand: diagnosis.byHand.map(step => ({ what: step.what, command: block('sh', step.command) })),
    notLookedAt: notLookedAtOf(diagnosis),
    engine: engineText(diagnosis),
    cluster: code(diagnosis.question.cluster),
    askedAt: timeText(diagnosis.askedAt),
    timing: timingText(diagnosis),
  };
}

function verdictOf({
  verdict,
}: Diagnosis): Pick<View, 'tone' | 'symbol' | 'code' | 'confidence' | 'confidenceMeaning'> {
  const tone: Tone = verdict.code === 'reachable' ? 'good' : verdict.code === 'not-known' ? 'unsure' : 'bad';
  return {
    tone,
    symbol: symbolOf(tone),
    code: code(verdict.code),
    confidence: verdict.confidence,
    confidenceMeaning: confidenceMeaning(verdict.confidence),
  };
}

function chosenText({ choice, siblings }: Diagnosis['target']): string {
  const others =
    siblings.length === 0
      ? 'no other pod shares its labels'
      : `${countText(siblings.length, 'other pod')} ${siblings.length === 1 ? 'shares' : 'share'} its labels`;
  return choice === undefined ? others : `${choice}; ${others}`;
}

function endsOf({
  target,
  destination,
}: Diagnosis): Pick<
  View,
  'pod' | 'podFull' | 'node' | 'chosen' | 'podState' | 'destination' | 'host' | 'port' | 'proxy'
> {
  const { host } = destination;
  const name = host.kind === 'address' ? host.address : host.kind === 'service' ? host.service : host.name;
  const inBrackets = name.includes(':') ? `[${name}]` : name;
  const uses = target.proxy.kind === 'set' ? target.proxy.uses : null;
  return {
    pod: code(target.pod),
    podFull: code(`${target.namespace}/${target.pod}`),
    node: target.node === null ? null : code(target.node),
    chosen: chosenText(target),
    podState:
      target.state.kind === 'running'
        ? null
        : sentence([target.state.reason, target.state.message].filter(text => text !== '').join(': ')),
    destination: code(`${inBrackets}:${destination.port}${destination.protocol === 'UDP' ? '/UDP' : ''}`),
    host: code(name),
    port: destination.port,
    proxy: uses === null ? null : code(`${uses.host}:${uses.port}`),
  };
}

function causeOf(
  diagnosis: Diagnosis,
): Pick<
  View,
  'summary' | 'culprits' | 'severalCulprits' | 'side' | 'scope' | 'explains' | 'predicted' | 'traceOf' | 'trace'
> {
  const { verdict, prediction } = diagnosis;
  return {
    summary: sentence(verdict.cause.summary),
    culprits: culpritsOf(verdict.cause),
    severalCulprits: verdict.cause.policies.length > 1,
    side: verdict.cause.side,
    scope: scopeText(diagnosis),
    explains: verdict.explains.map(sentence),
    predicted: { decision: prediction.decision, why: sentence(prediction.why) },
    ...traceOf(diagnosis),
  };
}

/** Rules are told apart by their indent, which no output keeps in prose. */
function traceLine(line: string): View['trace'][number] {
  return { isRule: line.startsWith('  '), text: line.trim() };
}

/** The trace of the flow that is the cause: a denied lookup has one of its own. Left out where it repeats the cause. */
function traceOf({ verdict, prediction }: Diagnosis): Pick<View, 'traceOf' | 'trace'> {
  const isLookup = verdict.code === 'dns-denied-by-policy';
  const lookup = prediction.flows.find(flow => flow.purpose === 'dns' && flow.decision === 'deny');
  const told = isLookup && lookup !== undefined ? { ...prediction, trace: lookup.trace } : prediction;
  const culprits = verdict.cause.policies.map(policy => policy.policy);
  const saysMore = told.trace.some(trace => trace.rules.length > 0 || !culprits.includes(trace.policy));
  return {
    traceOf: isLookup && lookup !== undefined ? 'for the lookup' : 'for the connection',
    trace: saysMore ? explainLines(told, TRACE_LINES).map(traceLine) : [],
  };
}

/** The API server may sit on a node's address, so it can be cut where only what is outside was meant to be. */
function scopeText(diagnosis: Diagnosis): string | null {
  const { scope } = diagnosis.verdict.cause;
  return scope === 'external only' && isApiCut(diagnosis)
    ? "What is outside the cluster is cut, and with it the way to the API server (kubernetes.default); the cluster's DNS is open."
    : SCOPES[scope];
}

function isApiCut({ observations, prediction }: Diagnosis): boolean {
  const seen = observations.filter(
    each => each.vantage === 'pod' && each.layer === 'cluster' && each.outcome.kind !== 'not-run',
  );
  if (seen.length > 0) return seen.every(each => each.outcome.kind !== 'connected');
  return prediction.flows.some(flow => flow.purpose === 'cluster' && flow.decision === 'deny');
}

const SCOPES: Readonly<Record<Diagnosis['verdict']['cause']['scope'], string | null>> = {
  everything: 'Not this destination alone: the way to the API server (kubernetes.default) is cut as well.',
  'external only': 'Only what is outside the cluster is cut: the way to the API server (kubernetes.default) is open.',
  'this destination only': 'Only this destination is cut.',
  'not checked': 'Whether other destinations are cut as well was not checked.',
  nothing: null,
};

function lookedOf(diagnosis: Diagnosis): Pick<View, 'wasProbed' | 'comparison' | 'lookedFrom' | 'findings'> {
  const inFix = (finding: Finding) => finding.kind === 'still-fails-after-fix' && diagnosis.fix !== null;
  const comparison = comparisonOf(diagnosis);
  return {
    wasProbed: comparison.rows.length > 0,
    comparison,
    lookedFrom: diagnosis.vantages.map(report => ({ vantage: report.vantage, how: howLooked(report) })),
    findings: diagnosis.verdict.findings.filter(finding => !inFix(finding)).map(finding => sentence(finding.text)),
  };
}

function howLooked(report: VantageReport): string {
  if (report.status === 'not-run') return `not probed: ${report.why}`;
  const method = report.method === null ? '' : ` (${METHODS[report.method]})`;
  const started = report.startupMs >= 1 ? `, ran after ${durationText(report.startupMs)}` : '';
  return `${report.ranIn ?? 'this machine'}${method}${started}${report.why === '' ? '' : `; ${report.why}`}`;
}

const METHODS = {
  'ephemeral-container': 'ephemeral container',
  'twin-pod': "a twin with the pod's labels and service account",
  exec: "exec with the container's own tools",
} as const;

/** What the Diagnosis names, and every rule kind of the ledger that it does not: a gap must never go unsaid. */
function notLookedAtOf(diagnosis: Diagnosis): View['notLookedAt'] {
  const named = diagnosis.notLookedAt.map(({ what, why }) => ({ what, why: sentence(why) }));
  const isNamed = (text: string) => named.some(entry => entry.what.includes(text));
  const gaps = diagnosis.coverage.filter(entry => isGap(entry) && !isNamed(entry.kind)).map(gapText);
  const problems = diagnosis.problems
    .filter(problem => !isNamed(problem.object))
    .map(problem => ({ what: problem.object, why: sentence(`could not be read: ${problem.why}`) }));
  return groupByWhy([...named, ...gaps, ...problems]);
}

/** What was left out for the same reason shares a line; all of it is named. */
function groupByWhy(entries: View['notLookedAt']): View['notLookedAt'] {
  const whys = [...new Set(entries.map(entry => entry.why))];
  return whys.map(why => {
    const whats = entries.filter(entry => entry.why === why).map(entry => entry.what);
    return { what: listText(whats, whats.length), why };
  });
}

function isGap(entry: CoverageEntry): boolean {
  return entry.status === 'forbidden' || entry.status === 'unsupported' || entry.status === 'not-enforced';
}

function gapText(entry: CoverageEntry): { what: string; why: string } {
  const count = entry.objects === null ? 'not listed' : countText(entry.objects, 'object');
  return {
    what: `${entry.kind} (${count})`,
    why: sentence(`${entry.status}${entry.why === undefined ? '' : `: ${entry.why}`}`),
  };
}

function engineText({ engine, coverage }: Diagnosis): string {
  const version = engine.version === null ? 'version not known' : engine.version;
  const evaluated = coverage
    .filter(entry => entry.status === 'evaluated')
    .map(entry => `${entry.kind.split('.')[0]} (${entry.objects ?? 'some'})`);
  const rules = evaluated.length === 0 ? 'no rule kind evaluated' : `evaluated: ${listText(evaluated)}`;
  return engine.name === 'unknown' ? `engine not known; ${rules}` : `engine ${engine.name} ${version}; ${rules}`;
}

function timingText({ timing }: Diagnosis): string {
  return `${durationText(timing.totalMs)} (${durationText(timing.startupMs)} of it for pods to start)`;
}
