/**
 * From the alert to "it recovered", on a real cluster and with the real command: once as it goes, once with the process killed
 * between every two steps.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Message } from '../../src/local-slack/model.ts';
import { type LocalSlack, startLocalSlack } from '../../src/local-slack/start.ts';
import { type FakePagerDuty, startPagerDuty } from '../fakes/pagerduty.ts';
import { create, dropNamespace, egressWith, namespace, networkPolicy, pod, remove, waitForPods } from './cluster.ts';
import { installBot } from './install.ts';
import { freePort, type ServeCommand, serveCommand } from './serve-command.ts';
import { type FakeWebhook, startWebhook } from './webhook.ts';

const CHANNEL = 'C0INCIDENT';
const ADA = 'U0ADA';
const HOST = 'api.stripe.com';
const WAIT = { timeout: 240_000, interval: 500 };

const STORIES = [
  { name: 'as it goes', ns: 'incident', isKilled: false },
  { name: 'with the process killed between every two steps', ns: 'incident-killed', isKilled: true },
] as const;

const denyAll = (ns: string): object =>
  networkPolicy(ns, 'deny-all-egress', { podSelector: { matchLabels: { app: 'billing' } }, policyTypes: ['Egress'] });

/** What one run of the story stands on. */
type Scene = {
  readonly ns: string;
  readonly folder: string;
  readonly slack: LocalSlack;
  readonly pagerDuty: FakePagerDuty;
  readonly webhook: FakeWebhook;
  readonly serve: ServeCommand;
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
};

beforeAll(async () => {
  for (const { ns } of STORIES) {
    await dropNamespace(ns);
    await create(namespace(ns), pod(ns, 'billing'));
    await installBot(ns);
  }
  for (const { ns } of STORIES) await waitForPods(ns);
});

afterAll(async () => {
  for (const { ns } of STORIES) await dropNamespace(ns);
});

// Most of it is waiting for a look's minute.
describe.concurrent('an alert about a denied flow', () => {
  test.each(STORIES)(
    'thread and note name the policy; the fix is applied, and thread, pager and report say recovered: $name',
    async ({ ns, isKilled }) => {
      const scene = await openScene(ns);
      const applied: object[] = [];
      try {
        await tell(scene, isKilled, applied);
      } catch (error) {
        process.stderr.write(`${scene.serve.log.slice(-40).join('\n')}\n`);
        throw error;
      } finally {
        await closeScene(scene);
        await remove(...applied);
      }
    },
    600_000,
  );
});

/** The whole story; `applied` gets what it leaves. `isKilled`: between two steps the process dies, and another one goes on. */
async function tell(scene: Scene, isKilled: boolean, applied: object[]): Promise<void> {
  const { ns, serve, pagerDuty } = scene;
  const next = async (): Promise<void> => {
    if (!isKilled) return;
    await serve.kill();
    await serve.start();
  };
  const denied = `NetworkPolicy ${ns}/deny-all-egress`;
  applied.push(denyAll(ns));
  await create(denyAll(ns));
  await serve.start();
  expect((await postAlert(scene)).status).toBeLessThan(300);
  await next();
  const root = await rootThat(scene, /denied-by-policy/);
  await next();
  await vi.waitFor(() => expect(notesOf(scene)).toContain(denied), WAIT);
  await next();
  const fix = await fixOf(scene, root);
  await pressPage(scene, root);
  await vi.waitFor(() => expect(pagesOf(scene)).toContain('trigger'), WAIT);
  await next();
  applied.push(...fix);
  await create(...fix);
  await next();
  await rootThat(scene, /[Rr]ecovered/);
  await next();
  await vi.waitFor(() => expect(pagesOf(scene)).toEqual(['trigger', 'resolve']), WAIT);
  await vi.waitFor(() => expect(pagerDuty.changes).not.toEqual([]), WAIT);
  await vi.waitFor(() => expect(notesOf(scene)).toMatch(/[Rr]ecovered/), WAIT);
  // What was told is written down a moment after it was told.
  await vi.waitFor(async () => expectTimeline(await egressIn(scene, 'report', 'incident-1'), denied), WAIT);
  expectOnce(scene);
}

async function openScene(ns: string): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'egress-incident-'));
  const channel = { id: CHANNEL, name: 'incident', topic: '', botIsMember: true, isArchived: false, members: null };
  const slack = await startLocalSlack({
    setup: { channels: [channel], people: [{ id: ADA, name: 'ada' }] },
    pace: null,
  });
  const pagerDuty = await startPagerDuty({ token: 'rest-token', routingKey: ROUTING_KEY });
  const webhook = await startWebhook();
  const port = await freePort();
  const config = join(folder, 'egress.yaml');
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(configOf(ns, pagerDuty.url, webhook.url)));
  slack.deliverTo({
    kind: 'http',
    requestUrl: `http://127.0.0.1:${port}/slack/events`,
    optionsUrl: `http://127.0.0.1:${port}/slack/options`,
  });
  const environment = {
    SLACK_BOT_TOKEN: slack.botToken,
    SLACK_SIGNING_SECRET: slack.signingSecret,
    SLACK_API_URL: slack.url,
    EGRESS_CONFIG: config,
    EGRESS_DATABASE: join(folder, 'egress.sqlite'),
    AM_TOKEN,
    PD_TOKEN: 'rest-token',
    PD_ROUTING: ROUTING_KEY,
    HOOK_SECRET: 'hook-secret',
  };
  return { ns, folder, slack, pagerDuty, webhook, port, environment, serve: serveCommand(port, environment) };
}

const AM_TOKEN = 'alertmanager-token';
const ROUTING_KEY = 'r'.repeat(32);

async function closeScene({ folder, slack, pagerDuty, webhook, serve }: Scene): Promise<void> {
  await serve.kill();
  await slack.close();
  await pagerDuty.close();
  await webhook.close();
  rmSync(folder, { recursive: true, force: true });
}

function configOf(ns: string, pagerDutyUrl: string, webhookUrl: string): object {
  return {
    clusters: [{ name: 'lab', access: { kind: 'kubeconfig', asBot: true } }],
    channels: [{ id: CHANNEL, cluster: 'lab', namespaces: [ns] }],
    grants: [{ users: [ADA], clusters: ['lab'], namespaces: [ns], probe: true }],
    followUp: { minutes: [1], hours: 1 },
    paging: {
      sources: { alertmanager: { kind: 'bearer', tokens: ['AM_TOKEN'] } },
      channel: CHANNEL,
      follow: true,
      others: 'answer',
      rules: [
        {
          name: 'probe of a pod',
          when: { labels: { alertname: 'Egress*' } },
          pod: ['{labels.namespace}/{labels.pod}'],
          host: ['{labels.target}'],
          cluster: ['lab'],
        },
      ],
      targets: [
        {
          kind: 'pagerduty',
          notes: { token: 'PD_TOKEN', from: 'egress@example.com' },
          routingKey: 'PD_ROUTING',
          apiUrl: pagerDutyUrl,
          eventsUrl: pagerDutyUrl,
        },
        { kind: 'webhook', url: webhookUrl, secret: 'HOOK_SECRET' },
      ],
    },
  };
}

/** As Alertmanager posts it: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
function postAlert({ ns, port }: Scene): Promise<Response> {
  const labels = { alertname: 'EgressProbeFailed', namespace: ns, pod: 'billing', target: HOST };
  const annotations = { summary: 'Egress probe fails' };
  return fetch(`http://127.0.0.1:${port}/page/alertmanager`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${AM_TOKEN}` },
    body: JSON.stringify({
      version: '4',
      groupKey: '{}:{alertname="EgressProbeFailed"}',
      truncatedAlerts: 0,
      status: 'firing',
      receiver: 'egress',
      groupLabels: { alertname: 'EgressProbeFailed' },
      commonLabels: labels,
      commonAnnotations: annotations,
      externalURL: 'http://alertmanager.example:9093',
      alerts: [
        {
          status: 'firing',
          labels,
          annotations,
          startsAt: '2026-11-21T02:00:00Z',
          endsAt: '0001-01-01T00:00:00Z',
          generatorURL: 'http://prometheus.example:9090/graph',
          fingerprint: 'incident-1',
        },
      ],
    }),
  });
}

/** The one message of the channel that is no reply, once it reads so. */
async function rootThat({ slack }: Scene, says: RegExp): Promise<Message> {
  const roots = () => [...slack.state.messages.values()].filter(({ threadTs }) => threadTs === null);
  await vi.waitFor(() => expect(roots().map(shownOn).join('\n')).toMatch(says), WAIT);
  expect(roots()).toHaveLength(1);
  return roots()[0] as Message;
}

function shownOn({ text, blocks }: Message): string {
  return `${text}\n${JSON.stringify(blocks)}`;
}

/** The YAML that the thread proposes, as somebody would copy it. */
async function fixOf({ slack }: Scene, root: Message): Promise<readonly object[]> {
  const texts = () =>
    [...slack.state.messages.values()].filter(({ threadTs }) => threadTs === root.ts).flatMap(preformattedOf);
  await vi.waitFor(() => expect(texts().some(text => text.startsWith('apiVersion:'))).toBe(true), WAIT);
  const yaml = texts().find(text => text.startsWith('apiVersion:')) ?? '';
  return parseAllDocuments(yaml).map(document => document.toJS() as object);
}

type RichElement = { readonly type: string; readonly text?: string; readonly elements?: readonly RichElement[] };

function preformattedOf({ blocks }: Message): readonly string[] {
  return (blocks as readonly RichElement[])
    .flatMap(({ elements }) => elements ?? [])
    .filter(({ type }) => type === 'rich_text_preformatted')
    .map(({ elements }) => (elements ?? []).map(({ text }) => text ?? '').join(''));
}

async function pressPage({ slack }: Scene, { ts }: Message): Promise<void> {
  const pressed = await slack.press({
    user: ADA,
    where: { kind: 'message', ts },
    actionId: 'egress.page',
  });
  expect(pressed).not.toMatchObject({ kind: 'absent' });
}

function notesOf({ webhook }: Scene): string {
  return webhook
    .of('note')
    .map(({ text }) => text)
    .join('\n');
}

/**
 * What became of the pager's one incident, in order. A trigger that is sent again because its sender was killed has the same key, so
 * it is the same incident; that somebody has it in hand is told or not, as it comes.
 */
function pagesOf({ pagerDuty }: Scene): readonly unknown[] {
  const actions = pagerDuty.events.map(({ body }) => body.event_action).filter(action => action !== 'acknowledge');
  return actions.filter((action, index) => action !== actions[index - 1]);
}

/** No part of the thread twice, one key for everything that the pager was told. */
function expectOnce({ slack, pagerDuty }: Scene): void {
  const ours = [...slack.state.messages.values()].flatMap(({ metadata }) =>
    metadata === null ? [] : [JSON.stringify(metadata.event_payload)],
  );
  expect(ours.filter((mark, index) => ours.indexOf(mark) !== index)).toEqual([]);
  expect(new Set(pagerDuty.events.map(({ body }) => body.dedup_key)).size).toBe(1);
}

/** The real command, with what `serve` has. */
async function egressIn({ environment }: Scene, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await egressWith(environment, ...args);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return stdout;
}

/** What was asked, seen, predicted, concluded, proposed, told, paged, applied and recovered, in this order. */
function expectTimeline(report: string, denied: string): void {
  const lines = (report.split('## Timeline')[1] ?? '').split('\n').filter(line => line !== '');
  const places = [
    /program:.* Alert `incident-1` of alertmanager came in/,
    /program:.*`alertmanager` asked why/,
    /observed:.* What the probes saw/,
    /pod: dns .*no answer/,
    /predicted:.* The rules say `deny`/,
    /concluded:.* `denied-by-policy` \(confirmed\)/,
    /decided by/,
    /concluded:.* A fix is proposed, and nothing was applied/,
    /program:.* A note in `incident-1` of webhook, with the answer, was written/,
    /person:.* `U0ADA` had the people on call paged/,
    /observed:.* The proposed fix is in the cluster/,
    /concluded:.* Recovered: two looks in a row got through/,
    /program:.* The page about the flow was resolved by egress/,
  ].map(step => lines.findIndex(line => step.test(line)));
  expect({ report, places }).toMatchObject({ places: places.toSorted((a, b) => a - b) });
  expect({ report, places }).not.toMatchObject({ places: expect.arrayContaining([-1]) });
  expect(report).toContain(denied);
  expect(report).toMatch(/The fix was applied, by the field manager `[^`]+`; which person that was: not told/);
}
