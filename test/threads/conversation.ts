/**
 * Whole conversations: somebody types the slash command in a local Slack, the product in one process answers, and what then
 * stands in the channel is written down as a person reads it.
 */
import { join } from 'node:path';
import { loadTemplates } from '../../src/commands/templates.ts';
import type { Ephemeral, Message, SlackBlock } from '../../src/local-slack/model.ts';
import { type LocalSlack, startLocalSlack } from '../../src/local-slack/start.ts';
import type { Diagnosis } from '../../src/model.ts';
import { openSqliteQueue, type SqliteQueue } from '../../src/queue/sqlite-queue.ts';
import { httpFront } from '../../src/serve/http-front.ts';
import type { Settings } from '../../src/settings/settings.ts';
import { createApp } from '../../src/slack/app.ts';
import { registerListeners } from '../../src/slack/listeners.ts';
import { slackLogger } from '../../src/slack/logger.ts';
import { slackApi } from '../../src/slack/web-api.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { handleDelivery } from '../../src/work/handle-job.ts';
import type { Clusters } from '../../src/work/ports.ts';
import { type Attached, NOTHING_ATTACHED, type Work } from '../../src/work/work.ts';
import { BUNDLES } from '../fakes/bundle-clusters.ts';
import { HERE } from './stories.ts';

export const CONVERSATIONS = join(HERE, 'conversations');

const CHANNEL = 'C0INCIDENTS';
const USER = 'U0ADA';
const TEMPLATES = loadTemplates();
const SETTINGS: Settings = {
  clusters: [{ name: 'prod', access: { kind: 'in-cluster' } }],
  channels: [],
  grants: [{ users: [USER], groups: [], clusters: ['prod'], namespaces: ['*'], probe: true }],
  teams: [],
  subjectAccessReview: null,
};

type Bot = { readonly queue: SqliteQueue; readonly close: () => Promise<void> };

/** A workspace with the bot in it, which answers every question with this diagnosis. */
export type Stage = {
  readonly slack: LocalSlack;
  readonly queue: Pick<SqliteQueue, 'deadLetters'>;
  /** Types the command and waits until the answer is whole. */
  readonly ask: (diagnosis: Diagnosis) => Promise<void>;
  /** Presses a button of the newest card that has it, and waits. */
  readonly press: (actionId: string) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Answers whatever is asked with the diagnosis that is current: the product's own parts, but for the cluster. */
async function startBot(slack: LocalSlack, clusters: Clusters, about: Pick<Work, 'draw' | 'attached'>): Promise<Bot> {
  const log = () => undefined;
  const now = Date.now;
  const wait = (milliseconds: number) => new Promise<void>(resolve => setTimeout(resolve, milliseconds));
  const store = openSqliteStore(':memory:', now);
  const queue = openSqliteQueue(':memory:', { now, random: Math.random, visibilityMs: 120_000, maxAttempts: 3 });
  const { team, bot } = slack.state.setup;
  const api = slackApi({
    token: slack.botToken,
    apiUrl: slack.url,
    timeoutMs: 30_000,
    patience: { totalMs: 30_000, now, wait },
    logger: slackLogger(log),
  });
  const work: Work = {
    ports: { slack: api, store, queue, clusters, now, wait, log },
    settings: SETTINGS,
    templates: TEMPLATES,
    ...about,
    ownTeam: async () => team,
  };
  const front = httpFront({ signingSecret: slack.signingSecret, log });
  const identity = async () => ({ team, user: bot.user, bot: bot.id });
  const { botToken, url: apiUrl } = slack;
  const app = createApp({ receiver: front.receiver, botToken, apiUrl, identity, teams: [], log });
  registerListeners(app, { queue, slack: api, now, log });
  const running = queue.start(handleDelivery(work), { concurrency: 2, onTrouble: () => undefined });
  const port = await front.listen({ host: '127.0.0.1', port: 0 });
  slack.deliverTo({ kind: 'http', requestUrl: `http://127.0.0.1:${port}/slack/events`, optionsUrl: null });
  return {
    queue,
    close: async () => {
      await front.close(1000);
      await running.stop(1000);
      queue.close();
      await store.close();
    },
  };
}

/** Sets it up; what is answered is set by each `ask`. */
export async function openStage(draw: Work['draw'], attached: Attached = NOTHING_ATTACHED): Promise<Stage> {
  const slack = await startLocalSlack({ pace: null });
  let diagnosis: Diagnosis | null = null;
  const { queue, close } = await startBot(
    slack,
    clustersOf(() => diagnosis),
    { draw, attached },
  );
  const settled = async (): Promise<void> => {
    for (;;) {
      const { waiting, taken } = queue.counts();
      if (waiting + taken === 0) return;
      await new Promise(resolve => setTimeout(resolve, 10));
    }
  };
  return {
    slack,
    queue,
    ask: async next => {
      diagnosis = next;
      await slack.command({ user: USER, channel: CHANNEL, command: '/egress', text: commandOf(next) });
      await settled();
    },
    press: async actionId => {
      const card = [...slack.state.messages.values()]
        .toReversed()
        .find(message => JSON.stringify(message.blocks).includes(`"${actionId}"`));
      if (card === undefined) throw new Error(`no card has ${actionId}`);
      await slack.press({ user: USER, where: { kind: 'message', ts: card.ts }, actionId });
      await settled();
    },
    close: async () => {
      await close();
      await slack.close();
    },
  };
}

/** The evidence is of no matter here: a story has none, and none of what is shown is taken from it. */
function clustersOf(current: () => Diagnosis | null): Clusters {
  const [evidence] = BUNDLES;
  if (evidence === undefined) throw new Error('no bundles');
  return {
    diagnose: async (_, onStep) => {
      const diagnosis = current();
      if (diagnosis === null) throw new Error('nothing to answer');
      onStep({ step: 'target', state: 'done', text: '' });
      return { evidence, diagnosis };
    },
    findPlaces: async () => [],
    suggestNamespaces: async () => [],
    suggestPods: async () => [],
    access: async () => ({ may: [], mayNot: [] }),
  };
}

/** What is typed after `/egress`: as the story asks, with the namespace of its pod. */
function commandOf({ question, target }: Diagnosis): string {
  return `${question.pod.text} ${question.destination.text} -n ${target.namespace}`;
}

/** The conversation as people read it, oldest first: what was typed, what only the asker saw, the thread. */
export function transcriptOf({ slack }: Stage, diagnosis: Diagnosis): string {
  const { ephemerals, messages } = slack.state;
  return [
    `@ada: /egress ${commandOf(diagnosis)}`,
    ...ephemerals.map(ephemeralText),
    ...[...messages.values()].map(messageText),
  ]
    .join('\n\n')
    .concat('\n');
}

function ephemeralText({ text, blocks }: Ephemeral): string {
  return [`=== only @ada sees this ===`, ...shown(text, blocks)].join('\n');
}

/** A message as people read it. */
export function messageText({ threadTs, text, blocks, files, metadata, editedAtMs }: Message): string {
  const part = String(metadata?.event_payload.part ?? (files.length > 0 ? 'file' : ''));
  const title = [threadTs === null ? 'in the channel' : 'in the thread', part, editedAtMs.length > 0 ? 'edited' : ''];
  return [
    `=== ${title.filter(word => word !== '').join(', ')} ===`,
    ...shown(text, blocks),
    ...files.map(file => `[file: ${file.title}]${file.altText === null ? '' : `\n(read aloud: ${file.altText})`}`),
  ].join('\n');
}

function shown(text: string, blocks: readonly SlackBlock[]): readonly string[] {
  return blocks.length > 0 ? blocks.map(blockText) : text === '' ? [] : [text];
}

type Json = Readonly<Record<string, unknown>>;
const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);
const textIn = (value: unknown): string =>
  typeof value === 'string' ? value : String((value as Json | null)?.text ?? '');

function blockText(block: SlackBlock): string {
  switch (block.type) {
    case 'header':
      return `# ${textIn(block.text)}`;
    case 'section':
      return [textIn(block.text), ...(block.accessory === undefined ? [] : [buttonText(block.accessory as Json)])].join(
        ' ',
      );
    case 'context':
      return listOf(block.elements).map(textIn).join(' ');
    case 'actions':
      return listOf(block.elements).map(buttonText).join(' ');
    case 'table':
      return listOf(block.rows)
        .map(row => `| ${(row as unknown as readonly Json[]).map(textIn).join(' | ')} |`)
        .join('\n');
    case 'rich_text':
      return listOf(block.elements).map(richText).join('\n');
    case 'divider':
      return '---';
    default:
      throw new Error(`a block that no reader knows: ${block.type}`);
  }
}

function buttonText(element: Json): string {
  return `[${textIn(element.text)}${element.style === 'primary' ? '*' : ''}]`;
}

function richText(part: Json): string {
  const text = listOf(part.elements).map(textIn).join('');
  return part.type === 'rich_text_preformatted' ? `\`\`\`\n${text}\n\`\`\`` : text;
}
