/** The one process looks at the flows of its configuration by itself, and tells a local Slack. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { loadTemplates } from '../../src/commands/templates.ts';
import { startLocalSlack } from '../../src/local-slack/start.ts';
import { serve } from '../../src/serve/serve.ts';
import { startWorker } from '../../src/serve/worker.ts';
import type { Settings } from '../../src/settings/settings.ts';
import { withAlways } from '../../src/work/always-attached.ts';
import { NOTHING_ATTACHED } from '../../src/work/work.ts';
import { askedIn, BUNDLES, bundleClusters } from '../fakes/bundle-clusters.ts';
import { CHANNEL } from '../fakes/slack-app.ts';

const [bundle] = BUNDLES;
if (bundle === undefined) throw new Error('no bundles');

test('a flow that is broken at the start is asked about in its channel, once, also by the next start', {
  timeout: 120_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'egress-watch-'));
  const slack = await startLocalSlack({ pace: null });
  const settings: Settings = {
    clusters: [{ name: 'prod', access: { kind: 'in-cluster' } }],
    channels: [],
    grants: [],
    teams: [],
    subjectAccessReview: null,
    watch: [{ ...askedIn(bundle), name: 'first', cluster: 'prod', everyMinutes: 1, channel: CHANNEL }],
  };
  const environment = {
    botToken: slack.botToken,
    secret: slack.appToken,
    apiUrl: slack.url,
    database: join(folder, 'egress.sqlite'),
  };
  const common = { environment, settings, clusters: bundleClusters(async () => undefined), log: () => undefined };
  const working = {
    ...common,
    workers: 2,
    templates: loadTemplates(),
    draw: async (svg: string) => new TextEncoder().encode(svg),
    attached: withAlways(NOTHING_ATTACHED),
    paceMs: 0,
  };
  const start = () =>
    serve({ ...common, mode: { kind: 'socket' }, operations: null, startWorker: async () => startWorker(working) });
  const texts = () => [...slack.state.messages.values()].map(({ text }) => text);
  const idle = async (serving: Awaited<ReturnType<typeof start>>) => {
    for (let left = 1; left > 0; await pause(20)) {
      const { waiting, taken } = serving.queue.counts();
      left = waiting + taken;
    }
  };
  try {
    const serving = await start();
    while (!texts().some(text => text.startsWith('Asked by the watch `first`'))) await pause(20);
    await idle(serving);
    await serving.stop(5000);
    const said = texts();
    const again = await start();
    await idle(again);
    await again.stop(5000);
    expect(texts()).toEqual(said);
    expect(said[0]).toContain('denied-by-policy');
    expect(said.filter(text => text.startsWith('Asked by the watch')).length).toBe(1);
  } finally {
    await slack.close();
    rmSync(folder, { recursive: true });
  }
});
