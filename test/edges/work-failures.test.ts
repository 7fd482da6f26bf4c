/** Every question that ends without an answer: the one message that is left says what was asked, why it failed, what to do. */
import { expect, test } from 'vitest';
import { FaultError } from '../../src/faults.ts';
import type { Delivery } from '../../src/queue/queue.ts';
import { askedIn, BUNDLES, bundleClusters } from '../fakes/bundle-clusters.ts';
import { askJobOf, pressJobOf, SETTINGS, type TestBench, testBench } from '../fakes/work.ts';

const [first] = BUNDLES;
if (first === undefined) throw new Error('no bundles');
const { pod, host } = askedIn(first);
const CLUSTER_DOWN = new FaultError({
  code: 'cluster-unreachable',
  what: 'The API server https://10.0.0.1 could not be reached.',
  cause: 'Nothing listens at that address.',
  remedy: 'Start the cluster.',
});
const down = bundleClusters(() => Promise.reject(CLUSTER_DOWN));
const broken = bundleClusters(() => Promise.reject(new TypeError('x is not a function')));

type Row = readonly [
  rule: string,
  bench: () => TestBench,
  asked: { readonly pod: string; readonly host: string; readonly namespace?: string },
  delivery: Partial<Delivery>,
  says: readonly string[],
];
const LAST = { isLast: true };
const KILLED = { isLast: true, wasKilled: true } as const;

const FAILURES: readonly Row[] = [
  [
    'the cluster does not answer',
    () => testBench({ clusters: down }),
    { pod, host },
    LAST,
    [
      `Asked: why \`${pod}\` may not reach \`${host}\`, in cluster \`prod\`.`,
      'Nothing listens at that address.',
      '*What to do:* Start the cluster.',
    ],
  ],
  [
    'a mistake of our own',
    () => testBench({ clusters: broken }),
    { pod, host, namespace: 'default' },
    LAST,
    [`Asked: why \`default/${pod}\` may not reach \`${host}\`, in cluster \`prod\`.`, 'our fault', 'Ask again'],
  ],
  [
    'a pod that is not there',
    () => testBench(),
    { pod: 'nobody', host: 'api.stripe.com:8443', namespace: 'payments' },
    {},
    ['Asked: why `payments/nobody` may not reach `api.stripe.com:8443`, in cluster `prod`.', 'kubectl get pods -A'],
  ],
  [
    'every worker was killed, before anything was known: the cluster is not named',
    () => testBench(),
    { pod: 'a&b', host: '<!channel>' },
    KILLED,
    ['Asked: why `a&amp;b` may not reach `&lt;!channel&gt;`.', 'killed each time', 'Ask again'],
  ],
];

test.each(FAILURES)('%s: the root names the question, the cause, the remedy and the reference', async (...row) => {
  const [, benchOf, asked, delivery, says] = row;
  const bench = benchOf();
  await bench.deliver('cmd:1', askJobOf(asked), delivery).catch(() => null);
  const [root, ...others] = bench.slack.messages;
  expect(others).toEqual([]);
  const { text, blocks } = root?.message ?? { text: '', blocks: [] };
  for (const one of [...says, 'In the log this is `cmd:1`.']) {
    expect(text).toContain(one);
    expect(JSON.stringify(blocks)).toContain(one);
  }
});

test('where the channel takes nothing, the person is told the same: question, cause, remedy, reference', async () => {
  const bench = testBench();
  bench.slack.refuse = method => (method === 'post' ? 'is_archived' : null);
  await bench.deliver('cmd:1', askJobOf({ pod, host }));
  expect(bench.slack.told.map(({ message }) => message.text)).toEqual([
    expect.stringMatching(new RegExp(`Asked: why \`${pod}\` may not reach \`${host}\`, in cluster \`prod\`\\.`)),
  ]);
  expect(bench.slack.told[0]?.message.text).toMatch(/is_archived[\s\S]*Ask in another channel[\s\S]*`cmd:1`/);
});

test('several pods match: the choice that replaces the root names the host that is meant', async () => {
  const choices = [1, 2].map(number => ({ namespace: 'payments', pod: `billing-${number}` }));
  const fault = { code: 'ambiguous', what: 'Two.', cause: '', remedy: '', choices } as const;
  const bench = testBench({ clusters: bundleClusters(() => Promise.reject(new FaultError(fault))) });
  await bench.deliver('cmd:1', askJobOf({ pod: 'billing', host }));
  expect(bench.slack.messages[0]?.message.text).toContain(
    `Asked: why \`billing\` may not reach \`${host}\`, in cluster \`prod\`.`,
  );
});

test.each([
  ['on its last attempt', LAST, { what: 'could not be reached' }],
  ['whose workers were killed', KILLED, { what: 'every worker' }],
] as const)('a press %s tells its person which question it was about', async (_rule, delivery, { what }) => {
  const bench = testBench();
  await bench.deliver('cmd:1', askJobOf({ pod, host }));
  const clusters = { ...down, mayGetPods: () => Promise.reject(CLUSTER_DOWN) };
  const settings = { ...SETTINGS, subjectAccessReview: { usernameTemplate: '{user}' } };
  Object.assign(bench.work.ports, { clusters });
  Object.assign(bench.work, { settings });
  await bench.deliver('press:2', pressJobOf('evidence', 'cmd:1'), delivery).catch(() => null);
  expect(bench.slack.told.map(({ message }) => message.text)).toEqual([
    expect.stringMatching(
      new RegExp(
        `${what}[\\s\\S]*Asked: why \`${pod}\` may not reach \`${host}\`, in cluster \`prod\`.*[\\s\\S]*press:2`,
      ),
    ),
  ]);
});
