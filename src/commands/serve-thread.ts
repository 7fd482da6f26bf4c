/** The working half of `egress serve`: what its thread runs. */
import { workerData } from 'node:worker_threads';
import type { Config } from '../config.ts';
import { secretsOf } from '../page/authenticate.ts';
import { openTargets } from '../page/open-targets.ts';
import { pngOf } from '../picture/png.ts';
import { keepPictures } from '../serve/draw.ts';
import type { ServeEnvironment } from '../serve/environment.ts';
import { jsonLog } from '../serve/log.ts';
import { TIMER } from '../serve/slack-for.ts';
import { beThreadWorker } from '../serve/thread.ts';
import { startWorker } from '../serve/worker.ts';
import type { Settings } from '../settings/settings.ts';
import { withAlways } from '../work/always-attached.ts';
import { followAttached, pagingAttached } from '../work/paging.ts';
import type { Attached } from '../work/work.ts';
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
beThreadWorker(() =>
  startWorker({
    environment,
    settings,
    workers,
    templates: loadTemplates(),
    clusters: serveClusters(config, settings, log),
    draw: keepPictures(pngOf),
    attached: withAlways(attachedOf(settings)),
    log,
  }),
);

/** Flows can be followed; with a pager, alerts ask and people can page. */
function attachedOf({ paging }: Settings): Attached {
  if (paging === undefined) return followAttached([]);
  return pagingAttached(openTargets(paging, secretsOf(process.env), { fetch, random: Math.random, ...TIMER }));
}
