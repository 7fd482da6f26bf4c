/**
 * `egress serve` over a socket as a process that a test ends: clusters out of bundles, the working half in a thread, as in the
 * product. Its argument says where everything is; at SIGTERM it stops as the product does, with the grace that it was given.
 */
import { pathToFileURL } from 'node:url';
import { isMainThread, workerData } from 'node:worker_threads';
import { loadTemplates } from '../../src/commands/templates.ts';
import type { ServeEnvironment } from '../../src/serve/environment.ts';
import { serve } from '../../src/serve/serve.ts';
import { beThreadWorker, threadWorker } from '../../src/serve/thread.ts';
import { startWorker } from '../../src/serve/worker.ts';
import { NOTHING_ATTACHED } from '../../src/work/work.ts';
import { bundleClusters } from './bundle-clusters.ts';
import { SERVE_SETTINGS } from './serve-settings.ts';

export type ServeProcess = {
  readonly environment: ServeEnvironment;
  readonly graceMs: number;
  /** Milliseconds that a look takes at its probes. */
  readonly observeMs: number;
};

const log = (event: Readonly<Record<string, unknown>>) => void process.stdout.write(`${JSON.stringify(event)}\n`);

if (isMainThread) await listen(JSON.parse(process.argv[2] ?? '') as ServeProcess);
else workInThread(workerData as ServeProcess);

async function listen(parts: ServeProcess): Promise<void> {
  const serving = await serve({
    mode: { kind: 'socket' },
    environment: parts.environment,
    operations: null,
    settings: SERVE_SETTINGS,
    clusters: bundleClusters(async () => undefined),
    startWorker: () =>
      threadWorker(pathToFileURL(import.meta.filename), parts, why => {
        throw new Error(why);
      }),
    log,
  });
  process.once('SIGTERM', async () => {
    await serving.stop(parts.graceMs);
    process.exit(0);
  });
}

function workInThread({ environment, observeMs }: ServeProcess): void {
  const clusters = bundleClusters(async step => {
    if (step !== 'observe') return;
    log({ event: 'probing' });
    await new Promise(resolve => setTimeout(resolve, observeMs));
  });
  beThreadWorker(() =>
    startWorker({
      environment,
      workers: 4,
      settings: SERVE_SETTINGS,
      templates: loadTemplates(),
      clusters,
      draw: async svg => new TextEncoder().encode(svg),
      attached: NOTHING_ATTACHED,
      log,
      paceMs: 0,
    }),
  );
}
