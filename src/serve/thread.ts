/**
 * The working half in a thread of its own: concluding and drawing are computing, and a process that computes cannot acknowledge
 * Slack, which waits for three seconds.
 */
import { setPriority } from 'node:os';
import { type MessagePort, parentPort, Worker } from 'node:worker_threads';
import { type Fault, FaultError } from '../faults.ts';
import { bounded } from '../slack/bounded.ts';
import type { RunningWorker } from './worker.ts';

type ToThread =
  | { readonly kind: 'wake' }
  | { readonly kind: 'metrics'; readonly id: number }
  | { readonly kind: 'stop'; readonly graceMs: number };

type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly fault: Fault }
  | { readonly kind: 'metrics'; readonly id: number; readonly text: string }
  | { readonly kind: 'stopped' };

/**
 * Starts the thread and resolves when its worker is at work; rejects with the FaultError that kept it from it. `onEnd` is told when it ends without being stopped: then nothing is
 * answered any more, and the process has to end, too.
 */
export async function threadWorker(
  entry: URL,
  workerData: unknown,
  onEnd: (why: string) => void,
): Promise<RunningWorker> {
  const thread = new Worker(entry, { workerData });
  const asked = new Map<number, (text: string) => void>();
  const life = watch(thread, asked, onEnd);
  await life.ready;
  const post = (message: ToThread): void => thread.postMessage(message);
  return {
    wake: () => post({ kind: 'wake' }),
    metrics: () => askMetrics(post, asked),
    stop: async graceMs => {
      life.expectEnd();
      post({ kind: 'stop', graceMs });
      await life.stopped;
      await thread.terminate();
    },
  };
}

/** `stopped` resolves also when it ends by itself, which `onEnd` is told of unless it was expected. */
type Life = { readonly ready: Promise<void>; readonly stopped: Promise<void>; readonly expectEnd: () => void };

function watch(thread: Worker, asked: ReadonlyMap<number, (text: string) => void>, onEnd: (why: string) => void): Life {
  const ready = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<void>();
  let isExpected = false;
  const ended = (why: string): void => {
    ready.reject(new Error(why));
    stopped.resolve();
    if (!isExpected) onEnd(why);
  };
  thread.on('message', (message: FromThread) => {
    switch (message.kind) {
      case 'ready':
        return ready.resolve();
      case 'refused':
        isExpected = true;
        return ready.reject(new FaultError(message.fault));
      case 'metrics':
        return asked.get(message.id)?.(message.text);
      case 'stopped':
        return stopped.resolve();
      default:
        return message satisfies never;
    }
  });
  thread.on('error', error => ended(error instanceof Error ? (error.stack ?? error.message) : String(error)));
  thread.on('exit', code => ended(`the working thread ended with ${code}`));
  const expectEnd = (): void => {
    isExpected = true;
  };
  return { ready: ready.promise, stopped: stopped.promise, expectEnd };
}

/** A thread that computes answers late, and a scrape does not wait for it for ever: it then has the other half's alone. */
const METRICS_MS = 2000;

let lastId = 0;

async function askMetrics(
  post: (message: ToThread) => void,
  asked: Map<number, (text: string) => void>,
): Promise<string> {
  lastId += 1;
  const id = lastId;
  const { promise, resolve } = Promise.withResolvers<string>();
  asked.set(id, resolve);
  post({ kind: 'metrics', id });
  const answered = await bounded(() => promise, METRICS_MS);
  asked.delete(id);
  return answered.kind === 'ok' ? answered.value : '';
}

/** Where computing is short, Slack's requests come first. */
const NICE = 5;

/** The other side: what a thread's entry calls with the start of its worker. A FaultError of that is told to whoever started it. */
export function beThreadWorker(start: () => RunningWorker): void {
  const port = parentPort;
  if (port === null) throw new Error('this is no thread');
  const post = (message: FromThread): void => port.postMessage(message);
  try {
    attend(port, post, start());
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    post({ kind: 'refused', fault: error.fault });
  }
}

function attend(port: MessagePort, post: (message: FromThread) => void, worker: RunningWorker): void {
  // On Linux, and only there, this is of the calling thread alone. https://man7.org/linux/man-pages/man2/setpriority.2.html
  if (process.platform === 'linux') setPriority(0, NICE);
  port.on('message', (message: ToThread) => {
    switch (message.kind) {
      case 'wake':
        return worker.wake();
      case 'metrics':
        return void worker.metrics().then(text => post({ kind: 'metrics', id: message.id, text }));
      case 'stop':
        return void worker.stop(message.graceMs).then(() => post({ kind: 'stopped' }));
      default:
        return message satisfies never;
    }
  });
  post({ kind: 'ready' });
}
