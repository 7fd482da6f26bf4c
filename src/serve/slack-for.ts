/** How long the halves of the one process ask Slack: listeners once, workers for a while, for the token's owner briefly. */
import { type Log, slackLogger } from '../slack/logger.ts';
import type { Timer } from '../slack/pace.ts';
import { type SlackClient, slackApi } from '../slack/web-api.ts';
import type { ServeEnvironment } from './environment.ts';

/** The process's own time. */
export const TIMER: Timer = {
  now: Date.now,
  wait: milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds)),
};

/** Milliseconds: of one call, and until no other is begun. */
export type CallTimes = { readonly timeoutMs: number; readonly totalMs: number };

/** A worker has time. */
export const workerPatience: CallTimes = { timeoutMs: 15_000, totalMs: 60_000 };
/** Slack waits for a listener for 3 s. */
export const listenerPatience: CallTimes = { timeoutMs: 1800, totalMs: 0 };
/** A Slack that is down at the start is no reason not to start. */
export const identityPatience: CallTimes = { timeoutMs: 1800, totalMs: 5000 };

/** The calls to Slack with these times. */
export function slackFor(
  { botToken, apiUrl }: ServeEnvironment,
  log: Log,
  { timeoutMs, totalMs }: CallTimes,
): SlackClient {
  const patience = { totalMs, ...TIMER };
  return slackApi({ token: botToken, apiUrl, timeoutMs, patience, logger: slackLogger(log) });
}
