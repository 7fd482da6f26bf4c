import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, test } from 'vitest';
import type { Envelope } from '../../src/queue/job.ts';
import type { Delivery, HandleDelivery, Handled } from '../../src/queue/queue.ts';
import { openSqliteJobs } from '../../src/queue/sqlite-jobs.ts';
import { openSqliteQueue, type SqliteQueue, type SqliteQueueOptions } from '../../src/queue/sqlite-queue.ts';

const folder = mkdtempSync(join(tmpdir(), 'egress-queue-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function newFile(): string {
  files += 1;
  return join(folder, `${files}.sqlite`);
}

const OPTIONS: SqliteQueueOptions = { now: Date.now, random: () => 0, visibilityMs: 60_000, maxAttempts: 3 };

const job = (id: string, group = 'C1'): Envelope => ({
  id,
  job: { kind: 'home', asker: { kind: 'user', team: 'T1', user: 'U1' } },
  group,
  at: '2026-11-21T10:00:00.000Z',
});

const done: Handled = { kind: 'done' };

/** Runs `work` with workers on, until `isOver` is true of the counts. */
async function untilOver(
  queue: SqliteQueue,
  handle: HandleDelivery,
  { concurrency = 1, isOver }: { concurrency?: number; isOver: () => boolean },
): Promise<readonly string[]> {
  const troubles: string[] = [];
  const running = queue.start(handle, {
    concurrency,
    onTrouble: (delivery, error) => {
      troubles.push(`${delivery?.envelope.id ?? 'no job'}: ${error instanceof Error ? error.message : String(error)}`);
    },
  });
  while (!isOver()) await new Promise(resolve => setTimeout(resolve, 5));
  await running.stop(10_000);
  return troubles;
}

const isEmpty = (queue: SqliteQueue) => (): boolean => {
  const { waiting, taken } = queue.counts();
  return waiting + taken === 0;
};

describe('the embedded queue', () => {
  test('delivers what was sent before and after the start, each once when all goes well', async () => {
    const queue = openSqliteQueue(newFile(), OPTIONS);
    await queue.send(job('before'));
    const seen: string[] = [];
    const handle: HandleDelivery = async ({ envelope, attempt, isLast }) => {
      seen.push(`${envelope.id} ${attempt} ${isLast}`);
      if (envelope.id === 'before') await queue.send(job('after'));
      return done;
    };
    await untilOver(queue, handle, { isOver: isEmpty(queue) });
    expect(seen).toEqual(['before 1 false', 'after 1 false']);
    queue.close();
  });

  test('serves groups in turn: a group of fifty does not hold up a group of one', async () => {
    const queue = openSqliteQueue(newFile(), OPTIONS);
    for (let n = 0; n < 50; n += 1) await queue.send(job(`busy${n}`, 'C1'));
    await queue.send(job('quiet', 'C2'));
    await queue.send(job('other', 'C3'));
    const seen: string[] = [];
    const handle: HandleDelivery = async ({ envelope }) => {
      seen.push(envelope.id);
      return done;
    };
    await untilOver(queue, handle, { isOver: isEmpty(queue) });
    expect(seen.slice(0, 4)).toEqual(['busy0', 'quiet', 'other', 'busy1']);
    expect(seen).toHaveLength(52);
    queue.close();
  });

  test('has as many at work as it may, and no more', async () => {
    const queue = openSqliteQueue(newFile(), OPTIONS);
    for (let n = 0; n < 12; n += 1) await queue.send(job(`j${n}`));
    let atWork = 0;
    let most = 0;
    const handle: HandleDelivery = async () => {
      atWork += 1;
      most = Math.max(most, atWork);
      await new Promise(resolve => setTimeout(resolve, 5));
      atWork -= 1;
      return done;
    };
    await untilOver(queue, handle, { concurrency: 4, isOver: isEmpty(queue) });
    expect(most).toBe(4);
    queue.close();
  });

  test('tries a failed job again, later each time, and keeps it as a dead letter after the last attempt', async () => {
    let clock = 1_000_000;
    const queue = openSqliteQueue(newFile(), { ...OPTIONS, now: () => clock });
    await queue.send(job('bad'));
    const attempts: unknown[] = [];
    const handle: HandleDelivery = async ({ attempt, isLast }) => {
      attempts.push([clock, attempt, isLast]);
      throw new Error(`failure ${attempt}`);
    };
    // Time passes only while nobody is at work.
    const isOver = (): boolean => {
      if (queue.counts().taken === 0) clock += 500;
      return queue.counts().dead === 1;
    };
    const troubles = await untilOver(queue, handle, { isOver });
    expect(troubles).toEqual(['bad: failure 1', 'bad: failure 2', 'bad: failure 3']);
    expect(attempts.map(each => (each as unknown[]).slice(1))).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
    const times = attempts.map(each => (each as number[])[0] ?? 0);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(2000);
    expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThanOrEqual(4000);
    expect(queue.deadLetters()).toMatchObject([{ message: JSON.stringify(job('bad')), why: 'failure 3' }]);
    queue.close();
  });

  test('"later" is no failure, however often', async () => {
    const queue = openSqliteQueue(newFile(), OPTIONS);
    await queue.send(job('patient'));
    const attempts: number[] = [];
    const handle: HandleDelivery = async ({ attempt }) => {
      attempts.push(attempt);
      return attempts.length < 6 ? { kind: 'later', delaySeconds: 0 } : done;
    };
    await untilOver(queue, handle, { isOver: isEmpty(queue) });
    expect(attempts).toEqual([1, 1, 1, 1, 1, 1]);
    queue.close();
  });

  test('a delayed job is delivered when its time has come', async () => {
    let clock = 1_000_000;
    const queue = openSqliteQueue(newFile(), { ...OPTIONS, now: () => clock });
    await queue.send(job('delayed'), { delaySeconds: 900 });
    const seen: number[] = [];
    const handle: HandleDelivery = async () => {
      seen.push(clock);
      return done;
    };
    const isOver = (): boolean => {
      clock += 60_000;
      return isEmpty(queue)();
    };
    await untilOver(queue, handle, { isOver });
    expect(seen[0]).toBeGreaterThanOrEqual(1_900_000);
    queue.close();
  });

  test('a message that is no job is a dead letter at once, as it was, and is not handled', async () => {
    const file = newFile();
    const queue = openSqliteQueue(file, OPTIONS);
    const other = openSqliteJobs(file);
    other.add({ ...job('x'), at: 'yesterday' }, 0);
    const handle: HandleDelivery = () => Promise.reject(new Error('it was handled'));
    const troubles = await untilOver(queue, handle, { isOver: () => queue.counts().dead === 1 });
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toContain('It does not have the shape of a job: at.');
    expect(JSON.parse(queue.deadLetters()[0]?.message ?? '')).toMatchObject({ id: 'x', at: 'yesterday' });
    other.close();
    queue.close();
  });

  test('a delivery that outlasts its lease is delivered to somebody else, and what the first makes of it counts no more', async () => {
    let clock = 1_000_000;
    const queue = openSqliteQueue(newFile(), { ...OPTIONS, now: () => clock });
    await queue.send(job('slow'));
    const first = Promise.withResolvers<Handled>();
    const seen: Delivery[] = [];
    const handle: HandleDelivery = delivery => {
      seen.push(delivery);
      if (seen.length === 1) return first.promise;
      first.resolve({ kind: 'later', delaySeconds: 900 });
      return Promise.resolve(done);
    };
    const isOver = (): boolean => {
      clock += 1000;
      return isEmpty(queue)();
    };
    await untilOver(queue, handle, { concurrency: 2, isOver });
    expect(seen.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(queue.counts()).toEqual({ waiting: 0, taken: 0, dead: 0 });
    queue.close();
  });

  test('stopping takes nothing more and waits for those at work', async () => {
    const queue = openSqliteQueue(newFile(), OPTIONS);
    for (let n = 0; n < 5; n += 1) await queue.send(job(`j${n}`));
    let ended = 0;
    const begun = Promise.withResolvers<void>();
    const handle: HandleDelivery = async () => {
      begun.resolve();
      await new Promise(resolve => setTimeout(resolve, 30));
      ended += 1;
      return done;
    };
    const running = queue.start(handle, { concurrency: 2, onTrouble: () => undefined });
    await begun.promise;
    await running.stop(10_000);
    expect(ended).toBe(2);
    expect(queue.counts()).toEqual({ waiting: 3, taken: 0, dead: 0 });
    queue.close();
  });
});

/** A process that takes what is in the queue, says so, and never ends by itself. */
const HANGING = `
  const { openSqliteQueue } = await import(process.argv[1]);
  const queue = openSqliteQueue(process.argv[2], { now: Date.now, random: () => 0, visibilityMs: 3_600_000, maxAttempts: 3 });
  await queue.send(JSON.parse(process.argv[3]));
  queue.start(async ({ envelope }) => { console.log(envelope.id); return new Promise(() => {}); }, { concurrency: 1, onTrouble: console.error });`;

async function startHanging(file: string, id: string): Promise<ChildProcess> {
  const module = new URL('../../src/queue/sqlite-queue.ts', import.meta.url).href;
  const argv = ['--input-type=module', '--eval', HANGING, module, file, JSON.stringify(job(id))];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(createInterface({ input: child.stdout }), 'line');
  return child;
}

describe('a worker that is killed', () => {
  test('gives its jobs back at once: the next one has them as a second attempt', { timeout: 60_000 }, async () => {
    const file = newFile();
    const child = await startHanging(file, 'orphan');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const queue = openSqliteQueue(file, OPTIONS);
    const seen: string[] = [];
    const handle: HandleDelivery = async ({ envelope, attempt }) => {
      seen.push(`${envelope.id} ${attempt}`);
      return done;
    };
    await untilOver(queue, handle, { isOver: isEmpty(queue) });
    expect(seen).toEqual(['orphan 2']);
    queue.close();
  });

  test('but while it lives nobody else works on the file, though others may send to it', {
    timeout: 60_000,
  }, async () => {
    const file = newFile();
    const child = await startHanging(file, 'held');
    const queue = openSqliteQueue(file, OPTIONS);
    await queue.send(job('sent'));
    const work = () => queue.start(async () => done, { concurrency: 1, onTrouble: () => undefined });
    expect(work).toThrow(/Another process works on .*It holds the lock .*End the other process/);
    expect(queue.counts()).toEqual({ waiting: 1, taken: 1, dead: 0 });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const running = work();
    while (!isEmpty(queue)()) await new Promise(resolve => setTimeout(resolve, 5));
    await running.stop(10_000);
    queue.close();
  });

  test('a lock that cannot be made is a fault of its own', () => {
    const file = newFile();
    mkdirSync(`${file}-worker`);
    const queue = openSqliteQueue(file, OPTIONS);
    const work = () => queue.start(async () => done, { concurrency: 1, onTrouble: () => undefined });
    expect(work).toThrow(/The lock .*-worker could not be made/);
    queue.close();
  });

  test('in every attempt: it has one more; then it is only told, and is a dead letter', async () => {
    const file = newFile();
    const first = openSqliteQueue(file, OPTIONS);
    await first.send(job('deadly'));
    first.close();
    const seen: string[] = [];
    for (let life = 1; life <= 4; life += 1) {
      // What a killed worker leaves: a lease that its owner's death has ended.
      const jobs = openSqliteJobs(file);
      const taken = jobs.take(Date.now(), Date.now() + 60_000);
      seen.push(String(taken?.attempt));
      jobs.freeAll(Date.now());
      jobs.close();
    }
    const queue = openSqliteQueue(file, OPTIONS);
    const told: unknown[] = [];
    const handle: HandleDelivery = async ({ attempt, wasKilled }) => {
      told.push([attempt, wasKilled]);
      return { kind: 'done' };
    };
    await untilOver(queue, handle, { isOver: () => queue.counts().dead === 1 });
    expect(seen).toEqual(['1', '2', '3', '4']);
    expect(told).toEqual([[5, true]]);
    expect(queue.deadLetters()[0]?.why).toBe('Its worker was killed in every attempt.');
    queue.close();
  });
});
