/** Puts the runs of one connection job together: which tool's reader, and what became of the layers that none reached. */
import type { Outcome } from '../model.ts';
import { readCurl } from './read-curl.ts';
import type { JobResult, Run } from './read-lines.ts';
import { readCertificate, readOpenssl } from './read-openssl.ts';
import { readBash, readDatagram, readNc, readWget } from './read-plain.ts';
import { readProgram } from './read-program.ts';
import { type ConnectionContext, notRun, type Step } from './steps.ts';

/**
 * The steps of one job: one for each of its layers. `nothing` is why there is no result at all, or null. Through a proxy
 * the handshake with the proxy is a job of its own, so tcp is left out here.
 */
export function readSteps(
  kind: 'tcp' | 'udp' | 'https' | 'http' | 'proxy',
  result: JobResult,
  nothing: string | null,
  context: ConnectionContext,
): readonly Step[] {
  if (kind === 'udp')
    return [nothing === null ? datagramStep(result, context) : { layer: 'tcp', outcome: notRun(nothing), ms: 0 }];
  const seen = nothing === null ? withCertificate(stepsOf(result, context), result) : [];
  const complete = completeLayers(seen, result, nothing, context);
  return context.throughProxy ? complete.filter(step => step.layer !== 'tcp') : complete;
}

function datagramStep({ runs }: JobResult, context: ConnectionContext): Step {
  const run = runs.at(-1);
  if (run === undefined) return { layer: 'tcp', outcome: notRun('nothing was printed'), ms: 0 };
  if (run.tool === 'bash' || run.tool === 'nc')
    return { layer: 'tcp', outcome: readDatagram(run, context), ms: run.ms };
  const [step] = readProgram(run, context);
  const silent = step === undefined || step.outcome.kind === 'syn-dropped';
  const outcome: Outcome = silent
    ? { kind: 'no-answer', layer: 'tcp', waitedMs: Math.round(step?.ms ?? run.ms) }
    : step.outcome;
  return { layer: 'tcp', outcome, ms: step?.ms ?? run.ms };
}

/** Steps of all runs; of a layer that two tools saw, the first counts. */
function stepsOf(result: JobResult, context: ConnectionContext): readonly Step[] {
  const steps: Step[] = [];
  for (const run of result.runs) {
    const tcpKnown = steps.some(step => step.layer === 'tcp' && step.outcome.kind === 'connected');
    for (const step of stepsOfRun(run, context, tcpKnown)) {
      if (!steps.some(known => known.layer === step.layer)) steps.push(step);
    }
  }
  return steps;
}

function stepsOfRun(run: Run, context: ConnectionContext, tcpKnown: boolean): readonly Step[] {
  switch (run.tool) {
    case 'curl':
      return readCurl(run, context);
    case 'openssl':
      return isCertificate(run) ? [] : readOpenssl(run, context, tcpKnown);
    case 'bash':
      return readBash(run, context);
    case 'nc':
      return readNc(run, context);
    case 'wget':
      return readWget(run, context);
    case 'python3':
    case 'node':
      return readProgram(run, context);
    default:
      return [];
  }
}

/** The run that only fetched the certificate prints no word of s_client. */
function isCertificate(run: Run): boolean {
  return /^(subject|notBefore|notAfter)=/m.test(run.text) && !/^CONNECTED|^depth=/m.test(run.text);
}

function withCertificate(steps: readonly Step[], { runs }: JobResult): readonly Step[] {
  const run = runs.find(candidate => candidate.tool === 'openssl' && isCertificate(candidate));
  const certificate = run === undefined ? null : readCertificate(run.text);
  if (certificate === null) return steps;
  return steps.map(step =>
    step.outcome.kind === 'tls-failed' ? { ...step, outcome: { ...step.outcome, certificate } } : step,
  );
}

function completeLayers(
  seen: readonly Step[],
  result: JobResult,
  nothing: string | null,
  context: ConnectionContext,
): readonly Step[] {
  const complete: Step[] = [];
  for (const layer of layersOf(context)) {
    const outcome = notRun(whyNotReached(complete.at(-1), result, nothing));
    complete.push(seen.find(step => step.layer === layer) ?? { layer, outcome, ms: 0 });
  }
  return complete;
}

function whyNotReached(below: Step | undefined, result: JobResult, nothing: string | null): string {
  if (nothing !== null) return nothing;
  const under = below?.outcome;
  if (under?.kind === 'not-run' && result.lookedFor === null) return under.why;
  if (under !== undefined && under.kind !== 'connected' && under.kind !== 'not-run')
    return `${below?.layer} did not connect`;
  if (result.lookedFor !== null) return `no tool for it here: looked for ${result.lookedFor.join(', ')}`;
  return result.ended ? 'no tool that ran reports it' : 'the probe ended before this result';
}

function layersOf(context: ConnectionContext): readonly Step['layer'][] {
  switch (context.application) {
    case 'https':
      return ['tcp', 'tls', 'http'];
    case 'http':
      return ['tcp', 'http'];
    case 'none':
      return ['tcp'];
    default:
      return context.application satisfies never;
  }
}
