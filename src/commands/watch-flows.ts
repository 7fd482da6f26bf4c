/** Flows that a process looks at: when each is due, what is said of it, and how it all ends. */
import PQueue from 'p-queue';
import { exitCodeOf } from '../faults.ts';
import { visibleLine } from '../render/escape.ts';
import type { ClusterQuestion, Clusters } from '../work/ports.ts';
import { lookAtFlow, type WatchAnswer } from '../work/watch-look.ts';
import { NEVER_LOOKED, nextWatched, type Watched, type WatchLook, wantsLookSoon } from '../work/watch-state.ts';

/** One flow. `label`: as it is told, e.g. `payments/billing -> api.stripe.com`. */
export type WatchedFlow = { readonly label: string; readonly question: ClusterQuestion };

/** The world. `wait` resolves early when the signal is aborted. */
export type WatchPorts = {
  readonly clusters: Pick<Clusters, 'diagnose'>;
  readonly now: () => number;
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly print: (line: string) => void;
};

/** Looks at the same time: each may start a pod. */
const AT_ONCE = 4;
/** Between the first looks at two flows, at most: with a few flows nobody waits, and a hundred do not begin at once. */
const SPACING_MS = 2000;
const SOON_MS = 60_000;

/**
 * Looks until `stop` is aborted, and resolves when the looks under way have ended. Looks at one flow never overlap. Rejects with
 * the first fault of ours, once the others have ended.
 */
export async function watchFlows(
  flows: readonly WatchedFlow[],
  everyMs: number,
  ports: WatchPorts,
  stop: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const line = new PQueue({ concurrency: AT_ONCE });
  const startMs = ports.now();
  const spacingMs = Math.min(SPACING_MS, everyMs / Math.max(1, flows.length));
  const run = { ports, line, everyMs, over: AbortSignal.any([stop, failed.signal]) };
  const ended = flows.map((flow, index) =>
    watchFlow(flow, startMs + index * spacingMs, run).catch((error: unknown) => failed.abort(error)),
  );
  await Promise.all(ended);
  if (failed.signal.aborted) throw failed.signal.reason;
}

type Run = {
  readonly ports: WatchPorts;
  readonly line: PQueue;
  readonly everyMs: number;
  readonly over: AbortSignal;
};

async function watchFlow(flow: WatchedFlow, firstMs: number, { ports, line, everyMs, over }: Run): Promise<void> {
  let dueMs = firstMs;
  let watched = NEVER_LOOKED;
  for (;;) {
    if (dueMs > ports.now()) await ports.wait(dueMs - ports.now(), over);
    if (over.aborted) return;
    watched = await line.add(() => lookOnceMore(flow, watched, ports, over));
    dueMs = nextDueMs({ dueMs, everyMs, nowMs: ports.now() }, watched);
  }
}

/** What fell due meanwhile is left out: there is no catching up. */
function nextDueMs(
  { dueMs, everyMs, nowMs }: { readonly dueMs: number; readonly everyMs: number; readonly nowMs: number },
  watched: Watched,
): number {
  if (wantsLookSoon(watched)) return nowMs + Math.min(SOON_MS, everyMs);
  return dueMs + everyMs * Math.max(1, Math.ceil((nowMs - dueMs) / everyMs));
}

async function lookOnceMore(flow: WatchedFlow, before: Watched, ports: WatchPorts, stop: AbortSignal) {
  // Its turn may come after the end.
  if (stop.aborted) return before;
  const isKnownBad = before.phase.kind === 'outage';
  const answer = await lookAtFlow(ports.clusters, flow.question, { isKnownBad });
  const at = new Date(ports.now()).toISOString();
  const { watched, event } = nextWatched(before, answer.look, at);
  const isChange =
    watched.phase.kind !== before.phase.kind ||
    event !== 'none' ||
    (before.phase.kind === 'new' && before.unknownLooks === 0);
  if (isChange) ports.print(lineOf(flow, answer, { at, isDoubtful: watched.phase.kind === 'doubtful' }));
  return watched;
}

/** As for one question: 1 where a flow is broken, else 2 or 4 where one could not be asked, 3 where one is not known, 0 when all get through. */
export async function lookOnce(flows: readonly WatchedFlow[], ports: WatchPorts): Promise<0 | 1 | 2 | 3 | 4> {
  const line = new PQueue({ concurrency: AT_ONCE });
  const answers = await Promise.all(
    flows.map(flow => line.add(() => lookAtFlow(ports.clusters, flow.question, { isKnownBad: false }))),
  );
  const at = new Date(ports.now()).toISOString();
  for (const [index, flow] of flows.entries()) {
    const answer = answers[index];
    if (answer !== undefined) ports.print(lineOf(flow, answer, { at, isDoubtful: false }));
  }
  const kinds = answers.map(({ look }) => look.kind);
  if (kinds.includes('bad')) return 1;
  const [fault] = answers.flatMap(answer => answer.fault ?? []);
  if (fault !== undefined) return exitCodeOf(fault);
  return kinds.includes('unknown') ? 3 : 0;
}

function lineOf(
  { label }: WatchedFlow,
  { look, answer }: WatchAnswer,
  { at, isDoubtful }: { readonly at: string; readonly isDoubtful: boolean },
): string {
  const doubt = isDoubtful ? ' (seen once; looks again soon)' : '';
  return visibleLine(`${at.slice(0, 19)}Z ${SYMBOL[look.kind]} ${label}: ${wordsOf(look, answer)}${doubt}`);
}

const SYMBOL = { good: '✓', bad: '✗', unknown: '?' } as const satisfies Record<WatchLook['kind'], string>;

function wordsOf(look: WatchLook, answer: WatchAnswer['answer']): string {
  switch (look.kind) {
    case 'good':
      return 'reachable';
    case 'bad':
      return answer === null ? look.verdict : `${look.verdict}: ${answer.diagnosis.verdict.cause.summary}`;
    case 'unknown':
      return `not known: ${look.why}`;
    default:
      return look satisfies never;
  }
}
