/** The process under load: `egress serve` with clusters out of bundles. Its environment says where Slack is; it prints its ports. */
import { readServeEnvironment } from '../../src/serve/environment.ts';
import { serve } from '../../src/serve/serve.ts';
import { threadWorker } from '../../src/serve/thread.ts';
import { bundleClusters } from '../fakes/bundle-clusters.ts';
import { loadSettings } from './questions.ts';

const reading = readServeEnvironment(process.env, 'http');
if (reading.kind === 'faults') throw new Error(JSON.stringify(reading.faults));
const { environment } = reading;
const workerData = {
  environment,
  channels: Number(process.env.LOAD_CHANNELS),
  workers: Number(process.env.LOAD_WORKERS),
  paceMs: Number(process.env.LOAD_PACE_MS),
};
const serving = await serve({
  mode: { kind: 'http', address: { host: '127.0.0.1', port: 0 } },
  environment,
  operations: { host: '127.0.0.1', port: 0 },
  settings: loadSettings(workerData.channels),
  clusters: bundleClusters(async () => undefined),
  startWorker: () =>
    threadWorker(new URL('./worker.ts', import.meta.url), workerData, why => {
      throw new Error(why);
    }),
  log: event => {
    if (event.event === 'job-not-kept' || event.event === 'job-late')
      process.stderr.write(`${JSON.stringify(event)}\n`);
  },
});
process.stdout.write(`${serving.port} ${serving.operationsPort}\n`);
process.once('SIGTERM', async () => {
  await serving.stop(1000);
  process.exit(0);
});
// Without the one who asks there is nothing to answer.
process.stdin.resume().on('end', () => process.exit(1));
