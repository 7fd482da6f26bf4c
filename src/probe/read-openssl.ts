/**
 * Reads `openssl s_client` and the certificate that `openssl x509` printed. s_client's output is buffered: when it is
 * stopped, what it had seen may be missing, so a stopped run without CONNECTED says nothing of tcp.
 */
import type { CertificateFacts, Outcome } from '../model.ts';
import { connectOutcome, errnoIn } from './errno.ts';
import { type Run, wasStopped } from './read-lines.ts';
import { CONNECTED, type ConnectionContext, isoDate, notRun, type Step, statusIn, tlsFailed } from './steps.ts';

/** The steps of one s_client run. `tcpKnown`: another tool has just connected, so a stopped run was silent above tcp. */
export function readOpenssl(run: Run, context: ConnectionContext, tcpKnown: boolean): readonly Step[] {
  const tcp = tcpStep(run, context, tcpKnown);
  if (tcp.outcome.kind !== 'connected' || context.application === 'none') return [tcp];
  const refusal = /HTTP CONNECT failed, reason= ([0-9]{3})/.exec(run.text)?.[1];
  if (refusal !== undefined) {
    return [
      tcp,
      { layer: 'tls', outcome: notRun(`the proxy answered CONNECT with ${refusal}`), ms: 0 },
      { layer: 'http', outcome: { kind: 'http-status', status: Number(refusal) }, ms: run.ms },
    ];
  }
  const tls = tlsOutcome(run);
  const steps: Step[] = [tcp, { layer: 'tls', outcome: tls, ms: run.ms }];
  return tls.kind === 'connected' ? [...steps, { layer: 'http', outcome: httpOutcome(run), ms: run.ms }] : steps;
}

/** The certificate that `openssl x509 -noout -subject ...` printed, or null when none was presented. */
export function readCertificate(text: string): CertificateFacts | null {
  const field = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  const subject = field('subject');
  if (subject === '' && field('notAfter') === '') return null;
  const names = [...text.matchAll(/(?:DNS|IP Address):([^,\s]+)/g)].map(match => match[1] ?? '');
  return {
    subject,
    issuer: field('issuer'),
    names,
    notBefore: isoDate(field('notBefore')),
    notAfter: isoDate(field('notAfter')),
  };
}

function tcpStep(run: Run, context: ConnectionContext, tcpKnown: boolean): Step {
  const connected = /^CONNECTED/m.test(run.text) || /^depth=/m.test(run.text) || tcpKnown;
  if (connected) return { layer: 'tcp', outcome: CONNECTED, ms: run.ms };
  const errno = errnoIn(run.text);
  const outcome =
    errno !== null
      ? connectOutcome(errno, { address: context.address, route: context.route, waitedMs: run.ms })
      : notRun(
          wasStopped(run)
            ? 'openssl was stopped before it said whether it had connected'
            : 'openssl did not say whether it had connected',
        );
  return { layer: 'tcp', outcome, ms: run.ms };
}

function tlsOutcome(run: Run): Outcome {
  const refused = /verify error:num=\d+:(.*)/.exec(run.text)?.[1];
  if (refused !== undefined) return tlsFailed(refused);
  // The chain was walked and accepted: on error output, so it is there even when the run was stopped.
  if (/^verify return:1/m.test(run.text) || /^subject=/m.test(run.text))
    return { kind: 'connected', certificate: null };
  const error = /error:[0-9A-F]+:(.*)/.exec(run.text)?.[1];
  if (error !== undefined) return tlsFailed(error);
  if (errnoIn(run.text) === 'ECONNRESET' || errnoIn(run.text) === 'EPIPE') return tlsFailed('Connection reset by peer');
  if (wasStopped(run)) return { kind: 'no-answer', layer: 'tls', waitedMs: run.ms };
  return tlsFailed('closed before the handshake was complete');
}

function httpOutcome(run: Run): Outcome {
  const status = statusIn(/^HTTP\/.*$/m.exec(run.text)?.[0] ?? '');
  if (status !== null) return { kind: 'http-status', status };
  return errnoIn(run.text) === 'ECONNRESET'
    ? { kind: 'reset' }
    : { kind: 'no-answer', layer: 'http', waitedMs: run.ms };
}
