/** Tells a pager's incident, each target once. */

import type { Incident } from '../page/alert.ts';
import type { Target } from '../page/target.ts';
import type { Delivery } from '../queue/queue.ts';
import { finishClaim, takeClaim } from '../store/claims.ts';
import { addFact } from './facts.ts';
import { KEPT_MS } from './records.ts';
import type { Work } from './work.ts';

/** What is told: `about` makes two tellings one. */
export type Telling = {
  readonly incident: Incident;
  readonly text: string;
  readonly about: string;
  /** The answer whose report has it; absent: none has. */
  readonly answerId?: string;
};

/**
 * Tells every target that has a place for the incident. A target that refuses is logged: the thread has the answer. Rejects
 * when one cannot be reached, so that the job comes again; a worker killed between telling and writing it down tells twice,
 * which is better than never. Reports false when somebody else is at it.
 */
export async function tellIncident(
  {
    ports,
    delivery,
    targets,
  }: { readonly ports: Work['ports']; readonly delivery: Delivery; readonly targets: readonly Target[] },
  { incident, text, about, answerId }: Telling,
): Promise<boolean> {
  const { store, now, log } = ports;
  const lease = { holder: delivery.holder, untilMs: delivery.visibleAgainAtMs, nowMs: now() };
  let isDone = true;
  for (const [index, target] of targets.entries()) {
    const taking = await takeClaim(store, `told#${index}#${target.kind}#${about}#${incident.id}`, lease);
    if (taking.kind === 'held') isDone = false;
    if (taking.kind !== 'taken') continue;
    const told = await target.note(incident, text);
    if (told.kind === 'refused')
      log({ event: 'note-refused', target: target.kind, incident: incident.id, why: told.why });
    if (answerId !== undefined && told.kind !== 'not-its') {
      await addFact(store, answerId, `${index} ${about} ${incident.id}`, {
        kind: 'note',
        at: new Date(now()).toISOString(),
        target: target.kind,
        incident: incident.key,
        about,
        outcome: told.kind,
        why: told.kind === 'refused' ? told.why : null,
      });
    }
    await finishClaim(store, taking.claim, { outcome: told.kind, untilMs: now() + KEPT_MS });
  }
  return isDone;
}
