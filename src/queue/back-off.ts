/** How long a failed job waits for its next attempt, in both queues. */

const FIRST_MS = 2000;
/** Somebody is waiting for the answer: a minute is long. */
const LONGEST_MS = 60_000;

/** Milliseconds to wait after attempt `attempt` (from 1): twice as long each time, of which `random` (0 to 1) takes up to half, so that many do not come back at once. */
export function backOffMs(attempt: number, random: number): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempt - 1));
  return Math.round(longest * (1 - random / 2));
}
