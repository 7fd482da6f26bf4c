/** A look at a cluster, for no longer than its delivery is nobody else's. */
import { FaultError } from '../faults.ts';
import type { Delivery } from '../queue/queue.ts';
import type { Work } from './work.ts';

/** Milliseconds of the lease that are kept for saying how it ended. */
const FOR_THE_END_MS = 5_000;

/** Milliseconds between two glances at the clock: a look that has ended must not keep a timer, and its evidence, for minutes. */
const GLANCE_MS = 1_000;

/** A look that hangs must not keep its thread waiting for good: near the end of the lease it is a fault instead. */
export async function withinLease<Value>(
  { ports }: Pick<Work, 'ports'>,
  delivery: Pick<Delivery, 'visibleAgainAtMs'>,
  looking: Promise<Value>,
): Promise<Value> {
  const { now, wait } = ports;
  const startedMs = now();
  let hasEnded = false;
  const ended = looking.finally(() => {
    hasEnded = true;
  });
  ended.catch(() => undefined);
  const watching = (async (): Promise<void> => {
    while (!hasEnded && now() < delivery.visibleAgainAtMs - FOR_THE_END_MS) await wait(GLANCE_MS);
  })();
  await Promise.race([ended, watching]);
  if (hasEnded) return ended;
  throw new FaultError({
    code: 'cluster-unreachable',
    what: `The cluster did not answer within ${Math.round((now() - startedMs) / 1000)} s.`,
    cause: 'Reading or probing took longer than a question may.',
    remedy: 'Ask again; `kubectl get --raw /readyz?verbose` says whether its API server is well.',
  });
}
