import type { Clock } from '../../src/local-slack/model.ts';

/** A clock that stands still until it is moved; what became due meanwhile then runs, in order. */
export function handClock(
  startMs: number = Date.parse('2026-01-01T00:00:00Z'),
): Clock & { readonly move: (milliseconds: number) => void } {
  let nowMs = startMs;
  let waiting: { readonly atMs: number; readonly run: () => void }[] = [];
  return {
    now: () => nowMs,
    after: (milliseconds, run) => {
      const entry = { atMs: nowMs + milliseconds, run };
      waiting.push(entry);
      return () => {
        waiting = waiting.filter(one => one !== entry);
      };
    },
    move: milliseconds => {
      nowMs += milliseconds;
      const due = waiting.filter(({ atMs }) => atMs <= nowMs);
      waiting = waiting.filter(({ atMs }) => atMs > nowMs);
      for (const { run } of due.toSorted((a, b) => a.atMs - b.atMs)) run();
    },
  };
}
