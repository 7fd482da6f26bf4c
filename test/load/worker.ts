/** The working half of the process under load. */
import { workerData } from 'node:worker_threads';
import { loadTemplates } from '../../src/commands/templates.ts';
import { pngOf } from '../../src/picture/png.ts';
import { keepPictures } from '../../src/serve/draw.ts';
import type { ServeEnvironment } from '../../src/serve/environment.ts';
import { beThreadWorker } from '../../src/serve/thread.ts';
import { startWorker } from '../../src/serve/worker.ts';
import { NOTHING_ATTACHED } from '../../src/work/work.ts';
import { bundleClusters } from '../fakes/bundle-clusters.ts';
import { loadSettings } from './questions.ts';

const { environment, channels, workers, paceMs } = workerData as {
  readonly environment: ServeEnvironment;
  readonly channels: number;
  readonly workers: number;
  readonly paceMs: number;
};
beThreadWorker(() =>
  startWorker({
    environment,
    workers,
    settings: loadSettings(channels),
    templates: loadTemplates(),
    clusters: bundleClusters(async () => undefined),
    draw: keepPictures(pngOf),
    attached: NOTHING_ATTACHED,
    log: event => {
      if (event.event === 'delivery-failed') process.stderr.write(`${JSON.stringify(event)}\n`);
    },
    paceMs,
  }),
);
