/** Reads the plain tools: bash's /dev/tcp and /dev/udp, every nc, and wget. */
import type { Outcome } from '../model.ts';
import { connectOutcome, errnoIn } from './errno.ts';
import { type Run, wasStopped } from './read-lines.ts';
import { CONNECTED, type ConnectionContext, notRun, type Step, statusIn, tlsFailed } from './steps.ts';

const NC_CONNECTED = /succeeded!|\) open$|Ncat: Connected to|^Connected/m;

// GNU: `Connecting to NAME (NAME)|ADDRESS|:443... connected.`; busybox: `Connecting to NAME:443 ([ADDRESS]:443)`.
const WGET_CONNECTING = /^Connecting to .*?(?:\|([0-9a-fA-F.:]+)\||\(\[?([0-9a-fA-F.:]+?)\]?:\d+\))(.*)$/gm;

/** The steps of one bash run: the handshake, and the first line of an answer where a request was sent. */
export function readBash(run: Run, context: ConnectionContext): readonly Step[] {
  const connectedMs = stopwatch(run, 'connected');
  if (connectedMs === null) return [failedConnect(run, context)];
  const tcp: Step = { layer: 'tcp', outcome: CONNECTED, ms: connectedMs };
  return isAskedByHand(context) ? [tcp, ...answer(run, context, stopwatch(run, 'answered') ?? run.ms)] : [tcp];
}

/** Milliseconds that bash measured until `event` (it prints microseconds, or 0 before bash 5), or null when it did not come. */
function stopwatch(run: Run, event: 'connected' | 'answered'): number | null {
  const microseconds = new RegExp(`^egress-${event} (\\d+)$`, 'm').exec(run.text)?.[1];
  if (microseconds === undefined) return null;
  return microseconds === '0' ? run.ms : Number(microseconds) / 1000;
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
 * does not say when it is connected, and its own TLS knows few ciphers and checks no certificate, so what fails there
 * says nothing of the host.
 */
export function readWget(run: Run, context: ConnectionContext): readonly Step[] {
  const [, gnu, busybox, rest = ''] = [...run.text.matchAll(WGET_CONNECTING)].at(-1) ?? [];
  const chosen = gnu ?? busybox;
  if (chosen === undefined) return [];
  const layers = ['tcp', ...layersAbove(context)] as const;
  if (chosen !== context.address) {
    const why = notRun(`wget chose ${chosen} itself`);
    return layers.map(layer => ({ layer, outcome: why, ms: 0 }));
  }
  const status = statusIn(run.text.split('\n').findLast(line => /HTTP\/[0-9.]+ [0-9]{3}/.test(line)) ?? '');
  if (status === null) return gnu === undefined ? busyboxFailure(run, context) : gnuFailure(run, context, rest);
  const below = layers
    .filter(layer => layer !== 'http')
    .map((layer): Step => ({ layer, outcome: CONNECTED, ms: run.ms }));
  return [...below, { layer: 'http', outcome: { kind: 'http-status', status }, ms: run.ms }];
}

/** `rest`: what stands behind the address in wget's last line about connecting. */
function gnuFailure(run: Run, context: ConnectionContext, rest: string): readonly Step[] {
  const text = run.text.slice(run.text.lastIndexOf('Connecting to '));
  if (!rest.includes('connected.')) return [failedConnect({ ...run, text }, context)];
  const tcp: Step = { layer: 'tcp', outcome: CONNECTED, ms: run.ms };
  if (context.application === 'https' && !text.includes('request sent')) {
    const detail = text.split('\n').slice(1).join(' ');
    const silent = wasStopped(run);
    const outcome: Outcome = silent ? { kind: 'no-answer', layer: 'tls', waitedMs: run.ms } : tlsFailed(detail);
    return [tcp, { layer: 'tls', outcome, ms: run.ms }];
  }
  const reset = /reset/i.test(text);
  const outcome: Outcome = reset ? { kind: 'reset' } : { kind: 'no-answer', layer: 'http', waitedMs: run.ms };
  const tls: readonly Step[] =
    context.application === 'https' ? [{ layer: 'tls', outcome: CONNECTED, ms: run.ms }] : [];
  return [tcp, ...tls, { layer: 'http', outcome, ms: run.ms }];
}

function busyboxFailure(run: Run, context: ConnectionContext): readonly Step[] {
  const complaint = /^wget: (?!note)(.*)$/m.exec(run.text)?.[1] ?? 'it was stopped';
  if (complaint.includes("can't connect")) return [failedConnect({ ...run, text: complaint }, context)];
  if (context.application === 'https') {
    // A reset before any TLS alert is the network's or the host's, whatever ciphers were offered.
    const reset = /short read.*reset/.test(complaint);
    const tcp: Step = { layer: 'tcp', outcome: CONNECTED, ms: run.ms };
    if (reset) return [tcp, { layer: 'tls', outcome: tlsFailed(complaint), ms: run.ms }];
    const why = `busybox's own TLS says nothing of the host: ${complaint}`;
    return [{ layer: 'tls', outcome: notRun(why), ms: run.ms }];
  }
  if (!/reset|error getting/.test(complaint)) return [];
  const reset = complaint.includes('reset');
  const outcome: Outcome = reset ? { kind: 'reset' } : { kind: 'no-answer', layer: 'http', waitedMs: run.ms };
  return [{ layer: 'http', outcome, ms: run.ms }];
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

function isAskedByHand(context: ConnectionContext): boolean {
  return context.application === 'http' || (context.throughProxy && context.application === 'https');
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
