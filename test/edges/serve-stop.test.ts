/** The one process as the system sees it: a signal in the middle of a look, its next life, and two of them on one file. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type LocalSlack, startLocalSlack } from '../../src/local-slack/start.ts';
import { messagesIn } from '../../src/local-slack/workspace.ts';
import { askedIn, BUNDLES } from '../fakes/bundle-clusters.ts';
import { type LiveProcess, startProcess, until } from '../fakes/live-process.ts';
import type { ServeProcess } from '../fakes/serve-process.ts';
import { ADA, CHANNEL } from '../fakes/slack-app.ts';

const ASKED = askedIn(BUNDLES[0] as (typeof BUNDLES)[number]);
const PROGRAM = join(import.meta.dirname, '../fakes/serve-process.ts');
/** A look that ends after it was asked to stop, and one that never does in a test's time. */
const A_LOOK_MS = 500;
const FOR_EVER_MS = 3_600_000;

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

function live(parts: ServeProcess): LiveProcess {
  const life = startProcess([PROGRAM, JSON.stringify(parts)]);
  closers.push(life.kill);
  return life;
}

const says = (life: LiveProcess, event: string) => until(() => life.output().includes(`"event":"${event}"`), life);

async function world(): Promise<{ readonly slack: LocalSlack; readonly environment: ServeProcess['environment'] }> {
  const folder = mkdtempSync(join(tmpdir(), 'egress-stop-'));
  closers.push(async () => rmSync(folder, { recursive: true }));
  const slack = await startLocalSlack({ pace: null });
  closers.push(slack.close);
  slack.deliverTo({ kind: 'socket' });
  const { botToken, appToken: secret, url: apiUrl } = slack;
  return { slack, environment: { botToken, secret, apiUrl, database: join(folder, 'egress.sqlite') } };
}

const ask = (slack: LocalSlack, { pod, host, namespace } = ASKED) =>
  slack.command({ user: ADA, channel: CHANNEL, command: '/egress', text: `${pod} ${host} -n ${namespace}` });

/** The names of the parts of each thread, in their order. */
const threads = ({ state }: LocalSlack): readonly (readonly string[])[] =>
  messagesIn(state, CHANNEL, null).map(root =>
    messagesIn(state, CHANNEL, root.ts).map(({ metadata, files }) =>
      files.length > 0
        ? 'file'
        : String((metadata as { event_payload?: { part?: string } } | null)?.event_payload?.part),
    ),
  );
const WHOLE = ['file', 'cause', 'comparison', 'fix', 'by-hand', 'not-looked-at'];

// Processes start slowly on a busy machine.
describe('SIGTERM in the middle of a look', { timeout: 180_000 }, () => {
  test('the look ends first, and its thread is complete when the process is gone', async () => {
    const { slack, environment } = await world();
    const life = live({ environment, graceMs: 60_000, observeMs: A_LOOK_MS });
    await says(life, 'ready');
    await ask(slack);
    await says(life, 'probing');
    life.child.kill('SIGTERM');
    expect(await life.ended).toBe(0);
    expect(threads(slack)).toEqual([WHOLE]);
  });

  test('a look that takes too long is cut off, and the next life takes it up: one thread, complete', async () => {
    const { slack, environment } = await world();
    const first = live({ environment, graceMs: 0, observeMs: FOR_EVER_MS });
    await says(first, 'ready');
    await ask(slack);
    await says(first, 'probing');
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
    expect(threads(slack)).toEqual([[]]);
    const second = live({ environment, graceMs: 0, observeMs: 0 });
    await until(() => (threads(slack)[0]?.length ?? 0) >= WHOLE.length, second);
    await says(second, 'job-ends');
    expect(threads(slack)).toEqual([WHOLE]);
  });
});

describe('two processes on one file', { timeout: 180_000 }, () => {
  test('the second is refused and says why; the first does every job, each once', async () => {
    const { slack, environment } = await world();
    const first = live({ environment, graceMs: 0, observeMs: A_LOOK_MS });
    await says(first, 'ready');
    await ask(slack);
    await says(first, 'probing');
    const second = live({ environment, graceMs: 0, observeMs: 0 });
    expect(await second.ended).not.toBe(0);
    expect(second.output()).toMatch(
      /Another process works on .*egress\.sqlite\.queue\. It holds the lock .* End the other process/,
    );
    expect(second.output()).not.toContain('"event":"ready"');
    await says(first, 'job-ends');
    expect(threads(slack)).toEqual([WHOLE]);
  });
});
