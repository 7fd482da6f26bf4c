import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { loadTemplates } from '../../src/commands/templates.ts';
import type { StepEvent } from '../../src/diagnose/pipeline.ts';
import { type LocalSlack, startLocalSlack } from '../../src/local-slack/start.ts';
import { messagesIn } from '../../src/local-slack/workspace.ts';
import type { Mode } from '../../src/serve/environment.ts';
import { type Serving, serve } from '../../src/serve/serve.ts';
import { startWorker, type WorkerParts } from '../../src/serve/worker.ts';
import { NOTHING_ATTACHED } from '../../src/work/work.ts';
import { askedIn, BUNDLES, bundleClusters } from '../fakes/bundle-clusters.ts';
import { SERVE_SETTINGS } from '../fakes/serve-settings.ts';
import { ADA, CHANNEL } from '../fakes/slack-app.ts';

const closers: (() => Promise<unknown>)[] = [];
const ASKED = askedIn(BUNDLES[0] as (typeof BUNDLES)[number]);
const TEXT = `${ASKED.pod} ${ASKED.host} -n ${ASKED.namespace}`;
const TEMPLATES = loadTemplates();
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** A file of a test's own. */
function databaseOf(): string {
  const folder = mkdtempSync(join(tmpdir(), 'egress-serve-'));
  closers.unshift(async () => rmSync(folder, { recursive: true }));
  return join(folder, 'egress.sqlite');
}

type Started = { readonly serving: Serving; readonly logged: Readonly<Record<string, unknown>>[] };
type StartOptions = {
  readonly mode?: Mode['kind'];
  readonly before?: (step: StepEvent['step']) => Promise<void>;
};

async function start(slack: LocalSlack, options: StartOptions = {}): Promise<Started> {
  const logged: Readonly<Record<string, unknown>>[] = [];
  const isHttp = (options.mode ?? 'http') === 'http';
  const log = (event: Readonly<Record<string, unknown>>) => void logged.push(event);
  const clusters = bundleClusters(async step => options.before?.(step));
  const environment = {
    botToken: slack.botToken,
    secret: isHttp ? slack.signingSecret : slack.appToken,
    apiUrl: slack.url,
    database: databaseOf(),
  };
  const worker: WorkerParts = {
    environment,
    workers: 4,
    settings: SERVE_SETTINGS,
    templates: TEMPLATES,
    clusters,
    draw: async svg => new TextEncoder().encode(svg),
    attached: NOTHING_ATTACHED,
    log,
    paceMs: 0,
  };
  const serving = await serve({
    mode: isHttp ? { kind: 'http', address: { host: '127.0.0.1', port: 0 } } : { kind: 'socket' },
    environment,
    operations: { host: '127.0.0.1', port: 0 },
    settings: SERVE_SETTINGS,
    clusters,
    startWorker: async () => startWorker(worker),
    log,
  });
  const origin = `http://127.0.0.1:${serving.port}`;
  slack.deliverTo(
    isHttp
      ? { kind: 'http', requestUrl: `${origin}/slack/events`, optionsUrl: `${origin}/slack/options` }
      : { kind: 'socket' },
  );
  return { serving, logged };
}

async function localSlack(): Promise<LocalSlack> {
  const slack = await startLocalSlack({ pace: null });
  closers.push(slack.close);
  return slack;
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let count = 0; count < 1000; count += 1) {
    if (await isSo()) return;
    await pause(20);
  }
  throw new Error('it never came');
}

const isIdle = ({ serving }: Started): boolean => {
  const { waiting, taken } = serving.queue.counts();
  return waiting + taken === 0;
};
const roots = (slack: LocalSlack) => messagesIn(slack.state, CHANNEL, null);
const command = (slack: LocalSlack) => slack.command({ user: ADA, channel: CHANNEL, command: '/egress', text: TEXT });
const operation = async ({ serving }: Started, path: string) => {
  const response = await fetch(`http://127.0.0.1:${serving.operationsPort}${path}`);
  return { status: response.status, text: await response.text() };
};

describe.each(['http', 'socket'] as const)('over %s', mode => {
  test('a question becomes one thread; a button of its card is pressed; the form completes a pod', async () => {
    const slack = await localSlack();
    const started = await start(slack, { mode });
    closers.push(() => started.serving.stop(0));
    expect(await command(slack)).toMatchObject({ kind: 'acked' });
    await until(
      () => roots(slack).some(({ text }) => /denied|reachable|known|fail|drop/.test(text)) && isIdle(started),
    );
    const [root] = roots(slack);
    expect(roots(slack)).toHaveLength(1);
    expect(messagesIn(slack.state, CHANNEL, root?.ts ?? '').length).toBeGreaterThan(3);
    const pressed = await slack.press({
      user: ADA,
      where: { kind: 'message', ts: root?.ts ?? '' },
      actionId: 'egress.evidence',
    });
    expect(pressed).toMatchObject({ kind: 'acked' });
    const replies = () => messagesIn(slack.state, CHANNEL, root?.ts ?? '');
    await until(() => replies().some(({ files }) => files.some(({ name }) => /json/.test(name))));
    await slack.command({ user: ADA, channel: CHANNEL, command: '/egress', text: '-n default' });
    const view = slack.state.views.get(ADA)?.[0];
    const names = await slack.suggest({
      user: ADA,
      where: { kind: 'view', id: view?.id ?? '' },
      actionId: 'egress.ask.pod',
      text: ASKED.pod.slice(0, 4),
    });
    expect(names.kind === 'options' && names.options.length).toBeGreaterThan(1);
  });
});

describe.each(['http', 'socket'] as const)('over %s, within the three seconds of Slack', mode => {
  test('a question is acknowledged while its work has not even ended, and says no more than that it was understood', async () => {
    const slack = await localSlack();
    const held = Promise.withResolvers<void>();
    const started = await start(slack, { mode, before: () => held.promise });
    closers.push(() => started.serving.stop(0));
    const delivered = await command(slack);
    const { waiting, taken } = started.serving.queue.counts();
    expect(waiting + taken).toBe(1);
    expect(delivered).toMatchObject({
      kind: 'acked',
      body: { response_type: 'ephemeral', text: expect.stringMatching(/^… Looking/) },
    });
    held.resolve();
    await until(() => isIdle(started));
    expect(roots(slack)).toHaveLength(1);
  });

  test('a press and an event are acknowledged before their work has ended, too', async () => {
    const slack = await localSlack();
    let gate = Promise.resolve();
    const started = await start(slack, { mode, before: () => gate });
    closers.push(() => started.serving.stop(0));
    await command(slack);
    await until(() => isIdle(started));
    const held = Promise.withResolvers<void>();
    gate = held.promise;
    const where = { kind: 'message', ts: roots(slack)[0]?.ts ?? '' } as const;
    expect(await slack.press({ user: ADA, where, actionId: 'egress.again' })).toMatchObject({ kind: 'acked' });
    const text = `<@U0EGRESS> ${ASKED.pod} ${ASKED.host} -n ${ASKED.namespace}`;
    const { delivered } = await slack.say({ user: ADA, channel: CHANNEL, text, threadTs: null });
    expect(delivered).toMatchObject({ kind: 'acked' });
    const { waiting, taken } = started.serving.queue.counts();
    expect(waiting + taken).toBe(2);
    held.resolve();
    await until(() => isIdle(started));
  });
});

describe('the operations', () => {
  test('say that it lives, that it is ready, and what it counted; no name of a person, a channel, a pod or a host', async () => {
    const slack = await localSlack();
    const started = await start(slack);
    await command(slack);
    await until(() => isIdle(started));
    expect(await operation(started, '/healthz')).toEqual({ status: 200, text: 'ok\n' });
    expect(await operation(started, '/readyz')).toEqual({ status: 200, text: 'ready\n' });
    expect((await operation(started, '/else')).status).toBe(404);
    const { text } = await operation(started, '/metrics');
    expect(text).toContain('egress_slack_request_seconds_count{kind="command",outcome="ok"} 1');
    expect(text).toContain('egress_job_seconds_count{kind="ask",outcome="done"} 1');
    expect(text).toContain('egress_queue_jobs{state="waiting"} 0');
    for (const name of [ADA, CHANNEL, ASKED.pod, ASKED.host]) expect(text).not.toContain(name);
    await started.serving.stop(0);
    await expect(operation(started, '/healthz')).rejects.toThrow('fetch failed');
  });

  test('the log names each job, and no token, no address to post to and no text of anybody', async () => {
    const slack = await localSlack();
    const started = await start(slack);
    await command(slack);
    await until(() => isIdle(started));
    await started.serving.stop(0);
    const logged = JSON.stringify(started.logged);
    expect(started.logged).toContainEqual(expect.objectContaining({ event: 'job-kept', kind: 'ask' }));
    for (const secret of [slack.botToken, slack.signingSecret, '/response/']) expect(logged).not.toContain(secret);
  });
});

describe('the end', () => {
  test('waits for the job at work, and its thread is complete', async () => {
    const slack = await localSlack();
    const held = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const started = await start(slack, {
      before: async step => {
        if (step !== 'observe') return;
        begun.resolve();
        await held.promise;
      },
    });
    await command(slack);
    await begun.promise;
    const stopped = started.serving.stop(60_000);
    held.resolve();
    await stopped;
    const [root] = roots(slack);
    expect(messagesIn(slack.state, CHANNEL, root?.ts ?? '').length).toBeGreaterThan(3);
  });
});

describe('the start', () => {
  test('is refused when Slack refuses the token, and says which', async () => {
    const slack = await localSlack();
    await expect(start({ ...slack, botToken: 'xoxb-wrong' })).rejects.toThrow(
      /Slack refuses SLACK_BOT_TOKEN.*invalid_auth/,
    );
  });

  test('does not wait for a Slack that is down: what it sends later is answered', async () => {
    const slack = await localSlack();
    const back = slack.faults.down();
    const started = await start(slack);
    closers.push(() => started.serving.stop(0));
    expect(started.logged).toContainEqual(expect.objectContaining({ event: 'slack-unavailable' }));
    back();
    await until(async () => (await command(slack)).kind === 'acked');
    await until(() => isIdle(started) && roots(slack).length > 0);
  });
});
