/** The connection that a command's options and the environment ask for. */
import { type Connection, connect } from '../cluster/connect.ts';
import { readConfig } from '../config.ts';
import { FaultError, joined } from '../faults.ts';

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
