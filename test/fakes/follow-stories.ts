/** Stories of followed flows in which a worker is killed at a step: nothing is lost, and nothing is told twice. */
import { expect } from 'vitest';
import type { Alert, Incident } from '../../src/page/alert.ts';
import type { Job } from '../../src/queue/job.ts';
import { activeFollows } from '../../src/work/follow-record.ts';
import { ASKED, type Death, type FollowBench, followBench } from './follow.ts';
import { PAGING } from './paging.ts';
import { askJobOf, pressJobOf } from './work.ts';

const ALERT: Alert = {
  incident: { source: 'alertmanager', id: 'alertmanager:f1:11:00', key: 'f1', origin: null, url: null },
  state: 'firing',
  title: 'EgressBlocked',
  text: 'EgressBlocked',
  labels: { alertname: 'EgressBlocked', pod: ASKED.pod, namespace: ASKED.namespace, target: ASKED.host },
  annotations: {},
  service: null,
  startedAt: null,
  leftOut: 0,
};
/** An alert about the flow; of another `key` it is another incident. */
export const alertJob = (state: Alert['state'], key = 'f1', source: Incident['source'] = 'alertmanager'): Job => {
  const incident = { ...ALERT.incident, source, key, id: `${source}:${key}:11:00` };
  return { kind: 'alert', alert: { alert: { ...ALERT, state, incident }, alike: [] } };
};

export type FollowStory = {
  readonly name: string;
  readonly answerId: (bench: FollowBench) => string;
  readonly open: () => FollowBench;
  /** Before anybody is killed. */
  readonly before: (bench: FollowBench) => Promise<void>;
  readonly play: (bench: FollowBench) => Promise<void>;
};

export const FOLLOW_STORIES: readonly FollowStory[] = [
  {
    name: 'paged, followed, changed, fixed, recovered',
    answerId: () => 'cmd:1',
    open: () => followBench(),
    before: async bench => {
      await bench.send('cmd:1', askJobOf(ASKED));
      await bench.send('press:0', pressJobOf('page', 'cmd:1'));
    },
    play: async bench => {
      await bench.send('press:1', pressJobOf('follow', 'cmd:1'));
      bench.is('denied-otherwise');
      await bench.minutes(5);
      bench.is('open');
      await bench.minutes(30);
    },
  },
  {
    name: 'followed, ran out, paged',
    answerId: () => 'cmd:1',
    open: () => followBench({ settings: { followUp: { minutes: [15], hours: 1, page: false } } }),
    before: bench => bench.send('cmd:1', askJobOf(ASKED)),
    play: async bench => {
      await bench.send('press:1', pressJobOf('followAndPage', 'cmd:1'));
      await bench.minutes(80);
    },
  },
  {
    name: 'asked by an alert, followed by itself, resolved there, recovered',
    answerId: ({ slack }) => slack.messages[0]?.mark?.answerId ?? '',
    open: () => followBench({ settings: { paging: { ...PAGING, follow: true } } }),
    before: async () => undefined,
    play: async bench => {
      await bench.send('page:1', alertJob('firing'));
      await bench.minutes(2);
      bench.is('open');
      await bench.send('page:2', alertJob('resolved'));
      await bench.minutes(30);
    },
  },
];

/** What is there in the end, but for times and the order in which two jobs ended: parts of the thread, what the card says, what pagers were told. */
async function endOf(story: FollowStory, bench: FollowBench) {
  const answerId = story.answerId(bench);
  const record = await bench.followOf(answerId);
  const card = bench.slack.messages.find(one => one.mark?.answerId === answerId && one.mark.part === 'root');
  return {
    end: record?.end?.kind,
    isSettled: record?.settledAt !== null,
    active: await activeFollows(bench.store, 10),
    parts: bench.slack.messages
      .map(({ mark, upload }) => mark?.part.replace(/^follow-\w+-/, 'follow: ') ?? upload?.title ?? '')
      .toSorted(byText),
    head: card?.message.text.split(':')[0],
    told: bench.pager.told.map(headOf).toSorted(byText),
    fix: record?.fixSeen?.objects,
    left: bench.waiting.length,
  };
}

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

/** What a pager was told; a note by its beginning. */
function headOf({ what, about }: FollowBench['pager']['told'][number]): string {
  const { text = '' } = (typeof about === 'object' ? about : {}) as { readonly text?: string };
  return `${what} ${text.split(' (')[0]?.split('\n')[0] ?? ''}`.trim();
}

export async function played(story: FollowStory, death: Death | null) {
  const bench = story.open();
  await story.before(bench);
  bench.dieAt(death);
  await story.play(bench);
  return { bench, end: await endOf(story, bench) };
}

/** Calls after which something is other than before. */
const EFFECT =
  /^(queue\.send|store\.(put|remove)|slack\.(post|update|upload|respond|ephemeral)|clusters\.diagnose|pager\.)/;

/** Plays the story once for each step that is wanted, with a worker that is killed there; each ends as the undisturbed one. */
export async function expectSameWhenKilled(
  story: FollowStory,
  when: Death['when'],
  isWanted: (call: string, index: number) => boolean,
): Promise<number> {
  const { bench, end: expected } = await played(story, null);
  const effects = bench.calls.flatMap((call, index) => (EFFECT.test(call) ? [{ call, at: index + 1 }] : []));
  const steps = effects.filter(({ call }, index) => isWanted(call, index));
  for (const { call, at } of steps) {
    const { end } = await played(story, { at, when });
    const killed = `killed ${when} step ${at}, ${call}`;
    expect(end, killed).toEqual({ ...expected, told: end.told });
    // Whoever was killed between telling a pager and writing it down tells it again: one thing, once. A page has its key.
    const again = end.told.filter((one, index) => end.told.indexOf(one) !== index);
    expect([...new Set(end.told)], killed).toEqual(expected.told);
    expect(again.length, killed).toBeLessThanOrEqual(1);
  }
  return steps.length;
}
