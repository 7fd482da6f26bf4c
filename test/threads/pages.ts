/**
 * An alert from its webhook to its answer: posted to the product in one process, answered in a local Slack and noted in a local
 * PagerDuty; what then stands there is written down as a person reads it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTemplates } from '../../src/commands/templates.ts';
import { startLocalSlack } from '../../src/local-slack/start.ts';
import { secretsOf } from '../../src/page/authenticate.ts';
import { openTargets } from '../../src/page/open-targets.ts';
import { serve } from '../../src/serve/serve.ts';
import { startWorker } from '../../src/serve/worker.ts';
import type { PagingSettings } from '../../src/settings/paging.ts';
import type { Settings } from '../../src/settings/settings.ts';
import { pagingAttached } from '../../src/work/paging.ts';
import { bundleClusters } from '../fakes/bundle-clusters.ts';
import { startHook } from '../fakes/hook.ts';
import { startPagerDuty, webhookOf } from '../fakes/pagerduty.ts';
import { PAGE_SECRETS, PAGING, payloadOf } from '../fakes/paging.ts';
import { CERT_URL, certificateFor, NOTIFICATION, signedBySns } from '../fakes/sns.ts';
import { HERE } from './stories.ts';

export const PAGES = join(HERE, 'pages');
const CHANNEL = 'C0INCIDENTS';

/** Each source, with its documented payload and one of the secrets that it is known by. */
export const PAGE_STORIES = [
  { name: 'pagerduty', source: 'pagerduty', payload: 'pagerduty-triggered', secret: 'pagerduty-secret-one' },
  { name: 'alertmanager', source: 'alertmanager', payload: 'alertmanager-group', secret: 'alertmanager-token' },
  { name: 'grafana', source: 'grafana', payload: 'grafana-firing', secret: 'grafana-password' },
  { name: 'cloudwatch-by-sns', source: 'sns', payload: 'cloudwatch-alarm', secret: null },
] as const;

export type PageStory = (typeof PAGE_STORIES)[number];

/** Sends it, twice as senders do, and waits until nothing is to be done. Returns both answers' statuses and what is to be read. */
export async function tellPage({
  source,
  payload,
  secret,
}: PageStory): Promise<{ statuses: number[]; transcript: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'egress-pages-'));
  const pagerDuty = await startPagerDuty({ token: 'pagerduty-rest-token', routingKey: 'r'.repeat(32) });
  const hook = await startHook('hook-secret');
  const slack = await startLocalSlack({ pace: null });
  const settings = settingsWith(pagerDuty.url, hook.url);
  const amazon = source === 'sns' ? certificateFor('/CN=sns.amazonaws.com') : null;
  const { paging } = settings;
  const common = {
    environment: {
      botToken: slack.botToken,
      secret: slack.appToken,
      apiUrl: slack.url,
      database: join(folder, 'egress.sqlite'),
    },
    settings,
    clusters: bundleClusters(async () => undefined),
    log: () => undefined,
  };
  const wait = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms));
  const secretOf = secretsOf(PAGE_SECRETS);
  const targets = openTargets(paging, secretOf, { fetch, now: Date.now, wait, random: Math.random });
  const serving = await serve({
    ...common,
    mode: { kind: 'socket' },
    operations: null,
    pages: {
      settings,
      secretOf,
      fetchText: async url => {
        if (amazon === null || url !== CERT_URL) throw new Error(`nobody is to visit ${url}`);
        return amazon.pem;
      },
      address: { host: '127.0.0.1', port: 0 },
    },
    startWorker: async () =>
      startWorker({
        ...common,
        // Two jobs of one message would be answered in any order.
        workers: 1,
        templates: loadTemplates(),
        draw: async svg => new TextEncoder().encode(svg),
        attached: pagingAttached(targets),
        paceMs: 0,
      }),
  });
  try {
    const { body, headers } =
      source === 'sns' ? bySns(amazon?.key ?? '') : webhookOf(source, payloadOf(payload), [secret]);
    const statuses: number[] = [];
    for (let count = 0; count < 2; count += 1) {
      const url = `http://127.0.0.1:${serving.pagesPort}/page/${source}`;
      statuses.push((await fetch(url, { method: 'POST', headers, body })).status);
      for (let left = 1; left > 0; await wait(20)) {
        const { waiting, taken } = serving.queue.counts();
        left = waiting + taken;
      }
    }
    const messages = [...slack.state.messages.values()];
    const dead = serving.queue.deadLetters().length;
    return {
      statuses,
      transcript: `${[
        ...messages.map(({ channel, threadTs, text, files }) =>
          indented(
            threadTs === null ? `#${channel}` : '  ↳',
            [firstLineOf(text), ...files.map(({ title }) => `[file] ${title}`)].join('\n').trim(),
          ),
        ),
        ...pagerDuty.notes.map(({ incident, content }) => indented(`note in ${incident}`, content)),
        // Of PagerDuty's incidents it says the same.
        ...hook.told
          .filter(({ incident }) => pagerDuty.notes.every(note => note.incident !== incident?.key))
          .map(({ kind, incident, text }) => indented(`${kind} by webhook about ${incident?.key}`, text ?? '')),
        `dead letters: ${dead}`,
      ]
        .join('\n\n')
        // Of a real clock and a real socket.
        .replaceAll(/\/p\d{16}/g, '/pTS')
        .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')}\n`,
    };
  } finally {
    await serving.stop(1000);
    await slack.close();
    await pagerDuty.close();
    await hook.close();
    rmSync(folder, { recursive: true });
  }
}

/** The rest of a reply is as in every other thread. */
function firstLineOf(text: string): string {
  return text.split('\n')[0] ?? '';
}

function indented(head: string, text: string): string {
  return [head, ...text.split('\n').map(line => `    ${line}`.trimEnd())].join('\n');
}

/** As SNS posts: a text, whatever is in it. https://docs.aws.amazon.com/sns/latest/dg/http-header.html */
function bySns(key: string): { readonly body: string; readonly headers: Readonly<Record<string, string>> } {
  const headers = { 'content-type': 'text/plain; charset=UTF-8', 'x-amz-sns-message-type': 'Notification' };
  return { body: JSON.stringify(signedBySns(NOTIFICATION, key)), headers };
}

function settingsWith(url: string, hookUrl: string): Settings & { readonly paging: PagingSettings } {
  const notes = { token: 'PD_TOKEN', from: 'egress@example.com' };
  return {
    clusters: [{ name: 'prod', access: { kind: 'in-cluster' } }],
    channels: [],
    grants: [],
    teams: [],
    subjectAccessReview: null,
    paging: {
      ...PAGING,
      channel: CHANNEL,
      // The bridge of the documentation's example is in a channel that is not here.
      rules: PAGING.rules.map(rule => ({ ...rule, channel: ['{annotations.slack}'] })),
      targets: [
        { kind: 'pagerduty', notes, routingKey: 'PD_ROUTING', apiUrl: url, eventsUrl: url },
        { kind: 'webhook', url: hookUrl, secret: 'HOOK_SECRET' },
      ],
    },
  };
}
