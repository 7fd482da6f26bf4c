/** What somebody calls an incident -> its answers: a pager's name or address of it, an answer's id, a thread's link or ts. */
import type { Fault } from '../faults.ts';
import { shown } from '../hostname.ts';
import { visibleLine } from '../render/escape.ts';
import type { Story } from '../render/timeline/story.ts';
import { listAudit } from '../store/audit.ts';
import type { Store } from '../store/store.ts';
import { answersNamed, answersOfThread, recentIncidents } from './facts.ts';
import { storyOf } from './read-story.ts';
import { readAnswer } from './records.ts';

/** The story, or why there is none. */
export type StoryReading =
  | { readonly kind: 'story'; readonly story: Story }
  | { readonly kind: 'unknown'; readonly fault: Fault };

/** Finds it. `nowMs`: for the names of what is known. */
export async function findStory(store: Store, text: string, nowMs: number): Promise<StoryReading> {
  const incident = text.trim();
  const answerIds = await answersFor(store, incident);
  if (answerIds.length > 0) return { kind: 'story', story: await storyOf(store, incident, answerIds) };
  return { kind: 'unknown', fault: await unknownFault(store, incident, nowMs) };
}

async function answersFor(store: Store, text: string): Promise<readonly string[]> {
  const thread = threadOf(text);
  if (thread !== null) return answersOfThread(store, thread);
  if (text === '') return [];
  if ((await readAnswer(store, text)) !== null) return [text];
  const names = new Set([text, text.replace(/[?#].*$/, ''), text.replace(/[?#].*$/, '').replace(/\/+$/, '')]);
  const named = await Promise.all([...names].filter(name => name !== '').map(name => answersNamed(store, name)));
  return [...new Set(named.flat().map(({ answerId }) => answerId))];
}

/**
 * The thread of a link (`…/archives/C0123/p1795258800000001?thread_ts=…`) or of a ts (`1795258800.000001`); null: it is neither.
 * https://docs.slack.dev/reference/methods/chat.getPermalink
 */
export function threadOf(text: string): { readonly channel: string | null; readonly threadTs: string } | null {
  if (/^\d{10}\.\d{6}$/.test(text)) return { channel: null, threadTs: text };
  const [, channel, seconds, micros] =
    /^https:\/\/[^/]+\/archives\/([CDG][A-Z0-9]+)\/p(\d{10})(\d{6})/.exec(text) ?? [];
  if (channel === undefined) return null;
  const [, root] = /[?&]thread_ts=(\d{10}\.\d{6})(?:&|$)/.exec(text) ?? [];
  return { channel, threadTs: root ?? `${seconds}.${micros}` };
}

const NAMES_SHOWN = 5;
const DAY_MS = 86_400_000;

/** To be copied: never cut. */
function whole(id: string): string {
  return `"${visibleLine(id)}"`;
}

async function unknownFault(store: Store, incident: string, nowMs: number): Promise<Fault> {
  const [incidents, asked] = await Promise.all([
    recentIncidents(store, nowMs, NAMES_SHOWN),
    listAudit(store, { sinceMs: nowMs - 7 * DAY_MS, untilMs: nowMs, user: null, limit: 200 }),
  ]);
  const answers = asked
    .filter(
      ({ id, action, outcome }) =>
        action === 'ask' && outcome.kind === 'answered' && incidents.every(({ answerId }) => answerId !== id),
    )
    .slice(-NAMES_SHOWN);
  const known = [
    ...incidents.map(({ source, key }) => `${whole(key)} (${source})`),
    ...answers.toReversed().map(({ id, subject }) => `${whole(id)} (${visibleLine(subject)})`),
  ];
  return {
    code: 'not-found',
    what: `Nothing is known of an incident ${shown(incident)}.`,
    cause:
      'No alert of this name or address asked, it is the id of no answer, and no thread with an answer is there; or it is older than the 30 days for which answers are kept.',
    remedy:
      known.length === 0
        ? 'Nothing was asked in the last week: check that this is the database of the bot (--database, or --table in AWS).'
        : `Known of late: ${known.join(', ')}. The link of a message in the thread does as well.`,
  };
}
