/** What pagers are told of a follow-up: that the fix is there, that it recovered, that it did not. */
import { followText, noteWith, pageOf } from '../page/page-text.ts';
import type { Target, Told } from '../page/target.ts';
import { askerName } from '../queue/job.ts';
import { listText, timeText } from '../render/words.ts';
import { finishClaim, takeClaim } from '../store/claims.ts';
import { factsOf } from './facts.ts';
import { storedAnswer } from './find-answer.ts';
import { type Flow, pageKeyOf } from './flow.ts';
import type { FollowTurn } from './follow-look.ts';
import { type FollowEnd, putFlowPage, readFlowPage } from './follow-record.ts';
import { onceFor, replyOnce } from './follow-tell.ts';
import { KEPT_MS, readAnswer } from './records.ts';
import { tellIncident } from './tell-incident.ts';

/** A follow-up, and who is told. */
export type PagerTurn = FollowTurn & { readonly targets: readonly Target[] };

/**
 * Tells everything that is not told yet. Rejects while a pager cannot be reached. A worker killed between telling and writing it
 * down tells again: pages have their key and are the same to a pager, notes and changes stand there twice.
 */
export async function tellPagers(turn: PagerTurn): Promise<void> {
  const { end, fixSeen, pages } = turn.record;
  const tellings = [
    ...(fixSeen === null ? [] : [() => onceFor(turn, 'change', () => tellChange(turn))]),
    ...(end?.kind === 'recovered' ? [() => onceFor(turn, 'resolve', () => resolvePage(turn))] : []),
    ...(end?.kind === 'ran-out' && pages ? [() => onceFor(turn, 'page', () => triggerPage(turn))] : []),
    ...(end === null || end.kind === 'stopped' ? [] : [() => onceFor(turn, 'notes', () => tellIncidents(turn, end))]),
  ];
  // A pager that is down must not keep another one from being told.
  const results = await Promise.allSettled(tellings.map(tell => tell()));
  const failed = results.find(result => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function tellChange(turn: PagerTurn): Promise<void> {
  const { record } = turn;
  const { fixSeen, flow } = record;
  if (fixSeen === null) return;
  const change = {
    summary: `Fix applied: ${listText(fixSeen.objects)}, for ${wordsOf(flow)}`,
    source: sourceOf(flow),
    details: { by: fixSeen.by ?? 'not told', changed_at: fixSeen.changedAt ?? 'not told', seen_at: fixSeen.at },
    link: await linkOf(turn),
    at: fixSeen.changedAt ?? fixSeen.at,
  };
  await tellEach(turn, 'change', target => target.change(change));
}

/** Ends what was paged about this flow, by a press or by an earlier follow-up; what others paged is theirs. */
async function resolvePage(turn: PagerTurn): Promise<void> {
  const { work, record } = turn;
  const { store, now } = work.ports;
  const page = await readFlowPage(store, record.flow);
  if (page === null || page.resolvedAt !== null) return;
  const told = await tellEach(turn, 'resolve', target => (target.canPage ? target.resolve(page.key) : NOT_ITS));
  if (told.length > 0) await reply(turn, 'resolved', `What was paged about this flow is resolved: ${told.join(', ')}.`);
  // Last: with it nothing of this is done again.
  await putFlowPage(store, record.flow, { ...page, resolvedAt: new Date(now()).toISOString() });
}

async function triggerPage(turn: PagerTurn): Promise<void> {
  const { work, record } = turn;
  const { store, now } = work.ports;
  const stored = await storedAnswer({ work }, record.shown);
  if (stored === null) return;
  const at = new Date(now()).toISOString();
  const by = askerName(record.by);
  const page = pageOf(stored.diagnosis, work.templates, {
    key: pageKeyOf(record.flow),
    by: `${by}, whose follow-up ran out`,
    link: await linkOf(turn),
    at,
  });
  const told = await tellEach(turn, 'page', target => (target.canPage ? target.trigger(page) : NOT_ITS));
  if (told.length > 0) {
    await putFlowPage(store, record.flow, { key: page.key, at, by: record.by, acknowledgedAt: null, resolvedAt: null });
    await reply(turn, 'paged', `Paged, since it did not recover: ${told.join(', ')}.`);
  } else {
    await reply(turn, 'paged', '*Nobody was paged*, though that was asked for: no pager of the configuration took it.');
  }
}

const NOT_ITS: Promise<Told> = Promise.resolve({ kind: 'not-its' });

/** Each target once, also after a kill. Returns the kinds of those that took it. */
async function tellEach(turn: PagerTurn, about: string, tell: (target: Target) => Promise<Told>): Promise<string[]> {
  const { work, delivery, record, targets } = turn;
  const { store, now, log } = work.ports;
  const kinds: string[] = [];
  for (const [index, target] of targets.entries()) {
    const lease = { holder: delivery.holder, untilMs: delivery.visibleAgainAtMs, nowMs: now() };
    const taking = await takeClaim(store, `followed#${record.followId}#${about}#${index}#${target.kind}`, lease);
    if (taking.kind === 'held') throw new Error(`somebody else tells ${target.kind} of ${about}`);
    const told = taking.kind === 'done' ? { kind: taking.outcome } : await tell(target);
    if (told.kind === 'sent') kinds.push(target.kind);
    if (taking.kind === 'done') continue;
    if ('why' in told) log({ event: 'follow-refused', about, target: target.kind, why: told.why });
    await finishClaim(store, taking.claim, { outcome: told.kind, untilMs: now() + KEPT_MS });
  }
  return kinds;
}

/** Every incident that asked about this flow hears how it went. */
async function tellIncidents(turn: PagerTurn, end: FollowEnd): Promise<void> {
  const { work, delivery, record, targets } = turn;
  const { ports, templates } = work;
  const facts = await Promise.all([record.answerId, ...record.alsoFor].map(answerId => factsOf(ports.store, answerId)));
  const asked = facts.flat().flatMap(fact => (fact.kind === 'alert' ? [fact.incident] : []));
  const incidents = new Map(asked.map(incident => [incident.id, incident]));
  if (incidents.size === 0) return;
  const text = noteWith(followText(wordsOfEnd(turn, end), templates), { link: await linkOf(turn), remarks: [] });
  for (const incident of incidents.values()) {
    const isDone = await tellIncident(
      { ports, delivery, targets },
      { incident, text, about: `follow-${record.followId}`, answerId: record.answerId },
    );
    if (!isDone) throw new Error(`somebody else tells the incident ${incident.id}`);
  }
}

/** First line: how it is. Second: how that is known. */
function wordsOfEnd({ record }: PagerTurn, end: FollowEnd): { symbol: string; what: string; why: string } {
  const { flow, looks, fixSeen, cause } = record;
  const words = wordsOf(flow);
  const last = looks.at(-1);
  const at = timeText(end.at);
  const counted = `${looks.length} looks since ${timeText(record.startedAt)}`;
  if (end.kind === 'recovered') {
    const fix = fixSeen === null ? '' : ` Applied: ${listText(fixSeen.objects)}, by ${fixSeen.by ?? '(not told)'}.`;
    return {
      symbol: '✓',
      what: `${words} recovered`,
      why: `Two looks in a row got through, the second at ${at}.${fix}`,
    };
  }
  if (end.kind === 'pod-gone') return { symbol: '?', what: `${words} is not followed any more`, why: end.why ?? '' };
  return last?.result === 'blocked'
    ? { symbol: '✗', what: `${words} is still blocked`, why: `It is ${cause.verdict}, at the last of ${counted}.` }
    : { symbol: '?', what: `${words} is not known to have recovered`, why: `The last of ${counted} did not tell.` };
}

async function reply(turn: PagerTurn, name: string, line: string): Promise<void> {
  const answer = await readAnswer(turn.work.ports.store, turn.record.answerId);
  if (answer !== null) await replyOnce(turn, answer, name, async () => ({ lines: [line], changes: null }));
}

async function linkOf({ work, record }: PagerTurn): Promise<string | null> {
  const root = (await readAnswer(work.ports.store, record.answerId))?.root ?? null;
  const link = root === null ? null : await work.ports.slack.permalink(root);
  return link?.kind === 'ok' ? link.value : null;
}

function wordsOf({ namespace, workload, destination }: Flow): string {
  return `${namespace}/${workload} to ${destination}`;
}

function sourceOf({ cluster, namespace, workload }: Flow): string {
  return `${cluster}/${namespace}/${workload}`;
}
