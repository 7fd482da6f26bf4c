/** Alerts and follow-ups: an alert begins one where the configuration wants it, and every incident hears of the end. */
import { describe, expect, test } from 'vitest';
import type { PagingSettings } from '../../src/settings/paging.ts';
import { ASKED, type FollowBench, followBench } from '../fakes/follow.ts';
import { alertJob } from '../fakes/follow-stories.ts';
import { PAGING } from '../fakes/paging.ts';
import { askJobOf, pressJobOf } from '../fakes/work.ts';

const benchWith = (paging: Partial<PagingSettings> = {}) =>
  followBench({ settings: { paging: { ...PAGING, follow: true, ...paging } } });

const recordOf = async (bench: FollowBench) => {
  const answerId = bench.slack.messages[0]?.mark?.answerId ?? '';
  const record = await bench.followOf(answerId);
  if (record === null) throw new Error('nothing is followed');
  return record;
};
const textsOf = (bench: FollowBench): readonly string[] => bench.slack.messages.map(({ message }) => message.text);
const notesOf = (bench: FollowBench): readonly string[] =>
  bench.pager.told.flatMap(({ what, about }) => (what === 'note' ? [(about as { text: string }).text] : []));

describe('an alert', () => {
  test('follows by itself where the configuration says so, under the name of its source', async () => {
    const bench = benchWith();
    await bench.send('page:1', alertJob('firing'));
    expect((await recordOf(bench)).by).toEqual({ kind: 'system', name: 'alertmanager' });
    expect(textsOf(bench)[0]).toContain('*Followed by alertmanager* until it recovers');
  });

  test('follows nothing where it does not', async () => {
    const bench = benchWith({ follow: false });
    await bench.send('page:1', alertJob('firing'));
    expect(bench.waiting).toEqual([]);
  });

  test('that repeats itself after somebody pressed Stop begins nothing anew', async () => {
    const bench = benchWith();
    await bench.send('page:1', alertJob('firing'));
    const { answerId } = await recordOf(bench);
    await bench.send('press:1', pressJobOf('stop', answerId));
    await bench.send('page:2', alertJob('firing', 'f2'));
    expect((await recordOf(bench)).end?.kind).toBe('stopped');
    await bench.minutes(60);
    expect(bench.asked).toHaveLength(1);
  });

  test('about a flow that somebody follows joins it: its incident hears of the recovery', async () => {
    const bench = benchWith();
    await bench.send('cmd:1', askJobOf(ASKED));
    await bench.send('press:1', pressJobOf('follow', 'cmd:1'));
    await bench.minutes(2);
    await bench.send('page:1', alertJob('firing'));
    bench.is('open');
    await bench.minutes(10);
    expect((await recordOf(bench)).by).toMatchObject({ user: 'U0ANNA' });
    expect(notesOf(bench)).toHaveLength(2);
  });
});

describe('the incident', () => {
  test('hears that it recovered, what was applied and by whom, with the way to the thread', async () => {
    const bench = benchWith();
    await bench.send('page:1', alertJob('firing'));
    bench.is('open');
    await bench.minutes(3);
    const [, note = ''] = notesOf(bench);
    expect(note.split('\n')).toEqual([
      '✓ egress: payments/api-client to https://api.stripe.com:443/ recovered',
      expect.stringMatching(
        /^Two looks in a row got through, the second at 2026-11-21 11:02 UTC\. Applied: CiliumNetworkPolicy payments\/allow-\S+, by kubectl-client-side-apply\.$/,
      ),
      expect.stringMatching(/^Thread: https:\/\/example\.slack\.com\/archives\/C0ALERTS\/p\d+$/),
    ]);
  });

  test('hears that it is still blocked when the follow-up runs out', async () => {
    const bench = benchWith();
    await bench.send('page:1', alertJob('firing'));
    await bench.minutes(121);
    expect(notesOf(bench).at(-1)).toMatch(
      /^✗ egress: payments\/api-client to \S+ is still blocked\nIt is denied-by-policy, at the last of 11 looks/,
    );
  });
});

describe('resolved elsewhere', () => {
  test('while it is blocked: one more look at once says so, and following ends', async () => {
    const bench = benchWith();
    await bench.send('page:1', alertJob('firing'));
    await bench.minutes(4);
    await bench.send('page:2', alertJob('resolved'));
    const { end, looks } = await recordOf(bench);
    expect(end).toMatchObject({ kind: 'resolved-elsewhere', by: { name: 'alertmanager' } });
    expect(looks.at(-1)).toMatchObject({ at: '2026-11-21T11:04:00.000Z', result: 'blocked' });
    expect(textsOf(bench)).toContainEqual(
      'alertmanager says that the alert is resolved. One more look tells whether the flow is back.',
    );
    expect(textsOf(bench)).toContainEqual(expect.stringContaining('*The last look says that it is still blocked.*'));
    await bench.minutes(200);
    expect((await recordOf(bench)).looks).toHaveLength(3);
  });

  test('once it gets through: a second look after the shortest interval makes it recovered, and not sooner', async () => {
    const bench = benchWith();
    await bench.send('page:1', alertJob('firing'));
    await bench.minutes(4);
    bench.is('open');
    await bench.send('page:2', alertJob('resolved'));
    expect((await recordOf(bench)).goodInARow).toBe(1);
    await bench.minutes(2);
    const { end, looks } = await recordOf(bench);
    expect(end).toMatchObject({ kind: 'recovered', by: { name: 'alertmanager' } });
    expect(looks.map(({ at }) => at.slice(11, 16))).toEqual(['11:01', '11:03', '11:04', '11:05']);
  });

  test('the look that was due at that moment is the same one: no two looks a moment apart make a recovery', async () => {
    const bench = benchWith();
    await bench.send('page:1', alertJob('firing'));
    bench.is('open');
    await bench.minutes(1);
    await bench.send('page:2', alertJob('resolved'));
    expect((await recordOf(bench)).looks).toHaveLength(1);
    expect((await recordOf(bench)).end).toBeNull();
    await bench.minutes(1);
    expect((await recordOf(bench)).end?.kind).toBe('recovered');
  });

  test('while nobody follows the thread is told as ever', async () => {
    const bench = benchWith({ follow: false });
    await bench.send('page:1', alertJob('firing'));
    await bench.send('page:2', alertJob('resolved'));
    expect(textsOf(bench).at(-1)).toBe(
      'alertmanager says that the alert is resolved. "Check again" looks whether the flow is back.',
    );
  });
});
