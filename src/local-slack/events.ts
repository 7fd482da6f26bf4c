/** The Events API's own rule: an event that was not acknowledged comes again at once, after one and after five minutes. */
import type { Delivered, Parcel } from './delivery.ts';
import type { Clock } from './model.ts';

/** Milliseconds before each repetition (https://docs.slack.dev/apis/events-api#retries). */
const RETRY_AFTER_MS = [0, 60_000, 300_000];

/**
 * Sends an event, and again by the rule until it is acknowledged. Resolves with how the first delivery ended; what is
 * repeated is told to `onRepeated`.
 */
export async function deliverEvent(
  payload: Parcel['payload'],
  ports: {
    readonly clock: Clock;
    readonly send: (parcel: Parcel) => Promise<Delivered>;
    readonly onRepeated: (attempt: number, delivered: Delivered) => void;
  },
): Promise<Delivered> {
  const first = await ports.send({ type: 'events_api', payload, retry: null });
  const repeat = (before: Delivered, attempt: number): void => {
    const afterMs = RETRY_AFTER_MS[attempt - 1];
    if (before.kind === 'acked' || before.noRetry || afterMs === undefined) return;
    ports.clock.after(afterMs, async () => {
      const again = await ports.send({ type: 'events_api', payload, retry: { attempt, reason: reasonOf(before) } });
      ports.onRepeated(attempt, again);
      repeat(again, attempt + 1);
    });
  };
  repeat(first, 1);
  return first;
}

function reasonOf(failed: Extract<Delivered, { kind: 'failed' }>): string {
  if (failed.error === 'operation_timeout') return 'http_timeout';
  return failed.error.startsWith('http_') ? 'http_error' : 'connection_failed';
}
