/** What a run with faults asks, drawn from a seed: a thousand questions over captured bundles, and how each has to end. */

import type { Envelope } from '../../src/queue/job.ts';
import { answerParts } from '../fakes/answer-parts.ts';
import { askedIn, BUNDLES, diagnosisOf } from '../fakes/bundle-clusters.ts';

/**
 * A clock that runs `speed` times as fast from `baseMs` on, the same in every process: all that waits (leases, back-off,
 * edits, a minute of Slack being down) does so in that much less time.
 */
export function fastClock(baseMs: number, speed: number) {
  return {
    now: () => baseMs + (Date.now() - baseMs) * speed,
    wait: (milliseconds: number) => new Promise<void>(resolve => setTimeout(resolve, milliseconds / speed)),
  };
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How a question has to end: as a whole thread, or as one message that names the cause. */
export type Ending =
  /** `parts`: exactly these, in this order; null: those that every thread has, in this order, whatever is between. */
  | { readonly kind: 'thread'; readonly verdict: string; readonly parts: readonly string[] | null }
  | { readonly kind: 'failure'; readonly says: string };

export type Asked = { readonly envelope: Envelope; readonly ending: Ending };

/** Scaled: however slow the machine, a lease never ends before its worker does; a killed one's ends with its process. */
export const LEASE_MS = 3_600_000;

/** Clusters of one name each, so that few questions are the same and share a look. `down`: it never answers. */
export const CLUSTERS = [...Array.from({ length: 40 }, (_, index) => `c${index + 1}`), 'down'];
export const CHANNELS = Array.from({ length: 20 }, (_, index) => `C0FAULTS${String(index + 1).padStart(2, '0')}`);
export const USER = 'U0ANNA';
export const TEAM = 'T0LOCAL';

/** The questions of one run. Of a hundred, three are about a pod that is not there, two about a cluster that is down. */
export function questions(count: number, seed: number, at: string): readonly Asked[] {
  const random = seeded(seed);
  const pick = <Item>(items: readonly Item[]): Item => {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  };
  return Array.from({ length: count }, (_, index) => {
    const bundle = pick(BUNDLES);
    const kind = random();
    const isAbsent = kind < 0.03;
    const isDown = kind >= 0.03 && kind < 0.05;
    const asked = isAbsent ? { pod: 'nobody', host: 'google.com', namespace: 'payments' } : askedIn(bundle);
    const channel = pick(CHANNELS);
    const envelope: Envelope = {
      id: `cmd:${seed}.${index}`,
      group: channel,
      at,
      job: {
        kind: 'ask',
        asked: { ...asked, cluster: isDown ? 'down' : pick(CLUSTERS.slice(0, -1)), probe: true },
        asker: { kind: 'user', team: TEAM, user: USER },
        place: { channel, threadTs: null, responseUrl: null },
      },
    };
    const ending: Ending = isDown
      ? { kind: 'failure', says: 'could not be reached' }
      : isAbsent
        ? { kind: 'failure', says: 'There is no pod nobody' }
        : { kind: 'thread', verdict: diagnosisOf(bundle).verdict.code, parts: answerParts(diagnosisOf(bundle)) };
    return { envelope, ending };
  });
}
