/**
 * A question that nobody asked while the cluster was captured: predicted from the objects of the capture. Nothing is
 * observed but what some control pod of the capture learned of the name; every probe is named as not looked at. Pure.
 */
import type { Evidence, KubernetesObject, ProbeTranscript } from '../evidence.ts';
import type { Question, Target, Vantage } from '../model.ts';
import { type CapturedPod, objectOf } from './captured.ts';

/** Why no probe ran. */
const NOT_CAPTURED = 'this pod and this host were not probed together when the cluster was captured';

const VANTAGES: readonly Vantage[] = ['pod', 'control', 'node'];

/** The evidence of such a question. `bundles`: where the name may have been looked up by a control pod. */
export function predictedEvidence(question: Question, pod: CapturedPod, bundles: readonly Evidence[]): Evidence {
  const { bundle } = pod;
  const lookup = lookupOf(question, bundles);
  const without = VANTAGES.filter(vantage => lookup === null || vantage !== 'control');
  const why = question.vantages.length === 0 ? 'no probes were asked for' : NOT_CAPTURED;
  return {
    ...bundle,
    question,
    target: pod.isTarget ? bundle.target : targetOf(pod),
    transcripts: lookup === null ? [] : [lookup.transcript],
    notRun: without.map(vantage => ({ vantage, why })),
    controlPod: lookup?.controlPod ?? null,
    changedMeanwhile: [],
    dryRun: { kind: 'skipped', why: 'the cluster is a captured one' },
    timing: { totalMs: 0, startupMs: 0, probesMs: 0 },
    verify: null,
  };
}

type Lookup = { readonly transcript: ProbeTranscript; readonly controlPod: KubernetesObject | null };

/** What a control pod of the capture heard when it asked for this name, and nothing else of what it did. */
function lookupOf(question: Question, bundles: readonly Evidence[]): Lookup | null {
  const { host } = question.destination;
  if (host.kind !== 'name' || question.vantages.length === 0) return null;
  for (const bundle of bundles) {
    const asked = bundle.question.destination.host;
    const control = bundle.transcripts.find(({ vantage, sibling }) => vantage === 'control' && sibling === null);
    if (control === undefined || asked.kind !== 'name' || asked.name !== host.name) continue;
    const transcript = lookupsOnly(control, host.name);
    if (transcript !== null) return { transcript, controlPod: bundle.controlPod };
  }
  return null;
}

function lookupsOnly(control: ProbeTranscript, name: string): ProbeTranscript | null {
  const jobs = (control.jobs ?? []).filter(job => job.kind === 'dns' && job.name === name);
  if (jobs.length === 0) return null;
  const ids = new Set(jobs.map(({ id }) => id));
  // A line is `WORD JOB ...`; those of no job (`@resolv`) and the greeting belong to all.
  const kept = control.lines.map(line => {
    const job = line.split(' ')[1] ?? '';
    return line.startsWith('egress-probe') || job.startsWith('@') || ids.has(job);
  });
  return {
    ...control,
    jobs,
    lines: control.lines.filter((_, index) => kept[index]),
    lineTimesMs: control.lineTimesMs.filter((_, index) => kept[index]),
    withheld: [],
  };
}

/** A pod that nobody asked about, as far as its object tells. Its environment was not captured. */
function targetOf(pod: CapturedPod): Target {
  const { metadata, spec, status } = objectOf(pod) as KubernetesObject & {
    readonly spec?: Readonly<Record<string, unknown>>;
    readonly status?: Readonly<Record<string, unknown>>;
  };
  const { objects } = pod.bundle.collected;
  const namespace = objects.find(({ kind, metadata: { name } }) => kind === 'Namespace' && name === pod.namespace);
  const [container] = (spec?.containers ?? []) as readonly { readonly name?: string }[];
  const addresses = ((status?.podIPs ?? []) as readonly { readonly ip?: string }[]).map(({ ip }) => ip ?? '');
  const phase = String(status?.phase ?? 'Unknown');
  return {
    namespace: pod.namespace,
    pod: pod.name,
    uid: String(metadata.uid ?? ''),
    labels: (metadata.labels ?? {}) as Target['labels'],
    namespaceLabels: (namespace?.metadata.labels ?? {}) as Target['namespaceLabels'],
    node: typeof spec?.nodeName === 'string' ? spec.nodeName : null,
    owner: null,
    serviceAccount: String(spec?.serviceAccountName ?? 'default'),
    hostNetwork: spec?.hostNetwork === true,
    addresses: addresses.filter(address => address !== ''),
    state:
      phase === 'Running'
        ? { kind: 'running', ready: true }
        : { kind: 'not-running', reason: phase, message: 'as it was captured' },
    dns: { policy: String(spec?.dnsPolicy ?? 'ClusterFirst'), config: null, resolvConf: null },
    container: container?.name ?? '',
    proxy: { kind: 'unknown', why: 'the environment of this pod was not captured', variables: {} },
    sidecars: [],
    siblings: [],
  };
}
