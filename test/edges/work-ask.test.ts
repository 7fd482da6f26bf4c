/** One question, from its delivery to the last message: what people see, and who is told when it does not work out. */
import { expect, test } from 'vitest';
import { FaultError } from '../../src/faults.ts';
import { listAudit } from '../../src/store/audit.ts';
import { askedIn, BUNDLES, bundleClusters } from '../fakes/bundle-clusters.ts';
import { inChannelOf, unavailable } from '../fakes/slack-api.ts';
import { askJobOf, SETTINGS, type TestBench, testBench } from '../fakes/work.ts';

const [first, second] = BUNDLES;
if (first === undefined || second === undefined) throw new Error('no bundles');
const ASK = askJobOf(askedIn(first));
const DONE = { kind: 'done' };
const CLUSTER_DOWN = new FaultError({
  code: 'cluster-unreachable',
  what: 'The API server https://10.0.0.1 could not be reached.',
  cause: 'Nothing listens at that address.',
  remedy: 'Start the cluster.',
});

async function outcomes({ store }: TestBench): Promise<readonly unknown[]> {
  const query = { sinceMs: 0, untilMs: Date.parse('2026-11-22T00:00:00Z'), user: null, limit: 100 };
  return (await listAudit(store, query)).map(({ action, outcome }) => [action, outcome]);
}

test('a thread: the root becomes the verdict; then the picture, and the parts in their order', async () => {
  const bench = testBench();
  expect(await bench.deliver('cmd:1', ASK)).toEqual(DONE);
  const [root, picture, ...replies] = bench.slack.messages;
  expect(root?.message.text).toMatch(/denied-by-policy: `NetworkPolicy default\/deny-all-egress` drops/);
  expect(picture?.upload).toMatchObject({ title: 'The path, and where it breaks' });
  expect(picture?.upload?.altText).toContain('firewall-restriction-pod');
  expect(replies.map(reply => reply.mark?.part)).toEqual(['cause', 'comparison', 'fix', 'by-hand', 'not-looked-at']);
  expect(new Set([picture, ...replies].map(reply => reply?.threadTs))).toEqual(new Set([root?.ts]));
  expect(await outcomes(bench)).toEqual([['ask', { kind: 'answered', verdict: 'denied-by-policy' }]]);
});

test('a question asked in a thread is answered there, all of it', async () => {
  const bench = testBench();
  await bench.deliver('evt:1', askJobOf(askedIn(first), { threadTs: '1795000000.000100' }));
  expect(new Set(bench.slack.messages.map(one => one.threadTs))).toEqual(new Set(['1795000000.000100']));
});

test('delivered twice, it is answered once', async () => {
  const bench = testBench();
  await bench.deliver('cmd:1', ASK);
  const messages = bench.slack.messages.length;
  expect(await bench.deliver('cmd:1', ASK, { attempt: 2, holder: 'worker-2' })).toEqual(DONE);
  expect(bench.slack.messages.length).toBe(messages);
});

test('delivered to two workers at once, the second one waits for the lease of the first', async () => {
  const bench = testBench();
  const both = await Promise.all([bench.deliver('cmd:1', ASK), bench.deliver('cmd:1', ASK, { holder: 'worker-2' })]);
  expect(both.map(handled => handled.kind).toSorted()).toEqual(['done', 'later']);
  expect(bench.slack.messages.filter(one => one.mark?.part === 'root').length).toBe(1);
});

test('without a grant nobody is asked: the person alone is told, with the line that would allow it', async () => {
  const bench = testBench({ settings: { ...SETTINGS, grants: [] } });
  expect(await bench.deliver('cmd:1', ASK)).toEqual(DONE);
  expect(bench.slack.messages).toEqual([]);
  expect(bench.slack.told.map(({ how, message }) => [how, message.text])).toEqual([
    ['respond', expect.stringContaining('grants')],
  ]);
  expect(bench.slack.told[0]?.message.text).toContain(
    '- {users: [U0ANNA], clusters: [prod], namespaces: [default], probe: true}',
  );
  expect(await outcomes(bench)).toEqual([['ask', { kind: 'refused', why: expect.stringContaining('default') }]]);
});

test('with a grant of predictions alone nothing is probed', async () => {
  const asked: boolean[] = [];
  const clusters = bundleClusters(async (_, question) => void asked.push(question.probe));
  const grants = SETTINGS.grants.map(grant => ({ ...grant, probe: false }));
  const bench = testBench({ clusters, settings: { ...SETTINGS, grants } });
  await bench.deliver('cmd:1', ASK);
  expect(new Set(asked)).toEqual(new Set([false]));
});

test('a user group grants what it grants to its members, and Slack is asked once in five minutes', async () => {
  const grants = SETTINGS.grants.map(grant => ({ ...grant, users: [], groups: ['S0ONCALL'] }));
  const bench = testBench({ settings: { ...SETTINGS, grants } });
  let asked = 0;
  bench.slack.refuse = method => {
    if (method === 'groupMembers') asked += 1;
    return null;
  };
  bench.slack.members.set('S0ONCALL', ['U0ANNA']);
  await bench.deliver('cmd:1', ASK);
  await bench.deliver('cmd:2', askJobOf(askedIn(second)));
  expect(bench.slack.messages.filter(one => one.mark?.part === 'root').length).toBe(2);
  expect(asked).toBe(1);
});

test('a pod that is not there: the root says so, with the remedy, and nothing else is posted', async () => {
  const bench = testBench();
  await bench.deliver('cmd:1', askJobOf({ pod: 'nobody', host: 'google.com', namespace: 'payments' }));
  expect(bench.slack.messages.map(one => one.message.text)).toEqual([
    expect.stringMatching(/There is no pod nobody in namespace payments[\s\S]*kubectl get pods -A/),
  ]);
  expect(await outcomes(bench)).toEqual([['ask', { kind: 'failed', why: expect.stringContaining('nobody') }]]);
});

test('no namespace said: the default one first, then the one where the pod is and that may be asked about', async () => {
  const bench = testBench();
  const { pod, host } = askedIn(first);
  await bench.deliver('cmd:1', askJobOf({ pod, host }));
  expect(bench.slack.messages[0]?.message.text).toContain('denied-by-policy');
  const narrow = SETTINGS.channels.map(channel => ({ ...channel, namespaces: ['payments'] }));
  const closed = testBench({ settings: { ...SETTINGS, channels: narrow } });
  await closed.deliver('cmd:1', askJobOf({ pod, host }));
  expect(closed.slack.messages[0]?.message.text).toContain('There is no pod');
});

test('a channel without the bot: the answer goes through the response_url in at most four messages, with the invitation', async () => {
  const bench = testBench();
  bench.slack.refuse = method => (method === 'post' ? 'not_in_channel' : null);
  expect(await bench.deliver('cmd:1', ASK)).toEqual(DONE);
  expect(bench.slack.messages).toEqual([]);
  const { told } = bench.slack;
  expect(told.length).toBeLessThanOrEqual(4);
  expect(told[0]?.message.text).toMatch(/denied-by-policy[\s\S]*\/invite @egress/);
  const all = told.map(({ message }) => message.text).join('\n');
  for (const part of ['what the rules say', 'what the probes saw', 'Fix: proposed', 'Check by hand', 'Not looked at']) {
    expect(all).toContain(part);
  }
});

test.each(['is_archived', 'restricted_action'])(
  'a channel that takes nothing (%s): the asker alone is told',
  async error => {
    const bench = testBench();
    bench.slack.refuse = method => (method === 'post' ? error : null);
    expect(await bench.deliver('cmd:1', ASK)).toEqual(DONE);
    expect(bench.slack.told.map(({ message }) => message.text)).toEqual([expect.stringContaining(error)]);
    expect(await outcomes(bench)).toEqual([['ask', { kind: 'failed', why: error }]]);
  },
);

test('blocks that Slack refuses cost nobody the answer: its text is posted', async () => {
  const bench = testBench();
  bench.slack.refuseMessage = message => (message.blocks.length > 0 ? 'invalid_blocks' : null);
  expect(await bench.deliver('cmd:1', ASK)).toEqual(DONE);
  expect(bench.slack.messages.every(one => one.message.blocks.length === 0)).toBe(true);
  expect(bench.slack.messages[0]?.message.text).toContain('denied-by-policy');
});

test('a root message that somebody deleted is posted again', async () => {
  const bench = testBench();
  const clusters = bundleClusters(async step => {
    if (step === 'conclude') bench.slack.messages.splice(0);
  });
  Object.assign(bench.work.ports, { clusters });
  expect(await bench.deliver('cmd:1', ASK)).toEqual(DONE);
  expect(bench.slack.messages[0]?.message.text).toContain('denied-by-policy');
});

test('the cluster does not answer: the job is tried again, and its last attempt says so once', async () => {
  const clusters = bundleClusters(() => Promise.reject(CLUSTER_DOWN));
  const bench = testBench({ clusters });
  await expect(bench.deliver('cmd:1', ASK)).rejects.toThrow('could not be reached');
  const texts = () => inChannelOf(bench.slack, 'C0ALERTS').map(one => one.message.text);
  expect(texts()).toEqual([expect.stringContaining('✗ failed: Find the pod')]);
  await expect(bench.deliver('cmd:1', ASK, { attempt: 2, isLast: true })).rejects.toThrow('could not be reached');
  expect(texts()).toEqual([expect.stringMatching(/could not be reached[\s\S]*Start the cluster[\s\S]*cmd:1/)]);
});

test('a mistake of our own is told as one, on the last attempt', async () => {
  const bench = testBench({ clusters: bundleClusters(() => Promise.reject(new TypeError('x is not a function'))) });
  await expect(bench.deliver('cmd:1', ASK, { isLast: true })).rejects.toThrow('x is not a function');
  const [root] = bench.slack.messages;
  expect(root?.message.text).toContain('says nothing about the network');
  expect(root?.message.text).not.toContain('not a function');
});

test('a look that hangs ends before its lease does', async () => {
  const bench = testBench({ clusters: bundleClusters(() => new Promise(() => undefined)) });
  // Time passes only by waiting: the watch over the lease does, and the progress.
  const wait = async (milliseconds: number): Promise<void> => bench.pass(milliseconds);
  Object.assign(bench.work.ports, { wait });
  await expect(bench.deliver('cmd:1', ASK, { isLast: true })).rejects.toThrow(/did not answer within 11\d s/);
  expect(bench.slack.messages.map(one => one.message.text)).toEqual([expect.stringContaining('did not answer')]);
});

test('Slack is down: the answer is found all the same, kept, and posted when it is back, without a second look', async () => {
  let looks = 0;
  const bench = testBench({
    clusters: bundleClusters(async step => {
      if (step === 'target') looks += 1;
    }),
  });
  bench.slack.refuse = () => {
    throw unavailable();
  };
  expect(await bench.deliver('cmd:1', ASK)).toEqual({ kind: 'later', delaySeconds: 15 });
  bench.pass(60_000);
  expect(await bench.deliver('cmd:1', ASK, { attempt: 2 })).toEqual({ kind: 'later', delaySeconds: 15 });
  bench.slack.refuse = () => null;
  bench.pass(60_000);
  expect(await bench.deliver('cmd:1', ASK, { attempt: 3 })).toEqual(DONE);
  expect(bench.slack.messages[0]?.message.text).toContain('denied-by-policy');
  expect(bench.slack.messages.length).toBe(7);
  expect(looks).toBe(1);
});

test('an answer that got lost on its way is not posted twice', async () => {
  const bench = testBench();
  let posts = 0;
  bench.slack.afterPost = () => {
    posts += 1;
    if (posts % 2 === 1) throw unavailable();
  };
  for (let attempt = 1; attempt <= 10; attempt += 1) {
    if ((await bench.deliver('cmd:1', ASK, { attempt })).kind === 'done') break;
  }
  const parts = bench.slack.messages.map(one => one.mark?.part ?? 'picture');
  expect(parts).toEqual(['root', 'picture', 'cause', 'comparison', 'fix', 'by-hand', 'not-looked-at']);
});

test('hours later nobody waits for it any more: the job fails', async () => {
  const bench = testBench();
  bench.slack.refuse = () => {
    throw unavailable();
  };
  bench.pass(6 * 3_600_000 + 1);
  await expect(bench.deliver('cmd:1', ASK)).rejects.toThrow('Slack does not answer');
});

test('the last attempt fails while Slack is down: the thread is told when it is back, and only then is the job given up', async () => {
  const bench = testBench({ clusters: bundleClusters(() => Promise.reject(CLUSTER_DOWN)) });
  bench.slack.refuse = () => {
    throw unavailable();
  };
  expect(await bench.deliver('cmd:1', ASK, { attempt: 5, isLast: true })).toEqual({ kind: 'later', delaySeconds: 15 });
  bench.slack.refuse = () => null;
  await expect(bench.deliver('cmd:1', ASK, { attempt: 5, isLast: true })).rejects.toThrow('could not be reached');
  expect(bench.slack.messages.map(one => one.message.text)).toEqual([expect.stringContaining('could not be reached')]);
});

test('where the configuration wants it, the cluster decides, too: whoever may not get pods there is refused', async () => {
  const asked: string[] = [];
  const clusters = {
    ...bundleClusters(async () => undefined),
    mayGetPods: async (...of: readonly string[]) => {
      asked.push(of.join(' '));
      return of[2] === 'slack:U0BERT' ? ({ kind: 'yes' } as const) : ({ kind: 'no', why: '' } as const);
    },
  };
  const settings = { ...SETTINGS, subjectAccessReview: { usernameTemplate: 'slack:{user}' } };
  const bench = testBench({ clusters, settings });
  await bench.deliver('cmd:1', ASK);
  expect(bench.slack.messages.map(one => one.message.text)).toEqual([
    expect.stringMatching(/does not let you get pods in default[\s\S]*slack:U0ANNA/),
  ]);
  await bench.deliver('cmd:2', { ...ASK, asker: { kind: 'user', team: 'T0TEAM', user: 'U0BERT' } } as typeof ASK);
  expect(bench.slack.messages[1]?.message.text).toContain('denied-by-policy');
  expect(asked).toEqual(['prod default slack:U0ANNA', 'prod default slack:U0BERT']);
});

test('clusters that know no persons let nobody pass where the cluster has to decide', async () => {
  const bench = testBench({ settings: { ...SETTINGS, subjectAccessReview: { usernameTemplate: '{user}' } } });
  await bench.deliver('cmd:1', ASK);
  expect(bench.slack.messages[0]?.message.text).toContain('does not let you get pods');
});

test('workers were killed in every attempt: the thread that the last one left half done is told, once', async () => {
  const bench = testBench({ clusters: bundleClusters(() => new Promise(() => undefined)) });
  void bench.deliver('cmd:1', ASK);
  await expect.poll(() => bench.slack.messages.length).toBe(1);
  bench.pass(120_000);
  const killed = { attempt: 7, isLast: true, wasKilled: true } as const;
  expect(await bench.deliver('cmd:1', ASK, killed)).toEqual(DONE);
  expect(await bench.deliver('cmd:1', ASK, { ...killed, attempt: 8 })).toEqual(DONE);
  expect(bench.slack.messages.map(one => one.message.text)).toEqual([
    expect.stringMatching(/every worker that began it was stopped[\s\S]*cmd:1/),
  ]);
});

test('killed in every attempt after the answer was whole: nothing is said any more', async () => {
  const bench = testBench();
  await bench.deliver('cmd:1', ASK);
  const texts = () => bench.slack.messages.map(one => one.message.text);
  const before = texts();
  await bench.store.remove({ partition: 'job#cmd:1', sort: 'claim' });
  await bench.deliver('cmd:1', ASK, { attempt: 7, isLast: true, wasKilled: true });
  expect(texts()).toEqual(before);
});
