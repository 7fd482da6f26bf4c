/** Starts the vantages that a question asks for and runs the probes in them, all at the same moment. */
import type { KubernetesObject, ProbeTranscript, VantageNotRun } from '../evidence.ts';
import type { Question, Target, Vantage } from '../model.ts';
import { refusalOf } from '../refuse.ts';
import type { ObserveSettings, Preparation } from './prepare.ts';
import { type ProbeRun, runProbes } from './probe-phases.ts';
import {
  type MethodRefusal,
  outsideSite,
  type Site,
  type SiteStart,
  startInPod,
  startInSibling,
} from './probe-sites.ts';
import { projectObject } from './project.ts';

/** Milliseconds; `startupMs` is until all vantages ran, `probesMs` what the probes then took. */
export type Observed = {
  readonly transcripts: readonly ProbeTranscript[];
  readonly notRun: readonly VantageNotRun[];
  /** The control pod while it ran; null: none ran. */
  readonly controlPod: KubernetesObject | null;
  readonly startupMs: number;
  readonly probesMs: number;
};

/** Once the pod's own vantage runs, the answer waits this long for the others: they run the same image. */
const STRAGGLER_MS = 10_000;

/** Observes one question from its vantages. Trouble with one of them is in `notRun`; nothing here rejects. */
export async function observe(
  preparation: Preparation,
  question: Question,
  target: Target,
  settings: ObserveSettings,
): Promise<Observed> {
  const starting = startAll(preparation, question, target, settings);
  const [starts, clusterAddress] = await Promise.all([starting, preparation.clusterAddress]);
  const startupMs = Math.round(performance.now() - preparation.startedMs);
  const sites = starts.filter(start => start.kind === 'ready');
  const { destination, timeoutMs } = question;
  const proxy = target.proxy.kind === 'set' ? target.proxy.uses : null;
  const nameservers = target.dns.resolvConf?.nameservers ?? target.dns.config?.nameservers ?? [];
  const refusal = (address: string, port: number): string | null =>
    refusalOf(address, settings.refuseRanges, { port, nameservers })?.why ?? null;
  const run = await runProbes(sites, { destination, proxy, clusterAddress, timeoutMs, refusal });
  return { ...assemble(starts, run), startupMs, probesMs: run.probesMs };
}

async function startAll(
  preparation: Preparation,
  question: Question,
  target: Target,
  settings: ObserveSettings,
): Promise<readonly SiteStart[]> {
  const { vantages, podMethods } = question;
  const inPod = vantages.includes('pod') ? startInPod(preparation.setup, target, podMethods, null) : null;
  const others = vantages
    .filter(vantage => vantage !== 'pod')
    .map(vantage => ({ vantage, sibling: null, start: startElsewhere(preparation, vantage, settings) }));
  const replicas = (inPod === null ? [] : siblingsOf(target, question.siblings)).map(sibling => ({
    vantage: 'pod' as const,
    sibling,
    start: startInSibling(preparation.setup, target, sibling, podMethods),
  }));
  if (inPod === null) return Promise.all(others.map(({ start }) => start));
  const late = inPod.then(tooLate);
  const waited = [...others, ...replicas].map(async ({ vantage, sibling, start }): Promise<SiteStart> => {
    const first = await Promise.race([start, late]);
    const why = `it did not run ${STRAGGLER_MS / 1000} s after the pod's own vantage`;
    return first === 'late' ? { kind: 'not-run', vantage, sibling, why } : first;
  });
  return Promise.all([inPod, ...waited]);
}

/**
 * Resolves when waiting for the others is over. Without a pod vantage of our own image to go by they have their full time:
 * the image may be on its way to the node for the first time.
 */
function tooLate(inPod: SiteStart): Promise<'late'> {
  const measured = inPod.kind === 'ready' && inPod.method !== 'exec';
  return new Promise(resolve => {
    if (measured) setTimeout(resolve, STRAGGLER_MS, 'late').unref();
  });
}

async function startElsewhere(
  preparation: Preparation,
  vantage: Exclude<Vantage, 'pod'>,
  settings: ObserveSettings,
): Promise<SiteStart> {
  const notRun = (why: string): SiteStart => ({ kind: 'not-run', vantage, sibling: null, why });
  switch (vantage) {
    case 'control':
    case 'node':
      return preparation[vantage] ?? notRun('the pod is on no node');
    case 'outside':
      return settings.outside ? outsideSite() : notRun('this host is inside the network that is asked about');
    default:
      return vantage satisfies never;
  }
}

/** One replica for each other node: "only on node X" is what is asked. */
function siblingsOf(target: Target, count: number): readonly string[] {
  const seen = new Set([target.node]);
  const elsewhere = target.siblings.filter(({ node }) => {
    if (node === null || seen.has(node)) return false;
    seen.add(node);
    return true;
  });
  return elsewhere.slice(0, count).map(({ pod }) => pod);
}

function assemble(
  starts: readonly SiteStart[],
  run: ProbeRun,
): Pick<Observed, 'transcripts' | 'notRun' | 'controlPod'> {
  const failed = [
    ...starts.filter(start => start.kind === 'not-run'),
    ...run.notRun.map(({ site, why }) => ({ vantage: site.vantage, sibling: site.sibling, why: whyNotAt(site, why) })),
  ];
  const control = starts.find((start): start is Site => start.kind === 'ready' && start.vantage === 'control');
  return {
    // A replica that could not be entered says nothing of the pod's own vantage: it is a transcript without lines.
    transcripts: [
      ...run.transcripts,
      ...failed.flatMap(({ sibling, why }) => (sibling === null ? [] : [emptyOf(sibling, why)])),
    ],
    notRun: failed.flatMap(({ vantage, sibling, why }) => (sibling === null ? [{ vantage, why }] : [])),
    controlPod: control === undefined ? null : projectObject(control.pod as KubernetesObject),
  };
}

/** Of the methods of the pod, the last is the one that ran as far as the exec. */
function whyNotAt({ method, refused }: Site, why: string): string {
  if (method === null) return why;
  const all: readonly MethodRefusal[] = [...refused, { method, why }];
  return all.map(each => `${each.method}: ${each.why}`).join('; ');
}

function emptyOf(sibling: string, why: string): ProbeTranscript {
  return { vantage: 'pod', method: null, sibling, ranIn: null, lines: [], lineTimesMs: [], ended: why, startupMs: 0 };
}
