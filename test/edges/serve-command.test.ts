import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type LocalSlack, startLocalSlack } from '../../src/local-slack/start.ts';
import { messagesIn } from '../../src/local-slack/workspace.ts';
import { type LiveProcess, startProcess, until } from '../fakes/live-process.ts';
import { ADA, CHANNEL } from '../fakes/slack-app.ts';

const EGRESS = join(import.meta.dirname, '../../src/egress.js');
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** A cluster that is not there: Slack's side is what is tried here. */
const CONFIG = `
clusters: [{name: prod, access: {kind: kubeconfig, context: nowhere}}]
channels: [{id: ${CHANNEL}, cluster: prod, namespaces: [payments]}]
grants: [{users: [${ADA}], clusters: [prod], namespaces: [payments], probe: true}]
`;

type Process = LiveProcess & { readonly database: string };

function run(args: readonly string[], environment: Readonly<Record<string, string>>): Process {
  const folder = mkdtempSync(join(tmpdir(), 'egress-command-'));
  closers.push(async () => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'config.yaml'), CONFIG);
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    EGRESS_CONFIG: join(folder, 'config.yaml'),
    EGRESS_DATABASE: join(folder, 'egress.sqlite'),
    KUBECONFIG: join(folder, 'none'),
    ...environment,
  };
  const started = startProcess([EGRESS, 'serve', '--operations', '127.0.0.1:0', ...args], { env });
  closers.push(started.kill);
  return { ...started, database: env.EGRESS_DATABASE };
}

async function socketProcess(): Promise<{ readonly slack: LocalSlack; readonly process: Process }> {
  const slack = await startLocalSlack({ pace: null });
  closers.push(slack.close);
  const { botToken, appToken, url } = slack;
  const started = run(['--socket'], { SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken, SLACK_API_URL: url });
  slack.deliverTo({ kind: 'socket' });
  await until(() => started.output().includes('"event":"ready"'), started);
  return { slack, process: started };
}

// Processes start slowly on a busy machine.
describe('egress serve', { timeout: 180_000 }, () => {
  test('answers over a socket, also that it cannot reach the cluster, logs JSON without tokens, and ends at SIGTERM with 0', async () => {
    const { slack, process: served } = await socketProcess();
    await slack.command({ user: ADA, channel: CHANNEL, command: '/egress', text: 'help' });
    expect(slack.state.ephemerals.map(({ text }) => text)).toEqual([expect.stringMatching(/POD HOST/)]);
    await slack.command({ user: ADA, channel: CHANNEL, command: '/egress', text: 'billing-pod api.stripe.com' });
    const said = () =>
      [...messagesIn(slack.state, CHANNEL, null), ...slack.state.ephemerals].map(({ text }) => text).join('\n');
    await until(() => /kubeconfig|context|cluster/i.test(said()) && /✗/.test(said()), served);
    served.child.kill('SIGTERM');
    expect(await served.ended).toBe(0);
    const lines = served
      .output()
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Readonly<Record<string, unknown>>);
    expect(lines.map(({ event }) => event)).toEqual(
      expect.arrayContaining(['ready', 'job-kept', 'job-begins', 'ending', 'stopping']),
    );
    for (const secret of [slack.botToken, slack.appToken, '/response/']) expect(served.output()).not.toContain(secret);
  });

  test('ends at SIGTERM also while Slack is down and there is no socket yet', async () => {
    const slack = await startLocalSlack({ pace: null });
    closers.push(slack.close);
    slack.faults.down();
    const { botToken, appToken, url } = slack;
    const served = run(['--socket'], { SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken, SLACK_API_URL: url });
    await until(() => served.output().includes('"event":"slack-unavailable"'), served);
    served.child.kill('SIGTERM');
    expect(await served.ended).toBe(0);
    expect(served.output()).not.toContain('"event":"ready"');
  });

  test('ends with 2 when another process works on the same file, and that one goes on', async () => {
    const { slack, process: first } = await socketProcess();
    const { botToken, appToken, url } = slack;
    const second = run(['--socket'], {
      SLACK_BOT_TOKEN: botToken,
      SLACK_APP_TOKEN: appToken,
      SLACK_API_URL: url,
      EGRESS_DATABASE: first.database,
    });
    expect(await second.ended).toBe(2);
    expect(second.output()).toMatch(/Another process works on .*egress\.sqlite\.queue/);
    expect(second.output()).not.toContain('"event":"ready"');
    await slack.command({ user: ADA, channel: CHANNEL, command: '/egress', text: 'help' });
    expect(slack.state.ephemerals).toHaveLength(1);
  });

  test('tells everything that is missing at once, and ends with 2', async () => {
    const served = run(['--http', 'nowhere', '--workers', '0'], { EGRESS_CONFIG: '' });
    expect(await served.ended).toBe(2);
    expect(served.output()).toMatch(/--http "nowhere" is no address/);
    const other = run(['--socket', '--workers', '0'], { EGRESS_CONFIG: '', EGRESS_DATABAS: 'x' });
    expect(await other.ended).toBe(2);
    for (const part of [
      /--workers "0"/,
      /SLACK_BOT_TOKEN is not set/,
      /SLACK_APP_TOKEN is not set/,
      /EGRESS_CONFIG is not set/,
      /Did you mean EGRESS_DATABASE/,
    ]) {
      expect(other.output()).toMatch(part);
    }
  });

  test('ends with 2 when Slack refuses a token, without repeating it, or when the address is taken', async () => {
    const slack = await startLocalSlack({ pace: null });
    closers.push(slack.close);
    const served = run(['--http', '127.0.0.1:0'], {
      SLACK_BOT_TOKEN: 'xoxb-wrong',
      SLACK_SIGNING_SECRET: slack.signingSecret,
      SLACK_API_URL: slack.url,
    });
    expect(await served.ended).toBe(2);
    expect(served.output()).toMatch(/Slack refuses SLACK_BOT_TOKEN/);
    expect(served.output()).not.toContain('xoxb-wrong');
    const { botToken, url } = slack;
    const socket = run(['--socket'], { SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: 'xapp-wrong', SLACK_API_URL: url });
    expect(await socket.ended).toBe(2);
    expect(socket.output()).toMatch(/Slack refuses SLACK_APP_TOKEN/);
    const taken = run(['--http', new URL(url).host], {
      SLACK_BOT_TOKEN: botToken,
      SLACK_SIGNING_SECRET: slack.signingSecret,
      SLACK_API_URL: url,
    });
    expect(await taken.ended).toBe(2);
    expect(taken.output()).toMatch(/Nothing can listen on 127.0.0.1.*\n.*Another process does/);
  });
});
