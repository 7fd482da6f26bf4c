/** App Home: what this user asked lately, which clusters there are, and what the bot may do in each. */
import type { HomeView, KnownBlock } from '@slack/types';
import type { VerdictCode } from '../../model.ts';
import { SLACK_ESCAPE } from '../escape.ts';
import { symbolOf, timeText } from '../words.ts';
import { context, header, section, sections } from './blocks.ts';
import { cutMrkdwn, cutPlain, fitLines, type Room } from './cut.ts';

/** A question of this user. `verdict` null: not answered. `permalink`: of its thread, as Slack gave it; null: not known. */
export type HomeQuestion = {
  /** ISO 8601. */
  readonly at: string;
  readonly pod: string;
  readonly host: string;
  readonly cluster: string;
  readonly verdict: VerdictCode | null;
  readonly permalink: string | null;
};

/** A cluster and what the bot may and may not do there, one line each (`egress access`). */
export type HomeCluster = {
  readonly name: string;
  readonly may: readonly string[];
  readonly mayNot: readonly string[];
};

/** Everything that App Home shows. `settings`: one line each. */
export type Home = {
  readonly questions: readonly HomeQuestion[];
  readonly clusters: readonly HomeCluster[];
  readonly settings: readonly string[];
};

const QUESTIONS_SHOWN = 10;
const CLUSTERS_SHOWN = 10;
const NAME_CHARACTERS = 320;
const LINES: Room = { characters: 2500, lines: 20, lineCharacters: 400 };

/** Builds the view, newest question first as given. https://docs.slack.dev/surfaces/app-home */
export function homeView({ questions, clusters, settings }: Home): HomeView {
  const blocks: KnownBlock[] = [
    header('Why can a pod not reach a host?'),
    section('Ask in a channel with `/egress POD HOST`, or mention the bot in a thread.'),
    header('Your recent questions'),
    ...listOf(questions.slice(0, QUESTIONS_SHOWN).map(questionLine), 'None yet.'),
    header('Clusters'),
    ...clusters.slice(0, CLUSTERS_SHOWN).flatMap(clusterBlocks),
    ...(clusters.length === 0 ? [section('None is configured.')] : []),
    ...(clusters.length > CLUSTERS_SHOWN ? [context(`… ${clusters.length - CLUSTERS_SHOWN} more`)] : []),
    header('Settings'),
    ...listOf(
      settings.map(line => SLACK_ESCAPE.text(cutPlain(line, NAME_CHARACTERS))),
      'None.',
    ),
  ];
  return { type: 'home', blocks };
}

function questionLine({ at, pod, host, cluster, verdict, permalink }: HomeQuestion): string {
  const symbol =
    verdict === null ? '…' : symbolOf(verdict === 'reachable' ? 'good' : verdict === 'not-known' ? 'unsure' : 'bad');
  const ends = `${name(pod)} → ${name(host)} (cluster ${name(cluster)})`;
  const thread = permalink !== null && /^https:\/\/[^<>|\s]+$/.test(permalink) ? ` <${permalink}|thread>` : '';
  return `${symbol} ${verdict ?? 'not answered yet'}: ${ends}, ${SLACK_ESCAPE.text(timeText(at))}${thread}`;
}

function clusterBlocks(cluster: HomeCluster): readonly KnownBlock[] {
  const line = (symbol: string) => (text: string) => `${symbol} ${SLACK_ESCAPE.text(cutPlain(text, NAME_CHARACTERS))}`;
  return [
    section(`*${name(cluster.name)}*`),
    ...listOf([...cluster.may.map(line('✓ may')), ...cluster.mayNot.map(line('✗ may not'))], 'Nothing is known.'),
  ];
}

function listOf(lines: readonly string[], none: string): readonly KnownBlock[] {
  if (lines.length === 0) return [section(none)];
  const { lines: shown, left } = fitLines(
    lines.map(line => `• ${line}`),
    LINES,
    cutMrkdwn,
  );
  return sections([...shown, ...(left > 0 ? [`… ${left} more`] : [])]);
}

function name(text: string): string {
  return SLACK_ESCAPE.code(cutPlain(text, NAME_CHARACTERS));
}
