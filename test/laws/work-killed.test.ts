/**
 * A worker killed at any moment: every call that changes the world is numbered, and for each of them a worker dies right
 * before or right after it. Whoever gets the job next ends with the same thread, each part once.
 */
import { expect, test } from 'vitest';
import type { SlackApi } from '../../src/slack/api.ts';
import type { Store } from '../../src/store/store.ts';
import { handleDelivery } from '../../src/work/handle-job.ts';
import type { Work } from '../../src/work/work.ts';
import { askedIn, BUNDLES } from '../fakes/bundle-clusters.ts';
import { type FakeSlack, inChannelOf } from '../fakes/slack-api.ts';
import { askJobOf, pressJobOf, type TestBench, testBench } from '../fakes/work.ts';

type Death = { readonly at: number; readonly when: 'before' | 'after' };

/** A promise that never settles: to the world, a dead worker is one that does nothing any more. */
const DEAD = new Promise<never>(() => undefined);

/** The same world for a worker that dies at one of its calls; `died` resolves then, `calls` counts them. */
function mortal(work: Work, death: Death | null) {
  const end = Promise.withResolvers<'died'>();
  let calls = 0;
  let isDead = false;
  const through = async <Value>(call: () => Promise<Value>): Promise<Value> => {
    if (isDead) return DEAD;
    calls += 1;
    const isLast = death !== null && calls === death.at;
    if (isLast && death.when === 'before') return die();
    const value = await call();
    return isLast ? die() : isDead ? DEAD : value;
  };
  const die = (): Promise<never> => {
    isDead = true;
    end.resolve('died');
    return DEAD;
  };
  const { slack, store } = work.ports;
  const wrapped = <Port extends object>(port: Port, names: readonly (keyof Port)[]): Port =>
    Object.fromEntries(
      Object.entries(port).map(([name, call]) => [
        name,
        (...args: unknown[]) =>
          names.includes(name as keyof Port) ? through(() => call(...args)) : isDead ? DEAD : call(...args),
      ]),
    ) as Port;
  const writes: readonly (keyof Store)[] = ['put', 'remove'];
  const posts: readonly (keyof SlackApi)[] = ['post', 'update', 'ephemeral', 'respond', 'upload', 'publishHome'];
  const ports = { ...work.ports, slack: wrapped(slack, posts), store: wrapped(store, writes) };
  return { work: { ...work, ports }, died: end.promise, calls: () => calls };
}

/** What people see: parts in order, without the times. */
function threadOf(slack: FakeSlack): readonly string[] {
  return inChannelOf(slack, 'C0ALERTS').map(
    ({ threadTs, message, upload, mark }) =>
      `${threadTs === null ? 'root' : 'reply'} ${mark?.part ?? upload?.filename ?? ''}: ${message.text}`,
  );
}

type Deliver = (bench: TestBench, work: Work, attempt: number) => Promise<unknown>;

async function liveAndDie(prepare: (bench: TestBench) => Promise<void>, deliver: Deliver, death: Death) {
  const bench = testBench();
  await prepare(bench);
  const first = mortal(bench.work, death);
  const outcome = await Promise.race([deliver(bench, first.work, 1), first.died]);
  // The queue gives it to somebody else once the lease is over.
  bench.pass(120_000);
  await deliver(bench, bench.work, 2);
  return { bench, outcome };
}

function deliverWith(
  bench: TestBench,
  work: Work,
  attempt: number,
  id: string,
  job: Parameters<TestBench['deliver']>[1],
) {
  return handleDelivery(work)(bench.deliveryOf(id, job, { attempt, holder: `worker-${attempt}` }));
}

const [first] = BUNDLES;
if (first === undefined) throw new Error('no bundles');
const ASK = askJobOf(askedIn(first));

const STORIES: readonly {
  readonly name: string;
  readonly prepare: (bench: TestBench) => Promise<void>;
  readonly deliver: Deliver;
}[] = [
  {
    name: 'a question',
    prepare: async () => undefined,
    deliver: (bench, work, attempt) => deliverWith(bench, work, attempt, 'cmd:1', ASK),
  },
  {
    name: 'a question about a pod that is not there',
    prepare: async () => undefined,
    deliver: (bench, work, attempt) =>
      deliverWith(
        bench,
        work,
        attempt,
        'cmd:1',
        askJobOf({ pod: 'nobody', host: 'google.com', namespace: 'payments' }),
      ),
  },
  {
    name: 'Check again',
    prepare: async bench => void (await bench.deliver('cmd:1', ASK)),
    deliver: (bench, work, attempt) => deliverWith(bench, work, attempt, 'press:2', pressJobOf('again', 'cmd:1')),
  },
  {
    name: 'Show evidence',
    prepare: async bench => void (await bench.deliver('cmd:1', ASK)),
    deliver: (bench, work, attempt) => deliverWith(bench, work, attempt, 'press:2', pressJobOf('evidence', 'cmd:1')),
  },
];

for (const { name, prepare, deliver } of STORIES) {
  test(`${name}: killed before or after any call, the next worker ends with the same thread, each part once`, async () => {
    const whole = testBench();
    await prepare(whole);
    const alive = mortal(whole.work, null);
    await deliver(whole, alive.work, 1);
    expect(alive.calls()).toBeGreaterThan(5);
    for (let at = 1; at <= alive.calls(); at += 1) {
      for (const when of ['before', 'after'] as const) {
        const { bench, outcome } = await liveAndDie(prepare, deliver, { at, when });
        expect(outcome).toBe('died');
        expect({ at, when, thread: threadOf(bench.slack) }).toEqual({ at, when, thread: threadOf(whole.slack) });
        const parts = bench.slack.messages.map(
          one => one.upload?.filename ?? `${one.mark?.answerId} ${one.mark?.part}`,
        );
        expect(new Set(parts).size).toBe(parts.length);
      }
    }
  });
}
