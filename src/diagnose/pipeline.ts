/**
 * The order of one diagnosis, and the only place that knows it: target, then probes and policies at the same time, then
 * the conclusion, then what needs the conclusion (server dry run, a second round when policies changed meanwhile).
 * Whatever touches the world comes in as a port; what was seen goes out as Evidence.
 */
import type { Collected, DryRun, Evidence, KubernetesObject, ProbeTranscript, VantageNotRun } from '../evidence.ts';
import type { Diagnosis, Question, Target, Vantage } from '../model.ts';
import { concludeDiagnosis } from './conclude.ts';

/** What the probes gave. Times in milliseconds; `startupMs` is what the pods took to run, apart from `probesMs`. */
export type Observed = {
  readonly transcripts: readonly ProbeTranscript[];
  readonly notRun: readonly VantageNotRun[];
  readonly controlPod: KubernetesObject | null;
  readonly startupMs: number;
  readonly probesMs: number;
};

/** A step of the work, for progress on a terminal or in a thread. */
export type Step = 'target' | 'collect' | 'observe' | 'conclude' | 'dry-run';
/** A step that begins or ends. */
export type StepEvent = { readonly step: Step; readonly state: 'started' | 'done'; readonly text: string };

/** The world, as a diagnosis needs it. Expected trouble is in the values; a rejected promise is a FaultError. */
export type Ports = {
  readonly target: (question: Question) => Promise<Target>;
  readonly collect: () => Promise<Collected>;
  readonly observe: (question: Question, target: Target) => Promise<Observed>;
  readonly dryRun: (manifests: readonly Readonly<Record<string, unknown>>[]) => Promise<DryRun>;
  /** Policies (`Kind ns/name`) that differ from those collected. */
  readonly changedPolicies: (collected: Collected) => Promise<readonly string[]>;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  /** The wall clock, ISO 8601. */
  readonly clock: () => string;
  readonly onStep: (event: StepEvent) => void;
  readonly refuseRanges: readonly string[];
};

/** What was looked at, and what is concluded from it. */
export type Answer = { readonly evidence: Evidence; readonly diagnosis: Diagnosis };

/**
 * Answers one question. Looks a second time, once, when a policy changed while it was looking, or when what was observed
 * contradicts a policy that is only seconds old (a CNI needs a moment to enforce it).
 */
export async function diagnose(question: Question, ports: Ports): Promise<Answer> {
  const first = await lookOnce(question, ports);
  const again = first.evidence.changedMeanwhile.length > 0 || contradictsYoungPolicy(first.diagnosis);
  const last = again ? await lookOnce(question, ports) : first;
  // What changed during the first look stays named, or the reader would wonder why there were two.
  const evidence: Evidence = again
    ? { ...last.evidence, changedMeanwhile: union(first.evidence.changedMeanwhile, last.evidence.changedMeanwhile) }
    : last.evidence;
  return withDryRun(evidence, ports);
}

/** Milliseconds during which a CNI may not yet enforce a policy that the API server already shows. */
const YOUNG_POLICY_MS = 30_000;

function contradictsYoungPolicy(diagnosis: Diagnosis): boolean {
  const differs = diagnosis.verdict.findings.some(finding => finding.kind === 'observed-differs-from-predicted');
  const asked = Date.parse(diagnosis.askedAt);
  return (
    differs &&
    diagnosis.verdict.cause.policies.some(policy => {
      const changed = policy.changedAt ?? policy.createdAt;
      return changed !== null && asked - Date.parse(changed) < YOUNG_POLICY_MS;
    })
  );
}

async function lookOnce(question: Question, ports: Ports): Promise<Answer> {
  const startedMs = ports.nowMs();
  const askedAt = ports.clock();
  const collecting = step(ports, 'collect', 'reading policies', ports.collect);
  // A fault of the target comes first; without this, a collection that fails meanwhile would be an unhandled rejection.
  collecting.catch(() => undefined);
  const target = await step(ports, 'target', 'finding the pod', () => ports.target(question));
  const observing = step(ports, 'observe', 'probing', () => observeIfRunning(question, target, ports));
  const [collected, observed] = await Promise.all([collecting, observing]);
  const changedMeanwhile = await ports.changedPolicies(collected);
  const evidence: Evidence = {
    schema: 'egress-evidence/v1',
    askedAt,
    question,
    target,
    collected,
    transcripts: observed.transcripts,
    notRun: observed.notRun,
    controlPod: observed.controlPod,
    changedMeanwhile,
    dryRun: { kind: 'skipped', why: 'no fix was proposed' },
    timing: {
      totalMs: Math.round(ports.nowMs() - startedMs),
      startupMs: observed.startupMs,
      probesMs: observed.probesMs,
    },
    refuseRanges: ports.refuseRanges,
    verify: null,
  };
  return step(ports, 'conclude', 'concluding', async () => ({ evidence, diagnosis: concludeDiagnosis(evidence) }));
}

async function observeIfRunning(question: Question, target: Target, ports: Ports): Promise<Observed> {
  if (target.state.kind === 'running' && question.vantages.length > 0) return ports.observe(question, target);
  const why =
    target.state.kind === 'running' ? 'no probes were asked for' : `the pod is not running (${target.state.reason})`;
  const vantages: readonly Vantage[] = ['pod', 'control', 'node'];
  return {
    transcripts: [],
    notRun: vantages.map(vantage => ({ vantage, why })),
    controlPod: null,
    startupMs: 0,
    probesMs: 0,
  };
}

async function withDryRun(evidence: Evidence, ports: Ports): Promise<Answer> {
  const diagnosis = concludeDiagnosis(evidence);
  const fix = diagnosis.fix;
  if (fix === null) return { evidence, diagnosis };
  const dryRun = await step(ports, 'dry-run', 'server dry run of the fix', () => ports.dryRun(fix.manifests));
  const proved: Evidence = { ...evidence, dryRun };
  return { evidence: proved, diagnosis: concludeDiagnosis(proved) };
}

async function step<T>(ports: Ports, name: Step, text: string, work: () => Promise<T>): Promise<T> {
  ports.onStep({ step: name, state: 'started', text });
  const result = await work();
  ports.onStep({ step: name, state: 'done', text });
  return result;
}

function union(a: readonly string[], b: readonly string[]): readonly string[] {
  return [...new Set([...a, ...b])];
}
