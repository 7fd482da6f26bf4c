/** One look at a watched flow: gentle first, and whole only where something is wrong. */
import { type Fault, FaultError } from '../faults.ts';
import type { PodMethod, Vantage } from '../model.ts';
import type { StoredAnswer } from './find-answer.ts';
import type { ClusterQuestion, Clusters } from './ports.ts';
import { lookOf, type WatchLook } from './watch-state.ts';

/** A look. */
export type WatchAnswer = {
  readonly look: WatchLook;
  /** The whole answer where something is wrong; null: nothing is, nothing was seen, or it is known already. */
  readonly answer: StoredAnswer | null;
  /** Why nothing could be asked; null: it could. */
  readonly fault: Fault | null;
};

/**
 * Ways into the pod that leave nothing behind. An ephemeral container stays in the pod's spec for good, and a look every five
 * minutes would make three hundred of them a day.
 */
const TRACELESS: readonly PodMethod[] = ['exec', 'twin-pod'];
const FROM_POD: readonly Vantage[] = ['pod'];
const FROM_EVERYWHERE: readonly Vantage[] = ['pod', 'control', 'node'];

/**
 * Looks from the pod alone; where that is bad, at once again from every vantage, and that is what counts: it is what people
 * will read. `isKnownBad`: during an outage the whole answer is in its thread already. What cannot be asked is a look that saw
 * nothing; a fault of ours rejects.
 */
export async function lookAtFlow(
  clusters: Pick<Clusters, 'diagnose'>,
  question: ClusterQuestion,
  { isKnownBad }: { readonly isKnownBad: boolean },
): Promise<WatchAnswer> {
  const gentle = await seen(clusters, { ...question, look: { vantages: FROM_POD, podMethods: TRACELESS } });
  if (gentle.look.kind !== 'bad' || isKnownBad) return { ...gentle, answer: null };
  return seen(clusters, { ...question, look: { vantages: FROM_EVERYWHERE, podMethods: TRACELESS } });
}

async function seen(clusters: Pick<Clusters, 'diagnose'>, question: ClusterQuestion): Promise<WatchAnswer> {
  try {
    const { evidence, diagnosis } = await clusters.diagnose(question, () => undefined);
    const look = lookOf(diagnosis);
    return { look, answer: look.kind === 'bad' ? { evidence, diagnosis } : null, fault: null };
  } catch (error) {
    if (!(error instanceof FaultError) || error.fault.code === 'internal') throw error;
    const { fault } = error;
    return { look: { kind: 'unknown', why: `${fault.what} ${fault.cause}` }, answer: null, fault };
  }
}
