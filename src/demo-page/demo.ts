/** The demo as a page: a local Slack, the real bot, and clusters that were captured, or with `--live` a real one. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Evidence } from '../evidence.ts';
import type { Channel } from '../local-slack/model.ts';
import { type LocalSlack, startLocalSlack } from '../local-slack/start.ts';
import { pngOf } from '../picture/png.ts';
import type { Templates } from '../render/templates.ts';
import { type Serving, serve } from '../serve/serve.ts';
import { startWorker } from '../serve/worker.ts';
import type { Settings } from '../settings/settings.ts';
import type { Log } from '../slack/logger.ts';
import { withAlways } from '../work/always-attached.ts';
import { followAttached } from '../work/paging.ts';
import type { Clusters } from '../work/ports.ts';
import { servePage } from './page-server.ts';

/** What is asked: the captured cluster, or a real one. `namespace`: of a question that names none. */
export type DemoCluster = {
  readonly name: string;
  readonly clusters: Clusters & { readonly close?: () => Promise<void> };
  readonly namespace: string;
  /** Above the page: where answers come from. */
  readonly note: string;
  /** Questions to try. */
  readonly stories: readonly Story[];
};

/** A question to try: the command as it is typed, and what it is about. */
export type Story = { readonly command: string; readonly note: string };

/** What the demo is started with. */
export type DemoParts = {
  readonly cluster: DemoCluster;
  readonly templates: Templates;
  /** 0: any free port. */
  readonly port: number;
  readonly log: Log;
};

/** The person whose page it is. */
const YOU = { id: 'U0YOU', name: 'you' };

/** Starts everything. `url` is the page's. */
export async function startDemo(
  parts: DemoParts,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const { cluster } = parts;
  const slack = await startLocalSlack({ setup: { channels: CHANNELS, people: [YOU], groups: [] } });
  const bot = await startBot(slack, parts);
  slack.deliverTo({ kind: 'socket' });
  const about = { live: { note: cluster.note }, stories: cluster.stories };
  const page = await servePage({ slack, user: YOU.id, about, port: parts.port });
  return {
    url: page.url,
    close: async () => {
      await page.close();
      await bot.stop(STOP_MS);
      await slack.close();
    },
  };
}

/** The bot itself, as `egress serve --socket` runs it; what it keeps is in a folder that goes with it. */
async function startBot(slack: LocalSlack, { cluster, templates, log }: DemoParts): Promise<Pick<Serving, 'stop'>> {
  const folder = await mkdtemp(join(tmpdir(), 'egress-demo-'));
  const database = join(folder, 'demo.sqlite');
  const environment = { botToken: slack.botToken, secret: slack.appToken, apiUrl: slack.url, database };
  const settings = settingsOf(cluster);
  const { clusters } = cluster;
  const both = { environment, settings, clusters, log };
  const working = { ...both, workers: WORKERS, templates, draw: pngOf, attached: withAlways(followAttached([])) };
  const serving = await serve({
    ...both,
    mode: { kind: 'socket' },
    operations: null,
    startWorker: async () => startWorker(working),
  });
  return {
    stop: async graceMs => {
      await serving.stop(graceMs);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const WORKERS = 8;
/** Nobody waits for an answer once the page is gone. */
const STOP_MS = 1_000;

/** A bundle with the name that it is told under, e.g. `02-in-cluster-only`. */
export type NamedBundle = { readonly name: string; readonly bundle: Evidence };

/** The questions that the bundles answer, in their order, as they would be typed where `namespace` is the channel's. */
export function storiesOf(bundles: readonly NamedBundle[], namespace: string): readonly Story[] {
  return bundles.map(({ name, bundle: { question, target } }) => {
    const other = target.namespace === namespace ? '' : ` -n ${target.namespace}`;
    const words = name.replace(/^\d+-/, '').replaceAll('-', ' ').replace('dns', 'DNS').replace('ipv6', 'IPv6');
    return {
      command: `/egress ${question.pod.text} ${question.destination.text}${other}`,
      note: `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`,
    };
  });
}

const CHANNELS: readonly Channel[] = [
  channel('C0INCIDENTS', 'incidents', 'Something cannot reach something else', true),
  channel('C0PAYMENTS', 'payments', 'The team that owns the namespace payments', true),
  channel('C0RANDOM', 'random', 'egress is no member here', false),
];

function channel(id: string, name: string, topic: string, botIsMember: boolean): Channel {
  return { id, name, topic, botIsMember, isArchived: false, members: null };
}

/** Whoever sits at this machine may ask about everything: it is their cluster, or a captured one. */
function settingsOf({ name, namespace }: DemoCluster): Settings {
  return {
    clusters: [{ name, access: { kind: 'kubeconfig', context: null, asBot: false } }],
    channels: CHANNELS.map(({ id }) => ({ id, cluster: name, namespaces: [namespace, '*'] })),
    grants: [{ users: [YOU.id], groups: [], clusters: [name], namespaces: ['*'], probe: true }],
    teams: [],
    subjectAccessReview: null,
  };
}
