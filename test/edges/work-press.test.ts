/** The buttons of a card: who may press, what each does, and that each counts once. */
import { expect, test } from 'vitest';
import type { Action } from '../../src/queue/job.ts';
import { listAudit } from '../../src/store/audit.ts';
import { DONE, NOTHING_ATTACHED } from '../../src/work/work.ts';
import { askedIn, BUNDLES, bundleClusters, diagnosisOf } from '../fakes/bundle-clusters.ts';
import { unavailable } from '../fakes/slack-api.ts';
import { askJobOf, pressJobOf, SETTINGS, type TestBench, testBench } from '../fakes/work.ts';

const [first, second] = BUNDLES;
if (first === undefined || second === undefined) throw new Error('no bundles');
const ASKED = askedIn(first);

async function asked(options: Parameters<typeof testBench>[0] = {}): Promise<TestBench> {
  const bench = testBench(options);
  await bench.deliver('cmd:1', askJobOf(ASKED));
  return bench;
}

function buttonsOf(bench: TestBench, part: { readonly answerId: string }): readonly string[] {
  const card = bench.slack.messages.find(one => one.mark?.answerId === part.answerId && one.mark.part === 'root');
  return (card?.message.blocks ?? []).flatMap(block =>
    block.type === 'actions'
      ? block.elements.map(element => ('action_id' in element ? (element.action_id ?? '') : ''))
      : [],
  );
}

const told = (bench: TestBench) => bench.slack.told.map(({ message }) => message.text);
const STALE = expect.stringContaining('This card is out of date');

test('a card has the buttons that something answers, and no other', async () => {
  const bench = await asked();
  expect(buttonsOf(bench, { answerId: 'cmd:1' })).toEqual(['egress.applied', 'egress.again', 'egress.evidence']);
});

test('following and paging have buttons only where something is attached for them', async () => {
  const bench = testBench();
  const pressed: Action[] = [];
  const take = async (_: unknown, __: unknown, job: { readonly action: Action }) => {
    pressed.push(job.action);
    return DONE;
  };
  Object.assign(bench.work, { attached: { ...NOTHING_ATTACHED, presses: { follow: take, page: take } } });
  await bench.deliver('cmd:1', askJobOf(ASKED));
  expect(buttonsOf(bench, { answerId: 'cmd:1' })).toEqual([
    'egress.applied',
    'egress.again',
    'egress.follow',
    'egress.page',
    'egress.evidence',
  ]);
  await bench.deliver('press:2', pressJobOf('follow', 'cmd:1'));
  expect(pressed).toEqual(['follow']);
});

test.each(['follow', 'stop', 'page', 'report'] as const)(
  '%s without anything attached is answered honestly',
  async action => {
    const bench = await asked();
    expect(await bench.deliver('press:2', pressJobOf(action, 'cmd:1'))).toEqual(DONE);
    expect(told(bench)).toEqual([expect.stringContaining('No pager is configured')]);
  },
);

test('an answer that a second worker posts stays that of the namespace where the pod was found, also when looked at again', async () => {
  const looked: (string | null)[] = [];
  const clusters = bundleClusters(async (step, { namespace }) => {
    if (step === 'conclude') looked.push(namespace);
  });
  const bench = testBench({ clusters });
  const { pod, host, namespace } = ASKED;
  bench.slack.refuse = () => {
    throw unavailable();
  };
  expect((await bench.deliver('cmd:1', askJobOf({ pod, host }))).kind).toBe('later');
  bench.slack.refuse = () => null;
  await bench.deliver('cmd:1', askJobOf({ pod, host }), { attempt: 2 });
  await bench.deliver('press:2', pressJobOf('again', 'cmd:1'));
  // The channel's default is another one, and asked first.
  expect(looked).toEqual(['payments', namespace, namespace]);
});

test('Check again: a new card in the thread says what changed, the old one keeps only its evidence', async () => {
  const bench = await asked();
  await bench.deliver('press:2', pressJobOf('again', 'cmd:1'));
  const thread = bench.slack.messages[0]?.ts;
  const card = bench.slack.messages.find(one => one.mark?.answerId === 'press:2');
  expect(card?.threadTs).toBe(thread);
  expect(card?.message.text).toMatch(/No other verdict since 2026-11-21 .* still `denied-by-policy`/);
  expect(buttonsOf(bench, { answerId: 'press:2' })).toContain('egress.again');
  expect(buttonsOf(bench, { answerId: 'cmd:1' })).toEqual(['egress.evidence']);
  expect(bench.slack.messages[0]?.message.text).toContain('Checked again by <@U0ANNA>');
});

test('Check again looks anew, whatever was found a moment ago', async () => {
  let looks = 0;
  const clusters = bundleClusters(async step => {
    if (step === 'target') looks += 1;
  });
  const bench = await asked({ clusters });
  await bench.deliver('press:2', pressJobOf('again', 'cmd:1'));
  expect(looks).toBe(2);
});

test('I applied the fix: it recovered, and the fix is found in the cluster', async () => {
  const { fix } = diagnosisOf(first);
  if (fix === null) throw new Error('the first bundle has a fix');
  const mended = {
    ...first,
    collected: {
      ...first.collected,
      objects: [...first.collected.objects, ...(fix.manifests as typeof first.collected.objects)],
    },
  };
  const reachable = { ...diagnosisOf(first), verdict: { ...diagnosisOf(first).verdict, code: 'reachable' as const } };
  const bench = await asked();
  const clusters = { ...bench.work.ports.clusters, diagnose: async () => ({ evidence: mended, diagnosis: reachable }) };
  Object.assign(bench.work.ports, { clusters });
  await bench.deliver('press:2', pressJobOf('applied', 'cmd:1'));
  const card = bench.slack.messages.find(one => one.mark?.answerId === 'press:2' && one.mark.part === 'root');
  expect(card?.message.text).toContain('Recovered since');
  expect(card?.message.text).toContain('The proposed fix is in the cluster');
});

test('I applied the fix, and it is not there: the answer names the object that is missing', async () => {
  const bench = await asked();
  await bench.deliver('press:2', pressJobOf('applied', 'cmd:1'));
  const card = bench.slack.messages.find(one => one.mark?.answerId === 'press:2');
  expect(card?.message.text).toMatch(
    /Of the proposed fix `CiliumNetworkPolicy default\/[^`]+` was not found in the cluster/,
  );
});

test('each button counts once: a second look at the same card is out of date, by whichever button', async () => {
  const bench = await asked();
  await bench.deliver('press:2', pressJobOf('again', 'cmd:1'));
  const messages = bench.slack.messages.length;
  await bench.deliver('press:3', pressJobOf('again', 'cmd:1', 'U0BERT'));
  await bench.deliver('press:4', pressJobOf('applied', 'cmd:1', 'U0BERT'));
  expect(bench.slack.messages.length).toBe(messages);
  expect(told(bench)).toEqual([STALE, STALE]);
});

test('a press delivered twice is one press', async () => {
  const bench = await asked();
  await bench.deliver('press:2', pressJobOf('again', 'cmd:1'));
  const messages = bench.slack.messages.length;
  await bench.deliver('press:2', pressJobOf('again', 'cmd:1'), { attempt: 2, holder: 'worker-2' });
  expect([bench.slack.messages.length, told(bench)]).toEqual([messages, []]);
});

test('whoever may not ask may not press: nothing happens but that they are told, with the line that would allow it', async () => {
  const bench = await asked();
  const messages = bench.slack.messages.length;
  await bench.deliver('press:2', pressJobOf('again', 'cmd:1', 'U0MALLORY'));
  expect(bench.slack.messages.length).toBe(messages);
  expect(told(bench)).toEqual([expect.stringContaining('users: [U0MALLORY]')]);
  expect(buttonsOf(bench, { answerId: 'cmd:1' })).toContain('egress.again');
  const query = { sinceMs: 0, untilMs: Date.parse('2026-11-22T00:00:00Z'), user: 'U0MALLORY', limit: 10 };
  expect((await listAudit(bench.store, query)).map(({ action, outcome }) => [action, outcome.kind])).toEqual([
    ['again', 'refused'],
  ]);
});

test('Show evidence: the bundle is a file in the thread, replayable, once', async () => {
  const bench = await asked();
  await bench.deliver('press:2', pressJobOf('evidence', 'cmd:1'));
  const file = bench.slack.messages.find(one => one.upload?.filename.startsWith('evidence.') === true);
  expect(file?.threadTs).toBe(bench.slack.messages[0]?.ts);
  expect(JSON.parse(new TextDecoder().decode(file?.upload?.bytes))).toEqual(first);
  expect(buttonsOf(bench, { answerId: 'cmd:1' })).toEqual(['egress.applied', 'egress.again']);
  await bench.deliver('press:3', pressJobOf('evidence', 'cmd:1', 'U0BERT'));
  expect(told(bench)).toEqual([STALE]);
});

test('a card whose answer is no longer kept says so', async () => {
  const bench = await asked();
  bench.pass(31 * 86_400_000);
  await bench.deliver('press:2', pressJobOf('again', 'cmd:1'));
  await bench.deliver('press:3', pressJobOf('again', 'cmd:unknown'));
  expect(told(bench)).toEqual([STALE, STALE]);
});

test('several pods of one name: buttons to choose, and the card becomes the answer of the one that was chosen', async () => {
  const { pod, host } = ASKED;
  const findPlaces = async () => ['blue', 'default', 'secret'].map(namespace => ({ namespace, pod }));
  const clusters = { ...bundleClusters(async () => undefined), findPlaces };
  const channels = SETTINGS.channels.map(channel => ({ ...channel, namespaces: ['blue', 'default'] }));
  const bench = testBench({ clusters, settings: { ...SETTINGS, channels } });
  await bench.deliver('cmd:1', askJobOf({ pod, host }));
  const [card] = bench.slack.messages;
  const shown = JSON.stringify(card?.message.blocks);
  expect(shown).toContain(`"value":"cmd:1 default/${pod}"`);
  expect(shown).toContain(`"value":"cmd:1 blue/${pod}"`);
  // A namespace that this channel may not ask about is not even named.
  expect(shown).not.toContain('secret');
  await bench.deliver('press:2', pressJobOf('choose', `cmd:1 secret/${pod}`));
  expect(told(bench)).toEqual([expect.stringContaining('secret')]);
  await bench.deliver('press:3', pressJobOf('choose', `cmd:1 default/${pod}`, 'U0BERT'));
  expect(card?.message.text).toContain('denied-by-policy');
  expect(bench.slack.messages[0]?.ts).toBe(card?.ts);
  expect(new Set(bench.slack.messages.slice(1).map(one => one.threadTs))).toEqual(new Set([card?.ts]));
  await bench.deliver('press:4', pressJobOf('choose', `cmd:1 blue/${pod}`));
  expect(told(bench).at(-1)).toEqual(STALE);
});

test('Slack is down when somebody presses: the press is kept and answered when it is back', async () => {
  const bench = await asked();
  bench.slack.refuse = () => {
    throw unavailable();
  };
  expect(await bench.deliver('press:2', pressJobOf('evidence', 'cmd:1'))).toMatchObject({ kind: 'later' });
  bench.slack.refuse = () => null;
  expect(await bench.deliver('press:2', pressJobOf('evidence', 'cmd:1'))).toEqual(DONE);
  expect(bench.slack.messages.filter(one => one.upload?.filename.startsWith('evidence.') === true).length).toBe(1);
});

test('a press that fails in every attempt: whoever pressed is told, with where to look', async () => {
  const bench = await asked();
  bench.slack.refuse = method => {
    if (method === 'upload') throw new TypeError('x is not a function');
    return null;
  };
  await expect(bench.deliver('press:2', pressJobOf('evidence', 'cmd:1'))).rejects.toThrow();
  expect(told(bench)).toEqual([]);
  await expect(bench.deliver('press:2', pressJobOf('evidence', 'cmd:1'), { isLast: true })).rejects.toThrow();
  expect(told(bench)).toEqual([expect.stringMatching(/could not be answered[\s\S]*press:2/)]);
});
