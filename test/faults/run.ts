/** Runs questions against workers that are killed, a Slack that fails, and deliveries that repeat; then looks at every thread. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Message } from '../../src/local-slack/model.ts';
import { type LocalSlack, startLocalSlack } from '../../src/local-slack/start.ts';
import type { WorkspaceSetup } from '../../src/local-slack/workspace.ts';
import { openSqliteQueue } from '../../src/queue/sqlite-queue.ts';
import { marksOf } from '../../src/slack/marks.ts';
import { type Asked, CHANNELS, fastClock, LEASE_MS, seeded, USER } from './scene.ts';
import type { WorkerPlan } from './worker.ts';

export type FaultRun = {
  /** Made when the clock of the run is known; `at` is ISO 8601. */
  readonly asked: (at: string) => readonly Asked[];
  readonly clusters: WorkerPlan['clusters'];
  readonly seed: number;
  /** How many times as fast as usual time passes. */
  readonly speed: number;
  /** A worker dies after up to twice as many calls of its ports. */
  readonly callsPerLife: number;
  /** Milliseconds, as they really pass, between two of Slack's troubles: half of it to one and a half times. */
  readonly pauseMs: number;
  /** Seconds (scaled) that Slack is down at most. */
  readonly downSeconds: number;
  /** Milliseconds after which the run is given up. */
  readonly limitMs: number;
};

/** What came of a run. `wrong`: one line for each question that ended neither way, or not as it had to. */
export type Tally = {
  readonly threads: number;
  readonly failures: number;
  readonly wrong: readonly string[];
  readonly kills: number;
  readonly deliveredTwice: number;
  readonly slackFaults: Readonly<Record<string, number>>;
  /** Why each of them was given up. */
  readonly deadLetters: readonly string[];
  readonly seconds: number;
};

/** Runs it. Nothing is left: no process, no file. */
export async function runFaults(run: FaultRun): Promise<Tally> {
  const { seed, speed, callsPerLife, limitMs, clusters } = run;
  const folder = mkdtempSync(join(tmpdir(), 'egress-faults-'));
  const baseMs = Date.now();
  const { now } = fastClock(baseMs, speed);
  const random = seeded(seed + 1);
  const slack = await startLocalSlack({ ...workspace(), clock: slackClock(baseMs, speed), pace: null });
  const database = join(folder, 'egress.sqlite');
  const queue = openSqliteQueue(database, { now, random, visibilityMs: LEASE_MS, maxAttempts: 8 });
  const asked = run.asked(new Date(now()).toISOString());
  const twice = asked.filter(() => random() < 0.1);
  const workers = keepWorkers(
    plan => ({
      ...plan,
      database,
      slackUrl: slack.url,
      token: slack.botToken,
      baseMs,
      speed,
      clusters,
      tells: process.env.FAULTS_TELL === '1',
    }),
    {
      random,
      callsPerLife,
      seed,
    },
  );
  const faults = injectFaults(slack, random, run);
  try {
    for (const { envelope } of asked) await queue.send(envelope);
    for (const { envelope } of twice) await queue.send(envelope, { delaySeconds: Math.floor(random() * 60) });
    // The last few would get all of Slack's trouble: it comes faster than so few calls use it up.
    const few = Math.ceil(asked.length / 20);
    while (leftOf(queue.counts()) > few && Date.now() - baseMs < limitMs) await sleep(100);
    const slackFaults = faults.stop();
    // What Slack's trouble has put off is delivered now.
    while (leftOf(queue.counts()) > 0 && Date.now() - baseMs < limitMs) await sleep(100);
    return {
      ...judge(asked, slack),
      kills: workers.kills(),
      deliveredTwice: twice.length,
      slackFaults,
      deadLetters: queue.deadLetters().map(({ why }) => why),
      seconds: Math.round((Date.now() - baseMs) / 1000),
    };
  } finally {
    faults.stop();
    await workers.stop();
    queue.close();
    await slack.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function leftOf({ waiting, taken }: { readonly waiting: number; readonly taken: number }): number {
  return waiting + taken;
}

function workspace(): { readonly setup: Partial<WorkspaceSetup> } {
  const channels = CHANNELS.map(id => ({
    id,
    name: id.toLowerCase(),
    topic: '',
    botIsMember: true,
    isArchived: false,
    members: null,
  }));
  return { setup: { channels, people: [{ id: USER, name: 'anna' }] } };
}

function slackClock(baseMs: number, speed: number) {
  return {
    now: fastClock(baseMs, speed).now,
    after: (milliseconds: number, run: () => void) => {
      const timer = setTimeout(run, milliseconds / speed).unref();
      return () => clearTimeout(timer);
    },
  };
}

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));
type Lives = { readonly random: () => number; readonly callsPerLife: number; readonly seed: number };
type PlanOf = (plan: Pick<WorkerPlan, 'seed' | 'diesAfter'>) => WorkerPlan;

/** One worker process at any time: the next one is started when the one before it is dead. */
function keepWorkers(planOf: PlanOf, { random, callsPerLife, seed }: Lives) {
  let kills = 0;
  let isOver = false;
  let child: ChildProcess | null = null;
  const start = (): void => {
    const diesAfter = 1 + Math.floor(random() * 2 * callsPerLife);
    const plan = planOf({ seed: seed + 1000 + kills, diesAfter });
    child = spawn(process.execPath, [WORKER, JSON.stringify(plan)], { stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('exit', (code, signal) => {
      if (signal === 'SIGKILL') kills += 1;
      if (!isOver && signal !== 'SIGKILL') throw new Error(`a worker ended by itself: ${code} ${signal}`);
      if (!isOver) start();
    });
  };
  start();
  return {
    kills: () => kills,
    stop: async () => {
      isOver = true;
      const last = child;
      if (last === null || last.exitCode !== null || last.signalCode !== null) return;
      const ended = new Promise(resolve => last.once('exit', resolve));
      last.kill('SIGKILL');
      await ended;
    },
  };
}

/** Trouble one after the other, with pauses: 429 storms, 5xx, lost answers, and Slack down for up to a minute of its time. */
function injectFaults(slack: LocalSlack, random: () => number, { downSeconds, speed, pauseMs }: FaultRun) {
  const done: Record<string, number> = {};
  let timer: NodeJS.Timeout | undefined;
  const storms: readonly (readonly [string, () => number])[] = [
    ['429 storm', () => limited(slack, 10 + Math.floor(random() * 40))],
    ['5xx', () => some(slack, '*', { kind: 'status', status: 500 }, 1 + Math.floor(random() * 10))],
    [
      'answers lost',
      () => some(slack, 'chat.postMessage', { kind: 'drop', when: 'after' }, 1 + Math.floor(random() * 5)),
    ],
    ['uploads lost', () => some(slack, 'files.completeUploadExternal', { kind: 'drop', when: 'after' }, 2)],
    ['connections dropped', () => some(slack, '*', { kind: 'drop', when: 'before' }, 1 + Math.floor(random() * 10))],
    ['down', () => down(slack, (downSeconds * 1000 * (1 + 5 * random())) / 6 / speed)],
  ];
  const next = (): void => {
    const storm = storms[Math.floor(random() * storms.length)];
    if (storm === undefined) return;
    const [name, begin] = storm;
    done[name] = (done[name] ?? 0) + 1;
    const lastsMs = begin();
    timer = setTimeout(next, lastsMs + pauseMs * (0.5 + random()));
  };
  timer = setTimeout(next, pauseMs);
  return {
    stop: () => {
      clearTimeout(timer);
      slack.faults.clear();
      return done;
    },
  };
}

type Effect = Parameters<LocalSlack['faults']['add']>[0]['effect'];

function some(slack: LocalSlack, method: string, effect: Effect, times: number): number {
  slack.faults.add({ method, times, effect });
  return 0;
}

function limited(slack: LocalSlack, times: number): number {
  return some(slack, '*', { kind: 'rate-limited', retryAfterSeconds: 1 }, times);
}

function down(slack: LocalSlack, milliseconds: number): number {
  const up = slack.faults.down();
  setTimeout(up, milliseconds).unref();
  return milliseconds;
}

function judge(asked: readonly Asked[], slack: LocalSlack): Pick<Tally, 'threads' | 'failures' | 'wrong'> {
  const messages = [...slack.state.messages.values()];
  const verdicts = asked.map(one => ({ one, why: whyWrong(one, messages) }));
  const right = verdicts.filter(({ why }) => why === null).map(({ one }) => one.ending.kind);
  return {
    threads: right.filter(kind => kind === 'thread').length,
    failures: right.filter(kind => kind === 'failure').length,
    wrong: verdicts.flatMap(({ one, why }) => (why === null ? [] : [`${one.envelope.id}: ${why}`])),
  };
}

/** Why this question did not end as it had to; null: it did. A look that had bad luck in every attempt may have failed. */
function whyWrong({ envelope, ending }: Asked, messages: readonly Message[]): string | null {
  const own = messages.flatMap(message =>
    marksOf(asJson(message), message.channel, envelope.id).map(mark => ({ message, mark })),
  );
  const parts = own.map(({ mark }) => mark.part);
  const root = own.find(({ mark }) => mark.part === 'root')?.message;
  if (root === undefined) return 'there is no root message';
  if (ending.kind === 'failure') {
    if (parts.length !== 1) return `a failure, and the parts ${parts.join(', ')}`;
    return root.text.includes(ending.says) ? null : `the root says: ${root.text}`;
  }
  const expected = ending.parts ?? ALWAYS;
  const found = ending.parts === null ? parts.filter(part => ALWAYS.includes(part)) : parts;
  if (new Set(parts).size !== parts.length || found.join() !== expected.join())
    return `parts are ${parts.join(', ')}; root says: ${root.text.slice(0, 100)}`;
  if (own.some(({ message, mark }) => mark.part !== 'root' && message.threadTs !== root.ts))
    return 'a part is elsewhere';
  return root.text.includes(`${ending.verdict}:`) ? null : `the root says: ${root.text}`;
}

/** What every thread has; files and the fix only some. */
const ALWAYS: readonly string[] = ['root', 'picture', 'cause', 'comparison', 'by-hand', 'not-looked-at'];

/** As conversations.history has it. */
function asJson({ ts, metadata, files }: Message): object {
  return { ts, metadata, files };
}
