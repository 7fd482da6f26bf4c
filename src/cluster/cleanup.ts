/**
 * What must be undone however the work ends: done, failed, Ctrl-C or SIGTERM. An undoing is registered before the doing,
 * so that a signal in between finds it. After kill -9 nothing here runs: that is the sweep's.
 */

/** Undoes one thing; must not reject for a thing that is already gone. */
export type Undo = () => Promise<void>;

/** What the work is given: a place to register undoings, and the sign to stop. */
export type Cleanup = {
  /** Aborted once the undoing has begun: nothing may be made any more, and waiting ends. */
  readonly stopping: AbortSignal;
  /** Registers an undoing. False: it is too late, so the thing must not be made. */
  readonly add: (undo: Undo) => boolean;
};

/** Where signals come from and how they end the process: `process`, but for tests. */
export type SignalSource = {
  readonly on: (signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void) => unknown;
  readonly off: (signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void) => unknown;
  readonly pid: number;
  readonly kill: (pid: number, signal: NodeJS.Signals) => unknown;
};

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Longer, and whoever sent SIGTERM sends SIGKILL: systemd and Kubernetes give 30 s and more, an impatient user less. */
const UNDO_LIMIT_MS = 5_000;

/** npm passes on the Ctrl-C that the terminal has sent as well: the same key press, so no second thought. */
const SAME_SIGNAL_MS = 1_000;

/**
 * Does the work, then undoes all that it registered, whether it succeeded or threw. A signal undoes first and then ends the
 * process by that same signal; a second one after a moment ends it at once. An undoing that rejects does not keep others from running.
 */
export async function withCleanup<T>(
  work: (cleanup: Cleanup) => Promise<T>,
  signals: SignalSource = process,
): Promise<T> {
  const undos: Undo[] = [];
  const stopping = new AbortController();
  const undoAll = async (): Promise<void> => {
    stopping.abort();
    await Promise.race([Promise.allSettled(undos.splice(0).map(undo => undo())), elapsed(UNDO_LIMIT_MS)]);
  };
  let firstMs: number | null = null;
  const end = (signal: NodeJS.Signals): void => {
    stopListening();
    signals.kill(signals.pid, signal);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now();
    if (firstMs !== null) {
      if (nowMs - firstMs > SAME_SIGNAL_MS) end(signal);
      return;
    }
    firstMs = nowMs;
    void undoAll().then(() => end(signal));
  };
  const stopListening = (): void => {
    for (const signal of SIGNALS) signals.off(signal, onSignal);
  };
  for (const signal of SIGNALS) signals.on(signal, onSignal);
  const add = (undo: Undo): boolean => {
    if (stopping.signal.aborted) return false;
    undos.push(undo);
    return true;
  };
  try {
    return await work({ stopping: stopping.signal, add });
  } finally {
    await undoAll();
    stopListening();
  }
}

/** Unreferenced: an undoing that has ended must not keep the process waiting for the limit. */
function elapsed(ms: number): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, ms).unref();
  });
}
