/** The working half of `egress serve`: what its thread runs. */
import { workerData } from 'node:worker_threads';
import type { Config } from '../config.ts';
import { pngOf } from '../picture/png.ts';
import { keepPictures } from '../serve/draw.ts';
import type { ServeEnvironment } from '../serve/environment.ts';
import { jsonLog } from '../serve/log.ts';
import { beThreadWorker } from '../serve/thread.ts';
import { startWorker } from '../serve/worker.ts';
import type { Settings } from '../settings/settings.ts';
import { NOTHING_ATTACHED } from '../work/work.ts';
import { serveClusters } from './serve-clusters.ts';
import { loadTemplates } from './templates.ts';

/** What the thread is told. */
export type ServeThreadData = {
  readonly config: Config;
  readonly environment: ServeEnvironment;
  readonly settings: Settings;
  readonly workers: number;
};

const { config, environment, settings, workers } = workerData as ServeThreadData;
const log = jsonLog();
beThreadWorker(
  startWorker({
    environment,
    settings,
    workers,
    templates: loadTemplates(),
    clusters: serveClusters(config, settings, log),
    draw: keepPictures(pngOf),
    attached: NOTHING_ATTACHED,
    log,
  }),
);
