/** When watched flows are looked at. Pure: the same flow has the same moments in every process, whoever computes them. */
import { createHash } from 'node:crypto';

/** As much of a flow as its moments depend on. */
export type Scheduled = { readonly name: string; readonly everyMinutes: number };

/** One look that is due. `atMs`: milliseconds since 1970. */
export type DueLook = { readonly name: string; readonly atMs: number };

const MINUTE_MS = 60_000;

/**
 * The looks from `fromMs` (inclusive) to `untilMs` (exclusive). A flow's moments depend on its name, so that a hundred flows of
 * five minutes are spread over five minutes and not all at once.
 */
export function dueLooks(flows: readonly Scheduled[], fromMs: number, untilMs: number): readonly DueLook[] {
  return flows.flatMap(({ name, everyMinutes }) => {
    const everyMs = everyMinutes * MINUTE_MS;
    const offsetMs = spreadOf(name) % everyMs;
    const looks: DueLook[] = [];
    const first = Math.ceil((fromMs - offsetMs) / everyMs) * everyMs + offsetMs;
    for (let atMs = first; atMs < untilMs; atMs += everyMs) looks.push({ name, atMs });
    return looks;
  });
}

/** Whole seconds, so that a moment reads well in an id. */
function spreadOf(name: string): number {
  return (createHash('sha256').update(name).digest().readUInt32BE(0) % 86_400) * 1000;
}
