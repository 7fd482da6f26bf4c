/** What people and programs did, as lines. */
import type { Action } from '../../queue/job.ts';
import { code } from '../escape.ts';
import { type Entry, markOf, nameOf, type Say } from './entry.ts';
import type { FactOf, StoryFact } from './story.ts';

/** Every fact but looks of an answer, which are more than a line. */
export type Happening = Exclude<StoryFact, FactOf<'looked'>>;

/** The line of a fact; a fix that was seen is two: when it was written, and when that was seen. */
export function happenedEntries(fact: Happening, say: Say): readonly Entry[] {
  const { at } = fact;
  switch (fact.kind) {
    case 'alert':
      return [{ at, mark: 'done by a program', text: alertText(fact, say), details: [] }];
    case 'asked':
      return [{ at, mark: markOf(fact.by), text: askedText(fact, say), details: [] }];
    case 'no-answer':
      return [{ at, mark: 'done by a program', text: `${NO_ANSWER[fact.how]}: ${say`${fact.why}`}`, details: [] }];
    case 'pressed':
      return [
        { at, mark: markOf(fact.by), text: say`${nameOf(fact.by)} pressed "${BUTTONS[fact.action]}"`, details: [] },
      ];
    case 'noted':
      return [{ at, mark: 'done by a program', text: notedText(fact, say), details: [] }];
    case 'paged':
      return [{ at, mark: markOf(fact.by), text: say`${nameOf(fact.by)} had the people on call paged`, details: [] }];
    case 'page-ended':
      return [
        { at, mark: 'done by a program', text: say`The page about the flow was ${fact.how} by egress`, details: [] },
      ];
    case 'fix-seen':
      return fixSeenEntries(fact, say);
    case 'follow-began':
    case 'follow-looked':
    case 'follow-ended':
      return [followEntry(fact, say)];
    case 'watch-recovered':
      return [
        {
          at,
          mark: 'concluded',
          text: say`Recovered: the watch ${code(fact.name)} saw it get through twice in a row; broken since ${fact.since}`,
          details: [],
        },
      ];
    case 'resolved':
      return [
        {
          at,
          mark: 'done by a program',
          text: say`${fact.source} says that ${code(fact.incident)} is resolved`,
          details: [],
        },
      ];
    default:
      return fact satisfies never;
  }
}

const NO_ANSWER = {
  refused: 'The question was refused',
  failed: 'There was no answer',
  undeliverable: 'The answer could not be posted',
  'not-kept': 'The answer is no longer kept',
} as const satisfies Record<FactOf<'no-answer'>['how'], string>;

const BUTTONS: Readonly<Record<Action, string>> = {
  again: 'Check again',
  applied: 'I applied the fix',
  follow: 'Follow until it recovers',
  followAndPage: 'Follow, and page when it does not recover',
  stop: 'Stop following',
  page: 'Page',
  evidence: 'Show evidence',
  report: 'Incident report',
  choose: 'This one (choice of a pod)',
};

function alertText({ source, key, title, startedAt }: FactOf<'alert'>, say: Say): string {
  const began = startedAt === null ? '' : say`; by its own words since ${startedAt}`;
  const named = title === '' ? '' : say`: ${title}`;
  return `${say`Alert ${code(key)} of ${source} came in`}${named}${began}`;
}

function askedText({ by, pod, host, cluster, channel, answerId }: FactOf<'asked'>, say: Say): string {
  const where = cluster === null ? '' : say` in cluster ${code(cluster)}`;
  return `${say`${nameOf(by)} asked why ${code(pod)} cannot reach ${code(host)}`}${where}${say`, in channel ${code(channel)} (answer ${code(answerId)})`}`;
}

function notedText({ target, incident, about, refusedBecause }: FactOf<'noted'>, say: Say): string {
  const what = `${say`A note in ${code(incident)} of ${target}, with `}${aboutText(about)}`;
  return refusedBecause === null ? `${what} was written` : `${what} was refused: ${say`${refusedBecause}`}`;
}

/** `answer`, and for each follow-up a name of its own. */
function aboutText(about: string): string {
  return about === 'answer' ? 'the answer,' : 'what became of it,';
}

/** managedFields know programs: which person was behind one, nobody wrote down. */
function fixSeenEntries({ at, objects, by, changedAt }: FactOf<'fix-seen'>, say: Say): readonly Entry[] {
  const names = objects.map(code);
  const seen: Entry = { at, mark: 'observed', text: say`The proposed fix is in the cluster: ${names}`, details: [] };
  if (changedAt === null || !isTime(changedAt)) return [seen];
  const who =
    by === null ? 'by whom: not told' : say`by the field manager ${code(by)}; which person that was: not told`;
  return [{ at: changedAt, mark: 'observed', text: `The fix was applied, ${who}`, details: [] }, seen];
}

/** A cluster can write anything there, and JavaScript takes `0(` for a date: RFC 3339, as API servers write it, is one. */
function isTime(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(text) && !Number.isNaN(Date.parse(text))
  );
}

type Follow = FactOf<'follow-began'> | FactOf<'follow-looked'> | FactOf<'follow-ended'>;

function followEntry(fact: Follow, say: Say): Entry {
  const { at } = fact;
  switch (fact.kind) {
    case 'follow-began': {
      const pages = fact.pages ? '; somebody is paged when it does not recover until then' : '';
      const text = `${say`${nameOf(fact.by)} had the flow followed until ${fact.until}`}${pages}`;
      return { at, mark: markOf(fact.by), text, details: [] };
    }
    case 'follow-looked':
      return followLook(fact, say);
    case 'follow-ended':
      return followEnd(fact, say);
    default:
      return fact satisfies never;
  }
}

function followLook({ at, look, result, verdict, policies, changed }: FactOf<'follow-looked'>, say: Say): Entry {
  const details = changed === null ? [] : [say`${result === 'unknown' ? 'why' : 'changed'}: ${changed}`];
  if (result === 'good') return { at, mark: 'observed', text: say`Look ${look}: it got through`, details };
  if (result === 'unknown') return { at, mark: 'observed', text: say`Look ${look}: nothing was learned`, details };
  const by = policies.length === 0 ? '' : say`, decided by ${policies.map(code)}`;
  return { at, mark: 'concluded', text: `${say`Look ${look}: still ${code(verdict ?? 'blocked')}`}${by}`, details };
}

function followEnd({ at, how, by, why }: FactOf<'follow-ended'>, say: Say): Entry {
  const who = by === null ? '' : say` by ${nameOf(by)}`;
  const because = why === null ? '' : say`: ${why}`;
  const mark = how === 'recovered' ? 'concluded' : by === null ? 'done by a program' : markOf(by);
  return { at, mark, text: `${ENDS[how]}${who}${because}`, details: [] };
}

const ENDS = {
  recovered: 'Recovered: two looks in a row got through',
  'ran-out': 'Following ran out: it did not recover in its time',
  stopped: 'Following was stopped',
  'pod-gone': 'Following ended: the pod and its workload are gone',
  'resolved-elsewhere': 'Following ended: the incident was said to be over',
} as const satisfies Record<FactOf<'follow-ended'>['how'], string>;
