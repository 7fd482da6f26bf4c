/** Commands at a steady rate over many channels, against one process and a local Slack: acknowledgements, memory, threads. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import type { Message } from '../../src/local-slack/model.ts';
import { type LocalSlack, startLocalSlack } from '../../src/local-slack/start.ts';
import { askedIn, BUNDLES } from '../fakes/bundle-clusters.ts';
import { ASKER, channelIds } from './questions.ts';

/** How much. */
export type Load = {
  readonly seconds: number;
  readonly perSecond: number;
  readonly channels: number;
  readonly workers: number;
  /** Between two messages of a channel; Slack's own limit is 1000. */
  readonly paceMs: number;
  /** False: Slack waits for as long as it takes, so that a busy machine decides nothing. */
  readonly isTimed: boolean;
};

/** One thread as it is at the end. `atMs`: when it was opened and when its last part came, from the start of the load. */
export type LoadThread = {
  readonly channel: string;
  readonly root: string;
  readonly parts: readonly string[];
  readonly openedMs: number;
  readonly completeMs: number;
};

/** What came of it. Milliseconds; bytes of resident memory of the process under load, sampled each second. */
export type LoadResult = {
  readonly asked: number;
  readonly acksMs: readonly number[];
  readonly notAcked: number;
  readonly threads: readonly LoadThread[];
  readonly memoryBytes: readonly number[];
  /** Calls that Slack refused because they came too fast. */
  readonly rateLimited: number;
  readonly drainedMs: number;
  readonly left: number;
};

/** Runs it to its end: until every thread is complete, or `patienceMs` after the last command. */
export async function runLoad(load: Load, patienceMs: number): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'egress-load-'));
  let rateLimited = 0;
  const channels = channelIds(load.channels);
  const slack = await startLocalSlack({
    ...(load.isTimed ? {} : { clock: { now: Date.now, after: () => () => undefined } }),
    setup: {
      channels: channels.map(id => ({
        id,
        name: id.toLowerCase(),
        topic: '',
        botIsMember: true,
        isArchived: false,
        members: null,
      })),
    },
    // As Slack does it: one message a second in a channel, and a few more at once now and then.
    pace: { perSecond: 1000 / load.paceMs, burst: 5 },
    onCall: ({ outcome }) => {
      if (/rate/.test(outcome)) rateLimited += 1;
    },
  });
  const app = spawn(process.execPath, [join(import.meta.dirname, 'app.ts')], {
    env: {
      ...process.env,
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_SIGNING_SECRET: slack.signingSecret,
      SLACK_API_URL: slack.url,
      EGRESS_DATABASE: join(folder, 'egress.sqlite'),
      LOAD_CHANNELS: String(load.channels),
      LOAD_WORKERS: String(load.workers),
      LOAD_PACE_MS: String(load.paceMs),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const [port, operationsPort] = await portsOf(app);
    const origin = `http://127.0.0.1:${port}`;
    slack.deliverTo({ kind: 'http', requestUrl: `${origin}/slack/events`, optionsUrl: null });
    const startedMs = Date.now();
    const memory = sampleMemory(`http://127.0.0.1:${operationsPort}/metrics`);
    const acks = await sendCommands(slack, load, channels);
    const left = await untilDrained(`http://127.0.0.1:${operationsPort}/metrics`, patienceMs);
    return {
      asked: acks.length,
      acksMs: acks.filter(ms => ms !== null),
      notAcked: acks.filter(ms => ms === null).length,
      threads: threadsOf(slack, startedMs),
      memoryBytes: await memory.stop(),
      rateLimited,
      drainedMs: Date.now() - startedMs,
      left,
    };
  } finally {
    app.kill('SIGTERM');
    await new Promise(resolve => (app.exitCode === null ? app.once('exit', resolve) : resolve(null)));
    await slack.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function portsOf(app: ChildProcess): Promise<readonly [number, number]> {
  return new Promise((resolve, reject) => {
    app.once('exit', code => reject(new Error(`the process under load ended with ${code}`)));
    if (app.stdout === null) return reject(new Error('no output'));
    createInterface(app.stdout).once('line', line => {
      const [port, operationsPort] = line.split(' ').map(Number);
      resolve([port ?? 0, operationsPort ?? 0]);
    });
  });
}

/** Sends on time, whatever the answers do; null: no acknowledgement within Slack's three seconds. */
async function sendCommands(
  slack: LocalSlack,
  load: Load,
  channels: readonly string[],
): Promise<readonly (number | null)[]> {
  const total = load.seconds * load.perSecond;
  const startedMs = performance.now();
  const sent: Promise<number | null>[] = [];
  for (let index = 0; index < total; index += 1) {
    const dueMs = startedMs + (index * 1000) / load.perSecond;
    if (dueMs > performance.now()) await pause(dueMs - performance.now());
    const { pod, host, namespace } = askedIn(BUNDLES[index % BUNDLES.length] as (typeof BUNDLES)[number]);
    const channel = channels[index % channels.length] ?? '';
    sent.push(
      slack
        .command({ user: ASKER, channel, command: '/egress', text: `${pod} ${host} -n ${namespace}` })
        .then(delivered => (delivered.kind === 'acked' ? delivered.ms : null)),
    );
  }
  return Promise.all(sent);
}

/** Resolves with the jobs that are left when nothing is waiting or at work any more, or when the patience is over. */
async function untilDrained(metricsUrl: string, patienceMs: number): Promise<number> {
  const endMs = Date.now() + patienceMs;
  for (;;) {
    const text = await metricsText(metricsUrl);
    const left =
      metricOf(text, 'egress_queue_jobs{state="waiting"}') + metricOf(text, 'egress_queue_jobs{state="taken"}');
    if (left === 0 || Date.now() > endMs) return left;
    await pause(250);
  }
}

function sampleMemory(metricsUrl: string): { readonly stop: () => Promise<readonly number[]> } {
  const samples: number[] = [];
  let isOver = false;
  const sampling = (async () => {
    while (!isOver) {
      samples.push(metricOf(await metricsText(metricsUrl), 'process_resident_memory_bytes'));
      await pause(1000);
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await sampling;
      return samples;
    },
  };
}

async function metricsText(url: string): Promise<string> {
  return (await fetch(url)).text();
}

function metricOf(text: string, name: string): number {
  const line = text.split('\n').find(one => one.startsWith(`${name} `));
  return Number(line?.slice(name.length) ?? Number.NaN);
}

function threadsOf(slack: LocalSlack, startedMs: number): readonly LoadThread[] {
  const threads = new Map<string, Message[]>();
  const roots: Message[] = [];
  for (const message of slack.state.messages.values()) {
    if (message.threadTs === null) roots.push(message);
    else threads.set(message.threadTs, [...(threads.get(message.threadTs) ?? []), message]);
  }
  const since = (ts: string): number => Math.round(Number(ts) * 1000 - startedMs);
  return roots.map(root => {
    const replies = threads.get(root.ts) ?? [];
    const last = replies.at(-1)?.ts ?? root.ts;
    const parts = replies.map(partOf);
    return { channel: root.channel, root: root.text, parts, openedMs: since(root.ts), completeMs: since(last) };
  });
}

/** The part that a message is: of its metadata, or the beginning of its file's name. */
function partOf({ metadata, files }: Message): string {
  const part = metadata?.event_payload.part ?? files[0]?.name.split('.')[0];
  return typeof part === 'string' ? part : '?';
}

/** The value below which so many of 100 lie. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0;
}
