/** The log of the one process: one JSON event a line on standard error, without tokens and without bodies. */
import { type DestinationStream, pino } from 'pino';
import { type Log, withoutSecrets } from '../slack/logger.ts';

/** Longer texts are cut: an event is a line that somebody reads. */
const TEXT_CHARACTERS = 1000;

/** Makes it. `destination` is where the lines go; the standard error of the process where it is left out. */
export function jsonLog(destination: DestinationStream = pino.destination({ dest: 2, sync: true })): Log {
  const logger = pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: level => ({ level }) } },
    destination,
  );
  return event => {
    const { level: _, ...fields } = event;
    logger[levelOf(event)](Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, safe(value)])));
  };
}

function levelOf(event: Readonly<Record<string, unknown>>): 'info' | 'warn' | 'error' {
  if (event.level === 'warn' || event.level === 'error') return event.level;
  return 'why' in event || 'error' in event ? 'warn' : 'info';
}

/** Texts without secrets; anything deeper than a number, a word or a list of them is not for a log. */
function safe(value: unknown): unknown {
  if (typeof value === 'string') return withoutSecrets(value).slice(0, TEXT_CHARACTERS);
  if (Array.isArray(value)) return value.slice(0, 20).map(safe);
  return typeof value === 'object' && value !== null ? withoutSecrets(JSON.stringify(value)) : value;
}
