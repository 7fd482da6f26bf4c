/** What is kept of a watched flow between two looks, and what is still to be told of it. */
import { createHash } from 'node:crypto';
import type { WatchSettings } from '../settings/watch.ts';
import type { Store, Stored } from '../store/store.ts';
import { NEVER_LOOKED, type Watched } from './watch-state.ts';

/** What has to be told, whoever does it: written down with the look that it comes from, so that a kill in between loses nothing. */
export type WatchTelling =
  | { readonly kind: 'outage' }
  /** `since`: ISO 8601, of the first bad look; `at`: of the last good one. */
  | { readonly kind: 'recovered'; readonly since: string; readonly at: string }
  | { readonly kind: 'blind'; readonly why: string };

/** One flow. */
export type WatchRecord = Watched & {
  /** What the name means; a flow that was changed in the configuration begins anew. */
  readonly flow: string;
  /** Id of the job whose look was the last. */
  readonly lastJob: string | null;
  /** The answer of this outage, or of the last one; null: there was none. */
  readonly answerId: string | null;
  readonly telling: WatchTelling | null;
};

/** An opened record. `save` rejects when somebody else has written meanwhile. */
export type WatchBook = {
  readonly record: () => WatchRecord;
  readonly save: (changes: Partial<WatchRecord>, nowMs: number) => Promise<void>;
};

/** Thirty days without any look: then the flow is no longer watched. */
const KEPT_MS = 30 * 86_400_000;

/** Opens the record of a flow, or begins it. */
export async function openWatch(store: Store, watch: WatchSettings): Promise<WatchBook> {
  const key = { partition: `watch#${watch.name}`, sort: 'state' };
  const stored = (await store.get(key)) as Stored<WatchRecord> | null;
  const flow = flowOf(watch);
  const fresh: WatchRecord = { ...NEVER_LOOKED, flow, lastJob: null, answerId: null, telling: null };
  let record = stored?.body.flow === flow ? stored.body : fresh;
  let expected: 'absent' | { readonly version: number } = stored === null ? 'absent' : { version: stored.version };
  return {
    record: () => record,
    save: async (changes, nowMs) => {
      const next = { ...record, ...changes };
      const written = await store.put(key, next, { expected, expiresAtMs: nowMs + KEPT_MS });
      if (written.kind === 'conflict') throw new Error(`another worker has written the record of watch ${watch.name}`);
      expected = { version: written.version };
      record = next;
    },
  };
}

function flowOf({ cluster, namespace, pod, host, channel }: WatchSettings): string {
  return createHash('sha256')
    .update(JSON.stringify([cluster, namespace, pod, host, channel]))
    .digest('hex')
    .slice(0, 32);
}
