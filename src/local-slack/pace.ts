/** How fast an app may post: about a message a second in each channel, short bursts let through. */
import type { Clock } from './model.ts';

/**
 * `burst` messages at once, then one per `1 / perSecond` seconds, for each channel by itself
 * (https://docs.slack.dev/apis/web-api/rate-limits: "short bursts >1 allowed"; how short is not documented).
 */
export type Pace = { readonly perSecond: number; readonly burst: number };

/** Says of each message in a channel whether it may go (0), or after how many whole seconds it may be tried again. */
export function createPace(pace: Pace, clock: Clock): (channel: string) => number {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return channel => {
    const nowMs = clock.now();
    const { tokens, atMs } = buckets.get(channel) ?? { tokens: pace.burst, atMs: nowMs };
    const filled = Math.min(pace.burst, tokens + ((nowMs - atMs) / 1_000) * pace.perSecond);
    const goes = filled >= 1;
    buckets.set(channel, { tokens: goes ? filled - 1 : filled, atMs: nowMs });
    return goes ? 0 : Math.max(1, Math.ceil((1 - filled) / pace.perSecond));
  };
}
