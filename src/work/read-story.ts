/** What was kept of an incident -> its story: every answer of its threads, and what was done around them. No cluster is asked. */
import { seeFix } from '../diagnose/fix-seen.ts';
import type { Diagnosis } from '../model.ts';
import type { FactOf, Story, StoryFact } from '../render/timeline/story.ts';
import { getResult } from '../store/results.ts';
import type { Store } from '../store/store.ts';
import { podText } from './audit-of.ts';
import { type AnswerFact, answersOfThread, factsOf } from './facts.ts';
import type { StoredAnswer } from './find-answer.ts';
import { flowOf } from './flow.ts';
import { type FollowRecord, readFlowPage, readFollows } from './follow-record.ts';
import { type AnswerRecord, readAnswer } from './records.ts';

/** An answer, and what is kept of its look; null: nothing, or no more. */
type Chapter = { readonly record: AnswerRecord; readonly stored: StoredAnswer | null };

/** The story of these answers and of all others in their threads. `incident`: as it was asked for. */
export async function storyOf(store: Store, incident: string, answerIds: readonly string[]): Promise<Story> {
  const chapters = await chaptersOf(store, answerIds);
  const facts = await Promise.all([
    ...chapters.map(chapter => chapterFacts(store, chapter)),
    flowFacts(store, chapters),
  ]);
  return { incident, facts: withoutRepetition([...facts.flat(), ...fixFacts(chapters)]) };
}

/** A fix may be seen by a follow-up and by somebody who checks again: the first counts. */
function withoutRepetition(facts: readonly StoryFact[]): readonly StoryFact[] {
  const nameOf = ({ objects }: FactOf<'fix-seen'>): string => JSON.stringify(objects);
  const seen = facts.filter(fact => fact.kind === 'fix-seen').toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const first = new Map(seen.toReversed().map(fact => [nameOf(fact), fact]));
  return facts.filter(fact => fact.kind !== 'fix-seen' || first.get(nameOf(fact)) === fact);
}

/** Oldest first, each once. */
async function chaptersOf(store: Store, answerIds: readonly string[]): Promise<readonly Chapter[]> {
  const threads = await Promise.all(answerIds.map(answerId => threadOf(store, answerId)));
  const ids = [...new Set(threads.flat())];
  const chapters = await Promise.all(ids.map(id => chapterOf(store, id)));
  return chapters
    .filter(chapter => chapter !== null)
    .toSorted((a, b) => Date.parse(a.record.at) - Date.parse(b.record.at));
}

async function threadOf(store: Store, answerId: string): Promise<readonly string[]> {
  const record = await readAnswer(store, answerId);
  const threadTs = record?.place.threadTs ?? record?.root?.ts ?? null;
  if (record === null || threadTs === null) return [answerId];
  return [answerId, ...(await answersOfThread(store, { channel: record.place.channel, threadTs }))];
}

async function chapterOf(store: Store, answerId: string): Promise<Chapter | null> {
  const record = await readAnswer(store, answerId);
  if (record === null) return null;
  const stored = record.resultOf === null ? null : await getResult(store, record.resultOf);
  return { record, stored: stored as StoredAnswer | null };
}

async function chapterFacts(store: Store, { record, stored }: Chapter): Promise<readonly StoryFact[]> {
  const { answerId, at, asker, asked, place, question, end, resultOf } = record;
  const namespace = question?.namespace ?? asked.namespace;
  const told: StoryFact[] = [
    {
      kind: 'asked',
      at,
      by: asker,
      answerId,
      pod: podText(namespace, asked.pod),
      host: asked.host,
      cluster: question?.cluster ?? asked.cluster,
      channel: place.channel,
    },
  ];
  if (stored !== null) {
    told.push({
      kind: 'looked',
      at: endOf(stored.diagnosis),
      diagnosis: stored.diagnosis,
      isShared: resultOf !== answerId,
    });
  }
  if (end !== null && end.kind !== 'answered') told.push({ kind: 'no-answer', at, how: end.kind, why: end.why });
  if (end?.kind === 'answered' && stored === null) {
    told.push({ kind: 'no-answer', at, how: 'not-kept', why: `it was ${end.verdict}` });
  }
  return [...told, ...(await factsOf(store, answerId)).map(factOf)];
}

function endOf({ askedAt, timing }: Diagnosis): string {
  return new Date(Date.parse(askedAt) + timing.totalMs).toISOString();
}

function factOf(fact: AnswerFact): StoryFact {
  const { at } = fact;
  switch (fact.kind) {
    case 'alert': {
      const { incident, title, startedAt } = fact;
      return { kind: 'alert', at, source: incident.source, key: incident.key, title, startedAt };
    }
    case 'note': {
      const { target, incident, about, outcome, why } = fact;
      return { kind: 'noted', at, target, incident, about, refusedBecause: outcome === 'sent' ? null : (why ?? '') };
    }
    case 'press':
      return { kind: 'pressed', at, by: fact.by, action: fact.action };
    case 'resolved':
    case 'watch-recovered':
      return fact;
    default:
      return fact satisfies never;
  }
}

/** Follow-ups of these answers, and pages about their flows since the first of them. */
async function flowFacts(store: Store, chapters: readonly Chapter[]): Promise<readonly StoryFact[]> {
  const ids = new Set(chapters.map(({ record }) => record.answerId));
  const firstMs = Math.min(...chapters.map(({ record }) => Date.parse(record.at)));
  const flows = chapters.flatMap(({ record, stored }) =>
    stored === null ? [] : [flowOf(stored.diagnosis, record.question?.cluster ?? null)],
  );
  const unlike = [...new Map(flows.map(flow => [JSON.stringify(flow), flow])).values()];
  const facts = await Promise.all(
    unlike.map(async flow => {
      const follows = (await readFollows(store, flow)).filter(
        ({ answerId, alsoFor }) => ids.has(answerId) || alsoFor.some(id => ids.has(id)),
      );
      const page = await readFlowPage(store, flow);
      const pages = page === null || Date.parse(page.at) < firstMs ? [] : pageFacts(page);
      return [...follows.flatMap(followFacts), ...pages];
    }),
  );
  return facts.flat();
}

function pageFacts(page: NonNullable<Awaited<ReturnType<typeof readFlowPage>>>): readonly StoryFact[] {
  const { at, by, acknowledgedAt, resolvedAt } = page;
  return [
    { kind: 'paged', at, by },
    ...(acknowledgedAt === null ? [] : [{ kind: 'page-ended', at: acknowledgedAt, how: 'acknowledged' } as const]),
    ...(resolvedAt === null ? [] : [{ kind: 'page-ended', at: resolvedAt, how: 'resolved' } as const]),
  ];
}

function followFacts({ startedAt, by, untilMs, pages, looks, fixSeen, end }: FollowRecord): readonly StoryFact[] {
  return [
    { kind: 'follow-began', at: startedAt, by, until: new Date(untilMs).toISOString(), pages },
    ...looks.map(
      ({ look, at, result, verdict, policies, changed }): FactOf<'follow-looked'> => ({
        kind: 'follow-looked',
        at,
        look,
        result,
        verdict,
        policies,
        changed,
      }),
    ),
    ...(fixSeen === null ? [] : [{ kind: 'fix-seen', ...fixSeen } as const]),
    ...(end === null ? [] : [{ kind: 'follow-ended', at: end.at, how: end.kind, by: end.by, why: end.why } as const]),
  ];
}

/** Whether the fix of one answer is in the cluster at the look of a later one; the first look that sees it counts. */
function fixFacts(chapters: readonly Chapter[]): readonly StoryFact[] {
  const looks = chapters.flatMap(({ stored }) => stored ?? []);
  return looks.flatMap((before, index) => {
    for (const now of looks.slice(index + 1)) {
      const { fix } = before.diagnosis;
      const seen = seeFix(fix, before.evidence, now.evidence, endOf(now.diagnosis));
      if (seen !== null) return [{ kind: 'fix-seen', ...seen } as const];
    }
    return [];
  });
}
