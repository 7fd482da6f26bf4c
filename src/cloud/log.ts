/** The log of a function: one JSON event a line on standard output, which Lambda keeps; without tokens, without bodies. */
import { type Log, withoutSecrets } from '../slack/logger.ts';

/** A log, and how to tell it which request is served: a function serves one at a time. */
export type FunctionLog = { readonly log: Log; readonly begin: (requestId: string) => void };

/** Makes it. Every event has the request's id, so that the lines of one invocation are found together. */
export function functionLog(write: (line: string) => void = writeLine): FunctionLog {
  let requestId = 'none';
  return {
    begin: id => {
      requestId = id;
    },
    log: event => {
      const safe = Object.entries(event).map(([key, value]) => [key, safeValue(value)]);
      write(`${JSON.stringify({ requestId, ...Object.fromEntries(safe) })}\n`);
    },
  };
}

function writeLine(line: string): void {
  process.stdout.write(line);
}

function safeValue(value: unknown): unknown {
  if (typeof value === 'string') return withoutSecrets(value);
  return typeof value === 'object' && value !== null ? withoutSecrets(JSON.stringify(value)) : value;
}
