/** Reads the plain tools: bash's /dev/tcp and /dev/udp, every nc, and wget. */
import type { Outcome } from '../model.ts';
import { connectOutcome, errnoIn } from './errno.ts';
import { type Run, wasStopped } from './read-lines.ts';
import { CONNECTED, type ConnectionContext, notRun, type Step, statusIn, tlsFailed } from './steps.ts';

const NC_CONNECTED = /succeeded!|\) open$|Ncat: Connected to|^Connected/m;

/** The steps of one bash run: the handshake, and the first line of an answer where a request was sent. */
export function readBash(run: Run, context: ConnectionContext): readonly Step[] {
  if (!run.text.includes('egress-connected')) return [failedConnect(run, context)];
  const tcp: Step = { layer: 'tcp', outcome: CONNECTED, ms: run.ms };
  return isAskedByHand(context, run) ? [tcp, ...answer(run, context, run.ms)] : [tcp];
}

/** The steps of one nc run: a handshake, or (`egress-asked`) what came back on a second connection. */
export function readNc(run: Run, context: ConnectionContext): readonly Step[] {
  if (run.text.startsWith('egress-asked')) {
    return answer(run, context, Number(/^egress-ms (\d+)/m.exec(run.text)?.[1] ?? run.ms));
  }
  // busybox's nc without -z runs `true` once it is connected, and says nothing.
  const connected = NC_CONNECTED.test(run.text) || (run.code === 0 && errnoIn(run.text) === null);
  return connected ? [{ layer: 'tcp', outcome: CONNECTED, ms: run.ms }] : [failedConnect(run, context)];
}

/**
 * What came back for a datagram. Silence says nothing (`no-answer`); ICMP port unreachable is `refused`. nc ends before
 * its time only when the kernel reports that error, which some of them do not print.
 */
export function readDatagram(run: Run, context: ConnectionContext): Outcome {
  const errno = errnoIn(run.text);
  if (errno !== null && errno !== 'ETIMEDOUT')
    return connectOutcome(errno, { address: context.address, route: context.route, waitedMs: run.ms });
  if (run.tool === 'bash') {
    return run.text.includes('egress-answered') ? CONNECTED : { kind: 'no-answer', layer: 'tcp', waitedMs: run.ms };
  }
  const answered = run.text
    .split('\n')
    .some(line => line !== '' && !/^Ncat: |\) open$|succeeded!|^Terminated$/.test(line));
  if (answered) return CONNECTED;
  return run.ms < context.timeoutMs * 0.8 && !wasStopped(run)
    ? { kind: 'refused' }
    : { kind: 'no-answer', layer: 'tcp', waitedMs: run.ms };
}

/**
 * The steps of one wget run. wget picks the address itself: what it says counts only when it is this job's. busybox's
 * own TLS knows few ciphers and checks no certificate, so its failures say nothing of the host.
 */
export function readWget(run: Run, context: ConnectionContext): readonly Step[] {
  const addresses = [
    ...run.text.matchAll(/^Connecting to .*?(?:\|([0-9a-fA-F.:]+)\||\(\[?([0-9a-fA-F.:]+?)\]?:\d+\))/gm),
  ];
  const last = addresses.at(-1);
  const chosen = last?.[1] ?? last?.[2] ?? null;
  if (chosen === null) return [];
  if (chosen !== context.address) {
    const why = notRun(`wget chose ${chosen} itself`);
    return layersAbove(context).map(layer => ({ layer, outcome: why, ms: 0 }));
  }
  const status = statusIn(run.text.split('\n').findLast(line => /HTTP\/[0-9.]+ [0-9]{3}/.test(line)) ?? '');
  if (status !== null) {
    return [
      ...layersAbove(context)
        .filter(layer => layer !== 'http')
        .map(layer => ({ layer, outcome: CONNECTED, ms: run.ms })),
      { layer: 'http', outcome: { kind: 'http-status', status }, ms: run.ms },
    ];
  }
  return wgetFailure(run, context);
}

function wgetFailure(run: Run, context: ConnectionContext): readonly Step[] {
  const busybox = /validation not implemented|TLS error|^wget: /m.test(run.text);
  const text = run.text
    .split('\n')
    .filter(line => !line.startsWith('Connecting') && !/not implemented/.test(line))
    .join('\n');
  if (context.application === 'https') {
    const connected = /connected\.|TLS error|certificate|SSL|handshake/i.test(run.text);
    if (busybox && !wasStopped(run))
      return [
        {
          layer: 'tls',
          outcome: notRun(`busybox's own TLS failed, which says nothing of the host: ${text.trim()}`),
          ms: run.ms,
        },
      ];
    if (!connected) return [];
    const outcome: Outcome = wasStopped(run) ? { kind: 'no-answer', layer: 'tls', waitedMs: run.ms } : tlsFailed(text);
    return [{ layer: 'tls', outcome, ms: run.ms }];
  }
  const outcome: Outcome = /reset/i.test(text)
    ? { kind: 'reset' }
    : { kind: 'no-answer', layer: 'http', waitedMs: run.ms };
  return /connected\.|reset|no data/i.test(run.text) || wasStopped(run) ? [{ layer: 'http', outcome, ms: run.ms }] : [];
}

function failedConnect(run: Run, context: ConnectionContext): Step {
  const errno = errnoIn(run.text);
  const timedOut = wasStopped(run) || /timed out|TIMEOUT/i.test(run.text);
  const outcome: Outcome =
    errno !== null && errno !== 'ETIMEDOUT'
      ? connectOutcome(errno, { address: context.address, route: context.route, waitedMs: run.ms })
      : timedOut
        ? { kind: 'syn-dropped', waitedMs: run.ms }
        : notRun(
            `${run.tool} ended with code ${run.code ?? 'unknown'}: ${run.text.trim().slice(0, 200) || 'no message'}`,
          );
  return { layer: 'tcp', outcome, ms: run.ms };
}

function isAskedByHand(context: ConnectionContext, run: Run): boolean {
  return (
    context.application === 'http' ||
    (context.throughProxy && context.application === 'https') ||
    /^HTTP\//m.test(run.text)
  );
}

/** The first line of an answer to a request, or to CONNECT: then tls was not tried, and a refusal is the proxy's. */
function answer(run: Run, context: ConnectionContext, ms: number): readonly Step[] {
  const status = statusIn(/^HTTP\/.*$/m.exec(run.text)?.[0] ?? '');
  const tunnel = context.throughProxy && context.application === 'https';
  if (tunnel && status !== null && status < 300) {
    const why = notRun(`the proxy answered CONNECT with ${status}; ${run.tool} speaks no TLS`);
    return [
      { layer: 'tls', outcome: why, ms: 0 },
      { layer: 'http', outcome: why, ms: 0 },
    ];
  }
  const http: Outcome =
    status !== null
      ? { kind: 'http-status', status }
      : errnoIn(run.text) === 'ECONNRESET'
        ? { kind: 'reset' }
        : { kind: 'no-answer', layer: 'http', waitedMs: run.ms };
  const why = status === null ? 'the proxy did not answer CONNECT' : `the proxy answered CONNECT with ${status}`;
  return [
    ...(tunnel ? [{ layer: 'tls', outcome: notRun(why), ms: 0 } as const] : []),
    { layer: 'http', outcome: http, ms },
  ];
}

function layersAbove(context: ConnectionContext): readonly ('tls' | 'http')[] {
  return context.application === 'https' ? ['tls', 'http'] : context.application === 'http' ? ['http'] : [];
}
