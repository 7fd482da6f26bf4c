/** The connection that a command's options and the environment ask for. */
import { type Connection, connect } from '../cluster/connect.ts';
import { readConfig } from '../config.ts';
import { type Fault, FaultError } from '../faults.ts';

/** `--context` and `--as-bot`, as commander gives them. */
export type ConnectionOptions = { readonly context?: string; readonly asBot?: true };

/** Connects; the bot's accounts are those of the configured namespace. Throws a FaultError when it cannot. */
export async function connectFor(options: ConnectionOptions): Promise<Connection> {
  const reading = readConfig(process.env);
  if (reading.kind === 'faults') throw new FaultError(joined(reading.faults));
  return connect({
    context: options.context ?? null,
    asBot: options.asBot === true,
    botNamespace: reading.config.namespace,
  });
}

/** Several faults as one, so that none is lost: the first one's code, everybody's words. */
export function joined(faults: readonly Fault[]): Fault {
  const [first] = faults;
  if (first === undefined) throw new Error('nothing was wrong');
  if (faults.length === 1) return first;
  return {
    code: first.code,
    what: faults.map((fault, index) => `(${index + 1}) ${fault.what}`).join(' '),
    cause: faults.map((fault, index) => `(${index + 1}) ${fault.cause}`).join(' '),
    remedy: faults.map((fault, index) => `(${index + 1}) ${fault.remedy}`).join(' '),
  };
}
