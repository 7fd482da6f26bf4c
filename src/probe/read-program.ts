/** Reads the lines of the Python and Node programs (`program-python.ts`, `program-node.ts`): one JSON object each. */
import type { CertificateFacts, Outcome } from '../model.ts';
import { connectOutcome } from './errno.ts';
import { type Run, wasStopped } from './read-lines.ts';
import { CONNECTED, type ConnectionContext, isoDate, notRun, type Step, statusIn, tlsFailed } from './steps.ts';

/** One line, every field checked. */
export type ProgramLine = {
  readonly layer: string;
  readonly kind: string;
  readonly ms: number;
  readonly text: Readonly<Record<string, string | undefined>>;
  readonly rcode: number;
  readonly addresses: readonly string[];
  readonly certificate: CertificateFacts | null;
};

/** The lines of a program's output; what is no such line (a traceback, a warning) is left out. */
export function programLines(text: string): readonly ProgramLine[] {
  return text.split('\n').flatMap(line => {
    const value = parse(line);
    return value === null ? [] : [value];
  });
}

/** The steps of one run. A run that never started says nothing; one that was stopped was silent at the layer after its last. */
export function readProgram(run: Run, context: ConnectionContext): readonly Step[] {
  const lines = programLines(run.text);
  const seen = lines.filter(line => line.layer !== 'start');
  if (seen.length === 0 && !(wasStopped(run) && lines.length > 0)) {
    return [
      {
        layer: 'tcp',
        outcome: notRun(lines.length > 0 ? 'the program ended early' : `${run.tool} did not start in time`),
        ms: run.ms,
      },
    ];
  }
  const steps = seen.flatMap(line => stepsOf(line, context, run));
  const last = steps.at(-1);
  const stoppedAt = last === undefined ? 'tcp' : last.outcome.kind === 'connected' ? above(last.layer, context) : null;
  if (stoppedAt === null || !wasStopped(run)) return steps;
  return [...steps, { layer: stoppedAt, outcome: silence(stoppedAt, run.ms), ms: run.ms }];
}

function above(layer: Step['layer'], context: ConnectionContext): Step['layer'] | null {
  if (layer === 'tcp') return context.application === 'none' ? null : context.application === 'https' ? 'tls' : 'http';
  return layer === 'tls' ? 'http' : null;
}

function silence(layer: Step['layer'], waitedMs: number): Outcome {
  const waited = Math.round(waitedMs);
  return layer === 'tcp' ? { kind: 'syn-dropped', waitedMs: waited } : { kind: 'no-answer', layer, waitedMs: waited };
}

function stepsOf(line: ProgramLine, context: ConnectionContext, run: Run): readonly Step[] {
  if (line.layer === 'proxy') return proxySteps(line);
  if (line.layer !== 'tcp' && line.layer !== 'tls' && line.layer !== 'http') return [];
  return [{ layer: line.layer, outcome: outcomeOf(line, line.layer, context, run), ms: line.ms }];
}

function outcomeOf(line: ProgramLine, layer: Step['layer'], context: ConnectionContext, run: Run): Outcome {
  switch (line.kind) {
    case 'connected':
      return layer === 'tls' ? { kind: 'connected', certificate: line.certificate } : CONNECTED;
    case 'answered':
      return CONNECTED;
    case 'timeout':
      return silence(layer, line.ms);
    case 'errno': {
      const errno = line.text.errno ?? '';
      if (layer === 'tls' && (errno === 'ECONNRESET' || errno === 'EPIPE'))
        return tlsFailed('Connection reset by peer');
      return connectOutcome(errno, { address: context.address, route: context.route, waitedMs: Math.round(line.ms) });
    }
    case 'tls':
      return tlsFailed(line.text.why ?? '', line.certificate);
    case 'answer': {
      const status = statusIn(line.text.line ?? '');
      return status === null
        ? notRun(`the answer is no HTTP: ${line.text.line ?? ''}`)
        : { kind: 'http-status', status };
    }
    case 'closed':
      return { kind: 'no-answer', layer, waitedMs: Math.round(line.ms) };
    default:
      return notRun(`${run.tool} reported ${line.kind}`);
  }
}

function proxySteps(line: ProgramLine): readonly Step[] {
  const status = statusIn(line.text.line ?? '');
  if (status !== null && status < 300) return [];
  const why = status === null ? 'the proxy did not answer CONNECT' : `the proxy answered CONNECT with ${status}`;
  const http: Outcome =
    status !== null
      ? { kind: 'http-status', status }
      : line.text.errno === 'ECONNRESET'
        ? { kind: 'reset' }
        : { kind: 'no-answer', layer: 'http', waitedMs: Math.round(line.ms) };
  return [
    { layer: 'tls', outcome: notRun(why), ms: 0 },
    { layer: 'http', outcome: http, ms: line.ms },
  ];
}

function parse(line: string): ProgramLine | null {
  const value = objectIn(line);
  if (value === null || typeof value.layer !== 'string' || typeof value.kind !== 'string') return null;
  const text = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return {
    layer: value.layer,
    kind: value.kind,
    ms: typeof value.ms === 'number' ? value.ms : 0,
    text: Object.fromEntries(text),
    rcode: typeof value.rcode === 'number' ? value.rcode : -1,
    addresses: strings(value.addresses),
    certificate: certificate(value.certificate),
  };
}

function objectIn(line: string): Readonly<Record<string, unknown>> | null {
  if (!line.startsWith('{')) return null;
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : null;
  } catch {
    // Cut or garbled: no line of ours.
    return null;
  }
}

function certificate(value: unknown): CertificateFacts | null {
  if (!isRecord(value)) return null;
  const text = (name: string): string => (typeof value[name] === 'string' ? value[name] : '');
  return {
    subject: text('subject'),
    issuer: text('issuer'),
    names: strings(value.names),
    notBefore: isoDate(text('notBefore')),
    notAfter: isoDate(text('notAfter')),
  };
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
