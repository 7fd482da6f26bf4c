/** Keeps one message up to date: edits as things happen, never two at once, never more often than its interval. */

/** `request` after every change; `stop` before anything else is written into the message. */
export type LiveMessage = {
  readonly request: () => void;
  /** Waits for the edit under way; none begins afterwards. */
  readonly stop: () => Promise<void>;
};

/** What it needs of the world. */
export type LiveOptions = {
  /** Milliseconds between two edits. */
  readonly everyMs: number;
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Writes what is true now. A rejection is told to `onTrouble` and costs that edit alone. */
  readonly edit: () => Promise<void>;
  readonly onTrouble: (error: unknown) => void;
};

/** Starts right after the message was posted, which counts as its first edit. */
export function keepLive({ everyMs, now, wait, edit, onTrouble }: LiveOptions): LiveMessage {
  const stopped = Promise.withResolvers<void>();
  let isStopped = false;
  let isDue = false;
  let running: Promise<void> | null = null;
  let lastMs = now();
  const run = async (): Promise<void> => {
    while (isDue && !isStopped) {
      const waitMs = lastMs + everyMs - now();
      if (waitMs > 0) await Promise.race([wait(waitMs), stopped.promise]);
      if (isStopped) return;
      isDue = false;
      await edit().catch(onTrouble);
      lastMs = now();
    }
  };
  return {
    request: () => {
      isDue = true;
      running ??= run().finally(() => {
        running = null;
      });
    },
    stop: async () => {
      isStopped = true;
      stopped.resolve();
      await running;
    },
  };
}
