/** Following a flow until it recovers: every interval, limit and end, with a clock that is moved by hand. */
import { describe, expect, test } from 'vitest';
import type { Settings } from '../../src/settings/settings.ts';
import { listAudit } from '../../src/store/audit.ts';
import { activeFollows, readFollows } from '../../src/work/follow-record.ts';
import { sweepFollows } from '../../src/work/follow-sweep.ts';
import { ASKED, type FollowBench, followBench, type State } from '../fakes/follow.ts';
import { askJobOf, pressJobOf } from '../fakes/work.ts';

type Options = { readonly action?: 'follow' | 'followAndPage'; readonly settings?: Partial<Settings> };

/** Asked at 11:00, followed at once. */
async function followed({ action = 'follow', settings = {} }: Options = {}): Promise<FollowBench> {
  const bench = followBench({ settings });
  await bench.send('cmd:1', askJobOf(ASKED));
  await bench.send('press:1', pressJobOf(action, 'cmd:1'));
  return bench;
}

const recordOf = async (bench: FollowBench) => {
  const record = await bench.followOf('cmd:1');
  if (record === null) throw new Error('nothing is followed');
  return record;
};

/** Minutes after the beginning at which it was looked. */
const looksOf = async (bench: FollowBench) => {
  const { looks, startedAt } = await recordOf(bench);
  return looks.map(({ at }) => (Date.parse(at) - Date.parse(startedAt)) / 60_000);
};

const cardOf = (bench: FollowBench, answerId = 'cmd:1') => {
  const card = bench.slack.messages.find(one => one.mark?.answerId === answerId && one.mark.part === 'root');
  if (card === undefined) throw new Error('no card');
  return card;
};
const headOf = (bench: FollowBench): string => cardOf(bench).message.text.split(':')[0] ?? '';
const buttonsOf = (bench: FollowBench, answerId = 'cmd:1'): readonly string[] =>
  cardOf(bench, answerId).message.blocks.flatMap(block =>
    block.type === 'actions' ? block.elements.map(one => ('action_id' in one ? (one.action_id ?? '') : '')) : [],
  );
/** What the thread was told because of the follow-up. */
const newsOf = (bench: FollowBench): readonly string[] =>
  bench.slack.messages.filter(one => one.mark?.part.startsWith('follow-')).map(({ message }) => message.text);
const toldOf = (bench: FollowBench): readonly string[] => bench.slack.told.map(({ message }) => message.text);

describe('looks', () => {
  test('come after 1, 2, 5, 10 and 15 minutes, then every 15, and at the limit of two hours', async () => {
    const bench = await followed();
    await bench.minutes(200);
    expect(await looksOf(bench)).toEqual([1, 3, 8, 18, 33, 48, 63, 78, 93, 108, 120]);
  });

  test('come as the configuration says', async () => {
    const bench = await followed({ settings: { followUp: { minutes: [3, 7], hours: 1, page: false } } });
    await bench.minutes(100);
    expect(await looksOf(bench)).toEqual([3, 10, 17, 24, 31, 38, 45, 52, 59, 60]);
  });

  test('that find the same say nothing in the thread; the card tells of them', async () => {
    const bench = await followed();
    await bench.minutes(19);
    expect(newsOf(bench)).toEqual([]);
    expect(cardOf(bench).message.text).toContain(
      'Last look at 2026-11-21 11:18 UTC: no change.\nNext look at 2026-11-21 11:33 UTC.',
    );
    expect(cardOf(bench).message.text).toContain(
      '*Followed by <@U0ANNA>* until it recovers, at most until 2026-11-21 13:00 UTC.',
    );
  });

  test('ask the same of the same pod, by ways that leave nothing behind in it', async () => {
    const bench = await followed();
    await bench.minutes(2);
    const [first, second] = bench.asked;
    expect(second).toEqual({
      ...first,
      look: { vantages: ['pod', 'control', 'node'], podMethods: expect.not.arrayContaining(['ephemeral-container']) },
    });
  });

  test('are in the audit log, under the name of who follows', async () => {
    const bench = await followed();
    await bench.minutes(4);
    const entries = await listAudit(bench.store, { sinceMs: 0, untilMs: bench.now(), user: 'U0ANNA', limit: 100 });
    expect(entries.map(({ action, outcome }) => [action, outcome.kind])).toEqual([
      ['ask', 'answered'],
      ['follow', 'done'],
      ['follow-up', 'answered'],
      ['follow-up', 'answered'],
    ]);
  });
});

describe('recovered', () => {
  test('takes two good looks in a row, the second after the shortest interval', async () => {
    const bench = await followed();
    await bench.minutes(9);
    bench.is('open');
    await bench.minutes(9);
    expect(headOf(bench)).toBe('✗ denied-by-policy');
    expect(cardOf(bench).message.text).toContain('it got through once');
    expect(newsOf(bench)).toEqual([]);
    await bench.minutes(2);
    expect(await looksOf(bench)).toEqual([1, 3, 8, 18, 19]);
    expect(headOf(bench)).toBe('✓ recovered');
    expect(newsOf(bench)).toHaveLength(1);
    await bench.minutes(200);
    expect(await looksOf(bench)).toHaveLength(5);
  });

  test('tells who applied the fix, when, and what changed in the policies', async () => {
    const bench = await followed();
    bench.is('open');
    await bench.minutes(3);
    const [news = ''] = newsOf(bench);
    expect(news).toContain('✓ *Recovered:* two looks in a row got through, the second at 2026-11-21 11:02 UTC.');
    expect(news).toContain(
      'applied by `kubectl-client-side-apply` at 2026-11-21 11:02 UTC, and first seen at 2026-11-21 11:01 UTC',
    );
    expect(news).toMatch(
      /`CiliumNetworkPolicy payments\/allow-[a-z-]+` was added \(by: `kubectl-client-side-apply`, 2026-11-21 11:02 UTC\)/,
    );
    const reply = bench.slack.messages.find(one => one.mark?.part.endsWith('-end'));
    expect(JSON.stringify(reply?.message.blocks)).toContain('+kind: CiliumNetworkPolicy');
  });

  test('not when a bad look comes between two good ones', async () => {
    const bench = await followed();
    bench.is('open');
    await bench.minutes(1);
    bench.is('denied');
    await bench.minutes(1);
    bench.is('open');
    await bench.minutes(2);
    expect((await recordOf(bench)).looks.map(({ result }) => result)).toEqual(['good', 'blocked', 'good']);
    expect((await recordOf(bench)).end).toBeNull();
    await bench.minutes(1);
    expect((await recordOf(bench)).end?.kind).toBe('recovered');
  });

  test('not by what is only predicted: rules recover nothing', async () => {
    const bench = await followed();
    bench.is('predicted-open');
    await bench.minutes(200);
    expect((await recordOf(bench)).end?.kind).toBe('ran-out');
    expect(headOf(bench)).toBe('✗ not known, was denied-by-policy');
  });

  test('at the limit, the second look is waited for', async () => {
    const bench = await followed();
    await bench.minutes(110);
    bench.is('open');
    await bench.minutes(20);
    expect(await looksOf(bench)).toEqual([1, 3, 8, 18, 33, 48, 63, 78, 93, 108, 120, 121]);
    expect((await recordOf(bench)).end?.kind).toBe('recovered');
  });
});

describe('a look that knows nothing', () => {
  test.each<[State, string]>([
    ['unreachable', 'The cluster prod did not answer. It was asked.'],
    ['not-known', 'Nothing could be concluded.'],
    ['predicted-open', 'The rules let it through, but no probe could be run to see it.'],
  ])('(%s) is neither good nor a change; the next one comes at its time', async (state, why) => {
    const bench = await followed();
    bench.is(state);
    await bench.minutes(4);
    expect((await recordOf(bench)).looks.map(({ result }) => result)).toEqual(['unknown', 'unknown']);
    expect(cardOf(bench).message.text).toContain(`Last look at 2026-11-21 11:03 UTC came to nothing: ${why}`);
    expect(newsOf(bench)).toEqual([]);
    expect(headOf(bench)).toBe('✗ denied-by-policy');
    bench.is('open');
    await bench.minutes(10);
    expect((await recordOf(bench)).end?.kind).toBe('recovered');
  });

  test('that a mistake of ours breaks is tried again as any job, and then the next one comes', async () => {
    const bench = await followed();
    bench.is('broken');
    await bench.minutes(30);
    const { looks } = await recordOf(bench);
    expect(looks[0]).toMatchObject({
      result: 'unknown',
      changed: expect.stringContaining('Something in egress itself failed'),
    });
    bench.is('open');
    await bench.minutes(30);
    expect((await recordOf(bench)).end?.kind).toBe('recovered');
  });

  test('because every worker that began it was killed is one of them', async () => {
    const bench = await followed();
    const [job] = bench.waiting.splice(0);
    if (job === undefined) throw new Error('no job');
    bench.pass(60_000);
    await bench.deliverKilled(job.envelope);
    expect((await recordOf(bench)).looks).toMatchObject([
      { result: 'unknown', changed: expect.stringContaining('stopped') },
    ]);
    expect(bench.waiting).toHaveLength(1);
  });
});

describe('a changed cause', () => {
  test('is told in the thread, once, with the policies; the card shows it, and following goes on', async () => {
    const bench = await followed();
    await bench.minutes(4);
    bench.is('denied-otherwise');
    await bench.minutes(20);
    expect(headOf(bench)).toBe('✗ changed cause, denied-by-policy');
    const news = newsOf(bench);
    expect(news).toHaveLength(1);
    expect(news[0]).toContain(
      'no longer decides: NetworkPolicy payments/in-cluster-only; now decides: NetworkPolicy payments/written-since',
    );
    expect(news[0]).toContain('`NetworkPolicy payments/written-since` was added (by: not told, 2026-11-21 11:01 UTC)');
    expect(buttonsOf(bench)).toContain('egress.stop');
  });

  test('and back again are two changes', async () => {
    const bench = await followed();
    bench.is('denied-otherwise');
    await bench.minutes(2);
    bench.is('denied');
    await bench.minutes(2);
    expect(newsOf(bench)).toHaveLength(2);
  });
});

describe('when it runs out', () => {
  test('the card and the thread say that it is still blocked, and Follow is offered again', async () => {
    const bench = await followed();
    await bench.minutes(121);
    expect(headOf(bench)).toBe('✗ still blocked, denied-by-policy');
    expect(newsOf(bench)).toEqual([
      expect.stringContaining('✗ *Still blocked at 2026-11-21 13:00 UTC*, when following ended: 11 looks'),
    ]);
    expect(buttonsOf(bench)).toContain('egress.follow');
    expect(bench.pager.kinds()).toEqual([]);
    expect(await activeFollows(bench.store, 10)).toEqual([]);
  });

  test('somebody is paged where that was asked for, with the key of every page about this flow', async () => {
    const bench = await followed({ action: 'followAndPage' });
    expect(cardOf(bench).message.text).toContain('; then somebody is paged.');
    await bench.minutes(121);
    expect(bench.pager.kinds()).toEqual(['trigger']);
    expect(bench.pager.told[0]?.about).toMatchObject({
      key: 'egress:prod/payments/api-client/https://api.stripe.com:443/',
    });
    expect(newsOf(bench)).toContainEqual('Paged, since it did not recover: webhook.');
  });

  test('so it is where the configuration says so, whichever button was pressed', async () => {
    const bench = await followed({ settings: { followUp: { minutes: [15], hours: 1, page: true } } });
    await bench.minutes(61);
    expect(bench.pager.kinds()).toEqual(['trigger']);
  });

  test('followed again, acknowledged and recovered: the page is acknowledged, and then resolved', async () => {
    const bench = await followed({ action: 'followAndPage' });
    await bench.minutes(121);
    await bench.send('press:2', pressJobOf('follow', 'cmd:1', 'U0BERT'));
    expect(bench.pager.kinds()).toEqual(['trigger', 'acknowledge']);
    bench.is('open');
    await bench.minutes(3);
    expect(bench.pager.kinds()).toEqual(['trigger', 'acknowledge', 'change', 'resolve']);
    const [trigger, acknowledge, , resolve] = bench.pager.told.map(({ about }) => about);
    expect([acknowledge, resolve]).toEqual([(trigger as { key: string }).key, (trigger as { key: string }).key]);
    const follows = await readFollows(bench.store, (await recordOf(bench)).flow);
    expect(follows.map(({ end }) => end?.kind)).toEqual(['ran-out', 'recovered']);
  });

  test('while the pager is down the thread is told all the same, and the page comes later', async () => {
    const bench = await followed({ action: 'followAndPage' });
    await bench.minutes(115);
    bench.pager.down(true);
    await bench.minutes(6);
    expect(newsOf(bench)).toHaveLength(1);
    bench.pager.down(false);
    await bench.minutes(5);
    expect(bench.pager.kinds()).toEqual(['trigger']);
    expect((await recordOf(bench)).settledAt).not.toBeNull();
  });
});

describe('pages of others', () => {
  test('are nothing that a recovery would end', async () => {
    const bench = await followed();
    bench.is('open');
    await bench.minutes(3);
    expect(bench.pager.kinds()).toEqual(['change']);
  });

  test('by a press of Page are ours: pressing Follow acknowledges them, a recovery ends them', async () => {
    const bench = followBench();
    await bench.send('cmd:1', askJobOf(ASKED));
    await bench.send('press:0', pressJobOf('page', 'cmd:1', 'U0BERT'));
    await bench.send('press:1', pressJobOf('follow', 'cmd:1'));
    bench.is('open');
    await bench.minutes(3);
    expect(bench.pager.kinds()).toEqual(['trigger', 'acknowledge', 'change', 'resolve']);
  });
});

describe('it stops', () => {
  test('when somebody presses Stop: the card says who, and nothing is looked at any more', async () => {
    const bench = await followed();
    await bench.minutes(4);
    await bench.send('press:2', pressJobOf('stop', 'cmd:1', 'U0BERT'));
    await bench.minutes(200);
    expect(await looksOf(bench)).toEqual([1, 3]);
    expect(cardOf(bench).message.text).toContain('Following was stopped by <@U0BERT> at 2026-11-21 11:04 UTC');
    expect(buttonsOf(bench)).toContain('egress.follow');
    expect(newsOf(bench)).toEqual([]);
    expect(await activeFollows(bench.store, 10)).toEqual([]);
  });

  test('when the pod and its workload are gone, and the thread says so', async () => {
    const bench = await followed();
    bench.is('all-gone');
    await bench.minutes(200);
    expect((await recordOf(bench)).end).toMatchObject({ kind: 'pod-gone' });
    expect(newsOf(bench)).toEqual([expect.stringContaining('the pod and its workload are gone')]);
    expect(await looksOf(bench)).toEqual([1]);
  });

  test('not when the pod alone is gone: its workload is followed', async () => {
    const bench = followBench();
    const pod = 'api-client-5f7cf6487b-2gjfc';
    await bench.send('cmd:1', askJobOf({ ...ASKED, pod }));
    await bench.send('press:1', pressJobOf('follow', 'cmd:1'));
    bench.is('pod-gone');
    await bench.minutes(4);
    expect(bench.asked.map(question => question.pod)).toEqual([
      pod,
      pod,
      'deployment/api-client',
      'deployment/api-client',
    ]);
    expect((await recordOf(bench)).looks.map(({ result }) => result)).toEqual(['blocked', 'blocked']);
  });

  test('when who wanted it may not ask any more', async () => {
    const bench = await followed();
    Object.assign(bench.work.settings, { grants: [] });
    await bench.minutes(4);
    expect((await recordOf(bench)).end).toMatchObject({ kind: 'stopped', by: null });
    expect(bench.asked).toHaveLength(1);
    expect(newsOf(bench)).toHaveLength(1);
  });
});

describe('one follow-up for one flow', () => {
  test('from another card of it: who presses there is told where it is followed', async () => {
    const bench = await followed();
    await bench.send('cmd:2', askJobOf(ASKED));
    await bench.send('press:2', pressJobOf('follow', 'cmd:2', 'U0BERT'));
    expect(toldOf(bench)).toEqual([
      expect.stringMatching(
        /^\? \*This flow is followed already\*, by <@U0ANNA>: read it or stop it <https:\/\/example\.slack\.com\/archives\/C0ALERTS\/p\d+\|there>\./,
      ),
    ]);
    expect(buttonsOf(bench, 'cmd:2')).toContain('egress.follow');
    await bench.minutes(200);
    // The two questions shared a look.
    expect(bench.asked).toHaveLength(1 + 11);
  });

  test('pressed twice on the same card', async () => {
    const bench = await followed();
    await bench.send('press:2', pressJobOf('followAndPage', 'cmd:1', 'U0BERT'));
    expect(toldOf(bench)).toHaveLength(1);
    expect((await recordOf(bench)).by).toMatchObject({ user: 'U0ANNA' });
    expect((await recordOf(bench)).pages).toBe(false);
  });

  test('a card of a flow that gets through has nothing to follow', async () => {
    const bench = followBench();
    bench.is('open');
    await bench.send('cmd:1', askJobOf(ASKED));
    expect(buttonsOf(bench)).not.toContain('egress.follow');
    await bench.send('press:1', pressJobOf('follow', 'cmd:1'));
    expect(toldOf(bench)).toEqual([expect.stringContaining('There is nothing to follow')]);
  });

  test('who may only have predictions may not follow', async () => {
    const bench = followBench();
    await bench.send('cmd:1', askJobOf(ASKED));
    const [grant] = bench.work.settings.grants;
    Object.assign(bench.work.settings, { grants: [{ ...grant, probe: false }] });
    await bench.send('press:1', pressJobOf('follow', 'cmd:1'));
    expect(toldOf(bench)).toEqual([expect.stringContaining('You may only have predictions here')]);
    expect(bench.waiting).toEqual([]);
  });
});

describe('what got lost', () => {
  test('is sent again by a sweep, two minutes after its time and no sooner, with its own id', async () => {
    const bench = await followed();
    const lost = bench.waiting.splice(0);
    await bench.minutes(3);
    const { store } = bench;
    const { queue } = bench.work.ports;
    expect((await sweepFollows(store, queue, bench.now())).sentAgain).toEqual([]);
    await bench.minutes(1);
    expect((await sweepFollows(store, queue, bench.now())).sentAgain).toEqual(lost.map(({ envelope }) => envelope.id));
    await bench.until(bench.now());
    expect(await looksOf(bench)).toEqual([4]);
    // The one that was only late.
    bench.waiting.push(...lost.map(one => ({ ...one, dueMs: bench.now() })));
    await bench.until(bench.now());
    expect(await looksOf(bench)).toEqual([4]);
  });

  test('a follow-up that ended and told nobody is told by the next sweep', async () => {
    const bench = await followed({ action: 'followAndPage' });
    await bench.minutes(115);
    bench.pager.down(true);
    await expect(bench.minutes(30)).rejects.toThrow('the pager is down');
    expect(bench.waiting).toEqual([]);
    bench.pager.down(false);
    await bench.minutes(3);
    await sweepFollows(bench.store, bench.work.ports.queue, bench.now());
    await bench.until(bench.now());
    expect(bench.pager.kinds()).toEqual(['trigger']);
    expect(await activeFollows(bench.store, 10)).toEqual([]);
  });

  test('nothing is sent for what is over', async () => {
    const bench = await followed();
    await bench.send('press:2', pressJobOf('stop', 'cmd:1'));
    bench.waiting.splice(0);
    await bench.minutes(30);
    const swept = await sweepFollows(bench.store, bench.work.ports.queue, bench.now());
    expect(swept).toEqual({ followed: 0, sentAgain: [] });
  });
});
