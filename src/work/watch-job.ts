/** One look at a watched flow, and what it changes: a flow that breaks is asked about in its channel, one thread per outage. */
import type { Delivery, Handled } from '../queue/queue.ts';
import type { WatchSettings } from '../settings/watch.ts';
import { putAudit } from '../store/audit.ts';
import { renewClaim, takeClaim } from '../store/claims.ts';
import { putResult } from '../store/results.ts';
import { keptUntilMs } from './records.ts';
import { lookEnvelope } from './watch-envelopes.ts';
import { lookAtFlow, type WatchAnswer } from './watch-look.ts';
import { openWatch, type WatchTelling } from './watch-record.ts';
import { nextWatched, type WatchEvent, type WatchLook, wantsLookSoon } from './watch-state.ts';
import { tellWatch, type WatchTurn } from './watch-tell.ts';
import { DONE, type HandleJob } from './work.ts';

/** Seconds until a look that settles a doubt. */
const SOON_SECONDS = 60;
const MINUTE_MS = 60_000;

/** Looks. Two looks at one flow never overlap: the one that comes while another is at it is left out. */
export const watchJob: HandleJob<'watch'> = async (work, delivery, { name }) => {
  const { store, now, log } = work.ports;
  const watch = work.settings.watch?.find(each => each.name === name);
  if (watch === undefined) {
    log({ event: 'watch-unknown', name });
    return DONE;
  }
  const lease = { holder: delivery.holder, untilMs: delivery.visibleAgainAtMs, nowMs: now() };
  const taking = await takeClaim(store, `watch#${name}`, lease);
  if (taking.kind !== 'taken') {
    log({ event: 'watch-left-out', name, id: delivery.envelope.id, why: 'another look is at it' });
    return DONE;
  }
  try {
    return await lookAndTell({ work, delivery, watch, book: await openWatch(store, watch) });
  } finally {
    await renewClaim(store, taking.claim, now());
  }
};

async function lookAndTell(turn: WatchTurn): Promise<Handled> {
  const { work, delivery, watch, book } = turn;
  const { id } = delivery.envelope;
  // What an earlier worker could not tell any more comes first, and is told as it was seen then.
  if (book.record().telling !== null) return tellWatch(turn);
  if (book.record().lastJob === id || isLate(work.ports.now(), delivery, watch)) return DONE;
  const answer = await lookAtFlow(work.ports.clusters, questionOf(watch), {
    isKnownBad: book.record().phase.kind === 'outage',
  });
  await audit(turn, answer.look);
  await writeDown(turn, answer);
  if (wantsLookSoon(book.record()) && watch.everyMinutes > 1) await lookSoon(turn);
  return book.record().telling === null ? DONE : tellWatch(turn);
}

/** A queue that was full has newer looks behind this one. */
function isLate(nowMs: number, { envelope }: Delivery, { everyMinutes }: WatchSettings): boolean {
  return nowMs - Date.parse(envelope.at) > Math.max(everyMinutes, 5) * MINUTE_MS;
}

function questionOf({ cluster, namespace, pod, host }: WatchSettings) {
  return { cluster, namespace, pod, host, probe: true };
}

/** The answer is kept before the record names it: whoever tells it needs no look of their own. */
async function writeDown({ work, delivery, watch, book }: WatchTurn, { look, answer }: WatchAnswer): Promise<void> {
  const { store, now, log } = work.ports;
  const { id, at } = delivery.envelope;
  const { phase } = book.record();
  const lookedAt = new Date(now()).toISOString();
  const { watched, event } = nextWatched(book.record(), look, lookedAt);
  log({ event: 'watch-looked', name: watch.name, look: look.kind, now: watched.phase.kind });
  if (event === 'outage' && answer !== null) await putResult(store, id, answer, keptUntilMs(at));
  const since = phase.kind === 'outage' ? phase.since : lookedAt;
  const answerId = event === 'outage' ? { answerId: id } : {};
  await book.save(
    { ...watched, ...answerId, lastJob: id, telling: tellingOf(event, look, { since, at: lookedAt }) },
    now(),
  );
}

function tellingOf(
  event: WatchEvent,
  look: WatchLook,
  times: { readonly since: string; readonly at: string },
): WatchTelling | null {
  switch (event) {
    case 'none':
      return null;
    case 'outage':
      return { kind: 'outage' };
    case 'recovered':
      return { kind: 'recovered', ...times };
    case 'blind':
      return { kind: 'blind', why: look.kind === 'unknown' ? look.why : '' };
    default:
      return event satisfies never;
  }
}

/** The job of that moment: sent twice, it is one. */
async function lookSoon({ work, delivery, watch }: WatchTurn): Promise<void> {
  const envelope = lookEnvelope(watch.name, Date.parse(delivery.envelope.at) + SOON_SECONDS * 1000);
  await work.ports.queue.send(envelope, { delaySeconds: SOON_SECONDS });
}

/** One entry for each hour and flow: looks every few minutes for a year would bury what people asked. */
async function audit({ work, watch }: WatchTurn, look: WatchLook): Promise<void> {
  const at = `${new Date(work.ports.now()).toISOString().slice(0, 13)}:00:00.000Z`;
  await putAudit(work.ports.store, {
    id: `watch:${watch.name}`,
    at,
    who: { kind: 'system', name: 'watch' },
    action: 'watch',
    subject: `${watch.namespace}/${watch.pod} ${watch.host} (${watch.name}; the last look of this hour)`,
    cluster: watch.cluster,
    channel: watch.channel,
    outcome: outcomeOf(look),
  });
}

function outcomeOf(look: WatchLook) {
  switch (look.kind) {
    case 'good':
      return { kind: 'answered', verdict: 'reachable' } as const;
    case 'bad':
      return { kind: 'answered', verdict: look.verdict } as const;
    case 'unknown':
      return { kind: 'failed', why: look.why } as const;
    default:
      return look satisfies never;
  }
}
