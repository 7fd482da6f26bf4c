/**
 * The working half in a thread of its own: concluding and drawing are computing, and a process that computes cannot acknowledge
 * Slack, which waits for three seconds.
 */
import { parentPort, Worker } from 'node:worker_threads';
import type { RunningWorker } from './worker.ts';

type ToThread =
  | { readonly kind: 'wake' }
  | { readonly kind: 'metrics'; readonly id: number }
  | { readonly kind: 'stop'; readonly graceMs: number };

type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'metrics'; readonly id: number; readonly text: string }
  | { readonly kind: 'stopped' };

/**
 * Starts the thread and resolves when its worker is at work. `onEnd` is told when it ends without being stopped: then nothing is
 * answered any more, and the process has to end, too.
 */
export async function threadWorker(
  entry: URL,
  workerData: unknown,
  onEnd: (why: string) => void,
): Promise<RunningWorker> {
  const thread = new Worker(entry, { workerData });
  const ready = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<void>();
  const asked = new Map<number, (text: string) => void>();
  let isStopping = false;
  let count = 0;
  const ended = (why: string): void => {
    ready.reject(new Error(why));
    stopped.resolve();
    if (!isStopping) onEnd(why);
  };
  thread.on('message', (message: FromThread) => {
    switch (message.kind) {
      case 'ready':
        return ready.resolve();
      case 'stopped':
        return stopped.resolve();
      case 'metrics':
        asked.get(message.id)?.(message.text);
        return void asked.delete(message.id);
      default:
        return message satisfies never;
    }
  });
  thread.on('error', error => ended(error instanceof Error ? (error.stack ?? error.message) : String(error)));
  thread.on('exit', code => ended(`the working thread ended with ${code}`));
  await ready.promise;
  const post = (message: ToThread): void => thread.postMessage(message);
  return {
    wake: () => post({ kind: 'wake' }),
    metrics: () => {
      count += 1;
      const { promise, resolve } = Promise.withResolvers<string>();
      asked.set(count, resolve);
      post({ kind: 'metrics', id: count });
      return promise;
    },
    stop: async graceMs => {
      isStopping = true;
      post({ kind: 'stop', graceMs });
      await stopped.promise;
      await thread.terminate();
    },
  };
}

/** The other side: what a thread's entry calls with its worker. */
export function beThreadWorker(worker: RunningWorker): void {
  const port = parentPort;
  if (port === null) throw new Error('this is no thread');
  const post = (message: FromThread): void => port.postMessage(message);
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
