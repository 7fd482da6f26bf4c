/**
 * Reads curl: `-v` for the words, `-w` for the numbers (the last line that starts with `egress-w`; headers, which a host
 * could use to forge one, start with `<`). Exit codes: https://curl.se/libcurl/c/libcurl-errors.html.
 */
import type { CertificateFacts, Outcome } from '../model.ts';
import { connectOutcome, errnoIn } from './errno.ts';
import type { Run } from './read-lines.ts';
import { CONNECTED, type ConnectionContext, isoDate, notRun, type Step, statusIn, tlsFailed } from './steps.ts';

/** Milliseconds from the start; 0: not reached. */
type Facts = {
  readonly status: number | null;
  /** The proxy's answer to CONNECT. */
  readonly connectStatus: number | null;
  readonly connectMs: number;
  readonly tlsMs: number;
  readonly firstByteMs: number;
  readonly totalMs: number;
};

/** The steps of one curl run: tcp (to the host or the proxy), then tls and http as far as they were reached. */
export function readCurl(run: Run, context: ConnectionContext): readonly Step[] {
  const facts = readFacts(run);
  const tcp = tcpStep(run, context, facts);
  if (tcp.outcome.kind !== 'connected' || context.application === 'none') return [tcp];
  const refusal = proxyRefusal(run, context, facts);
  if (refusal !== null) return [tcp, ...refusal];
  if (context.application === 'http') return [tcp, httpStep(run, facts, facts.connectMs)];
  const tls = tlsStep(run, facts);
  return tls.outcome.kind === 'connected' ? [tcp, tls, httpStep(run, facts, facts.tlsMs)] : [tcp, tls];
}

function readFacts(run: Run): Facts {
  const line = run.text.split('\n').findLast(text => text.startsWith('egress-w ')) ?? '';
  const [, status, connectStatus, connect, appconnect, firstByte, total] = line.split(' ');
  const ms = (seconds: string | undefined): number => Math.round(Number(seconds ?? '0') * 10_000) / 10 || 0;
  const code = (text: string | undefined): number | null => (Number(text ?? '0') > 0 ? Number(text) : null);
  const seen = run.text.split('\n').findLast(text => text.startsWith('< HTTP/'));
  return {
    status: code(status) ?? (line === '' ? statusIn(seen ?? '') : null),
    connectStatus: code(connectStatus),
    connectMs: ms(connect),
    tlsMs: ms(appconnect),
    firstByteMs: ms(firstByte),
    totalMs: ms(total) || run.ms,
  };
}

function tcpStep(run: Run, context: ConnectionContext, facts: Facts): Step {
  const connected = facts.connectMs > 0 || /^\* (Connected|Established connection) to /m.test(run.text);
  if (connected) return { layer: 'tcp', outcome: CONNECTED, ms: facts.connectMs };
  const waitedMs = Math.round(facts.totalMs);
  // The whole of what curl said: which address failed, and with what; its last line alone names no error.
  const errno = errnoIn(
    run.text
      .split('\n')
      .filter(line => /failed: |Immediate connect fail|Recv failure/.test(line))
      .join('\n'),
  );
  const stopped = run.code === 28 || run.code === 124 || run.code === 137 || run.code === 143;
  const outcome: Outcome =
    errno !== null
      ? connectOutcome(errno, { address: context.address, route: context.route, waitedMs })
      : stopped
        ? { kind: 'syn-dropped', waitedMs }
        : notRun(unexplained(run));
  return { layer: 'tcp', outcome, ms: facts.totalMs };
}

/** What the proxy did instead of opening the tunnel, or null when it opened it or none was asked for. */
function proxyRefusal(run: Run, context: ConnectionContext, facts: Facts): readonly Step[] | null {
  if (!context.throughProxy || context.application !== 'https') return null;
  const status = facts.connectStatus;
  if (status !== null && status < 300) return null;
  if (facts.tlsMs > 0) return null;
  const ms = facts.totalMs - facts.connectMs;
  if (status !== null) {
    return [
      { layer: 'tls', outcome: notRun(`the proxy answered CONNECT with ${status}`), ms: 0 },
      { layer: 'http', outcome: { kind: 'http-status', status }, ms },
    ];
  }
  // A SOCKS proxy answers no CONNECT: whatever failed is in curl's words.
  const why = run.code === 28 ? 'the proxy did not answer CONNECT' : unexplained(run);
  const http: Outcome = run.code === 28 ? { kind: 'no-answer', layer: 'http', waitedMs: Math.round(ms) } : notRun(why);
  return run.code === 35 || run.code === 60 || run.code === 51
    ? null
    : [
        { layer: 'tls', outcome: notRun(why), ms: 0 },
        { layer: 'http', outcome: /reset/i.test(message(run)) ? { kind: 'reset' } : http, ms },
      ];
}

function tlsStep(run: Run, facts: Facts): Step {
  const ms = (facts.tlsMs > 0 ? facts.tlsMs : facts.totalMs) - facts.connectMs;
  const certificate = certificateIn(run.text);
  const outcome = ((): Outcome => {
    if (facts.tlsMs > 0 && run.code !== 60 && run.code !== 51) return { kind: 'connected', certificate };
    switch (run.code) {
      case 28:
      case 124:
        return { kind: 'no-answer', layer: 'tls', waitedMs: Math.round(ms) };
      case 77:
        return notRun(unexplained(run));
      default:
        return tlsFailed(message(run), certificate);
    }
  })();
  return { layer: 'tls', outcome, ms };
}

function httpStep(run: Run, facts: Facts, startMs: number): Step {
  const ms = Math.max(0, (facts.firstByteMs > 0 ? facts.firstByteMs : facts.totalMs) - startMs);
  if (facts.status !== null) return { layer: 'http', outcome: { kind: 'http-status', status: facts.status }, ms };
  const outcome = ((): Outcome => {
    if (/reset/i.test(message(run))) return { kind: 'reset' };
    // 52: closed without a word of an answer; 92: an HTTP/2 stream that was given up.
    if (run.code === 28 || run.code === 52 || run.code === 92)
      return { kind: 'no-answer', layer: 'http', waitedMs: Math.round(ms) };
    return notRun(unexplained(run));
  })();
  return { layer: 'http', outcome, ms };
}

/** The certificate as `-v` prints it, or null. */
function certificateIn(text: string): CertificateFacts | null {
  const field = (name: string): string => new RegExp(`^\\*\\s+${name}: (.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  const subject = field('subject');
  if (subject === '') return null;
  const name = /matched cert's "([^"]*)"/.exec(text)?.[1];
  return {
    subject,
    issuer: field('issuer'),
    names: name === undefined ? [] : [name],
    notBefore: isoDate(field('start date')),
    notAfter: isoDate(field('expire date')),
  };
}

function message(run: Run): string {
  return /^curl: \(\d+\) (.*)$/m.exec(run.text)?.[1] ?? '';
}

function unexplained(run: Run): string {
  return `curl ended with code ${run.code ?? 'unknown'}: ${message(run) || 'no message'}`;
}
